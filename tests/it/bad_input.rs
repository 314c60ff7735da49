//! Bad input: a sentence that names the place and the way out, nothing written, nothing lost.

use std::fs;

use crate::desk::{Desk, World};

#[track_caller]
fn refused(desk: &Desk, words: &[&str], says: &[&str]) {
    let before = desk.files();
    let said = desk.run(words).exits(2);
    for part in says {
        assert!(said.err.contains(part), "{words:?} says: {}", said.err);
    }
    assert!(said.err.starts_with("error: "), "{}", said.err);
    assert_eq!(desk.files(), before, "{words:?} wrote something");
}

#[test]
fn a_missing_file_and_a_folder_without_a_list() {
    let desk = Desk::new();
    fs::create_dir(desk.path("empty")).unwrap();
    refused(&desk, &["check", "nowhere.md"], &["`nowhere.md`", "cannot read"]);
    refused(&desk, &["refresh", "empty"], &["`empty`: no list here", "help: "]);
    desk.write("x.md", "# x\n");
    refused(&desk, &["refresh", "x.md"], &["`x.md`: expected a list's folder", "help: "]);
}

#[test]
fn bytes_that_are_no_text() {
    let desk = Desk::new();
    fs::write(desk.path("README.md"), b"# a\n\n- b\xff\n").unwrap();
    refused(&desk, &["check", "."], &["`README.md`: line 3: not valid UTF-8", "help: "]);
}

#[test]
fn a_broken_policy() {
    let desk = Desk::new();
    desk.write("README.md", "# a\n").write("pomona.toml", "sorce = \"x\"\n");
    refused(&desk, &["refresh", "."], &["`pomona.toml`:1:1: unknown key `sorce`", "help: did you mean `source`?"]);
    desk.write("pomona.toml", "[confirm]\nhard-runs = \"two\"\n");
    refused(&desk, &["generate", "."], &["`pomona.toml`:2:13: "]);
    desk.write("pomona.toml", "output = [\n");
    refused(&desk, &["generate", "."], &["`pomona.toml`:"]);
}

#[test]
fn a_ledger_of_a_newer_version_stops_and_a_damaged_line_warns() {
    let desk = Desk::new();
    desk.write("README.md", "# a\n\n- [b](https://github.com/a/b)\n");
    desk.write("pomona.ledger.jsonl", "{\"pomona\":\"ledger\",\"version\":99}\n");
    refused(&desk, &["refresh", "."], &["`pomona.ledger.jsonl`", "version 99", "help: use a newer pomona"]);
    let good = "{\"pomona\":\"ledger\",\"version\":1}\n";
    desk.write("pomona.ledger.jsonl", &format!("{good}{{\"target\": oh no\n"));
    desk.write(
        "world.jsonl",
        "{\"target\":\"github:a/b\",\"at\":\"2026-11-01T00:00:00Z\",\"seen\":\"alive\",\"facts\":{\"stars\":7}}\n",
    );
    let said = desk.run(&["refresh", ".", "--replay", "world.jsonl"]).exits(0);
    assert!(said.out.contains("damaged_line") || said.out.contains("cannot be read"), "{}", said.out);
    assert!(desk.read("pomona.ledger.jsonl").contains("oh no"), "a damaged line is kept");
    assert!(desk.read("pomona.ledger.jsonl").contains("\"stars\":7"));
}

#[test]
fn a_damaged_recording_is_named() {
    let desk = Desk::new();
    desk.write("README.md", "# a\n\n- [b](https://github.com/a/b)\n").write("world.jsonl", "\nno\n");
    refused(&desk, &["refresh", ".", "--replay", "world.jsonl"], &["`world.jsonl`", "line 2"]);
}

#[test]
fn a_token_that_is_refused_and_an_api_that_is_not_there() {
    let hub = World::start(|_, _, _| (401, String::new(), "{\"message\":\"Bad credentials\"}".to_owned()));
    let desk = Desk::new();
    desk.write("README.md", "# a\n\n- [b](https://github.com/a/b)\n");
    let run = |url: &str| {
        let mut command = desk.command(["refresh", "."]);
        command.env("GITHUB_API_URL", url).env("GITHUB_TOKEN", "gho_secret");
        crate::desk::Said::of(&command.output().unwrap())
    };
    let said = run(&hub.url("")).exits(2);
    assert!(said.err.contains("token") && said.err.contains("help: "), "{}", said.err);
    assert!(!said.err.contains("gho_secret"));
    let said = run("http://127.0.0.1:9").exits(2);
    assert!(said.err.contains("127.0.0.1:9") && said.err.contains("help: "), "{}", said.err);
    assert_eq!(desk.files().len(), 1, "nothing was written");
}

#[test]
fn flags_are_checked() {
    let desk = Desk::new();
    for words in
        [&["check", "--format", "odd"][..], &["refresh", "--max-age", "5"], &["check", "--shard", "3/2"], &["odd"]]
    {
        desk.write("README.md", "# a\n");
        let said = desk.run(words).exits(2);
        assert!(said.err.starts_with("error: "), "{}", said.err);
    }
}
