//! The archives against stand-ins that answer as they do, on loopback.

use serde_json::json;

use super::*;
use crate::probe::loopback::{Loopback, Request, canned};

fn settings(server: &Loopback) -> ArchiveSettings {
    ArchiveSettings {
        wayback: server.url.clone(),
        software_heritage: server.url.clone(),
        interval: Duration::from_millis(1),
        timeout: Duration::from_secs(5),
        rules: AddressRules { allow_private: true, ..AddressRules::default() },
        ..ArchiveSettings::default()
    }
}

fn question(target: &str) -> Question {
    Question { target: target.parse().unwrap(), until: Some("2024-06-01".parse().unwrap()) }
}

async fn ask(server: &Loopback, targets: &[&str]) -> (Outcome, Vec<ArchiveAnswer>) {
    let questions: Vec<Question> = targets.iter().map(|target| question(target)).collect();
    let mut answers = Vec::new();
    let mut archives = Archives::new(settings(server)).unwrap();
    let outcome = archives.ask(&questions, None, |answer| {
        answers.push(answer);
        Ok::<(), ()>(())
    });
    (outcome.await.unwrap(), answers)
}

#[tokio::test]
async fn the_newest_capture_up_to_the_day_counts() {
    let server = Loopback::serve(|_| {
        let rows = json!([
            ["timestamp", "original"],
            ["20130919044612", "http://x.org/a"],
            ["20240531120000", "http://evil.example/"],
            ["20240701000000", "http://x.org/a"],
            ["soon", "http://x.org/a"],
        ]);
        canned(200, &[], rows)
    });
    let (outcome, answers) = ask(&server, &["https://x.org/a?b=c&d"]).await;
    assert_eq!(outcome, Outcome { requests: 1, unanswered: 0, refused: false });
    let copy = answers[0].copy.clone().unwrap();
    assert_eq!(copy.url, "https://web.archive.org/web/20240531120000/https://x.org/a?b=c&d");
    assert_eq!(copy.taken.to_string(), "2024-05-31");
    let path = &server.seen()[0].path;
    assert!(path.contains("url=https%3A%2F%2Fx%2Eorg%2Fa%3Fb%3Dc%26d&"), "{path}");
    assert!(path.contains("to=20240601") && path.contains("statuscode:200") && path.contains("limit=-5"), "{path}");
}

#[tokio::test]
async fn a_visit_is_a_source_archive_and_none_is_an_answer() {
    let server = Loopback::serve(|request: &Request| match request.path.as_str() {
        "/api/1/origin/https://github.com/a/b/visit/latest/?require_snapshot=true" => {
            canned(200, &[], json!({"date": "2023-05-06T01:02:03+00:00", "snapshot": "00", "status": "full"}))
        }
        _ => canned(404, &[], json!({"exception": "NotFoundExc", "reason": "no"})),
    });
    let (outcome, answers) = ask(&server, &["github:a/b", "github:c/d", "#here", "github:owner"]).await;
    assert_eq!(outcome, Outcome { requests: 2, unanswered: 0, refused: false });
    let copy = answers[0].copy.clone().unwrap();
    assert_eq!(copy.taken.to_string(), "2023-05-06");
    assert!(copy.url.ends_with("?origin_url=https://github.com/a/b"), "{}", copy.url);
    assert_eq!((answers[1].copy.clone(), answers.len()), (None, 2));
}

#[tokio::test]
async fn an_archive_is_left_alone_after_its_second_refusal() {
    let big = "9".repeat(RESPONSE_CAPACITY_BYTES + 1);
    for answer in [
        canned(429, &[], "Too Many Requests"),
        canned(503, &[], "<html>"),
        canned(200, &[], "<title>Temporarily Offline</title>"),
        canned(200, &[], format!("[{big}]")),
        canned(302, &[("location", "http://169.254.169.254/")], ""),
        canned(200, &[], json!({"archived_snapshots": {}})),
        String::new(),
    ] {
        let server = Loopback::serve(move |request: &Request| {
            let is_visit = request.path.starts_with("/api/");
            if is_visit { canned(404, &[], json!({"exception": "NotFoundExc"})) } else { answer.clone() }
        });
        let (outcome, answers) =
            ask(&server, &["https://x.org/1", "https://x.org/2", "https://x.org/3", "github:a/b"]).await;
        assert_eq!(outcome, Outcome { requests: 3, unanswered: 3, refused: true });
        assert_eq!(answers.len(), 1, "the other archive is asked all the same");
    }
}

#[tokio::test]
async fn requests_are_a_second_apart_and_end_with_the_run() {
    let server = Loopback::serve(|_| canned(200, &[], "[]"));
    let questions = ["https://x.org/1", "https://x.org/2", "https://x.org/3"].map(question);
    let mut archives =
        Archives::new(ArchiveSettings { interval: Duration::from_millis(200), ..settings(&server) }).unwrap();
    let begun = Instant::now();
    let deadline = Some(begun + Duration::from_millis(300));
    let outcome = archives.ask(&questions, deadline, |_| Ok::<(), ()>(())).await.unwrap();
    assert_eq!((outcome.requests, outcome.unanswered), (2, 1));
    assert!(begun.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_private_address_is_not_asked() {
    let server = Loopback::serve(|_| canned(200, &[], "[]"));
    let mut archives = Archives::new(ArchiveSettings { rules: AddressRules::default(), ..settings(&server) }).unwrap();
    let outcome = archives.ask(&[question("https://x.org/")], None, |_| Ok::<(), ()>(())).await.unwrap();
    assert_eq!((outcome.unanswered, server.seen().len()), (1, 0));
}
