//! A small check to report, and hostile text through every format.

use std::io;

use super::*;
use crate::observation::Doubt;

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
pub(crate) fn checked() -> Checked {
    let dead = CheckedLink {
        class: Some(Class::Http(404)),
        status: Some(404),
        since: Some("2026-11-01".parse().unwrap()),
        reason: "the server answered 404; failed in 2 runs over 1 days".to_owned(),
        ..link("https://x.org/gone", Verdict::Dead, place(3, 3, "中文"))
    };
    let suspect = CheckedLink {
        suspicions: vec![Suspicion { kind: Doubt::Parked, evidence: "for sale".to_owned() }],
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
    Checked { complete: true, links: vec![dead, suspect], findings }
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
