//! A finding: a rule that was broken, where, a sentence, and the way out.
//!
//! Every finding belongs to a [`RuleInfo`], so each has an identifier, a default severity, documentation and a key
//! in the policy. Rules about the text and its links are in `rules`; those that a run itself reports are in
//! [`notice`]. A finding contains untrusted text as it is; every report escapes it for its own medium.

pub mod notice;

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// The severity of a finding; the most severe comes first in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Makes the run fail (exit 1).
    Error,
    /// Needs attention; fails only under `--strict`.
    Warning,
    /// For information.
    Note,
}

impl Level {
    /// Every severity, the most severe first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// The severity that a rule is set to, or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// Not checked.
    Off,
    /// Reported at this level.
    At(Level),
}

impl Setting {
    /// Reported as an error.
    pub const ERROR: Self = Self::At(Level::Error);
    /// Reported as a warning.
    pub const WARNING: Self = Self::At(Level::Warning);
    /// Reported as a note.
    pub const NOTE: Self = Self::At(Level::Note);
    /// Every setting, from the mildest up.
    pub const ALL: [Self; 4] = [Self::Off, Self::NOTE, Self::WARNING, Self::ERROR];

    /// The level, where it is on.
    pub fn level(self) -> Option<Level> {
        match self {
            Self::Off => None,
            Self::At(level) => Some(level),
        }
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

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Links, entries and the file. In the check of a change, breaches that it did not cause are reported as older.
    List,
    /// How entries are written. In the check of a change, only those that it touches.
    Style,
    /// Only entries that a change adds.
    Addition,
    /// What a change does to the files and marks that the check itself relies on.
    Change,
    /// The run: the network, the APIs, the stored state.
    Run,
}

/// The description of a rule.
#[derive(Debug)]
pub struct RuleInfo {
    /// Its stable identifier in kebab-case: the code of its findings and its key under `[rules]`.
    pub id: &'static str,
    /// What a breach is, in one line without a full stop.
    pub summary: &'static str,
    /// Why it matters and what to do, in a few sentences of Markdown.
    pub docs: &'static str,
    /// What it is about.
    pub scope: Scope,
    /// The default severity anywhere in the list.
    pub level: Setting,
    /// The default severity in what a change adds or edits.
    pub added: Setting,
}

impl RuleInfo {
    /// The page that documents the rule, where the package names its repository.
    pub fn url(&self) -> Option<String> {
        page_url(env!("CARGO_PKG_REPOSITORY"), self.id)
    }
}

fn page_url(repository: &str, id: &str) -> Option<String> {
    let repository = repository.trim_end_matches('/');
    (!repository.is_empty()).then(|| format!("{repository}/blob/main/docs/rules.md#{id}"))
}

/// A position in a file. Counts from 1; columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Place {
    /// The file as the person named it.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column of the first character.
    pub column: usize,
    /// The path of headings above, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub section: Vec<String>,
    /// The entry's title, where it is an entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where the text ends that the finding is about: the line, and the column after its last character.
    #[serde(skip)]
    pub end: Option<(usize, usize)>,
}

impl Place {
    /// The start of a line.
    pub fn line(file: impl Into<String>, line: usize) -> Self {
        Self { file: file.into(), line, column: 1, section: Vec::new(), title: None, end: None }
    }
}

/// A text that would mend a breach, for tools that apply it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The line and column where the replaced text starts.
    pub start: (usize, usize),
    /// The line, and the column after its last character.
    pub end: (usize, usize),
    /// The new text.
    pub text: String,
    /// Why, for a person.
    pub description: String,
}

/// A breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The identifier of the rule, such as `dead-link`.
    pub code: &'static str,
    /// Its severity.
    pub level: Level,
    /// Where it is, where it has a position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The canonical name of the target that it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What was found: a lower-case sentence without a full stop.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Texts that would mend it, best first.
    #[serde(skip)]
    pub fixes: Vec<Fix>,
}

impl Finding {
    /// A breach of this rule, at its default severity.
    pub fn new(rule: &'static RuleInfo, message: impl Into<String>) -> Self {
        let level = rule.level.level().or(rule.added.level()).unwrap_or(Level::Warning);
        Self { code: rule.id, level, place: None, target: None, message: message.into(), help: None, fixes: Vec::new() }
    }

    /// The same with another severity.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// The same at a position.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// The same about a target.
    #[must_use]
    pub fn about(self, target: &(impl ToString + ?Sized)) -> Self {
        Self { target: Some(target.to_string()), ..self }
    }

    /// The same with what to do.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_linked_where_the_repository_is_known() {
        assert_eq!(page_url("", "dead-link"), None);
        let page = page_url("https://x.org/a/", "dead-link");
        assert_eq!(page.as_deref(), Some("https://x.org/a/blob/main/docs/rules.md#dead-link"));
    }
}
