//! The order of entries: whole entries change places within their list, with all their lines.
//!
//! Items of a bulleted list and rows of a table move. A numbered list is a sequence and stays as it is; an item or row
//! without a link is the heading of what follows it, so nothing moves across it. Nested entries move with their parent.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::styles::Styles;
use crate::markdown::{Container, Document, Edit, apply};

/// Entries that stand next to each other and can change places.
struct Part {
    entries: Vec<usize>,
    /// The number of the list, so that inner lists, whose numbers are higher, are arranged first; none for rows.
    list: Option<usize>,
}

/// Adds to `edits` what brings the entries of every part into the order of `ranks`, and what `styles` makes of them.
/// Entries without a rank keep their places; those in `removed` are left out.
pub(super) fn arrange(
    document: &Document,
    text: &str,
    ranks: &BTreeMap<usize, usize>,
    removed: &BTreeSet<usize>,
    styles: Option<&Styles>,
    mut edits: Vec<Edit>,
) -> Vec<Edit> {
    for part in parts(document, text) {
        let kept: Vec<usize> = part
            .entries
            .iter()
            .copied()
            .filter(|entry| ranks.contains_key(entry) && !removed.contains(entry))
            .collect();
        let mut order = kept.clone();
        order.sort_by_key(|entry| ranks.get(entry));
        let whole = kept.len() == part.entries.iter().filter(|entry| !removed.contains(*entry)).count();
        let replaced = styles
            .filter(|_| whole && part.list.is_some())
            .and_then(|styles| styles.part(document, text, &part.entries, &order, &edits));
        if let Some(replaced) = replaced {
            edits.retain(|edit| edit.span.start < replaced.span.start || edit.span.end > replaced.span.end);
            edits.push(replaced);
        } else if order != kept {
            edits = moved(document, text, &kept, &order, edits);
        }
    }
    edits
}

fn parts(document: &Document, text: &str) -> Vec<Part> {
    let mut lists: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (index, entry) in document.entries.iter().enumerate() {
        let list = if entry.container == Container::Item { entry.list } else { None };
        if list.is_some() || entry.container == Container::Row {
            lists.entry(list).or_default().push(index);
        }
    }
    let mut parts = Vec::new();
    for (list, entries) in lists.into_iter().rev() {
        let mut rest = entries.as_slice();
        while !rest.is_empty() {
            let joined = rest.windows(2).take_while(|pair| is_next(document, text, pair[0], pair[1])).count();
            let (part, after) = rest.split_at(joined + 1);
            let fits =
                if list.is_some() { are_bullets(document, text, part) } else { !are_numbered(document, text, part) };
            if fits {
                parts.push(Part { entries: part.to_vec(), list });
            }
            rest = after;
        }
    }
    parts
}

/// Whether the second entry follows the first with nothing but blank lines (or the bars of rows) between them.
fn is_next(document: &Document, text: &str, first: usize, second: usize) -> bool {
    let (first, second) = (&document.entries[first], &document.entries[second]);
    let between = text.get(first.whole.end..second.whole.start).unwrap_or("x");
    let line_ends = between.matches('\n').count();
    let is_row = second.container == Container::Row;
    line_ends > 0 && (!is_row || line_ends == 1) && between.chars().all(|c| c.is_whitespace() || (is_row && c == '|'))
}

/// Whether the items are bullets at one margin: then the text of each fits in the place of any other.
fn are_bullets(document: &Document, text: &str, items: &[usize]) -> bool {
    let margin = |entry: usize| {
        let start = document.entries[entry].whole.start;
        &text[line_start(text, start)..start]
    };
    let bullets = items.iter().all(|entry| text[document.entries[*entry].whole.start..].starts_with(['-', '*', '+']));
    let first = margin(items[0]);
    bullets && first.trim().is_empty() && items.iter().all(|entry| margin(*entry) == first)
}

/// Whether the first cell of each row is a number: their order is a statement then.
fn are_numbered(document: &Document, text: &str, rows: &[usize]) -> bool {
    rows.iter().all(|row| {
        let row = text[document.entries[*row].whole.clone()].trim_start_matches(['|', ' ', '\t']);
        let cell = row.split('|').next().unwrap_or_default().trim().trim_end_matches('.');
        !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit())
    })
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

/// `text[range]` with those of `edits` that lie in it.
pub(super) fn applied(text: &str, range: Range<usize>, edits: &[Edit]) -> Option<String> {
    let inside = edits.iter().filter(|edit| range.start <= edit.span.start && edit.span.end <= range.end);
    let shifted =
        inside.map(|edit| Edit::new(edit.span.start - range.start..edit.span.end - range.start, edit.text.as_str()));
    apply(text.get(range.clone())?, shifted.collect()).ok()
}

/// The edits that put each entry of `order` in the place of the entry of `places` at the same index. Nothing moves
/// where the edits inside of an entry do not fit together.
fn moved(document: &Document, text: &str, places: &[usize], order: &[usize], edits: Vec<Edit>) -> Vec<Edit> {
    let span = |entry: usize| {
        let (entry, whole) = (&document.entries[entry], document.entries[entry].whole.clone());
        match entry.container {
            // A row is its line, with what stands before its first bar.
            Container::Row => line_start(text, whole.start)..line_end(text, whole.end),
            _ => whole,
        }
    };
    let written: Option<BTreeMap<usize, String>> =
        places.iter().map(|entry| Some((*entry, applied(text, span(*entry), &edits)?))).collect();
    let Some(written) = written else { return edits };
    let inside = |edit: &Edit| {
        places.iter().any(|place| span(*place).start <= edit.span.start && edit.span.end <= span(*place).end)
    };
    let mut others: Vec<Edit> = edits.into_iter().filter(|edit| !inside(edit)).collect();
    for (place, entry) in places.iter().zip(order) {
        if written[entry] != text[span(*place)] {
            others.push(Edit::new(span(*place), written[entry].as_str()));
        }
    }
    others
}
