//! What is held of every target of a list, with this run's looks folded into its memory.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::address::{Scope, Target};
use crate::commands::list_folder::ListFolder;
use crate::ledger::Ledger;
use crate::observation::{self, Observation};
use crate::policy::{Exclusion, Policy};
use crate::verdict::{ConfirmationMode, Judgement, Verdict, judge};

/// The judgements of one list.
#[derive(Debug)]
pub(crate) struct Judgements<'a> {
    /// The memory with this run's looks.
    pub(crate) ledger: Ledger,
    before: &'a Ledger,
    looks: HashMap<&'a Target, &'a Observation>,
    left_out: BTreeMap<Target, Judgement>,
    policy: &'a Policy,
    confirmation: ConfirmationMode,
    today: Date,
}

impl<'a> Judgements<'a> {
    /// Judges the targets of `list` by the looks of earlier runs and of this one.
    pub(crate) fn new(
        list: &'a ListFolder,
        cached: impl IntoIterator<Item = &'a Observation>,
        looks: &'a [Observation],
        now: Timestamp,
        confirmation: ConfirmationMode,
    ) -> Self {
        let accepted = &list.policy.accepted;
        let linked: HashSet<&Target> = list.targets.iter().collect();
        let present = present(looks, now);
        let cached =
            cached.into_iter().filter(|look| linked.contains(&look.target) && present.is_none_or(|now| look.at <= now));
        let memory = present.map_or_else(|| list.ledger.clone(), |now| list.ledger.until(now));
        let ledger = memory.folded(cached, accepted).folded(looks, accepted);
        let mut newest: HashMap<&Target, &Observation> = HashMap::with_capacity(looks.len());
        for look in looks {
            let kept = newest.entry(&look.target).or_insert(look);
            if kept.at <= look.at {
                *kept = look;
            }
        }
        let today = observation::day(now);
        let left_out = left_out(list, today);
        Self { ledger, before: &list.ledger, looks: newest, left_out, policy: &list.policy, confirmation, today }
    }

    /// The same for the list after addresses were changed: the memory of each old target is that of the new.
    pub(crate) fn readdressed(&self, list: &ListFolder, renamed: &[(Target, Target)]) -> Self {
        let mut ledger = self.ledger.clone();
        for (old, new) in renamed {
            ledger.rename(old, new);
        }
        let left_out = left_out(list, self.today);
        Self { ledger, left_out, looks: self.looks.clone(), ..*self }
    }

    /// What is held of `target`.
    pub(crate) fn judge(&self, target: &Target) -> Judgement {
        if let Some(judgement) = self.left_out.get(target) {
            return judgement.clone();
        }
        judge(self.ledger.get(target), self.looks.get(target).copied(), &self.policy.confirm, self.confirmation)
    }

    /// This run's look at `target`.
    pub(crate) fn look(&self, target: &Target) -> Option<&'a Observation> {
        self.looks.get(target).copied()
    }

    /// The day since which a target is dead that was known to be dead before this run: what only this run saw fail
    /// was never on the list.
    pub(crate) fn dead_since(&self, target: &Target) -> Option<Date> {
        let judgement = judge(self.before.get(target), None, &self.policy.confirm, ConfirmationMode::Required);
        judgement.since.filter(|_| judgement.verdict == Verdict::Dead)
    }
}

/// What time it is, which only a run that looked knows: a recorded world may be of another day. What the memory
/// and the cache hold of a later time was put there by a clock that ran ahead.
fn present(looks: &[Observation], now: Timestamp) -> Option<Timestamp> {
    let newest = looks.iter().map(|look| look.at).max()?;
    Some(newest.max(now))
}

/// The targets of a list that are looked at: remote, wanted, and neither excluded nor ignored.
pub(crate) fn wanted(list: &ListFolder, scope: Scope, today: Date) -> BTreeSet<Target> {
    let left_out = left_out(list, today);
    let targets = list.targets.iter().filter(|target| target.is_remote() && scope.contains(target));
    targets.filter(|target| !left_out.contains_key(*target)).cloned().collect()
}

/// Targets that nobody looks at, with the reason. A target that is ignored in one place and not in another
/// is looked at.
fn left_out(list: &ListFolder, today: Date) -> BTreeMap<Target, Judgement> {
    let mut left_out = BTreeMap::new();
    for (link, target) in list.targets.iter().enumerate() {
        let url = &list.document.links[link].url;
        let covered = |exclusion: &&Exclusion| exclusion.covers(url, today);
        if let Target::Foreign(address) = target {
            let scheme = address.split(':').next().unwrap_or_default();
            left_out.insert(target.clone(), Judgement::ignored(format!("`{scheme}:` addresses are not looked at")));
        } else if let Some(exclusion) = list.policy.check.exclude.iter().find(covered) {
            left_out.insert(target.clone(), Judgement::excluded(exclusion));
        } else if let Some(reason) = list.document.ignored.get(&link) {
            left_out.insert(target.clone(), Judgement::ignored(reason.clone()));
        }
    }
    for (link, target) in list.targets.iter().enumerate() {
        let kept = list.policy.check.exclude.iter().all(|e| !e.covers(&list.document.links[link].url, today));
        if kept && target.is_remote() && !list.document.ignored.contains_key(&link) {
            left_out.remove(target);
        }
    }
    left_out
}
