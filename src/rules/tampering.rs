//! Rules about what a change does to the files and marks that the check itself relies on.
//!
//! A change is checked by the policy and the ledger of its base, so none of this changes the result. It is reported so
//! that a reviewer sees it, and it is an error where the check would pass by it.

use super::{Breach, Context, Rule, Spot, about_change, quoted};
use crate::change::{Change, ListFile};
use crate::finding::{Level, Scope, Setting};
use crate::verdict::Verdict;

pub(super) static POLICY_EDITED: Rule = about_change(
    Scope::Change,
    "policy-edited",
    Setting::WARNING,
    policy_edited,
    "a change edits `pomona.toml`",
    "A change is checked by the policy of its base. It is an error where the check would pass by the edited policy.",
);

fn policy_edited(context: &Context<'_>) -> Vec<Breach> {
    let edit = edited(context, ListFile::Policy, "`pomona.toml`: the policy of the base applies to this check");
    edit.map(|edit| edit.help("change the policy in a pull request of its own")).into_iter().collect()
}

pub(super) static LEDGER_EDITED: Rule = about_change(
    Scope::Change,
    "ledger-edited",
    Setting::WARNING,
    ledger_edited,
    "a change edits the ledger",
    "Pomona writes `pomona.ledger.jsonl`; a change is checked by the ledger of its base. It is an error where the check \
     would pass by the edited ledger, and where the change adds entries.",
);

fn ledger_edited(context: &Context<'_>) -> Vec<Breach> {
    let adds = context.case.change.is_some_and(|change| !change.added.is_empty());
    let edit = edited(context, ListFile::Ledger, "`pomona.ledger.jsonl`: the ledger of the base applies to this check");
    edit.map(|edit| Breach { is_error: edit.is_error || adds, ..edit.help("restore it: `pomona refresh` writes it") })
        .into_iter()
        .collect()
}

pub(super) static HISTORY_EDITED: Rule = about_change(
    Scope::Change,
    "history-edited",
    Setting::WARNING,
    history_edited,
    "a change edits the history",
    "Pomona appends to `pomona.history.jsonl` when it refreshes the list.",
);

fn history_edited(context: &Context<'_>) -> Vec<Breach> {
    let edit = edited(context, ListFile::History, "`pomona.history.jsonl`");
    edit.map(|edit| edit.help("restore it: `pomona refresh` writes it")).into_iter().collect()
}

fn edited(context: &Context<'_>, file: ListFile, what: &str) -> Option<Breach> {
    let change = context.case.change.filter(|change| change.files.contains(&file))?;
    let is_error = change.decisive.contains(&file);
    let effect = if is_error { ", by which it would pass" } else { "" };
    Some(Breach { is_error, ..Breach::new(Spot::File, format!("this change edits {what}{effect}")) })
}

pub(super) static GENERATED_TEXT_EDITED: Rule = about_change(
    Scope::Change,
    "generated-text-edited",
    Setting::WARNING,
    generated_text_edited,
    "a change edits text that Pomona writes",
    "The text between `<!-- pomona:begin NAME -->` and its end, those markers, or the generated list. The next refresh \
     overwrites it. A change that brings a new ledger comes from `pomona refresh` and is not reported.",
);

fn generated_text_edited(context: &Context<'_>) -> Vec<Breach> {
    let Some(change) = context.case.change.filter(|change| !is_refresh(change)) else { return Vec::new() };
    let mut breaches = Vec::new();
    if change.files.contains(&ListFile::Output) && change.lines.is_empty() {
        let output = context.case.policy.output.as_ref().and_then(|output| output.names().first());
        let output = output.map(String::as_str).unwrap_or_default();
        let message =
            format!("this change edits {}, which is written from {}", quoted(output), quoted(context.case.file));
        breaches.push(Breach::new(Spot::File, message).help("edit the source; the generated list follows"));
    }
    for name in &change.blocks {
        let message = format!("this change edits the block {}, which Pomona writes", quoted(name));
        let help = "restore the block and its markers; entries belong into a section of the list";
        breaches.push(Breach::new(Spot::File, message).help(help));
    }
    breaches
}

/// Whether the change brings a new ledger and no entries, as `pomona refresh` does.
fn is_refresh(change: &Change) -> bool {
    change.files.contains(&ListFile::Ledger) && change.added.is_empty()
}

pub(super) static NOTE_EDITED: Rule = about_change(
    Scope::Change,
    "note-edited",
    Setting::ERROR,
    note_edited,
    "a change edits the note behind an entry",
    "Stars and marks behind an entry are facts that `pomona refresh` writes. A change that brings a new ledger comes from \
     `pomona refresh` and is not reported.",
);

fn note_edited(context: &Context<'_>) -> Vec<Breach> {
    let Some(change) = context.case.change.filter(|change| !is_refresh(change)) else { return Vec::new() };
    let notes = change.notes.iter().filter_map(|(i, note)| {
        let entry = context.case.document.entries.get(*i)?;
        let message = format!("the note {} behind {} was not written by Pomona", quoted(note), quoted(&entry.title));
        Some(Breach::new(Spot::Entry(*i), message).help("remove it: `pomona refresh` writes stars and marks"))
    });
    notes.collect()
}

pub(super) static IGNORE_MARK_ADDED: Rule = about_change(
    Scope::Change,
    "ignore-mark-added",
    Setting::WARNING,
    ignore_mark_added,
    "a change hides a link from the check",
    "A `<!-- pomona:ignore … -->` mark that a change adds takes effect once it is merged. Until then the link is checked, \
     and it is an error to hide one that is dead or failing.",
);

fn ignore_mark_added(context: &Context<'_>) -> Vec<Breach> {
    let Some(change) = context.case.change else { return Vec::new() };
    let marks = change.ignored.iter().map(|i| {
        let target = &context.case.targets[*i];
        let verdict = context.judgements.get(target).map(|judgement| judgement.verdict);
        let is_error = matches!(verdict, Some(Verdict::Dead | Verdict::Failing));
        let url = &context.case.document.links[*i].url;
        let breach = Breach::new(Spot::Link(*i), format!("this change hides {} from the check", quoted(url)));
        Breach { is_error, at_most: Level::Error, ..breach.help("remove the mark, or explain it to a reviewer") }
    });
    marks.collect()
}

#[cfg(test)]
mod tests {
    use crate::change::{Change, ListFile};
    use crate::finding::Level;
    use crate::markdown::Document;
    use crate::policy::Policy;
    use crate::rules::tests::checked_change;

    const BASE: &str = "# L\n- [a](https://a.org) - One. (⭐ 12k)\n";

    fn report(head: &str, files: &[ListFile], decisive: &[ListFile]) -> Vec<(&'static str, Level)> {
        let (base, parsed) = (Document::parse(BASE), Document::parse(head));
        let mut change = Change::between((BASE, &base), (head, &parsed));
        change.files.extend(files);
        change.decisive.extend(decisive);
        let findings = checked_change(&change, head, &Policy::default()).findings;
        findings.iter().map(|finding| (finding.code, finding.level)).collect()
    }

    #[test]
    fn edits_of_the_check_itself_are_reported() {
        use ListFile::{History, Ledger, Policy};
        let added = format!("{BASE}- [b](https://b.org) - Two.\n");
        let (warning, error) = (Level::Warning, Level::Error);
        for (head, files, decisive, expected) in [
            (BASE, &[Policy][..], &[][..], vec![("policy-edited", warning)]),
            (BASE, &[Policy], &[Policy], vec![("policy-edited", error)]),
            (BASE, &[Ledger, History], &[], vec![("ledger-edited", warning), ("history-edited", warning)]),
            (BASE, &[Ledger], &[Ledger], vec![("ledger-edited", error)]),
            (&added, &[Ledger], &[], vec![("ledger-edited", error)]),
            (&BASE.replace("12k", "99k"), &[], &[], vec![("note-edited", error)]),
            (&BASE.replace("12k", "99k"), &[Ledger], &[], vec![("ledger-edited", warning)]),
            (&added.replace("Two.", "Two. (⭐ 99k)"), &[], &[], vec![("note-edited", error)]),
            (
                &added.replace("Two.", "Two. <!-- pomona:ignore slow -->"),
                &[],
                &[],
                vec![("ignore-mark-added", warning)],
            ),
            (
                &BASE.replace("# L\n", "# L\n<!-- pomona:begin new -->\n<!-- pomona:end new -->\n\n"),
                &[],
                &[],
                vec![("generated-text-edited", warning)],
            ),
        ] {
            assert_eq!(report(head, files, decisive), expected, "{head}");
        }
    }
}
