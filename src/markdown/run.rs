//! One run of inline content: the rendered text of a paragraph, item, row or heading, with its links and codes.

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
    /// Its bytes of the source, from the first thing in it to the end of the last solid one.
    pub(super) source: Range<usize>,
}

/// Inline content, rendered.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The text: no marks, no tags, no alternatives of images; line ends are blanks, white space is not folded.
    pub(super) text: String,
    /// Links and codes, sorted by where they end.
    pub(super) stretches: Vec<Stretch>,
    /// The cells of a row; none elsewhere.
    pub(super) cells: Vec<Cell>,
    /// The bytes of the source from the first thing in it to the end of the last solid one.
    pub(super) source: Option<Range<usize>>,
    /// The links and images in it, as indices of the document.
    pub(super) links: Option<Range<usize>>,
    /// Marked as finished in a comment.
    pub(super) finished: bool,
    /// The reason for which its links are not looked at.
    pub(super) ignored: Option<String>,
}

impl Run {
    /// Adds rendered text that stands at `source`.
    pub(super) fn push(&mut self, text: &str, source: Range<usize>) {
        self.text.push_str(text);
        let solid = text.trim_end();
        if !solid.is_empty() {
            let blank = (text.len() - solid.len()).min(source.len());
            self.reach(source.start..source.end - blank);
        }
    }

    /// Notes that something solid stands at `source`.
    pub(super) fn reach(&mut self, source: Range<usize>) {
        self.source = match self.source.take() {
            Some(known) => Some(known.start..known.end.max(source.end)),
            None => Some(source),
        };
    }

    /// Notes a link or image of the document.
    pub(super) fn hold(&mut self, link: usize) {
        self.links = Some(self.links.as_ref().map_or(link, |held| held.start)..link + 1);
    }

    /// Marks the text from `start` on.
    pub(super) fn mark(&mut self, mark: Mark, start: usize) {
        self.stretches.push(Stretch { mark, text: start.min(self.text.len())..self.text.len() });
    }

    /// Whether nothing at all is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.links.is_none() && self.source.is_none()
    }

    /// Makes it empty and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.stretches.clear();
        self.cells.clear();
        self.source = None;
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
