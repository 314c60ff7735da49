//! Rules about what a look at a link brought.

use super::{Context, Hit, Spot, quoted};
use crate::address::Target;
use crate::observation::{FailureClass, Suspicion, SuspicionKind};
use crate::verdict::{Judgement, Verdict};

pub(super) fn dead(context: &Context<'_>) -> Vec<Hit> {
    let dead = context.judged().filter(|(_, _, held)| held.verdict == Verdict::Dead);
    dead.map(|(i, target, held)| {
        let help = match held.class {
            Some(FailureClass::GithubNotFound | FailureClass::ForgeNotFound) => {
                "remove it, or link its new home: it was deleted, renamed without a trace, or made private"
            }
            Some(FailureClass::DnsNxdomain) => "correct the host name, link an archived copy, or remove it",
            _ => "correct the address, link an archived copy, or remove it",
        };
        Hit::new(Spot::Link(i), format!("{} is dead: {}", address(context, i, target), held.reason)).help(help)
    })
    .collect()
}

pub(super) fn failing(context: &Context<'_>) -> Vec<Hit> {
    let failing = context.judged().filter(|(_, _, held)| held.verdict == Verdict::Failing && !is_certificate(held));
    failing
        .map(|(i, target, held)| {
            Hit::new(Spot::Link(i), format!("{} fails: {}", address(context, i, target), held.reason))
                .help("open it; later runs look again and tell when it is surely dead")
        })
        .collect()
}

pub(super) fn certificate(context: &Context<'_>) -> Vec<Hit> {
    let faulty = context.judged().filter(|(_, _, held)| held.verdict == Verdict::Failing && is_certificate(held));
    faulty
        .map(|(i, target, held)| {
            Hit::new(Spot::Link(i), format!("browsers warn of {}: {}", address(context, i, target), held.reason))
                .help("tell its owner, or link another address of it")
        })
        .collect()
}

fn is_certificate(held: &Judgement) -> bool {
    matches!(
        held.class,
        Some(
            FailureClass::TlsExpired
                | FailureClass::TlsNotYetValid
                | FailureClass::TlsWrongHost
                | FailureClass::TlsSelfSigned
                | FailureClass::TlsUntrusted
                | FailureClass::TlsHandshake
        )
    )
}

pub(super) fn malformed(context: &Context<'_>) -> Vec<Hit> {
    let malformed = context.case.targets.iter().enumerate().filter_map(|(i, target)| match target {
        Target::Malformed(text) => Some((i, text)),
        _ => None,
    });
    malformed
        .map(|(i, text)| {
            let message = if text.is_empty() {
                "the link has no address".to_owned()
            } else {
                format!("{} is no address", quoted(text))
            };
            Hit::new(Spot::Link(i), message).help("write the whole address, with `https://`")
        })
        .collect()
}

pub(super) fn renamed(context: &Context<'_>) -> Vec<Hit> {
    let renamed = moved(context).filter(|(_, target, _)| target.repository().is_some() || target.is_on_forge());
    renamed
        .map(|(i, target, to)| {
            Hit::new(Spot::Link(i), format!("{} is now {}", address(context, i, target), quoted(to)))
                .help("write the new address, or let `pomona refresh --rewrite renames` do it")
        })
        .collect()
}

pub(super) fn moved_page(context: &Context<'_>) -> Vec<Hit> {
    let pages = moved(context).filter(|(_, target, _)| matches!(target, Target::Page(_)));
    pages
        .map(|(i, target, to)| {
            Hit::new(Spot::Link(i), format!("{} moved for good to {}", address(context, i, target), quoted(to)))
                .help("write the new address, or let `pomona refresh --rewrite redirects` do it")
        })
        .collect()
}

fn moved<'c>(context: &'c Context<'_>) -> impl Iterator<Item = (usize, &'c Target, &'c str)> {
    let moved = context.judged().filter(|(_, _, held)| held.verdict == Verdict::Moved);
    moved.filter_map(|(i, target, held)| Some((i, target, held.moved_to.as_deref()?)))
}

pub(super) fn archived(context: &Context<'_>) -> Vec<Hit> {
    let entries = context.entries().filter_map(|(i, entry, _)| Some((i, context.ranked(entry)?)));
    let archived = entries.filter(|(_, target)| {
        let record = context.remembered(target);
        matches!(target, Target::Repository(_)) && record.is_some_and(|record| record.facts.archived == Some(true))
    });
    archived
        .map(|(i, target)| {
            Hit::new(Spot::Entry(i), format!("{} is archived: its owner has stopped work on it", name(target)))
                .help("link what took its place, or keep it where it is finished work")
        })
        .collect()
}

pub(super) fn suspect(context: &Context<'_>) -> Vec<Hit> {
    let answers = |held: &Judgement| matches!(held.verdict, Verdict::Alive | Verdict::Moved);
    let mut hits = Vec::new();
    for (i, target, held) in context.judged().filter(|(_, _, held)| answers(held)) {
        if let Some(suspicion) = held.suspicions.first() {
            let message = format!("{} answers, but {}", address(context, i, target), doubt(suspicion));
            let help = "open it; where it is right, exclude it under `[[check.exclude]]` with the reason";
            hits.push(Hit::new(Spot::Link(i), message).help(help));
        }
    }
    hits
}

fn doubt(suspicion: &Suspicion) -> String {
    let what = match suspicion.kind {
        SuspicionKind::Soft404 => "reads like an error page",
        SuspicionKind::Parked => "looks parked or for sale",
        SuspicionKind::FrontPage => "ends at the front page",
        SuspicionKind::Login => "ends at a login",
        SuspicionKind::OtherDomain => "ends at another site",
    };
    if suspicion.evidence.is_empty() { what.to_owned() } else { format!("{what}: {}", quoted(&suspicion.evidence)) }
}

pub(super) fn reused(context: &Context<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (i, target, held) in context.judged().filter(|(_, _, held)| held.class == Some(FailureClass::ReusedName)) {
        let reused = context.remembered(target).and_then(|record| record.reused.as_ref());
        let since = held.since.map(|since| format!(" since {since}")).unwrap_or_default();
        let born = reused.and_then(|r| r.created).map(|day| format!(", created on {day}")).unwrap_or_default();
        let message = format!("another repository answers as {}{since}{born}", name(target));
        let help = match reused {
            Some(reused) => format!(
                "look whether it is what you meant; to accept it, write `\"{target}\" = {}` under `[accepted]`",
                reused.id
            ),
            None => "look whether it is what you meant".to_owned(),
        };
        hits.push(Hit::new(Spot::Link(i), message).help(help));
    }
    hits
}

/// The address as the list has it.
fn address(context: &Context<'_>, i: usize, target: &Target) -> String {
    let url = &context.case.document.links[i].url;
    if url.is_empty() { quoted(&target.to_string()) } else { quoted(url) }
}

/// A repository's path, or the whole name of anything else.
pub(super) fn name(target: &Target) -> String {
    target.repository().map_or_else(|| quoted(&target.to_string()), |repository| quoted(&repository.path))
}
