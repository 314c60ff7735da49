//! `pomona refresh`: looks, fetches, remembers, ranks and writes the list.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::commands::archives::Copies;
use crate::commands::caches::Caches;
use crate::commands::check::{apply_rules, links};
use crate::commands::failures::{Failures, is_broken_pipe};
use crate::commands::judgements::{accepted, between, refreshed, stored};
use crate::commands::list_folder::{ListFolder, expanded_all};
use crate::commands::look::{Looker, is_complete};
use crate::commands::output::{Reports, list_written, preview, wrote};
use crate::commands::star_history::star_gains;
use crate::commands::survey::{Opened, Survey, wanted_by};
use crate::commands::write::{Written, write};
use crate::finding::{Finding, Level};
use crate::judgement::Judgements;
use crate::ledger::HistoryNews;
use crate::observation::{self, Observation};
use crate::report::{CheckReport, Format, Sources};
use crate::settings::{LookSettings, RefreshSettings, RunContext};
use crate::store;

/// Refreshes the lists in these folders: each target is looked at once for all of them, and each list is judged by its own
/// policy, written and reported as soon as its group is known. Where one fails, the others are done all the same.
pub(crate) async fn refresh(
    settings: &RefreshSettings,
    context: &RunContext,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    let mut failures = Failures::default();
    let open = |path: &Path| ListFolder::open_folder(path, &settings.overrides);
    let paths = expanded_all(&settings.folders, &mut failures);
    let several = paths.len() > 1 || settings.folders.len() > 1;
    let (mut survey, needs) = Survey::of(&paths, &settings.look, context, open, &mut failures);
    let done = needs.lists;
    let mut run = Run {
        settings,
        context,
        several,
        looker: Looker::start(context, &settings.look, needs)?,
        copies: Copies::default(),
        reports: Reports::new(&settings.output, context, several),
        written: Vec::new(),
        closed: false,
        is_interrupted: false,
    };
    for group in survey.take_groups() {
        let mut caches = Caches::default();
        let cache = |list: &ListFolder| caches.add(list, &settings.look, context, true);
        let lists = survey.open(&group, open, cache, &mut failures);
        if !run.group(&lists, &mut caches, &mut failures, out).await {
            break;
        }
    }
    let is_interrupted = run.is_interrupted;
    let out: &mut dyn Write = if run.closed { &mut std::io::sink() } else { out };
    if let Some(file) = settings.list_written.as_deref().filter(|_| !settings.dry_run) {
        list_written(file, run.written.iter().map(PathBuf::as_path))?;
    }
    if done == 0 {
        return failures.end(0);
    }
    let code = run.reports.end(failures.is_empty(), out)?;
    failures.end(if is_interrupted { 2 } else { code })
}

/// What the lists of a run share.
struct Run<'a> {
    settings: &'a RefreshSettings,
    context: &'a RunContext,
    several: bool,
    looker: Looker<'a>,
    copies: Copies,
    reports: Reports<'a>,
    written: Vec<PathBuf>,
    /// Whether the reader of our output closed it: the lists are done all the same.
    closed: bool,
    /// Whether the user interrupted it: what was seen is reported, and no list is written.
    is_interrupted: bool,
}

impl Run<'_> {
    /// Looks for a group of lists and does one after the other: whether the run can go on.
    async fn group(
        &mut self,
        lists: &[ListFolder],
        caches: &mut Caches,
        failures: &mut Failures,
        out: &mut dyn Write,
    ) -> bool {
        let today = observation::day(self.context.now);
        let wanted = wanted_by(lists, &self.settings.look, today);
        let Some(mut looked) = failures.take(self.looker.see(wanted, caches).await) else { return false };
        self.is_interrupted = looked.is_interrupted;
        if self.several {
            self.reports.notices(&std::mem::take(&mut looked.notices));
        }
        for list in lists {
            let looks = looked.take(lists.len(), || list.due(self.settings.look.scope, today));
            let out: &mut dyn Write = if self.closed { &mut std::io::sink() } else { out };
            let done = self.list(list, looks, &looked.notices, caches, out).await;
            self.closed |= done.as_ref().is_err_and(is_broken_pipe);
            failures.take(done);
        }
        !self.is_interrupted
    }

    async fn list(
        &mut self,
        list: &ListFolder,
        looks: Vec<Observation>,
        notices: &[Finding],
        caches: &mut Caches,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let (settings, context) = (self.settings, self.context);
        let complete = is_complete(&looks);
        let accepted = accepted(list, looks, context.now)?;
        let mut findings = notices.to_vec();
        findings.extend(accepted.finding.clone());
        let judgements = refreshed(list, &accepted, context.now);
        let look = if self.is_interrupted { &LookSettings::stored() } else { &settings.look };
        let run = (look, context, self.looker.deadline());
        let (judgements, finding) = self.copies.add(list, judgements, run, caches).await?;
        findings.extend(finding);
        let (gains, finding) = star_gains(list, &judgements, look, context, caches, self.looker.deadline()).await?;
        findings.extend(finding);
        let news = HistoryNews { points: list.history.news(&accepted.looks), gains };
        let written = write(list, &judgements, &news)?;
        let mut report = checked(list, &judgements, findings, &written, settings, context);
        report.complete = complete;
        let is_text = settings.output.format == Format::Text;
        if settings.dry_run && is_text && !self.is_interrupted {
            let news = between(list, &stored(list), list, &judgements);
            preview(&written.plan, &news, context.color, out)?;
            writeln!(out)?;
        }
        if !settings.dry_run && !self.is_interrupted {
            store::apply(&written.plan, list.folder.path())?;
            self.written.extend(written.plan.changes().iter().map(|change| change.path.clone()));
        }
        let sources = Sources::new(list.texts());
        self.reports.write(report, &sources, &list.name, out)?;
        let is_written = !settings.dry_run && !self.is_interrupted;
        if is_text && context.verbosity >= 0 && is_written {
            wrote(&written.plan, &list.name, out)?;
        }
        Ok(())
    }
}

/// The report of a refresh. What is dead is written into the list, so it warns and does not fail.
fn checked(
    list: &ListFolder,
    judgements: &Judgements,
    mut findings: Vec<Finding>,
    written: &Written,
    settings: &RefreshSettings,
    context: &RunContext,
) -> CheckReport {
    findings.extend(list.findings.iter().cloned());
    findings.extend(written.findings.iter().cloned());
    // What this run rewrites is corrected: it needs nobody's attention.
    let is_rewritten = |finding: &Finding| {
        let place = finding.place.as_ref().map(|place| (place.file.clone(), place.line, place.column));
        matches!(finding.code, "renamed-repository" | "moved-page")
            && place.is_some_and(|place| written.rewritten.contains(&place))
    };
    let breaches = apply_rules(list, judgements, None, context).findings;
    findings.extend(breaches.into_iter().filter(|finding| !is_rewritten(finding)));
    for finding in &mut findings {
        finding.level = finding.level.max(Level::Warning);
    }
    let links = links(list, judgements, None, settings.look.scope);
    CheckReport { links, findings, ..CheckReport::default() }
}
