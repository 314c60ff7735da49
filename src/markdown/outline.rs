//! Headings, and the anchors that GitHub gives them.
//!
//! GitHub makes an anchor of a heading's text: lower case, without anything that is no letter, mark, digit,
//! connector, blank or hyphen, blanks made hyphens, and `-1`, `-2` where the same came before. Raw HTML
//! headings get anchors too and count for the numbering, although they make no section here.

use std::collections::{BTreeMap, BTreeSet};

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The anchor of a heading with this text, before it is numbered.
///
/// `text` is the rendered text as it is, blanks at its end included: a badge after the words leaves one.
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' => slug.push('-'),
            'a'..='z' | '0'..='9' | '-' | '_' => slug.push(c),
            'A'..='Z' => slug.push(c.to_ascii_lowercase()),
            c if c.is_ascii() => {}
            c if is_word(c) => slug.extend(c.to_lowercase()),
            _ => {}
        }
    }
    slug
}

/// A word character as Ruby's `\p{Word}` has it.
fn is_word(c: char) -> bool {
    use GeneralCategory as G;
    c.is_alphabetic()
        || matches!(
            c.general_category(),
            G::NonspacingMark | G::SpacingMark | G::EnclosingMark | G::DecimalNumber | G::ConnectorPunctuation
        )
}

/// White space folded to single blanks, none at the ends.
pub(super) fn folded(text: &str) -> String {
    let text = text.trim();
    if is_plain(text.as_bytes()) || is_folded(text.as_bytes()) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Whether `text` has single blanks and no bytes that other white space could begin with, checked without a branch.
fn is_plain(text: &[u8]) -> bool {
    let odd = text.iter().fold(0, |any, &b| any | u8::from(b < b' ') | u8::from(b.wrapping_sub(0xc2) <= 0xe3 - 0xc2));
    let pairs = text.iter().zip(text.get(1..).unwrap_or_default());
    odd == 0 && pairs.fold(0, |any, (&a, &b)| any | (u8::from(a == b' ') & u8::from(b == b' '))) == 0
}

/// Whether nothing in `text` needs folding; may miss that, never the contrary.
fn is_folded(text: &[u8]) -> bool {
    let mut before = 0;
    for (at, &b) in text.iter().enumerate() {
        // Most bytes are letters; blanks and the first bytes of white space beyond ASCII need a look.
        if b <= b' ' || (0xc2..=0xe3).contains(&b) {
            let fold = match b {
                b' ' => before == b' ',
                // U+0085, U+00A0
                0xc2 => matches!(text.get(at + 1), Some(0x85 | 0xa0)),
                // U+1680, U+2000 and on, U+3000
                0xe1..=0xe3 => matches!(text.get(at + 1..at + 3), Some([0x9a | 0x80 | 0x81, 0x80..=0xaf])),
                _ => b < b' ',
            };
            if fold {
                return false;
            }
        }
        before = b;
    }
    true
}

/// The headings that are open, and the anchors given so far.
#[derive(Debug, Default)]
pub(super) struct Outline {
    open: Vec<(u8, usize)>,
    seen: BTreeMap<String, usize>,
}

impl Outline {
    /// Opens heading number `index` and gives the one that it stands under.
    ///
    /// A heading closes those of its level and deeper, however levels are skipped.
    pub(super) fn open(&mut self, level: u8, index: usize) -> Option<usize> {
        while self.open.last().is_some_and(|(open, _)| *open >= level) {
            self.open.pop();
        }
        let parent = self.current();
        self.open.push((level, index));
        parent
    }

    /// Counts the headings that are open from 0 again, and gives the numbers they had.
    pub(super) fn restart(&mut self) -> Vec<usize> {
        self.open.iter_mut().enumerate().map(|(new, (_, index))| std::mem::replace(index, new)).collect()
    }

    /// The innermost open heading.
    pub(super) fn current(&self) -> Option<usize> {
        self.open.last().map(|(_, index)| *index)
    }

    /// The anchor of the next heading with this text, numbered where it must be.
    pub(super) fn anchor(&mut self, text: &str) -> String {
        let base = slug(text);
        let before = self.seen.entry(base.clone()).or_default();
        let anchor = if *before == 0 { base } else { format!("{base}-{before}") };
        *before += 1;
        anchor
    }
}

/// The places of a document that a link `#…` can lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anchors {
    names: BTreeSet<String>,
}

impl Anchors {
    pub(super) fn add(&mut self, name: &str) {
        if !name.is_empty() {
            self.names.insert(name.to_owned());
        }
    }

    /// Every anchor: those of headings, and the `id` and `name` attributes of raw HTML.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether `#fragment` leads anywhere. GitHub decodes it and tries its lower-case form too; an empty one
    /// and `top` lead to the top of the page (HTML, section "Scrolling to a fragment"), `readme` to the list.
    pub fn has(&self, fragment: &str) -> bool {
        let decoded = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
        let name = decoded.strip_prefix("user-content-").unwrap_or(&decoded);
        name.is_empty()
            || ["top", "readme"].iter().any(|known| name.eq_ignore_ascii_case(known))
            || self.names.contains(name)
            || self.names.contains(&name.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_githubs() {
        for (text, anchor) in [
            ("Simple Words", "simple-words"),
            ("C++ & C#", "c--c"),
            ("Hello, World! (v2.0)", "hello-world-v20"),
            ("人工智能（AI）", "人工智能ai"),
            ("🚀 Start", "-start"),
            ("⚙\u{fe0f} Gears", "\u{fe0f}-gears"),
            (":book: Reading", "book-reading"),
            ("snake_case and kebab-case", "snake_case-and-kebab-case"),
            ("Badge ", "badge-"),
            ("ÀÉ Ünï", "àé-ünï"),
            ("H₂O ① Ⅷ", "ho--ⅷ"),
        ] {
            assert_eq!(slug(text), anchor, "{text}");
        }
    }

    #[test]
    fn equal_headings_are_numbered() {
        let mut outline = Outline::default();
        let given: Vec<String> = ["A", "a", "A!", "B"].iter().map(|t| outline.anchor(t)).collect();
        assert_eq!(given, ["a", "a-1", "a-2", "b"]);
    }

    #[test]
    fn a_heading_closes_its_level_and_deeper() {
        let mut outline = Outline::default();
        let parents: Vec<_> = [1, 4, 3, 2, 2].iter().enumerate().map(|(i, level)| outline.open(*level, i)).collect();
        assert_eq!(parents, [None, Some(0), Some(0), Some(0), Some(0)]);
    }

    #[test]
    fn anchors_are_found_as_browsers_find_them() {
        let mut anchors = Anchors::default();
        anchors.add("video");
        assert!(anchors.has("Video") && anchors.has("") && anchors.has("top") && !anchors.has("audio"));
    }
}
