//! `pomona page`: writes the pages of lists from their ledgers alone.

use std::io::Write;
use std::path::{Component, Path, PathBuf};

use anyhow::Context;

use crate::commands::judgements::stored;
use crate::commands::list_folder::{ListFolder, expanded};
use crate::commands::write::remembered;
use crate::explain;
use crate::ledger::History;
use crate::page::{self, Input, Listed};
use crate::plan::Plan;
use crate::ranked_list::{RankedList, Words};
use crate::settings::{Overrides, PageSettings};
use crate::store::{self, FileKind};

/// The page's file, where neither a flag nor the policy names one.
const INDEX: &str = "index.html";

/// Writes the page of each list. Of several lists, `output` is the page over all of them.
pub(crate) fn page(settings: &PageSettings, out: &mut dyn Write) -> anyhow::Result<u8> {
    match (settings.folders.as_slice(), &settings.output) {
        ([folder], _) => one(settings, folder, out)?,
        (folders, Some(index)) => {
            let lists = expanded(folders)?;
            several(settings, &common_folder(&lists), &lists, Some(index), out)?;
        }
        (folders, None) => folders.iter().try_for_each(|folder| one(settings, folder, out))?,
    }
    Ok(0)
}

/// Writes the page of one list, or of each of the lists below a folder.
fn one(settings: &PageSettings, folder: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let lists = expanded(&[folder.to_owned()])?;
    if lists != [folder.to_owned()] {
        return several(settings, folder, &lists, settings.output.as_deref(), out);
    }
    let overrides = settings.overrides(&relative(Path::new(""), folder), "");
    let (list, ranked) = open(folder, &overrides)?;
    let path = settings.output.clone().map_or_else(|| own_path(&list), Ok)?;
    write_files(files(&list, &ranked, &list.history, &path)?, out)
}

/// The pages of several lists, and the page over them. With `output` they stand beside it, in folders that are called as
/// those of the lists below `root`, so that all of it can be published as it is.
fn several(
    settings: &PageSettings,
    root: &Path,
    lists: &[PathBuf],
    output: Option<&Path>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut pages = Vec::with_capacity(lists.len());
    for path in lists {
        let name = relative(root, path);
        let (list, ranked) = open(path, &settings.overrides(&relative(Path::new(""), path), &name))?;
        let mut file = own_path(&list)?;
        if let Some(output) = output {
            let beside = output.parent().unwrap_or(Path::new("")).join(below(root, path));
            file = beside.join(file.file_name().unwrap_or_default());
        }
        write_files(files(&list, &ranked, &list.history, &file)?, out)?;
        let words = Words::new(&ranked.language, &list.policy.layout);
        pages.push((list, ranked, words, file));
    }
    let index = output.map_or_else(|| root.join(INDEX), Path::to_owned);
    let from = index.parent().unwrap_or(Path::new(""));
    let hrefs: Vec<String> = pages.iter().map(|(.., file)| relative(from, file)).collect();
    let listed = pages.iter().zip(&hrefs).map(|((list, ranked, words, _), href)| Listed {
        ranked,
        href,
        words,
        policy: &list.policy.page,
    });
    let title = root.file_name().map_or_else(|| "Lists".to_owned(), |name| name.to_string_lossy().into_owned());
    let text = page::index(&title, &listed.collect::<Vec<_>>());
    write_files(vec![(index, text)], out)
}

/// The folder that all of these are in.
fn common_folder(lists: &[PathBuf]) -> PathBuf {
    let mut parents = lists.iter().filter_map(|list| list.parent());
    let first = parents.next().unwrap_or(Path::new(""));
    let is_common = |folder: &&Path| lists.iter().all(|list| list.starts_with(folder));
    first.ancestors().find(is_common).unwrap_or(Path::new("")).to_owned()
}

/// The path of `path` below `folder`: names alone, so that what is joined to it stays inside.
fn below(folder: &Path, path: &Path) -> PathBuf {
    let names = path.strip_prefix(folder).unwrap_or(path).components();
    names.filter(|part| matches!(part, Component::Normal(_))).collect()
}

/// The address of `path` as a page in `from` links it, with `/` on every system.
fn relative(from: &Path, path: &Path) -> String {
    let path = below(from, path);
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/").replace('%', "%25").replace(' ', "%20").replace('#', "%23").replace('?', "%3F")
}

fn open(folder: &Path, overrides: &Overrides) -> anyhow::Result<(ListFolder, RankedList)> {
    let list = ListFolder::open_folder(folder, overrides)?;
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
