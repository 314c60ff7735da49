//! `pomona strip`: takes everything that Pomona wrote out of an annotated list.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::commands::failures::Failures;
use crate::commands::list_folder::ListFolder;
use crate::commands::output::wrote;
use crate::markdown::apply;
use crate::plan::Plan;
use crate::render::annotate;
use crate::settings::Overrides;
use crate::store;

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
    let Some(path) = &list.path else { return Ok(()) };
    let edits = annotate::strip(&list.document, &list.text);
    let text = apply(&list.text, edits).context("the list cannot be stripped")?;
    let mut plan = Plan::default();
    plan.change(path.clone(), Some(list.text.clone()), text);
    if dry_run {
        write!(out, "{plan}")?;
        return Ok(());
    }
    store::apply(&plan, list.folder.path())?;
    wrote(&plan, &list.name, out)
}
