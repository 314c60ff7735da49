//! A small check to report, and hostile text through every format.

use std::io;
use std::sync::LazyLock;

use super::*;
use crate::observation::SuspicionKind;

/// What `write` writes.
pub(crate) fn written(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn place(line: usize, column: usize, title: &str) -> Place {
    Place {
        file: "list.md".to_owned(),
        line,
        column,
        section: vec!["List".to_owned(), "Tools".to_owned()],
        title: Some(title.to_owned()),
    }
}

pub(crate) fn sources() -> Sources {
    let text = "# List\n## Tools\n- [中文](https://x.org/gone) - A tool.\n- [y](https://y.org/)\n";
    Sources::new([("list.md".to_owned(), text.to_owned())])
}

pub(crate) fn link(target: &str, verdict: Verdict, place: Place) -> CheckedLink {
    CheckedLink {
        target: target.to_owned(),
        url: target.to_owned(),
        verdict,
        class: None,
        status: None,
        moved_to: None,
        since: None,
        reason: "it answers".to_owned(),
        suspicions: Vec::new(),
        places: vec![place],
    }
}

/// A dead link, a suspect page, and a finding without a place.
pub(crate) fn checked() -> CheckReport {
    let dead = CheckedLink {
        class: Some(FailureClass::Http(404)),
        status: Some(404),
        since: Some("2026-11-01".parse().unwrap()),
        reason: "the server answered 404; failed in 2 runs over 1 days".to_owned(),
        ..link("https://x.org/gone", Verdict::Dead, place(3, 3, "中文"))
    };
    let suspect = CheckedLink {
        suspicions: vec![Suspicion { kind: SuspicionKind::Parked, evidence: "for sale".to_owned() }],
        ..link("https://y.org/", Verdict::Alive, place(4, 3, "y"))
    };
    let findings = vec![
        Finding::new("expired_exclusion", Level::Note, "an exclusion has expired"),
        Finding::new("suspect_page", Level::Warning, "`https://y.org/` looks parked")
            .at(place(4, 3, "y"))
            .about("https://y.org/"),
        Finding::new("dead_link", Level::Error, "`https://x.org/gone` is dead: the server answered 404")
            .at(place(3, 3, "中文"))
            .about("https://x.org/gone")
            .help("remove the entry"),
    ];
    CheckReport { complete: true, links: vec![dead, suspect], findings }
}

#[test]
fn lines_are_found_whatever_ends_them() {
    let sources = Sources::new([("a".to_owned(), "one\r\ntwo\rthree\n\nfive".to_owned())]);
    let line = |line| sources.line(&Place { file: "a".to_owned(), line, ..place(1, 1, "") });
    let lines: Vec<_> = (0..7).map(line).collect();
    assert_eq!(lines, [None, Some("one"), Some("two"), Some("three"), Some(""), Some("five"), None]);
}

#[test]
fn numbers_are_grouped() {
    for (n, text) in
        [(0, "0 links"), (1, "1 link"), (999, "999 links"), (1000, "1,000 links"), (1_234_567, "1,234,567 links")]
    {
        assert_eq!(plural(n, "link"), text);
    }
}

/// What strangers may write, and more than they can.
fn hostile() -> Vec<String> {
    let texts = [
        "benign",
        "::error file=x::pwned",
        "\n::set-output name=x::y",
        "\r\n##[add-mask]secret",
        "##[group]x",
        "  ::stop-commands::x",
        "%0A::error::x%25",
        "a,b:c=d",
        "\u{1b}[2J\u{1b}]8;;http://evil\u{7}click\u{1b}]8;;\u{7}",
        "\u{9b}31m\u{85}\u{0}\u{7f}\u{8}",
        "\u{202e}txt.exe\u{202c}\u{2066}\u{2069}\u{200f}\u{61c}",
        "zero\u{200b}width\u{feff}\u{2028}\u{2029}\u{e0041}",
        "](https://evil.org) [x](javascript:alert(1)) ![y](https://evil.org/y.png)",
        "a|b|c\n|---|---|",
        "`code` ``more`` ```fence",
        "`",
        "<script>alert(1)</script><img src=x onerror=alert(1)><!-- ",
        "--></details></summary><details open>",
        "]]></failure><testcase name='x'/>&amp;&#0;\u{fffe}\u{ffff}",
        "@torvalds and @octo/team #1 octo/repo#2 https://github.com/octo/repo/issues/3 www.evil.org",
        "# heading\n\n- item\n\n    code\n> quote\n\n***",
        "$(rm -rf /) `id` ; && || ${{ secrets.X }} %PATH% \\",
        "{0} {{x}} {% raw %} [text](1)",
        "../../etc/passwd\0.md",
        "مرحبا שלום 你好 👩‍👩‍👧 e\u{301}",
        "",
    ];
    let long = ["x".repeat(1 << 20), "::error::\u{1b}\n".repeat(1 << 10), "`".repeat(1 << 14)];
    texts.map(str::to_owned).into_iter().chain(long).collect()
}

/// A check in which every text that a stranger can write is this one.
fn infested(text: &str) -> CheckReport {
    let place = Place {
        file: text.to_owned(),
        line: 1,
        column: 3,
        section: vec![text.to_owned()],
        title: Some(text.to_owned()),
    };
    let link = |verdict| CheckedLink {
        moved_to: Some(text.to_owned()),
        reason: text.to_owned(),
        suspicions: vec![Suspicion { kind: SuspicionKind::Soft404, evidence: text.to_owned() }],
        ..link(text, verdict, place.clone())
    };
    let finding = |level, message: String| {
        Finding::new("dead_link", level, message).at(place.clone()).about(text).help(format!("write `{text}`"))
    };
    let findings = vec![
        finding(Level::Error, text.to_owned()),
        finding(Level::Warning, format!("`{text}` is dead")),
        finding(Level::Note, format!("see {text}")),
    ];
    CheckReport { complete: false, links: vec![link(Verdict::Dead), link(Verdict::Walled)], findings }
}

/// Every format's output for one text.
fn told(text: &str) -> BTreeMap<Format, String> {
    let sources = Sources::new([(text.to_owned(), format!("- {text}\n"))]);
    let write =
        |format: &Format| (*format, written(|out| format.write(&infested(text), &sources, &Palette::plain(), out)));
    Format::ALL.iter().map(|(.., format)| write(format)).collect()
}

/// Every hostile text with what every format makes of it.
fn all() -> &'static [(String, BTreeMap<Format, String>)] {
    static ALL: LazyLock<Vec<(String, BTreeMap<Format, String>)>> =
        LazyLock::new(|| hostile().into_iter().map(|text| (text.clone(), told(&text))).collect());
    &ALL
}

fn name(text: &str) -> String {
    escape::cut(text, 40).escape_debug().to_string()
}

#[test]
fn no_screen_and_no_runner_is_obeyed() {
    for (text, told) in all() {
        for (format, told) in told {
            let name = name(text);
            assert!(!told.contains(|c| escape::is_hidden(c) && c != '\n' && c != '\u{2060}'), "{format:?} {name}");
            assert!(!told.contains("##["), "{format:?} {name}");
            let commands = told.lines().filter(|line| line.trim_start().starts_with("::")).count();
            assert_eq!(commands, if *format == Format::Github { 3 } else { 0 }, "{format:?} {name}: {told}");
        }
    }
}

#[test]
fn no_report_grows_lines_or_tags() {
    let plain = told("benign");
    let count = |text: &str, of: char| text.matches(of).count();
    for (text, told) in all() {
        for (format, told) in told {
            let name = name(text);
            if *format != Format::Text {
                assert_eq!(count(told, '\n'), count(&plain[format], '\n'), "{format:?} {name}: {told}");
            }
            if *format == Format::Junit {
                assert_eq!(count(told, '<'), count(&plain[format], '<'), "{name}");
            }
            if !matches!(format, Format::Json | Format::Jsonl) {
                assert!(told.len() < 64 * 1024, "{format:?} {name}: {} bytes", told.len());
            }
        }
    }
}

#[test]
fn json_keeps_every_text_as_it_was() {
    for (text, told) in all() {
        let value: serde_json::Value = serde_json::from_str(&told[&Format::Json]).unwrap();
        assert_eq!(value["links"][0]["url"], *text);
        assert_eq!(value["findings"][0]["place"]["section"][0], *text);
        assert!(serde_json::from_str::<serde_json::Value>(&told[&Format::Sarif]).is_ok());
        assert!(told[&Format::Jsonl].lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    }
}

#[test]
fn markdown_stays_text() {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    const OURS: [&str; 5] = ["<!-- pomona:report -->", "<details>", "<summary>1 note</summary>", "</details>", ""];
    for (text, told) in all() {
        for format in [Format::Summary, Format::Markdown] {
            let told = &told[&format];
            let mut code = false;
            for event in
                Parser::new_ext(told, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM)
            {
                match event {
                    Event::Html(html) => assert!(OURS.contains(&html.trim()), "{}: {html}", name(text)),
                    Event::InlineHtml(html) => panic!("{}: {html}", name(text)),
                    Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Table(_) | Tag::CodeBlock(_)) => {
                        panic!("{}: {told}", name(text))
                    }
                    Event::Code(_) => code = true,
                    Event::Text(text) => {
                        let mentions = text
                            .match_indices('@')
                            .any(|(at, _)| text[at + 1..].starts_with(|c: char| c.is_ascii_alphanumeric()));
                        assert!(!mentions && !text.contains("https://"), "{text}");
                    }
                    _ => {}
                }
            }
            assert!(code || text.is_empty());
        }
    }
}
