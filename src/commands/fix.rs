//! `pomona fix`: writes replacements into the source, those that a person names and no others.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

use crate::address::Target;
use crate::commands::caches::Caches;
use crate::commands::failures::Failures;
use crate::commands::judgements::checked;
use crate::commands::list_folder::ListFolder;
use crate::commands::output::wrote;
use crate::judgement::{Judgements, NewLinks};
use crate::markdown::apply;
use crate::plan::Plan;
use crate::render::annotate::{Address, Annotations, annotate};
use crate::replacement::Replacement;
use crate::settings::{FixSettings, Overrides, RunContext};
use crate::store;
use crate::text::escape::terminal;

/// Fixes the lists in these folders.
pub(crate) fn fix(settings: &FixSettings, context: &RunContext, out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut failures = Failures::default();
    for folder in &settings.folders {
        failures.take(one(folder, settings, context, out));
    }
    failures.end(0)
}

fn one(folder: &Path, settings: &FixSettings, context: &RunContext, out: &mut dyn Write) -> anyhow::Result<()> {
    let list = ListFolder::open_folder(folder, &Overrides::default())?;
    let caches = Caches::open(std::slice::from_ref(&list), &settings.stored, context, false)?;
    let judgements = checked(&list, caches.looks(), &[], context.now, NewLinks::Immediate);
    let judgements = judgements.with_archives(caches.archive_answers());
    drop(caches);
    let offered = offered(&list, &judgements);
    if offered.is_empty() {
        writeln!(out, "{}: nothing to replace; `pomona check --suggest` looks for more", list.name)?;
        return Ok(());
    }
    let asks = settings.kinds.is_empty() && settings.interactive && !settings.dry_run;
    let chosen = if asks { ask(&offered, out)? } else { choose(&offered, settings) };
    let mut plan = Plan::default();
    for file in list.files() {
        let Some(path) = &file.path else { continue };
        plan.change(path.clone(), Some(file.text.clone()), replaced(file, &chosen)?);
    }
    if settings.dry_run || (settings.kinds.is_empty() && !asks) {
        for (target, replacements) in &offered {
            let offers: Vec<String> = replacements.iter().map(ToString::to_string).collect();
            writeln!(out, "{}: {}", terminal(&target.to_string()), terminal(&offers.join("; ")))?;
        }
        for line in plan.to_string().lines() {
            writeln!(out, "{}", terminal(line))?;
        }
        if !settings.dry_run {
            writeln!(out, "nothing was written: name what to apply, such as `--kind renamed,transferred,archive`")?;
        }
        return Ok(());
    }
    store::apply(&plan, list.folder.path())?;
    wrote(&plan, &list.name, out)
}

/// What may be replaced, by target.
fn offered<'a>(list: &'a ListFolder, judgements: &Judgements<'_>) -> BTreeMap<&'a Target, Vec<Replacement>> {
    let mut offered = BTreeMap::new();
    for target in list.targets.iter().filter(|target| target.is_remote()) {
        if !offered.contains_key(target) {
            let found = judgements.replacements(target);
            if !found.is_empty() {
                offered.insert(target, found);
            }
        }
    }
    offered
}

/// The best replacement of a named kind; the best of all where none is named, for the diff.
fn choose<'a>(
    offered: &'a BTreeMap<&'a Target, Vec<Replacement>>,
    settings: &FixSettings,
) -> BTreeMap<&'a Target, &'a Replacement> {
    let is_named = |found: &&Replacement| settings.kinds.is_empty() || settings.kinds.contains(&found.kind);
    offered.iter().filter_map(|(target, found)| Some((*target, found.iter().find(is_named)?))).collect()
}

/// Asks a person for each target; an empty answer keeps the link.
fn ask<'a>(
    offered: &'a BTreeMap<&'a Target, Vec<Replacement>>,
    out: &mut dyn Write,
) -> anyhow::Result<BTreeMap<&'a Target, &'a Replacement>> {
    let mut chosen = BTreeMap::new();
    for (target, found) in offered {
        writeln!(out, "{}", terminal(&target.to_string()))?;
        for (n, replacement) in found.iter().enumerate() {
            writeln!(out, "  {} {}", n + 1, terminal(&replacement.to_string()))?;
        }
        write!(out, "replace by number, Enter keeps it: ")?;
        out.flush()?;
        let mut answer = String::new();
        if io::stdin().read_line(&mut answer)? == 0 {
            break;
        }
        let number = answer.trim().parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        if let Some(replacement) = number.and_then(|n| found.get(n)) {
            chosen.insert(*target, replacement);
        }
    }
    Ok(chosen)
}

/// The source with the chosen addresses.
fn replaced(list: &ListFolder, chosen: &BTreeMap<&Target, &Replacement>) -> anyhow::Result<String> {
    let mut wanted = Annotations::default();
    for (link, target) in list.targets.iter().enumerate() {
        if let Some(replacement) = chosen.get(target) {
            wanted.addresses.insert(link, Address::Moved(replacement.url.clone()));
        }
    }
    let edits = annotate(&list.document, &list.text, &wanted);
    apply(&list.text, edits).context("the addresses cannot be changed")
}
