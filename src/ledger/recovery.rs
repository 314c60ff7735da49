//! The recoveries of a link: how often in the last year it came back from a kind of failure.
//!
//! They are counted by kind: a host that fails now and then is no evidence of whether its domain will be renewed, or
//! whether its page was removed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Track;
use crate::observation::{Evidence, day};

/// The recoveries that count, newest first: more would put a death off for longer than half a year.
const MOST_RECOVERIES: usize = 4;
/// How long a recovery counts, in days: outages of one host come a few times a year.
const RECOVERY_DAYS: i32 = 365;

/// The days of recoveries within a year, oldest first, at most four of each kind of failure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Line", into = "BTreeMap<Evidence, Vec<Date>>")]
pub struct Recoveries {
    days: BTreeMap<Evidence, Vec<Date>>,
}

/// Recoveries as a line has them: by kind, or of any kind.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    ByKind(BTreeMap<Evidence, Vec<Date>>),
    OfAnyKind(Vec<Date>),
}

impl From<Recoveries> for BTreeMap<Evidence, Vec<Date>> {
    fn from(recoveries: Recoveries) -> Self {
        recoveries.days
    }
}

impl From<Line> for Recoveries {
    fn from(line: Line) -> Self {
        const KINDS: [Evidence; 4] = [Evidence::Stated, Evidence::NoName, Evidence::Away, Evidence::Certificate];
        let days = match line {
            Line::ByKind(days) => days,
            Line::OfAnyKind(days) => KINDS.map(|kind| (kind, days.clone())).into_iter().collect(),
        };
        Self { days }
    }
}

impl Recoveries {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// How many from failures of this kind count for a failure that began on `first`.
    pub fn before(&self, evidence: Evidence, first: Date) -> u32 {
        let days = self.days.get(&evidence).into_iter().flatten();
        let counted = days.filter(|day| (first - **day).get_days() <= RECOVERY_DAYS).count();
        u32::try_from(counted.min(MOST_RECOVERIES)).unwrap_or_default()
    }

    /// The day of the newest.
    pub(super) fn newest(&self) -> Option<Date> {
        self.days.values().flatten().max().copied()
    }

    /// Adds the end of these failures. It counts where they were seen on an earlier day: what passes within a day gives no
    /// reason for patience.
    pub(super) fn add(&mut self, ended: impl Iterator<Item = (Evidence, Track)>, today: Date) {
        for (evidence, _) in ended.filter(|(_, track)| day(track.since) < today) {
            let days = self.days.entry(evidence).or_default();
            days.push(today);
            days.sort_unstable();
            days.dedup();
            days.retain(|day| (today - *day).get_days() <= RECOVERY_DAYS);
            let surplus = days.len().saturating_sub(MOST_RECOVERIES);
            days.drain(..surplus);
        }
    }

    /// Dates what is later than `today` back to it.
    pub(super) fn limit_to(&mut self, today: Date) {
        self.days.values_mut().flatten().for_each(|day| *day = (*day).min(today));
    }
}
