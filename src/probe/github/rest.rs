//! What GitHub's REST API answers for one name: `GET /repos/{owner}/{repo}` and `GET /users/{username}`.
//!
//! It confirms what GraphQL could not answer, and is all there is without a token. Shapes and codes are those of
//! docs.github.com, "REST API endpoints for repositories"; 451 and `block` are not documented there, but seen.

use serde::Deserialize;

use super::batch_response::{alive, count, days, known, lenient, mentions_lock};
use super::query::{Lookup, Name};
use super::rate_limit::{ANONYMOUS_LIMIT, Refusal, limit, refusal};
use super::transport::Response;
use crate::observation::{Alive, Facts, Failure, FailureClass, Known};
use crate::probe::api::day;

/// The header that GitHub sends with every response.
pub(super) const REQUEST_ID: &str = "x-github-request-id";

/// The result of a call.
#[derive(Debug)]
pub(super) enum RestOutcome {
    /// It is there.
    Alive(Box<Alive>),
    /// GitHub itself confirms that there is no such thing.
    NotFound(Failure),
    /// It is barred to everybody, or the response is of no use; a retry would not change it.
    Failed(Failure),
    /// It is refused to this token.
    Forbidden(String),
    /// GitHub refuses for now.
    Refused(Refusal),
    /// A retry may mend it.
    Retry(String),
    /// The token is not accepted.
    BadToken,
}

/// The body of a response that is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorBody {
    /// The message.
    #[serde(deserialize_with = "lenient")]
    pub(super) message: Option<String>,
    #[serde(deserialize_with = "lenient")]
    block: Option<Block>,
}

#[derive(Debug, Deserialize)]
struct Block {
    reason: Option<String>,
}

/// Reads the response for `lookup`, a thing at `host`.
pub(super) fn read(response: &Response, lookup: &Lookup, host: &str) -> RestOutcome {
    if (200..=299).contains(&response.status) {
        return match facts(&response.body, &lookup.name) {
            Ok(facts) => RestOutcome::Alive(Box::new(alive(facts, lookup, host))),
            Err(error) => RestOutcome::Retry(format!("an incomplete response: {error}")),
        };
    }
    let ErrorBody { message, block } = serde_json::from_slice(&response.body).unwrap_or_default();
    let is_github = message.is_some() || response.headers.contains_key(REQUEST_ID);
    let failure =
        |class: FailureClass, detail: String| Failure { status: Some(response.status), detail, ..Failure::of(class) };
    let failed = |class, detail| RestOutcome::Failed(failure(class, detail));
    let blocked = block.and_then(|block| block.reason);
    let message = message.unwrap_or_default();
    match (response.status, blocked) {
        (403 | 451, Some(reason)) => failed(FailureClass::GithubBlocked, reason),
        (451, None) => failed(FailureClass::GithubBlocked, message),
        (404 | 410, _) if is_github => RestOutcome::NotFound(failure(FailureClass::GithubNotFound, message)),
        // A proxy, a captive portal or a wrong address of the API answers 404 too.
        (404 | 410, _) => failed(FailureClass::GithubUnavailable, "a 404 that is not GitHub's".to_owned()),
        (401, _) if limit(&response.headers) == Some(ANONYMOUS_LIMIT) => {
            RestOutcome::Retry("401 with the limits of no token".to_owned())
        }
        (401, _) => RestOutcome::BadToken,
        (403 | 429, None) => match refusal(response.status, &response.headers, &message) {
            Some(refusal) => RestOutcome::Refused(refusal),
            None if mentions_lock(&message) => failed(FailureClass::GithubLocked, message),
            None => RestOutcome::Forbidden(message),
        },
        (408 | 500..=599, _) => RestOutcome::Retry(format!("{} {message}", response.status).trim_end().to_owned()),
        _ => failed(FailureClass::GithubUnavailable, message),
    }
}

fn facts(body: &[u8], name: &Name) -> Result<Facts, serde_json::Error> {
    match name {
        Name::Repository { .. } | Name::Path { .. } => serde_json::from_slice::<Repository>(body).map(Facts::from),
        Name::Owner(_) => serde_json::from_slice::<Account>(body).map(Facts::from),
    }
}

/// A repository; REST sends neither the newest commit nor the latest release with it.
#[derive(Debug, Deserialize)]
struct Repository {
    full_name: String,
    #[serde(default, deserialize_with = "lenient")]
    id: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    node_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "count")]
    stargazers_count: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    forks_count: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    archived: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    disabled: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    fork: Option<bool>,
    #[serde(default, deserialize_with = "known")]
    mirror_url: Known<String>,
    #[serde(default, deserialize_with = "known")]
    license: Known<Licence>,
    #[serde(default, deserialize_with = "known")]
    language: Known<String>,
    #[serde(default, deserialize_with = "known")]
    description: Known<String>,
    #[serde(default, deserialize_with = "lenient")]
    homepage: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    topics: Option<Vec<String>>,
    #[serde(default, deserialize_with = "known")]
    pushed_at: Known<String>,
}

#[derive(Debug, Deserialize)]
struct Licence {
    #[serde(default, deserialize_with = "lenient")]
    spdx_id: Option<String>,
}

impl From<Repository> for Facts {
    fn from(body: Repository) -> Self {
        Self {
            name: Some(body.full_name),
            id: body.id,
            node_id: body.node_id,
            created: body.created_at.as_deref().and_then(day),
            stars: body.stargazers_count,
            forks: body.forks_count,
            archived: body.archived,
            disabled: body.disabled,
            fork: body.fork,
            mirror: body.mirror_url.map(|url| url.is_some()),
            licence: body.license.map(|licence| licence.and_then(|l| l.spdx_id)),
            language: body.language,
            description: body.description,
            homepage: body.homepage.filter(|url| !url.is_empty()),
            topics: body.topics,
            pushed: days(body.pushed_at),
            ..Self::default()
        }
    }
}

/// A user or an organization.
#[derive(Debug, Deserialize)]
struct Account {
    login: String,
    #[serde(default, deserialize_with = "lenient")]
    id: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    node_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    created_at: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "lenient")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "known")]
    bio: Known<String>,
}

impl From<Account> for Facts {
    fn from(body: Account) -> Self {
        let is_user = body.kind.as_deref() == Some("User");
        Self {
            name: Some(body.login),
            id: body.id,
            node_id: body.node_id,
            created: body.created_at.as_deref().and_then(day),
            description: if is_user { body.bio } else { None },
            ..Self::default()
        }
    }
}
