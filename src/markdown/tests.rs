//! How documents are read, as tables of small examples, and properties of every text.

use proptest::prelude::*;

use super::*;

/// Kind, destination, text and place of every link.
fn links(text: &str) -> Vec<(&'static str, String, String, usize, usize)> {
    let link = |l: Link| (l.kind.name(), l.url, l.text, l.line, l.column);
    Document::parse(text).links.into_iter().map(link).collect()
}

/// Kind and destination of every link.
fn urls(text: &str) -> Vec<(&'static str, String)> {
    Document::parse(text).links.into_iter().map(|l| (l.kind.name(), l.url)).collect()
}

/// Title, description and destination of every entry.
fn entries(text: &str) -> Vec<(String, Option<String>, String)> {
    let document = Document::parse(text);
    let url = |i: usize| document.links[i].url.clone();
    document.entries.iter().map(|e| (e.title.clone(), e.description.clone(), url(e.link))).collect()
}

#[test]
fn every_kind_of_link_is_read() {
    for (text, expected) in [
        ("[a *b*](http://x.example 'T')", vec![("link", "http://x.example")]),
        ("[a\nb](\nhttp://x.example\n)", vec![("link", "http://x.example")]),
        ("[a](<http://x.example/a b>)", vec![("link", "http://x.example/a b")]),
        ("[a](http://x.example/?a&amp;b=\\))", vec![("link", "http://x.example/?a&b=)")]),
        ("[a]()", vec![("link", "")]),
        ("[a][r] [r] [R][]\n\n[r]: http://x.example", vec![("link", "http://x.example"); 3]),
        ("![a](i.png) [![b](j.png)](u)", vec![("image", "i.png"), ("link", "u"), ("image", "j.png")]),
        ("![a [b](c) <img src=d>](i.png)", vec![("image", "i.png")]),
        (
            "<http://x.example> <a@x.example>",
            vec![("autolink", "http://x.example"), ("autolink", "mailto:a@x.example")],
        ),
        ("see www.x.example.", vec![("bare", "http://www.x.example")]),
        ("[http://x.example](u)", vec![("link", "u")]),
        ("[http://x.example] http://y.example", vec![("bare", "http://y.example")]),
        ("http://x.example/a_b_*c*", vec![("bare", "http://x.example/a_b_*c")]),
        ("`http://x.example` \\[a](u)", vec![]),
        ("<a HREF=http://x.example/y>t</a>", vec![("html-link", "http://x.example/y")]),
        ("<img alt='a' src=\"i.png\"/>", vec![("html-image", "i.png")]),
        ("<div>\n<a\nhref='u'>t\n</div>", vec![("html-link", "u")]),
        ("<!-- <a href=u> [a](b) -->", vec![]),
        ("<style>\n\n[a](u)", vec![]),
        ("a <style> [a](u) <a href=v>", vec![("link", "u"), ("html-link", "v")]),
        ("> <a href=u>\n> <img src=v>", vec![("html-link", "u"), ("html-image", "v")]),
        ("a | b\n-|-\n[x](u) | y | [z](v)", vec![("link", "u")]),
        ("[^1] x\n\n[^1]: see [a](u)", vec![("link", "u")]),
        ("    [a](u)\n\n```\n[b](v)\n```", vec![]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|(kind, url)| (kind, url.to_owned())).collect();
        assert_eq!(urls(text), expected, "{text}");
    }
}

#[test]
fn links_have_their_place() {
    let text = "\u{feff}# T\r\n\r\n- ä [a](u)\r\n  <img src=v>\r\n\r\nx http://y.example";
    let owned = |kind, url: &str, text: &str, line, column| (kind, url.to_owned(), text.to_owned(), line, column);
    assert_eq!(
        links(text),
        [
            owned("link", "u", "a", 3, 5),
            owned("html-image", "v", "", 4, 3),
            owned("bare", "http://y.example", "http://y.example", 6, 3)
        ]
    );
    let text = "[a](u 't') [b](<v>) <http://x.example> http://y.example <a href=\"w\"> [c]( z )";
    let document = Document::parse(text);
    let written: Vec<_> = document.links.iter().map(|l| l.destination.clone().map(|d| &text[d])).collect();
    assert_eq!(written, ["u", "v", "http://x.example", "http://y.example", "w", "z"].map(Some));
}

#[test]
fn headings_make_sections() {
    let text = "A\n=\n\n### B `c` ![i](j) <b>d</b>\n\n- # In *item*\n\n## [E](u) &amp; f\n\n[x](v)\n";
    let document = Document::parse(text);
    let found: Vec<_> = document.headings.iter().map(|h| (h.level, h.text.as_str(), h.slug.as_str(), h.line)).collect();
    assert_eq!(
        found,
        [(1, "A", "a", 1), (3, "B c d", "b-c--d", 4), (1, "In item", "in-item", 6), (2, "E & f", "e--f", 8)]
    );
    assert_eq!(document.section(document.links[2].heading), ["In item", "E & f"]);
    assert_eq!(document.links[1].heading, document.links[2].heading);
    assert_eq!(&text[document.headings[1].span.clone()], "### B `c` ![i](j) <b>d</b>");
}

#[test]
fn anchors_come_from_headings_and_html() {
    let document = Document::parse("## A\n\n<h2>a</h2>\n\n## a\n\n<a name=\"b\"></a> <p id=c>\n");
    for name in ["a", "a-1", "a-2", "b", "c"] {
        assert!(document.anchors.has(name), "{name}");
    }
    assert!(!document.anchors.has("a-3"));
}

#[test]
fn front_matter_is_no_text() {
    for text in ["---\ntitle: http://x.example\n---\n# A\n", "\u{feff}+++\nurl = \"http://x.example\"\n+++\n# A\n"] {
        let document = Document::parse(text);
        assert!(document.links.is_empty());
        assert_eq!(document.headings.iter().map(|h| h.text.as_str()).collect::<Vec<_>>(), ["A"]);
    }
    assert_eq!(urls("---\n[a](u)\n---\n").len(), 1);
    assert_eq!(urls("---\n\n[a](u)\n").len(), 1);
}

#[test]
fn items_are_entries() {
    for (text, title, description) in [
        ("- [T](http://x.example) - Does *y*.", "T", Some("Does y.")),
        ("- [T](http://x.example) – Does y.", "T", Some("Does y.")),
        ("- [T](http://x.example)—y", "T", Some("y")),
        ("- [T](http://x.example): Does y", "T", Some("Does y")),
        ("- [T](http://x.example)：做事。", "T", Some("做事。")),
        ("- [T](http://x.example) Does y", "T", Some("Does y")),
        ("- [T](http://x.example)\n  Does y\n  ![i](j)", "T", Some("Does y")),
        ("- [T](http://x.example)", "T", None),
        ("- [T](http://x.example) :penguin: ⭐ - :x: Does y", "T", Some(":x: Does y")),
        ("- [T](http://x.example) (v2, by Z) - Does y", "T", Some("Does y")),
        ("- [T](http://x.example) (PDF)", "T", None),
        ("- [T](http://x.example) / [U](http://y.example)：Does y", "T", Some("Does y")),
        ("- [T](http://x.example) - Does y. `MIT` `Docker`", "T", Some("Does y.")),
        ("- [T](http://x.example) - Makes `enums`", "T", Some("Makes enums")),
        ("- [T](http://x.example) - Does y. [BSD-3-Clause]", "T", Some("Does y.")),
        ("- [T](http://x.example) - Does y. ([Demo](d), [Source Code](s)) `AGPL-3.0`", "T", Some("Does y.")),
        ("- [T](http://x.example) - Does y. [website](http://z.example)", "T", Some("Does y.")),
        ("- [T](http://x.example) - Like [Z](http://z.example)", "T", Some("Like Z")),
        ("- [T](http://x.example) - Does y. [![b](i)](http://z.example)", "T", Some("Does y.")),
        ("- [T](http://x.example) - Does y (z). (⭐\u{a0}12k\u{a0}· active)", "T", Some("Does y (z).")),
        ("- [T](http://x.example) - Does y. (archived)", "T", Some("Does y. (archived)")),
        ("- **[T](http://x.example)** - Does y", "T", Some("Does y")),
        ("- [`T`](http://x.example) - Does y", "T", Some("Does y")),
        ("- [![b](i)](http://b.example) [T](http://x.example) - Does y", "T", Some("Does y")),
        ("- T - Does y. [link](http://x.example)", "T", Some("Does y.")),
        ("- T: http://x.example", "T", None),
        ("- http://x.example", "http://x.example", None),
        ("- [ ] [T](http://x.example) - Does y", "T", Some("Does y")),
        ("- [T](http://x.example) - Does <kbd>y<a href=v> </a>(MIT)</kbd>", "T", Some("Does y")),
        ("- <b><a href=\"http://x.example\">T</a></b> (1) - Does y. <code>MIT</code>", "T", Some("Does y.")),
    ] {
        let found = entries(text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!((found[0].0.as_str(), found[0].1.as_deref()), (title, description), "{text}");
    }
}

#[test]
fn rows_and_paragraphs_are_entries() {
    for (text, expected) in [
        ("[T](http://x.example) | Does y\n-|-\n[U](http://y.example) | Does that", vec![("U", Some("Does that"))]),
        (
            "| # | Name | Stars | Description |\n|-|-|-|-|\n| 1 | [T](http://x.example) | 12 | y |",
            vec![("T", Some("y"))],
        ),
        ("| Name | Link |\n|-|-|\n| T | [link](http://x.example) |", vec![("T", None)]),
        ("[T](http://x.example)", vec![("T", None)]),
        ("[T](http://x.example) - Does y", vec![("T", Some("Does y"))]),
        ("http://x.example/a", vec![("http://x.example/a", None)]),
        ("[T](http://x.example) is a thing", vec![]),
        ("See [T](http://x.example)", vec![]),
        ("[Docs](docs.md)", vec![]),
        ("[![b](i)](http://x.example)", vec![]),
    ] {
        let found = entries(text);
        let found: Vec<_> = found.iter().map(|(t, d, _)| (t.as_str(), d.as_deref())).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn what_is_no_entry_is_still_a_link() {
    for text in [
        "- [A](#a)",
        "## License\n\n- [MIT](http://x.example)",
        "## 目录\n\n- [甲](http://x.example)",
        "## Sponsors\n\n### Gold\n\n- [S](http://x.example)",
        "- [![badge](i)](http://x.example)",
        "- Please read the long and winding rules of [this list](http://x.example) first.",
        "> - [Q](http://x.example)",
        "<!-- pomona:begin dead -->\n- [G](http://x.example)\n<!-- pomona:end dead -->",
    ] {
        let document = Document::parse(text);
        assert!(document.entries.is_empty(), "{text}");
        assert!(!document.links.is_empty(), "{text}");
    }
}

#[test]
fn children_belong_to_their_entry() {
    let text = concat!(
        "- [T](https://t.example): Does y\n",
        "  - [`App Store`](https://store.example) <a href=s>`Screenshot 1`</a>\n",
        "  - [GitHub](https://github.com/a/t)\n",
        "  - [Child](https://c.example)\n",
        "- Category\n",
        "  - [U](https://u.example)\n"
    );
    let document = Document::parse(text);
    let found: Vec<_> = document.entries.iter().map(|e| (e.title.as_str(), e.parent)).collect();
    assert_eq!(found, [("T", None), ("Child", Some(0)), ("U", None)]);
    assert_eq!(document.links[document.entries[0].ranked_by].url, "https://github.com/a/t");
    assert_eq!(document.links.iter().filter(|l| l.entry == Some(0)).count(), 4);
    assert_eq!(&text[document.entries[0].span.clone()], "- [T](https://t.example): Does y");
    assert!(text[document.entries[0].whole.clone()].ends_with("(https://c.example)"));
}

#[test]
fn the_summary_of_details_is_the_entry_of_their_content() {
    let text = concat!(
        "<details><summary><b><a href=\"https://github.com/a/t\">T</a></b> (🥇 5) - Does y. <code>MIT</code></summary>\n\n",
        "- [GitHub](https://github.com/a/t) (1):\n\n</details>\n",
        "<details><summary>More</summary>\n\n- <b><a href=\"https://u.example\">U</a></b> - Does z.\n\n</details>\n"
    );
    let document = Document::parse(text);
    let found: Vec<_> = document.entries.iter().map(|e| (e.title.as_str(), e.description.as_deref())).collect();
    assert_eq!(found, [("T", Some("Does y.")), ("U", Some("Does z."))]);
    assert_eq!(document.links[1].entry, Some(0));
    assert_eq!(text[..document.entries[0].note_at.unwrap()].chars().last(), Some('>'));
    assert!(text[document.entries[0].note_at.unwrap()..].starts_with("</summary>"));
    assert!(document.entries[1].note_at.is_some());
}

#[test]
fn an_entry_is_ranked_by_its_source() {
    for (text, by) in [
        ("- [T](https://t.example) - y [![b](i)](https://github.com/a/t)", "https://github.com/a/t"),
        ("- [T](https://t.example) - y ([Source Code](https://gitlab.com/a/t))", "https://gitlab.com/a/t"),
        ("- [T](https://t.example) - Like [U](https://github.com/a/u)", "https://t.example"),
        ("- [T](https://github.com/a/t) - y [code](https://github.com/a/u)", "https://github.com/a/t"),
        (
            "- [rg](https://crates.io/crates/rg) [![b](i)](https://github.com/a/t/actions) - y",
            "https://github.com/a/t/actions",
        ),
        (
            "- [rg](https://crates.io/crates/rg) - y ![ci](https://github.com/a/t/workflows/ci/badge.svg)",
            "https://github.com/a/t/workflows/ci/badge.svg",
        ),
        ("- [yew](https://crates.io/crates/yew) [[y/z](https://github.com/y/z)] - w", "https://github.com/y/z"),
        (
            "- [rip-grep](https://t.example) - y, also [here](https://github.com/a/ripgrep)",
            "https://github.com/a/ripgrep",
        ),
        (
            "- [T](https://t.example/pkg/Rip.Grep) - y at [git](https://github.com/a/rip-grep)",
            "https://github.com/a/rip-grep",
        ),
        // Two repositories, or one that only prose mentions, say nothing of the entry.
        (
            "- [T](https://t.example) [![b](i)](https://github.com/a/t) [![b](i)](https://github.com/a/u)",
            "https://t.example",
        ),
        (
            "- [T](https://t.example) - y for [U](https://github.com/a/u), not [V](https://github.com/a/v)",
            "https://t.example",
        ),
        (
            "- [T](https://t.example) - y [![b](i)](https://github.com/a/t) [![b](j)](https://github.com/a/t/actions)",
            "https://github.com/a/t",
        ),
        (
            "- [T](https://t.example) - [![b](i)](https://github.com/a/u) y [Source](https://github.com/a/t)",
            "https://github.com/a/t",
        ),
    ] {
        let document = Document::parse(text);
        assert_eq!(document.links[document.entries[0].ranked_by].url, by, "{text}");
    }
}

#[test]
fn comments_mark_entries_and_links() {
    let text = concat!(
        "- [A](https://a.example) - x <!-- pomona:finished -->\n",
        "- [B](https://b.example) <!-- pomona:ignore needs a login --> - y\n\n",
        "<!-- pomona:ignore -->\n\n",
        "[C](https://c.example)\n\n",
        "`<!-- pomona:begin code -->` <!-- pomona:begin x -->\n[D](https://d.example)\n<!-- pomona:end x -->\n"
    );
    let document = Document::parse(text);
    assert_eq!(document.entries.iter().map(|e| e.finished).collect::<Vec<_>>(), [true, false, false]);
    let ignored: Vec<_> = document.ignored.iter().map(|(i, reason)| (*i, reason.as_str())).collect();
    assert_eq!(ignored, [(1, "needs a login"), (2, "")]);
    assert_eq!(document.blocks.len(), 1);
    assert_eq!(&text[document.blocks[0].content.clone()], "\n[D](https://d.example)\n");
    let noted = document.entries[0].note_at.unwrap();
    assert!(text[noted..].starts_with(" <!-- pomona:finished"));
}

#[test]
fn a_definition_in_raw_html_of_a_large_text_is_none() {
    let long = "## h\n\ntext\n\n".repeat(100_000);
    let end = "\n\n## x\n\n[r]: http://wrong.example\n\n</pre>\n\n[t][r]\n\n[r]: http://right.example\n";
    let document = Document::parse(&format!("<pre>\n{long}{end}"));
    assert_eq!(document.links.iter().map(|link| link.url.as_str()).collect::<Vec<_>>(), ["http://right.example"]);
}

#[test]
fn a_large_text_is_read_as_a_small_one() {
    let list = "## S\n\n```\n\n## no\n\n```\n\n- [T][r] - y\n\n<!--\n\n## no\n\n-->\n\n";
    let text = format!("# L\n\n{}[r]: https://r.example\n", list.repeat(40_000));
    let mut count = (0, 0);
    let mut parts = 0;
    Document::parts(&text, &Forges::default(), |part| {
        count = (count.0 + part.links.len(), count.1 + part.entries.len());
        assert!(part.links.iter().all(|l| l.url == "https://r.example" && part.section(l.heading) == ["L", "S"]));
        parts += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(count, (40_000, 40_000));
    assert!(parts > 1);
    assert_eq!(Document::parse(&text).headings.last().map(|h| h.slug.as_str()), Some("s-39999"));
}

/// The pieces that Markdown is made of.
const PIECES: &[&str] = &[
    "[",
    "]",
    "(",
    ")",
    "`",
    "*",
    "_",
    "<",
    "> ",
    "- ",
    "\n",
    "\n\n",
    "\n\n- ",
    "    ",
    "|",
    "|-|-|\n",
    "<!-- ",
    "-->",
    "\\",
    "&amp;",
    "&nbsp;",
    "https://a.example/c",
    "www.a.example",
    "# ",
    "---\n",
    "```\n",
    "<a href=x>",
    "</a>",
    "<details><summary>",
    "</summary>",
    "![",
    "](",
    "\r\n",
    "：",
    "é",
    "word ",
    " - ",
    "[T](https://github.com/a/b)",
    "1. ",
    "<li>",
    "<code>",
    "  \n",
    "[r]",
    "[r]: u\n",
    "[^1]",
    "<!-- pomona:begin a -->",
    "<!-- pomona:end a -->",
    "<!-- pomona:ignore x -->",
    "<br>\n",
    "<p>\n",
    "</p>\n",
    "<table><tr><td>",
    "</td><td>",
    "</td></tr></table>\n",
    "\n\n## [H](https://github.com/a/h)\n\n",
    "1、",
    "简介：",
    "</b>\n",
    "\t",
    "_",
    " by ",
    "[^1]: ",
    "\0",
];

/// Text made of the pieces that Markdown is made of.
pub(crate) fn markdown() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn spans_slice_cleanly(text in markdown()) {
        let document = Document::parse(&text);
        for link in &document.links {
            prop_assert!(text.get(link.span.clone()).is_some_and(|s| !s.is_empty()));
            prop_assert!(link.destination.clone().is_none_or(|d| text.get(d).is_some()));
            prop_assert_eq!((link.line, link.column), Lines::of(&text).line_column(&text, link.span.start));
            prop_assert!(link.entry.is_none_or(|e| e < document.entries.len()));
        }
        for entry in &document.entries {
            prop_assert!(text.get(entry.span.clone()).is_some() && text.get(entry.whole.clone()).is_some());
            prop_assert!(entry.note_at.is_none_or(|at| text.is_char_boundary(at)));
            prop_assert!(entry.description_at.clone().is_none_or(|at| text.get(at).is_some()));
        }
        for heading in &document.headings {
            prop_assert!(text.get(heading.span.clone()).is_some());
        }
    }
}

#[test]
fn a_table_that_is_padded_to_one_width_takes_no_note() {
    let padded = "| Name | What |\n| ---- | ---- |\n| [a](https://github.com/a/a) | x |\n";
    assert!(Document::parse(padded).entries[0].note_at.is_some(), "its rows differ in width");
    let name = "[a](https://github.com/a/a)";
    let wide = format!("| {:27} | What |\n| {:-<27} | ---- |\n| {name} | x    |\n", "Name", "");
    assert_eq!(Document::parse(&wide).entries[0].note_at, None);
}

/// Every link as cmark-gfm reads it, where other parsers read it otherwise.
#[test]
fn links_are_read_as_github_reads_them() {
    for (text, urls) in [
        ("- [A](a) - Does a.\n<br />\n[B](b) is raw text\n\n- [C](c)", vec!["a", "c"]),
        ("> quoted [A](a)\n<br>\n[B](b)", vec!["a"]),
        ("- <https://a.example/?a=1&amp;b=2&x;>", vec!["https://a.example/?a=1&b=2&x;"]),
        ("Text.\n\n[^1]: note [A](a)", vec![]),
        ("见https://a.example[more info](https://b.example)", vec!["https://a.example[more", "https://b.example"]),
        ("HTTP://e_", vec!["HTTP://e"]),
        ("    code\r[A](http://a.example)\r", vec!["http://a.example"]),
        ("- [A](a)\r- [B](b)\r\r# C\r[D](d)\r\n", vec!["a", "b", "d"]),
        ("http://a.example``` http://b.example```", vec!["http://a.example```", "http://b.example```"]),
        ("(_A_@_.A", vec![]),
        ("www. ", vec![]),
        ("[B](https://a.example/b\0c)", vec!["https://a.example/b\u{fffd}c"]),
        ("- _see https://a.example_\n- _www.a.example_", vec!["https://a.example", "http://www.a.example"]),
        ("- _write to a@b.example_\n- __a@c.example__", vec!["mailto:a@b.example", "mailto:a@c.example"]),
        ("- \\[[x] https://o.example", vec!["https://o.example"]),
        ("- \\\\[https://a.example] x", vec![]),
        ("|a|\n|-|\n| https://x.example/a\\|b |", vec!["https://x.example/a|b"]),
        ("|a|\n|-|\n| <https://y.example/a\\|b> |", vec!["https://y.example/a|b"]),
        ("|a|\n|-|\n| <a href=\"z\\|w\">t</a> |", vec!["z|w"]),
        ("| a |\n|---|\n| [a](u) |\n<b>\n[x](y)", vec!["u"]),
        ("| a |\n|---|\n    [x](y)", vec![]),
        ("www.a.example\\_x http://o.example\\_y", vec![]),
        ("---\nhttps://a.example\n---", vec!["https://a.example"]),
    ] {
        let found: Vec<String> = Document::parse(text).links.into_iter().map(|link| link.url).collect();
        assert_eq!(found, urls, "{text}");
    }
}

#[test]
fn notes_change_no_parse() {
    for (text, noted) in [
        ("- [A](https://a.example) - Does a.\n<br />\n\n## Next\n", vec!["- [A](https://a.example) - Does a."]),
        ("- [A](https://a.example) - b.\n<img src=\"c\">\n\nx\n", vec!["- [A](https://a.example) - b."]),
        ("- [A](https://a.example) - b.<br>\n", vec!["- [A](https://a.example) - b."]),
        ("* [A](https://a.example)https://b.example\u{a0} \n", vec!["* [A](https://a.example)https://b.example\u{a0}"]),
        ("## [H](https://a.example)\n\né|-|-|\n|-|-|\n- |-|-|\n", vec![]),
        ("## [H](https://a.example)\n\nSee _www.a.example_\n", vec![]),
        ("[Back](https://a.example/#top) • [Feedback](/docs/feedback.md)\n", vec![]),
    ] {
        let document = Document::parse(text);
        let found: Vec<&str> = document.entries.iter().filter_map(|e| e.note_at).map(|at| &text[..at]).collect();
        assert_eq!(found, noted, "{text}");
    }
}

/// Title, description and container of every entry.
fn contained(text: &str) -> Vec<(String, Option<String>, Container)> {
    Document::parse(text).entries.into_iter().map(|e| (e.title, e.description, e.container)).collect()
}

#[test]
fn every_kind_of_entry_is_seen() {
    use Container::{Heading, HtmlParagraph, HtmlRow, Item, Paragraph, Quote};
    for (text, title, description, container) in [
        ("<p>\n&nbsp; <a href=\"https://u.example\"><b>A</b></a> - does a.<br>\n</p>", "A", "does a.", HtmlParagraph),
        ("[`C`](https://u.example) &nbsp; by &nbsp; [X](https://x.example)  \nDoes c.", "C", "Does c.", Paragraph),
        ("1、[D](https://u.example)：does d", "D", "does d", Paragraph),
        ("> **[E](https://u.example)**<br>does e", "E", "does e", Quote),
        ("<table><tr><td><a href=\"https://u.example\">F</a></td><td>does f</td></tr></table>", "F", "does f", HtmlRow),
        ("## [G](https://u.example)\n\nDoes *g*.\n\n- [Demo](https://v.example/d)\n", "G", "Does g.", Heading),
        ("* H：\n  * 地址：https://u.example/h\n  * 简介：does h\n", "H", "does h", Item),
        ("* H\n  * About: does h\n  * Repo: https://u.example/h\n", "H", "does h", Item),
        ("- [I](https://u.example) by [X](https://x.example) - does i", "I", "does i", Item),
        ("- [J](https://u.example) 1,234 ⭐<br>does j", "J", "does j", Item),
    ] {
        let expected = (title.to_owned(), Some(description.to_owned()), container);
        assert_eq!(contained(text), [expected], "{text}");
    }
}

#[test]
fn labels_take_the_name_of_their_section() {
    let text = "## [A](https://a.example)\n\nAn agent.\n\n### Links\n\n- [GitHub](https://github.com/o/a)\n";
    let document = Document::parse(text);
    assert_eq!(contained(text), [("A".to_owned(), Some("An agent.".to_owned()), Container::Heading)]);
    assert_eq!(document.links[document.entries[0].ranked_by].url, "https://github.com/o/a");
    assert_eq!(&text[document.entries[0].whole.clone()], text.trim_end());
    let text = "## S\n\n### B\n\n- [GitHub](https://github.com/o/b)\n- [Web](https://b.example/)\n";
    assert_eq!(contained(text)[0].0, "B");
    let text = "## [S](https://s.example)\n\n- [A](https://a.example) - b\n- [GitHub](https://github.com)\n";
    let titles: Vec<_> = contained(text).into_iter().map(|(title, ..)| title).collect();
    assert_eq!(titles, ["A", "GitHub"], "a heading whose section lists entries is none");
}

#[test]
fn descriptions_of_rows_keep_their_links() {
    let text = "| a | b |\n|---|---|\n| [T](https://t.example) | Some words of a [page](http://v.example) |\n";
    let document = Document::parse(text);
    let at = document.entries[0].description_at.clone().unwrap();
    assert_eq!(&text[at], "Some words of a [page](http://v.example)");
}

#[test]
fn licences_are_kept_apart() {
    let document =
        Document::parse("- [A](https://a.example) - Framework. (LGPL-2.0-only)\n- [B](https://b.example) `MIT` `Go`\n");
    let licences: Vec<_> = document.entries.iter().map(|entry| entry.licence.as_deref()).collect();
    assert_eq!(licences, [Some("LGPL-2.0-only"), Some("MIT")]);
}

#[test]
fn an_unclosed_block_is_none() {
    let text = "<!-- pomona:begin new -->\n\n- [A](https://a.example) - b\n\n<!-- pomona:end nwe -->\n<!-- pomona:bgin x -->\n";
    let document = Document::parse(text);
    assert_eq!((document.entries.len(), document.blocks.len()), (1, 0));
    let faults: Vec<_> = document.marker_errors.into_iter().map(|error| error.fault).collect();
    assert_eq!(
        faults,
        [
            MarkerFault::Unclosed("new".to_owned()),
            MarkerFault::Unopened("nwe".to_owned()),
            MarkerFault::Unknown("bgin".to_owned())
        ]
    );
}
