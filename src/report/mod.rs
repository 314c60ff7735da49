//! The reports of a check: one function per format over one value.
//!
//! This module prints; it judges nothing and opens no file. Titles, addresses, descriptions and file names are
//! untrusted, so every format passes them through [`escape`](crate::text::escape).

mod comment;
mod entry;
mod format;
mod github;
mod json;
mod junit;
mod markdown;
mod sarif;
mod several;
pub mod links;
mod progress;
mod style;
mod submitter;
mod text;

pub use comment::{Comment, CommentInput, comment};
pub use entry::AddedEntry;
pub use format::{ExplainFormat, Format, Output};
pub use github::github;
pub use json::{json, jsonl, line_schema, schema};
pub use junit::junit;
pub use links::LinksFormat;
pub use markdown::{markdown, summary};
pub use progress::{Progress, ProgressMode, print_line};
pub use sarif::sarif;
pub use several::Parts;
pub use style::Palette;
pub use submitter::{Association, Submitter};
pub use text::{TextOptions, text};

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::address::Target;
use crate::finding::{Finding, Level, Place};
use crate::observation::{FailureClass, Suspicion};
use crate::replacement::Replacement;
use crate::text::{grouped, plural};
use crate::verdict::{Judgement, Verdict};

/// The result of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// The list, where it is one of several.
    pub list: Option<String>,
    /// Whether everything that was due was checked.
    pub complete: bool,
    /// One for each target, sorted by target.
    pub links: Vec<CheckedLink>,
    /// The findings, in any order.
    pub findings: Vec<Finding>,
    /// In the check of a change: findings that it did not cause.
    pub older: Vec<Finding>,
    /// In the check of a change: the entries that it adds, in order of the text.
    pub entries: Vec<AddedEntry>,
    /// In the check of a change: who submits it, where the list asks for it.
    pub submitter: Option<Submitter>,
    /// In the check of a change: the lines that it adds, by file.
    pub changed_lines: Option<BTreeMap<String, BTreeSet<usize>>>,
}

/// A target with its judgement and the places that link to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedLink {
    /// Its canonical name.
    pub target: String,
    /// The address as its first place has it.
    pub url: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// The failure class, where it is not simply alive.
    pub class: Option<FailureClass>,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// Its new address, where it moved permanently.
    pub moved_to: Option<String>,
    /// The day since which the verdict applies, where that is known.
    pub since: Option<Date>,
    /// The first day on which a failing link can be called dead.
    pub dead_not_before: Option<Date>,
    /// Why, in words for a person.
    pub reason: String,
    /// What may take its place, best first.
    pub replacements: Vec<Replacement>,
    /// Doubts about a page that answers.
    pub suspicions: Vec<Suspicion>,
    /// Where it is linked, in order of the text.
    pub places: Vec<Place>,
}

impl CheckedLink {
    /// A target as it was judged, linked from these places.
    pub fn new(target: &Target, url: impl Into<String>, judged: Judgement, places: Vec<Place>) -> Self {
        Self {
            target: target.to_string(),
            url: url.into(),
            verdict: judged.verdict,
            class: judged.class,
            status: judged.status,
            moved_to: judged.moved_to,
            since: judged.since,
            dead_not_before: judged
                .progress
                .filter(|_| judged.verdict == Verdict::Failing)
                .and_then(|progress| progress.not_before),
            reason: judged.reason,
            replacements: Vec::new(),
            suspicions: judged.suspicions,
            places,
        }
    }

    fn judged(&self) -> (Verdict, Option<FailureClass>, Option<Date>) {
        (self.verdict, self.class, self.since)
    }
}

/// The totals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Targets.
    pub links: usize,
    /// Places that link to them.
    pub places: usize,
    /// Targets by verdict; verdicts that nothing has are left out.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// Findings of level error.
    pub errors: usize,
    /// Findings of level warning.
    pub warnings: usize,
    /// Findings of level note.
    pub notes: usize,
    /// Findings that the change under check did not cause.
    pub older: usize,
}

impl Counts {
    /// How many targets have this verdict.
    pub fn of(&self, verdict: Verdict) -> usize {
        self.verdicts.get(&verdict).copied().unwrap_or_default()
    }

    /// How many findings have this level.
    pub fn level(&self, level: Level) -> usize {
        match level {
            Level::Error => self.errors,
            Level::Warning => self.warnings,
            Level::Note => self.notes,
        }
    }

    /// Adds those of another list.
    pub fn add(&mut self, other: &Self) {
        self.links += other.links;
        self.places += other.places;
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.notes += other.notes;
        self.older += other.older;
        for (verdict, n) in &other.verdicts {
            *self.verdicts.entry(*verdict).or_default() += n;
        }
    }

    /// The findings in words: `1 error, 2 warnings, 3 notes`; none where there are none.
    pub fn found(&self) -> Option<String> {
        let parts: Vec<String> = Level::ALL
            .into_iter()
            .filter(|level| self.level(*level) > 0)
            .map(|level| plural(self.level(level), &level.to_string()))
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The verdicts in words: `40 links: 38 alive, 2 dead`.
    pub fn judged(&self) -> String {
        let parts: Vec<String> = self.verdicts.iter().map(|(v, n)| format!("{} {}", grouped(*n), v.name())).collect();
        let links = plural(self.links, "link");
        if parts.is_empty() { links } else { format!("{links}: {}", parts.join(", ")) }
    }
}

impl CheckReport {
    /// A check of nothing, to which others are joined.
    pub fn whole() -> Self {
        Self { complete: true, ..Self::default() }
    }

    /// The check of a change that adds no lines.
    pub fn change() -> Self {
        Self { complete: true, changed_lines: Some(BTreeMap::new()), ..Self::default() }
    }

    /// Whether a change was checked and not a whole list.
    pub fn is_change(&self) -> bool {
        self.changed_lines.is_some()
    }

    /// Whether a review of the change shows this position.
    pub fn is_in_diff(&self, place: &Place) -> bool {
        let lines = self.changed_lines.as_ref().map(|files| files.get(&place.file));
        lines.is_none_or(|lines| lines.is_some_and(|lines| lines.contains(&place.line)))
    }

    /// Joins the check of another list: a target that both judge alike stands once, with the places of both.
    pub fn join(&mut self, other: Self) {
        self.complete &= other.complete;
        self.findings.extend(other.findings);
        self.older.extend(other.older);
        self.entries.extend(other.entries);
        self.submitter = self.submitter.take().or(other.submitter);
        if let Some(lines) = other.changed_lines {
            self.changed_lines.get_or_insert_default().extend(lines);
        }
        self.links.extend(other.links);
    }

    /// Joins the links that several lists judge alike.
    pub fn join_links(&mut self) {
        // Stable: the places stay in the order of the lists.
        self.links.sort_by(|a, b| a.target.cmp(&b.target));
        self.links.dedup_by(|later, first| {
            let is_alike = later.target == first.target && later.judged() == first.judged();
            if is_alike {
                first.places.append(&mut later.places);
            }
            is_alike
        });
    }

    /// How many there are of each verdict and level.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { links: self.links.len(), older: self.older.len(), ..Counts::default() };
        for link in &self.links {
            counts.places += link.places.len();
            *counts.verdicts.entry(link.verdict).or_default() += 1;
        }
        for finding in &self.findings {
            *match finding.level {
                Level::Error => &mut counts.errors,
                Level::Warning => &mut counts.warnings,
                Level::Note => &mut counts.notes,
            } += 1;
        }
        counts
    }

    /// The failing links by the first day on which they can be called dead; none where there are fewer than two, whose
    /// findings state it.
    pub fn waited_for(&self) -> BTreeMap<Date, Vec<&CheckedLink>> {
        let mut days: BTreeMap<Date, Vec<&CheckedLink>> = BTreeMap::new();
        for link in self.links.iter().filter(|link| link.verdict == Verdict::Failing) {
            if let Some(day) = link.dead_not_before {
                days.entry(day).or_default().push(link);
            }
        }
        if days.values().map(Vec::len).sum::<usize>() < 2 { BTreeMap::new() } else { days }
    }

    /// The findings, most severe first, then in order of place.
    pub fn by_severity(&self) -> Vec<&Finding> {
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by_key(|finding| (finding.level, &finding.place, finding.code));
        findings
    }
}

/// The texts that were read, by the names that places call them: for excerpts.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    texts: BTreeMap<String, Source>,
}

#[derive(Debug, Clone)]
struct Source {
    text: String,
    lines: Vec<usize>,
}

impl Sources {
    /// Texts by file name.
    pub fn new(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let source = |text: String| Source { lines: line_starts(&text), text };
        Self { texts: texts.into_iter().map(|(file, text)| (file, source(text))).collect() }
    }

    /// The line that `place` is on, without its end.
    pub fn line(&self, place: &Place) -> Option<&str> {
        let source = self.texts.get(&place.file)?;
        let start = *source.lines.get(place.line.checked_sub(1)?)?;
        let end = source.lines.get(place.line).copied().unwrap_or(source.text.len());
        Some(source.text.get(start..end)?.trim_end_matches(['\n', '\r']))
    }
}

/// Where each line starts; LF, CR LF and CR end one (CommonMark 2.1).
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = |i: usize| bytes[i] == b'\n' || (bytes[i] == b'\r' && bytes.get(i + 1) != Some(&b'\n'));
    std::iter::once(0).chain((0..bytes.len()).filter(|i| ends(*i)).map(|i| i + 1)).collect()
}

#[cfg(test)]
pub(crate) mod tests;
