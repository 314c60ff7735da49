//! What is looked at only where a change adds a repository to a list.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What reviewers of a new entry ask of its repository. It is never stored in a ledger: one look is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Details {
    /// The day of the oldest commit of its default branch. A repository can be made anew and a history rewritten.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub first_commit: Option<Date>,
    /// How many commits its default branch has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commits: Option<u64>,
    /// How many people contributed to it (GitHub's `mentionableUsers`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contributors: Option<u64>,
    /// How many releases it has; tags alone are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub releases: Option<u64>,
    /// Whether it has a README.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readme: Option<bool>,
    /// Whether its CI runs tests, as far as its workflow files show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tests: Option<bool>,
    /// Of a fork: how many commits it has that the original has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_commits: Option<u64>,
}
