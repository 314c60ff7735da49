//! Rules about a whole file, and about the policy itself.

use super::{Breach, Context, Rule, Spot, quoted};
use crate::finding::{Level, RuleInfo, Scope, Setting};

/// The size in bytes above which GitHub shows a Markdown file as plain text (isaacs/github#1610).
const RENDER_LIMIT: usize = 512 * 1024;

/// The size in bytes from which a keeper should plan: a fifth of the limit is left.
const WARNING_SIZE: usize = 400 * 1024;

pub(super) static FILE_TOO_LARGE: Rule = Rule {
    info: RuleInfo {
        id: "file-too-large",
        summary: "the file nears or exceeds the size that GitHub renders",
        docs: "GitHub renders no Markdown file over 512 KB. From 400 KB on this is a note.",
        scope: Scope::List,
        level: Setting::WARNING,
        added: Setting::WARNING,
    },
    find: too_large,
};

fn too_large(context: &Context<'_>) -> Vec<Breach> {
    let size = context.case.text.len();
    if size < WARNING_SIZE {
        return Vec::new();
    }
    let (effect, at_most) = if size > RENDER_LIMIT {
        ("no longer renders it", Level::Error)
    } else {
        ("stops rendering at 512 KB", Level::Note)
    };
    let breach = Breach::new(Spot::File, format!("the file has {} KB: GitHub {effect}", size.div_ceil(1024)));
    vec![Breach { at_most, ..breach.help("split it by category into files that it links") }]
}

pub(super) static NO_LINKS: Rule = Rule {
    info: RuleInfo {
        id: "no-links",
        summary: "the file has no link at all",
        docs: "There is nothing to check. Often another file was meant, or the links stand in a format that is not \
               Markdown.",
        scope: Scope::List,
        level: Setting::WARNING,
        added: Setting::WARNING,
    },
    find: no_links,
};

fn no_links(context: &Context<'_>) -> Vec<Breach> {
    if !context.case.document.links.is_empty() {
        return Vec::new();
    }
    let breach = Breach::new(Spot::File, "the file has no link".to_owned());
    vec![Breach { caused: context.case.change.is_some(), ..breach.help("name the file that has the list") }]
}

pub(super) static EXPIRED_EXCLUSION: Rule = Rule {
    info: RuleInfo {
        id: "expired-exclusion",
        summary: "an exclusion of the policy has expired",
        docs: "The day in its `until` has passed, so its addresses are checked again.",
        scope: Scope::List,
        level: Setting::WARNING,
        added: Setting::WARNING,
    },
    find: expired,
};

fn expired(context: &Context<'_>) -> Vec<Breach> {
    let dated = context.case.policy.check.exclude.iter().filter_map(|exclusion| Some((exclusion, exclusion.until?)));
    dated
        .filter(|(_, until)| *until < context.case.today)
        .map(|(exclusion, until)| {
            let message = format!("the exclusion of {} expired on {until}", quoted(&exclusion.pattern));
            Breach::new(Spot::Policy, message).help("move its `until`, or remove it")
        })
        .collect()
}
