//! Removes records that no list needs any more.

use std::collections::HashSet;

use jiff::civil::Date;

use super::{Ledger, Record};
use crate::address::Target;
use crate::observation::{SharedFacts, day};
use crate::policy::Confirm;

/// How long a record outlives its link, in days: an entry that is taken out by mistake or comes back within a year
/// keeps what was known.
const UNLINKED_DAYS: i32 = 365;

impl Ledger {
    /// The ledger without the records of targets that are not linked and were last observed more than a year before its
    /// month. Of a death the fact stays, so that a dead link that is added again is recognised.
    #[must_use]
    pub fn pruned(mut self, linked: &HashSet<&Target>, confirm: &Confirm) -> Self {
        let Some(as_of) = self.as_of else { return self };
        let is_old =
            |record: &Record| record.last_observed().is_some_and(|last| (as_of - last).get_days() > UNLINKED_DAYS);
        self.records.retain(|target, record| linked.contains(target) || !is_old(record) || record.is_dead(confirm));
        for record in self.records.values_mut() {
            if !linked.contains(&record.target) && is_old(record) {
                record.facts = SharedFacts::default();
                record.dates.clear();
                record.suspicions.clear();
                record.repository = None;
                (record.title, record.moved, record.reused, record.shown) = (None, None, None, None);
            }
        }
        self
    }
}

impl Ledger {
    /// The day as of which `target` was last observed, as exactly as it is stored: the month where the newest look is of the
    /// ledger's month.
    pub fn last_observed(&self, target: &Target) -> Option<Date> {
        let record = self.get(target)?;
        record.last_observed().or(self.as_of)
    }
}

impl Record {
    /// The day of its newest observation that is stored; none where the newest is of the ledger's month.
    fn last_observed(&self) -> Option<Date> {
        if self.alive.is_some() && self.last.is_none() {
            return None;
        }
        let failed = self.failing.as_ref().map(|streak| day(streak.last));
        let blocked = self.blocked.as_ref().map(|blocked| blocked.since);
        [Some(self.added), self.last, failed, blocked].into_iter().flatten().max()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::observation::{Failure, FailureClass, Observation, Seen};
    use crate::policy::Policy;

    fn look(target: &str, at: &str, class: Option<FailureClass>) -> Observation {
        let seen = class.map_or_else(|| Seen::Alive(Arc::default()), |class| Seen::Failed(Failure::of(class)));
        Observation { target: target.parse().unwrap(), at: at.parse().unwrap(), seen }
    }

    #[test]
    fn a_record_outlives_its_link_by_a_year_and_a_death_stays() {
        const NOT_FOUND: Option<FailureClass> = Some(FailureClass::Http(404));
        let looks = [
            look("https://linked.org/", "2026-01-01T00:00:00Z", None),
            look("https://old.org/", "2026-01-01T00:00:00Z", None),
            look("https://recent.org/", "2026-12-01T00:00:00Z", None),
            look("https://dead.org/", "2026-01-01T00:00:00Z", NOT_FOUND),
            look("https://dead.org/", "2026-01-08T00:00:00Z", NOT_FOUND),
            look("https://now.org/", "2027-03-01T00:00:00Z", None),
        ];
        let policy = Policy::default();
        let linked: [Target; 2] = ["https://linked.org/", "https://now.org/"].map(|target| target.parse().unwrap());
        let ledger = Ledger::default().fold(&looks, &policy).pruned(&linked.iter().collect(), &policy.confirm);
        let kept: Vec<String> = ledger.records().map(|record| record.target.to_string()).collect();
        assert_eq!(kept, ["https://dead.org/", "https://linked.org/", "https://now.org/", "https://recent.org/"]);
        assert!(ledger.get(&"https://dead.org/".parse().unwrap()).unwrap().is_dead(&policy.confirm));
        assert_eq!(ledger.clone().pruned(&linked.iter().collect(), &policy.confirm), ledger);
    }
}
