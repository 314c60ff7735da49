//! Recognises ordinary pages: those whose source shows, in one pass, that no phrase and no mark of the tables is in them.
//!
//! Taking the visible text out of a page of 700 bytes costs more than all else that is done with it here. A phrase is in
//! the text only if its longest word is in the source, unless the source encodes letters: what is not plain ASCII, or has
//! character references beside a few, is not decided here.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::phrases::{TABLES, marks};

/// Character references that stand for no letter.
const PLAIN_REFERENCES: [&[u8]; 8] = [b"amp;", b"nbsp;", b"quot;", b"lt;", b"gt;", b"copy;", b"middot;", b"mdash;"];

/// Words of the phrases that ordinary pages have too.
const COMMON_WORDS: [&str; 6] = ["here", "page", "site", "that", "this", "your"];

static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let phrases = TABLES.iter().flat_map(|(_, phrases)| *phrases);
    let mut words: Vec<&str> = phrases.filter_map(|phrase| longest_word(phrase)).chain(marks()).collect();
    words.sort_unstable();
    words.dedup();
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
});

/// The longest word of ASCII letters and digits in a phrase, but for those that most pages have. A phrase that is not in
/// ASCII cannot be in a page that is.
fn longest_word(phrase: &'static str) -> Option<&'static str> {
    let words = phrase.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.max_by_key(|word| (!COMMON_WORDS.contains(word), word.len())).filter(|_| phrase.is_ascii())
}

/// Whether no phrase of the tables is in the visible text of a page, and no mark in its source.
pub(super) fn is_ordinary(source: &str) -> bool {
    source.is_ascii()
        && has_only_plain_references(source.as_bytes())
        && WORDS.as_ref().is_some_and(|words| !words.is_match(source))
}

fn has_only_plain_references(source: &[u8]) -> bool {
    let is_plain = |at: usize| {
        let rest = source.get(at + 1..).unwrap_or_default();
        rest.first() == Some(&b' ') || PLAIN_REFERENCES.iter().any(|name| rest.starts_with(name))
    };
    memchr::memchr_iter(b'&', source).all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_a_phrase_or_mark_is_not_ordinary() {
        for phrase in TABLES.iter().flat_map(|(_, phrases)| *phrases).copied().chain(marks()) {
            // In capitals, but for letters that have no way back ("ı", "ß").
            let capitals = Some(phrase.to_uppercase()).filter(|capitals| capitals.to_lowercase() == phrase);
            for written in capitals.into_iter().chain([phrase.to_owned()]) {
                let page = format!("<title>A page</title><p>Words, {written} & more");
                assert!(!is_ordinary(&page), "{page}");
            }
        }
    }

    #[test]
    fn pages_are_ordinary_unless_they_encode_letters() {
        let page = |text: &str| {
            format!(
                "<html><title>A tool</title><h1>A tool</h1><p>That page is here, on this site of your project. It counts lines{text}</html>"
            )
        };
        for text in ["", " &amp; words", "&nbsp;quickly", " & well"] {
            assert!(is_ordinary(&page(text)), "{text}");
        }
        for text in [" l\u{e4}uft", "&#112;", "&eacute;", "&not", "?a=1&copy=2"] {
            assert!(!is_ordinary(&page(text)), "{text}");
        }
    }
}
