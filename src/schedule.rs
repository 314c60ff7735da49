//! What is due for a look, oldest first.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::address::Target;
use crate::observation::{Observation, Seen, day};

/// The targets of a run, parted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// To be looked at: those never seen first, then those seen longest ago, by the cache and the ledgers.
    pub due: Vec<Target>,
    /// Looks from the cache that are young enough to serve.
    pub fresh: Vec<Observation>,
}

/// Parts `targets` by the newest look at each: one that is not older than the age given with its target serves again.
/// `observed` is the day of the last look that a ledger has: a run without a cache, as in CI, would otherwise begin with the
/// same targets each time.
pub fn schedule<'a>(
    targets: impl IntoIterator<Item = (Target, SignedDuration)>,
    cached: impl IntoIterator<Item = &'a Observation>,
    observed: impl Fn(&Target) -> Option<Date>,
    now: Timestamp,
) -> Schedule {
    let mut newest: HashMap<&Target, &Observation> = HashMap::new();
    for observation in cached {
        let kept = newest.entry(&observation.target).or_insert(observation);
        if kept.at <= observation.at {
            *kept = observation;
        }
    }
    let mut schedule = Schedule::default();
    let mut due: Vec<(Option<Date>, Option<Timestamp>, Target)> = Vec::new();
    for (target, max_age) in targets {
        match newest.get(&target) {
            Some(look) if serves(look, now, max_age) => schedule.fresh.push((*look).clone()),
            look => {
                let at = look.map(|look| look.at);
                due.push((observed(&target).max(at.map(day)), at, target));
            }
        }
    }
    due.sort();
    due.dedup();
    schedule.due = due.into_iter().map(|(_, _, target)| target).collect();
    schedule
}

/// A look serves again while it is young, unless its class is never cached. A failed one serves for half as long: runs that
/// are `max_age` apart look again, though the second look of the last one was made at its end. One from the future does not
/// serve: a clock was wrong.
fn serves(look: &Observation, now: Timestamp, max_age: SignedDuration) -> bool {
    let age = now.duration_since(look.at);
    let (is_cached, max_age) = match &look.seen {
        Seen::Failed(failure) => (failure.class.traits().cached, max_age / 2),
        Seen::Alive(_) => (true, max_age),
    };
    is_cached && age >= SignedDuration::ZERO && age < max_age
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::observation::{Failure, FailureClass};

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn look(name: &str, at: &str) -> Observation {
        Observation { target: name.parse().unwrap(), at: at.parse().unwrap(), seen: Seen::Alive(Arc::default()) }
    }

    #[test]
    fn the_oldest_comes_first_and_the_young_serve_again() {
        let cached = [
            look("github:a/young", "2026-01-02T00:00:00Z"),
            look("github:a/old", "2025-12-01T00:00:00Z"),
            look("github:a/older", "2025-11-01T00:00:00Z"),
            look("github:a/older", "2025-10-01T00:00:00Z"),
            look("github:a/tomorrow", "2026-01-04T00:00:00Z"),
        ];
        let targets = ["old", "new", "young", "older", "tomorrow", "old"]
            .map(|n| (format!("github:a/{n}").parse().unwrap(), DAY));
        let now = "2026-01-02T12:00:00Z".parse().unwrap();
        let schedule = schedule(targets, &cached, |_| None, now);
        let due: Vec<String> = schedule.due.iter().map(ToString::to_string).collect();
        assert_eq!(due, ["github:a/new", "github:a/older", "github:a/old", "github:a/tomorrow"]);
        assert_eq!(schedule.fresh, cached[..1]);
    }

    #[test]
    fn a_failed_look_serves_for_half_as_long() {
        let mut cached = look("github:a/b", "2026-01-02T00:10:00Z");
        cached.seen = Seen::Failed(Failure::of(FailureClass::Http(404)));
        for (now, due) in [("2026-01-02T12:00:00Z", 0), ("2026-01-03T00:00:00Z", 1)] {
            let targets = [(cached.target.clone(), DAY)];
            let schedule = schedule(targets, std::slice::from_ref(&cached), |_| None, now.parse().unwrap());
            assert_eq!(schedule.due.len(), due, "{now}");
        }
    }

    #[test]
    fn without_a_cache_the_ledger_has_the_order() {
        let observed = |target: &Target| match target.to_string().as_str() {
            "github:a/a" => Some("2026-01-01".parse().unwrap()),
            "github:a/b" => Some("2025-12-01".parse().unwrap()),
            _ => None,
        };
        let targets = ["a", "b", "c", "d"].map(|n| (format!("github:a/{n}").parse().unwrap(), DAY));
        let cached = [look("github:a/c", "2025-12-15T00:00:00Z")];
        let now = "2026-01-08T00:00:00Z".parse().unwrap();
        let schedule = schedule(targets, &cached, observed, now);
        let due: Vec<String> = schedule.due.iter().map(ToString::to_string).collect();
        assert_eq!(due, ["github:a/d", "github:a/b", "github:a/c", "github:a/a"]);
    }

    #[test]
    fn a_look_that_was_prevented_does_not_serve() {
        let mut cached = look("github:a/b", "2026-01-02T00:00:00Z");
        cached.seen = Seen::Failed(Failure::of(FailureClass::RateLimited));
        let now = "2026-01-02T00:00:01Z".parse().unwrap();
        let schedule = schedule([(cached.target.clone(), DAY)], &[cached], |_| None, now);
        assert_eq!(schedule.due.len(), 1);
    }
}
