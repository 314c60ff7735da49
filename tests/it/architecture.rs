//! The order of the rooms: a room may name the rooms above it, never those below.

use std::fs;
use std::path::{Path, PathBuf};

/// Every room, in the order data walks through them.
const ROOMS: [&str; 28] = [
    "text",
    "address",
    "observation",
    "finding",
    "policy",
    "markdown",
    "ledger",
    "schedule",
    "verdict",
    "judgement",
    "replacement",
    "ranking",
    "ranked_list",
    "render",
    "shard",
    "explain",
    "page",
    "change",
    "rules",
    "plan",
    "probe",
    "store",
    "report",
    "cli",
    "settings",
    "commands",
    "lib",
    "main",
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn room(name: &str) -> Option<usize> {
    ROOMS.iter().position(|room| *room == name)
}

#[test]
fn rooms_name_only_rooms_above_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for path in files(&source) {
        let inside = path.strip_prefix(&source).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let Some(own) = room(first.trim_end_matches(".rs")) else {
            wrong.push(format!("{}: on no list of rooms", inside.display()));
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for part in code.split("crate::").skip(1) {
            let named: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if room(&named).is_none_or(|other| other > own) {
                wrong.push(format!("{}: names `{named}`", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_outgrows_its_room() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in files(&source) {
        if path.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let lines = code.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//")).count();
        assert!(lines <= 400, "{}: {lines} lines of code", path.display());
    }
}
