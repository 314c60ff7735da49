//! Paths that a policy or a checked-out folder chose: they stay inside the list's folder.
//!
//! A policy comes with a clone or a pull request, and so does every symbolic link in the folder. Neither may make a
//! run read or write anything else, and neither may name a file that never ends.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::folder::{Folder, HISTORY, LEDGER, POLICY};
use super::{StoreError, failed};

/// What a file that a policy names is for, which decides how its name may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A source or an output.
    Markdown,
    /// A template.
    Template,
    /// An HTML page.
    Page,
}

impl FileKind {
    fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Markdown => &["md", "markdown", "mdown", "mkd", "mkdn"],
            Self::Template => &["j2", "jinja", "jinja2", "md", "html"],
            Self::Page => &["html", "htm"],
        }
    }
}

impl Folder {
    /// The file that the key `key` of the policy names.
    pub fn named(&self, key: &'static str, name: &str, kind: FileKind) -> Result<PathBuf, StoreError> {
        let refuse = |why: String| StoreError::Unsafe { key, name: name.to_owned(), why };
        plain(name).map_err(|why| refuse(why.to_owned()))?;
        let last = Path::new(name).file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if [POLICY, LEDGER, HISTORY].contains(&last.as_str()) {
            return Err(refuse("Pomona keeps its own data in that file".to_owned()));
        }
        let ending = Path::new(&last).extension().unwrap_or_default().to_string_lossy().into_owned();
        if !kind.endings().contains(&ending.as_str()) {
            return Err(refuse(format!("expected a name that ends in one of `.{}`", kind.endings().join("`, `."))));
        }
        self.inside(name).map_err(|error| match error {
            StoreError::Outside { .. } => refuse("it leads out of the list's folder".to_owned()),
            other => other,
        })
    }

    /// A file in the folder under a name of ours. Where it exists, it is a regular file inside of the folder after
    /// every link is resolved.
    pub fn inside(&self, name: &str) -> Result<PathBuf, StoreError> {
        let path = self.file(name);
        confined(self.path(), &path)?;
        match fs::metadata(&path) {
            Ok(found) if !found.is_file() => Err(StoreError::NotAFile { path }),
            _ => Ok(path),
        }
    }
}

/// Whether `name` is a relative path of ordinary names, and why not.
fn plain(name: &str) -> Result<(), &'static str> {
    if name.trim().is_empty() {
        return Err("expected a file name");
    }
    // On Windows both separate, and a policy is written once for every system.
    if name.contains('\\') || name.contains(':') {
        return Err("expected a relative path with `/` between its parts");
    }
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) if part.to_string_lossy().starts_with('.') => {
                return Err("files and folders whose names begin with a dot are not written or read");
            }
            Component::CurDir | Component::Normal(_) => {}
            Component::ParentDir => return Err("it leads out of the list's folder"),
            Component::RootDir | Component::Prefix(_) => return Err("expected a path relative to the list's folder"),
        }
    }
    Ok(())
}

/// Checks that `path`, with every link resolved, lies under `root`.
pub(super) fn confined(root: &Path, path: &Path) -> Result<(), StoreError> {
    let root = fs::canonicalize(root).map_err(failed(root, "read"))?;
    let resolved = resolve(path).map_err(failed(path, "resolve"))?;
    if resolved.starts_with(&root) { Ok(()) } else { Err(StoreError::Outside { path: path.to_owned() }) }
}

/// The path with every link resolved, as far as it exists.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    // A link to nothing: writing through it would make a file wherever it leads.
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::Error::other("it is a symbolic link to a file that does not exist"));
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| io::Error::other("expected a file name"))?;
    Ok(if parent == path { parent.to_owned() } else { resolve(parent)?.join(name) })
}

/// Whether two paths are one file: by their resolved names, where letter case may not count, or as hard links.
pub fn same_file(one: &Path, other: &Path) -> bool {
    let key = |path: &Path| resolve(path).unwrap_or_else(|_| path.to_owned()).to_string_lossy().to_lowercase();
    key(one) == key(other) || same_inode(one, other)
}

#[cfg(unix)]
fn same_inode(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    id(one).is_some_and(|found| id(other) == Some(found))
}

#[cfg(not(unix))]
fn same_inode(_one: &Path, _other: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let outer = tempfile::tempdir().unwrap();
        fs::create_dir_all(outer.path().join("list/docs")).unwrap();
        let folder = Folder::at(&outer.path().join("list"));
        (outer, folder)
    }

    #[test]
    fn a_policy_names_only_files_of_its_folder() {
        let (_outer, folder) = folder();
        for name in ["README.md", "./README.md", "docs/zh.markdown", "new/list.md"] {
            assert_eq!(folder.named("output", name, FileKind::Markdown).unwrap(), folder.file(name), "{name}");
        }
        for name in [
            "",
            "../x.md",
            "docs/../../x.md",
            "/etc/x.md",
            "C:\\x.md",
            "docs\\..\\x.md",
            ".github/x.md",
            ".git/hooks/x.md",
            ".pomona/x.md",
            ".x.md",
            "x.sh",
            "README",
            "pomona.toml",
            "Pomona.Ledger.jsonl",
        ] {
            let error = folder.named("output", name, FileKind::Markdown).unwrap_err();
            assert!(matches!(error, StoreError::Unsafe { .. }), "{name}: {error}");
        }
        assert!(folder.named("layout.template", "list.md.j2", FileKind::Template).is_ok());
        assert!(folder.named("page", "index.html", FileKind::Page).is_ok());
        assert!(folder.named("page", "index.md", FileKind::Page).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_that_leave_the_folder_and_special_files_are_refused() {
        use std::os::unix::fs::symlink;
        let (outer, folder) = folder();
        fs::write(outer.path().join("secret.md"), "x").unwrap();
        fs::write(folder.file("docs/real.md"), "x").unwrap();
        symlink("../secret.md", folder.file("out.md")).unwrap();
        symlink("../nothing.md", folder.file("dangling.md")).unwrap();
        symlink("..", folder.file("up")).unwrap();
        symlink("docs/real.md", folder.file("in.md")).unwrap();
        fs::create_dir(folder.file("folder.md")).unwrap();
        symlink("/dev/zero", folder.file("endless.md")).unwrap();
        assert!(folder.named("source", "in.md", FileKind::Markdown).is_ok());
        for name in ["out.md", "dangling.md", "up/new.md", "folder.md", "endless.md"] {
            assert!(folder.named("source", name, FileKind::Markdown).is_err(), "{name}");
            assert!(folder.inside(name).is_err(), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn one_file_under_two_names_is_one_file() {
        let (_outer, folder) = folder();
        let (a, b) = (folder.file("a.md"), folder.file("b.md"));
        fs::write(&a, "x").unwrap();
        assert!(!same_file(&a, &b));
        assert!(same_file(&a, &folder.file("docs/../A.md")));
        std::os::unix::fs::symlink("a.md", &b).unwrap();
        assert!(same_file(&a, &b));
        fs::hard_link(&a, folder.file("c.md")).unwrap();
        assert!(same_file(&a, &folder.file("c.md")));
    }
}
