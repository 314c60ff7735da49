//! The only part of a run that waits: looking, keeping each look as it comes, and counting.

use std::collections::{BTreeSet, HashSet};

use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout_at};

use crate::address::Target;
use crate::commands::caches::Caches;
use crate::commands::probes;
use crate::finding::{Finding, notice};
use crate::observation::{Failure, FailureClass, Observation, Seen, Weight};
use crate::policy::Policy;
use crate::probe::guard::{CONTROLS, Guard};
use crate::probe::{Event, Probe};
use crate::report::{self, Progress, ProgressMode};
use crate::schedule::schedule;
use crate::settings::{Answers, LookSettings, RunContext};
use crate::store::Recorder;
use crate::text::escape::terminal;

/// What looking brought.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Every look, those that taught nothing included.
    pub(crate) looks: Vec<Observation>,
    /// What the probes had to say.
    pub(crate) notices: Vec<Finding>,
}

impl Looked {
    /// Whether every target was looked at.
    pub(crate) fn is_complete(&self) -> bool {
        !self.looks.iter().any(|look| matches!(&look.seen, Seen::Failed(f) if was_missed(f.class)))
    }
}

/// Whether the class says that the run did not get to the target.
pub(crate) fn was_missed(class: FailureClass) -> bool {
    matches!(
        class,
        FailureClass::NotLooked
            | FailureClass::RateLimited
            | FailureClass::NotRecorded
            | FailureClass::GithubUnavailable
    )
}

/// The finding of an API that kept the run from every single target. With any other answer the run goes on: its
/// targets are unknown and the rest is reported.
fn nothing_answered(looked: &Looked) -> Option<&Finding> {
    let missed = |look: &Observation| matches!(&look.seen, Seen::Failed(failure) if was_missed(failure.class));
    if !looked.looks.iter().all(missed) {
        return None;
    }
    looked.notices.iter().find(|finding| matches!(finding.code, "github-unreachable" | "github-token-refused"))
}

/// What a run wants to look at.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// All of it.
    pub(crate) targets: BTreeSet<Target>,
    /// The part that comes first, for where a limit ends the run before all is seen.
    pub(crate) first: BTreeSet<Target>,
    /// The targets whose anchors are wanted: their pages are read to the end.
    pub(crate) anchors: BTreeSet<Target>,
}

/// Looks at what is wanted, as far as the cache has no young look at it, and keeps what it sees in the caches.
pub(crate) async fn see(
    context: &RunContext,
    settings: &LookSettings,
    policies: &[&Policy],
    wanted: Wanted,
    caches: &mut Caches,
) -> anyhow::Result<Looked> {
    if settings.answers == Answers::Stored {
        return Ok(Looked::default());
    }
    let targets = wanted.targets.into_iter().filter(|target| settings.shard.takes(target));
    let anchors = &wanted.anchors;
    let serves = |look: &&Observation| !matches!(&look.seen, Seen::Alive(alive) if alive.status.is_some() && alive.anchors.is_none() && anchors.contains(&look.target));
    let mut schedule = schedule(targets, caches.looks().filter(serves), context.now, max_age(policies));
    let mut recorder = settings.record.as_deref().map(Recorder::create).transpose()?;
    if let Some(recorder) = &mut recorder {
        schedule.fresh.iter().try_for_each(|look| recorder.keep(look))?;
    }
    if schedule.due.is_empty() {
        return Ok(Looked { looks: schedule.fresh, notices: Vec::new() });
    }
    schedule.due.sort_by_key(|target| !wanted.first.contains(target));
    let probe = probes::probe(settings, context, policies, wanted.anchors).await?;
    if context.verbosity > 0 {
        let (kept, due) = (schedule.fresh.len(), schedule.due.len());
        report::print_line(&format!("{} targets: {kept} looks from the cache, {due} to look at", kept + due));
        probe.costs(&schedule.due).iter().for_each(|line| report::print_line(line));
    }
    let mut looked = look(context, settings, &*probe, schedule.due, recorder, |look| caches.keep(look)).await?;
    if let Some(finding) = nothing_answered(&looked).filter(|_| schedule.fresh.is_empty()) {
        return Err(ended(finding));
    }
    looked.looks.extend(schedule.fresh);
    Ok(looked)
}

/// The longest age of a cached result: the strictest of the lists' policies.
fn max_age(policies: &[&Policy]) -> SignedDuration {
    let ages = policies.iter().map(|policy| policy.check.max_age);
    ages.min().and_then(|age| SignedDuration::try_from(age).ok()).unwrap_or(SignedDuration::ZERO)
}

/// Looks at every target that is due and hands each look to `keep` as it comes. Looks that only say that
/// our own network may be down are handed on at the end, once it is known that it is not.
async fn look(
    context: &RunContext,
    settings: &LookSettings,
    probe: &dyn Probe,
    due: Vec<Target>,
    mut recorder: Option<Recorder>,
    mut keep: impl FnMut(&Observation) -> anyhow::Result<()>,
) -> anyhow::Result<Looked> {
    let mut progress = Progress::start(progress_mode(context), &due);
    let mut missing: HashSet<Target> = due.iter().cloned().collect();
    let deadline = settings.max_time.map(|budget| Instant::now() + budget);
    let mut looked = Looked::default();
    let mut guard = Guard::default();
    let mut held = Vec::new();
    let mut events = probe.look(due);
    while let Some(event) = next(&mut events, deadline).await {
        match event {
            Event::Seen(observation) => {
                missing.remove(&observation.target);
                progress.seen(&observation.target);
                if context.verbosity > 1 {
                    report::print_line(&seen(&observation));
                }
                guard.feed(&observation);
                if let Some(recorder) = &mut recorder {
                    recorder.keep(&observation)?;
                }
                if may_be_ours(&observation) {
                    held.push(observation.clone());
                } else {
                    keep(&observation)?;
                }
                looked.looks.push(observation);
            }
            Event::Notice(finding) => looked.notices.push(finding),
            Event::Waiting { whom, until } => progress.waiting(&whom, until),
        }
    }
    drop(events);
    progress.end();
    if settings.is_live() {
        believe(probe, guard).await?;
    }
    held.iter().try_for_each(keep)?;
    if !missing.is_empty() {
        if deadline.is_some() {
            looked.notices.push(out_of_time(missing.len()));
        }
        let mut missing: Vec<Target> = missing.into_iter().collect();
        missing.sort();
        looked.looks.extend(missing.into_iter().map(|target| not_looked(target, context.now)));
    }
    Ok(looked)
}

/// Stops a run whose failures are those of our own network. Where the list alone cannot tell, pages are asked
/// for that are there whenever the internet is.
async fn believe(probe: &dyn Probe, mut guard: Guard) -> anyhow::Result<()> {
    if guard.wants_control() {
        let pages = CONTROLS.iter().map(|page| Target::Page((*page).into())).collect();
        let mut events = probe.look(pages);
        while let Some(event) = events.next().await {
            if let Event::Seen(observation) = event {
                guard.feed_control(&observation);
            }
        }
    }
    guard.verdict().map_or(Ok(()), |finding| Err(ended(&finding)))
}

async fn next(events: &mut (impl StreamExt<Item = Event> + Unpin), deadline: Option<Instant>) -> Option<Event> {
    match deadline {
        Some(deadline) => timeout_at(deadline, events.next()).await.ok().flatten(),
        None => events.next().await,
    }
}

/// A look in one line, for a person.
fn seen(observation: &Observation) -> String {
    let target = observation.target.to_string();
    let answer = match &observation.seen {
        Seen::Alive(alive) => alive.moved_to.as_ref().map_or_else(|| "alive".to_owned(), |to| format!("moved to {to}")),
        Seen::Failed(failure) => format!("{} {}", failure.class, failure.detail),
    };
    format!("{}: {}", terminal(&target), terminal(answer.trim_end()))
}

/// A look that nobody took.
pub(crate) fn not_looked(target: Target, now: Timestamp) -> Observation {
    Observation { target, at: now, seen: Seen::Failed(Failure::of(FailureClass::NotLooked)) }
}

fn out_of_time(missing: usize) -> Finding {
    let links = if missing == 1 { "target was" } else { "targets were" };
    Finding::new(&notice::TIME_BUDGET, format!("the time budget ended: {missing} {links} not looked at"))
        .help("run again: what was seen is kept, and the rest comes first; or raise `--max-time`")
}

/// Whether a failed look could be the fault of our own network.
fn may_be_ours(observation: &Observation) -> bool {
    let Seen::Failed(failure) = &observation.seen else { return false };
    failure.status.is_none() && matches!(failure.class.weight(), Weight::Hard | Weight::Soft)
}

/// The error of a run that the network or an API ended.
fn ended(finding: &Finding) -> anyhow::Error {
    let told = told(finding);
    anyhow::anyhow!("{told}\nnothing was written; without network the job runs from recorded answers: `--replay FILE`")
}

/// A finding that ends the run, as the text of an error.
pub(crate) fn told(finding: &Finding) -> String {
    match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    }
}

fn progress_mode(context: &RunContext) -> ProgressMode {
    match (context.verbosity < 0, context.terminal, context.ci) {
        (true, ..) => ProgressMode::Silent,
        (_, _, true) => ProgressMode::Lines,
        (_, true, _) => ProgressMode::Bars,
        _ => ProgressMode::Silent,
    }
}
