//! The session against a stand-in that answers as GitHub does, on loopback.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::{Map, Value, json};

use super::*;
use crate::finding::{Finding, Level};
use crate::observation::{Alive, Failure, FailureClass, Seen};
use crate::probe::loopback::{Loopback, Request, canned};

/// What the stand-in answers for one name.
enum Answer {
    Data(Value),
    Error(&'static str, &'static str),
    /// Data, and an error for one of its fields.
    Hole(Value, &'static str, &'static str),
}

fn repository(name: &str) -> Value {
    json!({
        "nameWithOwner": name, "id": "R_1", "databaseId": 7, "createdAt": "2015-05-06T07:08:09Z",
        "stargazerCount": 12, "forkCount": 3, "isArchived": false, "isDisabled": false, "isFork": false,
        "isMirror": false, "licenseInfo": {"spdxId": "MIT"}, "primaryLanguage": {"name": "Rust"},
        "description": null, "repositoryTopics": {"nodes": [{"topic": {"name": "awesome"}}, null]},
        "defaultBranchRef": {"target": {"committedDate": "2026-01-02T23:30:00-05:00"}},
        "pushedAt": "2026-02-03T00:00:00Z", "latestRelease": null
    })
}

fn names(request: &Request) -> Vec<String> {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let variables = body["variables"].as_object().unwrap();
    let text = |key: String| variables.get(&key).and_then(Value::as_str);
    (0..)
        .map_while(|n| {
            let owner = text(format!("o{n}"))?;
            Some(text(format!("n{n}")).map_or_else(|| owner.to_owned(), |name| format!("{owner}/{name}")))
        })
        .collect()
}

/// The answer to a batch, name by name.
fn batch(request: &Request, answer_for: impl Fn(&str) -> Answer) -> String {
    let (mut data, mut errors) = (Map::new(), Vec::new());
    for (n, name) in names(request).iter().enumerate() {
        let alias = format!("r{n}");
        let (value, error) = match answer_for(name) {
            Answer::Data(value) => (value, None),
            Answer::Error(kind, message) => (Value::Null, Some((kind, message, json!([alias])))),
            Answer::Hole(value, field, kind) => (value, Some((kind, "no", json!([alias, field])))),
        };
        data.insert(alias, value);
        errors.extend(error.map(|(kind, message, path)| json!({"type": kind, "message": message, "path": path})));
    }
    canned(200, &[], json!({"data": data, "errors": errors}))
}

fn is_graphql(request: &Request) -> bool {
    request.path == "/graphql"
}

fn settings(server: &Loopback) -> GitHubSettings {
    GitHubSettings {
        api_url: server.url.clone(),
        graphql_url: format!("{}/graphql", server.url),
        token: Token::new("gho_test"),
        max_wait: Duration::from_secs(20),
        pause: Duration::from_millis(1),
        allow_private: true,
        ..GitHubSettings::default()
    }
}

async fn look_with(settings: GitHubSettings, targets: &[&str]) -> Vec<Event> {
    let github = GitHub::new(settings).unwrap();
    github.look(targets.iter().map(|target| target.parse().unwrap()).collect()).collect().await
}

async fn look(server: &Loopback, targets: &[&str]) -> Vec<Event> {
    look_with(settings(server), targets).await
}

fn seen<'a>(events: &'a [Event], target: &str) -> &'a Seen {
    let target: Target = target.parse().unwrap();
    let mut found = events.iter().filter_map(|event| match event {
        Event::Seen(observation) if observation.target == target => Some(&observation.seen),
        _ => None,
    });
    let first = found.next().unwrap_or_else(|| panic!("{target} is not reported: {events:?}"));
    assert!(found.next().is_none(), "{target} is reported twice");
    first
}

fn alive<'a>(events: &'a [Event], target: &str) -> &'a Alive {
    match seen(events, target) {
        Seen::Alive(alive) => alive,
        Seen::Failed(failure) => panic!("{target}: {failure:?}"),
    }
}

fn failed<'a>(events: &'a [Event], target: &str) -> &'a Failure {
    match seen(events, target) {
        Seen::Failed(failure) => failure,
        Seen::Alive(alive) => panic!("{target}: {alive:?}"),
    }
}

fn notices(events: &[Event]) -> Vec<&Finding> {
    events.iter().filter_map(|e| if let Event::Notice(finding) = e { Some(finding) } else { None }).collect()
}

fn missing() -> String {
    canned(404, &[], r#"{"message":"Not Found","status":"404"}"#)
}

fn days(date: crate::observation::Known<jiff::civil::Date>) -> Option<String> {
    date.flatten().map(|date| date.to_string())
}

#[tokio::test]
async fn facts_are_parsed_and_one_user_agent_is_sent() {
    let server = Loopback::serve(|request| batch(request, |_| Answer::Data(repository("A/b"))));
    let events = look(&server, &["github:a/b"]).await;
    let seen = alive(&events, "github:a/b");
    let facts = &seen.facts;
    assert_eq!((seen.status, &seen.moved_to), (None, &None), "letter case is no move");
    assert_eq!((facts.name.as_deref(), facts.id, facts.node_id.as_deref()), (Some("A/b"), Some(7), Some("R_1")));
    assert_eq!((facts.stars, facts.forks, facts.archived), (Some(12), Some(3), Some(false)));
    assert_eq!((&facts.licence, &facts.description), (&Some(Some("MIT".to_owned())), &Some(None)));
    assert_eq!((facts.topics.as_deref(), facts.release), (Some(&["awesome".to_owned()][..]), Some(None)));
    assert_eq!(days(facts.commit).as_deref(), Some("2026-01-03"), "in UTC");
    let request = &server.seen()[0];
    assert_eq!(request.header("user-agent"), [api::user_agent()]);
    assert_eq!(request.header("authorization"), ["Bearer gho_test"]);
    assert_eq!(request.header("accept"), ["application/vnd.github+json"]);
}

#[tokio::test]
async fn errors_are_read_by_their_path() {
    let server = Loopback::serve(|request| match request.path.as_str() {
        "/graphql" => batch(request, |name| match name {
            "a/hole" => Answer::Hole(repository("a/hole"), "latestRelease", "OTHER"),
            "a/odd" => Answer::Error("UNPROCESSABLE", "odd"),
            "a/locked" => Answer::Error("FORBIDDEN", "Repository is locked for migration."),
            "a/dead" => Answer::Error("NOT_FOUND", "Could not resolve to a Repository with the name 'a/dead'."),
            name => Answer::Data(repository(name)),
        }),
        _ => missing(),
    });
    let targets = ["github:a/b", "github:a/hole", "github:a/odd", "github:a/locked", "github:a/dead"];
    let events = look(&server, &targets).await;
    assert_eq!(alive(&events, "github:a/b").facts.release, Some(None));
    let hole = &alive(&events, "github:a/hole").facts;
    assert_eq!((hole.release, hole.stars), (None, Some(12)), "what an error explains is unknown");
    assert_eq!(failed(&events, "github:a/odd").class, FailureClass::GithubUnavailable);
    assert_eq!(failed(&events, "github:a/locked").class, FailureClass::GithubLocked);
    let dead = failed(&events, "github:a/dead");
    assert_eq!((dead.class, dead.status), (FailureClass::GithubNotFound, Some(404)));
    assert_eq!(server.count("/repos/"), 1, "only what is missing is confirmed");
}

#[tokio::test]
async fn a_rename_is_reported() {
    let server = Loopback::serve(|request| batch(request, |_| Answer::Data(repository("New/Name"))));
    let events = look(&server, &["github:old/name"]).await;
    assert_eq!(alive(&events, "github:old/name").moved_to.as_deref(), Some("https://github.com/New/Name"));
}

#[tokio::test]
async fn what_graphql_misses_may_have_moved_for_rest() {
    let server = Loopback::serve(|request| match request.path.as_str() {
        "/graphql" => batch(request, |_| Answer::Error("NOT_FOUND", "Could not resolve")),
        "/repos/old/name" => canned(301, &[("location", "/repositories/7")], r#"{"message":"Moved Permanently"}"#),
        _ => canned(
            200,
            &[],
            json!({
                "full_name": "New/Name", "id": 7, "node_id": "R_1", "stargazers_count": 5, "mirror_url": null,
                "license": {"spdx_id": "NOASSERTION"}, "language": null, "pushed_at": "2026-02-03T00:00:00Z"
            }),
        ),
    });
    let events = look(&server, &["github:old/name"]).await;
    let seen = alive(&events, "github:old/name");
    assert_eq!(seen.moved_to.as_deref(), Some("https://github.com/New/Name"));
    let facts = &seen.facts;
    assert_eq!((facts.stars, facts.mirror, &facts.language), (Some(5), Some(false), &Some(None)));
    assert_eq!((facts.commit, &facts.description), (None, &None), "what was not sent is unknown");
    assert_eq!(server.seen()[2].header("authorization"), ["Bearer gho_test"], "the same origin keeps the token");
}

#[tokio::test]
async fn a_redirect_elsewhere_gets_no_token() {
    let elsewhere = Loopback::serve(|_| canned(200, &[], json!({"full_name": "a/b"})));
    let to = format!("{}/stolen", elsewhere.url);
    let server = Loopback::serve(move |request| {
        if is_graphql(request) {
            batch(request, |_| Answer::Error("NOT_FOUND", "Could not resolve"))
        } else {
            canned(301, &[("location", &to)], "{}")
        }
    });
    let events = look(&server, &["github:a/b"]).await;
    alive(&events, "github:a/b");
    assert_eq!(elsewhere.seen()[0].header("authorization"), [""; 0]);
    assert_eq!(elsewhere.count("/stolen"), 1);
}

#[tokio::test]
async fn a_block_is_not_a_death() {
    let server = Loopback::serve(|request| match request.path.as_str() {
        "/graphql" => batch(request, |_| Answer::Error("NOT_FOUND", "Could not resolve")),
        "/repos/a/dmca" => canned(451, &[], r#"{"message":"Repository access blocked","block":{"reason":"dmca"}}"#),
        _ => canned(403, &[], r#"{"message":"Repository access blocked","block":{"reason":"tos"}}"#),
    });
    let events = look(&server, &["github:a/dmca", "github:a/tos"]).await;
    for (target, status, reason) in [("github:a/dmca", 451, "dmca"), ("github:a/tos", 403, "tos")] {
        let blocked = failed(&events, target);
        assert_eq!(
            (blocked.class, blocked.status, blocked.detail.as_str()),
            (FailureClass::GithubBlocked, Some(status), reason)
        );
    }
}

#[tokio::test]
async fn what_is_forbidden_to_the_token_is_asked_without_it() {
    let server = Loopback::serve(|request| match (request.path.as_str(), request.header("authorization").is_empty()) {
        ("/graphql", _) => batch(request, |name| match name {
            "a/rest" => Answer::Error("NOT_FOUND", "Could not resolve"),
            _ => Answer::Error("FORBIDDEN", "Resource protected by organization SAML enforcement."),
        }),
        ("/repos/a/private", true) => missing(),
        (_, true) => canned(200, &[], json!({"full_name": "a/b", "stargazers_count": 1})),
        (_, false) => canned(403, &[], r#"{"message":"the organization has an IP allow list enabled"}"#),
    });
    let events = look(&server, &["github:a/b", "github:a/private", "github:a/rest"]).await;
    assert_eq!(alive(&events, "github:a/b").facts.stars, Some(1));
    alive(&events, "github:a/rest");
    let private = failed(&events, "github:a/private");
    assert_eq!(private.class, FailureClass::GithubForbidden);
    assert!(private.detail.contains("SAML"), "{private:?}");
}

#[tokio::test]
async fn owners_are_looked_up_in_the_same_batch() {
    let server = Loopback::serve(|request| match request.path.as_str() {
        "/graphql" => batch(request, |name| match name {
            "nobody" => Answer::Data(Value::Null),
            "a/b" => Answer::Data(repository("a/b")),
            name => {
                Answer::Data(json!({"login": name.to_uppercase(), "id": "O_1", "databaseId": 9, "archivedAt": null}))
            }
        }),
        _ => missing(),
    });
    let events = look(&server, &["github:org", "github:a/b", "github:nobody"]).await;
    let org = alive(&events, "github:org");
    assert_eq!((org.facts.id, org.facts.archived, &org.moved_to), (Some(9), Some(false), &None));
    assert_eq!(failed(&events, "github:nobody").class, FailureClass::GithubUnavailable, "its page decides");
    assert_eq!((server.count("/graphql"), server.count("/users/nobody")), (1, 1));
}

/// Finds every page alive.
struct Pages;

impl Probe for Pages {
    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event> {
        api::event_stream(|events| async move {
            for target in targets {
                events.alive(target, Alive { status: Some(200), ..Alive::default() });
            }
        })
    }
}

#[tokio::test]
async fn files_and_folders_are_looked_up_in_the_batch() {
    let server = Loopback::serve(|request| {
        batch(request, |name| match name {
            "a/b" => Answer::Data(json!({"nameWithOwner": "A/b", "object": {"__typename": "Blob"}})),
            "a/old" => Answer::Data(json!({"nameWithOwner": "a/new", "object": {"__typename": "Tree"}})),
            "a/c" => Answer::Data(json!({"nameWithOwner": "a/c", "object": null})),
            _ => Answer::Error("NOT_FOUND", "Could not resolve"),
        })
    });
    let github = GitHub::new(settings(&server)).unwrap().with_pages(std::sync::Arc::new(Pages));
    let targets =
        ["github:a/b//blob/main/x.md", "github:a/old//tree/v1", "github:a/c//blob/a/b/c", "github:a/dead//tree/x"];
    let targets: Vec<Target> = targets.iter().map(|target| target.parse().unwrap()).collect();
    assert!(targets.iter().all(|target| github.answers_for(target)));
    assert!(!github.answers_for(&"github:a/b//issues/1".parse().unwrap()));
    let events: Vec<Event> = github.look(targets).collect().await;
    let there = alive(&events, "github:a/b//blob/main/x.md");
    assert_eq!((there.status, &there.moved_to, there.facts.is_empty()), (None, &None, true));
    let moved = alive(&events, "github:a/old//tree/v1");
    assert_eq!(moved.moved_to.as_deref(), Some("https://github.com/a/new/tree/v1"));
    assert_eq!(alive(&events, "github:a/c//blob/a/b/c").status, Some(200), "left to the page");
    assert_eq!(alive(&events, "github:a/dead//tree/x").status, Some(200));
    assert_eq!(server.count("/repos"), 0);
}

fn many(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("github:a/r{n}")).collect()
}

#[tokio::test]
async fn a_limit_on_resources_halves_the_batch_and_keeps_the_results() {
    let server = Loopback::serve(|request| {
        let late = names(request).into_iter().skip(10).collect::<Vec<_>>();
        batch(request, |name| {
            if late.iter().any(|l| l == name) {
                Answer::Error("RESOURCE_LIMITS_EXCEEDED", "Resource limits for this query exceeded.")
            } else {
                Answer::Data(repository(name))
            }
        })
    });
    let targets = many(60);
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let events = look(&server, &targets).await;
    for target in &targets {
        alive(&events, target);
    }
    let asked: Vec<usize> = server.seen().iter().map(|request| names(request).len()).collect();
    assert_eq!(asked[..2], [50, 25], "{asked:?}");
    assert!(asked.len() <= 10, "{asked:?}");
}

#[tokio::test]
async fn a_hole_left_by_the_limit_is_asked_again() {
    let server = Loopback::serve(|request| {
        let alone = names(request).len() == 1;
        batch(request, |name| match name {
            "a/r1" if !alone => Answer::Hole(repository(name), "latestRelease", "RESOURCE_LIMITS_EXCEEDED"),
            name => Answer::Data(repository(name)),
        })
    });
    let events = look(&server, &["github:a/r0", "github:a/r1"]).await;
    assert_eq!(alive(&events, "github:a/r1").facts.release, Some(None));
}

#[tokio::test]
async fn one_that_always_fails_does_not_take_the_others_with_it() {
    let server = Loopback::serve(|request| {
        if names(request).iter().any(|name| name == "a/r7") {
            return canned(502, &[("content-type", "text/html")], "<html>502</html>");
        }
        batch(request, |name| Answer::Data(repository(name)))
    });
    let targets = many(20);
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let events = look(&server, &targets).await;
    assert_eq!(failed(&events, "github:a/r7").class, FailureClass::GithubUnavailable);
    for target in targets.iter().filter(|target| !target.ends_with("r7")) {
        alive(&events, target);
    }
}

#[tokio::test]
async fn a_secondary_limit_is_waited_for() {
    for refusal in [
        canned(403, &[("retry-after", "1")], r#"{"message":"You have exceeded a secondary rate limit."}"#),
        canned(
            200,
            &[("retry-after", "1")],
            r#"{"errors":[{"type":"RATE_LIMIT","code":"graphql_rate_limit","message":"no"}]}"#,
        ),
    ] {
        let calls = Arc::new(AtomicUsize::new(0));
        let server = Loopback::serve(move |request| match calls.fetch_add(1, SeqCst) {
            0 => refusal.clone(),
            _ => batch(request, |name| Answer::Data(repository(name))),
        });
        let events = look(&server, &["github:a/b", "github:a/c"]).await;
        assert!(events.iter().any(|event| matches!(event, Event::Waiting { .. })), "{events:?}");
        alive(&events, "github:a/c");
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn a_spent_budget_ends_the_requests() {
    let reset = (api::now().as_second() + 1800).to_string();
    let server = Loopback::serve(move |request| {
        if !is_graphql(request) {
            return missing();
        }
        let limits =
            [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str())];
        let refused =
            json!({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}]});
        canned(200, &limits, refused)
    });
    let events = look(&server, &["github:a/b", "github:a/c"]).await;
    assert_eq!(failed(&events, "github:a/b").class, FailureClass::RateLimited);
    let notices = notices(&events);
    assert_eq!(notices.len(), 1);
    assert!(notices[0].message.contains("2 repositories and owners were not looked at; it resets at"), "{notices:?}");
    assert_eq!(server.seen().len(), 1, "no fall-back to one call for each");
}

#[tokio::test]
async fn no_request_exceeds_the_budget() {
    let reset = (api::now().as_second() + 1800).to_string();
    let server = Loopback::serve(move |request| {
        let answer = batch(request, |name| Answer::Data(repository(name)));
        answer.replacen(
            "\r\n",
            &format!("\r\nx-ratelimit-limit: 5000\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: {reset}\r\n"),
            1,
        )
    });
    let events = look_with(GitHubSettings { batch: 1, ..settings(&server) }, &["github:a/b", "github:a/c"]).await;
    alive(&events, "github:a/b");
    assert_eq!(failed(&events, "github:a/c").class, FailureClass::RateLimited);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn without_a_token_a_few_are_looked_at() {
    let server = Loopback::serve(|request| match request.path.as_str() {
        "/users/org" => canned(200, &[], json!({"login": "Org", "id": 3, "type": "Organization"})),
        "/repos/a/dead" => missing(),
        _ => canned(200, &[], json!({"full_name": "a/b", "stargazers_count": 4})),
    });
    let settings = GitHubSettings { token: None, anonymous: 3, ..settings(&server) };
    let targets = ["github:a/b", "github:org", "github:a/dead", "github:a/c", "github:a/d"];
    let github = GitHub::new(settings.clone()).unwrap();
    let plan = github.plan(&targets.map(|target| target.parse().unwrap()));
    assert_eq!((plan.graphql_calls, plan.most_rest_calls, plan.left_out), (0, 3, 2));
    let events = look_with(settings, &targets).await;
    assert_eq!(alive(&events, "github:a/b").facts.stars, Some(4));
    alive(&events, "github:org");
    assert_eq!(failed(&events, "github:a/dead").class, FailureClass::GithubNotFound);
    assert_eq!(failed(&events, "github:a/d").class, FailureClass::NotLooked);
    let notices = notices(&events);
    assert_eq!(notices.len(), 1);
    assert!(
        notices[0].message.contains("without a token") && notices[0].help.as_ref().unwrap().contains("GITHUB_TOKEN")
    );
    assert_eq!((server.seen().len(), server.count("/graphql")), (3, 0));
    assert_eq!(server.seen()[0].header("authorization"), [""; 0]);
}

#[tokio::test]
async fn a_bad_token_leaves_its_targets_unknown_and_is_never_printed() {
    let server = Loopback::serve(|_| canned(401, &[], r#"{"message":"Bad credentials gho_test"}"#));
    let events = look(&server, &["github:a/b"]).await;
    assert_eq!(failed(&events, "github:a/b").class, FailureClass::GithubUnavailable);
    let [finding] = notices(&events)[..] else { panic!("{events:?}") };
    assert_eq!((finding.code, finding.level), ("github-token-refused", Level::Warning));
    assert!(finding.help.as_ref().unwrap().contains("GITHUB_TOKEN"));
    assert!(!format!("{finding:?} {:?}", settings(&server)).contains("gho_test"));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_token_that_a_server_repeats_is_masked() {
    let server = Loopback::serve(|request| match request.path.as_str() {
        "/graphql" => batch(request, |name| match name {
            "a/b" => Answer::Error("UNPROCESSABLE", "gho_test is odd"),
            "a/c" => Answer::Data(json!({"nameWithOwner": "a/c", "description": "by gho_test"})),
            _ => Answer::Error("FORBIDDEN", "no"),
        }),
        _ => canned(403, &[], r#"{"message":"gho\u005ftest is not welcome"}"#),
    });
    let events = look(&server, &["github:a/b", "github:a/c", "github:a/d"]).await;
    assert!(failed(&events, "github:a/b").detail.contains("*** is odd"), "{events:?}");
    assert!(!format!("{events:?}").contains("gho_test"), "{events:?}");
}

#[tokio::test]
async fn rest_that_refuses_the_token_is_called_without_it() {
    let server = Loopback::serve(|request| match (request.path.as_str(), request.header("authorization").is_empty()) {
        ("/graphql", _) => batch(request, |name| match name {
            "a/b" => Answer::Data(repository(name)),
            _ => Answer::Error("NOT_FOUND", "Could not resolve"),
        }),
        (_, false) => canned(401, &[], r#"{"message":"Bad credentials"}"#),
        (_, true) => missing(),
    });
    let events = look(&server, &["github:a/b", "github:a/dead"]).await;
    alive(&events, "github:a/b");
    assert_eq!(failed(&events, "github:a/dead").class, FailureClass::GithubNotFound);
    assert_eq!(notices(&events).len(), 0);
}

#[tokio::test]
async fn a_404_that_is_not_of_github_is_not_accepted() {
    for (status, headers, body) in [
        (404, &[][..], "<html>Not Found</html>"),
        (410, &[][..], ""),
        (404, &[("content-type", "application/json")][..], r#"{"error":"no route"}"#),
    ] {
        let answer = canned(status, headers, body);
        let server = Loopback::serve(move |request| match request.path.as_str() {
            "/graphql" => batch(request, |_| Answer::Error("NOT_FOUND", "Could not resolve")),
            _ => answer.clone(),
        });
        for token in [Token::new("gho_test"), None] {
            let events = look_with(GitHubSettings { token, ..settings(&server) }, &["github:a/b"]).await;
            assert_eq!(failed(&events, "github:a/b").class, FailureClass::GithubUnavailable, "{status} {body}");
        }
    }
    let server = Loopback::serve(|_| canned(404, &[("x-github-request-id", "1:2")], ""));
    let events = look_with(GitHubSettings { token: None, ..settings(&server) }, &["github:a/b"]).await;
    assert_eq!(failed(&events, "github:a/b").class, FailureClass::GithubNotFound);
}

#[tokio::test]
async fn that_all_is_missing_is_accepted_only_where_a_repository_that_exists_is_found() {
    for (known, class) in [(true, FailureClass::GithubNotFound), (false, FailureClass::GithubUnavailable)] {
        let server = Loopback::serve(move |request| match request.path.as_str() {
            "/repos/octocat/Hello-World" if known => canned(200, &[], json!({"full_name": "octocat/Hello-World"})),
            _ => missing(),
        });
        let targets = many(5);
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        let events = look_with(GitHubSettings { token: None, ..settings(&server) }, &targets).await;
        assert!(targets.iter().all(|target| failed(&events, target).class == class), "{known}: {events:?}");
        assert_eq!(notices(&events).len(), usize::from(!known));
        assert_eq!(server.seen().len(), 6);
    }
}

#[tokio::test]
async fn owners_that_the_api_does_not_know_are_left_to_their_page() {
    for token in [Token::new("gho_test"), None] {
        let server = Loopback::serve(|request| match request.path.as_str() {
            "/graphql" => batch(request, |_| Answer::Data(Value::Null)),
            _ => missing(),
        });
        let github = GitHub::new(GitHubSettings { token, ..settings(&server) }).unwrap().with_pages(Arc::new(Pages));
        let events: Vec<Event> = github.look(vec!["github:mcp".parse().unwrap()]).collect().await;
        assert_eq!(alive(&events, "github:mcp").status, Some(200));
    }
}

#[tokio::test]
async fn one_odd_node_does_not_spoil_its_batch() {
    let server = Loopback::serve(|request| {
        batch(request, |name| {
            let mut node = repository(name);
            match name {
                "a/r0" => node["stargazerCount"] = json!(-1),
                "a/r1" => node["stargazerCount"] = json!(1e30),
                "a/r2" => node["description"] = json!({"odd": 1}),
                "a/r3" => node["nameWithOwner"] = json!(null),
                _ => {}
            }
            Answer::Data(node)
        })
    });
    let targets = many(50);
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let events = look(&server, &targets).await;
    for n in [0, 1, 2, 4] {
        alive(&events, targets[n]);
    }
    let odd = [0, 1, 4].map(|n| alive(&events, targets[n]).facts.stars);
    assert_eq!(odd, [None, None, Some(12)]);
    assert_eq!(failed(&events, "github:a/r3").class, FailureClass::GithubUnavailable);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_query_of_too_many_nodes_is_halved() {
    let server = Loopback::serve(|request| match names(request).len() {
        0..=6 => batch(request, |name| Answer::Data(repository(name))),
        _ => canned(200, &[], r#"{"errors":[{"type":"MAX_NODE_LIMIT_EXCEEDED","message":"too many"}]}"#),
    });
    let targets = many(50);
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let events = look(&server, &targets).await;
    for target in &targets {
        alive(&events, target);
    }
}

#[tokio::test]
async fn a_401_with_the_limits_of_no_token_passes() {
    let calls = AtomicUsize::new(0);
    let server = Loopback::serve(move |request| match calls.fetch_add(1, SeqCst) {
        0 => canned(401, &[("x-ratelimit-limit", "60"), ("x-ratelimit-remaining", "59")], "{}"),
        _ => batch(request, |name| Answer::Data(repository(name))),
    });
    alive(&look(&server, &["github:a/b"]).await, "github:a/b");
}

#[tokio::test]
async fn fields_that_an_old_server_does_not_know_are_dropped() {
    let server = Loopback::serve(|request| {
        if request.body.contains("isMirror") {
            let path = json!(["fragment R", "isMirror"]);
            let unknown = json!({"code": "undefinedField", "typeName": "Repository", "fieldName": "isMirror"});
            let message = "Field 'isMirror' doesn't exist on type 'Repository'";
            return canned(200, &[], json!({"errors": [{"path": path, "extensions": unknown, "message": message}]}));
        }
        let mut node = repository("a/b");
        node.as_object_mut().unwrap().remove("isMirror");
        batch(request, |_| Answer::Data(node.clone()))
    });
    let events = look(&server, &["github:a/b"]).await;
    let facts = &alive(&events, "github:a/b").facts;
    assert_eq!((facts.mirror, facts.fork), (None, Some(false)));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn an_unreachable_api_leaves_its_targets_unknown() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for token in [Token::new("gho_test"), None] {
        let pause = Duration::from_millis(1);
        let settings = GitHubSettings {
            api_url: url.clone(),
            graphql_url: url.clone(),
            token,
            pause,
            is_configured: true,
            ..GitHubSettings::default()
        };
        let github = GitHub::new(settings).unwrap().with_pages(Arc::new(Pages));
        let targets = ["github:a/b", "github:a/c", "github:org"].map(|target| target.parse().unwrap());
        let events: Vec<Event> = github.look(targets.to_vec()).collect().await;
        let codes: Vec<&str> = notices(&events).iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["github-unreachable"]);
        assert_eq!(failed(&events, "github:a/c").class, FailureClass::GithubUnavailable);
        assert_eq!(alive(&events, "github:org").status, Some(200), "pages are still checked");
    }
}

#[tokio::test]
async fn an_api_at_a_private_address_is_called_only_where_a_person_configured_it() {
    let server = Loopback::serve(|_| missing());
    for (is_configured, calls) in [(false, 0), (true, 1)] {
        let settings = GitHubSettings { token: None, allow_private: false, is_configured, ..settings(&server) };
        let events = look_with(settings, &["github:a/b"]).await;
        assert_eq!(server.seen().len(), calls);
        let class = failed(&events, "github:a/b").class;
        assert_eq!(class == FailureClass::GithubNotFound, is_configured, "{events:?}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_not_an_api_that_is_down() {
    let server = Loopback::serve(|request| match request.path.as_str() {
        "/repos/a/r0" | "/repos/a/r1" => canned(301, &[("location", "http://10.0.0.9/x")], "{}"),
        _ => canned(200, &[], json!({"full_name": "a/r2"})),
    });
    let settings = GitHubSettings { token: None, allow_private: false, is_configured: true, ..settings(&server) };
    let events = look_with(settings, &["github:a/r0", "github:a/r1", "github:a/r2"]).await;
    assert_eq!(failed(&events, "github:a/r0").class, FailureClass::GithubUnavailable);
    alive(&events, "github:a/r2");
    assert_eq!(notices(&events).len(), 0, "{events:?}");
}

#[tokio::test]
async fn an_api_that_only_fails_is_left_after_a_few_requests() {
    let server = Loopback::serve(|_| canned(502, &[], "<html>"));
    let targets = many(60);
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let events = look(&server, &targets).await;
    assert!(targets.iter().all(|target| failed(&events, target).class == FailureClass::GithubUnavailable));
    assert_eq!(server.seen().len(), 6);
}

#[test]
fn a_token_over_plain_http_is_reported() {
    let sends = |api_url: &str, token| {
        let settings = GitHubSettings {
            api_url: api_url.to_owned(),
            graphql_url: GitHubSettings::graphql_beside(api_url),
            token,
            ..GitHubSettings::default()
        };
        Transport::new(&settings).unwrap().sends_token_in_the_clear()
    };
    assert!(sends("http://git.example.org/api/v3", Token::new("x")));
    assert!(!sends("http://git.example.org/api/v3", None) && !sends("http://127.0.0.1:80", Token::new("x")));
    assert!(!sends("https://git.example.org/api/v3", Token::new("x")));
}

#[tokio::test]
async fn an_api_that_stops_answering_costs_only_the_rest() {
    let calls = AtomicUsize::new(0);
    let server = Loopback::serve(move |request| match calls.fetch_add(1, SeqCst) {
        0 => batch(request, |name| Answer::Data(repository(name))),
        _ => String::new(),
    });
    let events = look_with(GitHubSettings { batch: 1, ..settings(&server) }, &["github:a/b", "github:a/c"]).await;
    alive(&events, "github:a/b");
    assert_eq!(failed(&events, "github:a/c").class, FailureClass::GithubUnavailable);
}

#[tokio::test]
async fn the_addresses_of_the_other_editions_are_known() {
    let enterprise = GitHubSettings::at("git.example.org");
    assert_eq!(enterprise.api_url, "https://git.example.org/api/v3");
    assert_eq!(enterprise.graphql_url, GitHubSettings::graphql_beside(&enterprise.api_url));
    assert_eq!(GitHubSettings::graphql_beside("http://127.0.0.1:1/"), "http://127.0.0.1:1/graphql");
    let wrong = GitHubSettings { api_url: "ftp://x".to_owned(), ..GitHubSettings::default() };
    assert_eq!(
        GitHub::new(wrong).err().unwrap().to_string(),
        "invalid API address `ftp://x`: expected an http or https URL"
    );
    let github = GitHub::new(enterprise).unwrap();
    let events: Vec<Event> = github.look(vec!["github:a/b".parse().unwrap()]).collect().await;
    assert_eq!(failed(&events, "github:a/b").class, FailureClass::NotLooked, "another host");
}

#[tokio::test]
async fn one_that_takes_too_long_is_asked_in_smaller_batches() {
    let server = Loopback::serve(|request| {
        if names(request).len() > 2 {
            std::thread::sleep(Duration::from_millis(600));
        }
        batch(request, |name| Answer::Data(repository(name)))
    });
    let settings = GitHubSettings { timeout: Duration::from_millis(200), ..settings(&server) };
    let events = look_with(settings, &["github:a/r0", "github:a/r1", "github:a/r2"]).await;
    alive(&events, "github:a/r2");
    assert_eq!(names(&server.seen()[1]).len(), 1);
}

#[tokio::test]
async fn more_that_are_missing_than_may_be_confirmed_are_not_called_dead() {
    let server = Loopback::serve(|request| match request.path.as_str() {
        "/graphql" => batch(request, |_| Answer::Error("NOT_FOUND", "Could not resolve")),
        _ => missing(),
    });
    let settings = GitHubSettings { confirmations: 1, ..settings(&server) };
    let events = look_with(settings, &["github:a/r0", "github:a/r1"]).await;
    assert_eq!(failed(&events, "github:a/r0").class, FailureClass::GithubNotFound);
    assert_eq!(failed(&events, "github:a/r1").class, FailureClass::GithubUnavailable);
}

/// A server that misbehaves in its own way for each seed.
fn misbehaving(seed: usize) -> Loopback {
    let calls = AtomicUsize::new(seed * 1000);
    Loopback::serve(move |request| {
        let n = calls.fetch_add(1, SeqCst).wrapping_mul(2_654_435_761) >> 7;
        match (n % 11, is_graphql(request)) {
            (0, _) => canned(502, &[], "<html>"),
            (1, _) => String::new(),
            (2, _) => canned(200, &[], "{\"data\": {\"r0\""),
            (3, _) => canned(403, &[("retry-after", "0")], "{}"),
            (4, _) => canned(503, &[], ""),
            (_, false) => missing(),
            (_, true) => batch(request, |name| match name.len() * 7 + n {
                n if n % 5 == 0 => Answer::Error("RESOURCE_LIMITS_EXCEEDED", "no"),
                n if n % 7 == 0 => Answer::Error("NOT_FOUND", "no"),
                n if n % 13 == 0 => Answer::Data(Value::Null),
                _ => Answer::Data(repository(name)),
            }),
        }
    })
}

#[tokio::test]
async fn every_target_is_reported_however_a_server_misbehaves() {
    let targets = many(20);
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let servers: Vec<Loopback> = (0..8).map(misbehaving).collect();
    let looks = servers.iter().map(|server| look(server, &targets));
    for events in futures_util::future::join_all(looks).await {
        for target in &targets {
            seen(&events, target);
        }
    }
}
