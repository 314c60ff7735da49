//! `pomona init`: makes an existing README a list, in one step. It asks nothing, changes no line of the list, and prints
//! what it wrote.

mod files;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::commands::init::files::{
    CHECK, COMMENT, NewPolicy, attributing, filled, ignoring, is_unpublished, workflow,
};
use crate::markdown::Document;
use crate::plan::Plan;
use crate::settings;
use crate::store::{self, Folder, POLICY, Source};

/// The source of a ranked list, whose output is the README.
const RANKED_SOURCE: &str = "list.md";
/// The output of a ranked list that has no README yet.
const README: &str = "README.md";

/// What becomes of a folder.
struct Conversion {
    /// The source as it is now.
    source: PathBuf,
    /// Where it is moved, for a ranked list.
    moved_to: Option<PathBuf>,
    /// The files that are written.
    plan: Plan,
}

/// Makes a folder with a README a list. With `ranked`, the README becomes the output of the list that it contained.
pub(crate) fn init(named: &Path, ranked: bool, dry_run: bool, out: &mut dyn Write) -> anyhow::Result<u8> {
    let Source::Folder(path) = store::find(named)? else {
        bail!("`{}`: expected a folder\nhelp: name the folder with the README", named.display());
    };
    let folder = Folder::at(&path);
    let policy = folder.policy()?.map(|text| settings::policy(&folder.file(POLICY), &text)).transpose()?;
    let named = policy.as_ref().and_then(|policy| policy.files().remove(0).source);
    let source = folder.source(named.as_deref())?;
    let text = store::read(&source)?;
    let moved_to = match &policy {
        Some(policy) if ranked && policy.output.is_none() => bail!(
            "`{}`: this folder is a list already, annotated in place\nhelp: move the source to `{RANKED_SOURCE}`, then \
             set `source = \"{RANKED_SOURCE}\"` and `output = \"README.md\"`",
            folder.file(POLICY).display()
        ),
        None if ranked => destination(&folder, &source)?,
        _ => None,
    };
    let plan = plan(&folder, policy.is_some(), ranked, &source, moved_to.as_deref(), &text)?;
    let conversion = Conversion { source, moved_to, plan };
    if dry_run {
        if let Some(to) = &conversion.moved_to {
            writeln!(out, "would move {} to {}", conversion.source.display(), to.display())?;
        }
        write!(out, "{}", conversion.plan)?;
        return Ok(0);
    }
    if let Some(to) = &conversion.moved_to {
        move_file(&folder, &conversion.source, to)?;
    }
    store::apply(&conversion.plan, repository(&folder).0.path())?;
    summarize(&conversion, &text, out)?;
    Ok(0)
}

/// Where the source of a ranked list is moved; none where it is in its place.
fn destination(folder: &Folder, source: &Path) -> anyhow::Result<Option<PathBuf>> {
    let (to, readme) = (folder.inside(RANKED_SOURCE)?, folder.inside(README)?);
    let is_moved = store::same_file(source, &to);
    // Either file may be written by a person: neither is replaced.
    if is_moved && readme.exists() || !is_moved && to.exists() {
        bail!(
            "`{}` and `{}` exist already\nhelp: rename one of them, or name them as `source` and `output` in a `{POLICY}`",
            to.display(),
            readme.display()
        );
    }
    Ok((!is_moved).then_some(to))
}

fn plan(
    folder: &Folder,
    has_policy: bool,
    ranked: bool,
    source: &Path,
    moved_to: Option<&Path>,
    text: &str,
) -> anyhow::Result<Plan> {
    let mut plan = Plan::default();
    if !has_policy {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // The name of the README stays, whatever its letter case; a list without one gets one.
        let output = moved_to.map_or(README.to_owned(), |_| name(source));
        let policy = NewPolicy {
            source: &name(moved_to.unwrap_or(source)),
            output: ranked.then_some(output.as_str()),
            language: if mostly_chinese(text) { "zh" } else { "en" },
            translations: &store::translations(source),
        };
        plan.change(folder.file(POLICY), None, policy.text());
    }
    let (root, inside) = repository(folder);
    for (name, content) in [
        ("pomona.yml", workflow(&inside, text)?),
        ("pomona-check.yml", filled(CHECK, &inside)?),
        ("pomona-comment.yml", filled(COMMENT, &inside)?),
    ] {
        let path = root.inside(&format!(".github/workflows/{name}"))?;
        if store::read_if_there(&path)?.is_none() {
            plan.change(path, None, content);
        }
    }
    for (name, with_ours) in [(".gitignore", ignoring as fn(&str) -> String), (".gitattributes", attributing)] {
        let path = folder.inside(name)?;
        let before = store::read_if_there(&path)?;
        plan.change(path, before.clone(), with_ours(before.as_deref().unwrap_or_default()));
    }
    Ok(plan)
}

/// Moves a file as `git mv` does, so that git follows its history; outside of a repository, or where git does not track
/// it, it is renamed.
fn move_file(folder: &Folder, from: &Path, to: &Path) -> anyhow::Result<()> {
    let names = [from, to].map(|path| path.file_name().unwrap_or_default());
    let git = Command::new("git").arg("-C").arg(folder.path()).args(["mv", "--"]).args(names).output();
    if git.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    Ok(store::rename(from, to)?)
}

/// The repository that contains the folder, and the folder's path in it. Outside of one the folder is its own.
fn repository(folder: &Folder) -> (Folder, PathBuf) {
    match store::repository_root(folder.path()) {
        Some((root, inside)) => (as_named(folder, &inside).unwrap_or_else(|| Folder::at(&root)), inside),
        None => (folder.clone(), PathBuf::from(".")),
    }
}

/// The root of the repository, spelt as its folder `inside` was, where that spelling contains all of `inside`.
fn as_named(folder: &Folder, inside: &Path) -> Option<Folder> {
    if inside == Path::new(".") {
        return Some(folder.clone());
    }
    let above = folder.path().ends_with(inside).then(|| folder.path().ancestors().nth(inside.components().count()))?;
    above.map(Folder::at)
}

/// Whether the headings are written in Chinese for the most part.
fn mostly_chinese(text: &str) -> bool {
    let headings = Document::parse(text).headings;
    let chinese = |heading: &str| heading.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let kana = |c: char| ('\u{3040}'..='\u{30ff}').contains(&c);
    let count = headings.iter().filter(|heading| chinese(&heading.text)).count();
    count * 2 > headings.len() && !text.contains(kana)
}

fn summarize(conversion: &Conversion, text: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    if conversion.plan.is_empty() {
        writeln!(out, "nothing to do: this folder is a list already")?;
        return Ok(());
    }
    let document = Document::parse(text);
    writeln!(
        out,
        "{} is a list now: {} {} under {} {}",
        conversion.moved_to.as_ref().unwrap_or(&conversion.source).display(),
        document.entries.len(),
        if document.entries.len() == 1 { "entry" } else { "entries" },
        document.headings.len(),
        if document.headings.len() == 1 { "heading" } else { "headings" },
    )?;
    if let Some(to) = &conversion.moved_to {
        let (from, to) = (conversion.source.display(), to.display());
        writeln!(out, "moved {from} to {to}: edit it there; `pomona refresh` writes {from} from it")?;
    }
    for change in conversion.plan.changes() {
        let what = match change.path.file_name().and_then(|name| name.to_str()) {
            Some(POLICY) => "the policy; docs/policy.md explains every key",
            Some("pomona.yml") => "the weekly job: it keeps one pull request with what changed",
            Some("pomona-check.yml") => "checks what a pull request brings, without secrets",
            Some("pomona-comment.yml") => "writes that as one comment; remove it where you want none",
            Some(".gitattributes") => "folds the ledger in diffs, and merges the history",
            _ => "leaves the cache out of the repository",
        };
        writeln!(out, "wrote {}: {what}", change.path.display())?;
    }
    if is_unpublished() {
        writeln!(out, "note: this build does not know the address of its project: replace `OWNER` in the workflows")?;
    }
    writeln!(out, "next: `pomona check` reports what is wrong, `pomona refresh --dry-run` shows what would change")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_named_as_its_folder_was() {
        for (folder, inside, root) in [
            (".", ".", Some(".")),
            ("lists/ai", "lists/ai", Some(".")),
            ("here/lists/ai", "lists/ai", Some("here")),
            ("here", ".", Some("here")),
            (".", "lists/ai", None),
        ] {
            let found = as_named(&Folder::at(Path::new(folder)), Path::new(inside));
            assert_eq!(found, root.map(|root| Folder::at(Path::new(root))), "{folder}");
        }
    }
}
