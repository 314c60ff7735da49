//! A badge of how many links of a list answer: for the endpoint of shields.io, and as a picture of its own.

use serde_json::json;

use crate::ranked_list::{RankedList, Words};
use crate::text::escape;
use crate::verdict::Verdict;

/// Up to which share of links that answer, in tenths of a percent, a badge has a colour: its name for shields.io, and
/// the same colour for the picture (dark enough for white text).
const COLOURS: [(u64, &str, &str); 4] = [
    (799, "red", "#c0392b"),
    (899, "orange", "#b8560f"),
    (959, "yellow", "#8a6d00"),
    (1_000, "brightgreen", "#2c7a1f"),
];
/// Where nothing is known.
const UNKNOWN: (&str, &str) = ("lightgrey", "#6b6b6b");
/// The width of a character of the badge's font, in tenths of a pixel: a bound for Latin text at 11 pixels.
const CHARACTER: usize = 68;
/// The same of a Chinese character.
const WIDE_CHARACTER: usize = 115;

/// What a badge shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    label: String,
    message: String,
    colour: (&'static str, &'static str),
}

impl Badge {
    /// The badge of a list: the share of its links that answer among those that were judged, rounded down, so that 100 %
    /// means all; and the month.
    pub fn of(ranked: &RankedList, words: &Words) -> Self {
        let count = |wanted: &[Verdict]| {
            ranked.entries.iter().filter(|row| wanted.contains(&row.status.judgement.verdict)).count() as u64
        };
        let alive = count(&[Verdict::Alive, Verdict::Moved]);
        let all = alive + count(&[Verdict::Failing, Verdict::Dead]);
        let label = words.get("badge-label");
        let Some(tenths) = (alive * 1_000).checked_div(all) else {
            return Self { label, message: words.get("badge-unknown"), colour: UNKNOWN };
        };
        let share =
            if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) };
        let month = ranked.as_of.map(|month| month.strftime(" · %Y-%m").to_string()).unwrap_or_default();
        let colour = COLOURS.iter().find(|(most, ..)| tenths <= *most).map_or(UNKNOWN, |(_, name, hex)| (*name, *hex));
        Self { label, message: format!("{share} %{month}"), colour }
    }

    /// As the endpoint of shields.io reads it.
    pub fn json(&self) -> String {
        let badge = json!({ "schemaVersion": 1, "label": self.label, "message": self.message, "color": self.colour.0 });
        format!("{badge:#}\n")
    }

    /// As a picture.
    pub fn svg(&self) -> String {
        let (left, right) = (width(&self.label), width(&self.message));
        let all = left + right;
        let (label, message) = (escape::xml(&self.label), escape::xml(&self.message));
        let text = |x: usize, width: usize, text: &str| {
            let inner = width - 10;
            format!("    <text x=\"{x}\" y=\"14\" textLength=\"{inner}\">{text}</text>\n")
        };
        let (label_text, message_text) = (text(left / 2, left, &label), text(left + right / 2, right, &message));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{all}\" height=\"20\" role=\"img\" \
             aria-label=\"{label}: {message}\">\n  <title>{label}: {message}</title>\n  \
             <clipPath id=\"r\"><rect width=\"{all}\" height=\"20\" rx=\"3\"/></clipPath>\n  \
             <g clip-path=\"url(#r)\">\n    <rect width=\"{left}\" height=\"20\" fill=\"#444c56\"/>\n    \
             <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{}\"/>\n  </g>\n  \
             <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">\n\
             {label_text}{message_text}  </g>\n</svg>\n",
            self.colour.1
        )
    }
}

/// The width of a half of the badge, with five pixels on each side.
fn width(text: &str) -> usize {
    let character = |c: char| if u32::from(c) >= 0x1100 { WIDE_CHARACTER } else { CHARACTER };
    text.chars().map(character).sum::<usize>() / 10 + 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Streak;
    use crate::observation::FailureClass;
    use crate::policy::Layout;
    use crate::ranked_list::sample::World;

    fn badge(world: &World) -> Badge {
        Badge::of(&world.ranked(), &Words::new(&world.policy.language, &Layout::default()))
    }

    #[test]
    fn a_badge_shows_the_share_of_links_that_answer() {
        let known = [("github:a/a", 1, "2026-10-01"), ("github:a/b", 1, "2026-10-01"), ("github:a/c", 1, "2026-10-01")];
        let text = "- [a](https://github.com/a/a)\n- [b](https://github.com/a/b)\n- [c](https://github.com/a/c)\n- [d](https://github.com/a/d)\n";
        let mut world = World::new(text, &known);
        assert_eq!(badge(&world).message, "100 % · 2026-11");
        world.record("github:a/a").failing =
            Some(Box::new(Streak::confirmed(FailureClass::GithubNotFound, "2026-10-01T00:00:00Z")));
        let badge_of_two = badge(&world);
        assert_eq!((badge_of_two.message.as_str(), badge_of_two.colour.0), ("66.6 % · 2026-11", "red"));
        let json: serde_json::Value = serde_json::from_str(&badge_of_two.json()).unwrap();
        assert_eq!((json["schemaVersion"].as_u64(), json["label"].as_str()), (Some(1), Some("links alive")));
        assert!(badge_of_two.svg().contains(">66.6 % · 2026-11</text>"), "{}", badge_of_two.svg());
        let unknown = badge(&World::new(text, &[]));
        assert_eq!((unknown.message.as_str(), unknown.colour), ("not checked yet", UNKNOWN));
    }
}
