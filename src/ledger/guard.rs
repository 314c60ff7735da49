//! The mass-change guard: many known repositories that get worse in one run are a fault of the run, not of
//! the repositories.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ledger, Record};
use crate::address::Target;
use crate::finding::{Finding, Level, notice};
use crate::observation::{Facts, Observation, Seen};
use crate::policy::Guard;

/// So many repositories may always get worse at once: in a short list a few deletions in one week are a large share.
const FLOOR: usize = 5;

/// Above this share the run as a whole is refused: no week takes a quarter of a list, but a fault of an API does. It is not
/// accepted on a later day either, except by `guard.share`.
const REFUSED_SHARE: f64 = 0.25;

/// A change that is too large to be accepted from one run.
#[derive(Debug, Clone, PartialEq)]
pub struct MassChange {
    /// What is reported about it.
    pub finding: Finding,
    /// The repositories that got worse.
    pub targets: BTreeSet<Target>,
    /// Whether they are so many that nothing of the run is accepted.
    pub is_refused: bool,
}

/// The mass change in these looks, where more than the policy's share of the repositories known before fail, lose a
/// field, or fall in stars at once.
pub fn mass_change(before: &Ledger, observations: &[Observation], policy: &Guard) -> Option<MassChange> {
    let mut newest: BTreeMap<&Target, &Observation> = BTreeMap::new();
    for observation in observations {
        let kept = newest.entry(&observation.target).or_insert(observation);
        if kept.at <= observation.at {
            *kept = observation;
        }
    }
    let known: Vec<(&Record, &Observation)> = newest
        .into_iter()
        .filter_map(|(target, observation)| Some((before.get(target)?, observation)))
        .filter(|(record, _)| record.facts.stars.is_some() && record.failing.is_none())
        .collect();
    let worse = known.iter().filter_map(|(record, look)| Some((&look.target, worse(record, look, policy)?)));
    let worse: BTreeMap<&Target, usize> = worse.collect();
    if known.len() < policy.least || worse.len() <= FLOOR || share(worse.len(), known.len()) <= policy.share {
        return None;
    }
    let count = |kind| worse.values().filter(|found| **found == kind).count();
    let message = format!(
        "{} of {} known repositories got worse at once: {} failed, {} lost a fact, {} lost more than {:.0} % of their stars",
        worse.len(),
        known.len(),
        count(FAILED),
        count(LOST),
        count(FELL),
        policy.fall * 100.0
    );
    let help = "what was stored of them is kept; a later run accepts the change if it persists. See what the Git host \
                answers, and raise `guard.share` if such changes are usual";
    let finding = Finding { level: Level::Warning, ..Finding::new(&notice::MASS_CHANGE, message).help(help) };
    let is_refused = share(worse.len(), known.len()) > REFUSED_SHARE.max(policy.share);
    Some(MassChange { finding, targets: worse.into_keys().cloned().collect(), is_refused })
}

/// The ways to get worse.
const FAILED: usize = 0;
const LOST: usize = 1;
const FELL: usize = 2;

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The way in which a repository got worse.
fn worse(record: &Record, observation: &Observation, policy: &Guard) -> Option<usize> {
    match &observation.seen {
        Seen::Failed(failure) => failure.class.is_evidence().then_some(FAILED),
        Seen::Alive(alive) if alive.facts.is_empty() => None,
        Seen::Alive(alive) if lost(&record.facts, &alive.facts) => Some(LOST),
        Seen::Alive(alive) => fell(&record.facts, &alive.facts, policy.fall).then_some(FELL),
    }
}

fn lost(old: &Facts, new: &Facts) -> bool {
    let vanished = |old: Option<bool>, new: Option<bool>| old == Some(true) && new == Some(false);
    (old.stars.is_some() && new.stars.is_none())
        || vanished(old.commit.map(|c| c.is_some()), new.commit.map(|c| c.is_some()))
        || vanished(old.licence.as_ref().map(Option::is_some), new.licence.as_ref().map(Option::is_some))
        || vanished(old.release.map(|r| r.is_some()), new.release.map(|r| r.is_some()))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn fell(old: &Facts, new: &Facts, fall: f64) -> bool {
    match (old.stars, new.stars) {
        (Some(old), Some(new)) if old >= 5 => (new as f64) < old as f64 * (1.0 - fall),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::observation::{Alive, Failure, FailureClass};
    use crate::policy::Policy;

    fn observation(n: usize, at: &str, seen: Seen) -> Observation {
        Observation { target: format!("github:a/b{n}").parse().unwrap(), at: at.parse().unwrap(), seen }
    }

    fn with_stars(stars: u64) -> Seen {
        let facts = Facts { stars: Some(stars), commit: Some(Some("2026-01-01".parse().unwrap())), ..Facts::default() };
        Seen::Alive(Arc::new(Alive { facts: facts.into(), ..Alive::default() }))
    }

    fn run(later: impl Fn(usize) -> Seen) -> Option<Finding> {
        change(later).map(|change| change.finding)
    }

    fn change(later: impl Fn(usize) -> Seen) -> Option<MassChange> {
        let first: Vec<_> = (0..20).map(|n| observation(n, "2026-01-01T00:00:00Z", with_stars(100))).collect();
        let before = Ledger::default().fold(&first, &Policy::default());
        let second: Vec<_> = (0..20).map(|n| observation(n, "2026-01-08T00:00:00Z", later(n))).collect();
        mass_change(&before, &second, &Guard::default())
    }

    #[test]
    fn one_in_ten_may_get_worse_and_five_always() {
        let not_found = |_| Seen::Failed(Failure::of(FailureClass::GithubNotFound));
        let some = |bad: usize| move |n: usize| if n < bad { not_found(n) } else { with_stars(100) };
        assert_eq!(run(some(5)), None);
        assert!(run(some(6)).unwrap().message.contains("6 failed"));
        assert!(run(|_| with_stars(0)).unwrap().message.contains("20 lost more than 30 %"));
        assert_eq!(run(|_| with_stars(71)), None);
    }

    #[test]
    fn more_than_a_quarter_is_refused_and_less_is_withheld() {
        let some =
            |bad: usize| change(move |n| with_stars(if n < bad { 0 } else { 100 })).map(|change| change.is_refused);
        assert_eq!((some(6), some(5)), (Some(true), None), "6 of 20 are more than a quarter, 5 may always get worse");
        let lenient = Guard { share: 0.1, ..Guard::default() };
        let many = |bad: usize| {
            let look = |n: usize, at: &str, stars: u64| observation(n, at, with_stars(stars));
            let first: Vec<_> = (0..40).map(|n| look(n, "2026-01-01T00:00:00Z", 100)).collect();
            let second: Vec<_> =
                (0..40).map(|n| look(n, "2026-01-08T00:00:00Z", if n < bad { 0 } else { 100 })).collect();
            let before = Ledger::default().fold(&first, &Policy::default());
            mass_change(&before, &second, &lenient).map(|change| change.is_refused)
        };
        assert_eq!((many(10), many(11)), (Some(false), Some(true)));
    }

    #[test]
    fn a_field_that_vanishes_everywhere_raises_it() {
        let bare = |_| {
            let facts = Facts { stars: Some(100), commit: Some(None), ..Facts::default() };
            Seen::Alive(Arc::new(Alive { facts: facts.into(), ..Alive::default() }))
        };
        assert!(run(bare).unwrap().message.contains("20 lost a fact"));
    }
}
