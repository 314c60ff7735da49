//! The person who submits a change: facts that GitHub shows to everybody, for lists that ask for them.
//!
//! They are stated and never judged: no rule and no level depends on them.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entry::age;

/// What the event of the run and one question state about the person who submits a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Submitter {
    /// The login.
    pub login: String,
    /// The day on which the account was created, where that is known.
    #[schemars(with = "Option<String>")]
    pub account_created: Option<Date>,
    /// What the person is to the list's repository: `author_association` of GitHub's event.
    pub association: Option<Association>,
    /// The titles of the new entries whose repository the person owns.
    pub owns: Vec<String>,
    /// The organizations of new entries of which the person is a public member.
    pub member_of: Vec<String>,
    /// The day of the check, from which the age is counted.
    #[serde(rename = "checked")]
    #[schemars(with = "String")]
    pub today: Date,
}

/// What a person is to a repository (docs.github.com, GraphQL enum `CommentAuthorAssociation`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Association {
    /// Its owner.
    Owner,
    /// A member of the organization that owns it.
    Member,
    /// Invited to work on it.
    Collaborator,
    /// Contributed before.
    Contributor,
    /// Never contributed to it.
    FirstTimeContributor,
    /// Never contributed to anything at GitHub.
    FirstTimer,
    /// An account that stands in for a deleted one.
    Mannequin,
    /// None of these.
    None,
}

impl Association {
    /// In words, where they inform a reviewer.
    fn words(self) -> Option<&'static str> {
        match self {
            Self::Owner => Some("owner of this list"),
            Self::Member => Some("member of this list's organization"),
            Self::Collaborator => Some("collaborator of this list"),
            Self::Contributor => Some("has contributed to this list before"),
            Self::FirstTimeContributor | Self::None => Some("first contribution to this list"),
            Self::FirstTimer => Some("first contribution at GitHub"),
            Self::Mannequin => None,
        }
    }
}

impl Submitter {
    /// The most titles or organizations in one sentence.
    const MAX_NAMES: usize = 10;

    /// The facts in words; what is unknown is left out. Titles are untrusted text.
    pub fn facts(&self) -> Vec<String> {
        let names = |names: &[String]| names.iter().take(Self::MAX_NAMES).cloned().collect::<Vec<_>>().join(", ");
        let mut facts = Vec::new();
        facts.extend(self.account_created.map(|day| format!("account {}", age(day, self.today))));
        facts.extend(self.association.and_then(Association::words).map(str::to_owned));
        facts.extend((!self.owns.is_empty()).then(|| format!("owns the repository of {}", names(&self.owns))));
        facts.extend((!self.member_of.is_empty()).then(|| format!("public member of {}", names(&self.member_of))));
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_stated_and_what_is_unknown_is_left_out() {
        let day = |text: &str| text.parse().unwrap();
        let submitter = Submitter {
            login: "octocat".to_owned(),
            account_created: Some(day("2026-11-20")),
            association: Some(Association::FirstTimeContributor),
            owns: vec!["Zed".to_owned()],
            member_of: vec!["zed-industries".to_owned()],
            today: day("2026-11-24"),
        };
        assert_eq!(
            submitter.facts().join(" · "),
            "account created this month · first contribution to this list · owns the repository of Zed · public member \
             of zed-industries"
        );
        let unknown =
            Submitter { account_created: None, association: None, owns: vec![], member_of: vec![], ..submitter };
        assert_eq!(unknown.facts(), Vec::<String>::new());
    }
}
