//! A run that is killed half way: what was seen is kept, the list was never in between.

use std::collections::BTreeSet;
use std::fmt::Write as _;
#[cfg(unix)]
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

#[cfg(unix)]
use crate::workspace::RunOutput;
use crate::workspace::{TestServer, Workspace};

const LINKS: usize = 400;

#[test]
fn a_killed_run_is_resumed_and_not_repeated() {
    let world = TestServer::start(|_, _, _| {
        thread::sleep(Duration::from_millis(20));
        (200, "content-type: text/html\r\n".to_owned(), "<title>x</title>".to_owned())
    });
    let workspace = Workspace::new();
    let mut list = String::from("# List\n\n");
    for n in 0..LINKS {
        writeln!(list, "- [Thing {n}]({}) - A thing.", world.url(&format!("/p/{n}"))).unwrap();
    }
    workspace.write("README.md", &list);
    let words = ["refresh", ".", "--allow-private"];
    let mut first = workspace.start(&words);
    while world.requests().len() < LINKS / 3 {
        assert!(first.try_wait().unwrap().is_none(), "the run ended before it could be killed");
        thread::sleep(Duration::from_millis(5));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(workspace.files().len(), 1, "nothing but the list is there");
    assert_eq!(workspace.read("README.md"), list);
    thread::sleep(Duration::from_millis(200));
    let before = world.requests();
    workspace.run(&words).exits(0);
    let after = world.requests();
    let early: BTreeSet<&String> = before.iter().collect();
    let repeated = after[before.len()..].iter().filter(|path| early.contains(path)).count();
    // What was under way when it was killed had no answer yet and is asked for again.
    assert!(repeated <= 64, "{repeated} of {} were asked for again", before.len());
    let all: BTreeSet<&String> = after.iter().collect();
    assert_eq!(all.len(), LINKS);
    assert_eq!(workspace.read("pomona.ledger.jsonl").lines().count(), LINKS + 1);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_reports_what_it_saw() {
    let world = TestServer::start(|_, path, _| {
        if path.contains("slow") {
            thread::sleep(Duration::from_secs(30));
        }
        (if path.contains("gone") { 404 } else { 200 }, "content-type: text/html\r\n".to_owned(), String::new())
    });
    let workspace = Workspace::new();
    let list =
        format!("# List\n\n- [Gone]({}) - A thing.\n- [Slow]({}) - A thing.\n", world.url("/gone"), world.url("/slow"));
    workspace.write("README.md", &list);
    for (command, reported) in [("check", "error[dead-link]"), ("refresh", "warning[failing-link]")] {
        let before = world.requests().len();
        let words = [command, ".", "--allow-private"];
        let running = workspace.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A missing page is asked for a second time before it is reported; the refresh has the first one in its cache.
        let needed = if command == "check" { 3 } else { 1 };
        while world.requests().len() < before + needed {
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(Duration::from_millis(300));
        assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
        let output = RunOutput::of(&running.wait_with_output().unwrap()).exits(2);
        assert!(
            output.out.contains("warning[interrupted]: the run was interrupted: 1 target was not looked at"),
            "{}",
            output.out
        );
        assert!(output.out.contains(reported), "{}", output.out);
        assert_eq!(workspace.read("README.md"), list);
        assert!(workspace.files().len() == 1, "{:?}", workspace.files().keys());
    }
}
