//! What was observed of a target, and when.
//!
//! A failed look is a value here, not an error. It gives no verdict: that needs the record of earlier looks.

mod class;
mod details;
mod facts;
mod lineage;
mod provider;

pub use class::{Asked, Evidence, FailureClass, Reach, Retry, Scope, Symptom, Traits, Weight};
pub use details::Details;
pub use facts::{Facts, Known, SharedFacts, known};
pub use lineage::{
    Archive, ArchiveAnswer, ArchivedCopy, Fork, PageRepository, RepositoryStandard, Successor, SuccessorSource,
};
pub use provider::Provider;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::address::Target;

/// One look at one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Line")]
pub struct Observation {
    /// What was looked at.
    pub target: Target,
    /// When the answer arrived.
    pub at: Timestamp,
    /// The answer.
    #[serde(flatten)]
    pub seen: Seen,
}

/// An observation as its line of JSON has it, read in one pass: a cache has one for every link.
#[derive(Deserialize)]
struct Line {
    target: Target,
    at: Timestamp,
    seen: Outcome,
    status: Option<u16>,
    #[serde(default)]
    hops: Vec<Hop>,
    moved_to: Option<String>,
    title: Option<String>,
    anchors: Option<Vec<String>>,
    #[serde(default)]
    suspicions: Vec<Suspicion>,
    #[serde(default)]
    facts: SharedFacts,
    details: Option<Box<Details>>,
    class: Option<FailureClass>,
    #[serde(default)]
    detail: String,
    elsewhere: Option<String>,
    network: Option<Provider>,
    repository: Option<PageRepository>,
    #[serde(default)]
    providers: Vec<Provider>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Alive,
    Failed,
}

impl TryFrom<Line> for Observation {
    type Error = &'static str;

    fn try_from(line: Line) -> Result<Self, Self::Error> {
        let Line {
            target,
            at,
            seen,
            status,
            hops,
            moved_to,
            title,
            anchors,
            suspicions,
            facts,
            details,
            class,
            detail,
            elsewhere,
            network,
            repository,
            providers,
        } = line;
        let seen = match seen {
            Outcome::Alive => {
                let alive = Alive {
                    status,
                    hops,
                    moved_to,
                    title,
                    anchors,
                    suspicions,
                    facts,
                    details,
                    elsewhere,
                    network,
                    repository,
                };
                Seen::Alive(Arc::new(alive))
            }
            Outcome::Failed => {
                let class = class.ok_or("missing field `class`")?;
                Seen::Failed(Failure { class, status, hops, detail, elsewhere, providers })
            }
        };
        Ok(Self { target, at, seen })
    }
}

impl Observation {
    /// The UTC day of the look.
    pub fn day(&self) -> Date {
        day(self.at)
    }
}

/// The UTC day of a moment.
pub fn day(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

/// The result of a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "seen", rename_all = "snake_case")]
pub enum Seen {
    /// It answered.
    Alive(Arc<Alive>),
    /// It did not answer as it should, for a reason that has a class.
    Failed(Failure),
}

/// What an answer contains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alive {
    /// The HTTP status at the end of the redirects; none where an API answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The redirects that were followed, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
    /// The new address, where it moved permanently: every redirect permanent, or a forge's rename.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// The title of the page, white space folded, at most 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The anchors of the page, where they were requested and the page was read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchors: Option<Vec<String>>,
    /// Signs that the page is no longer what was linked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suspicions: Vec<Suspicion>,
    /// What a forge states about it.
    #[serde(skip_serializing_if = "Facts::is_empty")]
    pub facts: SharedFacts,
    /// What is looked at only where a change adds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<Details>>,
    /// Where the project answers that had this name before, where another one answers under it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<String>,
    /// The address range of the host: those that answer show that a range is not away as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Provider>,
    /// The repository that the page names by a standard: its owner's word, and untrusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<PageRepository>,
}

/// One redirect that was followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The status that sent us on (301, 302, 303, 307, 308).
    pub status: u16,
    /// Its destination.
    pub to: String,
}

impl Hop {
    /// Whether the redirect is permanent (RFC 9110, 15.4.2 and 15.4.9).
    pub fn is_permanent(&self) -> bool {
        matches!(self.status, 301 | 308)
    }
}

/// A sign that a page that answers is no longer what was linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspicion {
    /// Its kind.
    pub kind: SuspicionKind,
    /// The words or the address that raised it.
    pub evidence: String,
}

/// The kinds of suspicion about a page that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspicionKind {
    /// Answers 200 and reads like an error page.
    Soft404,
    /// A parking or for-sale page.
    Parked,
    /// A page that stands in for a site: a server's default page, a suspended account, "coming soon".
    Placeholder,
    /// A deep link that ends at the front page.
    FrontPage,
    /// A deep link that ends at a login.
    Login,
    /// Ends at another registrable domain.
    OtherDomain,
}

impl SuspicionKind {
    /// What the page does, for a person: the rest of a sentence that begins with "it".
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Soft404 => "reads like an error page",
            Self::Parked => "looks parked or for sale",
            Self::Placeholder => "stands in for a site that is not there",
            Self::FrontPage => "ends at the front page",
            Self::Login => "ends at a login",
            Self::OtherDomain => "ends at another site",
        }
    }
}

/// Why a look failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The stable class.
    pub class: FailureClass,
    /// The HTTP status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The redirects that were followed before it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
    /// What was observed, in a few words for a person; untrusted text may be part of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Where the project answers now, found by an identity that survives renames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<String>,
    /// What the host has in common with others that may fail for the same cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<Provider>,
}

impl Observation {
    /// Whether the run got to the target: no limit, outage or missing record prevented the look.
    pub fn is_made(&self) -> bool {
        !matches!(&self.seen, Seen::Failed(failure) if failure.class.traits().asked != Asked::Yes)
    }
}

impl Failure {
    /// A failure that has a class and nothing more.
    pub fn of(class: FailureClass) -> Self {
        Self { class, status: None, hops: Vec::new(), detail: String::new(), elsewhere: None, providers: Vec::new() }
    }

    /// The same with words for a person.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_not_fetched_differs_from_one_known_to_be_absent() {
        let facts: Facts = serde_json::from_str(r#"{"licence":null,"stars":3}"#).unwrap();
        assert_eq!((facts.licence.clone(), facts.language.clone()), (Some(None), None));
        assert_eq!(serde_json::to_string(&facts).unwrap(), r#"{"stars":3,"licence":null}"#);
    }

    #[test]
    fn an_observation_is_one_line_of_json() {
        let line = r#"{"target":"github:a/b","at":"2026-11-23T00:00:00Z","seen":"alive","facts":{"stars":3}}"#;
        let observation: Observation = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&observation).unwrap(), line);
        let line = r#"{"target":"https://x.org/","at":"2026-11-23T00:00:00Z","seen":"failed","class":"http_404","status":404}"#;
        let observation: Observation = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&observation).unwrap(), line);
    }
}
