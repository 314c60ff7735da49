//! Each forge against a stand-in that answers in its format, on loopback.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::observation::{Observation, Seen};
use crate::probe::loopback::{Loopback, Request, canned};

/// Finds every page alive, and records which it was given.
#[derive(Default)]
struct Pages(Mutex<Vec<Target>>);

impl Probe for Pages {
    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event> {
        self.0.lock().unwrap().extend(targets.clone());
        api::event_stream(|events| async move {
            for target in targets {
                events.alive(target, Alive { status: Some(200), ..Alive::default() });
            }
        })
    }
}

fn settings(server: &Loopback) -> ForgeSettings {
    let hosts = ["gitlab.com", "codeberg.org", "huggingface.co"];
    ForgeSettings {
        bases: hosts.into_iter().map(|host| (host.to_owned(), server.url.clone())).collect(),
        pause: Duration::from_millis(1),
        max_wait: Duration::from_secs(10),
        rules: AddressRules { allow_private: true, ..AddressRules::default() },
        ..ForgeSettings::default()
    }
}

async fn look(server: &Loopback, targets: &[&str], pages: Option<&Arc<Pages>>) -> Vec<Event> {
    let probe =
        OtherForges::new(settings(server), pages.map(|pages| Arc::clone(pages) as Arc<dyn Probe + Send + Sync>))
            .unwrap();
    probe.look(targets.iter().map(|target| target.parse().unwrap()).collect()).collect().await
}

fn seen(events: &[Event], target: &str) -> Seen {
    let target: Target = target.parse().unwrap();
    let of = |event: &Event| match event {
        Event::Seen(Observation { target: t, seen, .. }) if *t == target => Some(seen.clone()),
        _ => None,
    };
    let found: Vec<Seen> = events.iter().filter_map(of).collect();
    assert_eq!(found.len(), 1, "{target}: {events:?}");
    found[0].clone()
}

fn alive_at(events: &[Event], target: &str) -> Alive {
    match seen(events, target) {
        Seen::Alive(alive) => Arc::unwrap_or_clone(alive),
        Seen::Failed(failure) => panic!("{target}: {failure:?}"),
    }
}

fn failed(events: &[Event], target: &str) -> Failure {
    match seen(events, target) {
        Seen::Failed(failure) => failure,
        Seen::Alive(alive) => panic!("{target}: {alive:?}"),
    }
}

fn project(path: &str) -> Value {
    json!({
        "id": 42, "path_with_namespace": path, "description": "", "created_at": "2020-01-02T03:04:05.678Z",
        "star_count": 9, "forks_count": 2, "archived": true, "last_activity_at": "2026-03-04T05:06:07.000Z",
        "topics": ["x"], "license": {"key": "gpl-3.0"}
    })
}

fn gitlab(request: &Request) -> String {
    match request.path.as_str() {
        "/api/graphql" => {
            let asked: Value = serde_json::from_str(&request.body).unwrap();
            let paths = asked["variables"]["paths"].as_array().unwrap();
            let known = paths.iter().filter(|path| path.as_str().unwrap().starts_with("known/"));
            let node = |path: &Value| {
                json!({
                    "id": "gid://gitlab/Project/42", "fullPath": path, "description": "d", "starCount": 5,
                    "createdAt": "2020-01-02T03:04:05Z", "archived": false, "lastActivityAt": "2026-03-04T05:06:07Z"
                })
            };
            canned(200, &[], json!({"data": {"projects": {"nodes": known.map(node).collect::<Vec<_>>()}}}))
        }
        "/api/v4/projects/old%2Fa%2Fb?license=true" => canned(301, &[("location", "/api/v4/projects/42")], "{}"),
        "/api/v4/projects/42" => canned(200, &[], project("New/a/b")),
        "/api/v4/groups/group%2Fsub?with_projects=false" => {
            canned(200, &[], json!({"id": 3, "full_path": "group/sub"}))
        }
        "/api/v4/users?username=somebody" => canned(200, &[], json!([{"id": 4, "username": "somebody"}])),
        "/api/v4/users?username=nobody" => canned(200, &[], json!([])),
        _ => canned(404, &[], r#"{"message":"404 Project Not Found"}"#),
    }
}

#[tokio::test]
async fn gitlab_answers_for_many_projects_at_once() {
    let server = Loopback::serve(gitlab);
    let targets = ["gitlab:known/one", "gitlab:known/sub/two", "gitlab:old/a/b", "gitlab:dead/x", "gitlab:group/sub"];
    let events = look(&server, &targets, None).await;
    let facts = alive_at(&events, "gitlab:known/sub/two").facts;
    assert_eq!((facts.id, facts.stars, facts.archived), (Some(42), Some(5), Some(false)));
    assert_eq!((facts.licence.clone(), facts.topics.clone()), (None, None), "what was not fetched is unknown");
    let moved = alive_at(&events, "gitlab:old/a/b");
    assert_eq!(moved.moved_to.as_deref(), Some("https://gitlab.com/New/a/b"));
    assert_eq!(moved.facts.worked().unwrap().to_string(), "2026-03-04");
    assert_eq!(
        (moved.facts.licence.clone(), moved.facts.description.clone()),
        (Some(Some("GPL-3.0".to_owned())), Some(None))
    );
    let dead = failed(&events, "gitlab:dead/x");
    assert_eq!((dead.class, dead.status), (FailureClass::ForgeNotFound, Some(404)));
    alive_at(&events, "gitlab:group/sub");
    assert_eq!((server.count("/api/graphql"), server.count("/api/v4/projects/known")), (1, 0));
}

#[tokio::test]
async fn gitlab_users_are_found_and_the_rest_is_left_to_the_page() {
    let (server, pages) = (Loopback::serve(gitlab), Arc::new(Pages::default()));
    let events = look(&server, &["gitlab:somebody", "gitlab:nobody"], Some(&pages)).await;
    assert_eq!(alive_at(&events, "gitlab:somebody").status, None);
    assert_eq!(alive_at(&events, "gitlab:nobody").status, Some(200), "its page was checked");
    assert_eq!(pages.0.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn forgejo_repositories_and_owners_are_parsed() {
    let server = Loopback::serve(|request| match request.path.as_str() {
        "/api/v1/repos/a/b" => canned(
            200,
            &[],
            json!({
                "id": 1, "full_name": "A/b", "description": "d", "fork": false, "mirror": true, "archived": false,
                "stars_count": 8, "forks_count": 1, "language": "", "licenses": ["MIT"], "topics": [],
                "created_at": "2021-01-01T00:00:00+01:00", "updated_at": "2026-01-01T12:00:00Z"
            }),
        ),
        "/api/v1/repos/old/b" => canned(307, &[("location", "/api/v1/repos/a/b")], ""),
        "/api/v1/users/a" => canned(200, &[], json!({"id": 2, "login": "a", "created": "2020-01-01T00:00:00Z"})),
        _ => canned(404, &[], "{}"),
    });
    let events = look(&server, &["codeberg:a/b", "codeberg:old/b", "codeberg:dead/b", "codeberg:a"], None).await;
    let facts = alive_at(&events, "codeberg:a/b").facts;
    assert_eq!((facts.stars, facts.mirror, &facts.language), (Some(8), Some(true), &Some(None)));
    assert_eq!(facts.created.unwrap().to_string(), "2020-12-31");
    assert_eq!(alive_at(&events, "codeberg:old/b").moved_to.as_deref(), Some("https://codeberg.org/A/b"));
    assert_eq!(failed(&events, "codeberg:dead/b").class, FailureClass::ForgeNotFound);
    assert_eq!(alive_at(&events, "codeberg:a").facts.id, Some(2));
}

#[tokio::test]
async fn hugging_face_models_datasets_spaces_and_owners_are_parsed() {
    let server = Loopback::serve(|request| match request.path.as_str() {
        "/api/models/org/Model" => canned(
            200,
            &[],
            json!({
                "_id": "621f", "id": "org/Model", "likes": 77, "lastModified": "2025-05-05T00:00:00.000Z",
                "createdAt": "2022-03-02T23:29:04.000Z", "disabled": false, "tags": ["pytorch", "license:apache-2.0"]
            }),
        ),
        "/api/datasets/org/data" => canned(200, &[], json!({"id": "neworg/data", "likes": 1, "tags": []})),
        "/api/spaces/org/space" => canned(200, &[], json!({"id": "org/space", "likes": 2})),
        "/api/organizations/org/overview" => canned(200, &[], json!({"name": "org", "fullname": "Org"})),
        "/api/users/somebody/overview" => canned(200, &[], json!({"user": "somebody"})),
        "/api/models/gpt2" => canned(307, &[("location", "/api/models/openai-community/gpt2")], ""),
        "/api/models/openai-community/gpt2" => canned(200, &[], json!({"id": "openai-community/gpt2", "likes": 3})),
        _ => canned(401, &[], r#"{"error":"Repository not found"}"#),
    });
    let pages = Arc::new(Pages::default());
    let names = ["org/Model", "datasets/org/data", "spaces/org/space", "org/dead", "org", "somebody", "gpt2", "nobody"];
    let targets = names.map(|name| format!("huggingface:{name}"));
    let events = look(&server, &targets.each_ref().map(String::as_str), Some(&pages)).await;
    let facts = alive_at(&events, "huggingface:org/Model").facts;
    assert_eq!((facts.stars, facts.licence.clone()), (Some(77), Some(Some("Apache-2.0".to_owned()))));
    let data = alive_at(&events, "huggingface:datasets/org/data");
    assert_eq!(data.moved_to.as_deref(), Some("https://huggingface.co/datasets/neworg/data"));
    assert_eq!(data.facts.licence, Some(None));
    assert_eq!(alive_at(&events, "huggingface:spaces/org/space").moved_to, None);
    let dead = failed(&events, "huggingface:org/dead");
    assert_eq!((dead.class, dead.status), (FailureClass::ForgeNotFound, Some(401)));
    for owner in ["huggingface:org", "huggingface:somebody"] {
        assert_eq!((alive_at(&events, owner).moved_to, alive_at(&events, owner).status), (None, None));
    }
    let old = alive_at(&events, "huggingface:gpt2");
    assert_eq!(old.moved_to.as_deref(), Some("https://huggingface.co/openai-community/gpt2"));
    assert_eq!(alive_at(&events, "huggingface:nobody").status, Some(200), "an owner is left to the page");
}

#[tokio::test]
async fn a_forge_that_fails_is_left_to_the_page() {
    let elsewhere = "https://elsewhere.invalid/api/v1/repos/a/away";
    let server = Loopback::serve(|request| match request.path.as_str() {
        "/api/v1/repos/a/down" => canned(500, &[], ""),
        "/api/v1/repos/a/wall" => canned(403, &[], "<html>"),
        "/api/v1/repos/a/html" => canned(200, &[], "<html>"),
        "/api/v1/repos/a/away" => canned(301, &[("location", elsewhere)], ""),
        _ => String::new(),
    });
    let targets = ["codeberg:a/down", "codeberg:a/wall", "codeberg:a/html", "codeberg:a/away", "codeberg:a/closed"];
    let pages = Arc::new(Pages::default());
    let events = look(&server, &targets, Some(&pages)).await;
    for target in targets {
        assert_eq!(alive_at(&events, target).status, Some(200), "{target}");
    }
    assert_eq!(server.count("/api/v1/repos/a/down"), 3, "tried again");
    let events = look(&server, &targets, None).await;
    for target in targets {
        assert_eq!(failed(&events, target).class, FailureClass::ForgeUnavailable, "{target}");
    }
}

#[tokio::test]
async fn a_host_that_refuses_is_waited_for() {
    let calls = AtomicUsize::new(0);
    let server = Loopback::serve(move |_| match calls.fetch_add(1, SeqCst) {
        0 => canned(429, &[("retry-after", "1")], ""),
        _ => canned(200, &[], json!({"id": "a/b", "likes": 2})),
    });
    let events = look(&server, &["huggingface:a/b"], None).await;
    assert!(matches!(events[0], Event::Waiting { .. }), "{events:?}");
    assert_eq!(alive_at(&events, "huggingface:a/b").facts.stars, Some(2));
}

#[tokio::test]
async fn a_host_that_refuses_for_long_is_not_called_again() {
    let server = Loopback::serve(|_| canned(429, &[("ratelimit", "\"api\";r=0;t=200")], ""));
    let targets = ["huggingface:a/b", "huggingface:a/c", "huggingface:a/d", "huggingface:a/e"];
    let pages = Arc::new(Pages::default());
    let events = look(&server, &targets, Some(&pages)).await;
    for target in targets {
        assert_eq!(failed(&events, target).class, FailureClass::RateLimited);
    }
    let notices: Vec<_> = events.iter().filter(|event| matches!(event, Event::Notice(_))).collect();
    assert!(format!("{notices:?}").contains("4 not looked at; it resets at"), "{notices:?}");
    assert!(server.seen().len() <= 2 && pages.0.lock().unwrap().is_empty());
}

#[test]
fn it_answers_for_other_forges_only() {
    for (target, answers) in [
        ("gitlab:a/b", true),
        ("forgejo+git.example.org:a", true),
        ("github:a/b", false),
        ("gitlab:a/b//-/issues", false),
        ("https://example.org/", false),
    ] {
        assert_eq!(OtherForges::answers_for(&target.parse().unwrap()), answers, "{target}");
    }
    assert_eq!((spdx("mit"), spdx("other"), spdx("openrail")), ("MIT".into(), "NOASSERTION".into(), "openrail".into()));
    assert_eq!(encoded("a/b c?", true), "a/b%20c%3F");
}
