//! `pomona refresh`: looks, fetches, remembers, ranks and writes the list.

use std::io::Write;
use std::path::Path;

use anyhow::bail;

use crate::cli;
use crate::finding::Level;
use crate::ledger;
use crate::observation;
use crate::report::{Checked, Format, Sources};
use crate::run::caches::Caches;
use crate::run::check::{links, ruled};
use crate::run::judge::{Bench, wanted};
use crate::run::list::List;
use crate::run::look::{Looked, see, told};
use crate::run::tell::{tell, wrote};
use crate::run::write::{Written, write};
use crate::settings::Door;
use crate::store;
use crate::verdict::Newness;

/// Refreshes the lists in these folders, one after the other.
pub(crate) async fn refresh(args: &cli::Refresh, door: &Door, out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut code = 0;
    for folder in &args.folders {
        code = code.max(one(folder, args, door, out).await?);
    }
    Ok(code)
}

async fn one(folder: &Path, args: &cli::Refresh, door: &Door, out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut list = List::open_folder(folder)?;
    if let Some(rewrite) = args.rewrite {
        list.page.policy.rewrite = rewrite;
    }
    let mut caches = Caches::open(std::slice::from_ref(&list), &args.look, door, true)?;
    let targets = wanted(&list, args.look.only, observation::day(door.now));
    let looked = see(door, &args.look, &[&list.policy], targets, &mut caches).await?;
    if let Some(alarm) = ledger::alarm(&list.ledger, &looked.looks, &list.policy.guard) {
        bail!(told(&alarm));
    }
    let bench = Bench::new(&list, caches.looks(), &looked.looks, door.now, Newness::Known);
    let news = list.history.news(&looked.looks);
    let written = write(&list, &bench, &news)?;
    let checked = checked(&list, &bench, &looked, &written, args, door);
    let sources = Sources::new([(list.name.clone(), list.text.clone())]);
    if args.dry_run {
        write!(out, "{}", written.plan)?;
        return Ok(crate::run::tell::exit_code(&checked, args.tell.strict));
    }
    store::apply(&written.plan)?;
    let code = tell(&checked, &sources, &args.tell, door, out)?;
    if args.tell.format == Format::Text && door.voice >= 0 {
        wrote(&written.plan, &list.name, out)?;
    }
    Ok(code)
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
