//! Which dead entries move into their block, and what stands in it.
//!
//! In place they are taken out last, from the text in which everything else is done already: their places are then
//! those of the list as it is written, and putting them back gives exactly that list.

use std::collections::{BTreeMap, BTreeSet};

use super::Composer;
use super::arrange;
use super::dead::{self, BLOCK, Removal};
use crate::finding::{Finding, notice};
use crate::markdown::{Document, Edit, EditError, Note, apply};
use crate::policy;
use crate::ranked_list::{ListEntry, Placement};
use crate::render::annotate;
use crate::render::{escape, replacements};

/// The dead entries that move, in the order of the text.
pub(super) type Removals = BTreeMap<usize, Removal>;

/// Those of the entries `dead` that can be taken out, each with what is nested in it.
fn removals(document: &Document, text: &str, dead: &BTreeSet<usize>) -> Removals {
    let lines = dead::lines(document, text);
    let found = dead.iter().filter_map(|entry| Some((*entry, dead::removal(document, text, &lines, *entry, dead)?)));
    let found: Removals = found.collect();
    let nested = |removal: &Removal| {
        found.values().any(|o| o != removal && o.lines.start <= removal.lines.start && removal.lines.end <= o.lines.end)
    };
    found.iter().filter(|(_, removal)| !nested(removal)).map(|(entry, removal)| (*entry, removal.clone())).collect()
}

impl Composer<'_> {
    fn dead_rows(&self) -> impl Iterator<Item = &ListEntry> {
        self.entries.values().filter(|row| row.position.placement == Placement::Dead).copied()
    }

    /// The dead entries that move into their block.
    pub(super) fn dead(&self) -> Removals {
        let has_place = !self.source.in_place || self.has_block(BLOCK);
        if self.source.layout.removal == policy::Removal::None || !has_place {
            return Removals::new();
        }
        removals(self.source.document, self.source.text, &self.dead_rows().map(|row| row.source.entry).collect())
    }

    /// Why an entry is in the block of the dead, and since when.
    pub(super) fn dead_note(&self, row: &ListEntry) -> Option<Note> {
        let why = self.words.why(row.status.judgement.class);
        let why = match row.status.judgement.since {
            Some(since) => self.words.fill("dead-line", &[("why", &why), ("since", &since.to_string())]),
            None => why,
        };
        Note::new([format!("{} {why}", self.words.get("sign-dead"))])
    }

    /// `text`, which is the list but for them, with its dead entries moved into their block.
    pub(super) fn without_dead(&self, text: &str) -> Result<String, EditError> {
        let document = Document::parse(text);
        let url = |link: usize| self.source.document.links.get(link).map(|link| link.url.as_str());
        let entry = |row: &ListEntry| self.source.document.entries.get(row.source.entry);
        // Entries have changed places, but what is dead is so under each of its addresses.
        let urls: BTreeSet<&str> = self.dead_rows().filter_map(|row| url(entry(row)?.link)).collect();
        let is_dead = |entry: &&crate::markdown::Entry| {
            document.links.get(entry.link).is_some_and(|link| urls.contains(link.url.as_str()))
        };
        let entries = document.entries.iter().enumerate();
        let dead = removals(&document, text, &entries.filter(|(_, entry)| is_dead(entry)).map(|(i, _)| i).collect());
        let Some(block) = document.blocks.iter().find(|block| block.name == BLOCK) else { return Ok(text.to_owned()) };
        let content = self.dead_block(&document, text, &dead, &[]);
        let mut edits: Vec<Edit> = dead.values().map(|removal| Edit::new(removal.span.clone(), "")).collect();
        edits.extend(annotate::block_edit(text, &block.content, &content));
        apply(text, edits)
    }

    /// The dead entries with all their lines, under the names of their sections. `edits` are those inside of them.
    pub(super) fn dead_block(&self, document: &Document, text: &str, dead: &Removals, edits: &[Edit]) -> String {
        if dead.is_empty() {
            return String::new();
        }
        let (paths, offers) = (self.paths(), self.offers());
        let mut parts: Vec<Vec<String>> = Vec::new();
        let mut below: Vec<String> = Vec::new();
        let (mut path, mut table) = (None, None);
        for (entry, removal) in dead {
            let found = &document.entries[*entry];
            let lines = arrange::applied(text, removal.lines.clone(), edits);
            let lines = lines.unwrap_or_else(|| text[removal.lines.clone()].to_owned());
            let next = paths.get(&slug(document, *entry)).cloned().unwrap_or_default();
            let begins = path.as_ref() != Some(&next);
            if begins || table != removal.header {
                parts.push(std::mem::take(&mut below));
                if begins && !next.is_empty() {
                    parts.push(vec![format!("**{}**", escape::text(&next))]);
                }
                let header = removal.header.clone().map(|header| text[header].replace('\r', "").trim_end().to_owned());
                parts.push(header.into_iter().collect());
                (path, table) = (Some(next), removal.header.clone());
            }
            let offer = document.links.get(found.link).and_then(|link| offers.get(link.url.as_str()));
            if let Some(offer) = offer.filter(|_| removal.header.is_some()) {
                below.push(format!("- {}: {offer}{}", escape::text(&found.title), dead::REPLACEMENT_MARK));
            }
            // Written to another file, the source still has the entry, so its place need not be stored.
            let line = dead::in_block(&lines, removal, offer.map(String::as_str), self.source.in_place);
            parts.last_mut().into_iter().for_each(|part| part.push(line.clone()));
        }
        parts.push(below);
        let parts: Vec<String> =
            parts.into_iter().filter(|part| !part.is_empty()).map(|part| part.join("\n")).collect();
        let summary = self.words.fill("dead-summary", &[("count", &dead.len().to_string())]);
        format!("<details>\n<summary>{}</summary>\n\n{}\n\n</details>", escape::html(&summary), parts.join("\n\n"))
    }

    /// By address: what may take the place of a dead entry.
    fn offers(&self) -> BTreeMap<&str, String> {
        let document = self.source.document;
        let url = |row: &ListEntry| {
            let link = document.entries.get(row.source.entry)?.link;
            document.links.get(link).map(|link| link.url.as_str())
        };
        self.dead_rows().filter_map(|row| Some((url(row)?, replacements::line(row, &self.words)?))).collect()
    }

    /// By the anchor of a heading: the names of the headings of its entries.
    fn paths(&self) -> BTreeMap<Option<String>, String> {
        let path = |row: &ListEntry| (slug(self.source.document, row.source.entry), row.position.path.join(" › "));
        self.entries.values().map(|row| path(row)).collect()
    }

    /// The keys of the layout that have no effect in place.
    pub(super) fn needs_output(&self) -> Option<Finding> {
        let keys = if self.source.in_place { self.source.layout.needing_output() } else { Vec::new() };
        let named: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        let message = format!("no effect without an `output`: {} of `[layout]`", named.join(", "));
        (!named.is_empty()).then(|| Finding::new(&notice::NEEDS_OUTPUT, message))
    }

    /// Dead entries that the policy wants in their block and that stay where they are, and the block that is missing.
    pub(super) fn dead_findings(&self, dead: &Removals) -> Vec<Finding> {
        if self.source.layout.removal == policy::Removal::None {
            return Vec::new();
        }
        if self.source.in_place && !self.has_block(BLOCK) {
            let message = "`removal = \"block\"` has no effect: the list has no block `dead`";
            let help = "add the lines `<!-- pomona:begin dead -->` and `<!-- pomona:end dead -->` where the dead \
                        entries shall stand";
            return vec![Finding::new(&notice::NO_DEAD_BLOCK, message.to_owned()).help(help.to_owned())];
        }
        let spans: Vec<_> = dead.values().map(|removal| removal.lines.clone()).collect();
        let stays = |row: &&ListEntry| {
            let start = self.source.document.entries[row.source.entry].span.start;
            !spans.iter().any(|span| span.contains(&start))
        };
        let kept: Vec<&ListEntry> = self.dead_rows().filter(stays).collect();
        let Some(first) = kept.first() else { return Vec::new() };
        let message = format!(
            "dead entries that stay where they are: {}, the first `{}` in line {}",
            kept.len(),
            first.title,
            first.source.line
        );
        vec![Finding::new(&notice::DEAD_KEPT, message)]
    }
}

/// The anchor of the heading that an entry stands under.
fn slug(document: &Document, entry: usize) -> Option<String> {
    let heading = document.entries.get(entry)?.heading?;
    document.headings.get(heading).map(|heading| heading.slug.clone())
}
