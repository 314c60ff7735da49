//! The rules for entries: which are on, how grave, and their thresholds.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::finding::Level;

/// What a person said of the rules. What is not said is as the table of rules has it (`pomona rules`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rules {
    /// A link is dead.
    #[serde(alias = "dead_link", skip_serializing_if = "Switch::is_unsaid")]
    pub dead_link: Switch,
    /// A link fails, and that is not yet confirmed.
    #[serde(alias = "failing_link", skip_serializing_if = "Switch::is_unsaid")]
    pub failing_link: Switch,
    /// A host shows a certificate that no browser takes.
    #[serde(alias = "certificate_fault", skip_serializing_if = "Switch::is_unsaid")]
    pub certificate_fault: Switch,
    /// An address that no URL parser reads.
    #[serde(alias = "malformed_link", skip_serializing_if = "Switch::is_unsaid")]
    pub malformed_link: Switch,
    /// A page answers and is no longer what was linked.
    #[serde(alias = "suspect_page", skip_serializing_if = "Switch::is_unsaid")]
    pub suspect_page: Switch,
    /// Another repository answers under a remembered name.
    #[serde(alias = "reused_name", skip_serializing_if = "Switch::is_unsaid")]
    pub reused_name: Switch,
    /// A repository was renamed or transferred.
    #[serde(alias = "renamed_repository", skip_serializing_if = "Switch::is_unsaid")]
    pub renamed_repository: Switch,
    /// A page moved for good.
    #[serde(alias = "moved_page", skip_serializing_if = "Switch::is_unsaid")]
    pub moved_page: Switch,
    /// An entry's repository is archived.
    #[serde(alias = "archived_repository", skip_serializing_if = "Switch::is_unsaid")]
    pub archived_repository: Switch,
    /// Two entries of one section are the same thing.
    #[serde(skip_serializing_if = "Switch::is_unsaid")]
    pub duplicate: Switch,
    /// Two entries of different sections are the same thing.
    #[serde(alias = "duplicate_elsewhere", skip_serializing_if = "Switch::is_unsaid")]
    pub duplicate_elsewhere: Switch,
    /// A link inside the file leads to no heading.
    #[serde(alias = "broken_anchor", skip_serializing_if = "Switch::is_unsaid")]
    pub broken_anchor: Switch,
    /// The file nears or exceeds what GitHub renders.
    #[serde(alias = "file_too_large", skip_serializing_if = "Switch::is_unsaid")]
    pub file_too_large: Switch,
    /// An exclusion of the policy has ended.
    #[serde(alias = "expired_exclusion", skip_serializing_if = "Switch::is_unsaid")]
    pub expired_exclusion: Switch,
    /// An entry has no description.
    #[serde(alias = "no_description", skip_serializing_if = "Switch::is_unsaid")]
    pub no_description: Switch,
    /// A description is longer than `max-description`.
    #[serde(alias = "description_too_long", skip_serializing_if = "Switch::is_unsaid")]
    pub description_too_long: Switch,
    /// A description praises with one of `promotional-words`.
    #[serde(alias = "promotional_description", skip_serializing_if = "Switch::is_unsaid")]
    pub promotional_description: Switch,
    /// A description does not end with a full stop.
    #[serde(alias = "no_full_stop", skip_serializing_if = "Switch::is_unsaid")]
    pub no_full_stop: Switch,
    /// An entry is not in its alphabetical place.
    #[serde(alias = "not_alphabetical", skip_serializing_if = "Switch::is_unsaid")]
    pub not_alphabetical: Switch,
    /// An entry stands under a heading of a level that is not among `section-levels`.
    #[serde(alias = "section_depth", skip_serializing_if = "Switch::is_unsaid")]
    pub section_depth: Switch,
    /// A new entry was on the list before and died.
    #[serde(alias = "in_graveyard", skip_serializing_if = "Switch::is_unsaid")]
    pub in_graveyard: Switch,
    /// A new entry is no repository.
    #[serde(alias = "not_a_repository", skip_serializing_if = "Switch::is_unsaid")]
    pub not_a_repository: Switch,
    /// A new entry's repository is younger than `min-age-days`.
    #[serde(alias = "too_young", skip_serializing_if = "Switch::is_unsaid")]
    pub too_young: Switch,
    /// A new entry's repository has fewer stars than `min-stars`.
    #[serde(alias = "too_few_stars", skip_serializing_if = "Switch::is_unsaid")]
    pub too_few_stars: Switch,
    /// A new entry's repository has no licence.
    #[serde(alias = "no_licence", skip_serializing_if = "Switch::is_unsaid")]
    pub no_licence: Switch,
    /// A change adds more than `max-entries` entries.
    #[serde(alias = "several_entries", skip_serializing_if = "Switch::is_unsaid")]
    pub several_entries: Switch,
    /// The stars that `too-few-stars` asks for.
    pub min_stars: u64,
    /// The days of age that `too-young` asks for.
    pub min_age_days: u32,
    /// The characters that `description-too-long` lets pass.
    pub max_description: usize,
    /// The entries that `several-entries` lets one change add.
    pub max_entries: usize,
    /// The levels of heading that `section-depth` wants entries to stand under.
    pub section_levels: Vec<u8>,
    /// The words that `promotional-description` looks for; letter case does not count.
    pub promotional_words: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            dead_link: Switch::UNSAID,
            failing_link: Switch::UNSAID,
            certificate_fault: Switch::UNSAID,
            malformed_link: Switch::UNSAID,
            suspect_page: Switch::UNSAID,
            reused_name: Switch::UNSAID,
            renamed_repository: Switch::UNSAID,
            moved_page: Switch::UNSAID,
            archived_repository: Switch::UNSAID,
            duplicate: Switch::UNSAID,
            duplicate_elsewhere: Switch::UNSAID,
            broken_anchor: Switch::UNSAID,
            file_too_large: Switch::UNSAID,
            expired_exclusion: Switch::UNSAID,
            no_description: Switch::UNSAID,
            description_too_long: Switch::UNSAID,
            promotional_description: Switch::UNSAID,
            no_full_stop: Switch::UNSAID,
            not_alphabetical: Switch::UNSAID,
            section_depth: Switch::UNSAID,
            in_graveyard: Switch::UNSAID,
            not_a_repository: Switch::UNSAID,
            too_young: Switch::UNSAID,
            too_few_stars: Switch::UNSAID,
            no_licence: Switch::UNSAID,
            several_entries: Switch::UNSAID,
            min_stars: 10,
            min_age_days: 90,
            max_description: 200,
            max_entries: 1,
            section_levels: vec![2, 3],
            promotional_words: PROMOTIONAL.map(str::to_owned).to_vec(),
        }
    }
}

/// Words that praise and say nothing.
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

/// How grave a rule is where it is broken, as far as a person said it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Switch {
    /// Anywhere in the list.
    pub level: Option<Setting>,
    /// In what a change adds or edits.
    pub added: Option<Setting>,
}

/// How grave a rule is, or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// Not looked at.
    Off,
    /// Told at this level.
    At(Level),
}

impl Switch {
    /// Nothing was said.
    pub const UNSAID: Self = Self { level: None, added: None };

    /// The same setting everywhere.
    pub const fn all(setting: Setting) -> Self {
        Self { level: Some(setting), added: Some(setting) }
    }

    /// Whether nothing was said.
    pub fn is_unsaid(&self) -> bool {
        *self == Self::UNSAID
    }
}

impl Setting {
    /// Every setting, from the mildest up.
    pub const ALL: [Self; 4] = [Self::Off, Self::At(Level::Note), Self::At(Level::Warning), Self::At(Level::Error)];

    /// The level, where it is on.
    pub fn level(self) -> Option<Level> {
        match self {
            Self::Off => None,
            Self::At(level) => Some(level),
        }
    }

    fn read<E: de::Error>(text: &str) -> Result<Self, E> {
        let found = Self::ALL.into_iter().find(|setting| setting.to_string() == text);
        found.ok_or_else(|| E::unknown_variant(text, &["off", "note", "warning", "error"]))
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::At(level) => level.fmt(f),
        }
    }
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
        Setting::read(text).map(Switch::all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Switch, A::Error> {
        let mut switch = Switch::UNSAID;
        while let Some((key, value)) = map.next_entry::<String, String>()? {
            let setting = Some(Setting::read(&value)?);
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
        assert_eq!(rules.dead_link, Switch::all(Setting::Off));
        let (note, error) = (Setting::At(Level::Note), Setting::At(Level::Error));
        assert_eq!(rules.no_full_stop, Switch { level: Some(note), added: Some(error) });
        assert_eq!(rules.too_young, Switch { level: None, added: Some(Setting::At(Level::Warning)) });
        assert_eq!(rules.duplicate, Switch::all(error));
        assert_eq!((rules.min_stars, rules.min_age_days), (50, 90));
        assert_eq!(toml::from_str::<Rules>(&toml::to_string(&rules).unwrap()).unwrap(), rules);
    }

    #[test]
    fn what_is_mistyped_is_told() {
        for (text, told) in [
            ("dead-link = \"fatal\"", "unknown variant `fatal`"),
            ("dead-link = 3", "invalid type: integer `3`"),
            ("dead-link = { levle = \"off\" }", "unknown field `levle`"),
            ("dead-lnik = \"off\"", "unknown field `dead-lnik`"),
        ] {
            let why = toml::from_str::<Rules>(text).unwrap_err().to_string();
            assert!(why.contains(told), "{why}");
        }
    }
}
