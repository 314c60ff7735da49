//! The version of a list before a change: from a file, or from git.
//!
//! A change is judged by its base: the policy, the ledger and the ignore marks are those of the base, so that a change
//! cannot make its own check pass.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, bail};

use crate::change::{Change, ListFile};
use crate::commands::list_folder::{ListFolder, StateTexts, folder_of};
use crate::markdown::Document;
use crate::settings::{Base, Overrides};
use crate::store::{self, Folder, HISTORY, LEDGER, POLICY};

/// A list under check, with the change that is checked.
#[derive(Debug)]
pub(crate) struct Checkout {
    /// All of it, where it has several files.
    whole: Option<ListFolder>,
    /// Each file as it is, under the policy and the ledger of the base, with how it differs from the base.
    pub(crate) files: Vec<(ListFolder, Difference)>,
}

impl Checkout {
    /// The list with all of its files.
    pub(crate) fn list(&self) -> &ListFolder {
        self.whole.as_ref().unwrap_or(&self.files[0].0)
    }
}

/// How a list differs from its base.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    /// What the change brings; none where the whole list is checked.
    pub(crate) change: Option<Change>,
    /// The list under the policy and the ledger of the change, each alone and both, where they differ.
    pub(crate) variants: Vec<(Vec<ListFile>, ListFolder)>,
}

/// Opens the files of a list and compares each with its base, where one is given.
pub(crate) fn open(path: &Path, base: &Base, overrides: &Overrides) -> anyhow::Result<Checkout> {
    let folder = folder_of(path)?;
    let source = match base {
        Base::None => {
            let list = ListFolder::open(path, overrides)?;
            let whole = (list.files().len() > 1).then(|| list.clone());
            let files = list.into_files().into_iter().map(|list| (list, Difference::default())).collect();
            return Ok(Checkout { whole, files });
        }
        Base::Revision(revision) => BaseSource::revision(path, &folder, revision)?,
        Base::File(file) => BaseSource::File(file.clone()),
    };
    let head = StateTexts::read(&folder)?;
    let state = source.state(&head)?;
    let list = ListFolder::open_under(path, state.clone(), overrides)?;
    let mut edited = BTreeSet::new();
    for (file, before, after) in [
        (ListFile::Policy, &state.policy, &head.policy),
        (ListFile::Ledger, &state.ledger, &head.ledger),
        (ListFile::History, &state.history, &head.history),
    ] {
        if before != after {
            edited.insert(file);
        }
    }
    let variants = variants(path, &state, &head, overrides)?;
    let whole = (list.files().len() > 1).then(|| list.clone());
    let files = list.into_files().into_iter().map(|list| compared(list, &source, &edited, &variants));
    Ok(Checkout { whole, files: files.collect::<Result<_, _>>()? })
}

/// One file of a list with how it differs from the base.
fn compared(
    mut list: ListFolder,
    source: &BaseSource,
    edited: &BTreeSet<ListFile>,
    variants: &[(Vec<ListFile>, ListFolder)],
) -> anyhow::Result<(ListFolder, Difference)> {
    let text = source.list(&list)?;
    let document = Document::parse_with(&text, &list.forges);
    let mut change = Change::between((&text, &document), (&list.text, &list.document));
    change.files.extend(edited);
    if let Some(name) = list.output_name()
        && matches!(source, BaseSource::Revision { .. })
        && source.other(name)? != store::read_if_there(&list.folder.file(name))?
    {
        change.files.insert(ListFile::Output);
    }
    list.document.ignored.retain(|link, _| !change.ignored.contains(link));
    let variants = variants.iter().map(|(files, variant)| {
        let mut all = variant.clone().into_files();
        let same = all.iter().position(|file| file.path == list.path);
        let mut variant = all.swap_remove(same.unwrap_or(0));
        if same.is_some() {
            variant.document.ignored.clone_from(&list.document.ignored);
        }
        (files.clone(), variant)
    });
    let variants = variants.collect();
    Ok((list, Difference { change: Some(change), variants }))
}

/// The list under what the change makes of its policy and its ledger.
fn variants(
    path: &Path,
    base: &StateTexts,
    head: &StateTexts,
    overrides: &Overrides,
) -> anyhow::Result<Vec<(Vec<ListFile>, ListFolder)>> {
    let (policy, ledger) = (base.policy != head.policy, base.ledger != head.ledger);
    let mut variants = Vec::new();
    for (with_policy, with_ledger) in [(policy, false), (false, ledger), (policy && ledger, policy && ledger)] {
        if !with_policy && !with_ledger {
            continue;
        }
        let state = StateTexts {
            policy: if with_policy { head.policy.clone() } else { base.policy.clone() },
            ledger: if with_ledger { head.ledger.clone() } else { base.ledger.clone() },
            history: base.history.clone(),
        };
        let variant = ListFolder::open_under(path, state, overrides)?;
        let files = [(with_policy, ListFile::Policy), (with_ledger, ListFile::Ledger)];
        variants.push((files.into_iter().filter_map(|(with, file)| with.then_some(file)).collect(), variant));
    }
    Ok(variants)
}

/// The list of a folder as it was at a commit, with the policy and the ledger of then.
pub(crate) fn at_revision(path: &Path, revision: &str) -> anyhow::Result<ListFolder> {
    let source = BaseSource::revision(path, &folder_of(path)?, revision)?;
    let state = source.state(&StateTexts::default())?;
    let list = ListFolder::open_under(path, state, &Overrides::default())?;
    let texts = list.files().iter().map(|file| source.list(file)).collect::<Result<_, _>>()?;
    Ok(list.with_texts(texts))
}

/// Where the base is.
enum BaseSource {
    /// A commit of the repository that the folder is in.
    Revision { folder: PathBuf, revision: String },
    /// The list in a file.
    File(PathBuf),
}

impl BaseSource {
    fn revision(path: &Path, folder: &Folder, revision: &str) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            bail!("standard input has no revisions\nhelp: name a file or a folder, or use `--base FILE`");
        }
        if revision.starts_with('-') {
            bail!("invalid revision `{revision}`");
        }
        let folder = folder.path();
        let commit = format!("{revision}^{{commit}}");
        if !git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?.status.success() {
            let shallow = git(folder, &["rev-parse", "--is-shallow-repository"])?;
            let fetch = if shallow.stdout.starts_with(b"true") {
                format!("this clone is shallow: {}", deeper(revision))
            } else {
                "name a commit, a branch or a tag that this clone has".to_owned()
            };
            bail!("unknown revision `{revision}`\nhelp: {fetch}");
        }
        Ok(Self::Revision { folder: folder.to_owned(), revision: revision.to_owned() })
    }

    /// The text of the list; empty where the base does not have it.
    fn list(&self, list: &ListFolder) -> anyhow::Result<String> {
        match (self, &list.path) {
            (Self::File(file), Some(path)) if list.all_files()[0].path.as_ref() != Some(path) => {
                // A further file is where it is in the list, or did not change.
                let inside = path.strip_prefix(list.folder.path()).unwrap_or(path);
                let text = store::read_if_there(&file.with_file_name(inside))?;
                Ok(text.unwrap_or_else(|| list.text.clone()))
            }
            (Self::File(file), _) => Ok(store::read(file)?),
            (Self::Revision { .. }, Some(path)) => {
                let name = path.strip_prefix(list.folder.path()).unwrap_or(path).to_string_lossy().replace('\\', "/");
                Ok(self.other(&name)?.unwrap_or_default())
            }
            (Self::Revision { .. }, None) => Ok(String::new()),
        }
    }

    /// The policy, the ledger and the history. Those of a file are beside it; where it has no policy there, it is a
    /// copy of the list alone, and those of the list apply.
    fn state(&self, head: &StateTexts) -> anyhow::Result<StateTexts> {
        if let Self::File(file) = self {
            let folder = Folder::at(file.parent().unwrap_or(Path::new(".")));
            return if folder.file(POLICY).exists() { StateTexts::read(&folder) } else { Ok(head.clone()) };
        }
        Ok(StateTexts { policy: self.other(POLICY)?, ledger: self.other(LEDGER)?, history: self.other(HISTORY)? })
    }

    /// Another file of the list's folder.
    fn other(&self, name: &str) -> anyhow::Result<Option<String>> {
        match self {
            Self::File(file) => Ok(store::read_if_there(&file.with_file_name(name))?),
            Self::Revision { folder, revision } => {
                let shown = git(folder, &["show", "--end-of-options", &format!("{revision}:./{name}")])?;
                if !shown.status.success() {
                    return Ok(None);
                }
                let text = String::from_utf8(shown.stdout);
                text.map(Some).with_context(|| format!("`{name}` at `{revision}` is not valid UTF-8"))
            }
        }
    }
}

fn git(folder: &Path, words: &[&str]) -> anyhow::Result<Output> {
    let output = Command::new("git").arg("-C").arg(folder).args(words).output();
    output.context("git is needed for `--changed-since`, and it cannot be run")
}

/// How a shallow clone fetches a revision that it lacks.
fn deeper(revision: &str) -> String {
    if revision.starts_with("HEAD") || revision.contains(['^', '~', '@']) {
        return "run `git fetch --deepen=1`, or check out with `fetch-depth: 2` in a workflow".to_owned();
    }
    let name = revision.strip_prefix("origin/").unwrap_or(revision);
    format!("run `git fetch --depth=1 origin {name}`, then name it `FETCH_HEAD`")
}
