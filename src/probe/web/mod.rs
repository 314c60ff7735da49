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
mod ordinary;
mod page;
mod phrases;
mod repository;
mod provider;
mod settings;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::stream::{self, BoxStream, StreamExt};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

pub use client::WebError;
pub use settings::WebSettings;

use super::throttle::Throttle;
use super::{Event, Probe, sockets};
use crate::address::Target;
use crate::finding::{Finding, notice};
use crate::observation::{Failure, FailureClass, Observation, Seen};
use chain::host_of;
use client::Clients;
use host_queue::HostQueue;

/// Shorter waits are not reported: they would only flicker.
const MIN_REPORTED_WAIT: Duration = Duration::from_secs(3);
/// Hosts whose queues run at once without regard to free places: as many as there are requests in flight at most, so that
/// each has about one and needs one or two connections. With half as many, 1,000 hosts of 20 links took 3,700
/// connections in place of 1,500.
const SHARED_HOSTS: usize = 1024;
/// Requests that only wait for an answer, beside each one that counts, as far as there are sockets.
const WAITING_PER_REQUEST: usize = 4;
/// Events buffered for a slow receiver.
const EVENT_CAPACITY: usize = 1024;

/// Looks at pages over the network.
pub struct Web {
    clients: Arc<Clients>,
    settings: Arc<WebSettings>,
    throttle: Arc<Throttle>,
    /// Whether the limit was reported on open files: once in a run.
    warned: Arc<AtomicBool>,
}

/// What the host queues of one call share. The state of hosts outlives it.
struct Shared {
    clients: Arc<Clients>,
    settings: Arc<WebSettings>,
    throttle: Arc<Throttle>,
    warned: Arc<AtomicBool>,
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
        let seen = self.with_providers(&target, seen).await;
        self.send(Event::Seen(Observation { target, at: Timestamp::now(), seen })).await;
    }

    async fn send(&self, event: Event) {
        // Fails only when the receiver is dropped: the run has ended.
        let _ = self.events.send(event).await;
    }

    /// This system has no more sockets: idle connections are closed, fewer requests are in flight from now on, and
    /// the user is warned once.
    async fn sockets_exhausted(&self) {
        if self.throttle.sockets_exhausted() {
            self.clients.close_idle();
        }
        if !self.warned.swap(true, Ordering::Relaxed) {
            self.send(Event::Notice(open_files())).await;
        }
    }
}

/// The warning that the limit on open files was reached.
fn open_files() -> Finding {
    let limit = sockets::budget().limit.map_or_else(String::new, |limit| format!(" of {limit}"));
    let message = format!("the limit{limit} on open files was reached: links are looked at with fewer connections");
    let help = "raise it (`ulimit -n 4096`, or `LimitNOFILE=` of a service), or lower `--concurrency`";
    Finding::new(&notice::OPEN_FILES, message).help(help)
}

fn now() -> SystemTime {
    SystemTime::now()
}

impl Web {
    /// Sets up the clients from the system's name servers, trust and proxies (`HTTPS_PROXY` and the like), and
    /// raises this process's limit on open files. Needs no default TLS provider and sends nothing.
    pub fn new(settings: WebSettings) -> Result<Self, WebError> {
        let settings = Arc::new(settings);
        let clients = Arc::new(Clients::new(&settings)?);
        let sockets = sockets::budget().requests;
        let concurrency = settings.concurrency.min(sockets);
        let waiting = (WAITING_PER_REQUEST * concurrency).min(sockets - concurrency);
        let throttle = Arc::new(Throttle::new(concurrency, settings.per_host).with_waiting(waiting));
        Ok(Self { clients, settings, throttle, warned: Arc::default() })
    }

    fn start(&self, targets: Vec<Target>) -> (JoinSet<()>, mpsc::Receiver<Event>) {
        let (events, received) = mpsc::channel(EVENT_CAPACITY);
        let shared = Shared {
            clients: Arc::clone(&self.clients),
            settings: Arc::clone(&self.settings),
            throttle: Arc::clone(&self.throttle),
            warned: Arc::clone(&self.warned),
            events,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(drive(Arc::new(shared), targets));
        (tasks, received)
    }
}

/// Runs the queue of each host. Some hosts share the places among all requests, so that each needs few connections;
/// beyond those a queue starts when there is a place that no started one waits for (hosts may all wait for their rate
/// limits). Hosts that have not started cost no memory but for their links.
async fn drive(shared: Arc<Shared>, targets: Vec<Target>) {
    let (queues, invalid) = by_host(targets);
    let mut running = JoinSet::new();
    let shared_hosts = SHARED_HOSTS.min(sockets::budget().idle / 2);
    for queue in queues {
        while running.try_join_next().is_some() {}
        let slot = if running.len() < shared_hosts { None } else { Some(shared.throttle.slot().await) };
        running.spawn(queue.run(Arc::clone(&shared), slot));
    }
    for (target, failure) in invalid {
        shared.report(target, Seen::Failed(failure)).await;
    }
    while running.join_next().await.is_some() {}
}

/// The targets of each host, in the order of the first one, and those that cannot be requested.
fn by_host(targets: Vec<Target>) -> (Vec<HostQueue>, Vec<(Target, Failure)>) {
    let (mut queues, mut invalid): (Vec<HostQueue>, _) = (Vec::new(), Vec::new());
    let mut index: HashMap<String, usize> = HashMap::new();
    for target in targets {
        match address(&target) {
            Ok(url) => {
                let name = host_of(&url);
                let queue = *index.entry(name).or_insert_with_key(|name| {
                    queues.push(HostQueue::new(name.clone()));
                    queues.len() - 1
                });
                if let Some(queue) = queues.get_mut(queue) {
                    queue.push(target);
                }
            }
            Err(failure) => invalid.push((target, failure)),
        }
    }
    (queues, invalid)
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
