//! The only asynchronous part of a run: it looks at targets and stores each look as it arrives.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::address::Target;
use crate::commands::caches::Caches;
use crate::commands::probes;
use crate::commands::survey::Needs;
use crate::finding::{Finding, notice};
use crate::observation::{Failure, FailureClass, Observation, Seen, Symptom};
use crate::probe::github::Identity;
use crate::probe::guard::Guard;
use crate::probe::{Event, Probe};
use crate::report::{self, Progress, ProgressMode};
use crate::schedule::{Schedule, schedule};
use crate::settings::{Answers, LookSettings, RunContext};
use crate::shard::{Shard, Share};
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
    /// The looks at the targets of one of so many lists, in the order in which they were made. All are of the only list.
    pub(crate) fn take(&mut self, lists: usize, targets: impl FnOnce() -> BTreeSet<Target>) -> Vec<Observation> {
        if lists == 1 {
            return std::mem::take(&mut self.looks);
        }
        let targets = targets();
        self.looks.iter().filter(|look| targets.contains(&look.target)).cloned().collect()
    }
}

/// Whether every target was looked at.
pub(crate) fn is_complete(looks: &[Observation]) -> bool {
    looks.iter().all(Observation::is_made)
}

/// The finding of an API that kept the run from every single target. With any other answer the run goes on: its
/// targets are unknown and the rest is reported.
fn nothing_answered(looked: &Looked) -> Option<&Finding> {
    if looked.looks.iter().any(Observation::is_made) {
        return None;
    }
    looked.notices.iter().find(|finding| matches!(finding.code, "github-unreachable" | "github-token-refused"))
}

/// What a group of lists wants to look at.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// All of it, each with the longest age of a cached look that serves.
    pub(crate) targets: BTreeMap<Target, SignedDuration>,
    /// The days of the last looks that ledgers have.
    pub(crate) observed: BTreeMap<Target, Date>,
    /// What is stored of repositories: it finds those that lost their name.
    pub(crate) identities: BTreeMap<Target, Identity>,
}

/// Looks for all lists of one run, group by group: one probe, whose hosts and APIs keep their pace and their limits, one
/// budget of time, one recording.
pub(crate) struct Looker<'a> {
    context: &'a RunContext,
    settings: &'a LookSettings,
    needs: Needs,
    share: Option<Share>,
    probe: Option<Box<dyn Probe>>,
    recorder: Option<Recorder>,
    deadline: Option<Instant>,
    /// The looks that lists of later groups need too.
    shared: HashMap<Target, Vec<Observation>>,
    /// The targets that the budget of time left out so far.
    left_out: usize,
    /// Whether an earlier group was looked at.
    has_seen: bool,
    /// Ends the process at an interrupt between two groups.
    interrupt: Option<JoinHandle<()>>,
}

impl<'a> Looker<'a> {
    /// Sets up the recording; nothing is sent.
    pub(crate) fn start(context: &'a RunContext, settings: &'a LookSettings, needs: Needs) -> anyhow::Result<Self> {
        let share = (settings.shard != Shard::WHOLE).then(|| needs.costs.share(settings.shard));
        let part = share.as_ref().map(|share| &share.part);
        let record = settings.record.as_deref().filter(|_| settings.answers != Answers::Stored);
        let recorder = record.map(|file| Recorder::create(file, part)).transpose()?;
        let deadline = settings.max_time.map(|budget| Instant::now() + budget);
        Ok(Self {
            context,
            settings,
            needs,
            share,
            probe: None,
            recorder,
            deadline,
            shared: HashMap::new(),
            left_out: 0,
            has_seen: false,
            interrupt: None,
        })
    }

    /// When the budget of time ends.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Looks at what a group wants, unless a cache has a recent look at it or an earlier group looked at it, and stores
    /// each look in the caches.
    pub(crate) async fn see(&mut self, wanted: Wanted, caches: &mut Caches) -> anyhow::Result<Looked> {
        if self.settings.answers == Answers::Stored {
            return Ok(Looked::default());
        }
        let mut targets = wanted.targets;
        targets.retain(|target, _| self.share.as_ref().is_none_or(|share| share.takes(target)));
        let names: Vec<Target> = targets.keys().cloned().collect();
        let shared = self.take_shared(&mut targets, caches)?;
        let needs = &self.needs;
        let serves = |look: &&Observation| match &look.seen {
            Seen::Alive(alive) => {
                let is_page = alive.status.is_some();
                let lacks_anchors = is_page && alive.anchors.is_none() && needs.anchors.contains(&look.target);
                let lacks_details = alive.details.is_none() && needs.details.contains(&look.target);
                !lacks_anchors && !lacks_details
            }
            Seen::Failed(_) => true,
        };
        let observed = |target: &Target| wanted.observed.get(target).copied();
        let mut schedule = schedule(targets, caches.looks().filter(serves), observed, self.context.now);
        if let Some(recorder) = &mut self.recorder {
            schedule.fresh.iter().try_for_each(|look| recorder.keep(look))?;
        }
        schedule.fresh.extend(shared);
        let looked = if schedule.due.is_empty() {
            Looked { looks: schedule.fresh, ..Looked::default() }
        } else {
            self.look(schedule, wanted.identities, caches).await?
        };
        self.share_looks(&names, &looked.looks);
        Ok(looked)
    }

    /// Takes out the targets that an earlier group looked at, with their looks, and stores those of this run.
    fn take_shared(
        &mut self,
        targets: &mut BTreeMap<Target, SignedDuration>,
        caches: &mut Caches,
    ) -> anyhow::Result<Vec<Observation>> {
        let mut looks = Vec::new();
        targets.retain(|target, _| {
            let found = self.shared.get(target);
            looks.extend(found.into_iter().flatten().cloned());
            found.is_none()
        });
        let is_of_this_run = |look: &&Observation| look.is_made() && look.at >= self.context.now;
        looks.iter().filter(is_of_this_run).try_for_each(|look| caches.keep(look))?;
        Ok(looks)
    }

    /// Keeps the looks that a later group needs, and drops those that none does any more.
    fn share_looks(&mut self, targets: &[Target], looks: &[Observation]) {
        let mut again = HashSet::new();
        for target in targets {
            if self.needs.is_needed_again(target) {
                again.extend((!self.shared.contains_key(target)).then_some(target));
            } else {
                self.shared.remove(target);
            }
        }
        for look in looks.iter().filter(|look| again.contains(&look.target)) {
            self.shared.entry(look.target.clone()).or_default().push(look.clone());
        }
    }

    async fn look(
        &mut self,
        schedule: Schedule,
        identities: BTreeMap<Target, Identity>,
        caches: &mut Caches,
    ) -> anyhow::Result<Looked> {
        let probe = match self.probe.take() {
            Some(probe) => self.probe.insert(probe),
            None => self.probe.insert(probes::probe(self.settings, self.context, &self.needs).await?),
        };
        probe.prepare(identities);
        if let Some(interrupt) = self.interrupt.take() {
            interrupt.abort();
        }
        if self.context.verbosity > 0 {
            let (kept, due) = (schedule.fresh.len(), schedule.due.len());
            report::print_line(&format!("{} targets: {kept} looks from the cache, {due} to look at", kept + due));
            probe.costs(&schedule.due).iter().for_each(|line| report::print_line(line));
        }
        let mut session =
            Session::start(self.context, &**probe, &schedule, self.recorder.as_mut(), |look| caches.keep(look));
        (session.deadline, session.left_out) = (self.deadline, self.left_out);
        session.look(schedule.due).await?;
        if self.settings.is_live() && !session.looked.is_interrupted {
            session.ask_controls(&self.needs.controls).await;
        }
        session.verify_network()?;
        if self.settings.is_live() && !session.looked.is_interrupted {
            session.look_again().await?;
        }
        self.left_out = session.left_out + session.missing.len();
        let mut looked = session.finish();
        self.interrupt = Some(tokio::spawn(end_at_interrupt()));
        if let Some(finding) = nothing_answered(&looked).filter(|_| schedule.fresh.is_empty() && !self.has_seen) {
            return Err(ended(finding));
        }
        self.has_seen = true;
        looked.looks.extend(schedule.fresh);
        Ok(looked)
    }
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
    /// The targets that the budget of time left out in earlier groups.
    left_out: usize,
    guard: Guard,
    recorder: Option<&'a mut Recorder>,
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
        recorder: Option<&'a mut Recorder>,
        store: K,
    ) -> Self {
        let mut guard = Guard::new();
        schedule.fresh.iter().for_each(|look| guard.feed(look));
        Self {
            context,
            probe,
            progress: Progress::start(progress_mode(context), &schedule.due),
            deadline: None,
            left_out: 0,
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
    async fn ask_controls(&mut self, pages: &BTreeSet<String>) {
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
                self.looked.notices.push(out_of_time(self.left_out + self.missing.len()));
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
