//! Rules about a list and its translations.

use std::collections::HashMap;

use super::duplicates::identity;
use super::{Breach, Context, ListedFile, Rule, Spot, is_among_the_dead, quoted};
use crate::finding::{RuleInfo, Scope, Setting};
use crate::markdown::{Entry, Link};
use crate::policy::FileRole;
use crate::verdict::Verdict;

pub(super) static MISSING_IN_TRANSLATION: Rule = Rule {
    info: RuleInfo {
        id: "missing-in-translation",
        summary: "an entry is in one language of the list and not in another",
        docs: "The files under `[translations]` are compared with the base both ways: every entry whose target is linked \
               nowhere in the other file. The help has the place and the entry as it is written here, and the \
               address of an entry there that has the same name; nothing is translated. Mark an entry that is meant for one language with `<!-- pomona:ignore REASON -->`. Dead \
               entries are not reported.",
        scope: Scope::List,
        level: Setting::NOTE,
        added: Setting::WARNING,
    },
    find: missing,
};

fn missing(context: &Context<'_>) -> Vec<Breach> {
    let counterpart = match context.own_file().map(|file| file.role) {
        Some(FileRole::Base) => FileRole::Translation,
        Some(FileRole::Translation) => FileRole::Base,
        Some(FileRole::Source) | None => return Vec::new(),
    };
    let files = context.case.files.iter().filter(|file| file.role == counterpart);
    files.flat_map(|file| missing_in(context, file)).collect()
}

/// The entries of this file whose targets `other` does not link.
fn missing_in(context: &Context<'_>, other: &ListedFile<'_>) -> Vec<Breach> {
    let mut links: HashMap<String, usize> = HashMap::new();
    for ((link, at), target) in other.document.links.iter().enumerate().map(|(n, at)| (at, n)).zip(other.targets) {
        links.entry(identity(context, &link.url, target)).or_insert(at);
    }
    let entries = other.document.entries.iter();
    let names: HashMap<String, usize> = entries.rev().map(|entry| (entry.title.to_lowercase(), entry.link)).collect();
    let mut breaches = Vec::new();
    // The last entry above, under the same heading, that the other file has.
    let mut above: Option<(&Entry, usize)> = None;
    for (i, entry, target) in context.entries() {
        let url = &context.case.document.links[entry.link].url;
        if let Some(at) = links.get(&identity(context, url, target)) {
            above = Some((entry, *at));
            continue;
        }
        let dead = context.judgements.get(target).is_some_and(|judgement| judgement.verdict == Verdict::Dead);
        let is_exempt = context.case.document.ignored.contains_key(&entry.link);
        if dead || is_exempt || is_among_the_dead(&context.case, entry.link) {
            continue;
        }
        let message = format!("{} is not in {}", quoted(&entry.title), quoted(other.file));
        let above = above.filter(|(above, _)| above.heading == entry.heading).map(|(_, at)| at);
        let help = place(context, entry, other, above);
        // Pages for one country, `http` beside `https`, former domains: the same thing at two addresses.
        let same = names.get(&entry.title.to_lowercase()).and_then(|link| other.document.links.get(*link));
        let help = same.map_or_else(|| help.clone(), |link| format!("{}; else {help}", same_name(link, other.file)));
        breaches.push(Breach::new(Spot::Entry(i), message).help(help));
    }
    breaches
}

/// What to do where the other file has an entry of the same name with another address.
fn same_name(link: &Link, file: &str) -> String {
    let place = format!("line {} of {file}", link.line);
    format!("{place} has that name with {}: where it is the same, write one address in both", quoted(&link.url))
}

/// Where in `other` the entry belongs, and its text.
fn place(context: &Context<'_>, entry: &Entry, other: &ListedFile<'_>, above: Option<usize>) -> String {
    let written = written(context, entry);
    if let Some(link) = above.and_then(|at| other.document.links.get(at)) {
        let section = other.document.section(link.heading).pop().unwrap_or_default();
        return format!("add it below line {} of {}, in {}: {written}", link.line, other.file, quoted(&section));
    }
    let section = context.case.document.section(entry.heading).join(" › ");
    format!("add it to the section of {} that is {} here: {written}", other.file, quoted(&section))
}

/// The entry as it is written, in one line and without Pomona's note.
fn written(context: &Context<'_>, entry: &Entry) -> String {
    let part = |from: usize, to: usize| context.case.text.get(from..to).unwrap_or_default();
    let text = match &entry.note {
        Some(note) => part(entry.span.start, note.start).to_owned() + part(note.end, entry.span.end),
        None => part(entry.span.start, entry.span.end).to_owned(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
