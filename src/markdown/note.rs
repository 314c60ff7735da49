//! Pomona's own trailing parenthesis, `(⭐ 12k · active)`: written and recognised in one place.
//!
//! The form is narrow on purpose, so that a parenthesis that a person wrote is never taken for one: it begins
//! with a sign of [`SIGNS`] and one blank, its parts are joined by ` · `, and nothing in it can be Markdown.

use std::fmt;
use std::ops::Range;

/// The signs that the first part of a note can begin with, each followed by one blank.
pub const SIGNS: [&str; 9] = ["⭐", "❤️", "⚠️", "📦", "💤", "💀", "🌱", "🔥", "✅"];

/// The longest a part may be, in characters.
const LONGEST: usize = 40;

/// What Pomona writes behind an entry: figures and marks, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    /// `⭐ 12k`, `active`, … The first begins with one of [`SIGNS`].
    pub parts: Vec<String>,
}

impl Note {
    /// A note of these parts; none where it would not be recognised again.
    pub fn new<S: Into<String>>(parts: impl IntoIterator<Item = S>) -> Option<Self> {
        let parts: Vec<String> = parts.into_iter().map(Into::into).collect();
        let valid = parts.first().is_some_and(|first| begins(first)) && parts.iter().all(|part| is_part(part));
        valid.then_some(Self { parts })
    }

    /// Reads `(⭐ 12k · active)` back.
    pub fn parse(text: &str) -> Option<Self> {
        let inside = text.strip_prefix('(')?.strip_suffix(')')?;
        Self::new(inside.split(" · "))
    }

    /// The note at the end of `text[within]`, with the one blank before it.
    ///
    /// It must follow something: a note alone is not Pomona's.
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
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.parts.join(" · "))
    }
}

fn begins(part: &str) -> bool {
    let Some((sign, rest)) = part.split_once(' ') else { return false };
    SIGNS.contains(&sign) && (!SIGNS[..2].contains(&sign) || is_figure(rest))
}

fn is_part(part: &str) -> bool {
    let plain = |c: char| !c.is_control() && !"()[]<>{}|\\`*_~&!$#@:·\"".contains(c);
    !part.is_empty() && part.trim() == part && part.chars().count() <= LONGEST && part.chars().all(plain)
}

fn is_figure(text: &str) -> bool {
    let digits = text.strip_suffix(['k', 'M']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|d| !d.is_empty() && d.len() <= 3 && d.bytes().all(|b| b.is_ascii_digit()))
}

/// A count as lists and notes print it: `999`, `1.2k`, `12k`, `1.2M`; rounded down, so that it is never too much.
pub fn figure(count: u64) -> String {
    let (unit, sign) = match count {
        0..1_000 => return count.to_string(),
        1_000..1_000_000 => (1_000, 'k'),
        _ => (1_000_000, 'M'),
    };
    let (whole, tenth) = (count / unit, count % unit * 10 / unit);
    if whole < 10 && tenth > 0 { format!("{whole}.{tenth}{sign}") } else { format!("{whole}{sign}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn own_notes_are_recognised_and_no_others() {
        for own in ["(⭐ 12k · active)", "(⭐ 7)", "(⭐ 1.2M · archived)", "(💀 dead · since 2024)"] {
            assert_eq!(Note::parse(own).map(|n| n.to_string()).as_deref(), Some(own));
        }
        for other in [
            "(archived)",
            "(⭐12k)",
            "(⭐ 12K)",
            "(🥇4 · ⭐ 12k)",
            "(⭐ many)",
            "(⭐ 12k ·  active)",
            "(⭐ 12k · [x](y))",
            "(💀)",
            "()",
            "⭐ 12k",
        ] {
            assert_eq!(Note::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_trailing_note_has_the_blank_before_it() {
        let text = "- [x](u) - Does y (z). (⭐ 12k)";
        assert_eq!(Note::trailing(text, 0..text.len()).map(|r| &text[r]), Some(" (⭐ 12k)"));
        for text in ["x(⭐ 12k)", "(⭐ 12k)", " (⭐ 12k)", "x (⭐ 12k) y", "x (y)"] {
            assert_eq!(Note::trailing(text, 0..text.len()), None, "{text}");
        }
    }

    #[test]
    fn figures_are_short() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1k"),
            (1299, "1.2k"),
            (12_999, "12k"),
            (999_999, "999k"),
            (1_250_000, "1.2M"),
        ] {
            assert_eq!(figure(count), text);
        }
    }

    proptest! {
        #[test]
        fn every_count_is_read_back(count in 0u64..999_999_999) {
            let note = Note::new([format!("⭐ {}", figure(count)), "active".to_owned()]).unwrap();
            prop_assert_eq!(Note::parse(&note.to_string()), Some(note));
        }
    }
}
