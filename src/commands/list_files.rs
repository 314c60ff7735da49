//! The files of a list as its policy names them: sources in their order, then translations.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::policy::{FileNames, FileRole, Language, Policy, PolicyFile};
use crate::ranked_list::Words;
use crate::store::{self, FileKind, Folder};

/// A file of a list.
pub(crate) struct NamedFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it is.
    pub(crate) role: FileRole,
    /// The policy with the output and the language of this file.
    pub(crate) policy: Policy,
}

/// The files that `policy` names in `folder`, each once and none of them the output of another.
pub(crate) fn named(folder: &Folder, policy: &Policy) -> anyhow::Result<Vec<NamedFile>> {
    let mut files: Vec<NamedFile> = Vec::new();
    let mut outputs: Vec<PathBuf> = Vec::new();
    for file in policy.files() {
        let key = if file.role == FileRole::Translation { "translations" } else { "source" };
        let path = match &file.source {
            Some(name) => folder.named(key, name, FileKind::Markdown)?,
            None => folder.source(None)?,
        };
        if files.iter().any(|other| store::same_file(&other.path, &path)) {
            bail!("`{}`: named twice in the policy\nhelp: a list has each file once", path.display());
        }
        if let Some(name) = &file.output {
            let output = folder.named("output", name, FileKind::Markdown)?;
            if outputs.iter().any(|other| store::same_file(other, &output)) {
                bail!("`{}`: the output of two sources\nhelp: each source needs a file of its own", output.display());
            }
            outputs.push(output);
        }
        files.push(NamedFile { path, role: file.role, policy: own_policy(policy, &file) });
    }
    if files.len() > 1 {
        apart(&files, &outputs)?;
    }
    Ok(files)
}

/// Refuses an output that is one of the sources.
fn apart(files: &[NamedFile], outputs: &[PathBuf]) -> anyhow::Result<()> {
    let is_source = |output: &&PathBuf| files.iter().any(|file| store::same_file(&file.path, output));
    match outputs.iter().find(is_source) {
        Some(output) => bail!(
            "`{}`: an output that is a source too\nhelp: name another file, or leave `output` out to annotate sources in place",
            output.display()
        ),
        None => Ok(()),
    }
}

fn own_policy(policy: &Policy, file: &PolicyFile) -> Policy {
    Policy {
        source: file.source.clone().map(FileNames::One),
        output: file.output.clone().map(FileNames::One),
        // Nobody can mend that a language has no words: for a translation they are English without a word about it.
        language: if file.role == FileRole::Translation && !Words::has(&file.language) {
            Language::default()
        } else {
            file.language.clone()
        },
        ..policy.clone()
    }
}

/// How to get from the folder of `file` to the folder of the list, in a relative address.
pub(crate) fn way_up(folder: &Folder, file: &Path) -> String {
    let inside = file.strip_prefix(folder.path()).unwrap_or(file);
    let depth = inside.components().count().saturating_sub(1);
    "../".repeat(depth)
}
