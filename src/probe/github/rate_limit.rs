//! Rate limits: how refusals read, and the gate that every call to GitHub passes.
//!
//! The forms are those of docs.github.com, "Rate limits for the REST API" and "Rate limits and query limits for
//! the GraphQL API": a spent hourly budget (primary limit), and too many requests at once (secondary limit). Requests
//! sent while refused extend the refusal and may end in a ban; therefore everything waits, and after a wait a single
//! call goes first. The gate reads no clock: the caller passes a point of the monotonic clock, because a
//! wall clock that is set back would stall the run.

use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

use crate::probe::api::{RETRY_FLOOR, quota, retry_after};

/// The longest wait for an hourly budget: an hour, and a minute for clocks that differ. A reset further off is
/// a server's mistake (milliseconds sent as seconds).
const PRIMARY_WINDOW: Duration = Duration::from_secs(3660);

/// The wait after a secondary limit that names none, doubled each time (GitHub's documents: "at least one minute").
const UNNAMED_WAIT: Duration = Duration::from_secs(60);

/// The limit of requests without a token, an hour and address (docs.github.com, "Rate limits for the REST API").
pub(super) const ANONYMOUS_LIMIT: u64 = 60;

/// Why GitHub answers no more requests for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The budget of this bucket is spent for that long.
    Primary(Duration),
    /// Too many requests at once, on any bucket; with the wait that the server names, if it does.
    Secondary(Option<Duration>),
}

/// What draws on one budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RateLimitBucket {
    /// GraphQL points.
    GraphQl,
    /// REST calls with the token.
    Core,
    /// REST calls without one.
    Anonymous,
}

/// How many buckets there are.
const BUCKETS: usize = 3;

/// The state of a bucket as the headers of a response give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    /// What is left of it.
    pub(super) remaining: u64,
    /// How long until it is full again.
    pub(super) reset: Duration,
}

impl Budget {
    /// Reads `x-ratelimit-remaining` and `-reset`. A reset that is past or absurdly far off is moved to where it
    /// can be; a second is added because clocks differ and the reset is rounded down.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let quota = quota(headers)?;
        let reset = quota.reset.saturating_add(Duration::from_secs(1)).clamp(RETRY_FLOOR, PRIMARY_WINDOW);
        Some(Self { remaining: quota.remaining, reset })
    }
}

/// What a full window of the bucket allows (`x-ratelimit-limit`).
pub(super) fn limit(headers: &HeaderMap) -> Option<u64> {
    headers.get("x-ratelimit-limit")?.to_str().ok()?.trim().parse().ok()
}

/// Whether a REST or GraphQL response is a refusal. `message` is that of its body.
pub(super) fn refusal(status: u16, headers: &HeaderMap, message: &str) -> Option<Refusal> {
    let spent = Budget::read(headers).filter(|budget| budget.remaining == 0);
    match (status, retry_after(headers), spent) {
        (403 | 429, Some(wait), _) => Some(Refusal::Secondary(Some(wait))),
        (403 | 429, None, Some(budget)) => Some(Refusal::Primary(budget.reset)),
        (429, None, None) => Some(Refusal::Secondary(None)),
        (403, None, None) if names_a_rate_limit(message) => Some(Refusal::Secondary(None)),
        _ => None,
    }
}

/// The refusal behind a GraphQL error of type `RATE_LIMITED` or `RATE_LIMIT`, which has HTTP status 200. With points
/// left it is a secondary limit in disguise.
pub(super) fn graphql_refusal(headers: &HeaderMap) -> Refusal {
    match (retry_after(headers), Budget::read(headers)) {
        (Some(wait), _) => Refusal::Secondary(Some(wait)),
        (None, Some(budget)) if budget.remaining == 0 => Refusal::Primary(budget.reset),
        _ => Refusal::Secondary(None),
    }
}

fn names_a_rate_limit(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["secondary rate limit", "rate limit exceeded", "abuse detection"].iter().any(|words| message.contains(words))
}

/// What the gate decides after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Wait until then.
    Wait(Instant),
    /// Longer than `max_wait`: the bucket is exhausted for this run.
    Stop,
}

/// Admits calls to GitHub, bucket by bucket.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    max_wait: Duration,
    /// No call at all before then.
    all: Option<Instant>,
    /// No call of a bucket before then.
    buckets: [Option<Instant>; BUCKETS],
    /// Buckets that are exhausted, and when they would open again.
    exhausted: [Option<Instant>; BUCKETS],
    /// When the refusals began that no success has followed yet.
    since: Option<Instant>,
    /// How many refusals followed each other.
    consecutive: u32,
}

impl Gate {
    /// An open gate.
    pub(super) fn new(max_wait: Duration) -> Self {
        Self { max_wait, all: None, buckets: [None; BUCKETS], exhausted: [None; BUCKETS], since: None, consecutive: 0 }
    }

    /// Whether a call may be sent now, while so many are in flight. After a refusal only one goes, alone.
    pub(super) fn admits(&self, bucket: RateLimitBucket, now: Instant, in_flight: usize) -> bool {
        let open = self.opens(bucket).is_none_or(|then| then <= now);
        self.exhausted(bucket).is_none() && open && (self.since.is_none() || in_flight == 0)
    }

    /// When the bucket opens, by what is known now; none where it is open.
    pub(super) fn opens(&self, bucket: RateLimitBucket) -> Option<Instant> {
        self.all.max(self.buckets[bucket as usize])
    }

    /// When an exhausted bucket would open again; none where it is not exhausted.
    pub(super) fn exhausted(&self, bucket: RateLimitBucket) -> Option<Instant> {
        self.exhausted[bucket as usize]
    }

    /// Closes a bucket until then, to pace it.
    pub(super) fn pause(&mut self, bucket: RateLimitBucket, until: Instant) {
        let closed = &mut self.buckets[bucket as usize];
        *closed = (*closed).max(Some(until));
    }

    /// Records a response that was no refusal. One that was in flight when another was refused proves nothing.
    pub(super) fn record_success(&mut self, now: Instant) {
        let is_past = |then: &Option<Instant>| then.is_none_or(|then| then <= now);
        if is_past(&self.all) && self.buckets.iter().all(is_past) {
            (self.since, self.consecutive) = (None, 0);
        }
    }

    /// Records a refusal.
    pub(super) fn record_refusal(&mut self, bucket: RateLimitBucket, refusal: Refusal, now: Instant) -> Decision {
        let since = *self.since.get_or_insert(now);
        let factor = 2u32.saturating_pow(self.consecutive.min(10));
        self.consecutive += 1;
        let wait = match refusal {
            Refusal::Primary(wait) => wait,
            // A server that keeps refusing after the wait that it named itself is asked ever more rarely.
            Refusal::Secondary(Some(wait)) => wait.max((RETRY_FLOOR * factor).min(UNNAMED_WAIT)),
            Refusal::Secondary(None) => UNNAMED_WAIT * factor,
        };
        // Keeps the sum in the range of the clock; a day is longer than any `max_wait`.
        let until = now + wait.min(Duration::from_secs(86_400));
        let stops = until > since + self.max_wait;
        match refusal {
            Refusal::Primary(_) if stops => self.exhausted[bucket as usize] = Some(until),
            Refusal::Primary(_) => self.pause(bucket, until),
            Refusal::Secondary(_) if stops => self.exhausted = [Some(until); BUCKETS],
            Refusal::Secondary(_) => self.all = self.all.max(Some(until)),
        }
        if stops {
            // The other buckets are not delayed by one that is exhausted.
            self.since = None;
            return Decision::Stop;
        }
        Decision::Wait(until)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        // The server's own clock: resets are read against it.
        let date = [("date", "Mon, 23 Nov 2026 10:00:00 GMT")];
        let pairs = pairs.iter().copied().chain(date);
        pairs.map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_str(v).unwrap())).collect()
    }

    fn budget(left: &str, reset: i64) -> HeaderMap {
        let (start, reset) = (1_795_428_000_i64, reset);
        let reset = (start + reset).to_string();
        headers(&[("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", left), ("x-ratelimit-reset", &reset)])
    }

    #[test]
    fn refusals_are_distinguished_from_other_responses() {
        let wait = headers(&[("retry-after", "7")]);
        let seven = Some(Refusal::Secondary(Some(seconds(7))));
        for (status, headers, message, expected) in [
            (403, &wait, "", seven),
            (429, &wait, "", seven),
            (403, &headers(&[("retry-after", "0")]), "", Some(Refusal::Secondary(Some(seconds(1))))),
            (403, &budget("0", 90), "API rate limit exceeded for user ID 1.", Some(Refusal::Primary(seconds(91)))),
            (429, &budget("9", 90), "", Some(Refusal::Secondary(None))),
            (403, &budget("9", 90), "You have exceeded a secondary rate limit.", Some(Refusal::Secondary(None))),
            (403, &budget("9", 90), "Repository access blocked", None),
            (404, &budget("0", 90), "Not Found", None),
        ] {
            assert_eq!(refusal(status, headers, message), expected, "{status} {message}");
        }
        assert_eq!(graphql_refusal(&budget("0", 90)), Refusal::Primary(seconds(91)));
        assert_eq!(graphql_refusal(&budget("4979", 90)), Refusal::Secondary(None));
    }

    #[test]
    fn a_reset_in_milliseconds_or_in_the_past_is_clamped() {
        assert_eq!(Budget::read(&budget("0", 1_795_428_000_000)).unwrap().reset, PRIMARY_WINDOW);
        assert_eq!(Budget::read(&budget("0", -90)).unwrap().reset, seconds(1));
        assert_eq!((Budget::read(&HeaderMap::new()), limit(&budget("0", 1))), (None, Some(5000)));
    }

    #[test]
    fn after_a_refusal_one_call_goes_first() {
        let (start, mut gate) = (Instant::now(), Gate::new(seconds(300)));
        let at = |n| start + seconds(n);
        assert!(gate.admits(RateLimitBucket::Core, start, 3));
        let wait = Refusal::Secondary(Some(seconds(10)));
        assert_eq!(gate.record_refusal(RateLimitBucket::GraphQl, wait, start), Decision::Wait(at(10)));
        gate.record_success(at(5));
        assert!(!gate.admits(RateLimitBucket::Core, at(9), 0), "a secondary limit closes every bucket");
        assert!(gate.admits(RateLimitBucket::Core, at(10), 0) && !gate.admits(RateLimitBucket::Core, at(10), 1));
        gate.record_success(at(11));
        assert!(gate.admits(RateLimitBucket::GraphQl, at(11), 1));
    }

    #[test]
    fn a_spent_budget_closes_its_own_bucket() {
        let (start, mut gate) = (Instant::now(), Gate::new(seconds(300)));
        let spent = Refusal::Primary(seconds(2000));
        assert_eq!(gate.record_refusal(RateLimitBucket::GraphQl, spent, start), Decision::Stop);
        let exhausted = [RateLimitBucket::GraphQl, RateLimitBucket::Core].map(|bucket| gate.exhausted(bucket));
        assert_eq!(exhausted, [Some(start + seconds(2000)), None]);
        assert!(gate.admits(RateLimitBucket::Core, start, 1));
        assert!(!gate.admits(RateLimitBucket::GraphQl, start + seconds(2001), 0));
    }

    #[test]
    fn waits_without_a_success_have_an_end_even_where_each_is_zero() {
        let (start, mut gate) = (Instant::now(), Gate::new(seconds(300)));
        let at = |n| start + seconds(n);
        let unnamed = Refusal::Secondary(None);
        let mut refuse = |refusal, now| gate.record_refusal(RateLimitBucket::GraphQl, refusal, now);
        assert_eq!(refuse(unnamed, start), Decision::Wait(at(60)));
        assert_eq!(refuse(unnamed, at(60)), Decision::Wait(at(180)));
        assert_eq!(refuse(unnamed, at(180)), Decision::Stop);
        let (mut gate, mut now, mut calls) = (Gate::new(seconds(300)), start, 0);
        while let Decision::Wait(until) =
            gate.record_refusal(RateLimitBucket::Core, Refusal::Secondary(Some(Duration::ZERO)), now)
        {
            (now, calls) = (until, calls + 1);
        }
        assert!((5..=12).contains(&calls), "{calls} calls in five minutes");
    }
}
