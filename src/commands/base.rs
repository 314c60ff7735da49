//! The version of a list before a change: from a file, or from git.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::commands::list_folder::ListFolder;
use crate::settings::Base;
use crate::store;

/// The text of the list's base, where one is given. A list that the base does not have is empty there.
pub(crate) fn text(list: &ListFolder, base: &Base) -> anyhow::Result<Option<String>> {
    match base {
        Base::Revision(revision) => at_revision(list, revision).map(Some),
        Base::File(file) => Ok(Some(store::read(file)?)),
        Base::None => Ok(None),
    }
}

/// How a shallow clone fetches a revision that it lacks.
fn deeper(revision: &str) -> String {
    if revision.starts_with("HEAD") || revision.contains(['^', '~', '@']) {
        return "run `git fetch --deepen=1`, or check out with `fetch-depth: 2` in a workflow".to_owned();
    }
    let name = revision.strip_prefix("origin/").unwrap_or(revision);
    format!("run `git fetch --depth=1 origin {name}`, then name it `FETCH_HEAD`")
}

fn at_revision(list: &ListFolder, revision: &str) -> anyhow::Result<String> {
    let Some(path) = &list.path else {
        bail!("standard input has no revisions\nhelp: name a file or a folder, or use `--base FILE`");
    };
    if revision.starts_with('-') {
        bail!("invalid revision `{revision}`");
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().context("the list has no file name")?.to_string_lossy();
    let git = |words: &[&str]| {
        let output = Command::new("git").arg("-C").arg(folder).args(words).output();
        output.context("git is needed for `--changed-since`, and it cannot be run")
    };
    let known = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])?;
    if !known.status.success() {
        let shallow = git(&["rev-parse", "--is-shallow-repository"])?;
        let fetch = if shallow.stdout.starts_with(b"true") {
            format!("this clone is shallow: {}", deeper(revision))
        } else {
            "name a commit, a branch or a tag that this clone has".to_owned()
        };
        bail!("unknown revision `{revision}`\nhelp: {fetch}");
    }
    let shown = git(&["show", "--end-of-options", &format!("{revision}:./{name}")])?;
    if !shown.status.success() {
        return Ok(String::new());
    }
    String::from_utf8(shown.stdout).with_context(|| format!("`{}` at `{revision}` is not valid UTF-8", path.display()))
}
