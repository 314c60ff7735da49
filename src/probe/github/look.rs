//! The walk: what is asked next, and what follows from each answer.
//!
//! One GraphQL request is under way at a time, and beside it a few REST calls that confirm what GraphQL could not
//! tell. Nothing is sent that the gate does not admit.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;

use super::GitHub;
use super::answer::{self, Batch, Outcome};
use super::query::{self, Ask, Fields};
use super::refusal::{Budget, Consequence, Gate, Lane, Refusal};
use super::rest::{self, Told};
use super::size::Size;
use super::transport::{Fault, Reply};
use crate::finding::{Finding, Level};
use crate::observation::{Alive, Class, Failure};
use crate::probe::Event;
use crate::probe::api::{Tell, after, now, sleep_until};
use crate::target::Target;

/// REST calls under way at once.
const REST_AT_ONCE: usize = 3;

/// The shortest time between two REST calls: under the 900 points a minute that GitHub allows.
const REST_PACE: Duration = Duration::from_millis(80);

/// How often one name is asked for alone before it is given up.
const TRIES: u8 = 3;

/// Failures in a row, without one good answer, after which GitHub is taken to be down.
const DOWN: u32 = 10;

/// What a failure to connect counts in them: three retries are enough.
const UNREACHABLE: u32 = 3;

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Why a name is asked for by REST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// GraphQL knows none of this name.
    Missing,
    /// It is refused to the token.
    Forbidden,
    /// There is no token.
    NoToken,
}

#[derive(Debug)]
struct Check {
    ask: Ask,
    why: Why,
    /// What GitHub said before.
    said: String,
}

impl Check {
    fn lane(&self) -> Lane {
        if self.why == Why::Missing { Lane::Core } else { Lane::Anonymous }
    }
}

#[derive(Debug)]
enum Job {
    Batch(Vec<Ask>),
    Check(Check),
}

type Done = (Job, Result<Reply, Fault>);
type UnderWay<'a> = FuturesUnordered<BoxFuture<'a, Done>>;

/// One look at many targets.
pub(super) struct Look<'a> {
    github: &'a GitHub,
    tell: Tell,
    gate: Gate,
    size: Size,
    fields: Fields,
    asks: VecDeque<Ask>,
    checks: VecDeque<Check>,
    /// Whether a GraphQL request is under way, and how many REST calls are.
    asking: bool,
    checking: usize,
    /// REST calls that may still be made.
    confirmations: usize,
    anonymous: usize,
    /// Good answers so far, and failures since the last one.
    learnt: usize,
    failures: u32,
    /// Names that were not looked at, and when the limit resets.
    unseen: usize,
    reset: Option<Timestamp>,
    budget_told: bool,
    aborted: bool,
}

impl<'a> Look<'a> {
    pub(super) fn new(github: &'a GitHub, targets: Vec<Target>, tell: Tell) -> Self {
        let settings = &github.settings;
        let mut look = Self {
            github,
            tell,
            gate: Gate::new(settings.max_wait),
            size: Size::new(settings.batch),
            fields: Fields::default(),
            asks: VecDeque::new(),
            checks: VecDeque::new(),
            asking: false,
            checking: 0,
            confirmations: settings.confirmations,
            anonymous: settings.anonymous,
            learnt: 0,
            failures: 0,
            unseen: 0,
            reset: None,
            budget_told: false,
            aborted: false,
        };
        for target in targets {
            look.take(target);
        }
        look
    }

    fn take(&mut self, target: Target) {
        let ours = self.github.answers_for(&target);
        match Ask::new(target.clone()).filter(|_| ours) {
            Some(ask) if self.github.settings.token.is_some() => self.asks.push_back(ask),
            Some(ask) => self.checks.push_back(Check { ask, why: Why::NoToken, said: String::new() }),
            None => self.tell.failed(target, Failure::of(Class::NotLooked)),
        }
    }

    /// Asks until every target is told of.
    pub(super) async fn run(mut self) {
        let mut under_way = UnderWay::new();
        while !self.aborted {
            self.give_up_what_is_over();
            self.launch(&mut under_way);
            let done = match self.next_launch() {
                Some(then) if under_way.is_empty() => {
                    sleep_until(then).await;
                    continue;
                }
                Some(then) => match select(pin!(sleep_until(then)), under_way.next()).await {
                    Either::Left(_) => continue,
                    Either::Right((done, _)) => done,
                },
                None => under_way.next().await,
            };
            match done {
                Some((Job::Batch(asks), reply)) => self.batch_done(asks, reply),
                Some((Job::Check(check), reply)) => self.check_done(check, reply),
                None => break,
            }
        }
        self.conclude();
    }

    fn launch(&mut self, under_way: &mut UnderWay<'a>) {
        let (now, transport) = (now(), &self.github.transport);
        if !self.asking && !self.asks.is_empty() && self.gate.admits(Lane::GraphQl, now, under_way.len()) {
            self.asking = true;
            let asks: Vec<Ask> = self.asks.drain(..self.size.now().min(self.asks.len())).collect();
            let body = query::body(&asks, &self.fields);
            under_way.push(Box::pin(async move {
                let reply = transport.ask(&body).await;
                (Job::Batch(asks), reply)
            }));
        }
        while let Some(check) = self.next_check(now, under_way.len()) {
            self.checking += 1;
            under_way.push(Box::pin(async move {
                let reply = transport.get(&check.ask.name, check.lane() == Lane::Core).await;
                (Job::Check(check), reply)
            }));
        }
    }

    fn next_check(&mut self, now: Timestamp, under_way: usize) -> Option<Check> {
        // The last calls without a token go one by one, because a redirect counts too.
        let at_once = if self.anonymous < 6 && self.asks.is_empty() { 1 } else { REST_AT_ONCE };
        if self.checking >= at_once {
            return None;
        }
        let place = self.checks.iter().position(|check| self.gate.admits(check.lane(), now, under_way))?;
        let check = self.checks.remove(place)?;
        match check.lane() {
            Lane::Anonymous => self.anonymous -= 1,
            _ => self.confirmations -= 1,
        }
        for lane in [Lane::Core, Lane::Anonymous] {
            self.gate.hold(lane, after(now, REST_PACE));
        }
        Some(check)
    }

    /// When the next call could be sent, if time is all that it waits for.
    fn next_launch(&self) -> Option<Timestamp> {
        let graphql = (!self.asking && !self.asks.is_empty()).then_some(Lane::GraphQl);
        let rest = self.checks.iter().filter(|_| self.checking < REST_AT_ONCE).map(Check::lane);
        let opens = graphql.into_iter().chain(rest).map(|lane| self.gate.opens(lane));
        opens.min().filter(|then| *then > now())
    }

    /// Tells of everything that waits for a lane that is over, or for calls that may not be made any more.
    fn give_up_what_is_over(&mut self) {
        if let Some(reset) = self.gate.over(Lane::GraphQl) {
            for ask in std::mem::take(&mut self.asks) {
                self.refused_for_good(ask.target, Some(reset));
            }
        }
        for check in std::mem::take(&mut self.checks) {
            let over = self.gate.over(check.lane());
            let spent = if check.lane() == Lane::Anonymous { self.anonymous == 0 } else { self.confirmations == 0 };
            match check.why {
                _ if over.is_none() && !spent => self.checks.push_back(check),
                Why::NoToken => {
                    self.unseen += 1;
                    self.tell.failed(check.ask.target, Failure::of(Class::NotLooked).because("there is no token"));
                }
                Why::Missing if over.is_some() => self.refused_for_good(check.ask.target, over),
                Why::Missing => {
                    let why = "too many are missing at once to confirm each";
                    self.tell.failed(check.ask.target, Failure::of(Class::GithubUnavailable).because(why));
                }
                Why::Forbidden => {
                    self.tell.failed(check.ask.target, Failure::of(Class::GithubForbidden).because(check.said));
                }
            }
        }
    }

    fn refused_for_good(&mut self, target: Target, reset: Option<Timestamp>) {
        self.unseen += 1;
        self.reset = self.reset.max(reset);
        self.tell.failed(target, Failure::of(Class::RateLimited).because("GitHub's rate limit"));
    }

    fn refused(&mut self, lane: Lane, refusal: Refusal) {
        if let Consequence::Wait(until) = self.gate.refused(lane, refusal, now()) {
            self.tell.event(Event::Waiting { whom: "GitHub".to_owned(), until });
        }
    }

    fn batch_done(&mut self, asks: Vec<Ask>, reply: Result<Reply, Fault>) {
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
                self.failed(Lane::GraphQl, DOWN, &why);
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
                    self.tell.failed(ask.target, Failure::of(Class::GithubUnavailable).because(why));
                }
                Outcome::Holes(_) | Outcome::Again(_) => {
                    ask.tries += u8::from(alone);
                    again.push(ask);
                }
                Outcome::Missing => self.check(ask, Why::Missing, String::new()),
                Outcome::Forbidden(said) => self.check(ask, Why::Forbidden, said),
                Outcome::Failed(failure) => self.tell.failed(ask.target, failure),
            }
        }
        match (refusal, again.is_empty()) {
            (Some(refusal), _) => self.refused(Lane::GraphQl, refusal),
            (None, true) => self.size.grow(),
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
                let failure = Failure::of(Class::GithubUnavailable).because(why);
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

    fn check_done(&mut self, mut check: Check, reply: Result<Reply, Fault>) {
        self.checking -= 1;
        let lane = check.lane();
        let told = match &reply {
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
                let private = check.why == Why::Forbidden && failure.class == Class::GithubNotFound;
                let failure = if private { Failure::of(Class::GithubForbidden).because(check.said) } else { failure };
                self.tell.failed(check.ask.target, failure);
            }
            Told::Forbidden(said) if check.why == Why::Missing => self.check(check.ask, Why::Forbidden, said),
            Told::Forbidden(why) => {
                self.tell.failed(check.ask.target, Failure::of(Class::GithubForbidden).because(why));
            }
            Told::Refused(refusal) => {
                self.checks.push_front(check);
                return self.refused(lane, refusal);
            }
            Told::BadToken if lane == Lane::Core => return self.abort_for_the_token(),
            Told::BadToken => self.tell.failed(check.ask.target, Failure::of(Class::GithubUnavailable)),
            Told::Again(why) => {
                check.ask.tries += 1;
                if check.ask.tries < TRIES {
                    self.checks.push_front(check);
                } else {
                    let failure = Failure::of(Class::GithubUnavailable).because(why.as_str());
                    self.tell.failed(check.ask.target, failure);
                }
                let weight = if matches!(reply, Err(Fault::Unreachable(_))) { UNREACHABLE } else { 1 };
                return self.failed(lane, weight, &why);
            }
        }
        self.went_well();
        if let Ok(reply) = &reply {
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
        let pause = self.github.settings.pause.mul_f64(jitter) * 2u32.pow(self.failures.min(6) - 1);
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
        let message = format!("GitHub stopped answering: {} not looked at ({why})", count(left.len()));
        let help = "what is known of them is kept; run again later";
        self.tell.notice(Finding::new("github_unavailable", Level::Warning, message).help(help));
        for ask in left {
            self.tell.failed(ask.target, Failure::of(Class::GithubUnavailable).because(why));
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
    fn conclude(mut self) {
        if self.aborted {
            return;
        }
        let asks = std::mem::take(&mut self.asks).into_iter();
        for ask in asks.chain(std::mem::take(&mut self.checks).into_iter().map(|check| check.ask)) {
            self.tell.failed(ask.target, Failure::of(Class::GithubUnavailable));
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
