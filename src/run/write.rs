//! What a run writes: addresses, memory, and the list, as one plan.

use anyhow::Context;

use crate::catalogue::{self, Catalogue, Input, Previous};
use crate::cli::Export;
use crate::finding::Finding;
use crate::ledger::{History, Point};
use crate::markdown::Document;
use crate::plan::Plan;
use crate::ranking::Activity;
use crate::render;
use crate::run::annotate::{annotated, readdressed};
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

/// Changes addresses as far as the policy lets them be changed, remembers what was seen, and writes the list
/// from the memory.
pub(crate) fn write(list: &List, bench: &Bench, news: &[Point]) -> anyhow::Result<Written> {
    let mut written = Written::default();
    let (path, before, after) = list.history_change(news);
    written.plan.change(path, before, after);
    let history = History::new(list.history.points().into_iter().chain(news).cloned());
    let (text, renamed) = readdressed(list, bench)?;
    let readdressed = list.with_text(text);
    let bench = bench.readdressed(&readdressed, &renamed);
    let catalogue = catalogue(&readdressed, &bench, &history, previous(list)?.as_ref());
    let mut ledger = bench.ledger.clone();
    for (target, mark) in catalogue.shown() {
        ledger.show(target, mark.map(Activity::name));
    }
    let (path, before, after) = list.ledger_change(&ledger);
    written.plan.change(path, before, after);
    compose(list, &readdressed, &catalogue, &mut written)?;
    Ok(written)
}

/// Writes the list from what is remembered, and nothing else.
pub(crate) fn render(list: &List, bench: &Bench) -> anyhow::Result<Written> {
    let mut written = Written::default();
    compose(list, list, &remembered(list, bench)?, &mut written)?;
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
    Ok(catalogue(list, bench, &list.history, previous(list)?.as_ref()))
}

fn catalogue(list: &List, bench: &Bench, history: &History, previous: Option<&Previous>) -> Catalogue {
    let source = list.path.as_ref().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy();
    catalogue::build(&Input {
        source: &source,
        document: &list.document,
        ledger: &bench.ledger,
        history,
        policy: &list.policy,
        forges: &list.forges,
        judge: &|target| bench.judge(target),
        previous,
    })
}

/// The order of the list as it stands now.
fn previous(list: &List) -> anyhow::Result<Option<Previous>> {
    let Some((_, Some(text))) = list.output()? else { return Ok(None) };
    let document = Document::parse_with(&text, &list.forges);
    Ok(Some(Previous::read(&text, &document, &list.forges)))
}

/// Adds the list to what is written: the source in place, or the generated files and, where its addresses
/// changed, the source.
fn compose(before: &List, list: &List, catalogue: &Catalogue, written: &mut Written) -> anyhow::Result<()> {
    let Some(source) = &list.path else { return Ok(()) };
    if list.policy.output.is_none() {
        let (text, findings) = annotated(list, catalogue)?;
        written.plan.change(source.clone(), Some(before.text.clone()), text);
        written.findings.extend(findings);
        return Ok(());
    }
    written.plan.change(source.clone(), Some(before.text.clone()), list.text.clone());
    let layout = &list.policy.layout;
    let template = layout.template.as_ref().map(|name| store::read(&list.folder.file(name))).transpose()?;
    let rendered =
        render::list::render(catalogue, layout, template.as_deref()).context("the list cannot be rendered")?;
    for file in rendered.files {
        let path = list.folder.file(&file.name);
        let before = store::read_if_there(&path)?;
        written.plan.change(path, before, file.text);
    }
    written.findings.extend(rendered.findings);
    Ok(())
}
