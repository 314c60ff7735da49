//! `pomona refresh`: looks, fetches, remembers, ranks and writes the list.

use std::io::Write;
use std::path::Path;

use anyhow::bail;

use crate::cli;
use crate::finding::Level;
use crate::ledger;
use crate::observation;
use crate::plan::Plan;
use crate::report::{Checked, Format, Sources};
use crate::run::caches::Caches;
use crate::run::check::{links, ruled};
use crate::run::judge::{Bench, wanted};
use crate::run::list::List;
use crate::run::look::{Looked, Wanted, see, told};
use crate::run::tell::{exit_code, tell, wrote};
use crate::run::write::{Written, write};
use crate::settings::Door;
use crate::store;
use crate::verdict::Newness;

/// What became of one list.
struct Done {
    name: String,
    text: String,
    checked: Checked,
    plan: Plan,
}

/// Refreshes the lists in these folders, one after the other, and tells of all of them in one report. Where one
/// cannot be done, those before it are told.
pub(crate) async fn refresh(args: &cli::Refresh, door: &Door, out: &mut dyn Write) -> anyhow::Result<u8> {
    let (mut report, mut sources, mut plans) = (Checked::whole(), Vec::new(), Vec::new());
    let mut failed = None;
    for folder in &args.folders {
        match one(folder, args, door).await {
            Ok(done) => {
                report.join(done.checked);
                plans.push((done.name.clone(), done.plan));
                sources.push((done.name, done.text));
            }
            Err(why) => {
                failed = Some(why);
                break;
            }
        }
    }
    if let Some(why) = failed.take_if(|_| plans.is_empty()) {
        return Err(why);
    }
    report.complete &= failed.is_none();
    let code = if args.dry_run {
        plans.iter().try_for_each(|(_, plan)| write!(out, "{plan}"))?;
        exit_code(&report, args.tell.strict)
    } else {
        tell(&report, &Sources::new(sources), &args.tell, door, out)?
    };
    if args.tell.format == Format::Text && door.voice >= 0 && !args.dry_run {
        plans.iter().try_for_each(|(name, plan)| wrote(plan, name, out))?;
    }
    failed.map_or(Ok(code), Err)
}

async fn one(folder: &Path, args: &cli::Refresh, door: &Door) -> anyhow::Result<Done> {
    let mut list = List::open_folder(folder)?;
    if let Some(rewrite) = args.rewrite {
        list.page.policy.rewrite = rewrite;
    }
    let mut caches = Caches::open(std::slice::from_ref(&list), &args.look, door, true)?;
    let targets = wanted(&list, args.look.only, observation::day(door.now));
    let targets = Wanted { targets, ..Wanted::default() };
    let looked = see(door, &args.look, &[&list.policy], targets, &mut caches).await?;
    if let Some(alarm) = ledger::alarm(&list.ledger, &looked.looks, &list.policy.guard) {
        bail!(told(&alarm));
    }
    let bench = Bench::new(&list, caches.looks(), &looked.looks, door.now, Newness::Known);
    let news = list.history.news(&looked.looks);
    let written = write(&list, &bench, &news)?;
    let checked = checked(&list, &bench, &looked, &written, args, door);
    if !args.dry_run {
        store::apply(&written.plan)?;
    }
    Ok(Done { name: list.name.clone(), text: list.page.text, checked, plan: written.plan })
}

/// The report of a refresh. What is dead is written into the list, so it warns and does not fail.
fn checked(
    list: &List,
    bench: &Bench,
    looked: &Looked,
    written: &Written,
    args: &cli::Refresh,
    door: &Door,
) -> Checked {
    let mut findings = looked.notices.clone();
    findings.extend(list.findings.iter().cloned());
    findings.extend(written.findings.iter().cloned());
    findings.extend(ruled(list, bench, None, door));
    for finding in &mut findings {
        finding.level = finding.level.max(Level::Warning);
    }
    let links = links([(list, bench)], args.look.only);
    Checked { complete: looked.is_complete(), links, findings }
}
