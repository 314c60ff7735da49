//! Rules about how an entry is written.

use super::{Breach, Context, Rule, Spot, plural, quoted};
use crate::finding::{RuleInfo, Scope, Setting};

/// A rule about how entries are written: off unless a list asks for it.
const fn about_style(
    id: &'static str,
    find: fn(&Context<'_>) -> Vec<Breach>,
    summary: &'static str,
    docs: &'static str,
) -> Rule {
    let info = RuleInfo { id, summary, docs, scope: Scope::Style, level: Setting::Off, added: Setting::Off };
    Rule { info, find }
}

pub(super) static NO_DESCRIPTION: Rule = about_style(
    "no-description",
    no_description,
    "an entry has no description",
    "A name alone does not describe anything.",
);

fn no_description(context: &Context<'_>) -> Vec<Breach> {
    let bare = context.entries().filter(|(_, entry, _)| entry.description.is_none());
    bare.map(|(i, entry, _)| {
        Breach::new(Spot::Entry(i), format!("{} has no description", quoted(&entry.title)))
            .help("describe in one sentence what it does: `- [name](address) - Does this.`")
    })
    .collect()
}

pub(super) static DESCRIPTION_TOO_LONG: Rule = about_style(
    "description-too-long",
    too_long,
    "a description is too long",
    "Longer than `max-description` characters (200).",
);

fn too_long(context: &Context<'_>) -> Vec<Breach> {
    let most = context.case.policy.rules.thresholds.max_description;
    let lengths = described(context).map(|(i, title, text)| (i, title, text.chars().count()));
    lengths
        .filter(|(_, _, length)| *length > most)
        .map(|(i, title, length)| {
            let message = format!(
                "the description of {} has {}; the maximum is {most}",
                quoted(title),
                plural(length, "character")
            );
            Breach::new(Spot::Entry(i), message).help("describe only what it does; the rest belongs in its own README")
        })
        .collect()
}

pub(super) static PROMOTIONAL_DESCRIPTION: Rule = about_style(
    "promotional-description",
    promotional,
    "a description praises",
    "It contains one of `promotional-words`. Letter case is ignored, and Latin words match only as whole words.",
);

fn promotional(context: &Context<'_>) -> Vec<Breach> {
    let words = &context.case.policy.rules.thresholds.promotional_words;
    let mut breaches = Vec::new();
    for (i, title, text) in described(context) {
        let lower = text.to_lowercase();
        if let Some(word) = words.iter().find(|word| has_word(&lower, &word.to_lowercase())) {
            let message = format!("the description of {} praises: {}", quoted(title), quoted(word));
            breaches.push(
                Breach::new(Spot::Entry(i), message)
                    .help("describe what it does and leave the judgement to the reader"),
            );
        }
    }
    breaches
}

/// Whether `text` contains `word`, not inside a longer word; Chinese has no such borders.
fn has_word(text: &str, word: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric();
    !word.is_empty()
        && text.match_indices(word).any(|(at, found)| {
            let before = text[..at].chars().next_back().is_some_and(is_letter);
            let after = text[at + found.len()..].chars().next().is_some_and(is_letter);
            let inside = (before && word.starts_with(is_letter)) || (after && word.ends_with(is_letter));
            !inside
        })
}

pub(super) static NO_FULL_STOP: Rule = about_style(
    "no-full-stop",
    no_full_stop,
    "a description does not end with a full stop",
    "`.`, `!`, `?` and `…` end a sentence, and so do `。`, `！` and `？`; brackets and quotes may close after it.",
);

fn no_full_stop(context: &Context<'_>) -> Vec<Breach> {
    let open = described(context).filter(|(_, _, text)| !ends(text));
    open.map(|(i, title, text)| {
        let stop = if text.chars().any(|c| !c.is_ascii() && c.is_alphabetic()) { "`.` or `。`" } else { "`.`" };
        Breach::new(Spot::Entry(i), format!("the description of {} does not end with a full stop", quoted(title)))
            .help(format!("end it with {stop}"))
    })
    .collect()
}

/// Whether a sentence ends, in Latin or Chinese punctuation, whatever closes after it.
fn ends(text: &str) -> bool {
    let closing =
        |c: char| matches!(c, ')' | '"' | '\'' | '”' | '’' | '」' | '』' | '）' | '】' | ']' | '*' | '_' | '`');
    let text = text.trim_end().trim_end_matches(closing);
    text.ends_with(['.', '!', '?', '…', '。', '！', '？', '．', '｡'])
}

fn described<'c>(context: &'c Context<'_>) -> impl Iterator<Item = (usize, &'c str, &'c str)> {
    context.entries().filter_map(|(i, entry, _)| Some((i, entry.title.as_str(), entry.description.as_deref()?)))
}

pub(super) static SECTION_DEPTH: Rule = about_style(
    "section-depth",
    section_depth,
    "an entry is under a heading of the wrong level",
    "`section-levels` names the levels that are allowed (2 and 3).",
);

fn section_depth(context: &Context<'_>) -> Vec<Breach> {
    let levels = &context.case.policy.rules.thresholds.section_levels;
    let wanted: Vec<String> = levels.iter().map(ToString::to_string).collect();
    let mut breaches = Vec::new();
    for (i, entry, _) in context.entries() {
        let heading = entry.heading.and_then(|heading| context.case.document.headings.get(heading));
        if heading.is_some_and(|heading| levels.contains(&heading.level)) {
            continue;
        }
        let position = match heading {
            Some(heading) => format!("under {}, a heading of level {}", quoted(&heading.text), heading.level),
            None => "under no heading".to_owned(),
        };
        let message = format!("{} is {position}", quoted(&entry.title));
        let help = format!("move it under a heading of level {}", wanted.join(" or "));
        breaches.push(Breach::new(Spot::Entry(i), message).help(help));
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_in_any_script() {
        for text in ["A tool.", "工具。", "Is it?", "Wow!)", "（工具。）", "Say \"x.\"", "Code `x.`", "And so on…"]
        {
            assert!(ends(text), "{text}");
        }
        for text in ["A tool", "工具", "A tool,", "v1.2", "工具，"] {
            assert!(!ends(text), "{text}");
        }
    }

    #[test]
    fn words_have_borders_where_the_script_has() {
        for (text, word, found) in [
            ("the ultimate tool", "ultimate", true),
            ("penultimate", "ultimate", false),
            ("ultimately", "ultimate", false),
            ("这是最强的工具", "最强", true),
            ("is state-of-the-art.", "state-of-the-art", true),
            ("x", "", false),
        ] {
            assert_eq!(has_word(text, word), found, "{text}");
        }
    }
}
