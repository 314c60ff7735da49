//! Text for people: numbers, plurals, quoting, cutting, and [`escape`] for every medium.
//!
//! It is the only module that decides which characters are hidden and how long a piece of untrusted text may
//! be. It wraps no lines: that needs the width of a terminal, which `report` knows.

pub mod escape;

use std::borrow::Cow;

/// The text cut to `most` characters, the last of them `…` where something was cut.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.char_indices().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let end = text.char_indices().nth(most.saturating_sub(1)).map_or(0, |(at, _)| at);
    Cow::Owned(format!("{}…", &text[..end]))
}

/// Untrusted words inside a sentence of ours: in backticks, at most 120 characters of them, so that the sentence
/// stays readable.
pub fn quoted(text: &str) -> String {
    const MAX_CHARACTERS: usize = 120;
    format!("`{}`", cut(text, MAX_CHARACTERS + 1))
}

/// A whole number with commas between thousands: `1,234,567`.
pub fn grouped(n: impl TryInto<u64>) -> String {
    let digits = n.try_into().unwrap_or(u64::MAX).to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its noun: `1 link`, `2,000 links`, `3 entries`.
pub fn plural(n: impl TryInto<u64>, noun: &str) -> String {
    let n = n.try_into().unwrap_or(u64::MAX);
    let stem = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o']));
    let noun = match stem {
        _ if n == 1 => noun.to_owned(),
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    };
    format!("{} {noun}", grouped(n))
}

/// Whether a character changes what a reader sees without being seen: controls, line separators, and the marks
/// that reorder or hide text (Unicode UAX 9, and the "Trojan Source" paper). The joiners that emoji and Indic
/// scripts are written with are not among them.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_nouns_inflected() {
        for (n, noun, text) in [
            (0, "link", "0 links"),
            (1, "link", "1 link"),
            (999, "link", "999 links"),
            (1000, "link", "1,000 links"),
            (1_234_567, "link", "1,234,567 links"),
            (1, "entry", "1 entry"),
            (2, "entry", "2 entries"),
            (2, "day", "2 days"),
        ] {
            assert_eq!(plural(n, noun), text);
        }
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(cut("中文字", 2), "中…");
        assert_eq!(cut("中文", 2), "中文");
        assert_eq!(cut("abc", 0), "…");
        assert_eq!(quoted(&"x".repeat(120)).len(), 122);
        assert_eq!(quoted(&"x".repeat(121)), format!("`{}`", "x".repeat(121)));
        assert_eq!(quoted(&"x".repeat(122)), format!("`{}…`", "x".repeat(120)));
    }
}
