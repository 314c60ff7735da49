//! The difference between two versions of a list: base and head.
//!
//! Compares links and entries, not the lines of a diff: an entry that was moved, indented or wrapped differently is
//! unchanged. It knows no revisions and reads no files.

use std::collections::{BTreeMap, BTreeSet};

use crate::markdown::{Document, Entry, MarkerFault};

/// What head adds to base. Indices are into the head's [`Document`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Links whose address is new: it occurs in head more often than in base.
    pub links: BTreeSet<usize>,
    /// Entries that are new.
    pub added: BTreeSet<usize>,
    /// Entries that had another address, title or description.
    pub edited: BTreeSet<usize>,
    /// Anchors that base had and head has not.
    pub lost_anchors: BTreeSet<String>,
    /// Faults of comments for Pomona that the base does not have.
    pub broken_markers: BTreeSet<MarkerFault>,
}

/// A text with its parse.
type Side<'a> = (&'a str, &'a Document);

impl Change {
    /// Compares `base` with `head`.
    pub fn between(base: Side<'_>, head: Side<'_>) -> Self {
        let mut pairs = Pairs::new(&base, &head);
        pairs.join(|side, i| content(*side, i));
        let moved: BTreeSet<usize> = pairs.joined.clone();
        pairs.join(|(_, document), i| address(document, &document.entries[i]).to_owned());
        pairs.join(|(_, document), i| document.entries[i].title.clone());
        let edited: BTreeSet<usize> = pairs.joined.difference(&moved).copied().collect();
        let added: BTreeSet<usize> = pairs.head.iter().copied().collect();
        let links = new_links(base.1, head.1, |entry| added.contains(&entry) || edited.contains(&entry));
        let anchors =
            |document: &Document| -> BTreeSet<String> { document.anchors.names().map(str::to_owned).collect() };
        let lost_anchors = anchors(base.1).difference(&anchors(head.1)).cloned().collect();
        let faults = |document: &Document| -> BTreeSet<MarkerFault> {
            document.marker_errors.iter().map(|error| error.fault.clone()).collect()
        };
        let broken_markers = faults(head.1).difference(&faults(base.1)).cloned().collect();
        Self { links, added, edited, lost_anchors, broken_markers }
    }

    /// Whether this entry is new or edited.
    pub fn touches(&self, entry: usize) -> bool {
        self.added.contains(&entry) || self.edited.contains(&entry)
    }
}

/// Entries of both sides that are not yet joined, and those of head that are.
struct Pairs<'a> {
    sides: [&'a Side<'a>; 2],
    base: Vec<usize>,
    head: Vec<usize>,
    joined: BTreeSet<usize>,
}

impl<'a> Pairs<'a> {
    fn new(base: &'a Side<'a>, head: &'a Side<'a>) -> Self {
        let all = |side: &Side<'_>| (0..side.1.entries.len()).collect();
        Self { sides: [base, head], base: all(base), head: all(head), joined: BTreeSet::new() }
    }

    /// Joins entries whose `key` is equal, one to one, in order.
    fn join<K: Ord>(&mut self, key: impl Fn(&Side<'_>, usize) -> K) {
        let mut waiting: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for i in self.base.iter().rev() {
            waiting.entry(key(self.sides[0], *i)).or_default().push(*i);
        }
        let mut matched = BTreeSet::new();
        let joined = &mut self.joined;
        self.head.retain(|i| {
            let partner = waiting.get_mut(&key(self.sides[1], *i)).and_then(Vec::pop);
            matched.extend(partner);
            if partner.is_some() {
                joined.insert(*i);
            }
            partner.is_none()
        });
        self.base.retain(|i| !matched.contains(i));
    }
}

/// The content of an entry: its text without marker, indentation, line ends and Pomona's note, and the addresses of
/// its links, which reference definitions contain.
fn content((text, document): Side<'_>, i: usize) -> (String, Vec<String>) {
    let entry = &document.entries[i];
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let written = match &entry.note {
        Some(note) => format!("{} {}", part(entry.span.start, note.start), part(note.end, entry.span.end)),
        None => part(entry.span.start, entry.span.end).to_owned(),
    };
    let mut words: Vec<&str> = written.split_whitespace().collect();
    if words.first().is_some_and(|word| is_marker(word)) {
        words.remove(0);
    }
    let urls = document.links.iter().filter(|link| link.entry == Some(i)).map(|link| link.url.clone()).collect();
    (words.join(" "), urls)
}

fn is_marker(word: &str) -> bool {
    matches!(word, "-" | "*" | "+")
        || word.strip_suffix(['.', ')']).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn address<'a>(document: &'a Document, entry: &Entry) -> &'a str {
    document.links.get(entry.link).map_or("", |link| &link.url)
}

/// Links whose address occurs in head more often than in base: of equal ones those in touched entries first,
/// then the last ones.
fn new_links(base: &Document, head: &Document, touched: impl Fn(usize) -> bool) -> BTreeSet<usize> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, link) in head.links.iter().enumerate() {
        places.entry(&link.url).or_default().push(i);
    }
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for link in &base.links {
        *known.entry(&link.url).or_default() += 1;
    }
    let mut new = BTreeSet::new();
    for (url, mut links) in places {
        links.sort_by_key(|i| (head.links[*i].entry.is_some_and(&touched), *i));
        new.extend(links.into_iter().skip(known.get(url).copied().unwrap_or_default()));
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(base: &str, head: &str) -> [Vec<String>; 3] {
        let (before, after) = (Document::parse(base), Document::parse(head));
        let change = Change::between((base, &before), (head, &after));
        let titles = |set: &BTreeSet<usize>| set.iter().map(|i| after.entries[*i].title.clone()).collect();
        let links = change.links.iter().map(|i| after.links[*i].url.clone()).collect();
        [titles(&change.added), titles(&change.edited), links]
    }

    /// The titles of added and edited entries, and the addresses of new links.
    fn brings(added: &[&str], edited: &[&str], links: &[&str]) -> [Vec<String>; 3] {
        [added, edited, links].map(|texts| texts.iter().map(|text| (*text).to_owned()).collect())
    }

    const BASE: &str =
        "# L\n## A\n- [a](https://a.org) - One.\n- [b](https://b.org) - Two.\n## B\n- [c](https://c.org)\n";

    #[test]
    fn moved_lines_are_unchanged() {
        let head =
            "# L\n\n## B\n  * [b](https://b.org)  -  Two.\n* [c](https://c.org)\n## A\n3. [a](https://a.org) - One.\n";
        assert_eq!(change(BASE, head), brings(&[], &[], &[]));
    }

    #[test]
    fn added_and_edited_entries_are_distinguished() {
        for (head, expected) in [
            (format!("{BASE}- [d](https://d.org)\n"), brings(&["d"], &[], &["https://d.org"])),
            (BASE.replace("Two.", "Three."), brings(&[], &["b"], &[])),
            (BASE.replace("https://b.org", "https://b.com"), brings(&[], &["b"], &["https://b.com"])),
            (BASE.replace("[b]", "[bee]"), brings(&[], &["bee"], &[])),
            (BASE.replace("- [c](https://c.org)\n", ""), brings(&[], &[], &[])),
            (format!("{BASE}- [a](https://a.org) - Again.\n"), brings(&["a"], &[], &["https://a.org"])),
            (BASE.replace("- [c](https://c.org)", "- [x](https://x.org)"), brings(&["x"], &[], &["https://x.org"])),
            (format!("{BASE}\nSee https://e.org too.\n"), brings(&[], &[], &["https://e.org"])),
        ] {
            assert_eq!(change(BASE, &head), expected, "{head}");
        }
    }

    #[test]
    fn of_equal_links_the_one_in_the_new_entry_is_new() {
        let head = format!("# L\n## A\n- [a](https://a.org) - Again.\n{}", BASE.trim_start_matches("# L\n## A\n"));
        let (before, after) = (Document::parse(BASE), Document::parse(&head));
        let change = Change::between((BASE, &before), (&head, &after));
        assert_eq!((change.added, change.links), (BTreeSet::from([0]), BTreeSet::from([0])));
    }

    #[test]
    fn lost_anchors_are_reported() {
        let head = BASE.replace("## B", "## Bees");
        let (before, after) = (Document::parse(BASE), Document::parse(&head));
        let change = Change::between((BASE, &before), (&head, &after));
        assert_eq!(change.lost_anchors, BTreeSet::from(["b".to_owned()]));
        assert_eq!(Change::between((BASE, &before), (BASE, &before)), Change::default());
    }
}
