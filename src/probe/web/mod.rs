//! One look at each page: is it there, where did it go, what does it call itself.
//!
//! A page is asked for with `GET`, and no more than the first 64 KB of its text are read. `HEAD`, with a `GET`
//! behind every failure, was measured against it: over loopback, 20,000 pages of 700 bytes take 0.65 s in
//! place of 0.80 s, all of it processor time (33 and 40 µs a page, the title read and judged with the latter), which
//! is nothing beside one round trip of a real network. But `HEAD` costs a second request wherever it fails, servers
//! answer it wrongly (of 31 living links that misbehave as servers are known to, six fail on `HEAD` alone, one of
//! them by never answering), and it shows neither a title nor a soft 404 nor a page for sale.
//!
//! Redirects are followed here and not by the client, so that every hop is held to the same rules: its host's
//! own pace, no private address, no cookie of another host. This room gives no verdicts.

#![expect(clippy::disallowed_methods, reason = "an edge room: an observation says when the answer came")]

mod chain;
mod client;
mod cookies;
mod suspicion;
mod fault;
mod lane;
mod look;
mod page;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::stream::{self, BoxStream, StreamExt};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

pub use client::WebError;
pub use settings::WebSettings;

use super::pace::Pace;
use super::{Event, Probe};
use crate::address::Target;
use crate::observation::{Failure, FailureClass, Observation, Seen};
use chain::host_of;
use client::Clients;
use lane::Lane;

/// Waits shorter than this are not worth telling.
const WORTH_TELLING: Duration = Duration::from_secs(3);
/// Events kept for a slow listener.
const ROOM: usize = 1024;

/// Looks at pages over the network.
pub struct Web {
    clients: Arc<Clients>,
    settings: Arc<WebSettings>,
    pace: Arc<Pace>,
}

/// What the lanes of one call share. What is known of hosts outlives it.
struct Shared {
    clients: Arc<Clients>,
    settings: Arc<WebSettings>,
    pace: Arc<Pace>,
    events: mpsc::Sender<Event>,
}

impl Shared {
    fn tell_wait(&self, whom: String, wait: Duration) {
        if wait < WORTH_TELLING {
            return;
        }
        if let Ok(wait) = SignedDuration::try_from(wait)
            && let Ok(until) = Timestamp::now().checked_add(wait)
        {
            // A listener that is behind misses a notice, not an observation.
            let _ = self.events.try_send(Event::Waiting { whom, until });
        }
    }

    async fn tell(&self, target: Target, seen: Seen) {
        // Nobody listens any more: the run is over.
        let _ = self.events.send(Event::Seen(Observation { target, at: Timestamp::now(), seen })).await;
    }
}

fn now() -> SystemTime {
    SystemTime::now()
}

impl Web {
    /// Sets up the clients from the system's name servers, trust and proxies (`HTTPS_PROXY` and the like), and
    /// raises the number of files that this process may hold open. No default TLS provider is needed, and
    /// nothing is sent.
    pub fn new(settings: WebSettings) -> Result<Self, WebError> {
        let concurrency = client::open_files(settings.concurrency);
        let settings = WebSettings { concurrency, ..settings };
        let clients = Clients::new(&settings)?;
        let pace = Pace::new(settings.concurrency, settings.concurrency_per_host);
        Ok(Self { clients: Arc::new(clients), settings: Arc::new(settings), pace: Arc::new(pace) })
    }

    fn start(&self, targets: Vec<Target>) -> (JoinSet<()>, mpsc::Receiver<Event>) {
        let (events, received) = mpsc::channel(ROOM);
        let (clients, settings) = (Arc::clone(&self.clients), Arc::clone(&self.settings));
        let shared = Arc::new(Shared { clients, settings, pace: Arc::clone(&self.pace), events });
        let mut tasks = JoinSet::new();
        let mut lanes: Vec<Lane> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut unfit = Vec::new();
        for target in targets {
            match address(&target) {
                Ok(url) => {
                    let name = host_of(&url);
                    let lane = *known.entry(name).or_insert_with_key(|name| {
                        lanes.push(Lane::new(shared.pace.host(name)));
                        lanes.len() - 1
                    });
                    if let Some(lane) = lanes.get_mut(lane) {
                        lane.push(target);
                    }
                }
                Err(failure) => unfit.push((target, failure)),
            }
        }
        for lane in lanes {
            tasks.spawn(lane.drive(Arc::clone(&shared)));
        }
        tasks.spawn(async move {
            for (target, failure) in unfit {
                shared.tell(target, Seen::Failed(failure)).await;
            }
        });
        (tasks, received)
    }
}

/// Looks at pages, and at every other remote target as the page that a browser would open for it. Targets
/// that are not on the web are told as not looked at.
impl Probe for Web {
    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event> {
        let started = async move {
            let (tasks, received) = self.start(targets);
            // The tasks live as long as somebody listens.
            stream::unfold((tasks, received), |(tasks, mut received)| async move {
                received.recv().await.map(|event| (event, (tasks, received)))
            })
        };
        stream::once(started).flatten().boxed()
    }
}

/// The address to ask for a target.
fn address(target: &Target) -> Result<Url, Failure> {
    let url = target.url().ok_or_else(|| Failure::of(FailureClass::NotLooked).because("it is not on the web"))?;
    let invalid = |detail: String| Failure::of(FailureClass::InvalidUrl).because(detail);
    let mut url = Url::parse(&url).map_err(|error| invalid(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("it has no host".to_owned()));
    }
    url.set_fragment(None);
    Ok(url)
}
