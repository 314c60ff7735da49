//! Writes reports to standard output and to the files of `--output`.

use std::io::Write;
use std::path::Path;

use crate::finding::{Finding, Level};
use crate::news::News;
use crate::plan::{FileChange, Plan};
use crate::report::{CheckReport, Palette, Parts, Sources, TextOptions};
use crate::settings::{OutputSettings, RunContext};
use crate::store;
use crate::text::escape::terminal;

/// The reports of a run: on standard output and in the files of `--output`, the part of each list as soon as it is known.
pub(crate) struct Reports<'a> {
    settings: &'a OutputSettings,
    context: &'a RunContext,
    /// Whether the report is that of several lists.
    several: bool,
    stdout: Parts,
    files: Vec<(Parts, Vec<u8>)>,
    /// What the run reports of all lists together.
    findings: Vec<Finding>,
    code: u8,
}

impl<'a> Reports<'a> {
    /// Reports about so many lists.
    pub(crate) fn new(settings: &'a OutputSettings, context: &'a RunContext, several: bool) -> Self {
        let files = settings.files.iter().map(|output| (Parts::new(output.format), Vec::new())).collect();
        let stdout = Parts::new(settings.format);
        Self { settings, context, several, stdout, files, findings: Vec::new(), code: 0 }
    }

    /// Adds what a group of lists met. The report of a single list has it as its own; of several it stands at the end, where
    /// the newest finding of a kind has the totals of all groups.
    pub(crate) fn notices(&mut self, notices: &[Finding]) {
        self.findings.retain(|finding| notices.iter().all(|notice| notice.code != finding.code));
        self.findings.extend(notices.iter().cloned());
    }

    /// Writes the part of one list.
    pub(crate) fn write(
        &mut self,
        mut part: CheckReport,
        sources: &Sources,
        name: &str,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        self.code = self.code.max(exit_code(&part.findings, self.settings.strict));
        if !self.several {
            return write_single(&part, sources, self.settings, self.context, out);
        }
        part.list = Some(name.to_owned());
        for (parts, text) in &mut self.files {
            parts.write(&part, sources, &file_options(self.context), text)?;
        }
        Ok(self.stdout.write(&part, sources, &options(self.context), out)?)
    }

    /// Ends the reports: their exit code. `complete` is false where a list could not be done.
    pub(crate) fn end(mut self, complete: bool, out: &mut dyn Write) -> anyhow::Result<u8> {
        if self.several {
            for ((parts, mut text), output) in self.files.into_iter().zip(&self.settings.files) {
                parts.end(&self.findings, complete, &file_options(self.context), &mut text)?;
                store::write(&output.file, &String::from_utf8_lossy(&text))?;
            }
            self.stdout.end(&self.findings, complete, &options(self.context), out)?;
            self.code = self.code.max(exit_code(&self.findings, self.settings.strict));
        }
        Ok(self.code)
    }
}

/// Writes the report of a single list in every format that was asked for.
fn write_single(
    checked: &CheckReport,
    sources: &Sources,
    settings: &OutputSettings,
    context: &RunContext,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    for output in &settings.files {
        let mut text = Vec::new();
        output.format.write(checked, sources, &file_options(context), &mut text)?;
        store::write(&output.file, &String::from_utf8_lossy(&text))?;
    }
    Ok(settings.format.write(checked, sources, &options(context), out)?)
}

fn file_options(context: &RunContext) -> TextOptions {
    TextOptions { verbosity: context.verbosity, ..TextOptions::default() }
}

fn options(context: &RunContext) -> TextOptions {
    let palette = if context.color { Palette::colour() } else { Palette::plain() };
    TextOptions { palette, width: context.width, verbosity: context.verbosity }
}

/// 1 where there is an error, or a warning and `--strict`; else 0.
fn exit_code(findings: &[Finding], strict: bool) -> u8 {
    let worst = if strict { Level::Warning } else { Level::Error };
    u8::from(findings.iter().any(|finding| finding.level <= worst))
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
pub(crate) fn list_written<'a>(file: &Path, written: impl IntoIterator<Item = &'a Path>) -> anyhow::Result<()> {
    let mut paths = String::new();
    for path in written {
        paths.push_str(&path.to_string_lossy());
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
