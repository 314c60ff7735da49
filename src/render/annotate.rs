//! Decisions about a list, as edits of its text.
//!
//! Only the bytes that Pomona owns change: notes behind entries, addresses of what was renamed or moved, what
//! stands inside its blocks, and, where the policy asks, the order of items and the items that are gone. It
//! decides nothing itself.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::order;
use crate::markdown::{Document, Edit, Link, LinkKind, Note};

/// What to write into a list. What it does not name stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Annotations {
    /// By entry: the note behind it; none takes away the one that is there.
    pub notes: BTreeMap<usize, Option<Note>>,
    /// By link: its new address.
    pub addresses: BTreeMap<usize, Address>,
    /// By name: what stands inside a block, without line ends around it.
    pub blocks: BTreeMap<String, String>,
    /// Entries to take out with their lines, where [`removable`] says so.
    pub removed: BTreeSet<usize>,
    /// By entry: its rank. Items of one list change places so that the lowest comes first; equal ones keep their
    /// order, and those without a rank their places.
    pub order: BTreeMap<usize, u64>,
}

/// A new address of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// The repository at the path `from` is called `to` now: only that part of the path changes. A link text
    /// that was the old name or the old address changes with it.
    Renamed {
        /// `owner/name` as it was, letter case aside.
        from: String,
        /// `owner/name` as it is.
        to: String,
    },
    /// The whole address is another now. A link text that was the old address changes with it.
    Moved(String),
}

/// The edits that make `wanted` of `text`, whose reading `document` is. None where nothing changes.
pub fn annotate(document: &Document, text: &str, wanted: &Annotations) -> Vec<Edit> {
    let gone: BTreeMap<usize, Range<usize>> = wanted
        .removed
        .iter()
        .filter_map(|&entry| Some((entry, removable(document, text, entry, &wanted.removed)?)))
        .collect();
    let is_gone = |at: usize| gone.values().any(|lines| lines.contains(&at));
    let mut edits = Vec::new();
    for (&entry, note) in &wanted.notes {
        edits.extend(document.entries.get(entry).and_then(|entry| note_edit(text, entry, note.as_ref())));
    }
    for (&link, address) in &wanted.addresses {
        if let Some(link) = document.links.get(link) {
            address_edits(document, text, link, address, &mut edits);
        }
    }
    for block in &document.blocks {
        if let Some(content) = wanted.blocks.get(&block.name) {
            edits.extend(block_edit(text, &block.content, content));
        }
    }
    edits.retain(|edit| !is_gone(edit.span.start));
    edits.extend(gone.values().map(|lines| Edit::new(lines.clone(), "")));
    order::arrange(document, text, &wanted.order, &gone, edits)
}

/// The edits that take out all that Pomona wrote behind entries and into blocks. Addresses stay as they are.
pub fn strip(document: &Document, text: &str) -> Vec<Edit> {
    let notes = document.entries.iter().filter_map(|entry| entry.note.clone()).map(|note| Edit::new(note, ""));
    let blocks = document.blocks.iter().filter_map(|block| block_edit(text, &block.content, ""));
    notes.chain(blocks).collect()
}

fn note_edit(text: &str, entry: &crate::markdown::Entry, note: Option<&Note>) -> Option<Edit> {
    let at = entry.note_at?;
    let span = entry.note.clone().unwrap_or(at..at);
    let written = note.map(|note| format!(" {note}")).unwrap_or_default();
    (text.get(span.clone())? != written).then(|| Edit::new(span, written))
}

/// A block's content stands between line ends; an empty one is a single line end.
fn block_edit(text: &str, span: &Range<usize>, content: &str) -> Option<Edit> {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let content = content.trim_matches(['\n', '\r']);
    let mut written = line_end.to_owned();
    if !content.is_empty() {
        written.push_str(line_end);
        for line in content.lines() {
            written.push_str(line);
            written.push_str(line_end);
        }
        written.push_str(line_end);
    }
    (text.get(span.clone())? != written).then(|| Edit::new(span.clone(), written))
}

fn address_edits(document: &Document, text: &str, link: &Link, address: &Address, edits: &mut Vec<Edit>) {
    let Some(destination) = &link.destination else {
        for definition in document.definitions.iter().filter(|definition| definition.url == link.url) {
            let written = &text[definition.span.clone()];
            if let Some(at) = written.find(&link.url) {
                let start = definition.span.start + at;
                edits.extend(destination_edit(text, start..start + link.url.len(), link, address));
            }
        }
        return;
    };
    let Some(edit) = destination_edit(text, destination.clone(), link, address) else { return };
    edits.push(edit);
    if let Some(shown) = shown(text, link, destination) {
        edits.extend(shown_edit(text, shown, link, address));
    }
}

/// The edit of an address that stands at `at`.
fn destination_edit(text: &str, at: Range<usize>, link: &Link, address: &Address) -> Option<Edit> {
    match address {
        Address::Renamed { from, to } => {
            let found = path_in(&text[at.clone()], from)?;
            Some(Edit::new(at.start + found.start..at.start + found.end, to.as_str()))
        }
        Address::Moved(url) => Some(Edit::new(at, written_url(url, link.kind))),
    }
}

/// Where `path`, an `owner/name`, stands in `url`, right after the host.
fn path_in(url: &str, path: &str) -> Option<Range<usize>> {
    let host = url.find("//").map_or(0, |at| at + 2);
    let start = host + url[host..].find('/')? + 1;
    let found = url.get(start..start + path.len())?;
    let rest = &url[start + path.len()..];
    let ends = rest.is_empty() || rest.starts_with(['/', '?', '#']) || rest.starts_with(".git");
    (found.eq_ignore_ascii_case(path) && ends).then(|| start..start + path.len())
}

/// A URL so that it can stand where a link of this kind has its address.
fn written_url(url: &str, kind: LinkKind) -> String {
    let mut written = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            '&' if matches!(kind, LinkKind::HtmlLink | LinkKind::HtmlImage) => written.push_str("&amp;"),
            '(' => written.push_str("%28"),
            ')' => written.push_str("%29"),
            ' ' => written.push_str("%20"),
            '<' => written.push_str("%3C"),
            '>' => written.push_str("%3E"),
            '"' => written.push_str("%22"),
            '\'' => written.push_str("%27"),
            '\\' => written.push_str("%5C"),
            '|' => written.push_str("%7C"),
            '`' => written.push_str("%60"),
            c => written.push(c),
        }
    }
    written
}

/// The source of a link's text; none where the address is the text.
fn shown(text: &str, link: &Link, destination: &Range<usize>) -> Option<Range<usize>> {
    match link.kind {
        LinkKind::Link => Some(link.span.start + 1..destination.start),
        LinkKind::HtmlLink => {
            let end = text[link.span.end..].find("</").map(|at| link.span.end + at)?;
            Some(link.span.end..end)
        }
        LinkKind::Autolink | LinkKind::Bare | LinkKind::Image | LinkKind::HtmlImage => None,
    }
}

/// The edit of a link text that was exactly the old name or the old address.
fn shown_edit(text: &str, shown: Range<usize>, link: &Link, address: &Address) -> Option<Edit> {
    let written = &text[shown.clone()];
    let is_address = link.text == link.url || link.text == link.url.trim_start_matches("https://");
    match address {
        Address::Renamed { from, to } if is_address || link.text.eq_ignore_ascii_case(from) => {
            let at = written.to_ascii_lowercase().find(&from.to_ascii_lowercase())?;
            Some(Edit::new(shown.start + at..shown.start + at + from.len(), to.as_str()))
        }
        Address::Moved(url) if link.text == link.url => {
            let at = written.find(&link.text)?;
            Some(Edit::new(shown.start + at..shown.start + at + link.text.len(), written_url(url, link.kind)))
        }
        _ => None,
    }
}

/// The lines of an entry that can be taken out without leaving a torso; none where it shares a line with
/// something else, stands in raw HTML, or has children that are not in `removed`.
pub fn removable(document: &Document, text: &str, entry: usize, removed: &BTreeSet<usize>) -> Option<Range<usize>> {
    let found = document.entries.get(entry)?;
    found.note_at?;
    let inside =
        |other: &crate::markdown::Entry| found.whole.start < other.whole.start && other.whole.end <= found.whole.end;
    let kept = document.entries.iter().enumerate().any(|(i, other)| inside(other) && !removed.contains(&i));
    let start = text[..found.whole.start].rfind('\n').map_or(0, |at| at + 1);
    let alone = text[start..found.whole.start].chars().all(|c| matches!(c, ' ' | '\t' | '|'));
    let end = text[found.whole.end..].find('\n').map_or(text.len(), |at| found.whole.end + at + 1);
    let rest = text[found.whole.end..end].trim();
    if kept || !alone || !(rest.is_empty() || rest == "|") {
        return None;
    }
    // Blank lines on both sides would become one gap of two.
    let gap = text[end..].len() - text[end..].trim_start_matches(['\n', '\r']).len();
    let before = text[..start].ends_with("\n\n") || text[..start].ends_with("\r\n\r\n");
    Some(start..if before { end + gap } else { end })
}
