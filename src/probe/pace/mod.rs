//! Who may ask which host when: a pace for each host, and a width for all of them together.
//!
//! A turn is had for one request and given back when it is dropped. The wait of one host never holds up
//! another: a place among all is taken only when the host itself is ready. Nothing here sends a request.

mod limits;
mod rhythm;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

pub use limits::{Quota, quota, retry_after};
pub use rhythm::{Admission, Rhythm};

use crate::observation::{Failure, FailureClass};

/// Requests under way before anything is known of the network's latency.
const NARROW: usize = 64;
/// An answer that took this long says that more could be under way.
const FAR: Duration = Duration::from_millis(15);
/// Links of a host that failed alike, before any of it was answered, after which the rest is not asked: more
/// where no answer came in time, for that may be the page's own slowness.
const ALIKE: usize = 2;
const ALIKE_LATE: usize = 4;

/// The paces of all hosts of a run.
pub struct Pace {
    hosts: Mutex<HashMap<String, Arc<Host>>>,
    width: Arc<Width>,
    most: usize,
}

/// How many requests may be under way in all. It widens while answers are slow to come, because then more at
/// once costs nothing; where they come at once, more would only be more connections.
struct Width {
    places: Arc<Semaphore>,
    given: AtomicUsize,
    most: usize,
}

impl Width {
    fn widen(&self, by: usize) {
        let wider = |given: usize| (given < self.most).then(|| (given + by).min(self.most));
        if let Ok(given) = self.given.fetch_update(Ordering::Relaxed, Ordering::Relaxed, wider) {
            self.places.add_permits((given + by).min(self.most) - given);
        }
    }
}

/// One host (with its port) as this run knows it.
pub struct Host {
    name: String,
    state: Mutex<State>,
    freed: Notify,
}

struct State {
    rhythm: Rhythm,
    alive: bool,
    alike: Option<(Failure, usize)>,
}

/// Leave to send one request to a host. Dropping it ends the request.
pub struct Turn {
    host: Arc<Host>,
    width: Arc<Width>,
    number: u64,
    place: Option<OwnedSemaphorePermit>,
}

/// The host refused too often: it is left alone for the rest of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pace {
    /// Paces for a run with at most `most` requests under way, and `most_a_host` at one host.
    pub fn new(most: usize, most_a_host: usize) -> Self {
        let most = most.max(1);
        let given = NARROW.min(most);
        let places = Arc::new(Semaphore::new(given));
        let width = Arc::new(Width { places, given: AtomicUsize::new(given), most });
        Self { hosts: Mutex::default(), width, most: most_a_host }
    }

    /// The host of this name (`example.org:443`).
    pub fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = lock(&self.hosts);
        if let Some(host) = hosts.get(name) {
            return Arc::clone(host);
        }
        let state = State { rhythm: Rhythm::new(self.most), alive: false, alike: None };
        let host = Arc::new(Host { name: name.to_owned(), state: Mutex::new(state), freed: Notify::new() });
        hosts.insert(name.to_owned(), Arc::clone(&host));
        host
    }

    /// Waits until `host` may be asked.
    pub async fn enter(&self, host: &Arc<Host>) -> Result<Turn, Closed> {
        loop {
            let freed = host.freed.notified();
            let admission = lock(&host.state).rhythm.admit(Instant::now());
            match admission {
                Admission::Go(number) => {
                    // Another that waits may have a place too.
                    host.freed.notify_one();
                    let width = Arc::clone(&self.width);
                    let mut turn = Turn { host: Arc::clone(host), width, number, place: None };
                    turn.place = Arc::clone(&self.width.places).acquire_owned().await.ok();
                    return Ok(turn);
                }
                Admission::At(until) => {
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

    /// Tells that a link of this host failed in a way that is the host's, not the page's.
    pub fn fell(&self, failure: &Failure) {
        let mut state = lock(&self.state);
        state.rhythm.failed();
        if state.alive || !is_of_host(failure.class) {
            return;
        }
        let before = state.alike.take().filter(|(known, _)| known.class == failure.class).map_or(0, |(_, n)| n);
        state.alike = Some((failure.clone(), before + 1));
    }

    /// The failure that all links of this host share: several failed alike, and none was ever answered.
    pub fn shared_failure(&self) -> Option<Failure> {
        let state = lock(&self.state);
        let (failure, times) = state.alike.as_ref().filter(|_| !state.alive)?;
        let enough = if failure.class == FailureClass::TimeoutRead { ALIKE_LATE } else { ALIKE };
        let detail = format!("{}, for {times} other links of this host", failure.detail);
        (*times >= enough).then(|| failure.clone().because(detail))
    }
}

/// Whether a failure tells of the host whatever page was asked for.
fn is_of_host(class: FailureClass) -> bool {
    matches!(
        class,
        FailureClass::DnsNxdomain
            | FailureClass::DnsServfail
            | FailureClass::DnsTimeout
            | FailureClass::DnsNoAddress
            | FailureClass::PrivateAddress
            | FailureClass::ConnectRefused
            | FailureClass::ConnectFailed
            | FailureClass::NoRoute
            | FailureClass::TimeoutConnect
            | FailureClass::TimeoutRead
            | FailureClass::TlsExpired
            | FailureClass::TlsNotYetValid
            | FailureClass::TlsWrongHost
            | FailureClass::TlsSelfSigned
            | FailureClass::TlsUntrusted
            | FailureClass::TlsHandshake
    )
}

impl Turn {
    /// The host it is for.
    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// An answer came after `latency`, and it is no complaint about being asked too much.
    pub fn answered(&self, latency: Duration, quota: Option<Quota>, most_wait: Duration) {
        if latency >= FAR {
            // Three times as many with each round of answers.
            self.width.widen(2);
        }
        let mut state = lock(&self.host.state);
        state.alive = true;
        let now = Instant::now();
        state.rhythm.answered(now, latency);
        if let Some(quota) = quota.filter(|quota| quota.reset <= most_wait) {
            state.rhythm.told(now, quota.remaining, quota.reset);
        }
    }

    /// The page was refused for being asked too much, for the `times`th time. Gives the instant when it is
    /// asked for again.
    pub fn refused(&self, wait: Option<Duration>, times: u32) -> Instant {
        let mut state = lock(&self.host.state);
        state.alive = true;
        state.rhythm.refused(Instant::now(), wait, fastrand::f64(), times)
    }

    /// The host refused for longer than anybody waits.
    pub fn refused_for_long(&self) {
        let mut state = lock(&self.host.state);
        state.alive = true;
        state.rhythm.refused_for_long(Instant::now());
    }

    /// The request is slow: another may take a place beside it.
    pub fn is_slow(&self) {
        self.width.widen(1);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.host.state).rhythm.leave(self.number);
        self.host.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_host_that_waits_does_not_hold_up_another() {
        let pace = Pace::new(2, 16);
        let (slow, quick) = (pace.host("slow.example:443"), pace.host("quick.example:443"));
        for _ in 0..2 {
            pace.enter(&slow).await.unwrap().refused(Some(Duration::from_secs(100)), 1);
        }
        let begun = Instant::now();
        let waiting = pace.enter(&slow);
        let going = async {
            for _ in 0..50 {
                pace.enter(&quick).await.unwrap().answered(Duration::from_millis(1), None, Duration::ZERO);
            }
            begun.elapsed()
        };
        let (turn, quick_took) = tokio::join!(waiting, going);
        assert!(turn.is_ok());
        assert!(quick_took < Duration::from_secs(1), "{quick_took:?}");
        assert!(begun.elapsed() >= Duration::from_secs(99));
    }

    #[test]
    fn links_of_a_dead_host_share_its_failure() {
        let host = Pace::new(1, 1).host("dead.example:80");
        let failure = Failure::of(FailureClass::ConnectRefused);
        host.fell(&failure);
        assert_eq!(host.shared_failure(), None);
        host.fell(&Failure::of(FailureClass::TimeoutConnect));
        assert_eq!(host.shared_failure(), None);
        host.fell(&failure);
        host.fell(&failure);
        assert_eq!(host.shared_failure().map(|failure| failure.class), Some(FailureClass::ConnectRefused));
    }

    #[test]
    fn failures_of_a_page_are_not_shared() {
        let host = Pace::new(1, 1).host("odd.example:80");
        for _ in 0..5 {
            host.fell(&Failure::of(FailureClass::ConnectReset));
        }
        assert_eq!(host.shared_failure(), None);
    }
}
