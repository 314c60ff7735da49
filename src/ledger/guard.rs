//! The mass-change guard: many known repositories that get worse in one run are a fault of the run, not of
//! the repositories.

use std::collections::BTreeMap;

use super::{Ledger, Record};
use crate::address::Target;
use crate::finding::{Finding, notice};
use crate::observation::{Facts, Observation, Seen};
use crate::policy::Guard;

/// Says why this run must not be believed, where more than the policy's share of the repositories known
/// before fail, lose a field, or fall in stars at once.
pub fn alarm(before: &Ledger, observations: &[Observation], policy: &Guard) -> Option<Finding> {
    if before.is_empty() {
        return None;
    }
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
    if known.len() < policy.least.max(1) {
        return None;
    }
    let mut counts = [0usize; 3];
    for (record, observation) in &known {
        if let Some(kind) = worse(record, observation, policy) {
            counts[kind] += 1;
        }
    }
    let [failed, lost, fell] = counts;
    let bad = failed + lost + fell;
    (share(bad, known.len()) > policy.share).then(|| {
        let message = format!(
            "{bad} of {} known repositories got worse at once: {failed} failed, {lost} lost a fact, {fell} fell in stars by more than {:.0} %",
            known.len(),
            policy.fall * 100.0
        );
        Finding::new(&notice::MASS_CHANGE, message)
            .help("nothing was written; look at what the forge answers, and raise `guard.share` if the change is real")
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// 0: failed, 1: lost a fact, 2: fell in stars.
fn worse(record: &Record, observation: &Observation, policy: &Guard) -> Option<usize> {
    match &observation.seen {
        Seen::Failed(failure) => failure.class.is_evidence().then_some(0),
        Seen::Alive(alive) if alive.facts.is_empty() => None,
        Seen::Alive(alive) if lost(&record.facts, &alive.facts) => Some(1),
        Seen::Alive(alive) => fell(&record.facts, &alive.facts, policy.fall).then_some(2),
    }
}

fn lost(old: &Facts, new: &Facts) -> bool {
    let gone = |old: Option<bool>, new: Option<bool>| old == Some(true) && new == Some(false);
    (old.stars.is_some() && new.stars.is_none())
        || gone(old.commit.map(|c| c.is_some()), new.commit.map(|c| c.is_some()))
        || gone(old.licence.as_ref().map(Option::is_some), new.licence.as_ref().map(Option::is_some))
        || gone(old.release.map(|r| r.is_some()), new.release.map(|r| r.is_some()))
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
    use super::*;
    use crate::observation::{Alive, Failure, FailureClass};
    use crate::policy::Policy;

    fn observation(n: usize, at: &str, seen: Seen) -> Observation {
        Observation { target: format!("github:a/b{n}").parse().unwrap(), at: at.parse().unwrap(), seen }
    }

    fn with_stars(stars: u64) -> Seen {
        let facts = Facts { stars: Some(stars), commit: Some(Some("2026-01-01".parse().unwrap())), ..Facts::default() };
        Seen::Alive(Box::new(Alive { facts: facts.into(), ..Alive::default() }))
    }

    fn run(later: impl Fn(usize) -> Seen) -> Option<Finding> {
        let first: Vec<_> = (0..20).map(|n| observation(n, "2026-01-01T00:00:00Z", with_stars(100))).collect();
        let before = Ledger::default().fold(&first, &Policy::default());
        let second: Vec<_> = (0..20).map(|n| observation(n, "2026-01-08T00:00:00Z", later(n))).collect();
        alarm(&before, &second, &Guard::default())
    }

    #[test]
    fn one_in_ten_may_get_worse_and_not_more() {
        let gone = |_| Seen::Failed(Failure::of(FailureClass::GithubNotFound));
        let some = |bad: usize| move |n: usize| if n < bad { gone(n) } else { with_stars(100) };
        assert_eq!(run(some(2)), None);
        assert!(run(some(3)).unwrap().message.contains("3 failed"));
        assert!(run(|_| with_stars(0)).unwrap().message.contains("20 fell"));
        assert_eq!(run(|_| with_stars(71)), None);
    }

    #[test]
    fn a_field_that_vanishes_everywhere_raises_it() {
        let bare = |_| {
            let facts = Facts { stars: Some(100), commit: Some(None), ..Facts::default() };
            Seen::Alive(Box::new(Alive { facts: facts.into(), ..Alive::default() }))
        };
        assert!(run(bare).unwrap().message.contains("20 lost"));
    }
}
