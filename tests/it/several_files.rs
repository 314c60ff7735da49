//! A list of several sources and translations: its page, its news and what `fix` writes are of all its files.

use crate::workspace::{Workspace, git, repository};

const LINK: &str = "https://github.com/me/list/blob/main";

/// One look at `github:o/NAME` on a day, with what it saw.
fn look(name: &str, day: &str, seen: &str) -> String {
    format!("{{\"target\":\"github:o/{name}\",\"at\":\"{day}T00:00:00Z\",{seen}}}\n")
}

fn alive(name: &str, day: &str, stars: u64, archived: bool) -> String {
    let facts = format!("\"stars\":{stars},\"archived\":{archived},\"commit\":\"2026-11-01\"");
    look(name, day, &format!("\"seen\":\"alive\",\"facts\":{{\"name\":\"o/{name}\",{facts}}}"))
}

fn gone(name: &str, day: &str) -> String {
    look(name, day, r#""seen":"failed","class":"github_not_found","status":404"#)
}

fn renamed(name: &str, new: &str, day: &str) -> String {
    let facts = format!("\"facts\":{{\"name\":\"o/{new}\",\"stars\":40,\"commit\":\"2026-11-01\"}}");
    look(name, day, &format!("\"seen\":\"alive\",\"moved_to\":\"https://github.com/o/{new}\",{facts}"))
}

/// Refreshes the list by these looks.
fn refresh(list: &Workspace, world: &str) {
    list.write("world.jsonl", world);
    list.run(&["refresh", ".", "--replay", "world.jsonl", "--no-cache"]).exits(0);
}

fn commit(list: &Workspace) {
    git(list, &["add", "--all", "."]);
    git(list, &["commit", "--quiet", "--message=list"]);
}

/// Two sources, one of them in a folder, and a translation; each has an entry that the others lack.
fn list() -> Workspace {
    let list = repository("# Things\n\n## Libraries\n\n- [one](https://github.com/o/one) - One.\n");
    list.write("docs/my tools.md", "# Tools\n\n- [two](https://github.com/o/two) - Two.\n")
        .write(
            "README-zh.md",
            "# 东西\n\n- [一](https://github.com/o/one) - 一。\n- [三](https://github.com/o/three) - 三。\n",
        )
        .write(
            "pomona.toml",
            "source = [\"README.md\", \"docs/my tools.md\"]\n[translations]\nzh = \"README-zh.md\"\n",
        );
    list
}

fn all_alive(day: &str) -> String {
    ["one", "two", "three"].map(|name| alive(name, day, 40, false)).concat()
}

#[test]
fn the_page_shows_the_entries_of_every_source_with_their_lines() {
    let list = list();
    refresh(&list, &all_alive("2026-11-20"));
    let place = |name: &str, line: usize, text: &str| format!("<a href=\"{LINK}/{name}#L{line}\">{text}, line {line}<");
    let (first, second) = (place("README.md", 5, "README.md"), place("docs/my%20tools.md", 3, "docs/my tools.md"));
    list.run(&["page", ".", "--link", LINK]).exits(0);
    let page = list.read("index.html");
    for part in [first.as_str(), &second, "<h2>Libraries</h2>", "<h2>Tools</h2>", "One.", "Two."] {
        assert!(page.contains(part), "{part} in {page}");
    }
    // The address of the first file says where its folder is, that of another page says nothing of it.
    let policy = list.read("pomona.toml");
    for (url, linked) in [(format!("{LINK}/README.md"), true), ("https://x.example/list".to_owned(), false)] {
        list.write("pomona.toml", &format!("{policy}[page]\nsource-url = \"{url}\"\n"));
        list.run(&["page", "."]).exits(0);
        let page = list.read("index.html");
        assert_eq!(page.contains(&second), linked, "{page}");
        assert!(page.contains(&format!("<a href=\"{url}#L5\">README.md, line 5<")), "{page}");
    }
}

#[test]
fn a_source_in_a_folder_is_named_and_linked_with_it() {
    let list = Workspace::new();
    list.write("docs/list.md", "# L\n\n- [one](https://github.com/o/one) - One.\n")
        .write("pomona.toml", "source = \"docs/list.md\"\n");
    refresh(&list, &alive("one", "2026-11-20", 40, false));
    list.run(&["page", ".", "--link", LINK]).exits(0);
    let page = list.read("index.html");
    assert!(page.contains(&format!("<a href=\"{LINK}/docs/list.md#L3\">docs/list.md, line 3<")), "{page}");
}

#[test]
fn the_news_are_those_of_every_file() {
    let list = list();
    refresh(&list, &all_alive("2026-10-20"));
    commit(&list);
    // Three looks on separate days confirm a death; the translation alone has what died.
    for day in ["2026-11-01", "2026-11-04", "2026-11-07", "2026-11-10"] {
        let world = [alive("one", day, 900, false), alive("two", day, 40, true), gone("three", day)].concat();
        refresh(&list, &world);
    }
    let run = list.run(&["generate", ".", "--format", "news", "--since", "HEAD", "--link", LINK]).exits(0);
    for part in [
        "Refresh the list: 1 dead, 1 archived, 1 rising\n",
        &format!(
            "- `o/three` GitHub knows no such repository or owner ([README-zh.md:4]({LINK}/README-zh.md?plain=1#L4))"
        ),
        &format!("- `o/two` ([docs/my tools.md:3]({LINK}/docs/my%20tools.md?plain=1#L3))"),
        &format!("- `o/one` +860 stars ([README.md:5]({LINK}/README.md?plain=1#L5))"),
    ] {
        assert!(run.out.contains(part), "{part} in {}", run.out);
    }
}

#[test]
fn an_entry_that_only_one_file_gains_is_news() {
    let list = list();
    refresh(&list, &all_alive("2026-11-20"));
    commit(&list);
    let more = |name: &str| list.read(name) + "- [four](https://github.com/o/four) - Four.\n";
    list.write("docs/my tools.md", &more("docs/my tools.md"));
    refresh(&list, &(all_alive("2026-11-21") + &alive("four", "2026-11-21", 7, false)));
    let news = |out: &str| out.contains("1 new") && out.contains("docs/my%20tools.md?plain=1#L4");
    let run = list.run(&["generate", ".", "--format", "news", "--since", "HEAD", "--link", LINK]).exits(0);
    assert!(news(&run.out), "{}", run.out);
}

#[test]
fn a_replacement_is_written_into_every_file_that_has_the_address() {
    let list = list();
    for name in ["README.md", "docs/my tools.md", "README-zh.md"] {
        let old = "\n- [old](https://github.com/o/old) - Old.\n- [again](https://github.com/O/old/) - Old.\n";
        list.write(name, &(list.read(name) + old));
    }
    refresh(&list, &(all_alive("2026-11-20") + &renamed("old", "new", "2026-11-20")));
    let shown = list.run(&["fix", ".", "--dry-run"]).exits(0).out;
    for part in ["+++ b/README.md", "+++ b/docs/my tools.md", "+++ b/README-zh.md", "github:o/old: renamed"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let run = list.run(&["fix", ".", "--kind", "renamed"]).exits(0);
    for name in ["README.md", "docs/my tools.md", "README-zh.md"] {
        let text = list.read(name);
        assert_eq!(text.matches("(https://github.com/o/new)").count(), 2, "{text}");
        assert!(!text.contains("/old)"), "{text}");
        assert!(run.out.contains(name), "{}", run.out);
    }
    let run = list.run(&["fix", ".", "--kind", "renamed"]).exits(0);
    assert!(run.out.contains("nothing to replace"), "{}", run.out);
}
