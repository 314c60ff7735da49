//! The document as it grows: links, headings, and the entries that runs of inline content are read as.

use std::ops::Range;

use super::block::Blocks;
use super::entry::{self, Reading};
use super::html_run::{Holder, State};
use super::note::Note;
use super::outline::{Outline, folded};
use super::place::Cursor;
use super::run::{Cell, Run};
use super::words;
use super::{Document, Entry, Heading, Link, LinkKind};
use crate::address::Forges;

/// A container that is open.
enum Frame {
    Item(Item),
    /// A quote or a footnote: what it links to is no entry.
    Quote,
}

/// A list item that is open.
struct Item {
    span: Range<usize>,
    list: usize,
    entry: Option<usize>,
    /// Its first inline content has been read.
    read: bool,
    /// Where its own content ends: before its first list.
    own_end: Option<usize>,
    finished: bool,
}

/// Whether every row of a table is as wide as the others: its author lines the pipes up.
fn is_padded(table: &str) -> bool {
    let mut widths = table.lines().map(|line| unicode_width::UnicodeWidthStr::width(line.trim_end()));
    let first = widths.next();
    widths.all(|width| Some(width) == first)
}

/// The table row that is open.
#[derive(Default)]
struct Row {
    span: Range<usize>,
    is_header: bool,
}

/// Where an entry stands.
struct Standing {
    span: Range<usize>,
    list: Option<usize>,
    /// The bytes that a note follows; none where none can stand.
    noted: Option<Range<usize>>,
}

/// Collects a document.
pub(super) struct Collector<'t> {
    text: &'t str,
    pub(super) document: Document,
    pub(super) run: Run,
    pub(super) outline: Outline,
    pub(super) html: State,
    pub(super) blocks: Blocks,
    cursor: Cursor,
    frames: Vec<Frame>,
    /// The numbers of the lists that are open, and how many there were.
    lists: Vec<usize>,
    counted: usize,
    row: Option<Row>,
    /// Whether the rows of the table are padded to one width: a note would push its row out of line.
    padded: bool,
    /// Of each column of the table, whether its header promises a description.
    describing: Vec<bool>,
    /// The heading that is open, as an index.
    heading: Option<usize>,
    /// For each heading, whether its section and those below it list no entries.
    asides: Vec<bool>,
    /// In the list's own contents.
    contents: bool,
    /// A standing comment says that the links of the next run are not looked at.
    ignoring: Option<String>,
}

impl<'t> Collector<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            document: Document::default(),
            run: Run::default(),
            outline: Outline::default(),
            html: State::default(),
            blocks: Blocks::default(),
            cursor: Cursor::default(),
            frames: Vec::new(),
            lists: Vec::new(),
            counted: 0,
            row: None,
            padded: false,
            describing: Vec::new(),
            heading: None,
            asides: Vec::new(),
            contents: false,
            ignoring: None,
        }
    }

    /// What was collected since the last time: with the headings above it, which stay for what comes.
    pub(super) fn take(&mut self, forges: &Forges) -> Document {
        let mut document = std::mem::take(&mut self.document);
        document.blocks = std::mem::take(&mut self.blocks.closed);
        document.definitions.sort_by_key(|definition| definition.span.start);
        document.rank_by_source(forges);
        document.leave_blocks();
        let mut asides = Vec::new();
        for above in self.outline.restart() {
            let parent = asides.len().checked_sub(1);
            self.document.headings.push(Heading { parent, ..document.headings[above].clone() });
            asides.push(self.asides[above]);
        }
        self.asides = asides;
        self.html.details.fill(None);
        document
    }

    /// Adds rendered text that stands at `source`.
    pub(super) fn text(&mut self, text: &str, source: Range<usize>) {
        self.run.push(text, source);
        if let Some(heading) = &mut self.html.heading {
            heading.push_str(text);
        }
    }

    /// Adds a link or image.
    pub(super) fn link(
        &mut self,
        kind: LinkKind,
        url: String,
        text: &str,
        span: Range<usize>,
        destination: Option<Range<usize>>,
    ) -> usize {
        let (line, column) = self.cursor.place(self.text, span.start);
        let heading = self.outline.current();
        let index = self.document.links.len();
        self.run.hold(index);
        let text = text.to_owned();
        self.document.links.push(Link { kind, url, text, span, destination, line, column, heading, entry: None });
        index
    }

    /// Adds what is known at the end of a link.
    pub(super) fn finish_link(&mut self, link: usize, text: String, destination: Option<Range<usize>>) {
        let link = &mut self.document.links[link];
        link.text = text;
        if link.kind != LinkKind::Autolink {
            link.destination = destination;
        }
    }

    /// Where the open item ends.
    pub(super) fn item_end(&self) -> Option<usize> {
        match self.frames.last() {
            Some(Frame::Item(item)) => Some(item.span.end),
            _ => None,
        }
    }

    pub(super) fn start_heading(&mut self, level: u8, span: Range<usize>) {
        self.run.clear();
        let index = self.document.headings.len();
        let parent = self.outline.open(level, index);
        let (line, _) = self.cursor.place(self.text, span.start);
        let (text, slug) = (String::new(), String::new());
        self.document.headings.push(Heading { level, text, slug, line, span, parent });
        self.asides.push(parent.is_some_and(|parent| self.asides[parent]));
        self.heading = Some(index);
        self.html.details.clear();
        self.html.heading = None;
    }

    pub(super) fn end_heading(&mut self) {
        self.close_html_link();
        if let Some(index) = self.heading.take() {
            let slug = self.outline.anchor(&self.run.text);
            self.document.anchors.add(&slug);
            let heading = &mut self.document.headings[index];
            heading.slug = slug;
            heading.text = folded(&self.run.text);
            self.asides[index] |= words::is_aside(&heading.text);
            self.contents = words::is_contents(&heading.text);
        }
        if let Some(Frame::Item(item)) = self.frames.last_mut() {
            item.read = true;
        }
        self.finish_run(None);
    }

    pub(super) fn start_list(&mut self, at: usize) {
        if let Some(Frame::Item(item)) = self.frames.last_mut() {
            item.own_end.get_or_insert(at);
        }
        self.lists.push(self.counted);
        self.counted += 1;
    }

    pub(super) fn end_list(&mut self) {
        self.lists.pop();
    }

    pub(super) fn start_item(&mut self, span: Range<usize>) {
        let indent = self.text[span.clone()].len() - self.text[span.clone()].trim_start().len();
        let span = span.start + indent..span.end;
        let list = self.lists.last().copied().unwrap_or_default();
        self.frames.push(Frame::Item(Item { span, list, entry: None, read: false, own_end: None, finished: false }));
    }

    pub(super) fn end_item(&mut self, end: usize) {
        let Some(Frame::Item(item)) = self.frames.pop() else { return };
        let Some(entry) = item.entry else { return };
        let entry = &mut self.document.entries[entry];
        let solid = |to: usize| item.span.start + self.text[item.span.start..to].trim_end().len();
        entry.span.end = solid(item.own_end.unwrap_or(end));
        entry.whole.end = solid(end);
        entry.finished |= item.finished;
    }

    pub(super) fn start_quote(&mut self) {
        self.frames.push(Frame::Quote);
    }

    pub(super) fn end_quote(&mut self) {
        self.frames.pop();
    }

    pub(super) fn start_table(&mut self, span: Range<usize>) {
        self.describing.clear();
        self.padded = is_padded(&self.text[span]);
    }

    pub(super) fn end_table(&mut self) {
        self.row = None;
    }

    pub(super) fn start_row(&mut self, span: Range<usize>, is_header: bool) {
        self.row = Some(Row { span, is_header });
    }

    pub(super) fn start_cell(&mut self) {
        let at = self.run.text.len();
        self.run.source = None;
        self.run.cells.push(Cell { text: at..at, ..Cell::default() });
    }

    pub(super) fn end_cell(&mut self) {
        let source = self.notable();
        self.close_html_link();
        self.run.source = None;
        let note = self.note(source.as_ref());
        if let Some(cell) = self.run.cells.last_mut() {
            cell.text.end = self.run.text.len();
            cell.note = note;
            cell.source = source;
        }
        // Words of two cells must not run together.
        self.run.text.push(' ');
    }

    pub(super) fn end_row(&mut self) {
        let Some(row) = self.row.take() else { return };
        if row.is_header {
            let texts = self.run.cells.iter().map(|cell| &self.run.text[cell.text.clone()]);
            self.describing = texts.map(words::describes).collect();
            return self.finish_run(None);
        }
        let reading =
            if self.lists_entries() { entry::of_row(&self.run, &self.document.links, &self.describing) } else { None };
        let span = row.span.start..row.span.start + self.text[row.span].trim_end().len();
        let entry = reading.map(|reading| {
            let cell = reading.cell.and_then(|cell| self.run.cells[cell].source.clone());
            let noted = cell.filter(|cell| !self.padded || Note::trailing(self.text, cell.clone()).is_some());
            self.enter(reading, Standing { span, list: None, noted })
        });
        self.finish_run(entry);
    }

    /// The source of the run, where a note can follow it: not inside of an open `<a>`, and not after what a note
    /// would make the marker of a list.
    fn notable(&self) -> Option<Range<usize>> {
        let source = self.run.source.clone().filter(|_| self.html.link.is_none())?;
        let bytes = &self.text.as_bytes()[source.clone()];
        if !bytes.last().is_some_and(|b| b"*+-#.)".contains(b)) {
            return Some(source);
        }
        let line = memchr::memrchr2(b'\n', b'\r', bytes).map_or(0, |end| end + 1);
        let line = self.text[source.start + line..source.end].trim_start_matches([' ', '\t', '>']);
        let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let marker =
            matches!(line, "*" | "+" | "-" | "#") || (number.len() < line.len() && matches!(number, "." | ")"));
        (!marker).then_some(source)
    }

    /// How long the note at the end of `source` is.
    fn note(&self, source: Option<&Range<usize>>) -> usize {
        source.and_then(|source| Note::trailing(self.text, source.clone())).map_or(0, |note| note.len())
    }

    /// Ends a paragraph or the inline content of a tight item.
    pub(super) fn end_paragraph(&mut self) {
        let noted = self.notable();
        self.close_html_link();
        self.run.note = self.note(noted.as_ref());
        let lists_entries = self.lists_entries();
        let entry = match self.frames.last() {
            Some(Frame::Item(item)) if !item.read => {
                let standing = Standing { span: item.span.clone(), list: Some(item.list), noted };
                if self.run.text.trim().is_empty() && self.run.links.is_none() {
                    return self.run.clear();
                }
                let entry = if lists_entries { self.read_item(standing) } else { None };
                if let Some(Frame::Item(item)) = self.frames.last_mut() {
                    item.read = true;
                    item.entry = entry;
                }
                entry
            }
            None if lists_entries && self.html.details.last().copied().flatten().is_none() => {
                entry::of_paragraph(&self.run, &self.document.links).map(|reading| {
                    let span = noted.clone().unwrap_or_default();
                    self.enter(reading, Standing { span, list: None, noted })
                })
            }
            _ => None,
        };
        self.finish_run(entry);
    }

    /// Ends a run of an HTML block.
    pub(super) fn end_block_run(&mut self) {
        let holder = std::mem::take(&mut self.html.holder);
        if self.run.is_empty() && self.run.ignored.is_none() {
            self.html.holder = holder;
            return;
        }
        let span = self.run.source.clone().unwrap_or_default();
        let standing = Standing { span, list: None, noted: None };
        let entry = match holder {
            Holder::Item if self.lists_entries() => self.read_item(standing),
            Holder::Summary if self.lists_entries() => {
                let reading = entry::of_item(&self.run, &self.document.links, false);
                let entry = reading.map(|reading| self.enter(reading, standing));
                if let Some(details) = self.html.details.last_mut() {
                    *details = entry.or(*details);
                }
                entry
            }
            _ => None,
        };
        self.finish_run(entry);
    }

    fn read_item(&mut self, standing: Standing) -> Option<usize> {
        let above = self.entry_above();
        let in_item = self.frames.iter().any(|f| matches!(f, Frame::Item(item) if item.entry.is_some()));
        if above.is_some() && !in_item {
            return None;
        }
        let reading = entry::of_item(&self.run, &self.document.links, above.is_some())?;
        Some(self.enter(reading, standing))
    }

    /// The entry that what comes stands under.
    fn entry_above(&self) -> Option<usize> {
        let item = self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Item(item) => item.entry,
            Frame::Quote => None,
        });
        item.or_else(|| self.html.details.last().copied().flatten())
    }

    /// Whether the section lists entries and Pomona did not write it.
    fn lists_entries(&self) -> bool {
        let aside = self.outline.current().is_some_and(|heading| self.asides[heading]);
        let quoted = self.frames.iter().any(|frame| matches!(frame, Frame::Quote));
        !aside && !self.contents && !quoted && !self.blocks.is_open()
    }

    fn enter(&mut self, reading: Reading, standing: Standing) -> usize {
        let note = standing.noted.clone().and_then(|noted| Note::trailing(self.text, noted));
        let note_at = note.as_ref().map(|note| note.start).or(standing.noted.map(|noted| noted.end));
        let parent = self.entry_above();
        let index = self.document.entries.len();
        self.document.entries.push(Entry {
            link: reading.link,
            ranked_by: reading.link,
            title: reading.title,
            description: reading.description,
            description_at: if self.html.block { None } else { reading.described },
            whole: standing.span.clone(),
            span: standing.span,
            list: standing.list,
            note_at,
            note,
            finished: self.run.finished,
            heading: self.outline.current(),
            parent,
        });
        index
    }

    /// A comment says that the entry around it is finished.
    pub(super) fn finished(&mut self) {
        self.run.finished = true;
        if let Some(Frame::Item(item)) = self.frames.last_mut() {
            item.finished = true;
        }
    }

    /// Gives the links of the run to `entry`, or to the one above, and makes the run empty.
    fn finish_run(&mut self, entry: Option<usize>) {
        self.html.code = None;
        let ignored = self.run.ignored.take();
        match self.run.links.take() {
            Some(held) => {
                let owner = if self.heading.is_some() { None } else { entry.or_else(|| self.entry_above()) };
                let reason = ignored.or_else(|| self.ignoring.take());
                for link in held {
                    self.document.links[link].entry = owner;
                    if let Some(reason) = &reason {
                        self.document.ignored.insert(link, reason.clone());
                    }
                }
            }
            None => self.ignoring = ignored.or(self.ignoring.take()),
        }
        self.run.clear();
    }
}
