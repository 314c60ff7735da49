//! A list on disk: where its source, policy, ledger and cache are.

use std::path::{Path, PathBuf};

use super::{FileKind, StoreError, read_if_there, sources};

/// The policy's file name.
pub const POLICY: &str = "pomona.toml";
/// The ledger's file name.
pub const LEDGER: &str = "pomona.ledger.jsonl";
/// The history's file name.
pub const HISTORY: &str = "pomona.history.jsonl";
/// The cache's folder name.
const CACHE: &str = ".pomona";

/// What a path on the command line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A Markdown file.
    File(PathBuf),
    /// A list's folder.
    Folder(PathBuf),
}

/// Finds what a path on the command line names.
pub fn find(path: &Path) -> Result<Source, StoreError> {
    if path == Path::new("-") {
        return Ok(Source::Stdin);
    }
    let metadata = std::fs::metadata(path).map_err(super::failed(path, "read"))?;
    if metadata.is_dir() {
        return Ok(Source::Folder(path.to_owned()));
    }
    sources::expect_markdown(path)?;
    Ok(Source::File(path.to_owned()))
}

/// A path without links and detours, where it leads somewhere.
pub fn resolved(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A list's folder, or the folder of a single file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at `path`.
    pub fn at(path: &Path) -> Self {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Self { path: path.to_owned() }
    }

    /// A file in it, without a leading `./`.
    pub fn file(&self, name: &str) -> PathBuf {
        if self.path == Path::new(".") { PathBuf::from(name) } else { self.path.join(name) }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text of its policy, where it has one.
    pub fn policy(&self) -> Result<Option<String>, StoreError> {
        read_if_there(&self.inside(POLICY)?)
    }

    /// The source: the one that the policy names, else the first that is there.
    pub fn source(&self, named: Option<&str>) -> Result<PathBuf, StoreError> {
        if let Some(name) = named {
            return self.named("source", name, FileKind::Markdown);
        }
        let found = sources::in_folder(&self.path);
        self.inside(&found.ok_or_else(|| StoreError::NoList { path: self.path.clone() })?)
    }

    /// Whether the folder is a list that Pomona writes: it has a policy or a ledger.
    pub fn is_managed(&self) -> bool {
        self.file(POLICY).exists() || self.file(LEDGER).exists()
    }

    /// Where the cache is: beside a list with a policy or a ledger, else under the user's cache folder.
    pub fn cache(&self, user_cache: Option<&Path>) -> Option<PathBuf> {
        if self.is_managed() {
            return Some(self.own_cache());
        }
        let absolute = std::fs::canonicalize(&self.path).ok()?;
        let name: String =
            absolute.to_string_lossy().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        Some(user_cache?.join("pomona").join(name.trim_matches('-')))
    }

    /// The cache beside the list.
    pub fn own_cache(&self) -> PathBuf {
        self.file(CACHE)
    }
}

/// The root of the git repository that contains `folder`, and the folder's path inside it; none outside of one.
pub fn repository_root(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let absolute = std::fs::canonicalize(folder).ok()?;
    let root = absolute.ancestors().find(|above| above.join(".git").exists())?;
    let inside = absolute.strip_prefix(root).ok()?;
    let inside = if inside.as_os_str().is_empty() { Path::new(".") } else { inside };
    Some((root.to_owned(), inside.to_owned()))
}
