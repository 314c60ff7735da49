//! GitHub: fifty repositories and owners in one query, and no null accepted without a reason.
//!
//! `query` writes the text, `transport` sends it through octocrab, `batch_response` and `rest` parse the responses,
//! `rate_limit` has the one gate that all calls pass, `batch_size` adapts the batches, `session` schedules what is
//! sent next, `responses` handles what follows from a response, `follow_up` asks what came after what has stopped, `details`
//! what reviewers ask of a new entry, `person` who submits it, `star_history` for stars over time, and `credentials` divides the
//! names among several tokens. It gives no verdicts, keeps no state between runs and fetches no page.

mod batch_response;
mod batch_size;
mod credentials;
mod details;
mod follow_up;
mod person;
mod query;
mod rate_limit;
mod responses;
mod rest;
mod session;
mod settings;
mod star_history;
#[cfg(test)]
mod tests;
mod token;
mod transport;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use futures_util::stream::BoxStream;

use self::query::Lookup;
use self::session::State;
use self::transport::Transport;
use super::api::{self, ClientError};
use super::{Event, Probe};
use crate::address::{ForgeKind, Target};

pub use self::credentials::Credentials;
pub use self::person::Person;
pub use self::settings::{GitHubSettings, Identity};
pub use self::star_history::{GainsOutcome, GainsQuestion};
pub use self::token::Token;

/// Why the probe cannot be set up as configured.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// An address of an API that is not http or https.
    #[error("invalid API address `{0}`: expected an http or https URL")]
    Address(String),
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// What a run will cost, as far as it can be known ahead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// Repositories, owners and files that will be looked up.
    pub names: usize,
    /// GraphQL requests.
    pub graphql_calls: usize,
    /// GraphQL points; each request of ours costs one.
    pub points: usize,
    /// REST calls at most: one for each name that is missing or refused, or, without a token, one for each name.
    pub most_rest_calls: usize,
    /// Names that will not be looked up for lack of a token.
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
    /// What earlier calls met: limits outlast a group of lists.
    state: Mutex<Option<State>>,
}

impl GitHub {
    /// Sets up the probe; nothing is sent.
    ///
    /// # Errors
    /// When an address of the API is invalid, or no HTTP client can be set up.
    pub fn new(settings: GitHubSettings) -> Result<Self, SetupError> {
        Ok(Self { transport: Transport::new(&settings)?, settings, pages: None, state: Mutex::default() })
    }

    /// The same, answering for files and folders too: with a token, `blob/…` and `tree/…` are looked up in the
    /// batches, and what is not found so is left to `pages`, because a branch may have a slash in its name. So are owners
    /// that the API does not know, because routes of GitHub's own site look like owners.
    #[must_use]
    pub fn with_pages(mut self, pages: Arc<dyn Probe + Send + Sync>) -> Self {
        self.pages = Some(pages);
        self
    }

    /// Takes what is remembered of the repositories that are looked up next.
    pub fn remember(&mut self, known: Arc<BTreeMap<Target, Identity>>) {
        self.settings.identities = known;
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
        forge.kind == ForgeKind::GitHub && forge.host == self.settings.host && Lookup::new(target.clone()).is_some()
    }

    /// What a run over these targets will cost.
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
    /// Looks up repositories and owners of its host; any other target is reported as not looked at.
    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event> {
        let secret = self.settings.token.as_ref().and_then(Token::secret).map(str::to_owned);
        api::event_stream(|events| session::Session::new(self, targets, events.masking(secret)).run())
    }
}
