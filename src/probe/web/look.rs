//! One look at one link: chains of requests until an answer stands or trying again would tell nothing new.

use std::time::Duration;

use url::Url;

use super::chain::{Answer, Came, Chain, Manner};
use super::{Shared, suspicion};
use crate::observation::{Alive, Failure, FailureClass, Hop, Seen};
use crate::probe::pace::Turn;

/// Tries after a server error, with the wait before each, in units of back-off.
const SERVER: [f64; 2] = [0.7, 2.0];
/// The waits before another try after a connection that was refused, one that broke, an answer that did not come, and a
/// refusal of machines.
const REFUSED: f64 = 1.0;
const BROKEN: f64 = 0.4;
const LATE: f64 = 0.3;
const FORBIDDEN: f64 = 0.15;
/// Refusals of one link after which it is given up.
const REFUSALS: u32 = 4;
/// Chains of requests for one link, whatever comes.
const CHAINS: usize = 8;

/// What to do after a chain.
#[derive(Debug, PartialEq)]
enum Step {
    Done(Seen),
    Again { after: Duration, manner: Manner },
}

/// One look at one link.
pub(super) struct Look<'a> {
    shared: &'a Shared,
    asked: Url,
    left: Duration,
    waited: Duration,
    server_errors: usize,
    refusals: u32,
    tried_again: bool,
}

impl<'a> Look<'a> {
    pub(super) fn new(shared: &'a Shared, asked: Url) -> Self {
        let left = shared.settings.link_timeout;
        Self { shared, asked, left, waited: Duration::ZERO, server_errors: 0, refusals: 0, tried_again: false }
    }

    /// Looks, with the leave to ask the link's host.
    pub(super) async fn see(mut self, turn: Turn) -> Seen {
        let host = std::sync::Arc::clone(turn.host());
        let mut turn = Some(turn);
        let mut manner = Manner { as_browser: false, fresh: false, patience: self.shared.settings.read_timeout };
        let mut chains = 0;
        loop {
            let mut chain = Chain::new(self.shared, manner, self.left, self.refusals);
            let came = chain.walk(self.asked.clone(), turn.take()).await;
            self.left = chain.left;
            chains += 1;
            let last = chains >= CHAINS || self.left.is_zero();
            match self.step(came, manner, last) {
                Step::Done(seen) => {
                    if let Seen::Failed(failure) = &seen
                        && failure.hops.is_empty()
                    {
                        host.fell(failure);
                    }
                    return seen;
                }
                Step::Again { after, manner: next } => {
                    manner = next;
                    tokio::time::sleep(after).await;
                }
            }
        }
    }

    fn step(&mut self, came: Came, manner: Manner, last: bool) -> Step {
        match came {
            Came::Answer(answer) => self.answered(*answer, manner, last),
            Came::Failed(failure) => self.failed(failure, manner, last),
            Came::Refused { failure, until, host } => {
                self.refusals += 1;
                let Some(until) = until.filter(|_| self.refusals <= REFUSALS && !last) else {
                    return Step::Done(Seen::Failed(failure));
                };
                let wait = until.saturating_duration_since(tokio::time::Instant::now());
                self.waited += wait;
                if self.waited > self.shared.settings.max_wait {
                    return Step::Done(Seen::Failed(failure));
                }
                self.shared.tell_wait(host, wait);
                Step::Again { after: wait, manner }
            }
        }
    }

    /// A wait of so many units, made up to a quarter shorter or longer, so that links that failed together do
    /// not return together.
    fn wait(&self, units: f64) -> Duration {
        self.shared.settings.back_off.mul_f64(units * (0.75 + fastrand::f64() / 2.0))
    }

    fn answered(&mut self, answer: Answer, manner: Manner, last: bool) -> Step {
        let status = answer.status;
        if let Some(wall) = answer.wall {
            let failure =
                Failure { status: Some(status), hops: answer.hops, ..Failure::of(FailureClass::BotWall).because(wall) };
            return Step::Done(Seen::Failed(failure));
        }
        match status {
            // 300 and 304 come from something that is there; so do 405 and 501, which refuse the method alone.
            200..=300 | 304 | 405 | 501 => {
                let alive = alive(&self.asked, answer, self.shared.settings.anchors);
                return Step::Done(Seen::Alive(Box::new(alive)));
            }
            400 | 403 | 406 | 409 | 412 | 415 | 421 | 422 | 431 if !manner.as_browser && !last => {
                let manner = Manner { as_browser: true, ..manner };
                return Step::Again { after: self.wait(FORBIDDEN), manner };
            }
            // What stands between says for minutes that the host behind it is away (Cloudflare's 52x and 530).
            520..=527 | 530 => {}
            408 | 425 | 500..=599 if !last => {
                if let Some(after) = SERVER.get(self.server_errors) {
                    self.server_errors += 1;
                    return Step::Again { after: self.wait(*after), manner };
                }
            }
            _ => {}
        }
        let detail = answer.page.title.unwrap_or_default();
        let failure = Failure {
            status: Some(status),
            hops: answer.hops,
            ..Failure::of(FailureClass::Http(status)).because(detail)
        };
        Step::Done(Seen::Failed(failure))
    }

    fn failed(&mut self, failure: Failure, manner: Manner, last: bool) -> Step {
        let again = match failure.class {
            FailureClass::DnsServfail
            | FailureClass::DnsTimeout
            | FailureClass::ConnectRefused
            | FailureClass::ConnectFailed
            | FailureClass::NetworkDown => Some((REFUSED, manner)),
            FailureClass::ConnectReset
            | FailureClass::ConnectClosed
            | FailureClass::ProtocolError
            | FailureClass::TlsHandshake => Some((BROKEN, Manner { fresh: true, ..manner })),
            FailureClass::TimeoutRead => {
                Some((LATE, Manner { patience: self.shared.settings.second_timeout, ..manner }))
            }
            // A connection that could not be made in time was asked for several times by the system itself.
            _ => None,
        };
        match again.filter(|_| !self.tried_again && !last) {
            Some((after, manner)) => {
                self.tried_again = true;
                Step::Again { after: self.wait(after), manner }
            }
            None => Step::Done(Seen::Failed(failure)),
        }
    }
}

fn alive(asked: &Url, answer: Answer, anchors: bool) -> Alive {
    let Answer { status, end, hops, page, .. } = answer;
    let suspicions = suspicion::doubts(asked, &end, &page);
    let permanent = hops.iter().all(Hop::is_permanent);
    let moved_to = hops.last().filter(|_| permanent && (200..300).contains(&status)).map(|hop| hop.to.clone());
    let moved_to = moved_to.filter(|to| to != asked.as_str());
    let anchors = if anchors { page.anchors() } else { None };
    Alive { status: Some(status), hops, moved_to, title: page.title, anchors, suspicions, ..Alive::default() }
}
