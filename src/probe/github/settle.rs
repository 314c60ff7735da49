//! What follows from an answer: what is told, what is asked again, and when it is enough.

use std::time::Duration;

use jiff::Timestamp;

use super::answer::{self, Batch, Outcome};
use super::look::{Check, Look, Why};
use super::query::Ask;
use super::refusal::{Budget, Consequence, Lane, Refusal};
use super::rest::{self, Told};
use super::transport::{Fault, Reply};
use crate::address::Target;
use crate::finding::{Finding, Level};
use crate::observation::{Alive, Failure, FailureClass};
use crate::probe::Event;
use crate::probe::api::{after, now};

/// How often one name is asked for alone before it is given up.
const TRIES: u8 = 4;

/// Failures in a row, without one good answer, after which GitHub is taken to be down.
const DOWN: u32 = 10;

/// What a failure to connect counts in them: three retries are enough.
const UNREACHABLE: u32 = 3;

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Look<'_> {
    fn refused(&mut self, lane: Lane, refusal: Refusal) {
        if let Consequence::Wait(until) = self.gate.refused(lane, refusal, now()) {
            self.tell.event(Event::Waiting { whom: "GitHub".to_owned(), until });
        }
    }

    /// Settles a batch.
    pub(super) fn batch_done(&mut self, asks: Vec<Ask>, reply: Result<Reply, Fault>) {
        self.asking = false;
        let reply = match reply {
            Ok(reply) => reply,
            Err(Fault::Unreachable(why)) => {
                self.ask_again(asks);
                return self.failed(Lane::GraphQl, UNREACHABLE, &why);
            }
            Err(Fault::Timeout) => return self.batch_failed(asks, "it took too long"),
            Err(Fault::Broken(why)) => return self.batch_failed(asks, &why),
        };
        match answer::read(&reply, &asks, &self.github.settings.host, now()) {
            Batch::Answered(outcomes, refusal) => {
                self.batch_answered(asks, outcomes, refusal);
                self.note_budget(Lane::GraphQl, &reply);
            }
            Batch::Refused(refusal) => {
                self.ask_again(asks);
                self.refused(Lane::GraphQl, refusal);
            }
            Batch::Unknown(unknown) => {
                self.ask_again(asks);
                let dropped = unknown.iter().filter(|field| self.fields.drop_field(field)).count();
                if dropped == 0 {
                    self.failed(Lane::GraphQl, DOWN, &format!("it does not know `{}`", unknown.join("`, `")));
                }
            }
            Batch::Failed(why) => self.batch_failed(asks, &why),
            Batch::BadToken => self.abort_for_the_token(),
            Batch::Odd(why) => {
                self.ask_again(asks);
                self.failed(Lane::GraphQl, if self.learnt == 0 { DOWN } else { UNREACHABLE }, &why);
            }
        }
    }

    fn batch_answered(&mut self, asks: Vec<Ask>, outcomes: Vec<Outcome>, refusal: Option<Refusal>) {
        let (names, before) = (asks.len(), self.learnt);
        let mut again = Vec::new();
        for (mut ask, outcome) in asks.into_iter().zip(outcomes) {
            let alone = names == 1 && refusal.is_none();
            match outcome {
                Outcome::Alive(alive) => self.alive(ask.target, *alive),
                Outcome::Holes(alive) if alone => self.alive(ask.target, *alive),
                Outcome::Again(why) if alone && ask.tries + 1 >= TRIES => {
                    self.tell.failed(ask.target, Failure::of(FailureClass::GithubUnavailable).because(why));
                }
                Outcome::Holes(_) | Outcome::Again(_) => {
                    ask.tries += u8::from(alone);
                    again.push(ask);
                }
                Outcome::Missing | Outcome::Forbidden(_) | Outcome::Failed(_) if ask.is_path() => {
                    self.learnt += 1;
                    self.pages.push(ask.target);
                }
                Outcome::Missing => self.check(ask, Why::Missing, String::new()),
                Outcome::Forbidden(said) => self.check(ask, Why::Forbidden, said),
                Outcome::Failed(failure) => self.tell.failed(ask.target, failure),
            }
        }
        match (refusal, again.is_empty()) {
            (Some(refusal), _) => self.refused(Lane::GraphQl, refusal),
            (None, true) => self.size.grow(names),
            (None, false) => self.size.shrink(names),
        }
        if refusal.is_none() && self.learnt > before {
            self.went_well();
        } else if refusal.is_none() && !again.is_empty() {
            self.failed(Lane::GraphQl, 1, "it could not answer in time");
        }
        self.ask_again(again);
    }

    /// Puts names back to where they were.
    fn ask_again(&mut self, asks: Vec<Ask>) {
        for ask in asks.into_iter().rev() {
            self.asks.push_front(ask);
        }
    }

    fn batch_failed(&mut self, mut asks: Vec<Ask>, why: &str) {
        self.size.shrink(asks.len());
        if let [ask] = asks.as_mut_slice() {
            ask.tries += 1;
            if ask.tries >= TRIES {
                let failure = Failure::of(FailureClass::GithubUnavailable).because(why);
                self.tell.failed(ask.target.clone(), failure);
                asks.clear();
            }
        }
        self.ask_again(asks);
        self.failed(Lane::GraphQl, 1, why);
    }

    fn check(&mut self, ask: Ask, why: Why, said: String) {
        self.learnt += 1;
        self.checks.push_back(Check { ask: Ask { tries: 0, ..ask }, why, said });
    }

    /// Settles a REST call.
    pub(super) fn check_done(&mut self, mut check: Check, reply: &Result<Reply, Fault>) {
        self.checking -= 1;
        let lane = check.lane();
        let told = match reply {
            Ok(reply) => {
                let more = if lane == Lane::Anonymous { &mut self.anonymous } else { &mut self.confirmations };
                *more = more.saturating_sub(reply.calls - 1);
                rest::read(reply, &check.ask, &self.github.settings.host, now())
            }
            Err(Fault::Timeout) => Told::Again("it took too long".to_owned()),
            Err(Fault::Unreachable(why) | Fault::Broken(why)) => Told::Again(why.clone()),
        };
        match told {
            Told::Alive(alive) => self.alive(check.ask.target, *alive),
            Told::Failed(failure) => {
                self.learnt += 1;
                // Without the token a private repository is not found either.
                let private = check.why == Why::Forbidden && failure.class == FailureClass::GithubNotFound;
                let failure =
                    if private { Failure::of(FailureClass::GithubForbidden).because(check.said) } else { failure };
                self.tell.failed(check.ask.target, failure);
            }
            Told::Forbidden(said) if check.why == Why::Missing => self.check(check.ask, Why::Forbidden, said),
            Told::Forbidden(why) => {
                self.tell.failed(check.ask.target, Failure::of(FailureClass::GithubForbidden).because(why));
            }
            Told::Refused(refusal) => {
                self.checks.push_front(check);
                return self.refused(lane, refusal);
            }
            Told::BadToken if lane == Lane::Core => return self.abort_for_the_token(),
            Told::BadToken => self.tell.failed(check.ask.target, Failure::of(FailureClass::GithubUnavailable)),
            Told::Again(why) => {
                check.ask.tries += 1;
                if check.ask.tries < TRIES {
                    self.checks.push_front(check);
                } else {
                    let failure = Failure::of(FailureClass::GithubUnavailable).because(why.as_str());
                    self.tell.failed(check.ask.target, failure);
                }
                let weight = if matches!(reply, Err(Fault::Unreachable(_))) { UNREACHABLE } else { 1 };
                return self.failed(lane, weight, &why);
            }
        }
        self.went_well();
        if let Ok(reply) = reply {
            self.note_budget(lane, reply);
        }
    }

    fn alive(&mut self, target: Target, alive: Alive) {
        self.learnt += 1;
        self.tell.alive(target, alive);
    }

    fn went_well(&mut self) {
        self.failures = 0;
        self.gate.answered(now());
    }

    /// Shuts a lane whose budget is spent before GitHub has to refuse, and says once when it will not do.
    fn note_budget(&mut self, lane: Lane, reply: &Reply) {
        let waiting = if lane == Lane::GraphQl { self.asks.len() } else { self.checks.len() };
        let Some(budget) = Budget::read(&reply.headers, now()).filter(|_| waiting > 0) else { return };
        if budget.left == 0 {
            self.refused(lane, Refusal::Primary(budget.reset));
        }
        let calls = waiting.div_ceil(self.size.now()) as u64;
        if lane == Lane::GraphQl && calls > budget.left && !self.budget_told {
            self.budget_told = true;
            let (left, limit, reset) = (budget.left, budget.limit, clock(budget.reset));
            let message = format!(
                "GitHub's budget may not do: {calls} more requests, {left} of {limit} points left until {reset}"
            );
            self.tell.notice(Finding::new("github_budget", Level::Note, message));
        }
    }

    /// Counts a failure and pauses; gives up when there have been too many in a row.
    fn failed(&mut self, lane: Lane, weight: u32, why: &str) {
        self.failures += weight;
        let now = now();
        // Some are longer than others, so that many runs that failed at once do not come back at once.
        let jitter = 0.75 + f64::from(now.subsec_millisecond()) / 2000.0;
        let pause = self.github.settings.pause.mul_f64(jitter) * 2u32.pow((self.failures / weight).clamp(1, 6) - 1);
        self.gate.hold(lane, after(now, pause.min(LONGEST_PAUSE)));
        if self.failures < DOWN {
            return;
        }
        if self.learnt == 0 {
            let message = format!("GitHub's API at `{}` cannot be asked: {why}", self.github.settings.api_url);
            let help =
                "check the network, and GITHUB_API_URL and GITHUB_GRAPHQL_URL where they are set; nothing was changed";
            return self.abort(Finding::new("github_unreachable", Level::Error, message).help(help));
        }
        let asks = std::mem::take(&mut self.asks).into_iter();
        let left: Vec<Ask> = asks.chain(std::mem::take(&mut self.checks).into_iter().map(|check| check.ask)).collect();
        if left.is_empty() {
            return;
        }
        let message = format!("GitHub stopped answering: {} not looked at ({why})", count(left.len()));
        let help = "what is known of them is kept; run again later";
        self.tell.notice(Finding::new("github_unavailable", Level::Warning, message).help(help));
        for ask in left {
            self.tell.failed(ask.target, Failure::of(FailureClass::GithubUnavailable).because(why));
        }
    }

    fn abort(&mut self, finding: Finding) {
        self.aborted = true;
        self.tell.event(Event::Abort(finding));
    }

    fn abort_for_the_token(&mut self) {
        let message = format!("GitHub refuses the token for `{}`", self.github.settings.api_url);
        let help =
            "it may be expired or revoked: set GITHUB_TOKEN to a valid one, or unset it to look at a few without";
        self.abort(Finding::new("github_token_refused", Level::Error, message).help(help));
    }

    /// Says what was not looked at.
    pub(super) fn conclude(&mut self) {
        if self.aborted {
            return;
        }
        let asks = std::mem::take(&mut self.asks).into_iter();
        for ask in asks.chain(std::mem::take(&mut self.checks).into_iter().map(|check| check.ask)) {
            self.tell.failed(ask.target, Failure::of(FailureClass::GithubUnavailable));
        }
        if self.unseen == 0 {
            return;
        }
        let unseen = count(self.unseen);
        let finding = if self.github.settings.token.is_none() {
            let message = format!("without a token GitHub answers only 60 calls an hour: {unseen} not looked at");
            Finding::new("github_no_token", Level::Warning, message)
                .help("set GITHUB_TOKEN or GH_TOKEN, or log in with `gh auth login`; what is known of them is kept")
        } else {
            let reset = self.reset.map_or_else(|| "later".to_owned(), |reset| format!("at {}", clock(reset)));
            let message = format!("GitHub's rate limit was met: {unseen} not looked at; it resets {reset}");
            Finding::new("github_rate_limited", Level::Warning, message)
                .help("what is known of them is kept; run again after that, or allow a longer `--max-wait`")
        };
        self.tell.notice(finding);
    }
}

fn count(names: usize) -> String {
    if names == 1 { "1 repository or owner was".to_owned() } else { format!("{names} repositories and owners were") }
}

fn clock(then: Timestamp) -> String {
    then.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
