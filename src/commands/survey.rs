//! What the lists of one run need together, known before the first of them is looked at, and the groups in which they are
//! done.
//!
//! Every list is opened once for this and most are opened a second time for their group, so that the memory of a run does
//! not grow with the number of its lists: of the lists to come only paths stay, and of their targets a number each.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use jiff::civil::Date;

use crate::address::{ForgeKind, Scope, Target};
use crate::commands::failures::Failures;
use crate::commands::judgements::{behind_pages, identities, observed, wanted};
use crate::commands::list_folder::ListFolder;
use crate::commands::look::Wanted;
use crate::observation;
use crate::policy::Policy;
use crate::rules::fragment;
use crate::settings::{LookSettings, RunContext};
use crate::shard::Costs;

/// The most lists of a group: each keeps a few files open.
const GROUP_LISTS: usize = 100;

/// A group with so many targets is full. 10,000 repositories are 200 requests, so that hardly one is smaller than it could
/// be, and the looks at them take about 10 MB.
const GROUP_TARGETS: usize = 10_000;

/// A list as a command opens it.
pub(crate) trait Opened: Sized {
    /// The list.
    fn list(&self) -> &ListFolder;

    /// The targets that the command looks at.
    fn due(&self, scope: Scope, today: Date) -> BTreeSet<Target>;

    /// The repositories that a change adds: they are asked for their details.
    fn submitted(&self) -> BTreeSet<Target> {
        BTreeSet::new()
    }
}

impl Opened for ListFolder {
    fn list(&self) -> &ListFolder {
        self
    }

    fn due(&self, scope: Scope, today: Date) -> BTreeSet<Target> {
        let mut targets = wanted(self, scope, today);
        targets.extend(behind_pages(self, scope));
        targets
    }
}

/// What looking needs to know of all lists of a run.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// How many lists there are.
    pub(crate) lists: usize,
    /// The hosts that a policy calls a GitHub.
    pub(crate) github: BTreeSet<String>,
    /// The first address for complaints that a policy names.
    pub(crate) contact: Option<String>,
    /// The pages that tell whether our own network works.
    pub(crate) controls: BTreeSet<String>,
    /// The targets whose anchors are wanted: their pages are read to the end.
    pub(crate) anchors: BTreeSet<Target>,
    /// The repositories that a change adds: they are asked for their details.
    pub(crate) details: BTreeSet<Target>,
    /// What it costs to look at each host, for shards.
    pub(crate) costs: Costs,
    /// In how many groups a target is wanted, and the last of them, by its number.
    uses: HashMap<u64, (usize, usize)>,
}

impl Needs {
    fn add(&mut self, list: &ListFolder, due: &BTreeSet<Target>, group: usize) {
        self.lists += 1;
        let forges = list.policy.forges.iter().filter(|(_, kind)| **kind == ForgeKind::GitHub);
        self.github.extend(forges.map(|(host, _)| host.clone()));
        if self.contact.is_none() {
            self.contact.clone_from(&list.policy.check.contact);
        }
        self.controls.extend(list.policy.guard.control_pages.iter().cloned());
        self.anchors.extend(anchors(list));
        for target in due {
            match self.uses.entry(number(target)) {
                Entry::Vacant(entry) => {
                    entry.insert((1, group));
                    self.costs.add(target, list.ledger.get(target));
                }
                Entry::Occupied(mut entry) => {
                    let (uses, newest) = entry.get_mut();
                    *uses += usize::from(*newest != group);
                    *newest = group;
                }
            }
        }
    }

    /// Drops what only one group needs, once all lists are known.
    fn close(&mut self) {
        self.uses.retain(|_, (groups, _)| *groups > 1);
        self.uses.shrink_to_fit();
    }

    /// Records that one group more is done with a target: whether another one needs it.
    pub(crate) fn is_needed_again(&mut self, target: &Target) -> bool {
        let Some((groups, _)) = self.uses.get_mut(&number(target)) else { return false };
        *groups = groups.saturating_sub(1);
        *groups > 0
    }
}

/// A target as a number: a million targets take 30 MB. Two that share one are kept for longer than they are needed.
fn number(target: &Target) -> u64 {
    let mut hasher = DefaultHasher::new();
    target.hash(&mut hasher);
    hasher.finish()
}

/// The targets of the links that name an anchor, in a list that asks for them.
fn anchors(list: &ListFolder) -> impl Iterator<Item = Target> {
    let links = list.document.links.iter().zip(&list.targets).filter(|_| list.policy.check.fragments);
    let pages = links.filter(|(link, target)| matches!(target, Target::Page(_)) && fragment(&link.url).is_some());
    pages.map(|(_, target)| target.clone())
}

/// The lists of a run, in groups.
pub(crate) struct Survey<T> {
    groups: Vec<Vec<PathBuf>>,
    /// The lists that are open already: those of the first group, and standard input, which is read once.
    open: BTreeMap<PathBuf, T>,
}

impl<T: Opened> Survey<T> {
    /// Opens every list; one that cannot be opened is recorded among the failures.
    pub(crate) fn of(
        paths: &[PathBuf],
        settings: &LookSettings,
        context: &RunContext,
        open: impl Fn(&Path) -> anyhow::Result<T>,
        failures: &mut Failures,
    ) -> (Self, Needs) {
        let (mut survey, mut needs) = (Self { groups: Vec::new(), open: BTreeMap::new() }, Needs::default());
        let (mut group, mut targets) = (Vec::new(), 0);
        let today = observation::day(context.now);
        for path in paths {
            let Some(opened) = failures.take(open(path)) else { continue };
            let due = opened.due(settings.scope, today);
            if !group.is_empty() && targets + due.len() > GROUP_TARGETS || group.len() == GROUP_LISTS {
                survey.groups.push(std::mem::take(&mut group));
                targets = 0;
            }
            targets += due.len();
            needs.add(opened.list(), &due, survey.groups.len());
            needs.details.extend(opened.submitted());
            if survey.groups.is_empty() || opened.list().path.is_none() {
                survey.open.insert(path.clone(), opened);
            }
            group.push(path.clone());
        }
        survey.groups.extend((!group.is_empty()).then_some(group));
        needs.close();
        (survey, needs)
    }

    /// The paths of each group.
    pub(crate) fn take_groups(&mut self) -> Vec<Vec<PathBuf>> {
        std::mem::take(&mut self.groups)
    }

    /// Opens the lists of a group with their caches. One that cannot be opened is recorded among the failures.
    pub(crate) fn open(
        &mut self,
        group: &[PathBuf],
        open: impl Fn(&Path) -> anyhow::Result<T>,
        mut cache: impl FnMut(&ListFolder) -> anyhow::Result<()>,
        failures: &mut Failures,
    ) -> Vec<T> {
        let mut lists = Vec::with_capacity(group.len());
        for path in group {
            let opened = self.open.remove(path).map_or_else(|| open(path), Ok);
            let opened = opened.and_then(|opened| cache(opened.list()).map(|()| opened));
            lists.extend(failures.take(opened));
        }
        lists
    }
}

/// What a group of lists wants: each target with the shortest age of a cached look that one of its lists accepts.
pub(crate) fn wanted_by<T: Opened>(lists: &[T], settings: &LookSettings, today: Date) -> Wanted {
    let mut wanted = Wanted::default();
    for opened in lists {
        let age = max_age(&opened.list().policy);
        for target in opened.due(settings.scope, today) {
            let shortest = wanted.targets.entry(target).or_insert(age);
            *shortest = age.min(*shortest);
        }
        wanted.identities.extend(identities(opened.list()));
        for (target, day) in observed(opened.list()) {
            let newest = wanted.observed.entry(target).or_insert(day);
            *newest = day.max(*newest);
        }
    }
    wanted
}

fn max_age(policy: &Policy) -> SignedDuration {
    SignedDuration::try_from(policy.check.max_age).unwrap_or(SignedDuration::ZERO)
}
