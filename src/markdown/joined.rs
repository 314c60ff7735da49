//! Several documents as one, for what looks at a list as a whole.

use super::{Document, Entry, Heading, Link};

impl Document {
    /// The links, headings, entries and ignored links of several files as those of one list. The first file titles it: the
    /// headings of the others stand one level deeper, so that they are sections of it.
    ///
    /// Lines and spans stay those of each file, and what belongs to a file alone (anchors, blocks, definitions) is left out.
    #[must_use]
    pub fn joined<'a>(documents: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut joined = Self::default();
        for (file, document) in documents.into_iter().enumerate() {
            let (headings, links, entries) = (joined.headings.len(), joined.links.len(), joined.entries.len());
            let lists = joined.entries.iter().filter_map(|entry| entry.list).max().map_or(0, |list| list + 1);
            joined.headings.extend(document.headings.iter().map(|heading| Heading {
                level: heading.level + u8::from(file > 0),
                parent: heading.parent.map(|parent| parent + headings),
                ..heading.clone()
            }));
            joined.links.extend(document.links.iter().map(|link| Link {
                heading: link.heading.map(|heading| heading + headings),
                entry: link.entry.map(|entry| entry + entries),
                ..link.clone()
            }));
            joined.entries.extend(document.entries.iter().map(|entry| Entry {
                link: entry.link + links,
                ranked_by: entry.ranked_by + links,
                list: entry.list.map(|list| list + lists),
                heading: entry.heading.map(|heading| heading + headings),
                parent: entry.parent.map(|parent| parent + entries),
                ..entry.clone()
            }));
            joined.ignored.extend(document.ignored.iter().map(|(link, why)| (link + links, why.clone())));
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sections_of_the_first() {
        let first = Document::parse("# List\n## A\n- [a](https://a.org)\n");
        let second =
            Document::parse("# Tools\n## B\n- [b](https://b.org)\n  - [c](https://c.org) <!-- pomona:ignore why -->\n");
        let joined = Document::joined([&first, &second]);
        assert_eq!(joined.headings.iter().map(|heading| heading.level).collect::<Vec<_>>(), [1, 2, 2, 3]);
        let sections: Vec<Vec<String>> = joined.entries.iter().map(|entry| joined.section(entry.heading)).collect();
        assert_eq!(sections[..2], [["List", "A"], ["Tools", "B"]]);
        assert_eq!(joined.entries.iter().map(|entry| entry.parent).collect::<Vec<_>>(), [None, None, Some(1)]);
        assert_eq!(
            joined.entries.iter().map(|entry| joined.links[entry.link].url.as_str()).collect::<Vec<_>>(),
            ["https://a.org", "https://b.org", "https://c.org"]
        );
        assert_eq!(joined.links.iter().map(|link| link.entry).collect::<Vec<_>>(), [Some(0), Some(1), Some(2)]);
        assert_eq!(joined.ignored.keys().copied().collect::<Vec<_>>(), [2]);
    }
}
