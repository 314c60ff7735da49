//! A score and its parts, and what both formulas have in common.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Baseline, formula1, formula2, months, real};
use crate::address::{ForgeKind, Target};
use crate::ledger::{Growth, GrowthSource, Record};
use crate::observation::{Facts, Known};
use crate::policy::{Formula, Rank};

/// Where the commits are unknown, a project is taken to have been worked on for this many months after its latest
/// release: of 9 to 24, the span at which hiding the commits of recorded projects moved the fewest ranks.
const WORK_AFTER_RELEASE: u32 = 24;

/// What a score is computed from.
#[derive(Debug, Clone, Copy)]
pub struct Project<'a> {
    /// What is known of the repository.
    pub record: &'a Record,
    /// Stars gained, where the history covers the window.
    pub growth: Option<Growth>,
    /// Whether its author marked it as finished: then inactivity is not a fault.
    pub finished: bool,
    /// The licence that the entry's own text names.
    pub licence: Option<&'a str>,
    /// The list's month: ages are counted to it.
    pub as_of: Date,
}

impl Project<'_> {
    /// The month in which its figures were fetched, where that is before the list's month.
    pub fn old_since(&self) -> Option<Date> {
        let fetched = self.record.as_of(Some(self.as_of))?.first_of_month();
        (fetched < self.as_of).then_some(fetched)
    }
}

/// How a project scores, and why.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Score {
    /// From 0 to 100.
    pub total: f64,
    /// What multiplies the sum of the parts.
    pub factor: Factor,
    /// The parts, in the order of the formula.
    pub parts: Vec<Part>,
    /// The version of the formula.
    pub formula: u32,
}

/// One part of a score.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Part {
    /// Which one.
    pub kind: PartKind,
    /// Its weight under the policy.
    pub weight: f64,
    /// From 0 to 1, as it counts; none where it leaves both sums.
    pub value: Option<f64>,
    /// The value before it was moved towards the list's middle; left out where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<f64>,
    /// How it is known.
    pub status: FactStatus,
    /// Where it comes from.
    pub source: FactSource,
    /// The fact behind it, for a person.
    pub fact: String,
    /// The day on which the fact was first seen as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub since: Option<Date>,
    /// The month in which it was fetched, where that is before the list's month.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub as_of: Option<Date>,
}

/// The parts of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PartKind {
    /// Stars, or likes.
    Popularity,
    /// Stars gained a year.
    Momentum,
    /// The age of the newest commit.
    Activity,
    /// The age of the latest release.
    Release,
    /// Whether a licence is known.
    Licence,
}

impl PartKind {
    /// Its name in every format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Popularity => "popularity",
            Self::Momentum => "momentum",
            Self::Activity => "activity",
            Self::Release => "release",
            Self::Licence => "licence",
        }
    }
}

/// How a fact is known. What could not be fetched keeps its last known value; what does not apply leaves both sums; what
/// is known to be absent is zero; what is unknown is none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FactStatus {
    /// Fetched in the last run.
    Known,
    /// Fetched earlier; the last run could not.
    LastKnown,
    /// Inferred from another fact: a push, a release, stars by age.
    Inferred,
    /// Cannot exist: it never released, or its author marked it as finished.
    NotApplicable,
    /// Never fetched.
    Unknown,
}

/// Where a fact comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FactSource {
    /// The forge.
    Forge,
    /// Two totals in the history of stars.
    History,
    /// The forge's own count of stars by the day on which they were given, in the history of stars.
    StarHistory,
    /// The list's own text.
    List,
    /// What the other entries of the list are like.
    Baseline,
}

impl From<GrowthSource> for FactSource {
    fn from(source: GrowthSource) -> Self {
        match source {
            GrowthSource::Totals => Self::History,
            GrowthSource::Gains => Self::StarHistory,
        }
    }
}

impl FactSource {
    /// Its name in every format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forge => "forge",
            Self::History => "history",
            Self::StarHistory => "star-history",
            Self::List => "list",
            Self::Baseline => "baseline",
        }
    }
}

/// What multiplies a score, and why.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Factor {
    /// The multiplier.
    pub value: f64,
    /// Why.
    pub kind: FactorKind,
}

/// Why a score is multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FactorKind {
    /// It is not.
    None,
    /// Archived by its owner.
    Archived,
    /// Disabled by the forge.
    Disabled,
    /// Younger than the policy's months.
    Young,
}

/// Scores a project by the policy's formula; `baseline` is what the entries of its list are like. None where no stars or
/// likes are known: such an entry is not ranked.
pub fn score(project: &Project<'_>, baseline: &Baseline, rank: &Rank) -> Option<Score> {
    let stars = project.record.facts.stars?;
    let facts = &project.record.facts;
    let (parts, created) = match rank.formula {
        Formula::One => (formula1::parts(project, stars, rank), facts.created),
        Formula::Two => (formula2::parts(project, stars, baseline, rank), facts.created.or(baseline.created)),
    };
    let factor = factor(facts, created, project.as_of, rank);
    let total = total(parts.iter().map(|part| (part.weight, part.value)), factor.value);
    Some(Score { total, factor, parts, formula: rank.formula.number() })
}

/// The total of parts, each a weight and a value: 100 times the factor times the weighted mean of those that apply.
pub(crate) fn total(parts: impl Iterator<Item = (f64, Option<f64>)>, factor: f64) -> f64 {
    let (sum, weights) = parts
        .filter_map(|(weight, value)| value.map(|value| (weight * value, weight)))
        .fold((0.0, 0.0), |(sum, weights), (share, weight)| (sum + share, weights + weight));
    if weights > 0.0 { (100.0 * factor * sum / weights).clamp(0.0, 100.0) } else { 0.0 }
}

/// Whether the forge of `target` counts likes, not stars.
pub fn counts_likes(target: &Target) -> bool {
    matches!(target, Target::Repository(repository) if repository.forge.kind == ForgeKind::HuggingFace)
}

fn factor(facts: &Facts, created: Option<Date>, as_of: Date, rank: &Rank) -> Factor {
    if facts.archived == Some(true) {
        return Factor { value: rank.archived_factor, kind: FactorKind::Archived };
    }
    if facts.disabled == Some(true) {
        return Factor { value: rank.archived_factor, kind: FactorKind::Disabled };
    }
    match created.map(|created| months(created, as_of)) {
        Some(age) if age < rank.young_months => {
            let share = f64::from(age) / f64::from(rank.young_months);
            Factor { value: rank.young_factor + (1.0 - rank.young_factor) * share, kind: FactorKind::Young }
        }
        _ => Factor { value: 1.0, kind: FactorKind::None },
    }
}

/// The licence that a forge reports; none where it found none, or one that it could not identify.
pub fn known_licence(facts: &Facts) -> Known<&str> {
    facts.licence.as_ref().map(|licence| licence.as_deref().filter(|name| is_identified(name)))
}

/// Whether a forge's word for a licence names one. `NOASSERTION` (GitHub) and `Other` mean that there is a licence that
/// it does not recognise: that differs from none.
pub(super) fn is_identified(name: &str) -> bool {
    !name.is_empty() && !matches!(name, "NOASSERTION" | "OTHER" | "Other" | "other")
}

/// The scales and the weights of a project under a policy.
pub(super) struct Scales<'a> {
    rank: &'a Rank,
    likes: bool,
}

impl<'a> Scales<'a> {
    pub(super) fn of(target: &Target, rank: &'a Rank) -> Self {
        Self { rank, likes: counts_likes(target) }
    }

    pub(super) fn popularity(&self, stars: u64) -> f64 {
        logarithmic(real(stars), if self.likes { self.rank.full_likes } else { self.rank.full_stars })
    }

    pub(super) fn momentum(&self, yearly: f64) -> f64 {
        logarithmic(yearly, if self.likes { self.rank.full_likes_growth } else { self.rank.full_growth })
    }

    pub(super) fn activity(&self, age: u32) -> f64 {
        halving(age, self.rank.grace_months, self.rank.activity_half_life)
    }

    /// The activity that a release implies where the commits are unknown, before it is limited to the list's median.
    pub(super) fn implied_activity(&self, age: u32) -> f64 {
        self.activity(age.saturating_sub(WORK_AFTER_RELEASE))
    }

    pub(super) fn release(&self, age: u32) -> f64 {
        halving(age, self.rank.grace_months, self.rank.release_half_life)
    }

    pub(super) fn unit(&self) -> &'static str {
        if self.likes { "likes" } else { "stars" }
    }

    pub(super) fn weight(&self, kind: PartKind) -> f64 {
        let weights = &self.rank.weights;
        let weight = match kind {
            PartKind::Popularity => weights.popularity,
            PartKind::Momentum => weights.momentum,
            PartKind::Activity => weights.activity,
            PartKind::Release => weights.release,
            PartKind::Licence => weights.licence,
        };
        weight.max(0.0)
    }
}

fn logarithmic(count: f64, full: u64) -> f64 {
    if full == 0 {
        return 1.0;
    }
    (count.max(0.0).ln_1p() / real(full).ln_1p()).clamp(0.0, 1.0)
}

/// 1 up to the grace period, then half in each `half_life`.
pub(super) fn halving(age: u32, grace: u32, half_life: f64) -> f64 {
    let beyond = f64::from(age.saturating_sub(grace));
    if half_life > 0.0 { (-beyond / half_life).exp2() } else { f64::from(u8::from(beyond <= 0.0)) }
}

/// Stars a year over the whole life of a project that was created `age` months ago.
pub(super) fn stars_by_age(stars: u64, age: u32) -> f64 {
    real(stars) * 12.0 / f64::from(age.max(1))
}

/// Stars gained, in words.
pub(super) fn growth_text(growth: Growth, unit: &str) -> String {
    if growth.gained < 0 {
        format!("{} {unit} in {} days", growth.gained, growth.days)
    } else {
        format!("+{} {unit} a year ({} days)", grouped(whole(growth.yearly())), growth.days)
    }
}

/// How long ago something was, in words.
pub(super) fn age_text(age: u32) -> String {
    match age {
        0 => "this month".to_owned(),
        1 => "1 month ago".to_owned(),
        _ => format!("{age} months ago"),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rounded count that is not negative")]
pub(super) fn whole(count: f64) -> u64 {
    count.max(0.0).round() as u64
}

/// A count with separators between thousands.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_of_known_facts() {
        let date = |day: &str| day.parse::<Date>().unwrap();
        let facts = Facts { archived: Some(false), disabled: Some(false), ..Facts::default() };
        for (facts, created, value, kind) in [
            (facts.clone(), Some("2020-11-20"), 1.0, FactorKind::None),
            (Facts { archived: Some(true), ..facts.clone() }, Some("2026-11-01"), 0.5, FactorKind::Archived),
            (Facts { disabled: Some(true), ..facts.clone() }, None, 0.5, FactorKind::Disabled),
            (Facts::default(), None, 1.0, FactorKind::None),
            (facts.clone(), Some("2026-11-01"), 0.7, FactorKind::Young),
            (facts.clone(), Some("2026-09-30"), 0.8, FactorKind::Young),
            (facts.clone(), Some("2026-06-01"), 0.95, FactorKind::Young),
            (facts, Some("2026-05-31"), 1.0, FactorKind::None),
        ] {
            let factor = factor(&facts, created.map(date), date("2026-11-01"), &Rank::default());
            assert!((factor.value - value).abs() < 1e-9, "{factor:?}");
            assert_eq!(factor.kind, kind);
        }
    }

    #[test]
    fn weights_of_zero_make_no_score_and_no_panic() {
        assert!(total([(0.0, Some(1.0))].into_iter(), 1.0).abs() < f64::EPSILON);
        assert!((total([(1.0, Some(1.0)), (3.0, None)].into_iter(), 0.5) - 50.0).abs() < 1e-9);
        let none = Rank { full_stars: 0, activity_half_life: 0.0, ..Rank::default() };
        let scales = Scales { rank: &none, likes: false };
        assert_eq!((scales.popularity(3), scales.activity(6), scales.activity(7)), (1.0, 1.0, 0.0));
    }

    #[test]
    fn thousands_are_separated() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), text);
        }
    }
}
