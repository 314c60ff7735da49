//! Formula 1: what is unknown leaves both sums.

use jiff::civil::Date;

use super::score::{Scales, age_text, grouped, growth_text, known_licence, stars_by_age, whole};
use super::{FactSource, FactStatus, Part, PartKind, Project, months};
use crate::policy::Rank;

/// The parts of a project's score.
pub(super) fn parts(project: &Project<'_>, stars: u64, rank: &Rank) -> Vec<Part> {
    let scorer = Scorer { project, scales: Scales::of(&project.record.target, rank) };
    vec![scorer.popularity(stars), scorer.momentum(stars), scorer.activity(), scorer.release(), scorer.licence()]
}

struct Scorer<'a> {
    project: &'a Project<'a>,
    scales: Scales<'a>,
}

impl Scorer<'_> {
    fn popularity(&self, stars: u64) -> Part {
        let fact = format!("{} {}", grouped(stars), self.scales.unit());
        self.known(PartKind::Popularity, self.scales.popularity(stars), fact, "stars")
    }

    fn momentum(&self, stars: u64) -> Part {
        let unit = self.scales.unit();
        if let Some(growth) = self.project.growth {
            let value = self.scales.momentum(growth.yearly());
            let part = self.known(PartKind::Momentum, value, growth_text(growth, unit), "stars");
            return Part { source: growth.source.into(), ..part };
        }
        let Some(created) = self.project.record.facts.created else {
            return self.without(PartKind::Momentum, FactStatus::Unknown, "neither its history nor its age is known");
        };
        let yearly = stars_by_age(stars, months(created, self.project.as_of));
        let fact = format!("{} {unit} a year on average since {}", grouped(whole(yearly)), created.strftime("%Y-%m"));
        self.known(PartKind::Momentum, self.scales.momentum(yearly), fact, "stars")
    }

    fn activity(&self) -> Part {
        let facts = &self.project.record.facts;
        let kind = PartKind::Activity;
        let (date, label, name) = match facts.commit {
            Some(Some(date)) => (Some(Some(date)), "last commit", "commit"),
            Some(None) if facts.pushed.flatten().is_none() => (Some(None), "last commit", "commit"),
            _ => (facts.pushed, "last push", "pushed"),
        };
        match date {
            _ if self.project.finished => {
                self.without(kind, FactStatus::NotApplicable, "its author marked it as finished")
            }
            Some(None) => self.known(kind, 0.0, "no commit".to_owned(), "commit"),
            Some(Some(date)) => self.aged(kind, date, label, name),
            None => self.without(kind, FactStatus::Unknown, "its commits are unknown"),
        }
    }

    fn release(&self) -> Part {
        let kind = PartKind::Release;
        match self.project.record.facts.release {
            _ if self.project.finished => {
                self.without(kind, FactStatus::NotApplicable, "its author marked it as finished")
            }
            Some(None) => self.without(kind, FactStatus::NotApplicable, "it never released"),
            Some(Some(date)) => self.aged(kind, date, "released", "release"),
            None => self.without(kind, FactStatus::Unknown, "its releases are unknown"),
        }
    }

    fn licence(&self) -> Part {
        let kind = PartKind::Licence;
        match known_licence(&self.project.record.facts) {
            Some(Some(licence)) => self.known(kind, 1.0, licence.to_owned(), "licence"),
            Some(None) => self.known(kind, 0.0, "no licence that is known".to_owned(), "licence"),
            None => self.without(kind, FactStatus::Unknown, "its licence is unknown"),
        }
    }

    fn aged(&self, kind: PartKind, date: Date, label: &str, name: &str) -> Part {
        let age = months(date, self.project.as_of);
        let value = match kind {
            PartKind::Release => self.scales.release(age),
            _ => self.scales.activity(age),
        };
        self.known(kind, value, format!("{label} {}", age_text(age)), name)
    }

    fn known(&self, kind: PartKind, value: f64, fact: String, name: &str) -> Part {
        let record = self.project.record;
        let unfetched = record.failing.is_some() || record.blocked.is_some();
        Part {
            kind,
            weight: self.scales.weight(kind),
            value: Some(value),
            measured: None,
            status: if unfetched { FactStatus::LastKnown } else { FactStatus::Known },
            source: FactSource::Forge,
            fact,
            since: record.dates.get(name).copied(),
            as_of: self.project.old_since(),
        }
    }

    fn without(&self, kind: PartKind, status: FactStatus, why: &str) -> Part {
        Part {
            kind,
            weight: self.scales.weight(kind),
            value: None,
            measured: None,
            status,
            source: FactSource::Forge,
            fact: why.to_owned(),
            since: None,
            as_of: None,
        }
    }
}
