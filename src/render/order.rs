//! The order of the items of a list, by moving their texts between their places.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::markdown::{Document, Edit, apply};

/// Adds to `edits` what brings the items of every list into the order of `ranks`; children move with their
/// parent, numbered lists stay as they are.
pub(super) fn arrange(
    document: &Document,
    text: &str,
    ranks: &BTreeMap<usize, u64>,
    gone: &BTreeMap<usize, Range<usize>>,
    edits: Vec<Edit>,
) -> Vec<Edit> {
    let mut edits = edits;
    // An inner list has a higher number than the one around it, and is arranged first.
    let lists: BTreeSet<Reverse<usize>> =
        ranks.keys().filter_map(|&entry| document.entries.get(entry)?.list).map(Reverse).collect();
    for Reverse(list) in lists {
        let items: Vec<usize> = document
            .entries
            .iter()
            .enumerate()
            .filter(|(i, entry)| entry.list == Some(list) && ranks.contains_key(i) && !gone.contains_key(i))
            .map(|(i, _)| i)
            .collect();
        let mut order = items.clone();
        order.sort_by_key(|entry| ranks.get(entry));
        if order != items && is_movable(document, text, &items) {
            edits = moved(document, text, &items, &order, edits);
        }
    }
    edits
}

/// Whether the items are bullets at one margin: then the text of each fits at the place of any other.
fn is_movable(document: &Document, text: &str, items: &[usize]) -> bool {
    let start = |entry: &usize| document.entries[*entry].whole.start;
    let margin = |at: usize| at - text[..at].rfind('\n').map_or(0, |end| end + 1);
    let bullets = items.iter().all(|entry| text[start(entry)..].starts_with(['-', '*', '+']));
    bullets && items.windows(2).all(|pair| margin(start(&pair[0])) == margin(start(&pair[1])))
}

fn moved(document: &Document, text: &str, items: &[usize], order: &[usize], edits: Vec<Edit>) -> Vec<Edit> {
    let span = |entry: usize| document.entries[entry].whole.clone();
    let mut within: BTreeMap<usize, Vec<Edit>> = BTreeMap::new();
    let mut others = Vec::new();
    for edit in edits {
        let at = items.partition_point(|&item| span(item).start <= edit.span.start);
        match at.checked_sub(1).map(|at| items[at]).filter(|&item| edit.span.end <= span(item).end) {
            Some(item) => within.entry(item).or_default().push(edit),
            None => others.push(edit),
        }
    }
    let written: BTreeMap<usize, Option<String>> = items
        .iter()
        .map(|&item| {
            let base = span(item).start;
            let inside = within.remove(&item).unwrap_or_default().into_iter();
            let shifted = inside.map(|e| Edit::new(e.span.start - base..e.span.end - base, e.text)).collect();
            (item, apply(&text[span(item)], shifted).ok())
        })
        .collect();
    for (&place, item) in items.iter().zip(order) {
        if let Some(Some(new)) = written.get(item)
            && *new != text[span(place)]
        {
            others.push(Edit::new(span(place), new.as_str()));
        }
    }
    others
}
