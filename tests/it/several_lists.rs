//! Several lists in one run: each target is looked at once for all of them, and each list is judged by its own policy.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::workspace::{TestServer, Workspace};

/// More than two groups of lists.
const LISTS: usize = 220;
const SHARED: usize = 10;

fn page(_: &str, path: &str, _: &str) -> (u16, String, String) {
    let status = if path.contains("gone") { 404 } else { 200 };
    (status, "content-type: text/html\r\n".to_owned(), "<title>x</title>".to_owned())
}

fn list(world: &TestServer, own: &str) -> String {
    let mut list = String::from("# List\n\n");
    for n in 0..SHARED {
        writeln!(list, "- [Shared {n}]({}) - A thing.", world.url(&format!("/shared/{n}"))).unwrap();
    }
    writeln!(list, "- [Own]({}) - A thing.", world.url(own)).unwrap();
    list
}

#[test]
fn what_many_lists_share_is_looked_at_once() {
    let world = TestServer::start(page);
    let workspace = Workspace::new();
    for n in 0..LISTS {
        workspace.write(&format!("lists/{n:03}/pomona.toml"), "");
        workspace.write(&format!("lists/{n:03}/README.md"), &list(&world, &format!("/own/{n}")));
    }
    let words = ["refresh", "lists", "--allow-private", "--format", "json", "--output", "jsonl=report.jsonl"];
    let run = workspace.run(&words).exits(0);
    let requests = world.requests();
    assert_eq!(requests.iter().filter(|path| path.starts_with("/shared/")).count(), SHARED);
    assert_eq!(requests.iter().filter(|path| path.starts_with("/own/")).count(), LISTS);
    for n in [0, 100, LISTS - 1] {
        let ledger = workspace.read(&format!("lists/{n:03}/pomona.ledger.jsonl"));
        assert_eq!(ledger.lines().count(), SHARED + 2, "list {n} has a record of each of its targets");
    }
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(report["lists"].as_array().unwrap().len(), LISTS);
    assert_eq!(report["counts"]["links"], LISTS * (SHARED + 1));
    let lines = workspace.read("report.jsonl");
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    // What one list looked at is in the cache of each list that has it.
    workspace.run(&["refresh", "lists/219", "--allow-private"]).exits(0);
    assert_eq!(world.requests().len(), requests.len());
}

#[test]
fn a_killed_run_over_several_lists_is_resumed_and_reaches_every_ledger() {
    let world = TestServer::start(|method, path, body| {
        thread::sleep(Duration::from_millis(if path == "/own/slow" { 20_000 } else { 10 }));
        page(method, path, body)
    });
    let workspace = Workspace::new();
    for (name, own) in [("a", "/own/a"), ("b", "/own/slow")] {
        workspace.write(&format!("{name}/README.md"), &list(&world, own));
    }
    let mut first = workspace.start(&["refresh", "a", "b", "--allow-private"]);
    while world.requests().len() < SHARED + 2 {
        assert!(first.try_wait().unwrap().is_none(), "the run ended before it could be killed");
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(500));
    first.kill().unwrap();
    first.wait().unwrap();
    for name in ["a", "b"] {
        workspace.run(&["refresh", name, "--allow-private", "--max-time", "1s"]).exits(0);
        let ledger = workspace.read(&format!("{name}/pomona.ledger.jsonl"));
        assert_eq!(ledger.matches("/shared/").count(), SHARED, "{ledger}");
    }
    let requests = world.requests();
    assert_eq!(requests.iter().filter(|path| path.starts_with("/shared/")).count(), SHARED, "{requests:?}");
}

#[test]
fn each_list_is_judged_by_its_own_policy_and_a_bad_one_stops_no_other() {
    let world = TestServer::start(page);
    let workspace = Workspace::new();
    let text = format!("# List\n\n- [Gone]({}) - A thing.\n", world.url("/gone"));
    let policies = BTreeMap::from([
        ("strict", String::new()),
        ("lenient", "[rules]\ndead-link = \"warning\"\n".to_owned()),
        ("excluded", format!("[check]\nexclude = [{{ pattern = \"{}\", reason = \"known\" }}]\n", world.url("/gone"))),
        ("broken", "sorce = 1\n".to_owned()),
    ]);
    for (name, policy) in &policies {
        workspace.write(&format!("{name}/README.md"), &text).write(&format!("{name}/pomona.toml"), policy);
    }
    let check = |names: &[&str]| {
        let words = ["check", "--allow-private", "--format", "json"];
        workspace.run(&[&words, names].concat())
    };
    let run = check(&["strict", "lenient", "excluded", "broken", "nowhere"]).exits(2);
    assert!(run.err.contains("unknown key `sorce`") && run.err.contains("`nowhere`"), "{}", run.err);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let part = |n: usize| {
        let part = &report["lists"][n];
        let levels: Vec<_> = part["findings"].as_array().unwrap().iter().map(|of| of["level"].clone()).collect();
        (part["links"][0]["verdict"].clone(), levels.contains(&"error".into()), levels.contains(&"warning".into()))
    };
    assert_eq!(part(0), ("dead".into(), true, false));
    assert_eq!(part(1), ("dead".into(), false, true));
    assert_eq!(part(2).0, "excluded");
    assert_eq!((&report["complete"], report["lists"].as_array().unwrap().len()), (&false.into(), 3));
    check(&["lenient", "strict"]).exits(1);
    check(&["lenient", "excluded"]).exits(0);
}

#[test]
fn lists_are_refreshed_though_nobody_reads_the_report() {
    let world = TestServer::start(page);
    let workspace = Workspace::new();
    for name in ["a", "b", "c"] {
        workspace.write(&format!("{name}/README.md"), &list(&world, "/own"));
    }
    let mut command = workspace.command(["refresh", "a", "b", "c", "--allow-private"]);
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    child.wait().unwrap();
    assert!(workspace.path("c/pomona.ledger.jsonl").exists());
}

#[test]
fn shards_are_numbered_by_their_jobs_and_merged() {
    let world = TestServer::start(page);
    let other = TestServer::start(page);
    let workspace = Workspace::new();
    let port = other.address.rsplit(':').next().unwrap().to_owned();
    let text = format!("{}- [Other](http://localhost:{port}/other) - A thing.\n", list(&world, "/own"));
    workspace.write("list/README.md", &text);
    let shard = |variable: &str, value: usize, record: &str| {
        let words =
            ["refresh", "list", "--dry-run", "--no-cache", "--allow-private", "--shard", "auto/3", "--record", record];
        let run = workspace.command(words).env(variable, value.to_string()).output().unwrap();
        assert!(run.status.success(), "{run:?}");
    };
    shard("JOB_COMPLETION_INDEX", 0, "looks/1.jsonl");
    shard("CI_NODE_INDEX", 2, "looks/2.jsonl");
    let missing = workspace.run(&["merge", "looks", "--strict", "--output", "early.jsonl"]).exits(1);
    assert!(missing.err.contains("shard 3/3 is missing"), "{}", missing.err);
    shard("JOB_COMPLETION_INDEX", 2, "looks/3.jsonl");
    workspace.run(&["merge", "looks", "--strict", "--output", "looks.jsonl"]).exits(0);
    assert_eq!((world.requests().len(), other.requests().len()), (SHARED + 1, 1), "each target is in one shard");
    workspace.run(&["refresh", "list", "--replay", "looks.jsonl"]).exits(0);
    let ledger = workspace.read("list/pomona.ledger.jsonl");
    assert_eq!(ledger.matches("\"alive\":").count(), SHARED + 2, "{ledger}");
    let run = workspace.run(&["check", "list", "--shard", "auto/3"]).exits(2);
    assert!(run.err.contains("neither JOB_COMPLETION_INDEX nor CI_NODE_INDEX"), "{}", run.err);
}
