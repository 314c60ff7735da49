//! Rules about the repository of a new entry: its history, who works on it, and what is in it.
//!
//! What they compare is looked at only where a change adds the repository, and only GitHub states it. What is unknown
//! breaks no rule.

use super::additions::submitted;
use super::links::name;
use super::{Breach, Context, Rule, Spot, about_change, is_among_the_dead, plural, quoted};
use crate::address::Target;
use crate::finding::{Scope, Setting};
use crate::observation::Details;

/// The entries that a change adds or gives a new address, with the details of their repositories.
fn detailed<'c, 'a>(context: &'c Context<'a>) -> impl Iterator<Item = (usize, Target, &'a Details)> + use<'c, 'a> {
    submitted(context).filter_map(|(i, entry, _)| {
        let target = context.ranked(entry)?;
        let details = context.case.judgements.details(&target)?;
        Some((i, target, details))
    })
}

/// A breach for each repository of which `message` has something to report after its name.
fn breaches(context: &Context<'_>, help: &str, message: impl Fn(&Details) -> Option<String>) -> Vec<Breach> {
    let found = detailed(context).filter_map(|(i, target, details)| Some((i, target, message(details)?)));
    found.map(|(i, target, rest)| Breach::new(Spot::Entry(i), format!("{} {rest}", name(&target))).help(help)).collect()
}

pub(super) static YOUNG_HISTORY: Rule = about_change(
    Scope::Addition,
    "young-history",
    Setting::Off,
    young,
    "a new entry's first commit is too recent",
    "Its oldest commit is less than `min-history-days` (90) old. `too-young` counts from the day on which the \
     repository was created, which says little where old work was moved to a new repository.",
);

fn young(context: &Context<'_>) -> Vec<Breach> {
    let (today, least) = (context.case.today, i64::from(context.case.policy.rules.thresholds.min_history_days));
    breaches(context, "resubmit it when the project is older", |details| {
        let first = details.first_commit?;
        let days = today.duration_since(first).as_secs() / 86_400;
        let (age, minimum) = (plural(days.max(0), "day"), plural(least, "day"));
        (days < least).then(|| format!("has its first commit on {first}, {age} ago; the minimum is {minimum}"))
    })
}

pub(super) static TOO_FEW_COMMITS: Rule = about_change(
    Scope::Addition,
    "too-few-commits",
    Setting::Off,
    commits,
    "a new entry's repository has too few commits",
    "Fewer than `min-commits` (10) on its default branch.",
);

fn commits(context: &Context<'_>) -> Vec<Breach> {
    let least = context.case.policy.rules.thresholds.min_commits;
    breaches(context, "resubmit it when there is more to see", |details| {
        let count = details.commits.filter(|count| *count < least)?;
        Some(format!("has {}; the minimum is {least}", plural(count, "commit")))
    })
}

pub(super) static TOO_FEW_CONTRIBUTORS: Rule = about_change(
    Scope::Addition,
    "too-few-contributors",
    Setting::Off,
    contributors,
    "a new entry's repository has too few contributors",
    "Fewer than `min-contributors` (2). Counted as GitHub does: those whose commits it can assign to an account.",
);

fn contributors(context: &Context<'_>) -> Vec<Breach> {
    let least = context.case.policy.rules.thresholds.min_contributors;
    breaches(context, "resubmit it when more people work on it", |details| {
        let count = details.contributors.filter(|count| *count < least)?;
        Some(format!("has {}; the minimum is {least}", plural(count, "contributor")))
    })
}

pub(super) static NO_RELEASE: Rule = about_change(
    Scope::Addition,
    "no-release",
    Setting::Off,
    release,
    "a new entry's repository has no release",
    "Releases of the Git host count; a tag alone is none.",
);

fn release(context: &Context<'_>) -> Vec<Breach> {
    breaches(context, "make a release, so that users know what to install", |details| {
        (details.releases == Some(0)).then(|| "has no release".to_owned())
    })
}

pub(super) static NO_README: Rule = about_change(
    Scope::Addition,
    "no-readme",
    Setting::Off,
    readme,
    "a new entry's repository has no README",
    "No file whose name begins with `README` is in its root. A repository with a folder `docs` or `.github`, which may \
     contain it, is not reported.",
);

fn readme(context: &Context<'_>) -> Vec<Breach> {
    breaches(context, "add a README that states what the project does and how to use it", |details| {
        (details.readme == Some(false)).then(|| "has no README".to_owned())
    })
}

pub(super) static NO_TESTS_IN_CI: Rule = about_change(
    Scope::Addition,
    "no-tests-in-ci",
    Setting::Off,
    tests,
    "no CI runs tests of a new entry's repository",
    "It has no CI, or GitHub workflows in which no word names tests. A repository with another CI system, or whose \
     workflows run what other files name (`make`, `npm`, scripts), is not reported.",
);

fn tests(context: &Context<'_>) -> Vec<Breach> {
    breaches(context, "add a workflow that runs its tests", |details| {
        (details.tests == Some(false)).then(|| "has no tests in its CI".to_owned())
    })
}

pub(super) static FORK_WITHOUT_OWN_WORK: Rule = about_change(
    Scope::Addition,
    "fork-without-own-work",
    Setting::Off,
    own_work,
    "a new entry's repository is a fork without work of its own",
    "Its default branch has no commit that the repository it was forked from does not have. `fork` reports every fork.",
);

fn own_work(context: &Context<'_>) -> Vec<Breach> {
    breaches(context, "link the repository that it was forked from", |details| {
        (details.own_commits == Some(0)).then(|| "is a fork without commits of its own".to_owned())
    })
}

pub(super) static NOT_AT_THE_END: Rule = about_change(
    Scope::Addition,
    "not-at-the-end",
    Setting::Off,
    end,
    "a new entry is not at the end of its section",
    "For lists that are in the order in which entries came. `not-alphabetical` is for those in alphabetical order.",
);

fn end(context: &Context<'_>) -> Vec<Breach> {
    let Some(change) = context.case.change else { return Vec::new() };
    let mut breaches = Vec::new();
    for (i, entry, _) in submitted(context).filter(|(i, ..)| change.added.contains(i)) {
        let section = |other: &crate::markdown::Entry| (other.heading, other.parent) == (entry.heading, entry.parent);
        let old = context.entries().filter(|(n, other, _)| *n > i && section(other) && !change.added.contains(n));
        if let Some((_, last, _)) = old.last() {
            let message = format!("{} is not at the end of its section", quoted(&entry.title));
            let help = format!("move it after {}", quoted(&last.title));
            breaches.push(Breach::new(Spot::Entry(i), message).help(help));
        }
    }
    breaches
}

pub(super) static IN_DEAD_BLOCK: Rule = about_change(
    Scope::Addition,
    "in-dead-block",
    Setting::Off,
    among_the_dead,
    "a new entry is in the list's block of dead entries",
    "It was on the list, died, and was moved to the block `dead`. Where it answers again, `pomona refresh` takes it out of \
     the block.",
);

fn among_the_dead(context: &Context<'_>) -> Vec<Breach> {
    let case = &context.case;
    let mut breaches = Vec::new();
    for (i, entry, target) in submitted(context) {
        let mut same = case.targets.iter().enumerate().filter(|(_, known)| *known == target);
        let Some((dead, _)) = same.find(|(link, _)| *link != entry.link && is_among_the_dead(case, *link)) else {
            continue;
        };
        let line = case.document.links[dead].line;
        let message = format!("{} is among the dead entries of this list, line {line}", quoted(&entry.title));
        breaches
            .push(Breach::new(Spot::Entry(i), message).help("let it return from there, or explain what has changed"));
    }
    breaches
}
