//! Rules about what a list accepts: they see only entries that a change adds or gives a new address.

use super::links::name;
use super::{Breach, Context, Rule, Spot, about_change, plural, quoted};
use crate::address::Target;
use crate::finding::{Scope, Setting};
use crate::ledger::Record;
use crate::markdown::Entry;
use crate::verdict::Verdict;

/// Entries that are new, or that have a new address.
pub(super) fn submitted<'c, 'a>(
    context: &'c Context<'a>,
) -> impl Iterator<Item = (usize, &'a Entry, &'a Target)> + use<'c, 'a> {
    let change = context.case.change;
    context.entries().filter(move |(i, entry, _)| change.is_some_and(|change| change.submits(*i, entry)))
}

/// Those of them that a repository represents, with its record.
fn repositories<'c, 'a>(context: &'c Context<'a>) -> impl Iterator<Item = (usize, Target, &'a Record)> + use<'c, 'a> {
    submitted(context).filter_map(|(i, entry, _)| {
        let target = context.ranked(entry).filter(|target| matches!(target, Target::Repository(_)))?;
        let record = context.record(&target)?;
        Some((i, target, record))
    })
}

pub(super) static DIED_BEFORE: Rule = about_change(
    Scope::Addition,
    "died-before",
    Setting::WARNING,
    died_before,
    "a new entry was on the list before and died",
    "What the list dropped as dead is accepted again only where it answers or has a new home. An entry that is dead now, or that is listed elsewhere, is reported by those rules alone.",
);

fn died_before(context: &Context<'_>) -> Vec<Breach> {
    let linked = |target: &Target| context.case.targets.iter().filter(|other| *other == target).count();
    let mut breaches = Vec::new();
    for (i, entry, target) in submitted(context).filter(|(_, _, target)| linked(target) == 1) {
        let verdict = context.case.judgements.judge(target).verdict;
        let ranked = || context.case.judgements.dead_since(&context.ranked(entry)?);
        let Some(since) = context.case.judgements.dead_since(target).or_else(ranked) else { continue };
        if matches!(verdict, Verdict::Failing | Verdict::Walled | Verdict::Unknown) {
            let message = format!("{} was on this list and died: dead since {since}", quoted(&entry.title));
            breaches
                .push(Breach::new(Spot::Entry(i), message).help("link its new home, or resubmit it when it answers"));
        }
    }
    breaches
}

pub(super) static NOT_A_REPOSITORY: Rule = about_change(
    Scope::Addition,
    "not-a-repository",
    Setting::Off,
    not_a_repository,
    "a new entry is not a repository",
    "For lists of software: neither its title nor a source-code link leads to a repository on a Git host.",
);

fn not_a_repository(context: &Context<'_>) -> Vec<Breach> {
    let others = submitted(context)
        .filter(|(_, entry, _)| !context.ranked(entry).is_some_and(|target| matches!(target, Target::Repository(_))));
    others
        .map(|(i, entry, target)| {
            Breach::new(
                Spot::Entry(i),
                format!("{} is not a repository: {}", quoted(&entry.title), quoted(&target.to_string())),
            )
            .help("link the repository of its source code")
        })
        .collect()
}

pub(super) static TOO_YOUNG: Rule = about_change(
    Scope::Addition,
    "too-young",
    Setting::Off,
    too_young,
    "a new entry's repository is too young",
    "Created less than `min-age-days` (90) ago.",
);

fn too_young(context: &Context<'_>) -> Vec<Breach> {
    let (today, least) = (context.case.today, i64::from(context.case.policy.rules.thresholds.min_age_days));
    let ages = repositories(context).filter_map(|(i, target, record)| {
        let created = record.facts.created?;
        let days = today.duration_since(created).as_secs() / 86_400;
        (days < least).then_some((i, target, created, days))
    });
    ages.map(|(i, target, created, days)| {
        let age = plural(days, "day");
        Breach::new(
            Spot::Entry(i),
            format!("{} is {age} old, created on {created}; the minimum is {}", name(&target), plural(least, "day")),
        )
        .help("resubmit it when the project is older")
    })
    .collect()
}

pub(super) static TOO_FEW_STARS: Rule = about_change(
    Scope::Addition,
    "too-few-stars",
    Setting::Off,
    too_few_stars,
    "a new entry's repository has too few stars",
    "Fewer than `min-stars` (10). An entry whose stars are unknown is not reported.",
);

fn too_few_stars(context: &Context<'_>) -> Vec<Breach> {
    let least = context.case.policy.rules.thresholds.min_stars;
    let counts = repositories(context).filter_map(|(i, target, record)| Some((i, target, record.facts.stars?)));
    counts
        .filter(|(_, _, stars)| *stars < least)
        .map(|(i, target, stars)| {
            Breach::new(
                Spot::Entry(i),
                format!("{} has {}; the minimum is {least}", name(&target), plural(stars, "star")),
            )
            .help("resubmit it when it has more users")
        })
        .collect()
}

pub(super) static NO_LICENCE: Rule = about_change(
    Scope::Addition,
    "no-licence",
    Setting::Off,
    no_licence,
    "a new entry's repository has no licence",
    "The Git host found no licence. One that it found and could not name passes.",
);

fn no_licence(context: &Context<'_>) -> Vec<Breach> {
    let bare = repositories(context).filter(|(_, _, record)| record.facts.licence == Some(None));
    bare.map(|(i, target, _)| {
        Breach::new(Spot::Entry(i), format!("{} has no licence", name(&target)))
            .help("ask its owner to add a `LICENSE` file: without one nobody may use it")
    })
    .collect()
}

pub(super) static SEVERAL_ENTRIES: Rule = about_change(
    Scope::Addition,
    "several-entries",
    Setting::Off,
    several,
    "a change adds several entries",
    "More than `max-entries` (1). One at a time is easier to review.",
);

fn several(context: &Context<'_>) -> Vec<Breach> {
    let most = context.case.policy.rules.thresholds.max_entries;
    let Some(change) = context.case.change else { return Vec::new() };
    let Some(surplus) = change.added.iter().nth(most) else { return Vec::new() };
    let message = format!(
        "this change adds {}, and the maximum is {}",
        plural(change.added.len(), "entry"),
        plural(most, "entry")
    );
    vec![
        Breach::new(Spot::Entry(*surplus), message)
            .help("open one pull request for each, so that each can be reviewed"),
    ]
}
