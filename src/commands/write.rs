//! What a run writes: addresses, memory, and the list, as one plan.

use anyhow::Context;

use crate::commands::annotate::{annotated, readdressed};
use crate::commands::list_folder::ListFolder;
use crate::commands::page;
use crate::finding::Finding;
use crate::judgement::{Judgements, exclusions};
use crate::ledger::{History, Point};
use crate::markdown::Document;
use crate::plan::Plan;
use crate::ranked_list::{self, Input, Previous, RankedList};
use crate::ranking::Activity;
use crate::render;
use crate::render::export::ExportFormat;
use crate::store::{self, FileKind, Folder};

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
pub(crate) fn write(list: &ListFolder, judgements: &Judgements, news: &[Point]) -> anyhow::Result<Written> {
    let mut written = Written::default();
    let (path, before, after) = list.history_change(news);
    written.plan.change(path, before, after);
    let history = History::new(list.history.points().into_iter().chain(news).cloned());
    let (text, renamed) = readdressed(list, judgements)?;
    let readdressed = list.with_text(text);
    let judgements = judgements.renamed(
        &renamed,
        exclusions(&readdressed.document, &readdressed.targets, &list.policy, judgements.ledger().as_of),
    );
    let ranked = ranked(&readdressed, &judgements, &history, previous(list)?.as_ref());
    let mut ledger = judgements.ledger().clone();
    for (target, mark) in ranked.shown() {
        ledger.show(target, mark.map(Activity::name));
    }
    let (path, before, after) = list.ledger_change(&ledger);
    written.plan.change(path, before, after);
    compose(list, &readdressed, &ranked, &mut written)?;
    page::plan(&readdressed, &ranked, &history, &mut written.plan)?;
    Ok(written)
}

/// Writes the list from what is remembered, and nothing else.
pub(crate) fn render(list: &ListFolder, judgements: &Judgements) -> anyhow::Result<Written> {
    let mut written = Written::default();
    let ranked = remembered(list, judgements)?;
    compose(list, list, &ranked, &mut written)?;
    page::plan(list, &ranked, &list.history, &mut written.plan)?;
    Ok(written)
}

/// The list in another form.
pub(crate) fn export(list: &ListFolder, judgements: &Judgements, format: ExportFormat) -> anyhow::Result<String> {
    let ranked = remembered(list, judgements)?;
    Ok(match format {
        ExportFormat::Json => render::export::json(&ranked),
        ExportFormat::Csv => render::export::csv(&ranked)?,
        ExportFormat::Atom => render::export::feed(&ranked, None)?,
        ExportFormat::Svg => render::export::chart(&ranked, &list.history, CURVES).with_context(|| {
            format!("`{}`: the history holds no two days of any entry yet: there is nothing to draw", list.name)
        })?,
    })
}

/// Everything that the list shows, from what is remembered.
pub(crate) fn remembered(list: &ListFolder, judgements: &Judgements) -> anyhow::Result<RankedList> {
    Ok(ranked(list, judgements, &list.history, previous(list)?.as_ref()))
}

fn ranked(list: &ListFolder, judgements: &Judgements, history: &History, previous: Option<&Previous>) -> RankedList {
    let source = list.path.as_ref().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy();
    ranked_list::build(&Input {
        source: &source,
        document: &list.document,
        history,
        policy: &list.policy,
        forges: &list.forges,
        judgements,
        previous,
    })
}

/// The order of the list as it stands now.
fn previous(list: &ListFolder) -> anyhow::Result<Option<Previous>> {
    let Some((_, Some(text))) = list.output()? else { return Ok(None) };
    let document = Document::parse_with(&text, &list.forges);
    Ok(Some(Previous::read(&text, &document, &list.forges)))
}

/// Adds the list to what is written: the source in place, or the generated files and, where its addresses
/// changed, the source.
fn compose(before: &ListFolder, list: &ListFolder, ranked: &RankedList, written: &mut Written) -> anyhow::Result<()> {
    let Some(source) = &list.path else { return Ok(()) };
    if list.policy.output.is_none() {
        let (text, findings) = annotated(list, ranked)?;
        written.plan.change(source.clone(), Some(before.text.clone()), text);
        written.findings.extend(findings);
        return Ok(());
    }
    written.plan.change(source.clone(), Some(before.text.clone()), list.text.clone());
    let layout = &list.policy.layout;
    let template = layout.template.as_ref().map(|name| template_text(&list.folder, name)).transpose()?;
    let rendered = render::list::render(ranked, layout, template.as_deref()).context("the list cannot be rendered")?;
    let path = list.folder.file(&ranked.output);
    let before = store::read_if_there(&path)?;
    written.plan.change(path, before, rendered.text);
    written.findings.extend(rendered.findings);
    Ok(())
}

fn template_text(folder: &Folder, name: &str) -> anyhow::Result<String> {
    Ok(store::read_regular(&folder.named("layout.template", name, FileKind::Template)?)?)
}
