//! Stars over time: an append-only log of totals, a point only when there is news, and of gains from before the first.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Gains;
use crate::address::Target;
use crate::observation::{Observation, Seen};

/// A point is news when the figure moved by more than this share…
const MOVED: f64 = 0.02;
/// …or when the last point is this many days old.
const OLD: i32 = 90;

/// Stars of one repository on one day, exact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The day.
    pub at: Date,
    /// The repository under the name it had then.
    pub target: Target,
    /// The forge's number for it, by which points are joined over renames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Stars.
    pub stars: u64,
}

/// Stars gained over a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// Stars gained, less those lost.
    pub gained: i64,
    /// The window in days.
    pub days: i32,
    /// What shows it.
    pub source: GrowthSource,
}

/// What growth is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrowthSource {
    /// Two totals that were seen.
    Totals,
    /// The forge's count of stars that are still given, by the day on which they were.
    Gains,
}

impl Growth {
    /// Stars a year at this pace; never below zero.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn yearly(self) -> f64 {
        (self.gained as f64 * 365.25 / f64::from(self.days.max(1))).max(0.0)
    }
}

/// What a run adds to the history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryNews {
    /// Totals that it saw.
    pub points: Vec<Point>,
    /// Gains that a forge counted.
    pub gains: Vec<Gains>,
}

/// The stars of one repository over time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Curve<'a> {
    /// Totals from before the first that was seen, reckoned back by gains: an estimate, oldest first.
    pub reckoned: Vec<(Date, u64)>,
    /// The totals that were seen, oldest first.
    pub seen: &'a [Point],
}

impl Curve<'_> {
    /// Both, oldest first.
    pub fn totals(&self) -> impl ExactSizeIterator<Item = (Date, u64)> + use<> {
        let seen = self.seen.iter().map(|point| (point.at, point.stars));
        self.reckoned.iter().copied().chain(seen).collect::<Vec<_>>().into_iter()
    }
}

/// Every point, by repository and in order of days, and the newest gains of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    points: BTreeMap<String, Vec<Point>>,
    gains: BTreeMap<String, Gains>,
}

/// The key of a repository: its number at its Git host, which counts from 1 on each of them, else its name.
fn key(id: Option<i64>, target: &Target) -> String {
    let host = target.host().unwrap_or_default();
    id.map_or_else(|| target.to_string(), |id| format!("{host}#{id}"))
}

impl History {
    /// The history that these points make.
    pub fn new(points: impl IntoIterator<Item = Point>) -> Self {
        let mut history = Self::default();
        for point in points {
            history.points.entry(key(point.id, &point.target)).or_default().push(point);
        }
        for points in history.points.values_mut() {
            points.sort();
            points.dedup();
        }
        history
    }

    /// Whether it has neither points nor gains.
    pub fn is_empty(&self) -> bool {
        self.points().is_empty() && self.gains.is_empty()
    }

    /// The history with what a run adds to it.
    #[must_use]
    pub fn with(&self, news: &HistoryNews) -> Self {
        let points = self.points.values().flatten().chain(&news.points).cloned();
        Self { gains: self.gains.clone(), ..Self::new(points) }.with_gains(news.gains.iter().cloned())
    }

    /// The history with these gains. Of a repository the newest are kept.
    #[must_use]
    pub(super) fn with_gains(mut self, gains: impl IntoIterator<Item = Gains>) -> Self {
        for gains in gains {
            let key = key(gains.id, &gains.target);
            if self.gains.get(&key).is_none_or(|kept| kept.at <= gains.at) {
                self.gains.insert(key, gains);
            }
        }
        self
    }

    /// The gains of one repository, where its forge was asked for them.
    pub fn gains(&self, id: Option<i64>, target: &Target) -> Option<&Gains> {
        self.gains.get(&key(id, target)).or_else(|| self.gains.get(&target.to_string()))
    }

    /// The stars of one repository over time.
    pub fn curve(&self, id: Option<i64>, target: &Target) -> Curve<'_> {
        let seen = self.of(id, target);
        let gains = self.gains(id, target).zip(seen.first());
        Curve {
            reckoned: gains.map(|(gains, first)| gains.totals_before(first.at, first.stars)).unwrap_or_default(),
            seen,
        }
    }

    /// Every curve.
    pub fn curves(&self) -> impl Iterator<Item = Curve<'_>> {
        self.points.values().filter_map(|points| points.last()).map(|newest| self.curve(newest.id, &newest.target))
    }

    /// The points of one repository, oldest first.
    pub fn of(&self, id: Option<i64>, target: &Target) -> &[Point] {
        let by_id = self.points.get(&key(id, target));
        by_id.or_else(|| self.points.get(&target.to_string())).map_or(&[], Vec::as_slice)
    }

    /// Every point, oldest first.
    pub fn points(&self) -> Vec<&Point> {
        let mut all: Vec<&Point> = self.points.values().flatten().collect();
        all.sort();
        all
    }

    /// The points of this run that are news: to be appended.
    pub fn news(&self, observations: &[Observation]) -> Vec<Point> {
        let mut sorted: Vec<Point> = observations.iter().filter_map(point).collect();
        sorted.sort();
        sorted.dedup_by(|b, a| (a.at, &a.target) == (b.at, &b.target));
        let Some(today) = sorted.last().map(|point| point.at) else { return sorted };
        let mut last: BTreeMap<String, (Date, u64)> = self
            .points
            .iter()
            .filter_map(|(key, points)| {
                // A later point was stored by a clock that ran ahead.
                let newest = points.iter().rev().find(|point| point.at <= today)?;
                Some((key.clone(), (newest.at, newest.stars)))
            })
            .collect();
        sorted.retain(|point| {
            let key = key(point.id, &point.target);
            let news = last.get(&key).is_none_or(|(at, stars)| is_news(*at, *stars, point));
            if news {
                last.insert(key, (point.at, point.stars));
            }
            news
        });
        sorted
    }

    /// Stars gained between the newest point and the one closest to 90 days before it, 60 to 150 days back; where no
    /// point lies in that window, what the forge counted. None where neither is known.
    pub fn growth(&self, id: Option<i64>, target: &Target) -> Option<Growth> {
        let points = self.of(id, target);
        growth_of_totals(points).or_else(|| self.gains(id, target)?.growth(points.last().map(|newest| newest.at)))
    }
}

fn growth_of_totals(points: &[Point]) -> Option<Growth> {
    let newest = points.last()?;
    let days = |point: &Point| (newest.at - point.at).get_days();
    let from = points.iter().filter(|p| (60..=150).contains(&days(p))).min_by_key(|p| (days(p) - 90).abs())?;
    let gained = i64::try_from(newest.stars).ok()? - i64::try_from(from.stars).ok()?;
    Some(Growth { gained, days: days(from), source: GrowthSource::Totals })
}

fn point(observation: &Observation) -> Option<Point> {
    let Seen::Alive(alive) = &observation.seen else { return None };
    let stars = alive.facts.stars?;
    let at = observation.day();
    Some(Point { at, target: observation.target.clone(), id: alive.facts.id, stars })
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn is_news(at: Date, stars: u64, point: &Point) -> bool {
    if point.at <= at {
        return false;
    }
    let moved = point.stars.abs_diff(stars) as f64 > stars as f64 * MOVED;
    moved || (point.at - at).get_days() >= OLD
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::observation::{Alive, Facts};

    fn seen(at: &str, stars: u64) -> Observation {
        let facts = Facts { stars: Some(stars), id: Some(1), ..Facts::default() };
        let seen = Seen::Alive(Arc::new(Alive { facts: facts.into(), ..Alive::default() }));
        Observation { target: "github:a/b".parse().unwrap(), at: at.parse().unwrap(), seen }
    }

    #[test]
    fn a_point_is_kept_for_two_percent_or_ninety_days() {
        let mut history = History::default();
        for (at, stars, news) in [
            ("2026-01-01T00:00:00Z", 1000, true),
            ("2026-01-08T00:00:00Z", 1020, false),
            ("2026-01-15T00:00:00Z", 1021, true),
            ("2026-03-01T00:00:00Z", 1021, false),
            ("2026-04-15T00:00:00Z", 1021, true),
        ] {
            let points = history.news(&[seen(at, stars)]);
            assert_eq!(points.len(), usize::from(news), "{at}");
            history = History::new(history.points().into_iter().cloned().chain(points));
        }
    }

    #[test]
    fn the_number_of_another_host_is_another_repository() {
        let point = |target: &str, at: &str, stars| Point {
            at: at.parse().unwrap(),
            target: target.parse().unwrap(),
            id: Some(1),
            stars,
        };
        let history = History::new([point("github:a/b", "2026-01-01", 100), point("gitlab:c/d", "2026-04-01", 7)]);
        let of = |target: &str| history.of(Some(1), &target.parse().unwrap()).len();
        assert_eq!((of("github:a/b"), of("gitlab:c/d")), (1, 1));
    }

    #[test]
    fn a_clock_that_ran_ahead_does_not_silence_the_history() {
        let history = History::new(History::default().news(&[seen("2027-01-01T00:00:00Z", 1000)]));
        assert_eq!(history.news(&[seen("2026-01-01T00:00:00Z", 1500)]).len(), 1);
    }

    #[test]
    fn growth_looks_back_sixty_to_a_hundred_and_fifty_days() {
        let target: Target = "github:a/b".parse().unwrap();
        let point = |at: &str, stars| Point { at: at.parse().unwrap(), target: target.clone(), id: Some(1), stars };
        let history = History::new([point("2026-01-01", 100), point("2026-03-01", 150), point("2026-06-01", 250)]);
        assert_eq!(
            history.growth(Some(1), &target),
            Some(Growth { gained: 100, days: 92, source: GrowthSource::Totals })
        );
        let short = History::new([point("2026-05-01", 100), point("2026-06-01", 250)]);
        assert_eq!(short.growth(Some(1), &target), None);
        assert!((Growth { gained: 100, days: 92, source: GrowthSource::Totals }.yearly() - 397.01).abs() < 0.01);
        assert!(Growth { gained: -5, days: 92, source: GrowthSource::Totals }.yearly().abs() < f64::EPSILON);
    }

    #[test]
    fn gains_show_growth_until_totals_do_and_are_drawn_before_the_first_total() {
        let target: Target = "github:a/b".parse().unwrap();
        let point = |at: &str, stars| Point { at: at.parse().unwrap(), target: target.clone(), id: Some(1), stars };
        let gains = Gains {
            at: "2026-11-24".parse().unwrap(),
            target: target.clone(),
            id: Some(1),
            source: crate::ledger::GainsSource::GithubStarHistory,
            from: Some("2026-05-03".parse().unwrap()),
            weeks: vec![5; 29],
        };
        let first =
            History::default().with(&HistoryNews { points: vec![point("2026-11-24", 200)], gains: vec![gains] });
        assert_eq!(first.growth(Some(1), &target), Some(Growth { gained: 65, days: 91, source: GrowthSource::Gains }));
        let curve = first.curve(Some(1), &target);
        assert_eq!((curve.reckoned.len(), curve.reckoned[0].1, curve.seen.len()), (29, 55, 1));
        assert_eq!(first.points(), [&point("2026-11-24", 200)], "gains are no points");
        let later = first.with(&HistoryNews { points: vec![point("2027-02-22", 230)], gains: Vec::new() });
        assert_eq!(later.growth(Some(1), &target), Some(Growth { gained: 30, days: 90, source: GrowthSource::Totals }));
        assert_eq!(later.gains(Some(1), &target).map(|gains| gains.weeks.len()), Some(29));
    }
}
