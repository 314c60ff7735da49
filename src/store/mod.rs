//! The only module that touches files. A file is replaced whole or not at all.

#![expect(clippy::disallowed_methods, reason = "this module touches files")]

mod cache;
mod folder;
mod lock;

pub use cache::{Cache, Recorder};
pub use folder::{Folder, HISTORY, LEDGER, POLICY, Source, find, repository_root};
pub use lock::Lock;

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::plan::Plan;

/// A file that could not be read or written, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refused.
    #[error("`{path}`: cannot {what}: {why}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// Why not.
        why: io::Error,
    },
    /// Not UTF-8.
    #[error("`{path}`: line {line}: not valid UTF-8 (byte {byte})\nhelp: save the file as UTF-8; nothing was changed")]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line of the first bad byte, from 1.
        line: usize,
        /// Its offset in the file.
        byte: usize,
    },
    /// The file changed while we worked.
    #[error("`{path}`: changed while this run was working\nhelp: nothing was written to it; run again")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A folder without a list.
    #[error(
        "`{path}`: no list here\nhelp: a list is a folder with `list.md` or `README.md`, or with a `pomona.toml` that names its source"
    )]
    NoList {
        /// The folder.
        path: PathBuf,
    },
    /// Another run is working in the folder.
    #[error("`{path}`: another run of pomona is working here\nhelp: wait for it to end")]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
}

/// Names the file in an I/O error.
fn failed(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> StoreError {
    move |why| StoreError::Io { path: path.to_owned(), what, why }
}

/// Reads a text file.
pub fn read(path: &Path) -> Result<String, StoreError> {
    text(path, fs::read(path).map_err(failed(path, "read"))?)
}

/// Reads a text file that need not exist.
pub fn read_if_there(path: &Path) -> Result<Option<String>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => text(path, bytes).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, "read")(error)),
    }
}

/// Reads standard input.
pub fn read_stdin() -> Result<String, StoreError> {
    let path = Path::new("-");
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(failed(path, "read"))?;
    text(path, bytes)
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        let before = &error.as_bytes()[..byte];
        let line = before.split(|b| *b == b'\n').count();
        StoreError::NotUtf8 { path: path.to_owned(), line, byte }
    })
}

/// Writes a file whole or not at all: beside it first, then in its place. Keeps its permissions.
pub fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fail = |error| failed(path, "write")(error);
    fs::create_dir_all(folder).map_err(fail)?;
    let mut file = tempfile::Builder::new().prefix(".pomona-").tempfile_in(folder).map_err(fail)?;
    file.write_all(text.as_bytes()).map_err(fail)?;
    permit(&file, &target).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    file.persist(&target).map_err(|error| fail(error.error))?;
    Ok(())
}

/// Gives the new file the permissions of the old one, or those of any new file.
#[cfg(unix)]
fn permit(file: &tempfile::NamedTempFile, target: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = match fs::metadata(target) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => fs::Permissions::from_mode(0o644),
    };
    file.as_file().set_permissions(permissions)
}

#[cfg(not(unix))]
fn permit(_file: &tempfile::NamedTempFile, _target: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes what the plan changes, in its order. A file that somebody else changed in the meantime stops it.
pub fn apply(plan: &Plan) -> Result<(), StoreError> {
    for change in plan.changes() {
        if read_if_there(&change.path)? != change.before {
            return Err(StoreError::Changed { path: change.path.clone() });
        }
    }
    plan.changes().iter().try_for_each(|change| write(&change.path, &change.after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_replaces_the_file_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.md");
        write(&path, "one").unwrap();
        write(&path, "two").unwrap();
        assert_eq!(read(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "old").unwrap();
        let inside = file.join("inside");
        let error = write(&inside, "new").unwrap_err();
        assert!(error.to_string().contains("inside"), "{error}");
        assert_eq!(read(&file).unwrap(), "old");
    }

    #[test]
    fn bad_bytes_are_placed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.md");
        fs::write(&path, b"a\nb\xff").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("byte 3"), "{error}");
    }

    #[test]
    fn a_plan_is_not_applied_over_foreign_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.md");
        fs::write(&path, "edited").unwrap();
        let mut plan = Plan::default();
        plan.change(path.clone(), Some("old".to_owned()), "new".to_owned());
        assert!(matches!(apply(&plan), Err(StoreError::Changed { .. })));
        assert_eq!(read(&path).unwrap(), "edited");
    }
}
