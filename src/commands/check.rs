//! `pomona check`: checks links and reports what is wrong. It writes only the cache.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use jiff::civil::Date;

use crate::address::{LocalFile, Scope, Target};
use crate::change::Change;
use crate::commands::archives::Copies;
use crate::commands::base::{self, Checkout, Difference};
use crate::commands::caches::Caches;
use crate::commands::failures::Failures;
use crate::commands::judgements::{accepted, checked, wanted};
use crate::commands::list_folder::{ListFolder, expanded_all};
use crate::commands::look::{Looker, is_complete};
use crate::commands::output::Reports;
use crate::commands::people;
use crate::commands::survey::{Opened, Survey, wanted_by};
use crate::finding::{self, Finding, Level};
use crate::judgement::{Judgements, NewLinks};
use crate::observation::{self, Observation};
use crate::report::{AddedEntry, CheckReport, CheckedLink, Sources};
use crate::rules::{self, Case, ListedFile};
use crate::settings::{Answers, CheckSettings, LookSettings, RunContext};
use crate::store;

/// Checks the links of these lists, or of what a change brings to them, and reports what is wrong. Each target is looked at
/// once for all lists, and each list is judged by its own policy. One that cannot be checked stops no other.
pub(crate) async fn check(settings: &CheckSettings, context: &RunContext, out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut failures = Failures::default();
    let open = |path: &Path| base::open(path, &settings.base, &settings.overrides);
    let paths = expanded_all(&settings.paths, &mut failures);
    let several = paths.len() > 1 || settings.paths.len() > 1;
    let (mut survey, needs) = Survey::of(&paths, &settings.look, context, open, &mut failures);
    let done = needs.lists;
    let looker = Looker::start(context, &settings.look, needs)?;
    let reports = Reports::new(&settings.output, context, several);
    let (copies, is_interrupted) = (Copies::default(), false);
    let mut run = Run { settings, context, several, looker, copies, reports, is_interrupted };
    for group in survey.take_groups() {
        let mut caches = Caches::default();
        let cache = |list: &ListFolder| caches.add(list, &settings.look, context, false);
        let checkouts = survey.open(&group, open, cache, &mut failures);
        if !run.group(&checkouts, &mut caches, &mut failures, out).await? {
            break;
        }
    }
    if done == 0 {
        return failures.end(0);
    }
    let code = run.reports.end(failures.is_empty(), out)?;
    failures.end(if run.is_interrupted { 2 } else { code })
}

impl Opened for Checkout {
    fn list(&self) -> &ListFolder {
        self.list()
    }

    fn due(&self, scope: Scope, today: Date) -> BTreeSet<Target> {
        self.files.iter().flat_map(|(list, difference)| due(list, difference, scope, today)).collect()
    }

    fn submitted(&self) -> BTreeSet<Target> {
        self.files.iter().flat_map(|(list, difference)| submitted(list, difference)).collect()
    }
}

/// What the lists of a run share.
struct Run<'a> {
    settings: &'a CheckSettings,
    context: &'a RunContext,
    several: bool,
    looker: Looker<'a>,
    copies: Copies,
    reports: Reports<'a>,
    is_interrupted: bool,
}

impl Run<'_> {
    /// Looks for a group of lists and reports one after the other: whether the run can go on.
    async fn group(
        &mut self,
        checkouts: &[Checkout],
        caches: &mut Caches,
        failures: &mut Failures,
        out: &mut dyn Write,
    ) -> anyhow::Result<bool> {
        let (scope, today) = (self.settings.look.scope, observation::day(self.context.now));
        let wanted = wanted_by(checkouts, &self.settings.look, today);
        let Some(mut looked) = failures.take(self.looker.see(wanted, caches).await) else { return Ok(false) };
        self.is_interrupted = looked.is_interrupted;
        if self.several {
            self.reports.notices(&std::mem::take(&mut looked.notices));
        }
        for checkout in checkouts {
            let looks = looked.take(checkouts.len(), || checkout.due(scope, today));
            let part = self.list(checkout, looks, &looked.notices, caches).await;
            let Some(part) = failures.take(part) else { continue };
            let list = checkout.list();
            let sources = Sources::new(list.texts());
            self.reports.write(part, &sources, &list.name, out)?;
        }
        Ok(!self.is_interrupted)
    }

    async fn list(
        &mut self,
        checkout: &Checkout,
        looks: Vec<Observation>,
        notices: &[Finding],
        caches: &mut Caches,
    ) -> anyhow::Result<CheckReport> {
        let context = self.context;
        let today = observation::day(context.now);
        let complete = is_complete(&looks);
        let accepted = accepted(checkout.list(), looks, context.now)?;
        let looks = accepted.looks.as_slice();
        let new_links = new_links(&self.settings.look);
        let run = (&self.settings.look, context, self.looker.deadline());
        let mut findings = notices.to_vec();
        findings.extend(accepted.finding);
        let mut report = CheckReport { complete, ..CheckReport::default() };
        let mut linked = Vec::new();
        for (list, difference) in &checkout.files {
            let judgements = checked(list, caches.looks(), looks, context.now, new_links);
            let (judgements, finding) = self.copies.add(list, judgements, run, caches).await?;
            findings.extend(finding);
            findings.extend(list.findings.iter().cloned());
            let judge = |list| checked(list, caches.looks(), looks, context.now, new_links);
            let by_rules = apply_base(list, &judgements, difference, context, judge);
            findings.extend(by_rules.findings);
            report.older.extend(by_rules.older);
            linked.extend(links(list, &judgements, difference.change.as_ref(), self.settings.look.scope));
            report.findings = rules::apply_policy(std::mem::take(&mut findings), &list.policy.rules);
            if let Some(change) = &difference.change {
                add_change(&mut report, list, &judgements, change, today);
            }
            findings = std::mem::take(&mut report.findings);
        }
        report.findings = findings;
        report.links = if checkout.files.len() == 1 { linked } else { joined(linked) };
        if report.changed_lines.is_some() {
            let policy = &checkout.list().policy;
            report.submitter = people::submitter(&self.settings.look, context, policy, &report.entries).await?;
        }
        Ok(report)
    }
}

/// The links of several files, each target once with all of its places.
fn joined(links: Vec<CheckedLink>) -> Vec<CheckedLink> {
    let mut by_target: BTreeMap<String, CheckedLink> = BTreeMap::new();
    let mut order = Vec::new();
    for link in links {
        if let Some(first) = by_target.get_mut(&link.target) {
            first.places.extend(link.places);
        } else {
            order.push(link.target.clone());
            by_target.insert(link.target.clone(), link);
        }
    }
    order.into_iter().filter_map(|target| by_target.remove(&target)).collect()
}

/// Adds the entries and the lines that a change brings.
fn add_change(report: &mut CheckReport, list: &ListFolder, judgements: &Judgements, change: &Change, today: Date) {
    for i in &change.added {
        report.entries.extend(added_entry(list, judgements, *i, &report.findings, today));
    }
    let lines = change.lines.iter().copied().collect();
    report.changed_lines.get_or_insert_default().insert(list.name.clone(), lines);
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
        licence: facts.licence.clone(),
        last_commit: facts.commit.flatten(),
        created: facts.created,
        details: judgements.details(&ranked).cloned().unwrap_or_default(),
        archived: facts.archived == Some(true),
        listed_elsewhere: findings.iter().filter(beside).any(is_duplicate),
        findings: findings.iter().filter(about).count(),
        errors: findings.iter().filter(about).filter(|finding| finding.level == Level::Error).count(),
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

/// The repositories of the entries that a change adds, or gives a new address.
fn submitted(list: &ListFolder, difference: &Difference) -> BTreeSet<Target> {
    let Some(change) = &difference.change else { return BTreeSet::new() };
    let entries = list.document.entries.iter().enumerate().filter(|(i, entry)| change.submits(*i, entry));
    let ranked = entries.filter_map(|(_, entry)| Some(list.targets.get(entry.ranked_by)?.looked_at()));
    ranked.filter(|target| matches!(target, Target::Repository(_))).collect()
}

/// A new link must answer at its first look. What is only stored was looked at by an earlier run and is judged as that
/// run judged it.
fn new_links(look: &LookSettings) -> NewLinks {
    if look.answers == Answers::Stored { NewLinks::Confirmed } else { NewLinks::Immediate }
}

/// The findings of the rules about a list and its policy.
pub(crate) fn apply_rules(
    list: &ListFolder,
    judgements: &Judgements,
    change: Option<&Change>,
    context: &RunContext,
) -> rules::Checked {
    let today = observation::day(context.now);
    let mut checked = rules::Checked::default();
    let files: Vec<ListedFile> = list.all_files().iter().map(listed).collect();
    for file in list.files() {
        let case = Case {
            file: &file.name,
            text: &file.text,
            document: &file.document,
            targets: &file.targets,
            today,
            policy: &file.policy,
            local: &|target| local(file, target),
            judgements,
            change,
            files: &files,
        };
        let found = rules::check(&case);
        checked.findings.extend(found.findings);
        checked.older.extend(found.older);
    }
    checked
}

fn listed(file: &ListFolder) -> ListedFile<'_> {
    ListedFile { file: &file.name, role: file.role, document: &file.document, targets: &file.targets }
}

/// What a relative link of the list leads to.
fn local(list: &ListFolder, target: &Target) -> LocalFile {
    match (&list.path, target) {
        (Some(path), Target::Local(written)) => store::local(path.parent().unwrap_or(Path::new("")), written),
        _ => LocalFile::NotChecked,
    }
}

/// The targets of a list, each once, with every place that links to it; of a change only the links that it brings.
pub(crate) fn links(
    list: &ListFolder,
    judgements: &Judgements,
    change: Option<&Change>,
    scope: Scope,
) -> Vec<CheckedLink> {
    let mut links: BTreeMap<&Target, CheckedLink> = BTreeMap::new();
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
    links.into_values().collect()
}
