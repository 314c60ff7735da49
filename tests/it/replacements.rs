//! What came after what is dead or archived: offered with evidence, applied only where a person names it.

use serde_json::Value;

use crate::workspace::{TestServer, Workspace};

const LIST: &str = "# List\n\n## Tools\n\n\
    - [lost](https://github.com/a/lost) - Moved without a redirect.\n\
    - [old](https://github.com/a/old#readme) - Archived.\n\
    - [alive](https://github.com/a/alive) - Works.\n\
    - [decoy](https://github.com/a/decoy) - Archived, with a fork that stopped too.\n";

fn world() -> String {
    let alive = |name: &str, more: &str| {
        format!(
            r#"{{"target":"github:a/{name}","at":"2026-11-20T00:00:00Z","seen":"alive","facts":{{"name":"a/{name}","id":1,"stars":900,"commit":"2026-11-01"{more}}}}}"#
        )
    };
    let old = r#","archived":true,"commit":"2023-01-02","living_forks":[{"name":"f/living","stars":320,"commit":"2026-10-01"}],"successor":{"url":"https://github.com/next/home","sentence":"this project has moved to next/home","source":"readme"}"#;
    let decoy = r#","archived":true,"commit":"2023-01-02","living_forks":[{"name":"f/dead","stars":320,"commit":"2024-01-01"}],"successor":null"#;
    let lost = r#"{"target":"github:a/lost","at":"2026-11-20T00:00:00Z","seen":"failed","class":"github_not_found","status":404,"elsewhere":"https://github.com/z/lost"}"#;
    let once = |text: String| text.replacen(r#","commit":"2026-11-01""#, "", 1);
    [lost.to_owned(), once(alive("old", old)), alive("alive", ""), once(alive("decoy", decoy))].join("\n")
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("README.md", LIST).write("world.jsonl", &world()).write("pomona.toml", "");
    workspace
}

fn replacements(report: &Value, target: &str) -> Vec<(String, String)> {
    let link = report["links"].as_array().unwrap().iter().find(|link| link["target"] == target).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found = link["replacements"].as_array().unwrap().iter();
    found.map(|found| (text(&found["kind"]), text(&found["url"]))).collect()
}

#[test]
fn a_check_offers_them_with_evidence() {
    let workspace = workspace();
    let run =
        workspace.run(&["check", ".", "--replay", "world.jsonl", "--format", "json", "--output", "sarif=log.json"]);
    let report: Value = serde_json::from_str(&run.exits(1).out).unwrap();
    let own = |kind: &str, url: &str| (kind.to_owned(), url.to_owned());
    assert_eq!(replacements(&report, "github:a/lost"), [own("transferred", "https://github.com/z/lost")]);
    let old = [own("successor", "https://github.com/next/home"), own("fork", "https://github.com/f/living")];
    assert_eq!(replacements(&report, "github:a/old"), old);
    assert_eq!((replacements(&report, "github:a/alive").len(), replacements(&report, "github:a/decoy").len()), (0, 0));
    let dead = report["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "dead-link").unwrap();
    assert!(dead["help"].as_str().unwrap().contains("transferred to https://github.com/z/lost"), "{dead}");
    let log: Value = serde_json::from_str(&workspace.read("log.json")).unwrap();
    let fix = &log["runs"][0]["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(fix["insertedContent"]["text"], "https://github.com/z/lost");
    let region = &fix["deletedRegion"];
    let line = LIST.lines().nth(4).unwrap();
    let (start, end) = (region["startColumn"].as_u64().unwrap(), region["endColumn"].as_u64().unwrap());
    let place = |column: u64| usize::try_from(column).unwrap() - 1;
    assert_eq!(&line[place(start)..place(end)], "https://github.com/a/lost");
}

#[test]
fn a_fix_writes_what_is_named_and_nothing_else() {
    let workspace = workspace();
    for _ in 0..2 {
        workspace.run(&["refresh", ".", "--replay", "world.jsonl"]);
    }
    let before = workspace.read("README.md");
    let run = workspace.run(&["fix", "."]).exits(0);
    assert!(run.out.contains("nothing was written"), "{}", run.out);
    assert_eq!(workspace.read("README.md"), before);
    let run = workspace.run(&["fix", ".", "--kind", "successor,transferred"]).exits(0);
    assert!(run.out.contains("wrote "), "{}", run.out);
    let expected = before
        .replace("https://github.com/a/lost)", "https://github.com/z/lost)")
        .replace("https://github.com/a/old#readme)", "https://github.com/next/home)");
    assert_eq!(workspace.read("README.md"), expected);
    let explained = workspace.run(&["explain", "decoy", "."]).exits(0);
    assert!(!explained.out.contains("instead"), "{}", explained.out);
}

#[test]
fn what_is_known_to_be_dead_is_not_offered() {
    let workspace = workspace();
    let gone = r#"{"target":"github:z/lost","at":"2026-11-20T00:00:00Z","seen":"failed","class":"github_not_found","status":404}"#;
    workspace.write("world.jsonl", &format!("{}\n{gone}", world()));
    workspace.write("README.md", &format!("{LIST}- [gone](https://github.com/z/lost) - Dead too.\n"));
    let run = workspace.run(&["check", ".", "--replay", "world.jsonl", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.exits(1).out).unwrap();
    assert_eq!(replacements(&report, "github:a/lost"), []);
}

#[test]
fn explain_shows_them() {
    let workspace = workspace();
    workspace.run(&["refresh", ".", "--replay", "world.jsonl"]);
    let explained = workspace.run(&["explain", "old", "."]).exits(0);
    assert!(explained.out.contains("instead    its owner names https://github.com/next/home"), "{}", explained.out);
    assert!(explained.out.contains("320 stars"), "{}", explained.out);
}

#[test]
fn one_api_that_is_down_does_not_hide_a_dead_page() {
    let server = TestServer::start(|_, _, _| (404, String::new(), String::new()));
    let workspace = Workspace::new();
    let list = format!("# a\n\n- [b](https://github.com/a/b)\n- [c]({})\n", server.url("/page"));
    workspace.write("README.md", &list);
    let mut command = workspace.command(["check", ".", "--allow-private", "--format", "json"]);
    command.env("GITHUB_API_URL", "http://127.0.0.1:9").env("GITHUB_TOKEN", "gho_secret");
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{report}");
    let verdicts: Vec<&str> =
        report["links"].as_array().unwrap().iter().map(|link| link["verdict"].as_str().unwrap()).collect();
    assert!(verdicts.contains(&"unknown") && verdicts.contains(&"dead"), "{report}");
    let unreachable = report["findings"].as_array().unwrap().iter().find(|f| f["code"] == "github-unreachable");
    assert_eq!(unreachable.unwrap()["level"], "warning");
}
