//! Rules about submissions that many lists ask for and that this program leaves off by default.

use super::additions::submitted;
use super::links::name;
use super::{Breach, Context, Rule, Spot, about_change, quoted};
use crate::address::Target;
use crate::finding::{Scope, Setting};

/// Query parameters that identify a campaign or a visitor and not the page (the list of the `ClearURLs` project, by
/// their common prefixes and names).
const TRACKING: [&str; 12] =
    ["utm_", "fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "ref_src", "yclid", "_hsenc", "spm"];

/// Hosts that redirect short addresses to any page.
const SHORTENERS: [&str; 14] = [
    "bit.ly",
    "buff.ly",
    "cutt.ly",
    "dub.sh",
    "goo.gl",
    "is.gd",
    "ow.ly",
    "rb.gy",
    "rebrand.ly",
    "shorturl.at",
    "t.co",
    "t.ly",
    "tiny.cc",
    "tinyurl.com",
];

pub(super) static TRACKING_PARAMETERS: Rule = about_change(
    Scope::Addition,
    "tracking-parameters",
    Setting::Off,
    tracking,
    "a new link has tracking parameters",
    "Parameters such as `utm_source` identify a campaign, not the page.",
);

fn tracking(context: &Context<'_>) -> Vec<Breach> {
    let is_tracking =
        |name: &str| TRACKING.iter().any(|known| name == *known || (known.ends_with('_') && name.starts_with(known)));
    new_links(context)
        .filter_map(|(i, url)| {
            let query = url.split_once('?')?.1.split('#').next().unwrap_or_default();
            let names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default().to_ascii_lowercase());
            let found = names.into_iter().find(|name| is_tracking(name))?;
            let message = format!("the address has the tracking parameter {}", quoted(&found));
            Some(Breach::new(Spot::Link(i), message).help("remove the parameter"))
        })
        .collect()
}

pub(super) static SHORTENED_ADDRESS: Rule = about_change(
    Scope::Addition,
    "shortened-address",
    Setting::Off,
    shortened,
    "a new link is a shortened address",
    "A shortener can lead elsewhere tomorrow, and hides where it leads today.",
);

fn shortened(context: &Context<'_>) -> Vec<Breach> {
    new_links(context)
        .filter_map(|(i, url)| {
            let host = context.case.targets.get(i)?.host()?;
            let short = SHORTENERS.contains(&host.trim_start_matches("www."));
            short.then(|| {
                Breach::new(Spot::Link(i), format!("{} is a shortened address", quoted(url)))
                    .help("link the page that it leads to")
            })
        })
        .collect()
}

fn new_links<'c>(context: &'c Context<'_>) -> impl Iterator<Item = (usize, &'c str)> {
    let links = context.case.change.into_iter().flat_map(|change| change.links.iter().copied());
    links.filter_map(|i| Some((i, context.case.document.links.get(i)?.url.as_str())))
}

pub(super) static COPIED_DESCRIPTION: Rule = about_change(
    Scope::Addition,
    "copied-description",
    Setting::Off,
    copied,
    "a new entry has the description of its repository, unchanged",
    "Lists ask for their own words; a copied description shows that nobody wrote any.",
);

fn copied(context: &Context<'_>) -> Vec<Breach> {
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let mut breaches = Vec::new();
    for (i, entry, _) in submitted(context) {
        let Some(record) = context.ranked(entry).and_then(|target| context.record(&target)) else { continue };
        let (Some(own), Some(Some(theirs))) = (&entry.description, &record.facts.description) else { continue };
        if !letters(own).is_empty() && letters(own) == letters(theirs) {
            let message = format!("the description of {} is that of its repository", quoted(&entry.title));
            breaches.push(Breach::new(Spot::Entry(i), message).help("describe in your own words what it does"));
        }
    }
    breaches
}

pub(super) static TITLE_IS_NOT_THE_NAME: Rule = about_change(
    Scope::Addition,
    "title-is-not-the-name",
    Setting::Off,
    title,
    "the title of a new entry is not its project's name",
    "Neither the name of the repository nor of its owner occurs in the title, or the title in them; letter case, spaces and \
     punctuation are ignored.",
);

fn title(context: &Context<'_>) -> Vec<Breach> {
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let mut breaches = Vec::new();
    for (i, entry, _) in submitted(context) {
        let Some(target) = context.ranked(entry) else { continue };
        let Target::Repository(repository) = &target else { continue };
        let (title, name_of) = (letters(&entry.title), letters(repository.name()));
        let owner = letters(repository.path.split('/').next().unwrap_or_default());
        let fits =
            |name: &str| !name.is_empty() && !title.is_empty() && (title.contains(name) || name.contains(&*title));
        if !fits(&name_of) && !fits(&owner) {
            let message = format!("the title {} is not the name of {}", quoted(&entry.title), name(&target));
            breaches.push(Breach::new(Spot::Entry(i), message).help("use the project's name as the title"));
        }
    }
    breaches
}

pub(super) static FORK: Rule = about_change(
    Scope::Addition,
    "fork",
    Setting::Off,
    fork,
    "a new entry's repository is a fork",
    "Its work may be that of another repository, which belongs on the list in its place.",
);

fn fork(context: &Context<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (i, entry, _) in submitted(context) {
        let Some(target) = context.ranked(entry) else { continue };
        if context.record(&target).is_some_and(|record| record.facts.fork == Some(true)) {
            let breach = Breach::new(Spot::Entry(i), format!("{} is a fork", name(&target)));
            breaches.push(breach.help("link the original, or explain what the fork adds"));
        }
    }
    breaches
}

pub(super) static CLOSED_BEFORE: Rule = about_change(
    Scope::Addition,
    "closed-before",
    Setting::WARNING,
    closed,
    "a new entry was refused before",
    "The policy's `rules.closed` names what the list does not accept, by canonical name or address, such as \
     `github:owner/name`.",
);

fn closed(context: &Context<'_>) -> Vec<Breach> {
    let closed = &context.case.policy.rules.thresholds.closed;
    let is_closed = |target: &Target| {
        let names = [target.to_string(), target.url().unwrap_or_default()];
        closed.iter().any(|known| names.iter().any(|name| name.eq_ignore_ascii_case(known.trim_end_matches('/'))))
    };
    submitted(context)
        .filter(|(_, entry, target)| {
            is_closed(target) || context.ranked(entry).is_some_and(|ranked| is_closed(&ranked))
        })
        .map(|(i, entry, _)| {
            let message = format!("{} was refused before", quoted(&entry.title));
            Breach::new(Spot::Entry(i), message).help("refer to the discussion then, and explain what has changed")
        })
        .collect()
}
