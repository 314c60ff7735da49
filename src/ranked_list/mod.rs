//! Everything that a list shows, as one value.
//!
//! Joins the source's entries with what the ledger and the verdicts know of them: sections in the source's order, entries in
//! theirs, each with its figures, marks and reasons. It writes no Markdown (that is `render`) and keeps untrusted
//! text as it is. Two spellings of one target stay two entries: duplicates are for `rules`.

mod behind;
mod blocks;
mod build;
mod note;
mod previous;
mod entry;
mod sections;
mod words;

#[cfg(test)]
pub(crate) mod sample;

pub use behind::{Behind, BehindStatus, named_by};
pub use blocks::TOP_SIZE;
pub use build::build;
pub use note::note;
pub use previous::{Previous, PreviousPlace};
pub use words::{Words, languages, word_names};

use jiff::civil::Date;

use crate::address::{Forges, Target};
use crate::judgement::Judgements;
use crate::ledger::{Growth, History};
use crate::markdown::Document;
use crate::observation::SharedFacts;
use crate::policy::{Language, MarkName, Policy, Rank};
use crate::ranking::{Activity, Anomaly, Baseline, Score};
use crate::replacement::Replacement;
use crate::verdict::Judgement;

/// In the view of one file of a list: the entry stands in another.
pub const ELSEWHERE: usize = usize::MAX;

/// What a ranked is made from.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The name of the source file, as the list names it.
    pub source: &'a str,
    /// The source.
    pub document: &'a Document,
    /// The judgements of its targets, and the ledger.
    pub judgements: &'a Judgements<'a>,
    /// Stars over time.
    pub history: &'a History,
    /// The rules.
    pub policy: &'a Policy,
    /// The forges that links are recognised by.
    pub forges: &'a Forges,
    /// The order of the list as it stands now, where it was written before.
    pub previous: Option<&'a Previous>,
    /// What the entries are like that an unknown fact is compared with, where these are not the list's own.
    pub baseline: Option<&'a Baseline>,
}

/// Everything that a list shows.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedList {
    /// The list's title.
    pub title: String,
    /// The name of the source file.
    pub source: String,
    /// The name of the generated file.
    pub output: String,
    /// The language of the list's own words.
    pub language: Language,
    /// The month from which ages are counted: that of the newest look.
    pub as_of: Option<Date>,
    /// The version of the formula.
    pub formula: u32,
    /// The weights and constants it was reckoned with.
    pub rules: Rank,
    /// What the list's entries are like: what an unknown fact counts as.
    pub baseline: Baseline,
    /// The sections that have entries, in the source's order.
    pub sections: Vec<Section>,
    /// Every entry, in the source's order. Sections and blocks name them by index.
    pub entries: Vec<ListEntry>,
    /// What is confirmed dead, newest first.
    pub dead: Vec<usize>,
    /// The best of the list, one for each target.
    pub top: Vec<usize>,
    /// Those that grew most for their size.
    pub trending: Vec<usize>,
    /// Those that were added last, newest first.
    pub new: Vec<usize>,
    /// Those that fell silent lately.
    pub newly_stale: Vec<usize>,
    /// How many of each there are.
    pub counts: Counts,
}

impl RankedList {
    /// The last day of the list's first week: what was first seen until then came with the list, and was not added to it.
    pub fn founded(&self) -> Option<Date> {
        let first = self.entries.iter().filter_map(|entry| entry.forge.added).min();
        first.map(|first| first.saturating_add(jiff::Span::new().days(7)))
    }
}

/// A section of the list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Section {
    /// Its heading, as rendered; empty for what stands above the first section.
    pub title: String,
    /// The headings above and its own, outermost first, without the list's title.
    pub path: Vec<String>,
    /// How deep it is nested: 1 for a section of the list itself, 0 for what stands above the first.
    pub depth: usize,
    /// Entries that are shown, in order, children after their parents.
    pub shown: Vec<usize>,
    /// Entries that are folded away, in order.
    pub folded: Vec<usize>,
}

/// An entry of the list: what is shown of it, and the facts and judgements that this comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct ListEntry {
    /// The name that is shown: the source's words, else the forge's.
    pub title: String,
    /// The address that is linked: the source's, or the new one of what moved.
    pub url: String,
    /// The description that is shown: the source's words, else the forge's.
    pub description: Option<String>,
    /// What its title links to, as the source has it.
    pub target: Target,
    /// What it is ranked by: its own target or that of another of its links.
    pub ranked_by: Target,
    /// What its page says of its repository, where no link of the entry names one.
    pub behind: Option<Behind>,
    /// What the source states.
    pub source: SourceFields,
    /// What the forge reports of `ranked_by`, and what follows from that over time.
    pub forge: ForgeFields,
    /// What is concluded about it.
    pub status: EntryStatus,
    /// Where it stands in the list.
    pub position: EntryPosition,
}

/// What the source states about an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceFields {
    /// The title.
    pub title: String,
    /// The address.
    pub url: String,
    /// The description.
    pub description: Option<String>,
    /// Whether its author marked it as finished.
    pub finished: bool,
    /// Its file, where it is another one than the list's first.
    pub file: Option<String>,
    /// The line of its link, from 1.
    pub line: usize,
    /// The entry, as an index into [`Document::entries`]; [`ELSEWHERE`] in the view of another file.
    pub entry: usize,
}

/// What a forge reports about an entry, last known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ForgeFields {
    /// The facts as the ledger stores them.
    pub facts: SharedFacts,
    /// The stars of the other repositories that it names beside its own, in order; none where they are unknown.
    pub others: Vec<Option<u64>>,
    /// Whether its stars are likes.
    pub likes: bool,
    /// The licence, where one is known.
    pub licence: Option<String>,
    /// The month of the facts, where it is older than that of the list.
    pub known: Option<Date>,
    /// How recent the last work on it is; none where the facts are too old.
    pub activity: Option<Activity>,
    /// Stars gained recently.
    pub growth: Option<Growth>,
    /// What is implausible about its stars.
    pub anomaly: Option<Anomaly>,
    /// The day of the first observation.
    pub added: Option<Date>,
    /// The day on which it was first seen archived.
    pub archived_since: Option<Date>,
}

/// What is concluded about an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryStatus {
    /// The verdict on its link.
    pub judgement: Judgement,
    /// Every mark that applies, most severe first; the layout chooses which are shown.
    pub marks: Vec<MarkName>,
    /// Its score; none without stars.
    pub score: Option<Score>,
    /// The old address or name, where the list links the new one.
    pub moved_from: Option<String>,
    /// What may take its place, best first: of its link, else of what it is ranked by.
    pub replacements: Vec<Replacement>,
}

/// Where an entry stands in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPosition {
    /// Shown, folded, dead or hidden.
    pub placement: Placement,
    /// The section it belongs to, as an index into [`RankedList::sections`]; none where that is not shown.
    pub section: Option<usize>,
    /// The headings above it, outermost first, without the list's title.
    pub path: Vec<String>,
    /// Its place among the ranked of its section, from 1.
    pub place: Option<usize>,
    /// Its place among the ranked of the list by score alone, from 1.
    pub rank: Option<usize>,
    /// How deep it is nested in other entries.
    pub depth: usize,
    /// Whether the policy pins it.
    pub pinned: bool,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placement {
    /// In its section.
    Shown,
    /// Folded away at the end of its section.
    Folded,
    /// Among the dead.
    Dead,
    /// Nowhere: the policy leaves it out.
    Hidden,
}

/// How many of each there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries that are ranked.
    pub projects: usize,
    /// Other entries that are listed.
    pub links: usize,
    /// Sections with entries of their own.
    pub sections: usize,
    /// Entries with a recent commit.
    pub active: usize,
    /// Entries without one for some months.
    pub slow: usize,
    /// Entries without one for more than a year.
    pub stale: usize,
    /// Archived entries.
    pub archived: usize,
    /// Entries that moved.
    pub moved: usize,
    /// Dead entries.
    pub dead: usize,
}

impl RankedList {
    /// The activity marks that this list shows, by the target they were reckoned from: the ledger remembers them.
    pub fn shown(&self) -> impl Iterator<Item = (&Target, Option<Activity>)> {
        self.entries.iter().map(|row| (&row.ranked_by, row.forge.activity))
    }

    /// Names the file of the entries from number `first` of the joined document on.
    pub fn name_file(&mut self, first: usize, file: &str) {
        for row in self.entries.iter_mut().filter(|row| row.source.entry >= first) {
            row.source.file = Some(file.to_owned());
        }
    }

    /// The list as the file `source` shows it, whose entries are these of the joined document: what stands in other files
    /// stays in blocks and counts.
    #[must_use]
    pub fn of_file(&self, source: &str, output: Option<&str>, entries: &std::ops::Range<usize>) -> Self {
        let mut view = Self { source: source.to_owned(), ..self.clone() };
        view.output = output.map_or_else(|| self.output.clone(), str::to_owned);
        for row in &mut view.entries {
            let inside = entries.contains(&row.source.entry);
            row.source.entry = if inside { row.source.entry - entries.start } else { ELSEWHERE };
        }
        view
    }

    /// How many entries the section at `index` and those nested in it list.
    pub fn listed(&self, index: usize) -> usize {
        let Some(section) = self.sections.get(index) else { return 0 };
        let inside =
            self.sections[index + 1..].iter().take_while(|other| section.depth > 0 && other.depth > section.depth);
        std::iter::once(section).chain(inside).map(|section| section.shown.len() + section.folded.len()).sum()
    }
}

#[cfg(test)]
mod tests;
