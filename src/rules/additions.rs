//! Rules about what may come on a list: they look only at entries that a change brings.

use super::links::name;
use super::{Context, Hit, Spot, count, quoted};
use crate::address::Target;
use crate::ledger::Record;
use crate::markdown::Entry;

/// Entries that are new, or that have a new address.
fn brought<'c, 'a>(context: &'c Context<'a>) -> impl Iterator<Item = (usize, &'a Entry, &'a Target)> + use<'c, 'a> {
    let change = context.case.change;
    context.entries().filter(move |(i, entry, _)| {
        change.is_some_and(|change| {
            change.added.contains(i) || change.links.contains(&entry.link) || change.links.contains(&entry.ranked_by)
        })
    })
}

/// Those of them that a repository stands for, with what is remembered of it.
fn repositories<'c, 'a>(
    context: &'c Context<'a>,
) -> impl Iterator<Item = (usize, &'a Target, &'a Record)> + use<'c, 'a> {
    brought(context).filter_map(|(i, entry, _)| {
        let target = context.ranked(entry).filter(|target| matches!(target, Target::Repository(_)))?;
        Some((i, target, context.remembered(target)?))
    })
}

pub(super) fn in_graveyard(context: &Context<'_>) -> Vec<Hit> {
    let dead_since = brought(context).filter_map(|(i, entry, target)| {
        let since = (context.case.dead_since)(target).or_else(|| (context.case.dead_since)(context.ranked(entry)?))?;
        Some((i, entry, since))
    });
    dead_since
        .map(|(i, entry, since)| {
            Hit::new(Spot::Entry(i), format!("{} was on this list and died: dead since {since}", quoted(&entry.title)))
                .help("link its new home, or show that it lives again")
        })
        .collect()
}

pub(super) fn not_a_repository(context: &Context<'_>) -> Vec<Hit> {
    let others = brought(context)
        .filter(|(_, entry, _)| !context.ranked(entry).is_some_and(|target| matches!(target, Target::Repository(_))));
    others
        .map(|(i, entry, target)| {
            Hit::new(
                Spot::Entry(i),
                format!("{} is no repository: {}", quoted(&entry.title), quoted(&target.to_string())),
            )
            .help("link the repository of its source code")
        })
        .collect()
}

pub(super) fn too_young(context: &Context<'_>) -> Vec<Hit> {
    let (today, least) = (context.case.today, i64::from(context.case.policy.rules.min_age_days));
    let ages = repositories(context).filter_map(|(i, target, record)| {
        let created = record.facts.created?;
        let days = today.duration_since(created).as_secs() / 86_400;
        (days < least).then_some((i, target, created, days))
    });
    ages.map(|(i, target, created, days)| {
        let age = count(u64::try_from(days).unwrap_or_default(), "day");
        Hit::new(Spot::Entry(i), format!("{} is {age} old, created on {created}; {least} are asked", name(target)))
            .help("come back when it has lasted")
    })
    .collect()
}

pub(super) fn too_few_stars(context: &Context<'_>) -> Vec<Hit> {
    let least = context.case.policy.rules.min_stars;
    let counts = repositories(context).filter_map(|(i, target, record)| Some((i, target, record.facts.stars?)));
    counts
        .filter(|(_, _, stars)| *stars < least)
        .map(|(i, target, stars)| {
            Hit::new(Spot::Entry(i), format!("{} has {}; {least} are asked", name(target), count(stars, "star")))
                .help("come back when more people use it")
        })
        .collect()
}

pub(super) fn no_licence(context: &Context<'_>) -> Vec<Hit> {
    let bare = repositories(context).filter(|(_, _, record)| record.facts.licence == Some(None));
    bare.map(|(i, target, _)| {
        Hit::new(Spot::Entry(i), format!("{} has no licence", name(target)))
            .help("ask its owner to add a `LICENSE` file: without one nobody may use it")
    })
    .collect()
}

/// `1 entry`, `3 entries`.
fn entries(n: usize) -> String {
    if n == 1 { "1 entry".to_owned() } else { format!("{n} entries") }
}

pub(super) fn several(context: &Context<'_>) -> Vec<Hit> {
    let most = context.case.policy.rules.max_entries;
    let Some(change) = context.case.change else { return Vec::new() };
    let Some(surplus) = change.added.iter().nth(most) else { return Vec::new() };
    let message =
        format!("this change adds {}, and at most {} may come at once", entries(change.added.len()), entries(most));
    vec![Hit::new(Spot::Entry(*surplus), message).help("open one pull request for each, so that each can be judged")]
}
