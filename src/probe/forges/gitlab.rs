//! GitLab: projects by full path, fifty in one GraphQL query, else one by one over REST.
//!
//! Fields and codes: docs.gitlab.com, "Projects API", "Groups API", "Users API", "GraphQL API resources". A project that
//! moved answers 301 to its number; a missing one and a private one both answer 404.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{ForgeApi, encoded, spdx, text};
use crate::address::Target;
use crate::observation::Facts;
use crate::probe::api::day;

pub(super) struct GitLab;

const DOCUMENT: &str = "query($paths:[String!]!){projects(fullPaths:$paths,first:50){nodes{\
    id fullPath description createdAt starCount forksCount archived lastActivityAt topics}}}";

impl ForgeApi for GitLab {
    fn paths(&self, target: &Target) -> Vec<String> {
        match target {
            // A path of two names or more may be a group within a group.
            Target::Repository(repository) => {
                let path = encoded(&repository.path, false);
                vec![format!("api/v4/projects/{path}?license=true"), group(&path)]
            }
            Target::Owner(owner) => {
                let login = encoded(&owner.login, false);
                vec![group(&login), format!("api/v4/users?username={login}")]
            }
            _ => Vec::new(),
        }
    }

    fn facts(&self, answer: &Value, _target: &Target) -> Option<Facts> {
        // The list of users of this name has one or none.
        let answer = if let Value::Array(users) = answer { users.first()? } else { answer };
        if answer.get("path_with_namespace").is_some() {
            return Project::deserialize(answer).ok().map(Facts::from);
        }
        Account::deserialize(answer).ok().and_then(|account| {
            Some(Facts {
                name: Some(account.full_path.or(account.username)?),
                id: account.id,
                created: account.created_at.as_deref().and_then(day),
                description: account.description.map(|words| text(Some(words))),
                ..Facts::default()
            })
        })
    }

    fn batch(&self, paths: &[&str]) -> Option<(&'static str, Value)> {
        Some(("api/graphql", json!({ "query": DOCUMENT, "variables": { "paths": paths } })))
    }

    fn batch_facts(&self, answer: &Value) -> Vec<Facts> {
        let nodes = answer.pointer("/data/projects/nodes").and_then(Value::as_array);
        let nodes = nodes.into_iter().flatten().filter_map(|node| Node::deserialize(node).ok());
        nodes.map(Facts::from).collect()
    }
}

fn group(path: &str) -> String {
    format!("api/v4/groups/{path}?with_projects=false")
}

#[derive(Deserialize)]
struct Project {
    id: Option<i64>,
    path_with_namespace: String,
    description: Option<String>,
    created_at: Option<String>,
    star_count: Option<u64>,
    forks_count: Option<u64>,
    archived: Option<bool>,
    last_activity_at: Option<String>,
    topics: Option<Vec<String>>,
    #[serde(rename = "forked_from_project")]
    parent: Option<Value>,
    license: Option<Licence>,
}

#[derive(Deserialize)]
struct Licence {
    key: String,
}

impl From<Project> for Facts {
    fn from(project: Project) -> Self {
        Self {
            name: Some(project.path_with_namespace),
            id: project.id,
            created: project.created_at.as_deref().and_then(day),
            stars: project.star_count,
            forks: project.forks_count,
            archived: project.archived,
            fork: Some(project.parent.is_some()),
            licence: project.license.map(|licence| Some(spdx(&licence.key))),
            description: Some(text(project.description)),
            topics: project.topics,
            pushed: project.last_activity_at.as_deref().and_then(day).map(Some),
            ..Self::default()
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: Option<String>,
    full_path: String,
    description: Option<String>,
    created_at: Option<String>,
    star_count: Option<u64>,
    forks_count: Option<u64>,
    archived: Option<bool>,
    last_activity_at: Option<String>,
    topics: Option<Vec<String>>,
}

impl From<Node> for Facts {
    fn from(node: Node) -> Self {
        // `gid://gitlab/Project/278964`: the number is that of REST.
        let number = node.id.as_deref().and_then(|id| id.rsplit('/').next()?.parse().ok());
        Self {
            name: Some(node.full_path),
            id: number,
            created: node.created_at.as_deref().and_then(day),
            stars: node.star_count,
            forks: node.forks_count,
            archived: node.archived,
            description: Some(text(node.description)),
            topics: node.topics,
            pushed: node.last_activity_at.as_deref().and_then(day).map(Some),
            ..Self::default()
        }
    }
}

#[derive(Deserialize)]
struct Account {
    id: Option<i64>,
    full_path: Option<String>,
    username: Option<String>,
    created_at: Option<String>,
    description: Option<String>,
}
