//! The rate limiter of one host: a pure state machine over what was sent and how it was answered.
//!
//! It starts with two requests at once (slow start) and adds one with each answer, as far as the host's latency
//! makes more worthwhile. A token bucket keeps it below the rate that is polite to any host; after a 429, or a 503
//! with a wait, below the rate that this host was observed to accept (answers in the time until it opens again).
//! It does not sleep and reads no clock: every instant is an argument.

use std::time::Duration;

use tokio::time::Instant;

use super::HostLimits;

/// Answers a second at which several concurrent requests to one host stop being worthwhile: with a latency of
/// 50 ms five requests are in flight, with 10 ms one or two.
const TARGET_ANSWERS_PER_SECOND: f64 = 100.0;
/// A request in flight for longer frees its place in the window: one slow page does not block its host.
const SLOW_REQUEST: Duration = Duration::from_secs(1);
/// The share of the accepted rate that is used. Limits are often counted in windows that are not ours, so the
/// full rate would be refused now and then.
const SAFETY_FACTOR: f64 = 0.9;
/// Growth of the rate while nothing is refused, in requests a second per second: below [`NEAR_LIMIT`] of the
/// rate that was refused, and above it. The first regains a misjudged tenth in a few seconds, the second probes
/// so slowly that a host refuses at most once in some minutes. (Additive increase, as in TCP congestion
/// avoidance; tuned with simulated limits of 5, 20 and 100 a second in the tests below.)
const GROWTH_BELOW_LIMIT: f64 = 0.02;
const GROWTH_NEAR_LIMIT: f64 = 0.003;
/// Share of the refused rate from which growth is slow.
const NEAR_LIMIT: f64 = 0.95;
/// Two refused pages with fewer answers than this between them are a refusal by the host, not by a page.
const HOST_REFUSAL_GAP: u64 = 8;
/// Refusals by the host without an answer between them after which no more requests are sent to it.
const MAX_CONSECUTIVE_REFUSALS: u32 = 6;
/// The same for refusals whose wait is longer than the run allows.
const MAX_LONG_REFUSALS: u32 = 3;
/// The wait after a refusal that names none; doubled by each further one, up to [`MAX_BACKOFF`].
const INITIAL_BACKOFF: Duration = Duration::from_secs(1);
/// The longest wait that the host did not name.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// Added to a wait that the host named: `Retry-After` counts whole seconds and may be rounded down.
const RETRY_AFTER_MARGIN: Duration = Duration::from_millis(30);
/// The lowest rate, in requests a second: one in 50 s.
const MIN_RATE: f64 = 0.02;

/// Whether the next request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may be sent now, under this number.
    Granted(u64),
    /// Not before this instant, unless a request ends earlier.
    RetryAt(Instant),
    /// The host refused too often: no more requests in this run.
    Closed,
}

/// The rate of requests that a host is sent.
#[derive(Debug, Clone, Copy)]
struct TokenBucket {
    /// Requests a second.
    rate: f64,
    /// The rate that the host refused, where it refused one.
    refused_rate: Option<f64>,
    /// Requests that may be sent at once after a pause.
    capacity: f64,
    /// Requests that may be sent at `updated`.
    level: f64,
    updated: Instant,
}

impl TokenBucket {
    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.updated).as_secs_f64();
        self.level = (self.level + elapsed * self.rate).min(self.capacity.max(1.0));
        self.updated = now;
    }
}

/// The rate limiter of one host.
#[derive(Debug)]
pub struct HostRateLimiter {
    max_in_flight: usize,
    window: usize,
    in_flight: Vec<(u64, Instant)>,
    next_number: u64,
    min_latency: Duration,
    answers: u64,
    /// Since when `accepted` requests were answered without a refusal.
    accepting_since: Option<Instant>,
    accepted: f64,
    max_rate: f64,
    bucket: TokenBucket,
    paused_until: Option<Instant>,
    /// The number of answers when the last single page was refused.
    last_refusal: Option<u64>,
    consecutive_refusals: u32,
    long_refusals: u32,
}

impl HostRateLimiter {
    /// The limiter of a host that has not been asked yet.
    pub fn new(limits: HostLimits, now: Instant) -> Self {
        let max_in_flight = limits.in_flight.max(1);
        let rate = limits.rate.max(MIN_RATE);
        let capacity = limits.burst.max(1.0);
        Self {
            max_in_flight,
            window: 2.min(max_in_flight),
            in_flight: Vec::new(),
            next_number: 0,
            min_latency: Duration::MAX,
            answers: 0,
            accepting_since: None,
            accepted: 0.0,
            max_rate: rate,
            bucket: TokenBucket { rate, refused_rate: None, capacity, level: capacity, updated: now },
            paused_until: None,
            last_refusal: None,
            consecutive_refusals: 0,
            long_refusals: 0,
        }
    }

    /// Asks to send a request now.
    pub fn admit(&mut self, now: Instant) -> Admission {
        if self.consecutive_refusals >= MAX_CONSECUTIVE_REFUSALS || self.long_refusals >= MAX_LONG_REFUSALS {
            return Admission::Closed;
        }
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Admission::RetryAt(until);
        }
        if let Some(until) = self.window_full_until(now) {
            return Admission::RetryAt(until);
        }
        self.bucket.refill(now);
        if self.bucket.level < 1.0 {
            let wait = (1.0 - self.bucket.level) / self.bucket.rate;
            return Admission::RetryAt(now + Duration::from_secs_f64(wait.clamp(0.001, 60.0)));
        }
        self.bucket.level -= 1.0;
        self.accepting_since.get_or_insert(now);
        self.next_number += 1;
        self.in_flight.push((self.next_number, now));
        Admission::Granted(self.next_number)
    }

    /// Where the window is full: when its oldest request counts as slow.
    fn window_full_until(&self, now: Instant) -> Option<Instant> {
        if self.in_flight.len() >= self.max_in_flight {
            return Some(now + SLOW_REQUEST);
        }
        let mut slow_at = self.in_flight.iter().map(|(_, sent)| *sent + SLOW_REQUEST).filter(|at| *at > now);
        let first = slow_at.next()?;
        (slow_at.count() + 1 >= self.window).then_some(first)
    }

    /// A request has ended, with whatever result.
    pub fn leave(&mut self, number: u64) {
        self.in_flight.retain(|(n, _)| *n != number);
    }

    /// The host answered after `latency` and did not complain about the rate.
    pub fn answered(&mut self, now: Instant, latency: Duration) {
        self.answers += 1;
        self.accepted += 1.0;
        self.consecutive_refusals = 0;
        self.long_refusals = 0;
        self.min_latency = self.min_latency.min(latency);
        if self.window < self.max_window() {
            self.window += 1;
        }
        self.bucket.refill(now);
        if let Some(refused_rate) = self.bucket.refused_rate {
            let below = self.bucket.rate < NEAR_LIMIT * refused_rate;
            let growth = if below { GROWTH_BELOW_LIMIT } else { GROWTH_NEAR_LIMIT };
            let grown = self.bucket.rate * (1.0 + growth / self.bucket.rate.max(1.0));
            self.bucket.rate = grown.min(self.max_rate);
        }
    }

    /// How many requests in flight the host's latency makes worthwhile, plus one for each doubling of its answers.
    fn max_window(&self) -> usize {
        let by_latency = (self.min_latency.as_secs_f64().min(10.0) * TARGET_ANSWERS_PER_SECOND).ceil();
        let by_answers = 2 + usize::try_from((self.answers / 64 + 1).ilog2()).unwrap_or(0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
        let by_latency = by_latency as usize;
        by_latency.max(by_answers).min(self.max_in_flight)
    }

    /// A request failed without an answer: the window is halved.
    pub fn failed(&mut self) {
        self.window = (self.window / 2).max(2.min(self.max_in_flight));
    }

    /// A page was refused (429, 503 with `Retry-After`) for the `times`th time, with the `wait` that the host
    /// named, if any. `jitter`, from 0 to 1, lengthens the wait a little, so that retries spread. Returns the
    /// instant of the retry.
    ///
    /// A single refusal is the page's own. Only when another page is refused soon after, the host is taken to
    /// refuse, and all its pages wait.
    pub fn refused(&mut self, now: Instant, wait: Option<Duration>, jitter: f64, times: u32) -> Instant {
        let doublings = self.consecutive_refusals.max(times.saturating_sub(1)).min(5);
        let backoff = (INITIAL_BACKOFF * 2_u32.pow(doublings)).min(MAX_BACKOFF);
        let wait = match wait {
            Some(wait) => wait + RETRY_AFTER_MARGIN.mul_f64(1.0 + jitter),
            None => backoff.mul_f64(1.0 + jitter / 2.0),
        };
        let until = now + wait;
        if let Some(already) = self.paused_until.filter(|until| *until > now) {
            // It was in flight when the host refused: both are one refusal.
            self.paused_until = Some(until.max(already));
            return until;
        }
        if times > 1 {
            return until;
        }
        let before = self.last_refusal.replace(self.answers);
        if before.is_none_or(|before| self.answers - before >= HOST_REFUSAL_GAP) {
            return until;
        }
        self.last_refusal = None;
        self.consecutive_refusals += 1;
        self.limit_rate(now, wait);
        self.window = (self.window / 2).max(1);
        self.paused_until = Some(until);
        self.accepting_since = None;
        self.accepted = 0.0;
        until
    }

    /// Sets the bucket to what the host accepted until now, if it opens again after `wait`.
    fn limit_rate(&mut self, now: Instant, wait: Duration) {
        let begin = self.accepting_since.unwrap_or(now);
        let period = (now.saturating_duration_since(begin) + wait).as_secs_f64();
        let accepted_rate = self.accepted.max(1.0) / period;
        let (rate, capacity) = match self.bucket.refused_rate {
            Some(_) => (accepted_rate.min(self.bucket.rate * 0.8), self.bucket.capacity / 2.0),
            None => (accepted_rate * SAFETY_FACTOR, self.accepted * SAFETY_FACTOR),
        };
        let rate = rate.clamp(MIN_RATE, self.max_rate);
        // When the host opens again, one request may be sent whatever the rate.
        let level = (1.0 - rate * wait.as_secs_f64()).max(0.0);
        let capacity = capacity.max(1.0);
        self.bucket = TokenBucket { rate, refused_rate: Some(accepted_rate), capacity, level, updated: now };
    }

    /// A page was refused for longer than the run waits. Other pages of the host may be open: the next one is
    /// requested a little later.
    pub fn refused_for_long(&mut self, now: Instant) {
        self.long_refusals += 1;
        if self.long_refusals > 1 {
            self.pause_until(now + INITIAL_BACKOFF);
        }
    }

    /// The host reported `remaining` requests until `reset` (`RateLimit` header fields).
    pub fn quota_reported(&mut self, now: Instant, remaining: u64, reset: Duration) {
        if remaining == 0 {
            self.pause_until(now + reset);
        }
    }

    fn pause_until(&mut self, until: Instant) {
        self.paused_until = Some(self.paused_until.map_or(until, |already| already.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const UNLIMITED: HostLimits = HostLimits { in_flight: 16, rate: 1e9, burst: 1e9 };
    const EIGHT: HostLimits = HostLimits { in_flight: 8, ..UNLIMITED };

    /// A host with a token bucket of `rate` a second and as much at once, that answers after `latency`.
    struct Host {
        rate: f64,
        level: f64,
        at: Instant,
    }

    impl Host {
        fn accepts(&mut self, now: Instant) -> bool {
            self.level = (self.level + now.duration_since(self.at).as_secs_f64() * self.rate).min(self.rate);
            self.at = now;
            let open = self.level >= 1.0;
            if open {
                self.level -= 1.0;
            }
            open
        }
    }

    /// Simulates `pages` requests and returns the seconds and refusals. A refused page is retried at its own time.
    fn simulate(rate: f64, latency: Duration, pages: usize, wait: Option<Duration>) -> (f64, usize) {
        let begin = Instant::now();
        let mut host = Host { rate, level: rate, at: begin };
        let mut limiter = HostRateLimiter::new(UNLIMITED, begin);
        let (mut now, mut refusals) = (begin, 0);
        let mut waiting: BTreeMap<(Instant, usize), u32> = (0..pages).map(|page| ((begin, page), 0)).collect();
        let mut in_flight = BTreeMap::new();
        while !(waiting.is_empty() && in_flight.is_empty()) {
            let mut next = in_flight.first_key_value().map(|((at, _), _)| *at);
            match waiting.first_key_value().map(|(key, _)| *key) {
                Some((at, _)) if at > now => next = next.into_iter().chain([at]).min(),
                Some(key) => match limiter.admit(now) {
                    Admission::Granted(number) => {
                        let times = waiting.remove(&key).unwrap();
                        in_flight.insert((now + latency, number), (host.accepts(now), key.1, times));
                        next = Some(now);
                    }
                    Admission::RetryAt(until) => next = next.into_iter().chain([until]).min(),
                    Admission::Closed => panic!("the host was closed"),
                },
                None => {}
            }
            now = next.unwrap();
            if let Some(first) = in_flight.first_entry().filter(|first| first.key().0 <= now) {
                let ((_, number), (open, page, times)) = first.remove_entry();
                limiter.leave(number);
                if open {
                    limiter.answered(now, latency);
                } else {
                    refusals += 1;
                    waiting.insert((limiter.refused(now, wait, 0.5, times + 1), page), times + 1);
                }
            }
        }
        (now.duration_since(begin).as_secs_f64(), refusals)
    }

    #[test]
    fn a_rate_limit_is_used_almost_fully() {
        for rate in [5.0, 20.0, 100.0] {
            for latency in [1, 20, 80].map(Duration::from_millis) {
                let (seconds, refusals) = simulate(rate, latency, 200, Some(Duration::from_secs(1)));
                let least = (200.0 - rate) / rate;
                let most = 1.5 * least + 50.0 * latency.as_secs_f64();
                assert!(seconds <= most, "{rate}/s, {latency:?}: {seconds} s of {least}");
                assert!(refusals <= 10, "{rate}/s, {latency:?}: {refusals} refusals");
            }
        }
    }

    #[test]
    fn a_limit_without_retry_after_is_rarely_exceeded() {
        for rate in [5.0, 20.0, 100.0] {
            let (seconds, refusals) = simulate(rate, Duration::from_millis(20), 200, None);
            assert!(refusals <= 20, "{rate}/s: {refusals} refusals in {seconds} s");
        }
    }

    #[test]
    fn a_host_without_limit_is_bounded_by_its_latency_alone() {
        let latency = Duration::from_millis(50);
        let (seconds, _) = simulate(1e9, latency, 200, None);
        assert!(seconds < 3.0, "{seconds}");
        let (seconds, _) = simulate(1e9, Duration::from_micros(100), 10_000, None);
        assert!(seconds < 1.0, "{seconds}");
    }

    #[test]
    fn slow_requests_free_their_place_in_the_window() {
        let mut now = Instant::now();
        let mut limiter = HostRateLimiter::new(EIGHT, now);
        let mut sent = 0;
        for _ in 0..40 {
            match limiter.admit(now) {
                Admission::Granted(_) => sent += 1,
                Admission::RetryAt(until) => now = until,
                Admission::Closed => panic!(),
            }
        }
        assert_eq!(sent, 8);
    }

    #[test]
    fn a_host_that_only_refuses_is_closed() {
        let mut now = Instant::now();
        let mut limiter = HostRateLimiter::new(EIGHT, now);
        for _ in 0..2 * MAX_CONSECUTIVE_REFUSALS {
            let Admission::Granted(number) = limiter.admit(now) else { panic!() };
            limiter.leave(number);
            now = limiter.refused(now, Some(Duration::from_secs(1)), 0.0, 1) + Duration::from_secs(60);
        }
        assert_eq!(limiter.admit(now), Admission::Closed);
    }

    #[test]
    fn a_page_that_is_refused_alone_does_not_pause_its_host() {
        let now = Instant::now();
        let mut limiter = HostRateLimiter::new(EIGHT, now);
        for times in 1..5 {
            for _ in 0..20 {
                let Admission::Granted(number) = limiter.admit(now) else { panic!() };
                limiter.leave(number);
                limiter.answered(now, Duration::ZERO);
            }
            limiter.refused(now, Some(Duration::from_secs(100)), 0.0, times);
        }
        assert!(matches!(limiter.admit(now), Admission::Granted(_)));
    }

    #[test]
    fn long_refusals_of_single_pages_do_not_close_the_host() {
        let mut now = Instant::now();
        let mut limiter = HostRateLimiter::new(EIGHT, now);
        for _ in 0..10 {
            limiter.refused_for_long(now);
            now += SLOW_REQUEST;
            let Admission::Granted(number) = limiter.admit(now) else { panic!() };
            limiter.leave(number);
            limiter.answered(now, SLOW_REQUEST);
        }
        for _ in 0..MAX_LONG_REFUSALS {
            limiter.refused_for_long(now);
        }
        assert_eq!(limiter.admit(now), Admission::Closed);
    }

    #[test]
    fn a_quick_host_is_asked_no_faster_than_the_polite_rate() {
        let begin = Instant::now();
        let mut limiter = HostRateLimiter::new(HostLimits { in_flight: 16, rate: 20.0, burst: 50.0 }, begin);
        let (mut now, mut sent) = (begin, 0);
        while now < begin + Duration::from_secs(10) {
            match limiter.admit(now) {
                Admission::Granted(number) => {
                    sent += 1;
                    now += Duration::from_micros(200);
                    limiter.leave(number);
                    limiter.answered(now, Duration::from_micros(200));
                }
                Admission::RetryAt(until) => now = until,
                Admission::Closed => panic!("the host was closed"),
            }
        }
        assert!((240..=251).contains(&sent), "{sent}");
    }
}
