//! Answers that cost a request and that the ledger or the history does not have yet: one JSON line each. A run that is
//! killed, or that writes nothing, asks for nothing twice.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{StoreError, bytes_if_there, failed, private, write};

/// The stored answers of one kind, and where new ones go.
#[derive(Debug)]
pub struct AnswerCache<T> {
    /// The answers of earlier runs.
    pub answers: Vec<T>,
    path: PathBuf,
    file: Option<File>,
}

impl<T: Serialize + DeserializeOwned + Clone> AnswerCache<T> {
    /// Reads the answers in the file of this name in `folder`, one for each key; the file is made with the first new one.
    /// A damaged line is asked for again.
    pub fn open<K: Ord>(folder: &Path, name: &str, key: impl Fn(&T) -> K) -> Result<Self, StoreError> {
        let path = folder.join(name);
        private::check(&path)?;
        let bytes = bytes_if_there(&path)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let mut seen = BTreeSet::new();
        let mut answers: Vec<T> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        answers.retain(|answer| seen.insert(key(answer)));
        if !bytes.is_empty() && (answers.len() < text.lines().count() || !bytes.ends_with(b"\n")) {
            write(&path, &answers.iter().map(line).collect::<String>())?;
        }
        Ok(Self { answers, path, file: None })
    }

    /// Keeps an answer.
    pub fn keep(&mut self, answer: &T) -> Result<(), StoreError> {
        if self.file.is_none() {
            self.file = Some(private::open(&self.path, OpenOptions::new().append(true))?);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(line(answer).as_bytes()).map_err(failed(&self.path, "write"))?;
        self.answers.push(answer.clone());
        Ok(())
    }
}

fn line(answer: &impl Serialize) -> String {
    let mut text = serde_json::to_string(answer).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Archive, ArchiveAnswer, ArchivedCopy};

    #[test]
    fn answers_are_kept_once_and_damage_is_repaired() {
        let folder = tempfile::tempdir().unwrap();
        let copy =
            ArchivedCopy { url: "https://web.archive.org/web/1/x".to_owned(), taken: "2024-01-01".parse().unwrap() };
        let answer = ArchiveAnswer {
            target: "https://x.org/".parse().unwrap(),
            at: "2026-01-01T00:00:00Z".parse().unwrap(),
            archive: Archive::Wayback,
            copy: Some(copy),
        };
        let open = || {
            AnswerCache::open(folder.path(), "archives.jsonl", |answer: &ArchiveAnswer| answer.target.clone()).unwrap()
        };
        let mut cache = open();
        cache.keep(&answer).unwrap();
        cache.keep(&answer).unwrap();
        let path = folder.path().join("archives.jsonl");
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"target\":\"h\xff").unwrap();
        assert_eq!(open().answers, [answer]);
        assert!(std::fs::read(&path).unwrap().ends_with(b"}\n"));
    }
}
