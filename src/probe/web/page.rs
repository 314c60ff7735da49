//! The beginning of a page, read no further than needed: title, heading, anchors.

use std::time::Duration;

use html5gum::{DefaultEmitter, Token, Tokenizer};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use tokio::time::{Instant, timeout_at};

/// Bodies up to this size, in bytes, are read to their end whatever their type: the connection can then be reused.
const DRAIN_BYTES: u64 = 32 * 1024;
/// Longest title, in characters: what the ledger stores.
const MAX_TITLE_CHARS: usize = 200;

/// The beginning of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Its title, white space folded.
    pub(super) title: Option<String>,
    /// Its first main heading.
    pub(super) heading: Option<String>,
    /// The part that was read, in lower case.
    pub(super) text: String,
    /// The body, where it was read to its end.
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

/// Whether an answer is an HTML page.
fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("").to_ascii_lowercase();
    kind.starts_with("text/html") || kind.starts_with("application/xhtml")
}

/// Reads the beginning of an answer's page: at most `max_bytes` bytes, for `timeout` at most. A body that breaks
/// off or cannot be decoded ends there.
pub(super) async fn read(mut response: reqwest::Response, max_bytes: usize, timeout: Duration) -> Page {
    let page = is_page(response.headers());
    let length =
        response.headers().get(CONTENT_LENGTH).and_then(|n| n.to_str().ok()).and_then(|n| n.parse::<u64>().ok());
    if !page && length.is_none_or(|length| length > DRAIN_BYTES) {
        return Page::default();
    }
    let until = Instant::now() + timeout;
    let mut body = Vec::new();
    let mut ended = false;
    while body.len() < max_bytes {
        let Ok(Ok(Some(chunk))) = timeout_at(until, response.chunk()).await.inspect(|chunk| {
            ended = matches!(chunk, Ok(None));
        }) else {
            break;
        };
        let rest = max_bytes - body.len();
        body.extend_from_slice(chunk.get(..rest).unwrap_or(&chunk));
    }
    if !page {
        return Page::default();
    }
    Page { whole: ended.then(|| body.clone()), ..parse(&body) }
}

/// Parses title and first heading.
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

/// A title as it is stored: white space folded, without control characters, at most [`MAX_TITLE_CHARS`]. Bytes that are
/// not UTF-8 give no title: a wrong guess at an old character set would look like a change.
fn fold(words: &[u8]) -> Option<String> {
    let words = std::str::from_utf8(words).ok()?;
    let clean = words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let folded: String = clean.collect::<Vec<_>>().join(" ").chars().take(MAX_TITLE_CHARS).collect();
    (!folded.is_empty()).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_read_to_its_end_has_anchors() {
        let body = b"<h2 id=usage>x</h2><a name='old'></a><!-- <p id=no> --><p id=\"&uuml;\">".to_vec();
        let page = Page { whole: Some(body), ..Page::default() };
        assert_eq!(page.anchors().unwrap(), ["usage", "old", "\u{fc}"]);
        assert_eq!(Page::default().anchors(), None);
    }

    #[test]
    fn title_and_heading_are_parsed() {
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
