//! The stars of the weeks before the first refresh, from a stand-in for GitHub's API.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::workspace::{RunOutput, TestServer, Workspace};

/// The repositories of a query, in its order: its variables are `o0`, `n0`, and so on.
fn repositories(query: &str) -> Value {
    let query: Value = serde_json::from_str(query).unwrap();
    let text = |name: String| query["variables"][name].as_str().map(str::to_owned);
    let names = (0..).map_while(|n| Some(format!("{}/{}", text(format!("o{n}"))?, text(format!("n{n}"))?)));
    let found = names.enumerate().map(|(n, name)| {
        let id = if name == "a/large" { 1 } else { 2 + n };
        let repository = json!({
            "nameWithOwner": name, "databaseId": id, "id": format!("R_{id}"), "stargazerCount": 500 + 100 * n,
            "createdAt": "2020-01-01T00:00:00Z", "isArchived": false, "isDisabled": false, "isFork": false,
        });
        (format!("r{n}"), repository)
    });
    json!({ "data": Value::Object(found.collect()) })
}

/// Thirty weeks up to today, the newest first, of ten stars a week.
fn weeks() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let rows: Vec<Value> =
        (0..30).map(|week| json!({ "week": now - (week * 7 + 3) * 86_400, "total": 10, "days": [] })).collect();
    Value::from(rows).to_string()
}

fn refresh(workspace: &Workspace, hub: &TestServer, flags: &[&str]) -> RunOutput {
    let mut command = workspace.command(["refresh", ".", "--no-cache", "--max-wait", "1s"]);
    command.args(flags).env("GITHUB_API_URL", hub.url("")).env("GITHUB_TOKEN", "gho_secret");
    RunOutput::of(&command.output().unwrap()).exits(0)
}

#[test]
fn growth_is_known_in_the_first_run_and_each_repository_is_asked_once() {
    let refuses = Arc::new(AtomicBool::new(true));
    let (is_refused, asked) = (Arc::clone(&refuses), Arc::new(RwLock::new(Vec::<String>::new())));
    let log = Arc::clone(&asked);
    let hub = TestServer::start(move |_, path, body| {
        if path == "/graphql" {
            return (200, String::new(), repositories(body).to_string());
        }
        log.write().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
        match path {
            "/repos/a/large/stargazers/history?per_page=30" => {
                (422, String::new(), json!({"message": "no"}).to_string())
            }
            _ if path.starts_with("/repos/c/") && is_refused.load(Ordering::Relaxed) => {
                (429, "retry-after: 600\r\n".to_owned(), json!({"message": "slow down"}).to_string())
            }
            _ => (200, String::new(), weeks()),
        }
    });
    let take = || std::mem::take(&mut *asked.write().unwrap_or_else(PoisonError::into_inner));
    let workspace = Workspace::new();
    workspace.write("pomona.toml", "output = \"OUT.md\"\n[layout]\nblocks = [\"trending\", \"chart\"]\n");
    let names =
        ["c/first", "b/second", "a/large"].map(|name| format!("- [{name}](https://github.com/{name}) - Does it.\n"));
    workspace.write("README.md", &format!("# L\n\n## S\n\n{}", names.concat()));

    refresh(&workspace, &hub, &[]);
    assert_eq!(take(), [""; 0], "it is asked for on request only");
    let totals = workspace.read("pomona.history.jsonl");

    // The one with most stars comes first, and is refused for longer than the run waits: nothing more is asked.
    let run = refresh(&workspace, &hub, &["--bootstrap-history"]);
    assert_eq!(take(), ["/repos/c/first/stargazers/history?per_page=30"]);
    assert!(run.out.contains("the history of stars of 3 repositories was not read"), "{}", run.out);

    refuses.store(false, Ordering::Relaxed);
    refresh(&workspace, &hub, &["--bootstrap-history"]);
    assert_eq!(take().len(), 3);
    let history = workspace.read("pomona.history.jsonl");
    assert!(history.starts_with(&totals), "what was seen stays as it is: {history}");
    let gains = history.strip_prefix(&totals).unwrap();
    assert_eq!(gains.lines().filter(|line| line.contains("\"source\":\"github-star-history\"")).count(), 3, "{gains}");
    assert!(!gains.contains("\"stars\""), "gains are no totals: {gains}");
    assert_eq!(gains.matches("\"weeks\"").count(), 2, "GitHub has none of one: {gains}");
    let list = workspace.read("OUT.md");
    assert!(list.contains("+130"), "thirteen weeks of ten stars rise: {list}");
    assert!(workspace.read("pomona.chart.svg").contains("stroke-dasharray"));
    let explained = workspace.run(&["explain", "c/first", "."]).exits(0).out;
    assert!(explained.contains("the forge's star history"), "{explained}");

    let before = workspace.files();
    refresh(&workspace, &hub, &["--bootstrap-history"]);
    assert_eq!(take(), [""; 0], "a later run asks only for what is missing");
    assert_eq!(workspace.files(), before);
}
