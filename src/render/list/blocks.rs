//! The blocks of a list besides its sections: lines of Markdown, each alone in an annotated list too.

use std::collections::BTreeMap;

use serde::Serialize;

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
    pub(super) fn block(&self, block: Block) -> String {
        let text = self.lines(block).join("\n");
        if block == Block::Trending && self.ranked.entries.iter().all(|row| row.forge.growth.is_none()) {
            return escape::text(&self.words.fill("no-history", &[("days", &GROWTH_DAYS.to_string())]));
        }
        if block == Block::Dead && !text.is_empty() {
            let summary = self.words.fill("dead-summary", &[("count", &self.ranked.dead.len().to_string())]);
            return format!("<details>\n<summary>{}</summary>\n\n{text}\n\n</details>", escape::html(&summary));
        }
        text
    }

    pub(super) fn lines(&self, block: Block) -> Vec<String> {
        let ranked = self.ranked;
        let rows = |indices: &[usize], line: &dyn Fn(&ListEntry) -> String| -> Vec<String> {
            indices.iter().map(|index| line(&ranked.entries[*index])).collect()
        };
        match block {
            // The composed document fills these: anchors and files are not known here.
            Block::Contents | Block::Chart => Vec::new(),
            Block::Summary => vec![self.summary()],
            Block::Top => rows(&ranked.top, &|row| format!("1. {}", self.entry(row, None))),
            Block::Trending => rows(&ranked.trending, &|row| self.trend_line(row)),
            Block::New => rows(&ranked.new, &|row| self.line(row, row.forge.added.map(|day| day.to_string()))),
            Block::NewlyStale => rows(&ranked.newly_stale, &|row| {
                let month = row.forge.facts.worked().map(|date| date.strftime("%Y-%m").to_string());
                self.line(row, month.map(|month| self.words.fill("silent", &[("month", &month)])))
            }),
            Block::Dead => rows(&ranked.dead, &|row| self.dead_line(row)),
            Block::Statistics => self.statistics(),
            Block::Legend => vec![self.note_legend()],
        }
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
        let stars: BTreeMap<_, _> =
            ranked.entries.iter().filter_map(|row| Some((&row.ranked_by, row.forge.facts.stars?))).collect();
        if !stars.is_empty() {
            let total = figure(stars.values().sum());
            parts.push(self.words.fill("total-stars", &[("stars", &total)]));
        }
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

    fn trend_line(&self, row: &ListEntry) -> String {
        let trend = row.forge.growth.map(|growth| {
            let gained = figure(growth.gained.unsigned_abs());
            self.words.fill("trend", &[("gained", &gained), ("days", &growth.days.to_string())])
        });
        self.line(row, trend)
    }

    fn line(&self, row: &ListEntry, what: Option<String>) -> String {
        format!("- {}", self.entry(row, what))
    }

    fn entry(&self, row: &ListEntry, what: Option<String>) -> String {
        let figures: Vec<String> = row.stars(self.words).into_iter().chain(what).collect();
        let section = row.position.path.last().map(|title| format!(" — {}", escape::text(title))).unwrap_or_default();
        format!("{} {}{section}", escape::link(&row.title, &row.url), escape::text(&figures.join(" · ")))
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
