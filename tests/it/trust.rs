//! A small made-up internet for a year: what must hold of verdicts, whatever goes wrong.

#[path = "../../benches/trust/world.rs"]
mod world;

use std::collections::BTreeSet;

use jiff::Timestamp;
use pomona::address::Target;
use pomona::ledger::{Ledger, LedgerText};
use pomona::observation::{FailureClass, Observation, Seen};
use pomona::policy::Policy;
use pomona::verdict::{Verdict, judge};
use world::{Ailment, Link, Rates};

/// The mild world.
fn rates() -> Rates {
    toml::from_str(include_str!("../../benches/trust/worlds/mild.toml")).unwrap()
}

/// Clocks that run ahead in some runs, whole providers that are away, walls with timeouts, broken deploys: in daily
/// and weekly runs the living stay alive.
#[test]
fn correlated_events_kill_no_living_link() {
    let rates: Rates = toml::from_str(include_str!("../../benches/trust/worlds/correlated.toml")).unwrap();
    for hours in [24, 168] {
        let links = world::links(&rates, 200, 5);
        let mut ledger = Ledger::default();
        for (number, now) in (0..).zip(runs(hours)) {
            let (ahead, all) = (rates.clock_ahead(number, 52 * 168 / hours), 52 * 168 / hours);
            if rates.is_own_outage(number, all) {
                continue;
            }
            let seen = if rates.is_interrupted(number, all) { links.len() / 2 } else { links.len() };
            let looks = looks(&links, now).into_iter().take(seen);
            let looks: Vec<_> = looks.map(|look| Observation { at: world::after(look.at, ahead), ..look }).collect();
            let (after, dead) = run(&ledger.until(world::after(now, ahead)), &looks);
            for link in links.iter().filter(|link| dead.contains(&link.target)) {
                let excused = matches!(link.ailment, Ailment::Away | Ailment::Flapping);
                assert!(link.is_dead(now) || excused, "{} is called dead, it is {:?}", link.target, link.ailment);
            }
            ledger = after;
        }
    }
}

/// One run: the ledger after it, and what it calls dead.
fn run(ledger: &Ledger, looks: &[Observation]) -> (Ledger, BTreeSet<Target>) {
    let policy = Policy::default();
    let ledger = ledger.fold(looks, &policy);
    let is_dead = |look: &&Observation| judge(ledger.get(&look.target), &policy.confirm).verdict == Verdict::Dead;
    let dead = looks.iter().filter(is_dead).map(|look| look.target.clone()).collect();
    (ledger, dead)
}

fn looks(links: &[Link], at: Timestamp) -> Vec<Observation> {
    links.iter().map(|link| link.look(at)).collect()
}

/// The moments of a year's runs.
fn runs(hours: u32) -> impl Iterator<Item = Timestamp> {
    (0..52 * 168 / hours).map(move |run| world::after(world::start(), f64::from(run * hours)))
}

/// Whether walls, limits and silence of an API are all that can befall it.
fn is_only_hidden(link: &Link, hours: u32) -> bool {
    let proves = |class: FailureClass| {
        !matches!(
            class,
            FailureClass::BotWall
                | FailureClass::RateLimited
                | FailureClass::Http(403)
                | FailureClass::GithubUnavailable
        )
    };
    let mut seen = runs(hours).map(|at| link.look(at).seen);
    !seen.any(|seen| matches!(seen, Seen::Failed(failure) if proves(failure.class)))
}

#[test]
fn no_link_dies_of_walls_and_one_success_clears() {
    for hours in [24, 168] {
        let links = world::links(&rates(), 200, 1);
        let hidden: BTreeSet<_> =
            links.iter().filter(|link| is_only_hidden(link, hours)).map(|link| link.target.clone()).collect();
        let (mut ledger, mut died) = (Ledger::default(), BTreeSet::new());
        for now in runs(hours) {
            let looks = looks(&links, now);
            let (after, dead) = run(&ledger, &looks);
            for look in &looks {
                let alive = matches!(look.seen, Seen::Alive(_));
                let streak = after.get(&look.target).and_then(|record| record.failing.as_ref());
                assert!(!alive || (streak.is_none() && !dead.contains(&look.target)), "{look:?}");
            }
            died.extend(dead);
            ledger = after;
        }
        assert!(hidden.is_disjoint(&died));
        assert!(hidden.len() > 50 && !died.is_empty());
    }
}

#[test]
fn in_weekly_runs_only_the_dead_and_the_long_away_are_called_dead() {
    let links = world::links(&rates(), 200, 2);
    let (mut ledger, mut found) = (Ledger::default(), 0);
    for now in runs(168) {
        let (after, dead) = run(&ledger, &looks(&links, now));
        for link in links.iter().filter(|link| dead.contains(&link.target)) {
            let excused = link.ailment == Ailment::Away;
            assert!(link.is_dead(now) || excused, "{} is called dead, it is {:?}", link.target, link.ailment);
        }
        found = links.iter().filter(|link| link.death.is_some() && dead.contains(&link.target)).count();
        ledger = after;
    }
    assert!(found > 0);
}

#[test]
fn the_order_of_looks_within_a_run_does_not_matter() {
    let links = world::links(&rates(), 200, 3);
    let (mut one, mut other) = (Ledger::default(), Ledger::default());
    for (number, now) in runs(168).enumerate() {
        let mut looks = looks(&links, now);
        one = run(&one, &looks).0;
        fastrand::Rng::with_seed(number as u64).shuffle(&mut looks);
        other = run(&other, &looks).0;
        assert_eq!(one, other);
        assert_eq!(LedgerText::read(&one.to_text(&[])).unwrap().ledger, one);
    }
}

/// A clock that is set back and put right again: what was seen with the wrong time confirms nothing, and nothing
/// that was stored is lost.
#[test]
fn a_clock_that_was_set_back_loses_nothing_and_confirms_nothing() {
    let links = world::links(&rates(), 200, 4);
    let mut ledger = Ledger::default();
    for (number, now) in runs(168).enumerate() {
        let back = number % 5 == 4;
        let seen = looks(&links, now);
        let wrong = |look: &Observation| Observation { at: world::after(look.at, -24.0 * 400.0), ..look.clone() };
        let reported: Vec<Observation> = if back { seen.iter().map(wrong).collect() } else { seen };
        let before: BTreeSet<Target> = ledger.records().map(|record| record.target.clone()).collect();
        let (after, dead) = run(&ledger, &reported);
        assert!(before.iter().all(|target| after.get(target).is_some()));
        for link in links.iter().filter(|link| dead.contains(&link.target)) {
            let excused = link.ailment == Ailment::Away;
            assert!(link.is_dead(now) || excused, "{} is called dead in run {number}", link.target);
        }
        ledger = after;
    }
}
