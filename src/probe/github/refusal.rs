//! Refusals, and the one gate that every call to GitHub passes.
//!
//! The forms are those of docs.github.com, "Rate limits for the REST API" and "Rate limits and query limits for
//! the GraphQL API": a spent hourly budget (primary), and too much at once (secondary). Continuing to ask
//! while refused makes it longer and may end in a ban; therefore everything waits, and after a wait one call
//! goes first. The gate knows no clock: it is told the time.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;

use crate::probe::api::{after, retry_after};

/// The longest that an hourly budget can keep us waiting; a reset further off is a server's mistake.
const WINDOW: Duration = Duration::from_secs(3660);

/// The wait after a secondary limit that names none; doubled each time.
const UNNAMED: Duration = Duration::from_secs(60);

/// Why GitHub answers no more for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The budget of this lane is spent until then.
    Primary(Timestamp),
    /// Too much at once, on any lane; with the wait that the server names, if it does.
    Secondary(Option<Duration>),
}

/// What draws on one budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// GraphQL points.
    GraphQl,
    /// REST calls with the token.
    Core,
    /// REST calls without one: 60 an hour for an address.
    Anonymous,
}

/// A budget as the headers of an answer tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    /// What a full window allows.
    pub(super) limit: u64,
    /// What is left of it.
    pub(super) left: u64,
    /// When it is full again.
    pub(super) reset: Timestamp,
}

impl Budget {
    /// Reads `x-ratelimit-limit`, `-remaining` and `-reset` (epoch seconds). A reset that is past or absurdly far
    /// off is moved to where it can be.
    pub(super) fn read(headers: &HeaderMap, now: Timestamp) -> Option<Self> {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
        let limit = u64::try_from(number("x-ratelimit-limit")?).ok().filter(|limit| *limit > 0)?;
        let left = u64::try_from(number("x-ratelimit-remaining")?).ok()?;
        let named = number("x-ratelimit-reset").and_then(|s| Timestamp::from_second(s).ok()).unwrap_or(Timestamp::MAX);
        // A second more, because clocks differ and the reset is rounded down.
        let reset = after(named, Duration::from_secs(1)).clamp(after(now, Duration::from_secs(1)), after(now, WINDOW));
        Some(Self { limit, left, reset })
    }
}

/// Whether a REST or GraphQL answer of this status is a refusal. `message` is what its body says.
pub(super) fn refusal(status: u16, headers: &HeaderMap, message: &str, now: Timestamp) -> Option<Refusal> {
    let told = retry_after(headers, now);
    let spent = Budget::read(headers, now).filter(|budget| budget.left == 0);
    match (status, told, spent) {
        (403 | 429, Some(wait), _) => Some(Refusal::Secondary(Some(wait))),
        (403 | 429, None, Some(budget)) => Some(Refusal::Primary(budget.reset)),
        (429, None, None) => Some(Refusal::Secondary(None)),
        (403, None, None) if speaks_of_a_limit(message) => Some(Refusal::Secondary(None)),
        _ => None,
    }
}

/// The refusal behind a GraphQL error of type `RATE_LIMITED` or `RATE_LIMIT`, which comes with HTTP 200. With points left
/// it is a secondary limit in disguise.
pub(super) fn graphql_refusal(headers: &HeaderMap, now: Timestamp) -> Refusal {
    match (retry_after(headers, now), Budget::read(headers, now)) {
        (Some(wait), _) => Refusal::Secondary(Some(wait)),
        (None, Some(budget)) if budget.left == 0 => Refusal::Primary(budget.reset),
        _ => Refusal::Secondary(None),
    }
}

fn speaks_of_a_limit(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["secondary rate limit", "rate limit exceeded", "abuse detection"].iter().any(|words| message.contains(words))
}

/// What follows from a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consequence {
    /// Wait until then.
    Wait(Timestamp),
    /// Longer than we are willing to wait: this lane is over for this run.
    Stop,
}

/// The gate.
#[derive(Debug)]
pub(super) struct Gate {
    max_wait: Duration,
    /// No call at all before then.
    all: Timestamp,
    /// No call on a lane before then.
    lanes: [Timestamp; 3],
    /// Lanes that are over, and when they would open again.
    over: [Option<Timestamp>; 3],
    /// When the refusals began that no answer has followed yet.
    since: Option<Timestamp>,
    /// How many of them named no wait.
    unnamed: u32,
}

impl Gate {
    /// An open gate.
    pub(super) fn new(max_wait: Duration) -> Self {
        Self { max_wait, all: Timestamp::MIN, lanes: [Timestamp::MIN; 3], over: [None; 3], since: None, unnamed: 0 }
    }

    /// Whether a call may be sent now, while so many are under way. After a refusal only one goes, alone.
    pub(super) fn admits(&self, lane: Lane, now: Timestamp, under_way: usize) -> bool {
        self.over(lane).is_none() && self.opens(lane) <= now && (self.since.is_none() || under_way == 0)
    }

    /// When the lane opens, by what is known now.
    pub(super) fn opens(&self, lane: Lane) -> Timestamp {
        self.all.max(self.lanes[lane as usize])
    }

    /// When a lane that is over would open again; none where it is not over.
    pub(super) fn over(&self, lane: Lane) -> Option<Timestamp> {
        self.over[lane as usize]
    }

    /// Keeps a lane shut until then, to pace it.
    pub(super) fn hold(&mut self, lane: Lane, until: Timestamp) {
        let shut = &mut self.lanes[lane as usize];
        *shut = until.max(*shut);
    }

    /// Takes note of an answer that was no refusal. One that was under way when another was refused proves
    /// nothing.
    pub(super) fn answered(&mut self, now: Timestamp) {
        if self.all <= now && self.lanes.iter().all(|shut| *shut <= now) {
            (self.since, self.unnamed) = (None, 0);
        }
    }

    /// Takes note of a refusal.
    pub(super) fn refused(&mut self, lane: Lane, refusal: Refusal, now: Timestamp) -> Consequence {
        let since = *self.since.get_or_insert(now);
        let until = match refusal {
            Refusal::Primary(reset) => reset,
            Refusal::Secondary(Some(wait)) => after(now, wait),
            Refusal::Secondary(None) => {
                self.unnamed += 1;
                after(now, UNNAMED * 2u32.saturating_pow(self.unnamed.min(8) - 1))
            }
        };
        let stops = until > after(since, self.max_wait);
        match refusal {
            Refusal::Primary(_) if stops => self.over[lane as usize] = Some(until),
            Refusal::Primary(_) => self.hold(lane, until),
            Refusal::Secondary(_) if stops => self.over = [Some(until); 3],
            Refusal::Secondary(_) => self.all = until.max(self.all),
        }
        if stops {
            // What the other lanes do is not held up by a lane that is over.
            self.since = None;
            return Consequence::Stop;
        }
        Consequence::Wait(until)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn start() -> Timestamp {
        "2026-11-23T10:00:00Z".parse().unwrap()
    }

    fn second(n: u64) -> Timestamp {
        after(start(), Duration::from_secs(n))
    }

    fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_str(v).unwrap())).collect()
    }

    fn budget(left: u64, reset: i64) -> HeaderMap {
        headers(&[
            ("x-ratelimit-limit", "5000".into()),
            ("x-ratelimit-remaining", left.to_string()),
            ("x-ratelimit-reset", reset.to_string()),
        ])
    }

    #[test]
    fn refusals_are_told_from_other_answers() {
        let soon = start().as_second() + 90;
        let wait = headers(&[("retry-after", "7".into())]);
        let seven = Some(Refusal::Secondary(Some(Duration::from_secs(7))));
        for (status, headers, message, wanted) in [
            (403, &wait, "", seven),
            (429, &wait, "", seven),
            (403, &budget(0, soon), "API rate limit exceeded for user ID 1.", Some(Refusal::Primary(second(91)))),
            (429, &budget(9, soon), "", Some(Refusal::Secondary(None))),
            (403, &budget(9, soon), "You have exceeded a secondary rate limit.", Some(Refusal::Secondary(None))),
            (403, &budget(9, soon), "Repository access blocked", None),
            (404, &budget(0, soon), "Not Found", None),
        ] {
            assert_eq!(refusal(status, headers, message, start()), wanted, "{status} {message}");
        }
        assert_eq!(graphql_refusal(&budget(0, soon), start()), Refusal::Primary(second(91)));
        assert_eq!(graphql_refusal(&budget(4979, soon), start()), Refusal::Secondary(None));
    }

    #[test]
    fn a_reset_in_milliseconds_or_in_the_past_is_clamped() {
        let now = start();
        assert_eq!(Budget::read(&budget(0, now.as_second() * 1000), now).unwrap().reset, second(3660));
        assert_eq!(Budget::read(&budget(0, now.as_second() - 90), now).unwrap().reset, second(1));
        assert_eq!(Budget::read(&HeaderMap::new(), now), None);
    }

    #[test]
    fn after_a_refusal_one_call_goes_first() {
        let mut gate = Gate::new(Duration::from_secs(300));
        assert!(gate.admits(Lane::Core, start(), 3));
        let wait = Refusal::Secondary(Some(Duration::from_secs(10)));
        assert_eq!(gate.refused(Lane::GraphQl, wait, start()), Consequence::Wait(second(10)));
        gate.answered(second(5));
        assert!(!gate.admits(Lane::Core, second(9), 0), "a secondary limit shuts every lane");
        assert!(gate.admits(Lane::Core, second(10), 0) && !gate.admits(Lane::Core, second(10), 1));
        gate.answered(second(11));
        assert!(gate.admits(Lane::GraphQl, second(11), 1));
    }

    #[test]
    fn a_spent_budget_shuts_its_own_lane() {
        let mut gate = Gate::new(Duration::from_secs(300));
        assert_eq!(gate.refused(Lane::GraphQl, Refusal::Primary(second(2000)), start()), Consequence::Stop);
        assert_eq!((gate.over(Lane::GraphQl), gate.over(Lane::Core)), (Some(second(2000)), None));
        assert!(gate.admits(Lane::Core, start(), 1) && !gate.admits(Lane::GraphQl, second(2001), 0));
    }

    #[test]
    fn waiting_without_an_answer_comes_to_an_end() {
        let mut gate = Gate::new(Duration::from_secs(300));
        let unnamed = Refusal::Secondary(None);
        assert_eq!(gate.refused(Lane::GraphQl, unnamed, start()), Consequence::Wait(second(60)));
        assert_eq!(gate.refused(Lane::GraphQl, unnamed, second(60)), Consequence::Wait(second(180)));
        assert_eq!(gate.refused(Lane::GraphQl, unnamed, second(180)), Consequence::Stop);
        assert_eq!(gate.over(Lane::Anonymous), Some(second(420)));
    }
}
