//! Writes a report to standard output and to the files of `--output`.

use std::io::Write;

use crate::finding::Level;
use crate::plan::Plan;
use crate::report::{CheckReport, Palette, Sources, TextOptions};
use crate::settings::{OutputSettings, RunContext};
use crate::store;

/// Writes a check in every format that was asked for, and returns its exit code.
pub(crate) fn write_report(
    checked: &CheckReport,
    sources: &Sources,
    settings: &OutputSettings,
    context: &RunContext,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    for output in &settings.files {
        let mut text = Vec::new();
        output.format.write(
            checked,
            sources,
            &TextOptions { verbosity: context.verbosity, ..TextOptions::default() },
            &mut text,
        )?;
        store::write(&output.file, &String::from_utf8_lossy(&text))?;
    }
    let palette = if context.color { Palette::colour() } else { Palette::plain() };
    let options = TextOptions { palette, width: context.width, verbosity: context.verbosity };
    settings.format.write(checked, sources, &options, out)?;
    Ok(exit_code(checked, settings.strict))
}

/// 1 where there is an error, or a warning and `--strict`; else 0.
pub(crate) fn exit_code(checked: &CheckReport, strict: bool) -> u8 {
    let worst = if strict { Level::Warning } else { Level::Error };
    u8::from(checked.findings.iter().any(|finding| finding.level <= worst))
}

/// Prints which files were written, and how many of their lines changed.
pub(crate) fn wrote(plan: &Plan, name: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    if plan.is_empty() {
        writeln!(out, "{name}: nothing to write, the list is up to date")?;
    }
    for change in plan.changes() {
        let (added, removed) = change.size();
        writeln!(out, "wrote {} (+{added} −{removed})", change.path.display())?;
    }
    Ok(())
}
