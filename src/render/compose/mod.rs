//! The list as it is written: the source document with edits applied.
//!
//! In place the edits are notes, the order of entries, the blocks, and dead entries that move into theirs. Written to
//! another file, the document also gets the names of bare addresses and the form that the layout asks for. Everything
//! that is not edited stays byte for byte; [`verify`](verify::verify) checks that nothing is lost.

mod arrange;
mod blocks;
mod dead;
mod dead_block;
mod entries;
mod places;
mod restore;
mod styles;
pub mod verify;

pub use restore::restore;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::finding::{Finding, notice};
use crate::markdown::{Container, Document, Edit, EditError, Note, apply};
use crate::policy::{EmptySections, Layout, Order};
use crate::ranked_list::{self, ELSEWHERE, ListEntry, RankedList, Words};
use crate::render::annotate::{self, Address, Annotations};
use crate::render::list::TemplateError;
use crate::verdict::Verdict;
use dead_block::Removals;
use verify::Loss;

/// What a list is composed from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The source, with the dead entries of its block where they stood.
    pub text: &'a str,
    /// The same, parsed.
    pub document: &'a Document,
    /// Everything that the list shows.
    pub ranked: &'a RankedList,
    /// What it looks like.
    pub layout: &'a Layout,
    /// By link: the new address.
    pub addresses: &'a BTreeMap<usize, Address>,
    /// Whether the source itself is written; else another file.
    pub in_place: bool,
    /// The files of the chart for a light and for a dark page, where there is one.
    pub chart: Option<(&'a str, &'a str)>,
}

/// A list as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Composed {
    /// Its text.
    pub text: String,
    /// Findings on its blocks, words and size.
    pub findings: Vec<Finding>,
}

/// Why a list cannot be composed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// Edits that overlap.
    #[error(transparent)]
    EditError(#[from] EditError),
    /// Something of the source would be lost.
    #[error(transparent)]
    Loss(#[from] Loss),
    /// A template of the policy fails.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// Composes the list. Where arranging entries would lose something, they keep their places and a finding reports it.
pub fn compose(source: &Source<'_>) -> Result<Composed, ComposeError> {
    let arranged = Composer::new(source).compose(true);
    match arranged {
        Err(ComposeError::Loss(loss)) => {
            let mut composed = Composer::new(source).compose(false)?;
            let message = format!("the entries keep their places and their form: {loss}");
            composed.findings.push(Finding::new(&notice::NOT_ARRANGED, message));
            Ok(composed)
        }
        arranged => arranged,
    }
}

struct Composer<'a> {
    source: &'a Source<'a>,
    words: Words,
    /// By entry of the document: what the list shows of it.
    entries: BTreeMap<usize, &'a ListEntry>,
}

impl<'a> Composer<'a> {
    fn new(source: &'a Source<'a>) -> Self {
        let words = Words::new(&source.ranked.language, source.layout);
        let own = source.ranked.entries.iter().filter(|entry| entry.source.entry != ELSEWHERE);
        let entries = own.map(|entry| (entry.source.entry, entry)).collect();
        Self { source, words, entries }
    }

    fn compose(&self, arranging: bool) -> Result<Composed, ComposeError> {
        let Source { text, document, layout, in_place, .. } = *self.source;
        let addresses = Annotations { addresses: self.source.addresses.clone(), ..Annotations::default() };
        let readdressing = annotate::annotate(document, text, &addresses);
        let readdressed = apply(text, readdressing.clone())?;
        let dead = if arranging { self.dead() } else { Removals::new() };
        let hidden = if arranging && !in_place { self.hidden() } else { Vec::new() };
        let left_out: Vec<Range<usize>> = hidden.iter().map(|range| shifted(range, &readdressing)).collect();
        let inline = self.inline_edits(arranging, &dead)?;
        let mut findings = self.dead_findings(&dead);
        findings.extend(self.needs_output());
        let written = if in_place {
            let blocks = self.block_edits("", &mut findings)?;
            let edits = inline.into_iter().chain(blocks);
            let written = apply(text, self.arranged(arranging, &Removals::new(), &[], edits))?;
            if dead.is_empty() { written } else { self.without_dead(&written)? }
        } else {
            let dead_block = self.dead_block(document, text, &dead, &inline);
            let blocks = self.block_edits(&dead_block, &mut findings)?;
            let edits = inline.into_iter().chain(blocks);
            let written = apply(text, self.arranged(arranging, &dead, &hidden, edits))?;
            self.frame(&written, &dead_block)?
        };
        verify::verify(&readdressed, &written, &left_out)?;
        let drops = !in_place && layout.empty_sections == EmptySections::Drop;
        let written = if drops { without_empty_sections(&written)? } else { written };
        let written = self.fill_contents(&written)?;
        verify::links(&Document::parse(&readdressed), &Document::parse(&written), &left_out)?;
        findings.extend(Words::check(&self.source.ranked.language, layout));
        Ok(Composed { text: written, findings })
    }

    /// The edits inside of entries: notes, addresses, names and medals.
    fn inline_edits(&self, arranging: bool, dead: &Removals) -> Result<Vec<Edit>, TemplateError> {
        let Source { text, document, in_place, .. } = *self.source;
        let mut wanted =
            Annotations { notes: self.notes(dead), addresses: self.source.addresses.clone(), ..Annotations::default() };
        let mut edits = Vec::new();
        if !in_place && arranging {
            edits.extend(self.named(&mut wanted.addresses)?);
            edits.extend(self.medals());
            wanted.notes.extend(self.styles().tabular(document, text).map(|entry| (entry, None)));
        }
        edits.extend(annotate::annotate(document, text, &wanted));
        Ok(edits)
    }

    /// All edits, with dead and hidden entries taken out and the others in their order.
    fn arranged(
        &self,
        arranging: bool,
        dead: &Removals,
        hidden: &[Range<usize>],
        edits: impl Iterator<Item = Edit>,
    ) -> Vec<Edit> {
        let Source { text, document, in_place, .. } = *self.source;
        let mut spans: Vec<Range<usize>> = dead.values().map(|removal| removal.span.clone()).collect();
        spans.extend(hidden.iter().cloned());
        let outermost: Vec<Range<usize>> = spans
            .iter()
            .filter(|span| !spans.iter().any(|o| o != *span && o.start <= span.start && span.end <= o.end))
            .cloned()
            .collect();
        let is_out = |at: usize| outermost.iter().any(|span| span.contains(&at));
        let mut edits: Vec<Edit> = edits.filter(|edit| !is_out(edit.span.start)).collect();
        let removed = document
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| is_out(entry.whole.start))
            .map(|(i, _)| i)
            .collect();
        edits.extend(outermost.iter().map(|span| Edit::new(span.clone(), "")));
        if !arranging {
            return edits;
        }
        let styles = (!in_place).then(|| self.styles());
        arrange::arrange(document, text, &self.ranks(), &removed, styles.as_ref(), edits)
    }

    fn has_block(&self, name: &str) -> bool {
        self.source.document.blocks.iter().any(|block| block.name == name)
    }

    /// The note of every entry that something is known of; another keeps the note that it has.
    fn notes(&self, dead: &Removals) -> BTreeMap<usize, Option<Note>> {
        let layout = self.source.layout;
        // A page that answers again has neither facts nor a mark, and the note that it did not answer is out of date. A
        // note with a figure may be a person's there.
        let answers_again = |row: &ListEntry| {
            let note = self.source.document.entries[row.source.entry].note.clone();
            let is_exception = note.is_some_and(|note| !self.source.text[note].contains(['⭐', '❤']));
            is_exception && matches!(row.status.judgement.verdict, Verdict::Alive | Verdict::Moved)
        };
        let known = |row: &&&ListEntry| !row.forge.facts.is_empty() || row.mark(layout).is_some() || answers_again(row);
        let note = |row: &&ListEntry| {
            let moved = dead.contains_key(&row.source.entry);
            let note = if moved { self.dead_note(row) } else { ranked_list::note(row, layout, &self.words) };
            (row.source.entry, note)
        };
        self.entries.values().filter(known).map(note).collect()
    }

    /// The places that entries are ordered by, where the policy asks for an order.
    fn ranks(&self) -> BTreeMap<usize, usize> {
        let ranked = self.source.ranked;
        let ordered = |row: &ListEntry| {
            let heading = row.position.path.last().map(String::as_str).unwrap_or_default();
            let default = (!self.source.in_place).then_some(Order::Score);
            let order = self.source.layout.of(heading).order.or(default);
            let is_heading = self.source.document.entries[row.source.entry].container == Container::Heading;
            order.is_some_and(|order| order != Order::None) && (self.source.layout.order_headings || !is_heading)
        };
        let listed = ranked.sections.iter().flat_map(|section| section.shown.iter().chain(&section.folded));
        let own = listed.filter_map(|index| ranked.entries.get(*index)).filter(|row| row.source.entry != ELSEWHERE);
        let listed = own.filter(|row| ordered(row));
        listed.enumerate().map(|(rank, row)| (row.source.entry, rank)).collect()
    }
}

/// `range` in the text that `edits` make.
fn shifted(range: &Range<usize>, edits: &[Edit]) -> Range<usize> {
    let moved = |at: usize| {
        let before = edits.iter().filter(|edit| edit.span.end <= at);
        let (added, removed) = before.fold((0, 0), |(a, r), edit| (a + edit.text.len(), r + edit.span.len()));
        at + added - removed
    };
    moved(range.start)..moved(range.end)
}

/// `text` without the headings under which there is nothing at all, neither text nor a heading that stays.
fn without_empty_sections(text: &str) -> Result<String, EditError> {
    let document = Document::parse(text);
    let headings = &document.headings;
    let next = |index: usize| headings.get(index + 1).map_or(text.len(), |next| next.span.start);
    let mut full = vec![false; headings.len()];
    for (index, heading) in headings.iter().enumerate().rev() {
        let linked = document.links.iter().any(|link| heading.span.contains(&link.span.start));
        let nested = places::line_start(text, heading.span.start) != heading.span.start;
        full[index] |= linked || nested || heading.level == 1 || !text[heading.span.end..next(index)].trim().is_empty();
        if let Some(parent) = heading.parent.filter(|_| full[index]) {
            full[parent] = true;
        }
    }
    let empty = (0..headings.len()).filter(|index| !full[*index]);
    apply(text, empty.map(|index| Edit::new(headings[index].span.start..next(index), "")).collect())
}

#[cfg(test)]
mod tests;
