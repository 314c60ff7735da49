//! One look at one link: redirect chains and retries until there is an answer or retries are used up.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::chain::{Answer, Chain, ChainOutcome, RequestOptions};
use super::{Shared, repository, suspicion};
use crate::observation::{Alive, Failure, FailureClass, Hop, Retry, Seen};
use crate::probe::throttle::Permit;

/// Waits before the retries after a server error, in units of `WebSettings::back_off`. With its default of a
/// second the three requests are spread over about 3 s.
const SERVER_ERROR_RETRIES: [f64; 2] = [0.7, 2.0];
/// The waits before the one retry after a refused connection, a broken one, a timeout, and a refusal of programs
/// (the latter only keeps the two requests from looking like a burst).
const REFUSED_RETRY: f64 = 1.0;
const BROKEN_RETRY: f64 = 0.4;
const TIMEOUT_RETRY: f64 = 0.3;
const FORBIDDEN_RETRY: f64 = 0.15;
/// The wait before a retry where this system had no socket, multiplied by the number of such retries: as many requests
/// in flight end meanwhile. After ten of them other programs keep the files open.
const SOCKET_RETRY: f64 = 0.5;
const MAX_SOCKET_RETRIES: u32 = 10;
/// Rate-limit refusals of one link before it is reported as refused.
const MAX_REFUSALS: u32 = 4;
/// Redirect chains for one link, whatever the answers: the bound of all retries together.
const MAX_CHAINS: usize = 8;

/// What to do after a chain.
#[derive(Debug, PartialEq)]
enum Step {
    Done(Seen),
    Retry { after: Duration, options: RequestOptions },
}

/// One look at one link.
pub(super) struct LinkCheck<'a> {
    shared: &'a Shared,
    asked: Url,
    anchors: bool,
    left: Duration,
    waited: Duration,
    server_errors: usize,
    refusals: u32,
    retried: bool,
    without_socket: u32,
}

impl<'a> LinkCheck<'a> {
    pub(super) fn new(shared: &'a Shared, asked: Url, anchors: bool) -> Self {
        Self {
            shared,
            asked,
            anchors,
            left: shared.settings.link_timeout,
            waited: Duration::ZERO,
            server_errors: 0,
            refusals: 0,
            retried: false,
            without_socket: 0,
        }
    }

    /// Looks at the link; `permit` is for the first request to its host.
    pub(super) async fn run(mut self, permit: Permit) -> Seen {
        let host = std::sync::Arc::clone(permit.host());
        let mut permit = Some(permit);
        let mut options =
            RequestOptions { as_browser: false, fresh: false, timeout: self.shared.settings.read_timeout };
        let mut chains = 0;
        loop {
            let mut chain = Chain::new(self.shared, options, self.anchors, self.left, self.refusals);
            let outcome = chain.follow(self.asked.clone(), permit.take()).await;
            self.left = chain.left;
            if matches!(&outcome, ChainOutcome::Failed(failure) if failure.class == FailureClass::OpenFiles) {
                self.shared.sockets_exhausted().await;
            } else {
                chains += 1;
            }
            let last = chains >= MAX_CHAINS || self.left.is_zero();
            match self.step(outcome, options, last) {
                Step::Done(seen) => {
                    if let Seen::Failed(failure) = &seen
                        && failure.hops.is_empty()
                    {
                        host.record_failure(failure);
                    }
                    return seen;
                }
                Step::Retry { after, options: next } => {
                    options = next;
                    tokio::time::sleep(after).await;
                }
            }
        }
    }

    fn step(&mut self, outcome: ChainOutcome, options: RequestOptions, last: bool) -> Step {
        match outcome {
            ChainOutcome::Answer(answer) => self.answered(*answer, options, last),
            ChainOutcome::OtherProgram { status, hops } => {
                let alive = Alive { status: Some(status), hops, ..Alive::default() };
                Step::Done(Seen::Alive(Arc::new(alive)))
            }
            ChainOutcome::Failed(failure) => self.failed(failure, options, last),
            ChainOutcome::Refused { failure, until, host } => {
                self.refusals += 1;
                let Some(until) = until.filter(|_| self.refusals <= MAX_REFUSALS && !last) else {
                    return Step::Done(Seen::Failed(failure));
                };
                let wait = until.saturating_duration_since(tokio::time::Instant::now());
                self.waited += wait;
                if self.waited > self.shared.settings.max_wait {
                    return Step::Done(Seen::Failed(failure));
                }
                self.shared.report_wait(host, wait);
                Step::Retry { after: wait, options }
            }
        }
    }

    /// A wait of `units` of back-off with a jitter of a quarter, so that links that failed together are not retried
    /// together.
    fn wait(&self, units: f64) -> Duration {
        self.shared.settings.back_off.mul_f64(units * (0.75 + fastrand::f64() / 2.0))
    }

    fn answered(&mut self, answer: Answer, options: RequestOptions, last: bool) -> Step {
        let status = answer.status;
        if let Some(wall) = answer.wall {
            let failure =
                Failure { status: Some(status), hops: answer.hops, ..Failure::of(FailureClass::BotWall).because(wall) };
            return Step::Done(Seen::Failed(failure));
        }
        match status {
            // 300 and 304 show that the page exists; so does 405, which refuses only the method.
            200..=300 | 304 | 405 => {
                return Step::Done(Seen::Alive(Arc::new(alive(&self.asked, answer, self.anchors))));
            }
            // Network Authentication Required (RFC 6585): a portal between us and the host answers for it.
            511 => {
                let portal = Failure::of(FailureClass::NetworkDown).because("a captive portal asks for a login (511)");
                return Step::Done(Seen::Failed(portal));
            }
            // Some servers deny programs a page, or that it exists.
            400 | 403 | 404 | 406 | 409 | 410 | 412 | 415 | 421 | 422 | 431 if !options.as_browser && !last => {
                let options = RequestOptions { as_browser: true, ..options };
                return Step::Retry { after: self.wait(FORBIDDEN_RETRY), options };
            }
            // Cloudflare's 52x and 530: its origin is down, which lasts minutes; a retry within seconds is useless.
            520..=527 | 530 => {}
            408 | 425 | 500..=599 if !last => {
                if let Some(after) = SERVER_ERROR_RETRIES.get(self.server_errors) {
                    self.server_errors += 1;
                    let options = RequestOptions { as_browser: self.server_errors > 1, ..options };
                    return Step::Retry { after: self.wait(*after), options };
                }
            }
            _ => {}
        }
        let (class, detail) = match status {
            301..=399 => (FailureClass::RedirectInvalid, format!("{status} without a location")),
            _ => (FailureClass::Http(status), answer.page.title.unwrap_or_default()),
        };
        let failure = Failure { status: Some(status), hops: answer.hops, ..Failure::of(class).because(detail) };
        Step::Done(Seen::Failed(failure))
    }

    fn failed(&mut self, failure: Failure, options: RequestOptions, last: bool) -> Step {
        if failure.class == FailureClass::OpenFiles && self.without_socket < MAX_SOCKET_RETRIES && !last {
            self.without_socket += 1;
            return Step::Retry { after: self.wait(SOCKET_RETRY * f64::from(self.without_socket)), options };
        }
        let again = match failure.class.traits().retry {
            Retry::Later => Some((REFUSED_RETRY, options)),
            // Some servers break the connections of programs, or let them wait for ever.
            Retry::Fresh => Some((BROKEN_RETRY, RequestOptions { fresh: true, as_browser: true, ..options })),
            Retry::Patient => {
                let timeout = self.shared.settings.second_timeout;
                Some((TIMEOUT_RETRY, RequestOptions { timeout, as_browser: true, ..options }))
            }
            // A connection timeout is not retried: the system has sent its SYN several times already.
            Retry::No => None,
        };
        match again.filter(|_| !self.retried && !last) {
            Some((after, options)) => {
                self.retried = true;
                Step::Retry { after: self.wait(after), options }
            }
            None => Step::Done(Seen::Failed(failure)),
        }
    }
}

fn alive(asked: &Url, answer: Answer, anchors: bool) -> Alive {
    let suspicions = suspicion::suspicions(asked, &answer);
    let Answer { status, hops, page, network, .. } = answer;
    let permanent = hops.iter().all(Hop::is_permanent);
    let moved_to = hops.last().filter(|_| permanent && (200..300).contains(&status)).map(|hop| hop.to.clone());
    let moved_to = moved_to.filter(|to| to != asked.as_str());
    let anchors = if anchors { page.anchors() } else { None };
    // What a page says that is no longer what was linked is not about the entry.
    let repository = if suspicions.is_empty() { repository::named(&page.text) } else { None };
    Alive {
        status: Some(status),
        hops,
        moved_to,
        title: page.title,
        anchors,
        suspicions,
        network,
        repository,
        ..Alive::default()
    }
}
