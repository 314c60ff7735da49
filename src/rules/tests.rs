//! Each rule broken once, and a list that breaks none.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::address::Forges;
use crate::finding::Setting;
use crate::judgement::NewLinks;
use crate::ledger::{Ledger, Moved, Reused, Streak};
use crate::observation::{Alive, Details, Facts, FailureClass, Observation, Seen, Suspicion, SuspicionKind};
use crate::policy::Exclusion;
use crate::verdict::Verdict;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn judged(verdict: Verdict, class: Option<FailureClass>) -> Judgement {
    let reason = class.map(FailureClass::meaning).unwrap_or_default();
    Judgement { verdict, class, reason, ..Judgement::ignored("") }
}

fn judge(target: &Target) -> Judgement {
    let name = target.to_string();
    match name.trim_start_matches("https://").trim_end_matches('/') {
        "dead.org" | "github:a/fine//blob/main/lost.md" => judged(Verdict::Dead, Some(FailureClass::Http(404))),
        "down.org" => judged(Verdict::Failing, Some(FailureClass::TimeoutRead)),
        "cert.org" => judged(Verdict::Failing, Some(FailureClass::TlsExpired)),
        "moved.org" => Judgement { moved_to: Some("https://new.org/".to_owned()), ..judged(Verdict::Moved, None) },
        "github:old/name" | "github:old/name//tree/main/x" => {
            Judgement { moved_to: Some("https://github.com/fresh/name".to_owned()), ..judged(Verdict::Moved, None) }
        }
        "parked.org" => {
            let suspicion = Suspicion { kind: SuspicionKind::Parked, evidence: "this domain is for sale".to_owned() };
            Judgement { suspicions: vec![suspicion], ..judged(Verdict::Alive, None) }
        }
        "github:a/lost" | "github:a/lost//actions" | "github:a/lost//actions/workflows/ci.yml/badge.svg" => {
            judged(Verdict::Dead, Some(FailureClass::GithubNotFound))
        }
        "github:re/used" => {
            Judgement { since: Some(day("2026-10-01")), ..judged(Verdict::Unknown, Some(FailureClass::ReusedName)) }
        }
        "github:a/died" => judged(Verdict::Unknown, Some(FailureClass::NotLooked)),
        _ => judged(Verdict::Alive, None),
    }
}

fn records() -> BTreeMap<Target, Record> {
    let record = |name: &str, facts: Facts| {
        let target: Target = name.parse().unwrap();
        (target.clone(), Record { facts: facts.into(), ..Record::new(target, day("2026-01-01")) })
    };
    let facts = Facts {
        stars: Some(500),
        created: Some(day("2020-01-01")),
        licence: Some(Some("MIT".to_owned())),
        ..Facts::default()
    };
    let mut records = BTreeMap::from([
        record("github:a/fine", facts.clone()),
        record("github:a/archived", Facts { archived: Some(true), ..facts.clone() }),
        record("github:a/young", Facts { created: Some(day("2026-11-01")), ..facts.clone() }),
        record("github:a/small", Facts { stars: Some(3), ..facts.clone() }),
        record(
            "github:a/copied",
            Facts { fork: Some(true), description: Some(Some("Does a thing".to_owned())), ..facts.clone() },
        ),
        record("github:a/recent", facts.clone()),
        record("github:a/sole", facts.clone()),
        record("github:a/copy", facts.clone()),
        record("github:a/free", Facts { licence: Some(None), ..facts.clone() }),
        record("github:old/name", Facts { name: Some("Fresh/Name".to_owned()), ..facts.clone() }),
        record("github:re/used", facts),
        record("github:a/died", Facts::default()),
    ]);
    for record in records.values_mut() {
        match record.target.to_string().as_str() {
            "github:old/name" | "github:old/name//tree/main/x" => {
                record.moved = Some(Moved { to: "https://github.com/fresh/name".to_owned(), since: day("2026-10-01") });
            }
            "github:a/died" => {
                record.failing =
                    Some(Box::new(Streak::confirmed(FailureClass::GithubNotFound, "2025-05-05T00:00:00Z")));
            }
            "github:re/used" => {
                record.reused = Some(Reused { id: 99, created: Some(day("2026-09-30")), since: day("2026-10-01") });
            }
            _ => {}
        }
    }
    records
}

/// Repositories that lack what rules ask of new entries: each breaks those rules that its name states.
fn detailed() -> Vec<(Target, Alive)> {
    let fine = Details {
        first_commit: Some(day("2020-01-01")),
        commits: Some(900),
        contributors: Some(12),
        releases: Some(3),
        readme: Some(true),
        tests: Some(true),
        own_commits: None,
    };
    let looks = [
        ("github:a/recent", Details { first_commit: Some(day("2026-11-01")), commits: Some(2), ..fine.clone() }),
        ("github:a/sole", Details { contributors: Some(1), readme: Some(false), tests: Some(false), ..fine.clone() }),
        ("github:a/copy", Details { own_commits: Some(0), releases: Some(0), ..fine }),
    ];
    let look = |details| Alive { details: Some(Box::new(details)), ..Alive::default() };
    looks.into_iter().map(|(name, details)| (name.parse().unwrap(), look(details))).collect()
}

/// Every rule that is off by default, as an error.
fn strict() -> Policy {
    let mut policy = Policy::default();
    for info in infos().filter(|info| info.level == Setting::Off && info.added == Setting::Off) {
        policy.rules.set(info.id, Setting::ERROR);
    }
    policy
}

fn found(base: Option<&str>, head: &str, policy: &Policy) -> Vec<Finding> {
    checked(base, head, policy).findings
}

fn checked(base: Option<&str>, head: &str, policy: &Policy) -> Checked {
    let document = Document::parse(head);
    let change = base.map(|base| Change::between((base, &Document::parse(base)), (head, &document)));
    checked_case(change.as_ref(), head, policy)
}

pub(super) fn checked_change(change: &Change, head: &str, policy: &Policy) -> Checked {
    checked_case(Some(change), head, policy)
}

fn checked_case(change: Option<&Change>, head: &str, policy: &Policy) -> Checked {
    let document = Document::parse(head);
    let targets: Vec<Target> = document.links.iter().map(|link| Forges::default().target(&link.url)).collect();
    let stored = Ledger::new(None, records().into_values());
    let alive = Alive { anchors: Some(vec!["there".to_owned()]), ..Alive::default() };
    let (target, at) = ("https://anchors.org/".parse().unwrap(), "2026-11-23T00:00:00Z".parse().unwrap());
    let looks = [(target, alive)].into_iter().chain(detailed());
    let looks: Vec<Observation> =
        looks.map(|(target, alive)| Observation { target, at, seen: Seen::Alive(Arc::new(alive)) }).collect();
    let named = targets.iter().cloned().chain(records().into_keys());
    let judged = named.map(|target| (target.clone(), judge(&target))).collect();
    let judgements =
        Judgements::new(stored.clone(), policy).excluding(judged).since(&stored, &looks, NewLinks::Confirmed);
    check(&Case {
        file: "list.md",
        text: head,
        document: &document,
        targets: &targets,
        today: day("2026-11-23"),
        policy,
        local: &|target| match target.to_string().as_str() {
            "lost.md" => LocalFile::Missing,
            "fine.md#lost" => LocalFile::NoAnchor,
            _ => LocalFile::NotChecked,
        },
        judgements: &judgements,
        change,
        files: &[],
    })
}

fn report(base: Option<&str>, head: &str, policy: &Policy) -> Vec<String> {
    let line = |finding: &Finding| {
        let line = finding.place.as_ref().map_or(0, |place| place.line);
        format!("{line} {} {}", finding.code, finding.level)
    };
    found(base, head, policy).iter().map(line).collect()
}

const BASE: &str = "\
# List
[Tools](#tools)
## Tools
- [fine](https://github.com/a/fine) - Works well.
- [mid](https://mid.org/) - Comes between.
- [zeta](https://zeta.org/) - Comes last.
";

#[test]
fn a_good_list_and_a_good_change_break_no_rule() {
    assert_eq!(report(None, BASE, &Policy::default()), Vec::<String>::new());
    let good = BASE.replace("- [fine]", "- [early](https://github.com/a/fine/tree/main/early) - Runs first.\n- [fine]");
    let mut policy = strict();
    policy.rules.set("not-a-repository", Setting::Off);
    policy.rules.set("not-at-the-end", Setting::Off);
    assert_eq!(report(Some(BASE), &good, &policy), Vec::<String>::new());
}

/// The list with one more line.
fn after(line: &str) -> String {
    BASE.replace("- [mid]", &format!("{line}\n- [mid]"))
}

/// The list with one more entry.
fn whole(url: &str) -> String {
    after(&format!("- [kit]({url}) - Does a thing."))
}

/// Changes that add a repository that lacks something.
fn broken_by_repositories() -> Vec<(String, &'static str)> {
    let lacking = [
        ("young", "5 too-young error"),
        ("small", "5 too-few-stars error"),
        ("free", "5 no-licence error"),
        ("recent", "5 young-history error"),
        ("recent", "5 too-few-commits error"),
        ("sole", "5 too-few-contributors error"),
        ("sole", "5 no-readme error"),
        ("sole", "5 no-tests-in-ci error"),
        ("copy", "5 no-release error"),
        ("copy", "5 fork-without-own-work error"),
    ];
    lacking.into_iter().map(|(name, expected)| (whole(&format!("https://github.com/a/{name}")), expected)).collect()
}

#[test]
fn each_rule_is_broken_once_by_a_change() {
    let broken = [
        (whole("https://dead.org/"), "5 dead-link error"),
        (whole("https://down.org/"), "5 failing-link warning"),
        (whole("https://cert.org/"), "5 certificate-fault warning"),
        (whole("http://"), "5 malformed-link error"),
        (whole("https://parked.org/"), "5 suspect-page warning"),
        (whole("https://github.com/re/used"), "5 reused-name warning"),
        (whole("https://github.com/old/name"), "5 renamed-repository warning"),
        (whole("https://moved.org/"), "5 moved-page note"),
        (whole("https://github.com/a/archived"), "5 archived-repository warning"),
        (whole("https://github.com/A/Fine/"), "5 duplicate error"),
        (whole("http://www.mid.org"), "5 duplicate error"),
        (format!("{BASE}## More\n- [fine](https://github.com/a/fine) - Again.\n"), "8 duplicate-elsewhere note"),
        (BASE.replace("## Tools", "## Tooling"), "2 broken-anchor error"),
        (after("- [kit](https://github.com/a/fine#kit)"), "5 no-description error"),
        (
            after(&format!("- [kit](https://github.com/a/fine#kit) - {}.", "very ".repeat(60))),
            "5 description-too-long error",
        ),
        (after("- [kit](https://github.com/a/fine#kit) - An awesome kit."), "5 promotional-description error"),
        (after("- [kit](https://github.com/a/fine#kit) - A kit"), "5 no-full-stop error"),
        (format!("{BASE}- [kit](https://github.com/a/fine#kit) - A kit.\n"), "7 not-alphabetical error"),
        (format!("{BASE}#### Deep\n- [kit](https://github.com/a/fine#kit) - A kit.\n"), "8 section-depth error"),
        (whole("https://github.com/a/died"), "5 died-before warning"),
        (whole("htps://page.org/"), "5 mistyped-link error"),
        (whole("https://page.org/?a=1&utm_source=x"), "5 tracking-parameters error"),
        (after("- [Glow](https://github.com/a/fine#kit) - A kit."), "5 title-is-not-the-name error"),
        (whole("https://bit.ly/abc"), "5 shortened-address error"),
        (whole("https://github.com/a/copied"), "5 fork error"),
        (whole("https://github.com/a/copied"), "5 copied-description error"),
        (after("- [kit](https://refused.org/x) - Does a thing."), "5 closed-before warning"),
        (whole("https://anchors.org/#lost"), "5 lost-fragment warning"),
        (after("- [kit](https://github.com/a/fine#kit) - [A](lost.md)."), "5 missing-file error"),
        (after("- [kit](https://github.com/a/fine#kit) - [A](fine.md#lost)."), "5 missing-file error"),
        (after("<!-- pomona:begin top -->"), "5 invalid-marker error"),
        ("# L\n\nNothing.\n".to_owned(), "1 no-links warning"),
        (whole("https://page.org/"), "5 not-a-repository error"),
        (whole("https://github.com/a/fine#kit"), "5 not-at-the-end error"),
        (
            after("- [ka](https://github.com/a/fine#a) - A.\n- [kb](https://github.com/a/fine#b) - B."),
            "6 several-entries error",
        ),
    ];
    let broken: Vec<_> = broken.into_iter().chain(broken_by_repositories()).collect();
    for (head, expected) in &broken {
        breaks_alone(head, expected);
    }
    // These have tests of their own: they concern the size of the file, the policy, several links at once, a block, other
    // files, and what else a change edits.
    let apart = ["file-too-large", "expired-exclusion", "provider-outage", "in-dead-block", "missing-in-translation"];
    let is_edit = |id: &str| id.ends_with("-edited") || id == "ignore-mark-added";
    for id in TABLE.iter().map(|rule| rule.info.id).filter(|id| !apart.contains(id) && !is_edit(id)) {
        assert!(broken.iter().any(|(_, expected)| expected.split(' ').nth(1) == Some(id)), "{id} is never broken");
    }
}

/// Checks that a change to `head` breaks the expected rule, and no other.
fn breaks_alone(head: &str, expected: &str) {
    let id = expected.split(' ').nth(1).unwrap();
    let mut policy = strict();
    let often = [
        "not-a-repository",
        "title-is-not-the-name",
        "fork",
        "copied-description",
        "not-at-the-end",
        "young-history",
        "too-few-commits",
        "too-few-contributors",
        "no-readme",
        "no-tests-in-ci",
        "no-release",
        "fork-without-own-work",
    ];
    for other in often {
        if other != id {
            policy.rules.set(other, Setting::Off);
        }
    }
    policy.rules.thresholds.closed = vec!["https://refused.org/x".to_owned()];
    let lines = report(Some(BASE), head, &policy);
    assert!(lines.contains(&expected.to_owned()), "{id}: {lines:?}");
    let others: Vec<_> =
        lines.iter().filter(|line| !line.contains(id) && !line.contains("duplicate-elsewhere")).collect();
    assert!(others.is_empty(), "{id}: {others:?}");
}

#[test]
fn breaches_that_a_change_does_not_cause_are_older() {
    let base = format!("{BASE}- [away](https://dead.org/) - Fell\n");
    let head = format!("{base}- [zz fine](https://github.com/a/fine#zz) - Fine.\n");
    assert_eq!(
        report(None, &base, &strict()),
        ["7 dead-link error", "7 no-full-stop error", "7 not-alphabetical error"]
    );
    let checked = checked(Some(&base), &head, &strict());
    assert_eq!(checked.findings, []);
    assert_eq!(checked.older.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["dead-link"]);
}

#[test]
fn a_dead_repository_is_one_finding_an_entry() {
    let badge =
        "[![ci](https://github.com/a/lost/actions/workflows/ci.yml/badge.svg)](https://github.com/a/lost/actions)";
    let list =
        format!("# L\n- [lost](https://github.com/a/lost) {badge} - A.\n- [other](https://x.org) {badge} - B.\n");
    assert_eq!(report(None, &list, &Policy::default()), ["2 dead-link error", "3 dead-link error"]);
    let list = "# L\n- [x](https://github.com/a/fine) [page](https://github.com/a/fine/blob/main/lost.md) - A.\n";
    assert_eq!(report(None, list, &Policy::default()), ["2 dead-link error"]);
}

#[test]
fn a_page_of_a_renamed_repository_is_renamed_with_it() {
    let list = "# L\n- [x](https://github.com/old/name/tree/main/x) - A.\n";
    let found = found(None, list, &Policy::default());
    let message = "`https://github.com/old/name/tree/main/x` is now `https://github.com/fresh/name/tree/main/x`";
    assert_eq!((found.len(), found[0].code, found[0].message.as_str()), (1, "renamed-repository", message));
}

#[test]
fn the_block_of_dead_entries_hides_only_what_was_there() {
    let block = |inside: &str| format!("# L\n\n<!-- pomona:begin dead -->\n\n{inside}\n<!-- pomona:end dead -->\n");
    let (old, new) = ("- [a](https://dead.org/) - A.\n", "- [b](https://down.org/) - B.\n");
    assert_eq!(report(None, &block(old), &Policy::default()), Vec::<String>::new());
    let head = block(&format!("{old}{new}"));
    assert_eq!(
        report(Some(&block(old)), &head, &Policy::default()),
        ["6 failing-link warning", "1 generated-text-edited warning"]
    );
}

#[test]
fn a_dead_entry_that_returns_is_reported() {
    let block = "\n<!-- pomona:begin dead -->\n\n- [kit](https://dead.org/) - A.\n\n<!-- pomona:end dead -->\n";
    let base = format!("{BASE}{block}");
    let head = base.replace("\n\n<!-- pomona:begin", "\n- [kit](https://dead.org/) - A.\n\n<!-- pomona:begin");
    let mut policy = Policy::default();
    policy.rules.set("in-dead-block", Setting::ERROR);
    let lines = report(Some(&base), &head, &policy);
    assert!(lines.contains(&"7 in-dead-block error".to_owned()), "{lines:?}");
    assert_eq!(report(Some(&base), &base, &policy), Vec::<String>::new());
}

#[test]
fn what_has_to_leave_needs_no_place() {
    for url in ["https://dead.org/", "https://github.com/A/Fine/"] {
        let lines = report(Some(BASE), &format!("{BASE}- [kit]({url}) - Does a thing.\n"), &strict());
        assert!(lines.iter().all(|line| !line.contains("not-alphabetical")), "{lines:?}");
    }
}

#[test]
fn what_is_unknown_of_a_repository_breaks_no_rule() {
    let head = format!("{BASE}- [zzz](https://github.com/a/fine#zzz) - A.\n");
    assert_eq!(report(Some(BASE), &head, &strict()), ["7 title-is-not-the-name error"]);
}

#[test]
fn a_renamed_repository_is_its_own_duplicate() {
    let list =
        format!("{BASE}- [new](https://github.com/fresh/name) - A.\n- [old](https://github.com/old/name) - B.\n");
    assert_eq!(report(None, &list, &Policy::default()), ["8 renamed-repository note", "8 duplicate warning"]);
    let finding = found(None, &list, &Policy::default()).pop().unwrap();
    assert_eq!(finding.message, "`old` is already listed in line 7 as `new`: `Fresh/Name` is its new name");
}

/// What has to leave is not corrected as well.
#[test]
fn an_old_name_of_a_listed_repository_is_one_finding() {
    let base = format!("{BASE}- [new](https://github.com/fresh/name) - A.\n");
    let head = format!("{base}- [old](https://github.com/old/name) - B.\n");
    let found = found(Some(&base), &head, &Policy::default());
    let messages: Vec<_> = found.iter().map(|finding| (finding.code, finding.message.as_str())).collect();
    assert_eq!(messages, [("duplicate", "`old` is already listed in line 7 as `new`: `Fresh/Name` is its new name")]);
    assert_eq!(found[0].help.as_deref(), Some("remove it, and improve the entry that is there"));
}

#[test]
fn two_views_of_one_section_are_no_duplicates() {
    let entry = "- [fine](https://github.com/a/fine) - Works well.\n";
    let table = "\n| name |\n| --- |\n| [fine](https://github.com/a/fine) |\n";
    for (list, expected) in [
        (format!("## A\n{entry}{table}"), vec![]),
        (format!("<h2>A</h2>\n\n{entry}\n<h2>B</h2>\n\n{entry}"), vec!["7 duplicate-elsewhere note"]),
        (format!("## A\n{entry}\n[back to top](#readme)\n"), vec![]),
    ] {
        assert_eq!(report(None, &list, &Policy::default()), expected, "{list}");
    }
}

#[test]
fn every_message_has_a_way_out() {
    let list = "# L\n## A\n[x](#aa)\n- [r](https://github.com/re/used) - R.\n- [d](https://dead.org/) - D.\n";
    let found = found(None, list, &Policy::default());
    assert!(found.iter().all(|finding| finding.help.is_some()));
    let helps: Vec<_> = found.iter().map(|finding| finding.help.clone().unwrap()).collect();
    assert!(helps[1].contains("`\"github:re/used\" = 99` under `[accepted]`"), "{helps:?}");
    assert_eq!(found[0].message, "`https://dead.org/` is dead: the server answered 404");
}

#[test]
fn large_files_are_reported_in_time() {
    let pad = |kb: usize| format!("{BASE}{}", "x".repeat(kb * 1024));
    assert_eq!(report(None, &pad(390), &Policy::default()), Vec::<String>::new());
    assert_eq!(report(None, &pad(401), &Policy::default()), ["1 file-too-large note"]);
    assert_eq!(report(None, &pad(513), &Policy::default()), ["1 file-too-large warning"]);
}

#[test]
fn an_exclusion_expires() {
    let mut policy = Policy::default();
    policy.check.exclude = vec![Exclusion {
        pattern: "https://x.org/*".to_owned(),
        reason: "a bot wall".to_owned(),
        until: Some(day("2026-11-22")),
    }];
    policy.check.exclude[0].until = Some(day("2026-11-23"));
    assert_eq!(report(None, BASE, &policy), Vec::<String>::new());
    policy.check.exclude[0].until = Some(day("2026-11-22"));
    assert_eq!(report(None, BASE, &policy), ["0 expired-exclusion warning"]);
}

#[test]
fn identifiers_are_unique_and_the_page_is_the_table() {
    let ids: BTreeSet<&str> = infos().map(|info| info.id).collect();
    assert_eq!(ids.len(), infos().count());
    for info in infos() {
        assert!(info.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", info.id);
        assert!(!info.summary.ends_with('.') && info.docs.ends_with('.'), "{}", info.id);
    }
    assert!(include_str!("../../docs/rules.md") == markdown(), "run `pomona rules --markdown > docs/rules.md`");
}

#[test]
fn a_policy_sets_the_severity_of_what_a_run_reports() {
    let found = || vec![Finding::new(&crate::finding::notice::TIME_BUDGET, "x")];
    let mut rules = Policy::default().rules;
    assert_eq!(apply_policy(found(), &rules)[0].level, Level::Warning);
    rules.set("time-budget", Setting::ERROR);
    assert_eq!(apply_policy(found(), &rules)[0].level, Level::Error);
    rules.set("time-budget", Setting::Off);
    assert_eq!(apply_policy(found(), &rules), []);
    let about_list = || vec![Finding::new(info("no-full-stop").unwrap(), "x").level(Level::Error)];
    rules.set("no-full-stop", Setting::Off);
    assert_eq!(apply_policy(about_list(), &rules), about_list(), "the rule itself applied its level");
}
