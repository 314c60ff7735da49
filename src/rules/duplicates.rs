//! Rules about things that are listed twice.

use std::collections::{BTreeSet, HashMap};

use super::{Breach, Context, ListedFile, Rule, Spot, quoted};
use crate::address::{self, Target};
use crate::finding::{RuleInfo, Scope, Setting};
use crate::markdown::Entry;
use crate::policy::FileRole;
use crate::verdict::Verdict;

pub(super) static DUPLICATE: Rule = Rule {
    info: RuleInfo {
        id: "duplicate",
        summary: "an entry is listed twice in its section",
        docs: "The same target, the same address in another spelling (`http`, `www.`, a slash at the end), or a \
               repository under its old and its new name. Parts of one page (`#one`, `#two`) are different things.",
        scope: Scope::List,
        level: Setting::WARNING,
        added: Setting::ERROR,
    },
    find: in_section,
};

fn in_section(context: &Context<'_>) -> Vec<Breach> {
    let found = found(context).into_iter().filter(|duplicate| duplicate.same_section);
    found
        .map(|duplicate| {
            let (entry, other) = (context.entry(duplicate.entry), context.entry(duplicate.other));
            let line = context.case.document.links[other.link].line;
            let title =
                if other.title == entry.title { String::new() } else { format!(" as {}", quoted(&other.title)) };
            let renamed = new_name(context, entry.link).map(|name| format!(": {} is its new name", quoted(&name)));
            let renamed = renamed.unwrap_or_default();
            let message = format!("{} is already listed in line {line}{title}{renamed}", quoted(&entry.title));
            let is_new = context.case.change.is_some_and(|change| change.added.contains(&duplicate.entry));
            let help = if is_new { "remove it, and improve the entry that is there" } else { "keep one of the two" };
            Breach::new(Spot::Entry(duplicate.entry), message).help(help)
        })
        .collect()
}

pub(super) static DUPLICATE_ELSEWHERE: Rule = Rule {
    info: RuleInfo {
        id: "duplicate-elsewhere",
        summary: "an entry is listed in another section or file too",
        docs: "As `duplicate`, across sections, and across the files of a list with several in `source`. Often this is \
               meant, so it is only a note. A list that wants every entry once sets it to `error`.",
        scope: Scope::List,
        level: Setting::NOTE,
        added: Setting::NOTE,
    },
    find: elsewhere,
};

fn elsewhere(context: &Context<'_>) -> Vec<Breach> {
    let found = found(context).into_iter().filter(|duplicate| !duplicate.same_section);
    let beside = found
        .map(|duplicate| {
            let (entry, other) = (context.entry(duplicate.entry), context.entry(duplicate.other));
            let line = context.case.document.links[other.link].line;
            let section = context.case.document.section(other.heading).pop().unwrap_or_default();
            let message =
                format!("{} is listed in section {} too, line {line}", quoted(&entry.title), quoted(&section));
            let help = "keep both where it belongs in both sections, else the better one";
            Breach::new(Spot::Entry(duplicate.entry), message).help(help)
        })
        .collect::<Vec<_>>();
    beside.into_iter().chain(in_other_files(context)).collect()
}

/// Entries that another source of the list has too: of one before it in the policy, and what a change touches of any.
fn in_other_files(context: &Context<'_>) -> Vec<Breach> {
    let is_source = |file: &&ListedFile<'_>| file.role != FileRole::Translation;
    let Some(own) = context.own_file().filter(is_source) else { return Vec::new() };
    let mut known: HashMap<String, (&ListedFile<'_>, usize, bool)> = HashMap::new();
    let mut is_earlier = true;
    for file in context.case.files.iter().filter(is_source) {
        if file.file == own.file {
            is_earlier = false;
            continue;
        }
        for entry in &file.document.entries {
            let (link, target) = (&file.document.links[entry.link], &file.targets[entry.link]);
            if target.is_remote() && !link.kind.is_image() {
                known.entry(identity(context, &link.url, target)).or_insert((file, link.line, is_earlier));
            }
        }
    }
    let touched = |entry: usize| context.case.change.is_some_and(|change| change.touches(entry));
    let breach = |(i, entry, target): (usize, &Entry, &Target)| {
        let key = identity(context, &context.case.document.links[entry.link].url, target);
        let (file, line, _) = known.get(&key).filter(|(.., is_earlier)| *is_earlier || touched(i))?;
        let message = format!("{} is listed in {} too, line {line}", quoted(&entry.title), quoted(file.file));
        Some(Breach::new(Spot::Entry(i), message).help("keep both where it belongs in both files, else the better one"))
    };
    context.entries().filter_map(breach).collect()
}

/// The name of a repository that is linked by an old one.
fn new_name(context: &Context<'_>, link: usize) -> Option<String> {
    let target = context.case.targets.get(link)?;
    let Target::Repository(repository) = target else { return None };
    let name = context.record(target)?.facts.name.clone()?;
    (!name.eq_ignore_ascii_case(&repository.path)).then_some(name)
}

/// An entry that lists the same thing as an earlier one.
pub(super) struct Duplicate {
    pub(super) entry: usize,
    pub(super) other: usize,
    /// Whether both are under one heading.
    pub(super) same_section: bool,
}

/// Every entry that is the same as an earlier one, with that one; entries that a change touches count as the
/// later. A row of a table and an item of a list are two views of one thing, not one thing twice.
pub(super) fn found(context: &Context<'_>) -> Vec<Duplicate> {
    let borders = borders(context.case.text);
    let mut known: HashMap<(bool, String), usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (i, entry, target) in context.entries() {
        let row = is_row(context.case.text, entry.span.start);
        let group = *known
            .entry((row, identity(context, &context.case.document.links[entry.link].url, target)))
            .or_insert(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(i);
    }
    let touched = |i: &usize| context.case.change.is_some_and(|change| change.touches(*i));
    let mut duplicates = Vec::new();
    for mut group in groups.into_iter().filter(|group| group.len() > 1) {
        group.sort_by_key(|i| (touched(i), *i));
        for (n, entry) in group.iter().copied().enumerate() {
            let before = &group[..n];
            let section =
                |i: usize| (context.entry(i).heading, borders.partition_point(|b| *b < context.entry(i).span.start));
            let beside = before.iter().copied().find(|other| section(*other) == section(entry));
            let is_nested = |other: usize| is_inside(context, entry, other) || is_inside(context, other, entry);
            if let Some(other) = beside.or(before.first().copied()).filter(|other| !is_nested(*other)) {
                duplicates.push(Duplicate { entry, other, same_section: beside.is_some() });
            }
        }
    }
    duplicates.sort_by_key(|duplicate| duplicate.entry);
    duplicates
}

/// Entries of a change that have to leave whatever their place is: the dead, and those that are listed already.
pub(super) fn leaving(context: &Context<'_>) -> BTreeSet<usize> {
    let Some(change) = context.case.change else { return BTreeSet::new() };
    let twice = found(context).into_iter().filter(|duplicate| duplicate.same_section);
    let is_dead = |target: &Target| context.judgements.get(target).is_some_and(|known| known.verdict == Verdict::Dead);
    let dead = context.entries().filter(|(_, _, target)| is_dead(target)).map(|(i, ..)| i);
    twice.map(|duplicate| duplicate.entry).chain(dead).filter(|i| change.touches(*i)).collect()
}

/// Where a heading or a fold of raw HTML begins: it makes no section of Markdown, but parts the page as one.
fn borders(text: &str) -> Vec<usize> {
    let is_border = |rest: &str| {
        let tag: String = rest.chars().take(8).collect::<String>().to_ascii_lowercase();
        tag.starts_with("<summary")
            || (tag.starts_with("<h") && tag[2..].starts_with(|c: char| ('1'..='6').contains(&c)))
    };
    text.match_indices('<').map(|(at, _)| at).filter(|at| is_border(&text[*at..])).collect()
}

fn is_row(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    text.get(line..).is_some_and(|line| line.trim_start().starts_with('|'))
}

fn is_inside(context: &Context<'_>, inner: usize, outer: usize) -> bool {
    let mut at = context.entry(inner).parent;
    while let Some(entry) = at {
        if entry == outer {
            return true;
        }
        at = context.entry(entry).parent.filter(|parent| *parent < entry);
    }
    false
}

/// A key that is equal for entries that list one thing: by its name today where it was renamed, whatever the
/// spelling of its address. Parts of a page are different things.
pub(super) fn identity(context: &Context<'_>, url: &str, target: &Target) -> String {
    let part = address::part(url);
    let today = match target {
        Target::Repository(repository) => {
            let now = context.record(target).and_then(|record| record.facts.name.as_deref());
            now.map(|name| format!("{}:{name}", repository.forge).to_lowercase())
        }
        _ => None,
    };
    let key = today.unwrap_or_else(|| target.dedup_key());
    part.map_or_else(|| key.clone(), |part| format!("{key}#{part}"))
}
