//! What a run writes: history, ledger and list, as one plan.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;

use crate::commands::addresses::{Readdressed, new_addresses, readdressed};
use crate::commands::list_files::way_up;
use crate::commands::list_folder::ListFolder;
use crate::commands::page;
use crate::finding::Finding;
use crate::judgement::{Judgements, exclusions};
use crate::ledger::{History, HistoryNews};
use crate::markdown::Document;
use crate::plan::Plan;
use crate::policy::{BadgeFormat, Block, FileRole};
use crate::ranked_list::{self, Input, Previous, RankedList, Words};
use crate::ranking::{Activity, Baseline};
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
    /// The file, line and column of each link whose address is rewritten in the source.
    pub(crate) rewritten: BTreeSet<(String, usize, usize)>,
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
    let (current, judgements) = if list.keeps_sources() {
        (restored, judgements)
    } else {
        let Readdressed { texts, targets, places } = readdressed(&restored, judgements)?;
        written.rewritten = places;
        let current = restored.with_texts(texts);
        let as_of = judgements.ledger().as_of;
        let exclusions = exclusions(&current.document, &current.targets, &list.policy, as_of);
        followed = judgements.renamed(targets.iter(), exclusions);
        (Cow::Owned(current), &followed)
    };
    let shown = Shown::of(list, &current, judgements, &history)?;
    let mut ledger = judgements.ledger().clone();
    for (target, mark) in shown.translated.iter().flat_map(RankedList::shown).chain(shown.list.shown()) {
        ledger.show(target, mark.map(Activity::name));
    }
    let (path, before, after) = list.ledger_change(&ledger);
    written.plan.change(path, before, after);
    compose_files(list, &current, judgements, &shown, &history, &mut written)?;
    page::plan(&current, &shown.list, &history, &mut written.plan)?;
    Ok(written)
}

/// Composes the list from the ledger and the history, and changes nothing else.
pub(crate) fn render(list: &ListFolder, judgements: &Judgements) -> anyhow::Result<Written> {
    let mut written = Written::default();
    let current = restored(list);
    let shown = Shown::of(list, &current, judgements, &list.history)?;
    compose_files(list, &current, judgements, &shown, &list.history, &mut written)?;
    page::plan(&current, &shown.list, &list.history, &mut written.plan)?;
    Ok(written)
}

/// The list with the dead entries of its block where they stood: everything is decided from that.
fn restored(list: &ListFolder) -> Cow<'_, ListFolder> {
    let in_place = |file: &&ListFolder| file.policy.output.is_none();
    let restored: Vec<Option<String>> = list
        .files()
        .iter()
        .map(|file| Some(file).filter(in_place).and_then(|file| render::compose::restore(&file.text)))
        .collect();
    if restored.iter().all(Option::is_none) {
        return Cow::Borrowed(list);
    }
    let texts = list.files().iter().zip(restored).map(|(file, text)| text.unwrap_or_else(|| file.text.clone()));
    Cow::Owned(list.with_texts(texts.collect()))
}

/// What a list shows.
struct Shown {
    /// All that stands in its sources.
    list: RankedList,
    /// Each translation, in the order of the files.
    translated: Vec<RankedList>,
}

impl Shown {
    /// What `current` shows in the order that `list` has now.
    fn of(list: &ListFolder, current: &ListFolder, judgements: &Judgements, history: &History) -> anyhow::Result<Self> {
        let ranked = ranked(current, judgements, history, previous(&list.sources())?.as_ref());
        let is_translation = |file: &&ListFolder| file.role == FileRole::Translation;
        let mut translated = Vec::new();
        for (before, file) in list.files().iter().zip(current.files()).filter(|(_, file)| is_translation(file)) {
            let previous = previous(&[before])?;
            // What is unknown of an entry counts as in the list that it is a translation of.
            let baseline = Some(&ranked.baseline);
            translated.push(ranked_file(file, &file.document, judgements, history, previous.as_ref(), baseline));
        }
        Ok(Self { list: ranked, translated })
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
    Ok(ranked(&restored(list), judgements, &list.history, previous(&list.sources())?.as_ref()))
}

/// The sources of a list, ranked as one.
fn ranked(list: &ListFolder, judgements: &Judgements, history: &History, previous: Option<&Previous>) -> RankedList {
    let sources = list.sources();
    let [first, further @ ..] = sources.as_slice() else {
        return ranked_file(list, &list.document, judgements, history, previous, None);
    };
    if further.is_empty() {
        return ranked_file(first, &first.document, judgements, history, previous, None);
    }
    let document = Document::joined(sources.iter().map(|file| &file.document));
    let mut ranked = ranked_file(first, &document, judgements, history, previous, None);
    let mut entries = first.document.entries.len();
    for file in further {
        ranked.name_file(entries, &name_inside(file));
        entries += file.document.entries.len();
    }
    ranked
}

/// The path of a file in the list's folder.
fn name_inside(file: &ListFolder) -> String {
    let path = file.path.as_deref().unwrap_or(Path::new(""));
    let inside = path.strip_prefix(file.folder.path()).unwrap_or(path);
    inside.to_string_lossy().replace('\\', "/")
}

fn ranked_file(
    file: &ListFolder,
    document: &Document,
    judgements: &Judgements,
    history: &History,
    previous: Option<&Previous>,
    baseline: Option<&Baseline>,
) -> RankedList {
    ranked_list::build(&Input {
        source: &name_inside(file),
        document,
        history,
        policy: &file.policy,
        forges: &file.forges,
        judgements,
        previous,
        baseline,
    })
}

/// The order of these files of one list as it stands now: that of each output, or of the source where it is edited in
/// place.
fn previous(files: &[&ListFolder]) -> anyhow::Result<Option<Previous>> {
    let mut previous: Option<Previous> = None;
    for file in files {
        let text = match file.output()? {
            Some((_, text)) => text,
            None => Some(file.text.clone()),
        };
        let Some(text) = text else { continue };
        let document = Document::parse_with(&text, &file.forges);
        match &mut previous {
            Some(previous) => previous.add(&text, &document, &file.forges),
            None => previous = Some(Previous::read(&text, &document, &file.forges)),
        }
    }
    Ok(previous)
}

/// Adds every file of the list to what is written. `before` has the texts as they are.
fn compose_files(
    before: &ListFolder,
    list: &ListFolder,
    judgements: &Judgements,
    shown: &Shown,
    history: &History,
    written: &mut Written,
) -> anyhow::Result<()> {
    let several = list.sources().len() > 1;
    let (mut entries, mut translated) = (0, shown.translated.iter());
    for (before, file) in before.files().iter().zip(list.files()) {
        if file.role == FileRole::Translation {
            let Some(ranked) = translated.next() else { continue };
            compose(before, file, judgements, ranked, history, written)?;
            continue;
        }
        let own = entries..entries + file.document.entries.len();
        entries = own.end;
        let ranked = if several {
            Cow::Owned(shown.list.of_file(&name_inside(file), file.output_name(), &own))
        } else {
            Cow::Borrowed(&shown.list)
        };
        compose(before, file, judgements, &ranked, history, written)?;
    }
    // Words and blocks of the policy are those of every file.
    let findings = std::mem::take(&mut written.findings);
    for finding in findings {
        if !written.findings.contains(&finding) {
            written.findings.push(finding);
        }
    }
    Ok(())
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
    let up = way_up(&list.folder, source);
    let (light, dark) = (format!("{up}{CHART}"), format!("{up}{CHART_DARK}"));
    let addresses = if in_place { BTreeMap::new() } else { new_addresses(list, judgements).links };
    let composed = render::compose::compose(&render::compose::Source {
        text: &list.text,
        document: &list.document,
        ranked,
        layout,
        addresses: &addresses,
        in_place,
        chart: chart.then_some((light.as_str(), dark.as_str())),
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
        beside(list, file, svg, written)?;
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
        beside(list, file, text, written)?;
    }
    Ok(())
}

/// Adds a file of the whole list that stands beside it: once, by its sources, whose figures it has.
fn beside(list: &ListFolder, file: &str, text: String, written: &mut Written) -> anyhow::Result<()> {
    let path = list.folder.file(file);
    let is_planned = written.plan.changes().iter().any(|change| change.path == path);
    if list.role != FileRole::Translation && !is_planned {
        written.plan.change(path.clone(), store::read_if_there(&path)?, text);
    }
    Ok(())
}

fn template_text(folder: &Folder, name: &str) -> anyhow::Result<String> {
    Ok(store::read_regular(&folder.named("layout.template", name, FileKind::Template)?)?)
}
