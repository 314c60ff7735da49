//! Each rule broken once, and a list that breaks none.

use std::collections::BTreeMap;

use super::*;
use crate::address::Forges;
use crate::ledger::{Moved, Reused};
use crate::observation::{Facts, FailureClass, Suspicion, SuspicionKind};
use crate::policy::{Exclusion, Setting, Switch};
use crate::verdict::Verdict;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn held(verdict: Verdict, class: Option<FailureClass>) -> Judgement {
    let reason = class.map(FailureClass::meaning).unwrap_or_default();
    Judgement { verdict, class, reason, ..Judgement::ignored("") }
}

fn judge(target: &Target) -> Judgement {
    let name = target.to_string();
    match name.trim_start_matches("https://").trim_end_matches('/') {
        "dead.org" => held(Verdict::Dead, Some(FailureClass::Http(404))),
        "down.org" => held(Verdict::Failing, Some(FailureClass::TimeoutRead)),
        "cert.org" => held(Verdict::Failing, Some(FailureClass::TlsExpired)),
        "moved.org" => Judgement { moved_to: Some("https://new.org/".to_owned()), ..held(Verdict::Moved, None) },
        "github:old/name" => {
            Judgement { moved_to: Some("https://github.com/fresh/name".to_owned()), ..held(Verdict::Moved, None) }
        }
        "parked.org" => {
            let suspicion = Suspicion { kind: SuspicionKind::Parked, evidence: "this domain is for sale".to_owned() };
            Judgement { suspicions: vec![suspicion], ..held(Verdict::Alive, None) }
        }
        "github:re/used" => {
            Judgement { since: Some(day("2026-10-01")), ..held(Verdict::Unknown, Some(FailureClass::ReusedName)) }
        }
        _ => held(Verdict::Alive, None),
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
        record("github:a/free", Facts { licence: Some(None), ..facts.clone() }),
        record("github:old/name", Facts { name: Some("Fresh/Name".to_owned()), ..facts.clone() }),
        record("github:re/used", facts),
    ]);
    for record in records.values_mut() {
        match record.target.to_string().as_str() {
            "github:old/name" => {
                record.moved = Some(Moved { to: "https://github.com/fresh/name".to_owned(), since: day("2026-10-01") });
            }
            "github:re/used" => {
                record.reused = Some(Reused { id: 99, created: Some(day("2026-09-30")), since: day("2026-10-01") });
            }
            _ => {}
        }
    }
    records
}

fn strict() -> Policy {
    let on = Switch::all(Setting::At(Level::Error));
    let mut policy = Policy::default();
    let rules = &mut policy.rules;
    for switch in [
        &mut rules.no_description,
        &mut rules.description_too_long,
        &mut rules.promotional_description,
        &mut rules.no_full_stop,
        &mut rules.not_alphabetical,
        &mut rules.section_depth,
        &mut rules.not_a_repository,
        &mut rules.too_young,
        &mut rules.too_few_stars,
        &mut rules.no_licence,
        &mut rules.several_entries,
    ] {
        *switch = on;
    }
    policy
}

fn found(base: Option<&str>, head: &str, policy: &Policy) -> Vec<Finding> {
    let document = Document::parse(head);
    let change = base.map(|base| Change::between((base, &Document::parse(base)), (head, &document)));
    let targets: Vec<Target> = document.links.iter().map(|link| Forges::default().target(&link.url)).collect();
    let records = records();
    check(&Case {
        file: "list.md",
        text: head,
        document: &document,
        targets: &targets,
        today: day("2026-11-23"),
        policy,
        judge: &judge,
        record: &|target| records.get(target),
        dead_since: &|target| (target.to_string() == "github:a/dead_since").then(|| day("2025-05-05")),
        change: change.as_ref(),
    })
}

fn told(base: Option<&str>, head: &str, policy: &Policy) -> Vec<String> {
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
- [mid](https://mid.org/) - Stands between.
- [zeta](https://zeta.org/) - Comes last.
";

#[test]
fn a_good_list_and_a_good_change_are_quiet() {
    assert_eq!(told(None, BASE, &Policy::default()), Vec::<String>::new());
    let good = BASE.replace("- [fine]", "- [early](https://github.com/a/fine/tree/main/early) - Runs first.\n- [fine]");
    let mut policy = strict();
    policy.rules.not_a_repository = Switch::UNSAID;
    assert_eq!(told(Some(BASE), &good, &policy), Vec::<String>::new());
}

#[test]
fn each_rule_is_broken_once_by_a_change() {
    let after = |line: &str| BASE.replace("- [mid]", &format!("{line}\n- [mid]"));
    let whole = |url: &str| after(&format!("- [kit]({url}) - Does a thing."));
    for (head, expected) in [
        (whole("https://dead.org/"), "5 dead_link error"),
        (whole("https://down.org/"), "5 failing_link warning"),
        (whole("https://cert.org/"), "5 certificate_fault warning"),
        (whole("http://"), "5 malformed_link error"),
        (whole("https://parked.org/"), "5 suspect_page warning"),
        (whole("https://github.com/re/used"), "5 reused_name warning"),
        (whole("https://github.com/old/name"), "5 renamed_repository warning"),
        (whole("https://moved.org/"), "5 moved_page note"),
        (whole("https://github.com/a/archived"), "5 archived_repository warning"),
        (whole("https://github.com/A/Fine/"), "5 duplicate error"),
        (whole("http://www.mid.org"), "5 duplicate error"),
        (format!("{BASE}## More\n- [fine](https://github.com/a/fine) - Again.\n"), "8 duplicate_elsewhere note"),
        (BASE.replace("## Tools", "## Tooling"), "2 broken_anchor error"),
        (after("- [kit](https://github.com/a/fine#kit)"), "5 no_description error"),
        (
            after(&format!("- [kit](https://github.com/a/fine#kit) - {}.", "very ".repeat(60))),
            "5 description_too_long error",
        ),
        (after("- [kit](https://github.com/a/fine#kit) - An awesome kit."), "5 promotional_description error"),
        (after("- [kit](https://github.com/a/fine#kit) - A kit"), "5 no_full_stop error"),
        (format!("{BASE}- [kit](https://github.com/a/fine#kit) - A kit.\n"), "7 not_alphabetical error"),
        (format!("{BASE}#### Deep\n- [kit](https://github.com/a/fine#kit) - A kit.\n"), "8 section_depth error"),
        (whole("https://github.com/a/dead_since"), "5 in_graveyard warning"),
        (whole("https://page.org/"), "5 not_a_repository error"),
        (whole("https://github.com/a/young"), "5 too_young error"),
        (whole("https://github.com/a/small"), "5 too_few_stars error"),
        (whole("https://github.com/a/free"), "5 no_licence error"),
        (
            after("- [ka](https://github.com/a/fine#a) - A.\n- [kb](https://github.com/a/fine#b) - B."),
            "6 several_entries error",
        ),
    ] {
        let id = expected.split(' ').nth(1).unwrap();
        let mut policy = strict();
        if id != "not_a_repository" {
            policy.rules.not_a_repository = Switch::UNSAID;
        }
        let told = told(Some(BASE), &head, &policy);
        assert!(told.contains(&expected.to_owned()), "{id}: {told:?}");
        let others: Vec<_> =
            told.iter().filter(|line| !line.contains(id) && !line.contains("duplicate_elsewhere")).collect();
        assert!(others.is_empty(), "{id}: {others:?}");
    }
}

#[test]
fn what_was_so_before_is_a_note() {
    let base = format!("{BASE}- [away](https://dead.org/) - Fell\n");
    let head = format!("{base}- [zz](https://github.com/a/fine#zz) - Fine.\n");
    assert_eq!(told(None, &base, &strict()), ["7 dead_link error", "7 no_full_stop error", "7 not_alphabetical error"]);
    assert_eq!(told(Some(&base), &head, &strict()), ["7 dead_link note"]);
    let help = found(Some(&base), &head, &strict())[0].help.clone();
    assert_eq!(help.as_deref(), Some("nothing for this change: it was so before"));
}

#[test]
fn a_renamed_repository_is_its_own_duplicate() {
    let list =
        format!("{BASE}- [new](https://github.com/fresh/name) - A.\n- [old](https://github.com/old/name) - B.\n");
    assert_eq!(told(None, &list, &Policy::default()), ["8 renamed_repository note", "8 duplicate warning"]);
    let finding = found(None, &list, &Policy::default()).pop().unwrap();
    assert_eq!(finding.message, "`old` is listed already in line 7 as `new`");
}

#[test]
fn two_views_of_one_section_are_no_duplicates() {
    let entry = "- [fine](https://github.com/a/fine) - Works well.\n";
    let table = "\n| name |\n| --- |\n| [fine](https://github.com/a/fine) |\n";
    for (list, expected) in [
        (format!("## A\n{entry}{table}"), vec![]),
        (format!("<h2>A</h2>\n\n{entry}\n<h2>B</h2>\n\n{entry}"), vec!["7 duplicate_elsewhere note"]),
        (format!("## A\n{entry}\n[back to top](#readme)\n"), vec![]),
    ] {
        assert_eq!(told(None, &list, &Policy::default()), expected, "{list}");
    }
}

#[test]
fn messages_say_what_to_do() {
    let list = "# L\n## A\n[x](#aa)\n- [r](https://github.com/re/used) - R.\n- [d](https://dead.org/) - D.\n";
    let found = found(None, list, &Policy::default());
    assert!(found.iter().all(|finding| finding.help.is_some()));
    let helps: Vec<_> = found.iter().map(|finding| finding.help.clone().unwrap()).collect();
    assert!(helps[1].contains("`\"github:re/used\" = 99` under `[accepted]`"), "{helps:?}");
    assert_eq!(found[0].message, "`https://dead.org/` is dead: the server answered 404");
}

#[test]
fn large_files_are_told_of_in_time() {
    let pad = |kb: usize| format!("{BASE}{}", "x".repeat(kb * 1024));
    assert_eq!(told(None, &pad(390), &Policy::default()), Vec::<String>::new());
    assert_eq!(told(None, &pad(401), &Policy::default()), ["1 file_too_large warning"]);
    assert_eq!(told(None, &pad(513), &Policy::default()), ["1 file_too_large error"]);
}

#[test]
fn an_exclusion_ends() {
    let mut policy = Policy::default();
    policy.check.exclude = vec![Exclusion {
        pattern: "https://x.org/*".to_owned(),
        reason: "a wall".to_owned(),
        until: Some(day("2026-11-22")),
    }];
    assert_eq!(of_policy(&policy, day("2026-11-22")), []);
    assert_eq!(of_policy(&policy, day("2026-11-23"))[0].code, "expired_exclusion");
}

#[test]
fn names_are_keys_and_the_page_is_the_table() {
    let keys =
        toml::to_string(&Policy { rules: toml::from_str(&every("error")).unwrap(), ..Policy::default() }).unwrap();
    for rule in TABLE {
        assert!(keys.contains(&format!("{} = \"error\"", rule.key())), "{}", rule.id);
        assert!(!rule.says.ends_with('.') && rule.docs.ends_with('.'), "{}", rule.id);
    }
    assert!(include_str!("../../docs/rules.md") == markdown(), "run `pomona rules --markdown > docs/rules.md`");
}

/// Every rule of the table set to one level.
fn every(level: &str) -> String {
    TABLE.iter().map(|rule| [&rule.key(), " = \"", level, "\"\n"].concat()).collect()
}
