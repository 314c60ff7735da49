//! The blocks of a list besides its sections: lines of Markdown, each alone in an annotated list too.

use serde::Serialize;

use super::view::View;
use crate::markdown::note::figure;
use crate::policy::Block;
use crate::ranked_list::ListEntry;
use crate::render::escape;

/// A block: lines of Markdown under a heading.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct BlockView {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) lines: Vec<String>,
}

impl View<'_> {
    /// A block with its heading, where the layout asks for it and it holds something.
    pub(super) fn block_view(&self, block: Block) -> Option<BlockView> {
        let lines = self.layout.blocks.contains(&block).then(|| self.lines(block)).filter(|lines| !lines.is_empty())?;
        let summary = match block {
            Block::Dead => self.words.fill("dead-summary", &[("count", &lines.len().to_string())]),
            _ => String::new(),
        };
        Some(BlockView {
            title: escape::text(&self.words.get(heading_word(block))),
            summary: escape::html(&summary),
            lines,
        })
    }

    /// A block alone.
    pub(super) fn block(&self, block: Block) -> String {
        let text = match block {
            Block::Contents => self.whole().contents.map(|contents| contents.lines).unwrap_or_default().join("\n"),
            _ => self.lines(block).join("\n"),
        };
        if block == Block::Dead && !text.is_empty() {
            let summary = self.words.fill("dead-summary", &[("count", &self.ranked.dead.len().to_string())]);
            return format!("<details>\n<summary>{}</summary>\n\n{text}\n\n</details>\n", escape::html(&summary));
        }
        if text.is_empty() { text } else { text + "\n" }
    }

    pub(super) fn lines(&self, block: Block) -> Vec<String> {
        let ranked = self.ranked;
        let rows = |indices: &[usize], line: &dyn Fn(&ListEntry) -> String| -> Vec<String> {
            indices.iter().map(|index| line(&ranked.entries[*index])).collect()
        };
        match block {
            Block::Contents => Vec::new(),
            Block::Trending => rows(&ranked.trending, &|row| self.trend_line(row)),
            Block::New => rows(&ranked.new, &|row| self.line(row, row.forge.added.map(|day| day.to_string()))),
            Block::NewlyStale => rows(&ranked.newly_stale, &|row| {
                let month = row.forge.facts.worked().map(|date| date.strftime("%Y-%m").to_string());
                self.line(row, month.map(|month| self.words.fill("silent", &[("month", &month)])))
            }),
            Block::Dead => rows(&ranked.dead, &|row| self.gone_line(row)),
            Block::Statistics => self.statistics(),
        }
    }

    fn trend_line(&self, row: &ListEntry) -> String {
        let trend = row.forge.growth.map(|growth| {
            let gained = figure(growth.gained.unsigned_abs());
            self.words.fill("trend", &[("gained", &gained), ("days", &growth.days.to_string())])
        });
        self.line(row, trend)
    }

    fn line(&self, row: &ListEntry, what: Option<String>) -> String {
        let figures: Vec<String> = row.stars(self.words).into_iter().chain(what).collect();
        let section = row.position.path.last().map(|title| format!(" — {}", escape::text(title))).unwrap_or_default();
        format!("- {} {}{section}", escape::link(&row.title, &row.url), escape::text(&figures.join(" · ")))
    }

    fn gone_line(&self, row: &ListEntry) -> String {
        let why = self.words.why(row.status.judgement.class);
        let line = match row.status.judgement.since {
            Some(since) => self.words.fill("dead-line", &[("why", &why), ("since", &since.to_string())]),
            None => why,
        };
        let section = row.position.path.last().map(|title| format!(" ({})", escape::text(title))).unwrap_or_default();
        format!("- {} — {}{section}", escape::link(&row.title, &row.source.url), escape::text(&line))
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

/// The word that heads a block.
pub(super) fn heading_word(block: Block) -> &'static str {
    match block {
        Block::Contents => "contents",
        Block::Trending => "trending",
        Block::New => "new-entries",
        Block::NewlyStale => "newly-stale",
        Block::Dead => "dead-entries",
        Block::Statistics => "statistics",
    }
}
