//! Raw HTML inside Markdown, as tokens.
//!
//! Never a tree: an unclosed element of a real list must not swallow what follows it. Text inside `<style>`
//! or `<script>` is read as any other, because GitHub escapes those tags (GFM, "Disallowed Raw HTML").

use std::convert::Infallible;
use std::ops::Range;

use html5gum::emitters::callback::{Callback, CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

/// The value of an attribute, entities decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) text: String,
    /// Its bytes as written; empty where the attribute has no value.
    pub(super) span: Range<usize>,
}

/// A start tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tag {
    /// In lower case.
    pub(super) name: String,
    pub(super) href: Option<Value>,
    pub(super) src: Option<Value>,
    pub(super) alt: Option<String>,
    /// Its `id` and `name`: places that a link can lead to.
    pub(super) anchors: Vec<String>,
}

/// A piece of raw HTML.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open(&'a Tag),
    /// An end tag, by its name in lower case.
    Close(&'a str),
    Text(&'a str),
    Comment(&'a str),
}

/// Reads `html` and hands every token on with its bytes, relative to `html`.
pub(super) fn tokenize(html: &str, on: impl FnMut(Token<'_>, Range<usize>)) {
    let reader = Reader { on, tag: Tag::default(), attribute: Attribute::Other, start: 0, open: false };
    let emitter = CallbackEmitter::new(reader);
    // Reading from memory cannot fail.
    let Ok(()) = Tokenizer::new_with_emitter(html, emitter).finish();
}

/// Reads the single tag or comment that inline HTML is.
pub(super) fn inline(html: &str, mut on: impl FnMut(Token<'_>, Range<usize>)) {
    let span = 0..html.len();
    if let Some(comment) = html.strip_prefix("<!--") {
        on(Token::Comment(comment.strip_suffix("-->").unwrap_or(comment)), span);
        return;
    }
    let close = html.starts_with("</");
    let rest = html.trim_start_matches(['<', '/']);
    let name = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
    if close {
        on(Token::Close(&name), span);
    } else if html.contains('=') || matches!(name.as_str(), "a" | "img") {
        tokenize(html, on);
    } else if !name.is_empty() {
        on(Token::Open(&Tag { name, ..Tag::default() }), span);
    }
}

/// `text`, which has no tags, with its entities decoded; those of CommonMark end with `;`.
pub(super) fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'#';
        let length = 1 + rest.as_bytes()[1..].iter().take(LONGEST_ENTITY).take_while(|b| name(b)).count();
        if rest.as_bytes().get(length) != Some(&b';') {
            out.push('&');
            rest = &rest[1..];
            continue;
        }
        tokenize(&rest[..=length], |token, _| {
            if let Token::Text(decoded) = token {
                out.push_str(decoded);
            }
        });
        rest = &rest[length + 1..];
    }
    out + rest
}

/// The longest name of a character in HTML, `CounterClockwiseContourIntegral`, in bytes.
const LONGEST_ENTITY: usize = 31;

/// Whether an element has no end tag (HTML, section "Void elements").
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "source"
            | "track"
            | "wbr"
    )
}

#[derive(Clone, Copy)]
enum Attribute {
    Href,
    Src,
    Alt,
    Anchor,
    Other,
}

struct Reader<F> {
    on: F,
    tag: Tag,
    attribute: Attribute,
    start: usize,
    open: bool,
}

impl<F> Reader<F> {
    fn begin(&mut self, name: &[u8], start: usize) {
        self.tag.name.clear();
        self.tag.name.push_str(&String::from_utf8_lossy(name));
        self.tag.href = None;
        self.tag.src = None;
        self.tag.alt = None;
        self.tag.anchors.clear();
        self.start = start;
        self.open = true;
    }

    /// Notes which attribute comes; the first of a name counts, and an empty value is a value.
    fn attribute(&mut self, name: &[u8], end: usize) {
        let empty = || Some(Value { text: String::new(), span: end..end });
        self.attribute = match name {
            b"href" if self.tag.href.is_none() => {
                self.tag.href = empty();
                Attribute::Href
            }
            b"src" if self.tag.src.is_none() => {
                self.tag.src = empty();
                Attribute::Src
            }
            b"alt" if self.tag.alt.is_none() => Attribute::Alt,
            b"id" | b"name" => Attribute::Anchor,
            _ => Attribute::Other,
        };
    }

    fn value(&mut self, value: &[u8], span: Range<usize>) {
        if matches!(self.attribute, Attribute::Other) {
            return;
        }
        let text = String::from_utf8_lossy(value).into_owned();
        match self.attribute {
            Attribute::Href => self.tag.href = Some(Value { text, span }),
            Attribute::Src => self.tag.src = Some(Value { text, span }),
            Attribute::Alt => self.tag.alt = Some(text),
            Attribute::Anchor => self.tag.anchors.push(text),
            Attribute::Other => {}
        }
    }
}

impl<F: FnMut(Token<'_>, Range<usize>)> Callback<Infallible, usize> for Reader<F> {
    fn handle_event(&mut self, event: CallbackEvent<'_>, span: Span<usize>) -> Option<Infallible> {
        let range = span.start..span.end;
        match event {
            CallbackEvent::OpenStartTag { name } => self.begin(name, span.start),
            CallbackEvent::AttributeName { name } if self.open => self.attribute(name, span.end),
            CallbackEvent::AttributeValue { value } if self.open => self.value(value, range),
            CallbackEvent::CloseStartTag { .. } => {
                self.open = false;
                (self.on)(Token::Open(&self.tag), self.start..span.end);
            }
            CallbackEvent::EndTag { name } => {
                self.open = false;
                (self.on)(Token::Close(&String::from_utf8_lossy(name)), range);
            }
            CallbackEvent::String { value } => (self.on)(Token::Text(&String::from_utf8_lossy(value)), range),
            CallbackEvent::Comment { value } => (self.on)(Token::Comment(&String::from_utf8_lossy(value)), range),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(html: &str) -> Vec<String> {
        let mut all = Vec::new();
        tokenize(html, |token, span| {
            let source = &html[span];
            all.push(match token {
                Token::Open(tag) => {
                    let at = |v: &Option<Value>| v.as_ref().map(|v| (v.text.clone(), html[v.span.clone()].to_owned()));
                    format!("{source} {} {:?} {:?} {:?}", tag.name, at(&tag.href), at(&tag.src), tag.anchors)
                }
                Token::Close(name) => format!("{source} /{name}"),
                Token::Text(text) => format!("{source} {text}"),
                Token::Comment(text) => format!("{source} !{text}"),
            });
        });
        all
    }

    #[test]
    fn tags_and_attributes_have_their_bytes() {
        assert_eq!(
            tokens("ä <a HREF=https://x.example/y?a=1&amp;b>t</a>"),
            [
                "ä  ä ",
                r#"<a HREF=https://x.example/y?a=1&amp;b> a Some(("https://x.example/y?a=1&b", "https://x.example/y?a=1&amp;b")) None []"#,
                "t t",
                "</a> /a"
            ]
        );
        assert_eq!(
            tokens("<img src='ä.png' src=b id=\"x\" alt><a href=\"\"><a href>"),
            [
                r#"<img src='ä.png' src=b id="x" alt> img None Some(("ä.png", "ä.png")) ["x"]"#,
                r#"<a href=""> a Some(("", "")) None []"#,
                r#"<a href> a Some(("", "")) None []"#
            ]
        );
    }

    #[test]
    fn comments_and_style_hide_nothing_else() {
        assert_eq!(
            tokens("<!-- <a href=x> --><style><a href=y>"),
            [
                "<!-- <a href=x> --> ! <a href=x> ",
                "<style> style None None []",
                r#"<a href=y> a Some(("y", "y")) None []"#
            ]
        );
        assert_eq!(tokens("<a href=x"), Vec::<String>::new());
    }

    #[test]
    fn inline_tags_take_the_short_way() {
        let mut all = Vec::new();
        for html in ["<b>", "</B >", "<br/>", "<!-- x -->", "<a href=\"u\">"] {
            inline(html, |token, _| all.push(format!("{token:?}").split("href").next().unwrap_or_default().to_owned()));
        }
        assert_eq!(all[1], "Close(\"b\")");
        assert_eq!(all[3], "Comment(\" x \")");
        assert!(all[0].starts_with("Open(Tag { name: \"b\"") && all[2].starts_with("Open(Tag { name: \"br\""));
    }
}
