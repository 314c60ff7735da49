//! Copies of what is dead: stored answers of archives first, then, where the policy asks for it, the archives.

use anyhow::Context;
use tokio::time::Instant;

use crate::commands::caches::Caches;
use crate::commands::list_folder::ListFolder;
use crate::finding::{Finding, notice};
use crate::judgement::Judgements;
use crate::observation::ArchiveAnswer;
use crate::probe::api::AddressRules;
use crate::probe::archives::{ArchiveSettings, Archives, Outcome, Question};
use crate::replacement::is_lost;
use crate::report;
use crate::settings::{LookSettings, RunContext};

/// Looks for copies for all lists of one run.
#[derive(Default)]
pub(crate) struct Copies {
    archives: Option<Archives>,
    /// The answers of this run: no target is asked about twice, in however many lists it is dead.
    answers: Vec<ArchiveAnswer>,
}

impl Copies {
    /// Adds what archives have of the dead targets of a list to its stored state.
    pub(crate) async fn add<'a>(
        &mut self,
        list: &ListFolder,
        judgements: Judgements<'a>,
        run: (&LookSettings, &RunContext, Option<Instant>),
        caches: &mut Caches,
    ) -> anyhow::Result<(Judgements<'a>, Option<Finding>)> {
        let (settings, context, deadline) = run;
        let judgements = judgements.with_archives(caches.archive_answers()).with_archives(&self.answers);
        if !list.policy.replacements.archives || !settings.is_live() {
            return Ok((judgements, None));
        }
        let questions = questions(list, &judgements);
        if questions.is_empty() {
            return Ok((judgements, None));
        }
        if context.verbosity > 0 {
            report::print_line(&format!("{} targets are looked for in archives, one a second", questions.len()));
        }
        let archives = match self.archives.take() {
            Some(archives) => self.archives.insert(archives),
            None => self.archives.insert(archives(settings)?),
        };
        let answers = &mut self.answers;
        let outcome = archives.ask(&questions, deadline, |answer| {
            answers.push(answer.clone());
            caches.keep_archive_answer(&answer)
        });
        let outcome = outcome.await?;
        Ok((judgements.with_archives(&self.answers), incomplete(&outcome)))
    }
}

fn archives(settings: &LookSettings) -> anyhow::Result<Archives> {
    let rules = AddressRules { allow_private: settings.allow_private, ..AddressRules::default() };
    let archives = Archives::new(ArchiveSettings { rules, ..ArchiveSettings::default() });
    archives.context("the HTTP client cannot be set up")
}

/// The dead targets of the list that their archive was not asked for. A copy counts up to the last day on which the
/// original was seen alive; of what never was, up to the day on which it was added.
fn questions(list: &ListFolder, judgements: &Judgements<'_>) -> Vec<Question> {
    let mut targets: Vec<_> = list.targets.iter().filter(|target| target.is_remote()).collect();
    targets.sort();
    targets.dedup();
    let question = |target| {
        let record = judgements.record(target).filter(|record| record.failing.is_some())?;
        let until = record.as_of(judgements.ledger().as_of).unwrap_or(record.added);
        let question = Question { target: target.clone(), until: Some(until) };
        let is_new = question.archive().is_some_and(|archive| !record.archives.contains_key(&archive));
        (is_new && is_lost(record, judgements.judge(target).verdict)).then_some(question)
    };
    targets.into_iter().filter_map(question).collect()
}

fn incomplete(outcome: &Outcome) -> Option<Finding> {
    if outcome.unanswered == 0 {
        return None;
    }
    let cause = if outcome.refused { "an archive refused" } else { "the time or the number of requests ended" };
    let message = format!("{cause}: copies of {} dead targets were not looked for", outcome.unanswered);
    Some(Finding::new(&notice::ARCHIVES_INCOMPLETE, message).help("run again later: what was found is kept"))
}
