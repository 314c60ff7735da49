//! The cache folder: only what this program made there is opened.
//!
//! `.pomona` lies in a folder that may come from anybody. A symbolic link in it would lead reads and writes out of
//! the list, and a cache that was committed would answer for hosts that were never asked.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::folder::repository_root;
use super::{StoreError, failed};

/// Makes the cache folder where it is missing. A link in its place, or a folder that git tracks, is refused.
pub(super) fn create(folder: &Path) -> Result<(), StoreError> {
    match fs::symlink_metadata(folder) {
        Ok(found) if found.is_dir() => {
            if is_tracked(folder) {
                return Err(StoreError::Tracked { path: folder.to_owned() });
            }
            Ok(())
        }
        Ok(_) => Err(StoreError::Link { path: folder.to_owned() }),
        Err(_) => fs::create_dir_all(folder).map_err(failed(folder, "write")),
    }
}

/// Checks that `path` is a regular file or missing, before it is read or replaced.
pub(super) fn check(path: &Path) -> Result<(), StoreError> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(StoreError::Link { path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// Opens a file of the cache folder, making it where it is missing; what is in it stays.
pub(super) fn open(path: &Path, options: &mut OpenOptions) -> Result<File, StoreError> {
    check(path)?;
    no_follow(options).create(true).truncate(false).open(path).map_err(failed(path, "write"))
}

/// Between the check and the opening somebody may put a link there: the system refuses it then.
#[cfg(unix)]
fn no_follow(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
}

#[cfg(not(unix))]
fn no_follow(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Whether git's index has a file of `folder`. The index is searched for the path as bytes and git is not run: its
/// configuration may come with the folder and may name programs.
fn is_tracked(folder: &Path) -> bool {
    let Some(list) = folder.parent() else { return false };
    let list = if list.as_os_str().is_empty() { Path::new(".") } else { list };
    let Some((root, inside)) = repository_root(list) else { return false };
    let Some(index) = index(&root).and_then(|path| fs::read(path).ok()) else { return false };
    let name = folder.file_name().unwrap_or_default();
    let path = if inside == Path::new(".") { PathBuf::from(name) } else { inside.join(name) };
    let path = format!("{}/", path.to_string_lossy().replace('\\', "/"));
    // Version 4 stores of a path only what differs from the path before it: at least the last name.
    let compressed = index.get(4..8) == Some(&[0, 0, 0, 4]);
    memchr::memmem::find(&index, path.as_bytes()).is_some()
        || compressed && memchr::memmem::find(&index, b"looks.jsonl").is_some()
}

/// The index of the repository at `root`; `.git` is a file in a worktree and in a submodule.
fn index(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git.join("index"));
    }
    let text = fs::read_to_string(&git).ok()?;
    Some(root.join(text.strip_prefix("gitdir:")?.trim()).join("index"))
}

/// Removes what killed runs left beside the file `written`: temporary files at least an hour older than it, so that
/// none of a run that works at this moment.
pub(super) fn remove_leftovers(written: &Path) -> io::Result<()> {
    const AGE: std::time::Duration = std::time::Duration::from_secs(3_600);
    let modified = fs::metadata(written)?.modified()?;
    let folder = written.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let random = name.to_string_lossy().strip_prefix(super::TEMPORARY).map(str::to_owned);
        let is_ours = random.is_some_and(|text| text.len() == 6 && text.bytes().all(|b| b.is_ascii_alphanumeric()));
        let found = fs::symlink_metadata(entry.path())?;
        let is_old = found.modified().is_ok_and(|then| modified.duration_since(then).is_ok_and(|age| age > AGE));
        if is_ours && found.is_file() && is_old {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
