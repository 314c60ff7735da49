//! What GitHub's GraphQL answers to a batch: data and errors, side by side.
//!
//! An error belongs to the alias, or the field of an alias, that its `path` names. A null is believed only
//! where no error explains it.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::query::{Ask, Name, alias};
use super::refusal::{Budget, Refusal, graphql_refusal, refusal};
use super::transport::Reply;
use crate::address::Target;
use crate::observation::{Alive, Facts, Failure, FailureClass, Known};
use crate::probe::api::day;

/// What a whole batch brought.
#[derive(Debug)]
pub(super) enum Batch {
    /// An outcome for each name, in order; and the refusal that some of them met.
    Answered(Vec<Outcome>, Option<Refusal>),
    /// Nothing: GitHub refuses for now.
    Refused(Refusal),
    /// Nothing: the server does not know these fields.
    Unknown(Vec<String>),
    /// Nothing: it failed in a way that a smaller batch or a second try may mend.
    Failed(String),
    /// Nothing: the token is not accepted.
    BadToken,
    /// Nothing: an answer that no second try will mend.
    Odd(String),
}

/// What a batch brought for one name.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is there.
    Alive(Box<Alive>),
    /// It is there, but the server left holes for lack of time: ask again with fewer names.
    Holes(Box<Alive>),
    /// GraphQL knows none of this name, which another call has to confirm.
    Missing,
    /// It is refused to this token.
    Forbidden(String),
    /// Nothing was learnt: ask again with fewer names.
    Again(String),
    /// Nothing was learnt, and asking again is no use.
    Failed(Failure),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    data: Option<Map<String, Value>>,
    errors: Option<Vec<Fault>>,
    message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fault {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    message: Option<String>,
    path: Option<Vec<Value>>,
    extensions: Option<Value>,
}

/// How an error weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    NotFound,
    Forbidden,
    RateLimited,
    Unknown,
    Passing,
    Other,
}

impl Fault {
    fn text(&self) -> &str {
        self.message.as_deref().unwrap_or_default()
    }

    fn weight(&self) -> Weight {
        match (self.kind.as_deref(), self.extension("code").or(self.code.as_deref())) {
            (Some("NOT_FOUND"), _) => Weight::NotFound,
            (Some("FORBIDDEN"), _) => Weight::Forbidden,
            (Some("RATE_LIMITED" | "RATE_LIMIT"), _) | (_, Some("graphql_rate_limit")) => Weight::RateLimited,
            (Some("RESOURCE_LIMITS_EXCEEDED" | "SERVICE_UNAVAILABLE" | "INTERNAL"), _) => Weight::Passing,
            (_, Some("undefinedField")) => Weight::Unknown,
            _ => {
                let text = self.text().to_ascii_lowercase();
                let passing = ["something went wrong", "timeout", "timed out", "respond to your request in time"];
                if passing.iter().any(|words| text.contains(words)) { Weight::Passing } else { Weight::Other }
            }
        }
    }

    fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.as_ref()?.get(name)?.as_str()
    }

    /// The field that the server does not know: its own word, else the first in quotes in the message.
    fn unknown_field(&self) -> Option<String> {
        let quoted = || self.text().split(['\'', '"', '`']).nth(1);
        self.extension("fieldName").or_else(quoted).map(str::to_owned)
    }

    fn is_of(&self, alias: &str) -> bool {
        self.path.as_ref().and_then(|path| path.first()?.as_str()) == Some(alias)
    }

    fn field(&self) -> Option<&str> {
        self.path.as_ref()?.get(1)?.as_str()
    }
}

/// Reads the answer to a batch of `asks` about things at `host`.
pub(super) fn read(reply: &Reply, asks: &[Ask], host: &str, now: Timestamp) -> Batch {
    let parsed = serde_json::from_slice::<Answer>(&reply.body);
    let message = parsed.as_ref().ok().and_then(|answer| answer.message.clone()).unwrap_or_default();
    if let Some(refusal) = refusal(reply.status, &reply.headers, &message, now) {
        return Batch::Refused(refusal);
    }
    match (reply.status, parsed) {
        // Seen as a passing fault: a token that is known, counted as if it were none.
        (401, _) if Budget::read(&reply.headers, now).is_some_and(|budget| budget.limit == 60) => {
            Batch::Failed("401 with the limits of no token".to_owned())
        }
        (401, _) => Batch::BadToken,
        (200..=299, Ok(answer)) => read_answer(answer, reply, asks, host, now),
        (200..=299, Err(error)) => Batch::Failed(format!("an answer that is not whole: {error}")),
        (status @ (408 | 500..=599), _) => Batch::Failed(format!("{status} {message}").trim_end().to_owned()),
        (status, _) => Batch::Odd(format!("{status} {message}").trim_end().to_owned()),
    }
}

fn read_answer(answer: Answer, reply: &Reply, asks: &[Ask], host: &str, now: Timestamp) -> Batch {
    let faults = answer.errors.unwrap_or_default();
    let has = |weight| faults.iter().any(|fault| fault.weight() == weight);
    let refusal = has(Weight::RateLimited).then(|| graphql_refusal(&reply.headers, now));
    match (answer.data, refusal) {
        (Some(mut data), refusal) => {
            let outcome = |(n, ask)| outcome(data.remove(&alias(n)), n, ask, &faults, host);
            Batch::Answered(asks.iter().enumerate().map(outcome).collect(), refusal)
        }
        (None, Some(refusal)) => Batch::Refused(refusal),
        (None, None) if has(Weight::Unknown) => {
            let unknown = faults.iter().filter(|fault| fault.weight() == Weight::Unknown);
            Batch::Unknown(unknown.filter_map(Fault::unknown_field).collect())
        }
        (None, None) => {
            let said = faults.first().map_or("neither data nor errors", Fault::text).to_owned();
            if faults.is_empty() || has(Weight::Passing) { Batch::Failed(said) } else { Batch::Odd(said) }
        }
    }
}

fn outcome(node: Option<Value>, n: usize, ask: &Ask, faults: &[Fault], host: &str) -> Outcome {
    let alias = alias(n);
    let faults: Vec<&Fault> = faults.iter().filter(|fault| fault.is_of(&alias)).collect();
    let passing = faults.iter().any(|fault| fault.weight() == Weight::Passing);
    match node {
        Some(Value::Object(mut node)) => {
            for hole in faults.iter().filter_map(|fault| fault.field()) {
                node.remove(hole);
            }
            match facts(node, ask) {
                // GraphQL cannot tell a path that is missing from one that it reads otherwise.
                Some(None) if passing => Outcome::Again("a path that was not read".to_owned()),
                Some(None) => Outcome::Missing,
                Some(Some(facts)) => {
                    let alive = Box::new(alive(facts, ask, host));
                    if passing { Outcome::Holes(alive) } else { Outcome::Alive(alive) }
                }
                None => Outcome::Again("an answer without its name".to_owned()),
            }
        }
        _ => explained(&faults),
    }
}

/// What a null means, by the errors that name it. Without any it may be missing: `repositoryOwner` is null
/// for a login that nobody has.
fn explained(faults: &[&Fault]) -> Outcome {
    let Some(fault) = faults.iter().max_by_key(|fault| fault.weight() != Weight::Other) else {
        return Outcome::Missing;
    };
    match fault.weight() {
        Weight::NotFound => Outcome::Missing,
        Weight::Forbidden if speaks_of_a_lock(fault.text()) => {
            Outcome::Failed(Failure::of(FailureClass::GithubLocked).because(fault.text()))
        }
        Weight::Forbidden => Outcome::Forbidden(fault.text().to_owned()),
        Weight::RateLimited | Weight::Passing => Outcome::Again(fault.text().to_owned()),
        Weight::Unknown | Weight::Other => {
            Outcome::Failed(Failure::of(FailureClass::GithubUnavailable).because(fault.text()))
        }
    }
}

/// Whether a refusal speaks of a repository that is locked while it moves.
pub(super) fn speaks_of_a_lock(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["locked", "migrat", "is being renamed", "is being transferred"].iter().any(|words| message.contains(words))
}

/// What is there, and where it moved when its name is no longer the one that was asked for. Letter case is
/// no move. Of a file or folder nothing is learnt but that it is there.
pub(super) fn alive(facts: Facts, ask: &Ask, host: &str) -> Alive {
    let moved = facts.name.as_ref().filter(|name| !name.eq_ignore_ascii_case(&ask.full()));
    let inside = match &ask.target {
        Target::Subpage(page) => format!("/{}", page.rest),
        _ => String::new(),
    };
    let moved_to = moved.map(|name| format!("https://{host}/{name}{inside}"));
    let facts = if ask.is_path() { Facts::default() } else { facts };
    Alive { moved_to, facts: facts.into(), ..Alive::default() }
}

/// The facts of a node; inner none where the path that was asked for is not in it.
fn facts(node: Map<String, Value>, ask: &Ask) -> Known<Facts> {
    let node = Value::Object(node);
    match &ask.name {
        Name::Repository { .. } => Repository::deserialize(node).ok().map(|node| Some(node.into())),
        Name::Owner(_) => Owner::deserialize(node).ok().map(|node| Some(node.into())),
        Name::Path { .. } => Holder::deserialize(node).ok().map(|node| {
            let name = Some(node.name_with_owner);
            node.object.map(|_| Facts { name, ..Facts::default() })
        }),
    }
}

/// A `Repository` that was asked for one path in it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Holder {
    name_with_owner: String,
    object: Option<Value>,
}

/// Reads a field that may be null: absent stays none, null becomes known to be absent.
pub(super) fn known<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Known<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// The days of a field of instants, where null is "none" and a malformed instant is "not learnt".
pub(super) fn days(instant: Known<String>) -> Known<jiff::civil::Date> {
    match instant {
        Some(Some(text)) => day(&text).map(Some),
        Some(None) => Some(None),
        None => None,
    }
}

/// A `Repository` of the schema. Every field but the name may be missing: dropped, refused or not learnt.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    name_with_owner: String,
    id: Option<String>,
    database_id: Option<i64>,
    created_at: Option<String>,
    stargazer_count: Option<u64>,
    fork_count: Option<u64>,
    is_archived: Option<bool>,
    is_disabled: Option<bool>,
    is_fork: Option<bool>,
    is_mirror: Option<bool>,
    #[serde(default, deserialize_with = "known")]
    license_info: Known<Licence>,
    #[serde(default, deserialize_with = "known")]
    primary_language: Known<Named>,
    #[serde(default, deserialize_with = "known")]
    description: Known<String>,
    #[serde(rename = "repositoryTopics")]
    topics: Option<Topics>,
    #[serde(default, deserialize_with = "known")]
    default_branch_ref: Known<Branch>,
    #[serde(default, deserialize_with = "known")]
    pushed_at: Known<String>,
    #[serde(default, deserialize_with = "known")]
    latest_release: Known<Release>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Licence {
    spdx_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Topics {
    nodes: Option<Vec<Option<Topic>>>,
}

#[derive(Debug, Deserialize)]
struct Topic {
    topic: Named,
}

#[derive(Debug, Deserialize)]
struct Branch {
    target: Option<Commit>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Commit {
    committed_date: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    published_at: Option<String>,
}

impl From<Repository> for Facts {
    fn from(node: Repository) -> Self {
        let commit = node.default_branch_ref.map(|branch| branch.and_then(|b| b.target?.committed_date));
        let release = node.latest_release.map(|release| release.and_then(|r| r.published_at));
        let topics = node.topics.and_then(|topics| topics.nodes);
        Self {
            name: Some(node.name_with_owner),
            id: node.database_id,
            node_id: node.id,
            created: node.created_at.as_deref().and_then(day),
            stars: node.stargazer_count,
            forks: node.fork_count,
            archived: node.is_archived,
            disabled: node.is_disabled,
            fork: node.is_fork,
            mirror: node.is_mirror,
            licence: node.license_info.map(|licence| licence.and_then(|l| l.spdx_id)),
            language: node.primary_language.map(|language| language.map(|l| l.name)),
            description: node.description,
            topics: topics.map(|nodes| nodes.into_iter().flatten().map(|node| node.topic.name).collect()),
            commit: days(commit),
            pushed: days(node.pushed_at),
            release: days(release),
        }
    }
}

/// A `RepositoryOwner` of the schema: a user or an organization.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owner {
    login: String,
    id: Option<String>,
    database_id: Option<i64>,
    created_at: Option<String>,
    #[serde(default, deserialize_with = "known")]
    description: Known<String>,
    #[serde(default, deserialize_with = "known")]
    archived_at: Known<String>,
}

impl From<Owner> for Facts {
    fn from(node: Owner) -> Self {
        Self {
            name: Some(node.login),
            id: node.database_id,
            node_id: node.id,
            created: node.created_at.as_deref().and_then(day),
            description: node.description,
            archived: node.archived_at.map(|at| at.is_some()),
            ..Self::default()
        }
    }
}
