//! Escaping of untrusted text for each medium.
//!
//! Nothing is dropped silently: a hidden character is shown as its code point.

use std::borrow::Cow;
use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::is_hidden;

/// The longest piece of untrusted text in a report, in characters: five lines of 80 columns.
pub const MAX_CHARACTERS: usize = 400;

/// For a terminal or a log: hidden characters become `\u{…}`, tabs spaces. The runner of GitHub Actions executes
/// `::command::` at the start of a line and `##[command]` anywhere, so those are escaped the same way.
pub fn terminal(text: &str) -> Cow<'_, str> {
    let command = text.trim_start().starts_with("::") || text.contains("##[");
    if !command && !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut safe = visible(text);
    if safe.trim_start().starts_with("::") {
        safe = safe.replacen(':', "\\u{3a}", 1);
    }
    Cow::Owned(safe)
}

fn visible(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '[' if safe.ends_with("##") => {
                safe.pop();
                safe.push_str("\\u{23}[");
            }
            '\t' => safe.push(' '),
            c if is_hidden(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    safe
}

/// For the data of a workflow command; line ends stay line ends in the annotation.
pub fn command_data(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> = text.lines().map(terminal).collect();
    lines.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// For a property of a workflow command.
pub fn command_property(text: &str) -> String {
    visible(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}

/// For HTML text and for attributes in double or single quotes.
pub fn html(text: &str) -> String {
    marked_up(&visible(text))
}

/// For text and attributes of XML 1.0, which cannot represent most control characters.
pub fn xml(text: &str) -> String {
    let allowed = text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    marked_up(&visible(&allowed))
}

fn marked_up(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// For a code span of GitHub's Markdown (not in a table): nothing in it is a link, a mention or HTML.
pub fn code(text: &str) -> String {
    let safe = visible(text);
    let safe = safe.trim();
    if safe.is_empty() {
        return String::from("` `");
    }
    let fence = "`".repeat(longest_run(safe, '`') + 1);
    let pad = if safe.starts_with('`') || safe.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{safe}{pad}{fence}")
}

fn longest_run(text: &str, of: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == of { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// For running text of GitHub's Markdown on one line: no markup, no HTML, no links, no mentions.
///
/// GitHub finds `@name` and `#1` in the rendered text, where a backslash no longer helps, so a word joiner
/// follows those. A colon is escaped only where it would start an address or an emoji code: elsewhere the
/// backslash would be visible to readers of the source.
pub fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    let visible = visible(text);
    let mut rest = visible.chars();
    while let Some(c) = rest.next() {
        match c {
            '@' | '#' => {
                let _ = write!(safe, "\\{c}\u{2060}");
            }
            ':' if rest.as_str().is_empty() || rest.as_str().starts_with(' ') => safe.push(':'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '!' | '&' | ':' | '$' | '{' | '}' => {
                let _ = write!(safe, "\\{c}");
            }
            '.' if safe.to_ascii_lowercase().ends_with("www") => safe.push_str("\\."),
            c => safe.push(c),
        }
    }
    safe
}

/// For a sentence of ours in Markdown: what it quotes in backticks becomes code, the rest is escaped.
pub fn prose(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    let last = parts.len() - 1;
    let quoted = |i: usize| i % 2 == 1 && i < last;
    parts.iter().enumerate().map(|(i, part)| if quoted(i) { code(part) } else { markdown(part) }).collect()
}

/// A file's path as part of an address: percent-encoded (RFC 3986), its slashes kept.
pub fn path(file: &str) -> String {
    const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
    utf8_percent_encode(file, PATH).to_string()
}

/// Serialised JSON without characters that a terminal interprets and without `##[`. Parsers read the same value
/// from it, because those characters can only occur inside strings.
pub fn json(serialised: &str) -> Cow<'_, str> {
    let plain = |b: u8| matches!(b, b' '..=b'~' | b'\n');
    if serialised.bytes().all(plain) && !serialised.contains("##[") {
        return Cow::Borrowed(serialised);
    }
    let mut safe = String::with_capacity(serialised.len());
    for c in serialised.chars() {
        if is_hidden(c) && c != '\n' {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe.replace("##[", "#\\u0023["))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_controls_are_escaped() {
        for (text, safe) in [
            ("plain — 中文 👩‍💻", "plain — 中文 👩‍💻"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("a\u{202e}b\u{2066}c", "a\\u{202e}b\\u{2066}c"),
            ("a\nb\tc\r", "a\\u{a}b c\\u{d}"),
            ("\u{9b}1m", "\\u{9b}1m"),
            ("  ::error::x", "  \\u{3a}:error::x"),
            ("a ##[add-mask]b", "a #\\u{23}[add-mask]b"),
            ("###[x", "##\\u{23}[x"),
            ("a::b", "a::b"),
        ] {
            assert_eq!(terminal(text), safe, "{text:?}");
        }
    }

    #[test]
    fn paths_are_encoded_for_addresses() {
        assert_eq!(path("docs/my list#1?.md"), "docs/my%20list%231%3F.md");
        assert_eq!(path("中~_.md"), "%E4%B8%AD~_.md");
    }

    #[test]
    fn workflow_commands_are_escaped() {
        assert_eq!(command_data("50%\r\n::error::x\nb"), "50%25%0A\\u{3a}:error::x%0Ab");
        assert_eq!(command_property("a:b,c%\n"), "a%3Ab%2Cc%25\\u{a}".replace(':', "%3A"));
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(html("<a href='x'>\"&"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
        assert_eq!(xml("a\u{0}b\u{ffff}##[x"), "a\\u{0}b\u{fffd}#\\u{23}[x");
    }

    #[test]
    fn markdown_is_escaped() {
        for (text, safe) in [
            ("a](http://x)", "a\\](http\\://x)"),
            ("<script>", "\\<script\\>"),
            ("a|b", "a\\|b"),
            ("@me #1", "\\@\u{2060}me \\#\u{2060}1"),
            ("www.x.org", "www\\.x.org"),
            ("dead: :smile:", "dead: \\:smile:"),
            ("a\nb", "a\\\\u\\{a\\}b"),
        ] {
            assert_eq!(markdown(text), safe, "{text:?}");
        }
        assert_eq!(code("a`b|"), "``a`b|``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(prose("`a/b` is @x's, not `c"), "`a/b` is \\@\u{2060}x's, not c");
    }

    #[test]
    fn escaped_json_has_the_same_value() {
        let value = serde_json::json!({"a": "\u{202e}##[error]\u{e0041}\u{9b}"});
        let text = value.to_string();
        let safe = json(&text);
        assert!(safe.is_ascii() && !safe.contains("##["), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }
}
