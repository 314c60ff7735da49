//! The beginning of a page, read no further than needed: title, heading, anchors, where it refreshes to.

use std::time::Duration;

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, REFRESH};
use tokio::time::Instant;

use crate::probe::body;

/// Bodies up to this size, in bytes, are read to their end whatever their type: the connection can then be reused.
const DRAIN_BYTES: u64 = 32 * 1024;
/// Longest delay, in seconds, of a refresh that is followed: a visitor sees the page itself for no longer.
const MAX_REFRESH_DELAY: f64 = 10.0;
/// A page with less text than this, in characters, and a script that opens another address is nothing but a
/// redirect.
const MAX_REDIRECT_TEXT: usize = 80;
/// The largest page, in bytes, in which such a script is looked for.
const MAX_REDIRECT_PAGE: usize = 4096;

/// Longest title, in characters: what the ledger stores.
const MAX_TITLE_CHARS: usize = 200;

/// The beginning of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Its title, white space folded.
    pub(super) title: Option<String>,
    /// Its first main heading.
    pub(super) heading: Option<String>,
    /// The title that it gives to other sites (Open Graph).
    pub(super) shared_title: Option<String>,
    /// The address that it refreshes to, as written.
    pub(super) refresh: Option<String>,
    /// The part that was read.
    pub(super) text: String,
    /// The body, where it was read to its end.
    whole: Option<Vec<u8>>,
}

impl Page {
    /// The text that a visitor sees, in lower case, white space folded, and how many characters of it stand in
    /// paragraphs of running text.
    pub(super) fn visible(&self) -> Visible {
        let mut visible = Visible::default();
        let (mut hidden, mut paragraph) = (false, None::<usize>);
        for token in tokens(self.text.as_bytes()) {
            match token {
                Token::StartTag(tag) => match tag.name.as_slice() {
                    b"script" | b"style" | b"head" | b"title" => hidden = !tag.self_closing,
                    b"p" => paragraph = Some(visible.end_paragraph(paragraph)),
                    b"body" => hidden = false,
                    _ => {}
                },
                Token::EndTag(tag) => match tag.name.as_slice() {
                    b"script" | b"style" | b"head" | b"title" => hidden = false,
                    b"p" => {
                        visible.end_paragraph(paragraph);
                        paragraph = None;
                    }
                    _ => {}
                },
                Token::String(text) if !hidden => {
                    for word in String::from_utf8_lossy(&text).split_whitespace() {
                        visible.text.push_str(word);
                        visible.text.push(' ');
                    }
                }
                _ => {}
            }
        }
        visible.end_paragraph(paragraph);
        visible.text = visible.text.to_lowercase().replace(APOSTROPHES, "'");
        visible
    }

    /// The anchors that a fragment can name (HTML, "Scrolling to a fragment"): every `id`, and the `name` of
    /// every `<a>`. None where the page was not read to its end.
    pub(super) fn anchors(&self) -> Option<Vec<String>> {
        let body = self.whole.as_deref()?;
        let mut anchors = Vec::new();
        for token in tokens(body) {
            let Token::StartTag(tag) = token else { continue };
            let named = if tag.name.as_slice() == b"a" { tag.attributes.get(b"name".as_slice()) } else { None };
            let found = tag.attributes.get(b"id".as_slice()).into_iter().chain(named);
            anchors.extend(found.map(|value| String::from_utf8_lossy(value).into_owned()));
        }
        Some(anchors)
    }
}

/// The characters that are written for an apostrophe.
pub(super) const APOSTROPHES: [char; 5] = ['\u{2019}', '\u{2018}', '\u{2bc}', '\u{b4}', '`'];

/// What a visitor sees of a page.
#[derive(Debug, Default)]
pub(super) struct Visible {
    /// Its text, in lower case, white space folded, apostrophes plain.
    pub(super) text: String,
    /// Characters of it in paragraphs of running text.
    pub(super) prose: usize,
}

/// Characters from which a paragraph counts as running text: shorter ones are labels, greetings and error messages.
const MIN_PROSE_PARAGRAPH: usize = 120;

impl Visible {
    /// Counts the paragraph that began at `start`. Returns where the next begins.
    fn end_paragraph(&mut self, start: Option<usize>) -> usize {
        let chars = start.and_then(|start| self.text.get(start..)).map_or(0, |text| text.chars().count());
        if chars >= MIN_PROSE_PARAGRAPH {
            self.prose += chars;
        }
        self.text.len()
    }
}

/// The tokens of a page; no input is an error.
pub(super) fn tokens(body: &[u8]) -> impl Iterator<Item = Token> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(body, emitter).map(|token| {
        let Ok(token) = token;
        token
    })
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
    let header = response.headers().get(REFRESH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (body, ended) = body::read_prefix(&mut response, max_bytes, Instant::now() + timeout).await;
    if !page {
        return Page::default();
    }
    let mut page = parse(&body);
    page.refresh = header.and_then(|text| refresh_target(&text)).or(page.refresh);
    page.whole = ended.then_some(body);
    page
}

/// Parses title, first heading, and where the page refreshes to.
pub(super) fn parse(body: &[u8]) -> Page {
    let mut page = Page::default();
    let mut open: Option<(bool, Vec<u8>)> = None;
    let (mut hidden, mut chars) = (false, 0);
    for token in tokens(body) {
        match token {
            Token::StartTag(tag) => match tag.name.as_slice() {
                b"title" if page.title.is_none() => open = Some((true, Vec::new())),
                b"h1" if page.heading.is_none() => open = Some((false, Vec::new())),
                b"script" | b"style" => hidden = true,
                b"meta" => page.read_meta(&tag),
                _ => {}
            },
            Token::String(text) => {
                if let Some((_, into)) = &mut open {
                    into.extend_from_slice(&text);
                } else if !hidden {
                    chars += text.trim_ascii().len();
                }
            }
            Token::EndTag(tag) => match tag.name.as_slice() {
                b"script" | b"style" => hidden = false,
                b"title" | b"h1" => {
                    match open.take() {
                        Some((true, words)) => page.title = fold(&words).or(Some(String::new())),
                        Some((false, words)) => page.heading = fold(&words).or(Some(String::new())),
                        None => {}
                    }
                    if page.title.is_some() && page.heading.is_some() {
                        break;
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    let text = String::from_utf8_lossy(body);
    if page.refresh.is_none() && page.heading.is_none() && chars < MAX_REDIRECT_TEXT && body.len() < MAX_REDIRECT_PAGE {
        page.refresh = script_target(&text);
    }
    page.text = text.into_owned();
    page.title = page.title.filter(|title| !title.is_empty());
    page.heading = page.heading.filter(|heading| !heading.is_empty());
    page
}

impl Page {
    fn read_meta(&mut self, tag: &StartTag<()>) {
        let value = |name: &[u8]| tag.attributes.get(name).map(|value| value.as_slice()).unwrap_or_default();
        if value(b"http-equiv").eq_ignore_ascii_case(b"refresh") && self.refresh.is_none() {
            self.refresh = refresh_target(&String::from_utf8_lossy(value(b"content")));
        } else if value(b"property") == b"og:title" && self.shared_title.is_none() {
            self.shared_title = fold(value(b"content"));
        }
    }
}

/// The address in the value of a refresh (`0; url=/new`), in a `Refresh` field or a `meta` element, as HTML reads it
/// ("shared declarative refresh steps"). None where the page stays for long or reloads itself.
fn refresh_target(value: &str) -> Option<String> {
    let (delay, rest) = value.split_once([';', ','])?;
    if delay.trim().parse::<f64>().ok()? > MAX_REFRESH_DELAY {
        return None;
    }
    let rest = rest.trim();
    let is_named = rest.get(..3).is_some_and(|name| name.eq_ignore_ascii_case("url"));
    let rest = if is_named { rest.get(3..)?.trim_start().strip_prefix('=')?.trim() } else { rest };
    let url = rest.trim_matches(|c: char| c == '"' || c == '\'' || c.is_whitespace());
    (!url.is_empty()).then(|| url.to_owned())
}

/// The address that a script opens: `location = "…"`, `location.href = "…"`, `location.replace("…")`.
fn script_target(page: &str) -> Option<String> {
    page.match_indices("location").find_map(|(at, name)| {
        let rest = page.get(at + name.len()..)?;
        let rest = rest.strip_prefix(".href").unwrap_or(rest);
        let rest = match rest.strip_prefix(".replace(").or_else(|| rest.strip_prefix(".assign(")) {
            Some(rest) => rest,
            None => rest.trim_start().strip_prefix('=')?,
        };
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (url, _) = rest.get(1..)?.split_once(quote)?;
        (!url.is_empty()).then(|| url.to_owned())
    })
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
    fn refreshes_are_parsed() {
        for (html, to) in [
            ("<meta http-equiv=refresh content='0; url=/new'>", Some("/new")),
            ("<META HTTP-EQUIV=\"Refresh\" CONTENT=\"3;URL='https://x.org/A'\">", Some("https://x.org/A")),
            ("<meta http-equiv=refresh content='0;/new'>", Some("/new")),
            ("<meta http-equiv=refresh content='300'>", None),
            ("<meta http-equiv=refresh content='300; url=/slides'>", None),
            ("<script>window.location.href = \"/lander\"</script>", Some("/lander")),
            ("<script>location.replace('/A?b')</script>", Some("/A?b")),
            ("<h1>A page</h1><script>location.href='/x'</script>", None),
            ("<script>if (location.hash) {}</script>", None),
        ] {
            assert_eq!(parse(html.as_bytes()).refresh.as_deref(), to, "{html}");
        }
        let page = format!("<script>button.onclick = () => location.href='/x'</script>{}", "words ".repeat(20));
        assert_eq!(parse(page.as_bytes()).refresh, None);
    }

    #[test]
    fn visible_text_and_running_text_are_told_apart() {
        let long = "word ".repeat(30);
        let html = format!("<head><title>T</title></head><script>hidden</script><P>Short</P><p>{long}<p>{long}</p>");
        let visible = parse(html.as_bytes()).visible();
        assert!(visible.text.starts_with("short word ") && !visible.text.contains("hidden"), "{}", visible.text);
        assert_eq!(visible.prose, 300);
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
