//! `pomona page`: writes the page of a list from the ledger alone.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::commands::judgements::Judgements;
use crate::commands::list_folder::ListFolder;
use crate::commands::write::remembered;
use crate::explain;
use crate::page;
use crate::ranked_list::Words;
use crate::settings::{Overrides, RunContext};
use crate::store;
use crate::verdict::ConfirmationMode;

/// The page's file, where neither a flag nor the policy names one.
const INDEX: &str = "index.html";

/// Writes the page of each list.
pub(crate) fn page(
    folders: &[PathBuf],
    output: Option<&Path>,
    context: &RunContext,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    for folder in folders {
        let list = ListFolder::open_folder(folder, &Overrides::default())?;
        let named = list.policy.page.output.as_deref().unwrap_or(INDEX);
        let path = output.map_or_else(|| list.folder.file(named), Path::to_owned);
        let text = html(&list, context)?;
        store::write(&path, &text)?;
        writeln!(out, "wrote {}", path.display())?;
    }
    Ok(0)
}

fn html(list: &ListFolder, context: &RunContext) -> anyhow::Result<String> {
    let judgements = Judgements::new(list, [], &[], context.now, ConfirmationMode::Required);
    let ranked = remembered(list, &judgements)?;
    let layout = &list.policy.layout;
    let words = Words::new(&ranked.language, layout);
    let explanations = explain::all(&ranked, layout);
    Ok(page::page(&page::Input {
        ranked: &ranked,
        explanations: &explanations,
        history: &list.history,
        policy: &list.policy.page,
        words: &words,
    }))
}
