//! How many names a batch asks for: halved after a failure, grown back after successes.

/// The size of the next batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BatchSize {
    current: usize,
    maximum: usize,
    /// The largest size that succeeded: a failure of no more names may be chance.
    proven: usize,
    /// Failures since, of no more names than that.
    failures_below_proven: usize,
    /// The size that failed last: to reach it again takes more successes each time.
    failed: Option<usize>,
    successes: usize,
    successes_before_retry: usize,
}

/// Failures at a proven size that may be chance: a server that fails one request in five fails three in a row
/// once in 125.
const CHANCE_FAILURES_THRESHOLD: usize = 3;

/// Successes before the size that failed is tried again, at first and at most (doubled each time). Eight keep the
/// share of failing requests below an eighth where the limit is permanent.
const SUCCESSES_BEFORE_RETRY: (usize, usize) = (8, 32);

/// The most names in one query; 227 failed where 120 passed, and the largest batch in use elsewhere is 100.
const MAXIMUM_CAPACITY: usize = 100;

impl BatchSize {
    /// Starts at the maximum.
    pub(super) fn new(maximum: usize) -> Self {
        let maximum = maximum.clamp(1, MAXIMUM_CAPACITY);
        Self {
            current: maximum,
            maximum,
            proven: 0,
            failures_below_proven: 0,
            failed: None,
            successes: 0,
            successes_before_retry: SUCCESSES_BEFORE_RETRY.0,
        }
    }

    /// How many names to ask for.
    pub(super) fn current(&self) -> usize {
        self.current
    }

    /// Records that a batch of so many names failed.
    pub(super) fn record_failure(&mut self, names: usize) {
        self.current = (names.min(self.current) / 2).max(1);
        self.successes = 0;
        if names > self.proven {
            if self.failed.is_some_and(|failed| names >= failed) {
                self.successes_before_retry = (self.successes_before_retry * 2).min(SUCCESSES_BEFORE_RETRY.1);
            }
            self.failed = Some(names);
            return;
        }
        self.failures_below_proven += 1;
        if self.failures_below_proven == CHANCE_FAILURES_THRESHOLD {
            self.failed = Some(self.proven);
            (self.proven, self.failures_below_proven) = (0, 0);
        }
    }

    /// Records that a batch of so many names succeeded.
    pub(super) fn record_success(&mut self, names: usize) {
        self.successes += 1;
        if names >= self.proven {
            (self.proven, self.failures_below_proven) = (names, 0);
        }
        self.failed = self.failed.filter(|failed| names < *failed);
        let next = self.maximum.min(self.current + self.current.div_ceil(2));
        if self.proven > self.current {
            self.current = self.proven.min(self.maximum);
        } else if self.failed.is_none_or(|failed| next < failed || self.successes >= self.successes_before_retry) {
            (self.current, self.successes) = (next, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_down_to_one() {
        let mut size = BatchSize::new(50);
        let mut seen = Vec::new();
        for _ in 0..7 {
            size.record_failure(size.current());
            seen.push(size.current());
        }
        assert_eq!(seen, [25, 12, 6, 3, 1, 1, 1]);
        assert_eq!((BatchSize::new(1000).current(), BatchSize::new(0).current()), (100, 1));
    }

    #[test]
    fn it_grows_back_and_avoids_the_size_that_failed() {
        let mut size = BatchSize::new(50);
        size.record_failure(50);
        size.record_success(25);
        assert_eq!(size.current(), 38);
        for _ in 1..SUCCESSES_BEFORE_RETRY.0 {
            size.record_success(38);
            assert_eq!(size.current(), 38);
        }
        size.record_success(38);
        assert_eq!(size.current(), 50);
    }

    #[test]
    fn a_failure_at_a_proven_size_may_be_chance() {
        let mut size = BatchSize::new(50);
        size.record_success(50);
        for _ in 1..CHANCE_FAILURES_THRESHOLD {
            size.record_failure(50);
            assert_eq!(size.current(), 25);
            size.record_success(25);
            assert_eq!(size.current(), 50);
        }
        size.record_failure(50);
        size.record_success(25);
        assert_eq!(size.current(), 38, "so often is no chance");
    }

    #[test]
    fn a_lasting_limit_is_met_ever_more_rarely() {
        let (mut size, mut met) = (BatchSize::new(50), 0);
        for _ in 0..200 {
            let names = size.current();
            if names > 20 {
                met += 1;
                size.record_failure(names);
            } else {
                size.record_success(names);
            }
        }
        assert!(met <= 12, "{met}");
    }
}
