//! Lines at which GitHub ends every open container, where the parser goes on with it.
//!
//! cmark-gfm starts an HTML block of type 7 (CommonMark, section "HTML blocks": a line with one tag alone) unless
//! the innermost container *that the line continues* is a paragraph: `<br>` at the margin ends a list item or a
//! quote before it, and a table. An indented line ends a table. pulldown-cmark takes the first for a lazy
//! continuation and both for rows.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::parse::options;

/// A line that may end containers.
#[derive(Debug, PartialEq, Eq)]
struct Candidate {
    /// Where it begins.
    line: usize,
    /// Where its first character other than a blank stands.
    at: usize,
    /// Where it ends.
    end: usize,
    /// A tag alone; else an indented line.
    tag: bool,
}

/// A container block that is open.
enum Container {
    /// With the column that its content begins at.
    Item(usize),
    Quote,
    Table,
}

/// Where such lines begin in `body`, in order.
///
/// The text is parsed for it only where a line can be one, and once: a line after another such line is judged
/// as if that one had ended nothing.
pub(super) fn find(text: &str, body: Range<usize>) -> Vec<usize> {
    let text = &text[body.clone()];
    let candidates = candidates(text);
    let mut next = candidates.iter().peekable();
    let mut found = Vec::new();
    let mut open: Vec<Container> = Vec::new();
    if candidates.is_empty() {
        return found;
    }
    for (event, span) in Parser::new_ext(text, options()).into_offset_iter() {
        while next.next_if(|candidate| candidate.end <= span.start && !matches!(event, Event::End(_))).is_some() {}
        let Some(candidate) = next.peek() else { break };
        match &event {
            Event::Start(Tag::Item) => open.push(Container::Item(content_column(text, span.start))),
            Event::Start(Tag::BlockQuote(_) | Tag::FootnoteDefinition(_)) => open.push(Container::Quote),
            Event::Start(Tag::Table(_)) => open.push(Container::Table),
            Event::End(TagEnd::Item | TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition | TagEnd::Table) => {
                open.pop();
            }
            Event::InlineHtml(_) | Event::Start(Tag::TableRow) => {
                let row = matches!(event, Event::Start(_)) && candidate.line <= span.start;
                if (row || span.start == candidate.at) && ends_all(&open, candidate) {
                    found.push(body.start + candidate.line);
                    next.next();
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a line continues none of the open containers.
fn ends_all(open: &[Container], candidate: &Candidate) -> bool {
    match open.first() {
        Some(Container::Item(column)) => candidate.tag && candidate.at - candidate.line < *column,
        Some(Container::Quote) => candidate.tag,
        Some(Container::Table) => true,
        None => false,
    }
}

/// The column that the content of the item at `start` begins at (CommonMark, section "List items").
fn content_column(text: &str, start: usize) -> usize {
    let line = text[..start].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let blanks = |from: usize| text[from..].bytes().take_while(|b| *b == b' ').count();
    let mark = start + blanks(start);
    let digits = text[mark..].bytes().take_while(u8::is_ascii_digit).count();
    let after = mark + digits + 1;
    let gap = match text.as_bytes().get(after) {
        Some(b' ') => Some(blanks(after)).filter(|gap| *gap < 5).unwrap_or(1),
        Some(b'\t') => 3,
        _ => 1,
    };
    after - line + gap
}

fn candidates(text: &str) -> Vec<Candidate> {
    let bytes = text.as_bytes();
    let line_start = |at: usize| memchr::memrchr2(b'\n', b'\r', &bytes[..at]).map_or(0, |end| end + 1);
    let line_end = |at: usize| memchr::memchr2(b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |end| at + end);
    let tags = memchr::memchr_iter(b'<', bytes).filter_map(|at| {
        let line = at - bytes[..at].iter().rev().take(3).take_while(|b| **b == b' ').count();
        let first = line > 0 && matches!(bytes[line - 1], b'\n' | b'\r');
        (first && follows_text(bytes, line) && is_tag_alone(&bytes[at..])).then(|| Candidate {
            line,
            at,
            end: line_end(at),
            tag: true,
        })
    });
    let indented = [b"\n    ".as_slice(), b"\n\t"].into_iter().flat_map(|start| {
        memchr::memmem::find_iter(bytes, start).filter_map(move |end| {
            let line = end + 1;
            let at = line + bytes[line..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            let row = memchr::memchr(b'|', &bytes[line_start(end)..end]).is_some();
            row.then(|| Candidate { line, at, end: line_end(at), tag: false })
        })
    });
    let mut all: Vec<Candidate> = tags.chain(indented).collect();
    all.sort_by_key(|candidate| candidate.line);
    all
}

/// Whether the line before the one at `line` is not blank.
fn follows_text(bytes: &[u8], line: usize) -> bool {
    let before = bytes[..line].strip_suffix(b"\n").unwrap_or(&bytes[..line]);
    let before = before.strip_suffix(b"\r").unwrap_or(before);
    let solid = before.iter().rev().find(|b| !matches!(b, b' ' | b'\t'));
    solid.is_some_and(|b| !matches!(b, b'\n' | b'\r'))
}

/// Whether a line begins with a start or end tag and has nothing else.
fn is_tag_alone(line: &[u8]) -> bool {
    let end = memchr::memchr2(b'\n', b'\r', line).unwrap_or(line.len());
    let line = line[..end].trim_ascii_end();
    let name = line.get(1..).unwrap_or_default().strip_prefix(b"/").unwrap_or(line.get(1..).unwrap_or_default());
    if !name.first().is_some_and(u8::is_ascii_alphabetic) {
        return false;
    }
    let mut quote = None;
    let close = line.iter().position(|&b| {
        match quote {
            Some(open) if open == b => quote = None,
            None if matches!(b, b'"' | b'\'') => quote = Some(b),
            _ => {}
        }
        quote.is_none() && b == b'>'
    });
    close == Some(line.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_alone_ends_items_quotes_and_tables() {
        for (text, lines) in [
            ("- a\n<br />\nb", vec![4]),
            ("> a\n<br>\nb", vec![4]),
            ("| a |\n|---|\n| b |\n<b>\nc", vec![18]),
            ("| a |\n|---|\n    c", vec![12]),
            ("- a\n  <br>\nb", vec![]),
            ("1. a\n  <br>\nb", vec![5]),
            ("- a\n<br> b", vec![]),
            ("- a\n\n<br>\nb", vec![]),
            ("a\n<br>\nb", vec![]),
            ("- a\n    b", vec![]),
        ] {
            assert_eq!(find(text, 0..text.len()), lines, "{text}");
        }
    }
}
