//! The text and its parts: links, headings, entries, and edits by byte range.
//!
//! Reads Markdown as GitHub renders it. It never writes Markdown anew: changes are byte ranges of the
//! original text and what replaces them.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use crate::address::Forges;

mod bare;
mod block;
mod breaks;
mod collector;
mod destination;
mod edit;
mod entry;
mod html_tokens;
mod inline;
mod joined;
mod nearest;
pub mod note;
mod outline;
mod parse;
mod place;
mod reader;
mod repository;
#[cfg(test)]
mod tests;
mod words;

pub use block::{Block, MarkerError, MarkerFault};
pub use edit::{Edit, EditError, apply};
pub use nearest::NearestAnchors;
pub use note::Note;
pub use outline::{Anchors, slug};
pub use place::Lines;
#[cfg(test)]
pub(crate) use tests::markdown as generated;
pub(crate) use words::{is_contents, is_source};

/// A parsed Markdown text: spans of the text, not the text itself.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// Every heading, in order.
    pub headings: Vec<Heading>,
    /// Every link and image, in order of the text.
    pub links: Vec<Link>,
    /// Every entry of the list, in order.
    pub entries: Vec<Entry>,
    /// Every place that a link `#…` can lead to.
    pub anchors: Anchors,
    /// The regions that Pomona writes, in order.
    ///
    /// Only those with both comments: see [`Document::marker_errors`].
    pub blocks: Vec<Block>,
    /// The links that a comment `<!-- pomona:ignore REASON -->` takes out, by index, with the reason.
    pub ignored: BTreeMap<usize, String>,
    /// The definitions that references can mean, in order.
    pub definitions: Vec<Definition>,
    /// Comments that are addressed to Pomona and have no effect, in order.
    pub marker_errors: Vec<MarkerError>,
}

/// A link reference definition, `[label]: url` (CommonMark, section "Link reference definitions").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The destination, entities and escapes decoded.
    pub url: String,
    /// Its bytes.
    pub span: Range<usize>,
    /// The bytes of the destination as it is written.
    pub destination: Option<Range<usize>>,
}

/// A heading of Markdown (raw HTML headings do not make sections).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// The rendered text: no marks, no tags, white space folded.
    pub text: String,
    /// The anchor GitHub gives it, with its `-1`, `-2` where an earlier heading has the same.
    pub slug: String,
    /// The line it starts on, from 1.
    pub line: usize,
    /// Its bytes, line end excluded.
    pub span: Range<usize>,
    /// The heading it stands under, as an index into [`Document::headings`].
    pub parent: Option<usize>,
}

/// How a link is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// `[text](url)` or a reference.
    Link,
    /// `<https://…>`.
    Autolink,
    /// A URL in running text (GFM's extended autolinks).
    Bare,
    /// `![alt](url)`.
    Image,
    /// `<a href>`.
    HtmlLink,
    /// `<img src>`.
    HtmlImage,
}

impl LinkKind {
    /// Its stable name in machine output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Autolink => "autolink",
            Self::Bare => "bare",
            Self::Image => "image",
            Self::HtmlLink => "html-link",
            Self::HtmlImage => "html-image",
        }
    }

    /// Whether it shows an image and is not a link.
    pub fn is_image(self) -> bool {
        matches!(self, Self::Image | Self::HtmlImage)
    }
}

/// A link or image, verbatim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// How it is written.
    pub kind: LinkKind,
    /// The destination as Markdown resolves it: entities and escapes decoded, nothing else changed.
    pub url: String,
    /// The rendered text (or alternative text of an image).
    pub text: String,
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// The bytes of the destination, where they stand inside the link (not for references).
    pub destination: Option<Range<usize>>,
    /// The line its source starts on, from 1.
    pub line: usize,
    /// The column of its first character, from 1, in characters.
    pub column: usize,
    /// The heading it stands under or in, as an index into [`Document::headings`].
    pub heading: Option<usize>,
    /// The entry it belongs to, as an index into [`Document::entries`].
    pub entry: Option<usize>,
}

/// What an entry is in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Container {
    /// An item of a Markdown list.
    Item,
    /// A row of a Markdown table.
    Row,
    /// A paragraph outside of other containers.
    Paragraph,
    /// A heading; what stands under it belongs to the entry.
    Heading,
    /// A paragraph of a quote.
    Quote,
    /// `<li>`.
    HtmlItem,
    /// `<tr>`.
    HtmlRow,
    /// `<p>`, or a line of one.
    HtmlParagraph,
    /// `<summary>`, which names the contents of its `<details>`.
    Summary,
}

/// An entry of the list: an item, a table row, a link in a paragraph of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The link that the title names, as an index into [`Document::links`].
    pub link: usize,
    /// The link to rank it by: the title's, or another of its links that names its repository.
    pub ranked_by: usize,
    /// The title; for a bare URL the URL itself.
    pub title: String,
    /// The description without badges, licence codes, links to demo or source, and the name of an author in
    /// front; none where there is none.
    pub description: Option<String>,
    /// The bytes of the description as it is written, with its links and emphasis; none where it has none, or
    /// where raw HTML or words around it make it no single stretch of Markdown.
    pub description_at: Option<Range<usize>>,
    /// The licence codes behind the description, such as `MIT` or `GPL-3.0, Commercial`.
    pub licence: Option<String>,
    /// What it is in the document.
    pub container: Container,
    /// The bytes of the entry without its children.
    pub span: Range<usize>,
    /// The bytes of the entry with its children; of a heading, its section.
    pub whole: Range<usize>,
    /// The list that it is an item of, counted over the document; none for other containers.
    pub list: Option<usize>,
    /// The offset where Pomona's trailing parenthesis belongs; none where no parenthesis can stand.
    pub note_at: Option<usize>,
    /// Pomona's own trailing parenthesis, with the blank before it, where it stands already.
    pub note: Option<Range<usize>>,
    /// Marked by its author as finished (`<!-- pomona:finished -->`): no activity is expected of it.
    pub finished: bool,
    /// The heading it stands under, as an index into [`Document::headings`].
    pub heading: Option<usize>,
    /// The entry it is nested in, as an index into [`Document::entries`].
    pub parent: Option<usize>,
}

impl Document {
    /// Reads a Markdown text as GitHub renders it. Every text is Markdown, so it cannot fail.
    ///
    /// Front matter, a BOM and code have no links and no headings.
    pub fn parse(text: &str) -> Self {
        Self::parse_with(text, &Forges::default())
    }

    /// The same, with forges that a person configured: they decide which link of an entry names a repository.
    pub fn parse_with(text: &str, forges: &Forges) -> Self {
        parse::document(text, forges)
    }

    /// Reads a text part by part, so that one of any size needs little memory, until `each` breaks off.
    ///
    /// A part has its own links, entries, anchors and headings, preceded by the headings that it stands
    /// under. A text of up to 1 MB, twice what GitHub renders, is one part.
    pub fn parts(text: &str, forges: &Forges, each: impl FnMut(Self) -> ControlFlow<()>) {
        parse::parts(text, forges, each);
    }

    /// The entry that link number `link` belongs to.
    pub fn entry_of(&self, link: usize) -> Option<&Entry> {
        self.entries.get(self.links.get(link)?.entry?)
    }

    /// The block that Pomona writes and that `offset` stands in.
    pub fn block_at(&self, offset: usize) -> Option<&Block> {
        let next = self.blocks.partition_point(|block| block.span.start <= offset);
        self.blocks.get(next.checked_sub(1)?).filter(|block| block.span.contains(&offset))
    }

    /// Removes notes inside of blocks: a block is written as a whole.
    fn exclude_notes_in_blocks(&mut self) {
        if self.blocks.is_empty() {
            return;
        }
        let mut entries = std::mem::take(&mut self.entries);
        for entry in &mut entries {
            if entry.note_at.is_some_and(|at| self.block_at(at).is_some()) {
                entry.note_at = None;
                entry.note = None;
            }
        }
        self.entries = entries;
    }

    /// The heading under which an entry is listed: of a heading that is an entry, the one above it.
    pub fn listed_under(&self, entry: &Entry) -> Option<usize> {
        let heading = entry.heading?;
        if entry.container == Container::Heading { self.headings.get(heading)?.parent } else { Some(heading) }
    }

    /// The path of headings to `heading`, outermost first, itself included.
    pub fn section(&self, heading: Option<usize>) -> Vec<String> {
        let mut path = Vec::new();
        let mut at = heading;
        while let Some(heading) = at.and_then(|i| self.headings.get(i)) {
            path.push(heading.text.clone());
            at = heading.parent;
        }
        path.reverse();
        path
    }
}
