//! The only asynchronous part of a run: it looks at targets and stores each look as it arrives.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout_at};

use crate::address::Target;
use crate::commands::caches::Caches;
use crate::commands::probes;
use crate::finding::{Finding, notice};
use crate::observation::{Failure, FailureClass, Observation, Seen, Symptom};
use crate::policy::Policy;
use crate::probe::github::Identity;
use crate::probe::guard::Guard;
use crate::probe::{Event, Probe};
use crate::report::{self, Progress, ProgressMode};
use crate::schedule::{Schedule, schedule};
use crate::settings::{Answers, LookSettings, RunContext};
use crate::store::Recorder;
use crate::text::escape::terminal;

/// The result of looking.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Every look, those included that were prevented.
    pub(crate) looks: Vec<Observation>,
    /// The findings of the probes.
    pub(crate) notices: Vec<Finding>,
    /// Whether the user interrupted it.
    pub(crate) is_interrupted: bool,
}

impl Looked {
    /// Whether every target was looked at.
    pub(crate) fn is_complete(&self) -> bool {
        self.looks.iter().all(Observation::is_made)
    }
}

/// The finding of an API that kept the run from every single target. With any other answer the run goes on: its
/// targets are unknown and the rest is reported.
fn nothing_answered(looked: &Looked) -> Option<&Finding> {
    if looked.looks.iter().any(Observation::is_made) {
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
    /// The days of the last looks that ledgers have.
    pub(crate) observed: BTreeMap<Target, Date>,
    /// What is stored of repositories: it finds those that lost their name.
    pub(crate) identities: BTreeMap<Target, Identity>,
}

/// Looks at what is wanted, unless the cache has a recent look at it, and stores each look in the caches.
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
    let observed = |target: &Target| wanted.observed.get(target).copied();
    let mut schedule = schedule(targets, caches.looks().filter(serves), observed, context.now, max_age(policies));
    let mut recorder = settings.record.as_deref().map(Recorder::create).transpose()?;
    if let Some(recorder) = &mut recorder {
        schedule.fresh.iter().try_for_each(|look| recorder.keep(look))?;
    }
    if schedule.due.is_empty() {
        return Ok(Looked { looks: schedule.fresh, ..Looked::default() });
    }
    schedule.due.sort_by_key(|target| !wanted.first.contains(target));
    let probe = probes::probe(settings, context, policies, wanted.anchors, wanted.identities).await?;
    if context.verbosity > 0 {
        let (kept, due) = (schedule.fresh.len(), schedule.due.len());
        report::print_line(&format!("{} targets: {kept} looks from the cache, {due} to look at", kept + due));
        probe.costs(&schedule.due).iter().for_each(|line| report::print_line(line));
    }
    let controls: BTreeSet<&String> = policies.iter().flat_map(|policy| &policy.guard.control_pages).collect();
    let mut session = Session::start(context, &*probe, &schedule, recorder, |look| caches.keep(look));
    session.deadline = settings.max_time.map(|budget| Instant::now() + budget);
    session.look(schedule.due).await?;
    if settings.is_live() && !session.looked.is_interrupted {
        session.ask_controls(&controls).await;
    }
    session.verify_network()?;
    if settings.is_live() && !session.looked.is_interrupted {
        session.look_again().await?;
    }
    let mut looked = session.finish();
    tokio::spawn(end_at_interrupt());
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

/// A failed look is repeated at the end of the run, if at least this much time has passed: the retries within a look
/// cover seconds, and a restart or a deploy of a site takes minutes.
const SECOND_LOOK_AFTER: Duration = Duration::from_secs(60);

/// Looking at the targets of one run.
struct Session<'a, K> {
    context: &'a RunContext,
    probe: &'a dyn Probe,
    progress: Progress,
    deadline: Option<Instant>,
    missing: HashSet<Target>,
    guard: Guard,
    recorder: Option<Recorder>,
    store: K,
    /// Looks that may be the fault of our own network: stored once it is known that it works.
    withheld: Vec<Observation>,
    /// Failed looks that can be repeated, with the time of each.
    failed: Vec<(Target, Instant)>,
    looked: Looked,
}

impl<'a, K: FnMut(&Observation) -> anyhow::Result<()>> Session<'a, K> {
    /// A session whose guard knows the cached looks, so that a resumed run is not taken for a broken network.
    fn start(
        context: &'a RunContext,
        probe: &'a dyn Probe,
        schedule: &Schedule,
        recorder: Option<Recorder>,
        store: K,
    ) -> Self {
        let mut guard = Guard::new();
        schedule.fresh.iter().for_each(|look| guard.feed(look));
        Self {
            context,
            probe,
            progress: Progress::start(progress_mode(context), &schedule.due),
            deadline: None,
            missing: schedule.due.iter().cloned().collect(),
            guard,
            recorder,
            store,
            withheld: Vec::new(),
            failed: Vec::new(),
            looked: Looked::default(),
        }
    }

    /// Looks at these targets until the time budget ends.
    async fn look(&mut self, targets: Vec<Target>) -> anyhow::Result<()> {
        let mut events = self.probe.look(targets);
        let mut interrupt = pin!(interrupted());
        loop {
            let event = tokio::select! {
                biased;
                () = &mut interrupt => {
                    self.looked.is_interrupted = true;
                    return Ok(());
                }
                event = next(&mut events, self.deadline) => event,
            };
            let Some(event) = event else { return Ok(()) };
            match event {
                Event::Seen(observation) => self.take(observation)?,
                Event::Notice(finding) => self.looked.notices.push(finding),
                Event::Waiting { whom, until } => self.progress.waiting(&whom, until),
            }
        }
    }

    fn take(&mut self, observation: Observation) -> anyhow::Result<()> {
        self.missing.remove(&observation.target);
        self.progress.seen(&observation.target);
        if self.context.verbosity > 1 {
            report::print_line(&describe(&observation));
        }
        self.guard.feed(&observation);
        if let Some(recorder) = &mut self.recorder {
            recorder.keep(&observation)?;
        }
        if let Seen::Failed(failure) = &observation.seen
            && failure.class.is_evidence()
            && matches!(observation.target, Target::Page(_))
        {
            self.failed.push((observation.target.clone(), Instant::now()));
        }
        if may_be_our_network(&observation) {
            self.withheld.push(observation.clone());
        } else {
            (self.store)(&observation)?;
        }
        self.looked.looks.push(observation);
        Ok(())
    }

    /// Asks the control pages, where the list alone leaves doubt about our own network.
    async fn ask_controls(&mut self, pages: &BTreeSet<&String>) {
        if !self.guard.wants_control() {
            return;
        }
        let pages = pages.iter().map(|page| Target::Page(page.as_str().into())).collect();
        let mut events = self.probe.look(pages);
        while let Some(event) = events.next().await {
            if let Event::Seen(observation) = event {
                self.guard.feed_control(&observation);
            }
        }
    }

    /// Ends a run whose failures are those of our own network; else stores what was withheld.
    fn verify_network(&mut self) -> anyhow::Result<()> {
        if let Some(finding) = self.guard.verdict() {
            return Err(ended(&finding));
        }
        std::mem::take(&mut self.withheld).iter().try_for_each(&mut self.store)
    }

    /// Looks once more at the pages that failed a while ago.
    async fn look_again(&mut self) -> anyhow::Result<()> {
        let failed = std::mem::take(&mut self.failed).into_iter();
        let again: BTreeSet<Target> =
            failed.filter(|(_, at)| at.elapsed() >= SECOND_LOOK_AFTER).map(|(target, _)| target).collect();
        if again.is_empty() {
            return Ok(());
        }
        self.look(again.into_iter().collect()).await?;
        std::mem::take(&mut self.withheld).iter().try_for_each(&mut self.store)
    }

    /// Everything that was seen; what the time budget left out is `not_looked`.
    fn finish(mut self) -> Looked {
        self.progress.end();
        if self.looked.is_interrupted {
            self.looked.notices.push(interruption(self.missing.len()));
        }
        if !self.missing.is_empty() {
            if self.deadline.is_some() && !self.looked.is_interrupted {
                self.looked.notices.push(out_of_time(self.missing.len()));
            }
            let mut missing: Vec<Target> = self.missing.into_iter().collect();
            missing.sort();
            let now = self.context.now;
            self.looked.looks.extend(missing.into_iter().map(|target| not_looked(target, now)));
        }
        self.looked
    }
}

/// Ends when the user interrupts the run (Ctrl-C, SIGINT).
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the signal ends the process, as it always did.
        std::future::pending::<()>().await;
    }
}

/// Ends the process at an interrupt, once there is nothing more to report of it: the handler that is set would swallow it.
async fn end_at_interrupt() {
    interrupted().await;
    std::process::exit(2);
}

fn interruption(missing: usize) -> Finding {
    let links = if missing == 1 { "target was" } else { "targets were" };
    Finding::new(&notice::INTERRUPTED, format!("the run was interrupted: {missing} {links} not looked at"))
        .help("run again: what was seen is kept and not asked for again")
}

async fn next(events: &mut (impl StreamExt<Item = Event> + Unpin), deadline: Option<Instant>) -> Option<Event> {
    match deadline {
        Some(deadline) => timeout_at(deadline, events.next()).await.ok().flatten(),
        None => events.next().await,
    }
}

/// A look in one line, for a person.
fn describe(observation: &Observation) -> String {
    let target = observation.target.to_string();
    let answer = match &observation.seen {
        Seen::Alive(alive) => alive.moved_to.as_ref().map_or_else(|| "alive".to_owned(), |to| format!("moved to {to}")),
        Seen::Failed(failure) => format!("{} {}", failure.class, failure.detail),
    };
    format!("{}: {}", terminal(&target), terminal(answer.trim_end()))
}

/// The look at a target that was not looked at.
pub(crate) fn not_looked(target: Target, now: Timestamp) -> Observation {
    Observation { target, at: now, seen: Seen::Failed(Failure::of(FailureClass::NotLooked)) }
}

fn out_of_time(missing: usize) -> Finding {
    let links = if missing == 1 { "target was" } else { "targets were" };
    Finding::new(&notice::TIME_BUDGET, format!("the time budget ended: {missing} {links} not looked at"))
        .help("run again: what was seen is kept, and the rest comes first; or raise `--max-time`")
}

/// Whether a failed look could be the fault of our own network.
fn may_be_our_network(observation: &Observation) -> bool {
    let Seen::Failed(failure) = &observation.seen else { return false };
    failure.status.is_none() && failure.class.traits().network != Symptom::Never
}

/// The error of a run that the network or an API ended.
fn ended(finding: &Finding) -> anyhow::Error {
    let text = error_text(finding);
    anyhow::anyhow!("{text}\nnothing was written; without network the job runs from recorded answers: `--replay FILE`")
}

/// A finding that ends the run, as the text of an error.
pub(crate) fn error_text(finding: &Finding) -> String {
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
