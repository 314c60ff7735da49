//! The one change that would raise an entry's score most.

use schemars::JsonSchema;
use serde::Serialize;

use crate::policy::Rank;
use crate::ranking::{FactStatus, FactorKind, Part, PartKind, Score, total};

/// A change and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Suggestion {
    /// What would have to be so: the rest of a sentence that begins with "if".
    pub change: &'static str,
    /// The points it would bring.
    pub gain: f64,
}

/// The change with the largest gain, among those that a project can bring about: twice the stars, twice the growth, a
/// commit or a release this month, a licence, being archived no longer, growing older. `likes` says that its stars are
/// likes. None where nothing is left.
pub fn suggestion(score: &Score, rules: &Rank, likes: bool) -> Option<Suggestion> {
    let factor = score.factor.value;
    let mut changes: Vec<Suggestion> = score
        .parts
        .iter()
        .filter_map(|part| {
            let (change, value) = better(part, rules, likes)?;
            let changed = score.parts.iter().map(|other| {
                let value = if other.kind == part.kind { Some(value) } else { other.value };
                (other.weight, value)
            });
            Some(Suggestion { change, gain: total(changed, factor) - score.total })
        })
        .collect();
    let without_factor = match score.factor.kind {
        FactorKind::None => None,
        FactorKind::Archived => Some("it were archived no longer"),
        FactorKind::Disabled => Some("the forge enabled it again"),
        FactorKind::Young => Some("it were past its first months"),
    };
    let parts = score.parts.iter().map(|part| (part.weight, part.value));
    changes.extend(without_factor.map(|change| Suggestion { change, gain: total(parts, 1.0) - score.total }));
    changes.into_iter().filter(|suggestion| suggestion.gain > 0.05).max_by(|a, b| a.gain.total_cmp(&b.gain))
}

/// What would better a part, and the value that it would then have.
fn better(part: &Part, rules: &Rank, likes: bool) -> Option<(&'static str, f64)> {
    let (stars, growth) =
        if likes { (rules.full_likes, rules.full_likes_growth) } else { (rules.full_stars, rules.full_growth) };
    match (part.kind, part.status) {
        (PartKind::Licence, FactStatus::Unknown) => Some(("the forge recognised its licence", 1.0)),
        (_, FactStatus::Unknown) | (PartKind::Activity | PartKind::Release, FactStatus::NotApplicable) => None,
        // What an old or an inferred figure would become is not known.
        (PartKind::Popularity | PartKind::Momentum, _) if part.measured.is_some() => None,
        (PartKind::Popularity, _) => Some(("its stars doubled", doubled(part.value?, stars))),
        (PartKind::Momentum, _) => Some(("its growth doubled", doubled(part.value?, growth))),
        (PartKind::Activity, _) => Some(("it had a commit this month", 1.0)),
        (PartKind::Release, _) => Some(("it had a release this month", 1.0)),
        (PartKind::Licence, _) => Some(("it had a licence", 1.0)),
    }
}

/// The value of twice the count that has `value`, on a logarithmic scale that is full at `full`.
#[expect(clippy::cast_precision_loss, reason = "constants are far below 2^52")]
fn doubled(value: f64, full: u64) -> f64 {
    let whole = (full.max(1) as f64).ln_1p();
    let count = (value * whole).exp_m1();
    ((2.0 * count).ln_1p() / whole).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Formula;
    use crate::ranked_list::sample::{day, record};
    use crate::ranking::{Baseline, Project, score};

    fn of(commit: &str, archived: bool) -> Option<Suggestion> {
        let mut record = record("github:a/b", 999, commit);
        record.facts.archived = Some(archived);
        record.facts.created = None;
        let project =
            Project { record: &record, growth: None, finished: false, licence: None, as_of: day("2026-11-01") };
        let score = score(&project, &Baseline::default(), &Rank::of(Formula::One)).unwrap();
        suggestion(&score, &Rank::of(Formula::One), false)
    }

    #[test]
    fn the_change_with_the_largest_gain_is_suggested() {
        // 40·0.6 + 25·0.5 + 5 = 41.5 of 70; a commit adds 12.5/70 = 17.857
        let suggestion = of("2025-08-01", false).unwrap();
        assert_eq!(suggestion.change, "it had a commit this month");
        assert!((suggestion.gain - 17.857).abs() < 0.001, "{suggestion:?}");
        // 54 of 70, halved: 38.571
        let suggestion = of("2026-11-01", true).unwrap();
        assert_eq!(suggestion.change, "it were archived no longer");
        assert!((suggestion.gain - 38.571).abs() < 0.001, "{suggestion:?}");
        // twice the stars: 40·ln(1999/1000)/ln 100001/70 = 3.437
        let suggestion = of("2026-11-01", false).unwrap();
        assert_eq!(suggestion.change, "its stars doubled");
        assert!((suggestion.gain - 3.437).abs() < 0.001, "{suggestion:?}");
    }
}
