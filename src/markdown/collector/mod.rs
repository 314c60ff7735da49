//! Collects a document: links, headings, and the entries that inline content is read as.
//!
//! The reader hands over blocks and inline content; [`html`] interprets the tags of raw HTML, [`entries`] decides
//! which inline content is an entry. Both are parts of one [`Collector`], so neither calls back into the reader.

mod entries;
mod html;

use std::collections::BTreeMap;
use std::ops::Range;

pub(super) use html::read_block;

use self::html::HtmlState;
use super::block::Blocks;
use super::inline::{Cell, Inline};
use super::note::Note;
use super::outline::{Outline, folded};
use super::place::Cursor;
use super::words;
use super::{Container, Document, Heading, Link, LinkKind};
use crate::address::Forges;

/// A container block that is open.
enum Frame {
    Item(Item),
    Quote,
    Footnote,
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
    /// Its text, where it has one without a link: the name of what its children link to.
    label: Option<String>,
    /// A description that a child gave before the entry was known.
    described: Option<(String, Option<Range<usize>>)>,
}

/// Whether every row of a table is as wide as the others: its author aligns the pipes.
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

/// Collects a document.
pub(super) struct Collector<'t> {
    text: &'t str,
    pub(super) document: Document,
    pub(super) inline: Inline,
    pub(super) outline: Outline,
    html: HtmlState,
    blocks: Blocks,
    cursor: Cursor,
    frames: Vec<Frame>,
    /// The numbers of the lists that are open.
    lists: Vec<usize>,
    list_count: usize,
    row: Option<Row>,
    /// Whether the rows of the table are padded to one width: a note would push its row out of line.
    padded: bool,
    /// Of each column of the table, whether its header announces a description.
    describing: Vec<bool>,
    /// The heading that is open, as an index.
    heading: Option<usize>,
    /// For each heading, whether its section and those below it list no entries.
    asides: Vec<bool>,
    /// By heading: the entry that its section is about.
    heading_entries: BTreeMap<usize, usize>,
    /// The heading's entry that the next paragraph describes.
    undescribed: Option<usize>,
    /// In the list's own contents.
    contents: bool,
    /// The reason of a comment of its own block: the links of the next inline content are not checked.
    ignoring: Option<String>,
}

impl<'t> Collector<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            document: Document::default(),
            inline: Inline::default(),
            outline: Outline::default(),
            html: HtmlState::default(),
            blocks: Blocks::of(text),
            cursor: Cursor::default(),
            frames: Vec::new(),
            lists: Vec::new(),
            list_count: 0,
            row: None,
            padded: false,
            describing: Vec::new(),
            heading: None,
            asides: Vec::new(),
            heading_entries: BTreeMap::new(),
            undescribed: None,
            contents: false,
            ignoring: None,
        }
    }

    /// Takes what was collected since the last call, up to `end` of the text. The headings above stay open for
    /// what follows.
    pub(super) fn take(&mut self, end: usize, forges: &Forges) -> Document {
        let mut document = std::mem::take(&mut self.document);
        document.blocks = std::mem::take(&mut self.blocks.closed);
        document.marker_errors = self.blocks.errors(end == self.text.len());
        document.definitions.sort_by_key(|definition| definition.span.start);
        document.close_heading_entries(self.text, end);
        document.rank_by_source(forges);
        document.exclude_notes_in_blocks();
        let mut asides = Vec::new();
        for above in self.outline.restart() {
            let parent = asides.len().checked_sub(1);
            self.document.headings.push(Heading { parent, ..document.headings[above].clone() });
            asides.push(self.asides[above]);
        }
        self.asides = asides;
        self.heading_entries.clear();
        self.undescribed = None;
        self.html.details.fill(None);
        document
    }

    /// Adds rendered text that stands at `source`.
    pub(super) fn text(&mut self, text: &str, source: Range<usize>) {
        self.inline.push(text, source);
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
        self.inline.add_link(index);
        let text = text.to_owned();
        let url = self.resolved(kind, url);
        self.document.links.push(Link { kind, url, text, span, destination, line, column, heading, entry: None });
        index
    }

    /// The destination as GitHub resolves it: NUL is the replacement character (CommonMark, section "Insecure
    /// characters"), and a cell's `\|` is a pipe before anything else is read (GFM, section "Tables"). The parser
    /// does the latter for links of Markdown only.
    fn resolved(&self, kind: LinkKind, url: String) -> String {
        let url = if url.contains('\0') { url.replace('\0', "\u{fffd}") } else { url };
        let unescape = self.row.is_some() && !matches!(kind, LinkKind::Link | LinkKind::Image);
        if unescape && url.contains("\\|") { url.replace("\\|", "|") } else { url }
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
        self.inline.clear();
        let index = self.document.headings.len();
        let parent = self.outline.open(level, index);
        let (line, _) = self.cursor.place(self.text, span.start);
        let (text, slug) = (String::new(), String::new());
        self.document.headings.push(Heading { level, text, slug, line, span, parent });
        self.asides.push(parent.is_some_and(|parent| self.asides[parent]));
        self.heading = Some(index);
        self.undescribed = None;
        self.html.details.clear();
        self.html.heading = None;
    }

    pub(super) fn end_heading(&mut self) {
        self.close_html_link();
        let mut entry = None;
        if let Some(index) = self.heading.take() {
            let slug = self.outline.anchor(&self.inline.text);
            self.document.anchors.add(&slug);
            let heading = &mut self.document.headings[index];
            heading.slug = slug;
            heading.text = folded(&self.inline.text);
            self.asides[index] |= words::is_aside(&heading.text);
            self.contents = words::is_contents(&heading.text);
            entry = self.heading_entry(index);
        }
        if let Some(Frame::Item(item)) = self.frames.last_mut() {
            item.read = true;
        }
        self.finish_inline(entry, false);
    }

    pub(super) fn start_list(&mut self, at: usize) {
        self.undescribed = None;
        if let Some(Frame::Item(item)) = self.frames.last_mut() {
            item.own_end.get_or_insert(at);
        }
        self.lists.push(self.list_count);
        self.list_count += 1;
    }

    pub(super) fn end_list(&mut self) {
        self.lists.pop();
    }

    pub(super) fn start_item(&mut self, span: Range<usize>) {
        let indent = self.text[span.clone()].len() - self.text[span.clone()].trim_start().len();
        let span = span.start + indent..span.end;
        let list = self.lists.last().copied().unwrap_or_default();
        self.frames.push(Frame::Item(Item {
            span,
            list,
            entry: None,
            read: false,
            own_end: None,
            finished: false,
            label: None,
            described: None,
        }));
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
        self.undescribed = None;
        self.frames.push(Frame::Quote);
    }

    pub(super) fn start_footnote(&mut self) {
        self.frames.push(Frame::Footnote);
    }

    pub(super) fn end_quote(&mut self) {
        self.frames.pop();
    }

    pub(super) fn start_table(&mut self, span: Range<usize>) {
        self.undescribed = None;
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
        let at = self.inline.text.len();
        self.inline.source = None;
        self.inline.cells.push(Cell { text: at..at, ..Cell::default() });
    }

    pub(super) fn end_cell(&mut self) {
        let source = self.notable();
        self.close_html_link();
        let end = self.inline.source.take().map_or(0, |source| source.end);
        let note = self.note(source.as_ref());
        if let Some(cell) = self.inline.cells.last_mut() {
            cell.text.end = self.inline.text.len();
            cell.note = note;
            cell.source = source;
        }
        self.inline.separate_cells(end);
    }

    /// How long the note at the end of `source` is.
    fn note(&self, source: Option<&Range<usize>>) -> usize {
        source.and_then(|source| Note::trailing(self.text, source.clone())).map_or(0, |note| note.len())
    }

    /// The source of the inline content, where a note can follow it: not inside of an open `<a>`, and not after
    /// what a note would make the marker of a list or the header of a table, and not where a link ends only because
    /// the text does.
    fn notable(&self) -> Option<Range<usize>> {
        let source = self.inline.source.clone().filter(|_| self.html.link.is_none())?;
        let bytes = &self.text.as_bytes()[source.clone()];
        let unlinks = bytes.last() == Some(&b'_') && self.ends_with_bare_url(source.end);
        if unlinks || (self.row.is_none() && !self.html.block && self.precedes_delimiters(source.end)) {
            return None;
        }
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

    /// Whether a bare URL and one `_` end at `end`: it is a link only because nothing follows ([`super::bare`]).
    fn ends_with_bare_url(&self, end: usize) -> bool {
        self.document.links.last().is_some_and(|link| link.kind == LinkKind::Bare && link.span.end + 1 == end)
    }

    /// Whether the line after `end` reads like the delimiters of a table: a cell more in this line, such as a note
    /// behind its last `|`, may make it the header.
    fn precedes_delimiters(&self, end: usize) -> bool {
        let mut lines = self.text[end..].lines();
        let rest = lines.next().unwrap_or_default();
        let piped = rest.contains('|') || self.text[..end].lines().next_back().is_some_and(|line| line.contains('|'));
        let next = lines.next().unwrap_or_default();
        piped && next.contains('-') && next.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t' | '>'))
    }

    /// A comment marks the entry around it as finished.
    fn finished(&mut self) {
        self.inline.finished = true;
        if let Some(Frame::Item(item)) = self.frames.last_mut() {
            item.finished = true;
        }
    }

    /// Assigns the links of the inline content to `owner`, and empties it.
    fn finish_inline(&mut self, owner: Option<usize>, inherit: bool) {
        self.html.code = None;
        let ignored = self.inline.ignored.take();
        match self.inline.links.take() {
            Some(links) => {
                let owner = owner.or_else(|| self.entry_above().filter(|_| inherit));
                let reason = ignored.or_else(|| self.ignoring.take());
                for link in links {
                    self.document.links[link].entry = owner;
                    if let Some(reason) = &reason {
                        self.document.ignored.insert(link, reason.clone());
                    }
                }
            }
            None => self.ignoring = ignored.or(self.ignoring.take()),
        }
        self.inline.clear();
    }
}

impl Document {
    /// Sets where the sections of heading entries end, and drops those whose section lists entries of its own:
    /// such a heading is a section that links to its subject.
    fn close_heading_entries(&mut self, text: &str, end: usize) {
        if !self.entries.iter().any(|entry| entry.container == Container::Heading) {
            return;
        }
        let ends = self.section_ends(end);
        for entry in self.entries.iter_mut().filter(|entry| entry.container == Container::Heading) {
            let to = entry.heading.and_then(|heading| ends.get(heading).copied()).unwrap_or(end);
            let section = text.get(entry.whole.start..to).unwrap_or_default();
            entry.whole.end = entry.whole.start + section.trim_end().len();
        }
        let starts: Vec<usize> = self.entries.iter().map(|entry| entry.span.start).collect();
        let keep = |(i, entry): (usize, &super::Entry)| {
            let next = starts.get(i + 1).is_some_and(|start| *start < entry.whole.end);
            entry.container != Container::Heading || !next
        };
        let kept: Vec<bool> = self.entries.iter().enumerate().map(keep).collect();
        self.retain_entries(&kept);
    }

    /// For each heading, where its section ends.
    fn section_ends(&self, end: usize) -> Vec<usize> {
        let mut ends = vec![end; self.headings.len()];
        let mut open: Vec<usize> = Vec::new();
        for (i, heading) in self.headings.iter().enumerate() {
            while let Some(last) = open.pop_if(|last| self.headings[*last].level >= heading.level) {
                ends[last] = heading.span.start;
            }
            open.push(i);
        }
        ends
    }

    /// Keeps the entries that `kept` names, and renumbers what refers to them.
    fn retain_entries(&mut self, kept: &[bool]) {
        if kept.iter().all(|keep| *keep) {
            return;
        }
        let mut count = 0;
        let number = |keep: &bool| {
            count += usize::from(*keep);
            keep.then(|| count - 1)
        };
        let numbers: Vec<Option<usize>> = kept.iter().map(number).collect();
        let renumbered = |entry: usize| numbers.get(entry).copied().flatten();
        let mut keep = kept.iter();
        self.entries.retain(|_| keep.next().is_none_or(|keep| *keep));
        for entry in &mut self.entries {
            entry.parent = entry.parent.and_then(renumbered);
        }
        for link in &mut self.links {
            link.entry = link.entry.and_then(renumbered);
        }
    }
}
