//! The pace of one host: a pure state machine that is told what was sent and what came back.
//!
//! It starts gently and doubles with each round of answers, as far as the host's own quickness asks for it.
//! A host that never complains is held up by nothing else. At the first complaint it learns what the host
//! takes (so many answers in the time until it opens again) and keeps below that, evenly. It does not sleep
//! and knows no clock: every instant is handed in.

use std::time::Duration;

use tokio::time::Instant;

/// Answers a second that are worth asking for several pages at once: a host with 50 ms a reply is asked for
/// five at once, one with 10 ms for one or two after another.
const ENOUGH: f64 = 100.0;
/// A request that takes longer lends its place: one slow page does not hold up the others of its host.
const SLOW: Duration = Duration::from_secs(1);
/// The part of what a host was seen to take that it is asked for.
const BELOW: f64 = 0.9;
/// How fast the rate grows while nothing is refused, a second: up to this part of the rate that was refused,
/// and beyond.
const NEARER: f64 = 0.02;
const NEAR: f64 = 0.95;
const BEYOND: f64 = 0.003;
/// Two pages refused with fewer answers than this between them are the host's complaint.
const SOON: u64 = 8;
/// Complaints without an answer between them after which a host is left alone.
const PATIENCE: u32 = 6;
/// Refusals for longer than anybody waits, one after another, after which a host is left alone.
const SHUT: u32 = 3;
/// The first wait after a complaint that names none; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Added to a wait that the host named: it may have rounded it down.
const EARLY: Duration = Duration::from_millis(30);
/// The longest wait that nobody named.
const LAST_WAIT: Duration = Duration::from_secs(30);

/// Whether the next request may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It goes now, under this number.
    Go(u64),
    /// Not before then, unless an answer comes.
    At(Instant),
    /// The host refused too often: it is left alone for this run.
    Closed,
}

/// What a host was seen to take.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Requests a second.
    rate: f64,
    /// The rate that was refused.
    refused: f64,
    /// Requests that may go at once after a rest.
    capacity: f64,
    /// Requests that may go now.
    level: f64,
    /// When `level` was true.
    at: Instant,
}

impl Bucket {
    fn fill(&mut self, now: Instant) {
        let rest = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + rest * self.rate).min(self.capacity.max(1.0));
        self.at = now;
    }
}

/// The pace of one host.
#[derive(Debug)]
pub struct Rhythm {
    most: usize,
    window: usize,
    under_way: Vec<(u64, Instant)>,
    next: u64,
    quickest: Duration,
    answers: u64,
    /// Since when `taken` answers came without a complaint.
    since: Option<Instant>,
    taken: f64,
    bucket: Option<Bucket>,
    paused_until: Option<Instant>,
    /// How many answers there were when a page was refused and no other yet.
    lone: Option<u64>,
    complaints: u32,
    shut: u32,
}

impl Rhythm {
    /// The pace of a host that nothing is known of, with `most` requests under way at the most.
    pub fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            window: 2.min(most.max(1)),
            under_way: Vec::new(),
            next: 0,
            quickest: Duration::MAX,
            answers: 0,
            since: None,
            taken: 0.0,
            bucket: None,
            paused_until: None,
            lone: None,
            complaints: 0,
            shut: 0,
        }
    }

    /// Asks to send a request now.
    pub fn admit(&mut self, now: Instant) -> Admission {
        if self.complaints >= PATIENCE || self.shut >= SHUT {
            return Admission::Closed;
        }
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Admission::At(until);
        }
        if let Some(until) = self.full_until(now) {
            return Admission::At(until);
        }
        if let Some(bucket) = &mut self.bucket {
            bucket.fill(now);
            if bucket.level < 1.0 {
                let wait = (1.0 - bucket.level) / bucket.rate;
                return Admission::At(now + Duration::from_secs_f64(wait.clamp(0.001, 60.0)));
            }
            bucket.level -= 1.0;
        }
        self.since.get_or_insert(now);
        self.next += 1;
        self.under_way.push((self.next, now));
        Admission::Go(self.next)
    }

    /// Where no place is free: when the oldest quick request counts as slow.
    fn full_until(&self, now: Instant) -> Option<Instant> {
        let far = now + SLOW;
        if self.under_way.len() >= self.most {
            return Some(far);
        }
        let mut quick = self.under_way.iter().map(|(_, at)| *at + SLOW).filter(|at| *at > now);
        let first = quick.next()?;
        (quick.count() + 1 >= self.window).then_some(first)
    }

    /// A request has ended, however it went.
    pub fn leave(&mut self, number: u64) {
        self.under_way.retain(|(n, _)| *n != number);
    }

    /// An answer came that is no complaint, after `latency`.
    pub fn answered(&mut self, now: Instant, latency: Duration) {
        self.answers += 1;
        self.taken += 1.0;
        self.complaints = 0;
        self.shut = 0;
        self.quickest = self.quickest.min(latency);
        if self.window < self.room() {
            self.window += 1;
        }
        if let Some(bucket) = &mut self.bucket {
            bucket.fill(now);
            let growth = if bucket.rate < NEAR * bucket.refused { NEARER } else { BEYOND };
            bucket.rate *= 1.0 + growth / bucket.rate.max(1.0);
        }
    }

    /// How many requests at once the host's quickness asks for, and one more each time that the number of its
    /// answers doubled.
    fn room(&self) -> usize {
        let by_latency = (self.quickest.as_secs_f64().min(10.0) * ENOUGH).ceil();
        let by_trust = 2 + usize::try_from((self.answers / 64 + 1).ilog2()).unwrap_or(0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
        let by_latency = by_latency as usize;
        by_latency.max(by_trust).min(self.most)
    }

    /// No answer came: nothing grows, and less is asked at once.
    pub fn failed(&mut self) {
        self.window = (self.window / 2).max(2.min(self.most));
    }

    /// A page was refused for being asked too much, for the `times`th time, and how long to `wait` was named or
    /// not. `jitter`, from 0 to 1, lengthens the wait a little, so that not everybody comes back at once. Gives
    /// the instant when the page is asked for again.
    ///
    /// One page's refusal is the page's own until another page is refused soon after: only then does the host
    /// complain, and all its pages wait.
    pub fn refused(&mut self, now: Instant, wait: Option<Duration>, jitter: f64, times: u32) -> Instant {
        let doublings = self.complaints.max(times.saturating_sub(1)).min(5);
        let doubled = (FIRST_WAIT * 2_u32.pow(doublings)).min(LAST_WAIT);
        let wait = wait.map_or_else(|| doubled.mul_f64(1.0 + jitter / 2.0), |wait| wait + EARLY.mul_f64(1.0 + jitter));
        let until = now + wait;
        if let Some(already) = self.paused_until.filter(|until| *until > now) {
            // It was under way when the host complained: that is one complaint.
            self.paused_until = Some(until.max(already));
            return until;
        }
        if times > 1 {
            return until;
        }
        let before = self.lone.replace(self.answers);
        if before.is_none_or(|before| self.answers - before >= SOON) {
            return until;
        }
        self.lone = None;
        self.complaints += 1;
        self.learn(now, wait);
        self.window = (self.window / 2).max(1);
        self.paused_until = Some(until);
        self.since = None;
        self.taken = 0.0;
        until
    }

    fn learn(&mut self, now: Instant, wait: Duration) {
        let begun = self.since.unwrap_or(now);
        let period = (now.saturating_duration_since(begun) + wait).as_secs_f64();
        let seen = self.taken.max(1.0) / period;
        let (rate, capacity) = match self.bucket {
            Some(bucket) => (seen.min(bucket.rate * 0.8), bucket.capacity / 2.0),
            None => (seen * BELOW, self.taken * BELOW),
        };
        let rate = rate.max(0.02);
        // When it opens again, one request may go whatever was learnt.
        let level = (1.0 - rate * wait.as_secs_f64()).max(0.0);
        self.bucket = Some(Bucket { rate, refused: seen, capacity: capacity.max(1.0), level, at: now });
    }

    /// A page was refused for longer than anybody waits. Other pages of the host may be open: the next one is
    /// asked for a little later.
    pub fn refused_for_long(&mut self, now: Instant) {
        self.shut += 1;
        if self.shut > 1 {
            let until = now + FIRST_WAIT;
            self.paused_until = Some(self.paused_until.map_or(until, |already| already.max(until)));
        }
    }

    /// The host says that it has `remaining` answers left for this time (`RateLimit` header fields).
    pub fn told(&mut self, now: Instant, remaining: u64, reset: Duration) {
        if remaining == 0 {
            let until = now + reset;
            self.paused_until = Some(self.paused_until.map_or(until, |already| already.max(until)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A host with a token bucket of `rate` a second and as much at once, that answers after `latency`.
    struct Host {
        rate: f64,
        level: f64,
        at: Instant,
    }

    impl Host {
        fn takes(&mut self, now: Instant) -> bool {
            self.level = (self.level + now.duration_since(self.at).as_secs_f64() * self.rate).min(self.rate);
            self.at = now;
            let open = self.level >= 1.0;
            if open {
                self.level -= 1.0;
            }
            open
        }
    }

    /// Asks a host for `pages` and gives seconds and refusals. A refused page comes back at its own time.
    fn walk(rate: f64, latency: Duration, pages: usize, wait: Option<Duration>) -> (f64, usize) {
        let begin = Instant::now();
        let mut host = Host { rate, level: rate, at: begin };
        let mut rhythm = Rhythm::new(16);
        let (mut now, mut refusals) = (begin, 0);
        let mut waiting: BTreeMap<(Instant, usize), u32> = (0..pages).map(|page| ((begin, page), 0)).collect();
        let mut flying = BTreeMap::new();
        while !(waiting.is_empty() && flying.is_empty()) {
            let mut next = flying.first_key_value().map(|((at, _), _)| *at);
            match waiting.first_key_value().map(|(key, _)| *key) {
                Some((at, _)) if at > now => next = next.into_iter().chain([at]).min(),
                Some(key) => match rhythm.admit(now) {
                    Admission::Go(number) => {
                        let times = waiting.remove(&key).unwrap();
                        flying.insert((now + latency, number), (host.takes(now), key.1, times));
                        next = Some(now);
                    }
                    Admission::At(until) => next = next.into_iter().chain([until]).min(),
                    Admission::Closed => panic!("the host was left alone"),
                },
                None => {}
            }
            now = next.unwrap();
            if let Some(first) = flying.first_entry().filter(|first| first.key().0 <= now) {
                let ((_, number), (open, page, times)) = first.remove_entry();
                rhythm.leave(number);
                if open {
                    rhythm.answered(now, latency);
                } else {
                    refusals += 1;
                    waiting.insert((rhythm.refused(now, wait, 0.5, times + 1), page), times + 1);
                }
            }
        }
        (now.duration_since(begin).as_secs_f64(), refusals)
    }

    #[test]
    fn a_host_that_limits_is_asked_nearly_as_fast_as_it_takes() {
        for rate in [5.0, 20.0, 100.0] {
            for latency in [1, 20, 80].map(Duration::from_millis) {
                let (seconds, refusals) = walk(rate, latency, 200, Some(Duration::from_secs(1)));
                let least = (200.0 - rate) / rate;
                let most = 1.5 * least + 50.0 * latency.as_secs_f64();
                assert!(seconds <= most, "{rate}/s, {latency:?}: {seconds} s of {least}");
                assert!(refusals <= 10, "{rate}/s, {latency:?}: {refusals} refusals");
            }
        }
    }

    #[test]
    fn a_host_that_limits_and_names_no_wait_is_not_pressed() {
        for rate in [5.0, 20.0, 100.0] {
            let (seconds, refusals) = walk(rate, Duration::from_millis(20), 200, None);
            assert!(refusals <= 20, "{rate}/s: {refusals} refusals in {seconds} s");
        }
    }

    #[test]
    fn a_host_that_never_complains_is_held_up_by_its_latency_alone() {
        let latency = Duration::from_millis(50);
        let (seconds, _) = walk(1e9, latency, 200, None);
        assert!(seconds < 3.0, "{seconds}");
        let (seconds, _) = walk(1e9, Duration::from_micros(100), 10_000, None);
        assert!(seconds < 1.0, "{seconds}");
    }

    #[test]
    fn slow_pages_lend_their_places() {
        let mut now = Instant::now();
        let mut rhythm = Rhythm::new(8);
        let mut sent = 0;
        for _ in 0..40 {
            match rhythm.admit(now) {
                Admission::Go(_) => sent += 1,
                Admission::At(until) => now = until,
                Admission::Closed => panic!(),
            }
        }
        assert_eq!(sent, 8);
    }

    #[test]
    fn a_host_that_only_refuses_is_left_alone() {
        let mut now = Instant::now();
        let mut rhythm = Rhythm::new(8);
        for _ in 0..2 * PATIENCE {
            let Admission::Go(number) = rhythm.admit(now) else { panic!() };
            rhythm.leave(number);
            now = rhythm.refused(now, Some(Duration::from_secs(1)), 0.0, 1) + Duration::from_secs(60);
        }
        assert_eq!(rhythm.admit(now), Admission::Closed);
    }

    #[test]
    fn a_page_that_is_refused_alone_does_not_hold_up_its_host() {
        let now = Instant::now();
        let mut rhythm = Rhythm::new(8);
        for times in 1..5 {
            for _ in 0..20 {
                let Admission::Go(number) = rhythm.admit(now) else { panic!() };
                rhythm.leave(number);
                rhythm.answered(now, Duration::ZERO);
            }
            rhythm.refused(now, Some(Duration::from_secs(100)), 0.0, times);
        }
        assert!(matches!(rhythm.admit(now), Admission::Go(_)));
    }

    #[test]
    fn a_host_that_shuts_one_page_for_long_is_still_asked_for_others() {
        let mut now = Instant::now();
        let mut rhythm = Rhythm::new(8);
        for _ in 0..10 {
            rhythm.refused_for_long(now);
            now += SLOW;
            let Admission::Go(number) = rhythm.admit(now) else { panic!() };
            rhythm.leave(number);
            rhythm.answered(now, SLOW);
        }
        for _ in 0..SHUT {
            rhythm.refused_for_long(now);
        }
        assert_eq!(rhythm.admit(now), Admission::Closed);
    }
}
