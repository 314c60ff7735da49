//! Dead entries: moved with all their lines into the block `dead`, and put back where they stood.
//!
//! In a list that is edited in place the block is the only copy of an entry, so each carries a comment that names its
//! place: the section, the line that it followed, the blank lines around it and its indentation. Every run puts all of
//! them back first and decides anew; so an entry that answers again returns to its place, and `strip` loses nothing.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::arrange::line_start;
use crate::markdown::{Container, Document, Edit, Note, apply};

/// The name of the block.
pub(super) const BLOCK: &str = "dead";
const MARK: &str = "<!-- pomona:place ";
const MARK_END: &str = " -->";
/// Ends the line of what may take an entry's place: the line is written anew by each run, and its links are nobody's
/// entries, so they are not looked at.
const REPLACEMENT_MARK: &str = " <!-- pomona:ignore replacement -->";

/// Where an entry stood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Origin {
    /// The hash of its section's anchor; 0 above the first heading.
    section: u32,
    /// The hash of the line that it followed; 0 at the beginning of the text.
    after: u32,
    /// How many equal lines of the section stand before that line.
    nth: usize,
    /// Blank lines between that line and the entry.
    skip: usize,
    /// Blank lines behind the entry that were taken out with it.
    gap: usize,
    /// The spaces before each of its lines.
    pub(super) indent: usize,
    /// How many lines it has.
    lines: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { section, after, nth, skip, gap, indent, lines } = self;
        write!(f, "{MARK}in={section:08x} after={after:08x} nth={nth} ")?;
        write!(f, "skip={skip} gap={gap} indent={indent} lines={lines}{MARK_END}")
    }
}

impl Origin {
    fn parse(line: &str) -> Option<Self> {
        let fields = line.trim().strip_prefix(MARK)?.strip_suffix(MARK_END)?;
        let field = |name: &str| {
            let mut fields = fields.split(' ').filter_map(|field| field.split_once('='));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let hash = |name: &str| u32::from_str_radix(field(name)?, 16).ok();
        // A person can edit the comment: no number of it makes a text grow without bound.
        let count = |name: &str| field(name)?.parse::<usize>().ok().map(|count| count.min(1_000));
        Some(Self {
            section: hash("in")?,
            after: hash("after")?,
            nth: count("nth")?,
            skip: count("skip")?,
            gap: count("gap")?,
            indent: count("indent")?,
            lines: count("lines")?,
        })
    }
}

/// What an entry takes with it where it is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Removal {
    /// Its lines, with the last line end.
    pub(super) lines: Range<usize>,
    /// Those, and the blank lines that would become a gap of two.
    pub(super) span: Range<usize>,
    /// Where it stood.
    pub(super) origin: Origin,
}

/// What is taken out with an entry; none where it shares a line with something else, is not an item or a row, or has
/// children that are not in `removed`.
pub(super) fn removal(
    document: &Document,
    text: &str,
    lines: &[Line],
    entry: usize,
    removed: &BTreeSet<usize>,
) -> Option<Removal> {
    let found = document.entries.get(entry)?;
    found.note_at?;
    if !matches!(found.container, Container::Item | Container::Row) {
        return None;
    }
    let inside =
        |other: &crate::markdown::Entry| found.whole.start < other.whole.start && other.whole.end <= found.whole.end;
    let kept = document.entries.iter().enumerate().any(|(i, other)| inside(other) && !removed.contains(&i));
    let start = line_start(text, found.whole.start);
    let margin = &text[start..found.whole.start];
    let end = text[found.whole.end..].find('\n').map(|at| found.whole.end + at + 1)?;
    let rest = text[found.whole.end..end].trim();
    let alone = margin.chars().all(|c| c == ' ' || (c == '|' && found.container == Container::Row));
    let indented = text[start..end].lines().all(|line| line.trim().is_empty() || line.starts_with(margin));
    if kept || !alone || !indented || !(rest.is_empty() || rest == "|") {
        return None;
    }
    let skip = blank_lines(text[..start].rsplit_terminator('\n'));
    let gap =
        if skip > 0 { blank_lines(text[end..].split_inclusive('\n').filter(|line| line.ends_with('\n'))) } else { 0 };
    let gap_length: usize = text[end..].split_inclusive('\n').take(gap).map(str::len).sum();
    let section = found.heading.and_then(|heading| document.headings.get(heading));
    let above = &lines[..lines.partition_point(|line| line.start < start)];
    let anchor = above.iter().rposition(|line| !line.text.trim().is_empty());
    let same = |line: &&Line| anchor.is_some_and(|at| line.is_like(above[at].section, above[at].hash));
    let origin = Origin {
        section: section.map_or(0, |heading| hash(&heading.slug)),
        after: anchor.map_or(0, |at| above[at].hash),
        nth: anchor.map_or(0, |at| above[..at].iter().filter(same).count()),
        skip,
        gap,
        indent: margin.len(),
        lines: text[start..end].lines().count(),
    };
    Some(Removal { lines: start..end, span: start..end + gap_length, origin })
}

fn blank_lines<'t>(lines: impl Iterator<Item = &'t str>) -> usize {
    lines.take_while(|line| line.trim_end_matches(['\n', '\r']).is_empty()).count()
}

/// The lines of an entry as they stand in the block: without their indentation, and with what may take their place and
/// where they stood behind them.
pub(super) fn in_block(lines: &str, indent: usize, replacement: Option<&str>, origin: Option<Origin>) -> String {
    let mut written: Vec<String> = lines.lines().map(|line| line.get(indent..).unwrap_or("").to_owned()).collect();
    if let Some(replacement) = replacement {
        let content = written.first().map_or(2, |line| content_column(line));
        written.push(format!("{}- {replacement}{REPLACEMENT_MARK}", " ".repeat(content)));
    }
    written.extend(origin.map(|origin| format!("  {origin}")));
    written.join("\n")
}

/// The column at which the content of an item begins, after `-`, `*` or `1.` and blanks.
fn content_column(line: &str) -> usize {
    let marker = line.trim_start_matches(|c: char| c.is_ascii_digit()).chars().skip(1).collect::<String>();
    line.len() - marker.trim_start_matches(' ').len()
}

/// `text` with every entry of its block `dead` where it stood, and the block empty. None where the block has none.
///
/// An entry whose place no longer exists goes to the end of its section, or else of the text.
pub fn restore(text: &str) -> Option<String> {
    let document = Document::parse(text);
    let block = document.blocks.iter().find(|block| block.name == BLOCK)?;
    let content = &text[block.content.clone()];
    let entries = stored(content);
    if entries.is_empty() {
        return None;
    }
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let emptied = apply(text, vec![Edit::new(block.content.clone(), line_end)]).ok()?;
    let mut lines = lines(&Document::parse(&emptied), &emptied);
    for (origin, entry) in entries {
        put_back(&mut lines, origin, &entry, line_end);
    }
    Some(lines.into_iter().map(|line| line.text).collect())
}

/// The entries of the block's content, each with its place. One whose place somebody removed, which its note shows,
/// has an unknown place.
fn stored(content: &str) -> Vec<(Origin, Vec<String>)> {
    let lines: Vec<&str> = content.lines().filter(|line| !line.ends_with(REPLACEMENT_MARK)).collect();
    let mut entries = Vec::new();
    let mut done = 0;
    for (at, line) in lines.iter().enumerate() {
        let Some(origin) = Origin::parse(line) else { continue };
        let from = at.saturating_sub(origin.lines).max(done);
        entries.extend(without_place(&lines[done..from]));
        entries.push((origin, lines[from..at].iter().map(|line| (*line).to_owned()).collect()));
        done = at + 1;
    }
    entries.extend(without_place(&lines[done..]));
    entries
}

fn without_place(lines: &[&str]) -> Vec<(Origin, Vec<String>)> {
    let is_entry = |line: &str| line.starts_with(['-', '*', '+']) && Note::without(line) != line;
    let unknown = Origin { section: 1, after: 1, ..Origin::default() };
    let starts = (0..lines.len()).filter(|at| is_entry(lines[*at]));
    let entry = |at: usize| {
        let more = lines[at + 1..].iter().take_while(|line| line.starts_with(' '));
        let entry: Vec<String> = std::iter::once(&lines[at]).chain(more).map(|line| (*line).to_owned()).collect();
        (Origin { lines: entry.len(), ..unknown }, entry)
    };
    starts.map(entry).collect()
}

/// A line of a text, with what places are recognised by.
#[derive(Debug, Clone)]
pub(super) struct Line {
    start: usize,
    text: String,
    section: u32,
    hash: u32,
    /// A line of a block, its markers included.
    block: bool,
    /// A line of a block after which nothing is put: all but the marker that ends it.
    closed: bool,
}

impl Line {
    fn is_open(&self) -> bool {
        !self.closed && !self.text.trim().is_empty()
    }

    fn is_like(&self, section: u32, hash: u32) -> bool {
        self.is_open() && self.section == section && self.hash == hash
    }
}

/// The lines of `text`, whose reading `document` is.
pub(super) fn lines(document: &Document, text: &str) -> Vec<Line> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let above = document.headings.partition_point(|heading| heading.span.start <= start);
        let heading = above.checked_sub(1).and_then(|index| document.headings.get(index));
        lines.push(Line {
            start,
            section: heading.map_or(0, |heading| hash(&heading.slug)),
            hash: line_hash(line),
            block: document.block_at(start).is_some(),
            closed: document.block_at(start).is_some_and(|block| block.span.end > start + line.len()),
            text: line.to_owned(),
        });
        start += line.len();
    }
    lines
}

fn put_back(lines: &mut Vec<Line>, origin: Origin, entry: &[String], line_end: &str) {
    let alike = lines.iter().enumerate().filter(|(_, line)| line.is_like(origin.section, origin.after));
    let alike: Vec<usize> = alike.map(|(at, _)| at).collect();
    let found = alike.get(origin.nth).or(alike.last()).copied();
    let found = found.or_else(|| lines.iter().position(|line| line.is_open() && line.hash == origin.after));
    let exact = found.is_some() || origin.after == 0;
    let anchor = found
        .or_else(|| {
            lines.iter().rposition(|line| line.is_open() && !line.block && line.section == origin.section && !exact)
        })
        .or_else(|| lines.iter().rposition(|line| line.is_open() && !line.block && !exact));
    let mut at = anchor.map_or(0, |anchor| anchor + 1);
    if let Some(last) = anchor.and_then(|anchor| lines.get_mut(anchor)).filter(|line| !line.text.ends_with('\n')) {
        last.text.push_str(line_end);
    }
    if exact {
        at += lines[at..].iter().take(origin.skip).take_while(|line| line.text.trim().is_empty()).count();
    }
    let margin = " ".repeat(origin.indent);
    let section = anchor.map_or(0, |anchor| lines[anchor].section);
    let own = entry.iter().map(|line| if line.trim().is_empty() { line.clone() } else { format!("{margin}{line}") });
    let blank = std::iter::repeat_n(String::new(), if exact { origin.gap } else { 0 });
    let restored: Vec<Line> = own
        .chain(blank)
        .map(|line| Line {
            start: 0,
            section,
            hash: line_hash(&line),
            block: false,
            closed: false,
            text: line + line_end,
        })
        .collect();
    lines.splice(at..at, restored);
}

/// The hash of a line, the same whether there are notes on it or not.
fn line_hash(line: &str) -> u32 {
    hash(Note::without(line).trim())
}

/// FNV-1a: stable over versions and platforms, which the standard hasher is not. 0 stands for no line.
fn hash(text: &str) -> u32 {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.max(1)
}
