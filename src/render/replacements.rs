//! What may take the place of a dead entry, as one line of Markdown behind it.

use crate::address::display;
use crate::ranked_list::{ListEntry, Words};
use crate::render::escape;
use crate::replacement::{Evidence, Replacement, ReplacementKind};

/// `now: [github.com/z/lost](https://github.com/z/lost) · archived copy: [2024-03-01](…)`, best first; none where
/// nothing is known.
pub(super) fn line(entry: &ListEntry, words: &Words) -> Option<String> {
    let offers: Vec<String> = entry.status.replacements.iter().map(|offered| offer(offered, words)).collect();
    (!offers.is_empty()).then(|| offers.join(" · "))
}

fn offer(replacement: &Replacement, words: &Words) -> String {
    let word = match replacement.kind {
        ReplacementKind::Renamed | ReplacementKind::Transferred | ReplacementKind::Moved => "replacement-moved",
        ReplacementKind::Successor => "replacement-successor",
        ReplacementKind::Fork => "replacement-fork",
        ReplacementKind::Archive => "replacement-archive",
        ReplacementKind::SourceArchive => "replacement-source_archive",
    };
    // The address of a copy names the archive and repeats the dead link: its day tells a reader more.
    let text = match &replacement.evidence {
        Evidence::Copy { captured, .. } => captured.to_string(),
        _ => display(&replacement.url).to_owned(),
    };
    format!("{}: {}", escape::text(&words.get(word)), escape::link(&text, &replacement.url))
}
