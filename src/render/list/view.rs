//! The ranked as a template sees it: every string is already escaped for Markdown, so no template can forget to.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::anchors::Anchors;
use super::blocks::{BlockView, heading};
use crate::policy::{Block, Layout, MarkName, Style};
use crate::ranked_list::{ListEntry, RankedList, Section, Words, word_names};
use crate::render::escape;

/// The whole list, or one file of it.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct ListView {
    generated: String,
    title: String,
    summary: String,
    as_of: String,
    formula: u32,
    pub(super) contents: Option<BlockView>,
    trending: Option<BlockView>,
    new: Option<BlockView>,
    newly_stale: Option<BlockView>,
    statistics: Option<BlockView>,
    dead: Option<BlockView>,
    sections: Vec<SectionView>,
    legend: String,
    footer: String,
    words: BTreeMap<&'static str, String>,
}

/// A section.
#[derive(Debug, Clone, Serialize)]
struct SectionView {
    title: String,
    /// The marks of its heading, `##`; empty for what stands above the first section.
    hashes: String,
    anchor: String,
    style: Style,
    rows: Vec<RowView>,
    folded: Vec<RowView>,
    more: String,
}

/// An entry.
#[derive(Debug, Clone, Serialize)]
struct RowView {
    link: String,
    title: String,
    url: String,
    indent: String,
    medal: Option<String>,
    stars: Option<String>,
    count: Option<u64>,
    language: Option<String>,
    licence: Option<String>,
    state: String,
    facts: String,
    marks: Vec<&'static str>,
    description: Option<String>,
    whole_description: Option<String>,
    score: Option<String>,
    parts: Option<String>,
}

/// What a view is made from.
pub(super) struct View<'a> {
    pub(super) ranked: &'a RankedList,
    pub(super) layout: &'a Layout,
    pub(super) words: &'a Words,
}

/// The blocks above the sections, in the order of the template.
const ABOVE: [Block; 3] = [Block::Trending, Block::New, Block::NewlyStale];
/// The blocks below them.
const BELOW: [Block; 2] = [Block::Statistics, Block::Dead];

impl View<'_> {
    /// The list in one file.
    pub(super) fn whole(&self) -> ListView {
        let mut list = self.frame();
        let anchors = self.headings();
        list.contents = self.contents(&anchors);
        list.sections = self.sections(0..self.ranked.sections.len(), &anchors.sections);
        list
    }

    fn frame(&self) -> ListView {
        let ranked = self.ranked;
        let month = ranked.as_of.map_or_else(|| "?".to_owned(), |date| date.strftime("%Y-%m").to_string());
        let footer = self.words.fill("footer", &[("formula", &ranked.formula.to_string()), ("month", &month)]);
        ListView {
            generated: escape::comment(&self.words.fill("generated", &[("source", &ranked.source)])),
            title: escape::text(&ranked.title),
            summary: self.summary(),
            as_of: month,
            formula: ranked.formula,
            trending: self.block_view(Block::Trending),
            new: self.block_view(Block::New),
            newly_stale: self.block_view(Block::NewlyStale),
            statistics: self.block_view(Block::Statistics),
            dead: self.block_view(Block::Dead),
            legend: self.legend(),
            footer,
            words: word_names().map(|name| (name, self.words.get(name))).collect(),
            ..ListView::default()
        }
    }

    fn legend(&self) -> String {
        let rules = &self.ranked.rules;
        let word = |name: &str| self.words.get(name);
        self.words.fill(
            "legend-activity",
            &[
                ("active", &word("icon-active")),
                ("slow", &word("icon-slow")),
                ("stale", &word("icon-stale")),
                ("archived", &word("icon-archived")),
                ("active_months", &rules.active_months.to_string()),
                ("stale_months", &rules.stale_months.to_string()),
            ],
        )
    }

    /// The anchors of the list's headings, in the order in which the template writes them.
    fn headings(&self) -> Headings {
        let mut anchors = Anchors::default();
        let mut headings = Headings::default();
        anchors.next(&self.ranked.title);
        let listed = |block: &Block| self.layout.blocks.contains(block) && !self.lines(*block).is_empty();
        if self.layout.blocks.contains(&Block::Contents) {
            anchors.next(&self.words.get("contents"));
        }
        for block in ABOVE.into_iter().filter(listed) {
            headings.blocks.insert(block, anchors.next(&heading(block, self.words)));
        }
        for (index, section) in self.ranked.sections.iter().enumerate().filter(|(_, section)| section.depth > 0) {
            headings.sections.insert(index, anchors.next(&escape::clean(&section.title)));
        }
        for block in BELOW.into_iter().filter(listed) {
            headings.blocks.insert(block, anchors.next(&heading(block, self.words)));
        }
        headings
    }

    fn contents(&self, anchors: &Headings) -> Option<BlockView> {
        if !self.layout.blocks.contains(&Block::Contents) {
            return None;
        }
        let block_line = |block: &Block| {
            let anchor = anchors.blocks.get(block)?;
            Some(format!("- [{}](#{anchor})", escape::link_text(&heading(*block, self.words))))
        };
        let sections = self.ranked.sections.iter().enumerate().filter(|(_, section)| section.depth > 0);
        let section_line = |(index, section): (usize, &Section)| {
            let indent = "  ".repeat(section.depth - 1);
            let title = escape::link_text(&section.title);
            let anchor = anchors.sections.get(&index).map_or("", String::as_str);
            format!("{indent}- [{title}](#{anchor}) ({})", self.ranked.listed(index))
        };
        let lines: Vec<String> = ABOVE
            .iter()
            .filter_map(block_line)
            .chain(sections.map(section_line))
            .chain(BELOW.iter().filter_map(block_line))
            .collect();
        (!lines.is_empty()).then(|| BlockView { title: self.words.get("contents"), summary: String::new(), lines })
    }

    fn sections(&self, range: std::ops::Range<usize>, anchors: &BTreeMap<usize, String>) -> Vec<SectionView> {
        range.map(|index| self.section(index, anchors.get(&index))).collect()
    }

    fn section(&self, index: usize, anchor: Option<&String>) -> SectionView {
        let section = &self.ranked.sections[index];
        let layout = self.layout.of(&section.title);
        let hashes = if section.depth == 0 { 0 } else { (section.depth + 1).min(6) };
        let rows = |indices: &[usize]| indices.iter().map(|index| self.row(*index, &layout)).collect();
        SectionView {
            title: escape::text(&section.title),
            hashes: "#".repeat(hashes),
            anchor: anchor.cloned().unwrap_or_default(),
            style: layout.style,
            rows: rows(&section.shown),
            folded: rows(&section.folded),
            more: escape::html(&self.words.fill("more", &[("count", &section.folded.len().to_string())])),
        }
    }

    fn row(&self, index: usize, layout: &Layout) -> RowView {
        let row = &self.ranked.entries[index];
        let fact = |fact: Option<&str>| fact.map(|text| escape::text(&escape::cut(text, 60)));
        let stars = row.stars(self.words).map(|stars| escape::text(&stars));
        let (language, licence) =
            (fact(row.forge.facts.language.as_ref().and_then(|l| l.as_deref())), fact(row.forge.licence.as_deref()));
        let marks: Vec<MarkName> =
            row.status.marks.iter().copied().filter(|mark| layout.marks.contains(mark)).collect();
        let (icons, mut states): (Vec<String>, Vec<String>) = self.states(row, &marks);
        let first = [stars.clone(), (!icons.is_empty()).then(|| icons.join(" "))]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ");
        let mut facts: Vec<String> = vec![first];
        facts.extend([language.clone(), licence.clone()].into_iter().flatten());
        facts.append(&mut states.clone());
        facts.extend(row.forge.known.filter(|_| row.forge.facts.stars.is_some()).map(|month| self.as_of(month)));
        facts.retain(|fact| !fact.is_empty());
        let mut state = icons;
        state.append(&mut states);
        let description = row.description.as_deref().map(escape::clean).filter(|text| !text.is_empty());
        let cut = |width| description.as_ref().map(|text| escape::text(&escape::cut(text, width)));
        RowView {
            link: escape::link(&row.title, &row.url),
            title: escape::text(&row.title),
            url: escape::destination(&row.url).unwrap_or_default(),
            indent: "  ".repeat(row.position.depth),
            medal: row
                .position
                .place
                .filter(|place| layout.medals && *place <= 3)
                .map(|place| self.words.get(&format!("medal-{place}"))),
            count: row.forge.facts.stars,
            stars,
            language,
            licence,
            state: state.join(" · "),
            facts: facts.join(" · "),
            marks: marks.iter().map(|mark| mark.name()).collect(),
            description: cut(layout.description_width),
            whole_description: cut(0),
            score: row.status.score.as_ref().map(|score| format!("{:.1}", score.total)),
            parts: row
                .status
                .score
                .as_ref()
                .map(|score| {
                    let parts = score.parts.iter().filter(|part| part.value.is_some());
                    parts.map(|part| format!("{} {}", part.kind.name(), part.fact)).collect::<Vec<_>>().join(" · ")
                })
                .map(|parts| escape::text(&parts)),
        }
    }

    /// That figures are those of a month.
    fn as_of(&self, month: Date) -> String {
        escape::text(&self.words.fill("as-of", &[("month", &month.strftime("%Y-%m").to_string())]))
    }

    /// Marks that are shown as a sign beside the stars, and those that are written in words.
    fn states(&self, row: &ListEntry, marks: &[MarkName]) -> (Vec<String>, Vec<String>) {
        let mut icons = Vec::new();
        let mut states = Vec::new();
        for mark in marks {
            let word = self.words.get(mark.name());
            match (mark, &row.status.moved_from) {
                (MarkName::Active | MarkName::Slow | MarkName::Stale | MarkName::Finished, _) => {
                    icons.push(self.words.get(&format!("icon-{}", mark.name())));
                }
                (MarkName::Archived, _) => states.push(format!("{} {word}", self.words.get("icon-archived"))),
                (MarkName::Moved, Some(old)) => {
                    states.push(escape::text(&self.words.fill("moved-from", &[("old", &escape::cut(old, 80))])));
                }
                (MarkName::Dead, _) => {}
                _ => states.push(escape::text(&word)),
            }
        }
        (icons, states)
    }
}

/// The anchors of one file.
#[derive(Debug, Default)]
struct Headings {
    sections: BTreeMap<usize, String>,
    blocks: BTreeMap<Block, String>,
}
