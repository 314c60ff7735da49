//! Stars gained week by week, as a forge counts them, for the time before the first total that was seen.
//!
//! GitHub's star history counts stars that are still given, by the day on which they were. Its sum is below the total, and a
//! star that is taken back vanishes from its week; so gains are stored apart from totals and never become points.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::history::{Growth, GrowthSource};
use crate::address::Target;

/// The window of growth: 13 weeks are 91 days, what totals are compared over.
const GROWTH_WEEKS: usize = 13;
/// Fewer weeks show no growth: 63 days, as totals need 60.
const MIN_WEEKS: usize = 9;
/// Growth of gains that end more days before the newest total is out of date: by then totals show it themselves.
const OUTDATED_DAYS: i32 = 150;
/// Days of a week.
const WEEK: i32 = 7;

/// Stars that a repository gained in the weeks before a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gains {
    /// The day on which the forge was asked.
    pub at: Date,
    /// The repository under the name it had then.
    pub target: Target,
    /// The forge's number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Who counted.
    pub source: GainsSource,
    /// The first day of the first week; none where the forge has no history of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The stars that were gained in each whole week from that day on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weeks: Vec<u64>,
}

/// Who counted gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GainsSource {
    /// `GET /repos/{owner}/{repo}/stargazers/history`.
    GithubStarHistory,
}

impl Gains {
    /// The first day after the last week.
    fn end(&self) -> Option<Date> {
        day_after(self.from?, self.weeks.len())
    }

    /// The growth that they show, as long as the newest total is not much younger.
    pub(super) fn growth(&self, newest_total: Option<Date>) -> Option<Growth> {
        let end = self.end()?;
        let is_current = newest_total.is_none_or(|total| (total - end).get_days() <= OUTDATED_DAYS);
        let weeks = self.weeks.len().min(GROWTH_WEEKS);
        if weeks < MIN_WEEKS || !is_current {
            return None;
        }
        let gained: u64 = self.weeks.iter().rev().take(weeks).fold(0, |sum, week| sum.saturating_add(*week));
        let days = WEEK * i32::try_from(weeks).ok()?;
        Some(Growth { gained: i64::try_from(gained).ok()?, days, source: GrowthSource::Gains })
    }

    /// What the total was at the start of each week before `day`, reckoned back from the `stars` that were seen on it.
    pub(super) fn totals_before(&self, day: Date, stars: u64) -> Vec<(Date, u64)> {
        let Some(from) = self.from else { return Vec::new() };
        let begin = |week: usize| day_after(from, week);
        let whole = (0..self.weeks.len()).take_while(|week| begin(week + 1).is_some_and(|end| end <= day)).count();
        let mut left = stars;
        let mut totals: Vec<(Date, u64)> = Vec::with_capacity(whole);
        for week in (0..whole).rev() {
            left = left.saturating_sub(self.weeks.get(week).copied().unwrap_or_default());
            totals.extend(begin(week).map(|at| (at, left)));
        }
        totals.reverse();
        totals
    }
}

fn day_after(from: Date, weeks: usize) -> Option<Date> {
    let days = WEEK.checked_mul(i32::try_from(weeks).ok()?)?;
    from.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gains(weeks: &[u64]) -> Gains {
        Gains {
            at: "2026-11-24".parse().unwrap(),
            target: "github:a/b".parse().unwrap(),
            id: Some(1),
            source: GainsSource::GithubStarHistory,
            from: Some("2026-05-03".parse().unwrap()),
            weeks: weeks.to_vec(),
        }
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn growth_is_that_of_the_last_thirteen_weeks() {
        let growth = |weeks: &[u64], newest: Option<&str>| {
            let growth = gains(weeks).growth(newest.map(day))?;
            Some((growth.gained, growth.days))
        };
        assert_eq!(growth(&[5; 29], None), Some((65, 91)));
        assert_eq!(growth(&[5; 9], None), Some((45, 63)));
        assert_eq!(growth(&[5; 8], None), None);
        // 29 weeks from 2026-05-03 end on 2026-11-22
        assert_eq!(growth(&[5; 29], Some("2027-04-21")), Some((65, 91)));
        assert_eq!(growth(&[5; 29], Some("2027-04-22")), None);
        assert_eq!(growth(&[u64::MAX; 29], None), None);
    }

    #[test]
    fn totals_are_reckoned_back_from_the_first_that_was_seen() {
        let totals = gains(&[1, 2, 3]).totals_before(day("2026-05-24"), 100);
        assert_eq!(totals, [(day("2026-05-03"), 94), (day("2026-05-10"), 95), (day("2026-05-17"), 97)]);
        assert_eq!(
            gains(&[1, 2, 3]).totals_before(day("2026-05-17"), 100),
            [(day("2026-05-03"), 97), (day("2026-05-10"), 98)]
        );
        assert_eq!(gains(&[1, 2, 3]).totals_before(day("2026-05-09"), 100), []);
        assert_eq!(gains(&[60, 60]).totals_before(day("2026-11-24"), 100)[0].1, 0);
    }
}
