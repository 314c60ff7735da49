//! Raw HTML as inline content: what its tags mean for links, headings and entries.

use std::ops::Range;

use super::Collector;
use crate::markdown::block::Marker;
use crate::markdown::html_tokens::{self, Tag, Token, Value};
use crate::markdown::inline::Mark;
use crate::markdown::outline::folded;
use crate::markdown::{Container, LinkKind};

/// Raw HTML that is open.
#[derive(Debug, Default)]
pub(super) struct HtmlState {
    /// The `<a href>` that is open, and where its text begins in the inline content.
    pub(super) link: Option<(usize, usize)>,
    pub(super) code: Option<usize>,
    /// The text of the heading that is open.
    pub(super) heading: Option<String>,
    /// The innermost element that can be an entry.
    container: Option<Container>,
    /// A cell of an HTML row is open.
    cell: bool,
    /// For each open `<details>` the entry that its summary is, or that of the one around it.
    pub(super) details: Vec<Option<usize>>,
    /// Reading an HTML block, where Markdown is not parsed.
    pub(super) block: bool,
}

/// Reads an HTML block whose lines are `lines`.
pub(crate) fn read_block(text: &str, lines: &[Range<usize>], out: &mut Collector<'_>) {
    let Some(first) = lines.first() else { return };
    out.undescribed = None;
    out.html.block = true;
    if lines.windows(2).all(|pair| pair[0].end == pair[1].start) {
        let end = lines.last().map_or(first.end, |last| last.end);
        let map = |at| first.start + at;
        html_tokens::tokenize(&text[first.start..end], |token, at| {
            out.html_token(&token, map(at.start)..map(at.end), &map);
        });
    } else {
        // Quote marks or indentation between the lines are not part of the HTML.
        let mut joined = String::new();
        let mut starts = Vec::new();
        for line in lines {
            starts.push((joined.len(), line.start));
            joined.push_str(&text[line.clone()]);
        }
        let map = |at: usize| {
            let nearest = starts.partition_point(|(start, _)| *start <= at).saturating_sub(1);
            starts[nearest].1 + (at - starts[nearest].0)
        };
        html_tokens::tokenize(&joined, |token, at| {
            let end = map(at.end.max(1) - 1) + usize::from(at.end > 0);
            out.html_token(&token, map(at.start)..end.max(map(at.start)), &map);
        });
    }
    out.end_html_block();
    out.html.block = false;
}

impl Collector<'_> {
    /// Takes a token of raw HTML that stands at `at`; `map` maps offsets inside of the token to the document.
    pub(crate) fn html_token(&mut self, token: &Token<'_>, at: Range<usize>, map: &dyn Fn(usize) -> usize) {
        match token {
            Token::Text(text) => self.text(text, at),
            Token::Comment(comment) => self.comment(comment, at),
            Token::Open(tag) => {
                for name in &tag.anchors {
                    self.document.anchors.add(name);
                }
                self.open_tag(tag, at, map);
            }
            Token::Close(name) => self.close_tag(name, at),
        }
    }

    fn comment(&mut self, comment: &str, at: Range<usize>) {
        match Marker::parse(comment) {
            Some(Marker::Finished) => self.finished(),
            Some(Marker::Ignore(reason)) => self.inline.ignored = Some(reason),
            Some(marker) => self.blocks.mark(marker, at),
            None => {}
        }
    }

    fn open_tag(&mut self, tag: &Tag, at: Range<usize>, map: &dyn Fn(usize) -> usize) {
        let name = tag.name.as_str();
        if self.html.block && is_block(name) {
            self.open_block_tag(name);
        }
        let bytes = |value: &Value| Some(map(value.span.start)..map(value.span.end)).filter(|_| !value.span.is_empty());
        match name {
            "a" => {
                self.close_html_link();
                if let Some(href) = &tag.href {
                    let link = self.link(LinkKind::HtmlLink, href.text.clone(), "", at, bytes(href));
                    self.html.link = Some((link, self.inline.text.len()));
                }
            }
            "img" => {
                if let Some(src) = &tag.src {
                    let alt = tag.alt.as_deref().map(folded).unwrap_or_default();
                    if self.html.block {
                        self.inline.extend_source(at.clone());
                    }
                    self.link(LinkKind::HtmlImage, src.text.clone(), &alt, at, bytes(src));
                }
            }
            "code" | "kbd" => self.html.code = Some(self.inline.text.len()),
            "br" => self.html_break(at),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.html.heading = Some(String::new()),
            "details" => self.html.details.push(self.html.details.last().copied().flatten()),
            _ => {}
        }
    }

    /// A line break: it ends an entry of a paragraph, and nothing is written behind it.
    fn html_break(&mut self, at: Range<usize>) {
        if self.html.block && self.html.container == Some(Container::HtmlParagraph) {
            return self.end_html_inline(self.html.container);
        }
        self.text(" ", at);
        self.inline.line_break();
    }

    fn open_block_tag(&mut self, name: &str) {
        let in_row = self.html.container == Some(Container::HtmlRow);
        match name {
            "td" | "th" if in_row => {
                if self.html.cell {
                    self.end_cell();
                }
                self.html.cell = true;
                self.start_cell();
            }
            _ => {
                self.end_html_block();
                self.html.container = match name {
                    "tr" => Some(Container::HtmlRow),
                    "li" => Some(Container::HtmlItem),
                    "p" => Some(Container::HtmlParagraph),
                    "summary" => Some(Container::Summary),
                    _ => None,
                };
            }
        }
    }

    fn close_tag(&mut self, name: &str, at: Range<usize>) {
        match name {
            "a" => self.close_html_link(),
            "code" | "kbd" => {
                if let Some(start) = self.html.code.take() {
                    self.inline.mark(Mark::Code, start);
                }
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                if let Some(text) = self.html.heading.take() {
                    let anchor = self.outline.anchor(text.trim());
                    self.document.anchors.add(&anchor);
                }
            }
            _ => {}
        }
        if self.html.block {
            self.close_in_block(name, at);
        }
        if name == "details" {
            self.html.details.pop();
        }
    }

    fn close_in_block(&mut self, name: &str, at: Range<usize>) {
        if !is_block(name) {
            if self.inline.source.is_some() {
                self.inline.extend_source(at);
            }
        } else if matches!(name, "td" | "th") && self.html.cell {
            self.html.cell = false;
            self.end_cell();
        } else {
            self.end_html_block();
        }
    }

    /// Closes the `<a>` that is open, if any.
    pub(super) fn close_html_link(&mut self) {
        if let Some((link, start)) = self.html.link.take() {
            let start = start.min(self.inline.text.len());
            let text = folded(&self.inline.text[start..]);
            self.inline.mark(Mark::Link(link), start);
            self.document.links[link].text = text;
        }
    }

    /// Ends the inline content before or after a tag that makes a block of its own.
    fn end_html_block(&mut self) {
        self.html.code = None;
        if std::mem::take(&mut self.html.cell) {
            self.end_cell();
        }
        let container = self.html.container.take();
        self.end_html_inline(container);
    }
}

/// Whether a tag makes a block of its own, so that text before and after it are not one inline content.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "li"
            | "ul"
            | "ol"
            | "summary"
            | "details"
            | "table"
            | "thead"
            | "tbody"
            | "tr"
            | "td"
            | "th"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "center"
            | "blockquote"
            | "dl"
            | "dt"
            | "dd"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "hr"
    )
}
