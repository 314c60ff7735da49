//! Where the destination of a link stands in the source.

use std::ops::Range;

/// The bytes of the destination in `rest`, the source from the end of a link's text to the link's end; none
/// where the link is no inline link (CommonMark, section "Links").
pub(super) fn of_inline_link(text: &str, rest: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let inside = &bytes[rest.clone()];
    let open = rest.start + if inside.starts_with(b"](") { 0 } else { memchr::memmem::find(inside, b"](")? };
    Some(written(&bytes[..rest.end], open + 2))
}

/// The bytes of the destination in the definition at `span`; none where its label has no end (CommonMark,
/// section "Link reference definitions").
pub(super) fn of_definition(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes().get(..span.end)?;
    let mut at = span.start;
    while *bytes.get(at)? != b']' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    let start = at + 2;
    (bytes.get(at + 1) == Some(&b':')).then(|| {
        // In a quote the destination may stand on the next line, behind its mark.
        let skipped = bytes[start..].iter().take_while(|b| b.is_ascii_whitespace() || **b == b'>').count();
        let end = start + skipped;
        if bytes.get(end) == Some(&b'<') {
            return written(bytes, end);
        }
        let length = bytes[end..].iter().take_while(|b| !b.is_ascii_whitespace()).count();
        end..end + length
    })
}

/// The destination that follows `from`, its angle brackets excluded.
fn written(bytes: &[u8], from: usize) -> Range<usize> {
    let start = from + bytes[from..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    if bytes.get(start) == Some(&b'<') {
        let end = closing(bytes, start + 1, |b, _| b == b'>');
        return start + 1..end;
    }
    start..closing(bytes, start, |b, depth| b.is_ascii_whitespace() || (b == b')' && depth == 0))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_has_its_destination_behind_its_label() {
        for (text, destination) in [
            ("[https://a.example]: https://a.example", Some("https://a.example")),
            ("[a\\]b]: <https://a.example/x y> 't'", Some("https://a.example/x y")),
            ("[a]:\n  u", Some("u")),
            ("[a", None),
        ] {
            assert_eq!(of_definition(text, 0..text.len()).map(|at| &text[at]), destination, "{text}");
        }
        let text = "> [a]:\n> https://a.example";
        assert_eq!(of_definition(text, 2..text.len()).map(|at| &text[at]), Some("https://a.example"));
    }
}
