//! Why an entry has its rank, its marks and its verdict.
//!
//! It reads a ranked list and computes nothing on its own: what it reports is what the list was made from.

mod build;
mod compare;
mod query;
mod suggestion;
mod text;

pub use compare::{Comparison, PartDifference, compare, points_of_parts};
pub use query::{NotFound, all, explain, section};
pub use suggestion::{Suggestion, suggestion};

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::address::{Forges, Target};
use crate::judgement::Judgements;
use crate::markdown::Document;
use crate::observation::{Observation, Suspicion};
use crate::policy::Layout;
use crate::ranked_list::RankedList;
use crate::ranking::{Anomaly, Score};
use crate::replacement::Replacement;

/// The version of the JSON form.
pub const VERSION: u32 = 1;

/// What an explanation is made from.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// The list as it is shown.
    pub ranked: &'a RankedList,
    /// Its source.
    pub document: &'a Document,
    /// The layout of the list.
    pub layout: &'a Layout,
    /// The forges that links are recognised by.
    pub forges: &'a Forges,
    /// The judgements of its targets, and the ledger.
    pub judgements: &'a Judgements<'a>,
    /// The newest observation of each target in the cache: it may be newer than the ledger.
    pub newest: &'a BTreeMap<Target, Observation>,
}

/// Everything that is reported of one entry.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "pomona explain --format json")]
pub struct Explanation {
    /// The version of this form.
    pub version: u32,
    /// What it is called in the list.
    pub title: String,
    /// The address that the list links.
    pub url: String,
    /// Its canonical target.
    pub target: String,
    /// What it is ranked by, where that is another target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranked_by: Option<String>,
    /// What its page says of its repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_repository: Option<PageRepositoryReason>,
    /// Its file, where the list has several sources and it is not the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of the source it stands on.
    pub line: usize,
    /// The headings above it.
    pub section: Vec<String>,
    /// Where it is placed: `shown`, `folded`, `dead`, `hidden`.
    pub placement: &'static str,
    /// Its place in its section.
    pub place: Option<Place>,
    /// Its place in the list by score.
    pub rank: Option<Place>,
    /// Its score.
    pub score: Option<Score>,
    /// Why it has none, where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unranked: Option<&'static str>,
    /// The one change that would raise it most.
    pub suggestion: Option<Suggestion>,
    /// Its marks, each with its reason.
    pub marks: Vec<MarkReason>,
    /// What is odd about its stars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anomaly: Option<Anomaly>,
    /// The verdict of its link.
    pub verdict: VerdictReason,
    /// The newest observation of its link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
    /// The link of the entry that the query means, where that is not the one of its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkReason>,
    /// What may take the place of its link, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<BTreeMap<String, serde_json::Value>>")]
    pub replacements: Vec<Replacement>,
    /// What the source has.
    pub source: TextFields,
    /// What the forge has, last known.
    pub forge: TextFields,
    /// The month from which ages are counted.
    #[schemars(with = "Option<String>")]
    pub as_of: Option<Date>,
    /// The version of the formula.
    pub formula: u32,
}

/// The JSON schema of an explained entry.
pub fn schema(generator: SchemaGenerator) -> Schema {
    generator.into_root_schema_for::<Explanation>()
}

/// The repository that a page names, and whether it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PageRepositoryReason {
    /// The repository's canonical target.
    pub target: String,
    /// The standard by which the page names it.
    pub standard: &'static str,
    /// Whether the entry is ranked by it.
    pub counts: bool,
    /// Why, for a person.
    pub why: &'static str,
}

/// A place among several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// From 1.
    pub at: usize,
    /// How many there are.
    pub of: usize,
}

/// A mark and why it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MarkReason {
    /// The mark.
    pub mark: &'static str,
    /// Whether the layout shows it.
    pub shown: bool,
    /// Why.
    pub why: String,
}

/// A verdict and its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerdictReason {
    /// The verdict.
    pub verdict: &'static str,
    /// The class of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The new address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub since: Option<Date>,
    /// The separate days on which it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_looks: Option<u32>,
    /// The days of silence that count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_days: Option<u32>,
    /// The first day on which it can be called dead; none where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub dead_not_before: Option<Date>,
    /// The day on which it last answered, where that is before the list's month.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub answered: Option<Date>,
    /// Why it may not be what was linked, though it answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<BTreeMap<String, String>>")]
    pub suspicions: Vec<Suspicion>,
    /// Why, for a person.
    pub why: String,
}

/// The newest observation of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Observed {
    /// When.
    #[schemars(with = "String")]
    pub at: jiff::Timestamp,
    /// Whether it answered with the page or the repository.
    pub alive: bool,
    /// The class of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How many redirects were followed.
    pub redirects: usize,
    /// What gave it away, such as the header of a bot wall: untrusted text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// A further link of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LinkReason {
    /// Its text.
    pub text: String,
    /// Its address.
    pub url: String,
    /// Its canonical target.
    pub target: String,
    /// Its verdict.
    pub verdict: VerdictReason,
}

/// Title, address and description of an entry from one source: untrusted text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TextFields {
    /// Its title or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A whole section, entry by entry.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SectionExplanation {
    /// The version of this form.
    pub version: u32,
    /// The headings above and its own.
    pub section: Vec<String>,
    /// Its entries, in the order of the list.
    pub entries: Vec<Explanation>,
    /// The month from which ages are counted.
    #[schemars(with = "Option<String>")]
    pub as_of: Option<Date>,
    /// The version of the formula.
    pub formula: u32,
}

#[cfg(test)]
mod tests;
