//! `pomona check`: looks at every link and tells what is wrong. It writes only the cache.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use anyhow::bail;

use crate::address::{LocalFile, Scope, Target};
use crate::change::Change;
use crate::commands::base;
use crate::commands::caches::Caches;
use crate::commands::judgements::{Judgements, wanted};
use crate::commands::list_folder::{ListFolder, expanded};
use crate::commands::look::{Wanted, see, told};
use crate::commands::output::write_report;
use crate::ledger;
use crate::markdown::Document;
use crate::observation::{self, Observation, Seen};
use crate::policy::Policy;
use crate::report::{CheckReport, CheckedLink, Sources};
use crate::rules::{self, Case, fragment};
use crate::settings::{Answers, Base, CheckSettings, LookSettings, RunContext};
use crate::store;
use crate::verdict::ConfirmationMode;

/// Looks at every link of these lists and tells what is wrong.
pub(crate) async fn check(settings: &CheckSettings, context: &RunContext, out: &mut dyn Write) -> anyhow::Result<u8> {
    let lists: Vec<ListFolder> = expanded(&settings.paths)?
        .iter()
        .map(|path| ListFolder::open(path, &settings.overrides))
        .collect::<Result<_, _>>()?;
    let changes = lists.iter().map(|list| change(list, &settings.base)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut caches = Caches::open(&lists, &settings.look, context, false)?;
    let today = observation::day(context.now);
    let scope = settings.look.scope;
    let targets: BTreeSet<Target> = lists.iter().flat_map(|list| wanted(list, scope, today)).collect();
    let policies: Vec<&Policy> = lists.iter().map(|list| &list.policy).collect();
    let first = lists.iter().zip(&changes).flat_map(|(list, change)| brought(list, change.as_ref())).collect();
    let anchors = lists.iter().flat_map(wanted_anchors).collect();
    let looked = see(context, &settings.look, &policies, Wanted { targets, first, anchors }, &mut caches).await?;
    believe(&lists, &looked.looks)?;
    let mut report = CheckReport { complete: looked.is_complete(), ..CheckReport::default() };
    report.findings.extend(looked.notices.iter().cloned());
    let confirmation = confirmation(&settings.look);
    let judgements: Vec<Judgements> = lists
        .iter()
        .map(|list| Judgements::new(list, caches.looks(), &looked.looks, context.now, confirmation))
        .collect();
    for ((list, judgements), change) in lists.iter().zip(&judgements).zip(&changes) {
        report.findings.extend(list.findings.iter().cloned());
        let checked = apply_rules(list, judgements, change.as_ref(), context);
        report.findings.extend(checked.findings);
        report.older.extend(checked.older);
    }
    report.links = links(lists.iter().zip(&judgements), scope);
    let sources = Sources::new(lists.iter().map(|list| (list.name.clone(), list.text.clone())));
    write_report(&report, &sources, &settings.output, context, out)
}

/// The targets of the links that name an anchor, in a list that asks for them.
fn wanted_anchors(list: &ListFolder) -> impl Iterator<Item = Target> {
    let links = list.document.links.iter().zip(&list.targets).filter(|_| list.policy.check.fragments);
    let pages = links.filter(|(link, target)| matches!(target, Target::Page(_)) && fragment(&link.url).is_some());
    pages.map(|(_, target)| target.clone())
}

/// A look that fails hard is death for what nobody remembers alive. What is only remembered failed in a run before, and
/// is judged as that run judged it.
fn confirmation(look: &LookSettings) -> ConfirmationMode {
    if look.answers == Answers::Stored { ConfirmationMode::Required } else { ConfirmationMode::Immediate }
}

/// Stops a run in which too much got worse at once.
fn believe(lists: &[ListFolder], looks: &[Observation]) -> anyhow::Result<()> {
    for list in lists {
        if let Some(alarm) = ledger::alarm(&list.ledger, looks, &list.policy.guard) {
            bail!(told(&alarm));
        }
    }
    Ok(())
}

/// What the list brings that its base had not, where a base is named.
fn change(list: &ListFolder, base: &Base) -> anyhow::Result<Option<Change>> {
    let Some(base) = base::text(list, base)? else { return Ok(None) };
    let document = Document::parse(&base);
    Ok(Some(Change::between((&base, &document), (&list.text, &list.document))))
}

/// The targets of the links that a change brings.
fn brought<'a>(list: &'a ListFolder, change: Option<&'a Change>) -> impl Iterator<Item = Target> + 'a {
    change.into_iter().flat_map(|change| &change.links).filter_map(|link| list.targets.get(*link).cloned())
}

/// The findings of the rules about a list and its policy.
pub(crate) fn apply_rules(
    list: &ListFolder,
    judgements: &Judgements,
    change: Option<&Change>,
    context: &RunContext,
) -> rules::Checked {
    let today = observation::day(context.now);
    let case = Case {
        file: &list.name,
        text: &list.text,
        document: &list.document,
        targets: &list.targets,
        today,
        policy: &list.policy,
        judge: &|target| judgements.judge(target),
        record: &|target| judgements.ledger.get(target),
        local: &|target| local(list, target),
        anchors: &|target| anchors(judgements, target),
        dead_since: &|target| judgements.dead_since(target),
        change,
    };
    rules::check(&case)
}

/// What a relative link of the list leads to.
fn local(list: &ListFolder, target: &Target) -> LocalFile {
    match (&list.path, target) {
        (Some(path), Target::Local(written)) => store::local(path.parent().unwrap_or(Path::new("")), written),
        _ => LocalFile::NotChecked,
    }
}

/// The anchors of a page that this run read to its end.
fn anchors<'a>(judgements: &Judgements<'a>, target: &Target) -> Option<&'a [String]> {
    match &judgements.look(target)?.seen {
        Seen::Alive(alive) => alive.anchors.as_deref(),
        Seen::Failed(_) => None,
    }
}

/// The targets of these lists, each once, with every place that links to it.
pub(crate) fn links<'a>(
    lists: impl IntoIterator<Item = (&'a ListFolder, &'a Judgements<'a>)>,
    scope: Scope,
) -> Vec<CheckedLink> {
    let mut links: BTreeMap<&Target, CheckedLink> = BTreeMap::new();
    for (list, judgements) in lists {
        for (n, target) in list.targets.iter().enumerate() {
            let told = target.is_remote() || matches!(target, Target::Foreign(_) | Target::Malformed(_));
            if !told || !scope.contains(target) {
                continue;
            }
            let place = list.place(n);
            if let Some(link) = links.get_mut(target) {
                link.places.push(place);
            } else {
                let url = list.document.links[n].url.clone();
                links.insert(target, CheckedLink::new(target, url, judgements.judge(target), vec![place]));
            }
        }
    }
    links.into_values().collect()
}
