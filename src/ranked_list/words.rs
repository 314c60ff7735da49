//! The words that are written into a list: one TOML file for each language, each word replaceable by the policy.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::finding::{Finding, notice};
use crate::markdown::note::SIGNS;
use crate::observation::FailureClass;
use crate::policy::{Language, Layout};

include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// The language whose file is complete; other languages take from it what they lack.
const FALLBACK: &str = "en";

type Table = BTreeMap<String, String>;

static LANGUAGES: LazyLock<BTreeMap<&str, Table>> = LazyLock::new(|| {
    // A file that cannot be read is caught by a test; at run time its words are then English.
    FILES.iter().map(|(code, text)| (*code, toml::from_str(text).unwrap_or_default())).collect()
});

/// The codes of the languages that are built in.
pub fn languages() -> impl Iterator<Item = &'static str> {
    LANGUAGES.keys().copied()
}

/// The names of all words, as `layout.words` can replace them.
pub fn word_names() -> impl Iterator<Item = &'static str> {
    LANGUAGES.get(FALLBACK).into_iter().flat_map(|words| words.keys().map(String::as_str))
}

/// The words of one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    words: Table,
}

/// The words of a language: those of `zh` for `zh-CN`, where that has none of its own.
fn table(language: &Language) -> Option<&'static Table> {
    let code = language.code();
    let general = || LANGUAGES.get(code.split(['-', '_']).next().unwrap_or(code).to_ascii_lowercase().as_str());
    LANGUAGES.get(code).or_else(general)
}

impl Words {
    /// Whether there are words of this language.
    pub fn has(language: &Language) -> bool {
        table(language).is_some()
    }

    /// The words of `language`, with those that `layout` replaces.
    pub fn new(language: &Language, layout: &Layout) -> Self {
        let mut words = LANGUAGES.get(FALLBACK).cloned().unwrap_or_default();
        words.extend(table(language).cloned().unwrap_or_default());
        let replaced = layout.words.iter().filter(|(name, word)| words.contains_key(*name) && is_usable(name, word));
        let replaced: Table = replaced.map(|(name, word)| (name.clone(), word.clone())).collect();
        words.extend(replaced);
        Self { words }
    }

    /// The word called `name`; an unknown name stands for itself.
    pub fn get(&self, name: &str) -> String {
        self.words.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// The word called `name` with its places filled in.
    pub fn fill(&self, name: &str, places: &[(&str, &str)]) -> String {
        let mut text = String::new();
        let word = self.get(name);
        let mut rest = word.as_str();
        while let Some(start) = rest.find('{') {
            let (before, from) = rest.split_at(start);
            text.push_str(before);
            rest = from;
            let Some(end) = from.find('}') else { break };
            text.push_str(&filled(&from[..=end], places));
            rest = &from[end + 1..];
        }
        text + rest
    }

    /// Why a link is dead, in a few words that stay the same while it stays dead.
    pub fn why(&self, class: Option<FailureClass>) -> String {
        let Some(class) = class else { return String::new() };
        if let FailureClass::Http(status) = class {
            return self.fill("why-http", &[("status", &status.to_string())]);
        }
        let name = class.to_string();
        self.words.get(&name).cloned().unwrap_or_else(|| class.meaning())
    }

    /// Findings on a language without a file, on replaced words that do not exist, and on signs that are not usable.
    pub fn check(language: &Language, layout: &Layout) -> Vec<Finding> {
        let mut findings = Vec::new();
        if !Self::has(language) {
            let known: Vec<String> = languages().map(|code| format!("`{code}`")).collect();
            let message = format!("unknown language `{}`: the words are English", language.code());
            let help = format!("one of {}", known.join(", "));
            findings.push(Finding::new(&notice::UNKNOWN_WORD, message).help(help));
        }
        for (name, word) in &layout.words {
            if !word_names().any(|known| known == name) {
                let message = format!("unknown word `{name}` in `layout.words`");
                let nearest =
                    word_names().max_by(|a, b| strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name))).unwrap_or("");
                let finding = Finding::new(&notice::UNKNOWN_WORD, message);
                findings.push(finding.help(format!("the nearest is `{nearest}`")));
            } else if !is_usable(name, word) {
                let message = format!("`layout.words.{name}` is not a sign that notes can be recognised by: `{word}`");
                let help = format!("one of {}", SIGNS.join(" "));
                findings.push(Finding::new(&notice::UNKNOWN_WORD, message).help(help));
            }
        }
        findings
    }
}

/// Whether notes that contain `word` are recognised again: those that begin a note must be known signs.
fn is_usable(name: &str, word: &str) -> bool {
    let begins_note = matches!(name, "stars" | "likes") || name.starts_with("sign-");
    !begins_note || SIGNS.contains(&word)
}

/// `{name}` is the value of a place, `{name|one|many}` the form that goes with it.
fn filled(place: &str, places: &[(&str, &str)]) -> String {
    let mut parts = place[1..place.len() - 1].split('|');
    let name = parts.next().unwrap_or_default();
    let Some((_, value)) = places.iter().find(|(known, _)| *known == name) else { return place.to_owned() };
    match (parts.next(), parts.next()) {
        (Some(one), _) if *value == "1" => one.to_owned(),
        (Some(_), Some(many)) => many.to_owned(),
        _ => (*value).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(name: &str, word: &str) -> Layout {
        Layout { words: BTreeMap::from([(name.to_owned(), word.to_owned())]), ..Layout::default() }
    }

    fn language(code: &str) -> Language {
        Language::new(code)
    }

    #[test]
    fn words_are_filled_and_replaced() {
        let layout = layout("contents", "Inhalt");
        let words = Words::new(&language("zh"), &layout);
        assert_eq!(words.get("contents"), "Inhalt");
        assert_eq!(words.fill("more", &[("count", "3")]), "其余 3 个");
        assert_eq!(words.fill("more", &[]), "其余 {count} 个");
        assert_eq!(words.get("stars"), "⭐", "what a language lacks is English");
        let english = Words::new(&language("en"), &layout);
        assert_eq!(english.fill("dead-summary", &[("count", "1")]), "1 dead link");
        assert_eq!(english.fill("dead-summary", &[("count", "2")]), "2 dead links");
        assert_eq!(words.why(Some(FailureClass::Http(404))), "HTTP 404");
        assert_eq!(words.why(Some(FailureClass::DnsNxdomain)), "域名不存在");
        assert_eq!(words.why(Some(FailureClass::TlsUntrusted)), FailureClass::TlsUntrusted.meaning());
        assert!(Words::check(&language("zh"), &layout).is_empty());
    }

    #[test]
    fn unknown_words_languages_and_signs_are_reported() {
        let findings = |code: &str, name: &str, word: &str| Words::check(&language(code), &layout(name, word));
        assert_eq!(findings("en", "contenst", "x")[0].help.as_deref(), Some("the nearest is `contents`"));
        assert_eq!(findings("tlh", "more", "x")[0].help.as_deref(), Some("one of `en`, `zh`"));
        assert!(findings("en", "stars", "stars:")[0].message.contains("not a sign"));
        assert_eq!(Words::new(&language("en"), &layout("stars", "stars:")).get("stars"), "⭐");
        assert_eq!(Words::new(&language("en"), &layout("stars", "★")).get("stars"), "★");
    }

    #[test]
    fn a_brace_that_does_not_close_stays() {
        assert_eq!(
            Words::new(&language("en"), &layout("more", "a {count")).fill("more", &[("count", "3")]),
            "a {count"
        );
    }

    #[test]
    fn every_file_is_read_and_has_only_known_words() {
        for (code, text) in FILES {
            let words: Table = toml::from_str(text).unwrap_or_else(|error| panic!("{code}: {error}"));
            for (name, word) in &words {
                assert!(word_names().any(|known| known == name), "{code}: {name}");
                assert!(is_usable(name, word), "{code}: {name} = {word}");
            }
        }
        assert_eq!(languages().collect::<Vec<_>>(), ["en", "zh"]);
    }
}
