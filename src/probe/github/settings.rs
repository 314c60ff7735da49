//! Which GitHub is asked, where its API is, and how.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::Token;
use crate::address::Target;

/// An identity that survives renames.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The number (`databaseId`): it decides whether another repository answers under the name.
    pub id: Option<i64>,
    /// The node id, by which it is looked up.
    pub node_id: Option<String>,
    /// Whether its forks are known from an earlier run.
    pub has_known_forks: bool,
}

/// The settings of the probe. Every one has a default.
#[derive(Debug, Clone)]
pub struct GitHubSettings {
    /// The host that links name, such as `github.com`.
    pub host: String,
    /// The address of its REST API.
    pub api_url: String,
    /// The address of its GraphQL API.
    pub graphql_url: String,
    /// The token; without one only a few repositories are looked up, over REST.
    pub token: Option<Token>,
    /// The longest wait for an API that refuses.
    pub max_wait: Duration,
    /// How many names one GraphQL request asks for, 1 to 100. Fifty were measured to cost one point and to stay
    /// below GitHub's limit of resources for one query, where a hundred did not.
    pub batch: usize,
    /// The most REST calls that confirm what GraphQL could not answer. `GITHUB_TOKEN` of a workflow has 1,000 an
    /// hour.
    pub confirmations: usize,
    /// The most REST calls without a token: 60 an hour is GitHub's limit for an address.
    pub anonymous: usize,
    /// The longest that one response may take. GitHub itself ends a query after 10 seconds.
    pub timeout: Duration,
    /// The pause after a first failed request; it doubles with each further one.
    pub pause: Duration,
    /// A repository that surely exists (`owner/name`), looked up where every other one is not found; empty where
    /// none is known.
    pub control: String,
    /// What is remembered of repositories: it finds those that lost their name.
    pub identities: Arc<BTreeMap<Target, Identity>>,
    /// The repositories that a change adds to a list: they are asked for more.
    pub details: BTreeSet<Target>,
    /// Whether a person configured this API (by the environment): it may have a private address then.
    pub is_configured: bool,
    /// Whether private and loopback addresses are allowed all the same.
    pub allow_private: bool,
}

impl Default for GitHubSettings {
    fn default() -> Self {
        Self::at("github.com")
    }
}

impl GitHubSettings {
    /// The settings for GitHub at `host`: github.com, a host of GitHub Enterprise Cloud (`*.ghe.com`), or a GitHub
    /// Enterprise Server (docs.github.com, "Getting started with the REST API" of each edition).
    pub fn at(host: &str) -> Self {
        let (api_url, graphql_url) = match host {
            "github.com" => ("https://api.github.com".to_owned(), "https://api.github.com/graphql".to_owned()),
            _ if host.ends_with(".ghe.com") => (format!("https://api.{host}"), format!("https://api.{host}/graphql")),
            _ => (format!("https://{host}/api/v3"), format!("https://{host}/api/graphql")),
        };
        Self {
            host: host.to_owned(),
            api_url,
            graphql_url,
            token: None,
            max_wait: Duration::from_secs(300),
            batch: 50,
            confirmations: 500,
            anonymous: 60,
            timeout: Duration::from_secs(20),
            pause: Duration::from_millis(250),
            // GitHub's own example, in its documentation since 2011.
            control: if host == "github.com" { "octocat/Hello-World".to_owned() } else { String::new() },
            identities: Arc::default(),
            details: BTreeSet::new(),
            is_configured: false,
            allow_private: false,
        }
    }

    /// The GitHub that the environment of a run names by `GITHUB_SERVER_URL`, `GITHUB_API_URL` and
    /// `GITHUB_GRAPHQL_URL`; github.com where it names none. Without a server the host is read from the API's address: a
    /// path `/api/v3` is that of a GitHub Enterprise Server, anything else stands for api.github.com.
    pub fn from_environment(server: Option<&str>, api: Option<&str>, graphql: Option<&str>) -> Self {
        let host = server.and_then(host).or_else(|| api.and_then(host_of_api));
        let host = host.unwrap_or_else(|| "github.com".to_owned());
        let mut settings = Self { is_configured: api.or(graphql).is_some() || host != "github.com", ..Self::at(&host) };
        if let Some(api) = api {
            api.clone_into(&mut settings.api_url);
            settings.graphql_url = Self::graphql_beside(api);
        }
        if let Some(graphql) = graphql {
            graphql.clone_into(&mut settings.graphql_url);
        }
        settings
    }

    /// Whether its API is where that of its host is by default. A token that is stored for the host goes nowhere else.
    pub fn has_default_api(&self) -> bool {
        let default = Self::at(&self.host);
        let is_same = |a: &str, b: &str| a.trim_end_matches('/') == b;
        is_same(&self.api_url, &default.api_url) && is_same(&self.graphql_url, &default.graphql_url)
    }

    /// Whether the host belongs to GitHub: github.com, or a tenant of GitHub Enterprise Cloud.
    pub fn is_hosted(&self) -> bool {
        self.host == "github.com" || self.host.ends_with(".ghe.com")
    }

    /// The address of GraphQL beside that of REST, where only the latter is configured.
    pub fn graphql_beside(api_url: &str) -> String {
        let base = api_url.trim_end_matches('/');
        format!("{}/graphql", base.strip_suffix("/v3").unwrap_or(base))
    }
}

fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_ascii_lowercase)
}

fn host_of_api(url: &str) -> Option<String> {
    let parsed = Url::parse(url).ok()?;
    let name = host(url)?;
    if parsed.path().trim_end_matches('/').ends_with("/api/v3") {
        return Some(name);
    }
    name.strip_prefix("api.").filter(|name| name.ends_with(".ghe.com")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_belongs_to_its_own_host() {
        for (server, api, expected_host, expected_graphql) in [
            (None, None, "github.com", "https://api.github.com/graphql"),
            (
                Some("https://github.com"),
                Some("https://api.github.com"),
                "github.com",
                "https://api.github.com/graphql",
            ),
            (
                Some("https://git.example.org"),
                Some("https://git.example.org/api/v3"),
                "git.example.org",
                "https://git.example.org/api/graphql",
            ),
            (None, Some("https://git.example.org/api/v3/"), "git.example.org", "https://git.example.org/api/graphql"),
            (None, Some("https://api.corp.ghe.com"), "corp.ghe.com", "https://api.corp.ghe.com/graphql"),
            (Some("https://git.example.org"), None, "git.example.org", "https://git.example.org/api/graphql"),
            (None, Some("http://127.0.0.1:8080"), "github.com", "http://127.0.0.1:8080/graphql"),
        ] {
            let settings = GitHubSettings::from_environment(server, api, None);
            assert_eq!((settings.host.as_str(), settings.graphql_url.as_str()), (expected_host, expected_graphql));
        }
    }

    #[test]
    fn a_stored_token_is_for_the_default_api_only() {
        let default = |api: &str| GitHubSettings::from_environment(None, Some(api), None).has_default_api();
        assert!(default("https://api.github.com/") && default("https://git.example.org/api/v3"));
        assert!(!default("http://127.0.0.1:8080") && !default("https://api.github.com.evil.example"));
    }
}
