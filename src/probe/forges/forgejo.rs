//! Forgejo and Gitea, with Codeberg: `/api/v1`.
//!
//! Fields: the Swagger page of each instance, `/api/swagger`, `GET /repos/{owner}/{repo}` and
//! `GET /users/{username}`. A renamed repository answers with a redirect.

use serde::Deserialize;
use serde_json::Value;

use super::{ForgeApi, encoded, text};
use crate::address::Target;
use crate::observation::Facts;
use crate::probe::api::day;

pub(super) struct Forgejo;

impl ForgeApi for Forgejo {
    fn paths(&self, target: &Target) -> Vec<String> {
        match target {
            Target::Repository(repository) => vec![format!("api/v1/repos/{}", encoded(&repository.path, true))],
            Target::Owner(owner) => {
                let login = encoded(&owner.login, false);
                vec![format!("api/v1/users/{login}"), format!("api/v1/orgs/{login}")]
            }
            _ => Vec::new(),
        }
    }

    fn facts(&self, answer: &Value, target: &Target) -> Option<Facts> {
        match target {
            Target::Repository(_) => Repository::deserialize(answer).ok().map(Facts::from),
            _ => Account::deserialize(answer).ok().and_then(|account| {
                Some(Facts {
                    name: Some(account.login.or(account.username)?),
                    id: account.id,
                    created: account.created.as_deref().and_then(day),
                    description: account.description.map(|words| text(Some(words))),
                    ..Facts::default()
                })
            }),
        }
    }
}

#[derive(Deserialize)]
struct Repository {
    id: Option<i64>,
    full_name: String,
    description: Option<String>,
    fork: Option<bool>,
    mirror: Option<bool>,
    archived: Option<bool>,
    stars_count: Option<u64>,
    forks_count: Option<u64>,
    language: Option<String>,
    licenses: Option<Vec<String>>,
    topics: Option<Vec<String>>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

impl From<Repository> for Facts {
    fn from(body: Repository) -> Self {
        Self {
            name: Some(body.full_name),
            id: body.id,
            created: body.created_at.as_deref().and_then(day),
            stars: body.stars_count,
            forks: body.forks_count,
            archived: body.archived,
            fork: body.fork,
            mirror: body.mirror,
            licence: body.licenses.map(|licences| licences.into_iter().next()),
            language: body.language.map(|language| text(Some(language))),
            description: Some(text(body.description)),
            topics: body.topics,
            // Moved by pushes, and by changes of the settings.
            pushed: body.updated_at.as_deref().and_then(day).map(Some),
            ..Self::default()
        }
    }
}

#[derive(Deserialize)]
struct Account {
    id: Option<i64>,
    login: Option<String>,
    username: Option<String>,
    description: Option<String>,
    created: Option<String>,
}
