//! `pomona init`: makes an existing README a list, in one step. It asks nothing and prints what it wrote.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::markdown::Document;
use crate::plan::Plan;
use crate::shard::stable_hash;
use crate::store::{self, Folder, POLICY, Source};

const TOML: &str = include_str!("pomona.toml");
/// Where editors find the schema of the policy: the one of this version.
const SCHEMA: &str =
    concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/v", env!("CARGO_PKG_VERSION"), "/docs/pomona.schema.json");
const WORKFLOW: &str = include_str!("workflow.yml");
/// The workflows that check a pull request and comment on it, by file name.
const CHECKS: [(&str, &str); 2] =
    [("pomona-check.yml", include_str!("check.yml")), ("pomona-comment.yml", include_str!("comment.yml"))];
/// The commit of the action that generated workflows use: packagers set it; without it the file names the place to fill.
const COMMIT: &str = match option_env!("POMONA_COMMIT") {
    Some(commit) => commit,
    None => "0000000000000000000000000000000000000000",
};

/// Makes a folder with a README a list.
pub(crate) fn init(named: &Path, dry_run: bool, out: &mut dyn Write) -> anyhow::Result<u8> {
    let Source::Folder(path) = store::find(named)? else {
        bail!("`{}`: expected a folder\nhelp: name the folder that holds the README", named.display());
    };
    let folder = Folder::at(&path);
    let source = folder.source(None)?;
    let text = store::read(&source)?;
    let plan = plan(&folder, &source, &text)?;
    if dry_run {
        write!(out, "{plan}")?;
        return Ok(0);
    }
    store::apply(&plan, repository(&folder).0.path())?;
    summarize(&plan, &source, &text, out)?;
    Ok(0)
}

fn plan(folder: &Folder, source: &Path, text: &str) -> anyhow::Result<Plan> {
    let mut plan = Plan::default();
    let policy = folder.file(POLICY);
    if folder.policy()?.is_none() {
        let name = source.file_name().unwrap_or_default().to_string_lossy();
        let language = if mostly_chinese(text) { "zh" } else { "en" };
        let toml = TOML.replace("{schema}", SCHEMA).replace("{source}", &name).replace("{language}", language);
        plan.change(policy, None, toml);
    }
    let (root, inside) = repository(folder);
    let workflow = root.inside(".github/workflows/pomona.yml")?;
    if store::read_if_there(&workflow)?.is_none() {
        plan.change(workflow, None, workflow_text(&inside, text)?);
    }
    for (name, template) in CHECKS {
        let path = root.inside(&format!(".github/workflows/{name}"))?;
        if store::read_if_there(&path)?.is_none() {
            plan.change(path, None, template.replace("{action}", &action()).replace("{folder}", &plain(&inside)?));
        }
    }
    let ignore = folder.inside(".gitignore")?;
    let before = store::read_if_there(&ignore)?;
    plan.change(ignore, before.clone(), ignoring(before.as_deref().unwrap_or_default()));
    Ok(plan)
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

/// The workflow for a list in the folder `inside` of its repository. The minute is odd and differs from list
/// to list, so that not all jobs start at once.
fn workflow_text(inside: &Path, text: &str) -> anyhow::Result<String> {
    let name = plain(inside)?;
    let minute = 1 + 2 * (stable_hash(text) % 29);
    // By address and version: whoever takes the bare name in a registry would run code in this job.
    let workflow =
        WORKFLOW.replace("{repository}", env!("CARGO_PKG_REPOSITORY")).replace("{version}", env!("CARGO_PKG_VERSION"));
    Ok(workflow.replace("{minute}", &minute.to_string()).replace("{folder}", &name))
}

/// The folder's name, where it can be written into a workflow as it is.
fn plain(inside: &Path) -> anyhow::Result<String> {
    let name = inside.to_string_lossy().replace('\\', "/");
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_')) {
        bail!("`{name}`: the folder's name cannot stand in a workflow\nhelp: use letters, digits, `-`, `_` and `.`");
    }
    Ok(name)
}

/// The action at the commit of this program.
fn action() -> String {
    let home = env!("CARGO_PKG_REPOSITORY").trim_end_matches('/');
    let path =
        home.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("OWNER/pomona", |(_, path)| path);
    format!("{path}@{COMMIT} # v{}", env!("CARGO_PKG_VERSION"))
}

/// The ignore file with the cache in it.
fn ignoring(before: &str) -> String {
    const LINE: &str = ".pomona/";
    if before.lines().any(|line| line.trim() == LINE) {
        return before.to_owned();
    }
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    format!("{before}{gap}{LINE}\n")
}

/// Whether the headings are written in Chinese for the most part.
fn mostly_chinese(text: &str) -> bool {
    let headings = Document::parse(text).headings;
    let chinese = |heading: &str| heading.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let kana = |c: char| ('\u{3040}'..='\u{30ff}').contains(&c);
    let count = headings.iter().filter(|heading| chinese(&heading.text)).count();
    count * 2 > headings.len() && !text.contains(kana)
}

fn summarize(plan: &Plan, source: &Path, text: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    if plan.is_empty() {
        writeln!(out, "nothing to do: this folder is a list already")?;
        return Ok(());
    }
    let document = Document::parse(text);
    writeln!(
        out,
        "{} is a list now: {} {} under {} {}",
        source.display(),
        document.entries.len(),
        if document.entries.len() == 1 { "entry" } else { "entries" },
        document.headings.len(),
        if document.headings.len() == 1 { "heading" } else { "headings" },
    )?;
    for change in plan.changes() {
        let what = match change.path.file_name().and_then(|name| name.to_str()) {
            Some(POLICY) => "the policy; docs/policy.md explains every key",
            Some("pomona-check.yml") => "checks what a pull request brings, without secrets",
            Some("pomona-comment.yml") => "writes that as one comment; remove it where you want none",
            Some("pomona.yml") => "the weekly job: it opens one pull request with what changed",
            _ => "leaves the cache out of the repository",
        };
        writeln!(out, "wrote {}: {what}", change.path.display())?;
    }
    writeln!(out, "next: `pomona check` reports what is wrong, `pomona refresh --dry-run` shows what would change")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_ignored_once() {
        assert_eq!(ignoring(""), ".pomona/\n");
        assert_eq!(ignoring("x"), "x\n.pomona/\n");
        assert_eq!(ignoring("a\n.pomona/\nb\n"), "a\n.pomona/\nb\n");
    }

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

    #[test]
    fn a_hostile_folder_name_does_not_enter_a_workflow() {
        assert!(workflow_text(Path::new("a b; rm"), "").is_err());
        let install = workflow_text(Path::new("."), "").unwrap();
        assert!(install.contains("--git https://") && !install.contains("install pomona"), "{install}");
        assert!(workflow_text(Path::new("lists/ai"), "").unwrap().contains("pomona refresh lists/ai --output"));
    }
}
