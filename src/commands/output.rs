//! Writes a report to standard output and to the files of `--output`.

use std::io::Write;
use std::path::Path;

use crate::finding::Level;
use crate::news::News;
use crate::plan::{FileChange, Plan};
use crate::report::{CheckReport, Palette, Sources, TextOptions};
use crate::settings::{OutputSettings, RunContext};
use crate::store;
use crate::text::escape::terminal;

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
fn exit_code(checked: &CheckReport, strict: bool) -> u8 {
    let worst = if strict { Level::Warning } else { Level::Error };
    u8::from(checked.findings.iter().any(|finding| finding.level <= worst))
}

/// Prints what a run would write: one line a file, then the diff of the list. The files that only the program reads
/// are counted: their diffs would be most of it.
pub(crate) fn preview(plan: &Plan, news: &News, color: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    if plan.is_empty() {
        writeln!(out, "nothing would be written: the list is up to date")?;
        return Ok(());
    }
    writeln!(out, "{}", news.headline())?;
    for change in plan.changes() {
        let (added, removed) = change.size();
        let what = if change.before.is_some() { "would change" } else { "would create" };
        writeln!(out, "{what} {} (+{added} −{removed})", change.path.display())?;
    }
    if let Some(path) = plan.duplicate() {
        anyhow::bail!("`{}` would be written twice", path.display());
    }
    for change in plan.changes().iter().filter(|change| is_list(&change.path)) {
        writeln!(out)?;
        write_diff(change, color, out)?;
    }
    Ok(())
}

/// Prints the diff of a file. Its text is that of strangers: a terminal obeys control characters in it, and the runner
/// of a job obeys a line that begins with `::`.
pub(crate) fn write_diff(change: &FileChange, color: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let palette = if color { Palette::colour() } else { Palette::plain() };
    for line in change.diff().lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') => palette.good,
            Some(b'-') => palette.error,
            Some(b'@') => palette.note,
            _ => anstyle::Style::new(),
        };
        writeln!(out, "{style}{}{style:#}", terminal(line))?;
    }
    Ok(())
}

/// Whether a written file is Markdown, which people read.
fn is_list(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| !["jsonl", "json", "html", "htm", "xml", "svg"].iter().any(|own| extension == *own))
}

/// Lists the paths of the written files in a file, one a line, for a job that publishes them.
pub(crate) fn list_written<'a>(file: &Path, plans: impl IntoIterator<Item = &'a Plan>) -> anyhow::Result<()> {
    let mut paths = String::new();
    for change in plans.into_iter().flat_map(Plan::changes) {
        paths.push_str(&change.path.to_string_lossy());
        paths.push('\n');
    }
    Ok(store::write(file, &paths)?)
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
