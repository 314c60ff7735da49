//! `pomona check`: looks at every link and tells what is wrong. It writes only the cache.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::bail;

use crate::change::Change;
use crate::cli;
use crate::finding::{Finding, Place};
use crate::ledger;
use crate::markdown::Document;
use crate::observation::{self, Observation};
use crate::policy::Policy;
use crate::report::{Checked, CheckedLink, Sources};
use crate::rules::{self, Case};
use crate::run::base;
use crate::run::caches::Caches;
use crate::run::judge::{Bench, fits, wanted};
use crate::run::list::List;
use crate::run::look::{Looked, see, told};
use crate::run::tell::tell;
use crate::settings::Door;
use crate::target::Target;
use crate::verdict::Newness;

/// Looks at every link of these lists and tells what is wrong.
pub async fn check(args: &cli::Check, door: &Door, out: &mut dyn Write) -> anyhow::Result<u8> {
    let lists: Vec<List> = args.paths.iter().map(|path| List::open(path)).collect::<Result<_, _>>()?;
    let changes = lists.iter().map(|list| change(list, args)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut caches = Caches::open(&lists, &args.look, door, false)?;
    let today = observation::day(door.now);
    let only = args.look.only;
    let targets: BTreeSet<Target> = lists.iter().flat_map(|list| wanted(list, only, today)).collect();
    let policies: Vec<&Policy> = lists.iter().map(|list| &list.policy).collect();
    let looked = see(door, &args.look, &policies, targets, &mut caches).await?;
    believe(&lists, &looked.looks)?;
    let cached = caches.looks();
    let mut checked = Checked { complete: looked.is_complete(), ..Checked::default() };
    checked.findings.extend(looked.notices.iter().cloned());
    let mut links = BTreeMap::new();
    for (list, change) in lists.iter().zip(&changes) {
        let bench = Bench::new(list, &cached, &looked.looks, door.now, Newness::New);
        checked.findings.extend(list.findings.iter().cloned());
        checked.findings.extend(judged(list, &bench, change.as_ref(), today));
        add(&mut links, list, &bench, only);
    }
    checked.links = links.into_values().collect();
    let sources = Sources::new(lists.iter().map(|list| (list.name.clone(), list.text.clone())));
    tell(&checked, &sources, &args.tell, door, out)
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

/// What the rules say of a list.
pub fn judged(list: &List, bench: &Bench, change: Option<&Change>, today: jiff::civil::Date) -> Vec<Finding> {
    let case = Case {
        file: &list.name,
        text: &list.text,
        document: &list.document,
        targets: &list.targets,
        judge: &|target| bench.judge(target),
        record: &|target| bench.ledger.get(target),
        buried: &|target| bench.buried(target),
        change,
        policy: &list.policy,
        today,
    };
    rules::check(&case)
}

/// Adds the targets of a list to the report, each once, with every place that links to it.
fn add(links: &mut BTreeMap<Target, CheckedLink>, list: &List, bench: &Bench, only: Option<cli::Only>) {
    for (n, target) in list.targets.iter().enumerate() {
        let told = target.is_remote() || matches!(target, Target::Foreign(_) | Target::Malformed(_));
        if !told || !fits(target, only) {
            continue;
        }
        let place: Place = list.place(n);
        match links.get_mut(target) {
            Some(link) => link.places.push(place),
            None => {
                let url = list.document.links[n].url.clone();
                let link = CheckedLink::new(target, url, bench.judge(target), vec![place]);
                links.insert(target.clone(), link);
            }
        }
    }
}
