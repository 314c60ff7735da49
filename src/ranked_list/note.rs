//! Figures in the few characters that stand beside an entry.

use super::{ListEntry, Words};
use crate::markdown::note::figure;
use crate::policy::{Figure, Layout, MarkName};

impl ListEntry {
    /// `⭐ 12k`, or `❤ 12k` for likes.
    pub fn stars(&self, words: &Words) -> Option<String> {
        let sign = words.get(if self.forge.likes { "likes" } else { "stars" });
        self.forge.facts.stars.map(|stars| format!("{sign} {}", figure(stars)))
    }

    /// The gravest of its marks that the layout shows.
    pub fn mark(&self, layout: &Layout) -> Option<MarkName> {
        self.status.marks.iter().copied().find(|mark| layout.marks.contains(mark))
    }
}

/// What an annotated list says after an entry, without the parenthesis around it, such as `⭐ 12k · active`. None
/// where there is nothing to say.
pub fn note(row: &ListEntry, layout: &Layout, words: &Words) -> Option<String> {
    let figures = layout.note.iter().filter_map(|figure| match figure {
        Figure::Stars => row.stars(words),
        Figure::Score => row.status.score.as_ref().map(|score| format!("{:.0}", score.total)),
        Figure::Language => row.forge.facts.language.clone().flatten(),
        Figure::Licence => row.forge.licence.clone(),
        Figure::Mark => row.mark(layout).map(|mark| words.get(mark.name())),
    });
    let text = figures.collect::<Vec<_>>().join(" · ");
    if row.forge.facts.stars.is_some() && layout.note.first() == Some(&Figure::Stars) {
        return Some(text);
    }
    let sign = sign(row.mark(layout)?);
    (!text.is_empty()).then(|| format!("{sign} {text}"))
}

/// What a note begins with that has no stars to begin with.
fn sign(mark: MarkName) -> &'static str {
    match mark {
        MarkName::Dead => "💀",
        MarkName::Archived | MarkName::Disabled => "📦",
        MarkName::Stale | MarkName::Slow => "💤",
        MarkName::Active | MarkName::New => "🌱",
        MarkName::Finished => "✅",
        _ => "⚠️",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_figure() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1k"),
            (1_250, "1.2k"),
            (9_999, "9.9k"),
            (12_999, "12k"),
            (123_456, "123k"),
            (999_999, "999k"),
            (1_234_567, "1.2M"),
            (12_345_678, "12M"),
        ] {
            assert_eq!(figure(count), text);
        }
    }
}
