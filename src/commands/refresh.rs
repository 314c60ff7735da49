//! `pomona refresh`: looks, fetches, remembers, ranks and writes the list.

use std::io::Write;
use std::path::Path;

use tokio::time::Instant;

use crate::commands::archives::add_copies;
use crate::commands::caches::Caches;
use crate::commands::check::{apply_rules, links};
use crate::commands::failures::Failures;
use crate::commands::judgements::{accepted, between, identities, observed, refreshed, stored, wanted};
use crate::commands::list_folder::ListFolder;
use crate::commands::look::{Looked, Wanted, see};
use crate::commands::output::{list_written, preview, write_report, wrote};
use crate::commands::star_history::star_gains;
use crate::commands::write::{Written, write};
use crate::finding::Level;
use crate::judgement::Judgements;
use crate::ledger::HistoryNews;
use crate::news::News;
use crate::observation;
use crate::plan::Plan;
use crate::report::{CheckReport, Format, Sources};
use crate::settings::{LookSettings, RefreshSettings, RunContext};
use crate::store;

/// What became of one list.
struct Done {
    name: String,
    text: String,
    checked: CheckReport,
    plan: Plan,
    news: News,
    is_interrupted: bool,
}

/// Refreshes the lists in these folders, one after the other, and reports all of them at once. Where one fails, the
/// others are refreshed and reported all the same.
pub(crate) async fn refresh(
    settings: &RefreshSettings,
    context: &RunContext,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    let (mut report, mut sources, mut plans) = (CheckReport::whole(), Vec::new(), Vec::new());
    let mut failures = Failures::default();
    for folder in &settings.folders {
        if let Some(done) = failures.take(one(folder, settings, context).await) {
            report.join(done.checked);
            if done.is_interrupted {
                write_report(&report, &Sources::new([(done.name, done.text)]), &settings.output, context, out)?;
                return Ok(2);
            }
            if settings.dry_run && settings.output.format == Format::Text {
                preview(&done.plan, &done.news, context.color, out)?;
            }
            plans.push((done.name.clone(), done.plan));
            sources.push((done.name, done.text));
        }
    }
    if let Some(file) = settings.list_written.as_deref().filter(|_| !settings.dry_run) {
        list_written(file, plans.iter().map(|(_, plan)| plan))?;
    }
    if plans.is_empty() {
        return failures.end(0);
    }
    report.complete &= failures.is_empty();
    if settings.dry_run && settings.output.format == Format::Text {
        writeln!(out)?;
    }
    let code = write_report(&report, &Sources::new(sources), &settings.output, context, out)?;
    if settings.output.format == Format::Text && context.verbosity >= 0 && !settings.dry_run {
        plans.iter().try_for_each(|(name, plan)| wrote(plan, name, out))?;
    }
    failures.end(code)
}

async fn one(folder: &Path, settings: &RefreshSettings, context: &RunContext) -> anyhow::Result<Done> {
    let list = ListFolder::open_folder(folder, &settings.overrides)?;
    let deadline = settings.look.max_time.map(|budget| Instant::now() + budget);
    let mut caches = Caches::open(std::slice::from_ref(&list), &settings.look, context, true)?;
    let targets = wanted(&list, settings.look.scope, observation::day(context.now));
    let (identities, observed) = (identities(&list), observed(&list).collect());
    let targets = Wanted { targets, observed, identities, ..Wanted::default() };
    let mut looked = see(context, &settings.look, &[&list.policy], targets, &mut caches).await?;
    let accepted = accepted(&list, &looked.looks, context.now)?;
    looked.notices.extend(accepted.finding.clone());
    let judgements = refreshed(&list, &accepted, context.now);
    let is_interrupted = looked.is_interrupted;
    let look = if is_interrupted { &LookSettings::stored() } else { &settings.look };
    let (judgements, finding) = add_copies(&list, judgements, look, context, &mut caches).await?;
    looked.notices.extend(finding);
    let (gains, finding) = star_gains(&list, &judgements, &settings.look, context, &mut caches, deadline).await?;
    looked.notices.extend(finding);
    let news = HistoryNews { points: list.history.news(&accepted.looks), gains };
    let written = write(&list, &judgements, &news)?;
    let news = between(&list, &stored(&list), &list, &judgements);
    let checked = checked(&list, &judgements, &looked, &written, settings, context);
    if !settings.dry_run && !is_interrupted {
        store::apply(&written.plan, list.folder.path())?;
    }
    Ok(Done { name: list.name.clone(), text: list.page.text, checked, plan: written.plan, news, is_interrupted })
}

/// The report of a refresh. What is dead is written into the list, so it warns and does not fail.
fn checked(
    list: &ListFolder,
    judgements: &Judgements,
    looked: &Looked,
    written: &Written,
    settings: &RefreshSettings,
    context: &RunContext,
) -> CheckReport {
    let mut findings = looked.notices.clone();
    findings.extend(list.findings.iter().cloned());
    findings.extend(written.findings.iter().cloned());
    findings.extend(apply_rules(list, judgements, None, context).findings);
    for finding in &mut findings {
        finding.level = finding.level.max(Level::Warning);
    }
    let links = links([(list, judgements, None)], settings.look.scope);
    CheckReport { complete: looked.is_complete(), links, findings, ..CheckReport::default() }
}
