//! `pomona page`: writes the pages of lists from their ledgers alone.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::commands::judgements::stored;
use crate::commands::list_folder::{ListFolder, expanded};
use crate::commands::write::remembered;
use crate::explain;
use crate::ledger::History;
use crate::page::{self, Input, Listed};
use crate::plan::Plan;
use crate::ranked_list::{RankedList, Words};
use crate::settings::Overrides;
use crate::store::{self, FileKind};

/// The page's file, where neither a flag nor the policy names one.
const INDEX: &str = "index.html";

/// Writes the page of each list. For a folder of lists, `output` is the page over all of them.
pub(crate) fn page(folders: &[PathBuf], output: Option<&Path>, out: &mut dyn Write) -> anyhow::Result<u8> {
    for folder in folders {
        let lists = expanded(std::slice::from_ref(folder))?;
        if lists == [folder.clone()] {
            let (list, ranked) = open(folder)?;
            let path = output.map_or_else(|| own_path(&list), |path| Ok(path.to_owned()))?;
            write_files(files(&list, &ranked, &list.history, &path)?, out)?;
        } else {
            several(folder, &lists, output, out)?;
        }
    }
    Ok(0)
}

/// The pages of the lists below a folder, and the page over them.
fn several(folder: &Path, lists: &[PathBuf], output: Option<&Path>, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut written = Vec::with_capacity(lists.len());
    for path in lists {
        let (list, ranked) = open(path)?;
        let file = own_path(&list)?;
        write_files(files(&list, &ranked, &list.history, &file)?, out)?;
        let words = Words::new(&ranked.language, &list.policy.layout);
        written.push((ranked, words, file));
    }
    let index = output.map_or_else(|| folder.join(INDEX), Path::to_owned);
    let from = index.parent().unwrap_or(Path::new(""));
    let hrefs: Vec<String> = written.iter().map(|(.., file)| relative(from, file)).collect();
    let listed = written.iter().zip(&hrefs).map(|((ranked, words, _), href)| Listed { ranked, href, words });
    let title = folder.file_name().unwrap_or_default().to_string_lossy();
    let text = page::index(&title, &listed.collect::<Vec<_>>());
    write_files(vec![(index, text)], out)
}

/// The address of `file` as a page in `from` links it, with `/` on every system.
fn relative(from: &Path, file: &Path) -> String {
    let path = file.strip_prefix(from).unwrap_or(file);
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/").replace('%', "%25").replace(' ', "%20").replace('#', "%23").replace('?', "%3F")
}

fn open(folder: &Path) -> anyhow::Result<(ListFolder, RankedList)> {
    let list = ListFolder::open_folder(folder, &Overrides::default())?;
    let ranked = remembered(&list, &stored(&list))?;
    Ok((list, ranked))
}

fn own_path(list: &ListFolder) -> anyhow::Result<PathBuf> {
    Ok(list.folder.named("page.output", policy_path(list).unwrap_or(INDEX), FileKind::Page)?)
}

fn write_files(files: Vec<(PathBuf, String)>, out: &mut dyn Write) -> anyhow::Result<()> {
    for (path, text) in files {
        if store::read_if_there(&path)?.as_deref() != Some(&text) {
            store::write(&path, &text)?;
        }
        writeln!(out, "wrote {}", path.display())?;
    }
    Ok(())
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
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let pages = page::pages(&input, &name);
    let companions = companions.into_iter().map(|(name, text)| (name.to_owned(), text));
    Ok(pages.into_iter().chain(companions).map(|(name, text)| (path.with_file_name(name), text)).collect())
}
