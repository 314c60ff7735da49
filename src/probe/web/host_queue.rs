//! The links of one host, requested in order and within the host's rate limit.

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep_until};

use super::link_check::LinkCheck;
use super::{Shared, address};
use crate::address::Target;
use crate::observation::{Failure, FailureClass, Seen};
use crate::probe::throttle::Host;

/// Largest number of links of one host that are started and not finished; it includes those that wait for a
/// retry, so it is above the requests in flight.
const MAX_STARTED: usize = 64;
/// Stands for no deadline: no run lasts a year.
const NO_DEADLINE: Duration = Duration::from_secs(365 * 24 * 3600);

/// The links of one host.
pub(super) struct HostQueue {
    host: Arc<Host>,
    targets: VecDeque<Target>,
}

impl HostQueue {
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self { host, targets: VecDeque::new() }
    }

    pub(super) fn push(&mut self, target: Target) {
        self.targets.push_back(target);
    }

    /// Looks at all of them; at the deadline the others are reported as not looked at.
    pub(super) async fn run(self, shared: Arc<Shared>) {
        let Self { host, mut targets } = self;
        let (mut started, mut open, mut number) = (FuturesUnordered::new(), BTreeMap::new(), 0_usize);
        let mut deadline = pin!(sleep_until(shared.settings.deadline.unwrap_or_else(|| Instant::now() + NO_DEADLINE)));
        let mut acquiring = pin!(shared.throttle.acquire(&host));
        while !(targets.is_empty() && open.is_empty()) {
            tokio::select! {
                biased;
                () = &mut deadline => break,
                Some((number, seen)) = started.next() => {
                    if let Some(target) = open.remove(&number) {
                        shared.report(target, seen).await;
                    }
                }
                permit = &mut acquiring, if !targets.is_empty() && open.len() < MAX_STARTED => {
                    let refused = || Failure::of(FailureClass::RateLimited).because("the host refuses all requests");
                    let permit = match (permit, host.shared_failure()) {
                        (Ok(permit), None) => permit,
                        (_, failure) => {
                            fail_remaining(&shared, targets.drain(..), &failure.unwrap_or_else(refused)).await;
                            continue;
                        }
                    };
                    acquiring.set(shared.throttle.acquire(&host));
                    let Some(target) = targets.pop_front() else { continue };
                    let (address, shared) = (address(&target), &shared);
                    number += 1;
                    open.insert(number, target);
                    started.push(async move {
                        let seen = match address {
                            Ok(url) => LinkCheck::new(shared, url).run(permit).await,
                            Err(failure) => Seen::Failed(failure),
                        };
                        (number, seen)
                    });
                }
            }
        }
        let not_looked = Failure::of(FailureClass::NotLooked).because("the time budget of the run ended");
        fail_remaining(&shared, open.into_values().chain(targets), &not_looked).await;
    }
}

async fn fail_remaining(shared: &Shared, targets: impl Iterator<Item = Target>, failure: &Failure) {
    for target in targets {
        shared.report(target, Seen::Failed(failure.clone())).await;
    }
}
