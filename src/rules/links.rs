//! Rules about what checking a link found.

use std::collections::BTreeMap;

use super::{Breach, Context, Rule, Spot, duplicates, quoted};
use crate::address::{Repository, Target};
use crate::finding::{RuleInfo, Scope, Setting};
use crate::observation::{FailureClass, Provider, Suspicion};
use crate::text::plural;
use crate::verdict::{Judgement, Verdict};

/// A rule about links anywhere in a list.
const fn about_links(
    id: &'static str,
    levels: (Setting, Setting),
    find: fn(&Context<'_>) -> Vec<Breach>,
    summary: &'static str,
    docs: &'static str,
) -> Rule {
    Rule { info: RuleInfo { id, summary, docs, scope: Scope::List, level: levels.0, added: levels.1 }, find }
}

pub(super) static DEAD_LINK: Rule = about_links(
    "dead-link",
    (Setting::ERROR, Setting::ERROR),
    dead,
    "a link is dead",
    "It failed for as long, and on as many separate days, as the policy's `[confirm]` asks for. A link that the ledger \
     does not know must answer at its first look: a 404, a 410, a missing host name or a repository that its Git host \
     does not know is reported as dead there. The pages and badges of a dead repository are not reported beside it.",
);

fn dead(context: &Context<'_>) -> Vec<Breach> {
    let dead = context.judged_as(Verdict::Dead).into_iter();
    dead.map(|(i, target, judgement)| {
        let help = match judgement.class {
            Some(FailureClass::GithubNotFound | FailureClass::ForgeNotFound) => {
                "remove it, or link its new home: it was deleted, renamed without a redirect, or made private"
            }
            Some(FailureClass::DnsNxdomain) => "correct the host name, link an archived copy, or remove it",
            _ => "correct the address, link an archived copy, or remove it",
        };
        let message = format!("{} is dead: {}", address(context, i, target), judgement.reason);
        context.with_replacements(Breach::new(Spot::Link(i), message).help(help), i)
    })
    .collect()
}

pub(super) static FAILING_LINK: Rule = about_links(
    "failing-link",
    (Setting::WARNING, Setting::WARNING),
    failing,
    "a link fails, and that is not yet confirmed",
    "The last check failed, but one failure is no death. Later runs check it again; `dead-link` reports when it is \
     confirmed.",
);

fn failing(context: &Context<'_>) -> Vec<Breach> {
    let events = events(context);
    let is_reported = |judgement: &Judgement| event(judgement).is_some_and(|event| events.contains_key(event));
    let failing = context.judged_as(Verdict::Failing).into_iter();
    let failing = failing.filter(|(_, _, judgement)| !is_certificate(judgement) && !is_reported(judgement));
    failing
        .map(|(i, target, judgement)| {
            let breach =
                Breach::new(Spot::Link(i), format!("{} fails: {}", address(context, i, target), judgement.reason))
                    .help("open it in a browser; later runs check it again and report when it is confirmed dead");
            context.with_replacements(breach, i)
        })
        .collect()
}

pub(super) static PROVIDER_OUTAGE: Rule = about_links(
    "provider-outage",
    (Setting::WARNING, Setting::WARNING),
    outage,
    "links of one provider began to fail together",
    "They share an address range, name servers or an error page, and began to fail in one run. That is one event and no \
     wave of deaths: it is reported once, and waited for longer (`event-percent` in `[confirm]`).",
);

fn outage(context: &Context<'_>) -> Vec<Breach> {
    let events = events(context).into_iter();
    events
        .map(|(provider, links)| {
            let (first, judgement) = links[0];
            let named: Vec<String> =
                links.iter().take(MOST_NAMED).map(|(i, _)| quoted(&context.case.document.links[*i].url)).collect();
            let more = links.len() - named.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let until = judgement.progress.and_then(|progress| progress.not_before);
            let until = until.map(|day| format!("; none is called dead before {day}")).unwrap_or_default();
            let message = format!(
                "{} at {} began to fail together: {}{more}{until}",
                plural(links.len(), "link"),
                provider.meaning(),
                named.join(", ")
            );
            Breach::new(Spot::Link(first), message)
                .help("wait: later runs check them again, and report each on its own")
        })
        .collect()
}

/// Links of an event that its finding names.
const MOST_NAMED: usize = 5;

/// The links that fail as part of an event, by the provider, those that are decided first in front. One that is left alone
/// is a failing link like any other.
fn events<'a>(context: &'a Context<'_>) -> BTreeMap<&'a Provider, Vec<(usize, &'a Judgement)>> {
    let mut events: BTreeMap<&Provider, Vec<(usize, &Judgement)>> = BTreeMap::new();
    for (i, _, judgement) in context.judged_as(Verdict::Failing) {
        if let Some(provider) = event(judgement).filter(|_| !is_certificate(judgement)) {
            events.entry(provider).or_default().push((i, judgement));
        }
    }
    events.retain(|_, links| links.len() > 1);
    for links in events.values_mut() {
        links.sort_by_key(|(i, judgement)| (judgement.progress.and_then(|progress| progress.not_before), *i));
    }
    events
}

fn event(judgement: &Judgement) -> Option<&Provider> {
    judgement.streak.as_ref()?.event.as_ref()
}

pub(super) static CERTIFICATE_FAULT: Rule = about_links(
    "certificate-fault",
    (Setting::WARNING, Setting::WARNING),
    certificate,
    "a certificate that browsers warn of",
    "The certificate has expired, is for another host, or is signed by nobody who is trusted. The page may be fine, \
     but readers are stopped before they see it.",
);

fn certificate(context: &Context<'_>) -> Vec<Breach> {
    let warned = context.judged_as(Verdict::Failing).into_iter().chain(context.judged_as(Verdict::Unknown));
    let faulty = warned.filter(|(_, _, judgement)| is_certificate(judgement));
    faulty
        .map(|(i, target, judgement)| {
            Breach::new(
                Spot::Link(i),
                format!("browsers warn of {}: {}", address(context, i, target), judgement.reason),
            )
            .help("inform its owner, or link another address of it")
        })
        .collect()
}

fn is_certificate(judgement: &Judgement) -> bool {
    judgement.class.is_some_and(|class| class.traits().certificate)
}

pub(super) static RENAMED_REPOSITORY: Rule = about_links(
    "renamed-repository",
    (Setting::NOTE, Setting::WARNING),
    renamed,
    "a repository was renamed or transferred",
    "The old name redirects to the new one until somebody takes the old name. `pomona refresh --rewrite renames` \
     writes the new address.",
);

fn renamed(context: &Context<'_>) -> Vec<Breach> {
    // What is listed already under its new name has to leave, not to be corrected.
    let leaving = duplicates::leaving(context);
    let is_leaving = |link: usize| context.case.document.links[link].entry.is_some_and(|i| leaving.contains(&i));
    let moved = context.judged_as(Verdict::Moved).into_iter();
    moved
        .filter(|(i, ..)| !is_leaving(*i))
        .filter_map(|(i, target, judgement)| {
            let to = if target.is_on_forge() {
                judgement.moved_to.clone()?
            } else {
                moved_page_of(context, target, target.repository()?)?
            };
            let message = format!("{} is now {}", address(context, i, target), quoted(&to));
            let help = match context.case.change {
                Some(_) => "write the new address",
                None => "write the new address, or let `pomona refresh --rewrite renames` do it",
            };
            Some(Breach::new(Spot::Link(i), message).help(help))
        })
        .collect()
}

/// The new address of a page inside a repository that was renamed: the page keeps its path.
fn moved_page_of(context: &Context<'_>, page: &Target, repository: &Repository) -> Option<String> {
    let Target::Subpage(page) = page else { return None };
    let judgement = context.case.judgements.judge(&Target::Repository(repository.clone()));
    let to = judgement.moved_to.filter(|_| judgement.verdict == Verdict::Moved)?;
    Some(format!("{}/{}", to.trim_end_matches('/'), page.rest))
}

pub(super) static MOVED_PAGE: Rule = about_links(
    "moved-page",
    (Setting::NOTE, Setting::NOTE),
    moved_page,
    "a page moved permanently",
    "Every redirect on the way is permanent. `pomona refresh --rewrite redirects` writes the new address where it stays \
     within one site.",
);

fn moved_page(context: &Context<'_>) -> Vec<Breach> {
    let moved = context.judged_as(Verdict::Moved).into_iter();
    moved
        .filter_map(|(i, target, judgement)| {
            let renamed = target.repository().is_some_and(|repo| moved_page_of(context, target, repo).is_some());
            let to = judgement.moved_to.as_deref().filter(|_| !renamed && !target.is_on_forge())?;
            let message = format!("{} moved permanently to {}", address(context, i, target), quoted(to));
            let help = "write the new address, or let `pomona refresh --rewrite redirects` do it";
            Some(Breach::new(Spot::Link(i), message).help(help))
        })
        .collect()
}

pub(super) static ARCHIVED_REPOSITORY: Rule = about_links(
    "archived-repository",
    (Setting::NOTE, Setting::WARNING),
    archived,
    "an entry's repository is archived",
    "Its owner set it to read-only. Finished software may well stay on a list; a new entry seldom should start so.",
);

fn archived(context: &Context<'_>) -> Vec<Breach> {
    let entries = context.entries().filter_map(|(i, entry, _)| Some((i, context.ranked(entry)?)));
    let archived = entries.filter(|(_, target)| {
        let record = context.record(target);
        matches!(target, Target::Repository(_)) && record.is_some_and(|record| record.facts.archived == Some(true))
    });
    archived
        .map(|(i, target)| {
            let breach =
                Breach::new(Spot::Entry(i), format!("{} is archived: its owner has stopped work on it", name(&target)))
                    .help("link its successor, or keep it where it is finished work");
            context.with_replacements(breach, context.entry(i).ranked_by)
        })
        .collect()
}

pub(super) static SUSPECT_PAGE: Rule = about_links(
    "suspect-page",
    (Setting::WARNING, Setting::WARNING),
    suspect,
    "a page answers and seems to be something else",
    "It reads like an error page, is parked or for sale, or ends at a front page, a login or another site. Open it. \
     Where it is right, exclude it under `[[check.exclude]]` with the reason.",
);

fn suspect(context: &Context<'_>) -> Vec<Breach> {
    let answers = |judgement: &Judgement| matches!(judgement.verdict, Verdict::Alive | Verdict::Moved);
    let mut breaches = Vec::new();
    for (i, target, judgement) in context.judged().filter(|(_, _, judgement)| answers(judgement)) {
        if let Some(suspicion) = judgement.suspicions.first() {
            let message = format!("{} answers, but {}", address(context, i, target), doubt(suspicion));
            let help = "open it; where it is right, exclude it under `[[check.exclude]]` with the reason";
            breaches.push(Breach::new(Spot::Link(i), message).help(help));
        }
    }
    breaches
}

fn doubt(suspicion: &Suspicion) -> String {
    let what = suspicion.kind.meaning();
    if suspicion.evidence.is_empty() { what.to_owned() } else { format!("{what}: {}", quoted(&suspicion.evidence)) }
}

pub(super) static REUSED_NAME: Rule = about_links(
    "reused-name",
    (Setting::WARNING, Setting::WARNING),
    reused,
    "another repository answers under a recorded name",
    "The name is the same and the Git host's number for it is not: somebody created a new repository in place of the \
     old one, its owner or somebody else. Until a person accepts it under `[accepted]`, the facts of the old one are \
     kept.",
);

fn reused(context: &Context<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (i, target, judgement) in context.judged().filter(|(_, _, j)| j.class == Some(FailureClass::ReusedName)) {
        let reused = context.record(target).and_then(|record| record.reused.as_ref());
        let since = judgement.since.map(|since| format!(" since {since}")).unwrap_or_default();
        let created = reused.and_then(|r| r.created).map(|day| format!(", created on {day}")).unwrap_or_default();
        let message = format!("another repository answers as {}{since}{created}", name(target));
        let help = match reused {
            Some(reused) => format!(
                "compare it with the one you meant; to accept it, write `\"{target}\" = {}` under `[accepted]`",
                reused.id
            ),
            None => "compare it with the one you meant".to_owned(),
        };
        let elsewhere = context.case.judgements.replacements(target);
        let elsewhere = elsewhere.first().map(|replacement| format!("; {replacement}")).unwrap_or_default();
        breaches.push(Breach::new(Spot::Link(i), message).help(help + &elsewhere));
    }
    breaches
}

/// The address as the list has it.
fn address(context: &Context<'_>, i: usize, target: &Target) -> String {
    let url = &context.case.document.links[i].url;
    if url.is_empty() { quoted(&target.to_string()) } else { quoted(url) }
}

/// A repository's path, or the canonical name of anything else.
pub(super) fn name(target: &Target) -> String {
    target.repository().map_or_else(|| quoted(&target.to_string()), |repository| quoted(&repository.path))
}
