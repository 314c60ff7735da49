//! `pomona page`: writes the page of a list from the ledger alone.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::commands::judgements::stored;
use crate::commands::list_folder::ListFolder;
use crate::commands::write::remembered;
use crate::explain;
use crate::ledger::History;
use crate::page::{self, Input};
use crate::plan::Plan;
use crate::ranked_list::{RankedList, Words};
use crate::settings::Overrides;
use crate::store::{self, FileKind};

/// The page's file, where neither a flag nor the policy names one.
const INDEX: &str = "index.html";

/// Writes the page of each list.
pub(crate) fn page(folders: &[PathBuf], output: Option<&Path>, out: &mut dyn Write) -> anyhow::Result<u8> {
    for folder in folders {
        let list = ListFolder::open_folder(folder, &Overrides::default())?;
        let judgements = stored(&list);
        let ranked = remembered(&list, &judgements)?;
        let path = match output {
            Some(path) => path.to_owned(),
            None => list.folder.named("page.output", policy_path(&list).unwrap_or(INDEX), FileKind::Page)?,
        };
        for (path, text) in files(&list, &ranked, &list.history, &path)? {
            if store::read_if_there(&path)?.as_deref() != Some(&text) {
                store::write(&path, &text)?;
            }
            writeln!(out, "wrote {}", path.display())?;
        }
    }
    Ok(0)
}

/// Adds the page to what a run writes, where the policy names its file.
pub(crate) fn plan(list: &ListFolder, ranked: &RankedList, history: &History, plan: &mut Plan) -> anyhow::Result<()> {
    let Some(name) = policy_path(list) else { return Ok(()) };
    let path = list.folder.named("page.output", name, FileKind::Page)?;
    for (path, text) in files(list, ranked, history, &path)? {
        let before = store::read_if_there(&path)?;
        plan.change(path, before, text);
    }
    Ok(())
}

fn policy_path(list: &ListFolder) -> Option<&str> {
    list.policy.page.output.as_deref()
}

/// The page and the files that stand beside it.
fn files(
    list: &ListFolder,
    ranked: &RankedList,
    history: &History,
    path: &Path,
) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let layout = &list.policy.layout;
    let words = Words::new(&ranked.language, layout);
    let explanations = explain::all(ranked, layout);
    let input = Input { ranked, explanations: &explanations, history, policy: &list.policy.page, words: &words };
    let companions = page::companions(&input).with_context(|| format!("`{}`: the files beside it", path.display()))?;
    let mut files = vec![(path.to_owned(), page::page(&input))];
    files.extend(companions.into_iter().map(|(name, text)| (path.with_file_name(name), text)));
    Ok(files)
}
