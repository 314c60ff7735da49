//! Fresh looks, kept as they arrive: one JSON line each, so that a killed run loses at most the line it was
//! writing. The same form is that of recorded answers.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::{StoreError, bytes_if_there, failed, private, read, write};
use crate::address::Target;
use crate::observation::{Observation, Seen};
use crate::shard::Part;

/// Looks older than this are dropped: 90 days.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The looks of earlier runs, and where those of this one go.
#[derive(Debug)]
pub struct Cache {
    /// What earlier runs saw, oldest first.
    pub looks: Vec<Observation>,
    recorder: Recorder,
}

impl Cache {
    /// Opens the cache in `folder`, making it where it is missing, and drops what is no longer needed.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, StoreError> {
        let path = folder.join("looks.jsonl");
        private::create(folder)?;
        let ignore = folder.join(".gitignore");
        private::check(&ignore)?;
        if !ignore.exists() {
            write(&ignore, "*\n")?;
        }
        private::check(&path)?;
        // A line that was cut by a full disk or a power failure need not end at a character: the rest is valid.
        let bytes = bytes_if_there(&path)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let looks: Vec<Observation> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let needed = needed(looks, now);
        let lines = text.lines().count();
        if lines > needed.len() + needed.len() / 2 + 100 || !(bytes.is_empty() || bytes.ends_with(b"\n")) {
            write(&path, &needed.iter().map(line).collect::<String>())?;
        }
        Ok(Self { looks: needed, recorder: Recorder::append(&path)? })
    }

    /// Reads what the cache in `folder` stores, oldest first, and changes nothing. A missing or a damaged cache stores
    /// less, which is not an error.
    pub fn stored(folder: &Path) -> Result<Vec<Observation>, StoreError> {
        let path = folder.join("looks.jsonl");
        private::check(&path)?;
        let bytes = bytes_if_there(&path)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let mut looks: Vec<Observation> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        looks.sort_by(|a, b| (a.at, &a.target).cmp(&(b.at, &b.target)));
        Ok(looks)
    }

    /// Keeps a look.
    pub fn keep(&mut self, observation: &Observation) -> Result<(), StoreError> {
        self.recorder.keep(observation)
    }
}

/// The newest look at each target, and before it the failures of its streak.
fn needed(mut looks: Vec<Observation>, now: Timestamp) -> Vec<Observation> {
    // A look from the future was made by a clock that ran ahead; it must not displace the real ones before it.
    looks.retain(|look| look.at <= now && now.duration_since(look.at) < KEPT);
    looks.sort_by(|a, b| (a.at, &a.target).cmp(&(b.at, &b.target)));
    let alive = looks.iter().filter(|look| matches!(look.seen, Seen::Alive(_)));
    let success: HashMap<Target, Timestamp> = alive.map(|look| (look.target.clone(), look.at)).collect();
    looks.retain(|look| success.get(&look.target).is_none_or(|last| look.at >= *last));
    looks.dedup();
    looks
}

/// A file of looks that is written line by line.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: File,
}

impl Recorder {
    /// Starts a new file of recorded answers; an old one is replaced. That of a shard begins with the part that it is.
    pub fn create(path: &Path, part: Option<&Part>) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed(path, "write"))?;
        }
        let mut file = File::create(path).map_err(failed(path, "write"))?;
        if let Some(part) = part {
            let text = serde_json::to_string(part).unwrap_or_default();
            writeln!(file, "{text}").map_err(failed(path, "write"))?;
        }
        Ok(Self { path: path.to_owned(), file })
    }

    fn append(path: &Path) -> Result<Self, StoreError> {
        let file = private::open(path, OpenOptions::new().append(true))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Writes one look through to the system.
    pub fn keep(&mut self, observation: &Observation) -> Result<(), StoreError> {
        self.file.write_all(line(observation).as_bytes()).map_err(failed(&self.path, "write"))
    }

    /// Reads recorded answers. A damaged line is an error that names it: a replay must be whole.
    pub fn read(path: &Path) -> Result<Recording, StoreError> {
        let text = read(path)?;
        let mut recording = Recording::default();
        for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            if let Ok(part) = serde_json::from_str(line) {
                recording.part = Some(part);
                continue;
            }
            recording.looks.push(serde_json::from_str(line).map_err(|error| {
                let why = std::io::Error::other(format!("line {}: {error}", n + 1));
                failed(path, "read recorded answers")(why)
            })?);
        }
        Ok(recording)
    }
}

/// The answers in a file.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// The part of a job that it has, where it is that of a shard.
    pub part: Option<Part>,
    /// The answers.
    pub looks: Vec<Observation>,
}

fn line(observation: &Observation) -> String {
    let mut text = serde_json::to_string(observation).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::observation::{Failure, FailureClass};

    fn look(at: &str, alive: bool) -> Observation {
        let seen =
            if alive { Seen::Alive(Arc::default()) } else { Seen::Failed(Failure::of(FailureClass::TimeoutRead)) };
        Observation { target: "https://x.org/".parse().unwrap(), at: at.parse().unwrap(), seen }
    }

    #[test]
    fn looks_come_back_and_a_cut_line_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        let seen = look("2026-11-22T00:00:00Z", true);
        Cache::open(folder.path(), now).unwrap().keep(&seen).unwrap();
        let path = folder.path().join("looks.jsonl");
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"target\":\"https://y.o").unwrap();
        let mut again = Cache::open(folder.path(), now).unwrap();
        assert_eq!(again.looks, std::slice::from_ref(&seen));
        let next = look("2026-11-22T01:00:00Z", false);
        again.keep(&next).unwrap();
        assert_eq!(Cache::open(folder.path(), now).unwrap().looks, [seen, next]);
    }

    #[test]
    fn a_line_that_was_cut_within_a_character_is_repaired() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        let seen = look("2026-11-22T00:00:00Z", true);
        Cache::open(folder.path(), now).unwrap().keep(&seen).unwrap();
        let path = folder.path().join("looks.jsonl");
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"target\":\"https://y.org/\xe4\xb8").unwrap();
        assert_eq!(Cache::open(folder.path(), now).unwrap().looks, [seen]);
        assert!(read(&path).unwrap().ends_with('\n'), "the damage is removed from the file");
    }

    #[cfg(unix)]
    #[test]
    fn a_cache_that_is_a_link_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, cache) = (folder.path().join("victim"), folder.path().join(".pomona"));
        std::fs::create_dir(&cache).unwrap();
        write(&victim, "precious").unwrap();
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        for name in ["looks.jsonl", ".gitignore"] {
            let _ = std::fs::remove_file(cache.join(name));
            std::os::unix::fs::symlink(&victim, cache.join(name)).unwrap();
            assert!(matches!(Cache::open(&cache, now), Err(StoreError::Link { .. })), "{name}");
            std::fs::remove_file(cache.join(name)).unwrap();
        }
        assert_eq!(read(&victim).unwrap(), "precious");
    }

    #[test]
    fn a_streak_is_kept_back_to_the_last_success() {
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        let looks: Vec<_> = [
            ("2026-06-01T00:00:00Z", true),
            ("2026-11-01T00:00:00Z", false),
            ("2026-11-02T00:00:00Z", true),
            ("2026-11-03T00:00:00Z", false),
            ("2026-11-10T00:00:00Z", false),
        ]
        .map(|(at, alive)| look(at, alive))
        .into();
        assert_eq!(needed(looks.clone(), now), looks[2..]);
    }
}
