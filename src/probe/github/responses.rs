//! What follows from a response: what is reported, what is retried, and when a failing API is left alone.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::batch_response::{self, Batch, Outcome};
use super::details::Head;
use super::query::{Lookup, Name};
use super::rate_limit::{Budget, Decision, RateLimitBucket, Refusal};
use super::rest::{self, RestOutcome};
use super::session::{CheckReason, RestCheck, Session, count, minute};
use super::transport::{Response, TransportError};
use crate::address::Target;
use crate::finding::{Finding, notice};
use crate::observation::{Alive, Failure, FailureClass, Seen};
use crate::probe::Event;
use crate::probe::api::wall_clock;

/// How often one name is looked up alone before it fails.
const TRIES: u8 = 4;

/// Failed requests in a row after which GitHub counts as down, once it has answered: with the pauses between them
/// that is half a minute, longer than its short outages.
const DOWN_THRESHOLD: u32 = 10;

/// The same before it has answered at all: eight seconds of pauses. One request in five failing by chance reaches it
/// once in 15,000 runs.
const NEVER_UP_THRESHOLD: u32 = 6;

/// What a timeout and a failure to connect count in them: both take long, and a host that three attempts do not reach
/// is not reached by more.
const TIMEOUT_WEIGHT: u32 = 2;
const UNREACHABLE_WEIGHT: u32 = 2;

/// The longest pause after a failed request.
const PAUSE_CAPACITY: Duration = Duration::from_secs(5);

/// Names that were looked up and all not found, from which on the answer itself is doubted: an API of another server
/// knows none of them.
const ALL_MISSING_THRESHOLD: usize = 5;

impl Session<'_> {
    pub(super) fn refused(&mut self, bucket: RateLimitBucket, refusal: Refusal) {
        if let Decision::Wait(until) = self.gate.record_refusal(bucket, refusal, Instant::now()) {
            self.events.send(Event::Waiting { whom: "GitHub".to_owned(), until: wall_clock(until) });
        }
    }

    /// Handles the response to a batch.
    pub(super) fn batch_done(&mut self, lookups: Vec<Lookup>, response: Result<Response, TransportError>) {
        self.graphql_in_flight = false;
        let bucket = RateLimitBucket::GraphQl;
        let response = match response {
            Ok(response) => response,
            Err(TransportError::Unreachable(why)) => {
                self.requeue(lookups);
                return self.record_failure(bucket, UNREACHABLE_WEIGHT, &why);
            }
            Err(TransportError::Timeout) => return self.batch_failed(lookups, TIMEOUT_WEIGHT, "it took too long"),
            Err(TransportError::Broken(why) | TransportError::LostRedirect(why)) => {
                return self.batch_failed(lookups, 1, &why);
            }
        };
        match batch_response::read(&response, &lookups, &self.github.settings.host) {
            Batch::Answered(outcomes, refusal) => {
                self.batch_answered(lookups, outcomes, refusal);
                self.record_budget(bucket, &response);
            }
            Batch::Refused(refusal) => {
                self.requeue(lookups);
                self.refused(bucket, refusal);
            }
            Batch::UnknownFields(unknown) => {
                self.requeue(lookups);
                let dropped = unknown.iter().filter(|field| self.fields.drop_field(field)).count();
                if dropped == 0 {
                    let why = format!("it does not know `{}`", unknown.join("`, `"));
                    self.record_failure(bucket, DOWN_THRESHOLD, &why);
                }
            }
            Batch::TooLarge(_) if lookups.len() > 1 => {
                self.batch_size.record_failure(lookups.len());
                self.requeue(lookups.into_iter().map(Lookup::plain).collect());
            }
            Batch::TooLarge(why) | Batch::Failed(why) => self.batch_failed(lookups, 1, &why),
            Batch::BadToken => {
                self.requeue(lookups);
                self.token_refused();
            }
            Batch::Unexpected(why) => {
                self.requeue(lookups);
                self.record_failure(bucket, UNREACHABLE_WEIGHT, &why);
            }
        }
    }

    fn batch_answered(&mut self, lookups: Vec<Lookup>, outcomes: Vec<Outcome>, refusal: Option<Refusal>) {
        let (names, before) = (lookups.len(), self.answered);
        let alone = names == 1 && refusal.is_none();
        let mut retries = Vec::new();
        for (mut lookup, outcome) in lookups.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Partial(..) | Outcome::Retry(_) if !alone => retries.push(lookup.plain()),
                Outcome::Retry(_) if lookup.tries + 1 < TRIES => {
                    lookup.tries += 1;
                    retries.push(lookup.plain());
                }
                outcome => self.name_done(lookup, outcome),
            }
        }
        match (refusal, retries.is_empty()) {
            (Some(refusal), _) => self.refused(RateLimitBucket::GraphQl, refusal),
            (None, true) => self.batch_size.record_success(names),
            (None, false) => self.batch_size.record_failure(names),
        }
        let nothing_fetched = refusal.is_none() && !retries.is_empty() && self.answered == before;
        self.requeue(retries);
        if refusal.is_none() && self.answered > before {
            self.record_success();
        } else if nothing_fetched {
            self.record_failure(RateLimitBucket::GraphQl, 1, "it could not answer in time");
        }
    }

    /// Handles the final outcome of one name of a batch.
    fn name_done(&mut self, lookup: Lookup, outcome: Outcome) {
        let by_page = self.is_left_to_page(&lookup);
        match outcome {
            Outcome::Alive(alive, head) | Outcome::Partial(alive, head) => self.alive(lookup.target, *alive, head),
            // A branch with a slash in its name, or a page of GitHub that looks like an owner's: the page knows.
            Outcome::Missing | Outcome::Forbidden(_) | Outcome::Failed(_) if by_page => {
                self.answered += 1;
                self.pages.push(lookup.target);
            }
            Outcome::Missing => self.check(RestCheck::new(lookup, CheckReason::Missing, String::new())),
            Outcome::Forbidden(message) => self.check(RestCheck::new(lookup, CheckReason::Forbidden, message)),
            Outcome::Failed(failure) => {
                self.answered += 1;
                self.events.failed(lookup.target, failure);
            }
            Outcome::Retry(why) => self.events.unavailable(lookup.target, FailureClass::GithubUnavailable, why),
        }
    }

    /// Puts names back to the front of the queue.
    fn requeue(&mut self, lookups: Vec<Lookup>) {
        for lookup in lookups.into_iter().rev() {
            self.lookups.push_front(lookup);
        }
    }

    fn batch_failed(&mut self, mut lookups: Vec<Lookup>, weight: u32, why: &str) {
        self.batch_size.record_failure(lookups.len());
        if let [lookup] = lookups.as_mut_slice() {
            lookup.tries += 1;
            if lookup.tries >= TRIES {
                self.events.unavailable(lookup.target.clone(), FailureClass::GithubUnavailable, why);
                lookups.clear();
            }
        }
        self.requeue(lookups.into_iter().map(Lookup::plain).collect());
        self.record_failure(RateLimitBucket::GraphQl, weight, why);
    }

    fn check(&mut self, check: RestCheck) {
        self.answered += 1;
        self.checks.push_back(check);
    }

    /// Handles the response to a REST call.
    pub(super) fn check_done(&mut self, mut check: RestCheck, response: &Result<Response, TransportError>) {
        self.rest_in_flight -= 1;
        let bucket = check.bucket();
        let outcome = match response {
            Ok(response) => {
                let left = self.calls_left(bucket);
                *left = left.saturating_sub(response.calls - 1);
                rest::read(response, &check.lookup, &self.github.settings.host)
            }
            Err(TransportError::Timeout) => RestOutcome::Retry("it took too long".to_owned()),
            // A matter of this one name: the API itself answered.
            Err(TransportError::LostRedirect(why)) => {
                RestOutcome::Failed(Failure::of(FailureClass::GithubUnavailable).because(why))
            }
            Err(TransportError::Unreachable(why) | TransportError::Broken(why)) => RestOutcome::Retry(why.clone()),
        };
        match outcome {
            RestOutcome::Refused(refusal) => {
                self.checks.push_front(check);
                return self.refused(bucket, refusal);
            }
            RestOutcome::Retry(why) => {
                check.lookup.tries += 1;
                if check.lookup.tries < TRIES {
                    self.checks.push_front(check);
                } else {
                    self.events.unavailable(check.lookup.target, FailureClass::GithubUnavailable, why.as_str());
                }
                let weight = match response {
                    Err(TransportError::Unreachable(_)) => UNREACHABLE_WEIGHT,
                    Err(TransportError::Timeout) => TIMEOUT_WEIGHT,
                    _ => 1,
                };
                return self.record_failure(bucket, weight, &why);
            }
            outcome => self.check_settled(check, outcome),
        }
        self.record_success();
        if let Ok(response) = response {
            self.record_budget(bucket, response);
        }
    }

    /// Handles a REST outcome that is no refusal and needs no retry.
    fn check_settled(&mut self, check: RestCheck, outcome: RestOutcome) {
        let target = check.lookup.target.clone();
        match outcome {
            RestOutcome::Alive(alive) => self.alive(target, *alive, None),
            // Without the token a private repository is not found either.
            RestOutcome::NotFound(_) if check.reason == CheckReason::Forbidden => {
                self.answered += 1;
                self.events.unavailable(target, FailureClass::GithubForbidden, check.message);
            }
            RestOutcome::NotFound(failure) => {
                self.answered += 1;
                if let Some((target, Seen::Failed(failure))) = self.defer(target, Seen::Failed(failure), None) {
                    self.not_found(target, failure);
                }
            }
            RestOutcome::Failed(failure) => {
                self.answered += 1;
                self.events.failed(target, failure);
            }
            RestOutcome::Forbidden(message) if check.reason == CheckReason::Missing && check.signed => {
                self.check(RestCheck::new(check.lookup, CheckReason::Forbidden, message));
            }
            RestOutcome::Forbidden(why) => self.events.unavailable(target, FailureClass::GithubForbidden, why),
            // GraphQL takes the token, REST does not: a public name needs none.
            RestOutcome::BadToken if check.signed => self.checks.push_back(RestCheck { signed: false, ..check }),
            RestOutcome::BadToken | RestOutcome::Refused(_) | RestOutcome::Retry(_) => {
                self.events.failed(target, Failure::of(FailureClass::GithubUnavailable));
            }
        }
    }

    /// Reports that a name is not there: an owner by its page, where one is checked, because routes of GitHub's own
    /// site look like owners; a repository at once where GitHub has found others.
    pub(super) fn not_found(&mut self, target: Target, failure: Failure) {
        match target {
            Target::Owner(_) if self.github.pages.is_some() => self.pages.push(target),
            Target::Owner(_) => {
                let why = "its API does not know this owner, and no page was checked";
                self.events.unavailable(target, FailureClass::GithubUnavailable, why);
            }
            _ if self.alive > 0 => self.events.failed(target, failure),
            _ => self.not_found.push((target, failure)),
        }
    }

    /// Reports what was not found while nothing was found. Where that is a whole list, a repository that surely
    /// exists is looked up first: if GitHub does not know that one either, it is not GitHub that answers.
    pub(super) async fn report_not_found(&mut self) {
        let not_found = std::mem::take(&mut self.not_found);
        if self.alive > 0 || not_found.len() < ALL_MISSING_THRESHOLD || self.control_is_found().await {
            for (target, failure) in not_found {
                self.events.failed(target, failure);
            }
            return;
        }
        let url = &self.github.settings.api_url;
        let message = format!("`{url}` knows none of {} repositories, which is not accepted", not_found.len());
        let help = "check GITHUB_API_URL and the proxy; what is known of them is kept";
        self.events.notice(Finding::new(&notice::GITHUB_ALL_MISSING, message).help(help));
        for (target, _) in not_found {
            self.events.unavailable(target, FailureClass::GithubUnavailable, "every repository was not found");
        }
    }

    async fn control_is_found(&self) -> bool {
        let Some((owner, name)) = self.github.settings.control.split_once('/') else { return false };
        let name = Name::Repository { owner: owner.to_owned(), name: name.to_owned() };
        let response = self.github.transport.get(&name, self.github.settings.token.is_some()).await;
        response.is_ok_and(|response| (200..=299).contains(&response.status))
    }

    fn alive(&mut self, target: Target, mut alive: Alive, head: Option<Head>) {
        self.answered += 1;
        self.alive += 1;
        for (target, failure) in std::mem::take(&mut self.not_found) {
            self.events.failed(target, failure);
        }
        if self.github.settings.details.contains(&target) {
            // What was not answered is unknown; a cache that has it so is not asked for more.
            alive.details.get_or_insert_default();
        }
        if let Some((target, Seen::Alive(alive))) = self.defer(target, Seen::Alive(Arc::new(alive)), head) {
            self.events.alive(target, Arc::unwrap_or_clone(alive));
        }
    }

    fn record_success(&mut self) {
        self.failures = 0;
        self.gate.record_success(Instant::now());
    }

    /// Closes a bucket whose budget is spent before GitHub has to refuse, and reports once when it is too small.
    fn record_budget(&mut self, bucket: RateLimitBucket, response: &Response) {
        let waiting = if bucket == RateLimitBucket::GraphQl { self.lookups.len() } else { self.checks.len() };
        let Some(budget) = Budget::read(&response.headers).filter(|_| waiting > 0) else { return };
        if budget.remaining == 0 {
            self.refused(bucket, Refusal::Primary(budget.reset));
        }
        let calls = waiting.div_ceil(self.batch_size.current()) as u64;
        if bucket == RateLimitBucket::GraphQl && calls > budget.remaining && !self.budget_reported {
            self.budget_reported = true;
            let (left, reset) = (budget.remaining, minute(wall_clock(Instant::now() + budget.reset)));
            let message =
                format!("GitHub's rate limit may not suffice: {calls} more requests, {left} points left until {reset}");
            self.events.notice(Finding::new(&notice::GITHUB_BUDGET, message));
        }
    }

    /// Counts a failed request and pauses; after too many in a row the rest fails.
    fn record_failure(&mut self, bucket: RateLimitBucket, weight: u32, why: &str) {
        self.failures += weight;
        // Jitter, so that many runs that failed at once do not return at once.
        let jitter = 0.75 + fastrand::f64() / 2.0;
        let pause = self.github.settings.pause.mul_f64(jitter) * 2u32.pow((self.failures / weight).clamp(1, 6) - 1);
        self.gate.pause(bucket, Instant::now() + pause.min(PAUSE_CAPACITY));
        let threshold = if self.answered == 0 { NEVER_UP_THRESHOLD } else { DOWN_THRESHOLD };
        if self.failures < threshold {
            return;
        }
        if self.answered == 0 {
            let message = format!("GitHub's API at `{}` is unreachable: {why}", self.github.settings.api_url);
            let help = "check the network, and GITHUB_API_URL and GITHUB_GRAPHQL_URL where they are set; \
                        what is known of the repositories is kept";
            let finding = Finding::new(&notice::GITHUB_UNREACHABLE, message).help(help);
            self.given_up = Some(why.to_owned());
            return self.fail_remaining(Some(finding), why);
        }
        let left = self.lookups.len() + self.checks.len();
        let message = format!("GitHub stopped answering: {} not looked at ({why})", count(left));
        let help = "what is known of them is kept; run again later";
        let finding = Finding::new(&notice::GITHUB_UNAVAILABLE, message).help(help);
        self.fail_remaining(Some(finding).filter(|_| left > 0), why);
    }

    fn token_refused(&mut self) {
        let message = format!("GitHub refuses the token for `{}`", self.github.settings.api_url);
        let help = "it may be expired or revoked: set GITHUB_TOKEN to a valid one, or unset it to look at a few \
                    without; what is known of the repositories is kept";
        let finding = Finding::new(&notice::GITHUB_TOKEN_REFUSED, message).help(help);
        self.given_up = Some("the token is refused".to_owned());
        self.fail_remaining(Some(finding), "the token is refused");
    }

    /// Empties the queues: every name in them fails as unavailable.
    pub(super) fn fail_remaining(&mut self, finding: Option<Finding>, why: &str) {
        if let Some(finding) = finding {
            self.events.notice(finding);
        }
        let lookups = std::mem::take(&mut self.lookups).into_iter();
        for lookup in lookups.chain(std::mem::take(&mut self.checks).into_iter().map(|check| check.lookup)) {
            if self.is_left_to_page(&lookup) {
                self.pages.push(lookup.target);
            } else {
                self.events.unavailable(lookup.target, FailureClass::GithubUnavailable, why);
            }
        }
    }

    /// Whether the page of a name answers where the API does not: pages of repositories do not count, because GitHub
    /// limits how many of them a machine may fetch.
    fn is_left_to_page(&self, lookup: &Lookup) -> bool {
        self.github.pages.is_some() && !matches!(lookup.name, Name::Repository { .. })
    }
}
