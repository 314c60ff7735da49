//! How many names a batch asks for: halved on trouble, grown back when it goes well.

/// The size of the next batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Size {
    now: usize,
    most: usize,
    /// The size that failed last: to reach it again takes more good batches each time.
    failed: Option<usize>,
    good: usize,
    caution: usize,
}

/// Good batches before it grows, below the size that failed.
const GROW: usize = 2;

/// Good batches before it is grown to the size that failed, at first.
const DARE: usize = 8;

impl Size {
    /// Starts at the most.
    pub(super) fn new(most: usize) -> Self {
        let most = most.clamp(1, 100);
        Self { now: most, most, failed: None, good: 0, caution: DARE }
    }

    /// How many names to ask for.
    pub(super) fn now(&self) -> usize {
        self.now
    }

    /// A batch of so many names failed.
    pub(super) fn shrink(&mut self, names: usize) {
        if self.failed.is_some_and(|failed| names >= failed) {
            self.caution = (self.caution * 2).min(64);
        }
        self.failed = Some(names);
        self.now = (names.min(self.now) / 2).max(1);
        self.good = 0;
    }

    /// A batch went well.
    pub(super) fn grow(&mut self) {
        self.good += 1;
        let next = self.most.min(self.now + self.now.div_ceil(2));
        let dares = self.failed.is_some_and(|failed| next >= failed);
        if next > self.now && self.good >= if dares { self.caution } else { GROW } {
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
    }

    #[test]
    fn it_grows_back_and_is_wary_of_what_failed() {
        let mut size = Size::new(50);
        size.shrink(50);
        for _ in 0..GROW {
            size.grow();
        }
        assert_eq!(size.now(), 38);
        for _ in 0..DARE - 1 {
            size.grow();
        }
        assert_eq!(size.now(), 38);
        size.grow();
        assert_eq!(size.now(), 50);
    }

    #[test]
    fn a_lasting_limit_is_met_ever_more_rarely() {
        let (mut size, mut met) = (Size::new(50), 0);
        for _ in 0..200 {
            if size.now() > 20 {
                met += 1;
                size.shrink(size.now());
            } else {
                size.grow();
            }
        }
        assert!(met <= 12, "{met}");
        assert_eq!(Size::new(1000).now(), 100);
        assert_eq!(Size::new(0).now(), 1);
    }
}
