//! The links of one host, looked at in their order and at the host's pace.

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep_until};

use super::look::Look;
use super::{Shared, address};
use crate::address::Target;
use crate::observation::{Failure, FailureClass, Seen};
use crate::probe::pace::Host;

/// Links of one host that are begun and not ended, at most: those that wait for another try are among them.
const BEGUN: usize = 64;
/// A run without a deadline ends before that.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// The links of one host.
pub(super) struct Lane {
    host: Arc<Host>,
    targets: VecDeque<Target>,
}

impl Lane {
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self { host, targets: VecDeque::new() }
    }

    pub(super) fn push(&mut self, target: Target) {
        self.targets.push_back(target);
    }

    /// Looks at all of them; at the deadline the rest is told as not looked at.
    pub(super) async fn drive(self, shared: Arc<Shared>) {
        let Self { host, mut targets } = self;
        let (mut begun, mut open, mut number) = (FuturesUnordered::new(), BTreeMap::new(), 0_usize);
        let mut end = pin!(sleep_until(shared.settings.deadline.unwrap_or_else(|| Instant::now() + NEVER)));
        let mut entering = pin!(shared.pace.enter(&host));
        while !(targets.is_empty() && open.is_empty()) {
            tokio::select! {
                biased;
                () = &mut end => break,
                Some((number, seen)) = begun.next() => {
                    if let Some(target) = open.remove(&number) {
                        shared.tell(target, seen).await;
                    }
                }
                turn = &mut entering, if !targets.is_empty() && open.len() < BEGUN => {
                    let refused = || Failure::of(FailureClass::RateLimited).because("the host refuses all that is asked");
                    let turn = match (turn, host.shared_failure()) {
                        (Ok(turn), None) => turn,
                        (_, failure) => {
                            give_up(&shared, targets.drain(..), &failure.unwrap_or_else(refused)).await;
                            continue;
                        }
                    };
                    entering.set(shared.pace.enter(&host));
                    let Some(target) = targets.pop_front() else { continue };
                    let (address, shared) = (address(&target), &shared);
                    number += 1;
                    open.insert(number, target);
                    begun.push(async move {
                        let seen = match address {
                            Ok(url) => Look::new(shared, url).see(turn).await,
                            Err(failure) => Seen::Failed(failure),
                        };
                        (number, seen)
                    });
                }
            }
        }
        let unseen = Failure::of(FailureClass::NotLooked).because("the time of the run was over");
        give_up(&shared, open.into_values().chain(targets), &unseen).await;
    }
}

async fn give_up(shared: &Shared, targets: impl Iterator<Item = Target>, failure: &Failure) {
    for target in targets {
        shared.tell(target, Seen::Failed(failure.clone())).await;
    }
}
