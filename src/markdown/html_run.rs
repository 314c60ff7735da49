//! Raw HTML as inline content: what its tags mean for links, headings and entries.

use std::ops::Range;

use super::LinkKind;
use super::block::Marker;
use super::collector::Collector;
use super::html::{self, Tag, Token, Value};
use super::outline::folded;
use super::run::Mark;

/// What the innermost HTML element that can list something is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Holder {
    #[default]
    Other,
    /// `<li>`.
    Item,
    /// `<summary>`, which stands for what its `<details>` holds.
    Summary,
}

/// Raw HTML that is open.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The `<a href>` that is open, and where its text begins in the run.
    pub(super) link: Option<(usize, usize)>,
    pub(super) code: Option<usize>,
    /// The text of the heading that is open.
    pub(super) heading: Option<String>,
    pub(super) holder: Holder,
    /// For each open `<details>` the entry that its summary is, or that of the one around it.
    pub(super) details: Vec<Option<usize>>,
    /// Reading an HTML block, where Markdown is not parsed.
    pub(super) block: bool,
}

/// Reads an HTML block whose lines are `lines`.
pub(super) fn read(text: &str, lines: &[Range<usize>], out: &mut Collector<'_>) {
    let Some(first) = lines.first() else { return };
    out.html.block = true;
    if lines.windows(2).all(|pair| pair[0].end == pair[1].start) {
        let end = lines.last().map_or(first.end, |last| last.end);
        let map = |at| first.start + at;
        html::tokenize(&text[first.start..end], |token, at| out.html_token(&token, map(at.start)..map(at.end), &map));
    } else {
        // Quote marks or indentation stand between the lines and are no HTML.
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
        html::tokenize(&joined, |token, at| {
            let end = map(at.end.max(1) - 1) + usize::from(at.end > 0);
            out.html_token(&token, map(at.start)..end.max(map(at.start)), &map);
        });
    }
    out.end_html_run();
    out.html.block = false;
}

impl Collector<'_> {
    /// Takes a token of raw HTML that stands at `at`; `map` brings offsets inside of the token to the document.
    pub(super) fn html_token(&mut self, token: &Token<'_>, at: Range<usize>, map: &dyn Fn(usize) -> usize) {
        match token {
            Token::Text(text) => self.text(text, at),
            Token::Comment(comment) => self.comment(comment, at),
            Token::Open(tag) => {
                for name in &tag.anchors {
                    self.document.anchors.add(name);
                }
                self.open_tag(tag, at, map);
            }
            Token::Close(name) => self.close_tag(name),
        }
    }

    fn comment(&mut self, comment: &str, at: Range<usize>) {
        match Marker::parse(comment) {
            Some(Marker::Finished) => self.finished(),
            Some(Marker::Ignore(reason)) => self.run.ignored = Some(reason),
            Some(marker) => self.blocks.mark(marker, at),
            None => {}
        }
    }

    fn open_tag(&mut self, tag: &Tag, at: Range<usize>, map: &dyn Fn(usize) -> usize) {
        if self.html.block && is_block(&tag.name) {
            self.end_html_run();
        }
        let bytes = |value: &Value| Some(map(value.span.start)..map(value.span.end)).filter(|_| !value.span.is_empty());
        match tag.name.as_str() {
            "a" => {
                self.close_html_link();
                if let Some(href) = &tag.href {
                    let link = self.link(LinkKind::HtmlLink, href.text.clone(), "", at, bytes(href));
                    self.html.link = Some((link, self.run.text.len()));
                }
            }
            "img" => {
                if let Some(src) = &tag.src {
                    let alt = tag.alt.as_deref().map(folded).unwrap_or_default();
                    self.link(LinkKind::HtmlImage, src.text.clone(), &alt, at, bytes(src));
                }
            }
            "code" | "kbd" => self.html.code = Some(self.run.text.len()),
            "br" => self.text(" ", at),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.html.heading = Some(String::new()),
            "details" => self.html.details.push(self.html.details.last().copied().flatten()),
            "li" => self.html.holder = Holder::Item,
            "summary" => self.html.holder = Holder::Summary,
            _ => {}
        }
    }

    fn close_tag(&mut self, name: &str) {
        match name {
            "a" => self.close_html_link(),
            "code" | "kbd" => {
                if let Some(start) = self.html.code.take() {
                    self.run.mark(Mark::Code, start);
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
        if self.html.block && is_block(name) {
            self.end_html_run();
        }
        if name == "details" {
            self.html.details.pop();
        }
    }

    /// Closes the `<a>` that is open, if any.
    pub(super) fn close_html_link(&mut self) {
        if let Some((link, start)) = self.html.link.take() {
            let start = start.min(self.run.text.len());
            let text = folded(&self.run.text[start..]);
            self.run.mark(Mark::Link(link), start);
            self.document.links[link].text = text;
        }
    }

    /// Ends the run before or after a tag that makes a block of its own.
    pub(super) fn end_html_run(&mut self) {
        self.close_html_link();
        self.html.code = None;
        self.end_block_run();
    }
}

/// Whether a tag makes a block of its own, so that text before and after it are not one run.
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
