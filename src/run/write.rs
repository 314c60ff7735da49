//! What a run writes: addresses, memory, and the list, as one plan.

use std::path::PathBuf;

use anyhow::Context;

use crate::catalogue::{self, Catalogue, Input, Previous};
use crate::cli::Export;
use crate::finding::Finding;
use crate::ledger::{History, Ledger, Point};
use crate::markdown::Document;
use crate::plan::Plan;
use crate::render;
use crate::run::judge::Bench;
use crate::run::list::List;
use crate::store;

/// How many entries the chart shows.
const CURVES: usize = 8;

/// What is to be written, and what is to be said about it.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The files that change: the history, the ledger, then the list.
    pub(crate) plan: Plan,
    /// What is to be told of the list as it is written.
    pub(crate) findings: Vec<Finding>,
}

/// Remembers what was seen, then writes the list from the memory.
pub(crate) fn write(list: &List, bench: &Bench, news: &[Point]) -> anyhow::Result<Written> {
    let mut written = Written::default();
    let (path, before, after) = list.history_change(news);
    written.plan.change(path, before, after);
    let history = History::new(list.history.points().into_iter().chain(news).cloned());
    let catalogue = catalogue(list, bench, &bench.ledger, &history, previous(list)?.as_ref());
    let mut ledger = bench.ledger.clone();
    show(&mut ledger, &catalogue);
    let (path, before, after) = list.ledger_change(&ledger);
    written.plan.change(path, before, after);
    compose(list, &catalogue, &mut written)?;
    Ok(written)
}

/// Writes the list from what is remembered, and nothing else.
pub(crate) fn render(list: &List, bench: &Bench) -> anyhow::Result<Written> {
    let mut written = Written::default();
    compose(list, &remembered(list, bench)?, &mut written)?;
    Ok(written)
}

/// The list in another form.
pub(crate) fn export(list: &List, bench: &Bench, form: Export) -> anyhow::Result<String> {
    let catalogue = remembered(list, bench)?;
    Ok(match form {
        Export::Json => render::export::json(&catalogue),
        Export::Csv => render::export::csv(&catalogue)?,
        Export::Atom => render::export::feed(&catalogue, None)?,
        Export::Svg => render::export::chart(&catalogue, &list.history, CURVES).with_context(|| {
            format!("`{}`: the history holds no two days of any entry yet: there is nothing to draw", list.name)
        })?,
    })
}

/// Everything that the list shows, from what is remembered.
pub(crate) fn remembered(list: &List, bench: &Bench) -> anyhow::Result<Catalogue> {
    Ok(catalogue(list, bench, &bench.ledger, &list.history, previous(list)?.as_ref()))
}

fn catalogue(list: &List, bench: &Bench, ledger: &Ledger, history: &History, previous: Option<&Previous>) -> Catalogue {
    let source = list.path.as_ref().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy();
    catalogue::build(&Input {
        source: &source,
        document: &list.document,
        ledger,
        history,
        policy: &list.policy,
        forges: &list.forges,
        judge: &|target| bench.judge(target),
        previous,
    })
}

/// Remembers the activity marks that are shown.
fn show(ledger: &mut Ledger, catalogue: &Catalogue) {
    for row in &catalogue.rows {
        ledger.show(&row.ranked_by, row.activity.map(crate::ranking::Activity::name));
    }
}

/// The order of the list as it stands now.
fn previous(list: &List) -> anyhow::Result<Option<Previous>> {
    let Some((_, Some(text))) = list.output()? else { return Ok(None) };
    let document = Document::parse_with(&text, &list.forges);
    Ok(Some(Previous::read(&text, &document, &list.forges)))
}

fn compose(list: &List, catalogue: &Catalogue, written: &mut Written) -> anyhow::Result<()> {
    if list.policy.output.is_none() {
        return Ok(());
    }
    let layout = &list.policy.layout;
    let template = layout.template.as_ref().map(|name| store::read(&list.folder.file(name))).transpose()?;
    let rendered =
        render::list::render(catalogue, layout, template.as_deref()).context("the list cannot be rendered")?;
    for file in rendered.files {
        let path: PathBuf = list.folder.file(&file.name);
        let before = store::read_if_there(&path)?;
        written.plan.change(path, before, file.text);
    }
    written.findings.extend(rendered.findings);
    Ok(())
}
