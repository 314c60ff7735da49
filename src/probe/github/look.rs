//! The walk: what is asked next.
//!
//! One GraphQL request is under way at a time, and beside it a few REST calls that confirm what GraphQL could not
//! tell. Nothing is sent that the gate does not admit. What follows from an answer is settled next context.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;

use super::GitHub;
use super::query::{self, Ask, Fields};
use super::refusal::{Gate, Lane};
use super::size::Size;
use super::transport::{Fault, Reply};
use crate::address::Target;
use crate::observation::{Failure, FailureClass};
use crate::probe::api::{EventSender, after, now, sleep_until};

/// REST calls under way at once.
const REST_AT_ONCE: usize = 3;

/// The shortest time between two REST calls: under the 900 points a minute that GitHub allows.
const REST_PACE: Duration = Duration::from_millis(80);

/// Why a name is asked for by REST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// GraphQL knows none of this name.
    Missing,
    /// It is refused to the token.
    Forbidden,
    /// There is no token.
    NoToken,
}

/// A REST call to make for one name.
#[derive(Debug)]
pub(super) struct Check {
    /// Who is asked for.
    pub(super) ask: Ask,
    /// Why.
    pub(super) why: Why,
    /// What GitHub said before.
    pub(super) said: String,
}

impl Check {
    /// The budget it draws on.
    pub(super) fn lane(&self) -> Lane {
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
    pub(super) github: &'a GitHub,
    pub(super) tell: EventSender,
    pub(super) gate: Gate,
    pub(super) size: Size,
    pub(super) fields: Fields,
    pub(super) asks: VecDeque<Ask>,
    pub(super) checks: VecDeque<Check>,
    /// What only its page can tell.
    pub(super) pages: Vec<Target>,
    /// Whether a GraphQL request is under way, and how many REST calls are.
    pub(super) asking: bool,
    pub(super) checking: usize,
    /// REST calls that may still be made.
    pub(super) confirmations: usize,
    pub(super) anonymous: usize,
    /// Good answers so far, and failures since the last one.
    pub(super) learnt: usize,
    pub(super) failures: u32,
    /// Names that were not looked at, and when the limit resets.
    pub(super) unseen: usize,
    pub(super) reset: Option<Timestamp>,
    pub(super) budget_told: bool,
    pub(super) aborted: bool,
}

impl<'a> Look<'a> {
    /// Puts every target where it is asked for; what is not ours is told of at once.
    pub(super) fn new(github: &'a GitHub, targets: Vec<Target>, tell: EventSender) -> Self {
        let settings = &github.settings;
        let mut look = Self {
            github,
            tell,
            gate: Gate::new(settings.max_wait),
            size: Size::new(settings.batch),
            fields: Fields::default(),
            asks: VecDeque::new(),
            checks: VecDeque::new(),
            pages: Vec::new(),
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
        look.asks.make_contiguous().sort_by_key(Ask::is_path);
        look
    }

    fn take(&mut self, target: Target) {
        let ours = self.github.answers_for(&target);
        match Ask::new(target.clone()).filter(|_| ours) {
            Some(ask) if self.github.settings.token.is_some() => self.asks.push_back(ask),
            Some(ask) => self.checks.push_back(Check { ask, why: Why::NoToken, said: String::new() }),
            None => self.tell.failed(target, Failure::of(FailureClass::NotLooked)),
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
                Some((Job::Check(check), reply)) => self.check_done(check, &reply),
                None => break,
            }
        }
        self.conclude();
        if let Some(pages) = self.github.pages.as_ref().filter(|_| !self.aborted && !self.pages.is_empty()) {
            let mut events = pages.look(self.pages);
            while let Some(event) = events.next().await {
                self.tell.event(event);
            }
        }
    }

    fn launch(&mut self, under_way: &mut UnderWay<'a>) {
        let (now, transport) = (now(), &self.github.transport);
        if !self.asking && !self.asks.is_empty() && self.gate.admits(Lane::GraphQl, now, under_way.len()) {
            self.asking = true;
            let asks = self.next_batch();
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

    fn next_batch(&mut self) -> Vec<Ask> {
        let size = self.size.now();
        let paths = self.asks.iter().take(size).any(Ask::is_path);
        // Reading git costs more.
        let most = if paths { size.div_ceil(2) } else { size };
        self.asks.drain(..most.min(self.asks.len())).collect()
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
                    self.tell
                        .failed(check.ask.target, Failure::of(FailureClass::NotLooked).because("there is no token"));
                }
                Why::Missing if over.is_some() => self.refused_for_good(check.ask.target, over),
                Why::Missing => {
                    let why = "too many are missing at once to confirm each";
                    self.tell.failed(check.ask.target, Failure::of(FailureClass::GithubUnavailable).because(why));
                }
                Why::Forbidden => {
                    self.tell.failed(check.ask.target, Failure::of(FailureClass::GithubForbidden).because(check.said));
                }
            }
        }
    }

    fn refused_for_good(&mut self, target: Target, reset: Option<Timestamp>) {
        self.unseen += 1;
        self.reset = self.reset.max(reset);
        self.tell.failed(target, Failure::of(FailureClass::RateLimited).because("GitHub's rate limit"));
    }
}
