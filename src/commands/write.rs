//! What a run writes: history, ledger and list, as one plan.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Context;

use crate::commands::addresses::{new_addresses, readdressed};
use crate::commands::list_folder::ListFolder;
use crate::commands::page;
use crate::finding::Finding;
use crate::judgement::{Judgements, exclusions};
use crate::ledger::{History, HistoryNews};
use crate::markdown::Document;
use crate::plan::Plan;
use crate::policy::{BadgeFormat, Block};
use crate::ranked_list::{self, Input, Previous, RankedList, Words};
use crate::ranking::Activity;
use crate::render;
use crate::render::export::{Badge, ExportFormat, Theme};
use crate::store::{self, FileKind, Folder};

/// How many entries the chart shows: the colours that people with any colour vision distinguish.
const CURVES: usize = 8;
/// The chart's file for a light page, beside the list.
const CHART: &str = "pomona.chart.svg";
/// The chart's file for a dark page.
const CHART_DARK: &str = "pomona.chart-dark.svg";
/// The badge for the endpoint of shields.io, beside the list.
const BADGE_JSON: &str = "pomona.badge.json";
/// The badge as a picture.
const BADGE_SVG: &str = "pomona.badge.svg";

/// What is to be written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The files that change: the history, the ledger, then the list.
    pub(crate) plan: Plan,
    /// Findings on the list as it is written.
    pub(crate) findings: Vec<Finding>,
}

/// Updates the history and the ledger, and composes the list from them. In place the new addresses of what moved are
/// written into the source, and the ledger follows; an `output` gets them while the source stays as it is.
pub(crate) fn write(list: &ListFolder, judgements: &Judgements, news: &HistoryNews) -> anyhow::Result<Written> {
    let mut written = Written::default();
    let (path, before, after) = list.history_change(news);
    written.plan.change(path, before, after);
    let history = list.history.with(news);
    let restored = restored(list);
    let followed;
    let (current, judgements) = if list.policy.output.is_none() {
        let (text, renamed) = readdressed(&restored, judgements)?;
        let current = restored.with_text(text);
        let as_of = judgements.ledger().as_of;
        let exclusions = exclusions(&current.document, &current.targets, &list.policy, as_of);
        followed = judgements.renamed(&renamed, exclusions);
        (Cow::Owned(current), &followed)
    } else {
        (restored, judgements)
    };
    let ranked = ranked(&current, judgements, &history, previous(list)?.as_ref());
    let mut ledger = judgements.ledger().clone();
    for (target, mark) in ranked.shown() {
        ledger.show(target, mark.map(Activity::name));
    }
    let (path, before, after) = list.ledger_change(&ledger);
    written.plan.change(path, before, after);
    compose(list, &current, judgements, &ranked, &history, &mut written)?;
    page::plan(&current, &ranked, &history, &mut written.plan)?;
    Ok(written)
}

/// Composes the list from the ledger and the history, and changes nothing else.
pub(crate) fn render(list: &ListFolder, judgements: &Judgements) -> anyhow::Result<Written> {
    let mut written = Written::default();
    let current = restored(list);
    let ranked = ranked(&current, judgements, &list.history, previous(list)?.as_ref());
    compose(list, &current, judgements, &ranked, &list.history, &mut written)?;
    page::plan(&current, &ranked, &list.history, &mut written.plan)?;
    Ok(written)
}

/// The list with the dead entries of its block where they stood: everything is decided from that.
fn restored(list: &ListFolder) -> Cow<'_, ListFolder> {
    match render::compose::restore(&list.text).filter(|_| list.policy.output.is_none()) {
        Some(text) => Cow::Owned(list.with_text(text)),
        None => Cow::Borrowed(list),
    }
}

/// The list in another form.
pub(crate) fn export(list: &ListFolder, judgements: &Judgements, format: ExportFormat) -> anyhow::Result<String> {
    let ranked = remembered(list, judgements)?;
    Ok(match format {
        ExportFormat::Json => render::export::json(&ranked),
        ExportFormat::Csv => render::export::csv(&ranked)?,
        ExportFormat::Atom => render::export::feed(&ranked, None)?,
        ExportFormat::Svg => {
            render::export::chart(&ranked, &list.history, CURVES, Theme::Light).with_context(|| {
                format!("`{}`: the history has no two days of any entry yet: there is nothing to draw", list.name)
            })?
        }
    })
}

/// Everything that the list shows, from what is remembered.
pub(crate) fn remembered(list: &ListFolder, judgements: &Judgements) -> anyhow::Result<RankedList> {
    Ok(ranked(&restored(list), judgements, &list.history, previous(list)?.as_ref()))
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

/// The order of the list as it stands now: that of the output, or of the source where it is edited in place.
fn previous(list: &ListFolder) -> anyhow::Result<Option<Previous>> {
    let text = match list.output()? {
        Some((_, text)) => text,
        None => Some(list.text.clone()),
    };
    Ok(text.map(|text| Previous::read(&text, &Document::parse_with(&text, &list.forges), &list.forges)))
}

/// Adds the list to what is written: the source in place, or the output.
fn compose(
    before: &ListFolder,
    list: &ListFolder,
    judgements: &Judgements,
    ranked: &RankedList,
    history: &History,
    written: &mut Written,
) -> anyhow::Result<()> {
    let Some(source) = &list.path else { return Ok(()) };
    let layout = &list.policy.layout;
    let in_place = list.policy.output.is_none();
    if let Some(name) = layout.template.as_ref().filter(|_| !in_place) {
        let template = template_text(&list.folder, name)?;
        let rendered = render::list::render(ranked, layout, Some(&template)).context("the list cannot be rendered")?;
        return finish(before, ranked, rendered.text, rendered.findings, written);
    }
    let chart = charts(list, ranked, history, written)?;
    badges(list, ranked, written)?;
    let addresses = if in_place { BTreeMap::new() } else { new_addresses(list, judgements).links };
    let composed = render::compose::compose(&render::compose::Source {
        text: &list.text,
        document: &list.document,
        ranked,
        layout,
        addresses: &addresses,
        in_place,
        chart: chart.then_some((CHART, CHART_DARK)),
    });
    let composed = composed.with_context(|| format!("`{}`: nothing was written", source.display()))?;
    if in_place {
        // The source's own size is a rule of its own; that the notes make it too large is known only here.
        if before.text.len() <= layout.size_limit && composed.text.len() > layout.size_limit {
            written.findings.extend(render::list::size(&before.name, &composed.text, layout.size_limit));
        }
        written.plan.change(source.clone(), Some(before.text.clone()), composed.text);
        written.findings.extend(composed.findings);
        return Ok(());
    }
    finish(before, ranked, composed.text, composed.findings, written)
}

/// Adds the output to what is written.
fn finish(
    list: &ListFolder,
    ranked: &RankedList,
    text: String,
    findings: Vec<Finding>,
    written: &mut Written,
) -> anyhow::Result<()> {
    written.findings.extend(render::list::size(&ranked.output, &text, list.policy.layout.size_limit));
    written.findings.extend(findings);
    if let Some((path, before)) = list.output()? {
        written.plan.change(path, before, text);
    }
    Ok(())
}

/// Adds the pictures of the chart where the list shows it: whether it does.
fn charts(list: &ListFolder, ranked: &RankedList, history: &History, written: &mut Written) -> anyhow::Result<bool> {
    let name = Block::Chart.name();
    let marked = list.document.blocks.iter().any(|block| block.name == name);
    let added = list.policy.output.is_some() && list.policy.layout.blocks.contains(&Block::Chart);
    if !marked && !added {
        return Ok(false);
    }
    for (file, theme) in [(CHART, Theme::Light), (CHART_DARK, Theme::Dark)] {
        let Some(svg) = render::export::chart(ranked, history, CURVES, theme) else { return Ok(false) };
        let path = list.folder.file(file);
        written.plan.change(path.clone(), store::read_if_there(&path)?, svg);
    }
    Ok(true)
}

/// Adds the files of the badge.
fn badges(list: &ListFolder, ranked: &RankedList, written: &mut Written) -> anyhow::Result<()> {
    let badge = Badge::of(ranked, &Words::new(&ranked.language, &list.policy.layout));
    for format in &list.policy.layout.badge {
        let (file, text) = match format {
            BadgeFormat::Json => (BADGE_JSON, badge.json()),
            BadgeFormat::Svg => (BADGE_SVG, badge.svg()),
        };
        let path = list.folder.file(file);
        written.plan.change(path.clone(), store::read_if_there(&path)?, text);
    }
    Ok(())
}

fn template_text(folder: &Folder, name: &str) -> anyhow::Result<String> {
    Ok(store::read_regular(&folder.named("layout.template", name, FileKind::Template)?)?)
}
