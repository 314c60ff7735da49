//! Looks at web pages: whether they answer, where they redirect, their title.
//!
//! A page is asked for with `GET`, and no more than the first 64 KB of its text are read. `HEAD`, with a `GET`
//! behind every failure, was measured against it: over loopback, 20,000 pages of 700 bytes take 0.65 s in
//! place of 0.80 s, all of it processor time (33 and 40 µs a page, the title read and judged with the latter), which
//! is negligible beside one round trip of a real network. But `HEAD` costs a second request wherever it fails, servers
//! answer it wrongly (of 31 living links that misbehave as servers are known to, six fail on `HEAD` alone, one of
//! them by never answering), and it shows neither a title nor a soft 404 nor a page for sale.
//!
//! Redirects are followed here and not by the client, so that every hop obeys the same rules: its host's own rate
//! limit, no private address, no cookie of another host. This module judges nothing.

#![expect(clippy::disallowed_methods, reason = "at the edge: an observation is dated when its answer arrives")]

mod chain;
mod client;
mod cookies;
mod suspicion;
mod transport_error;
mod host_queue;
mod link_check;
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

use super::throttle::Throttle;
use super::{Event, Probe};
use crate::address::Target;
use crate::observation::{Failure, FailureClass, Observation, Seen};
use chain::host_of;
use client::Clients;
use host_queue::HostQueue;

/// Shorter waits are not reported: they would only flicker.
const MIN_REPORTED_WAIT: Duration = Duration::from_secs(3);
/// Events buffered for a slow receiver.
const EVENT_CAPACITY: usize = 1024;

/// Looks at pages over the network.
pub struct Web {
    clients: Arc<Clients>,
    settings: Arc<WebSettings>,
    throttle: Arc<Throttle>,
}

/// What the host queues of one call share. The state of hosts outlives it.
struct Shared {
    clients: Arc<Clients>,
    settings: Arc<WebSettings>,
    throttle: Arc<Throttle>,
    events: mpsc::Sender<Event>,
}

impl Shared {
    fn report_wait(&self, host: String, wait: Duration) {
        if wait < MIN_REPORTED_WAIT {
            return;
        }
        if let Ok(wait) = SignedDuration::try_from(wait)
            && let Ok(until) = Timestamp::now().checked_add(wait)
        {
            // A receiver that lags behind misses a notice, not an observation.
            let _ = self.events.try_send(Event::Waiting { whom: host, until });
        }
    }

    async fn report(&self, target: Target, seen: Seen) {
        // Fails only when the receiver is dropped: the run has ended.
        let _ = self.events.send(Event::Seen(Observation { target, at: Timestamp::now(), seen })).await;
    }
}

fn now() -> SystemTime {
    SystemTime::now()
}

impl Web {
    /// Sets up the clients from the system's name servers, trust and proxies (`HTTPS_PROXY` and the like), and
    /// raises this process's limit on open files. Needs no default TLS provider and sends nothing.
    pub fn new(settings: WebSettings) -> Result<Self, WebError> {
        let concurrency = client::open_files(settings.concurrency);
        let settings = WebSettings { concurrency, ..settings };
        let clients = Clients::new(&settings)?;
        let throttle = Throttle::new(settings.concurrency, settings.concurrency_per_host);
        Ok(Self { clients: Arc::new(clients), settings: Arc::new(settings), throttle: Arc::new(throttle) })
    }

    fn start(&self, targets: Vec<Target>) -> (JoinSet<()>, mpsc::Receiver<Event>) {
        let (events, received) = mpsc::channel(EVENT_CAPACITY);
        let (clients, settings) = (Arc::clone(&self.clients), Arc::clone(&self.settings));
        let shared = Arc::new(Shared { clients, settings, throttle: Arc::clone(&self.throttle), events });
        let mut tasks = JoinSet::new();
        let mut queues: Vec<HostQueue> = Vec::new();
        let mut index: HashMap<String, usize> = HashMap::new();
        let mut invalid = Vec::new();
        for target in targets {
            match address(&target) {
                Ok(url) => {
                    let name = host_of(&url);
                    let queue = *index.entry(name).or_insert_with_key(|name| {
                        queues.push(HostQueue::new(shared.throttle.host(name)));
                        queues.len() - 1
                    });
                    if let Some(queue) = queues.get_mut(queue) {
                        queue.push(target);
                    }
                }
                Err(failure) => invalid.push((target, failure)),
            }
        }
        for queue in queues {
            tasks.spawn(queue.run(Arc::clone(&shared)));
        }
        tasks.spawn(async move {
            for (target, failure) in invalid {
                shared.report(target, Seen::Failed(failure)).await;
            }
        });
        (tasks, received)
    }
}

/// Looks at pages, and at every other remote target as the page that a browser would open for it. Targets
/// that are not on the web are reported as [`FailureClass::NotLooked`].
impl Probe for Web {
    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event> {
        let started = async move {
            let (tasks, received) = self.start(targets);
            // The tasks live as long as the receiver.
            stream::unfold((tasks, received), |(tasks, mut received)| async move {
                received.recv().await.map(|event| (event, (tasks, received)))
            })
        };
        stream::once(started).flatten().boxed()
    }
}

/// The URL to request for a target.
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
