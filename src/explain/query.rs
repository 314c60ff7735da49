//! Finds the entry that a query means.

use super::build::{Totals, entry_of, reason_of_link, shown};
use super::{Evidence, Explanation, SectionExplanation, VERSION};
use crate::address::Target;
use crate::markdown::Link;
use crate::policy::{Layout, Order};
use crate::ranked_list::{ListEntry, RankedList, Section};

/// Similar names that are suggested where nothing matches.
const MAX_SUGGESTIONS: usize = 3;

/// No entry or section of the list has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", if self.ambiguous { format!("several entries of the list match `{}`", self.query) } else { format!("no entry of the list matches `{}`", self.query) })]
pub struct NotFound {
    /// The query.
    pub query: String,
    /// Similar names, the most similar first.
    pub nearest: Vec<String>,
    /// Whether the query is the beginning of several names.
    pub ambiguous: bool,
}

impl NotFound {
    fn new(query: &str, nearest: Vec<String>) -> Self {
        Self { query: query.to_owned(), nearest, ambiguous: false }
    }
}

/// Explains every entry that `query` means: by address, by canonical target, by `owner/name` or its last part, by title,
/// by another of its links, or by the beginning of a name that only one entry has.
pub fn explain(evidence: &Evidence<'_>, query: &str) -> Result<Vec<Explanation>, NotFound> {
    let query = query.trim();
    let entries = &evidence.ranked.entries;
    let found = by_name(evidence, query);
    if !found.is_empty() {
        return Ok(found.into_iter().map(|entry| entry_of(evidence, entry)).collect());
    }
    let linked = by_link(evidence, query);
    if !linked.is_empty() {
        return Ok(linked);
    }
    let begins = |entry: &&ListEntry| all_names(entry).iter().any(|name| begins_with(name, query));
    let beginning: Vec<&ListEntry> = entries.iter().filter(begins).collect();
    match beginning.as_slice() {
        [only] => Ok(vec![entry_of(evidence, only)]),
        [] => Err(NotFound::new(query, nearest(query, entries.iter().flat_map(all_names)))),
        several => {
            let names = several.iter().take(MAX_SUGGESTIONS).map(|entry| entry.title.clone()).collect();
            Err(NotFound { ambiguous: true, ..NotFound::new(query, names) })
        }
    }
}

/// Explains every entry of the list, in the order of [`RankedList::entries`], from the list alone.
pub fn all(ranked: &RankedList, layout: &Layout) -> Vec<Explanation> {
    let totals = Totals::of(ranked);
    ranked.entries.iter().map(|entry| shown(ranked, layout, &totals, entry)).collect()
}

/// The entries that the first of these finds: address, full name, title, last part of a name.
fn by_name<'a>(evidence: &Evidence<'a>, query: &str) -> Vec<&'a ListEntry> {
    let target = evidence.forges.target(query);
    let is_address = |entry: &ListEntry| {
        entry.target == target
            || evidence.forges.target(&entry.url) == target
            || entry.url == query
            || entry.source.url == query
    };
    let is_full_name = |entry: &ListEntry| {
        entry.target.to_string().eq_ignore_ascii_case(query)
            || names(entry).iter().any(|name| name.eq_ignore_ascii_case(query))
    };
    let is_title = |entry: &ListEntry| {
        [&entry.title, &entry.source.title].iter().any(|title| title.to_lowercase() == query.to_lowercase())
    };
    let is_last_part = |entry: &ListEntry| {
        let last = |name: &String| name.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(query));
        names(entry).iter().any(last)
    };
    let tests: [&dyn Fn(&ListEntry) -> bool; 4] = [&is_address, &is_full_name, &is_title, &is_last_part];
    let entries = &evidence.ranked.entries;
    let found = tests.iter().map(|is_meant| entries.iter().filter(|entry| is_meant(entry)).collect::<Vec<_>>());
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// The entries with a further link that `query` means, by its address, its text or its target.
fn by_link(evidence: &Evidence<'_>, query: &str) -> Vec<Explanation> {
    let target = evidence.forges.target(query);
    let is_meant = |link: &&Link| {
        let own = evidence.forges.target(&link.url);
        let name = own.repository().map(|repository| repository.path.clone()).unwrap_or_default();
        own == target
            || link.url == query
            || link.text.to_lowercase() == query.to_lowercase()
            || name.eq_ignore_ascii_case(query)
            || name.rsplit('/').next().is_some_and(|last| !last.is_empty() && last.eq_ignore_ascii_case(query))
    };
    let explained = |link: &Link| {
        let entry = evidence.ranked.entries.iter().find(|entry| Some(entry.source.entry) == link.entry)?;
        Some(Explanation { link: Some(reason_of_link(evidence, link)), ..entry_of(evidence, entry) })
    };
    let mut found: Vec<Explanation> = evidence.document.links.iter().filter(is_meant).filter_map(explained).collect();
    found.dedup_by(|b, a| a.line == b.line && a.link == b.link);
    found
}

/// Explains the section whose heading is `query`, or whose path of headings is, joined by `/`: in the order in which the
/// list shows it, or by rank where the list keeps its source's order.
pub fn section(evidence: &Evidence<'_>, query: &str) -> Result<SectionExplanation, NotFound> {
    let ranked = evidence.ranked;
    let wanted = query.trim().to_lowercase();
    let path = |section: &Section| section.path.join("/").to_lowercase();
    let is_meant = |section: &&Section| section.title.to_lowercase() == wanted || path(section) == wanted;
    let begins = |section: &&Section| begins_with(&section.title, query.trim());
    let mut found: Vec<&Section> = ranked.sections.iter().filter(is_meant).collect();
    if found.is_empty() {
        found = ranked.sections.iter().filter(begins).collect();
        found.truncate(usize::from(found.len() == 1));
    }
    let full = found.iter().find(|section| !section.shown.is_empty() || !section.folded.is_empty());
    let Some(section) = full.or(found.first()) else {
        let known = ranked.sections.iter().map(|section| section.title.clone());
        return Err(NotFound::new(query, nearest(query, known)));
    };
    let mut entries: Vec<&ListEntry> = listed(ranked, section).collect();
    if evidence.layout.of(&section.title).order == Some(Order::None) {
        entries.sort_by_key(|entry| entry.position.rank.unwrap_or(usize::MAX));
    }
    Ok(SectionExplanation {
        version: VERSION,
        section: section.path.clone(),
        entries: entries.into_iter().map(|entry| entry_of(evidence, entry)).collect(),
        as_of: ranked.as_of,
        formula: ranked.formula,
    })
}

/// The entries of a section in the order of the list.
pub(super) fn listed<'a>(ranked: &'a RankedList, section: &'a Section) -> impl Iterator<Item = &'a ListEntry> {
    section.shown.iter().chain(&section.folded).map(|index| &ranked.entries[*index])
}

fn begins_with(name: &str, query: &str) -> bool {
    !query.is_empty() && name.to_lowercase().starts_with(&query.to_lowercase())
}

/// The names that an entry's repository goes by.
fn names(entry: &ListEntry) -> Vec<String> {
    [&entry.target, &entry.ranked_by]
        .into_iter()
        .filter_map(|target| match target {
            Target::Repository(repository) => Some(repository.path.clone()),
            _ => None,
        })
        .chain(entry.forge.facts.name.clone())
        .chain(entry.status.moved_from.clone())
        .collect()
}

/// Every name of an entry: full names, their last parts, and its title.
fn all_names(entry: &ListEntry) -> Vec<String> {
    let full = names(entry);
    let last: Vec<String> = full.iter().filter_map(|name| Some(name.rsplit_once('/')?.1.to_owned())).collect();
    full.into_iter().chain(last).chain([entry.title.clone()]).collect()
}

fn nearest(query: &str, known: impl Iterator<Item = String>) -> Vec<String> {
    let query = query.to_lowercase();
    let near = |name: &str| {
        let name = name.to_lowercase();
        strsim::jaro_winkler(&query, &name).max(strsim::normalized_damerau_levenshtein(&query, &name))
    };
    let mut known: Vec<(f64, String)> = known.map(|name| (near(&name), name)).collect();
    known.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    known.dedup_by(|b, a| a.1.eq_ignore_ascii_case(&b.1));
    known.into_iter().filter(|(near, _)| *near > 0.6).take(MAX_SUGGESTIONS).map(|(_, name)| name).collect()
}
