//! The head of a page: read no further than needed, and what it calls itself.

use std::time::Duration;

use html5gum::{DefaultEmitter, Token, Tokenizer};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use tokio::time::{Instant, timeout_at};

/// Bodies up to this size are read to their end whatever they are: the connection can then be used again.
const DRAIN: u64 = 32 * 1024;
/// Characters of a title that are kept.
const TITLE: usize = 200;

/// The head of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Its title, white space folded.
    pub(super) title: Option<String>,
    /// Its first main heading.
    pub(super) heading: Option<String>,
    /// What was read of it, in lower case.
    pub(super) text: String,
    /// What was read of it, where that is all of it.
    whole: Option<Vec<u8>>,
}

impl Page {
    /// The anchors that a fragment can name (HTML, "Scrolling to a fragment"): every `id`, and the `name` of
    /// every `<a>`. None where the page was not read to its end.
    pub(super) fn anchors(&self) -> Option<Vec<String>> {
        let body = self.whole.as_deref()?;
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let mut anchors = Vec::new();
        for token in Tokenizer::new_with_emitter(body, emitter) {
            let Ok(Token::StartTag(tag)) = token else { continue };
            let named = if tag.name.as_slice() == b"a" { tag.attributes.get(b"name".as_slice()) } else { None };
            let found = tag.attributes.get(b"id".as_slice()).into_iter().chain(named);
            anchors.extend(found.map(|value| String::from_utf8_lossy(value).into_owned()));
        }
        Some(anchors)
    }
}

/// Whether an answer's body is text that a person reads in a browser.
fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("").to_ascii_lowercase();
    kind.starts_with("text/html") || kind.starts_with("application/xhtml")
}

/// Reads the head of an answer's page: at most `most` bytes, and for `patience` at most. A body that breaks
/// off or cannot be decoded ends there.
pub(super) async fn read(mut response: reqwest::Response, most: usize, patience: Duration) -> Page {
    let page = is_page(response.headers());
    let length =
        response.headers().get(CONTENT_LENGTH).and_then(|n| n.to_str().ok()).and_then(|n| n.parse::<u64>().ok());
    if !page && length.is_none_or(|length| length > DRAIN) {
        return Page::default();
    }
    let until = Instant::now() + patience;
    let mut body = Vec::new();
    let mut ended = false;
    while body.len() < most {
        let Ok(Ok(Some(chunk))) = timeout_at(until, response.chunk()).await.inspect(|chunk| {
            ended = matches!(chunk, Ok(None));
        }) else {
            break;
        };
        let room = most - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
    }
    if !page {
        return Page::default();
    }
    Page { whole: ended.then(|| body.clone()), ..parse(&body) }
}

/// Reads a page's own names for itself.
pub(super) fn parse(body: &[u8]) -> Page {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let (mut title, mut heading) = (None, None);
    let mut open: Option<(bool, Vec<u8>)> = None;
    for token in Tokenizer::new_with_emitter(body, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => match tag.name.as_slice() {
                b"title" if title.is_none() => open = Some((true, Vec::new())),
                b"h1" if heading.is_none() => open = Some((false, Vec::new())),
                _ => {}
            },
            Token::String(text) => {
                if let Some((_, into)) = &mut open {
                    into.extend_from_slice(&text);
                }
            }
            Token::EndTag(tag) if matches!(tag.name.as_slice(), b"title" | b"h1") => {
                match open.take() {
                    Some((true, words)) => title = Some(words),
                    Some((false, words)) => heading = Some(words),
                    None => {}
                }
                if title.is_some() && heading.is_some() {
                    break;
                }
            }
            _ => {}
        }
    }
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    Page { title: title.as_deref().and_then(fold), heading: heading.as_deref().and_then(fold), text, whole: None }
}

/// A title as it is kept: white space folded, control characters gone, 200 characters. Bytes that are no UTF-8
/// are no title: a wrong guess at an old character set would look like a change.
fn fold(words: &[u8]) -> Option<String> {
    let words = std::str::from_utf8(words).ok()?;
    let clean = words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let folded: String = clean.collect::<Vec<_>>().join(" ").chars().take(TITLE).collect();
    (!folded.is_empty()).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_page_tells_its_anchors() {
        let body = b"<h2 id=usage>x</h2><a name='old'></a><!-- <p id=no> --><p id=\"&uuml;\">".to_vec();
        let page = Page { whole: Some(body), ..Page::default() };
        assert_eq!(page.anchors().unwrap(), ["usage", "old", "\u{fc}"]);
        assert_eq!(Page::default().anchors(), None);
    }

    #[test]
    fn a_page_names_itself() {
        let page = parse(b"<!doctype html><HEAD><title>\n A &amp; B\t</title></HEAD><script>'<h1>no</h1>'</script><h1>Good <b>day</b></h1>");
        assert_eq!(page.title.as_deref(), Some("A & B"));
        assert_eq!(page.heading.as_deref(), Some("Good day"));
        assert_eq!(parse(b"<title></title>").title, None);
        assert_eq!(parse(b"<title>cut sho").title, None);
        assert_eq!(parse(b"<title>\xff\xfe</title>").title, None);
        assert_eq!(parse(b"<svg><title>icon</title></svg>").title.as_deref(), Some("icon"));
        let long = format!("<title>{}</title>", "x".repeat(300));
        assert_eq!(parse(long.as_bytes()).title.map(|t| t.len()), Some(200));
    }
}
