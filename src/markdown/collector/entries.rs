//! Which inline content is an entry, and what else belongs to it.

use std::ops::Range;

use super::{Collector, Frame};
use crate::markdown::entry::{self, Reading};
use crate::markdown::note::Note;
use crate::markdown::outline::folded;
use crate::markdown::{Container, Entry, words};

/// Where an entry stands.
pub(super) struct Position {
    container: Container,
    span: Range<usize>,
    list: Option<usize>,
    /// The bytes that a note follows; none where no note can stand.
    noted: Option<Range<usize>>,
}

/// What an item turned out to be.
#[derive(Default)]
struct Item {
    /// The entry that the item is.
    entry: Option<usize>,
    /// The entry that its links belong to.
    owner: Option<usize>,
}

impl Item {
    fn entry(entry: usize) -> Self {
        Self { entry: Some(entry), owner: Some(entry) }
    }

    fn part_of(owner: usize) -> Self {
        Self { entry: None, owner: Some(owner) }
    }
}

impl Collector<'_> {
    /// Ends a paragraph or the inline content of a tight item.
    pub(crate) fn end_paragraph(&mut self) {
        let noted = self.notable();
        self.close_html_link();
        self.inline.note = self.note(noted.as_ref());
        let owner = match self.frames.last() {
            Some(Frame::Item(item)) if !item.read => {
                let (span, list) = (item.span.clone(), Some(item.list));
                if self.inline.text.trim().is_empty() && self.inline.links.is_none() {
                    return self.inline.clear();
                }
                self.end_item_text(Position { container: Container::Item, span, list, noted })
            }
            None if self.lists_entries() && self.html.details.last().copied().flatten().is_none() => {
                self.top_paragraph(noted)
            }
            Some(Frame::Quote) if self.frames.len() == 1 && self.section_lists_entries() => {
                let reading = entry::of_quote(&self.inline, &self.document.links);
                reading.map(|reading| self.enter_inline(reading, Container::Quote, noted))
            }
            _ => None,
        };
        self.undescribed = None;
        self.finish_inline(owner, true);
    }

    /// A paragraph outside of every container: an entry, or the description of the heading above it.
    fn top_paragraph(&mut self, noted: Option<Range<usize>>) -> Option<usize> {
        if let Some(reading) = entry::of_paragraph(&self.inline, &self.document.links) {
            return Some(self.enter_inline(reading, Container::Paragraph, noted));
        }
        let entry = self.undescribed?;
        let end = self.inline.text.trim_end().len().saturating_sub(self.inline.note);
        let words = folded(&self.inline.text[..end]);
        if words.chars().any(char::is_alphabetic) {
            let start = self.inline.text.len() - self.inline.text.trim_start().len();
            let end = self.inline.text[..end].trim_end().len();
            let written = if start < end { self.inline.source_of(start..end) } else { None };
            let note = noted.clone().and_then(|noted| Note::trailing(self.text, noted));
            let entry = &mut self.document.entries[entry];
            entry.description = Some(words);
            entry.description_at = written;
            entry.note_at = note.as_ref().map(|note| note.start).or(noted.map(|noted| noted.end));
            entry.note = note;
        }
        Some(entry)
    }

    fn enter_inline(&mut self, reading: Reading, container: Container, noted: Option<Range<usize>>) -> usize {
        let span = self.inline.source.clone().unwrap_or_default();
        self.enter(reading, Position { container, span, list: None, noted })
    }

    /// Ends the first inline content of an item, and returns the entry that its links belong to.
    fn end_item_text(&mut self, position: Position) -> Option<usize> {
        let lists_entries = self.lists_entries();
        let read = if lists_entries { self.read_item(position) } else { Item::default() };
        let unlinked = self.inline.links.is_none();
        if lists_entries && unlinked {
            self.describe_parent();
        }
        let text = self.inline.text.trim_end_matches(|c: char| c.is_whitespace() || ":：-–—".contains(c));
        let label = Some(folded(text)).filter(|label| unlinked && entry::is_name(label));
        if let Some(Frame::Item(item)) = self.frames.last_mut() {
            item.read = true;
            item.entry = read.entry;
            item.label = label;
        }
        read.owner
    }

    /// Takes an item without links as the description of the entry that its parent is, where it is labelled so.
    fn describe_parent(&mut self) {
        let Some(at) = entry::labelled_description(&self.inline.text) else { return };
        let description = (folded(&self.inline.text[at.clone()]), self.inline.source_of(at));
        let Some(above) = self.frames.len().checked_sub(2) else { return };
        let Some(Frame::Item(parent)) = self.frames.get_mut(above) else { return };
        match parent.entry {
            Some(entry) if self.document.entries[entry].description.is_none() => {
                let entry = &mut self.document.entries[entry];
                (entry.description, entry.description_at) = (Some(description.0), description.1);
            }
            Some(_) => {}
            None => parent.described = Some(description),
        }
    }

    fn read_item(&mut self, position: Position) -> Item {
        let above = self.entry_above();
        let in_item = self.frames.iter().any(|f| matches!(f, Frame::Item(item) if item.entry.is_some()));
        if above.is_some() && !in_item {
            return Item::default();
        }
        let Some(reading) = entry::of_item(&self.inline, &self.document.links, above.is_some()) else {
            return Item::default();
        };
        if above.is_some() || !reading.is_unnamed(&self.document.links) {
            return Item::entry(self.enter(reading, position));
        }
        if let Some(entry) = self.enter_as_parent(&reading, &position) {
            return Item::part_of(entry);
        }
        self.enter_as_section(reading, position)
    }

    /// Enters an item that only labels its link under the name of the item that it stands in.
    fn enter_as_parent(&mut self, reading: &Reading, position: &Position) -> Option<usize> {
        let above = self.frames.len().checked_sub(2)?;
        let Some(Frame::Item(parent)) = self.frames.get_mut(above) else { return None };
        let title = parent.label.take()?;
        let (description, described) = parent.described.take().unzip();
        let end = parent.own_end.unwrap_or(parent.span.end);
        let span = parent.span.start..parent.span.start + self.text[parent.span.start..end].trim_end().len();
        let whole =
            Position { container: Container::Item, span, list: Some(parent.list), noted: position.noted.clone() };
        let reading = Reading {
            title,
            description: reading.description.clone().or(description),
            described: reading.described.clone().or(described.flatten()),
            ..reading.clone()
        };
        let entry = self.enter(reading, whole);
        if let Some(Frame::Item(parent)) = self.frames.get_mut(above) {
            parent.entry = Some(entry);
        }
        Some(entry)
    }

    /// Enters an item that only labels its link under the name of its section: the entry that the heading is, or
    /// the words of a heading of the third level or deeper (those above are sections of a list).
    fn enter_as_section(&mut self, reading: Reading, position: Position) -> Item {
        let mut at = self.outline.current();
        while let Some(heading) = at {
            if let Some(entry) = self.heading_entries.get(&heading) {
                return Item::part_of(*entry);
            }
            let found = &self.document.headings[heading];
            if found.level >= 3 && entry::is_name(&found.text) && reading.is_source(&self.document.links) {
                let title = found.text.clone();
                let entry = self.enter(Reading { title, ..reading }, position);
                self.heading_entries.insert(heading, entry);
                return Item::entry(entry);
            }
            if !words::is_generic(&found.text) {
                break;
            }
            at = found.parent;
        }
        Item::entry(self.enter(reading, position))
    }

    /// The entry that a heading is: one below the title, whose text is a link to the web.
    pub(super) fn heading_entry(&mut self, heading: usize) -> Option<usize> {
        if self.document.headings[heading].level < 2 || !self.frames.is_empty() || !self.lists_entries() {
            return None;
        }
        let reading = entry::of_heading(&self.inline, &self.document.links)?;
        let span = self.document.headings[heading].span.clone();
        let entry = self.enter(reading, Position { container: Container::Heading, span, list: None, noted: None });
        self.heading_entries.insert(heading, entry);
        self.undescribed = Some(entry);
        Some(entry)
    }

    pub(crate) fn end_row(&mut self) {
        let Some(row) = self.row.take() else { return };
        if row.is_header {
            let texts = self.inline.cells.iter().map(|cell| &self.inline.text[cell.text.clone()]);
            self.describing = texts.map(words::describes).collect();
            return self.finish_inline(None, true);
        }
        let reading = if self.lists_entries() {
            entry::of_row(&self.inline, &self.document.links, &self.describing)
        } else {
            None
        };
        let span = row.span.start..row.span.start + self.text[row.span].trim_end().len();
        let entry = reading.map(|reading| {
            let cell = reading.cell.and_then(|cell| self.inline.cells[cell].source.clone());
            let noted = cell.filter(|cell| !self.padded || Note::trailing(self.text, cell.clone()).is_some());
            self.enter(reading, Position { container: Container::Row, span, list: None, noted })
        });
        self.finish_inline(entry, true);
    }

    /// Ends the inline content of an HTML block that stands in `container`.
    pub(super) fn end_html_inline(&mut self, container: Option<Container>) {
        let noted = self.notable();
        self.close_html_link();
        if self.inline.is_empty() && self.inline.ignored.is_none() {
            return;
        }
        self.inline.note = self.note(noted.as_ref());
        let span = self.inline.source.clone().unwrap_or_default();
        let links = &self.document.links;
        let position = |container, noted| Position { container, span, list: None, noted };
        let owner = match container {
            _ if !self.lists_entries() => None,
            Some(Container::HtmlItem) => self.read_item(position(Container::HtmlItem, noted)).owner,
            Some(Container::Summary) => {
                let reading = entry::of_item(&self.inline, links, false);
                let entry = reading.map(|reading| self.enter(reading, position(Container::Summary, noted)));
                if let Some(details) = self.html.details.last_mut() {
                    *details = entry.or(*details);
                }
                entry
            }
            Some(Container::HtmlParagraph) => {
                let reading = entry::of_html_paragraph(&self.inline, links);
                reading.map(|reading| self.enter(reading, position(Container::HtmlParagraph, noted)))
            }
            Some(Container::HtmlRow) => {
                let reading = entry::of_html_row(&self.inline, links);
                reading.map(|reading| {
                    let noted = reading.cell.and_then(|cell| self.inline.cells[cell].source.clone());
                    let span = self.html_row_span(reading.link);
                    self.enter(reading, Position { container: Container::HtmlRow, span, list: None, noted })
                })
            }
            _ => None,
        };
        self.finish_inline(owner, true);
    }

    /// The bytes of a row of raw HTML: from the link that names it, or the first cell, to the end of the last cell.
    fn html_row_span(&self, link: usize) -> Range<usize> {
        let named = self.document.links[link].span.clone();
        let cells = self.inline.cells.iter().filter_map(|cell| cell.source.clone());
        cells.fold(named, |row, cell| row.start.min(cell.start)..row.end.max(cell.end))
    }

    /// The entry that what follows stands under.
    pub(super) fn entry_above(&self) -> Option<usize> {
        let item = self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Item(item) => item.entry,
            Frame::Quote | Frame::Footnote => None,
        });
        item.or_else(|| self.html.details.last().copied().flatten())
    }

    /// Whether entries can stand here.
    fn lists_entries(&self) -> bool {
        let quoted = self.frames.iter().any(|frame| matches!(frame, Frame::Quote | Frame::Footnote));
        !quoted && self.section_lists_entries()
    }

    /// Whether the section lists entries and is not written by Pomona.
    fn section_lists_entries(&self) -> bool {
        let aside = self.outline.current().is_some_and(|heading| self.asides[heading]);
        !aside && !self.contents && !self.blocks.is_open()
    }

    fn enter(&mut self, reading: Reading, position: Position) -> usize {
        let note = position.noted.clone().and_then(|noted| Note::trailing(self.text, noted));
        let note_at = note.as_ref().map(|note| note.start).or(position.noted.map(|noted| noted.end));
        let parent = self.entry_above();
        let index = self.document.entries.len();
        self.document.entries.push(Entry {
            link: reading.link,
            ranked_by: reading.link,
            title: reading.title,
            description: reading.description,
            description_at: if self.html.block { None } else { reading.described },
            licence: reading.licence,
            container: position.container,
            whole: position.span.clone(),
            span: position.span,
            list: position.list,
            note_at,
            note,
            finished: self.inline.finished,
            heading: self.outline.current(),
            parent,
        });
        index
    }
}
