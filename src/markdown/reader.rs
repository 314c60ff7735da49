//! From Markdown events to links, headings and runs of inline content.
//!
//! Block structure, inline links and reference links are pulldown-cmark's reading; bare URLs and raw HTML are
//! read here from what it leaves. What a run lists is decided in the collector.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, LinkType, Tag, TagEnd};

use super::bare;
use super::collector::Collector;
use super::html::{self, Token};
use super::run::Mark;
use super::{LinkKind, html_run};

/// A Markdown link or image whose end has not come.
enum Open {
    /// The link's index and where its text begins in the run.
    Link(usize, usize),
    /// The image's index.
    Image(usize),
    /// One that does not count: inside an image, or inside a bare URL.
    Hidden,
}

/// Reads the events of one stretch of a text.
pub(super) struct Reader<'t, 'c> {
    /// The whole document.
    text: &'t str,
    /// Where the stretch begins in it.
    base: usize,
    pub(super) out: &'c mut Collector<'t>,
    open: Vec<Open>,
    /// Inside an image only its alternative text counts.
    in_image: bool,
    /// The alternative text of the image that is open.
    alternative: String,
    /// The end of the last inline event.
    inline_end: usize,
    /// The inline content that bare URLs may not leave.
    inline: Range<usize>,
    /// Unresolved opening brackets: no bare URL is recognised inside of them.
    brackets: usize,
    /// The end of the last bare URL: events before it are part of it.
    bare_end: usize,
    /// The lines of the open HTML block; none outside of one.
    html: Option<Vec<Range<usize>>>,
    code_block: bool,
    paragraph: bool,
}

impl<'t, 'c> Reader<'t, 'c> {
    pub(super) fn new(text: &'t str, base: usize, out: &'c mut Collector<'t>) -> Self {
        Self {
            text,
            base,
            out,
            open: Vec::new(),
            in_image: false,
            alternative: String::new(),
            inline_end: 0,
            inline: 0..0,
            brackets: 0,
            bare_end: 0,
            html: None,
            code_block: false,
            paragraph: false,
        }
    }

    /// Takes the next event.
    pub(super) fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        let range = range.start + self.base..range.end + self.base;
        match event {
            Event::Text(text) if !self.code_block => self.text(&text, range),
            Event::Code(text) => self.code(&text, range),
            Event::InlineHtml(_) => self.inline_html(range),
            Event::Html(_) => {
                if let Some(lines) = &mut self.html {
                    lines.push(range);
                }
            }
            Event::SoftBreak | Event::HardBreak => self.blank(&range),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => self.begin_inline(&range),
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Rule => self.end_tight(),
            Event::Text(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {}
        }
    }

    /// What must be known before an inline event of a tight item, which has no paragraph around it.
    fn begin_inline(&mut self, range: &Range<usize>) {
        if !self.paragraph {
            self.paragraph = true;
            let end = self.out.item_end().unwrap_or(self.text.len());
            self.set_inline(range.start..end.max(range.end));
        }
    }

    fn set_inline(&mut self, inline: Range<usize>) {
        self.inline_end = inline.start;
        self.bare_end = inline.start;
        self.inline = inline;
        self.brackets = 0;
    }

    /// Closes the inline content of a tight item, if it is open.
    fn end_tight(&mut self) {
        if self.paragraph {
            self.paragraph = false;
            self.out.end_paragraph();
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Link { link_type, dest_url, .. } => self.start_link(link_type, &dest_url, range),
            Tag::Image { dest_url, .. } => self.start_image(dest_url, range),
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough => {
                self.begin_inline(&range);
                self.out.run.open(range.start);
            }
            Tag::Paragraph => {
                self.end_tight();
                self.paragraph = true;
                self.set_inline(range);
            }
            Tag::TableCell => {
                self.paragraph = true;
                self.set_inline(range);
                self.out.start_cell();
            }
            tag => {
                self.end_tight();
                self.start_block(&tag, range);
            }
        }
    }

    fn start_block(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.paragraph = true;
                self.out.start_heading(*level as u8, trimmed(self.text, range.clone()));
                self.set_inline(range);
            }
            Tag::Item => self.out.start_item(range),
            Tag::List(_) => self.out.start_list(range.start),
            Tag::BlockQuote(_) | Tag::FootnoteDefinition(_) => self.out.start_quote(),
            Tag::Table(_) => self.out.start_table(range),
            Tag::TableHead => self.out.start_row(range, true),
            Tag::TableRow => self.out.start_row(range, false),
            Tag::CodeBlock(_) | Tag::MetadataBlock(_) => self.code_block = true,
            Tag::HtmlBlock => self.html = Some(Vec::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Link | TagEnd::Image => self.end_link(&range),
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.inline_end = range.end;
                self.out.run.close(range.end);
                self.out.run.reach(range);
            }
            TagEnd::Paragraph => self.end_tight(),
            TagEnd::Heading(_) => {
                self.paragraph = false;
                self.out.end_heading();
            }
            TagEnd::TableCell => {
                self.paragraph = false;
                self.out.end_cell();
            }
            tag => {
                self.end_tight();
                self.end_block(tag, range);
            }
        }
    }

    fn end_block(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Item => self.out.end_item(range.end),
            TagEnd::List(_) => self.out.end_list(),
            TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition => self.out.end_quote(),
            TagEnd::Table => self.out.end_table(),
            TagEnd::TableHead | TagEnd::TableRow => self.out.end_row(),
            TagEnd::CodeBlock | TagEnd::MetadataBlock(_) => self.code_block = false,
            TagEnd::HtmlBlock => {
                let lines = self.html.take().unwrap_or_default();
                html_run::read(self.text, &lines, self.out);
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &CowStr<'_>, range: Range<usize>) {
        self.begin_inline(&range);
        self.inline_end = range.end;
        if self.in_image {
            self.alternative.push_str(text);
            return;
        }
        let verbatim = text.len() == range.len();
        if range.start < self.bare_end {
            if self.bare_end < range.end {
                self.plain(self.bare_end..range.end);
            }
            return;
        }
        if !verbatim {
            self.out.text(text, range);
            return;
        }
        let escaped = range.start > self.inline.start && self.text.as_bytes()[range.start - 1] == b'\\';
        match &**text {
            "[" | "![" if !escaped => self.brackets += 1,
            "]" if !escaped => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        self.plain(range);
    }

    /// Text that stands in the source as it is rendered: it may hold bare URLs.
    fn plain(&mut self, range: Range<usize>) {
        let text = self.text;
        let mut at = range.start;
        if !self.open.iter().any(|open| matches!(open, Open::Link(..))) {
            while let Some(found) = bare::find(text, at..range.end, &self.inline, self.brackets > 0) {
                let span = found.span;
                let start = span.start.max(self.bare_end);
                self.out.text(&text[at..start.max(at)], at..start.max(at));
                let shown = self.out.run.text.len();
                self.out.text(&text[start.max(at)..span.end], span.clone());
                let link =
                    self.out.link(LinkKind::Bare, found.url, &text[span.clone()], span.clone(), Some(span.clone()));
                self.out.run.mark(Mark::Link(link), shown);
                self.bare_end = span.end;
                at = span.end;
                if at >= range.end {
                    return;
                }
            }
        }
        self.out.text(&text[at..range.end], at..range.end);
    }

    fn code(&mut self, text: &CowStr<'_>, range: Range<usize>) {
        self.begin_inline(&range);
        self.inline_end = range.end;
        if self.in_image {
            self.alternative.push_str(text);
        } else if range.start >= self.bare_end {
            let shown = self.out.run.text.len();
            self.out.run.open(range.start);
            self.out.text(text, range.clone());
            self.out.run.close(range.end);
            self.out.run.reach(range);
            self.out.run.mark(Mark::Code, shown);
        } else {
            self.out.run.reach(range);
        }
    }

    fn blank(&mut self, range: &Range<usize>) {
        self.inline_end = range.end;
        if self.in_image {
            self.alternative.push(' ');
        } else {
            self.out.text(" ", range.clone());
        }
    }

    fn inline_html(&mut self, range: Range<usize>) {
        self.begin_inline(&range);
        self.inline_end = range.end;
        if self.in_image || range.start < self.bare_end {
            return;
        }
        let text = self.text;
        html::inline(&text[range.clone()], |token, at| {
            let at = range.start + at.start..range.start + at.end;
            let end = at.end;
            match token {
                Token::Open(tag) if !html::is_void(&tag.name) => self.out.run.open(at.start),
                _ => {}
            }
            if !matches!(token, Token::Comment(_)) {
                self.out.run.reach(at.clone());
            }
            self.out.html_token(&token, at, &|at| range.start + at);
            if matches!(token, Token::Close(_)) {
                self.out.run.close(end);
            }
        });
    }

    fn start_link(&mut self, kind: LinkType, url: &str, range: Range<usize>) {
        self.begin_inline(&range);
        if self.in_image || range.start < self.bare_end {
            self.open.push(Open::Hidden);
            return;
        }
        let inner = range.start + 1..range.end.saturating_sub(1).max(range.start + 1);
        let (kind, url, destination) = match kind {
            LinkType::Autolink => (LinkKind::Autolink, url.to_owned(), Some(inner)),
            LinkType::Email => (LinkKind::Autolink, format!("mailto:{url}"), Some(inner)),
            _ => (LinkKind::Link, url.to_owned(), None),
        };
        self.inline_end = range.start + 1;
        self.out.run.open(range.start);
        let link = self.out.link(kind, url, "", range, destination);
        self.open.push(Open::Link(link, self.out.run.text.len()));
    }

    fn start_image(&mut self, url: CowStr<'_>, range: Range<usize>) {
        self.begin_inline(&range);
        if self.in_image || range.start < self.bare_end {
            self.open.push(Open::Hidden);
            return;
        }
        self.inline_end = range.start + 2;
        let image = self.out.link(LinkKind::Image, url.into_string(), "", range, None);
        self.in_image = true;
        self.alternative.clear();
        self.open.push(Open::Image(image));
    }

    fn end_link(&mut self, range: &Range<usize>) {
        let opened = self.open.pop();
        let inner_end = self.inline_end;
        self.inline_end = range.end;
        match opened {
            Some(Open::Link(link, shown)) => {
                self.out.run.close(range.end);
                self.out.run.reach(range.clone());
                self.out.run.mark(Mark::Link(link), shown);
                let text = super::outline::folded(&self.out.run.text[shown..]);
                self.out.finish_link(link, text, destination(self.text, inner_end..range.end));
            }
            Some(Open::Image(image)) => {
                self.in_image = false;
                self.out.run.reach(range.clone());
                let text = super::outline::folded(&self.alternative);
                self.out.finish_link(image, text, destination(self.text, inner_end..range.end));
            }
            Some(Open::Hidden) if !self.in_image => self.out.run.reach(range.clone()),
            Some(Open::Hidden) | None => {}
        }
    }
}

/// The bytes of `range` without the white space at its end.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let end = range.start + text[range.clone()].trim_end().len();
    range.start..end
}

/// The bytes of the destination in `rest`, the source from the end of a link's text to the link's end; none
/// where the link is no inline link (CommonMark, section "Links").
fn destination(text: &str, rest: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let inside = &bytes[rest.clone()];
    let open = rest.start + if inside.starts_with(b"](") { 0 } else { memchr::memmem::find(inside, b"](")? };
    let start = open + 2 + bytes[open + 2..rest.end].iter().take_while(|b| b.is_ascii_whitespace()).count();
    if bytes.get(start) == Some(&b'<') {
        let end = closing(&bytes[..rest.end], start + 1, |b, _| b == b'>');
        return Some(start + 1..end);
    }
    let end = closing(&bytes[..rest.end], start, |b, depth| b.is_ascii_whitespace() || (b == b')' && depth == 0));
    Some(start..end)
}

/// The first byte from `at` that ends a destination, escapes and inner parentheses passed over.
fn closing(bytes: &[u8], mut at: usize, ends: impl Fn(u8, usize) -> bool) -> usize {
    let mut depth = 0usize;
    while at < bytes.len() && !ends(bytes[at], depth) {
        match bytes[at] {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    at.min(bytes.len())
}
