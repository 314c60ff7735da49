//! Escapes untrusted text for the place where it stands.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

use crate::text::is_hidden;

/// No title and no description is longer than this many columns, whatever the policy asks for.
pub const LONGEST: usize = 2_000;

/// A word joiner as Markdown writes it: GitHub links nothing by itself across it, and no line breaks there.
const BREAK: &str = "&#8288;";

/// Text without control characters and bidirectional controls, its white space folded.
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.chars() {
        if c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}' | '\0') {
            blank = !clean.is_empty();
        } else if !is_hidden(c) {
            if std::mem::take(&mut blank) {
                clean.push(' ');
            }
            clean.push(c);
        }
    }
    clean
}

/// Text as it stands in a paragraph, an item, a heading or a table's cell: nothing in it is Markdown or HTML, and
/// nothing is linked, mentioned or referred to.
pub fn text(text: &str) -> String {
    escaped(&clean(text), true)
}

/// Text as it stands between the brackets of a link, where nobody is mentioned and no number refers to anything.
pub fn link_text(text: &str) -> String {
    escaped(&clean(text), false)
}

fn escaped(text: &str, breaks: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let chars: Vec<char> = text.chars().collect();
    let word = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphanumeric());
    for (at, c) in chars.iter().copied().enumerate() {
        let (before, after) = (word(at.checked_sub(1)), word(Some(at + 1)));
        match c {
            '\\' | '`' | '*' | '[' | ']' | '|' | '#' | '~' | '$' => out.extend(['\\', c]),
            '_' if !(before && after) => out.push_str("\\_"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' if after || chars.get(at + 1) == Some(&'#') => out.push_str("&amp;"),
            '-' | '+' | '=' if at == 0 => out.extend(['\\', c]),
            '.' | ')' if at > 0 && at < 10 && chars[..at].iter().all(char::is_ascii_digit) => out.extend(['\\', c]),
            _ => out.push(c),
        }
        if (breaks || !matches!(c, '@' | '#')) && must_break(&chars, at) {
            out.push_str(BREAK);
        }
    }
    out
}

/// Whether GitHub would make something of what begins or goes on after the character at `at`: `@name`, `#123`,
/// `https://…`, `www.…`.
fn must_break(chars: &[char], at: usize) -> bool {
    match chars[at] {
        '@' => chars.get(at + 1).is_some_and(|next| !next.is_whitespace()),
        '#' => chars.get(at + 1).is_some_and(char::is_ascii_digit),
        ':' => chars[at + 1..].starts_with(&['/', '/']),
        'w' | 'W' if chars.get(at + 1) == Some(&'.') && at >= 2 => {
            let www = chars[at - 2..at].iter().all(|c| c.eq_ignore_ascii_case(&'w'));
            www && !at.checked_sub(3).is_some_and(|at| chars[at].is_alphanumeric())
        }
        _ => false,
    }
}

/// An address between the parentheses of a link. None for one that no list should link.
pub fn destination(url: &str) -> Option<String> {
    let url = url.trim();
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_scheme = |scheme: &str| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    match scheme.as_deref() {
        Some("http" | "https" | "mailto") | None => {}
        Some(scheme) if is_scheme(scheme) => return None,
        Some(_) => {}
    }
    let mut out = String::with_capacity(url.len());
    for (at, c) in url.char_indices() {
        match c {
            '(' | ')' | '\\' | '|' | '*' | '~' | '$' => out.extend(['\\', c]),
            '<' | '>' | '`' | '"' | '{' | '}' | '^' => percent(&mut out, c),
            '&' if is_entity(&url[at..]) => out.push_str("&amp;"),
            _ if c.is_whitespace() || is_hidden(c) => percent(&mut out, c),
            _ => out.push(c),
        }
    }
    (!out.is_empty()).then_some(out)
}

fn percent(out: &mut String, c: char) {
    let mut bytes = [0; 4];
    for byte in c.encode_utf8(&mut bytes).bytes() {
        out.push('%');
        for digit in [byte >> 4, byte & 15] {
            out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
        }
    }
}

fn is_entity(text: &str) -> bool {
    let name: String = text.chars().skip(1).take(40).take_while(|c| c.is_ascii_alphanumeric() || *c == '#').collect();
    !name.is_empty() && text[1 + name.len()..].starts_with(';')
}

/// A link, or its text alone where the address must not be linked.
pub fn link(title: &str, url: &str) -> String {
    let title = clean(title);
    let title = cut(&title, 200);
    match destination(url) {
        Some(url) => format!("[{}]({url})", escaped(&title, false)),
        None => escaped(&title, true),
    }
}

/// Text inside raw HTML.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '@' => out.push_str("@&#8288;"),
            _ => out.push(c),
        }
    }
    out
}

/// Text inside an HTML comment.
pub fn comment(text: &str) -> String {
    clean(text).replace("--", "- -").replace('>', "")
}

/// The columns that a character takes: two for Chinese, Japanese, Korean and emoji, none for what joins another.
fn width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// `text` within `most` columns: cut after a word, or after any Chinese character, with an ellipsis. 0 columns cut
/// only at [`LONGEST`].
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    let most = if most == 0 { LONGEST } else { most.min(LONGEST) };
    let mut columns = 0;
    let mut end = 0;
    let mut good = 0;
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        if width(c) > 0 && last != '\u{200D}' {
            if columns < most {
                end = at;
                if c == ' ' || width(last) == 2 || width(c) == 2 {
                    good = at;
                }
            }
            columns += width(c);
        }
        last = c;
        if columns > most {
            let kept = if good * 2 > end { good } else { end };
            let kept = text[..kept].trim_end_matches([' ', ',', '，', '、', ';', '；', ':', '：', '-', '—', '(', '（']);
            return Cow::Owned(format!("{kept}…"));
        }
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_in_untrusted_text_is_markdown() {
        for (untrusted, written) in [
            ("a | b", r"a \| b"),
            ("`code` *bold* ~~no~~", r"\`code\` \*bold\* \~\~no\~\~"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("](https://evil.example)", r"\](https:&#8288;//evil.example)"),
            ("two\n\n# lines\r\n- x", r"two \# lines - x"),
            ("\u{202e}abc\u{2066}\u{7}\u{1b}[31m", r"abc\[31m"),
            ("by @torvalds and a@b.org", "by @&#8288;torvalds and a@&#8288;b.org"),
            ("see #123, C# too", r"see \#&#8288;123, C\# too"),
            ("R & D &amp; &#60;", "R & D &amp;amp; &amp;\\#&#8288;60;"),
            ("www.evil.example WWW.X.Y awww.", "www&#8288;.evil.example WWW&#8288;.X.Y awww."),
            ("snake_case _private __init__", r"snake_case \_private \_\_init\_\_"),
            ("1. one", r"1\. one"),
            ("- item", r"\- item"),
            ("$x$ 99\\%", r"\$x\$ 99\\%"),
            ("[x]: http", r"\[x\]: http"),
            ("人工智能：很好", "人工智能：很好"),
            ("🏴\u{E0067}\u{E007F} a\u{200b}b", "🏴 ab"),
        ] {
            assert_eq!(text(untrusted), written);
        }
        assert_eq!(link_text("@vue/cli [x] #1"), r"@vue/cli \[x\] \#1");
        assert_eq!(html("<b>\"&'"), "&lt;b&gt;&quot;&amp;&#39;");
        assert_eq!(comment("a --> b"), "a - - b");
    }

    #[test]
    fn an_address_stays_within_its_parentheses() {
        for (url, written) in [
            ("https://x.org/a_(b)", Some(r"https://x.org/a_\(b\)")),
            ("https://x.org/a b<c>`|\\", Some(r"https://x.org/a%20b%3Cc%3E%60\|\\")),
            ("https://x.org/?a=1&copy;=2&b=3", Some("https://x.org/?a=1&amp;copy;=2&b=3")),
            ("https://x.org/\u{202e}中", Some("https://x.org/%E2%80%AE中")),
            ("javascript:alert(1)", None),
            ("JavaScript:alert(1)", None),
            ("data:text/html,x", None),
            ("", None),
            ("docs/a.md", Some("docs/a.md")),
            ("mailto:a@b.org", Some("mailto:a@b.org")),
        ] {
            assert_eq!(destination(url).as_deref(), written, "{url}");
        }
        assert_eq!(link("a]b", "javascript:x"), r"a\]b");
        assert_eq!(link("a]b", "https://x.org"), r"[a\]b](https://x.org)");
    }

    #[test]
    fn long_text_is_cut_at_a_word() {
        for (long, most, short) in [
            ("short", 10, "short"),
            ("exactly10!", 10, "exactly10!"),
            ("one two three four", 10, "one two…"),
            ("onelongwordindeed", 10, "onelongwo…"),
            ("机器学习与深度学习", 10, "机器学习…"),
            ("机器学习，与深度学习", 11, "机器学习…"),
            ("👩\u{200d}👩\u{200d}👧 family of three", 9, "👩\u{200d}👩\u{200d}👧…"),
        ] {
            assert_eq!(cut(long, most), short, "{long}");
        }
        assert!(cut(&"x".repeat(1_000_000), 0).len() < 2_100);
    }

    proptest! {
        #[test]
        fn what_is_cut_is_no_wider_than_asked(text in "\\PC{0,80}", most in 4usize..40) {
            let columns = |text: &str| text.chars().map(width).sum::<usize>();
            let clean = clean(&text);
            let cut = cut(&clean, most);
            prop_assert!(columns(&cut) <= most || clean.contains('\u{200d}'), "{cut}");
        }

        #[test]
        fn escaped_text_is_one_line_without_tags(untrusted in any::<String>()) {
            let text = text(&untrusted);
            prop_assert!(!text.contains(['\n', '\r', '<', '>']));
            prop_assert!(!text.contains("://"));
            prop_assert!(!text.replace(r"\\", "").replace(r"\]", "").contains(']'));
        }
    }
}
