//! The order of the list as it stands: no other state is needed to keep it quiet.

use std::collections::BTreeMap;

use super::RankedList;
use crate::address::{Forges, Target};
use crate::markdown::Document;

/// The entries of a generated list, by section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Previous {
    sections: BTreeMap<(Vec<String>, usize), Vec<PreviousPlace>>,
}

/// Where an entry stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousPlace {
    /// What it links.
    pub target: Target,
    /// Its title, which distinguishes entries that link the same.
    pub title: String,
    /// What the entry that it is nested in links.
    pub parent: Option<Target>,
    /// Whether it was folded away.
    pub folded: bool,
}

impl Previous {
    /// Reads the order from a generated list.
    pub fn read(text: &str, document: &Document, forges: &Forges) -> Self {
        let titled = document.headings.iter().filter(|heading| heading.level == 1).count() == 1
            && document.headings.first().is_some_and(|heading| heading.level == 1);
        let mut previous = Self::default();
        previous.add_file(text, document, forges, titled);
        previous
    }

    /// Adds what stands in a further file of the list, whose headings are all sections of it.
    pub fn add(&mut self, text: &str, document: &Document, forges: &Forges) {
        self.add_file(text, document, forges, false);
    }

    /// The order that `ranked` shows, as [`Previous::read`] would find it in the list made from it.
    pub fn of(ranked: &RankedList, forges: &Forges) -> Self {
        let mut previous = Self::default();
        let mut seen: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        for section in &ranked.sections {
            let shown = section.shown.iter().map(|index| (*index, false));
            let listed = shown.chain(section.folded.iter().map(|index| (*index, true)));
            let mut above: Vec<Target> = Vec::new();
            let mut places = Vec::new();
            for (index, folded) in listed {
                let row = &ranked.entries[index];
                let target = forges.target(&row.url);
                above.truncate(row.position.depth);
                let (title, parent) = (row.title.clone(), above.last().cloned());
                places.push(PreviousPlace { target: target.clone(), title, parent, folded });
                above.push(target);
            }
            if places.is_empty() {
                continue;
            }
            let path: Vec<String> = section.path.iter().map(|text| plain(text)).collect();
            let occurrence = seen.entry(path.clone()).or_insert(0);
            previous.sections.insert((path, *occurrence), places);
            *occurrence += 1;
        }
        previous
    }

    fn add_file(&mut self, text: &str, document: &Document, forges: &Forges, titled: bool) {
        let folds = folds(text);
        let mut of_heading: BTreeMap<Option<usize>, Vec<PreviousPlace>> = BTreeMap::new();
        for entry in &document.entries {
            let Some(link) = document.links.get(entry.link) else { continue };
            let target = forges.target(&link.url);
            if matches!(target, Target::Anchor(_)) {
                continue;
            }
            let above = folds.partition_point(|(from, _)| *from <= entry.span.start);
            let folded = above > 0 && entry.span.start < folds[above - 1].1;
            let parent = entry.parent.and_then(|parent| document.links.get(document.entries.get(parent)?.link));
            let parent = parent.map(|link| forges.target(&link.url));
            let place = PreviousPlace { target, title: entry.title.clone(), parent, folded };
            of_heading.entry(document.listed_under(entry)).or_default().push(place);
        }
        let mut seen: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        for (heading, places) in of_heading {
            let path: Vec<String> =
                document.section(heading).iter().skip(usize::from(titled)).map(|text| plain(text)).collect();
            let earlier = (path.clone(), 0)..=(path.clone(), usize::MAX);
            let occurrence = seen.entry(path.clone()).or_insert_with(|| self.sections.range(earlier).count());
            // What stands above the first heading of each file is one group.
            let number = if heading.is_none() { 0 } else { *occurrence };
            *occurrence = (*occurrence).max(number + 1);
            self.sections.entry((path, number)).or_default().extend(places);
        }
    }

    /// The entries that the section under `path` showed, in order; `occurrence` distinguishes sections of one path.
    pub(super) fn section(&self, path: &[String], occurrence: usize) -> &[PreviousPlace] {
        let path: Vec<String> = path.iter().map(|text| plain(text)).collect();
        self.sections.get(&(path, occurrence)).map_or(&[], Vec::as_slice)
    }
}

/// A heading without what cannot be seen: escaping puts such characters in.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}'))
        .collect()
}

/// The bytes between `<details>` and its end.
fn folds(text: &str) -> Vec<(usize, usize)> {
    let mut folds = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("<details").map(|n| n + at) {
        let end = text[start..].find("</details>").map_or(text.len(), |n| n + start);
        folds.push((start, end));
        at = end;
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranked_list::sample::World;

    #[test]
    fn a_ranked_list_and_the_text_made_from_it_have_one_order() {
        let text = "# L\n- https://x.org/\n## S\n- https://github.com/a/a\n- https://github.com/a/b\n## T\n- https://github.com/a/b\n## S\n- https://github.com/a/c\n";
        let mut world = World::new(text, &[("github:a/a", 1, "2026-11-01"), ("github:a/b", 2, "2026-11-01")]);
        world.policy.layout.top = Some(1);
        let ranked = world.ranked();
        let of = Previous::of(&ranked, &Forges::default());
        assert_eq!(of.section(&["S".to_owned()], 0).len(), 2);
        assert!(of.section(&["S".to_owned()], 0)[1].folded);
        assert_eq!(of.section(&["S".to_owned()], 1).len(), 1);
        let list = crate::render::list::render(&ranked, &world.policy.layout, None).unwrap();
        let list = &list.text;
        assert_eq!(of, Previous::read(list, &Document::parse(list), &Forges::default()));
    }

    #[test]
    fn entries_that_link_the_same_keep_their_order_by_their_titles() {
        let text = "# L\n## S\n- [Jan](https://jan.example/) ([source](https://github.com/a/jan))\n- [Between](https://github.com/a/b)\n- [Witsy](https://jan.example/) ([source](https://github.com/a/witsy))\n";
        let known = [
            ("github:a/jan", 10, "2026-11-01"),
            ("github:a/b", 300, "2026-11-01"),
            ("github:a/witsy", 9000, "2026-11-01"),
        ];
        let mut world = World::new(text, &known);
        let titles = |ranked: &RankedList| -> Vec<String> {
            let shown = ranked.sections.iter().flat_map(|section| &section.shown);
            shown.map(|index| ranked.entries[*index].title.clone()).collect()
        };
        let first = world.ranked();
        assert_eq!(titles(&first), ["Witsy", "Between", "Jan"]);
        world.previous = Some(Previous::of(&first, &Forges::default()));
        assert_eq!(titles(&world.ranked()), ["Witsy", "Between", "Jan"]);
        // The order that another week wrote stays where nothing leads clearly.
        world.policy.layout.dead_band = 100.0;
        world.written("# L\n## S\n- [Jan](https://jan.example/)\n- [Witsy](https://jan.example/)\n- [Between](https://github.com/a/b)\n");
        assert_eq!(titles(&world.ranked()), ["Jan", "Witsy", "Between"]);
        world.written("# L\n## S\n- [Witsy](https://jan.example/)\n- [Jan](https://jan.example/)\n- [Between](https://github.com/a/b)\n");
        assert_eq!(titles(&world.ranked()), ["Witsy", "Jan", "Between"]);
    }

    #[test]
    fn folds_are_found() {
        assert_eq!(folds("a<details>b</details>c<details>d"), [(1, 11), (22, 32)]);
        assert_eq!(folds(""), []);
    }
}
