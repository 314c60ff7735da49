//! The judgements of a list folder: its stored ledger with the looks of this run folded in.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::address::{Scope, Target};
use crate::commands::list_folder::ListFolder;
use crate::finding::Finding;
use crate::judgement::{Judgements, NewLinks, exclusions};
use crate::ledger;
use crate::news::{News, State};
use crate::observation::{self, Facts, Observation, Seen};
use crate::probe::github::Identity;

/// A failure in the cache that is older than this is not added to the record of a ledger: another machine may have seen
/// the target alive since, which the ledger does not date.
const CACHED_FAILURE_AGE: SignedDuration = SignedDuration::from_hours(24);

/// The judgements by the stored ledger alone: what `generate` and `explain` show. Exclusions end by the ledger's month,
/// so that the result does not depend on today.
pub(crate) fn stored(list: &ListFolder) -> Judgements<'_> {
    let excluded = exclusions(&list.document, &list.targets, &list.policy, list.ledger.as_of);
    Judgements::new(list.ledger.clone(), &list.policy).excluding(excluded)
}

/// The looks of a run as far as they are accepted.
pub(crate) struct Accepted {
    pub(crate) looks: Vec<Observation>,
    /// The mass change that is not accepted yet.
    pub(crate) finding: Option<Finding>,
    doubted: Option<Date>,
}

/// Leaves out what got worse in a mass change, unless an earlier run saw it too. A run in which most of what is known got
/// worse is refused.
pub(crate) fn accepted(list: &ListFolder, looks: Vec<Observation>, now: Timestamp) -> anyhow::Result<Accepted> {
    let change = ledger::mass_change(&list.ledger, &looks, &list.policy.guard);
    if let Some(change) = change.as_ref().filter(|change| change.is_refused) {
        anyhow::bail!(
            "{}\nnothing was written\nhelp: see what the Git host answers and run again; where it is right, raise `guard.share`",
            change.finding.message
        );
    }
    let today = observation::day(present(&looks, now).unwrap_or(now));
    let doubted = list.ledger.doubted.unwrap_or(today);
    let Some(change) = change.filter(|_| doubted >= today) else {
        return Ok(Accepted { looks, finding: None, doubted: None });
    };
    let looks = looks.into_iter().filter(|look| !change.targets.contains(&look.target)).collect();
    Ok(Accepted { looks, finding: Some(change.finding), doubted: Some(doubted) })
}

/// What is new in a list since an earlier state of it.
pub(crate) fn between(before: &ListFolder, old: &Judgements<'_>, after: &ListFolder, new: &Judgements<'_>) -> News {
    let before = State { document: &before.document, targets: &before.targets, judgements: old };
    let now = State { document: &after.document, targets: &after.targets, judgements: new };
    News::between(&|link| after.place(link).file, before, now)
}

/// The judgements of a refresh: what it writes is what `generate` writes from the ledger that it stores. Records that no
/// link needs any more are pruned.
pub(crate) fn refreshed<'a>(list: &'a ListFolder, accepted: &'a Accepted, now: Timestamp) -> Judgements<'a> {
    let looks = accepted.looks.as_slice();
    let stored = present(looks, now).map_or_else(|| list.ledger.clone(), |now| list.ledger.until(now));
    let needed = list.needed();
    let linked: HashSet<&Target> = needed.iter().collect();
    let mut ledger = stored.folded(looks, &list.policy).pruned(&linked, &list.policy.confirm);
    ledger.doubted = accepted.doubted;
    let excluded = exclusions(&list.document, &list.targets, &list.policy, ledger.as_of);
    Judgements::new(ledger, &list.policy).excluding(excluded).since(&list.ledger, looks, NewLinks::Confirmed)
}

/// The judgements of a check: by the stored ledger, the looks of earlier runs in the cache, and those of this one.
pub(crate) fn checked<'a, 'c>(
    list: &'a ListFolder,
    cached: impl IntoIterator<Item = &'c Observation>,
    looks: &'a [Observation],
    now: Timestamp,
    new_links: NewLinks,
) -> Judgements<'a> {
    let present = present(looks, now);
    let linked: HashSet<&Target> = list.targets.iter().collect();
    let until = present.unwrap_or(now);
    let cached = cached.into_iter().filter(|look| linked.contains(&look.target) && serves(list, look, until));
    let stored = present.map_or_else(|| list.ledger.clone(), |now| list.ledger.until(now));
    let ledger = stored.folded(cached, &list.policy).folded(looks, &list.policy);
    let today = observation::day(now);
    let excluded = exclusions(&list.document, &list.targets, &list.policy, Some(today));
    Judgements::new(ledger, &list.policy).excluding(excluded).since(&list.ledger, looks, new_links)
}

/// Whether a look of an earlier run is folded.
fn serves(list: &ListFolder, look: &Observation, now: Timestamp) -> bool {
    let age = now.duration_since(look.at);
    let recent = matches!(look.seen, Seen::Alive(_)) || age <= CACHED_FAILURE_AGE;
    !age.is_negative() && (recent || list.ledger.get(&look.target).is_none())
}

/// What time it is, which only a run that looked knows: recorded answers may be of another day. What the ledger and the
/// cache have of a later time was stored by a clock that ran ahead.
fn present(looks: &[Observation], now: Timestamp) -> Option<Timestamp> {
    let newest = looks.iter().map(|look| look.at).max()?;
    Some(newest.max(now))
}

/// The identities of the repositories of a list.
pub(crate) fn identities(list: &ListFolder) -> BTreeMap<Target, Identity> {
    let needed = list.needed();
    let known = needed.iter().filter_map(|target| Some((target, &list.ledger.get(target)?.facts)));
    let known = known.filter(|(target, facts)| matches!(target, Target::Repository(_)) && facts.node_id.is_some());
    let identity = |facts: &Facts| Identity {
        id: facts.id,
        node_id: facts.node_id.clone(),
        has_known_forks: facts.living_forks.is_some(),
    };
    known.map(|(target, facts)| (target.clone(), identity(facts))).collect()
}

/// The days on which the targets of a list were last looked at, by its ledger.
pub(crate) fn observed(list: &ListFolder) -> impl Iterator<Item = (Target, Date)> {
    let answering = list.targets.iter().map(|target| target.answered_by().unwrap_or_else(|| target.clone()));
    answering.filter_map(|target| Some((target.clone(), list.ledger.last_observed(&target)?)))
}

/// What a refresh looks at beside the links: the repositories that pages of the list named when they were looked at last.
pub(crate) fn behind_pages(list: &ListFolder, scope: Scope) -> BTreeSet<Target> {
    let linked: HashSet<&Target> = list.targets.iter().collect();
    list.needed().into_iter().filter(|target| !linked.contains(target) && scope.contains(target)).collect()
}

/// The targets of a list that are looked at: remote, in scope, and neither excluded nor ignored.
pub(crate) fn wanted(list: &ListFolder, scope: Scope, today: Date) -> BTreeSet<Target> {
    let excluded = exclusions(&list.document, &list.targets, &list.policy, Some(today));
    let targets = list.targets.iter().filter(|target| target.is_remote() && scope.contains(target));
    let wanted = targets.filter(|target| !excluded.contains_key(*target));
    wanted.map(Target::looked_at).collect()
}
