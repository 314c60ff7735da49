//! The only module that touches files. A file is replaced whole or not at all.

#![expect(clippy::disallowed_methods, reason = "this module touches files")]

mod answers;
mod cache;
mod confine;
mod folder;
mod local;
mod lock;
mod private;
mod sources;

pub use answers::AnswerCache;
pub use cache::{Cache, Recorder, Recording};
pub use confine::{FileKind, same_file};
pub use folder::{Folder, HISTORY, LEDGER, POLICY, Source, find, repository_root, resolved};
pub use local::local;
pub use lock::Lock;
pub use sources::{lists_below, recordings, translations};

use std::fs::{self, File};
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
    /// Not a regular file: a folder, a device, a pipe.
    #[error("`{path}`: not a regular file")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Larger than any text that is read.
    #[error("`{path}`: larger than {} MB", LARGEST >> 20)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A policy that names a file which is not its own.
    #[error("`{name}`: the policy's `{key}` cannot name this file: {why}\nhelp: name a file in the list's folder")]
    Unsafe {
        /// The key of the policy.
        key: &'static str,
        /// The name in it.
        name: String,
        /// Why not.
        why: String,
    },
    /// A file in the list's folder that leads out of it.
    #[error(
        "`{path}`: a symbolic link leads out of the list's folder\nhelp: replace the link by a file; nothing was written"
    )]
    Outside {
        /// The file.
        path: PathBuf,
    },
    /// A symbolic link where the cache is.
    #[error(
        "`{path}`: expected a regular file or folder of the cache, found a link or something else\nhelp: remove it; the cache is made again"
    )]
    Link {
        /// The file.
        path: PathBuf,
    },
    /// A cache that came with the repository.
    #[error(
        "`{path}`: git tracks this cache, so its content may come from anybody\nhelp: `git rm -r --cached` it and add it to `.gitignore`, or use `--no-cache`"
    )]
    Tracked {
        /// The folder.
        path: PathBuf,
    },
    /// Two changes of one file in one plan.
    #[error("`{path}`: two changes of one file in one run\nhelp: this is a fault of pomona; nothing was written")]
    Twice {
        /// The file.
        path: PathBuf,
    },
    /// A file that its owner protected.
    #[error("`{path}`: the file is read-only\nhelp: make it writable; nothing was written")]
    ReadOnly {
        /// The file.
        path: PathBuf,
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
    /// A file of another format.
    #[error(
        "`{path}`: not Markdown ({format})\nhelp: pomona reads Markdown only; convert the file (`pandoc --to gfm`), or name one that is"
    )]
    NotMarkdown {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: String,
    },
    /// A folder without a list.
    #[error(
        "`{path}`: no list here\nhelp: a list is a folder with `list.md` or a README in Markdown, or with a `pomona.toml` that names its source"
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

/// The largest text that is read, in bytes: 25 times the largest list known (10 MB, 84,000 links), and an end for
/// files that have none.
const LARGEST: u64 = 256 << 20;

/// Begins the names of temporary files; six random characters follow.
const TEMPORARY: &str = ".pomona-";

/// Reads a text that the user named: a file, or a pipe as `<(command)` makes one.
pub fn read(path: &Path) -> Result<String, StoreError> {
    let file = File::open(path).map_err(failed(path, "read"))?;
    text(path, bounded(path, file)?)
}

/// Reads a text file of a list's folder, which must be a regular file.
pub fn read_regular(path: &Path) -> Result<String, StoreError> {
    read_if_there(path)?.ok_or_else(|| failed(path, "read")(io::ErrorKind::NotFound.into()))
}

/// Reads a text file of a list's folder that need not exist.
pub fn read_if_there(path: &Path) -> Result<Option<String>, StoreError> {
    bytes_if_there(path)?.map(|bytes| text(path, bytes)).transpose()
}

/// Reads a regular file that need not exist. Opening a pipe would wait for its writer, so its kind is asked first.
fn bytes_if_there(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(StoreError::NotAFile { path: path.to_owned() }),
        Ok(_) => bounded(path, File::open(path).map_err(failed(path, "read"))?).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, "read")(error)),
    }
}

/// Reads standard input.
pub fn read_stdin() -> Result<String, StoreError> {
    let path = Path::new("-");
    text(path, bounded(path, io::stdin().lock())?)
}

fn bounded(path: &Path, reader: impl Read) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    reader.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed(path, "read"))?;
    if bytes.len() as u64 > LARGEST {
        return Err(StoreError::TooLarge { path: path.to_owned() });
    }
    Ok(bytes)
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        let before = &error.as_bytes()[..byte];
        let line = before.split(|b| *b == b'\n').count();
        StoreError::NotUtf8 { path: path.to_owned(), line, byte }
    })
}

/// Writes a file whole or not at all: beside it first, then in its place. A symbolic link in its place is replaced
/// and not followed. What is no file, such as `/dev/stderr`, is written to.
pub fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        let file = fs::OpenOptions::new().write(true).open(path);
        return file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed(path, "write"));
    }
    replace(path, text)
}

/// Renames a file within its folder. Where `to` exists, it is not replaced.
pub fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(StoreError::Changed { path: to.to_owned() });
    }
    fs::rename(from, to).map_err(failed(from, "rename"))
}

/// Replaces a regular file in one step. Permissions and, where the system lets it, the owner stay; a new file gets
/// those that the user's mask gives. A file with several hard links is parted from them.
fn replace(path: &Path, text: &str) -> Result<(), StoreError> {
    let old = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file);
    if old.as_ref().is_some_and(|old| old.permissions().readonly()) {
        return Err(StoreError::ReadOnly { path: path.to_owned() });
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fail = |error| failed(path, "write")(error);
    fs::create_dir_all(folder).map_err(fail)?;
    let mut file = temporary(folder).map_err(fail)?;
    file.write_all(text.as_bytes()).map_err(fail)?;
    if let Some(old) = old {
        keep_rights(&file, &old).map_err(fail)?;
    }
    file.as_file().sync_all().map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}

#[cfg(unix)]
fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    // The system takes away what the user's mask forbids.
    let rights = fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().prefix(TEMPORARY).permissions(rights).tempfile_in(folder)
}

#[cfg(not(unix))]
fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)
}

/// Gives the new file the permissions of the old one, and its owner where that differs and may be given.
#[cfg(unix)]
fn keep_rights(file: &tempfile::NamedTempFile, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.as_file().metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        // Only the superuser may give files away; for everybody else the file becomes theirs, as with an editor.
        let _ = fchown(file.as_file(), Some(old.uid()), Some(old.gid()));
    }
    file.as_file().set_permissions(old.permissions())
}

#[cfg(not(unix))]
fn keep_rights(_file: &tempfile::NamedTempFile, _old: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Writes what the plan changes, in its order, under `root` and nowhere else. Nothing is written where a file was
/// changed by somebody else meanwhile, is changed twice, or leads out of `root`.
pub fn apply(plan: &Plan, root: &Path) -> Result<(), StoreError> {
    let mut paths = Vec::with_capacity(plan.changes().len());
    for change in plan.changes() {
        confine::confined(root, &change.path)?;
        let path = fs::canonicalize(&change.path).unwrap_or_else(|_| change.path.clone());
        if paths.iter().any(|other: &PathBuf| same_file(other, &path)) {
            return Err(StoreError::Twice { path: change.path.clone() });
        }
        if read_if_there(&path)? != change.before {
            return Err(StoreError::Changed { path: change.path.clone() });
        }
        if fs::metadata(&path).is_ok_and(|found| found.permissions().readonly()) {
            return Err(StoreError::ReadOnly { path: change.path.clone() });
        }
        paths.push(path);
    }
    for (change, path) in plan.changes().iter().zip(&paths) {
        replace(path, &change.after)?;
        // They only take space: a run does not fail for them.
        let _ = private::remove_leftovers(path);
    }
    Ok(())
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
        assert!(matches!(apply(&plan, folder.path()), Err(StoreError::Changed { .. })));
        assert_eq!(read(&path).unwrap(), "edited");
    }

    #[test]
    fn a_plan_that_changes_a_file_twice_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = Plan::default();
        for name in ["first.md", "x.md", "./X.md"] {
            plan.change(folder.path().join(name), None, name.to_owned());
        }
        assert!(matches!(apply(&plan, folder.path()), Err(StoreError::Twice { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_plan_writes_through_links_only_inside_of_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list");
        fs::create_dir(&list).unwrap();
        let (victim, inner) = (folder.path().join("victim"), list.join("inner.md"));
        fs::write(&victim, "precious").unwrap();
        fs::write(&inner, "old").unwrap();
        std::os::unix::fs::symlink("../victim", list.join("out.md")).unwrap();
        std::os::unix::fs::symlink("inner.md", list.join("in.md")).unwrap();
        let mut plan = Plan::default();
        plan.change(list.join("in.md"), Some("old".to_owned()), "new".to_owned());
        apply(&plan, &list).unwrap();
        assert_eq!(read(&inner).unwrap(), "new");
        assert!(fs::symlink_metadata(list.join("in.md")).unwrap().is_symlink());
        plan = Plan::default();
        plan.change(list.join("out.md"), Some("precious".to_owned()), "new".to_owned());
        assert!(matches!(apply(&plan, &list), Err(StoreError::Outside { .. })));
        assert_eq!(read(&victim).unwrap(), "precious");
        write(&list.join("out.md"), "report").unwrap();
        assert_eq!(read(&victim).unwrap(), "precious", "a report replaces the link");
    }

    #[cfg(unix)]
    #[test]
    fn rights_stay_and_what_is_read_only_is_not_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.md");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        fs::write(&path, "old").unwrap();
        let masked = mode(&path);
        write(&folder.path().join("new.md"), "new").unwrap();
        assert_eq!(mode(&folder.path().join("new.md")), masked, "as any new file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        write(&path, "new").unwrap();
        assert_eq!(mode(&path), 0o640);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(matches!(write(&path, "newer"), Err(StoreError::ReadOnly { .. })));
        assert_eq!(read(&path).unwrap(), "new");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_without_end_is_no_list() {
        assert!(matches!(read_if_there(Path::new("/dev/zero")), Err(StoreError::NotAFile { .. })));
        assert!(matches!(bounded(Path::new("x"), io::repeat(b'x')), Err(StoreError::TooLarge { .. })));
    }

    #[test]
    fn what_a_killed_run_left_is_removed_after_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.md");
        fs::write(&path, "").unwrap();
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        for (name, age) in [(".pomona-aB3xYz", 7_200), (".pomona-young1", 60), (".pomona-notours", 7_200)] {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(written - std::time::Duration::from_secs(age)).unwrap();
        }
        private::remove_leftovers(&path).unwrap();
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".pomona-notours", ".pomona-young1", "x.md"]);
    }
}
