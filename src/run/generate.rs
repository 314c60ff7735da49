//! `pomona generate`: renders the list from what is remembered. It looks at nothing and remembers nothing.

use std::io::Write;

use crate::cli;
use crate::finding::Finding;
use crate::plan::Plan;
use crate::report::escape::terminal;
use crate::run::judge::Bench;
use crate::run::list::List;
use crate::run::tell::wrote;
use crate::run::write::{export, render};
use crate::settings::Door;
use crate::store;
use crate::verdict::Newness;

/// Renders the lists in these folders.
pub(crate) fn generate(args: &cli::Generate, door: &Door, out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut code = 0;
    for folder in &args.folders {
        let list = List::open_folder(folder)?;
        let bench = Bench::new(&list, &[], &[], door.now, Newness::Known);
        if let Some(form) = args.export {
            out.write_all(export(&list, &bench, form)?.as_bytes())?;
            continue;
        }
        let written = render(&list, &bench)?;
        if args.dry_run {
            write!(out, "{}", written.plan)?;
        } else if args.check {
            code = code.max(u8::from(!written.plan.is_empty()));
            stale(&written.plan, out)?;
        } else {
            store::apply(&written.plan)?;
            wrote(&written.plan, &list.name, out)?;
        }
        tell(&written.findings, out)?;
    }
    Ok(code)
}

fn stale(plan: &Plan, out: &mut dyn Write) -> anyhow::Result<()> {
    for change in plan.changes() {
        let (added, removed) = change.size();
        writeln!(out, "{}: out of date (+{added} −{removed}); run `pomona generate`", change.path.display())?;
    }
    Ok(())
}

fn tell(findings: &[Finding], out: &mut dyn Write) -> anyhow::Result<()> {
    for finding in findings {
        writeln!(out, "{}: {}", finding.level, terminal(&finding.message))?;
    }
    Ok(())
}
