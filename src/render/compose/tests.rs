use super::*;
use crate::ledger::Streak;
use crate::markdown::apply;
use crate::observation::FailureClass;
use crate::policy::{Removal, Style};
use crate::ranked_list::sample::{World, record};
use proptest::prelude::*;

/// A world of `text` in which `github:a/X` has so many stars, and is dead at 0.
fn world(text: &str, stars: &[(&str, u64)]) -> World {
    let known: Vec<(String, u64)> = stars.iter().map(|(name, stars)| (format!("github:a/{name}"), *stars)).collect();
    let known: Vec<(&str, u64, &str)> =
        known.iter().map(|(name, stars)| (name.as_str(), *stars, "2026-11-01")).collect();
    let mut world = World::new(text, &known);
    for (name, stars) in stars {
        if *stars == 0 {
            die(&mut world, name, true);
        }
    }
    world.policy.layout.order = Some(Order::Score);
    world.policy.layout.note.clear();
    world
}

fn die(world: &mut World, name: &str, dead: bool) {
    let streak = Streak::confirmed(FailureClass::GithubNotFound, "2026-10-01T00:00:00Z");
    world.record(&format!("github:a/{name}")).failing = dead.then_some(Box::new(streak));
}

/// The list as it is written in place, or to another file where the policy names one.
fn written(world: &World) -> Composed {
    let in_place = world.policy.output.is_none();
    let mut current = World {
        text: restore(&world.text).filter(|_| in_place).unwrap_or_else(|| world.text.clone()),
        policy: world.policy.clone(),
        records: world.records.clone(),
        ..World::default()
    };
    current.written(&world.text);
    let composed = compose(&Source {
        text: &current.text,
        document: &Document::parse(&current.text),
        ranked: &current.ranked(),
        layout: &world.policy.layout,
        addresses: &BTreeMap::new(),
        in_place,
        chart: None,
    });
    composed.unwrap_or_else(|why| panic!("{why}\n{}", current.text))
}

fn text(world: &World) -> String {
    let composed = written(world);
    assert_eq!(composed.findings, Vec::new(), "{}", composed.text);
    composed.text
}

fn stripped(text: &str) -> String {
    let text = restore(text).unwrap_or_else(|| text.to_owned());
    apply(&text, annotate::strip(&Document::parse(&text), &text)).unwrap()
}

fn item(name: &str) -> String {
    format!("- [{name}](https://github.com/a/{name}) - Does {name}.")
}

fn lines(parts: &[&str]) -> String {
    parts.iter().map(|part| if part.len() == 1 { item(part) } else { (*part).to_owned() } + "\n").collect()
}

#[test]
fn entries_move_with_their_lines_within_their_list() {
    let stars = [("a", 10), ("b", 100), ("c", 1_000), ("d", 10_000)];
    for (before, after) in [
        (lines(&["a", "  More of a.", "b", "c"]), lines(&["c", "b", "a", "  More of a."])),
        (lines(&["a", "", "b", "", "After."]), lines(&["b", "", "a", "", "After."])),
        // Nested entries stay under their parent and are ordered there.
        (
            lines(&["a", "  - [b](https://github.com/a/b)", "  - [c](https://github.com/a/c)", "d"]),
            lines(&["d", "a", "  - [c](https://github.com/a/c)", "  - [b](https://github.com/a/b)"]),
        ),
        // A group without a link is the heading of what follows it.
        (lines(&["- Group", "a", "b", "- Other", "c", "d"]), lines(&["- Group", "b", "a", "- Other", "d", "c"])),
        (
            lines(&["- Group", "  - [a](https://github.com/a/a)", "  - [b](https://github.com/a/b)"]),
            lines(&["- Group", "  - [b](https://github.com/a/b)", "  - [a](https://github.com/a/a)"]),
        ),
        // Steps are a sequence, and so are rows that are numbered.
        (
            "1. [a](https://github.com/a/a)\n2. [b](https://github.com/a/b)\n".to_owned(),
            "1. [a](https://github.com/a/a)\n2. [b](https://github.com/a/b)\n".to_owned(),
        ),
        (
            "| n | p |\n|---|---|\n| 1 | [a](https://github.com/a/a) |\n| 2 | [b](https://github.com/a/b) |\n"
                .to_owned(),
            "| n | p |\n|---|---|\n| 1 | [a](https://github.com/a/a) |\n| 2 | [b](https://github.com/a/b) |\n"
                .to_owned(),
        ),
        (
            "| p | q |\n|---|---|\n| [a](https://github.com/a/a) | x |\n| [b](https://github.com/a/b) | y |\n"
                .to_owned(),
            "| p | q |\n|---|---|\n| [b](https://github.com/a/b) | y |\n| [a](https://github.com/a/a) | x |\n"
                .to_owned(),
        ),
        (
            "| p |\n|---|\n |[a](https://github.com/a/a)| \n|[b](https://github.com/a/b)|\n".to_owned(),
            "| p |\n|---|\n|[b](https://github.com/a/b)|\n |[a](https://github.com/a/a)| \n".to_owned(),
        ),
        // Every link of an entry stays with it.
        (
            lines(&[
                "- [a](https://github.com/a/a), [x](https://x.org) and [y](https://y.org) - Three. ([demo](https://z.org))",
                "b",
            ]),
            lines(&[
                "b",
                "- [a](https://github.com/a/a), [x](https://x.org) and [y](https://y.org) - Three. ([demo](https://z.org))",
            ]),
        ),
    ] {
        let world = world(&format!("# L\n\n{before}"), &stars);
        assert_eq!(text(&world), format!("# L\n\n{after}"));
    }
}

#[test]
fn rows_and_items_of_raw_html_are_ordered() {
    let row = |name: &str| {
        format!("<tr><td><a href=\"https://github.com/a/{name}\">{name}</a></td><td>does {name}</td></tr>\n")
    };
    let table =
        |rows: &[&str]| format!("# L\n\n<table>\n<tr><th>Name</th><th>What</th></tr>\n{}</table>\n", rows.concat());
    let stars = [("a", 10), ("b", 100), ("c", 1_000)];
    let all = [row("a"), row("b"), row("c")];
    let before = table(&all.each_ref().map(String::as_str));
    assert_eq!(text(&world(&before, &stars)), table(&[&all[2], &all[1], &all[0]]));
    // Numbered rows, rows without their closing tags, and nested tables keep their places.
    for other in [
        before.replace("<tr><td><a", "<tr><td>1</td><td><a"),
        before.replace("</td></tr>", "</td>"),
        before.replace("<td>does", "<td><table><tr><td>x</td></tr></table>does"),
    ] {
        assert_eq!(text(&world(&other, &stars)), other);
    }
    let items = "# L\n\n<ul>\n<li><a href=\"https://github.com/a/a\">a</a> - Does a.</li>\n<li><a href=\"https://github.com/a/b\">b</a> - Does b.</li>\n</ul>\n";
    let first = text(&world(items, &stars));
    assert!(first.find("a/b").unwrap() < first.find("a/a").unwrap(), "{first}");
    assert_eq!(text(&world(&first, &stars)), first);
    let steps = items.replace("ul>", "ol>");
    assert_eq!(text(&world(&steps, &stars)), steps);
}

#[test]
fn sections_of_headings_that_are_entries_are_ordered_where_the_policy_asks() {
    let section =
        |name: &str, more: &str| format!("## [{name}](https://github.com/a/{name})\n\nDoes {name}.\n\n{more}");
    let list = |parts: &[&str]| format!("# L\n\n{}# Other\n\nEnd.\n", parts.concat());
    let (a, b, c) = (section("a", "### Install\n\n```\na\n```\n\n"), section("b", ""), section("c", "![c](c.png)\n\n"));
    let source = list(&[&a, &b, &c]);
    let mut world = world(&source, &[("a", 10), ("b", 100), ("c", 1_000)]);
    assert_eq!(text(&world), source);
    world.policy.layout.order_headings = true;
    let ranked = list(&[&c, &b, &a]);
    assert_eq!(text(&world), ranked);
    world.text.clone_from(&ranked);
    assert_eq!(text(&world), ranked);
    // Numbered headings are a sequence; an anchor that would lead elsewhere afterwards keeps them in place.
    let twice = list(&[&a, &section("b", "### Install\n\n[See](#install-1).\n\n"), &c]);
    for kept in [source.replace("## [", "## 1. ["), twice] {
        world.text.clone_from(&kept);
        assert_eq!(text(&world), kept);
    }
}

#[test]
fn a_dead_entry_moves_into_its_block_and_back() {
    let block = "<!-- pomona:begin dead -->\n<!-- pomona:end dead -->\n";
    let source = format!(
        "# L\n\n## S\n\n{}\n### T\n\n* [c](https://github.com/a/c)\n\n## Dead\n\n{block}",
        lines(&["a", "  More of a.", "  - nested", "b", "e"])
    );
    let stars = [("a", 0), ("b", 100), ("c", 0), ("e", 0)];
    let mut world = world(&source, &stars);
    world.policy.layout.removal = Removal::Block;
    world.policy.layout.order = None;
    let first = text(&world);
    assert!(first.contains("## S\n\n- [b](https://github.com/a/b) - Does b.\n\n### T\n\n## Dead"), "{first}");
    for part in [
        "**S**\n\n- [a]",
        "\n  More of a. (💀",
        "**S › T**\n\n* [c]",
        "3 dead links",
        "on\u{a0}GitHub,\u{a0}since\u{a0}2026-10-01)",
    ] {
        assert!(first.contains(part), "{part} in {first}");
    }
    assert_eq!(stripped(&first), source);
    world.text = first.clone();
    assert_eq!(text(&world), first, "the first write is the fixed point");
    die(&mut world, "a", false);
    let back = text(&world);
    assert!(back.contains("  More of a.\n  - nested\n- [b]"), "{back}");
    assert!(!back.contains("**S**\n\n- [a]") && back.contains("2 dead links"), "{back}");
    assert_eq!(stripped(&back), source);
    // What is nested stays out of the block while its parent answers, and returns to it.
    world.text = source.replace("- nested", "- [f](https://github.com/a/f) nested");
    world.records.push(record("github:a/f", 1, "2026-11-01"));
    die(&mut world, "f", true);
    let nested = text(&world);
    assert!(nested.contains("\n- [f](https://github.com/a/f) nested (💀"), "{nested}");
    assert_eq!(stripped(&nested), world.text);
}

#[test]
fn a_dead_entry_returns_although_its_section_was_rewritten() {
    let block = "<!-- pomona:begin dead -->\n<!-- pomona:end dead -->\n";
    let mut world = world(&format!("# L\n\n## S\n\n{}\n{block}", lines(&["b", "a"])), &[("a", 0), ("b", 9)]);
    world.policy.layout.removal = Removal::Block;
    let in_block = text(&world);
    die(&mut world, "a", false);
    for (section, expected) in
        [("## S\n\n- [z](https://z.org)\n", "Does a.\n- [z](https://z.org)\n"), ("## New\n\nText.\n", "Text.\n- [a]")]
    {
        world.text = in_block.replace(&format!("## S\n\n{}\n", item("b")), section);
        assert!(text(&world).contains(expected), "{}", text(&world));
    }
    let places: Vec<&str> = in_block.lines().filter(|line| !line.contains("pomona:place")).collect();
    world.text = places.join("\n") + "\n";
    assert!(text(&world).contains(&item("a")), "{}", text(&world));
}

#[test]
fn a_dead_row_moves_into_its_block_and_back() {
    let block = "<!-- pomona:begin dead -->\n<!-- pomona:end dead -->\n";
    let table =
        "| p | about |\n|---|---|\n| [c](https://github.com/a/c) | Row. |\n| [b](https://github.com/a/b) | B. |\n";
    let source = format!("# L\n\n{table}\n* [a](https://github.com/a/a)\n\n  A paragraph | of a.\n\n{block}");
    let mut world = world(&source, &[("a", 0), ("b", 0), ("c", 9)]);
    world.policy.layout.removal = Removal::Block;
    world.policy.layout.order = Some(Order::Name);
    let first = text(&world);
    for part in [
        "# L\n\n| p | about |\n|---|---|\n| [c](https://github.com/a/c) | Row. |\n\n<!--",
        "</summary>\n\n| p | about |\n|---|---|\n| [b](https://github.com/a/b) | B. (💀",
        "lines=1 --> |\n\n* [a](https://github.com/a/a)",
        "2 dead links",
    ] {
        assert!(first.contains(part), "{part} in {first}");
    }
    assert_eq!(stripped(&first), source);
    world.text = first.clone();
    assert_eq!(text(&world), first, "the first write is the fixed point");
    // A row whose place somebody removed is not lost.
    let place = first.find(" <!-- pomona:place").unwrap();
    world.text = first[..place].to_owned() + &first[place + first[place..].find("-->").unwrap() + 3..];
    assert!(text(&world).contains("| [b](https://github.com/a/b) | B."), "{}", text(&world));
    // Rows that change places do not take the place of a dead entry with them.
    world.text = source;
    die(&mut world, "b", false);
    let moved = text(&world);
    assert!(moved.contains("| B. |\n| [c](https://github.com/a/c) | Row. |\n\n<!--"), "{moved}");
    world.text = moved.clone();
    assert_eq!(text(&world), moved);
}

#[test]
fn dead_entries_that_cannot_move_are_reported() {
    let source = "# L\n\n- [b](https://github.com/a/b)\n\n## [a](https://github.com/a/a)\n\nText.\n";
    let mut world = world(source, &[("a", 0), ("b", 9)]);
    world.policy.layout.removal = Removal::Block;
    let findings = written(&world).findings;
    assert_eq!(findings[0].code, "no-dead-block");
    assert!(findings[0].help.as_ref().is_some_and(|help| help.contains("<!-- pomona:begin dead -->")));
    world.text.push_str("\n<!-- pomona:begin dead -->\n<!-- pomona:end dead -->\n");
    let findings = written(&world).findings;
    assert_eq!((findings.len(), findings[0].code), (1, "dead-kept"));
    assert_eq!(findings[0].message, "dead entries that stay where they are: 1, the first `a` in line 5");
}

#[test]
fn blocks_stand_apart_from_raw_html_at_the_end() {
    for source in ["<details><summary><a href=x>", "---\n<a href=x>", "# L\n\n- [a](https://github.com/a/a)\r\n"] {
        let mut world = world(source, &[]);
        world.policy.output = Some("README.md".into());
        world.policy.layout.blocks = vec![crate::policy::Block::Trending];
        assert!(text(&world).contains("## Trending"), "{source}");
    }
}

#[test]
fn the_last_line_keeps_its_spaces_before_a_block() {
    let mut world = world("# <a href=x>word # \t", &[]);
    world.policy.output = Some("README.md".into());
    world.policy.layout.blocks = vec![crate::policy::Block::Legend];
    world.policy.layout.note = Layout::default().note;
    assert!(text(&world).contains("# <a href=x>word # \t\n\n## Legend\n"), "{}", text(&world));
}

#[test]
fn a_block_stands_above_the_definitions_of_a_heading() {
    for (source, block) in [
        ("[r]: u\n<br>\n[[<a href=x><!-- ---\n- \n", crate::policy::Block::Contents),
        ("> <br>\n[r]: u\n</b>\nhttps://a.example/c---\n---\n", crate::policy::Block::Trending),
    ] {
        let mut world = world(source, &[]);
        world.policy.output = Some("README.md".into());
        world.policy.layout.blocks = vec![block];
        world.policy.layout.order = None;
        let list = text(&world);
        let marker = list.find("<!-- pomona:begin").unwrap();
        assert!(marker < list.find("[r]: u\n<").unwrap(), "{list}");
    }
}

#[test]
fn bare_addresses_get_names_in_the_output_only() {
    let source = "# L\n\n## S\n\n- https://github.com/a/a\n- https://github.com/a/b - Ours.\n- <https://x.org/>\n";
    let mut world = world(source, &[("a", 10), ("b", 9)]);
    assert_eq!(text(&world), source);
    let marked = World { text: format!("\u{feff}{source}"), policy: world.policy.clone(), ..World::default() };
    assert_eq!(text(&marked), marked.text);
    world.policy.output = Some("README.md".into());
    let list = text(&world);
    let expected = "- [a/a](https://github.com/a/a) - What github:a/a does\n- https://github.com/a/b - Ours.\n- [x.org](https://x.org/)\n";
    assert!(list.ends_with(expected), "{list}");
    assert!(list.starts_with("<!-- Generated by Pomona from list.md"), "{list}");
}

#[test]
fn layouts_change_lists_and_nothing_between_them() {
    let source = format!(
        "# L\n\nIntro.\n\n## S\n\nText | of S.\n{}\nEnd.\n",
        lines(&["a", "b", "c", "- [d](https://github.com/a/d) ([x|y](https://x.org)) - `a|b` c."])
    );
    let stars = [("a", 10), ("b", 1_000), ("c", 100_000), ("d", 10_000)];
    let mut world = world(&source, &stars);
    world.policy.output = Some("README.md".into());
    world.policy.layout.top = Some(2);
    world.policy.layout.medals = true;
    let folded = text(&world);
    assert!(folded.contains("\nText | of S.\n- 🥇 [c]"), "{folded}");
    assert!(folded.contains("Does c.\n- 🥈 [d]"), "{folded}");
    assert!(folded.contains("c.\n\n<details>\n<summary>2 more</summary>\n\n- 🥉 [b]"), "{folded}");
    assert!(folded.contains("Does a.\n\n</details>\n\nEnd.\n"), "{folded}");
    world.policy.layout.style = Style::Table;
    world.policy.layout.top = None;
    let table = text(&world);
    assert!(table.contains("\nText | of S.\n\n| Project | Stars |"), "{table}");
    assert!(
        table.contains(
            "| 🥈 [d](https://github.com/a/d) ([x\\|y](https://x.org)) | ⭐\u{a0}10k | Rust | MIT |  | `a\\|b` c. |\n"
        ),
        "{table}"
    );
    assert!(table.contains("Does a. |\n\nEnd.\n"), "{table}");
    world.policy.layout.style = Style::Details;
    let details = text(&world);
    assert!(details.contains("- 🥇 [c](https://github.com/a/c) ⭐\u{a0}100k · Rust · MIT\n  <details><summary>About</summary>\n\n  Does c.\n\n  </details>\n"), "{details}");
    world.policy.layout = toml::from_str("hidden = ['a/a']\n[sections.S]\nstyle = 'bullets'").unwrap();
    let hidden = text(&world);
    assert!(!hidden.contains("Does a.") && hidden.contains("Does b."), "{hidden}");
    world.policy.layout = toml::from_str("[sections.S]\nhidden = true").unwrap();
    assert!(text(&world).ends_with("# L\n\nIntro.\n\n"), "{}", text(&world));
}

#[test]
fn blocks_are_added_to_an_output_and_empty_sections_can_be_dropped() {
    let source =
        format!("# L\n\nIntro.\n\n## S\n\n{}\n## Empty\n\n### Empty too\n\n## T\n\nText.\n", lines(&["a", "b"]));
    let mut world = world(&source, &[("a", 10), ("b", 0)]);
    world.policy.output = Some("README.md".into());
    world.policy.layout.blocks = vec![
        crate::policy::Block::Summary,
        crate::policy::Block::Contents,
        crate::policy::Block::Top,
        crate::policy::Block::Legend,
    ];
    world.policy.layout.note = Layout::default().note;
    world.policy.layout.removal = Removal::Block;
    world.policy.layout.empty_sections = EmptySections::Drop;
    let list = text(&world);
    let document = Document::parse(&list);
    let slugs: Vec<&str> = document.headings.iter().map(|heading| heading.slug.as_str()).collect();
    assert_eq!(slugs, ["l", "contents", "top-10", "s", "t", "legend", "dead-links"], "{list}");
    assert!(
        list.contains(
            "Intro.\n\n<!-- pomona:begin summary -->\n\n1 project and 0 other links in 1 section · 10 stars in all"
        ),
        "{list}"
    );
    for anchor in document.links.iter().filter_map(|link| link.url.strip_prefix('#')) {
        assert!(slugs.contains(&anchor), "{anchor} of {slugs:?}");
    }
    assert!(list.ends_with("</details>\n\n<!-- pomona:end dead -->\n"), "{list}");
    world.written(&list);
    assert_eq!(text(&world), list);
}

#[test]
fn the_block_of_the_dead_is_added_once_whether_it_is_named_or_not() {
    for blocks in [vec![], vec![crate::policy::Block::Dead]] {
        for (stars, expected) in [(0, 1), (10, 0)] {
            let mut world = world(
                "# L\n\n## S\n\n- [a](https://github.com/a/a) - A.\n- [b](https://github.com/a/b) - B.\n",
                &[("a", stars), ("b", 10)],
            );
            world.policy.output = Some("README.md".into());
            world.policy.layout.removal = Removal::Block;
            world.policy.layout.blocks.clone_from(&blocks);
            let found = text(&world).matches("pomona:begin dead").count();
            assert_eq!(found, expected, "{blocks:?}, {stars} stars");
        }
    }
}

#[test]
fn unknown_and_unclosed_blocks_stay_as_they_are() {
    let source = "# L\n\n<!-- pomona:begin gone -->\nMine.\n<!-- pomona:end gone -->\n\n<!-- pomona:begin new -->\n- [a](https://github.com/a/a)\n- [b](https://github.com/a/b)\n";
    let composed = written(&world(source, &[("a", 1), ("b", 1_000)]));
    assert!(composed.text.contains("Mine.\n"), "{}", composed.text);
    assert!(
        composed.text.ends_with("- [b](https://github.com/a/b)\n- [a](https://github.com/a/a)\n"),
        "{}",
        composed.text
    );
    assert_eq!(composed.findings[0].code, "unknown-block");
    assert_eq!(stripped(source), source);
}

#[test]
fn what_would_lose_something_is_found() {
    let source = "# L\n\nIntro.\n\n- [a](https://a.org) b\n- https://c.org\n\nEnd.\n";
    for (composed, lost) in [
        (source.to_owned(), None),
        (source.replace("https://c.org", "[C](https://c.org)"), None),
        (
            source.replace("- https://c.org\n", ""),
            Some("1 address of the source is not in the output, such as `https://c.org`"),
        ),
        (source.replace("[a](", "[A]("), Some("1 address of")),
        (source.replace(" b\n", "\n"), Some("1 word of the source is not in the output")),
        (source.replace("Intro.\n\n", "") + "\nIntro.\n", Some("in its place in the output: `End.`")),
    ] {
        let found = verify::verify(source, &composed, &[]).err().map(|loss| loss.to_string());
        match lost {
            None => assert_eq!(found, None, "{composed}"),
            Some(lost) => assert!(found.is_some_and(|found| found.contains(lost)), "{composed}"),
        }
    }
}

#[test]
fn a_list_that_would_lose_an_address_is_not_composed() {
    let world = world("# L\n\n- [a](https://github.com/a/a)\n\nSee [x](https://x.org).\n\nEnd.\n", &[("a", 1)]);
    let mut document = Document::parse(&world.text);
    // The fault: a reading in which a paragraph stands inside of a block.
    let at = world.text.find("See").unwrap()..world.text.find("\nEnd").unwrap();
    document.blocks.push(crate::markdown::Block { name: "legend".to_owned(), span: at.clone(), content: at });
    let composed = compose(&Source {
        text: &world.text,
        document: &document,
        ranked: &world.ranked(),
        layout: &world.policy.layout,
        addresses: &BTreeMap::new(),
        in_place: true,
        chart: None,
    });
    let error = composed.unwrap_err().to_string();
    assert_eq!(error, "1 address of the source is not in the output, such as `https://x.org`");
}

#[test]
fn what_needs_an_output_is_reported_in_place() {
    let mut world = world("# L\n\n- [a](https://github.com/a/a)\n", &[("a", 1)]);
    world.policy.layout = toml::from_str("style = \"table\"\nmedals = true\n[sections.S]\ntop = 3").unwrap();
    let findings = written(&world).findings;
    assert_eq!((findings.len(), findings[0].code), (1, "needs-output"));
    assert!(findings[0].message.contains("`style`, `medals`, `sections.S.top`"), "{}", findings[0].message);
    world.policy.output = Some("README.md".into());
    assert_eq!(written(&world).findings, []);
}

#[test]
fn entries_lines_and_blocks_have_templates() {
    let source = "# L\n\n## S\n\n- https://github.com/a/a\n- https://github.com/a/b\n\n<!-- pomona:begin top -->\n<!-- pomona:end top -->\n\n<!-- pomona:begin summary -->\n<!-- pomona:end summary -->\n";
    let mut world = world(source, &[("a", 10), ("b", 2_000)]);
    world.policy.output = Some("README.md".into());
    let templates = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, template)| ((*name).to_owned(), (*template).to_owned())).collect()
    };
    world.policy.layout.templates = templates(&[
        ("entry", "**{{ link }}**\n{% if language %}`{{ language }}`{% endif %}"),
        ("line", "{{ link }} has {{ count }} in {{ section }}"),
        ("summary", "{{ projects }} of {{ stars }} stars\n\n_As of {{ as_of }}._"),
    ]);
    let list = text(&world);
    for part in [
        "- **[a/b](https://github.com/a/b)** `Rust`\n- **[a/a]",
        "\n\n1. [a/b](https://github.com/a/b) has 2000 in S\n1. [a/a]",
        "\n\n2 of 2k stars\n\n_As of 2026-11._\n\n",
    ] {
        assert!(list.contains(part), "{part} in {list}");
    }
    for (name, template, why) in [
        ("entry", "no link", "`layout.templates.entry`: line 1 of the template: `no link` has no link"),
        ("top", "{% for %}", "`layout.templates.top`: line 1 of the template: syntax error"),
        ("summary", "<!-- pomona:end summary -->", "a comment cannot stand in what Pomona writes"),
        ("summary", "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}", "recursion limit"),
        ("summary", "{% for i in range(9000) %}{{ 'a' * 9000 }}{% endfor %}", "it writes more than 8 MiB"),
        ("summary", "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}", "ran out of fuel"),
    ] {
        world.policy.layout.templates = templates(&[(name, template)]);
        let document = Document::parse(&world.text);
        let composed = compose(&Source {
            text: &world.text,
            document: &document,
            ranked: &world.ranked(),
            layout: &world.policy.layout,
            addresses: &BTreeMap::new(),
            in_place: false,
            chart: None,
        });
        let error = composed.unwrap_err().to_string();
        assert!(error.contains(why), "{template}: {error}");
    }
}

/// Layouts of every kind.
fn layouts() -> impl Strategy<Value = Layout> {
    let style = prop_oneof![Just(Style::Bullets), Just(Style::Table), Just(Style::Details)];
    let order = prop_oneof![Just(None), Just(Some(Order::Score)), Just(Some(Order::Name)), Just(Some(Order::Stars))];
    let blocks = proptest::sample::subsequence(crate::policy::Block::ALL.to_vec(), 0..=10);
    let choices = (style, order, blocks, any::<[bool; 4]>(), proptest::option::of(0..3_usize));
    choices.prop_map(|(style, order, blocks, [medals, removal, empty, note], top)| Layout {
        style,
        order,
        blocks,
        medals,
        top,
        removal: if removal { Removal::Block } else { Removal::None },
        empty_sections: if empty { EmptySections::Drop } else { EmptySections::Keep },
        note: if note { Layout::default().note } else { Vec::new() },
        ..Layout::default()
    })
}

/// A document of headings, paragraphs, lists and tables whose entries are in every state.
fn documents() -> impl Strategy<Value = String> {
    let name = "[a-f]";
    let entry = (name, 0..6_u8).prop_map(|(name, form)| match form {
        0 => item(&name),
        1 => format!("- https://github.com/a/{name}"),
        2 => format!("- [{name}](https://github.com/a/{name}) - Two lines\n  of text.\n  - [n](https://github.com/a/{name}/wiki) nested"),
        3 => format!("- **[{name}](https://github.com/a/{name})**: with a [demo](https://{name}.org). `MIT`"),
        4 => format!("- Group {name}"),
        _ => format!("* [{name}](https://github.com/a/{name})\n\n  A paragraph | of {name}."),
    });
    let piece = prop_oneof![
        6 => entry,
        1 => name.prop_map(|name| format!("\n## {name}\n")),
        1 => Just("\nText with a [link](https://example.org).\n".to_owned()),
        1 => name.prop_map(|name| format!("\n| p | about |\n|---|---|\n| [{name}](https://github.com/a/{name}) | Row. |\n| [b](https://github.com/a/b) | B. |\n")),
        1 => Just(String::new()),
        1 => name.prop_map(|name| format!("\n### https://github.com/a/{name}\n")),
        1 => Just("\n<!-- pomona:begin contents -->\n<!-- pomona:end contents -->\n".to_owned()),
        1 => Just("\n```\n- [x](https://code.org)\n```\n".to_owned()),
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| {
        let body = pieces.join("\n");
        format!("# L\n\n{body}\n\n<!-- pomona:begin dead -->\n<!-- pomona:end dead -->\n")
    })
}

const STARS: [(&str, u64); 6] = [("a", 0), ("b", 5), ("c", 70), ("d", 0), ("e", 1_000), ("f", 20_000)];

proptest! {
    #[test]
    fn no_layout_loses_a_word(source in documents(), layout in layouts(), in_place in any::<bool>()) {
        let mut world = world(&source, &STARS);
        let ordered = layout.order.is_some();
        world.policy.layout = layout;
        world.policy.output = (!in_place).then(|| "README.md".into());
        let composed = written(&world);
        let refused = composed.findings.iter().any(|finding| finding.code == "not-arranged");
        prop_assert!(!refused, "{:?}\n{}", composed.findings, composed.text);
        let again = if in_place {
            world.text.clone_from(&composed.text);
            written(&world).text
        } else {
            world.written(&composed.text);
            written(&world).text
        };
        prop_assert_eq!(&again, &composed.text);
        if in_place && !ordered {
            prop_assert_eq!(stripped(&composed.text), source);
        }
    }

    #[test]
    fn any_text_is_composed_without_loss(source in crate::markdown::generated(), layout in layouts(), in_place in any::<bool>()) {
        let mut world = World::new(&source, &[("github:a/b", 1_000, "2026-11-01")]);
        world.policy.layout = layout;
        world.policy.output = (!in_place).then(|| "README.md".into());
        // Where a part of it cannot be arranged, it keeps its place; `written` fails where something is lost.
        written(&world);
    }
}
