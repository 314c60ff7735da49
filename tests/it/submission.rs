//! Who submits a change: stated where a list asks for it, from the event of the run and one question.

use crate::workspace::{RunOutput, TestServer, Workspace};

const BASE: &str = "# List\n\n## Tools\n\n- [lib](https://github.com/someone/lib) - Does a thing.\n";
const WORLD: &str = r#"{"target":"github:guest/own","at":"2026-11-23T06:00:00Z","seen":"alive","facts":{"stars":3}}
{"target":"github:club/tool","at":"2026-11-23T06:00:00Z","seen":"alive","facts":{"stars":3}}
"#;

/// The event of a pull request by this person.
fn event(login: &str, association: &str) -> String {
    let user = serde_json::json!({"login": login, "id": 1, "type": "User"});
    let pull =
        serde_json::json!({"number": 12, "user": user, "author_association": association, "head": {}, "base": {}});
    serde_json::json!({"action": "opened", "number": 12, "pull_request": pull}).to_string()
}

fn workspace(policy: &str, event: &str) -> Workspace {
    let workspace = Workspace::new();
    let head = format!(
        "{BASE}- [own](https://github.com/guest/own) - Is theirs.\n- [tool](https://github.com/club/tool) - Is a club's.\n"
    );
    workspace.write("base/README.md", BASE).write("base/pomona.toml", policy);
    workspace.write("README.md", &head).write("world.jsonl", WORLD).write("event.json", event);
    workspace
}

fn check(workspace: &Workspace, words: &[&str], variables: &[(&str, &str)]) -> RunOutput {
    let mut command = workspace.command(["check", ".", "--base", "base/README.md"].iter().chain(words));
    command.env("SOURCE_DATE_EPOCH", "1795478400").env("GITHUB_EVENT_PATH", workspace.path("event.json"));
    RunOutput::of(&command.envs(variables.iter().copied()).output().unwrap()).exits(0)
}

#[test]
fn people_are_stated_only_where_the_list_asks() {
    let replay = ["--replay", "world.jsonl"];
    let text = |policy: &str, event: &str| check(&workspace(policy, event), &replay, &[]).out;
    let people = "[submission]\npeople = true\n";
    let out = text(people, &event("guest", "FIRST_TIME_CONTRIBUTOR"));
    assert!(
        out.contains("submitted by guest: first contribution to this list · owns the repository of own\n"),
        "{out}"
    );
    let quiet = text("", &event("guest", "FIRST_TIME_CONTRIBUTOR"));
    assert_eq!(
        quiet,
        out.replace("submitted by guest: first contribution to this list · owns the repository of own\n\n", "")
    );
    // The event of a push has no submitter, and one that is damaged is no reason to fail.
    for other in ["{\"ref\":\"refs/heads/main\"}", "not JSON"] {
        assert_eq!(text(people, other), quiet);
    }
}

#[test]
fn a_change_cannot_ask_for_people_itself() {
    let workspace = workspace("", &event("guest", "NONE"));
    workspace.write("pomona.toml", "[submission]\npeople = true\n");
    let out = check(&workspace, &["--replay", "world.jsonl"], &[]).out;
    assert!(!out.contains("submitted by"), "{out}");
}

#[test]
fn a_hostile_login_is_escaped() {
    let workspace =
        workspace("[submission]\npeople = true\n", &event("@keeper\u{1b}[2J<img src=x>\n# Approved", "OWNER"));
    let out =
        check(&workspace, &["--replay", "world.jsonl", "--output", "markdown=c.md", "--output", "json=r.json"], &[])
            .out;
    assert!(!out.contains('\u{1b}') && !out.contains("\n# Approved"), "{out}");
    let comment = workspace.read("c.md");
    let outside: String = comment.split('`').step_by(2).collect();
    assert!(
        !outside.contains("@keeper") && !outside.contains("<img") && !outside.contains("\n# Approved"),
        "{comment}"
    );
    let report: serde_json::Value = serde_json::from_str(&workspace.read("r.json")).unwrap();
    assert_eq!(report["submitter"]["association"], "OWNER");
}

#[test]
fn age_and_memberships_are_one_question() {
    let repository = |name: &str| serde_json::json!({"nameWithOwner": name, "id": name, "stargazerCount": 3});
    let server = TestServer::start(move |_, path, body| {
        let data = if body.contains("user(login") {
            serde_json::json!({"user": {"createdAt": "2026-11-20T00:00:00Z", "m0": {"login": "club"}}})
        } else if path.ends_with("graphql") {
            let (first, second) = if body.find("club") < body.find("guest") {
                ("club/tool", "guest/own")
            } else {
                ("guest/own", "club/tool")
            };
            serde_json::json!({"r0": repository(first), "r1": repository(second)})
        } else {
            serde_json::json!({})
        };
        (200, "content-type: application/json\r\n".to_owned(), serde_json::json!({ "data": data }).to_string())
    });
    let workspace = workspace("[submission]\npeople = true\n", &event("guest", "NONE"));
    let api = server.url("");
    let variables = [("GITHUB_API_URL", api.as_str()), ("GITHUB_TOKEN", "gho_test")];
    let out = check(&workspace, &["--allow-private"], &variables).out;
    let expected = "submitted by guest: account created this month · first contribution to this list · owns the \
                    repository of own · public member of club\n";
    assert!(out.contains(expected), "{out}");
    assert_eq!(server.requests(), ["/graphql", "/graphql"], "one batch and one question");
}
