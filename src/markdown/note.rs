//! The note that is written behind an entry, `(⭐ 12k · archived)`: formatted and recognised in one place.
//!
//! A note contains no-break spaces where a person would type a space: after the sign that it begins with, and before
//! each `·`. That keeps it from breaking inside a figure on narrow screens, and it is the mark of ownership: a
//! parenthesis that a person typed, `(⭐ 12k)` or `(✅ maintained)`, has plain spaces and is never taken for a note.

use std::fmt;
use std::ops::Range;

/// The signs that a note can begin with, each followed by one no-break space.
pub const SIGNS: [&str; 14] = ["⭐", "★", "☆", "❤️", "👍", "⚠️", "📦", "💤", "💀", "⏳", "🌱", "🔥", "✅", "🏷️"];

/// The no-break space.
const NBSP: char = '\u{a0}';
/// What joins the parts: a line may break after it, nowhere else.
const JOINT: &str = "\u{a0}· ";
/// The longest a part may be, in characters: longer than any sentence of the language files.
const PART_CAPACITY: usize = 60;

/// Figures and states of an entry, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    parts: Vec<String>,
}

impl Note {
    /// A note of these parts, the first of which begins with one of [`SIGNS`]; none where it would not be recognised.
    ///
    /// Parts may come from a forge. What could be Markdown is left out of them, so that a note changes nothing around
    /// it.
    pub fn new<S: AsRef<str>>(parts: impl IntoIterator<Item = S>) -> Option<Self> {
        let parts: Vec<String> = parts.into_iter().map(|part| plain(part.as_ref())).filter(|p| !p.is_empty()).collect();
        begins_with_sign(parts.first()?).then_some(Self { parts })
    }

    /// Reads a note back from its text, parentheses included.
    pub fn parse(text: &str) -> Option<Self> {
        let inside = text.strip_prefix('(')?.strip_suffix(')')?;
        let parts: Vec<String> = inside.split(JOINT).map(str::to_owned).collect();
        let whole = parts.iter().all(|part| !part.is_empty() && plain(part) == *part);
        (whole && begins_with_sign(parts.first()?)).then_some(Self { parts })
    }

    /// The note at the end of `text[within]`, with the one space before it. It must follow something.
    pub fn trailing(text: &str, within: Range<usize>) -> Option<Range<usize>> {
        let inside = text.get(within.clone())?;
        if !inside.ends_with(')') {
            return None;
        }
        let open = inside.rfind('(')?;
        Self::parse(&inside[open..])?;
        let before = inside[..open].strip_suffix(' ')?;
        (!before.trim().is_empty()).then(|| within.start + before.len()..within.end)
    }

    /// `line` without the notes in it, wherever they stand: what it was before they were written.
    pub fn without(line: &str) -> String {
        let mut rest = line;
        let mut kept = String::with_capacity(line.len());
        while let Some(at) = rest.find(" (") {
            let note = rest[at + 1..].find(')').map(|end| at + 1..at + 2 + end);
            if let Some(note) = note.filter(|note| Self::parse(&rest[note.clone()]).is_some()) {
                kept.push_str(&rest[..at]);
                rest = &rest[note.end..];
            } else {
                kept.push_str(&rest[..at + 2]);
                rest = &rest[at + 2..];
            }
        }
        kept + rest
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.parts.join(JOINT))
    }
}

fn begins_with_sign(part: &str) -> bool {
    part.split_once(NBSP).is_some_and(|(sign, rest)| SIGNS.contains(&sign) && !rest.is_empty())
}

/// `part` with every blank as a no-break space and without what could be Markdown or end the note. An asterisk
/// becomes its look-alike, for the language F*.
fn plain(part: &str) -> String {
    let allowed = |c: &char| !c.is_control() && !"()[]<>{}|\\`_~&!$@·\"".contains(*c);
    let words: Vec<String> = part
        .split(char::is_whitespace)
        .map(|word| word.chars().filter(allowed).map(|c| if c == '*' { '∗' } else { c }).collect::<String>())
        .map(|word| unlinked(&word))
        .filter(|word| !word.is_empty())
        .collect();
    words.join("\u{a0}").chars().take(PART_CAPACITY).collect::<String>().trim_end().to_owned()
}

/// `word` without what GitHub would make an address of.
fn unlinked(word: &str) -> String {
    let mut word = word.to_owned();
    for (linked, harmless) in [("://", ":"), ("www.", "www")] {
        while word.contains(linked) {
            word = word.replace(linked, harmless);
        }
    }
    word
}

/// A count as lists and notes print it, and as GitHub does: `999`, `1.8k`, `12.3k`, `123k`, `1.2M`, rounded to the
/// nearest, with one digit after the point below a hundred. That the last digit does not change from week to week is for
/// the ledger, which keeps a figure until it moved by some percent.
pub fn figure(count: u64) -> String {
    let (unit, sign) = match count {
        0..1_000 => return count.to_string(),
        1_000..999_500 => (1_000, 'k'),
        _ => (1_000_000, 'M'),
    };
    let tenths = (count * 10 + unit / 2) / unit;
    if tenths < 1_000 {
        let fraction = match tenths % 10 {
            0 => String::new(),
            tenth => format!(".{tenth}"),
        };
        return format!("{}{fraction}{sign}", tenths / 10);
    }
    format!("{}{sign}", (count + unit / 2) / unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_note_is_read_back_and_a_persons_parenthesis_is_not_one() {
        for parts in [
            vec!["⭐ 12k", "archived"],
            vec!["❤️ 7"],
            vec!["⭐ 1.2M", "C#", "quiet since 2025-03"],
            vec!["💀 2024 起失效"],
            vec!["★ 4", "Ren'Py", "C++", "1C Enterprise"],
        ] {
            let note = Note::new(parts).unwrap();
            assert_eq!(Note::parse(&note.to_string()), Some(note));
        }
        for other in [
            "(⭐ 12k)",
            "(⭐ 12k · archived)",
            "(✅ maintained)",
            "(⚠️ needs an account)",
            "(📦 npm only)",
            "(archived)",
            "(⭐\u{a0}12k · many)",
            "(⭐\u{a0}12k\u{a0}· a plain space)",
            "(⭐\u{a0}12k\u{a0}· [x](y))",
            "(p.\u{a0}12)",
            "(⭐)",
            "()",
            "⭐\u{a0}12k",
        ] {
            assert_eq!(Note::parse(other), None, "{other}");
        }
    }

    #[test]
    fn what_could_be_markdown_is_left_out_of_a_note() {
        for (part, written) in [("F*", "F∗"), ("a](b)", "ab"), ("`x` <b>", "x\u{a0}b"), ("https://x", "https:x")] {
            assert_eq!(Note::new(["⭐ 1", part]).unwrap().to_string(), format!("(⭐\u{a0}1\u{a0}· {written})"));
        }
        assert_eq!(Note::new(["⭐ 1", "()"]).unwrap().to_string(), "(⭐\u{a0}1)");
        assert_eq!(Note::new(["archived"]), None);
    }

    #[test]
    fn a_trailing_note_has_the_space_before_it() {
        let text = "- [x](u) - Does y (z). (⭐\u{a0}12k)";
        assert_eq!(Note::trailing(text, 0..text.len()).map(|r| &text[r]), Some(" (⭐\u{a0}12k)"));
        for text in ["x(⭐\u{a0}12k)", "(⭐\u{a0}12k)", " (⭐\u{a0}12k)", "x (⭐\u{a0}12k) y", "x (y)", "x (⭐ 12k)"]
        {
            assert_eq!(Note::trailing(text, 0..text.len()), None, "{text}");
        }
        assert_eq!(Note::without("| [a](b) c (⭐\u{a0}12k) | (d) |"), "| [a](b) c | (d) |");
        assert_eq!(Note::without("a (b (⭐ 1) (c"), "a (b (⭐ 1) (c");
    }

    #[test]
    fn figures_are_rounded_to_the_nearest() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1k"),
            (1_782, "1.8k"),
            (1_049, "1k"),
            (9_949, "9.9k"),
            (9_950, "10k"),
            (12_345, "12.3k"),
            (12_000, "12k"),
            (99_949, "99.9k"),
            (99_950, "100k"),
            (123_456, "123k"),
            (999_499, "999k"),
            (999_500, "1M"),
            (1_250_000, "1.3M"),
            (12_345_678, "12.3M"),
        ] {
            assert_eq!(figure(count), text, "{count}");
        }
    }

    proptest! {
        #[test]
        fn every_part_is_written_and_read_back(count in 0u64..999_999_999, part in "\\PC{0,70}") {
            let note = Note::new([format!("⭐ {}", figure(count)), part]).unwrap();
            let text = note.to_string();
            prop_assert_eq!(Note::parse(&text), Some(note));
            prop_assert_eq!(Note::without(&format!("x {text}")), "x");
        }
    }
}
