use super::*;
use crate::address::Forges;
use crate::ledger::LedgerText;
use crate::policy::Policy;

/// The news of two sources and ledgers, as Markdown.
fn news(before: (&str, &str), after: (&str, &str)) -> News {
    let (policy, forges) = (Policy::default(), Forges::default());
    let ledger = |records: &str| {
        let header = "{\"pomona\":\"ledger\",\"version\":1,\"as_of\":\"2026-11-01\"}\n";
        let read = LedgerText::read(&format!("{header}{records}")).unwrap();
        assert!(read.damage.is_empty(), "{:?}", read.damage);
        read.ledger
    };
    let documents = [before.0, after.0].map(|text| Document::parse_with(text, &forges));
    let targets = documents
        .each_ref()
        .map(|document| document.links.iter().map(|link| forges.target(&link.url)).collect::<Vec<_>>());
    let judgements = [before.1, after.1].map(|records| Judgements::new(ledger(records), &policy));
    let state = |i: usize| State { document: &documents[i], targets: &targets[i], judgements: &judgements[i] };
    News::between(&|_| "docs/my list.md".to_owned(), state(0), state(1))
}

fn record(target: &str, rest: &str) -> String {
    format!("{{\"target\":\"{target}\",\"added\":\"2026-01-01\",\"alive\":\"2026-01-01\"{rest}}}\n")
}

const OLD: &str = "# L\n\n- [a](https://github.com/o/a)\n- [p](https://example.org/p#x) - P.\n";

#[test]
fn each_kind_is_reported_with_its_line() {
    let before = record("github:o/a", ",\"facts\":{\"id\":7,\"stars\":100,\"archived\":false}")
        + &record("https://example.org/p", "");
    let renamed = OLD.replace("o/a", "n/b");
    let after = record("github:n/b", ",\"facts\":{\"id\":7,\"stars\":1200,\"archived\":true}")
        + &record("https://example.org/p", "");
    let news = news((OLD, &before), (&renamed, &after));
    assert_eq!(news.headline(), "Refresh the list: 1 archived, 1 renamed, 1 rising");
    let text = news.markdown(Some("https://github.com/k/l/blob/c"));
    assert!(
        text.contains(
            "- `o/a` → `n/b` ([docs/my list.md:3](https://github.com/k/l/blob/c/docs/my%20list.md?plain=1#L3))"
        ),
        "{text}"
    );
    assert!(text.contains("**1 rising**\n\n- `n/b` +1,100 stars ("), "{text}");
    assert!(news.markdown(None).contains("- `n/b` (docs/my list.md:3)\n"), "{}", news.markdown(None));
}

#[test]
fn notes_that_come_and_go_are_reported() {
    let with = |shown: &str, rest: &str| {
        let facts = r#""facts":{"id":7,"stars":100,"commit":"2025-09-20"}"#;
        record("github:o/a", &format!(",{facts},\"shown\":\"{shown}\"{rest}"))
    };
    let reported = |before: &str, after: &str| {
        let text = news((OLD, before), (OLD, after)).markdown(None);
        text.lines().filter(|line| line.starts_with("- ")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(reported(&with("slow", ""), &with("stale", "")), "- `o/a` last commit 2025-09 (docs/my list.md:3)");
    let news_of = |before: &str, after: &str| news((OLD, before), (OLD, after)).headline();
    assert_eq!(news_of(&with("slow", ""), &with("stale", "")), "Refresh the list: 1 quiet");
    assert_eq!(news_of(&with("stale", ""), &with("active", "")), "Refresh the list: 1 active again");
    for (before, after) in [("slow", "active"), ("stale", "stale"), ("active", "slow")] {
        assert_eq!(reported(&with(before, ""), &with(after, "")), "", "{before} {after}");
    }
    let failing = |days: u8| {
        let last = format!("2026-10-{:02}T06:00:00Z", 19 + days);
        let silence = format!(r#"{{"since":"2026-10-20T06:00:00Z","last":"{last}","days":{days},"minutes":1440}}"#);
        let streak = format!(r#""class":"http_404","status":404,"first":"2026-10-20T06:00:00Z","last":"{last}""#);
        with("slow", &format!(r#","failing":{{{streak},"stated":{silence}}}"#))
    };
    // It is shown to readers once it failed on two days.
    assert_eq!(reported(&with("slow", ""), &failing(1)), "");
    assert_eq!(news_of(&with("slow", ""), &failing(2)), "Refresh the list: 1 not answering");
    assert_eq!(reported(&failing(2), &failing(3)), "");
}

#[test]
fn what_died_or_was_archived_is_reported_with_what_came_after_it() {
    let failing = r#","failing":{"class":"http_404","status":404,"first":"2026-10-01T06:00:00Z","last":"2026-10-20T06:00:00Z","stated":{"since":"2026-10-01T06:00:00Z","last":"2026-10-20T06:00:00Z","days":2,"minutes":20160}}"#;
    let before =
        record("github:o/a", ",\"facts\":{\"id\":7,\"archived\":false}") + &record("https://example.org/p", "");
    let fork = r#","facts":{"id":7,"archived":true,"commit":"2022-01-01","living_forks":[{"name":"f/a","stars":90,"commit":"2026-10-01"}]}"#;
    let moved = r#","moved":{"to":"https://example.net/p","since":"2026-02-01"}"#;
    let after = record("github:o/a", fork) + &record("https://example.org/p", &format!("{moved}{failing}"));
    let text = news((OLD, &before), (OLD, &after)).markdown(None);
    assert!(text.contains("- `o/a` a fork goes on: `github.com/f/a` ("), "{text}");
    assert!(text.contains("; moved to `example.net/p` ("), "{text}");
}

#[test]
fn an_entry_whose_page_was_rewritten_is_found_by_its_words() {
    let moved = OLD.replace("example.org/p#x", "example.net/q");
    let both = record("github:o/a", "");
    let news = news(
        (OLD, &(both.clone() + &record("https://example.org/p#x", ""))),
        (&moved, &(both + &record("https://example.net/q", ""))),
    );
    assert_eq!(news.headline(), "Refresh the list: 1 renamed");
    assert_eq!(news.of(NewsKind::Renamed)[0].detail, "→ `example.net/q`");
}

#[test]
fn a_first_run_is_no_news_of_each_entry() {
    let news = news((OLD, ""), (OLD, &record("github:o/a", "")));
    assert_eq!(news.headline(), "Refresh the list: first results of 2 entries");
}

#[test]
fn the_same_news_is_recognised_whatever_the_stars_are() {
    let with = |stars: u64, archived: bool| {
        record("github:o/a", &format!(",\"facts\":{{\"id\":7,\"stars\":{stars},\"archived\":{archived}}}"))
    };
    let mark =
        |after: &str| news((OLD, &with(100, false)), (OLD, after)).markdown(None).lines().last().unwrap().to_owned();
    assert!(mark(&with(101, true)).starts_with("<!-- pomona:news "));
    assert_eq!(mark(&with(101, true)), mark(&with(900, true)));
    assert_ne!(mark(&with(101, true)), mark(&with(101, false)));
    assert!(news((OLD, &with(100, false)), (OLD, &with(101, false))).markdown(None).contains("\n1 star count.\n"));
}

/// A commit message closes issues and notifies people by what it contains, code spans or not.
#[test]
fn names_notify_nobody() {
    assert_eq!(code("h.example/@all#1"), "`h.example/%40all%231`");
    assert_eq!(code("a`b"), "`a%60b`");
}
