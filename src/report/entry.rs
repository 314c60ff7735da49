//! The facts of an entry that a change adds.

use jiff::civil::Date;
use serde::Serialize;

use crate::finding::Place;
use crate::markdown::note::figure;
use crate::observation::{Details, Known};
use crate::text::{cut, plural};
use crate::verdict::Verdict;

/// The longest name of a licence, in characters: the longest of SPDX has 36.
const MAX_LICENCE: usize = 40;

/// An entry that a change adds, with what a reviewer wants to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct AddedEntry {
    /// Its title.
    pub title: String,
    /// The canonical name of what it is ranked by.
    pub target: String,
    /// Where it is.
    pub place: Place,
    /// Its verdict.
    #[schemars(with = "String")]
    pub verdict: Verdict,
    /// Stars, where they are known.
    pub stars: Option<u64>,
    /// The SPDX name of its licence; null where it has none, left out where that is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub licence: Known<String>,
    /// The day of the newest commit.
    #[schemars(with = "Option<String>")]
    pub last_commit: Option<Date>,
    /// The day on which the repository was created.
    #[schemars(with = "Option<String>")]
    pub created: Option<Date>,
    /// What was looked at because the change adds it; what is unknown is left out.
    #[serde(flatten)]
    pub details: Details,
    /// Whether the repository is archived.
    pub archived: bool,
    /// Whether another entry lists the same thing.
    pub listed_elsewhere: bool,
    /// How many errors and warnings are about it.
    pub findings: usize,
    /// How many of them are errors.
    pub errors: usize,
    /// The day of the check, from which ages are counted.
    #[serde(rename = "checked")]
    #[schemars(with = "String")]
    pub today: Date,
}

impl AddedEntry {
    /// Whether it answers and breaks no rule.
    pub fn is_good(&self) -> bool {
        self.findings == 0 && matches!(self.verdict, Verdict::Alive | Verdict::Moved)
    }

    /// ✔ for a good entry, ✘ for one with errors, ! for one with warnings, ? for one that could not be checked.
    pub fn sign(&self) -> char {
        match (self.findings, self.errors, self.verdict) {
            _ if self.is_good() => '✔',
            (_, 1.., _) | (_, _, Verdict::Dead) => '✘',
            (0, _, Verdict::Unknown | Verdict::Walled | Verdict::Excluded) => '?',
            _ => '!',
        }
    }

    /// The facts in words; what is unknown is left out.
    pub fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        if !matches!(self.verdict, Verdict::Alive) {
            facts.push(self.verdict.name().to_owned());
        }
        facts.extend(self.stars.map(|stars| format!("⭐ {}", figure(stars))));
        facts.extend(self.licence.as_ref().map(|licence| match licence.as_deref() {
            None => "no licence".to_owned(),
            // What GitHub answers for a licence file that it cannot name.
            Some("NOASSERTION") => "unrecognised licence".to_owned(),
            Some(licence) => cut(licence, MAX_LICENCE).into_owned(),
        }));
        facts.extend(self.archived.then(|| "archived".to_owned()));
        facts.extend(self.last_commit.map(|day| format!("last commit {}", self.ago(day))));
        facts.extend(self.created.map(|day| age(day, self.today)));
        facts.extend(self.details.first_commit.map(|day| self.first_commit(day)));
        facts.extend(details(&self.details));
        facts.push(if self.listed_elsewhere { "listed elsewhere" } else { "not listed elsewhere" }.to_owned());
        let warnings = self.findings.saturating_sub(self.errors);
        facts.extend((self.errors > 0).then(|| plural(self.errors, "error")));
        facts.extend((warnings > 0).then(|| plural(warnings, "warning")));
        facts.extend((self.findings == 0).then(|| "follows the rules".to_owned()));
        facts
    }

    /// By its year, as far as that is precise enough.
    fn first_commit(&self, day: Date) -> String {
        let when = if months(day, self.today) < 24 { self.ago(day) } else { day.year().to_string() };
        format!("first commit {when}")
    }

    fn ago(&self, day: Date) -> String {
        match months(day, self.today) {
            0 => "this month".to_owned(),
            n if n < 24 => format!("{} ago", plural(n, "month")),
            n => format!("{} ago", plural(n / 12, "year")),
        }
    }
}

/// How old something is that was made on this day.
pub(super) fn age(day: Date, today: Date) -> String {
    match months(day, today) {
        0 => "created this month".to_owned(),
        n if n < 24 => format!("{} old", plural(n, "month")),
        n => format!("{} old", plural(n / 12, "year")),
    }
}

/// The details in words. What a reader expects of any repository is named only where it is missing.
fn details(details: &Details) -> Vec<String> {
    let mut facts = Vec::new();
    facts.extend(details.commits.map(|count| plural(count, "commit")));
    facts.extend(details.contributors.map(|count| plural(count, "contributor")));
    facts.extend(
        details.releases.map(|count| if count == 0 { "no release".to_owned() } else { plural(count, "release") }),
    );
    facts.extend(details.readme.filter(|found| !found).map(|_| "no README".to_owned()));
    facts.extend(details.tests.map(|found| if found { "tests in CI" } else { "no tests in CI" }.to_owned()));
    facts.extend(details.own_commits.map(|count| match count {
        0 => "fork without commits of its own".to_owned(),
        n => format!("fork with {} of its own", plural(n, "commit")),
    }));
    facts
}

/// Calendar months from one day to another; 0 where the order is reversed.
fn months(from: Date, to: Date) -> u64 {
    let months = (i32::from(to.year()) - i32::from(from.year())) * 12 + i32::from(to.month()) - i32::from(from.month());
    u64::try_from(months).unwrap_or_default()
}
