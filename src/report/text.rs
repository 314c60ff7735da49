//! The report for a terminal.

use std::io;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::several::Totals;
use super::{AddedEntry, CheckReport, Counts, Palette, Sources, Submitter};
use crate::finding::{Finding, Level, Place};
use crate::text::{cut, escape, is_hidden, plural};
use crate::verdict::Verdict;

/// The widest excerpt in columns where the report goes to a file or a pipe.
const PIPE_WIDTH: usize = 100;

/// How the report is laid out.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextOptions {
    /// Its colours.
    pub palette: Palette,
    /// The width of the terminal in columns; none for a file or a pipe.
    pub width: Option<usize>,
    /// Negative: only what is wrong. Positive: also what a change did not cause.
    pub verbosity: i8,
}

/// Findings, each with its position and the way out, errors and warnings with their line; then the totals.
///
/// In a file the most severe come first. On a terminal they come last, where the reader is. In the check of a change
/// they are in the order of the file, after the facts of its new entries.
pub fn text(
    checked: &CheckReport,
    sources: &Sources,
    options: &TextOptions,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut findings = checked.by_severity();
    if checked.is_change() {
        findings.sort_by_key(|finding| &finding.place);
    } else if options.width.is_some() {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    }
    let is_shown = |finding: &&Finding| options.verbosity >= 0 || finding.level != Level::Note;
    for finding in findings.into_iter().filter(is_shown) {
        write_finding(finding, sources, options, out)?;
    }
    if options.verbosity > 0 {
        for finding in &checked.older {
            writeln!(out, "not caused by this change:")?;
            write_finding(finding, sources, options, out)?;
        }
    }
    if options.verbosity >= 0 && !checked.is_change() {
        write_waited_for(checked, options, out)?;
    }
    if options.verbosity >= 0 {
        write_entries(&checked.entries, options, out)?;
        if let Some(submitter) = &checked.submitter {
            write_submitter(submitter, options, out)?;
        }
    }
    summary(checked, options, out)
}

fn write_finding(
    finding: &Finding,
    sources: &Sources,
    options: &TextOptions,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let palette = &options.palette;
    let (level, message, margin) = (palette.level(finding.level), palette.message, palette.margin);
    let label = format!("{}[{}]", finding.level, finding.code);
    let sentence = cut(&finding.message, 3 * escape::MAX_CHARACTERS);
    let sentence = wrapped(&escape::terminal(&sentence), label.len() + 2, 2, options.width);
    writeln!(out, "{level}{label}{level:#}{message}: {sentence}{message:#}")?;
    let line = finding.place.as_ref().and_then(|place| Some((place, sources.line(place)?)));
    let gutter = line.map_or(1, |(place, _)| place.line.to_string().len());
    if let Some(place) = &finding.place {
        writeln!(out, "{:gutter$}{margin}-->{margin:#} {}", "", position(place))?;
    }
    if let Some((place, line)) = line.filter(|_| finding.level != Level::Note) {
        let width = options.width.map_or(PIPE_WIDTH, |width| width.saturating_sub(gutter + 4).max(20));
        let (shown, caret) = excerpt(line, place.column, width);
        writeln!(out, "{margin}{} |{margin:#} {shown}", place.line)?;
        writeln!(out, "{margin}{:gutter$} |{margin:#} {:caret$}{level}^{level:#}", "", "")?;
    }
    if let Some(help) = &finding.help {
        let label = palette.help;
        let help = cut(help, 3 * escape::MAX_CHARACTERS);
        let help = wrapped(&escape::terminal(&help), gutter + 9, gutter + 3, options.width);
        writeln!(out, "{:gutter$} {margin}={margin:#} {label}help{label:#}: {help}", "")?;
    }
    writeln!(out)
}

/// Addresses that are named of those that are decided on one day.
pub(super) const MOST_NAMED: usize = 5;

/// What is waited for, by the day on which it can be decided.
fn write_waited_for(checked: &CheckReport, options: &TextOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let days = checked.waited_for();
    if days.is_empty() {
        return Ok(());
    }
    let style = options.palette.message;
    writeln!(out, "{style}failing links, by the first day on which they can be called dead:{style:#}")?;
    for (day, links) in days {
        let named: Vec<String> =
            links.iter().take(MOST_NAMED).map(|link| cut(&link.url, escape::MAX_CHARACTERS / 2).into_owned()).collect();
        let more = links.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let line = escape::terminal(&format!("{day}: {}{more}", named.join(", "))).into_owned();
        writeln!(out, "  {}", wrapped(&line, 2, 4, options.width))?;
    }
    writeln!(out)
}

/// The facts of new entries, one a line, so that what is right is visible too.
fn write_entries(entries: &[AddedEntry], options: &TextOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let palette = &options.palette;
    for entry in entries {
        let title = cut(&entry.title, escape::MAX_CHARACTERS / 4);
        let title = escape::terminal(&title);
        let sign = entry.sign();
        let style = match sign {
            '✔' => palette.good,
            '✘' => palette.error,
            _ => palette.warning,
        };
        let facts = escape::terminal(&entry.facts().join(" · ")).into_owned();
        let facts = wrapped(&facts, title.width() + 3, 4, options.width);
        writeln!(out, "{style}{sign}{style:#} {title}: {facts}")?;
    }
    if !entries.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

/// The facts about who submits a change.
fn write_submitter(submitter: &Submitter, options: &TextOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let login = cut(&submitter.login, escape::MAX_CHARACTERS / 4);
    let facts = submitter.facts().join(" · ");
    let line = if facts.is_empty() { login.into_owned() } else { format!("{login}: {facts}") };
    writeln!(out, "submitted by {}\n", wrapped(&escape::terminal(&line), 13, 4, options.width))
}

/// Text broken at spaces so that no line is wider than `width`: the first begins at column `first`, the others are
/// indented.
fn wrapped(text: &str, first: usize, indent: usize, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    let mut lines = String::with_capacity(text.len() + 16);
    let mut column = first;
    for (i, word) in text.split(' ').enumerate() {
        let space = usize::from(i > 0);
        if i > 0 && column + space + word.width() > width {
            lines.push('\n');
            lines.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if i > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += word.width();
    }
    lines
}

/// `file:line:column`, as terminals and editors make it a link.
pub(super) fn position(place: &Place) -> String {
    let file = cut(&place.file, escape::MAX_CHARACTERS);
    format!("{}:{}:{}", escape::terminal(&file), place.line, place.column)
}

/// The part of `line` around `column` (from 1, in characters) that fits, and the width before the column.
fn excerpt(line: &str, column: usize, most: usize) -> (String, usize) {
    let at = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let start = window_start(&line[..at], most);
    let before = escape::terminal(&line[start..at]).into_owned();
    let before = if start > 0 { format!("…{before}") } else { before };
    let mut shown = before.clone();
    let mut width = before.width();
    let mut rest = line[at..].chars();
    for c in rest.by_ref() {
        let piece = escape::terminal(c.encode_utf8(&mut [0; 4])).into_owned();
        width += piece.width();
        if width > most {
            shown.push('…');
            break;
        }
        shown.push_str(&piece);
    }
    (escape::terminal(&shown).into_owned(), before.width())
}

/// Where an excerpt starts, so that what precedes its column fits in half of it.
fn window_start(before: &str, most: usize) -> usize {
    let mut width = 0;
    for (at, c) in before.char_indices().rev() {
        width += if is_hidden(c) { 8 } else { c.width().unwrap_or(0) };
        if width > most / 2 {
            return at + c.len_utf8();
        }
    }
    0
}

/// What a run reports of all its lists together, and the totals.
pub(super) fn totals(totals: &Totals, options: &TextOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let sources = Sources::default();
    let is_shown = |finding: &&&Finding| options.verbosity >= 0 || finding.level != Level::Note;
    for finding in totals.findings.iter().filter(is_shown) {
        write_finding(finding, &sources, options, out)?;
    }
    if options.verbosity < 0 {
        return Ok(());
    }
    let lists = plural(totals.lists, "list");
    let found = totals.counts.found().unwrap_or_else(|| "no findings".to_owned());
    let style = worst(totals.counts).map_or(options.palette.good, |level| options.palette.level(level));
    writeln!(out, "{lists}, {}. {style}{found}{style:#}", totals.counts.judged())
}

fn worst(counts: &Counts) -> Option<Level> {
    Level::ALL.into_iter().find(|level| counts.level(*level) > 0)
}

fn summary(checked: &CheckReport, options: &TextOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let palette = &options.palette;
    let counts = checked.counts();
    let warning = palette.warning;
    let list =
        checked.list.as_deref().map(|list| format!("{}: ", escape::terminal(&cut(list, escape::MAX_CHARACTERS))));
    let list = list.unwrap_or_default();
    if !checked.older.is_empty() && options.verbosity == 0 {
        let older = plural(checked.older.len(), "older finding");
        writeln!(out, "{older}, not caused by this change: `pomona check` reports them, `-v` prints them here")?;
    }
    if !checked.complete {
        let left = plural(counts.of(Verdict::Unknown), "link");
        writeln!(out, "{list}{warning}incomplete{warning:#}: {left} could not be checked")?;
    }
    let worst = worst(&counts);
    if options.verbosity < 0 && worst.is_none_or(|level| level == Level::Note) {
        return Ok(());
    }
    let style = worst.map_or(palette.good, |level| palette.level(level));
    let above = if options.width.is_some() && worst.is_some() { ": see above" } else { "" };
    let found = counts.found().unwrap_or_else(|| "no findings".to_owned());
    writeln!(out, "{list}{}. {style}{found}{above}{style:#}", counts.judged())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Details;
    use crate::report::tests::{checked, of_rule, place, sources, written};

    const PIPED: TextOptions = TextOptions {
        palette: Palette {
            error: anstyle::Style::new(),
            warning: anstyle::Style::new(),
            note: anstyle::Style::new(),
            message: anstyle::Style::new(),
            margin: anstyle::Style::new(),
            help: anstyle::Style::new(),
            good: anstyle::Style::new(),
        },
        width: None,
        verbosity: 0,
    };

    #[test]
    fn a_finding_shows_its_line() {
        let text = written(|out| text(&checked(), &sources(), &PIPED, out));
        let expected = "\
error[dead-link]: `https://x.org/gone` is dead: the server answered 404
 --> list.md:3:3
3 | - [中文](https://x.org/gone) - A tool.
  |   ^
  = help: remove the entry

warning[suspect-page]: `https://y.org/` looks parked
 --> list.md:4:3
4 | - [y](https://y.org/)
  |   ^

note[expired-exclusion]: an exclusion has expired

2 links: 1 alive, 1 dead. 1 error, 1 warning, 1 note
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_terminal_shows_errors_last_and_breaks_at_words() {
        let options = TextOptions { width: Some(40), ..PIPED };
        let text = written(|out| text(&checked(), &sources(), &options, out));
        let expected = "\
note[expired-exclusion]: an exclusion
  has expired

warning[suspect-page]: `https://y.org/`
  looks parked
 --> list.md:4:3
4 | - [y](https://y.org/)
  |   ^

error[dead-link]: `https://x.org/gone`
  is dead: the server answered 404
 --> list.md:3:3
3 | - [中文](https://x.org/gone) - A to…
  |   ^
  = help: remove the entry

2 links: 1 alive, 1 dead. 1 error, 1 warning, 1 note: see above
";
        assert_eq!(text, expected);
    }

    #[test]
    fn quiet_prints_only_what_is_wrong() {
        let options = TextOptions { verbosity: -1, ..PIPED };
        let full = written(|out| text(&checked(), &sources(), &options, out));
        assert!(full.contains("error[dead-link]") && !full.contains("note["), "{full}");
        let notes = vec![of_rule("moved-page", Level::Note, "x")];
        let fine = CheckReport { findings: notes, ..CheckReport::whole() };
        assert_eq!(written(|out| text(&fine, &sources(), &options, out)), "");
    }

    #[test]
    fn a_change_is_reported_in_the_order_of_the_file_with_its_good_entries() {
        let entry = AddedEntry {
            title: "Zed".to_owned(),
            target: "github:zed-industries/zed".to_owned(),
            place: place(4, 3, "Zed"),
            verdict: Verdict::Alive,
            stars: Some(89_000),
            licence: Some(Some("GPL-3.0".to_owned())),
            last_commit: Some("2026-11-01".parse().unwrap()),
            created: Some("2021-03-01".parse().unwrap()),
            archived: false,
            listed_elsewhere: false,
            findings: 0,
            errors: 0,
            details: Details {
                first_commit: Some("2021-03-02".parse().unwrap()),
                contributors: Some(812),
                tests: Some(true),
                ..Details::default()
            },
            today: "2026-11-24".parse().unwrap(),
        };
        let findings = vec![
            of_rule("moved-page", Level::Note, "first").at(place(3, 1, "a")),
            of_rule("dead-link", Level::Error, "second").at(place(9, 1, "b")),
        ];
        let older = vec![of_rule("dead-link", Level::Error, "before")];
        let changed = CheckReport { entries: vec![entry], findings, older, ..CheckReport::change() };
        let report = written(|out| text(&changed, &sources(), &PIPED, out));
        assert!(report.find("first").unwrap() < report.find("second").unwrap(), "{report}");
        let line = "✔ Zed: ⭐ 89k · GPL-3.0 · last commit this month · 5 years old · first commit 2021 · 812 contributors · tests in CI · not listed elsewhere · follows the rules\n";
        assert!(report.contains(line), "{report}");
        assert!(report.contains("1 older finding, not caused by this change"), "{report}");
        let verbose = TextOptions { verbosity: 1, ..PIPED };
        assert!(written(|out| text(&changed, &sources(), &verbose, out)).contains("error[dead-link]: before"));
    }

    #[test]
    fn the_caret_is_under_wide_characters() {
        assert_eq!(excerpt("中文 x", 4, 100), ("中文 x".to_owned(), 5));
        assert_eq!(excerpt("\u{1b}x", 2, 100), ("\\u{1b}x".to_owned(), 6));
        assert_eq!(excerpt("ab", 9, 100), ("ab".to_owned(), 2));
        let long = format!("{}x{}", "文".repeat(300), "字".repeat(300));
        let (shown, caret) = excerpt(&long, 301, 100);
        assert!(shown.starts_with('…') && shown.ends_with('…') && shown.width() <= 101, "{shown}");
        assert_eq!(caret, 51);
    }

    #[test]
    fn colour_is_only_in_the_palette() {
        let plain = written(|out| text(&checked(), &sources(), &PIPED, out));
        let options = TextOptions { palette: Palette::colour(), ..PIPED };
        let colour = written(|out| text(&checked(), &sources(), &options, out));
        assert!(!plain.contains('\u{1b}') && colour.contains('\u{1b}'));
    }
}
