//! The bytes that change places where an entry moves.

use std::ops::Range;

use crate::markdown::{Container, Document};

/// How far from the words of an entry the tags of its element can stand, in bytes.
const NEAR: usize = 2_000;

/// The bytes that move with an entry: an item or a section with all that is in it, a row with its line or its tags. None
/// where they cannot be distinguished from their neighbours.
pub(super) fn place(document: &Document, text: &str, entry: usize) -> Option<Range<usize>> {
    let entry = document.entries.get(entry)?;
    let whole = entry.whole.clone();
    match entry.container {
        // A row is its line, with what stands before its first bar.
        Container::Row => Some(line_start(text, whole.start)..line_end(text, whole.end)),
        Container::HtmlRow => element(text, &whole, "tr"),
        Container::HtmlItem => element(text, &whole, "li"),
        _ => Some(whole),
    }
}

/// The first byte of the line that `at` stands on.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// The end of the line that `at` stands on, without its line end.
fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    if text[at..end].ends_with('\r') { end - 1 } else { end }
}

/// The element called `name` around `inside`, tags included. None where a tag is missing, which HTML permits, or where
/// an element of that name or a table is nested in it.
fn element(text: &str, inside: &Range<usize>, name: &str) -> Option<Range<usize>> {
    let nests = |tag: &str| ["table", "ul", "ol"].iter().any(|other| is_tag(tag, other)) || is_tag(tag, name);
    let start = memchr::memrchr_iter(b'<', &text.as_bytes()[..inside.start])
        .take_while(|at| inside.start - at < NEAR)
        .find(|at| nests(text[at + 1..].trim_start_matches('/')))?;
    let end = memchr::memchr_iter(b'<', &text.as_bytes()[inside.start..])
        .map(|at| inside.start + at)
        .take_while(|at| *at < inside.end + NEAR)
        .find(|at| nests(text[at + 1..].trim_start_matches('/')))?;
    let closing = text[end..].strip_prefix("</").is_some_and(|tag| is_tag(tag, name));
    let close = end + text[end..].find('>')? + 1;
    (is_tag(&text[start + 1..], name) && closing && inside.end <= end).then_some(start..close)
}

/// Whether `text`, which follows a `<`, begins with this name.
fn is_tag(text: &str, name: &str) -> bool {
    let Some((start, rest)) = text.split_at_checked(name.len()) else { return false };
    start.eq_ignore_ascii_case(name) && rest.starts_with(|c: char| c == '>' || c == '/' || c.is_whitespace())
}
