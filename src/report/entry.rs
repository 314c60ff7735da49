//! The facts of an entry that a change adds.

use jiff::civil::Date;
use serde::Serialize;

use crate::finding::Place;
use crate::markdown::note::figure;
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
    /// The SPDX name of its licence, where it is known.
    pub licence: Option<String>,
    /// The day of the newest commit.
    #[schemars(with = "Option<String>")]
    pub last_commit: Option<Date>,
    /// The day on which the repository was created.
    #[schemars(with = "Option<String>")]
    pub created: Option<Date>,
    /// Whether the repository is archived.
    pub archived: bool,
    /// Whether another entry lists the same thing.
    pub listed_elsewhere: bool,
    /// How many errors and warnings are about it.
    pub findings: usize,
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

    /// ✔ for a good entry, ✘ for one with findings, ? for one that could not be checked.
    pub fn sign(&self) -> char {
        match (self.is_good(), self.findings, self.verdict) {
            (true, ..) => '✔',
            (_, 0, Verdict::Unknown | Verdict::Walled | Verdict::Excluded) => '?',
            _ => '✘',
        }
    }

    /// The facts in words; what is unknown is left out.
    pub fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        if !matches!(self.verdict, Verdict::Alive) {
            facts.push(self.verdict.name().to_owned());
        }
        facts.extend(self.stars.map(|stars| format!("⭐ {}", figure(stars))));
        facts.extend(self.licence.as_deref().map(|licence| cut(licence, MAX_LICENCE).into_owned()));
        facts.extend(self.archived.then(|| "archived".to_owned()));
        facts.extend(self.last_commit.map(|day| format!("last commit {}", self.ago(day))));
        facts.extend(self.created.map(|day| self.age(day)));
        facts.push(if self.listed_elsewhere { "listed elsewhere" } else { "not listed elsewhere" }.to_owned());
        facts.push(match self.findings {
            0 => "follows the rules".to_owned(),
            n => plural(n, "finding"),
        });
        facts
    }

    fn ago(&self, day: Date) -> String {
        match months(day, self.today) {
            0 => "this month".to_owned(),
            n if n < 24 => format!("{} ago", plural(n, "month")),
            n => format!("{} ago", plural(n / 12, "year")),
        }
    }

    fn age(&self, day: Date) -> String {
        match months(day, self.today) {
            0 => "created this month".to_owned(),
            n if n < 24 => format!("{} old", plural(n, "month")),
            n => format!("{} old", plural(n / 12, "year")),
        }
    }
}

/// Calendar months from one day to another; 0 where the order is reversed.
fn months(from: Date, to: Date) -> u64 {
    let months = (i32::from(to.year()) - i32::from(from.year())) * 12 + i32::from(to.month()) - i32::from(from.month());
    u64::try_from(months).unwrap_or_default()
}
