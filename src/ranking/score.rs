//! Formula 1: bounded, decomposable, with fixed constants.

use jiff::civil::Date;
use serde::Serialize;

use super::{FORMULA, months, real};
use crate::address::{ForgeKind, Target};
use crate::ledger::{Growth, Record};
use crate::observation::{Facts, Known};
use crate::policy::Rank;

/// How a project scores, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// Which one.
    pub kind: PartKind,
    /// Its weight under the policy.
    pub weight: f64,
    /// From 0 to 1; none where it leaves both sums.
    pub value: Option<f64>,
    /// How it is known.
    pub status: FactStatus,
    /// The fact behind it, for a person.
    pub fact: String,
    /// The day on which the fact was first seen as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
}

/// The parts of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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

/// How a fact is known. Three kinds of missing are never confused: what could not be fetched keeps its last known
/// value; what does not apply, or is unknown, leaves both sums; what is known to be absent is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactStatus {
    /// Fetched in the last run.
    Known,
    /// Fetched earlier; the last run could not.
    LastKnown,
    /// Cannot exist: it never released, or its author marked it as finished.
    NotApplicable,
    /// Never fetched.
    Unknown,
}

/// What multiplies a score, and why. It is never applied on missing data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Factor {
    /// The multiplier.
    pub value: f64,
    /// Why.
    pub kind: FactorKind,
}

/// Why a score is multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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

/// Scores a repository from its `record`, with ages counted from `as_of`. `finished`: its author marked it so, and
/// inactivity is not a fault. None where no stars or likes are known: such an entry is not ranked.
pub fn score(record: &Record, growth: Option<Growth>, as_of: Date, finished: bool, rank: &Rank) -> Option<Score> {
    let stars = record.facts.stars?;
    let scorer = Scorer { record, as_of, rank, likes: counts_likes(&record.target) };
    let parts = vec![
        scorer.popularity(stars),
        scorer.momentum(stars, growth),
        scorer.activity(finished),
        scorer.release(finished),
        scorer.licence(),
    ];
    let (sum, weights) = parts
        .iter()
        .filter_map(|part| part.value.map(|value| (part.weight * value, part.weight)))
        .fold((0.0, 0.0), |(sum, weights), (share, weight)| (sum + share, weights + weight));
    let factor = factor(&record.facts, as_of, rank);
    let total = if weights > 0.0 { (100.0 * factor.value * sum / weights).clamp(0.0, 100.0) } else { 0.0 };
    Some(Score { total, factor, parts, formula: FORMULA })
}

/// Whether the forge of `target` counts likes, not stars.
pub fn counts_likes(target: &Target) -> bool {
    matches!(target, Target::Repository(repository) if repository.forge.kind == ForgeKind::HuggingFace)
}

fn factor(facts: &Facts, as_of: Date, rank: &Rank) -> Factor {
    if facts.archived == Some(true) {
        return Factor { value: rank.archived_factor, kind: FactorKind::Archived };
    }
    if facts.disabled == Some(true) {
        return Factor { value: rank.archived_factor, kind: FactorKind::Disabled };
    }
    match facts.created.map(|created| months(created, as_of)) {
        Some(age) if age < rank.young_months => {
            let share = f64::from(age) / f64::from(rank.young_months);
            Factor { value: rank.young_factor + (1.0 - rank.young_factor) * share, kind: FactorKind::Young }
        }
        _ => Factor { value: 1.0, kind: FactorKind::None },
    }
}

/// Computes the parts of one score.
struct Scorer<'a> {
    record: &'a Record,
    as_of: Date,
    rank: &'a Rank,
    likes: bool,
}

impl Scorer<'_> {
    fn popularity(&self, stars: u64) -> Part {
        let full = if self.likes { self.rank.full_likes } else { self.rank.full_stars };
        let fact = format!("{} {}", grouped(stars), self.unit());
        self.known(PartKind::Popularity, logarithmic(real(stars), full), fact, "stars")
    }

    fn momentum(&self, stars: u64, growth: Option<Growth>) -> Part {
        let full = if self.likes { self.rank.full_likes_growth } else { self.rank.full_growth };
        let unit = self.unit();
        if let Some(growth) = growth {
            let yearly = growth.yearly();
            let fact = if growth.gained < 0 {
                format!("{} {unit} in {} days", growth.gained, growth.days)
            } else {
                format!("+{} {unit} a year ({} days)", grouped(whole(yearly)), growth.days)
            };
            return self.known(PartKind::Momentum, logarithmic(yearly, full), fact, "stars");
        }
        let Some(created) = self.record.facts.created else {
            return self.without(PartKind::Momentum, FactStatus::Unknown, "neither its history nor its age is known");
        };
        let yearly = real(stars) * 12.0 / f64::from(months(created, self.as_of).max(1));
        let fact = format!("{} {unit} a year since {}", grouped(whole(yearly)), created.strftime("%Y-%m"));
        self.known(PartKind::Momentum, logarithmic(yearly, full), fact, "stars")
    }

    fn activity(&self, finished: bool) -> Part {
        let facts = &self.record.facts;
        let fact = if facts.commit.flatten().is_some() { "commit" } else { "pushed" };
        let none = if facts.commit == Some(None) { Some(None) } else { facts.pushed };
        let date = facts.worked().map_or(none, |date| Some(Some(date)));
        let label = if fact == "commit" { "last commit" } else { "last push" };
        match date {
            _ if finished => {
                self.without(PartKind::Activity, FactStatus::NotApplicable, "its author marked it as finished")
            }
            Some(None) => self.known(PartKind::Activity, 0.0, "no commit".to_owned(), "commit"),
            Some(Some(date)) => self.aged(PartKind::Activity, date, self.rank.activity_half_life, label, fact),
            None => self.without(PartKind::Activity, FactStatus::Unknown, "its commits are unknown"),
        }
    }

    fn release(&self, finished: bool) -> Part {
        let kind = PartKind::Release;
        match self.record.facts.release {
            _ if finished => self.without(kind, FactStatus::NotApplicable, "its author marked it as finished"),
            Some(None) => self.without(kind, FactStatus::NotApplicable, "it never released"),
            Some(Some(date)) => self.aged(kind, date, self.rank.release_half_life, "released", "release"),
            None => self.without(kind, FactStatus::Unknown, "its releases are unknown"),
        }
    }

    fn licence(&self) -> Part {
        match known_licence(&self.record.facts) {
            Some(Some(licence)) => self.known(PartKind::Licence, 1.0, licence.to_owned(), "licence"),
            Some(None) => self.known(PartKind::Licence, 0.0, "no licence that is known".to_owned(), "licence"),
            None => self.without(PartKind::Licence, FactStatus::Unknown, "its licence is unknown"),
        }
    }

    /// A value that halves in each `half_life` after the grace period.
    fn aged(&self, kind: PartKind, date: Date, half_life: f64, label: &str, fact: &str) -> Part {
        let age = months(date, self.as_of);
        let beyond = f64::from(age.saturating_sub(self.rank.grace_months));
        let value = if half_life > 0.0 { (-beyond / half_life).exp2() } else { f64::from(u8::from(beyond <= 0.0)) };
        let when = match age {
            0 => "this month".to_owned(),
            1 => "1 month ago".to_owned(),
            _ => format!("{age} months ago"),
        };
        self.known(kind, value, format!("{label} {when}"), fact)
    }

    fn known(&self, kind: PartKind, value: f64, fact: String, name: &str) -> Part {
        let hidden = self.record.failing.is_some() || self.record.blocked.is_some();
        let status = if hidden { FactStatus::LastKnown } else { FactStatus::Known };
        let since = self.record.dates.get(name).copied();
        Part { kind, weight: self.weight(kind), value: Some(value), status, fact, since }
    }

    fn without(&self, kind: PartKind, status: FactStatus, why: &str) -> Part {
        Part { kind, weight: self.weight(kind), value: None, status, fact: why.to_owned(), since: None }
    }

    fn weight(&self, kind: PartKind) -> f64 {
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

    fn unit(&self) -> &'static str {
        if self.likes { "likes" } else { "stars" }
    }
}

/// The licence that a forge reports; one that it could not identify counts as none.
pub fn known_licence(facts: &Facts) -> Known<&str> {
    let known = |name: &&str| !name.is_empty() && !matches!(*name, "NOASSERTION" | "OTHER" | "Other");
    facts.licence.as_ref().map(|licence| licence.as_deref().filter(known))
}

fn logarithmic(count: f64, full: u64) -> f64 {
    if full == 0 {
        return 1.0;
    }
    (count.max(0.0).ln_1p() / real(full).ln_1p()).clamp(0.0, 1.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rounded count that is not negative")]
fn whole(count: f64) -> u64 {
    count.max(0.0).round() as u64
}

/// A count with separators between thousands.
fn grouped(count: u64) -> String {
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
    use crate::ledger::{Blocked, Streak};
    use crate::observation::FailureClass;

    fn date(s: &str) -> Date {
        s.parse().unwrap()
    }

    fn record(facts: Facts) -> Record {
        let mut record = Record::new("github:a/b".parse().unwrap(), date("2026-01-05"));
        record.dates.insert("stars".to_owned(), date("2026-10-05"));
        record.facts = facts.into();
        record
    }

    /// 999 stars, created 2020-11, commit and release this month, MIT.
    fn facts() -> Facts {
        Facts {
            stars: Some(999),
            created: Some(date("2020-11-20")),
            archived: Some(false),
            disabled: Some(false),
            licence: Some(Some("MIT".to_owned())),
            commit: Some(Some(date("2026-11-02"))),
            release: Some(Some(date("2026-09-30"))),
            ..Facts::default()
        }
    }

    fn scored(record: &Record, growth: Option<Growth>, finished: bool) -> Score {
        score(record, growth, date("2026-11-01"), finished, &Rank::default()).unwrap()
    }

    fn part(facts: Facts, growth: Option<Growth>, kind: PartKind) -> Part {
        scored(&record(facts), growth, false).parts.into_iter().find(|part| part.kind == kind).unwrap()
    }

    fn near(a: Option<f64>, b: Option<f64>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-4,
            (None, None) => true,
            _ => false,
        }
    }

    #[test]
    fn popularity_is_the_logarithm_of_stars() {
        // ln(1000)/ln(100001) = 6.907755/11.512935
        for (stars, value) in [(0, 0.0), (9, 0.20000), (999, 0.60000), (100_000, 1.0), (5_000_000, 1.0)] {
            let part = part(Facts { stars: Some(stars), ..facts() }, None, PartKind::Popularity);
            assert!(near(part.value, Some(value)), "{stars}: {:?}", part.value);
        }
        let part = part(Facts { stars: Some(30_457), ..facts() }, None, PartKind::Popularity);
        assert_eq!((part.fact.as_str(), part.since), ("30,457 stars", Some(date("2026-10-05"))));
        assert!(near(part.value, Some(0.89673)), "ln(30458)/ln(100001) = 10.324104/11.512935");
    }

    #[test]
    fn likes_have_a_scale_of_their_own() {
        let mut record = record(Facts { stars: Some(999), ..facts() });
        record.target = "huggingface:a/b".parse().unwrap();
        let score = scored(&record, None, false);
        // ln(1000)/ln(10001) = 6.907755/9.210440
        assert!(near(score.parts[0].value, Some(0.74999)), "{:?}", score.parts[0]);
        assert_eq!(score.parts[0].fact, "999 likes");
    }

    #[test]
    fn momentum_is_growth_else_stars_by_age() {
        // 100 in 92 days: 397.01 a year; ln(398.01)/ln(20001) = 5.986480/9.903538
        // 999 stars in 72 months: 166.5 a year; ln(167.5)/ln(20001) = 5.120983/9.903538
        let growth = |gained| Some(Growth { gained, days: 92 });
        for (growth, created, value, fact) in [
            (growth(100), None, Some(0.60448), "+397 stars a year (92 days)"),
            (growth(-20), None, Some(0.0), "-20 stars in 92 days"),
            (growth(0), None, Some(0.0), "+0 stars a year (92 days)"),
            (growth(90_000), None, Some(1.0), "+357,310 stars a year (92 days)"),
            (None, Some("2020-11-20"), Some(0.51709), "167 stars a year since 2020-11"),
            (None, None, None, "neither its history nor its age is known"),
        ] {
            let part = part(Facts { created: created.map(date), ..facts() }, growth, PartKind::Momentum);
            assert!(near(part.value, value), "{fact}: {:?}", part.value);
            assert_eq!(part.fact, fact);
        }
    }

    #[test]
    fn activity_falls_by_half_each_twelve_months_after_the_grace() {
        for (commit, pushed, value, fact) in [
            (Some(Some("2026-11-02")), None, Some(1.0), "last commit this month"),
            (Some(Some("2026-08-31")), None, Some(1.0), "last commit 3 months ago"),
            (Some(Some("2026-10-01")), None, Some(1.0), "last commit 1 month ago"),
            (Some(Some("2025-08-01")), None, Some(0.5), "last commit 15 months ago"),
            (Some(Some("2024-08-01")), None, Some(0.25), "last commit 27 months ago"),
            (Some(Some("2026-07-01")), None, Some(0.94387), "last commit 4 months ago"),
            (None, Some(Some("2025-08-01")), Some(0.5), "last push 15 months ago"),
            (Some(None), None, Some(0.0), "no commit"),
            (None, None, None, "its commits are unknown"),
        ] {
            let day = |known: Known<&str>| known.map(|day| day.map(date));
            let facts = Facts { commit: day(commit), pushed: day(pushed), ..facts() };
            let part = part(facts, None, PartKind::Activity);
            assert!(near(part.value, value), "{fact}: {:?}", part.value);
            assert_eq!(part.fact, fact);
        }
    }

    #[test]
    fn a_release_falls_by_half_each_eighteen_months_and_none_leaves_both_sums() {
        for (release, value, status) in [
            (Some(Some("2026-08-01")), Some(1.0), FactStatus::Known),
            (Some(Some("2025-02-01")), Some(0.5), FactStatus::Known),
            (Some(Some("2026-02-01")), Some(0.79370), FactStatus::Known),
            (Some(None), None, FactStatus::NotApplicable),
            (None, None, FactStatus::Unknown),
        ] {
            let release = release.map(|day| day.map(date));
            let part = part(Facts { release, ..facts() }, None, PartKind::Release);
            assert!(near(part.value, value), "{:?}", part.value);
            assert_eq!(part.status, status);
        }
    }

    #[test]
    fn a_licence_is_known_known_to_be_none_or_unknown() {
        for (licence, value) in [
            (Some(Some("MIT")), Some(1.0)),
            (Some(Some("NOASSERTION")), Some(0.0)),
            (Some(None), Some(0.0)),
            (None, None),
        ] {
            let licence = licence.map(|name| name.map(str::to_owned));
            let part = part(Facts { licence, ..facts() }, None, PartKind::Licence);
            assert!(near(part.value, value), "{:?}", part.value);
        }
    }

    #[test]
    fn the_factor_is_known_or_one() {
        let young = |created: &str| Facts { created: Some(date(created)), ..facts() };
        for (facts, value, kind) in [
            (facts(), 1.0, FactorKind::None),
            (Facts { archived: Some(true), ..young("2026-11-01") }, 0.5, FactorKind::Archived),
            (Facts { disabled: Some(true), ..facts() }, 0.5, FactorKind::Disabled),
            (Facts { archived: None, disabled: None, created: None, ..facts() }, 1.0, FactorKind::None),
            (young("2026-11-01"), 0.7, FactorKind::Young),
            (young("2026-09-30"), 0.8, FactorKind::Young),
            (young("2026-06-01"), 0.95, FactorKind::Young),
            (young("2026-05-31"), 1.0, FactorKind::None),
        ] {
            let factor = factor(&facts, date("2026-11-01"), &Rank::default());
            assert!(near(Some(factor.value), Some(value)), "{factor:?}");
            assert_eq!(factor.kind, kind);
        }
    }

    #[test]
    fn the_total_is_the_weighted_mean_of_what_applies() {
        // 0.6·40 + 0.60448·20 + 1·25 + 1·10 + 1·5 = 24 + 12.0896 + 40 = 76.0896, of 100
        let growth = Some(Growth { gained: 100, days: 92 });
        let total = |record: &Record, finished| Some(scored(record, growth, finished).total);
        assert!(near(total(&record(facts()), false), Some(76.08955)), "{:?}", total(&record(facts()), false));
        // never released: (24 + 12.0896 + 25 + 5)/90
        let facts_without = Facts { release: Some(None), ..facts() };
        assert!(near(total(&record(facts_without), false), Some(73.43283)));
        // archived: half
        let archived = Facts { archived: Some(true), ..facts() };
        assert!(near(total(&record(archived), false), Some(38.04477)));
        // finished and long silent: (24 + 12.0896 + 5)/65
        let silent = Facts { commit: Some(Some(date("2019-01-01"))), ..facts() };
        assert!(near(total(&record(silent), true), Some(63.21469)));
        // stars alone: 24/40
        let bare = Facts { stars: Some(999), ..Facts::default() };
        assert!(near(Some(scored(&record(bare), None, false).total), Some(60.0)));
        assert_eq!(scored(&record(facts()), None, false).formula, FORMULA);
    }

    #[test]
    fn what_could_not_be_fetched_keeps_its_last_value_and_is_marked() {
        let mut hidden = record(facts());
        let before = scored(&hidden, None, false);
        let at = "2026-10-05T00:00:00Z".parse().unwrap();
        hidden.failing =
            Some(Streak { class: FailureClass::Http(502), status: None, first: at, last: at, runs: 1, hard: None });
        hidden.blocked = Some(Blocked { class: FailureClass::GithubBlocked, status: None, since: date("2026-10-05") });
        let after = scored(&hidden, None, false);
        assert!(near(Some(before.total), Some(after.total)));
        assert_eq!(after.parts[0].status, FactStatus::LastKnown);
        assert_eq!(score(&record(Facts::default()), None, date("2026-11-01"), false, &Rank::default()), None);
    }

    #[test]
    fn weights_of_zero_make_no_score_and_no_panic() {
        let mut rank = Rank { full_stars: 0, activity_half_life: 0.0, ..Rank::default() };
        let all = score(&record(facts()), None, date("2026-11-01"), false, &rank).unwrap();
        assert!(all.total <= 100.0 && all.parts[0].value == Some(1.0));
        rank.weights =
            crate::policy::Weights { popularity: 0.0, momentum: 0.0, activity: 0.0, release: -1.0, licence: 0.0 };
        let none = score(&record(facts()), None, date("2026-11-01"), false, &rank).unwrap();
        assert!(none.total.abs() < f64::EPSILON);
    }

    #[test]
    fn thousands_are_separated() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), text);
        }
    }
}
