//! What came after something that is dead, archived or silent: replacements with their evidence.
//!
//! Candidates are made from the record alone, so every command offers the same. Nothing is applied here, and a
//! candidate without evidence in numbers or words is not offered.

mod successor;

pub use successor::successor;

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use crate::address::{Forges, Target, same_site};
use crate::ledger::Record;
use crate::observation::{Archive, Facts, Fork, SuccessorSource, SuspicionKind, day};
use crate::verdict::Verdict;

/// The most that is offered for one target: a person compares three.
const CAPACITY: usize = 3;

/// Days that a fork must have been worked on after its parent stopped. A fork that only carries the parent's last
/// commits, or a fix of its owner, ends sooner.
const OUTLIVED_THRESHOLD_DAYS: i32 = 180;

/// A fork lives if its newest commit is at most this old, in days.
const LIVING_THRESHOLD_DAYS: i32 = 548;

/// Stars of its own that a fork needs, and the share of its parent's: nobody uses the others.
const FORK_STARS_THRESHOLD: u64 = 5;
const FORK_STARS_SHARE: u64 = 1_000;

/// A repository is silent when its newest commit is this old, in days: three years.
const SILENT_THRESHOLD_DAYS: i32 = 1_096;

/// Failures that lasted this long are worth a replacement before the death is confirmed, in days.
const FAILING_THRESHOLD_DAYS: i64 = 14;

/// Words that a title needs before two pages are taken for one by it: "Documentation" is the title of many.
const TITLE_WORDS_THRESHOLD: usize = 2;

/// What a replacement is to what it replaces, best evidence first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplacementKind {
    /// The same repository, or page of a forge, under a new name.
    Renamed,
    /// The same repository under a new owner.
    Transferred,
    /// What its owner names as the successor. It comes before forks: it is the owner's decision.
    Successor,
    /// A fork that lives.
    Fork,
    /// Where the page moved.
    Moved,
    /// A copy of the page in an archive, from before its death.
    Archive,
    /// A copy of the source in an archive.
    SourceArchive,
}

impl ReplacementKind {
    /// Every kind, best first.
    pub const ALL: [Self; 7] = [
        Self::Renamed,
        Self::Transferred,
        Self::Successor,
        Self::Fork,
        Self::Moved,
        Self::Archive,
        Self::SourceArchive,
    ];

    /// Its name in every format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Renamed => "renamed",
            Self::Transferred => "transferred",
            Self::Successor => "successor",
            Self::Fork => "fork",
            Self::Moved => "moved",
            Self::Archive => "archive",
            Self::SourceArchive => "source_archive",
        }
    }
}

/// Something that may take the place of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replacement {
    /// What it is.
    pub kind: ReplacementKind,
    /// Its address.
    pub url: String,
    /// Why it is offered.
    pub evidence: Evidence,
}

/// The facts behind a replacement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Evidence {
    /// The same identity, or a permanent redirect.
    Move {
        /// The day it was first seen there.
        since: Date,
        /// The forge's number, which survives renames.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<i64>,
    },
    /// A page of the same site that answers under the title that this one had.
    Title {
        /// The title: untrusted text.
        title: String,
        /// The day on which the other was first seen alive.
        since: Date,
    },
    /// A sentence of the owner.
    Sentence {
        /// The sentence: untrusted text.
        sentence: String,
        /// Where it stands.
        source: SuccessorSource,
    },
    /// The work on a fork.
    Work {
        /// The day of the parent's newest commit.
        parent_stopped: Date,
        /// The month of the fork's newest commit.
        last_commit: Date,
        /// Days between them.
        days_after: i32,
        /// The fork's stars, rounded.
        stars: u64,
        /// The month of its latest release.
        #[serde(skip_serializing_if = "Option::is_none")]
        release: Option<Date>,
    },
    /// A copy in an archive.
    Copy {
        /// The day it was taken.
        captured: Date,
        /// The last day on which the original was seen alive; none where it never was.
        last_alive: Option<Date>,
    },
}

impl fmt::Display for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.evidence, self.kind) {
            (Evidence::Move { since, .. }, kind) => write!(f, "{} to {} (seen {since})", kind.name(), self.url),
            (Evidence::Title { title, since }, _) => {
                write!(f, "moved to {} (the same title \"{title}\" there since {since})", self.url)
            }
            (Evidence::Sentence { sentence, .. }, _) => write!(f, "its owner names {}: \"{sentence}\"", self.url),
            (Evidence::Work { last_commit, days_after, stars, .. }, _) => write!(
                f,
                "the fork {} goes on (newest commit {}, {days_after} days after this one stopped, {stars} stars)",
                self.url,
                last_commit.strftime("%Y-%m")
            ),
            (Evidence::Copy { captured, last_alive: Some(_) }, ReplacementKind::Archive) => {
                write!(f, "archived copy of {captured}: {}", self.url)
            }
            (Evidence::Copy { captured, .. }, ReplacementKind::Archive) => {
                write!(f, "archived copy of {captured} (never seen alive here, compare it): {}", self.url)
            }
            (Evidence::Copy { captured, .. }, _) => write!(f, "source archived on {captured}: {}", self.url),
        }
    }
}

/// The replacements of a target that was judged so, best first, at most three. `as_of` is the ledger's month;
/// `same_title` is called for a lost page that has moved nowhere else.
pub fn replacements(
    record: &Record,
    verdict: Verdict,
    as_of: Option<Date>,
    same_title: impl FnOnce() -> Option<Replacement>,
) -> Vec<Replacement> {
    let mut found = moves(record, verdict);
    if found.is_empty() && is_lost(record, verdict) {
        found.extend(same_title());
    }
    if is_wanted(record, verdict, as_of) {
        found.extend(owner_named(record));
        found.extend(forks(record, as_of));
    }
    if is_lost(record, verdict) {
        found.extend(copies(record, as_of));
    }
    found.sort_by_key(|replacement| replacement.kind);
    let mut seen = vec![record.target.dedup_key()];
    found.retain(|replacement| {
        let key = Forges::default().target(&replacement.url).dedup_key();
        let is_new = !seen.contains(&key);
        seen.push(key);
        is_new
    });
    found.truncate(CAPACITY);
    found
}

/// The page of the same site, among those that answer, that has the title which a lost page had. It counts where it is
/// the only one, is not the site's front page, and was first seen when the other failed already: two pages that were
/// alive at one time are two pages.
pub fn same_title<'a>(record: &Record, answering: impl Iterator<Item = &'a Record>) -> Option<Replacement> {
    let (title, failing) = (record.title.as_deref()?, record.failing.as_ref()?);
    if title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).count() < TITLE_WORDS_THRESHOLD {
        return None;
    }
    let url = record.target.url()?;
    let is_page = |record: &Record| matches!(record.target, Target::Page(_));
    let mut fitting = answering.filter(|other| {
        let same = other.title.as_deref() == Some(title) && is_page(other) && other.target != record.target;
        same && other.target.url().is_some_and(|other| same_site(&other, &url))
    });
    let (only, None) = (fitting.next()?, fitting.next()) else { return None };
    let since = only.alive.filter(|alive| *alive >= day(failing.first) && is_page(record))?;
    let to = only.target.url()?;
    let is_front = url::Url::parse(&to).is_ok_and(|url| url.path() == "/" && url.query().is_none());
    let evidence = Evidence::Title { title: title.to_owned(), since };
    (!is_front).then_some(Replacement { kind: ReplacementKind::Moved, url: to, evidence })
}

/// Whether a target is dead, or has failed for long.
pub fn is_lost(record: &Record, verdict: Verdict) -> bool {
    let failing_for_long = record.failing.as_ref().is_some_and(|streak| streak.days() >= FAILING_THRESHOLD_DAYS);
    verdict == Verdict::Dead || (verdict == Verdict::Failing && failing_for_long)
}

/// Whether somebody who keeps a list wants to know what came after it: it is lost, archived or silent.
fn is_wanted(record: &Record, verdict: Verdict, as_of: Option<Date>) -> bool {
    let judged = matches!(verdict, Verdict::Alive | Verdict::Moved | Verdict::Unknown);
    is_lost(record, verdict) || (judged && has_stopped(&record.facts, as_of))
}

/// Whether a repository is archived, or silent for years as of then.
pub fn has_stopped(facts: &Facts, as_of: Option<Date>) -> bool {
    let silent = facts.worked().zip(as_of).is_some_and(|(worked, as_of)| days(worked, as_of) >= SILENT_THRESHOLD_DAYS);
    facts.archived == Some(true) || silent
}

/// Whether a fork outlived its parent and has users of its own.
pub fn has_outlived(fork: &Fork, parent: &Facts) -> bool {
    let enough = FORK_STARS_THRESHOLD.max(parent.stars.unwrap_or(0) / FORK_STARS_SHARE);
    let outlived = parent.worked().is_some_and(|stopped| days(stopped, fork.commit) >= OUTLIVED_THRESHOLD_DAYS);
    outlived && fork.stars >= enough
}

/// A number of stars with two digits that count.
pub fn rounded(stars: u64) -> u64 {
    let mut unit = 1;
    while stars / unit >= 100 {
        unit *= 10;
    }
    stars / unit * unit
}

fn days(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// Where the very same thing is now.
fn moves(record: &Record, verdict: Verdict) -> Vec<Replacement> {
    let is_away = matches!(verdict, Verdict::Dead | Verdict::Failing | Verdict::Unknown);
    let elsewhere = record.elsewhere.as_ref().filter(|_| is_away);
    let moved = record.moved.as_ref().filter(|_| is_away || verdict == Verdict::Moved);
    let known = elsewhere.into_iter().map(|moved| (moved, record.facts.id)).chain(moved.map(|moved| (moved, None)));
    known
        .map(|(moved, id)| {
            let evidence = Evidence::Move { since: moved.since, id };
            Replacement { kind: kind_of_move(&record.target, &moved.to), url: moved.to.clone(), evidence }
        })
        .collect()
}

fn kind_of_move(from: &Target, to: &str) -> ReplacementKind {
    let to = Forges::default().target(to);
    let owner = |target: &Target| target.repository().and_then(|r| Some(r.path.split_once('/')?.0.to_owned()));
    match (owner(from), owner(&to), from.is_on_forge()) {
        (Some(old), Some(new), _) if old.eq_ignore_ascii_case(&new) => ReplacementKind::Renamed,
        (Some(_), Some(_), _) => ReplacementKind::Transferred,
        (None, None, true) => ReplacementKind::Renamed,
        _ => ReplacementKind::Moved,
    }
}

fn owner_named(record: &Record) -> Option<Replacement> {
    let successor = record.facts.successor.as_ref()?.as_ref()?;
    let evidence = Evidence::Sentence { sentence: successor.sentence.clone(), source: successor.source };
    Some(Replacement { kind: ReplacementKind::Successor, url: successor.url.clone(), evidence })
}

fn forks(record: &Record, as_of: Option<Date>) -> Vec<Replacement> {
    let facts = &record.facts;
    let (Some(forks), Some(stopped)) = (&facts.living_forks, facts.worked()) else { return Vec::new() };
    let host = record.target.host().unwrap_or_default();
    let lives = |fork: &&Fork| as_of.is_none_or(|as_of| days(fork.commit, as_of) <= LIVING_THRESHOLD_DAYS);
    let living = forks.iter().filter(lives).filter(|fork| has_outlived(fork, facts));
    living
        .map(|fork| Replacement {
            kind: ReplacementKind::Fork,
            url: format!("https://{host}/{}", fork.name),
            evidence: Evidence::Work {
                parent_stopped: stopped,
                last_commit: fork.commit,
                days_after: days(stopped, fork.commit),
                stars: fork.stars,
                release: fork.release,
            },
        })
        .collect()
}

fn copies(record: &Record, as_of: Option<Date>) -> Vec<Replacement> {
    let last_alive = record.as_of(as_of);
    // A page that was suspected at its last good look may have been parked already: its copy would show that.
    let doubted = record.suspicions.iter().any(|s| matches!(s.kind, SuspicionKind::Parked | SuspicionKind::Soft404));
    let copies = record.archives.iter().filter_map(|(archive, asked)| Some((*archive, asked.copy.as_ref()?)));
    copies
        .filter_map(|(archive, copy)| {
            let kind = match archive {
                Archive::Wayback => ReplacementKind::Archive,
                Archive::SoftwareHeritage => ReplacementKind::SourceArchive,
            };
            let is_late = last_alive.is_some_and(|alive| copy.taken > alive);
            if archive == Archive::Wayback && (doubted || is_late) {
                return None;
            }
            let evidence = Evidence::Copy { captured: copy.taken, last_alive };
            Some(Replacement { kind, url: copy.url.clone(), evidence })
        })
        .collect()
}

#[cfg(test)]
mod tests;
