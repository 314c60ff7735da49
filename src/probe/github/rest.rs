//! What GitHub's REST API answers for one name: `GET /repos/{owner}/{repo}` and `GET /users/{username}`.
//!
//! It confirms what GraphQL could not tell, and is all there is without a token. Shapes and codes are those of
//! docs.github.com, "REST API endpoints for repositories"; 451 and `block` are not documented there, but met.

use jiff::Timestamp;
use serde::Deserialize;

use super::answer::{alive, days, known, speaks_of_a_lock};
use super::query::{Ask, Name};
use super::refusal::{Budget, Refusal, refusal};
use super::transport::Reply;
use crate::observation::{Alive, Facts, Failure, FailureClass, Known};
use crate::probe::api::day;

/// What a call told.
#[derive(Debug)]
pub(super) enum Told {
    /// It is there.
    Alive(Box<Alive>),
    /// It is not there, or barred to everybody; nothing more can be learnt.
    Failed(Failure),
    /// It is refused to this asker.
    Forbidden(String),
    /// GitHub refuses for now.
    Refused(Refusal),
    /// A second try may mend it.
    Again(String),
    /// The token is not accepted.
    BadToken,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Complaint {
    message: String,
    block: Option<Block>,
}

#[derive(Debug, Deserialize)]
struct Block {
    reason: Option<String>,
}

/// Reads the answer for `ask`, a thing at `host`.
pub(super) fn read(reply: &Reply, ask: &Ask, host: &str, now: Timestamp) -> Told {
    if (200..=299).contains(&reply.status) {
        return match facts(&reply.body, &ask.name) {
            Ok(facts) => Told::Alive(Box::new(alive(facts, ask, host))),
            Err(error) => Told::Again(format!("an answer that is not whole: {error}")),
        };
    }
    let complaint: Complaint = serde_json::from_slice(&reply.body).unwrap_or_default();
    let failed = |class: FailureClass, detail: String| {
        Told::Failed(Failure { class, status: Some(reply.status), hops: Vec::new(), detail })
    };
    let blocked = complaint.block.and_then(|block| block.reason);
    let message = complaint.message;
    match (reply.status, blocked) {
        (403 | 451, Some(reason)) => failed(FailureClass::GithubBlocked, reason),
        (451, None) => failed(FailureClass::GithubBlocked, message),
        (404 | 410, _) => failed(FailureClass::GithubNotFound, message),
        (401, _) if Budget::read(&reply.headers, now).is_some_and(|budget| budget.limit == 60) => {
            Told::Again("401 with the limits of no token".to_owned())
        }
        (401, _) => Told::BadToken,
        (403 | 429, None) => match refusal(reply.status, &reply.headers, &message, now) {
            Some(refusal) => Told::Refused(refusal),
            None if speaks_of_a_lock(&message) => failed(FailureClass::GithubLocked, message),
            None => Told::Forbidden(message),
        },
        (408 | 500..=599, _) => Told::Again(format!("{} {message}", reply.status).trim_end().to_owned()),
        _ => failed(FailureClass::GithubUnavailable, message),
    }
}

fn facts(body: &[u8], name: &Name) -> Result<Facts, serde_json::Error> {
    match name {
        Name::Repository { .. } | Name::Path { .. } => serde_json::from_slice::<Repository>(body).map(Facts::from),
        Name::Owner(_) => serde_json::from_slice::<Account>(body).map(Facts::from),
    }
}

/// A repository; it tells neither the newest commit nor the latest release.
#[derive(Debug, Deserialize)]
struct Repository {
    full_name: String,
    id: Option<i64>,
    node_id: Option<String>,
    created_at: Option<String>,
    stargazers_count: Option<u64>,
    forks_count: Option<u64>,
    archived: Option<bool>,
    disabled: Option<bool>,
    fork: Option<bool>,
    #[serde(default, deserialize_with = "known")]
    mirror_url: Known<String>,
    #[serde(default, deserialize_with = "known")]
    license: Known<Licence>,
    #[serde(default, deserialize_with = "known")]
    language: Known<String>,
    #[serde(default, deserialize_with = "known")]
    description: Known<String>,
    topics: Option<Vec<String>>,
    #[serde(default, deserialize_with = "known")]
    pushed_at: Known<String>,
}

#[derive(Debug, Deserialize)]
struct Licence {
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
    id: Option<i64>,
    node_id: Option<String>,
    created_at: Option<String>,
    #[serde(rename = "type")]
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
