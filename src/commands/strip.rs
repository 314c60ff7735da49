//! `pomona strip`: removes the notes and the content of blocks from a list, and puts dead entries back.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::commands::failures::Failures;
use crate::commands::list_folder::ListFolder;
use crate::commands::output::{write_diff, wrote};
use crate::markdown::apply;
use crate::plan::Plan;
use crate::policy::{Block, Order, Rewrite};
use crate::render::annotate;
use crate::render::compose::restore;
use crate::settings::Overrides;
use crate::store;
use crate::text::escape::terminal;

/// Strips the lists in these folders.
pub(crate) fn strip(folders: &[PathBuf], dry_run: bool, out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut failures = Failures::default();
    for folder in folders {
        failures.take(one(folder, dry_run, out));
    }
    failures.end(0)
}

fn one(folder: &Path, dry_run: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let list = ListFolder::open_folder(folder, &Overrides::default())?;
    let mut plan = Plan::default();
    for file in list.files() {
        let Some(path) = &file.path else { continue };
        let restored = restore(&file.text).map_or_else(|| file.clone(), |text| file.with_text(text));
        let edits = annotate::strip(&restored.document, &restored.text);
        let text = apply(&restored.text, edits).context("the list cannot be stripped")?;
        plan.change(path.clone(), Some(file.text.clone()), text);
    }
    if dry_run {
        plan.changes().iter().try_for_each(|change| write_diff(change, false, out))?;
    } else {
        store::apply(&plan, list.folder.path())?;
        wrote(&plan, &list.name, out)?;
    }
    list.files().iter().try_for_each(|file| left(file, out))
}

/// Reports what Pomona may have written and what strip leaves, because it is the list's own text by now.
fn left(list: &ListFolder, out: &mut dyn Write) -> anyhow::Result<()> {
    let rewrite = list.policy.rewrite > Rewrite::None;
    let layout = &list.policy.layout;
    let ordered = layout.order.is_some_and(|order| order != Order::None)
        || layout.sections.values().any(|section| section.order.is_some_and(|order| order != Order::None));
    let unknown: Vec<String> = list
        .document
        .blocks
        .iter()
        .filter(|block| Block::named(&block.name).is_none())
        .map(|block| format!("the unknown block `{}`", terminal(&block.name)))
        .collect();
    let kept = rewrite.then(|| "rewritten addresses".to_owned()).into_iter();
    let kept = kept.chain(ordered.then(|| "the order of entries".to_owned())).chain(unknown);
    let kept: Vec<String> = kept.collect();
    if !kept.is_empty() {
        writeln!(out, "{}: kept as they are: {}", list.name, kept.join(", "))?;
    }
    Ok(())
}
