//! One run at a time in a folder.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use super::{StoreError, failed};

/// Locked while a run works in a folder; the system releases it, however the run ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock in a cache folder; an error where another run has it.
    pub fn take(cache: &Path) -> Result<Self, StoreError> {
        let path = cache.join("lock");
        fs::create_dir_all(cache).map_err(failed(&path, "write"))?;
        let file = File::create(&path).map_err(failed(&path, "write"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path }),
            Err(TryLockError::Error(error)) => Err(failed(&path, "lock")(error)),
        }
    }
}
