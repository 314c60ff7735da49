//! `pomona generate`: renders the list from what is remembered. It looks at nothing and remembers nothing.

use std::io::Write;

use crate::cli;
use crate::commands::judgements::Judgements;
use crate::commands::list_folder::ListFolder;
use crate::commands::output::wrote;
use crate::commands::write::{export, render};
use crate::finding::Finding;
use crate::plan::Plan;
use crate::report::escape::terminal;
use crate::settings::RunContext;
use crate::store;
use crate::verdict::ConfirmationMode;

/// Renders the lists in these folders.
pub(crate) fn generate(args: &cli::Generate, context: &RunContext, out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut code = 0;
    for folder in &args.folders {
        let list = ListFolder::open_folder(folder)?;
        let judgements = Judgements::new(&list, &[], &[], context.now, ConfirmationMode::Required);
        if let Some(form) = args.export {
            out.write_all(export(&list, &judgements, form)?.as_bytes())?;
            continue;
        }
        let written = render(&list, &judgements)?;
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
