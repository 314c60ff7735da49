//! Bad input: an error that names the place and how to correct it, nothing written, nothing lost.

use std::fs;

use crate::workspace::{TestServer, Workspace};

#[track_caller]
fn refused(workspace: &Workspace, arguments: &[&str], expected: &[&str]) {
    let before = workspace.files();
    let run = workspace.run(arguments).exits(2);
    for part in expected {
        assert!(run.err.contains(part), "{arguments:?}: {}", run.err);
    }
    assert!(run.err.starts_with("error: "), "{}", run.err);
    assert_eq!(workspace.files(), before, "{arguments:?} wrote something");
}

#[test]
fn a_missing_file_and_a_folder_without_a_list() {
    let workspace = Workspace::new();
    fs::create_dir(workspace.path("empty")).unwrap();
    refused(&workspace, &["check", "nowhere.md"], &["`nowhere.md`", "cannot read"]);
    refused(&workspace, &["refresh", "empty"], &["`empty`: no list here", "help: "]);
    workspace.write("x.md", "# x\n");
    refused(&workspace, &["refresh", "x.md"], &["`x.md`: expected a list's folder", "help: "]);
}

#[test]
fn bytes_that_are_not_utf_8() {
    let workspace = Workspace::new();
    fs::write(workspace.path("README.md"), b"# a\n\n- b\xff\n").unwrap();
    refused(&workspace, &["check", "."], &["`README.md`: line 3: not valid UTF-8", "help: "]);
}

#[test]
fn a_broken_policy() {
    let workspace = Workspace::new();
    workspace.write("README.md", "# a\n").write("pomona.toml", "sorce = \"x\"\n");
    refused(&workspace, &["refresh", "."], &["`pomona.toml`:1:1: unknown key `sorce`", "help: did you mean `source`?"]);
    workspace.write("pomona.toml", "[confirm]\naway-days = \"two\"\n");
    refused(&workspace, &["generate", "."], &["`pomona.toml`:2:13: "]);
    workspace.write("pomona.toml", "output = [\n");
    refused(&workspace, &["generate", "."], &["`pomona.toml`:"]);
}

#[test]
fn a_ledger_of_a_newer_version_stops_and_a_damaged_line_warns() {
    let workspace = Workspace::new();
    workspace.write("README.md", "# a\n\n- [b](https://github.com/a/b)\n");
    workspace.write("pomona.ledger.jsonl", "{\"pomona\":\"ledger\",\"version\":99}\n");
    refused(&workspace, &["refresh", "."], &["`pomona.ledger.jsonl`", "version 99", "help: use a newer pomona"]);
    let good = "{\"pomona\":\"ledger\",\"version\":1}\n";
    workspace.write("pomona.ledger.jsonl", &format!("{good}{{\"target\": oh no\n"));
    workspace.write(
        "world.jsonl",
        "{\"target\":\"github:a/b\",\"at\":\"2026-11-01T00:00:00Z\",\"seen\":\"alive\",\"facts\":{\"stars\":7}}\n",
    );
    let run = workspace.run(&["refresh", ".", "--replay", "world.jsonl"]).exits(0);
    assert!(run.out.contains("damaged_line") || run.out.contains("cannot be read"), "{}", run.out);
    assert!(workspace.read("pomona.ledger.jsonl").contains("oh no"), "a damaged line is kept");
    assert!(workspace.read("pomona.ledger.jsonl").contains("\"stars\":7"));
}

#[test]
fn a_damaged_recording_is_named() {
    let workspace = Workspace::new();
    workspace.write("README.md", "# a\n\n- [b](https://github.com/a/b)\n").write("world.jsonl", "\nno\n");
    refused(&workspace, &["refresh", ".", "--replay", "world.jsonl"], &["`world.jsonl`", "line 2"]);
}

#[test]
fn a_token_that_is_refused_and_an_api_that_is_not_there() {
    let hub = TestServer::start(|_, _, _| (401, String::new(), "{\"message\":\"Bad credentials\"}".to_owned()));
    let workspace = Workspace::new();
    workspace.write("README.md", "# a\n\n- [b](https://github.com/a/b)\n");
    let refresh = |url: &str| {
        let mut command = workspace.command(["refresh", "."]);
        command.env("GITHUB_API_URL", url).env("GITHUB_TOKEN", "gho_secret");
        crate::workspace::RunOutput::of(&command.output().unwrap())
    };
    let run = refresh(&hub.url("")).exits(2);
    assert!(run.err.contains("token") && run.err.contains("help: "), "{}", run.err);
    assert!(!run.err.contains("gho_secret"));
    let run = refresh("http://127.0.0.1:9").exits(2);
    assert!(run.err.contains("127.0.0.1:9") && run.err.contains("help: "), "{}", run.err);
    assert_eq!(workspace.files().len(), 1, "nothing was written");
}

#[test]
fn flags_are_checked() {
    let workspace = Workspace::new();
    for arguments in
        [&["check", "--format", "odd"][..], &["refresh", "--max-age", "5"], &["check", "--shard", "3/2"], &["odd"]]
    {
        workspace.write("README.md", "# a\n");
        let run = workspace.run(arguments).exits(2);
        assert!(run.err.starts_with("error: "), "{}", run.err);
    }
}

#[test]
fn a_policy_that_names_files_of_others() {
    let workspace = Workspace::new();
    workspace.write("secret.md", "token\n").write("list/list.md", "# a\n\n- [b](https://github.com/a/b)\n");
    workspace.write("list/docs/x.md", "# x\n");
    for policy in [
        "output = \"../secret.md\"",
        "output = \"docs/../../secret.md\"",
        "output = \"/tmp/victim.md\"",
        "output = \".git/hooks/pre-commit\"",
        "output = \".github/workflows/x.yml\"",
        "output = \"pomona.ledger.jsonl\"",
        "output = \"script.sh\"",
        "output = \"./list.md\"",
        "source = \"../secret.md\"",
        "source = \"docs/x.md\"\noutput = \"docs/../docs/x.md\"",
        "source = \"/dev/zero\"",
        "output = \"README.md\"\n[layout]\ntemplate = \"../secret.md\"",
        "output = \"README.md\"\n[layout]\ntemplate = \"/etc/passwd\"",
    ] {
        workspace.write("list/pomona.toml", policy);
        refused(&workspace, &["generate", "list"], &["error: "]);
    }
}

#[test]
fn the_source_found_by_default_is_not_overwritten_by_the_output() {
    let workspace = Workspace::new();
    workspace.write("README.md", "# a\n\nProse.\n").write("pomona.toml", "output = \"README.md\"\n");
    refused(&workspace, &["generate", "."], &["`README.md`: `output` is the source itself", "help: "]);
}

#[cfg(unix)]
#[test]
fn links_and_pipes_in_a_folder_of_somebody_else() {
    use std::os::unix::fs::symlink;
    let workspace = Workspace::new();
    workspace.write("victim", "precious\n").write("list/README.md", "# a\n\n- [b](https://github.com/a/b)\n");
    workspace.write("list/pomona.toml", "").write("world.jsonl", "");
    let victim = workspace.path("victim");
    fs::create_dir(workspace.path("list/.pomona")).unwrap();
    for name in
        [".pomona/lock", ".pomona/looks.jsonl", ".pomona/.gitignore", "pomona.ledger.jsonl", "pomona.history.jsonl"]
    {
        let link = workspace.path(&format!("list/{name}"));
        let _ = fs::remove_file(&link);
        symlink(&victim, &link).unwrap();
        refused(&workspace, &["check", "list", "--only", "web"], &["error: "]);
        fs::remove_file(&link).unwrap();
    }
    fs::remove_dir_all(workspace.path("list/.pomona")).unwrap();
    symlink(workspace.path(""), workspace.path("list/.pomona")).unwrap();
    refused(&workspace, &["check", "list", "--only", "web"], &["`list/.pomona`", "help: remove it"]);
    fs::remove_file(workspace.path("list/README.md")).unwrap();
    symlink(&victim, workspace.path("list/README.md")).unwrap();
    refused(
        &workspace,
        &["refresh", "list", "--offline", "--no-cache"],
        &["`list/README.md`: a symbolic link leads out"],
    );
    fs::remove_file(workspace.path("list/README.md")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(workspace.path("list/README.md")).status().unwrap();
    assert!(made.success());
    refused(&workspace, &["check", "list", "--offline", "--no-cache"], &["`list/README.md`: not a regular file"]);
    assert_eq!(workspace.read("victim"), "precious\n");
}
