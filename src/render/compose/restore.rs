//! Puts dead entries back where they stood, from the places that their block stores.

use super::dead::{BLOCK, Line, Origin, REPLACEMENT_MARK, line_hash, lines, without_place};
use crate::markdown::{Document, Edit, Note, apply};

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
        if let Some((origin, row)) = without_place(line) {
            entries.extend(unplaced(&lines[done..at]));
            entries.push((origin, vec![row]));
        } else if let Some(origin) = Origin::parse(line) {
            let from = at.saturating_sub(origin.lines).max(done);
            entries.extend(unplaced(&lines[done..from]));
            entries.push((origin, lines[from..at].iter().map(|line| (*line).to_owned()).collect()));
        } else {
            continue;
        }
        done = at + 1;
    }
    entries.extend(unplaced(&lines[done..]));
    entries
}

/// The entries among lines without a place, which a note shows.
fn unplaced(lines: &[&str]) -> Vec<(Origin, Vec<String>)> {
    let is_entry = |line: &str| line.starts_with(['-', '*', '+', '|']) && Note::without(line) != line;
    let unknown = Origin::unknown();
    let starts = (0..lines.len()).filter(|at| is_entry(lines[*at]));
    let entry = |at: usize| {
        let more = lines[at + 1..].iter().take_while(|line| line.starts_with(' '));
        let entry: Vec<String> = std::iter::once(&lines[at]).chain(more).map(|line| (*line).to_owned()).collect();
        (Origin { lines: entry.len(), ..unknown }, entry)
    };
    starts.map(entry).collect()
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
