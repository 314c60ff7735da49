//! Something to tell a person: code, place, sentence, help.
//!
//! A finding holds strangers' text as it is; every reporter escapes it for its own medium.

use std::fmt;

use serde::Serialize;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Makes the run fail (exit 1).
    Error,
    /// Worth a look; fails only under `--strict`.
    Warning,
    /// Good to know.
    Note,
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

/// Where in a file something stands. Counts from 1; columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
}

/// Something to tell a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable identifier of its kind, such as `dead_link`.
    pub code: &'static str,
    /// How grave it is.
    pub level: Level,
    /// Where it stands, where it stands anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The canonical target it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What is so: a lower-case sentence without a full stop.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Finding {
    /// A finding of this kind.
    pub fn new(code: &'static str, level: Level, message: impl Into<String>) -> Self {
        Self { code, level, place: None, target: None, message: message.into(), help: None }
    }

    /// The same at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same about a target.
    #[must_use]
    pub fn about(mut self, target: &(impl ToString + ?Sized)) -> Self {
        self.target = Some(target.to_string());
        self
    }

    /// The same with what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
