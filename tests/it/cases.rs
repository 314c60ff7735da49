//! Case directories: `tests/cases/NAME/` is a folder with a list, the commands that run in a copy of it, and what is
//! expected of them. `tests/cases/README.md` describes the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace::{RunOutput, Workspace};

/// The clock of a case that sets none.
const NOW: &str = "2026-11-24";

/// The file with the commands.
const COMMANDS: &str = "commands";
/// The folder with the expected transcript and files.
const EXPECTED: &str = "expected";
/// The expected output of all commands.
const TRANSCRIPT: &str = "transcript";

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// Every file under `folder` by its path inside, without caches.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
            if path.is_file() {
                found.insert(name, fs::read_to_string(&path).unwrap());
            } else if ![".pomona", ".cache"].contains(&name.rsplit('/').next().unwrap()) {
                folders.push(path);
            }
        }
    }
    found
}

/// The arguments of a command line; double quotes keep blanks.
fn arguments(line: &str) -> Vec<String> {
    let (mut found, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => found.push(String::new()),
            c => found.last_mut().unwrap().push(c),
        }
    }
    found.retain(|argument| !argument.is_empty());
    found
}

/// Runs the commands of a case in `workspace` and returns what they printed.
fn transcript(workspace: &Workspace, commands: &str) -> String {
    let (mut text, mut now) = (String::new(), NOW);
    for line in commands.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(day) = line.strip_prefix("at ") {
            now = day.trim();
            writeln!(text, "at {now}\n").unwrap();
            continue;
        }
        let named = arguments(line);
        assert_eq!(named.first().map(String::as_str), Some("pomona"), "expected `pomona …` or `at DAY`: {line}");
        let time: jiff::Timestamp = format!("{now}T00:00:00Z").parse().unwrap();
        let mut command = workspace.command(&named[1..]);
        command.env("SOURCE_DATE_EPOCH", time.as_second().to_string());
        let run = RunOutput::of(&command.output().unwrap());
        writeln!(text, "$ {line}").unwrap();
        text.push_str(&run.out);
        if !run.err.is_empty() {
            write!(text, "--- stderr\n{}", run.err).unwrap();
        }
        writeln!(text, "--- exit {}\n", run.code.map_or_else(|| "by a signal".to_owned(), |code| code.to_string()))
            .unwrap();
    }
    text
}

/// Everything that a case is expected to give: the transcript, and every file that its commands made or changed.
fn outcome(case: &Path) -> BTreeMap<String, String> {
    let workspace = Workspace::new();
    let given: BTreeMap<String, String> = files(case)
        .into_iter()
        .filter(|(name, _)| name != COMMANDS && !name.starts_with(&format!("{EXPECTED}/")))
        .collect();
    for (name, text) in &given {
        workspace.write(name, text);
    }
    let commands = fs::read_to_string(case.join(COMMANDS)).unwrap();
    let transcript = transcript(&workspace, &commands);
    let mut found = files(&workspace.path(""));
    for name in given.keys() {
        assert!(found.contains_key(name), "{}: {name} was removed", case.display());
    }
    found.retain(|name, text| given.get(name) != Some(text));
    found.insert(TRANSCRIPT.to_owned(), transcript);
    found
}

/// What differs between the expected and the found files.
fn differences(case: &str, expected: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let names: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    for name in names {
        let (before, after) = (expected.get(name), found.get(name));
        if before != after {
            let diff =
                similar::TextDiff::from_lines(before.map_or("", String::as_str), after.map_or("", String::as_str));
            let (old, new) = (format!("{case}/{EXPECTED}/{name}"), "found");
            write!(text, "{}", diff.unified_diff().context_radius(3).header(&old, new)).unwrap();
        }
    }
    text
}

fn bless(expected: &Path, found: &BTreeMap<String, String>) {
    if expected.exists() {
        fs::remove_dir_all(expected).unwrap();
    }
    for (name, text) in found {
        let path = expected.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn every_case_gives_what_it_expects() {
    let rewrite = std::env::var_os("POMONA_BLESS").is_some();
    let mut folders: Vec<PathBuf> =
        fs::read_dir(cases()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    // One thread for each: a case mostly waits for processes.
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = folders.iter().map(|case| scope.spawn(move || judged(case, rewrite))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).filter(|text| !text.is_empty()).collect()
    });
    assert!(wrong.is_empty(), "{}\nPOMONA_BLESS=1 rewrites the expected files; then read the diff", wrong.concat());
}

fn judged(case: &Path, rewrite: bool) -> String {
    let name = case.file_name().unwrap().to_str().unwrap();
    let expected = case.join(EXPECTED);
    let found = outcome(case);
    if rewrite {
        bless(&expected, &found);
        return String::new();
    }
    let before = if expected.exists() { files(&expected) } else { BTreeMap::new() };
    differences(name, &before, &found)
}

#[test]
fn every_line_of_a_world_is_an_observation() {
    for (name, text) in files(&cases()).iter().filter(|(name, _)| name.ends_with("world.jsonl")) {
        for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let read = serde_json::from_str::<pomona::observation::Observation>(line);
            assert!(read.is_ok(), "{name}:{}: {}", n + 1, read.unwrap_err());
        }
    }
}

#[test]
fn a_case_that_differs_is_reported() {
    let map = |text: &str| BTreeMap::from([(TRANSCRIPT.to_owned(), text.to_owned())]);
    assert_eq!(differences("x", &map("a\n"), &map("a\n")), "");
    assert!(differences("x", &map("a\n"), &map("b\n")).contains("-a\n+b\n"));
    assert!(differences("x", &BTreeMap::new(), &map("b\n")).contains("+b\n"));
    assert!(differences("x", &map("a\n"), &BTreeMap::new()).contains("-a\n"));
    assert_eq!(arguments("pomona explain \"a b\"  . "), ["pomona", "explain", "a b", "."]);
}
