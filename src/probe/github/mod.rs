//! GitHub: fifty repositories and owners in one question, and no null believed without a reason.
//!
//! `query` writes the text, `transport` carries it through octocrab, `answer` and `rest` read what comes back,
//! `refusal` keeps the one gate that all calls pass, `size` the size of the batches, `look` says what is asked next
//! and `settle` what follows from an answer. It gives no verdicts, remembers nothing between runs and looks at no page.

mod answer;
mod look;
mod query;
mod refusal;
mod rest;
mod settle;
mod size;
#[cfg(test)]
mod tests;
mod token;
mod transport;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;

use self::query::Ask;
use self::transport::Transport;
use super::{Event, Probe, api};
use crate::address::{ForgeKind, Target};

pub use self::token::Token;

/// What the probe needs to know. Every key has a default.
#[derive(Debug, Clone)]
pub struct GitHubSettings {
    /// The host that links name, such as `github.com`.
    pub host: String,
    /// Where its REST API answers.
    pub api_url: String,
    /// Where its GraphQL API answers.
    pub graphql_url: String,
    /// The token; without one only a few repositories are looked at, over REST.
    pub token: Option<Token>,
    /// The longest that a refused API is waited for.
    pub max_wait: Duration,
    /// How many names one GraphQL request asks for, 1 to 100.
    pub batch: usize,
    /// The most REST calls that confirm what GraphQL could not tell. `GITHUB_TOKEN` of a workflow has 1,000 an
    /// hour.
    pub confirmations: usize,
    /// The most REST calls without a token: 60 an hour is what GitHub gives an address.
    pub anonymous: usize,
    /// The longest that one answer may take. GitHub itself gives up after 10 seconds.
    pub timeout: Duration,
    /// The pause after a first failure; it doubles with each further one.
    pub pause: Duration,
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
            timeout: Duration::from_secs(30),
            pause: Duration::from_millis(250),
        }
    }

    /// The address of GraphQL beside that of REST, for when only the latter is configured.
    pub fn graphql_beside(api_url: &str) -> String {
        let base = api_url.trim_end_matches('/');
        format!("{}/graphql", base.strip_suffix("/v3").unwrap_or(base))
    }
}

/// Why GitHub cannot be asked as configured.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// An address that is none.
    #[error("`{0}` is no http or https address of an API")]
    Address(String),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Client(reqwest::Error),
}

/// What a look will cost, as far as it can be known ahead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// Repositories, owners and files that will be asked for.
    pub names: usize,
    /// GraphQL requests.
    pub graphql_calls: usize,
    /// GraphQL points; each request of ours costs one.
    pub points: usize,
    /// REST calls at most: one for each name that turns out to be gone or refused, or, without a token, one for
    /// each name.
    pub most_rest_calls: usize,
    /// Names that will not be asked for, for want of a token.
    pub left_out: usize,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { names, graphql_calls, points, most_rest_calls, left_out } = self;
        write!(f, "{names} repositories and owners: {graphql_calls} GraphQL requests, {points} points, ")?;
        write!(f, "at most {most_rest_calls} REST requests, {left_out} left out")
    }
}

/// The probe for repositories and owners of one GitHub.
pub struct GitHub {
    settings: GitHubSettings,
    transport: Transport,
    pages: Option<Arc<dyn Probe + Send + Sync>>,
}

impl GitHub {
    /// Makes the probe; nothing is sent.
    ///
    /// # Errors
    /// When an address of the API is none, or no HTTP client can be made.
    pub fn new(settings: GitHubSettings) -> Result<Self, SetupError> {
        Ok(Self { transport: Transport::new(&settings)?, settings, pages: None })
    }

    /// The same, answering for files and folders too: with a token, `blob/…` and `tree/…` are looked for in the
    /// batches, and what is not found so is left to `pages`, because a branch may have a slash in its name.
    #[must_use]
    pub fn with_pages(mut self, pages: Arc<dyn Probe + Send + Sync>) -> Self {
        self.pages = Some(pages);
        self
    }

    /// Whether this probe answers for the target: a repository or an owner at its host, or, where it was given
    /// pages and a token, a file or folder.
    pub fn answers_for(&self, target: &Target) -> bool {
        let forge = match target {
            Target::Repository(repository) => &repository.forge,
            Target::Owner(owner) => &owner.forge,
            Target::Subpage(page) if self.pages.is_some() && self.settings.token.is_some() => &page.repository.forge,
            _ => return false,
        };
        forge.kind == ForgeKind::GitHub && forge.host == self.settings.host && Ask::new(target.clone()).is_some()
    }

    /// What a look at these targets will cost.
    pub fn plan(&self, targets: &[Target]) -> Plan {
        let names = targets.iter().filter(|target| self.answers_for(target)).count();
        if self.settings.token.is_none() {
            let asked = names.min(self.settings.anonymous);
            return Plan { names: asked, most_rest_calls: asked, left_out: names - asked, ..Plan::default() };
        }
        let is_path = |target: &&Target| matches!(target, Target::Subpage(_)) && self.answers_for(target);
        let paths = targets.iter().filter(is_path).count();
        let batch = self.settings.batch.clamp(1, 100);
        let graphql_calls = (names - paths).div_ceil(batch) + paths.div_ceil(batch.div_ceil(2));
        let most_rest_calls = (names - paths).min(self.settings.confirmations);
        Plan { names, graphql_calls, points: graphql_calls, most_rest_calls, left_out: 0 }
    }
}

impl Probe for GitHub {
    /// Looks at repositories and owners of its host; of any other target it tells that it was not looked at.
    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event> {
        api::told(|tell| look::Look::new(self, targets, tell).run())
    }
}
