//! The answers of archives that `check` keeps, because it does not write the ledger: one JSON line each.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{StoreError, bytes_if_there, failed, private, write};
use crate::observation::ArchiveAnswer;

/// The stored answers, and where new ones go.
#[derive(Debug)]
pub struct ArchiveCache {
    /// The answers of earlier runs.
    pub answers: Vec<ArchiveAnswer>,
    path: PathBuf,
    file: Option<File>,
}

impl ArchiveCache {
    /// Reads the answers in `folder`; the file is made with the first new one. A damaged line is asked for again.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("archives.jsonl");
        private::check(&path)?;
        let bytes = bytes_if_there(&path)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let mut seen = BTreeSet::new();
        let mut answers: Vec<ArchiveAnswer> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        answers.retain(|answer| seen.insert((answer.target.clone(), answer.archive)));
        if !bytes.is_empty() && (answers.len() < text.lines().count() || !bytes.ends_with(b"\n")) {
            write(&path, &answers.iter().map(line).collect::<String>())?;
        }
        Ok(Self { answers, path, file: None })
    }

    /// Keeps an answer.
    pub fn keep(&mut self, answer: &ArchiveAnswer) -> Result<(), StoreError> {
        if self.file.is_none() {
            self.file = Some(private::open(&self.path, OpenOptions::new().append(true))?);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(line(answer).as_bytes()).map_err(failed(&self.path, "write"))?;
        self.answers.push(answer.clone());
        Ok(())
    }
}

fn line(answer: &ArchiveAnswer) -> String {
    let mut text = serde_json::to_string(answer).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Archive, ArchivedCopy};

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
        let mut cache = ArchiveCache::open(folder.path()).unwrap();
        cache.keep(&answer).unwrap();
        cache.keep(&answer).unwrap();
        let path = folder.path().join("archives.jsonl");
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"target\":\"h\xff").unwrap();
        assert_eq!(ArchiveCache::open(folder.path()).unwrap().answers, [answer]);
        assert!(std::fs::read(&path).unwrap().ends_with(b"}\n"));
    }
}
