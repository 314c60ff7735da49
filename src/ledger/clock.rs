//! Corrects what a clock that ran ahead left in the ledger.

use jiff::Timestamp;

use super::{Ledger, Record};
use crate::observation::day;

impl Ledger {
    /// The ledger as it can be true at `now`: what was seen later was seen by a clock that ran ahead. Only its time is
    /// dropped: a streak keeps what it had before, and dates become today's, so that what is seen from now on is newer
    /// again.
    #[must_use]
    pub fn until(&self, now: Timestamp) -> Self {
        let today = day(now);
        let as_of = self.as_of.map(|month| month.min(today.first_of_month()));
        let records = self.records().cloned().map(|mut record| {
            record.limit_to(now);
            record
        });
        Self { doubted: self.doubted.map(|day| day.min(today)), ..Self::new(as_of, records) }
    }
}

impl Record {
    fn limit_to(&mut self, now: Timestamp) {
        let today = day(now);
        self.added = self.added.min(today);
        self.alive = self.alive.map(|alive| alive.min(today));
        self.last = self.last.map(|last| last.min(today));
        for date in self.dates.values_mut() {
            *date = (*date).min(today);
        }
        if let Some(moved) = &mut self.moved {
            moved.since = moved.since.min(today);
        }
        if let Some(blocked) = &mut self.blocked {
            blocked.since = blocked.since.min(today);
        }
        if let Some(reused) = &mut self.reused {
            reused.since = reused.since.min(today);
        }
        self.recovered.limit_to(today);
        self.failing = self.failing.take().and_then(|streak| streak.until(now)).map(Box::new);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::observation::{Alive, Facts, Failure, FailureClass, Observation, Seen};
    use crate::policy::Policy;

    fn look(at: &str, seen: Seen) -> Observation {
        Observation { target: "github:a/b".parse().unwrap(), at: at.parse().unwrap(), seen }
    }

    fn alive(at: &str, stars: u64) -> Observation {
        let facts = Facts { stars: Some(stars), ..Facts::default() };
        look(at, Seen::Alive(Arc::new(Alive { facts: facts.into(), ..Alive::default() })))
    }

    fn not_found(at: &str) -> Observation {
        look(at, Seen::Failed(Failure::of(FailureClass::GithubNotFound)))
    }

    fn after(runs: &[Observation]) -> Record {
        let run = |ledger: Ledger, look: &Observation| {
            ledger.until(look.at).fold(std::slice::from_ref(look), &Policy::default())
        };
        let ledger = runs.iter().fold(Ledger::default(), run);
        ledger.records().next().unwrap().clone()
    }

    #[test]
    fn a_success_clears_what_a_clock_that_ran_ahead_saw() {
        let record = after(&[not_found("2027-03-01T00:00:00Z"), alive("2026-03-02T00:00:00Z", 7)]);
        assert_eq!((record.failing, record.facts.stars), (None, Some(7)));
    }

    #[test]
    fn what_a_clock_that_ran_ahead_saw_confirms_nothing_once_it_is_right() {
        let runs = ["2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z", "2026-03-01T02:00:00Z"].map(not_found);
        let streak = after(&runs).failing.unwrap();
        let stated = streak.stated.unwrap();
        assert_eq!((stated.days, stated.minutes), (1, 120));
    }

    #[test]
    fn facts_are_updated_again_after_a_clock_that_ran_ahead() {
        let record = after(&[alive("2027-03-01T00:00:00Z", 10), alive("2026-03-02T00:00:00Z", 100)]);
        assert_eq!(record.facts.stars, Some(100));
        assert_eq!(record.dates["stars"], "2026-03-02".parse().unwrap());
    }

    #[test]
    fn a_ledger_that_can_be_true_is_unchanged() {
        let ledger = Ledger::default().fold(&[not_found("2026-03-01T00:00:00Z")], &Policy::default());
        assert_eq!(ledger.until("2026-03-01T00:00:00Z".parse().unwrap()), ledger);
    }
}
