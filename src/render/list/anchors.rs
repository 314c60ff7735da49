//! The anchors that GitHub gives to headings.

use std::collections::BTreeMap;

/// Anchors in the order of a text's headings: a second of the same name gets `-1`.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    seen: BTreeMap<String, usize>,
}

impl Anchors {
    /// The anchor of the next heading.
    pub(super) fn next(&mut self, heading: &str) -> String {
        let slug = slug(heading);
        let times = self.seen.entry(slug.clone()).or_insert(0);
        let anchor = if *times == 0 { slug } else { format!("{slug}-{times}") };
        *times += 1;
        anchor
    }
}

/// Lower case; letters, marks, decimal digits, connectors, hyphens and blanks stay; blanks become hyphens.
pub(super) fn slug(heading: &str) -> String {
    let stays = |c: char| c.is_alphabetic() || c.is_ascii_digit() || is_mark(c) || is_digit(c) || is_connector(c);
    let lower = heading.to_lowercase();
    lower
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            '-' => Some(c),
            _ => stays(c).then_some(c),
        })
        .collect()
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{20D0}'..='\u{20F0}' | '\u{FE00}'..='\u{FE0F}' | '\u{302A}'..='\u{302F}' | '\u{3099}' | '\u{309A}')
}

fn is_connector(c: char) -> bool {
    matches!(
        c,
        '_' | '\u{203F}' | '\u{2040}' | '\u{2054}' | '\u{FE33}' | '\u{FE34}' | '\u{FE4D}'..='\u{FE4F}' | '\u{FF3F}'
    )
}

fn is_digit(c: char) -> bool {
    matches!(c, '\u{0660}'..='\u{0669}' | '\u{06F0}'..='\u{06F9}' | '\u{0966}'..='\u{096F}' | '\u{FF10}'..='\u{FF19}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_github() {
        for (heading, anchor) in [
            ("Getting Started", "getting-started"),
            ("大语言模型（LLM）", "大语言模型llm"),
            ("神经网络算法 & 深度学习算法", "神经网络算法--深度学习算法"),
            ("C++ / Rust", "c--rust"),
            ("🎉 Emoji", "-emoji"),
            ("a_b-c.d", "a_b-cd"),
            ("x²①", "x"),
            ("ÀÉ", "àé"),
            ("⭐️ stars", "\u{fe0f}-stars"),
        ] {
            assert_eq!(slug(heading), anchor, "{heading}");
        }
        let mut anchors = Anchors::default();
        assert_eq!(
            ["Embedding", "embedding", "Embedding"].map(|h| anchors.next(h)),
            ["embedding", "embedding-1", "embedding-2"]
        );
    }
}
