//! Explains one entry: its places, the parts of its score, its marks and its verdict.

use super::query::listed;
use super::{
    Evidence, Explanation, LinkReason, MarkReason, Observed, PageRepositoryReason, Place, TextFields, VERSION,
    VerdictReason, suggestion,
};
use crate::address::Target;
use crate::markdown::Link;
use crate::observation::{FailureClass, Observation, Seen};
use crate::policy::{Layout, MarkName};
use crate::ranked_list::{ListEntry, Placement, RankedList};
use crate::verdict::{Judgement, Verdict};

/// Explains an entry by the list and by what is stored of its link.
pub(super) fn entry_of(evidence: &Evidence<'_>, entry: &ListEntry) -> Explanation {
    Explanation {
        verdict: verdict(evidence, &entry.target, &entry.status.judgement),
        observed: evidence.newest.get(&entry.target).map(observed),
        ..shown(evidence.ranked, evidence.layout, &Totals::of(evidence.ranked), entry)
    }
}

/// How many entries are ranked in the list and in each of its sections, counted once for all of them.
pub(super) struct Totals {
    list: usize,
    sections: Vec<usize>,
}

impl Totals {
    pub(super) fn of(ranked: &RankedList) -> Self {
        let has_place = |entry: &&ListEntry| entry.position.place.is_some();
        Self {
            list: ranked.entries.iter().filter_map(|entry| entry.position.rank).max().unwrap_or(0),
            sections: ranked.sections.iter().map(|section| listed(ranked, section).filter(has_place).count()).collect(),
        }
    }
}

/// Explains an entry by the list alone.
pub(super) fn shown(ranked: &RankedList, layout: &Layout, totals: &Totals, entry: &ListEntry) -> Explanation {
    let facts = &entry.forge.facts;
    let in_section = entry.position.section.and_then(|index| totals.sections.get(index)).copied().unwrap_or(0);
    Explanation {
        version: VERSION,
        title: entry.title.clone(),
        url: entry.url.clone(),
        target: entry.target.to_string(),
        ranked_by: (entry.ranked_by != entry.target).then(|| entry.ranked_by.to_string()),
        page_repository: entry.behind.as_ref().map(|behind| PageRepositoryReason {
            target: behind.repository.to_string(),
            standard: behind.standard.name(),
            counts: behind.status.counts(),
            why: behind.status.reason(),
        }),
        file: entry.source.file.clone(),
        line: entry.source.line,
        section: entry.position.path.clone(),
        placement: placement(entry.position.placement),
        place: entry.position.place.map(|at| Place { at, of: in_section }),
        rank: entry.position.rank.map(|at| Place { at, of: totals.list }),
        score: entry.status.score.clone(),
        unranked: entry.status.score.is_none().then(|| unranked(entry)),
        suggestion: entry.status.score.as_ref().and_then(|score| suggestion(score, &ranked.rules, entry.forge.likes)),
        marks: entry.status.marks.iter().map(|mark| reason(ranked, layout, entry, *mark)).collect(),
        anomaly: entry.forge.anomaly,
        verdict: judged(&entry.status.judgement),
        observed: None,
        replacements: entry.status.replacements.clone(),
        link: None,
        source: TextFields {
            title: Some(entry.source.title.clone()),
            url: Some(entry.source.url.clone()),
            description: entry.source.description.clone(),
        },
        forge: TextFields { title: facts.name.clone(), url: None, description: facts.description.clone().flatten() },
        as_of: ranked.as_of,
        formula: ranked.formula,
    }
}

/// Explains a further link of an entry.
pub(super) fn reason_of_link(evidence: &Evidence<'_>, link: &Link) -> LinkReason {
    let target = evidence.forges.target(&link.url);
    let judgement = evidence.judgements.judge(&target);
    LinkReason {
        text: link.text.clone(),
        url: link.url.clone(),
        verdict: verdict(evidence, &target, &judgement),
        target: target.to_string(),
    }
}

fn placement(placement: Placement) -> &'static str {
    match placement {
        Placement::Shown => "shown",
        Placement::Folded => "folded",
        Placement::Dead => "dead",
        Placement::Hidden => "hidden",
    }
}

fn unranked(entry: &ListEntry) -> &'static str {
    match &entry.ranked_by {
        Target::Repository(_) if entry.forge.added.is_none() => "it was never checked",
        Target::Repository(_) => "its stars are unknown",
        _ => "not a repository: it has no stars to be ranked by",
    }
}

/// A verdict with its reason.
fn judged(judgement: &Judgement) -> VerdictReason {
    VerdictReason {
        verdict: judgement.verdict.name(),
        class: judgement.class.map(|class| class.to_string()),
        moved_to: judgement.moved_to.clone(),
        since: judgement.since,
        failed_looks: judgement.progress.map(|progress| progress.looks),
        failed_days: judgement.progress.map(|progress| progress.days),
        dead_not_before: judgement.progress.and_then(|progress| progress.not_before),
        answered: None,
        suspicions: judgement.suspicions.clone(),
        why: judgement.reason.clone(),
    }
}

/// The verdict of a target and its reason. A refusal is not stored in the ledger, but in the cache: that of a host which
/// limited its rate a minute ago.
fn verdict(evidence: &Evidence<'_>, target: &Target, judgement: &Judgement) -> VerdictReason {
    let last = evidence.judgements.record(target).and_then(|record| record.last);
    let refused = evidence.newest.get(target).and_then(|newest| match &newest.seen {
        Seen::Failed(failure) => Some((failure, newest.day())),
        Seen::Alive(_) => None,
    });
    let is_open = judgement.verdict == Verdict::Unknown && judgement.class == Some(FailureClass::NotLooked);
    let mut reason = VerdictReason { answered: last, ..judged(judgement) };
    if let Some((failure, day)) = refused.filter(|_| is_open) {
        reason.class = Some(failure.class.to_string());
        reason.since = Some(day);
        reason.why = failure.class.meaning();
    }
    if let Some(day) = last.filter(|_| judgement.verdict == Verdict::Alive) {
        reason.why = format!("answered on {day}, not fetched since");
    }
    reason
}

fn observed(observation: &Observation) -> Observed {
    let (alive, class, status, redirects, detail) = match &observation.seen {
        Seen::Alive(alive) => (true, None, alive.status, alive.hops.len(), String::new()),
        Seen::Failed(failure) => {
            (false, Some(failure.class.to_string()), failure.status, failure.hops.len(), failure.detail.clone())
        }
    };
    Observed { at: observation.at, alive, class, status, redirects, detail }
}

fn reason(ranked: &RankedList, layout: &Layout, entry: &ListEntry, mark: MarkName) -> MarkReason {
    let rules = &ranked.rules;
    let worked =
        entry.forge.facts.worked().map_or_else(String::new, |date| format!("newest commit {}", date.strftime("%Y-%m")));
    let why = match mark {
        MarkName::Active => format!("{worked}: within {} months", rules.active_months),
        MarkName::Slow => format!("{worked}: more than {} months ago", rules.active_months),
        MarkName::Stale => format!("{worked}: more than {} months ago", rules.stale_months),
        MarkName::Finished => "its author marked it as finished, so inactivity is not a fault".to_owned(),
        MarkName::Archived => entry.forge.archived_since.map_or_else(
            || "its owner archived it".to_owned(),
            |day| format!("its owner archived it, seen since {day}"),
        ),
        MarkName::Disabled => "the forge disabled it".to_owned(),
        MarkName::Fork => "the forge calls it a fork".to_owned(),
        MarkName::Mirror => "the forge calls it a mirror".to_owned(),
        MarkName::New => entry.forge.added.map_or_else(String::new, |day| format!("first checked on {day}")),
        MarkName::Fell | MarkName::Jumped => entry.forge.anomaly.map_or_else(String::new, |odd| {
            format!("{} stars on {}, {} on {}, and no commit between", odd.before, odd.from, odd.after, odd.to)
        }),
        MarkName::Dead | MarkName::Reused | MarkName::Failing | MarkName::Walled | MarkName::Moved => {
            entry.status.judgement.reason.clone()
        }
    };
    MarkReason { mark: mark.name(), shown: layout.marks.contains(&mark), why }
}
