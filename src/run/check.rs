//! `pomona check`: looks at every link and tells what is wrong. It writes only the cache.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::bail;

use crate::change::Change;
use crate::cli;
use crate::finding::Finding;
use crate::ledger;
use crate::markdown::Document;
use crate::observation::{self, Observation};
use crate::policy::Policy;
use crate::report::{Checked, CheckedLink, Sources};
use crate::rules::{self, Case};
use crate::run::base;
use crate::run::caches::Caches;
use crate::run::fragments;
use crate::run::judge::{Bench, fits, wanted};
use crate::run::list::List;
use crate::run::look::{Wanted, see, told};
use crate::run::tell::tell;
use crate::settings::Door;
use crate::target::Target;
use crate::verdict::Newness;

/// Looks at every link of these lists and tells what is wrong.
pub(crate) async fn check(args: &cli::Check, door: &Door, out: &mut dyn Write) -> anyhow::Result<u8> {
    let lists: Vec<List> = args.paths.iter().map(|path| List::open(path)).collect::<Result<_, _>>()?;
    let changes = lists.iter().map(|list| change(list, args)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut caches = Caches::open(&lists, &args.look, door, false)?;
    let today = observation::day(door.now);
    let only = args.look.only;
    let targets: BTreeSet<Target> = lists.iter().flat_map(|list| wanted(list, only, today)).collect();
    let policies: Vec<&Policy> = lists.iter().map(|list| &list.policy).collect();
    let first = lists.iter().zip(&changes).flat_map(|(list, change)| brought(list, change.as_ref())).collect();
    let looked = see(door, &args.look, &policies, Wanted { targets, first }, &mut caches).await?;
    believe(&lists, &looked.looks)?;
    let mut report = Checked { complete: looked.is_complete(), ..Checked::default() };
    report.findings.extend(looked.notices.iter().cloned());
    let newness = newness(args);
    let benches: Vec<Bench> =
        lists.iter().map(|list| Bench::new(list, caches.looks(), &looked.looks, door.now, newness)).collect();
    for ((list, bench), change) in lists.iter().zip(&benches).zip(&changes) {
        report.findings.extend(list.findings.iter().cloned());
        report.findings.extend(ruled(list, bench, change.as_ref(), door));
        report.findings.extend(fragments::lost(list, bench, change.as_ref()));
    }
    report.links = links(lists.iter().zip(&benches), only);
    let sources = Sources::new(lists.iter().map(|list| (list.name.clone(), list.text.clone())));
    tell(&report, &sources, &args.tell, door, out)
}

/// A look that fails hard is death for what nobody remembers alive. What is only remembered failed in a run before, and
/// is judged as that run judged it.
fn newness(args: &cli::Check) -> Newness {
    if args.look.offline { Newness::Known } else { Newness::New }
}

/// Stops a run in which too much got worse at once.
fn believe(lists: &[List], looks: &[Observation]) -> anyhow::Result<()> {
    for list in lists {
        if let Some(alarm) = ledger::alarm(&list.ledger, looks, &list.policy.guard) {
            bail!(told(&alarm));
        }
    }
    Ok(())
}

/// What the list brings that its base had not, where a base is named.
fn change(list: &List, args: &cli::Check) -> anyhow::Result<Option<Change>> {
    let Some(base) = base::text(list, args.changed_since.as_deref(), args.base.as_deref())? else { return Ok(None) };
    let document = Document::parse(&base);
    Ok(Some(Change::between((&base, &document), (&list.text, &list.document))))
}

/// The targets of the links that a change brings.
fn brought<'a>(list: &'a List, change: Option<&'a Change>) -> impl Iterator<Item = Target> + 'a {
    change.into_iter().flat_map(|change| &change.links).filter_map(|link| list.targets.get(*link).cloned())
}

/// What the rules say of a list, and of its policy.
pub(crate) fn ruled(list: &List, bench: &Bench, change: Option<&Change>, door: &Door) -> Vec<Finding> {
    let today = observation::day(door.now);
    let case = Case {
        file: &list.name,
        text: &list.text,
        document: &list.document,
        targets: &list.targets,
        today,
        policy: &list.policy,
        judge: &|target| bench.judge(target),
        record: &|target| bench.ledger.get(target),
        buried: &|target| bench.buried(target),
        change,
    };
    let mut findings = rules::check(&case);
    findings.extend(rules::of_policy(&list.policy, today));
    findings
}

/// The targets of these lists, each once, with every place that links to it.
pub(crate) fn links<'a>(
    lists: impl IntoIterator<Item = (&'a List, &'a Bench<'a>)>,
    only: Option<cli::Only>,
) -> Vec<CheckedLink> {
    let mut links: BTreeMap<&Target, CheckedLink> = BTreeMap::new();
    for (list, bench) in lists {
        for (n, target) in list.targets.iter().enumerate() {
            let told = target.is_remote() || matches!(target, Target::Foreign(_) | Target::Malformed(_));
            if !told || !fits(target, only) {
                continue;
            }
            let place = list.place(n);
            if let Some(link) = links.get_mut(target) {
                link.places.push(place);
            } else {
                let url = list.document.links[n].url.clone();
                links.insert(target, CheckedLink::new(target, url, bench.judge(target), vec![place]));
            }
        }
    }
    links.into_values().collect()
}
