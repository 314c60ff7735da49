//! What the entries of a list are like: what formula 2 counts for a fact that is unknown.
//!
//! An unknown fact is never an advantage: it counts at most as much as the list's median. It is taken from the list, and
//! not from other lists, so that it can be recomputed from the files in one folder.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::score::{Scales, known_licence, stars_by_age, whole};
use super::{Project, months, real};
use crate::address::Target;
use crate::policy::Rank;

/// The quantile that an unknown fact counts as: below the median, so that it never pays to be unknown, and near to it,
/// so that learning an average fact changes little. Of 0.25, 0.33, 0.4 and 0.5, this one moved the fewest ranks but for
/// the median itself (`docs/ranking.md`).
const LOW_QUANTILE: f64 = 0.4;

/// Fewer known values than this make no median. It is also the number of values that the constants below stand for when
/// they are blended with a list's own: a list of ten entries gets half of each.
const MIN_KNOWN: usize = 10;

/// Levels are rounded down to a fiftieth: a list's quantile moves a little every week, and the unknown entries should
/// not.
const STEPS: f64 = 50.0;

/// The levels of 2,213 recorded projects, rounded: low quantile and median. Activity is lower than recorded (0.89 and 1),
/// because a list whose commits are unknown is not one that is looked after.
const POPULARITY: (f64, f64) = (0.5, 0.55);
const MOMENTUM: (f64, f64) = (0.36, 0.4);
const ACTIVITY: (f64, f64) = (0.6, 0.7);
const RELEASE: (f64, f64) = (0.5, 0.75);
/// No limit where too little is known to set one.
const UNLIMITED: (f64, f64) = (1.0, 1.0);
/// The share of the recorded projects on GitHub that have a licence is 0.94; other forges report none.
const LICENSED_SHARE: f64 = 0.8;

/// What is usual in a list, for one part of the score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Level {
    /// What an unknown fact counts as.
    pub low: f64,
    /// The median of what is known.
    pub median: f64,
    /// How many entries it is known of.
    pub known: usize,
}

/// What the entries of a list are like.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Baseline {
    /// Of popularity: only old figures move towards it, for without stars there is no rank.
    pub popularity: Level,
    /// Of momentum.
    pub momentum: Level,
    /// Of activity.
    pub activity: Level,
    /// Of releases.
    pub release: Level,
    /// Of licences: `low` is twice the share of entries with a licence, less one.
    pub licence: Level,
    /// The most that a push counts for where the commits are unknown: bots push too.
    pub push_cap: f64,
    /// The most that unknown commits count for where the releases are unknown too: what the median release implies.
    pub implied_cap: f64,
    /// The most that stars by age count for where the growth is unknown.
    pub average_cap: f64,
    /// The day of creation that an unknown one counts as: three quarters of the entries are younger, so that stars by
    /// age are not overrated.
    #[schemars(with = "Option<String>")]
    pub created: Option<Date>,
}

impl Default for Baseline {
    /// The baseline of a list of which nothing is known.
    fn default() -> Self {
        Self::new(&Samples::default())
    }
}

/// The known values of a list.
#[derive(Debug, Default)]
struct Samples {
    popularity: Vec<f64>,
    growth: Vec<f64>,
    average: Vec<f64>,
    commit: Vec<f64>,
    push: Vec<f64>,
    release: Vec<f64>,
    implied: Vec<f64>,
    licence: Vec<f64>,
    created: Vec<Date>,
}

impl Baseline {
    /// What `projects`, the entries of one list, are like under the policy. Each target counts once.
    pub fn of<'a>(projects: impl IntoIterator<Item = Project<'a>>, rank: &Rank) -> Self {
        let projects: BTreeMap<&Target, Project<'a>> =
            projects.into_iter().map(|project| (&project.record.target, project)).collect();
        let mut samples = Samples::default();
        for project in projects.values() {
            samples.add(project, rank);
        }
        Self::new(&samples)
    }

    fn new(samples: &Samples) -> Self {
        let has_growth = samples.growth.len() >= MIN_KNOWN;
        let has_commits = samples.commit.len() >= MIN_KNOWN;
        let momentum = if has_growth { samples.growth.clone() } else { samples.average.clone() };
        let pushes = if has_commits { &[] } else { samples.push.as_slice() };
        let activity: Vec<f64> = samples.commit.iter().chain(pushes).copied().collect();
        let mut created = samples.created.clone();
        created.sort_unstable();
        let momentum = Level::of(momentum, MOMENTUM);
        let activity = Level::of(activity, ACTIVITY);
        Self {
            popularity: Level::of(samples.popularity.clone(), POPULARITY),
            momentum,
            activity,
            release: Level::of(samples.release.clone(), RELEASE),
            licence: Level::of_licences(&samples.licence),
            push_cap: if has_commits { activity.median } else { 1.0 },
            implied_cap: Level::of(samples.implied.clone(), UNLIMITED).median,
            average_cap: if has_growth { momentum.median } else { 1.0 },
            created: created.get(created.len() / 4).copied(),
        }
    }
}

impl Samples {
    fn add(&mut self, project: &Project<'_>, rank: &Rank) {
        let facts = &project.record.facts;
        let Some(stars) = facts.stars else { return };
        let scales = Scales::of(&project.record.target, rank);
        let age = |day: Date| months(day, project.as_of);
        self.popularity.push(scales.popularity(stars));
        if let Some(growth) = project.growth {
            self.growth.push(scales.momentum(growth.yearly()));
        }
        if let Some(created) = facts.created {
            self.average.push(scales.momentum(stars_by_age(stars, age(created))));
            self.created.push(created);
        }
        if !project.finished {
            match (facts.commit.flatten(), facts.pushed.flatten()) {
                (Some(commit), _) => self.commit.push(scales.activity(age(commit))),
                (None, Some(push)) => self.push.push(scales.activity(age(push))),
                (None, None) => {}
            }
            if let Some(release) = facts.release.flatten().map(age) {
                self.release.push(scales.release(release));
                self.implied.push(scales.implied_activity(release));
            }
        }
        match known_licence(facts) {
            _ if project.licence.is_some() => self.licence.push(1.0),
            Some(Some(_)) => self.licence.push(1.0),
            Some(None) if facts.licence == Some(None) => self.licence.push(0.0),
            _ => {}
        }
    }
}

impl Level {
    fn of(mut values: Vec<f64>, (low, median): (f64, f64)) -> Self {
        values.sort_by(f64::total_cmp);
        let known = values.len();
        let own = quantile(&values, LOW_QUANTILE).map_or(low, |own| blended(own, low, known));
        match quantile(&values, 0.5).filter(|_| known >= MIN_KNOWN) {
            Some(median) => Self { low: down(own.min(median)), median: down(median), known },
            None => Self { low: down(own), median, known },
        }
    }

    fn of_licences(values: &[f64]) -> Self {
        let known = values.len();
        let share = mean(values);
        let low = (2.0 * share.map_or(LICENSED_SHARE, |own| blended(own, LICENSED_SHARE, known)) - 1.0).max(0.0);
        match share.filter(|_| known >= MIN_KNOWN) {
            Some(share) if share <= 0.5 => Self { low: 0.0, median: 0.0, known },
            _ => Self { low: down(low), median: 1.0, known },
        }
    }
}

/// A list's own level, blended with a constant that counts as much as [`MIN_KNOWN`] values.
fn blended(own: f64, constant: f64, known: usize) -> f64 {
    let (known, constants) = (size(known), size(MIN_KNOWN));
    (known * own + constants * constant) / (known + constants)
}

/// Rounded down to the step; what rounding errors leave just below a step is on it.
fn down(value: f64) -> f64 {
    (value * STEPS + 1e-9).floor() / STEPS
}

/// The quantile of sorted values, interpolated between neighbours.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let at = share * size(sorted.len().checked_sub(1)?);
    let below = usize::try_from(whole(at.floor())).ok()?;
    let value = *sorted.get(below)?;
    Some(sorted.get(below + 1).map_or(value, |next| value + (next - value) * at.fract()))
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / size(values.len()))
}

fn size(count: usize) -> f64 {
    real(u64::try_from(count).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_the_list_s_own_blended_with_a_constant() {
        let level = |values: Vec<f64>| Level::of(values, (0.6, 0.7));
        assert_eq!(level(vec![]), Level { low: 0.6, median: 0.7, known: 0 });
        // (1·0.2 + 10·0.6)/11 = 0.564, down to 0.56; one value is no median
        assert_eq!(level(vec![0.2]), Level { low: 0.56, median: 0.7, known: 1 });
        // the quantile of 0.4 and the median of 0, 0.1, … 1 are 0.4 and 0.5: (11·0.4 + 10·0.6)/21 = 0.495
        let tenths: Vec<f64> = (0..=10).map(|n| f64::from(n) / 10.0).collect();
        assert_eq!(level(tenths), Level { low: 0.48, median: 0.5, known: 11 });
        // the constant never lifts it above the median
        assert_eq!(level(vec![0.1; 10]), Level { low: 0.1, median: 0.1, known: 10 });
    }

    #[test]
    fn an_unknown_licence_counts_as_twice_the_share_less_one() {
        for (with, without, low) in [(0, 0, 0.6), (90, 10, 0.78), (50, 50, 0.0), (10, 90, 0.0), (3, 0, 0.68)] {
            let values: Vec<f64> = std::iter::repeat_n(1.0, with).chain(std::iter::repeat_n(0.0, without)).collect();
            let level = Level::of_licences(&values);
            assert!((level.low - low).abs() < 1e-9, "{with} of {}: {level:?}", with + without);
        }
    }
}
