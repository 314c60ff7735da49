//! Hugging Face: models, datasets, spaces, organisations and users.
//!
//! Fields: huggingface.co/docs/hub/api. What is missing or private answers 401 to the anonymous, what moved
//! answers with a redirect. Likes are its stars.

use serde::Deserialize;
use serde_json::Value;

use super::{ForgeApi, encoded, spdx, text};
use crate::address::Target;
use crate::observation::Facts;
use crate::probe::api::day;

pub(super) struct HuggingFace;

impl ForgeApi for HuggingFace {
    fn paths(&self, target: &Target) -> Vec<String> {
        match target {
            Target::Repository(repository) => {
                let kind = kind(&repository.path).unwrap_or("models/");
                let name = repository.path.strip_prefix(kind).unwrap_or(&repository.path);
                vec![format!("api/{kind}{}", encoded(name, true))]
            }
            // Old models have no owner: their address looks like that of one.
            Target::Owner(owner) => {
                let login = encoded(&owner.login, false);
                vec![
                    format!("api/organizations/{login}/overview"),
                    format!("api/users/{login}/overview"),
                    format!("api/models/{login}"),
                ]
            }
            _ => Vec::new(),
        }
    }

    fn facts(&self, answer: &Value, target: &Target) -> Option<Facts> {
        let kind = match target {
            Target::Repository(repository) => kind(&repository.path).unwrap_or_default(),
            _ if answer.get("likes").is_some() => "",
            _ => return Account::deserialize(answer).ok().and_then(Account::facts),
        };
        Repository::deserialize(answer).ok().map(|body| body.facts(kind))
    }

    fn is_missing(&self, status: u16) -> bool {
        matches!(status, 401 | 404 | 410)
    }
}

/// What stands before the name of a dataset or a space; nothing before that of a model.
fn kind(path: &str) -> Option<&'static str> {
    ["datasets/", "spaces/"].into_iter().find(|kind| path.starts_with(kind))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    #[serde(rename = "_id")]
    key: Option<String>,
    id: String,
    likes: Option<u64>,
    last_modified: Option<String>,
    created_at: Option<String>,
    disabled: Option<bool>,
    description: Option<String>,
    tags: Option<Vec<String>>,
}

impl Repository {
    fn facts(self, kind: &str) -> Facts {
        let licence = |tags: Vec<String>| tags.iter().find_map(|tag| tag.strip_prefix("license:")).map(spdx);
        Facts {
            name: Some(format!("{kind}{}", self.id)),
            node_id: self.key,
            created: self.created_at.as_deref().and_then(day),
            stars: self.likes,
            disabled: self.disabled,
            licence: self.tags.map(licence),
            description: self.description.map(|words| text(Some(words))),
            pushed: self.last_modified.as_deref().and_then(day).map(Some),
            ..Facts::default()
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    #[serde(rename = "_id")]
    key: Option<String>,
    name: Option<String>,
    user: Option<String>,
    created_at: Option<String>,
}

impl Account {
    fn facts(self) -> Option<Facts> {
        Some(Facts {
            name: Some(self.user.or(self.name)?),
            node_id: self.key,
            created: self.created_at.as_deref().and_then(day),
            ..Facts::default()
        })
    }
}
