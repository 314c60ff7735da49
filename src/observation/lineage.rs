//! What came after a project: forks that outlived it, the successor that its owner names, copies in archives.
//!
//! Facts only; what is offered as a replacement is decided in `replacement`.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::address::Target;

/// A fork of a project that was worked on after the project stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// Its full name, `owner/name`.
    pub name: String,
    /// Its stars, rounded to two digits: an exact count would change with each run.
    pub stars: u64,
    /// The month of its newest commit on the default branch.
    pub commit: Date,
    /// The month of its latest release, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Date>,
}

/// The project that an owner names as the successor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Successor {
    /// Its address, which answered.
    pub url: String,
    /// The sentence that names it: untrusted text.
    pub sentence: String,
    /// Where the sentence stands.
    pub source: SuccessorSource,
}

/// Where an owner names a successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuccessorSource {
    /// The repository's description.
    Description,
    /// Its README.
    Readme,
}

/// The repository that a page names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageRepository {
    /// Its address.
    pub url: String,
    /// By which standard.
    pub standard: RepositoryStandard,
}

/// A standard by which a page names its repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepositoryStandard {
    /// `codeRepository` in JSON-LD.
    JsonLd,
    /// `rel="vcs-git"`.
    VcsGit,
    /// `<meta name="go-import">`.
    GoImport,
}

impl RepositoryStandard {
    /// What stands in the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonLd => "codeRepository",
            Self::VcsGit => "rel=vcs-git",
            Self::GoImport => "go-import",
        }
    }
}

/// An archive of the web or of source code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Archive {
    /// The Wayback Machine (web.archive.org).
    Wayback,
    /// Software Heritage (archive.softwareheritage.org).
    SoftwareHeritage,
}

/// A copy in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedCopy {
    /// Its address, for people.
    pub url: String,
    /// The day it was taken.
    pub taken: Date,
}

/// What an archive answered for a target: that it has a copy, or that it has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveAnswer {
    /// The target.
    pub target: Target,
    /// When it answered.
    pub at: Timestamp,
    /// Which archive.
    pub archive: Archive,
    /// The newest suitable copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<ArchivedCopy>,
}
