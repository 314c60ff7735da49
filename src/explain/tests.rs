use std::sync::Arc;

use super::*;
use crate::ledger::{Ledger, Moved, Record};
use crate::observation::{Alive, Failure, FailureClass, Seen, SuspicionKind};
use crate::policy::Order;
use crate::ranked_list::sample::{World, day};

/// Explains by a world's ledger, and by what the cache stores.
fn with<T>(world: &World, newest: &[Observation], use_it: impl FnOnce(&Evidence<'_>) -> T) -> T {
    let document = Document::parse(&world.text);
    let ledger = Ledger::new(Some(day("2026-11-01")), world.records.iter().cloned());
    let judgements = Judgements::new(ledger, &world.policy);
    let forges = Forges::default();
    let newest = newest.iter().map(|observation| (observation.target.clone(), observation.clone())).collect();
    use_it(&Evidence {
        ranked: &world.ranked(),
        document: &document,
        layout: &world.policy.layout,
        forges: &forges,
        judgements: &judgements,
        newest: &newest,
    })
}

fn world() -> World {
    let mut world = World::new(
        "# L\n## One\n- [Alpha](https://github.com/a/alpha) - Ours.\n- https://github.com/b/beta\n## Two\n- https://x.org/\n- [bat](https://y.org/bat), [fd](https://github.com/s/fd) and [hexyl](https://github.com/s/hexyl) - Three.\n",
        &[("github:a/alpha", 999, "2026-11-01"), ("github:b/beta", 100, "2025-08-01")],
    );
    world.record("github:b/beta").moved =
        Some(Moved { to: "https://github.com/c/beta".to_owned(), since: day("2026-05-01") });
    world
}

fn ask(query: &str) -> Result<Vec<Explanation>, NotFound> {
    with(&world(), &[], |evidence| explain(evidence, query))
}

fn failed(target: &str, class: FailureClass, detail: &str) -> Observation {
    let failure = Failure { status: Some(429), ..Failure::of(class).because(detail) };
    Observation {
        target: target.parse().unwrap(),
        at: "2026-11-22T05:00:00Z".parse().unwrap(),
        seen: Seen::Failed(failure),
    }
}

#[test]
fn an_entry_is_found_by_name_address_title_and_the_beginning_of_a_name() {
    for (query, target) in [
        ("https://github.com/A/Alpha/", "github:a/alpha"),
        ("github:a/alpha", "github:a/alpha"),
        ("a/alpha", "github:a/alpha"),
        ("ALPHA", "github:a/alpha"),
        ("alp", "github:a/alpha"),
        ("beta", "github:b/beta"),
        ("https://github.com/c/beta", "github:b/beta"),
        ("https://x.org", "https://x.org/"),
    ] {
        assert_eq!(ask(query).unwrap()[0].target, target, "{query}");
    }
    let missing = ask("a/alpah").unwrap_err();
    assert_eq!(missing.nearest.first().map(String::as_str), Some("a/alpha"));
    assert_eq!(ask("zzzzzz").unwrap_err().nearest, Vec::<String>::new());
    let several = ask("b").unwrap_err();
    assert_eq!(several.to_string(), "several entries of the list match `b`");
    assert_eq!(several.nearest, ["c/beta", "bat"]);
}

#[test]
fn a_further_link_is_explained_with_its_entry() {
    for query in ["hexyl", "s/hexyl", "https://github.com/s/hexyl"] {
        let found = ask(query).unwrap().remove(0);
        let link = found.link.clone().unwrap();
        assert_eq!((link.target.as_str(), found.source.title.as_deref()), ("github:s/hexyl", Some("bat")), "{query}");
        assert!(found.to_string().starts_with("hexyl  https://github.com/s/hexyl is a further link of:\n"));
    }
}

#[test]
fn an_explanation_has_places_reasons_and_both_texts() {
    let alpha = ask("alpha").unwrap().remove(0);
    assert_eq!((alpha.place, alpha.rank), (Some(Place { at: 1, of: 2 }), Some(Place { at: 1, of: 2 })));
    assert_eq!(alpha.source.description.as_deref(), Some("Ours."));
    assert_eq!(alpha.forge.description.as_deref(), Some("What github:a/alpha does"));
    let beta = ask("beta").unwrap().remove(0);
    assert_eq!((beta.verdict.verdict, beta.suggestion.unwrap().change), ("moved", "it had a commit this month"));
    let page = ask("https://x.org/").unwrap().remove(0);
    assert_eq!((page.rank, page.unranked), (None, Some("not a repository: it has no stars to be ranked by")));
    assert!(!page.to_string().contains("forge "), "{page}");
}

#[test]
fn what_refused_to_answer_a_minute_ago_was_not_never_looked_at() {
    let refused = failed("https://x.org/", FailureClass::RateLimited, "asks to wait 30 s");
    let page = with(&world(), &[refused], |evidence| explain(evidence, "https://x.org/")).unwrap().remove(0);
    assert_eq!((page.verdict.verdict, page.verdict.class.as_deref()), ("unknown", Some("rate_limited")));
    let text = page.to_string();
    assert!(text.contains("[rate_limited], since 2026-11-22\n"), "{text}");
    assert!(text.contains("observed   2026-11-22 05:00 UTC: failed [rate_limited], status 429, asks to wait 30 s\n"));
    let never = ask("https://x.org/").unwrap().remove(0);
    assert_eq!(never.verdict.class.as_deref(), Some("not_looked"));
}

#[test]
fn suspicions_evidence_of_walls_and_the_day_of_the_last_answer_are_shown() {
    let mut world = world();
    let mut page = Record::new("https://x.org/".parse().unwrap(), day("2024-01-01"));
    page.alive = Some(day("2024-01-01"));
    page.last = Some(day("2024-04-07"));
    page.suspicions = vec![Suspicion { kind: SuspicionKind::Soft404, evidence: "page not found".to_owned() }];
    world.records.push(page);
    let walled = failed("https://x.org/", FailureClass::BotWall, "cf-mitigated: challenge");
    let page = with(&world, &[walled], |evidence| explain(evidence, "https://x.org/")).unwrap().remove(0);
    let text = page.to_string();
    assert!(text.contains("verdict    alive: answered on 2024-04-07, not fetched since\n"), "{text}");
    assert!(text.contains("suspected  reads like an error page: page not found\n"), "{text}");
    assert!(text.contains("failed [bot_wall], status 429, cf-mitigated: challenge\n"), "{text}");
    let alive = Observation {
        seen: Seen::Alive(Arc::new(Alive { status: Some(200), ..Alive::default() })),
        ..failed("https://x.org/", FailureClass::BotWall, "")
    };
    let page = with(&world, &[alive], |evidence| explain(evidence, "https://x.org/")).unwrap().remove(0);
    assert!(page.to_string().contains("observed   2026-11-22 05:00 UTC: alive, status 200\n"), "{page}");
}

#[test]
fn a_section_is_explained_whole_and_by_rank() {
    let mut world = world();
    world.policy.layout.order = Some(Order::None);
    world.record("github:b/beta").facts.stars = Some(90_000);
    let titles = |query: &str| {
        let section = with(&world, &[], |evidence| section(evidence, query))?;
        Ok::<_, NotFound>(section.entries.into_iter().map(|entry| entry.title).collect::<Vec<_>>())
    };
    assert_eq!(titles("one").unwrap(), ["c/beta", "Alpha"]);
    assert_eq!(titles("Tw").unwrap(), ["x.org", "bat"]);
    assert_eq!(titles("Oen").unwrap_err().nearest, ["One"]);
}

#[test]
fn an_explanation_is_a_small_table() {
    let mut world = World::new(
        "# L\n## One\n- [Alpha](https://github.com/a/alpha) - Ours.\n- https://x.org/\n",
        &[("github:a/alpha", 999, "2025-08-01")],
    );
    world.record("github:a/alpha").facts.archived = Some(true);
    world.record("github:a/alpha").dates.insert("stars".to_owned(), day("2026-10-05"));
    let alpha = with(&world, &[], |evidence| explain(evidence, "alpha")).unwrap().remove(0);
    let expected = "\
Alpha  22.6   #1 of 1   formula 2   as of 2026-11
  popularity 999 stars                                  0.50 × 63.6 = 31.8  forge, since 2026-10-05
  momentum   167 stars a year on average since 2020-11  0.36 × 20.2 =  7.4  forge, since 2026-10-05 (was 0.37)
  activity   last commit 15 months ago                  0.29 × 14.1 =  4.1  forge
  release    it never released                          leaves both sums
  licence    MIT                                        1.00 ×  2.0 =  2.0  forge
  factor     archived                                   × 0.50
  most       +22.6 if it were archived no longer
section    One, #1 of 1 (shown, line 3)
verdict    alive: it answers
mark       archived: its owner archived it
source     Alpha — Ours.
forge      – — What github:a/alpha does
";
    assert_eq!(alpha.to_string(), expected);
    let one = with(&world, &[], |evidence| section(evidence, "One")).unwrap().to_string();
    let expected = "\
One   formula 2   as of 2026-11
             score   pop   mom   act   rel   lic  factor
   1  Alpha   22.6  0.50  0.36  0.29     –  1.00    0.50
      x.org
";
    assert_eq!(one, expected);
}

#[test]
fn two_entries_are_compared_by_the_part_that_decides() {
    let alpha = ask("alpha").unwrap().remove(0);
    let beta = ask("beta").unwrap().remove(0);
    let compared = compare(beta.clone(), alpha.clone());
    assert_eq!((compared.first.title.as_str(), compared.decides), ("Alpha", Some("popularity")));
    let gains: f64 = compared.parts.iter().map(PartDifference::gain).sum();
    assert!((gains - compared.lead).abs() < 1e-9 && compared.lead > 0.0);
    let expected = [
        "              Alpha  c/beta   lead",
        "popularity     31.8    21.3  +10.6",
        "momentum        7.1     5.8   +1.3",
        "activity       14.1     4.1  +10.1",
        "release           –       –   +0.0",
        "licence         2.0     2.0   +0.0",
        "score          55.1    33.1  +22.0",
        "Alpha leads by 22.0: popularity decides",
    ];
    assert_eq!(compared.to_string().lines().collect::<Vec<_>>(), expected);
    let page = ask("https://x.org/").unwrap().remove(0);
    let text = compare(page, alpha.clone()).to_string();
    assert!(text.ends_with("x.org is not ranked: not a repository: it has no stars to be ranked by\n"), "{text}");
    assert_eq!(compare(alpha.clone(), alpha).decides, None);
}
