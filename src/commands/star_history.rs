//! Stars from before the first refresh, so that growth is known at once: asked of GitHub on request, once a repository.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use crate::address::Target;
use crate::commands::caches::Caches;
use crate::commands::list_folder::ListFolder;
use crate::commands::probes;
use crate::finding::{Finding, notice};
use crate::judgement::Judgements;
use crate::ledger::{Gains, Record};
use crate::observation;
use crate::probe::github::{GainsOutcome, GainsQuestion};
use crate::report;
use crate::settings::{LookSettings, RunContext};
use crate::verdict::Verdict;

/// An answer in the cache that is older is asked for again: growth is that of the last weeks.
const CACHED_DAYS: i32 = 7;

/// The gains of the repositories of a list whose growth is not known, as far as the policy's budget goes.
pub(crate) async fn star_gains(
    list: &ListFolder,
    judgements: &Judgements<'_>,
    settings: &LookSettings,
    context: &RunContext,
    caches: &mut Caches,
    deadline: Option<Instant>,
) -> anyhow::Result<(Vec<Gains>, Option<Finding>)> {
    let mut gains = Vec::new();
    let policy = &list.policy.history;
    if !policy.bootstrap || !settings.is_live() {
        return Ok((gains, None));
    }
    let mut questions = questions(list, judgements);
    let today = observation::day(context.now);
    let recent = caches.gains().filter(|stored| (today - stored.at).get_days().abs() <= CACHED_DAYS);
    let recent: BTreeMap<&Target, &Gains> = recent.map(|stored| (&stored.target, stored)).collect();
    questions.retain(|question| {
        let stored = recent.get(&question.target);
        gains.extend(stored.map(|stored| (*stored).clone()));
        stored.is_none()
    });
    if questions.is_empty() {
        return Ok((gains, None));
    }
    if context.verbosity > 0 {
        report::print_line(&format!("{} repositories have no history of stars yet", questions.len()));
    }
    let mut budget = usize::try_from(policy.calls).unwrap_or(usize::MAX);
    let mut all = GainsOutcome::default();
    for github in probes::github(settings, context, &list.policy).await? {
        let own: Vec<GainsQuestion> =
            questions.extract_if(.., |question| github.answers_for(&question.current)).collect();
        let outcome = github.star_gains(&own, budget, deadline, |found| {
            caches.keep_gains(&found)?;
            gains.push(found);
            anyhow::Ok(())
        });
        let outcome = outcome.await?;
        budget = budget.saturating_sub(outcome.calls);
        all.unanswered += outcome.unanswered;
        all.refused |= outcome.refused;
    }
    Ok((gains, incomplete(&all)))
}

/// The repositories that answer, have stars, and whose growth neither totals show nor was asked for. Those that have
/// been on the list for longest come first, and of these the ones with most stars: they decide what rises.
fn questions(list: &ListFolder, judgements: &Judgements<'_>) -> Vec<GainsQuestion> {
    let targets: BTreeSet<Target> = list.needed().iter().map(Target::looked_at).collect();
    let mut needed: Vec<(&Record, GainsQuestion)> = targets
        .into_iter()
        .filter_map(|target| {
            let record = judgements.record(&target)?;
            let facts = &record.facts;
            let is_known =
                list.history.growth(facts.id, &target).is_some() || list.history.gains(facts.id, &target).is_some();
            let is_alive = matches!(judgements.judge(&target).verdict, Verdict::Alive | Verdict::Moved);
            if is_known || !is_alive || facts.stars.is_none_or(|stars| stars == 0) {
                return None;
            }
            let current = current(&target, facts.name.as_deref())?;
            Some((record, GainsQuestion { target, current, id: facts.id }))
        })
        .collect();
    needed.sort_by_key(|(record, question)| (record.added, Reverse(record.facts.stars), question.target.clone()));
    needed.into_iter().map(|(_, question)| question).collect()
}

/// A repository under the name that its forge gave at the last look.
fn current(target: &Target, name: Option<&str>) -> Option<Target> {
    let Target::Repository(repository) = target else { return None };
    let mut current = repository.clone();
    current.path = name.map_or_else(|| repository.path.clone(), str::to_lowercase);
    Some(Target::Repository(current))
}

fn incomplete(outcome: &GainsOutcome) -> Option<Finding> {
    if outcome.unanswered == 0 {
        return None;
    }
    let cause =
        if outcome.refused { "GitHub refused" } else { "the time or the number of calls ended, or GitHub failed" };
    let message = format!("{cause}: the history of stars of {} repositories was not read", outcome.unanswered);
    Some(Finding::new(&notice::STAR_HISTORY_INCOMPLETE, message).help("run again later: what was found is kept"))
}
