//! The figures and states that stand beside an entry.

use jiff::civil::Date;

use super::{ListEntry, Words};
use crate::markdown::Note;
use crate::markdown::note::figure;
use crate::policy::{Figure, Layout, MarkName, Several};
use crate::verdict::Verdict;

impl ListEntry {
    /// `⭐ 12k`, or `❤️ 12k` for likes.
    pub fn stars(&self, words: &Words) -> Option<String> {
        let sign = words.get(if self.forge.likes { "likes" } else { "stars" });
        self.forge.facts.stars.map(|stars| format!("{sign} {}", figure(stars)))
    }

    /// The same of each of several repositories, `⭐ 12k, 3.4k`, or as the layout asks for it.
    fn several_stars(&self, layout: &Layout, words: &Words) -> Option<String> {
        let first = self.stars(words);
        match layout.several {
            _ if self.forge.others.is_empty() => first,
            Several::First => first,
            Several::None => None,
            Several::Each => {
                let other = |stars: &Option<u64>| stars.map_or_else(|| "?".to_owned(), figure);
                let others: Vec<String> = self.forge.others.iter().map(other).collect();
                first.map(|first| format!("{first}, {}", others.join(", ")))
            }
        }
    }

    /// The most severe of its marks that the layout shows.
    pub fn mark(&self, layout: &Layout) -> Option<MarkName> {
        self.status.marks.iter().copied().find(|mark| layout.marks.contains(mark) && self.is_announced(*mark))
    }

    fn is_announced(&self, mark: MarkName) -> bool {
        mark != MarkName::Failing || self.status.judgement.is_announced_failure()
    }

    /// A mark in words, with the month since which it applies where one is known.
    pub fn state(&self, mark: MarkName, words: &Words) -> String {
        let since = |word: &str, date: Option<Date>| {
            date.map(|date| words.fill(word, &[("month", &date.strftime("%Y-%m").to_string())]))
        };
        let dated = match mark {
            MarkName::Dead => since("dead-since", self.status.judgement.since),
            MarkName::Failing => since("failing-since", self.status.judgement.since),
            MarkName::Stale | MarkName::Slow => since("quiet-since", self.forge.facts.worked()),
            _ => None,
        };
        dated.unwrap_or_else(|| words.get(mark.name()))
    }
}

/// The note behind an entry, such as `(⭐ 12k · archived)`. None where there is nothing to report.
pub fn note(row: &ListEntry, layout: &Layout, words: &Words) -> Option<Note> {
    let mark = row.mark(layout);
    let is_dead = row.status.judgement.verdict == Verdict::Dead;
    let figures = layout.note.iter().filter_map(|figure| match figure {
        Figure::Mark => mark.map(|mark| row.state(mark, words)),
        // The figures of what is dead are those of its last day, and of no use to a reader.
        _ if is_dead => None,
        Figure::Stars => row.several_stars(layout, words),
        Figure::Score => row.status.score.as_ref().map(|score| format!("{:.0}", score.total)),
        Figure::Language => row.forge.facts.language.clone().flatten(),
        Figure::Licence => row.forge.licence.clone(),
    });
    let mut parts: Vec<String> = figures.collect();
    let has_stars = !is_dead && row.several_stars(layout, words).is_some();
    let begins_with_stars = layout.note.first() == Some(&Figure::Stars) && has_stars;
    if let Some(first) = parts.first_mut().filter(|_| !begins_with_stars) {
        *first = format!("{} {first}", words.get(sign(mark)));
    }
    Note::new(parts)
}

/// The word for the sign that a note begins with where it does not begin with stars.
fn sign(mark: Option<MarkName>) -> &'static str {
    match mark {
        Some(MarkName::Dead) => "sign-dead",
        Some(MarkName::Archived | MarkName::Disabled) => "sign-archived",
        Some(MarkName::Stale | MarkName::Slow) => "sign-quiet",
        Some(MarkName::Active | MarkName::New) => "sign-active",
        Some(MarkName::Finished) => "sign-finished",
        Some(_) => "sign-warning",
        None => "sign-other",
    }
}
