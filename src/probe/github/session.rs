//! The schedule of one run: what is sent next.
//!
//! One GraphQL request is in flight at a time (GitHub asks for serial requests), and beside it a few REST calls that
//! confirm what GraphQL could not answer. Nothing is sent that the gate does not admit. What follows from a
//! response is in `responses`.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::PoisonError;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::time::{Instant, sleep_until};

use super::GitHub;
use super::batch_size::BatchSize;
use super::follow_up::FollowUp;
use super::query::{self, Fields, Lookup};
use super::rate_limit::{Gate, RateLimitBucket};
use super::transport::{Response, TransportError};
use crate::address::Target;
use crate::finding::{Finding, notice};
use crate::observation::{Failure, FailureClass, day};
use crate::probe::api::{EventSender, now, wall_clock};

/// REST calls in flight at once; GitHub asks for few ("avoid concurrent requests").
const REST_CONCURRENCY: usize = 3;

/// The shortest time between two REST calls: under the 900 points a minute that GitHub allows.
pub(super) const REST_INTERVAL: Duration = Duration::from_millis(80);

/// With so few anonymous calls left they go one by one, because a redirect takes one more.
const LAST_ANONYMOUS_CALLS: usize = 6;

/// Why a name is looked up over REST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckReason {
    /// GraphQL does not know the name.
    Missing,
    /// It is refused to the token.
    Forbidden,
    /// There is no token.
    NoToken,
}

/// A REST call to make for one name.
#[derive(Debug)]
pub(super) struct RestCheck {
    /// What is looked up.
    pub(super) lookup: Lookup,
    /// Why.
    pub(super) reason: CheckReason,
    /// The message that GitHub gave before.
    pub(super) message: String,
    /// Whether it is sent with the token.
    pub(super) signed: bool,
}

impl RestCheck {
    pub(super) fn new(lookup: Lookup, reason: CheckReason, message: String) -> Self {
        Self { lookup: Lookup { tries: 0, ..lookup }, reason, message, signed: reason == CheckReason::Missing }
    }

    /// The budget it draws on.
    pub(super) fn bucket(&self) -> RateLimitBucket {
        if self.signed { RateLimitBucket::Core } else { RateLimitBucket::Anonymous }
    }
}

#[derive(Debug)]
enum Job {
    Batch(Vec<Lookup>),
    Check(RestCheck),
}

type Done = (Job, Result<Response, TransportError>);
type InFlight<'a> = FuturesUnordered<BoxFuture<'a, Done>>;

/// What is known of the API after a call of `look`, for the next one.
#[derive(Debug, Clone)]
pub(super) struct State {
    gate: Gate,
    batch_size: BatchSize,
    fields: Fields,
    confirmations: usize,
    anonymous: usize,
    answered: usize,
    alive: usize,
    skipped: usize,
    reset: Option<Instant>,
    budget_reported: bool,
    given_up: Option<String>,
}

/// One run over many targets.
pub(super) struct Session<'a> {
    pub(super) github: &'a GitHub,
    pub(super) events: EventSender,
    pub(super) gate: Gate,
    pub(super) batch_size: BatchSize,
    pub(super) fields: Fields,
    pub(super) lookups: VecDeque<Lookup>,
    pub(super) checks: VecDeque<RestCheck>,
    /// What only its page can answer.
    pub(super) pages: Vec<Target>,
    /// Results that wait for the second round.
    pub(super) follow_ups: Vec<FollowUp>,
    /// The day of the run: how long a repository has been silent.
    pub(super) today: Date,
    /// Not found, while nothing else was found either: reported once it is known that GitHub answered.
    pub(super) not_found: Vec<(Target, Failure)>,
    /// Whether a GraphQL request is in flight, and how many REST calls are.
    pub(super) graphql_in_flight: bool,
    pub(super) rest_in_flight: usize,
    /// REST calls that may still be made.
    pub(super) confirmations: usize,
    pub(super) anonymous: usize,
    /// Names answered so far, those of them that are there, and failed requests since the last good one.
    pub(super) answered: usize,
    pub(super) alive: usize,
    pub(super) failures: u32,
    /// Names that a rate limit kept from being looked up, and when it resets.
    pub(super) skipped: usize,
    pub(super) reset: Option<Instant>,
    pub(super) budget_reported: bool,
    /// Why the API is asked no more.
    pub(super) given_up: Option<String>,
    /// Whether an earlier call of `look` has reported what is wrong with the settings.
    is_continued: bool,
    /// The names that earlier calls skipped.
    skipped_before: usize,
}

impl<'a> Session<'a> {
    /// Queues every target; what is not of this host is reported at once.
    pub(super) fn new(github: &'a GitHub, targets: Vec<Target>, events: EventSender) -> Self {
        let settings = &github.settings;
        let earlier = github.state.lock().unwrap_or_else(PoisonError::into_inner).take();
        let is_continued = earlier.is_some();
        let state = earlier.unwrap_or_else(|| State {
            gate: Gate::new(settings.max_wait),
            batch_size: BatchSize::new(settings.batch),
            fields: Fields::default(),
            confirmations: settings.confirmations,
            anonymous: settings.anonymous,
            answered: 0,
            alive: 0,
            skipped: 0,
            reset: None,
            budget_reported: false,
            given_up: None,
        });
        let mut session = Self {
            github,
            events,
            gate: state.gate,
            batch_size: state.batch_size,
            fields: state.fields,
            lookups: VecDeque::new(),
            checks: VecDeque::new(),
            pages: Vec::new(),
            follow_ups: Vec::new(),
            today: day(now()),
            not_found: Vec::new(),
            graphql_in_flight: false,
            rest_in_flight: 0,
            confirmations: state.confirmations,
            anonymous: state.anonymous,
            answered: state.answered,
            alive: state.alive,
            failures: 0,
            skipped: state.skipped,
            reset: state.reset,
            budget_reported: state.budget_reported,
            given_up: state.given_up,
            is_continued,
            skipped_before: state.skipped,
        };
        for target in targets {
            session.enqueue(target);
        }
        session.lookups.make_contiguous().sort_by_key(Lookup::is_path);
        session
    }

    fn enqueue(&mut self, target: Target) {
        let ours = self.github.answers_for(&target);
        match Lookup::new(target.clone()).filter(|_| ours) {
            Some(lookup) if self.github.settings.token.is_some() => {
                let detailed = self.github.settings.details.contains(&lookup.target);
                self.lookups.push_back(Lookup { detailed, ..lookup });
            }
            Some(lookup) => self.checks.push_back(RestCheck::new(lookup, CheckReason::NoToken, String::new())),
            None => self.events.failed(target, Failure::of(FailureClass::NotLooked)),
        }
    }

    /// Runs until every target is reported.
    pub(super) async fn run(mut self) {
        if let Some(why) = self.given_up.take() {
            self.fail_remaining(None, &why);
            self.given_up = Some(why);
        }
        if self.github.transport.sends_token_in_the_clear() && !self.is_continued {
            self.events.notice(insecure_api(&self.github.settings.api_url));
        }
        let mut in_flight = InFlight::new();
        loop {
            self.fail_exhausted();
            self.launch(&mut in_flight);
            let done = match self.next_launch() {
                Some(then) if in_flight.is_empty() => {
                    sleep_until(then).await;
                    continue;
                }
                Some(then) => match select(pin!(sleep_until(then)), in_flight.next()).await {
                    Either::Left(_) => continue,
                    Either::Right((done, _)) => done,
                },
                None => in_flight.next().await,
            };
            match done {
                Some((Job::Batch(lookups), response)) => self.batch_done(lookups, response),
                Some((Job::Check(check), response)) => self.check_done(check, &response),
                None => break,
            }
        }
        self.follow_up().await;
        self.report_not_found().await;
        self.report_skipped();
        self.keep_state();
        if let Some(pages) = self.github.pages.as_ref().filter(|_| !self.pages.is_empty()) {
            let mut events = pages.look(self.pages);
            while let Some(event) = events.next().await {
                self.events.send(event);
            }
        }
    }

    /// Keeps what the next call needs to know.
    fn keep_state(&self) {
        let state = State {
            gate: self.gate.clone(),
            batch_size: self.batch_size.clone(),
            fields: self.fields.clone(),
            confirmations: self.confirmations,
            anonymous: self.anonymous,
            answered: self.answered,
            alive: self.alive,
            skipped: self.skipped,
            reset: self.reset,
            budget_reported: self.budget_reported,
            given_up: self.given_up.clone(),
        };
        *self.github.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }

    fn launch(&mut self, in_flight: &mut InFlight<'a>) {
        let (now, transport) = (Instant::now(), &self.github.transport);
        let admitted = self.gate.admits(RateLimitBucket::GraphQl, now, in_flight.len());
        if !self.graphql_in_flight && !self.lookups.is_empty() && admitted {
            self.graphql_in_flight = true;
            let lookups = self.next_batch();
            let body = query::body(&lookups, &self.fields);
            in_flight.push(Box::pin(async move {
                let response = transport.graphql(&body).await;
                (Job::Batch(lookups), response)
            }));
        }
        while let Some(check) = self.next_check(now, in_flight.len()) {
            self.rest_in_flight += 1;
            in_flight.push(Box::pin(async move {
                let response = transport.get(&check.lookup.name, check.signed).await;
                (Job::Check(check), response)
            }));
        }
    }

    fn next_batch(&mut self) -> Vec<Lookup> {
        let size = self.batch_size.current();
        let reads_git = self.lookups.iter().take(size).any(|lookup| lookup.is_path() || lookup.detailed);
        // Reading git takes GitHub longer: batches with `object(…)` fail at half the size.
        let size = if reads_git { size.div_ceil(2) } else { size };
        self.lookups.drain(..size.min(self.lookups.len())).collect()
    }

    fn next_check(&mut self, now: Instant, in_flight: usize) -> Option<RestCheck> {
        let one_by_one = self.anonymous < LAST_ANONYMOUS_CALLS && self.lookups.is_empty();
        if self.rest_in_flight >= if one_by_one { 1 } else { REST_CONCURRENCY } {
            return None;
        }
        let place = self.checks.iter().position(|check| self.gate.admits(check.bucket(), now, in_flight))?;
        let check = self.checks.remove(place)?;
        *self.calls_left(check.bucket()) -= 1;
        for bucket in [RateLimitBucket::Core, RateLimitBucket::Anonymous] {
            self.gate.pause(bucket, now + REST_INTERVAL);
        }
        Some(check)
    }

    /// The REST calls of a bucket that may still be made.
    pub(super) fn calls_left(&mut self, bucket: RateLimitBucket) -> &mut usize {
        if bucket == RateLimitBucket::Anonymous { &mut self.anonymous } else { &mut self.confirmations }
    }

    /// When the next call could be sent, if time is all that it waits for.
    fn next_launch(&self) -> Option<Instant> {
        let graphql = (!self.graphql_in_flight && !self.lookups.is_empty()).then_some(RateLimitBucket::GraphQl);
        let rest = self.checks.iter().filter(|_| self.rest_in_flight < REST_CONCURRENCY).map(RestCheck::bucket);
        let opens = graphql.into_iter().chain(rest).filter_map(|bucket| self.gate.opens(bucket));
        opens.min().filter(|then| *then > Instant::now())
    }

    /// Fails everything that waits for an exhausted bucket, or for calls that may not be made any more.
    fn fail_exhausted(&mut self) {
        if let Some(reset) = self.gate.exhausted(RateLimitBucket::GraphQl) {
            for lookup in std::mem::take(&mut self.lookups) {
                self.skip(lookup.target, Some(reset));
            }
        }
        for check in std::mem::take(&mut self.checks) {
            let exhausted = self.gate.exhausted(check.bucket());
            let spent = *self.calls_left(check.bucket()) == 0;
            match check.reason {
                _ if exhausted.is_none() && !spent => self.checks.push_back(check),
                CheckReason::NoToken => {
                    self.skipped += 1;
                    self.events.unavailable(check.lookup.target, FailureClass::NotLooked, "there is no token");
                }
                CheckReason::Missing if exhausted.is_some() => self.skip(check.lookup.target, exhausted),
                CheckReason::Missing => {
                    let why = "too many are missing at once to confirm each";
                    self.events.unavailable(check.lookup.target, FailureClass::GithubUnavailable, why);
                }
                CheckReason::Forbidden => {
                    self.events.unavailable(check.lookup.target, FailureClass::GithubForbidden, check.message);
                }
            }
        }
    }

    fn skip(&mut self, target: Target, reset: Option<Instant>) {
        self.skipped += 1;
        self.reset = self.reset.max(reset);
        self.events.unavailable(target, FailureClass::RateLimited, "GitHub's rate limit");
    }

    /// Reports how many names a rate limit kept from being looked up.
    fn report_skipped(&self) {
        if self.skipped == self.skipped_before {
            return;
        }
        let skipped = count(self.skipped);
        let finding = if self.github.settings.token.is_none() {
            let message = format!("without a token GitHub answers only 60 calls an hour: {skipped} not looked at");
            Finding::new(&notice::GITHUB_NO_TOKEN, message)
                .help("set GITHUB_TOKEN or GH_TOKEN, or log in with `gh auth login`; what is known of them is kept")
        } else {
            let reset = self.reset.map(|reset| format!("at {}", minute(wall_clock(reset))));
            let reset = reset.unwrap_or_else(|| "later".to_owned());
            let message = format!("GitHub's rate limit was reached: {skipped} not looked at; it resets {reset}");
            Finding::new(&notice::GITHUB_RATE_LIMITED, message)
                .help("what is known of them is kept; run again after that, or allow a longer `--max-wait`")
        };
        self.events.notice(finding);
    }
}

fn insecure_api(url: &str) -> Finding {
    let message = format!("the token for `{url}` is sent without encryption");
    Finding::new(&notice::GITHUB_INSECURE_API, message).help("name the API by an https address")
}

/// A number of names, as the subject of a sentence.
pub(super) fn count(names: usize) -> String {
    if names == 1 { "1 repository or owner was".to_owned() } else { format!("{names} repositories and owners were") }
}

/// A point in time, for a person.
pub(super) fn minute(then: Timestamp) -> String {
    then.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
