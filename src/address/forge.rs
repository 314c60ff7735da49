//! Forges: the software that runs one, and the host it answers at.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The software that runs a forge: it decides which API answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ForgeKind {
    /// github.com or a GitHub Enterprise Server.
    GitHub,
    /// gitlab.com or another GitLab.
    GitLab,
    /// Codeberg and other instances of Forgejo or Gitea: they share `/api/v1`.
    Forgejo,
    /// Hugging Face: models, datasets, spaces.
    HuggingFace,
}

/// A forge: its software and the host it answers at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Forge {
    /// The software behind the host.
    pub kind: ForgeKind,
    /// The host name in lower case.
    pub host: String,
}

/// Forges with a short name of their own in canonical targets.
pub(super) const KNOWN: [(&str, ForgeKind, &str); 4] = [
    ("github", ForgeKind::GitHub, "github.com"),
    ("gitlab", ForgeKind::GitLab, "gitlab.com"),
    ("codeberg", ForgeKind::Forgejo, "codeberg.org"),
    ("huggingface", ForgeKind::HuggingFace, "huggingface.co"),
];

impl ForgeKind {
    fn name(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Forgejo => "forgejo",
            Self::HuggingFace => "huggingface",
        }
    }
}

impl Forge {
    /// Names the forge of `kind` at `host`.
    pub fn new(kind: ForgeKind, host: &str) -> Self {
        Self { kind, host: host.to_ascii_lowercase() }
    }

    /// github.com.
    pub fn github() -> Self {
        Self::new(ForgeKind::GitHub, "github.com")
    }

    pub(super) fn parse(label: &str) -> Option<Self> {
        if let Some((_, kind, host)) = KNOWN.iter().find(|(name, ..)| *name == label) {
            return Some(Self::new(*kind, host));
        }
        let (kind, host) = label.split_once('+')?;
        let kind = [ForgeKind::GitHub, ForgeKind::GitLab, ForgeKind::Forgejo, ForgeKind::HuggingFace]
            .into_iter()
            .find(|k| k.name() == kind)?;
        (!host.is_empty()).then(|| Self::new(kind, host))
    }
}

impl fmt::Display for Forge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match KNOWN.iter().find(|(_, kind, host)| *kind == self.kind && *host == self.host) {
            Some((name, ..)) => f.write_str(name),
            None => write!(f, "{}+{}", self.kind.name(), self.host),
        }
    }
}
