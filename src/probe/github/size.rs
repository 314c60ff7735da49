//! How many names a batch asks for: halved on trouble, grown back when it goes well.

/// The size of the next batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Size {
    now: usize,
    most: usize,
    /// The largest size that went well: a failure at no more than that may be chance.
    proven: usize,
    /// Failures since, at no more than that.
    strikes: usize,
    /// The size that failed last: to reach it again takes more good batches each time.
    failed: Option<usize>,
    good: usize,
    caution: usize,
}

/// Failures that may be chance.
const STRIKES: usize = 3;

/// Good batches before it is grown to the size that failed: at first, and at most.
const CAUTION: (usize, usize) = (8, 32);

impl Size {
    /// Starts at the most.
    pub(super) fn new(most: usize) -> Self {
        let most = most.clamp(1, 100);
        Self { now: most, most, proven: 0, strikes: 0, failed: None, good: 0, caution: CAUTION.0 }
    }

    /// How many names to ask for.
    pub(super) fn now(&self) -> usize {
        self.now
    }

    /// A batch of so many names failed.
    pub(super) fn shrink(&mut self, names: usize) {
        self.now = (names.min(self.now) / 2).max(1);
        self.good = 0;
        if names > self.proven {
            if self.failed.is_some_and(|failed| names >= failed) {
                self.caution = (self.caution * 2).min(CAUTION.1);
            }
            self.failed = Some(names);
            return;
        }
        self.strikes += 1;
        if self.strikes == STRIKES {
            self.failed = Some(self.proven);
            (self.proven, self.strikes) = (0, 0);
        }
    }

    /// A batch of so many names went well.
    pub(super) fn grow(&mut self, names: usize) {
        self.good += 1;
        if names >= self.proven {
            (self.proven, self.strikes) = (names, 0);
        }
        self.failed = self.failed.filter(|failed| names < *failed);
        let next = self.most.min(self.now + self.now.div_ceil(2));
        if self.proven > self.now {
            self.now = self.proven.min(self.most);
        } else if self.failed.is_none_or(|failed| next < failed || self.good >= self.caution) {
            (self.now, self.good) = (next, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_down_to_one() {
        let mut size = Size::new(50);
        let mut seen = Vec::new();
        for _ in 0..7 {
            size.shrink(size.now());
            seen.push(size.now());
        }
        assert_eq!(seen, [25, 12, 6, 3, 1, 1, 1]);
        assert_eq!((Size::new(1000).now(), Size::new(0).now()), (100, 1));
    }

    #[test]
    fn it_grows_back_and_is_wary_of_what_failed() {
        let mut size = Size::new(50);
        size.shrink(50);
        size.grow(25);
        assert_eq!(size.now(), 38);
        for _ in 1..CAUTION.0 {
            size.grow(38);
            assert_eq!(size.now(), 38);
        }
        size.grow(38);
        assert_eq!(size.now(), 50);
    }

    #[test]
    fn a_failure_at_a_proven_size_may_be_chance() {
        let mut size = Size::new(50);
        size.grow(50);
        for _ in 1..STRIKES {
            size.shrink(50);
            assert_eq!(size.now(), 25);
            size.grow(25);
            assert_eq!(size.now(), 50);
        }
        size.shrink(50);
        size.grow(25);
        assert_eq!(size.now(), 38, "so often is no chance");
    }

    #[test]
    fn a_lasting_limit_is_met_ever_more_rarely() {
        let (mut size, mut met) = (Size::new(50), 0);
        for _ in 0..200 {
            let names = size.now();
            if names > 20 {
                met += 1;
                size.shrink(names);
            } else {
                size.grow(names);
            }
        }
        assert!(met <= 12, "{met}");
    }
}
