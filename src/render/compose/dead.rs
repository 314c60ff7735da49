//! Dead entries: moved with all their lines into the block `dead`, and put back where they stood.
//!
//! In a list that is edited in place the block is the only copy of an entry, so each carries a comment that names its
//! place: the section, the line that it followed, the blank lines around it and its indentation. Every run puts all of
//! them back first and decides anew; so an entry that answers again returns to its place, and `strip` loses nothing.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::places::line_start;
use crate::markdown::{Container, Document, Note};

/// The name of the block.
pub(super) const BLOCK: &str = "dead";
const MARK: &str = "<!-- pomona:place ";
const MARK_END: &str = " -->";
/// Ends the line of what may take an entry's place: the line is written anew by each run, and its links are nobody's
/// entries, so they are not looked at.
pub(super) const REPLACEMENT_MARK: &str = " <!-- pomona:ignore replacement -->";

/// Where an entry stood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Origin {
    /// The hash of its section's anchor; 0 above the first heading.
    pub(super) section: u32,
    /// The hash of the line that it followed; 0 at the beginning of the text.
    pub(super) after: u32,
    /// How many equal lines of the section stand before that line.
    pub(super) nth: usize,
    /// Blank lines between that line and the entry.
    pub(super) skip: usize,
    /// Blank lines behind the entry that were taken out with it.
    pub(super) gap: usize,
    /// The spaces before each of its lines.
    pub(super) indent: usize,
    /// How many lines it has.
    pub(super) lines: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { section, after, nth, skip, gap, indent, lines } = self;
        write!(f, "{MARK}in={section:08x} after={after:08x} nth={nth} ")?;
        write!(f, "skip={skip} gap={gap} indent={indent} lines={lines}{MARK_END}")
    }
}

impl Origin {
    /// The place of an entry whose place somebody removed: no line is like it.
    pub(super) fn unknown() -> Self {
        Self { section: 1, after: 1, ..Self::default() }
    }

    pub(super) fn parse(line: &str) -> Option<Self> {
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
    /// Of a row: the lines that begin its table.
    pub(super) header: Option<Range<usize>>,
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
    let is_row = found.container == Container::Row;
    let header = if is_row { Some(header(text, start)?) } else { None };
    let origin = Origin {
        section: section.map_or(0, |heading| hash(&heading.slug)),
        after: anchor.map_or(0, |at| above[at].hash),
        nth: anchor.map_or(0, |at| above[..at].iter().filter(same).count()),
        skip,
        gap,
        indent: if is_row { 0 } else { margin.len() },
        lines: text[start..end].lines().count(),
    };
    Some(Removal { lines: start..end, span: start..end + gap_length, origin, header })
}

fn blank_lines<'t>(lines: impl Iterator<Item = &'t str>) -> usize {
    lines.take_while(|line| line.trim_end_matches(['\n', '\r']).is_empty()).count()
}

/// The lines of an entry as they stand in the block: without their indentation, and with what may take their place and
/// where they stood behind them. What may take the place of a row stands below its table.
pub(super) fn in_block(lines: &str, removal: &Removal, replacement: Option<&str>, with_origin: bool) -> String {
    let origin = with_origin.then_some(removal.origin);
    if removal.header.is_some() {
        return row_in_block(lines, origin);
    }
    let indent = removal.origin.indent;
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

/// A row has its place in its last cell: a line of its own would end the table.
fn row_in_block(line: &str, origin: Option<Origin>) -> String {
    let line = line.trim_end_matches(['\n', '\r']);
    let Some(origin) = origin else { return line.to_owned() };
    let open = line.trim_end();
    let open = open.strip_suffix('|').filter(|open| !open.ends_with('\\')).unwrap_or(open).trim_end();
    format!("{open} {origin}{}", &line[open.len()..])
}

/// A row without the place in its last cell; none where it has none.
pub(super) fn without_place(line: &str) -> Option<(Origin, String)> {
    let (before, rest) = line.split_once(MARK)?;
    let row = before.strip_suffix(' ').filter(|before| !before.trim().is_empty())?;
    let end = rest.find(MARK_END)? + MARK_END.len();
    let origin = Origin::parse(&format!("{MARK}{}", &rest[..end]))?;
    Some((origin, format!("{row}{}", &rest[end..])))
}

/// The two lines that begin the table in which the row at `start` stands.
fn header(text: &str, start: usize) -> Option<Range<usize>> {
    let mut end = start;
    loop {
        let above = line_start(text, end.checked_sub(1)?);
        let line = text[above..end].trim();
        if line.is_empty() {
            return None;
        }
        if line.contains('-') && line.chars().all(|c| matches!(c, '|' | ':' | '-' | ' ' | '\t')) {
            return Some(line_start(text, above.checked_sub(1)?)..end);
        }
        end = above;
    }
}

/// A line of a text, with what places are recognised by.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) text: String,
    pub(super) section: u32,
    pub(super) hash: u32,
    /// A line of a block, its markers included.
    pub(super) block: bool,
    /// A line of a block after which nothing is put: all but the marker that ends it.
    pub(super) closed: bool,
}

impl Line {
    pub(super) fn is_open(&self) -> bool {
        !self.closed && !self.text.trim().is_empty()
    }

    pub(super) fn is_like(&self, section: u32, hash: u32) -> bool {
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

/// The hash of a line, the same whether there are notes on it or not.
pub(super) fn line_hash(line: &str) -> u32 {
    hash(Note::without(line).trim())
}

/// FNV-1a: stable over versions and platforms, which the standard hasher is not. 0 stands for no line.
fn hash(text: &str) -> u32 {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.max(1)
}
