//! The stored state between runs: a fold over observations, one record a target.
//!
//! It stores observations and no verdicts: those are derived anew each time. A record changes only when something
//! changed: no run's time is stored, a figure that changed insignificantly stays, a date changes with its month. So a
//! run that observes nothing new changes no byte of it.

mod clock;
mod confirmation;
mod dates;
mod event;
mod fold;
mod gains;
mod guard;
mod history;
mod prune;
mod recovery;
mod streak;
mod text;

pub use confirmation::{Progress, Requirement, requirement};
pub use gains::{Gains, GainsSource};
pub use guard::{MassChange, mass_change};
pub use history::{Curve, Growth, GrowthSource, History, HistoryNews, Point};
pub use recovery::Recoveries;
pub use streak::{Streak, Track};
pub use text::{Damage, HistoryText, LedgerText};

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::address::Target;
use crate::observation::{Archive, ArchivedCopy, Facts, FailureClass, PageRepository, SharedFacts, Suspicion};

/// The stored state of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The first day of the month of the newest successful look: ages are counted from it.
    pub as_of: Option<Date>,
    /// The day of a mass change that was not accepted yet.
    pub doubted: Option<Date>,
    records: BTreeMap<Target, Box<Record>>,
}

/// What is known about one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The target.
    pub target: Target,
    /// The day it was first looked at.
    pub added: Date,
    /// The day it was first seen alive; none where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alive: Option<Date>,
    /// The day of the last good look, where it is older than the ledger's month: the facts are as of then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Date>,
    /// What the forge stated at the last good look.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub facts: SharedFacts,
    /// The day on which each fact was first seen as it is now, by the fact's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dates: BTreeMap<String, Date>,
    /// The page's title at the last good look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The repository that the page names, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<PageRepository>,
    /// Where it moved permanently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
    /// Where the project answers that had this name, found by its identity while the name did not answer for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Moved>,
    /// What archives answered since it failed; each is asked once.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub archives: BTreeMap<Archive, ArchiveRecord>,
    /// Suspicions at the last good look.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspicions: Vec<Suspicion>,
    /// The streak of failed looks, where the last look failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Box<Streak>>,
    /// The days of its recoveries within a year, by the kind of failure that ended.
    #[serde(default, skip_serializing_if = "Recoveries::is_empty")]
    pub recovered: Recoveries,
    /// A wall or a refusal that hides it, where the newest look met one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Blocked>,
    /// Another repository that now answers under this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reused: Option<Reused>,
    /// The activity mark that was last shown, so that it has two edges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
}

/// A permanent move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// The new address.
    pub to: String,
    /// The day it was first seen there.
    pub since: Date,
}

/// What an archive answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveRecord {
    /// The day it was asked.
    pub asked: Date,
    /// The copy that it has; none where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<ArchivedCopy>,
}

/// A wall or refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocked {
    /// Its class.
    pub class: FailureClass,
    /// Its HTTP status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The day it was first seen.
    pub since: Date,
}

/// Another repository under a known name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reused {
    /// The new repository's database id.
    pub id: i64,
    /// The day the new one was created, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Date>,
    /// The day it was first seen.
    pub since: Date,
}

impl Record {
    /// An empty record of `target`, first looked at on `added`.
    pub fn new(target: Target, added: Date) -> Self {
        Self {
            target,
            added,
            alive: None,
            last: None,
            facts: SharedFacts::default(),
            dates: BTreeMap::new(),
            title: None,
            repository: None,
            moved: None,
            elsewhere: None,
            archives: BTreeMap::new(),
            suspicions: Vec::new(),
            failing: None,
            recovered: Recoveries::default(),
            blocked: None,
            reused: None,
            shown: None,
        }
    }

    /// The month or day as of which it is known, given the ledger's: that of its last good look.
    pub fn as_of(&self, ledger: Option<Date>) -> Option<Date> {
        self.alive?;
        self.last.or(ledger)
    }

    /// The newest day on which one of its facts changed.
    pub fn newest(&self) -> Option<Date> {
        self.dates.values().max().copied()
    }
}

impl Ledger {
    /// A ledger of these records.
    pub fn new(as_of: Option<Date>, records: impl IntoIterator<Item = Record>) -> Self {
        Self {
            as_of,
            doubted: None,
            records: records.into_iter().map(|record| (record.target.clone(), Box::new(record))).collect(),
        }
    }

    /// The record of `target`.
    pub fn get(&self, target: &Target) -> Option<&Record> {
        self.records.get(target).map(Box::as_ref)
    }

    /// Every record, sorted by target.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values().map(Box::as_ref)
    }

    /// Whether it has no records.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Moves the record of `old` to `new`, because its address was rewritten. Where `new` has a record already, that
    /// one stays.
    pub fn rename(&mut self, old: &Target, new: &Target) {
        if old == new {
            return;
        }
        if let Some(record) = self.records.remove(old) {
            let moved = Record { target: new.clone(), moved: None, ..*record };
            self.records.entry(new.clone()).or_insert_with(|| Box::new(moved));
        }
    }

    /// Stores which activity mark was shown for `target`.
    pub fn show(&mut self, target: &Target, mark: Option<&str>) {
        if let Some(record) = self.records.get_mut(target) {
            record.shown = mark.map(str::to_owned);
        }
    }
}
