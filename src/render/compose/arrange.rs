//! The order of entries: whole entries change places within their list, with all their lines.
//!
//! Items of a bulleted list and rows of a table move, of Markdown or of raw HTML, and, where the policy asks for it, the
//! sections of headings that are entries. A numbered list is a sequence and stays as it is; an item or row without a
//! link is the heading of what follows it, so nothing moves across it. Nested entries move with their parent.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::places::{line_start, place};
use super::styles::Styles;
use crate::markdown::{Container, Document, Edit, Entry, apply, slug};

/// Entries that stand next to each other and can change places.
struct Part {
    entries: Vec<usize>,
    /// Whether they are items of a list, which can get another form.
    is_list: bool,
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
            .filter(|_| whole && part.is_list)
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

/// What contains entries that can change places. Inner lists have higher numbers; they are arranged before what they
/// stand in, so the greatest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Parent {
    Heading(Option<usize>),
    Rows(Container),
    List(usize),
}

impl Parent {
    fn of(document: &Document, entry: &Entry) -> Option<Self> {
        match entry.container {
            Container::Item => entry.list.map(Self::List),
            Container::Row | Container::HtmlRow | Container::HtmlItem => Some(Self::Rows(entry.container)),
            Container::Heading => {
                let heading = document.headings.get(entry.heading?)?;
                let has_block = document.blocks.iter().any(|block| entry.whole.contains(&block.span.start));
                (!has_block).then_some(Self::Heading(heading.parent))
            }
            _ => None,
        }
    }
}

fn parts(document: &Document, text: &str) -> Vec<Part> {
    let mut groups: BTreeMap<Parent, Vec<usize>> = BTreeMap::new();
    for (index, entry) in document.entries.iter().enumerate() {
        if let Some(parent) = Parent::of(document, entry) {
            groups.entry(parent).or_default().push(index);
        }
    }
    let mut parts = Vec::new();
    for (parent, entries) in groups.into_iter().rev() {
        let mut rest = entries.as_slice();
        while !rest.is_empty() {
            let joined = rest.windows(2).take_while(|pair| is_next(document, text, pair[0], pair[1])).count();
            let (part, after) = rest.split_at(joined + 1);
            let fits = match parent {
                Parent::List(_) => are_bullets(document, text, part),
                Parent::Rows(_) => !are_numbered(document, text, part),
                Parent::Heading(_) => are_free(document, part),
            };
            if fits {
                parts.push(Part { entries: part.to_vec(), is_list: matches!(parent, Parent::List(_)) });
            }
            rest = after;
        }
    }
    parts
}

/// Whether the second entry follows the first with nothing but blank lines (or the bars of rows) between them.
fn is_next(document: &Document, text: &str, first: usize, second: usize) -> bool {
    let Some((before, after)) = place(document, text, first).zip(place(document, text, second)) else { return false };
    let between = text.get(before.end..after.start).unwrap_or("x");
    let line_ends = between.matches('\n').count();
    let apart = match document.entries[second].container {
        Container::Row => line_ends == 1,
        Container::HtmlRow | Container::HtmlItem => true,
        Container::Heading => level(document, first) == level(document, second) && line_ends > 0,
        _ => line_ends > 0,
    };
    apart && between.chars().all(char::is_whitespace)
}

fn level(document: &Document, entry: usize) -> Option<u8> {
    document.headings.get(document.entries[entry].heading?).map(|heading| heading.level)
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

/// Whether the first cell of each row is a number, or each item of raw HTML is one of a numbered list: their order is a
/// statement then.
fn are_numbered(document: &Document, text: &str, rows: &[usize]) -> bool {
    let is_number = |cell: &str| {
        let cell = cell.trim().trim_end_matches('.');
        !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit())
    };
    rows.iter().all(|row| {
        let entry = &document.entries[*row];
        let place = place(document, text, *row).unwrap_or_default();
        match entry.container {
            Container::Row => {
                let row = text[entry.whole.clone()].trim_start_matches(['|', ' ', '\t']);
                is_number(row.split('|').next().unwrap_or_default())
            }
            Container::HtmlItem => {
                let (ordered, bullets) = (text[..place.start].rfind("<ol"), text[..place.start].rfind("<ul"));
                ordered > bullets
            }
            _ => {
                let cells = text[place].split("</t").next().unwrap_or_default();
                is_number(cells.rsplit('>').next().unwrap_or_default())
            }
        }
    })
}

/// Whether sections can change places: their headings are not numbered, and no link leads to an anchor that would be
/// another's afterwards, as anchors of equal headings are numbered in their order.
fn are_free(document: &Document, entries: &[usize]) -> bool {
    let inside = |span: &Range<usize>| entries.iter().any(|entry| document.entries[*entry].whole.contains(&span.start));
    let numbered = |entry: &usize| {
        let heading = document.entries[*entry].heading.and_then(|heading| document.headings.get(heading));
        heading.is_some_and(|heading| heading.text.starts_with(|c: char| c.is_ascii_digit()))
    };
    let mut anchors: BTreeMap<String, (usize, bool)> = BTreeMap::new();
    for heading in &document.headings {
        let (count, moves) = anchors.entry(slug(&heading.text)).or_default();
        *count += 1;
        *moves |= inside(&heading.span);
    }
    let ambiguous = |(base, (count, moves)): (&String, &(usize, bool))| {
        let leads = |url: &str| url.strip_prefix('#').is_some_and(|anchor| anchor.starts_with(base.as_str()));
        *moves && *count > 1 && document.links.iter().any(|link| leads(&link.url))
    };
    !entries.iter().all(numbered) && !anchors.iter().any(ambiguous)
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
    let span = |entry: usize| place(document, text, entry).unwrap_or_default();
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
