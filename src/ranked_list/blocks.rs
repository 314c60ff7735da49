//! What the blocks show of the whole list: what grows, what is new, what went without commits.

use std::cmp::Reverse;

use super::{ListEntry, Placement, RankedList};
use crate::policy::MarkName;
use crate::ranking::{Activity, months};

/// Fewer stars gained than this are no trend.
const LEAST_GAIN: i64 = 50;
/// Less than this share of its stars, in 90 days, is no trend.
const LEAST_SHARE: f64 = 0.1;
/// Silent since so many months past the edge is no longer new.
const LATELY: u32 = 2;

/// How many entries the block `top` lists.
pub const TOP_SIZE: usize = 10;

impl RankedList {
    /// The best of the list, the first of each target.
    pub(super) fn find_top(&self) -> Vec<usize> {
        let mut found: Vec<(usize, usize)> =
            self.listed_rows().filter_map(|(index, row)| Some((row.position.rank?, index))).collect();
        found.sort_unstable();
        self.distinct(found.into_iter().map(|(_, index)| index), TOP_SIZE)
    }

    fn listed_rows(&self) -> impl Iterator<Item = (usize, &ListEntry)> {
        self.entries
            .iter()
            .enumerate()
            .filter(|(_, row)| matches!(row.position.placement, Placement::Shown | Placement::Folded))
    }

    /// Those that gained the largest share of their stars. What is odd about its stars is no trend.
    pub(super) fn find_trending(&self, size: usize) -> Vec<usize> {
        let mut found: Vec<(f64, usize)> = self
            .listed_rows()
            .filter(|(_, row)| row.forge.anomaly.is_none() && row.forge.facts.archived != Some(true))
            .filter_map(|(index, row)| Some((share(row)?, index)))
            .filter(|(share, _)| *share >= LEAST_SHARE)
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        self.distinct(found.into_iter().map(|(_, index)| index), size)
    }

    /// Those that were added lately, the newest first.
    pub(super) fn find_new(&self, size: usize) -> Vec<usize> {
        let mut found: Vec<(Reverse<_>, usize)> = self
            .listed_rows()
            .filter(|(_, row)| row.status.marks.contains(&MarkName::New))
            .map(|(index, row)| (Reverse(row.forge.added), index))
            .collect();
        found.sort_unstable();
        self.distinct(found.into_iter().map(|(_, index)| index), size)
    }

    /// Those whose silence has just become long, the best first.
    pub(super) fn find_newly_stale(&self, size: usize, edge: u32) -> Vec<usize> {
        let Some(as_of) = self.as_of else { return Vec::new() };
        let lately = |row: &ListEntry| {
            row.forge.facts.worked().is_some_and(|date| {
                let age = months(date, as_of);
                age > edge && age <= edge + LATELY
            })
        };
        let mut found: Vec<(Option<usize>, usize)> = self
            .listed_rows()
            .filter(|(_, row)| row.forge.activity == Some(Activity::Stale) && !row.source.finished && lately(row))
            .filter(|(_, row)| row.forge.facts.archived != Some(true))
            .map(|(index, row)| (row.position.rank, index))
            .collect();
        found.sort_unstable();
        self.distinct(found.into_iter().map(|(_, index)| index), size)
    }

    /// The first of each target, at most `size`.
    fn distinct(&self, found: impl Iterator<Item = usize>, size: usize) -> Vec<usize> {
        let mut seen = std::collections::BTreeSet::new();
        found.filter(|index| seen.insert(&self.entries[*index].ranked_by)).take(size).collect()
    }
}

/// The share of its stars that a project gained, brought to 90 days.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn share(row: &ListEntry) -> Option<f64> {
    let growth = row.forge.growth.filter(|growth| growth.gained >= LEAST_GAIN)?;
    let stars = i64::try_from(row.forge.facts.stars?).ok()?;
    let before = (stars - growth.gained).max(LEAST_GAIN);
    Some(growth.gained as f64 / before as f64 * 90.0 / f64::from(growth.days.max(1)))
}
