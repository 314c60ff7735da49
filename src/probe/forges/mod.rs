//! The other forges: GitLab, Forgejo and Gitea with Codeberg, Hugging Face.
//!
//! Each implements `ForgeApi`: which paths answer for a name, and how a response is parsed. `host_client` does what all of
//! them need: two calls at a time for a host, redirects, waits. What an API cannot answer is left to the page. GitHub has
//! a module of its own.

mod forgejo;
mod gitlab;
mod host_client;
mod hugging_face;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::Value;

use self::host_client::{CallError, HostClient};
use super::api::{self, AddressRules, ApiClient, ClientError, EventSender};
use super::{Event, Probe};
use crate::address::{Forge, ForgeKind, Target};
use crate::observation::{Alive, Facts, Failure, FailureClass};
use crate::text::escape;

/// How the API of one kind of forge is called by name, and how its responses are parsed. A new forge implements this
/// and is added to `address::ForgeKind`.
trait ForgeApi: Sync {
    /// The paths below the forge's base that may answer for a target, in the order in which they are tried.
    fn paths(&self, target: &Target) -> Vec<String>;

    /// The facts of a successful response; their `name` is the path of the page. None where it has another form.
    fn facts(&self, answer: &Value, target: &Target) -> Option<Facts>;

    /// Whether a status means that there is no such thing.
    fn is_missing(&self, status: u16) -> bool {
        matches!(status, 404 | 410)
    }

    /// Whether the API alone decides that the target is not there; otherwise its page is checked.
    fn is_authoritative(&self, target: &Target) -> bool {
        matches!(target, Target::Repository(_))
    }

    /// One request for at most fifty repositories: its path and body.
    fn batch(&self, _paths: &[&str]) -> Option<(&'static str, Value)> {
        None
    }

    /// The facts in the response to such a request, repository by repository.
    fn batch_facts(&self, _answer: &Value) -> Vec<Facts> {
        Vec::new()
    }
}

/// The most names in one request: GitLab's `projects(fullPaths:)` takes fifty.
const BATCH_CAPACITY: usize = 50;

fn forge_api(kind: ForgeKind) -> Option<&'static dyn ForgeApi> {
    match kind {
        ForgeKind::GitHub => None,
        ForgeKind::GitLab => Some(&gitlab::GitLab),
        ForgeKind::Forgejo => Some(&forgejo::Forgejo),
        ForgeKind::HuggingFace => Some(&hugging_face::HuggingFace),
    }
}

/// The settings of the probe. Every one has a default.
#[derive(Debug, Clone)]
pub struct ForgeSettings {
    /// Where the API of a host answers, for hosts where that is not `https://HOST`.
    pub bases: BTreeMap<String, String>,
    /// The longest wait for a host that refuses.
    pub max_wait: Duration,
    /// The longest that one response may take.
    pub timeout: Duration,
    /// Calls in flight at once for one host. Codeberg publishes no limit and asks for one or two a second.
    pub concurrency_per_host: usize,
    /// The pause before a failed call is retried.
    pub pause: Duration,
    /// Which addresses may be connected to: hosts are named by links and by the policy.
    pub rules: AddressRules,
}

impl Default for ForgeSettings {
    fn default() -> Self {
        Self {
            bases: BTreeMap::new(),
            max_wait: Duration::from_secs(300),
            timeout: Duration::from_secs(20),
            concurrency_per_host: 2,
            pause: Duration::from_millis(500),
            rules: AddressRules::default(),
        }
    }
}

/// The probe for repositories and owners on forges other than GitHub.
pub struct OtherForges {
    settings: ForgeSettings,
    client: ApiClient,
    pages: Option<Arc<dyn Probe + Send + Sync>>,
}

impl OtherForges {
    /// Sets up the probe; nothing is sent. `pages` checks the page of what a forge's API cannot answer; without it that
    /// is reported as `forge_unavailable`.
    ///
    /// # Errors
    /// When no HTTP client can be set up.
    pub fn new(settings: ForgeSettings, pages: Option<Arc<dyn Probe + Send + Sync>>) -> Result<Self, ClientError> {
        let client = ApiClient::new("application/json", settings.timeout, settings.rules.clone())?;
        Ok(Self { settings, client, pages })
    }

    /// Whether this probe answers for the target: a repository or an owner on a forge that it knows.
    pub fn answers_for(target: &Target) -> bool {
        forge(target).is_some_and(|forge| forge_api(forge.kind).is_some())
    }

    async fn run(&self, targets: Vec<Target>, events: EventSender) {
        let mut hosts: BTreeMap<Forge, Vec<Target>> = BTreeMap::new();
        let mut for_pages = Vec::new();
        for target in targets {
            match forge(&target).filter(|forge| forge_api(forge.kind).is_some()) {
                Some(forge) => hosts.entry(forge.clone()).or_default().push(target),
                None => for_pages.push((target, "no API answers for it".to_owned())),
            }
        }
        let mut looks = Vec::new();
        for (forge, targets) in hosts {
            looks.extend(forge_api(forge.kind).map(|api| self.look_at(api, forge, targets, &events).boxed()));
        }
        let left: Vec<_> = stream::iter(looks).buffer_unordered(FORGE_CONCURRENCY).collect().await;
        for_pages.extend(left.into_iter().flatten());
        self.look_at_pages(for_pages, &events).await;
    }

    /// Looks up the targets of one forge, and returns what its API could not answer, with the reason.
    async fn look_at(
        &self,
        api: &'static dyn ForgeApi,
        forge: Forge,
        targets: Vec<Target>,
        events: &EventSender,
    ) -> Vec<(Target, String)> {
        let base = self.settings.bases.get(&forge.host);
        let base = base.map_or_else(|| format!("https://{}", forge.host), |base| base.trim_end_matches('/').to_owned());
        let host = HostClient::new(&self.client, &self.settings, &forge.host, base);
        let left = self.look_in_batches(api, &host, targets, events).await;
        let calls: Vec<BoxFuture<'_, _>> =
            left.into_iter().map(|target| self.look_at_one(api, &host, target, events).boxed()).collect();
        let left: Vec<_> =
            stream::iter(calls).buffer_unordered(self.settings.concurrency_per_host.max(1)).collect().await;
        host.report_skipped(events).await;
        left.into_iter().flatten().collect()
    }

    /// Looks up many at once where the API can, and returns what is left.
    async fn look_in_batches(
        &self,
        api: &'static dyn ForgeApi,
        host: &HostClient<'_>,
        targets: Vec<Target>,
        events: &EventSender,
    ) -> Vec<Target> {
        let paths: Vec<&str> = targets.iter().filter_map(path).collect();
        if paths.len() < 2 {
            return targets;
        }
        let mut known: BTreeMap<String, Facts> = BTreeMap::new();
        for paths in paths.chunks(BATCH_CAPACITY) {
            let Some((path, body)) = api.batch(paths) else { break };
            let Ok((200..=299, answer)) = host.call(path, Some(&body), events).await else { break };
            let facts = api.batch_facts(&answer).into_iter();
            known.extend(facts.filter_map(|facts| Some((facts.name.as_ref()?.to_ascii_lowercase(), facts))));
        }
        let mut left = Vec::new();
        for target in targets {
            match path(&target).and_then(|path| known.remove(&path.to_ascii_lowercase())) {
                Some(facts) => events.alive(target, Alive { facts: facts.into(), ..Alive::default() }),
                None => left.push(target),
            }
        }
        left
    }

    async fn look_at_one(
        &self,
        api: &'static dyn ForgeApi,
        host: &HostClient<'_>,
        target: Target,
        events: &EventSender,
    ) -> Option<(Target, String)> {
        let mut missing = None;
        for path in api.paths(&target) {
            match host.call(&path, None, events).await {
                Ok((200..=299, answer)) => {
                    let Some(facts) = api.facts(&answer, &target) else {
                        return Some((target, "a response without its name".to_owned()));
                    };
                    events.alive(target.clone(), alive(facts, &target));
                    return None;
                }
                Ok((status, _)) if api.is_missing(status) => missing = Some(status),
                Ok((status, _)) => return Some((target, format!("its API answered {status}"))),
                Err(CallError::Refused) => {
                    host.count_skipped();
                    events.failed(
                        target,
                        Failure::of(FailureClass::RateLimited).because(format!("{} refuses", host.name)),
                    );
                    return None;
                }
                Err(CallError::Failed(why)) => return Some((target, why)),
            }
        }
        match missing {
            Some(status) if api.is_authoritative(&target) => {
                events.failed(target, Failure { status: Some(status), ..Failure::of(FailureClass::ForgeNotFound) });
                None
            }
            _ => Some((target, "its API does not know this name".to_owned())),
        }
    }

    /// Checks the pages of what no API could answer.
    async fn look_at_pages(&self, targets: Vec<(Target, String)>, events: &EventSender) {
        if targets.is_empty() {
            return;
        }
        let Some(pages) = &self.pages else {
            for (target, why) in targets {
                events.failed(target, Failure::of(FailureClass::ForgeUnavailable).because(why));
            }
            return;
        };
        let mut checked = pages.look(targets.into_iter().map(|(target, _)| target).collect());
        while let Some(event) = checked.next().await {
            events.send(event);
        }
    }
}

impl Probe for OtherForges {
    /// Looks up repositories and owners by their forge's API, and leaves everything else to the pages.
    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event> {
        api::event_stream(|events| self.run(targets, events))
    }
}

/// Forges called at once: lists name few, and each has its own limit.
const FORGE_CONCURRENCY: usize = 8;

fn forge(target: &Target) -> Option<&Forge> {
    match target {
        Target::Repository(repository) => Some(&repository.forge),
        Target::Owner(owner) => Some(&owner.forge),
        _ => None,
    }
}

fn path(target: &Target) -> Option<&str> {
    if let Target::Repository(repository) = target { Some(&repository.path) } else { None }
}

/// What is there, and where it moved when its name is no longer the one that was asked for. Letter case is no
/// move.
fn alive(facts: Facts, target: &Target) -> Alive {
    let asked = match target {
        Target::Owner(owner) => Some(owner.login.as_str()),
        target => path(target),
    };
    let moved = facts.name.as_deref().filter(|name| asked.is_some_and(|asked| !name.eq_ignore_ascii_case(asked)));
    let moved_to = moved.zip(forge(target)).map(|(name, forge)| format!("https://{}/{name}", forge.host));
    Alive { moved_to, facts: facts.into(), ..Alive::default() }
}

/// A name as one segment of an address, or as several.
fn encoded(name: &str, slashes: bool) -> String {
    let path = escape::path(name);
    if slashes { path } else { path.replace('/', "%2F") }
}

/// Text that may be empty for "none".
fn text(value: Option<String>) -> Option<String> {
    value.filter(|text| !text.trim().is_empty())
}

/// The SPDX identifier behind a licence key in lower case (spdx.org/licenses); other keys stay as they are.
fn spdx(key: &str) -> String {
    const COMMON: [&str; 24] = [
        "AGPL-3.0",
        "Apache-2.0",
        "Artistic-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC-BY-4.0",
        "CC-BY-NC-4.0",
        "CC-BY-NC-SA-4.0",
        "CC-BY-SA-4.0",
        "CC0-1.0",
        "EPL-2.0",
        "EUPL-1.2",
        "GPL-2.0",
        "GPL-3.0",
        "ISC",
        "LGPL-2.1",
        "LGPL-3.0",
        "MIT",
        "MPL-2.0",
        "OFL-1.1",
        "Unlicense",
        "WTFPL",
        "Zlib",
    ];
    if key.eq_ignore_ascii_case("other") {
        return "NOASSERTION".to_owned();
    }
    COMMON.iter().find(|id| id.eq_ignore_ascii_case(key)).map_or_else(|| key.to_owned(), |id| (*id).to_owned())
}
