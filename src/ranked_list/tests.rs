use super::sample::{World, day, record};
use super::*;
use crate::ledger::{Moved, Reused, Streak};
use crate::observation::FailureClass;
use crate::policy::Layout;
use crate::policy::{Below, Edges, Grouping, Order};
use crate::verdict::Verdict;

const SOURCE: &str = "# L\n## S\n- https://github.com/a/a\n- https://github.com/a/b\n- [Page](https://x.org/)\n- https://github.com/a/c\n- https://github.com/a/unknown\n";

fn world() -> World {
    World::new(
        SOURCE,
        &[("github:a/a", 100, "2026-11-01"), ("github:a/b", 1_000, "2026-11-01"), ("github:a/c", 10_000, "2026-11-01")],
    )
}

fn titles(ranked: &RankedList) -> Vec<&str> {
    let section = &ranked.sections[0];
    section.shown.iter().chain(&section.folded).map(|row| ranked.entries[*row].title.as_str()).collect()
}

#[test]
fn the_ranked_stand_first_and_the_others_keep_their_order() {
    let ranked = world().ranked();
    assert_eq!(titles(&ranked), ["a/c", "a/b", "a/a", "Page", "a/unknown"]);
    assert_eq!(ranked.entries[3].position.rank, Some(1));
    assert_eq!((ranked.counts.projects, ranked.counts.links), (3, 2));
}

#[test]
fn orders_are_those_of_the_policy() {
    for (order, expected) in [
        (Order::None, ["a/a", "a/b", "Page", "a/c", "a/unknown"]),
        (Order::Name, ["a/a", "a/b", "a/c", "a/unknown", "Page"]),
        (Order::Stars, ["a/c", "a/b", "a/a", "Page", "a/unknown"]),
    ] {
        let mut world = world();
        world.policy.layout.order = Some(order);
        assert_eq!(titles(&world.ranked()), expected, "{order:?}");
    }
}

#[test]
fn equal_scores_are_ordered_by_stars_then_by_name() {
    let source = "# L\n## S\n- https://github.com/a/z\n- https://github.com/a/few\n- https://github.com/a/b\n";
    let pushed = "2026-11-01";
    let repositories = [("github:a/z", 200, pushed), ("github:a/few", 100, pushed), ("github:a/b", 200, pushed)];
    let mut world = World::new(source, &repositories);
    world.policy.rank.weights.popularity = 0.0;
    world.policy.rank.weights.momentum = 0.0;
    let ranked = world.ranked();
    let totals: Vec<f64> = ranked.entries.iter().filter_map(|entry| Some(entry.status.score.as_ref()?.total)).collect();
    assert!(totals.len() == 3 && totals.iter().all(|total| (total - totals[0]).abs() < f64::EPSILON), "{totals:?}");
    assert_eq!(titles(&ranked), ["a/b", "a/z", "a/few"]);
}

#[test]
fn pinned_entries_stand_first_and_hidden_ones_nowhere() {
    let mut world = world();
    world.policy.layout.pinned = vec!["Page".to_owned(), "github:a/a".to_owned()];
    world.policy.layout.hidden = vec!["a/b".to_owned(), "https://github.com/a/unknown".to_owned()];
    let ranked = world.ranked();
    assert_eq!(titles(&ranked), ["Page", "a/a", "a/c"]);
    assert_eq!((ranked.entries[1].position.placement, ranked.entries[1].position.rank), (Placement::Hidden, None));
}

#[test]
fn a_threshold_has_two_edges() {
    let mut world = world();
    world.policy.layout.min_stars = Some(Edges { enter: 1_000, leave: 800 });
    let placement = |world: &World| world.ranked().entries[1].position.placement;
    let before = world.ranked();
    assert_eq!(
        (
            before.entries[0].position.placement,
            before.entries[1].position.placement,
            before.entries[2].position.placement
        ),
        (Placement::Folded, Placement::Shown, Placement::Shown)
    );
    world.record("github:a/b").facts.stars = Some(850);
    assert_eq!(placement(&world), Placement::Folded, "it was not there before");
    world.previous = Some(Previous::of(&before, &Forges::default()));
    assert_eq!(placement(&world), Placement::Shown, "it was there before");
    world.record("github:a/b").facts.stars = Some(799);
    assert_eq!(placement(&world), Placement::Folded);
    world.policy.layout.below = Below::Hide;
    assert_eq!(placement(&world), Placement::Hidden);
}

#[test]
fn a_licence_that_was_asked_for_is_missed_only_when_it_is_known_to_be_missing() {
    let mut world = world();
    world.policy.layout.licences = vec!["mit".to_owned()];
    world.record("github:a/a").facts.licence = Some(None);
    world.record("github:a/b").facts.licence = None;
    let shown = |world: &World| {
        world.ranked().entries.iter().map(|row| row.position.placement == Placement::Shown).collect::<Vec<_>>()
    };
    assert_eq!(shown(&world), [false, false, true, true, true]);
    world.written("# L\n## S\n- [a/b](https://github.com/a/b)\n- [a/a](https://github.com/a/a)\n");
    assert_eq!(shown(&world), [false, true, true, true, true]);
}

#[test]
fn children_stand_under_their_parents() {
    let text = "# L\n## S\n- [A](https://github.com/a/a) - Does a.\n  - [B](https://github.com/a/b) - Does b.\n- [C](https://github.com/a/c) - Does c.\n";
    let known =
        [("github:a/a", 100, "2026-11-01"), ("github:a/b", 1_000, "2026-11-01"), ("github:a/c", 10_000, "2026-11-01")];
    let mut world = World::new(text, &known);
    let ranked = world.ranked();
    assert_eq!(titles(&ranked), ["C", "A", "B"]);
    assert_eq!(ranked.entries[1].position.depth, 1);
    world.policy.layout.hidden = vec!["a/a".to_owned()];
    let ranked = world.ranked();
    assert_eq!((titles(&ranked), ranked.entries[1].position.depth), (vec!["C", "B"], 0));
}

#[test]
fn sections_are_headings_languages_or_licences() {
    let mut world = world();
    world.record("github:a/b").facts.language = Some(Some("C".to_owned()));
    world.record("github:a/c").facts.licence = Some(None);
    let sections = |world: &World| {
        let ranked = world.ranked();
        ranked.sections.iter().map(|section| (section.title.clone(), section.shown.len())).collect::<Vec<_>>()
    };
    let named = |sections: &[(&str, usize)]| {
        sections.iter().map(|(title, rows)| ((*title).to_owned(), *rows)).collect::<Vec<_>>()
    };
    assert_eq!(sections(&world), named(&[("S", 5)]));
    world.policy.layout.template = Some("page.j2".to_owned());
    world.policy.layout.group_by = Grouping::Language;
    assert_eq!(sections(&world), named(&[("C", 1), ("Rust", 2), ("Other", 2)]));
    world.policy.layout.group_by = Grouping::Licence;
    assert_eq!(sections(&world), named(&[("MIT", 2), ("Other", 3)]));
}

#[test]
fn sections_of_one_name_stay_apart_and_empty_ones_go() {
    let text = "# L\n## A\n### X\n- https://github.com/a/a\n## B\n### X\n- https://github.com/a/b\n## C\n### X\n## A\n### X\n- https://github.com/a/c\n";
    let ranked = World::new(text, &[]).ranked();
    let paths: Vec<String> = ranked.sections.iter().map(|section| section.path.join("/")).collect();
    assert_eq!(paths, ["A", "A/X", "B", "B/X", "A", "A/X"]);
    assert_eq!((ranked.listed(0), ranked.counts.sections), (1, 3));
    assert_eq!(ranked.entries[2].position.section, Some(5));
}

#[test]
fn a_list_with_several_first_headings_has_no_title_among_them() {
    let ranked = World::new("# A\n- https://github.com/a/a\n# B\n- https://github.com/a/b\n", &[]).ranked();
    let titles: Vec<&str> = ranked.sections.iter().map(|section| section.title.as_str()).collect();
    assert_eq!((ranked.title.as_str(), titles), ("Awesome", vec!["A", "B"]));
}

#[test]
fn a_moved_repository_is_linked_where_it_is_and_a_moved_page_only_on_request() {
    let mut world = world();
    let moved = |to: &str| Some(Moved { to: to.to_owned(), since: day("2026-05-01") });
    world.record("github:a/a").moved = moved("https://github.com/n/a");
    let mut page = record("https://x.org/", 0, "2026-11-01");
    page.facts = crate::observation::SharedFacts::default();
    page.moved = moved("https://www.x.org/new");
    world.records.push(page);
    let ranked = world.ranked();
    assert_eq!((ranked.entries[0].title.as_str(), ranked.entries[0].url.as_str()), ("n/a", "https://github.com/n/a"));
    assert_eq!(ranked.entries[0].status.moved_from.as_deref(), Some("a/a"));
    assert_eq!((ranked.entries[2].url.as_str(), &ranked.entries[2].status.moved_from), ("https://x.org/", &None));
    world.policy.rewrite = crate::policy::Rewrite::Redirects;
    assert_eq!(world.ranked().entries[2].url, "https://www.x.org/new");
}

#[test]
fn what_is_gone_leaves_its_section_and_what_is_doubtful_stays() {
    let mut world = world();
    world.record("github:a/a").failing =
        Some(Box::new(Streak::confirmed(FailureClass::GithubNotFound, "2026-08-01T00:00:00Z")));
    let first = "2026-10-01T00:00:00Z".parse().unwrap();
    world.record("github:a/b").failing = Some(Box::new(Streak::new(FailureClass::GithubNotFound, None, first)));
    world.record("github:a/c").reused = Some(Reused { id: 9, created: None, since: day("2026-10-01") });
    let ranked = world.ranked();
    assert_eq!(
        (ranked.dead.as_slice(), ranked.entries[0].position.path.as_slice()),
        ([0].as_slice(), ["S".to_owned()].as_slice())
    );
    assert_eq!(titles(&ranked), ["a/c", "a/b", "Page", "a/unknown"]);
    assert_eq!(
        (ranked.entries[1].status.judgement.verdict, ranked.entries[1].status.marks[0]),
        (Verdict::Failing, MarkName::Failing)
    );
    assert_eq!(ranked.entries[3].status.marks[0], MarkName::Reused);
}

#[test]
fn a_note_shows_stars_and_exceptions_and_what_the_layout_asks_for() {
    let mut world = world();
    let words = Words::new(&Language::default(), &world.policy.layout);
    let shown = |world: &World, entry: usize| {
        let note = note(&world.ranked().entries[entry], &world.policy.layout, &words);
        note.map(|note| note.to_string().replace('\u{a0}', " "))
    };
    assert_eq!(shown(&world, 3).as_deref(), Some("(⭐ 10k)"), "that it is active is no exception");
    world.record("github:a/c").facts.commit = Some(Some(day("2025-03-04")));
    assert_eq!(shown(&world, 3).as_deref(), Some("(⭐ 10k · quiet since 2025-03)"));
    world.record("github:a/c").facts.archived = Some(true);
    world.record("github:a/c").facts.language = Some(Some("C#".to_owned()));
    assert_eq!(shown(&world, 3).as_deref(), Some("(⭐ 10k · archived)"));
    world.policy.layout = toml::from_str("note = ['stars', 'language', 'licence', 'score']").unwrap();
    assert_eq!(shown(&world, 3).as_deref(), Some("(⭐ 10k · C# · MIT · 27)"));
    world.policy.layout = toml::from_str("note = ['language']").unwrap();
    assert_eq!(shown(&world, 3).as_deref(), Some("(📦 C#)"));
    world.policy.layout.note.clear();
    assert_eq!(shown(&world, 3), None);
    world.policy.layout = Layout::default();
    assert_eq!(shown(&world, 4), None, "nothing is known of it");
}

#[test]
fn a_failure_is_announced_once_it_is_repeated_and_a_death_with_its_month() {
    let mut world = world();
    let words = Words::new(&Language::default(), &world.policy.layout);
    let mut shown = |days| {
        let streak = Streak::daily(FailureClass::TimeoutConnect, "2026-10-01T00:00:00Z", days);
        world.record("github:a/a").failing = Some(Box::new(streak));
        let note = note(&world.ranked().entries[0], &world.policy.layout, &words);
        note.map(|note| note.to_string().replace('\u{a0}', " ")).unwrap()
    };
    assert_eq!(shown(1), "(⭐ 100)");
    assert_eq!(shown(2), "(⭐ 100 · not answering since 2026-10)");
    assert_eq!(shown(25), "(💀 dead since 2026-10)");
}

#[test]
fn a_finished_project_bears_no_mark_of_silence() {
    let text = "# L\n## S\n- [A](https://github.com/a/a) - Done. <!-- pomona:finished -->\n- [B](https://github.com/a/b) - Not.\n";
    let ranked = World::new(text, &[("github:a/a", 100, "2020-01-01"), ("github:a/b", 100, "2020-01-01")]).ranked();
    assert_eq!(
        (ranked.entries[0].status.marks[0], ranked.entries[1].status.marks[0]),
        (MarkName::Finished, MarkName::Stale)
    );
    assert_eq!((ranked.entries[0].position.place, ranked.entries[1].position.place), (Some(1), Some(2)));
}

#[test]
fn a_page_s_title_replaces_no_name_that_a_person_wrote() {
    let mut world = World::new(
        "# L\n- [draw.io](https://draw.io)\n- [Draw](https://draw.io)\n- <https://draw.io>\n- [x](https://other.org)\n",
        &[],
    );
    let mut page = crate::ledger::Record::new("https://draw.io/".parse().unwrap(), day("2026-01-05"));
    page.title = Some("Just a moment...".to_owned());
    world.records.push(page);
    let ranked = world.ranked();
    let titles: Vec<&str> = ranked.entries.iter().map(|entry| entry.title.as_str()).collect();
    assert_eq!(titles, ["draw.io", "Draw", "Just a moment...", "x"]);
}

#[test]
fn a_licence_that_the_list_names_counts() {
    let mut world = World::new(
        "# L\n- [A](https://github.com/a/a) - Does a. `AGPL-3.0` `Go`\n- [B](https://github.com/a/b) - Does b.\n",
        &[("github:a/a", 100, "2026-11-01"), ("github:a/b", 100, "2026-11-01")],
    );
    for target in ["github:a/a", "github:a/b"] {
        world.record(target).facts.licence = Some(Some("NOASSERTION".to_owned()));
    }
    let ranked = world.ranked();
    let licence = |entry: usize| {
        let parts = &ranked.entries[entry].status.score.as_ref().unwrap().parts;
        (parts[4].value, parts[4].fact.clone())
    };
    assert_eq!(licence(0).0, Some(1.0), "{:?}", licence(0));
    assert!(licence(0).1.contains("AGPL-3.0") && licence(1).0 < Some(1.0), "{:?}", licence(1));
}
