//! Lists of entries in another form: with medals, as a table, with details to unfold, with a folded tail.
//!
//! Only a list at the left margin changes its form; a table or details need entries of one line each. Whatever is in
//! an entry stays in it: what stands before its description becomes the head, the rest follows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::arrange::applied;
use super::places::line_start;
use crate::markdown::{Document, Edit};
use crate::policy::Style;
use crate::ranked_list::Words;
use crate::render::escape;

/// How the entries of a list are written.
pub(super) struct Styles {
    pub(super) entries: BTreeMap<usize, EntryStyle>,
    pub(super) words: Words,
}

/// How one entry is written.
pub(super) struct EntryStyle {
    pub(super) style: Style,
    pub(super) folded: bool,
    /// Stars, language, licence and state, escaped.
    pub(super) cells: [String; 4],
}

/// What separates a title from its description.
const SEPARATORS: [char; 8] = ['-', '–', '—', ':', '：', '|', '~', '·'];

impl Styles {
    /// The entries whose figures stand in a table or in details, where they need no note.
    pub(super) fn tabular(&self, document: &Document, text: &str) -> impl Iterator<Item = usize> {
        let lists: BTreeSet<usize> = document
            .entries
            .iter()
            .filter(|entry| {
                let start = line_start(text, entry.whole.start);
                start != entry.whole.start || text[entry.whole.clone()].contains('\n')
            })
            .filter_map(|entry| entry.list)
            .collect();
        let changes = move |entry: &usize| {
            let list = document.entries.get(*entry).and_then(|entry| entry.list);
            list.is_some_and(|list| !lists.contains(&list))
        };
        let styled = self.entries.iter().filter(|(_, style)| style.style != Style::Bullets).map(|(entry, _)| *entry);
        styled.filter(changes).collect::<Vec<_>>().into_iter()
    }

    /// The list of these entries (`order` is their new order) as one edit; none where its form stays.
    pub(super) fn part(
        &self,
        document: &Document,
        text: &str,
        entries: &[usize],
        order: &[usize],
        edits: &[Edit],
    ) -> Option<Edit> {
        let style = |entry: &usize| self.entries.get(entry).map_or(Style::Bullets, |entry| entry.style);
        let is_folded = |entry: &usize| self.entries.get(entry).is_some_and(|entry| entry.folded);
        let (first, last) = (document.entries.get(*entries.first()?)?, document.entries.get(*entries.last()?)?);
        let range = line_start(text, first.whole.start)..last.whole.end;
        let simple = |entry: &usize| !text[document.entries[*entry].whole.clone()].contains('\n');
        let style = style(entries.first()?);
        let style = if entries.iter().all(simple) { style } else { Style::Bullets };
        let at_margin = range.start == first.whole.start;
        if order.is_empty() || !at_margin || (style == Style::Bullets && !order.iter().any(is_folded)) {
            return None;
        }
        let (folded, shown): (Vec<usize>, Vec<usize>) = order.iter().partition(|entry| is_folded(entry));
        // A table and raw HTML need a blank line before them, a list does not.
        let begins_apart = style == Style::Table || shown.is_empty();
        let mut written = Vec::new();
        if !shown.is_empty() {
            written.push(self.list(document, text, &shown, style, edits)?);
        }
        if !folded.is_empty() {
            let more = self.words.fill("more", &[("count", &folded.len().to_string())]);
            let tail = self.list(document, text, &folded, style, edits)?;
            written.push(format!("<details>\n<summary>{}</summary>\n\n{tail}\n\n</details>", escape::html(&more)));
        }
        // Where the last entries are taken out, their line ends go with them.
        let end = edits.iter().filter(|edit| range.contains(&edit.span.start)).map(|edit| edit.span.end).max();
        let end = end.unwrap_or(range.end).max(range.end);
        Some(Edit::new(range.start..end, apart(text, &range, end, &written.join("\n\n"), begins_apart)))
    }

    fn list(&self, document: &Document, text: &str, entries: &[usize], style: Style, edits: &[Edit]) -> Option<String> {
        let lines: Option<Vec<String>> = entries
            .iter()
            .map(|entry| match style {
                Style::Bullets => applied(text, document.entries[*entry].whole.clone(), edits),
                Style::Table => self.row(document, text, *entry, edits),
                Style::Details => self.details(document, text, *entry, edits),
            })
            .collect();
        let lines = lines?.join("\n");
        Some(if style == Style::Table { format!("{}\n{lines}", self.header()) } else { lines })
    }

    fn header(&self) -> String {
        let names = ["project", "figure-stars", "language", "licence", "state", "about"];
        let names: Vec<String> = names.iter().map(|name| escape::text(&self.words.get(name))).collect();
        format!("| {} |\n| :-- | --: | :-- | :-- | :-- | :-- |", names.join(" | "))
    }

    fn row(&self, document: &Document, text: &str, entry: usize, edits: &[Edit]) -> Option<String> {
        let (head, rest) = halves(document, text, entry, edits)?;
        let cells = self.entries.get(&entry).map(|style| style.cells.join(" | ")).unwrap_or_default();
        Some(format!("| {} | {cells} | {} |", in_cell(&head), in_cell(&rest)))
    }

    fn details(&self, document: &Document, text: &str, entry: usize, edits: &[Edit]) -> Option<String> {
        let (head, rest) = halves(document, text, entry, edits)?;
        if rest.is_empty() {
            return Some(format!("- {head}"));
        }
        let figures = self.entries.get(&entry).map(|style| {
            let figures: Vec<&str> = style.cells.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
            figures.join(" · ")
        });
        let head = [head, figures.unwrap_or_default()].join(" ");
        let about = escape::html(&self.words.get("about"));
        let head = head.trim_end();
        Some(format!("- {head}\n  <details><summary>{about}</summary>\n\n  {rest}\n\n  </details>"))
    }
}

/// What stands before the description of an entry, and the description with all that follows.
fn halves(document: &Document, text: &str, entry: usize, edits: &[Edit]) -> Option<(String, String)> {
    let entry = document.entries.get(entry)?;
    let start = content_start(text, &entry.whole);
    let split = entry.description_at.as_ref().map_or(entry.whole.end, |described| described.start);
    let before: Vec<Edit> =
        edits.iter().filter(|edit| edit.span.start < split || split == entry.whole.end).cloned().collect();
    let after: Vec<Edit> =
        edits.iter().filter(|edit| edit.span.start >= split && split < entry.whole.end).cloned().collect();
    let head = applied(text, start..split, &before)?;
    let rest = applied(text, split..entry.whole.end, &after)?;
    let head = head.trim_end();
    let bare = head.trim_end_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(&c));
    let head = if rest.is_empty() { head } else { bare };
    Some((head.to_owned(), rest.trim_end().to_owned()))
}

/// Where the text of an item begins, after its bullet.
pub(super) fn content_start(text: &str, item: &Range<usize>) -> usize {
    let after = &text[item.start + 1..item.end];
    item.start + 1 + (after.len() - after.trim_start_matches([' ', '\t']).len())
}

/// Markdown as it stands in a table's cell: its bars escaped.
fn in_cell(markdown: &str) -> String {
    let mut cell = String::with_capacity(markdown.len());
    let mut escaped = false;
    for c in markdown.chars() {
        if c == '|' && !escaped {
            cell.push('\\');
        }
        escaped = c == '\\' && !escaped;
        cell.push(c);
    }
    cell
}

/// `written`, which replaces `text[range.start..end]`, with the blank lines that a table or raw HTML needs around it.
fn apart(text: &str, range: &Range<usize>, end: usize, written: &str, begins_apart: bool) -> String {
    let before = &text[..range.start];
    let needs_before = begins_apart && !before.is_empty() && !before.ends_with("\n\n") && !before.ends_with("\n\r\n");
    let lead = if needs_before { "\n" } else { "" };
    let after = &text[end..];
    let (line_end, after) = if text[range.end..end].contains('\n') {
        ("\n", after)
    } else {
        ("", after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n')).unwrap_or(after))
    };
    let needs_after = !after.is_empty() && !after.starts_with(['\n', '\r']);
    let tail = if needs_after { "\n" } else { "" };
    format!("{lead}{written}{line_end}{tail}")
}
