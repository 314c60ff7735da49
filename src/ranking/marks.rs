//! Marks derived from figures: activity, with hysteresis, and anomalies of the star count.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{months, real};
use crate::ledger::{Point, Record};
use crate::policy::{MarkName, Rank};

/// How recently a project was worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Activity {
    /// In the last months.
    Active,
    /// Some months ago.
    Slow,
    /// More than a year ago.
    Stale,
}

impl Activity {
    /// The mark that shows it.
    pub fn mark(self) -> MarkName {
        match self {
            Self::Active => MarkName::Active,
            Self::Slow => MarkName::Slow,
            Self::Stale => MarkName::Stale,
        }
    }

    /// Its name, as the ledger keeps it in [`Record::shown`].
    pub fn name(self) -> &'static str {
        self.mark().name()
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Active, Self::Slow, Self::Stale].into_iter().find(|activity| activity.name() == name)
    }
}

/// How recently the project of `record` was worked on. The mark that was shown last is kept for the policy's months
/// past its threshold, so that it does not flap. None where neither a commit nor a push is known.
pub fn activity(record: &Record, as_of: Date, rank: &Rank) -> Option<Activity> {
    let age = months(record.facts.worked()?, as_of);
    let shown = record.shown.as_deref().and_then(Activity::named);
    let longer = |mark| if shown.is_some_and(|shown| shown <= mark) { rank.edge_months } else { 0 };
    Some(if age <= rank.active_months + longer(Activity::Active) {
        Activity::Active
    } else if age <= rank.stale_months + longer(Activity::Slow) {
        Activity::Slow
    } else {
        Activity::Stale
    })
}

/// Stars gained or lost faster than work on the project explains: reported, never a penalty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Anomaly {
    /// The day of the earlier figure.
    #[schemars(with = "String")]
    pub from: Date,
    /// The day of the later figure, at most 30 days after.
    #[schemars(with = "String")]
    pub to: Date,
    /// Stars before.
    pub before: u64,
    /// Stars after.
    pub after: u64,
}

impl Anomaly {
    /// The mark that shows it.
    pub fn mark(self) -> MarkName {
        if self.after < self.before { MarkName::Fell } else { MarkName::Jumped }
    }
}

/// Least stars on the larger side of an anomaly: below it, thirty stars more or fewer are ordinary.
const MIN_STARS: u64 = 100;
/// Anomalies are reported for this many months: bought stars lose their effect within two (arXiv 2412.13459).
const REPORTED_MONTHS: u32 = 3;

/// The newest fall by more than 30 % or gain of more than 50 % within 30 days and without a commit, in `points`
/// (oldest first) of the repository of `record`. None where its commits are not known.
pub fn anomaly(record: &Record, points: &[Point], as_of: Date) -> Option<Anomaly> {
    let worked = record.facts.worked()?;
    let recent = |point: &&Point| months(point.at, as_of) <= REPORTED_MONTHS;
    points.iter().rev().take_while(recent).find_map(|to| {
        let near = |from: &&Point| from.at < to.at && (to.at - from.at).get_days() <= 30;
        points.iter().filter(near).find(|from| worked < from.at && is_odd(from.stars, to.stars)).map(|from| Anomaly {
            from: from.at,
            to: to.at,
            before: from.stars,
            after: to.stars,
        })
    })
}

fn is_odd(before: u64, after: u64) -> bool {
    before.max(after) >= MIN_STARS && (real(after) < real(before) * 0.7 || real(after) > real(before) * 1.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Target;

    fn date(s: &str) -> Date {
        s.parse().unwrap()
    }

    fn target() -> Target {
        "github:a/b".parse().unwrap()
    }

    fn record(commit: &str, shown: Option<&str>) -> Record {
        let mut record = Record::new(target(), date("2026-01-01"));
        record.facts.commit = Some(Some(date(commit)));
        record.shown = shown.map(str::to_owned);
        record
    }

    #[test]
    fn marks_have_two_edges() {
        use Activity::{Active, Slow, Stale};
        for (commit, shown, mark) in [
            ("2026-11-09", None, Active),
            ("2026-08-01", None, Active),
            ("2026-07-31", None, Slow),
            ("2026-07-31", Some("active"), Active),
            ("2026-06-30", Some("active"), Slow),
            ("2026-08-01", Some("slow"), Active),
            ("2025-11-01", None, Slow),
            ("2025-10-31", None, Stale),
            ("2025-10-31", Some("slow"), Slow),
            ("2025-10-31", Some("active"), Slow),
            ("2025-09-30", Some("slow"), Stale),
            ("2025-11-01", Some("stale"), Slow),
            ("2026-11-01", Some("stale"), Active),
        ] {
            let record = record(commit, shown);
            let found = activity(&record, date("2026-11-01"), &Rank::default());
            assert_eq!(found, Some(mark), "{commit} {shown:?}");
            let again = Record { shown: found.map(|mark| mark.name().to_owned()), ..record };
            assert_eq!(activity(&again, date("2026-11-01"), &Rank::default()), found, "{commit} {shown:?}");
        }
        assert_eq!(activity(&Record::new(target(), date("2026-01-01")), date("2026-11-01"), &Rank::default()), None);
    }

    #[test]
    fn stars_that_no_work_explains_are_reported() {
        for (points, commit, mark) in [
            ([("2026-10-01", 1000), ("2026-10-20", 1501)], "2026-01-01", Some(MarkName::Jumped)),
            ([("2026-10-01", 1000), ("2026-10-20", 1500)], "2026-01-01", None),
            ([("2026-10-01", 1000), ("2026-10-20", 699)], "2026-01-01", Some(MarkName::Fell)),
            ([("2026-10-01", 1000), ("2026-10-20", 699)], "2026-10-05", None),
            ([("2026-09-01", 1000), ("2026-10-20", 1900)], "2026-01-01", None),
            ([("2026-10-01", 10), ("2026-10-20", 60)], "2026-01-01", None),
            ([("2026-05-01", 1000), ("2026-05-20", 1900)], "2026-01-01", None),
        ] {
            let points = points.map(|(at, stars)| Point { at: date(at), target: target(), id: None, stars });
            let found = anomaly(&record(commit, None), &points, date("2026-11-01"));
            assert_eq!(found.map(Anomaly::mark), mark, "{points:?}");
        }
    }
}
