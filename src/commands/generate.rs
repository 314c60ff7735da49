//! `pomona generate`: renders the list from what is remembered. It looks at nothing and remembers nothing.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::commands::base::at_revision;
use crate::commands::failures::Failures;
use crate::commands::judgements::{between, stored};
use crate::commands::list_folder::ListFolder;
use crate::commands::output::{list_written, wrote};
use crate::commands::write::{export, render};
use crate::finding::Finding;
use crate::news::News;
use crate::plan::Plan;
use crate::settings::{GenerateMode, Overrides};
use crate::store;
use crate::text::escape::terminal;

/// Renders the lists in these folders.
pub(crate) fn generate(
    folders: &[PathBuf],
    mode: &GenerateMode,
    written: Option<&Path>,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    let (mut code, mut plans, mut failures) = (0, Vec::new(), Failures::default());
    if let GenerateMode::News { since, link } = mode {
        let mut news = News::default();
        for folder in folders {
            failures.take(news_of(folder, since)).into_iter().for_each(|found| news.join(found));
        }
        out.write_all(news.markdown(link.as_deref()).as_bytes())?;
        return failures.end(0);
    }
    for folder in folders {
        if let Some((ended, plan)) = failures.take(one(folder, mode, out)) {
            code = code.max(ended);
            plans.extend(plan);
        }
    }
    if let Some(file) = written {
        list_written(file, plans.iter().flat_map(Plan::changes).map(|change| change.path.as_path()))?;
    }
    failures.end(code)
}

/// The exit code, and the plan where it was applied.
fn one(folder: &Path, mode: &GenerateMode, out: &mut dyn Write) -> anyhow::Result<(u8, Option<Plan>)> {
    let list = ListFolder::open_folder(folder, &Overrides::default())?;
    let judgements = stored(&list);
    if let GenerateMode::Export(format) = mode {
        out.write_all(export(&list, &judgements, *format)?.as_bytes())?;
        return Ok((0, None));
    }
    let written = render(&list, &judgements)?;
    let mut code = 0;
    if *mode == GenerateMode::Diff {
        write!(out, "{}", written.plan)?;
    } else if *mode == GenerateMode::Check {
        code = u8::from(!written.plan.is_empty());
        stale(&written.plan, out)?;
    } else {
        store::apply(&written.plan, list.folder.path())?;
        wrote(&written.plan, &list.name, out)?;
    }
    print_findings(&written.findings, out)?;
    Ok((code, (*mode == GenerateMode::Write).then_some(written.plan)))
}

/// What is new in a list since a commit.
fn news_of(folder: &Path, since: &str) -> anyhow::Result<News> {
    let (before, after) = (at_revision(folder, since)?, ListFolder::open_folder(folder, &Overrides::default())?);
    Ok(between(&before, &stored(&before), &after, &stored(&after)))
}

fn stale(plan: &Plan, out: &mut dyn Write) -> anyhow::Result<()> {
    for change in plan.changes() {
        let (added, removed) = change.size();
        writeln!(out, "{}: out of date (+{added} −{removed}); run `pomona generate`", change.path.display())?;
    }
    Ok(())
}

fn print_findings(findings: &[Finding], out: &mut dyn Write) -> anyhow::Result<()> {
    for finding in findings {
        writeln!(out, "{}: {}", finding.level, terminal(&finding.message))?;
    }
    Ok(())
}
