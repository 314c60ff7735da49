//! The report for a terminal.

use std::io;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{CheckReport, Palette, Sources};
use crate::finding::{Finding, Level, Place};
use crate::text::{cut, escape, is_hidden, plural};
use crate::verdict::Verdict;

/// The widest excerpt, in columns of a terminal.
const WIDTH: usize = 100;

/// Findings from the gravest down, each with its place and what to do, errors and warnings with the line they
/// are about; then one line that counts.
pub fn text(checked: &CheckReport, sources: &Sources, palette: &Palette, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in checked.by_severity() {
        write_finding(finding, sources, palette, out)?;
    }
    summary(checked, palette, out)
}

fn write_finding(finding: &Finding, sources: &Sources, palette: &Palette, out: &mut dyn io::Write) -> io::Result<()> {
    let (level, message, margin) = (palette.level(finding.level), palette.message, palette.margin);
    let sentence = cut(&finding.message, 3 * escape::MAX_CHARACTERS);
    let sentence = escape::terminal(&sentence);
    writeln!(out, "{level}{}[{}]{level:#}{message}: {sentence}{message:#}", finding.level, finding.code)?;
    let line = finding.place.as_ref().and_then(|place| Some((place, sources.line(place)?)));
    let gutter = line.map_or(1, |(place, _)| place.line.to_string().len());
    if let Some(place) = &finding.place {
        writeln!(out, "{:gutter$}{margin}-->{margin:#} {}", "", position(place))?;
    }
    if let Some((place, line)) = line.filter(|_| finding.level != Level::Note) {
        let (shown, caret) = excerpt(line, place.column);
        writeln!(out, "{margin}{} |{margin:#} {shown}", place.line)?;
        writeln!(out, "{margin}{:gutter$} |{margin:#} {:caret$}{level}^{level:#}", "", "")?;
    }
    if let Some(help) = &finding.help {
        let label = palette.help;
        let help = cut(help, 3 * escape::MAX_CHARACTERS);
        writeln!(out, "{:gutter$} {margin}={margin:#} {label}help{label:#}: {}", "", escape::terminal(&help))?;
    }
    writeln!(out)
}

/// `file:line:column`, as terminals and editors make it a link.
pub(super) fn position(place: &Place) -> String {
    let file = cut(&place.file, escape::MAX_CHARACTERS);
    format!("{}:{}:{}", escape::terminal(&file), place.line, place.column)
}

/// The part of `line` around `column` (from 1, in characters) that fits, and the width before the column.
fn excerpt(line: &str, column: usize) -> (String, usize) {
    let at = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let start = window_start(&line[..at]);
    let before = escape::terminal(&line[start..at]).into_owned();
    let before = if start > 0 { format!("…{before}") } else { before };
    let mut shown = before.clone();
    let mut width = before.width();
    let mut rest = line[at..].chars();
    for c in rest.by_ref() {
        let piece = escape::terminal(c.encode_utf8(&mut [0; 4])).into_owned();
        width += piece.width();
        if width > WIDTH {
            shown.push('…');
            break;
        }
        shown.push_str(&piece);
    }
    (escape::terminal(&shown).into_owned(), before.width())
}

/// Where an excerpt starts, so that what stands before its column fits in half of it.
fn window_start(before: &str) -> usize {
    let mut width = 0;
    for (at, c) in before.char_indices().rev() {
        width += if is_hidden(c) { 8 } else { c.width().unwrap_or(0) };
        if width > WIDTH / 2 {
            return at + c.len_utf8();
        }
    }
    0
}

fn summary(checked: &CheckReport, palette: &Palette, out: &mut dyn io::Write) -> io::Result<()> {
    let counts = checked.counts();
    let warning = palette.warning;
    if !checked.older.is_empty() {
        let older = plural(checked.older.len(), "older finding");
        writeln!(out, "{older}, not caused by this change: `pomona check` reports them")?;
    }
    if !checked.complete {
        let left = plural(counts.of(Verdict::Unknown), "link");
        writeln!(out, "{warning}incomplete{warning:#}: {left} could not be checked")?;
    }
    let worst = Level::ALL.into_iter().find(|level| counts.level(*level) > 0);
    let style = worst.map_or(palette.good, |level| palette.level(level));
    let found = counts.found().unwrap_or_else(|| "no findings".to_owned());
    writeln!(out, "{}. {style}{found}{style:#}", counts.judged())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{checked, sources, written};

    #[test]
    fn a_finding_shows_its_line() {
        let text = written(|out| text(&checked(), &sources(), &Palette::plain(), out));
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
    fn the_caret_stands_under_wide_characters() {
        assert_eq!(excerpt("中文 x", 4), ("中文 x".to_owned(), 5));
        assert_eq!(excerpt("\u{1b}x", 2), ("\\u{1b}x".to_owned(), 6));
        assert_eq!(excerpt("ab", 9), ("ab".to_owned(), 2));
        let long = format!("{}x{}", "文".repeat(300), "字".repeat(300));
        let (shown, caret) = excerpt(&long, 301);
        assert!(shown.starts_with('…') && shown.ends_with('…') && shown.width() <= WIDTH + 1, "{shown}");
        assert_eq!(caret, 51);
    }

    #[test]
    fn colour_is_only_in_the_palette() {
        let plain = written(|out| text(&checked(), &sources(), &Palette::plain(), out));
        let colour = written(|out| text(&checked(), &sources(), &Palette::colour(), out));
        assert!(!plain.contains('\u{1b}') && colour.contains('\u{1b}'));
    }
}
