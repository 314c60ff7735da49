//! A maintainer's week: a folder becomes a list, a contributor's change is checked, runs are split and joined.

use crate::workspace::{TestServer, Workspace, git, repository};

const LIST: &str = "# List\n\n## Tools\n\n";

/// A web on which every path that begins with `/gone` is missing.
fn world() -> TestServer {
    TestServer::start(|_, path, _| {
        let status = if path.starts_with("/gone") { 404 } else { 200 };
        (status, "content-type: text/html\r\n".to_owned(), "<title>A page</title>".to_owned())
    })
}

/// A list of these paths of the web.
fn list(world: &TestServer, paths: &[&str]) -> String {
    let entries = paths.iter().map(|path| format!("- [{path}]({}) - A page.\n", world.url(&format!("/{path}"))));
    LIST.to_owned() + &entries.collect::<String>()
}

#[test]
fn only_what_a_change_brings_can_fail() {
    let web = world();
    let workspace = repository(&list(&web, &["gone-before", "good"]));
    workspace.run(&["refresh", "--allow-private"]).exits(0);
    git(&workspace, &["add", "pomona.ledger.jsonl"]);
    git(&workspace, &["commit", "--quiet", "--message=ledger"]);
    let words = ["check", "--allow-private", "--no-cache", "--changed-since", "HEAD", "--output", "json=report.json"];
    workspace.write("README.md", &list(&web, &["gone-before", "good", "other"]));
    let run = workspace.run(&words).exits(0);
    assert!(run.out.contains("1 older finding, not caused by this change"), "{}", run.out);
    workspace.write("README.md", &list(&web, &["gone-before", "gone-new", "good"]));
    let run = workspace.run(&words).exits(1);
    assert!(run.out.contains("error[dead-link]") && run.out.contains("README.md:6:3"), "{}", run.out);
    assert!(!run.out.contains("died-before"), "what was never on the list did not die on it: {}", run.out);
    assert!(workspace.read("report.json").contains("\"errors\": 1"));
}

#[test]
fn a_dry_run_reports_as_it_is_asked_to() {
    let workspace = Workspace::new();
    workspace.write("README.md", "# L\n\n- [a](https://x.org/a) - A thing.\n").write("pomona.toml", "");
    let look =
        r#"{"target":"https://x.org/a","at":"2026-11-24T00:00:00Z","seen":"failed","class":"http_404","status":404}"#;
    workspace.write("world.jsonl", look);
    let words = ["refresh", ".", "--replay", "world.jsonl", "--no-cache", "--dry-run"];
    let run = workspace.run(&[&words[..], &["--strict"]].concat()).exits(1);
    assert!(run.out.contains("would create") && run.out.contains("warning[failing-link]"), "{}", run.out);
    let run = workspace.run(&[&words[..], &["--format", "json"]].concat()).exits(0);
    assert!(run.out.starts_with('{') && run.out.contains("\"failing-link\""), "{}", run.out);
    assert_eq!(workspace.files().len(), 3, "nothing was written");
}

#[test]
fn a_list_that_its_notes_make_too_large_is_reported_before() {
    let workspace = Workspace::new();
    let entry = "- [b](https://github.com/a/b) - A thing.\n";
    let list = format!("# L\n\n{entry}\n{}\n", "x".repeat(512 * 1024 - entry.len() - 8));
    workspace.write("README.md", &list).write("pomona.toml", "");
    let facts = r#"{"name":"a/b","id":1,"stars":900,"commit":"2026-11-01"}"#;
    let look = format!(r#"{{"target":"github:a/b","at":"2026-11-24T00:00:00Z","seen":"alive","facts":{facts}}}"#);
    workspace.write("world.jsonl", &look);
    let run = workspace.run(&["refresh", ".", "--replay", "world.jsonl", "--no-cache", "--dry-run"]).exits(0);
    assert!(run.out.contains("warning[list-size]: `README.md` has 512 KB"), "{}", run.out);
}

#[test]
fn only_what_a_change_brings_is_checked() {
    let web = world();
    let workspace = repository(&list(&web, &["a", "b", "c"]));
    workspace.write("README.md", &list(&web, &["a", "b", "c", "z"]));
    let run = workspace.run(&["check", "--allow-private", "--no-cache", "--changed-since", "HEAD"]).exits(0);
    assert_eq!(web.requests(), ["/z"]);
    assert!(run.out.contains("1 link: 1 alive"), "{}", run.out);
}

/// The change of each case adds a dead link and tries to make its own check pass.
#[test]
fn a_change_cannot_make_its_own_check_pass() {
    let web = world();
    let base = list(&web, &["good"]);
    let head = list(&web, &["good", "gone-new"]);
    let workspace = repository(&base);
    workspace.run(&["refresh", "--allow-private"]).exits(0);
    let ledger = workspace.read("pomona.ledger.jsonl");
    git(&workspace, &["add", "README.md", "pomona.ledger.jsonl"]);
    git(&workspace, &["commit", "--quiet", "--message=ledger"]);
    let forged = ledger.lines().find(|line| line.contains("/good")).unwrap().replace("/good", "/gone-new");
    let ignored = head.replace("/gone-new) - A page.", "/gone-new) - A page. <!-- pomona:ignore it is slow -->");
    for (file, text, source, code) in [
        ("pomona.toml", "[rules]\ndead-link = \"off\"\n", &head, "policy-edited"),
        ("pomona.toml", "[[check.exclude]]\npattern = \"*\"\nreason = \"x\"\n", &head, "policy-edited"),
        ("pomona.toml", "source = \"other.md\"\n", &head, "policy-edited"),
        ("pomona.ledger.jsonl", &format!("{ledger}{forged}\n"), &head, "ledger-edited"),
        ("other.md", "", &ignored, "ignore-mark-added"),
    ] {
        workspace.write("README.md", source).write("other.md", "# L\n").write(file, text);
        let words = ["check", "--allow-private", "--no-cache", "--changed-since", "HEAD"];
        let run = workspace.run(&words).exits(1);
        for expected in ["error[dead-link]", &format!("error[{code}]")] {
            assert!(run.out.contains(expected), "{text}: no {expected} in {}", run.out);
        }
        std::fs::remove_file(workspace.path(file)).unwrap();
        workspace.write("pomona.ledger.jsonl", &ledger);
    }
    workspace.write("README.md", &base.replace("A page.", "A page. (⭐ 99k · archived)"));
    let run = workspace.run(&["check", "--allow-private", "--changed-since", "HEAD"]).exits(1);
    assert!(run.out.contains("error[note-edited]"), "{}", run.out);
}

#[test]
fn an_unknown_revision_is_an_error() {
    let workspace = repository(LIST);
    let run = workspace.run(&["check", "--offline", "--changed-since", "nowhere"]).exits(2);
    assert!(run.err.contains("unknown revision `nowhere`\nhelp: name a commit"), "{}", run.err);
    git(&workspace, &["commit", "--quiet", "--allow-empty", "--message=second"]);
    let origin = format!("file://{}", workspace.path("").display());
    git(&workspace, &["clone", "--quiet", "--depth=1", &origin, "shallow"]);
    for (revision, help) in [
        ("origin/base", "run `git fetch --depth=1 origin base`, then name it `FETCH_HEAD`"),
        ("HEAD^1", "run `git fetch --deepen=1`, or check out with `fetch-depth: 2` in a workflow"),
    ] {
        let run = workspace.run(&["check", "--offline", "shallow", "--changed-since", revision]).exits(2);
        assert!(run.err.contains(&format!("help: this clone is shallow: {help}")), "{}", run.err);
    }
}

#[test]
fn check_agrees_with_the_ledger_about_a_first_failure() {
    let web = world();
    let workspace = Workspace::new();
    workspace.write("README.md", &list(&web, &["gone", "good"]));
    let run = workspace.run(&["refresh", "--allow-private"]).exits(0);
    assert!(run.out.contains("2 links: 1 alive, 1 failing. 1 warning"), "{}", run.out);
    let asked = web.requests().len();
    let run = workspace.run(&["check", "--offline"]).exits(0);
    assert!(run.out.contains("warning[failing-link]"), "{}", run.out);
    assert_eq!(web.requests().len(), asked, "offline looks at nothing");
    let run = workspace.run(&["check", "--allow-private", "--max-age", "0s"]).exits(0);
    assert!(run.out.contains("2 links: 1 alive, 1 failing"), "{}", run.out);
    let more = list(&web, &["gone", "good", "gone-new"]);
    let run = workspace.write("README.md", &more).run(&["check", "--allow-private"]).exits(1);
    assert!(run.out.contains("the server answered 404; a new link must answer at its first look"), "{}", run.out);
}

#[test]
fn shards_joined_are_one_run() {
    let (web, other) = (world(), world());
    let text = list(&web, &["a", "b"]) + &list(&other, &["c"])[LIST.len()..];
    let workspace = Workspace::new();
    workspace.write("one/README.md", &text).write("two/README.md", &text);
    workspace.run(&["refresh", "one", "--allow-private", "--record", "all.jsonl"]).exits(0);
    for shard in ["1/2", "2/2"] {
        let file = format!("{}.jsonl", &shard[..1]);
        let words = ["check", "two", "--allow-private", "--no-cache", "--shard", shard, "--record", &file];
        assert!(matches!(workspace.run(&words).code, Some(0 | 1)));
    }
    let joined = workspace.run(&["merge", "1.jsonl", "2.jsonl"]).exits(0);
    workspace.write("joined.jsonl", &joined.out);
    workspace.run(&["refresh", "two", "--replay", "joined.jsonl"]).exits(0);
    for name in ["README.md", "pomona.ledger.jsonl"] {
        assert_eq!(workspace.read(&format!("one/{name}")), workspace.read(&format!("two/{name}")), "{name}");
    }
}

#[test]
fn several_lists_are_in_one_report() {
    let web = world();
    let workspace = Workspace::new();
    workspace.write("one/README.md", &list(&web, &["a", "gone"])).write("two/README.md", &list(&web, &["a", "b"]));
    let words = ["refresh", "one", "two", "--allow-private", "--output", "json=r.json", "--output", "junit=r.xml"];
    let run = workspace.run(&words).exits(0);
    for part in ["one/README.md: 2 links: ", "two/README.md: 2 links: ", "2 lists, 4 links: "] {
        assert_eq!(run.out.matches(part).count(), 1, "{part}: {}", run.out);
    }
    let report = workspace.read("r.json");
    for expected in ["\"lists\": [", "\"list\": \"one/README.md\"", "\"list\": \"two/README.md\"", "\"links\": 4"] {
        assert!(report.contains(expected), "{expected}: {report}");
    }
    assert!(workspace.read("r.xml").contains("two/README.md"));
    let run = workspace.run(&["refresh", "one", "nowhere", "--allow-private"]).exits(2);
    assert!(run.out.contains("one/README.md"), "{}", run.out);
    assert!(run.err.contains("nowhere"), "{}", run.err);
}
