//! Formula 2: what is unknown counts as the cautious middle of what the list knows.
//!
//! Every part that can apply keeps its weight, whether its fact is known or not: so a missing fact cannot lend its weight
//! to those that are known.

use jiff::civil::Date;

use super::score::{
    Scales, age_text, grouped, growth_text, halving, is_identified, known_licence, stars_by_age, whole,
};
use super::{Baseline, FactSource, FactStatus, Part, PartKind, Project, months};
use crate::policy::Rank;

/// An unknown release counts as this much of the activity, and at most as the list's median: the ratio at which hiding
/// the releases of recorded projects moved the fewest ranks (tried from 0.6 to 0.85).
const RELEASE_OF_ACTIVITY: f64 = 0.8;

/// The parts of a project's score.
pub(super) fn parts(project: &Project<'_>, stars: u64, baseline: &Baseline, rank: &Rank) -> Vec<Part> {
    let scorer = Scorer { project, baseline, rank, scales: Scales::of(&project.record.target, rank) };
    let activity = scorer.activity();
    let release = scorer.release(activity.value);
    vec![scorer.popularity(stars), scorer.momentum(stars), activity, release, scorer.licence()]
}

struct Scorer<'a> {
    project: &'a Project<'a>,
    baseline: &'a Baseline,
    rank: &'a Rank,
    scales: Scales<'a>,
}

/// A value with the fact behind it.
struct Reading {
    value: f64,
    /// The value before it was capped or moved towards the middle.
    measured: f64,
    status: FactStatus,
    source: FactSource,
    fact: String,
    /// The ledger's name of the fact.
    name: &'static str,
}

impl Reading {
    fn known(value: f64, fact: String, name: &'static str) -> Self {
        Self { value, measured: value, status: FactStatus::Known, source: FactSource::Forge, fact, name }
    }

    fn inferred(value: f64, measured: f64, fact: String, name: &'static str) -> Self {
        Self { value, measured, status: FactStatus::Inferred, source: FactSource::Forge, fact, name }
    }

    fn unknown(value: f64, fact: &str) -> Self {
        Self {
            value,
            measured: value,
            status: FactStatus::Unknown,
            source: FactSource::Baseline,
            fact: fact.to_owned(),
            name: "",
        }
    }
}

impl Scorer<'_> {
    fn popularity(&self, stars: u64) -> Part {
        let fact = format!("{} {}", grouped(stars), self.scales.unit());
        let reading = Reading::known(self.scales.popularity(stars), fact, "stars");
        self.part(PartKind::Popularity, reading, self.baseline.popularity.low)
    }

    /// Growth where the history has it. Stars by age are mostly popularity once more: they count for a part of their
    /// distance to the middle.
    fn momentum(&self, stars: u64) -> Part {
        let low = self.baseline.momentum.low;
        let unit = self.scales.unit();
        let by_age = |created: Date| {
            let yearly = stars_by_age(stars, self.age(created));
            let measured = self.scales.momentum(yearly);
            let value = low + self.rank.average_share * (measured - low);
            (value.min(self.baseline.average_cap), measured, yearly)
        };
        let reading = match (self.project.growth, self.project.record.facts.created, self.baseline.created) {
            (Some(growth), _, _) => {
                let value = self.scales.momentum(growth.yearly());
                let reading = Reading::known(value, growth_text(growth, unit), "stars");
                Reading { source: growth.source.into(), ..reading }
            }
            (None, Some(created), _) => {
                let (value, measured, yearly) = by_age(created);
                let since = created.strftime("%Y-%m");
                let fact = format!("{} {unit} a year on average since {since}", grouped(whole(yearly)));
                Reading::inferred(value, measured, fact, "stars")
            }
            (None, None, Some(usual)) => {
                let (value, ..) = by_age(usual);
                Reading::unknown(value, "history and age unknown: as if older than most")
            }
            (None, None, None) => Reading::unknown(low, "history and age unknown"),
        };
        self.part(PartKind::Momentum, reading, low)
    }

    /// The age of the newest commit or release: a release is work that is known, whether the commits are or not. So
    /// hiding the commits of a project that releases takes nothing from it.
    fn activity(&self) -> Part {
        let facts = &self.project.record.facts;
        let kind = PartKind::Activity;
        if self.project.finished {
            return self.not_applicable(kind, "its author marked it as finished");
        }
        let low = self.baseline.activity.low.min(self.baseline.implied_cap);
        let reading = match (facts.commit, facts.pushed) {
            (Some(Some(commit)), _) => {
                let age = self.age(commit);
                Reading::known(self.scales.activity(age), format!("last commit {}", age_text(age)), "commit")
            }
            (Some(None), None | Some(None)) => Reading::known(0.0, "no commit".to_owned(), "commit"),
            (None, Some(None)) => Reading::known(0.0, "no push".to_owned(), "pushed"),
            _ => self
                .push()
                .or_else(|| self.release_as_activity())
                .unwrap_or_else(|| Reading::unknown(low, "its commits are unknown")),
        };
        self.part(kind, self.newer_release(reading), low)
    }

    /// `work`, or the latest release where that counts for more.
    fn newer_release(&self, work: Reading) -> Reading {
        let Some(age) = self.project.record.facts.release.flatten().map(|day| self.age(day)) else { return work };
        let value = self.scales.activity(age);
        if value <= work.value {
            return work;
        }
        Reading::known(value, format!("released {}, {}", age_text(age), work.fact), "release")
    }

    fn push(&self) -> Option<Reading> {
        let age = self.age(self.project.record.facts.pushed.flatten()?);
        let value = self.scales.activity(age);
        let fact = format!("last push {}", age_text(age));
        Some(Reading::inferred(value.min(self.baseline.push_cap), value, fact, "pushed"))
    }

    fn release_as_activity(&self) -> Option<Reading> {
        let age = self.age(self.project.record.facts.release.flatten()?);
        let implied = self.scales.implied_activity(age);
        let value = implied.min(self.baseline.activity.median).max(self.scales.activity(age));
        let fact = format!("its commits are unknown, released {}", age_text(age));
        Some(Reading::inferred(value, implied, fact, "release"))
    }

    fn release(&self, activity: Option<f64>) -> Part {
        let kind = PartKind::Release;
        let median = self.baseline.release.median;
        let reading = match (self.project.record.facts.release, activity) {
            _ if self.project.finished => return self.not_applicable(kind, "its author marked it as finished"),
            (Some(None), _) => return self.not_applicable(kind, "it never released"),
            (Some(Some(release)), _) => {
                let age = self.age(release);
                Reading::known(self.scales.release(age), format!("released {}", age_text(age)), "release")
            }
            (None, activity) => {
                let usual = RELEASE_OF_ACTIVITY * activity.unwrap_or(self.baseline.activity.low);
                Reading::unknown(usual.min(median), "its releases are unknown: as is usual at its activity")
            }
        };
        self.part(kind, reading, self.baseline.release.low)
    }

    /// A licence that the forge does not recognise differs from none, and one that the entry's own text names counts.
    fn licence(&self) -> Part {
        let facts = &self.project.record.facts;
        let low = self.baseline.licence.low;
        let unnamed =
            facts.licence.as_ref().is_some_and(|licence| licence.as_deref().is_some_and(|l| !is_identified(l)));
        let reading = match (known_licence(facts), self.project.licence) {
            (Some(Some(licence)), _) => Reading::known(1.0, licence.to_owned(), "licence"),
            (_, Some(licence)) => {
                let reading = Reading::known(1.0, licence.to_owned(), "");
                Reading { source: FactSource::List, ..reading }
            }
            (Some(None), None) if !unnamed => Reading::known(0.0, "no licence".to_owned(), "licence"),
            (Some(None), None) => Reading::unknown(low, "a licence that the forge does not recognise"),
            (None, None) => Reading::unknown(low, "its licence is unknown"),
        };
        self.part(PartKind::Licence, reading, low)
    }

    fn age(&self, day: Date) -> u32 {
        months(day, self.project.as_of)
    }

    /// A part of the score. What is above the middle `low` counts the less the older the figure is; what is below it
    /// gains nothing by growing old.
    fn part(&self, kind: PartKind, reading: Reading, low: f64) -> Part {
        let record = self.project.record;
        let is_fact = reading.status != FactStatus::Unknown;
        let old_since = self.project.old_since().filter(|_| is_fact && reading.source != FactSource::List);
        let trust =
            old_since.map_or(1.0, |since| halving(self.age(since), self.rank.grace_months, self.rank.figure_half_life));
        let value = reading.value.min(low + trust * (reading.value - low));
        let unfetched = record.failing.is_some() || record.blocked.is_some();
        let status = match reading.status {
            FactStatus::Known if unfetched => FactStatus::LastKnown,
            status => status,
        };
        Part {
            kind,
            weight: self.scales.weight(kind),
            value: Some(value),
            measured: ((value - reading.measured).abs() > 1e-9).then_some(reading.measured),
            status,
            source: reading.source,
            fact: reading.fact,
            since: record.dates.get(reading.name).copied(),
            as_of: old_since,
        }
    }

    fn not_applicable(&self, kind: PartKind, why: &str) -> Part {
        Part {
            kind,
            weight: self.scales.weight(kind),
            value: None,
            measured: None,
            status: FactStatus::NotApplicable,
            source: FactSource::Forge,
            fact: why.to_owned(),
            since: None,
            as_of: None,
        }
    }
}
