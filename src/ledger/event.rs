//! Failures of one provider that begin in one run: one event, not many deaths.
//!
//! Only links that answered before count: what fails at its first look may have failed for years. A range of addresses is
//! away only where hardly any host in it answers, so that the usual deaths at a large provider are no event.

use std::collections::{BTreeMap, BTreeSet};

use super::Ledger;
use crate::address::{Target, registrable};
use crate::observation::{Observation, Provider, Seen};

/// Unrelated sites that must begin to fail together. Two of one provider fail in the same week by chance.
const SITES: usize = 3;
/// The same where they only show the same error page: how many living sites would show it is not known.
const SITES_BY_PAGE: usize = 5;

/// The provider of each link that failed in these looks as part of an event.
pub(super) fn events(ledger: &Ledger, looks: &[&Observation]) -> BTreeMap<Target, Provider> {
    let mut failed: BTreeMap<&Provider, BTreeSet<String>> = BTreeMap::new();
    let mut answered: BTreeMap<&Provider, BTreeSet<String>> = BTreeMap::new();
    let mut began: Vec<(&Target, &Provider)> = Vec::new();
    for look in looks {
        let Some(site) = site(&look.target) else { continue };
        match &look.seen {
            Seen::Alive(alive) => {
                if let Some(range) = &alive.network {
                    answered.entry(range).or_default().insert(site);
                }
            }
            Seen::Failed(failure) if failure.class.is_evidence() => {
                for provider in &failure.providers {
                    let is_new = began_now(ledger, look);
                    if is_new || is_part(ledger, &look.target, provider) {
                        failed.entry(provider).or_default().insert(site.clone());
                    }
                    if is_new {
                        began.push((&look.target, provider));
                    }
                }
            }
            Seen::Failed(_) => {}
        }
    }
    let is_event = |provider: &Provider| {
        let sites = failed.get(provider).map_or(0, BTreeSet::len);
        let least = if matches!(provider, Provider::ErrorPage(_)) { SITES_BY_PAGE } else { SITES };
        sites >= least && answered.get(provider).map_or(0, BTreeSet::len) <= sites
    };
    let of_events = began.into_iter().filter(|(_, provider)| is_event(provider));
    let mut events = BTreeMap::new();
    for (target, provider) in of_events {
        events.entry(target.clone()).or_insert_with(|| provider.clone());
    }
    events
}

/// Whether it answered at the look before this one.
fn began_now(ledger: &Ledger, look: &Observation) -> bool {
    ledger.get(&look.target).is_some_and(|record| record.alive.is_some() && record.failing.is_none())
}

/// Whether it fails since an earlier run as part of the same event.
fn is_part(ledger: &Ledger, target: &Target, provider: &Provider) -> bool {
    let streak = ledger.get(target).and_then(|record| record.failing.as_ref());
    streak.is_some_and(|streak| streak.event.as_ref() == Some(provider))
}

/// The registrable domain of a page. Projects on a forge fail by its API, which has limits and outages of its own.
fn site(target: &Target) -> Option<String> {
    let Target::Page(_) = target else { return None };
    target.host().map(|host| registrable(&host).to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::observation::{Alive, Failure, FailureClass};
    use crate::policy::Policy;
    use crate::verdict::{Verdict, judge};

    const RANGE: &str = "net:192.0.2.0/24";

    /// A look at one of the sites, on a day of 2026 counted from 1 January.
    fn look(site: usize, day: i64, failed: Option<(FailureClass, &str)>) -> Observation {
        let start: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let seen = match failed {
            Some((class, provider)) => {
                Seen::Failed(Failure { providers: vec![provider.parse().unwrap()], ..Failure::of(class) })
            }
            None => Seen::Alive(Arc::new(Alive { network: RANGE.parse().ok(), ..Alive::default() })),
        };
        let target = format!("https://site{site}.org/").parse().unwrap();
        Observation { target, at: start + jiff::SignedDuration::from_hours(24 * day), seen }
    }

    /// The ledger after ten living sites, of which `failing` fail on the following days.
    fn after(failing: usize, days: &[i64], failure: (FailureClass, &str)) -> Ledger {
        let policy = Policy::default();
        let alive: Vec<_> = (0..10).map(|site| look(site, 0, None)).collect();
        days.iter().fold(Ledger::default().fold(&alive, &policy), |ledger, day| {
            let looks: Vec<_> = (0..10).map(|site| look(site, *day, (site < failing).then_some(failure))).collect();
            ledger.fold(&looks, &policy)
        })
    }

    fn event(ledger: &Ledger) -> Option<String> {
        let record = ledger.get(&look(0, 0, None).target).unwrap();
        record.failing.as_ref().unwrap().event.as_ref().map(ToString::to_string)
    }

    #[test]
    fn sites_of_one_range_that_begin_to_fail_together_are_an_event() {
        const TIMEOUT: FailureClass = FailureClass::TimeoutConnect;
        assert_eq!(event(&after(5, &[7], (TIMEOUT, RANGE))).as_deref(), Some(RANGE));
        // More sites of the range answer than fail.
        assert_eq!(event(&after(4, &[7], (TIMEOUT, RANGE))), None);
        assert_eq!(event(&after(4, &[7], (TIMEOUT, "ns:example.net"))).as_deref(), Some("ns:example.net"));
        assert_eq!(event(&after(2, &[7], (TIMEOUT, "ns:example.net"))), None);
        assert_eq!(event(&after(4, &[7], (FailureClass::Http(404), "page:no such app"))), None);
        assert!(event(&after(5, &[7], (FailureClass::Http(404), "page:no such app"))).is_some());
    }

    #[test]
    fn an_event_is_waited_for_twice_as_long() {
        let judged = |days: &[i64]| {
            let ledger = after(6, days, (FailureClass::Http(404), RANGE));
            let target = look(0, 0, None).target;
            judge(ledger.get(&target), &Policy::default().confirm)
        };
        assert_eq!(judged(&[7, 14]).verdict, Verdict::Failing);
        assert!(
            judged(&[7, 14]).reason.contains("it began together with others at the address range"),
            "{}",
            judged(&[7]).reason
        );
        assert_eq!(judged(&[7, 14, 20]).verdict, Verdict::Dead);
        assert!(!judged(&[7, 14, 20]).reason.contains("address range"));
    }

    #[test]
    fn sites_that_fail_at_their_first_look_are_no_event() {
        let looks: Vec<_> = (0..9).map(|site| look(site, 0, Some((FailureClass::Http(404), RANGE)))).collect();
        assert_eq!(event(&Ledger::default().fold(&looks, &Policy::default())), None);
    }

    #[test]
    fn one_site_with_many_pages_is_no_event() {
        let page = |n: usize, day, failed| {
            let target = format!("https://x{n}.example.org/{n}").parse().unwrap();
            Observation { target, ..look(n, day, failed) }
        };
        let policy = Policy::default();
        let alive: Vec<_> = (0..9).map(|n| page(n, 0, None)).collect();
        let failed: Vec<_> = (0..9).map(|n| page(n, 7, Some((FailureClass::Http(404), RANGE)))).collect();
        let ledger = Ledger::default().fold(&alive, &policy).fold(&failed, &policy);
        assert!(ledger.records().all(|record| record.failing.as_ref().unwrap().event.is_none()));
    }
}
