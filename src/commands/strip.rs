//! `pomona strip`: takes everything that Pomona wrote out of an annotated list.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;

use crate::commands::list_folder::ListFolder;
use crate::commands::output::wrote;
use crate::markdown::apply;
use crate::plan::Plan;
use crate::render::annotate;
use crate::settings::Overrides;
use crate::store;

/// Strips the lists in these folders.
pub(crate) fn strip(folders: &[PathBuf], dry_run: bool, out: &mut dyn Write) -> anyhow::Result<u8> {
    for folder in folders {
        let list = ListFolder::open_folder(folder, &Overrides::default())?;
        let Some(path) = &list.path else { continue };
        let edits = annotate::strip(&list.document, &list.text);
        let text = apply(&list.text, edits).context("the list cannot be stripped")?;
        let mut plan = Plan::default();
        plan.change(path.clone(), Some(list.text.clone()), text);
        if dry_run {
            write!(out, "{plan}")?;
            continue;
        }
        store::apply(&plan, list.folder.path())?;
        wrote(&plan, &list.name, out)?;
    }
    Ok(0)
}
