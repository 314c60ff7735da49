//! The rules of a list: a table of functions from a case to findings.
//!
//! A rule says what is so and what to do; how grave that is, the policy says. Rules look at nothing
//! themselves: what is held of a target and what is remembered of it is handed to them.

mod additions;
mod anchors;
mod duplicates;
mod entries;
mod links;
mod order;
mod table;
#[cfg(test)]
mod tests;
mod whole;

pub use table::{Rule, Scope, TABLE, markdown, text};
pub use whole::of_policy;

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use crate::address::Target;
use crate::change::Change;
use crate::finding::{Finding, Level, Place};
use crate::ledger::Record;
use crate::markdown::{Document, Entry};
use crate::policy::Policy;
use crate::verdict::Judgement;

/// One file of a list with everything that rules may ask of it.
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
    /// What is held of a target.
    pub judge: &'a dyn Fn(&Target) -> Judgement,
    /// What is remembered of a target.
    pub record: &'a dyn Fn(&Target) -> Option<&'a Record>,
    /// The day since which a target that is no longer on the list is dead.
    pub dead_since: &'a dyn Fn(&Target) -> Option<Date>,
    /// What the change under check brings; none where the whole list is checked.
    pub change: Option<&'a Change>,
}

/// What every rule that is on finds in this case, in the order of the table.
pub fn check(case: &Case<'_>) -> Vec<Finding> {
    let context = Context::new(*case);
    TABLE.iter().flat_map(|rule| context.apply(rule)).collect()
}

/// A case with every link judged once.
struct Context<'a> {
    case: Case<'a>,
    held: HashMap<&'a Target, Judgement>,
    /// Links to judge: of several to one target in one entry or line only the first.
    judged: Vec<usize>,
}

/// Where a rule was broken.
#[derive(Debug, Clone, Copy)]
enum Spot {
    Link(usize),
    Entry(usize),
    File,
}

impl Spot {
    fn is_touched(self, change: &Change) -> bool {
        match self {
            Self::Link(i) => change.links.contains(&i),
            Self::Entry(i) => change.touches(i),
            Self::File => false,
        }
    }
}

/// One breach of a rule.
#[derive(Debug, Clone)]
struct Hit {
    spot: Spot,
    message: String,
    help: Option<String>,
    /// The gravest it may be, whatever the policy says.
    at_most: Level,
    /// Whether the change brought it about, though it touches another place.
    brought: bool,
}

impl Hit {
    fn new(spot: Spot, message: String) -> Self {
        Self { spot, message, help: None, at_most: Level::Error, brought: false }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl<'a> Context<'a> {
    fn new(case: Case<'a>) -> Self {
        let mut held = HashMap::with_capacity(case.targets.len());
        let mut met = HashSet::with_capacity(case.targets.len());
        let mut judged = Vec::with_capacity(case.targets.len());
        for ((i, target), link) in case.targets.iter().enumerate().zip(&case.document.links) {
            held.entry(target).or_insert_with(|| (case.judge)(target));
            let line = link.entry.is_none().then_some(link.line);
            if met.insert((target, link.entry, line)) {
                judged.push(i);
            }
        }
        Self { case, held, judged }
    }

    fn apply(&self, rule: &Rule) -> Vec<Finding> {
        let (everywhere, added) = rule.levels(&self.case.policy.rules);
        let idle = everywhere.is_none() && added.is_none();
        if idle || (self.case.change.is_none() && rule.scope == Scope::Addition) {
            return Vec::new();
        }
        let hits = rule.find(self).into_iter();
        hits.filter_map(|hit| {
            let Some(change) = self.case.change else { return Some(self.finding(rule, everywhere?, hit)) };
            if rule.scope == Scope::Addition || hit.brought || hit.spot.is_touched(change) {
                return Some(self.finding(rule, added?, hit));
            }
            let known = rule.scope == Scope::World && everywhere? < Level::Note;
            known.then(|| self.finding(rule, Level::Note, hit.help("nothing for this change: it was so before")))
        })
        .collect()
    }

    fn finding(&self, rule: &Rule, level: Level, hit: Hit) -> Finding {
        let finding = Finding::new(rule.id, level.max(hit.at_most), hit.message);
        let finding = match hit.spot {
            Spot::Link(i) => finding.at(self.place(i)).about(&self.case.targets[i]),
            Spot::Entry(i) => {
                let link = self.entry(i).link;
                finding.at(self.place(link)).about(&self.case.targets[link])
            }
            Spot::File => finding.at(Place {
                file: self.case.file.to_owned(),
                line: 1,
                column: 1,
                section: Vec::new(),
                title: None,
            }),
        };
        Finding { help: hit.help, ..finding }
    }

    /// Where a link stands.
    fn place(&self, i: usize) -> Place {
        let document = self.case.document;
        let link = &document.links[i];
        let title = link.entry.map_or(&link.text, |entry| &document.entries[entry].title);
        Place {
            file: self.case.file.to_owned(),
            line: link.line,
            column: link.column,
            section: document.section(link.heading),
            title: (!title.is_empty()).then(|| title.clone()),
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

    /// What an entry is ranked by.
    fn ranked(&self, entry: &Entry) -> Option<&'a Target> {
        self.case.targets.get(entry.ranked_by)
    }

    /// Links with what is held of them.
    fn judged(&self) -> impl Iterator<Item = (usize, &'a Target, &Judgement)> {
        self.judged.iter().filter_map(|&i| {
            let target = &self.case.targets[i];
            Some((i, target, self.held.get(target)?))
        })
    }

    fn remembered(&self, target: &Target) -> Option<&'a Record> {
        (self.case.record)(target)
    }
}

/// A stranger's words in a sentence of ours: in backticks, of a bearable length.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 120;
    match text.char_indices().nth(LONGEST) {
        None => format!("`{text}`"),
        Some((end, _)) => format!("`{}…`", &text[..end]),
    }
}

/// `1 star`, `3 stars`.
fn count(n: impl Into<u64>, word: &str) -> String {
    let n = n.into();
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}
