//! The rules of a list: a table of functions from a case to findings.
//!
//! A rule states what is wrong and the way out; the policy sets its severity. Rules fetch nothing themselves: the
//! judgement, the record and the anchors of a target are passed to them.

mod additions;
mod anchors;
mod background;
mod duplicates;
mod entries;
mod links;
mod local;
mod markers;
mod order;
mod spelling;
mod submission;
mod table;
mod tampering;
#[cfg(test)]
mod tests;
mod translations;
mod whole;

pub use anchors::fragment;
pub use table::{Rule, TABLE, apply_policy, info, infos, levels, markdown, text};

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::civil::Date;

use crate::address::{self, LocalFile, Target};
use crate::change::Change;
use crate::finding::{Finding, Fix, Level, Place, RuleInfo, Scope, Setting};
use crate::judgement::Judgements;
use crate::ledger::Record;
use crate::markdown::{Document, Entry};
use crate::policy::{FileRole, Policy};
use crate::replacement::Replacement;
use crate::text::{plural, quoted};
use crate::verdict::{Judgement, Verdict};

/// The block that contains dead entries: its links are known to be dead.
const DEAD_BLOCK: &str = "dead";

/// A file of the list that is checked.
#[derive(Clone, Copy)]
pub struct ListedFile<'a> {
    /// The file as the person named it.
    pub file: &'a str,
    /// What it is in the list.
    pub role: FileRole,
    /// Its parse.
    pub document: &'a Document,
    /// What each link of the parse points at, in the same order.
    pub targets: &'a [Target],
}

/// One file of a list with everything that rules may ask for.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The file as the person named it.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Its parse.
    pub document: &'a Document,
    /// What each link of the parse points at, in the same order.
    pub targets: &'a [Target],
    /// The day of the check.
    pub today: Date,
    /// The rules of the list.
    pub policy: &'a Policy,
    /// What a relative link leads to.
    pub local: &'a dyn Fn(&Target) -> LocalFile,
    /// The judgements of its targets, their records, and this run's looks.
    pub judgements: &'a Judgements<'a>,
    /// What the change under check brings; none where the whole list is checked.
    pub change: Option<&'a Change>,
    /// Every file of the list, this one included; none where it has one.
    pub files: &'a [ListedFile<'a>],
}

/// What the rules find.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Breaches, in the order of the table; in the check of a change only those that it causes.
    pub findings: Vec<Finding>,
    /// In the check of a change: breaches that it does not cause.
    pub older: Vec<Finding>,
}

/// A rule that sees changes alone.
const fn about_change(
    scope: Scope,
    id: &'static str,
    added: Setting,
    find: fn(&Context<'_>) -> Vec<Breach>,
    summary: &'static str,
    docs: &'static str,
) -> Rule {
    Rule { info: RuleInfo { id, summary, docs, scope, level: Setting::Off, added }, find }
}

/// What every rule that is on finds in this case.
pub fn check(case: &Case<'_>) -> Checked {
    let context = Context::new(*case);
    let mut checked = Checked::default();
    for rule in TABLE {
        context.apply(rule, &mut checked);
    }
    checked
}

/// A case with every link judged once.
struct Context<'a> {
    case: Case<'a>,
    judgements: HashMap<&'a Target, Judgement>,
    /// The links that are reported: of several to one target in one entry or line only the first.
    reported: Vec<usize>,
}

/// Where a rule was broken.
#[derive(Debug, Clone, Copy)]
enum Spot {
    Link(usize),
    Entry(usize),
    Line(usize),
    File,
    Policy,
}

impl Spot {
    fn is_touched(self, change: &Change) -> bool {
        match self {
            Self::Link(i) => change.links.contains(&i),
            Self::Entry(i) => change.touches(i),
            Self::Line(_) | Self::File | Self::Policy => false,
        }
    }
}

/// One breach of a rule.
#[derive(Debug, Clone)]
struct Breach {
    spot: Spot,
    message: String,
    help: Option<String>,
    fixes: Vec<Fix>,
    /// The most severe that it may be, whatever the policy sets.
    at_most: Level,
    /// Whether it is an error, whatever the policy sets, as long as the rule is on.
    is_error: bool,
    /// Whether the change caused it, though it touches another place.
    caused: bool,
}

impl Breach {
    fn new(spot: Spot, message: String) -> Self {
        Self { spot, message, help: None, fixes: Vec::new(), at_most: Level::Error, is_error: false, caused: false }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl<'a> Context<'a> {
    fn new(case: Case<'a>) -> Self {
        let mut judgements = HashMap::with_capacity(case.targets.len());
        let mut met = HashSet::with_capacity(case.targets.len());
        let mut reported = Vec::with_capacity(case.targets.len());
        for ((i, target), link) in case.targets.iter().enumerate().zip(&case.document.links) {
            judgements.entry(target).or_insert_with(|| case.judgements.judge(target));
            let line = link.entry.is_none().then_some(link.line);
            if met.insert((target, link.entry, line)) && !is_among_the_dead(&case, i) {
                reported.push(i);
            }
        }
        Self { case, judgements, reported }
    }

    /// Adds the breaches of one rule, each at the severity that the policy and the change ask for.
    fn apply(&self, rule: &'static Rule, checked: &mut Checked) {
        let (everywhere, added) = levels(&rule.info, &self.case.policy.rules);
        let is_off = everywhere.is_none() && added.is_none();
        if is_off || (self.case.change.is_none() && matches!(rule.info.scope, Scope::Addition | Scope::Change)) {
            return;
        }
        for breach in rule.find(self) {
            let Some(change) = self.case.change else {
                checked.findings.extend(everywhere.map(|level| self.finding(rule, level, breach)));
                continue;
            };
            let is_about_change = matches!(rule.info.scope, Scope::Addition | Scope::Change);
            if is_about_change || breach.caused || breach.spot.is_touched(change) {
                checked.findings.extend(added.map(|level| self.finding(rule, level, breach)));
            } else if rule.info.scope == Scope::List {
                checked.older.extend(everywhere.map(|level| self.finding(rule, level, breach)));
            }
        }
    }

    /// Whether a relative address was meant to be one on the web, and is no file.
    fn is_mistyped(&self, path: &str) -> bool {
        address::mistyped(path).is_some() && (self.case.local)(&Target::Local(path.to_owned())) != LocalFile::Found
    }

    fn finding(&self, rule: &'static Rule, level: Level, breach: Breach) -> Finding {
        let level = if breach.is_error { Level::Error } else { level.max(breach.at_most) };
        let finding = Finding::new(&rule.info, breach.message).level(level);
        let finding = match breach.spot {
            Spot::Link(i) => finding.at(self.place(i)).about(&self.case.targets[i]),
            Spot::Entry(i) => {
                let link = self.entry(i).link;
                finding.at(self.place(link)).about(&self.case.targets[link])
            }
            Spot::Line(line) => finding.at(Place::line(self.case.file, line)),
            Spot::File => finding.at(Place::line(self.case.file, 1)),
            Spot::Policy => finding,
        };
        Finding { help: breach.help, fixes: breach.fixes, ..finding }
    }

    /// The same breach with what may take the place of the target of link `i`, in its help and as fixes.
    fn with_replacements(&self, breach: Breach, i: usize) -> Breach {
        let found = self.case.targets.get(i).map(|target| self.case.judgements.replacements(target));
        let Some(found) = found.filter(|found| !found.is_empty()) else { return breach };
        let offers: Vec<String> = found.iter().map(ToString::to_string).collect();
        let help = format!("link what came after it: {}", offers.join("; "));
        let fixes = found.iter().filter_map(|replacement| self.fix(i, replacement)).collect();
        Breach { fixes, ..breach.help(help) }
    }

    /// The edit of a link's address. One that would need escapes is left to `pomona fix`.
    fn fix(&self, i: usize, replacement: &Replacement) -> Option<Fix> {
        let link = &self.case.document.links[i];
        let destination = link.destination.clone()?;
        let is_plain = !replacement.url.contains(['(', ')', '<', '>', ' ', '\\', '"', '\'']);
        let start = end_of(self.case.text.get(link.span.start..destination.start)?, link.line, link.column);
        let end = end_of(self.case.text.get(destination)?, start.0, start.1);
        let (text, description) = (replacement.url.clone(), replacement.to_string());
        is_plain.then_some(Fix { start, end, text, description })
    }

    /// The position of a link, from its first character to its last.
    fn place(&self, i: usize) -> Place {
        let document = self.case.document;
        let link = &document.links[i];
        let title = link.entry.map_or(&link.text, |entry| &document.entries[entry].title);
        Place {
            section: document.section(link.heading),
            title: (!title.is_empty()).then(|| title.clone()),
            column: link.column,
            end: self.case.text.get(link.span.clone()).map(|source| end_of(source, link.line, link.column)),
            ..Place::line(self.case.file, link.line)
        }
    }

    fn entry(&self, i: usize) -> &'a Entry {
        &self.case.document.entries[i]
    }

    /// Entries that list something on the web, with what their title points at: no contents, no footnotes.
    fn entries(&self) -> impl Iterator<Item = (usize, &'a Entry, &'a Target)> {
        let case = self.case;
        let all = case.document.entries.iter().enumerate();
        all.filter_map(|(i, entry)| Some((i, entry, case.targets.get(entry.link)?)))
            .filter(|(_, entry, target)| target.is_remote() && !case.document.links[entry.link].kind.is_image())
    }

    /// The target that an entry is ranked by.
    fn ranked(&self, entry: &Entry) -> Option<Target> {
        Some(self.case.targets.get(entry.ranked_by)?.looked_at())
    }

    /// Links of this verdict with their judgements. Of the pages of one repository that shares the verdict, an entry
    /// reports only the first: a dead repository is one finding, not one more for each of its badges.
    fn judged_as(&self, verdict: Verdict) -> Vec<(usize, &'a Target, &Judgement)> {
        let mut met = BTreeSet::new();
        let mut found = Vec::new();
        for &i in &self.reported {
            let target = &self.case.targets[i];
            let Some(judgement) = self.judgements.get(target).filter(|judgement| judgement.verdict == verdict) else {
                continue;
            };
            let at = &self.case.document.links[i];
            let line = at.entry.is_none().then_some(at.line);
            let shared = target.repository().filter(|repository| {
                self.case.judgements.judge(&Target::Repository((*repository).clone())).verdict == verdict
            });
            if shared.is_none_or(|repository| met.insert((repository, at.entry, line))) {
                found.push((i, target, judgement));
            }
        }
        found
    }

    /// Links that are reported, with their judgements.
    fn judged(&self) -> impl Iterator<Item = (usize, &'a Target, &Judgement)> {
        self.reported.iter().filter_map(|&i| {
            let target = &self.case.targets[i];
            Some((i, target, self.judgements.get(target)?))
        })
    }

    /// This file among those of the list.
    fn own_file(&self) -> Option<&'a ListedFile<'a>> {
        self.case.files.iter().find(|file| file.file == self.case.file)
    }

    fn record(&self, target: &Target) -> Option<&'a Record> {
        self.case.judgements.record(target)
    }
}

/// Whether a link is in the block of dead entries. One that a change puts there is judged as any other: else the
/// markers would hide it from the check.
fn is_among_the_dead(case: &Case<'_>, link: usize) -> bool {
    let inside = case.document.block_at(case.document.links[link].span.start);
    inside.is_some_and(|block| block.name == DEAD_BLOCK) && !case.change.is_some_and(|c| c.links.contains(&link))
}

/// The position after `source`, which begins at this line and column.
fn end_of(source: &str, line: usize, column: usize) -> (usize, usize) {
    match source.rsplit_once('\n') {
        Some((before, last)) => (line + before.matches('\n').count() + 1, last.chars().count() + 1),
        None => (line, column + source.chars().count()),
    }
}
