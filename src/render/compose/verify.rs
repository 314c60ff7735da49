//! Whether a list that is written has everything that its source has.
//!
//! This is a guard, not a repair: what is composed cannot lose anything, and if it ever does, nothing is written.

use std::collections::BTreeMap;
use std::ops::Range;

use super::places::place;
use crate::markdown::{Document, Entry, LinkKind, Note};

/// What a composed text lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// Addresses that occur less often than in the source, or with another text.
    #[error("{} not in the output, such as `{example}`", of_source(*count, "address", "addresses"))]
    Links {
        /// How many.
        count: usize,
        /// One of them.
        example: String,
    },
    /// Words that occur less often than in the source.
    #[error("{} not in the output, such as `{example}`", of_source(*count, "word", "words"))]
    Words {
        /// How many.
        count: usize,
        /// One of them.
        example: String,
    },
    /// A line outside of the entries that is missing or out of order.
    #[error("a line of the source is not in its place in the output: `{0}`")]
    Line(String),
}

/// `3 addresses of the source are`.
fn of_source(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one} of the source is") } else { format!("{count} {many} of the source are") }
}

/// Checks that every link, every word and, in order, every line outside of the entries of `source` is in `composed`.
/// `left_out` are bytes of the source that the policy leaves out; blocks and notes do not count.
pub fn verify(source: &str, composed: &str, left_out: &[Range<usize>]) -> Result<(), Loss> {
    let before = Document::parse(source);
    let after = Document::parse(composed);
    links(&before, &after, left_out)?;
    words(&before, source, composed, left_out)?;
    lines(&before, source, composed, left_out)
}

/// Checks the links alone.
pub fn links(before: &Document, after: &Document, left_out: &[Range<usize>]) -> Result<(), Loss> {
    let mut missing = counted(before, left_out, None);
    for (key, count) in counted(after, &[], Some(super::dead::BLOCK)) {
        if let Some(left) = missing.get_mut(&key) {
            *left = left.saturating_sub(count);
        }
    }
    missing.retain(|_, left| *left > 0);
    // An address that is missing is missing with its text too; it counts once.
    let with_text = missing.iter().filter(|((_, text), _)| text.is_some()).map(|(_, left)| left).sum::<usize>();
    let count = with_text.max(missing.values().sum::<usize>() - with_text);
    missing.into_keys().next().map_or(Ok(()), |(example, _)| Err(Loss::Links { count, example }))
}

/// How often each address, and each address with its text, is linked outside of blocks, and in the one called `also`.
fn counted(
    document: &Document,
    left_out: &[Range<usize>],
    also: Option<&str>,
) -> BTreeMap<(String, Option<String>), usize> {
    let mut counts = BTreeMap::new();
    for link in &document.links {
        let block = document.block_at(link.span.start).map(|block| block.name.as_str());
        if block.is_some_and(|name| Some(name) != also) || is_in(left_out, link.span.start) {
            continue;
        }
        *counts.entry((link.url.clone(), None)).or_insert(0) += 1;
        // A bare address may get the name of what it leads to.
        if !matches!(link.kind, LinkKind::Bare | LinkKind::Autolink) {
            *counts.entry((link.url.clone(), Some(link.text.clone()))).or_insert(0) += 1;
        }
    }
    counts
}

/// `line` without a byte order mark, which stays at the beginning of the text.
fn without_mark(line: &str) -> &str {
    line.strip_prefix('\u{feff}').unwrap_or(line)
}

fn is_in(ranges: &[Range<usize>], at: usize) -> bool {
    ranges.iter().any(|range| range.contains(&at))
}

/// The lines of a text outside of blocks, with where they start, without notes.
fn open_lines<'t>(document: &'t Document, text: &'t str) -> impl Iterator<Item = (usize, String)> + 't {
    let starts = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    });
    starts.filter(|(at, _)| document.block_at(*at).is_none()).map(|(at, line)| (at, Note::without(line.trim_end())))
}

fn words(before: &Document, source: &str, composed: &str, left_out: &[Range<usize>]) -> Result<(), Loss> {
    let mut missing: BTreeMap<String, usize> = BTreeMap::new();
    for (_, line) in open_lines(before, source).filter(|(at, _)| !is_in(left_out, *at)) {
        for word in line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            *missing.entry(word.to_owned()).or_insert(0) += 1;
        }
    }
    for word in composed.split(|c: char| !c.is_alphanumeric()) {
        if let Some(left) = missing.get_mut(word) {
            *left = left.saturating_sub(1);
        }
    }
    missing.retain(|_, left| *left > 0);
    let count = missing.values().sum();
    missing.into_keys().next().map_or(Ok(()), |example| Err(Loss::Words { count, example }))
}

fn lines(before: &Document, source: &str, composed: &str, left_out: &[Range<usize>]) -> Result<(), Loss> {
    let mut composed = composed.lines().map(|line| without_mark(&Note::without(line.trim_end())).to_owned());
    // A section of an entry can move as well as a row with its tags.
    let place = |(index, entry): (usize, &Entry)| place(before, source, index).unwrap_or_else(|| entry.whole.clone());
    let mut places: Vec<Range<usize>> = before.entries.iter().enumerate().map(place).collect();
    places.sort_by_key(|place| place.start);
    let in_entry = |at: usize, line: &str| {
        let end = at + line.len();
        let next = places.partition_point(|place| place.start < end);
        // Entries nest, so the one that reaches furthest need not be the last that begins before.
        places[..next].iter().rev().take(64).any(|place| place.start < end && at < place.end)
    };
    for (at, line) in open_lines(before, source) {
        if line.is_empty() || is_in(left_out, at) || in_entry(at, &line) {
            continue;
        }
        if !composed.any(|other| other == without_mark(&line)) {
            return Err(Loss::Line(line));
        }
    }
    Ok(())
}
