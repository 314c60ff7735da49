//! Inline content: the rendered text of a paragraph, item, row or heading, with its links and codes, and the
//! mapping from rendered text back to the source.

use std::ops::Range;

/// What a stretch of rendered text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The text of a link, as an index into the document's links.
    Link(usize),
    Code,
}

/// A stretch of rendered text with its mark. An image-only link has an empty stretch.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub(super) mark: Mark,
    pub(super) text: Range<usize>,
}

/// A cell of a table row.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    /// Its part of the rendered text.
    pub(super) text: Range<usize>,
    /// Its bytes of the source, white space at its ends excluded; none where nothing can be written after it.
    pub(super) source: Option<Range<usize>>,
    /// How long the note of Pomona at its end is, in bytes.
    pub(super) note: usize,
}

/// A stretch of rendered text that comes from one place of the source.
#[derive(Debug)]
struct Piece {
    /// Where it begins in the rendered text; it ends where the next begins.
    text: usize,
    /// Its bytes of the source.
    source: Range<usize>,
    /// Where the source of the links and emphases begins that begin with it.
    outer: usize,
}

/// The end of a link, an emphasis or a tag.
#[derive(Debug)]
struct Closer {
    /// Where it stands in the rendered text.
    text: usize,
    /// The bytes of the source from its beginning to its end.
    source: Range<usize>,
}

/// Inline content, rendered.
#[derive(Debug, Default)]
pub(super) struct Inline {
    /// The text: no marks, no tags, no alternatives of images; line ends are blanks, white space is not folded.
    pub(super) text: String,
    /// Links and codes, sorted by where they end.
    pub(super) stretches: Vec<Stretch>,
    /// The cells of a row; none elsewhere.
    pub(super) cells: Vec<Cell>,
    /// The bytes of the source, white space at its ends excluded.
    pub(super) source: Option<Range<usize>>,
    /// How long the note of Pomona at its end is, in bytes.
    pub(super) note: usize,
    /// The links and images in it, as indices of the document.
    pub(super) links: Option<Range<usize>>,
    pieces: Vec<Piece>,
    closers: Vec<Closer>,
    /// Where the links, emphases and tags begin that are open.
    opened: Vec<usize>,
    /// How many of `opened`, from the outermost, have text already.
    opened_with_text: usize,
    /// The offsets of the text that follow a hard line break or `<br>`.
    pub(super) breaks: Vec<usize>,
    /// Marked as finished in a comment.
    pub(super) finished: bool,
    /// The reason for which its links are not looked at.
    pub(super) ignored: Option<String>,
}

impl Inline {
    /// Adds rendered text that stands at `source`.
    pub(super) fn push(&mut self, text: &str, source: Range<usize>) {
        if text.is_empty() {
            return;
        }
        let outer = self.opened.get(self.opened_with_text).copied().unwrap_or(source.start);
        self.opened_with_text = self.opened.len();
        self.pieces.push(Piece { text: self.text.len(), source: source.clone(), outer });
        self.text.push_str(text);
        let solid = text.trim_end();
        if !solid.is_empty() {
            let blank = (text.len() - solid.len()).min(source.len());
            self.extend_source(source.start..source.end - blank);
        }
    }

    /// Extends the source by `source`, which is not white space.
    pub(super) fn extend_source(&mut self, source: Range<usize>) {
        self.source = match self.source.take() {
            Some(known) => Some(known.start..known.end.max(source.end)),
            None => Some(source),
        };
    }

    /// Records that a link, an emphasis or a tag begins at `start` of the source.
    pub(super) fn open(&mut self, start: usize) {
        self.opened.push(start);
    }

    /// Records that the innermost of them ends at `end`.
    pub(super) fn close(&mut self, end: usize) {
        if let Some(start) = self.opened.pop()
            && self.opened.len() < self.opened_with_text
        {
            self.closers.push(Closer { text: self.text.len(), source: start..end });
            self.opened_with_text = self.opened.len();
        }
    }

    /// The source of `range` of the rendered text, whole links and emphases included; none where it cannot be
    /// cut out of the source.
    pub(super) fn source_of(&self, range: Range<usize>) -> Option<Range<usize>> {
        let (first, last) = (self.piece(range.start)?, self.piece(range.end.checked_sub(1)?)?);
        let start = match range.start - self.pieces[first].text {
            0 => self.pieces[first].outer,
            inside => self.inside(first, inside)?,
        };
        let text_end = self.pieces.get(last + 1).map_or(self.text.len(), |next| next.text);
        if range.end < text_end {
            return Some(start..self.inside(last, range.end - self.pieces[last].text)?);
        }
        let closed = self.closers.iter().rev().skip_while(|c| c.text > range.end).take_while(|c| c.text == range.end);
        let outermost = closed.filter(|c| c.source.start >= start).map(|c| c.source.end).max();
        Some(start..outermost.unwrap_or(self.pieces[last].source.end))
    }

    fn piece(&self, at: usize) -> Option<usize> {
        self.pieces.partition_point(|piece| piece.text <= at).checked_sub(1)
    }

    /// An offset inside of a piece, where the source is the text letter by letter.
    fn inside(&self, piece: usize, offset: usize) -> Option<usize> {
        let text_end = self.pieces.get(piece + 1).map_or(self.text.len(), |next| next.text);
        let piece = &self.pieces[piece];
        (text_end - piece.text == piece.source.len()).then_some(piece.source.start + offset)
    }

    /// Records a link or image of the document.
    pub(super) fn add_link(&mut self, link: usize) {
        self.links = Some(self.links.as_ref().map_or(link, |links| links.start)..link + 1);
    }

    /// Records a hard line break.
    pub(super) fn line_break(&mut self) {
        self.breaks.push(self.text.len());
    }

    /// Separates the text of two cells by a blank that belongs to neither.
    pub(super) fn separate_cells(&mut self, at: usize) {
        self.pieces.push(Piece { text: self.text.len(), source: at..at, outer: at });
        self.text.push(' ');
    }

    /// Marks the text from `start` on.
    pub(super) fn mark(&mut self, mark: Mark, start: usize) {
        self.stretches.push(Stretch { mark, text: start.min(self.text.len())..self.text.len() });
    }

    /// Whether nothing at all is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.links.is_none() && self.source.is_none()
    }

    /// Empties it and keeps its allocations.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.stretches.clear();
        self.cells.clear();
        self.pieces.clear();
        self.closers.clear();
        self.breaks.clear();
        self.opened.clear();
        self.opened_with_text = 0;
        self.source = None;
        self.note = 0;
        self.links = None;
        self.finished = false;
        self.ignored = None;
    }

    /// The links among the stretches, in order.
    pub(super) fn link_stretches(&self) -> impl DoubleEndedIterator<Item = (usize, Range<usize>)> {
        self.stretches.iter().filter_map(|stretch| match stretch.mark {
            Mark::Link(link) => Some((link, stretch.text.clone())),
            Mark::Code => None,
        })
    }
}
