//! What an output makes of single entries: names for bare addresses, medals, figures for tables, and what is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::styles::{self, EntryStyle, Styles};
use super::{Composer, Source, dead, places};
use crate::markdown::{Container, Document, Edit, Heading, LinkKind};
use crate::policy::MarkName;
use crate::ranked_list::{ListEntry, Placement};
use crate::render::annotate::Address;
use crate::render::escape;
use crate::render::list::{EntryView, TemplateError};

impl Composer<'_> {
    /// The bytes of the entries and sections that the policy leaves out.
    pub(super) fn hidden(&self) -> Vec<Range<usize>> {
        let Source { text, document, layout, .. } = *self.source;
        let hidden = |row: &&&ListEntry| row.position.placement == Placement::Hidden;
        let hidden: BTreeSet<usize> = self.entries.values().filter(hidden).map(|row| row.source.entry).collect();
        let lines = dead::lines(document, text);
        let entries =
            hidden.iter().filter_map(|entry| Some(dead::removal(document, text, &lines, *entry, &hidden)?.span));
        let at_margin = |heading: &Heading| places::line_start(text, heading.span.start) == heading.span.start;
        let sections = document.headings.iter().enumerate();
        let sections = sections.filter(|(_, heading)| layout.hides(&heading.text) && at_margin(heading));
        let sections = sections.map(|(index, heading)| heading.span.start..section_end(document, text, index));
        sections.chain(entries).collect()
    }

    /// Names and descriptions in place of bare addresses, and, in `addresses`, no longer those that are written here.
    pub(super) fn named(&self, addresses: &mut BTreeMap<usize, Address>) -> Result<Vec<Edit>, TemplateError> {
        let Source { text, document, .. } = *self.source;
        let mut edits = Vec::new();
        for row in self.entries.values() {
            let entry = &document.entries[row.source.entry];
            let Some(link) = document.links.get(entry.link) else { continue };
            let container = matches!(entry.container, Container::Item | Container::Row | Container::Paragraph);
            if !container || !matches!(link.kind, LinkKind::Bare | LinkKind::Autolink) {
                continue;
            }
            let start = match entry.container {
                Container::Item => styles::content_start(text, &entry.span),
                _ => entry.span.start,
            };
            let alone = text[start..entry.span.end].trim_matches(|c: char| c.is_whitespace() || c == '|');
            if alone != &text[link.span.clone()] {
                continue;
            }
            let url = if addresses.contains_key(&entry.link) { &row.url } else { &link.url };
            let Some(written) = self.named_entry(row, url)? else { continue };
            edits.push(Edit::new(link.span.clone(), written));
            addresses.remove(&entry.link);
        }
        Ok(edits)
    }

    /// What stands in place of a bare address: its name as a link, and its description. None where that would be no
    /// link to `url`.
    fn named_entry(&self, row: &ListEntry, url: &str) -> Result<Option<String>, TemplateError> {
        let layout = self.source.layout;
        let leads = |written: &str| Document::parse(written).links.first().is_some_and(|link| link.url == url);
        let named = ListEntry { url: url.to_owned(), ..row.clone() };
        let view = EntryView::new(&named, layout, &self.words, None);
        if !leads(&view.link) {
            return Ok(None);
        }
        if let Some(written) = view.rendered("entry", layout) {
            let written = written?;
            let message = format!("`{}` has no link to its entry: it needs `{{{{ link }}}}`", escape::clean(&written));
            return if leads(&written) {
                Ok(Some(written))
            } else {
                Err(TemplateError { name: "entry".to_owned(), line: 1, message })
            };
        }
        let description = if view.description.is_empty() { String::new() } else { format!(" - {}", view.description) };
        Ok(Some(format!("{}{description}", view.link)))
    }

    pub(super) fn medals(&self) -> Vec<Edit> {
        let Source { text, document, layout, .. } = *self.source;
        let medal = |row: &&ListEntry| {
            let heading = row.position.path.last().map(String::as_str).unwrap_or_default();
            let place = row.position.place.filter(|place| *place <= 3 && layout.of(heading).medals)?;
            let entry = &document.entries[row.source.entry];
            let at = (entry.container == Container::Item).then(|| styles::content_start(text, &entry.whole))?;
            // Only where the title begins the item: in front of other things a medal could change what they are.
            let title = document.links.get(entry.link)?.span.start;
            text.get(at..title)?.chars().all(|c| "*_ ".contains(c)).then_some(())?;
            Some(Edit::new(at..at, format!("{} ", self.words.get(&format!("medal-{place}")))))
        };
        self.entries.values().filter_map(medal).collect()
    }

    pub(super) fn styles(&self) -> Styles {
        let style = |row: &&ListEntry| {
            let heading = row.position.path.last().map(String::as_str).unwrap_or_default();
            let layout = self.source.layout.of(heading);
            let fact = |fact: Option<&str>| escape::text(&escape::cut(fact.unwrap_or_default(), 60));
            let facts = &row.forge.facts;
            let mark = row.mark(&layout).filter(|mark| *mark != MarkName::Active);
            let cells = [
                row.stars(&self.words).map(|stars| stars.replace(' ', "\u{a0}")).unwrap_or_default(),
                fact(facts.language.as_ref().and_then(|language| language.as_deref())),
                fact(row.forge.licence.as_deref()),
                mark.map(|mark| escape::text(&row.state(mark, &self.words))).unwrap_or_default(),
            ];
            let folded = row.position.placement == Placement::Folded;
            (row.source.entry, EntryStyle { style: layout.style, folded, cells })
        };
        Styles { entries: self.entries.values().map(style).collect(), words: self.words.clone() }
    }
}

/// Where the section under a heading ends: before the next of its level or higher.
fn section_end(document: &Document, text: &str, index: usize) -> usize {
    let level = document.headings[index].level;
    let next = document.headings[index + 1..].iter().find(|heading| heading.level <= level);
    next.map_or(text.len(), |heading| heading.span.start)
}
