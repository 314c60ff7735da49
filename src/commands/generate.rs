//! `pomona generate`: renders the list from what is remembered. It looks at nothing and remembers nothing.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::commands::failures::Failures;
use crate::commands::judgements::stored;
use crate::commands::list_folder::ListFolder;
use crate::commands::output::wrote;
use crate::commands::write::{export, render};
use crate::finding::Finding;
use crate::plan::Plan;
use crate::settings::{GenerateMode, Overrides};
use crate::store;
use crate::text::escape::terminal;

/// Renders the lists in these folders.
pub(crate) fn generate(folders: &[PathBuf], mode: GenerateMode, out: &mut dyn Write) -> anyhow::Result<u8> {
    let (mut code, mut failures) = (0, Failures::default());
    for folder in folders {
        code = code.max(failures.take(one(folder, mode, out)).unwrap_or_default());
    }
    failures.end(code)
}

fn one(folder: &Path, mode: GenerateMode, out: &mut dyn Write) -> anyhow::Result<u8> {
    let list = ListFolder::open_folder(folder, &Overrides::default())?;
    let judgements = stored(&list);
    if let GenerateMode::Export(format) = mode {
        out.write_all(export(&list, &judgements, format)?.as_bytes())?;
        return Ok(0);
    }
    let written = render(&list, &judgements)?;
    let mut code = 0;
    if mode == GenerateMode::Diff {
        write!(out, "{}", written.plan)?;
    } else if mode == GenerateMode::Check {
        code = u8::from(!written.plan.is_empty());
        stale(&written.plan, out)?;
    } else {
        store::apply(&written.plan, list.folder.path())?;
        wrote(&written.plan, &list.name, out)?;
    }
    tell(&written.findings, out)?;
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
