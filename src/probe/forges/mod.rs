//! The other forges: GitLab, Forgejo and Gitea with Codeberg, Hugging Face.
//!
//! Each is a shape: which addresses answer for a name, and how an answer reads. `ask` does what all of them
//! need: two calls at a time for a host, redirects, waits. A forge that cannot tell leaves it to the page. GitHub has a
//! room of its own.

mod ask;
mod forgejo;
mod gitlab;
mod hugging_face;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use self::ask::{Host, Trouble};
use super::api::{self, EventSender};
use super::{Event, Probe};
use crate::address::{Forge, ForgeKind, Target};
use crate::observation::{Alive, Facts, Failure, FailureClass};

/// How the API of one kind of forge is asked by name, and how its answers read. All that another forge costs.
trait Shape: Sync {
    /// The addresses below the forge's base that may answer for a target, in the order in which they are tried.
    fn paths(&self, target: &Target) -> Vec<String>;

    /// What a good answer says; its `name` is the path of the page. None where it says nothing of the kind.
    fn facts(&self, answer: &Value, target: &Target) -> Option<Facts>;

    /// Whether a status says that there is no such thing.
    fn is_missing(&self, status: u16) -> bool {
        matches!(status, 404 | 410)
    }

    /// Whether the word of the API is enough to say that the target is not there, or the page has to say so.
    fn is_sure(&self, target: &Target) -> bool {
        matches!(target, Target::Repository(_))
    }

    /// One question for at most fifty repositories: its address and body.
    fn batch(&self, _paths: &[&str]) -> Option<(&'static str, Value)> {
        None
    }

    /// What the answer to such a question says, repository by repository.
    fn batch_facts(&self, _answer: &Value) -> Vec<Facts> {
        Vec::new()
    }
}

/// The most names in one question.
const BATCH: usize = 50;

fn shape(kind: ForgeKind) -> Option<&'static dyn Shape> {
    match kind {
        ForgeKind::GitHub => None,
        ForgeKind::GitLab => Some(&gitlab::GitLab),
        ForgeKind::Forgejo => Some(&forgejo::Forgejo),
        ForgeKind::HuggingFace => Some(&hugging_face::HuggingFace),
    }
}

/// What the probe needs to know. Every key has a default.
#[derive(Debug, Clone)]
pub struct ForgeSettings {
    /// Where the API of a host answers, for hosts where that is not `https://HOST`.
    pub bases: BTreeMap<String, String>,
    /// The longest that a host that refuses is waited for.
    pub max_wait: Duration,
    /// The longest that one answer may take.
    pub timeout: Duration,
    /// Calls under way at once for one host. Codeberg publishes no limit and asks for one or two a second.
    pub at_once: usize,
    /// The pause before a call that failed is made again.
    pub pause: Duration,
}

impl Default for ForgeSettings {
    fn default() -> Self {
        Self {
            bases: BTreeMap::new(),
            max_wait: Duration::from_secs(300),
            timeout: Duration::from_secs(20),
            at_once: 2,
            pause: Duration::from_millis(500),
        }
    }
}

/// The probe for repositories and owners on forges other than GitHub.
pub struct OtherForges {
    settings: ForgeSettings,
    http: reqwest::Client,
    pages: Option<Arc<dyn Probe + Send + Sync>>,
}

impl OtherForges {
    /// Makes the probe; nothing is sent. `pages` looks at the page of what a forge's API cannot tell; without it that
    /// is told as `forge_unavailable`.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(settings: ForgeSettings, pages: Option<Arc<dyn Probe + Send + Sync>>) -> Result<Self, reqwest::Error> {
        let http = api::client("application/json", settings.timeout)?;
        Ok(Self { settings, http, pages })
    }

    /// Whether this probe answers for the target: a repository or an owner on a forge that it knows.
    pub fn answers_for(target: &Target) -> bool {
        forge(target).is_some_and(|forge| shape(forge.kind).is_some())
    }

    async fn run(&self, targets: Vec<Target>, tell: EventSender) {
        let mut hosts: BTreeMap<Forge, Vec<Target>> = BTreeMap::new();
        let mut for_pages = Vec::new();
        for target in targets {
            match forge(&target).filter(|forge| shape(forge.kind).is_some()) {
                Some(forge) => hosts.entry(forge.clone()).or_default().push(target),
                None => for_pages.push((target, "no API answers for it".to_owned())),
            }
        }
        let mut looks = Vec::new();
        for (forge, targets) in hosts {
            looks.extend(shape(forge.kind).map(|shape| self.look_at(shape, forge, targets, &tell).boxed()));
        }
        let left: Vec<_> = stream::iter(looks).buffer_unordered(HOSTS).collect().await;
        for_pages.extend(left.into_iter().flatten());
        self.look_at_pages(for_pages, &tell).await;
    }

    /// Looks at the targets of one forge, and hands back what its API could not tell, with the reason.
    async fn look_at(
        &self,
        shape: &'static dyn Shape,
        forge: Forge,
        targets: Vec<Target>,
        tell: &EventSender,
    ) -> Vec<(Target, String)> {
        let base = self.settings.bases.get(&forge.host);
        let base = base.map_or_else(|| format!("https://{}", forge.host), |base| base.trim_end_matches('/').to_owned());
        let host = Host::new(&self.http, &self.settings, &forge.host, base);
        let left = self.look_in_batches(shape, &host, targets, tell).await;
        let calls: Vec<BoxFuture<'_, _>> =
            left.into_iter().map(|target| self.look_at_one(shape, &host, target, tell).boxed()).collect();
        let left: Vec<_> = stream::iter(calls).buffer_unordered(self.settings.at_once.max(1)).collect().await;
        host.conclude(tell).await;
        left.into_iter().flatten().collect()
    }

    /// Asks for many at once where the forge can, and hands back what is still to be asked for.
    async fn look_in_batches(
        &self,
        shape: &'static dyn Shape,
        host: &Host<'_>,
        targets: Vec<Target>,
        tell: &EventSender,
    ) -> Vec<Target> {
        let paths: Vec<&str> = targets.iter().filter_map(path).collect();
        if paths.len() < 2 {
            return targets;
        }
        let mut known: BTreeMap<String, Facts> = BTreeMap::new();
        for paths in paths.chunks(BATCH) {
            let Some((path, body)) = shape.batch(paths) else { break };
            let Ok((200..=299, answer)) = host.ask(path, Some(&body), tell).await else { break };
            let facts = shape.batch_facts(&answer).into_iter();
            known.extend(facts.filter_map(|facts| Some((facts.name.as_ref()?.to_ascii_lowercase(), facts))));
        }
        let mut left = Vec::new();
        for target in targets {
            match path(&target).and_then(|path| known.remove(&path.to_ascii_lowercase())) {
                Some(facts) => tell.alive(target, Alive { facts: facts.into(), ..Alive::default() }),
                None => left.push(target),
            }
        }
        left
    }

    async fn look_at_one(
        &self,
        shape: &'static dyn Shape,
        host: &Host<'_>,
        target: Target,
        tell: &EventSender,
    ) -> Option<(Target, String)> {
        let mut missing = None;
        for path in shape.paths(&target) {
            match host.ask(&path, None, tell).await {
                Ok((200..=299, answer)) => {
                    let Some(facts) = shape.facts(&answer, &target) else {
                        return Some((target, "an answer without its name".to_owned()));
                    };
                    tell.alive(target.clone(), alive(facts, &target));
                    return None;
                }
                Ok((status, _)) if shape.is_missing(status) => missing = Some(status),
                Ok((status, _)) => return Some((target, format!("its API answered {status}"))),
                Err(Trouble::Refused) => {
                    host.count_unseen();
                    tell.failed(
                        target,
                        Failure::of(FailureClass::RateLimited).because(format!("{} refuses", host.name)),
                    );
                    return None;
                }
                Err(Trouble::Failed(why)) => return Some((target, why)),
            }
        }
        match missing {
            Some(status) if shape.is_sure(&target) => {
                tell.failed(target, Failure { status: Some(status), ..Failure::of(FailureClass::ForgeNotFound) });
                None
            }
            _ => Some((target, "its API knows none of this name".to_owned())),
        }
    }

    /// What no API could tell: the page tells, where somebody looks at pages.
    async fn look_at_pages(&self, targets: Vec<(Target, String)>, tell: &EventSender) {
        if targets.is_empty() {
            return;
        }
        let Some(pages) = &self.pages else {
            for (target, why) in targets {
                tell.failed(target, Failure::of(FailureClass::ForgeUnavailable).because(why));
            }
            return;
        };
        let mut events = pages.look(targets.into_iter().map(|(target, _)| target).collect());
        while let Some(event) = events.next().await {
            tell.event(event);
        }
    }
}

impl Probe for OtherForges {
    /// Looks at repositories and owners by their forge's API, and leaves everything else to the pages.
    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event> {
        api::told(|tell| self.run(targets, tell))
    }
}

/// Forges asked at once.
const HOSTS: usize = 8;

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
    const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    const SEGMENTS: &AsciiSet = &SEGMENT.remove(b'/');
    utf8_percent_encode(name, if slashes { SEGMENTS } else { SEGMENT }).to_string()
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
