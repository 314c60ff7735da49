//! What GitHub's GraphQL API answers to a batch: data and errors, side by side.
//!
//! An error belongs to the alias, or the field of an alias, that its `path` names. A null is accepted only
//! where no error explains it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::details::{self, Head};
use super::query::{Lookup, Name, alias};
use super::rate_limit::{ANONYMOUS_LIMIT, Refusal, graphql_refusal, limit, refusal};
use super::transport::Response;
use crate::address::Target;
use crate::observation::{Alive, Facts, Failure, FailureClass, Known};
use crate::probe::api::day;

/// The result of a whole batch.
#[derive(Debug)]
pub(super) enum Batch {
    /// An outcome for each name, in order; and the refusal that some of them met.
    Answered(Vec<Outcome>, Option<Refusal>),
    /// GitHub refuses for now.
    Refused(Refusal),
    /// The server does not know these fields.
    UnknownFields(Vec<String>),
    /// It asked for too much at once, which a smaller batch does not.
    TooLarge(String),
    /// It failed in a way that a smaller batch or a retry may mend.
    Failed(String),
    /// The token is not accepted.
    BadToken,
    /// An error that no retry will mend.
    Unexpected(String),
}

/// The result for one name of a batch.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is there, with what a second request has to name where it was asked for its details.
    Alive(Box<Alive>, Option<Head>),
    /// It is there, but fields are missing because the server ran out of time: retry with fewer names.
    Partial(Box<Alive>, Option<Head>),
    /// GraphQL does not know this name, which another call has to confirm.
    Missing,
    /// It is refused to this token.
    Forbidden(String),
    /// Nothing was fetched: retry with fewer names.
    Retry(String),
    /// Nothing was fetched, and a retry is no use.
    Failed(Failure),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    data: Option<Map<String, Value>>,
    errors: Option<Vec<GraphQlError>>,
    message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GraphQlError {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    message: Option<String>,
    path: Option<Vec<Value>>,
    extensions: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorKind {
    NotFound,
    Forbidden,
    RateLimited,
    UnknownField,
    TooLarge,
    Transient,
    Other,
}

impl GraphQlError {
    fn text(&self) -> &str {
        self.message.as_deref().unwrap_or_default()
    }

    fn kind(&self) -> ErrorKind {
        match (self.kind.as_deref(), self.extension("code").or(self.code.as_deref())) {
            (Some("NOT_FOUND"), _) => ErrorKind::NotFound,
            (Some("FORBIDDEN"), _) => ErrorKind::Forbidden,
            (Some("RATE_LIMITED" | "RATE_LIMIT"), _) | (_, Some("graphql_rate_limit")) => ErrorKind::RateLimited,
            (Some("MAX_NODE_LIMIT_EXCEEDED"), _) => ErrorKind::TooLarge,
            (Some("RESOURCE_LIMITS_EXCEEDED" | "SERVICE_UNAVAILABLE" | "INTERNAL"), _) => ErrorKind::Transient,
            (_, Some("undefinedField")) => ErrorKind::UnknownField,
            _ => {
                let text = self.text().to_ascii_lowercase();
                let transient = ["something went wrong", "timeout", "timed out", "respond to your request in time"];
                let is_transient = transient.iter().any(|words| text.contains(words));
                if is_transient { ErrorKind::Transient } else { ErrorKind::Other }
            }
        }
    }

    fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.as_ref()?.get(name)?.as_str()
    }

    /// The field that the server does not know: as it names it, else the first in quotes in the message.
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

/// Reads the response to a batch of `lookups` at `host`.
pub(super) fn read(response: &Response, lookups: &[Lookup], host: &str) -> Batch {
    let parsed = serde_json::from_slice::<Body>(&response.body);
    let message = parsed.as_ref().ok().and_then(|body| body.message.clone()).unwrap_or_default();
    if let Some(refusal) = refusal(response.status, &response.headers, &message) {
        return Batch::Refused(refusal);
    }
    match (response.status, parsed) {
        // Seen as a transient error: a valid token, counted as if there were none.
        (401, _) if limit(&response.headers) == Some(ANONYMOUS_LIMIT) => {
            Batch::Failed("401 with the limits of no token".to_owned())
        }
        (401, _) => Batch::BadToken,
        (200..=299, Ok(body)) => read_body(body, response, lookups, host),
        (200..=299, Err(error)) => Batch::Failed(format!("an incomplete response: {error}")),
        (status @ (408 | 500..=599), _) => Batch::Failed(format!("{status} {message}").trim_end().to_owned()),
        (status, _) => Batch::Unexpected(format!("{status} {message}").trim_end().to_owned()),
    }
}

/// The data of a response whose errors do not matter: what they explain stays unknown.
pub(super) fn data(response: &Response) -> Option<Map<String, Value>> {
    let body: Body = serde_json::from_slice(&response.body).ok()?;
    let mut data = body.data.filter(|_| (200..=299).contains(&response.status))?;
    for error in body.errors.iter().flatten() {
        let alias = error.path.as_ref().and_then(|path| path.first()?.as_str());
        if let (Some(alias), Some(field)) = (alias, error.field())
            && let Some(Value::Object(node)) = data.get_mut(alias)
        {
            node.remove(field);
        }
    }
    Some(data)
}

fn read_body(body: Body, response: &Response, lookups: &[Lookup], host: &str) -> Batch {
    let errors = body.errors.unwrap_or_default();
    let has = |kind| errors.iter().any(|error| error.kind() == kind);
    let refusal = has(ErrorKind::RateLimited).then(|| graphql_refusal(&response.headers));
    match (body.data, refusal) {
        (Some(mut data), refusal) => {
            let outcome = |(n, lookup)| outcome(data.remove(&alias(n)), n, lookup, &errors, host);
            Batch::Answered(lookups.iter().enumerate().map(outcome).collect(), refusal)
        }
        (None, Some(refusal)) => Batch::Refused(refusal),
        (None, None) if has(ErrorKind::UnknownField) => {
            let unknown = errors.iter().filter(|error| error.kind() == ErrorKind::UnknownField);
            Batch::UnknownFields(unknown.filter_map(GraphQlError::unknown_field).collect())
        }
        (None, None) => {
            let message = errors.first().map_or("neither data nor errors", GraphQlError::text).to_owned();
            if has(ErrorKind::TooLarge) {
                Batch::TooLarge(message)
            } else if errors.is_empty() || has(ErrorKind::Transient) {
                Batch::Failed(message)
            } else {
                Batch::Unexpected(message)
            }
        }
    }
}

fn outcome(node: Option<Value>, n: usize, lookup: &Lookup, errors: &[GraphQlError], host: &str) -> Outcome {
    let alias = alias(n);
    let errors: Vec<&GraphQlError> = errors.iter().filter(|error| error.is_of(&alias)).collect();
    let transient = errors.iter().any(|error| error.kind() == ErrorKind::Transient);
    let Some(Value::Object(mut node)) = node else { return explained(&errors) };
    for missing in errors.iter().filter_map(|error| error.field()) {
        node.remove(missing);
    }
    let (details, head) = lookup.detailed.then(|| details::read(&node)).unzip();
    match facts(node, lookup) {
        // GraphQL does not distinguish a path that is missing from a branch name that it splits elsewhere.
        Some(None) if transient => Outcome::Retry("a path that was not read".to_owned()),
        Some(None) => Outcome::Missing,
        Some(Some(facts)) => {
            let alive = Box::new(Alive { details: details.map(Box::new), ..alive(facts, lookup, host) });
            if transient { Outcome::Partial(alive, head) } else { Outcome::Alive(alive, head) }
        }
        None if transient => Outcome::Retry("an answer without its name".to_owned()),
        // The rest of the batch is good: a smaller one would not change this node.
        None => Outcome::Failed(Failure::of(FailureClass::GithubUnavailable).because("an answer without its name")),
    }
}

/// What a null means, by the errors that name it. Without any it may be missing: `repositoryOwner` is null
/// for a login that nobody has.
fn explained(errors: &[&GraphQlError]) -> Outcome {
    let Some(error) = errors.iter().max_by_key(|error| error.kind() != ErrorKind::Other) else {
        return Outcome::Missing;
    };
    match error.kind() {
        ErrorKind::NotFound => Outcome::Missing,
        ErrorKind::Forbidden if mentions_lock(error.text()) => {
            Outcome::Failed(Failure::of(FailureClass::GithubLocked).because(error.text()))
        }
        ErrorKind::Forbidden => Outcome::Forbidden(error.text().to_owned()),
        ErrorKind::RateLimited | ErrorKind::Transient | ErrorKind::TooLarge => Outcome::Retry(error.text().to_owned()),
        ErrorKind::UnknownField | ErrorKind::Other => {
            Outcome::Failed(Failure::of(FailureClass::GithubUnavailable).because(error.text()))
        }
    }
}

/// Whether a message states that a repository is locked while it moves.
pub(super) fn mentions_lock(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["locked", "migrat", "is being renamed", "is being transferred"].iter().any(|words| message.contains(words))
}

/// What is there, and where it moved when its name is no longer the one that was asked for. Letter case is
/// no move. Of a file or folder nothing is known but that it exists.
pub(super) fn alive(facts: Facts, lookup: &Lookup, host: &str) -> Alive {
    let moved = facts.name.as_ref().filter(|name| !name.eq_ignore_ascii_case(&lookup.full_name()));
    let inside = match &lookup.target {
        Target::Subpage(page) => format!("/{}", page.rest),
        _ => String::new(),
    };
    let moved_to = moved.map(|name| format!("https://{host}/{name}{inside}"));
    let facts = if lookup.is_path() { Facts::default() } else { facts };
    Alive { moved_to, facts: facts.into(), ..Alive::default() }
}

/// The facts of a node; inner none where the path that was asked for is not in it.
fn facts(node: Map<String, Value>, lookup: &Lookup) -> Known<Facts> {
    let node = Value::Object(node);
    match &lookup.name {
        Name::Repository { .. } => Repository::deserialize(node).ok().map(|node| Some(node.into())),
        Name::Owner(_) => Owner::deserialize(node).ok().map(|node| Some(node.into())),
        Name::Path { .. } => PathParent::deserialize(node).ok().map(|node| {
            let name = Some(node.name_with_owner);
            node.object.map(|_| Facts { name, ..Facts::default() })
        }),
    }
}

/// A `Repository` that was asked for one path in it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PathParent {
    name_with_owner: String,
    object: Option<Value>,
}

/// Reads a field that may be null or of an unexpected type, which is then unknown: one odd number must not spoil
/// the other fields.
pub(super) fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(T::deserialize(Value::deserialize(deserializer)?).ok())
}

/// Reads a number of stars or forks. Above 2^53 readers of JSON disagree on it, and no repository has so many.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(lenient(deserializer)?.filter(|count: &u64| *count <= 1 << 53))
}

/// Reads a field that may be null: absent or of an unexpected type is unknown, null is known to be absent.
pub(super) fn known<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Known<T>, D::Error> {
    Ok(Option::<T>::deserialize(Value::deserialize(deserializer)?).ok())
}

/// The days of a field of instants, where null is "none" and a malformed instant is unknown.
pub(super) fn days(instant: Known<String>) -> Known<jiff::civil::Date> {
    match instant {
        Some(Some(text)) => day(&text).map(Some),
        Some(None) => Some(None),
        None => None,
    }
}

/// A `Repository` of the schema. Every field but the name may be missing: not asked for, refused or malformed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    name_with_owner: String,
    #[serde(default, deserialize_with = "lenient")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    database_id: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "count")]
    stargazer_count: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    fork_count: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    is_archived: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    is_disabled: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    is_fork: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    is_mirror: Option<bool>,
    #[serde(default, deserialize_with = "known")]
    license_info: Known<Licence>,
    #[serde(default, deserialize_with = "known")]
    primary_language: Known<Named>,
    #[serde(default, deserialize_with = "known")]
    description: Known<String>,
    #[serde(default, deserialize_with = "lenient")]
    homepage_url: Option<String>,
    #[serde(rename = "repositoryTopics", default, deserialize_with = "lenient")]
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
    #[serde(default, deserialize_with = "lenient")]
    spdx_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Topics {
    #[serde(default, deserialize_with = "lenient")]
    nodes: Option<Vec<Option<Topic>>>,
}

#[derive(Debug, Deserialize)]
struct Topic {
    topic: Named,
}

#[derive(Debug, Deserialize)]
pub(super) struct Branch {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) target: Option<Commit>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Commit {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) committed_date: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Release {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) published_at: Option<String>,
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
            homepage: node.homepage_url.filter(|url| !url.is_empty()),
            topics: topics.map(|nodes| nodes.into_iter().flatten().map(|node| node.topic.name).collect()),
            commit: days(commit),
            pushed: days(node.pushed_at),
            release: days(release),
            ..Self::default()
        }
    }
}

/// A `RepositoryOwner` of the schema: a user or an organization.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owner {
    login: String,
    #[serde(default, deserialize_with = "lenient")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    database_id: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
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
