//! The policy of a list as plain values. Every key has a default, so a list needs no `pomona.toml` at all.
//!
//! It reads no file (`store` does) and merges no flags (`settings` does).

mod confirm;
mod duration;
mod files;
mod layout;
mod layout_output;
mod page;
mod rank;
mod rules;
mod schema;

pub use confirm::*;
pub use duration::duration;
pub use files::*;
pub use layout::*;
pub use page::*;
pub use rank::*;
pub use rules::*;
pub use schema::{reference, schema};

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::ForgeKind;

/// Every key of `pomona.toml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Policy {
    /// The Markdown that people edit, in the list's folder; else `list.md`, else `README.md`. Several files are one list:
    /// the first has its title, and the headings of the others are further sections of it.
    #[schemars(example = "list.md", example = ["README.md", "docs/tools.md"])]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<FileNames>,
    /// The file to generate; without it the source is annotated in place. Several sources have one output each, in the
    /// same order.
    #[schemars(example = "README.md")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<FileNames>,
    /// Translations of the source: the file by the code of its language, which is also that of the words that are added
    /// to it. A language without words gets English ones. With `source` and `output` in its place the file is written
    /// into another. `base` names the source that they translate, the first where it is left out.
    #[schemars(example = serde_json::json!({ "base": "README.md", "zh": "README-zh.md" }))]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub translations: Translations,
    /// The language of the words that Pomona adds.
    pub language: Language,
    /// Which addresses in the source may be changed.
    pub rewrite: Rewrite,
    /// When a failing link is confirmed dead.
    pub confirm: Confirm,
    /// What is checked, and how.
    pub check: Check,
    /// When the results of a run are not accepted.
    pub guard: Guard,
    /// How entries are ranked.
    pub rank: Rank,
    /// What the written list looks like.
    pub layout: Layout,
    /// The page of the list.
    pub page: PagePolicy,
    /// The rules for entries.
    pub rules: Rules,
    /// What the check of a change reports beside its findings.
    pub submission: Submission,
    /// What is offered in place of a dead link.
    pub replacements: Replacements,
    /// Stars over time.
    pub history: StarHistory,
    /// Further Git hosts: the host's name and the software that it runs.
    #[schemars(example = serde_json::json!({ "git.example.org": "gitlab" }))]
    pub forges: BTreeMap<String, ForgeKind>,
    /// Re-used repository names that a person accepted: the target, and the database id of its new repository.
    #[schemars(example = serde_json::json!({ "github:owner/name": 123_456_789 }))]
    pub accepted: BTreeMap<String, i64>,
}

/// What is offered in place of a dead link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Replacements {
    /// Whether archives are asked for copies of what is dead (as with `--suggest`): the addresses of the dead links are
    /// sent to web.archive.org and archive.softwareheritage.org, once each.
    pub archives: bool,
}

/// Stars over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct StarHistory {
    /// Whether GitHub is asked for the stars that each repository gained in the weeks before the list was first refreshed
    /// (as with `--bootstrap-history`): one REST call a repository, once.
    pub bootstrap: bool,
    /// The most such calls of one run (default 500). `GITHUB_TOKEN` of a workflow has 1,000 REST calls an hour. A later run
    /// asks for the rest.
    pub calls: u32,
}

impl Default for StarHistory {
    fn default() -> Self {
        Self { bootstrap: false, calls: 500 }
    }
}

/// What the check of a change reports beside its findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Submission {
    /// Whether facts about the person who opened the pull request are reported: the age of the account, and whether it
    /// owns what it adds or belongs to its organization, as far as GitHub shows that to everybody. No rule judges by them.
    pub people: bool,
}

/// A value that parses and makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidValue {
    /// The key, with its table: `guard.share`.
    pub key: &'static str,
    /// What was expected.
    pub expected: &'static str,
}

impl Policy {
    /// The first value that is out of its range. TOML has `nan` and `inf`: a threshold of these is never reached.
    pub fn invalid(&self) -> Option<InvalidValue> {
        const SHARE: &str = "expected a share between 0 and 1, above 0";
        const FACTOR: &str = "expected a factor between 0 and 1";
        const MONTHS: &str = "expected a number of months above 0";
        const POINTS: &str = "expected a number from 0 on";
        let (share, factor) = (|x: f64| x > 0.0 && x <= 1.0, |x: f64| (0.0..=1.0).contains(&x));
        let (positive, points) = (|x: f64| x > 0.0 && x.is_finite(), |x: f64| x >= 0.0 && x.is_finite());
        let weights = &self.rank.weights;
        let checks = [
            ("guard.share", share(self.guard.share), SHARE),
            ("guard.fall", share(self.guard.fall), SHARE),
            ("rank.archived-factor", factor(self.rank.archived_factor), FACTOR),
            ("rank.young-factor", factor(self.rank.young_factor), FACTOR),
            ("rank.activity-half-life", positive(self.rank.activity_half_life), MONTHS),
            ("rank.release-half-life", positive(self.rank.release_half_life), MONTHS),
            ("rank.weights.popularity", points(weights.popularity), POINTS),
            ("rank.weights.momentum", points(weights.momentum), POINTS),
            ("rank.weights.activity", points(weights.activity), POINTS),
            ("rank.weights.release", points(weights.release), POINTS),
            ("rank.weights.licence", points(weights.licence), POINTS),
            ("layout.dead-band", points(self.layout.dead_band), POINTS),
            ("page.accent", self.page.is_accent_valid(), "expected a colour such as `#0550ae`"),
            ("page.base-url", self.page.are_addresses_valid(), "expected addresses that begin with `https://`"),
        ];
        if let Some((key, expected)) = self.invalid_files() {
            return Some(InvalidValue { key, expected });
        }
        let wrong = checks.into_iter().find(|(_, valid, _)| !valid);
        wrong.map(|(key, _, expected)| InvalidValue { key, expected }).or_else(|| self.confirm.invalid())
    }
}

/// The language of the words that are added to a list: the code of a file with its words, such as `en` (default) or
/// `zh`. Words that a language lacks are English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Language(String);

impl Language {
    /// The language with this code.
    pub fn new(code: &str) -> Self {
        Self(code.to_owned())
    }

    /// Its code.
    pub fn code(&self) -> &str {
        &self.0
    }
}

impl Default for Language {
    fn default() -> Self {
        Self::new("en")
    }
}

/// Which addresses in the source may be changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rewrite {
    /// None.
    #[default]
    None,
    /// Those of repositories that were renamed or transferred.
    Renames,
    /// Those, and those that redirect for good at every hop within one registrable domain.
    Redirects,
}

/// What is checked, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Check {
    /// Addresses that are not checked.
    #[schemars(example = serde_json::json!([{ "pattern": "https://example.org/*", "reason": "answers browsers only", "until": "2027-01-31" }]))]
    pub exclude: Vec<Exclusion>,
    /// Whether the `#fragment` of a link must exist in its page.
    pub fragments: bool,
    /// An address for complaints (`https://…` or `mailto:…`) that requests name beside the project's. In GitHub
    /// Actions it is that of the repository, where this is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Longest age of a cached result that is used instead of a request.
    #[serde(with = "duration")]
    #[schemars(with = "String", regex(pattern = "^[0-9]+[smhdw]$"))]
    pub max_age: Duration,
}

impl Default for Check {
    /// A day: a run that is started again on the same day, after a kill or with other flags, asks nothing twice.
    fn default() -> Self {
        Self { exclude: Vec::new(), fragments: false, contact: None, max_age: Duration::from_secs(86_400) }
    }
}

/// Addresses that are not checked, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exclusion {
    /// What the address must match: `*` stands for any text, the rest for itself.
    pub pattern: String,
    /// Why.
    pub reason: String,
    /// The last day on which it applies; afterwards the address is checked again.
    #[serde(default, deserialize_with = "day", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
}

/// Reads a day as TOML writes one, bare, or as a string. The `toml` crate gives a bare one as a map with one text.
fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    struct Day;

    impl<'de> serde::de::Visitor<'de> for Day {
        type Value = Date;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a day such as 2027-01-31")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Date, E> {
            text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Date, A::Error> {
            let entry: Option<(String, String)> = map.next_entry()?;
            self.visit_str(&entry.map(|(_, text)| text).unwrap_or_default())
        }
    }

    deserializer.deserialize_any(Day).map(Some)
}

impl Exclusion {
    /// Whether it covers `url` on `today`.
    pub fn covers(&self, url: &str, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until) && matches(&self.pattern, url)
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any text. Linear in the pattern's parts.
fn matches(pattern: &str, text: &str) -> bool {
    let parts: Vec<&str> = pattern.split('*').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// When the results of a run are not accepted: many known repositories change for the worse at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Guard {
    /// The share of the known repositories that may fail, lose a field or lose stars in one run.
    pub share: f64,
    /// The loss of stars that counts, as a share of those in the ledger.
    pub fall: f64,
    /// Lists with fewer known repositories are not guarded.
    pub least: usize,
    /// Pages that are looked at where failures may be those of our own network; with none, the list alone decides.
    pub control_pages: Vec<String>,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            share: 0.1,
            fall: 0.3,
            least: 10,
            control_pages: ["https://example.com/", "https://www.wikipedia.org/"].map(str::to_owned).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclusions_match_by_stars_and_end() {
        for (pattern, text, fits) in [
            ("https://x.org/*", "https://x.org/a", true),
            ("*.example.org/*", "https://a.example.org/b", true),
            ("https://x.org/", "https://x.org/a", false),
            ("https://x.org/a*b*c", "https://x.org/a1b2c", true),
            ("ab*ba", "aba", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
        let day = |s: &str| s.parse().unwrap();
        let exclusion = Exclusion { pattern: "*".to_owned(), reason: String::new(), until: Some(day("2026-12-01")) };
        assert!(exclusion.covers("x", day("2026-12-01")));
        assert!(!exclusion.covers("x", day("2026-12-02")));
        for until in ["2026-12-01", "\"2026-12-01\""] {
            let text = format!("pattern = \"*\"\nreason = \"\"\nuntil = {until}");
            assert_eq!(toml::from_str::<Exclusion>(&text).unwrap(), exclusion);
        }
    }
}
