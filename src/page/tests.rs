//! The page as text: what a browser would be given. How it behaves there is tested in `tests/browser`.

use std::fmt::Write as _;

use super::*;
use crate::explain;
use crate::policy::{Language, Layout};
use crate::ranked_list::sample::World;

fn html_of(world: &World, policy: &PagePolicy) -> String {
    let ranked = world.ranked();
    let words = Words::new(&Language::default(), &Layout::default());
    let explanations = explain::all(&ranked, &Layout::default());
    let input = Input { ranked: &ranked, explanations: &explanations, history: &world.history, policy, words: &words };
    document::page(&input)
}

fn world() -> World {
    World::new(
        "# Tools\n## One\n- [Alpha](https://github.com/a/alpha) - Does *a* [lot](https://x.org).\n### Deep\n- [Beta](https://github.com/b/beta)\n## Two\n- [Alpha again](https://github.com/a/alpha)\n",
        &[("github:a/alpha", 12_345, "2026-10-01"), ("github:b/beta", 10, "2020-01-01")],
    )
}

#[test]
fn every_target_is_one_element_with_its_places() {
    let html = html_of(&world(), &PagePolicy::default());
    assert_eq!(html.matches("data-target=\"github:a/alpha\"").count(), 1);
    assert_eq!(html.matches("data-target=").count(), 2);
    assert!(html.contains("One · list.md, line 3<br>Two · list.md, line 7"), "{html}");
    assert!(html.contains("data-path=\"One › Deep\""));
    assert!(html.contains("<p class=\"desc\">Does a lot.</p>"), "{html}");
}

#[test]
fn the_policy_of_the_page_allows_its_own_style_and_script_alone() {
    let html = html_of(&world(), &PagePolicy { accent: Some("#123456".to_owned()), ..PagePolicy::default() });
    let between = |from: &str, to: &str| {
        let start = html.find(from).unwrap() + from.len();
        &html[start..start + html[start..].find(to).unwrap()]
    };
    let policy = between("Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for text in [between("<style>", "</style>"), between("<script>", "</script>")] {
        assert!(policy.contains(&document::hash(text)), "{policy}");
    }
    assert_eq!(html.matches(" style=").count() + html.matches(" onclick=").count(), 0);
}

#[test]
fn text_of_third_parties_is_text() {
    let attack = "</script><img src=x onerror=alert(1)>\u{202e}\"'";
    let mut world = World::new(
        "# L\n## <b>S</b>\n- [T](https://github.com/a/alpha)\n- [J](javascript:alert(1))\n",
        &[("github:a/alpha", 5, "2026-10-01")],
    );
    let facts = &mut world.record("github:a/alpha").facts;
    facts.description = Some(Some(attack.to_owned()));
    facts.language = Some(Some(attack.to_owned()));
    facts.licence = Some(Some(attack.to_owned()));
    facts.topics = Some(vec![attack.to_owned()]);
    let html = html_of(&world, &PagePolicy { title: Some(attack.to_owned()), ..PagePolicy::default() });
    assert!(!html.contains("<img") && !html.contains('\u{202e}') && !html.contains("href=\"javascript"), "{html}");
    assert_eq!(html.matches("</script>").count(), 3);
}

#[test]
fn an_opened_entry_shows_what_came_after_it() {
    let mut world = world();
    let since = "2026-10-02".parse().unwrap();
    let record = world.record("github:b/beta");
    record.facts.archived = Some(true);
    let fork = crate::observation::Fork { name: "c/beta".to_owned(), stars: 90, commit: since, release: None };
    record.facts.living_forks = Some(vec![fork]);
    let html = html_of(&world, &PagePolicy::default());
    let shown = "<dt>instead</dt><dd><a href=\"https://github.com/c/beta\" rel=\"noopener nofollow ugc\">the fork \
                 https://github.com/c/beta goes on (newest commit 2026-10, 2466 days after this one stopped, 90 stars)</a>";
    assert!(html.contains(shown), "{html}");
    assert_eq!(html.matches("<dt>instead</dt>").count(), 1);
}

#[test]
fn one_list_gives_one_page() {
    let first = html_of(&world(), &PagePolicy::default());
    assert_eq!(first, html_of(&world(), &PagePolicy::default()));
    assert!(SCRIPT.len() <= 16 << 10 && STYLE.len() <= 10 << 10, "{} and {} bytes", SCRIPT.len(), STYLE.len());
}

#[test]
fn a_published_page_has_files_for_machines_beside_it() {
    let ranked = world().ranked();
    let words = Words::new(&Language::default(), &Layout::default());
    let explanations = explain::all(&ranked, &Layout::default());
    let files = |base: Option<&str>| {
        let policy = PagePolicy { base_url: base.map(str::to_owned), ..PagePolicy::default() };
        let history = History::default();
        let input =
            Input { ranked: &ranked, explanations: &explanations, history: &history, policy: &policy, words: &words };
        companions(&input).unwrap()
    };
    assert!(files(None).is_empty());
    let files = files(Some("https://example.org/tools/"));
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["llms.txt", "list.json", "list.csv", "feed.xml", "opensearch.xml", "card.svg"]);
    let llms = &files[0].1;
    assert!(llms.contains("### Deep\n\n- [Beta](https://github.com/b/beta): What github:b/beta does\n"), "{llms}");
    assert!(files[4].1.contains("template=\"https://example.org/tools/#q={searchTerms}\""), "{}", files[4].1);
}

#[test]
fn a_list_of_many_entries_has_a_page_for_each_section_and_a_search_over_all() {
    let mut text = "# Many\n".to_owned();
    for n in 0..=volumes::ENTRIES_PER_PAGE {
        if n % 2_000 == 0 {
            writeln!(text, "## Part {n}").unwrap();
        }
        writeln!(text, "- [P{n}](https://example.org/{n}) - Does {n}.").unwrap();
    }
    let world = World::new(&text, &[]);
    let ranked = world.ranked();
    let (words, policy) = (Words::new(&Language::default(), &Layout::default()), PagePolicy::default());
    let explanations = explain::all(&ranked, &Layout::default());
    let history = History::default();
    let input =
        Input { ranked: &ranked, explanations: &explanations, history: &history, policy: &policy, words: &words };
    let files = pages(&input, "index.html");
    assert_eq!(files.len(), 5);
    assert!(files[0].1.contains("data-entries=\"index-entries.js\" data-count=\"5001\""), "{}", files[0].1);
    assert!(files[0].1.contains("script-src 'self' 'sha256-"));
    assert_eq!(files[1].1.matches("https://example.org/").count(), 2 * (volumes::ENTRIES_PER_PAGE + 1));
    for (name, text) in &files[2..] {
        assert!(name.starts_with("index-part-") && files[0].1.contains(&format!("href=\"{name}\"")), "{name}");
        assert!(text.contains("<a href=\"index.html\">") && text.contains("script-src 'sha256-"));
    }
    let entries: usize = files[2..].iter().map(|(_, text)| text.matches("data-target=").count()).sum();
    assert_eq!(entries, volumes::ENTRIES_PER_PAGE + 1);
}
