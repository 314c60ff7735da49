//! The `[rules]` of a policy: the severity of each rule, by its identifier, and the thresholds.
//!
//! It does not know which rules exist: `rules` and `finding::notice` define them, and `settings` refuses a key that
//! is neither a rule nor a threshold. So a new rule needs no change here.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use crate::finding::Setting;

/// The severities that differ from the defaults of the rules (`pomona rules` prints both), and the thresholds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// By the identifier of the rule.
    pub levels: BTreeMap<String, Switch>,
    /// The numbers and words that rules compare with.
    pub thresholds: Thresholds,
}

/// The numbers and words that rules compare with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Thresholds {
    /// The least stars of a new entry's repository (`too-few-stars`).
    pub min_stars: u64,
    /// The least age of a new entry's repository, in days since it was created (`too-young`).
    pub min_age_days: u32,
    /// The least age of a new entry's first commit, in days (`young-history`).
    pub min_history_days: u32,
    /// The fewest commits of a new entry's repository (`too-few-commits`).
    pub min_commits: u64,
    /// The fewest contributors of a new entry's repository (`too-few-contributors`).
    pub min_contributors: u64,
    /// The longest description, in characters (`description-too-long`).
    pub max_description: usize,
    /// The most entries that one change may add (`several-entries`).
    pub max_entries: usize,
    /// The levels of heading that entries may be under (`section-depth`).
    pub section_levels: Vec<u8>,
    /// The words of praise that `promotional-description` looks for; letter case is ignored.
    pub promotional_words: Vec<String>,
    /// What the list refused before, by canonical name or address (`closed-before`).
    pub closed: Vec<String>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            // The lowest that lists with such a rule ask for: 10 to 100 stars, 3 to 6 months.
            min_stars: 10,
            min_age_days: 90,
            min_history_days: 90,
            // An upload in one piece has a handful; two people are the least that is not one person's.
            min_commits: 10,
            min_contributors: 2,
            // Two lines on GitHub's page; awesome-go asks for less, awesome-selfhosted for 250.
            max_description: 200,
            max_entries: 1,
            section_levels: vec![2, 3],
            promotional_words: PROMOTIONAL.map(str::to_owned).to_vec(),
            closed: Vec::new(),
        }
    }
}

/// Words that praise without describing.
const PROMOTIONAL: [&str; 24] = [
    "amazing",
    "awesome",
    "best-in-class",
    "blazing fast",
    "blazingly fast",
    "cutting-edge",
    "game-changing",
    "incredible",
    "industry-leading",
    "insanely",
    "next-generation",
    "revolutionary",
    "state-of-the-art",
    "super fast",
    "the best",
    "the easiest",
    "the fastest",
    "ultimate",
    "world-class",
    "最好的",
    "最强",
    "最牛",
    "神器",
    "极致",
];

/// The severity of one rule, as far as the policy sets it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Switch {
    /// Anywhere in the list.
    pub level: Option<Setting>,
    /// In what a change adds or edits.
    pub added: Option<Setting>,
}

impl Switch {
    /// The same setting everywhere.
    pub const fn all(setting: Setting) -> Self {
        Self { level: Some(setting), added: Some(setting) }
    }
}

impl Rules {
    /// The severity that the policy sets for the rule of this identifier.
    pub fn switch(&self, id: &str) -> Switch {
        self.levels.get(id).copied().unwrap_or_default()
    }

    /// Sets the severity of a rule everywhere.
    pub fn set(&mut self, id: &str, setting: Setting) {
        self.levels.insert(id.to_owned(), Switch::all(setting));
    }
}

/// Thresholds and rules are keys of one table.
impl Serialize for Rules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'a> {
            #[serde(flatten)]
            thresholds: &'a Thresholds,
            #[serde(flatten)]
            levels: &'a BTreeMap<String, Switch>,
        }
        Flat { thresholds: &self.thresholds, levels: &self.levels }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RulesVisitor)
    }
}

struct RulesVisitor;

impl<'de> Visitor<'de> for RulesVisitor {
    type Value = Rules;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of rules and thresholds")
    }

    /// Values are read in place, not collected first, so that an error names its line.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rules, A::Error> {
        let mut rules = Rules::default();
        let thresholds = &mut rules.thresholds;
        while let Some(key) = map.next_key::<String>()? {
            let key = key.replace('_', "-");
            match key.as_str() {
                "min-stars" => thresholds.min_stars = map.next_value()?,
                "min-age-days" => thresholds.min_age_days = map.next_value()?,
                "min-history-days" => thresholds.min_history_days = map.next_value()?,
                "min-commits" => thresholds.min_commits = map.next_value()?,
                "min-contributors" => thresholds.min_contributors = map.next_value()?,
                "max-description" => thresholds.max_description = map.next_value()?,
                "max-entries" => thresholds.max_entries = map.next_value()?,
                "section-levels" => thresholds.section_levels = map.next_value()?,
                "promotional-words" => thresholds.promotional_words = map.next_value()?,
                "closed" => thresholds.closed = map.next_value()?,
                _ => {
                    rules.levels.insert(key, map.next_value()?);
                }
            }
        }
        Ok(rules)
    }
}

fn setting<E: de::Error>(text: &str) -> Result<Setting, E> {
    let found = Setting::ALL.into_iter().find(|setting| setting.to_string() == text);
    found.ok_or_else(|| E::unknown_variant(text, &["off", "note", "warning", "error"]))
}

/// One word, or `{ level = "…", added = "…" }`.
impl Serialize for Switch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let (Some(level), true) = (self.level, self.level == self.added) {
            return serializer.collect_str(&level);
        }
        let mut map = serializer.serialize_map(None)?;
        for (key, setting) in [("level", self.level), ("added", self.added)] {
            if let Some(setting) = setting {
                map.serialize_entry(key, &setting.to_string())?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SwitchVisitor)
    }
}

struct SwitchVisitor;

impl<'de> Visitor<'de> for SwitchVisitor {
    type Value = Switch;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`off`, `note`, `warning`, `error`, or a table with `level` and `added`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Switch, E> {
        setting(text).map(Switch::all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Switch, A::Error> {
        let mut switch = Switch::default();
        while let Some((key, value)) = map.next_entry::<String, String>()? {
            let setting = Some(setting(&value)?);
            match key.as_str() {
                "level" => switch.level = setting,
                "added" => switch.added = setting,
                _ => return Err(de::Error::unknown_field(&key, &["level", "added"])),
            }
        }
        Ok(Switch { added: switch.added.or(switch.level), ..switch })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_read_and_written_back() {
        let text = "dead-link = \"off\"\nno_full_stop = { level = \"note\", added = \"error\" }\ntoo-young = { added = \"warning\" }\nduplicate = { level = \"error\" }\nmin-stars = 50\n";
        let rules: Rules = toml::from_str(text).unwrap();
        assert_eq!(rules.switch("dead-link"), Switch::all(Setting::Off));
        let (note, error) = (Some(Setting::NOTE), Some(Setting::ERROR));
        assert_eq!(rules.switch("no-full-stop"), Switch { level: note, added: error });
        assert_eq!(rules.switch("too-young"), Switch { level: None, added: Some(Setting::WARNING) });
        assert_eq!(rules.switch("duplicate"), Switch::all(Setting::ERROR));
        assert_eq!((rules.thresholds.min_stars, rules.thresholds.min_age_days), (50, 90));
        assert_eq!(toml::from_str::<Rules>(&toml::to_string(&rules).unwrap()).unwrap(), rules);
    }

    #[test]
    fn every_threshold_is_a_key() {
        let text = toml::to_string(&Thresholds { min_stars: 77, ..Thresholds::default() }).unwrap();
        let rules: Rules = toml::from_str(&text).unwrap();
        assert!(rules.levels.is_empty(), "{:?}", rules.levels);
        assert_eq!(rules.thresholds, toml::from_str(&text).unwrap());
    }

    #[test]
    fn invalid_values_are_errors() {
        for (text, expected) in [
            ("dead-link = \"fatal\"", "unknown variant `fatal`"),
            ("dead-link = 3", "invalid type: integer `3`"),
            ("dead-link = { levle = \"off\" }", "unknown field `levle`"),
            ("min-stars = \"many\"", "invalid type: string \"many\""),
        ] {
            let error = toml::from_str::<Rules>(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
