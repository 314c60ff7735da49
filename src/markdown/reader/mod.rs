//! From Markdown events to links, headings and inline content.
//!
//! Block structure, inline links and reference links are pulldown-cmark's reading; bare URLs and raw HTML are
//! read here from what it leaves. The collector decides what is an entry.

use std::collections::HashSet;
use std::ops::Range;

use pulldown_cmark::{CowStr, Event, Tag, TagEnd};

mod links;
mod scan;

use self::scan::{footnote_labels, last_line};
use super::collector::{self, Collector};
use super::html_tokens::{self, Token};
use super::inline::Mark;
use super::{LinkKind, bare};

/// A Markdown link or image that is open.
enum Open {
    /// The link's index and where its text begins in the rendered text.
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
    last_end: usize,
    /// The inline content that bare URLs may not leave.
    content: Range<usize>,
    /// For each emphasis that is open, where its content ends.
    emphases: Vec<usize>,
    /// Where the text begins that no emphasis, link, code or tag interrupts.
    node: usize,
    /// Unresolved opening brackets: no bare URL is recognised inside of them.
    brackets: usize,
    /// The end of the last bare URL: events before it are part of it.
    bare_end: usize,
    /// The lines of the open HTML block; none outside of one.
    html: Option<Vec<Range<usize>>>,
    code_block: bool,
    paragraph: bool,
    /// The labels that footnotes are referred to by, once a definition asks for them.
    footnotes: Option<HashSet<&'t str>>,
    /// How many blocks are open inside of a footnote that nothing refers to, itself included: it is not shown.
    hidden: usize,
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
            last_end: 0,
            content: 0..0,
            emphases: Vec::new(),
            node: 0,
            footnotes: None,
            hidden: 0,
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
        if self.is_hidden(&event) {
            return;
        }
        match event {
            Event::Text(text) if !self.code_block => self.text(&text, range),
            Event::Code(text) => self.code(&text, range),
            Event::InlineHtml(_) => self.inline_html(range),
            Event::Html(_) => {
                if let Some(lines) = &mut self.html {
                    lines.push(range);
                }
            }
            Event::SoftBreak => self.blank(&range),
            Event::HardBreak => {
                self.blank(&range);
                self.out.inline.line_break();
            }
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => self.begin_inline(&range),
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Rule => self.end_tight(),
            Event::Text(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {}
        }
    }

    /// Whether an event belongs to a footnote that nothing refers to.
    fn is_hidden(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::Start(_) if self.hidden > 0 => self.hidden += 1,
            Event::Start(Tag::FootnoteDefinition(label)) => {
                let text = self.text;
                let labels = self.footnotes.get_or_insert_with(|| footnote_labels(text));
                self.hidden = usize::from(!labels.contains(&**label));
            }
            Event::End(_) if self.hidden > 0 => {
                self.hidden -= 1;
                return true;
            }
            _ => {}
        }
        self.hidden > 0
    }

    /// Prepares for an inline event of a tight item, which has no paragraph around it.
    fn begin_inline(&mut self, range: &Range<usize>) {
        if !self.paragraph {
            self.paragraph = true;
            let end = self.out.item_end().unwrap_or(self.text.len());
            let end = end.max(range.end);
            // An escape is not part of the text that it begins.
            let start = range.start - usize::from(self.text[..range.start].ends_with('\\'));
            self.set_content(start..range.end + last_line(&self.text[range.end..end]));
        }
    }

    fn set_content(&mut self, content: Range<usize>) {
        let content = trimmed(self.text, content);
        self.last_end = content.start;
        self.bare_end = content.start;
        self.node = content.start;
        self.emphases.clear();
        self.content = content;
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
                self.out.inline.open(range.start);
                self.open_emphasis(&tag, &range);
            }
            Tag::Paragraph => {
                self.end_tight();
                self.paragraph = true;
                self.set_content(range);
            }
            Tag::TableCell => {
                self.paragraph = true;
                self.set_content(range);
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
                self.set_content(range);
            }
            Tag::Item => self.out.start_item(range),
            Tag::List(_) => self.out.start_list(range.start),
            Tag::BlockQuote(_) => self.out.start_quote(),
            Tag::FootnoteDefinition(_) => self.out.start_footnote(),
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
                self.last_end = range.end;
                self.node = range.end;
                self.emphases.pop();
                self.out.inline.close(range.end);
                self.out.inline.extend_source(range);
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
                collector::read_block(self.text, &lines, self.out);
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &CowStr<'_>, range: Range<usize>) {
        self.begin_inline(&range);
        let before = std::mem::replace(&mut self.last_end, range.end);
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
        // An escape leaves a gap between two events.
        let escaped = before < range.start && self.text[..range.start].ends_with('\\');
        self.count_brackets(text, escaped);
        self.plain(range);
    }

    /// Counts the brackets that resolved to no link; the parser reports each by itself.
    fn count_brackets(&mut self, text: &str, escaped: bool) {
        match text {
            "[" | "![" if !escaped => self.brackets += 1,
            "]" if !escaped => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
    }

    fn open_emphasis(&mut self, tag: &Tag<'_>, range: &Range<usize>) {
        let mark = match tag {
            Tag::Emphasis => 1,
            Tag::Strikethrough if !self.text[range.start..].starts_with("~~") => 1,
            _ => 2,
        };
        self.node = range.start + mark;
        self.emphases.push(range.end.saturating_sub(mark).max(self.node));
    }

    /// The text that mail addresses are looked for in: GitHub does so once emphases are resolved.
    fn text_node(&self) -> Range<usize> {
        let end = self.emphases.last().map_or(self.content.end, |end| self.content.end.min(*end));
        self.node.min(end)..end
    }

    /// Text that stands in the source as it is rendered: it may contain bare URLs.
    fn plain(&mut self, range: Range<usize>) {
        let text = self.text;
        if self.content.end < range.end {
            self.content.end = range.end + last_line(&text[range.end..]);
        }
        let mut at = range.start;
        if !self.is_in_link() {
            let within = bare::Within { content: self.content.clone(), node: self.text_node() };
            while let Some(found) = bare::find(text, at..range.end, &within, self.brackets > 0) {
                let span = found.span;
                let start = span.start.max(self.bare_end);
                self.out.text(&text[at..start.max(at)], at..start.max(at));
                let shown = self.out.inline.text.len();
                self.out.text(&text[start.max(at)..span.end], span.clone());
                let link =
                    self.out.link(LinkKind::Bare, found.url, &text[span.clone()], span.clone(), Some(span.clone()));
                self.out.inline.mark(Mark::Link(link), shown);
                // The white space that GitHub counts to the URL (all but ASCII) cannot be cut off.
                self.out.inline.extend_source(span.clone());
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
        self.last_end = range.end;
        self.node = range.end;
        if self.in_image {
            self.alternative.push_str(text);
        } else if range.start >= self.bare_end {
            let shown = self.out.inline.text.len();
            self.out.inline.open(range.start);
            self.out.text(text, range.clone());
            self.out.inline.close(range.end);
            self.out.inline.extend_source(range);
            self.out.inline.mark(Mark::Code, shown);
        } else {
            self.rest_of_bare(range);
        }
    }

    /// What is left of a construct whose beginning belongs to a bare URL: it is text.
    fn rest_of_bare(&mut self, range: Range<usize>) {
        self.out.inline.extend_source(range.clone());
        if self.bare_end < range.end {
            self.plain(self.bare_end..range.end);
        }
    }

    fn blank(&mut self, range: &Range<usize>) {
        self.last_end = range.end;
        if self.in_image {
            self.alternative.push(' ');
        } else {
            self.out.text(" ", range.clone());
        }
    }

    fn inline_html(&mut self, range: Range<usize>) {
        self.begin_inline(&range);
        self.last_end = range.end;
        self.node = range.end;
        if self.in_image || range.start < self.bare_end {
            return;
        }
        let text = self.text;
        html_tokens::inline(&text[range.clone()], |token, at| {
            let at = range.start + at.start..range.start + at.end;
            let end = at.end;
            match token {
                Token::Open(tag) if !html_tokens::is_void(&tag.name) => self.out.inline.open(at.start),
                _ => {}
            }
            // A note goes before a `<br>`: behind it, it would stand in a line of its own.
            let ends_line = matches!(&token, Token::Open(tag) if tag.name == "br");
            if !ends_line && !matches!(token, Token::Comment(_)) {
                self.out.inline.extend_source(at.clone());
            }
            self.out.html_token(&token, at, &|at| range.start + at);
            if matches!(token, Token::Close(_)) {
                self.out.inline.close(end);
            }
        });
    }
}

/// The bytes of `range` without the white space at its end.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let end = range.start + text[range.clone()].trim_end().len();
    range.start..end
}
