//! The difference between two versions of a list: base and head.
//!
//! Compares links and entries, not the lines of a diff: an entry that was moved, indented or wrapped differently is
//! unchanged. It knows no revisions and reads no files.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

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
    /// Anchors that base has and head has not.
    pub lost_anchors: BTreeSet<String>,
    /// Faults of comments for Pomona that the base does not have.
    pub broken_markers: BTreeSet<MarkerFault>,
    /// Lines of head that base has not, counted from 1.
    pub lines: BTreeSet<usize>,
    /// Entries with a note, or what looks like one, that was not there or was another: only Pomona writes notes.
    pub notes: BTreeMap<usize, String>,
    /// Links that a new mark hides from checks.
    pub ignored: BTreeSet<usize>,
    /// Names of blocks whose markers or content differ.
    pub blocks: BTreeSet<String>,
    /// Files of the list, other than its source, that differ.
    pub files: BTreeSet<ListFile>,
    /// Those of them by which the check would pass that fails by the base.
    pub decisive: BTreeSet<ListFile>,
}

/// A file that a check relies on or that Pomona writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListFile {
    /// `pomona.toml`.
    Policy,
    /// `pomona.ledger.jsonl`.
    Ledger,
    /// `pomona.history.jsonl`.
    History,
    /// The file that is written from the source.
    Output,
}

/// A text with its parse.
type Side<'a> = (&'a str, &'a Document);

impl Change {
    /// Compares `base` with `head`.
    pub fn between(base: Side<'_>, head: Side<'_>) -> Self {
        let mut pairs = Pairs::new(base.1, head.1);
        let addresses = [addresses(base.1), addresses(head.1)];
        pairs.join(|side, i| content([base, head][side], i, &addresses[side]));
        let unchanged: BTreeSet<usize> = pairs.joined.keys().copied().collect();
        let documents = [base.1, head.1];
        pairs.join(|side, i| address(documents[side], &documents[side].entries[i]).to_owned());
        pairs.join(|side, i| documents[side].entries[i].title.clone());
        let edited: BTreeSet<usize> = pairs.joined.keys().filter(|i| !unchanged.contains(i)).copied().collect();
        let added: BTreeSet<usize> = pairs.head.iter().copied().collect();
        let links = new_links(base.1, head.1, |entry| added.contains(&entry) || edited.contains(&entry));
        let anchors =
            |document: &Document| -> BTreeSet<String> { document.anchors.names().map(str::to_owned).collect() };
        let lost_anchors = anchors(base.1).difference(&anchors(head.1)).cloned().collect();
        let faults = |document: &Document| -> BTreeSet<MarkerFault> {
            document.marker_errors.iter().map(|error| error.fault.clone()).collect()
        };
        let broken_markers = faults(head.1).difference(&faults(base.1)).cloned().collect();
        Self {
            notes: new_notes(base, head, &pairs.joined),
            ignored: newly_ignored(base.1, head.1),
            blocks: changed_blocks(base, head),
            lines: new_lines(base.0, head.0),
            links,
            added,
            edited,
            lost_anchors,
            broken_markers,
            ..Self::default()
        }
    }

    /// Whether this entry is new or has a new address.
    pub fn submits(&self, i: usize, entry: &Entry) -> bool {
        self.added.contains(&i) || self.links.contains(&entry.link) || self.links.contains(&entry.ranked_by)
    }

    /// Whether this entry is new or edited.
    pub fn touches(&self, entry: usize) -> bool {
        self.added.contains(&entry) || self.edited.contains(&entry)
    }
}

/// Entries of both sides that are not yet joined, and those of head that are.
struct Pairs {
    base: Vec<usize>,
    head: Vec<usize>,
    /// Entries of head, each with its partner in base.
    joined: BTreeMap<usize, usize>,
}

impl Pairs {
    fn new(base: &Document, head: &Document) -> Self {
        let all = |document: &Document| (0..document.entries.len()).collect();
        Self { base: all(base), head: all(head), joined: BTreeMap::new() }
    }

    /// Joins entries whose `key` is equal, one to one, in order. The key gets the side, 0 for base and 1 for head, and
    /// the entry.
    fn join<K: Ord>(&mut self, key: impl Fn(usize, usize) -> K) {
        let mut waiting: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for i in self.base.iter().rev() {
            waiting.entry(key(0, *i)).or_default().push(*i);
        }
        let mut matched = BTreeSet::new();
        let joined = &mut self.joined;
        self.head.retain(|i| {
            let partner = waiting.get_mut(&key(1, *i)).and_then(Vec::pop);
            matched.extend(partner);
            joined.extend(partner.map(|partner| (*i, partner)));
            partner.is_none()
        });
        self.base.retain(|i| !matched.contains(i));
    }
}

/// The content of an entry: its text without marker, indentation, line ends and Pomona's note, and the addresses of
/// its links, which reference definitions contain.
fn content((text, document): Side<'_>, i: usize, addresses: &BTreeMap<usize, Vec<String>>) -> (String, Vec<String>) {
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
    (words.join(" "), addresses.get(&i).cloned().unwrap_or_default())
}

/// The addresses of each entry's links, in order: gone through once, because a change may touch every entry.
fn addresses(document: &Document) -> BTreeMap<usize, Vec<String>> {
    let mut all: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for link in &document.links {
        if let Some(entry) = link.entry {
            all.entry(entry).or_default().push(link.url.clone());
        }
    }
    all
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

/// Entries whose note differs from that of their partner, or that bring one along.
fn new_notes(base: Side<'_>, head: Side<'_>, joined: &BTreeMap<usize, usize>) -> BTreeMap<usize, String> {
    let entries = 0..head.1.entries.len();
    let noted = entries.filter_map(|i| Some((i, shown_note(head, i)?)));
    let known = |i: &usize| joined.get(i).and_then(|partner| shown_note(base, *partner));
    noted.filter(|(i, note)| known(i).as_ref() != Some(note)).collect()
}

/// The note of an entry, or the parenthesis at its end that a reader takes for one: it begins with a star.
fn shown_note((text, document): Side<'_>, i: usize) -> Option<String> {
    let entry = &document.entries[i];
    if let Some(note) = &entry.note {
        return text.get(note.clone()).map(|note| note.trim().to_owned());
    }
    let written = text.get(entry.span.clone())?.trim_end();
    let inside = written.strip_suffix(')')?.rsplit_once('(')?.1;
    inside.trim_start().starts_with(['⭐', '★', '☆']).then(|| format!("({inside})"))
}

/// Links that are ignored in head and whose address no mark of base ignores. What stands in a block is Pomona's, and a
/// block that differs is reported as such.
fn newly_ignored(base: &Document, head: &Document) -> BTreeSet<usize> {
    let known: BTreeSet<&str> = base.ignored.keys().map(|i| base.links[*i].url.as_str()).collect();
    let ignored = head.ignored.keys().copied().filter(|i| head.block_at(head.links[*i].span.start).is_none());
    ignored.filter(|i| !known.contains(head.links[*i].url.as_str())).collect()
}

/// Blocks that only one side has, or whose content differs.
fn changed_blocks(base: Side<'_>, head: Side<'_>) -> BTreeSet<String> {
    let contents = |(text, document): Side<'_>| -> BTreeMap<String, Option<String>> {
        let content = |range| text.get::<std::ops::Range<usize>>(range).map(|content| content.replace('\r', ""));
        document.blocks.iter().map(|block| (block.name.clone(), content(block.content.clone()))).collect()
    };
    let (base, head) = (contents(base), contents(head));
    base.keys().chain(head.keys()).filter(|name| base.get(*name) != head.get(*name)).cloned().collect()
}

/// Lines of head that a line diff shows as added. A diff that takes longer than a second is cut short: it then names
/// more lines than necessary.
fn new_lines(base: &str, head: &str) -> BTreeSet<usize> {
    let deadline = Duration::from_secs(1);
    let diff = TextDiff::configure().timeout(deadline).diff_lines(base, head);
    let added = diff.iter_all_changes().filter(|change| change.tag() == ChangeTag::Insert);
    added.filter_map(|change| Some(change.new_index()? + 1)).collect()
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

    fn between(base: &str, head: &str) -> Change {
        Change::between((base, &Document::parse(base)), (head, &Document::parse(head)))
    }

    #[test]
    fn forged_notes_are_found() {
        let noted = BASE.replace("Two.", "Two. (⭐ 12k · archived)");
        let edited = |base: &str, head: &str| between(base, head).notes.into_values().collect::<Vec<_>>();
        assert_eq!(edited(BASE, &noted), ["(⭐ 12k · archived)"]);
        assert_eq!(edited(&noted, &noted.replace("12k", "99k")), ["(⭐ 99k · archived)"]);
        let written = BASE.replace("Two.", "Two. (⭐\u{a0}12k)");
        assert_eq!(edited(BASE, &written), ["(⭐\u{a0}12k)"]);
        let more = noted.replace("## A\n", "## A\n- [n](https://n.org) - New.\n");
        for (base, head) in [(&*noted, &*more), (&noted, BASE), (BASE, &BASE.replace("Two.", "Two (of three)."))] {
            assert_eq!(edited(base, head), Vec::<String>::new());
        }
    }

    #[test]
    fn new_ignore_marks_and_block_edits_are_found() {
        let marked = BASE.replace("Two.", "Two. <!-- pomona:ignore it is slow -->");
        assert_eq!(between(BASE, &marked).ignored, BTreeSet::from([1]));
        assert_eq!(between(&marked, &marked).ignored, BTreeSet::new());
        let block = format!("{BASE}\n<!-- pomona:begin new -->\nx\n<!-- pomona:end new -->\n");
        assert_eq!(between(BASE, &block).blocks, BTreeSet::from(["new".to_owned()]));
        assert_eq!(between(&block, &block.replace("\nx\n", "\ny\n")).blocks, BTreeSet::from(["new".to_owned()]));
        assert_eq!(between(&block, &block).blocks, BTreeSet::new());
    }

    #[test]
    fn added_lines_are_those_of_a_diff() {
        let head = BASE.replace("## B", "- [n](https://n.org) - New.\n## B").replace("One.", "Uno.");
        assert_eq!(between(BASE, &head).lines, BTreeSet::from([3, 5]));
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
