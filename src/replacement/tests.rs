//! Each step of the ladder, and its decoys.

use super::*;
use crate::ledger::{ArchiveRecord, Moved, Streak};
use crate::observation::{ArchivedCopy, FailureClass, Successor};

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn record(target: &str) -> Record {
    let mut record = Record::new(target.parse().unwrap(), date("2024-01-01"));
    record.alive = Some(date("2024-01-01"));
    record.last = Some(date("2026-05-01"));
    record
}

fn dead(target: &str) -> Record {
    let streak = Streak::daily(FailureClass::Http(404), "2026-06-01T00:00:00Z", 31);
    Record { failing: Some(Box::new(streak)), ..record(target) }
}

fn stopped(target: &str) -> Record {
    let mut record = record(target);
    record.facts.archived = Some(true);
    record.facts.stars = Some(900);
    record.facts.commit = Some(Some(date("2023-01-10")));
    record
}

fn fork(name: &str, stars: u64, commit: &str) -> Fork {
    Fork { name: name.to_owned(), stars, commit: date(commit), release: None }
}

fn offered(record: &Record, verdict: Verdict) -> Vec<(ReplacementKind, String)> {
    let found = replacements(record, verdict, Some(date("2026-07-01")), || None);
    found.into_iter().map(|replacement| (replacement.kind, replacement.url)).collect()
}

fn copy(archive: Archive, taken: &str) -> (Archive, ArchiveRecord) {
    let copy = ArchivedCopy { url: format!("https://archive.example/{taken}"), taken: date(taken) };
    (archive, ArchiveRecord { asked: date("2026-07-01"), copy: Some(copy) })
}

#[test]
fn an_identity_that_answers_elsewhere_is_a_rename_or_a_transfer() {
    for (to, kind) in
        [("https://github.com/a/c", ReplacementKind::Renamed), ("https://github.com/z/b", ReplacementKind::Transferred)]
    {
        let mut record = dead("github:a/b");
        record.facts.id = Some(7);
        record.elsewhere = Some(Moved { to: to.to_owned(), since: date("2026-06-01") });
        let found = replacements(&record, Verdict::Dead, None, || None);
        assert_eq!((found[0].kind, found[0].url.as_str()), (kind, to));
        assert_eq!(found[0].evidence, Evidence::Move { since: date("2026-06-01"), id: Some(7) });
    }
}

#[test]
fn a_fork_counts_where_it_outlived_its_parent_and_lives() {
    let mut record = stopped("github:a/b");
    record.facts.living_forks = Some(vec![
        fork("f/living", 300, "2026-05-01"),
        fork("f/newer-only", 40, "2023-03-01"),
        fork("f/unused", 1, "2026-05-01"),
        fork("f/dead", 80, "2024-02-01"),
    ]);
    let living = vec![(ReplacementKind::Fork, "https://github.com/f/living".to_owned())];
    assert_eq!(offered(&record, Verdict::Alive), living);
    record.facts.archived = Some(false);
    assert_eq!(offered(&record, Verdict::Alive), living, "silent for three years");
    record.facts.commit = Some(Some(date("2024-06-01")));
    assert_eq!(offered(&record, Verdict::Alive), [], "it is worked on");
}

#[test]
fn what_the_owner_names_comes_before_forks_and_nothing_is_offered_twice() {
    let mut record = stopped("github:a/b");
    let successor = Successor {
        url: "https://github.com/f/Living".to_owned(),
        sentence: "moved to living".to_owned(),
        source: SuccessorSource::Readme,
    };
    record.facts.successor = Some(Some(successor));
    record.facts.living_forks = Some(vec![fork("f/living", 300, "2026-05-01"), fork("g/x", 90, "2026-05-01")]);
    let kinds: Vec<_> = offered(&record, Verdict::Alive).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [ReplacementKind::Successor, ReplacementKind::Fork]);
}

#[test]
fn a_copy_counts_where_it_is_from_before_the_death() {
    let mut page = dead("https://x.org/a");
    page.moved = Some(Moved { to: "https://x.org/b".to_owned(), since: date("2025-01-01") });
    page.archives = [copy(Archive::Wayback, "2026-04-30")].into();
    let kinds = |record: &Record| offered(record, Verdict::Dead).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    assert_eq!(kinds(&page), [ReplacementKind::Moved, ReplacementKind::Archive]);
    page.moved = None;
    page.archives = [copy(Archive::Wayback, "2026-05-02")].into();
    assert_eq!(kinds(&page), [], "taken after it was last seen alive");
    page.archives = [copy(Archive::Wayback, "2026-04-30")].into();
    let parked = crate::observation::Suspicion { kind: SuspicionKind::Parked, evidence: String::new() };
    page.suspicions = vec![parked];
    assert_eq!(kinds(&page), [], "it may have been parked then");
    let mut repository = dead("github:a/b");
    repository.archives = [copy(Archive::SoftwareHeritage, "2026-06-20")].into();
    assert_eq!(kinds(&repository), [ReplacementKind::SourceArchive]);
    assert_eq!(offered(&repository, Verdict::Alive), []);
}

#[test]
fn a_page_of_the_same_site_and_title_counts_where_it_came_later() {
    let titled = |target: &str, alive: &str, title: &str| {
        let mut record = record(target);
        record.alive = Some(date(alive));
        record.title = Some(title.to_owned());
        record
    };
    let lost = Record { title: Some("The Thing, a manual".to_owned()), ..dead("https://docs.x.org/a") };
    let found = |others: &[Record]| same_title(&lost, others.iter()).map(|found| found.url);
    let new = titled("https://x.org/manual", "2026-06-20", "The Thing, a manual");
    assert_eq!(found(std::slice::from_ref(&new)).as_deref(), Some("https://x.org/manual"));
    for other in [
        titled("https://x.org/manual", "2026-05-20", "The Thing, a manual"),
        titled("https://y.org/manual", "2026-06-20", "The Thing, a manual"),
        titled("https://x.org/manual", "2026-06-20", "The Thing"),
        titled("https://x.org/", "2026-06-20", "The Thing, a manual"),
    ] {
        assert_eq!(found(std::slice::from_ref(&other)), None, "{}", other.target);
    }
    assert_eq!(found(&[new.clone(), titled("https://x.org/b", "2026-06-20", "The Thing, a manual")]), None, "two");
    let short = Record { title: Some("Manual".to_owned()), ..lost.clone() };
    assert_eq!(same_title(&short, [Record { title: short.title.clone(), ..new }].iter()), None, "one word");
}

#[test]
fn a_short_failure_has_no_copies_yet() {
    let mut page = dead("https://x.org/a");
    page.archives = [copy(Archive::Wayback, "2026-04-30")].into();
    assert_eq!(offered(&page, Verdict::Failing).len(), 1, "it failed for a month");
    if let Some(streak) = &mut page.failing {
        streak.last = "2026-06-05T00:00:00Z".parse().unwrap();
    }
    assert_eq!(offered(&page, Verdict::Failing), []);
}

#[test]
fn the_json_form_is_the_contract() {
    let mut record = dead("github:a/b");
    record.elsewhere = Some(Moved { to: "https://github.com/z/b".to_owned(), since: date("2026-06-01") });
    let found = serde_json::to_string(&replacements(&record, Verdict::Dead, None, || None)).unwrap();
    let wanted = r#"[{"kind":"transferred","url":"https://github.com/z/b","evidence":{"since":"2026-06-01"}}]"#;
    assert_eq!(found, wanted);
}

#[test]
fn stars_are_rounded_to_two_digits() {
    assert_eq!([0, 7, 99, 123, 45_678].map(rounded), [0, 7, 99, 120, 45_000]);
}
