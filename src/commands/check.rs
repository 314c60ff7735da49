//! `pomona check`: checks links and reports what is wrong. It writes only the cache.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::address::{LocalFile, Scope, Target};
use crate::change::Change;
use crate::commands::archives::add_copies;
use crate::commands::base::{self, Checkout, Difference};
use crate::commands::caches::Caches;
use crate::commands::judgements::{accepted, checked, identities, observed, wanted};
use crate::commands::list_folder::{ListFolder, expanded};
use crate::commands::look::{Looked, Wanted, see};
use crate::commands::output::write_report;
use crate::finding::{self, Finding, Level};
use crate::judgement::{Judgements, NewLinks};
use crate::observation;
use crate::policy::Policy;
use crate::report::{AddedEntry, CheckReport, CheckedLink, Sources};
use crate::rules::{self, Case, fragment};
use crate::settings::{Answers, CheckSettings, LookSettings, RunContext};
use crate::store;

/// Checks the links of these lists, or of what a change brings to them, and reports what is wrong.
pub(crate) async fn check(settings: &CheckSettings, context: &RunContext, out: &mut dyn Write) -> anyhow::Result<u8> {
    let open = |path: &PathBuf| base::open(path, &settings.base, &settings.overrides);
    let checkouts: Vec<Checkout> = expanded(&settings.paths)?.iter().map(open).collect::<Result<_, _>>()?;
    let (lists, differences): (Vec<_>, Vec<_>) = checkouts.into_iter().map(|c| (c.list, c.difference)).unzip();
    let mut caches = Caches::open(&lists, &settings.look, context, false)?;
    let today = observation::day(context.now);
    let scope = settings.look.scope;
    let targets: BTreeSet<Target> =
        lists.iter().zip(&differences).flat_map(|(list, difference)| due(list, difference, scope, today)).collect();
    let policies: Vec<&Policy> = lists.iter().map(|list| &list.policy).collect();
    let anchors = lists.iter().flat_map(wanted_anchors).collect();
    let identities = lists.iter().flat_map(identities).collect();
    let observed = lists.iter().flat_map(observed).collect();
    let wanted = Wanted { targets, anchors, observed, identities, ..Wanted::default() };
    let mut looked = see(context, &settings.look, &policies, wanted, &mut caches).await?;
    verify(&lists, &mut looked, context.now)?;
    let mut report = CheckReport { complete: looked.is_complete(), ..CheckReport::default() };
    report.findings.extend(looked.notices.iter().cloned());
    let new_links = new_links(&settings.look);
    let mut judgements = Vec::new();
    for list in &lists {
        let judged = checked(list, caches.looks(), &looked.looks, context.now, new_links);
        let (judged, finding) = add_copies(list, judged, &settings.look, context, &mut caches).await?;
        report.findings.extend(finding);
        judgements.push(judged);
    }
    let judge = |list| checked(list, caches.looks(), &looked.looks, context.now, new_links);
    for ((list, judgements), difference) in lists.iter().zip(&judgements).zip(&differences) {
        report.findings.extend(list.findings.iter().cloned());
        let checked = apply_base(list, judgements, difference, context, judge);
        report.findings.extend(checked.findings);
        report.older.extend(checked.older);
    }
    let parts = lists.iter().zip(&judgements).zip(&differences);
    report.links = links(parts.map(|((list, judgements), d)| (list, judgements, d.change.as_ref())), scope);
    report.findings = rules::apply_policy(report.findings, &lists[0].policy.rules);
    if differences.iter().any(|difference| difference.change.is_some()) {
        add_changes(&mut report, lists.iter().zip(&judgements).zip(&differences), today);
    }
    let sources = Sources::new(lists.iter().map(|list| (list.name.clone(), list.text.clone())));
    let code = write_report(&report, &sources, &settings.output, context, out)?;
    Ok(if looked.is_interrupted { 2 } else { code })
}

/// The targets of the links that name an anchor, in a list that asks for them.
fn wanted_anchors(list: &ListFolder) -> impl Iterator<Item = Target> {
    let links = list.document.links.iter().zip(&list.targets).filter(|_| list.policy.check.fragments);
    let pages = links.filter(|(link, target)| matches!(target, Target::Page(_)) && fragment(&link.url).is_some());
    pages.map(|(_, target)| target.clone())
}

/// Adds the entries and the lines that changes bring.
fn add_changes<'a>(
    report: &mut CheckReport,
    parts: impl Iterator<Item = ((&'a ListFolder, &'a Judgements<'a>), &'a Difference)>,
    today: Date,
) {
    let mut lines: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for ((list, judgements), difference) in parts {
        let Some(change) = &difference.change else { continue };
        lines.entry(list.name.clone()).or_default().extend(&change.lines);
        for i in &change.added {
            report.entries.extend(added_entry(list, judgements, *i, &report.findings, today));
        }
    }
    report.changed_lines = Some(lines);
}

/// The facts of one new entry; none where it is not about something on the web.
fn added_entry(
    list: &ListFolder,
    judgements: &Judgements,
    entry: usize,
    findings: &[Finding],
    today: Date,
) -> Option<AddedEntry> {
    let entry = list.document.entries.get(entry)?;
    let (target, ranked) = (list.targets.get(entry.link)?, list.targets.get(entry.ranked_by)?.looked_at());
    let place = list.place(entry.link);
    let facts = judgements.record(&ranked).map(|record| record.facts.clone()).unwrap_or_default();
    let about = |finding: &&Finding| {
        finding.level != Level::Note
            && finding.place.as_ref().is_some_and(|at| (&at.file, at.line) == (&place.file, place.line))
    };
    let is_duplicate = |finding: &Finding| finding.code.starts_with("duplicate");
    let beside = |finding: &&Finding| finding.place.as_ref().is_some_and(|at| at.line == place.line);
    target.is_remote().then(|| AddedEntry {
        title: entry.title.clone(),
        target: ranked.to_string(),
        verdict: judgements.judge(target).verdict,
        stars: facts.stars,
        licence: facts.licence.clone().flatten(),
        last_commit: facts.commit.flatten(),
        created: facts.created,
        archived: facts.archived == Some(true),
        listed_elsewhere: findings.iter().filter(beside).any(is_duplicate),
        findings: findings.iter().filter(about).count(),
        today,
        place: place.clone(),
    })
}

/// The findings of the rules by the base, with those about what the change does to the policy and the ledger.
fn apply_base<'a>(
    list: &ListFolder,
    judgements: &Judgements,
    difference: &'a Difference,
    context: &RunContext,
    judge: impl Fn(&'a ListFolder) -> Judgements<'a>,
) -> rules::Checked {
    let checked = apply_rules(list, judgements, difference.change.as_ref(), context);
    let Some(mut change) = difference.change.clone().filter(|_| fails(&checked)) else { return checked };
    for (files, variant) in &difference.variants {
        let hides = variant.path != list.path || !fails(&apply_rules(variant, &judge(variant), Some(&change), context));
        if hides {
            change.decisive.extend(files.iter().copied());
        }
    }
    if change.decisive.is_empty() { checked } else { apply_rules(list, judgements, Some(&change), context) }
}

/// Whether a check fails, whatever it reports about the edits of its own files.
fn fails(checked: &rules::Checked) -> bool {
    let is_about_change = |code| rules::info(code).is_some_and(|info| info.scope == finding::Scope::Change);
    checked.findings.iter().any(|finding| finding.level == Level::Error && !is_about_change(finding.code))
}

/// The targets that the check needs: all of the list, or those of the links that a change brings, with the repositories
/// that entries with such a link are ranked by.
fn due(list: &ListFolder, difference: &Difference, scope: Scope, today: Date) -> BTreeSet<Target> {
    let all = wanted(list, scope, today);
    let Some(change) = &difference.change else { return all };
    let ranked = change.links.iter().filter_map(|link| {
        let entry = list.document.links[*link].entry?;
        list.document.entries.get(entry).map(|entry| entry.ranked_by)
    });
    let links = change.links.iter().copied().chain(ranked).filter_map(|link| list.targets.get(link));
    let needed = links.map(Target::looked_at);
    needed.filter(|target| all.contains(target)).collect()
}

/// A new link must answer at its first look. What is only stored was looked at by an earlier run and is judged as that
/// run judged it.
fn new_links(look: &LookSettings) -> NewLinks {
    if look.answers == Answers::Stored { NewLinks::Confirmed } else { NewLinks::Immediate }
}

/// Leaves out what got worse in a mass change of one of the lists.
fn verify(lists: &[ListFolder], looked: &mut Looked, now: Timestamp) -> anyhow::Result<()> {
    for list in lists {
        let accepted = accepted(list, &looked.looks, now)?;
        looked.looks = accepted.looks;
        looked.notices.extend(accepted.finding);
    }
    Ok(())
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
        local: &|target| local(list, target),
        judgements,
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

/// The targets of these lists, each once, with every place that links to it; of a change only the links that it brings.
pub(crate) fn links<'a>(
    lists: impl IntoIterator<Item = (&'a ListFolder, &'a Judgements<'a>, Option<&'a Change>)>,
    scope: Scope,
) -> Vec<CheckedLink> {
    let mut links: BTreeMap<&Target, CheckedLink> = BTreeMap::new();
    for (list, judgements, change) in lists {
        for (n, target) in list.targets.iter().enumerate() {
            let is_reported = target.is_remote() || matches!(target, Target::Foreign(_) | Target::Malformed(_));
            if !is_reported || !scope.contains(target) || change.is_some_and(|change| !change.links.contains(&n)) {
                continue;
            }
            let place = list.place(n);
            if let Some(link) = links.get_mut(target) {
                link.places.push(place);
            } else {
                let url = list.document.links[n].url.clone();
                let link = CheckedLink::new(target, url, judgements.report(target), vec![place]);
                links.insert(target, CheckedLink { replacements: judgements.replacements(target), ..link });
            }
        }
    }
    links.into_values().collect()
}
