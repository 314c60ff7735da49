//! Rules about things that are listed twice.

use std::collections::HashMap;

use super::{Context, Hit, Spot, quoted};
use crate::address::Target;

pub(super) fn in_section(context: &Context<'_>) -> Vec<Hit> {
    let found = found(context).into_iter().filter(|twin| twin.here);
    found
        .map(|twin| {
            let (entry, other) = (context.entry(twin.entry), context.entry(twin.other));
            let line = context.case.document.links[other.link].line;
            let title =
                if other.title == entry.title { String::new() } else { format!(" as {}", quoted(&other.title)) };
            let message = format!("{} is listed already in line {line}{title}", quoted(&entry.title));
            Hit::new(Spot::Entry(twin.entry), message).help("keep one of the two")
        })
        .collect()
}

pub(super) fn elsewhere(context: &Context<'_>) -> Vec<Hit> {
    let found = found(context).into_iter().filter(|twin| !twin.here);
    found
        .map(|twin| {
            let (entry, other) = (context.entry(twin.entry), context.entry(twin.other));
            let line = context.case.document.links[other.link].line;
            let section = context.case.document.section(other.heading).pop().unwrap_or_default();
            let message =
                format!("{} is listed in section {} too, line {line}", quoted(&entry.title), quoted(&section));
            Hit::new(Spot::Entry(twin.entry), message).help("keep both where it belongs in both, else the better one")
        })
        .collect()
}

struct Twin {
    entry: usize,
    other: usize,
    /// Whether both stand under one heading.
    here: bool,
}

/// Every entry that is the same as an earlier one, with that one; entries that a change touches count as the
/// later. A row of a table and an item of a list are two views of one thing, not one thing twice.
fn found(context: &Context<'_>) -> Vec<Twin> {
    let borders = borders(context.case.text);
    let mut known: HashMap<(bool, String), usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (i, entry, target) in context.entries() {
        let row = is_row(context.case.text, entry.span.start);
        let group = *known.entry((row, identity(context, entry.link, target))).or_insert(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(i);
    }
    let touched = |i: &usize| context.case.change.is_some_and(|change| change.touches(*i));
    let mut twins = Vec::new();
    for mut group in groups.into_iter().filter(|group| group.len() > 1) {
        group.sort_by_key(|i| (touched(i), *i));
        for (n, entry) in group.iter().copied().enumerate() {
            let before = &group[..n];
            let section =
                |i: usize| (context.entry(i).heading, borders.partition_point(|b| *b < context.entry(i).span.start));
            let here = before.iter().copied().find(|other| section(*other) == section(entry));
            let kin = |other: usize| is_inside(context, entry, other) || is_inside(context, other, entry);
            if let Some(other) = here.or(before.first().copied()).filter(|other| !kin(*other)) {
                twins.push(Twin { entry, other, here: here.is_some() });
            }
        }
    }
    twins.sort_by_key(|twin| twin.entry);
    twins
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
fn identity(context: &Context<'_>, link: usize, target: &Target) -> String {
    let part = context.case.document.links[link].url.split_once('#').map_or("", |(_, part)| part);
    let today = match target {
        Target::Repository(repository) => {
            let now = context.remembered(target).and_then(|record| record.facts.name.as_deref());
            now.map(|name| format!("{}:{name}", repository.forge).to_lowercase())
        }
        _ => None,
    };
    let key = today.unwrap_or_else(|| match target {
        Target::Repository(_) => target.to_string().to_lowercase(),
        _ => target.dedup_key(),
    });
    if part.is_empty() || part == "readme" || part == "readme-ov-file" { key } else { format!("{key}#{part}") }
}
