//! The blocks of a list besides its sections: lines of Markdown, each alone in an annotated list too.

use std::collections::BTreeMap;

use serde::Serialize;

use super::template::{EntryView, TemplateError, rendered};
use super::view::View;
use crate::markdown::note::figure;
use crate::policy::{Block, Figure, MarkName};
use crate::ranked_list::{ListEntry, TOP_SIZE, Words};
use crate::render::{escape, replacements};

/// Growth is measured over about this many days, at least 60 (see the history of the ledger).
const GROWTH_DAYS: u32 = 60;

/// A block: lines of Markdown under a heading.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct BlockView {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) lines: Vec<String>,
}

/// A block as its template sees it.
#[derive(Debug, Clone, Serialize)]
struct BlockContext {
    title: String,
    /// Its lines, as they are without a template.
    lines: Vec<String>,
    entries: Vec<EntryView>,
    projects: usize,
    links: usize,
    sections: usize,
    dead: usize,
    stars: String,
    as_of: String,
}

impl EntryView {
    /// A line of a block without a template.
    fn line(&self) -> String {
        let section = if self.section.is_empty() { String::new() } else { format!(" — {}", self.section) };
        format!("{} {}{section}", self.link, self.figures)
    }
}

impl View<'_> {
    /// A block with its heading, where the layout asks for it and it has content.
    pub(super) fn block_view(&self, block: Block) -> Option<BlockView> {
        let lines = self.layout.blocks.contains(&block).then(|| self.lines(block)).filter(|lines| !lines.is_empty())?;
        let summary = match block {
            Block::Dead => self.words.fill("dead-summary", &[("count", &lines.len().to_string())]),
            _ => String::new(),
        };
        Some(BlockView { title: self.heading(block), summary: escape::html(&summary), lines })
    }

    /// The heading over a block.
    pub(super) fn heading(&self, block: Block) -> String {
        escape::text(&heading(block, self.words))
    }

    /// A block alone.
    pub(super) fn block(&self, block: Block) -> Result<String, TemplateError> {
        let lines = self.templated_lines(block)?;
        if let Some(template) = self.layout.templates.get(block.name()) {
            return rendered(block.name(), template, &self.block_context(block, lines));
        }
        Ok(self.default_block(block, &lines.join("\n")))
    }

    /// What the template of a block sees.
    fn block_context(&self, block: Block, lines: Vec<String>) -> BlockContext {
        let (ranked, counts) = (self.ranked, &self.ranked.counts);
        BlockContext {
            title: self.heading(block),
            entries: self.block_entries(block),
            lines,
            projects: counts.projects,
            links: counts.links,
            sections: counts.sections,
            dead: counts.dead,
            stars: self.total_stars().map(figure).unwrap_or_default(),
            as_of: ranked.as_of.map(|month| month.strftime("%Y-%m").to_string()).unwrap_or_default(),
        }
    }

    fn default_block(&self, block: Block, text: &str) -> String {
        if block == Block::Trending && self.ranked.entries.iter().all(|row| row.forge.growth.is_none()) {
            return escape::text(&self.words.fill("no-history", &[("days", &GROWTH_DAYS.to_string())]));
        }
        if block == Block::Dead && !text.is_empty() {
            let summary = self.words.fill("dead-summary", &[("count", &self.ranked.dead.len().to_string())]);
            return format!("<details>\n<summary>{}</summary>\n\n{text}\n\n</details>", escape::html(&summary));
        }
        text.to_owned()
    }

    /// The lines of a block, each entry by the template of the policy where it has one.
    fn templated_lines(&self, block: Block) -> Result<Vec<String>, TemplateError> {
        if !self.layout.templates.contains_key("line") || block == Block::Dead {
            return Ok(self.lines(block));
        }
        let line = |entry: &EntryView| {
            let line = entry.rendered("line", self.layout).unwrap_or_else(|| Ok(entry.line()))?;
            Ok(format!("{} {line}", bullet(block)))
        };
        let entries = self.block_entries(block);
        if entries.is_empty() { Ok(self.lines(block)) } else { entries.iter().map(line).collect() }
    }

    pub(super) fn lines(&self, block: Block) -> Vec<String> {
        match block {
            // The composed document fills these: anchors and files are not known here.
            Block::Contents | Block::Chart => Vec::new(),
            Block::Summary => vec![self.summary()],
            Block::Top | Block::Trending | Block::New | Block::NewlyStale => {
                self.block_entries(block).iter().map(|entry| format!("{} {}", bullet(block), entry.line())).collect()
            }
            Block::Dead => self.ranked.dead.iter().map(|index| self.dead_line(&self.ranked.entries[*index])).collect(),
            Block::Statistics => self.statistics(),
            Block::Legend => vec![self.note_legend()],
        }
    }

    /// The entries of a block, each with what the block shows of it.
    fn block_entries(&self, block: Block) -> Vec<EntryView> {
        let ranked = self.ranked;
        let detail = |row: &ListEntry| match block {
            Block::Trending => row.forge.growth.map(|growth| {
                let gained = figure(growth.gained.unsigned_abs());
                self.words.fill("trend", &[("gained", &gained), ("days", &growth.days.to_string())])
            }),
            Block::New => row.forge.added.map(|day| day.to_string()),
            Block::NewlyStale => {
                let month = row.forge.facts.worked().map(|date| date.strftime("%Y-%m").to_string());
                month.map(|month| self.words.fill("silent", &[("month", &month)]))
            }
            _ => None,
        };
        let indices = match block {
            Block::Top => &ranked.top,
            Block::Trending => &ranked.trending,
            Block::New => &ranked.new,
            Block::NewlyStale => &ranked.newly_stale,
            Block::Dead => &ranked.dead,
            _ => return Vec::new(),
        };
        let rows = indices.iter().map(|index| &ranked.entries[*index]);
        rows.map(|row| EntryView::new(row, self.layout, self.words, detail(row))).collect()
    }

    /// The stars of all repositories of the list, each counted once.
    fn total_stars(&self) -> Option<u64> {
        let stars: BTreeMap<_, _> =
            self.ranked.entries.iter().filter_map(|row| Some((&row.ranked_by, row.forge.facts.stars?))).collect();
        (!stars.is_empty()).then(|| stars.values().sum())
    }

    /// `84 projects and 14 other links in 23 sections · 4.9M stars in all · as of 2026-08`.
    pub(super) fn summary(&self) -> String {
        let (ranked, counts) = (self.ranked, &self.ranked.counts);
        let number = |count: usize| count.to_string();
        let places = [
            ("projects", number(counts.projects)),
            ("links", number(counts.links)),
            ("sections", number(counts.sections)),
        ];
        let places: Vec<(&str, &str)> = places.iter().map(|(name, count)| (*name, count.as_str())).collect();
        let mut parts = vec![self.words.fill("summary", &places)];
        parts.extend(self.total_stars().map(|total| self.words.fill("total-stars", &[("stars", &figure(total))])));
        if let Some(month) = ranked.as_of {
            parts.push(self.words.fill("as-of", &[("month", &month.strftime("%Y-%m").to_string())]));
        }
        parts.join(" · ")
    }

    /// What the notes of this list mean: the figures and marks that its layout shows.
    fn note_legend(&self) -> String {
        let shows = |mark| self.layout.note.contains(&Figure::Mark) && self.layout.marks.contains(&mark);
        let months = self.ranked.rules.stale_months.to_string();
        let mut parts = Vec::new();
        if self.layout.note.contains(&Figure::Stars) {
            parts.push(self.words.fill("legend-stars", &[("stars", &self.words.get("stars"))]));
        }
        let marks = [
            (MarkName::Stale, "legend-quiet"),
            (MarkName::Archived, "legend-archived"),
            (MarkName::Failing, "legend-failing"),
            (MarkName::Dead, "legend-dead"),
        ];
        let explained = marks.into_iter().filter(|(mark, _)| shows(*mark));
        parts.extend(explained.map(|(_, word)| self.words.fill(word, &[("months", &months)])));
        escape::text(&parts.join(" · "))
    }

    fn dead_line(&self, row: &ListEntry) -> String {
        let why = self.words.why(row.status.judgement.class);
        let line = match row.status.judgement.since {
            Some(since) => self.words.fill("dead-line", &[("why", &why), ("since", &since.to_string())]),
            None => why,
        };
        let section = row.position.path.last().map(|title| format!(" ({})", escape::text(title))).unwrap_or_default();
        let instead = replacements::line(row, self.words).map(|line| format!("; {line}")).unwrap_or_default();
        format!("- {} — {}{section}{instead}", escape::link(&row.title, &row.source.url), escape::text(&line))
    }

    fn statistics(&self) -> Vec<String> {
        let counts = &self.ranked.counts;
        let shown = [
            ("projects", counts.projects),
            ("links", counts.links),
            ("active", counts.active),
            ("slow", counts.slow),
            ("stale", counts.stale),
            ("archived", counts.archived),
            ("moved", counts.moved),
            ("dead", counts.dead),
        ];
        let shown = shown.into_iter().filter(|(_, count)| *count > 0);
        shown.map(|(word, count)| format!("- {}: {count}", escape::text(&self.words.get(word)))).collect()
    }
}

/// What begins a line of a block: the best are numbered.
fn bullet(block: Block) -> &'static str {
    if block == Block::Top { "1." } else { "-" }
}

/// The heading over a block.
pub fn heading(block: Block, words: &Words) -> String {
    let word = match block {
        Block::Summary => "summary",
        Block::Contents => "contents",
        Block::Top => return words.fill("top", &[("count", &TOP_SIZE.to_string())]),
        Block::Trending => "trending",
        Block::New => "new-entries",
        Block::NewlyStale => "newly-stale",
        Block::Chart => "chart",
        Block::Dead => "dead-entries",
        Block::Statistics => "statistics",
        Block::Legend => "legend",
    };
    words.get(word)
}
