//! One run at a time in a folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::{StoreError, failed, private};

/// Locked while a run works in a folder; the system releases it, however the run ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock in a cache folder; an error where another run has it.
    pub fn take(cache: &Path) -> Result<Self, StoreError> {
        let path = cache.join("lock");
        private::create(cache)?;
        let file = private::open(&path, OpenOptions::new().write(true))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path }),
            Err(TryLockError::Error(error)) => Err(failed(&path, "lock")(error)),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    #[test]
    fn a_link_in_the_cache_is_refused_and_its_target_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, cache) = (folder.path().join("victim"), folder.path().join(".pomona"));
        fs::write(&victim, "precious").unwrap();
        fs::create_dir(&cache).unwrap();
        symlink(&victim, cache.join("lock")).unwrap();
        assert!(matches!(Lock::take(&cache), Err(StoreError::Link { .. })));
        fs::remove_file(cache.join("lock")).unwrap();
        fs::remove_dir(&cache).unwrap();
        symlink(folder.path(), &cache).unwrap();
        assert!(matches!(Lock::take(&cache), Err(StoreError::Link { .. })));
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    }

    #[test]
    fn a_lock_file_with_content_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("lock"), "x").unwrap();
        drop(Lock::take(folder.path()).unwrap());
        assert_eq!(fs::read_to_string(folder.path().join("lock")).unwrap(), "x");
    }

    #[test]
    fn a_cache_that_git_tracks_is_refused() {
        for version in ["2", "4"] {
            let folder = tempfile::tempdir().unwrap();
            let cache = folder.path().join("list/.pomona");
            fs::create_dir_all(&cache).unwrap();
            let git = |arguments: &[&str]| {
                let run = Command::new("git").arg("-C").arg(folder.path()).args(arguments).output().unwrap();
                assert!(run.status.success(), "{run:?}");
            };
            git(&["init", "--quiet"]);
            fs::write(folder.path().join("list/README.md"), "x").unwrap();
            git(&["add", "list/README.md"]);
            git(&["update-index", "--index-version", version]);
            drop(Lock::take(&cache).unwrap());
            fs::write(cache.join("looks.jsonl"), "{}\n").unwrap();
            git(&["add", "--force", "list/.pomona/looks.jsonl"]);
            assert!(matches!(Lock::take(&cache), Err(StoreError::Tracked { .. })), "index version {version}");
        }
    }
}
