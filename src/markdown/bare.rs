//! URLs and addresses in running text, as GFM's extended autolinks define them.
//!
//! Follows the section "Autolinks (extension)" of the GFM specification where GitHub's own implementation
//! does: a URL goes on through any text that is not ASCII white space or `<`, full-width punctuation
//! included, and loses trailing punctuation. It does not know where links are forbidden (inside brackets,
//! code and other links): the reader does.

use std::ops::Range;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// A URL or address that stands in running text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bare {
    /// Its bytes.
    pub(super) span: Range<usize>,
    /// Where it leads: `www.` gains `http://`, an address gains `mailto:`.
    pub(super) url: String,
}

/// What a bare URL or address may not leave.
#[derive(Debug, Clone)]
pub(super) struct Within {
    /// The inline content: URLs are read before emphasis and links are resolved.
    pub(super) content: Range<usize>,
    /// The stretch of text without marks of emphasis or links: mail addresses are read afterwards.
    pub(super) node: Range<usize>,
}

/// The first bare URL or address in `search`.
///
/// An address is recognised by its `@`, and begins before it. `in_brackets` leaves only addresses.
pub(super) fn find(text: &str, search: Range<usize>, within: &Within, in_brackets: bool) -> Option<Bare> {
    let bytes = text.as_bytes();
    let search = search.start..search.end.min(within.content.end).max(search.start);
    for at in memchr::memchr3_iter(b':', b'w', b'@', &bytes[search.clone()]) {
        let at = search.start + at;
        let found = match bytes[at] {
            b':' if !in_brackets => url(text, at, &within.content),
            b'w' if !in_brackets => www(text, at, &within.content),
            b'@' => address(text, at, &within.node),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// A URL whose colon is at `colon`.
fn url(text: &str, colon: usize, content: &Range<usize>) -> Option<Bare> {
    let bytes = text.as_bytes();
    let host = colon + 3;
    if host >= content.end || &bytes[colon..host] != b"://" {
        return None;
    }
    let scheme = bytes[content.start..colon].iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
    let start = colon - scheme;
    let known = [b"http".as_slice(), b"https", b"ftp"].iter().any(|s| s.eq_ignore_ascii_case(&bytes[start..colon]));
    if !known
        || !text[host..content.end].chars().next().is_some_and(is_host_character)
        || !is_domain(&bytes[host..content.end], 0)
    {
        return None;
    }
    let end = colon + trimmed(&bytes[colon..end_of_url(bytes, host, content.end)]);
    Some(Bare { span: start..end, url: text[start..end].to_owned() })
}

/// A host name that begins with `www.` at `start`.
fn www(text: &str, start: usize, content: &Range<usize>) -> Option<Bare> {
    let bytes = text.as_bytes();
    if !bytes[start..content.end].starts_with(b"www.") {
        return None;
    }
    let before = (start > content.start).then(|| bytes[start - 1]);
    if before.is_some_and(|b| !matches!(b, b'*' | b'_' | b'~' | b'(') && !is_space(b)) {
        return None;
    }
    if !is_domain(&bytes[start..content.end], 1) {
        return None;
    }
    let end = start + trimmed(&bytes[start..end_of_url(bytes, start, content.end)]);
    (end > start).then(|| Bare { span: start..end, url: format!("http://{}", &text[start..end]) })
}

/// A mail address around the `@` at `at`.
fn address(text: &str, at: usize, node: &Range<usize>) -> Option<Bare> {
    let bytes = text.as_bytes();
    let local = bytes[node.start.min(at)..at]
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || b".+-_".contains(b))
        .count();
    if local == 0 || at >= node.end {
        return None;
    }
    let mut start = at - local;
    let scheme = ["mailto:", "xmpp:"].into_iter().find(|s| bytes[node.start..start].ends_with(s.as_bytes()));
    start -= scheme.map_or(0, str::len);
    if start > node.start && bytes[start - 1] == b'@' {
        return None;
    }
    let mut end = at + 1;
    let mut dots = 0;
    while end < node.end {
        match bytes[end] {
            b'.' if bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric) && end + 1 < node.end => dots += 1,
            b'-' | b'_' => {}
            b if b.is_ascii_alphanumeric() => {}
            b'/' if scheme == Some("xmpp:") => {}
            b'@' => return None,
            _ => break,
        }
        end += 1;
    }
    let last = bytes[end - 1];
    if dots == 0 || !(last.is_ascii_alphabetic() || last == b'.') {
        return None;
    }
    let end = at + trimmed(&bytes[at..end]);
    let prefix = if scheme.is_some() { "" } else { "mailto:" };
    Some(Bare { span: start..end, url: format!("{prefix}{}", &text[start..end]) })
}

/// ASCII white space, the only kind that ends a URL.
fn is_space(b: u8) -> bool {
    matches!(b, b'\t'..=b'\r' | b' ')
}

fn is_host_character(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_punctuation() && !c.is_ascii_whitespace();
    }
    !c.is_whitespace() && c.general_category_group() != GeneralCategoryGroup::Punctuation
}

/// Whether `host`, the text up to the end of the inline content, begins with a domain: `dots` or more between
/// names, no underscore in the last two, an escaped character counted as itself.
///
/// GitHub does not look at the last byte of the content: `_https://a.example_` is a link in emphasis.
fn is_domain(host: &[u8], dots: usize) -> bool {
    let (mut found, mut before_last, mut last) = (0, 0, 0);
    let end = host.len().saturating_sub(1);
    let mut at = 1;
    while at < end {
        if host[at] == b'\\' && at + 1 < end {
            at += 1;
        }
        match host[at] {
            b'_' => last += 1,
            b'.' => {
                (before_last, last) = (last, 0);
                found += 1;
            }
            b'-' => {}
            b if b.is_ascii_alphanumeric() => {}
            _ => break,
        }
        at += 1;
    }
    // A name of so many parts is accepted as it is, as GitHub does (GHSA-29g3-96g3-jg6c).
    found >= dots && ((before_last == 0 && last == 0) || found > 10)
}

fn end_of_url(bytes: &[u8], from: usize, to: usize) -> usize {
    bytes[from..to].iter().position(|&b| is_space(b) || b == b'<').map_or(to, |n| from + n)
}

/// How much of `link` is left without the punctuation that ends a sentence around it.
fn trimmed(link: &[u8]) -> usize {
    let opening = memchr::memchr_iter(b'(', link).count();
    let mut closing = memchr::memchr_iter(b')', link).count();
    let mut end = link.len();
    while end > 0 {
        match link[end - 1] {
            b')' if closing > opening => {
                closing -= 1;
                end -= 1;
            }
            b'?' | b'!' | b'.' | b',' | b':' | b'*' | b'_' | b'~' | b'\'' | b'"' => end -= 1,
            b';' => {
                let name = link[..end - 1].iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
                let before = end - 1 - name;
                end = if name > 0 && before > 0 && link[before - 1] == b'&' { before - 1 } else { end - 1 };
            }
            _ => return end,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let within = Within { content: 0..text.len(), node: 0..text.len() };
        let mut from = 0;
        let mut all = Vec::new();
        while let Some(bare) = find(text, from..text.len(), &within, false) {
            from = bare.span.end;
            all.push(bare.url);
        }
        all
    }

    #[test]
    fn urls_end_as_on_github() {
        for (text, urls) in [
            ("see http://a.example/b.", vec!["http://a.example/b"]),
            ("(https://a.example/b_(c))", vec!["https://a.example/b_(c)"]),
            ("https://a.example/?x=1&amp; y", vec!["https://a.example/?x=1"]),
            ("https://a.example/x&y; z", vec!["https://a.example/x"]),
            ("详见：https://a.example/b）和后面。 z", vec!["https://a.example/b）和后面。"]),
            ("Https://A.example", vec!["Https://A.example"]),
            ("xhttps://a.example", vec![]),
            ("1https://a.example", vec!["https://a.example"]),
            ("https:// a", vec![]),
            ("https://（a", vec![]),
            ("http://localhost:8080/x", vec!["http://localhost:8080/x"]),
            ("http://a_b.c/d", vec![]),
            ("http://a_b.c.d/e", vec!["http://a_b.c.d/e"]),
            ("ftp://a.example git://b.example", vec!["ftp://a.example"]),
            ("https://a.example<b>", vec!["https://a.example"]),
        ] {
            assert_eq!(found(text), urls, "{text}");
        }
    }

    #[test]
    fn names_and_addresses_are_found() {
        for (text, urls) in [
            ("www.a.example/b, c", vec!["http://www.a.example/b"]),
            ("(www.a.example)", vec!["http://www.a.example"]),
            ("xwww.a.example", vec![]),
            ("new www. x", vec!["http://www"]),
            ("write to a.b+c@d.example.", vec!["mailto:a.b+c@d.example"]),
            ("mailto:a@b.example", vec!["mailto:a@b.example"]),
            ("a@b", vec![]),
            ("@b.example", vec![]),
            ("a@b.example-", vec![]),
            ("a@b@c.example", vec![]),
        ] {
            assert_eq!(found(text), urls, "{text}");
        }
    }

    #[test]
    fn brackets_leave_only_addresses() {
        let text = "https://a.example a@b.example";
        let within = Within { content: 0..text.len(), node: 0..text.len() };
        let bare = find(text, 0..text.len(), &within, true);
        assert_eq!(bare.map(|b| b.url).as_deref(), Some("mailto:a@b.example"));
    }
}
