//! Rules about things that are listed twice.

use std::collections::BTreeMap;

use super::{Context, Hit, Spot, quoted};
use crate::target::Target;

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
/// later.
fn found(context: &Context<'_>) -> Vec<Twin> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, entry, target) in context.entries() {
        groups.entry(identity(context, entry.link, target)).or_default().push(i);
    }
    let touched = |i: &usize| context.case.change.is_some_and(|change| change.touches(*i));
    let mut twins = Vec::new();
    for (_, mut group) in groups {
        group.sort_by_key(|i| (touched(i), *i));
        for (n, entry) in group.iter().copied().enumerate() {
            let before = &group[..n];
            let heading = |i: usize| context.entry(i).heading;
            let here = before.iter().copied().find(|other| heading(*other) == heading(entry));
            let kin = |other: usize| is_inside(context, entry, other) || is_inside(context, other, entry);
            if let Some(other) = here.or(before.first().copied()).filter(|other| !kin(*other)) {
                twins.push(Twin { entry, other, here: here.is_some() });
            }
        }
    }
    twins.sort_by_key(|twin| twin.entry);
    twins
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
        _ => target.loose(),
    });
    if part.is_empty() || part == "readme" || part == "readme-ov-file" { key } else { format!("{key}#{part}") }
}
