//! A small check to report, and hostile text through every format.

use std::io;
use std::sync::LazyLock;

use super::*;
use crate::observation::{Details, SuspicionKind};
use crate::text::{cut, is_hidden};

/// What `write` writes.
pub(crate) fn written(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn of_rule(id: &str, level: Level, message: impl Into<String>) -> Finding {
    Finding::new(crate::rules::info(id).unwrap(), message).level(level)
}

pub(crate) fn place(line: usize, column: usize, title: &str) -> Place {
    Place {
        column,
        section: vec!["List".to_owned(), "Tools".to_owned()],
        title: Some(title.to_owned()),
        ..Place::line("list.md", line)
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
        dead_not_before: None,
        reason: "it answers".to_owned(),
        replacements: Vec::new(),
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
        of_rule("expired-exclusion", Level::Note, "an exclusion has expired"),
        of_rule("suspect-page", Level::Warning, "`https://y.org/` looks parked")
            .at(place(4, 3, "y"))
            .about("https://y.org/"),
        of_rule("dead-link", Level::Error, "`https://x.org/gone` is dead: the server answered 404")
            .at(place(3, 3, "中文"))
            .about("https://x.org/gone")
            .help("remove the entry"),
    ];
    CheckReport { complete: true, links: vec![dead, suspect], findings, ..CheckReport::default() }
}

#[test]
fn lines_are_found_whatever_ends_them() {
    let sources = Sources::new([("a".to_owned(), "one\r\ntwo\rthree\n\nfive".to_owned())]);
    let line = |line| sources.line(&Place { file: "a".to_owned(), line, ..place(1, 1, "") });
    let lines: Vec<_> = (0..7).map(line).collect();
    assert_eq!(lines, [None, Some("one"), Some("two"), Some("three"), Some(""), Some("five"), None]);
}

/// Hostile text of every kind that somebody may write, and more.
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

/// A check in which every untrusted text is this one.
fn infested(text: &str) -> CheckReport {
    let place =
        Place { column: 3, section: vec![text.to_owned()], title: Some(text.to_owned()), ..Place::line(text, 1) };
    let link = |verdict| CheckedLink {
        moved_to: Some(text.to_owned()),
        reason: text.to_owned(),
        suspicions: vec![Suspicion { kind: SuspicionKind::Soft404, evidence: text.to_owned() }],
        ..link(text, verdict, place.clone())
    };
    let finding = |level, message: String| {
        of_rule("dead-link", level, message).at(place.clone()).about(text).help(format!("write `{text}`"))
    };
    let findings = vec![
        finding(Level::Error, text.to_owned()),
        finding(Level::Warning, format!("`{text}` is dead")),
        finding(Level::Note, format!("see {text}")),
    ];
    let links = vec![link(Verdict::Dead), link(Verdict::Walled)];
    let entry = AddedEntry {
        title: text.to_owned(),
        target: text.to_owned(),
        place: place.clone(),
        verdict: Verdict::Alive,
        stars: Some(1),
        licence: Some(Some(text.to_owned())),
        details: Details::default(),
        errors: 0,
        last_commit: None,
        created: None,
        archived: false,
        listed_elsewhere: false,
        findings: 0,
        today: Date::MIN,
    };
    CheckReport { complete: false, links, findings, entries: vec![entry], ..CheckReport::default() }
}

/// Every format's output for one text.
fn reports(text: &str) -> BTreeMap<Format, String> {
    let sources = Sources::new([(text.to_owned(), format!("- {text}\n"))]);
    let write = |format: &Format| {
        (*format, written(|out| format.write(&infested(text), &sources, &TextOptions::default(), out)))
    };
    Format::ALL.iter().map(|(.., format)| write(format)).collect()
}

/// Every hostile text with what every format makes of it.
fn all() -> &'static [(String, BTreeMap<Format, String>)] {
    static ALL: LazyLock<Vec<(String, BTreeMap<Format, String>)>> =
        LazyLock::new(|| hostile().into_iter().map(|text| (text.clone(), reports(&text))).collect());
    &ALL
}

fn name(text: &str) -> String {
    cut(text, 40).escape_debug().to_string()
}

#[test]
fn no_screen_and_no_runner_is_obeyed() {
    for (text, reports) in all() {
        for (format, report) in reports {
            let name = name(text);
            assert!(!report.contains(|c| is_hidden(c) && c != '\n' && c != '\u{2060}'), "{format:?} {name}");
            assert!(!report.contains("##["), "{format:?} {name}");
            let commands = report.lines().filter(|line| line.trim_start().starts_with("::")).count();
            assert_eq!(commands, if *format == Format::Github { 3 } else { 0 }, "{format:?} {name}: {report}");
        }
    }
}

#[test]
fn no_report_grows_lines_or_tags() {
    let plain = reports("benign");
    let count = |text: &str, of: char| text.matches(of).count();
    for (text, reports) in all() {
        for (format, report) in reports {
            let name = name(text);
            if *format != Format::Text {
                assert_eq!(count(report, '\n'), count(&plain[format], '\n'), "{format:?} {name}: {report}");
            }
            if *format == Format::Junit {
                assert_eq!(count(report, '<'), count(&plain[format], '<'), "{name}");
            }
            if !matches!(format, Format::Json | Format::Jsonl) {
                assert!(report.len() < 64 * 1024, "{format:?} {name}: {} bytes", report.len());
            }
        }
    }
}

#[test]
fn json_keeps_every_text_as_it_was() {
    for (text, reports) in all() {
        let value: serde_json::Value = serde_json::from_str(&reports[&Format::Json]).unwrap();
        assert_eq!(value["links"][0]["url"], *text);
        assert_eq!(value["findings"][0]["place"]["section"][0], *text);
        assert!(serde_json::from_str::<serde_json::Value>(&reports[&Format::Sarif]).is_ok());
        assert!(reports[&Format::Jsonl].lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    }
}

#[test]
fn markdown_stays_text() {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    const OURS: [&str; 5] = ["<!-- pomona:report -->", "<details>", "<summary>1 note</summary>", "</details>", ""];
    for (text, reports) in all() {
        for format in [Format::Summary, Format::Markdown] {
            let report = &reports[&format];
            let (mut code, mut rows) = (false, 0);
            for event in
                Parser::new_ext(report, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM)
            {
                match event {
                    Event::Html(html) => assert!(OURS.contains(&html.trim()), "{}: {html}", name(text)),
                    Event::InlineHtml(html) => panic!("{}: {html}", name(text)),
                    Event::Start(Tag::Image { .. } | Tag::CodeBlock(_)) => {
                        panic!("{}: {report}", name(text))
                    }
                    Event::Start(Tag::Link { dest_url, .. }) => {
                        let home = env!("CARGO_PKG_REPOSITORY");
                        assert!(!home.is_empty() && dest_url.starts_with(home), "{}: {dest_url}", name(text));
                    }
                    Event::Start(Tag::TableRow) => rows += 1,
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
            assert!((code || text.is_empty()) && rows == 1, "{}: {rows} rows", name(text));
        }
    }
}
