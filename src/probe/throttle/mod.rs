//! When a request may be sent: a rate limiter for each host, and a concurrency limit over all hosts.
//!
//! A permit covers one request and is returned when it is dropped. A host that waits does not block others: the
//! place among all requests is taken only when the host's own limiter admits. Nothing here sends a request.

mod headers;
mod host_limiter;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

pub use headers::{Quota, quota, retry_after};
pub use host_limiter::{Admission, HostRateLimiter};

use crate::observation::{Failure, FailureClass, Scope};

/// Requests in flight before the network's latency is known.
const INITIAL_CONCURRENCY: usize = 64;
/// From this latency on, more requests in flight gain time; below it (measured on loopback and in a data
/// centre) they only cost connections.
const HIGH_LATENCY: Duration = Duration::from_millis(15);
/// Time in which failures for want of sockets count as one: requests in flight end within about as long.
const HALVING_INTERVAL: Duration = Duration::from_millis(500);
/// Links of a host that failed with one class, before any of its links was answered, after which the others
/// share the failure without a request. A timeout may be a slow page's own, so it takes more of them.
const SHARED_FAILURE_THRESHOLD: usize = 2;
const SHARED_TIMEOUT_THRESHOLD: usize = 4;

/// The limiters of all hosts of a run.
pub struct Throttle {
    hosts: Mutex<HashMap<String, Arc<Host>>>,
    concurrency: Arc<ConcurrencyLimit>,
    per_host: HostLimits,
}

/// The limits on requests to one host.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HostLimits {
    /// Requests in flight.
    pub in_flight: usize,
    /// Requests a second, once the burst is used up.
    pub rate: f64,
    /// Requests that may be sent without regard to the rate; they are regained at the rate.
    pub burst: f64,
}

/// How many requests may be in flight over all hosts. The limit rises while answers are slow, because then more
/// concurrency costs nothing, and falls where this system has no more sockets.
struct ConcurrencyLimit {
    permits: Arc<Semaphore>,
    state: Mutex<ConcurrencyState>,
}

struct ConcurrencyState {
    granted: usize,
    max: usize,
    /// Permits in use that are withdrawn when they are returned.
    withdrawn: usize,
    halved: Option<Instant>,
    /// Requests that only wait and take no place, and how many there may be.
    waiting: usize,
    max_waiting: usize,
}

/// One of the places that the concurrency limit grants.
pub struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    limit: Arc<ConcurrencyLimit>,
    is_waiting: bool,
}

impl Slot {
    /// Gives the place to another request, as far as sockets allow that: this one only waits.
    fn wait(&mut self) {
        let mut state = lock(&self.limit.state);
        if !self.is_waiting && state.waiting < state.max_waiting {
            state.waiting += 1;
            self.is_waiting = true;
            give_back(&mut state, self.permit.take());
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = lock(&self.limit.state);
        if self.is_waiting {
            state.waiting -= 1;
        }
        give_back(&mut state, self.permit.take());
    }
}

/// Returns a permit, or withdraws it where there are to be fewer.
fn give_back(state: &mut ConcurrencyState, permit: Option<OwnedSemaphorePermit>) {
    if let Some(permit) = permit
        && state.withdrawn > 0
    {
        state.withdrawn -= 1;
        permit.forget();
    }
}

impl ConcurrencyLimit {
    fn raise(&self, by: usize) {
        let mut state = lock(&self.state);
        let raised = (state.granted + by).min(state.max);
        let more = raised.saturating_sub(state.granted);
        state.granted += more;
        self.permits.add_permits(more);
    }

    /// Halves the limit for the rest of the run, but once for all requests that failed together.
    fn halve(&self) -> bool {
        let (mut state, now) = (lock(&self.state), Instant::now());
        if state.halved.is_some_and(|at| now.saturating_duration_since(at) < HALVING_INTERVAL) {
            return false;
        }
        state.halved = Some(now);
        let halved = (state.granted / 2).max(1);
        let fewer = state.granted - halved;
        state.granted = halved;
        state.max = halved;
        state.max_waiting = 0;
        state.withdrawn += fewer - self.permits.forget_permits(fewer);
        true
    }

    async fn acquire(self: &Arc<Self>) -> Slot {
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        Slot { permit, limit: Arc::clone(self), is_waiting: false }
    }
}

/// One host (with its port) and its state in this run.
pub struct Host {
    name: String,
    state: Mutex<State>,
    freed: Notify,
}

struct State {
    limiter: HostRateLimiter,
    answered: bool,
    repeated_failure: Option<(Failure, usize)>,
}

/// Permission to send one request to a host. Dropping it ends the request.
pub struct Permit {
    host: Arc<Host>,
    number: u64,
    slot: Option<Slot>,
}

/// The host refused too often: no more requests are sent to it in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Throttle {
    /// Limiters for a run with at most `max` requests in flight over all hosts.
    pub fn new(max: usize, per_host: HostLimits) -> Self {
        let max = max.max(1);
        let granted = INITIAL_CONCURRENCY.min(max);
        let state =
            Mutex::new(ConcurrencyState { granted, max, withdrawn: 0, halved: None, waiting: 0, max_waiting: 0 });
        let concurrency = Arc::new(ConcurrencyLimit { permits: Arc::new(Semaphore::new(granted)), state });
        Self { hosts: Mutex::default(), concurrency, per_host }
    }

    /// The same, beside which so many requests may wait for their answer without a place.
    #[must_use]
    pub fn with_waiting(self, max: usize) -> Self {
        lock(&self.concurrency.state).max_waiting = max;
        self
    }

    /// Waits for a place among all requests, for a host that has not been asked yet.
    pub async fn slot(&self) -> Slot {
        self.concurrency.acquire().await
    }

    /// This system has no more sockets: fewer requests are in flight from now on. Returns whether that changed
    /// anything.
    pub fn sockets_exhausted(&self) -> bool {
        self.concurrency.halve()
    }

    /// The host of this name (`example.org:443`).
    pub fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = lock(&self.hosts);
        if let Some(host) = hosts.get(name) {
            return Arc::clone(host);
        }
        let limiter = HostRateLimiter::new(self.per_host, Instant::now());
        let state = Mutex::new(State { limiter, answered: false, repeated_failure: None });
        let host = Arc::new(Host { name: name.to_owned(), state, freed: Notify::new() });
        hosts.insert(name.to_owned(), Arc::clone(&host));
        host
    }

    /// Waits until a request to `host` may be sent. A `slot` that was acquired before is used if the host admits at
    /// once, and is returned otherwise.
    pub async fn acquire(&self, host: &Arc<Host>, mut slot: Option<Slot>) -> Result<Permit, Closed> {
        loop {
            let freed = host.freed.notified();
            let admission = lock(&host.state).limiter.admit(Instant::now());
            match admission {
                Admission::Granted(number) => {
                    // There may be a place for another waiting request too.
                    host.freed.notify_one();
                    let mut permit = Permit { host: Arc::clone(host), number, slot };
                    if permit.slot.is_none() {
                        permit.slot = Some(self.concurrency.acquire().await);
                    }
                    return Ok(permit);
                }
                Admission::RetryAt(until) => {
                    slot = None;
                    tokio::select! {
                        () = freed => {}
                        () = tokio::time::sleep_until(until) => {}
                    }
                }
                Admission::Closed => {
                    host.freed.notify_one();
                    return Err(Closed);
                }
            }
        }
    }
}

impl Host {
    /// The name with the port.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Records the final failure of one link of this host, without an answer.
    pub fn record_failure(&self, failure: &Failure) {
        let mut state = lock(&self.state);
        state.limiter.failed();
        if state.answered || failure.class.traits().scope == Scope::Page {
            return;
        }
        let before = state.repeated_failure.take().filter(|(known, _)| known.class == failure.class);
        state.repeated_failure = Some((failure.clone(), before.map_or(0, |(_, times)| times) + 1));
    }

    /// The failure that all links of this host share: several failed alike, and none was ever answered.
    pub fn shared_failure(&self) -> Option<Failure> {
        let state = lock(&self.state);
        let (failure, times) = state.repeated_failure.as_ref().filter(|_| !state.answered)?;
        let threshold = match failure.class {
            FailureClass::TimeoutRead => SHARED_TIMEOUT_THRESHOLD,
            _ => SHARED_FAILURE_THRESHOLD,
        };
        let detail = format!("{}, for {times} other links of this host", failure.detail);
        (*times >= threshold).then(|| failure.clone().because(detail))
    }
}

impl Permit {
    /// The host it is for.
    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// The host answered after `latency` and did not complain about the rate. A `quota` that resets within
    /// `max_wait` is respected.
    pub fn answered(&self, latency: Duration, quota: Option<Quota>, max_wait: Duration) {
        if latency >= HIGH_LATENCY {
            // Triples the concurrency with each round of answers.
            self.raise_concurrency(2);
        }
        let mut state = lock(&self.host.state);
        state.answered = true;
        let now = Instant::now();
        state.limiter.answered(now, latency);
        if let Some(quota) = quota.filter(|quota| quota.reset <= max_wait) {
            state.limiter.quota_reported(now, quota.remaining, quota.reset);
        }
    }

    /// The page was refused because of the rate, for the `times`th time. Returns the instant of the retry.
    pub fn refused(&self, wait: Option<Duration>, times: u32) -> Instant {
        let mut state = lock(&self.host.state);
        state.answered = true;
        state.limiter.refused(Instant::now(), wait, fastrand::f64(), times)
    }

    /// The host refused for longer than the run waits.
    pub fn refused_for_long(&self) {
        let mut state = lock(&self.host.state);
        state.answered = true;
        state.limiter.refused_for_long(Instant::now());
    }

    /// The request is slow: one more may be in flight beside it.
    pub fn is_slow(&self) {
        self.raise_concurrency(1);
    }

    /// The request only waits: its place is free for another one.
    pub fn waits(&mut self) {
        if let Some(slot) = &mut self.slot {
            slot.wait();
        }
    }

    fn raise_concurrency(&self, by: usize) {
        if let Some(slot) = &self.slot {
            slot.limit.raise(by);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        lock(&self.host.state).limiter.leave(self.number);
        self.host.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNLIMITED: HostLimits = HostLimits { in_flight: 16, rate: 1e9, burst: 1e9 };

    #[tokio::test(start_paused = true)]
    async fn a_host_that_waits_does_not_block_another() {
        let throttle = Throttle::new(2, UNLIMITED);
        let (slow, quick) = (throttle.host("slow.example:443"), throttle.host("quick.example:443"));
        for _ in 0..2 {
            throttle.acquire(&slow, None).await.unwrap().refused(Some(Duration::from_secs(100)), 1);
        }
        let begun = Instant::now();
        let waiting = throttle.acquire(&slow, None);
        let going = async {
            for _ in 0..50 {
                throttle.acquire(&quick, None).await.unwrap().answered(Duration::from_millis(1), None, Duration::ZERO);
            }
            begun.elapsed()
        };
        let (permit, quick_took) = tokio::join!(waiting, going);
        assert!(permit.is_ok());
        assert!(quick_took < Duration::from_secs(1), "{quick_took:?}");
        assert!(begun.elapsed() >= Duration::from_secs(99));
    }

    #[tokio::test]
    async fn a_request_that_only_waits_takes_no_place_as_far_as_sockets_allow() {
        let throttle = Throttle::new(2, UNLIMITED).with_waiting(3);
        let free = || throttle.concurrency.permits.available_permits();
        let mut waiting = Vec::new();
        for n in 0..5 {
            let mut permit = throttle.acquire(&throttle.host(&format!("h{n}.example:443")), None).await.unwrap();
            permit.waits();
            permit.waits();
            waiting.push(permit);
        }
        assert_eq!(free(), 0, "three wait beside two places");
        waiting.truncate(2);
        assert_eq!(free(), 2);
        waiting.clear();
        assert_eq!((free(), lock(&throttle.concurrency.state).waiting), (2, 0));
    }

    #[test]
    fn links_of_a_dead_host_share_its_failure() {
        let host = Throttle::new(1, UNLIMITED).host("dead.example:80");
        let failure = Failure::of(FailureClass::ConnectRefused);
        host.record_failure(&failure);
        assert_eq!(host.shared_failure(), None);
        host.record_failure(&Failure::of(FailureClass::TimeoutConnect));
        assert_eq!(host.shared_failure(), None);
        host.record_failure(&failure);
        host.record_failure(&failure);
        assert_eq!(host.shared_failure().map(|failure| failure.class), Some(FailureClass::ConnectRefused));
    }

    #[test]
    fn failures_of_a_page_are_not_shared() {
        let host = Throttle::new(1, UNLIMITED).host("odd.example:80");
        for _ in 0..5 {
            host.record_failure(&Failure::of(FailureClass::ConnectReset));
        }
        assert_eq!(host.shared_failure(), None);
    }

    #[tokio::test]
    async fn without_sockets_fewer_requests_are_in_flight() {
        let throttle = Throttle::new(8, UNLIMITED);
        let mut slots = Vec::new();
        for _ in 0..6 {
            slots.push(throttle.slot().await);
        }
        assert!(throttle.sockets_exhausted());
        assert!(!throttle.sockets_exhausted());
        let free = || throttle.concurrency.permits.available_permits();
        assert_eq!(free(), 0);
        // Two of the six are withdrawn when they are returned.
        slots.drain(..3);
        assert_eq!(free(), 1);
        slots.clear();
        assert_eq!(free(), 4);
        throttle.concurrency.raise(10);
        assert_eq!(free(), 4);
    }
}
