//! The links of one host, requested in order and within the host's rate limit.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::link_check::LinkCheck;
use super::{Shared, address};
use crate::address::Target;
use crate::finding::{Finding, notice};
use crate::observation::{Failure, FailureClass, Seen};
use crate::probe::Event;
use crate::probe::throttle::{Permit, Slot};

/// Largest number of links of one host that are started and not finished; it includes those that wait for a
/// retry, so it is above the requests in flight.
const MAX_STARTED: usize = 64;

/// The links of one host.
pub(super) struct HostQueue {
    host: String,
    targets: VecDeque<Target>,
}

impl HostQueue {
    pub(super) fn new(host: String) -> Self {
        Self { host, targets: VecDeque::new() }
    }

    pub(super) fn push(&mut self, target: Target) {
        self.targets.push_back(target);
    }

    /// Looks at all of them; `slot` is for the first request, where it was acquired already.
    pub(super) async fn run(self, shared: Arc<Shared>, slot: Option<Slot>) {
        let host = shared.throttle.host(&self.host);
        let mut targets = self.targets;
        let mut started = FuturesUnordered::new();
        let mut acquiring = pin!(shared.throttle.acquire(&host, slot));
        while !(targets.is_empty() && started.is_empty()) {
            tokio::select! {
                biased;
                Some((target, seen)) = started.next() => {
                    if let Seen::Failed(Failure { class: FailureClass::InternalError, detail, .. }) = &seen {
                        let message = format!("`{target}` could not be looked at: {detail}");
                        shared.send(Event::Notice(Finding::new(&notice::INTERNAL_ERROR, message))).await;
                    }
                    shared.report(target, seen).await;
                }
                permit = &mut acquiring, if !targets.is_empty() && started.len() < MAX_STARTED => {
                    let refused = || Failure::of(FailureClass::RateLimited).because("the host refuses all requests");
                    let permit = match (permit, host.shared_failure()) {
                        (Ok(permit), None) => permit,
                        (_, failure) => {
                            let failure = failure.unwrap_or_else(refused);
                            fail_remaining(&shared, targets.drain(..), &failure).await;
                            continue;
                        }
                    };
                    acquiring.set(shared.throttle.acquire(&host, None));
                    let Some(target) = targets.pop_front() else { continue };
                    started.push(check(&shared, target, permit));
                }
            }
        }
    }
}

/// Looks at one link. A panic fails this link alone.
async fn check(shared: &Shared, target: Target, permit: Permit) -> (Target, Seen) {
    let anchors = shared.settings.anchors.contains(&target);
    let seen = match address(&target) {
        Ok(url) => AssertUnwindSafe(LinkCheck::new(shared, url, anchors).run(permit)).catch_unwind().await,
        Err(failure) => Ok(Seen::Failed(failure)),
    };
    (target, seen.unwrap_or_else(|panic| Seen::Failed(internal_error(panic.as_ref()))))
}

fn internal_error(panic: &(dyn Any + Send)) -> Failure {
    let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Failure::of(FailureClass::InternalError).because(message.unwrap_or_default())
}

async fn fail_remaining(shared: &Shared, targets: impl Iterator<Item = Target>, failure: &Failure) {
    for target in targets {
        shared.report(target, Seen::Failed(failure.clone())).await;
    }
}
