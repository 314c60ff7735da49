//! Detects a failure of our own network, so that it is not taken for the death of links.
//!
//! It is fed with every observation of a run, cached ones included, and asked at the end. When many unrelated hosts fail
//! alike, in ways that a network fails, and hardly any answers, the results of the run are not accepted. It sends nothing.
//!
//! A short list has too few hosts for a count. There an answer decides: a name server that answers that a name does not
//! exist is reachable; silence on every side is our own. A control page that answers proves that our network works.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use crate::address::{Target, registrable};
use crate::finding::{Finding, notice};
use crate::observation::{Alive, FailureClass, Observation, Seen, Symptom};

/// Unrelated hosts that must fail before their number means anything.
const UNRELATED_HOSTS: usize = 6;
/// Hosts of a short list that must all meet silence.
const SILENT_HOSTS: usize = 3;
/// One answer for this many failures still counts as "hardly anything answers".
const FAILURES_PER_ANSWER: usize = 20;

/// What a symptom looks like over many hosts, for a message.
fn describe(symptom: Symptom) -> &'static str {
    match symptom {
        Symptom::Silence => "do not answer",
        Symptom::Names => "have no address according to the name server",
        Symptom::Refusal => "refuse the connection",
        Symptom::Distrust => "show a certificate that is not trusted here",
        Symptom::Never => "fail",
    }
}

/// Whether a page redirects to another registrable domain.
fn is_elsewhere(target: &Target, alive: &Alive) -> bool {
    let end = alive.hops.last().and_then(|hop| Some(registrable(Url::parse(&hop.to).ok()?.host_str()?).to_owned()));
    end.is_some_and(|end| target.host().is_some_and(|host| registrable(&host) != end))
}

/// The symptom of our own network that a class may be.
fn symptom(class: FailureClass) -> Option<Symptom> {
    Some(class.traits().network).filter(|symptom| *symptom != Symptom::Never)
}

/// Counts unrelated hosts by how they answered or failed.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    answered: BTreeSet<String>,
    failed: BTreeMap<String, Symptom>,
    /// Where hosts ended that sent us to another site.
    ends: BTreeMap<String, BTreeSet<String>>,
    controls: Controls,
}

/// How many of the control pages ended in which way.
#[derive(Debug, Clone, Copy, Default)]
struct Controls {
    silent: usize,
    failed: usize,
    answered: usize,
}

impl Guard {
    /// A guard that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes note of one observation.
    pub fn feed(&mut self, observation: &Observation) {
        let Some(domain) = observation.target.host().map(|host| registrable(&host).to_owned()) else { return };
        match &observation.seen {
            Seen::Alive(alive) => {
                let end = alive
                    .hops
                    .last()
                    .and_then(|hop| Some(registrable(Url::parse(&hop.to).ok()?.host_str()?).to_owned()));
                if let Some(end) = end.filter(|end| *end != domain) {
                    self.ends.entry(end).or_default().insert(domain.clone());
                }
                self.answer(domain);
            }
            // A redirect that was followed, or a status, is an answer.
            Seen::Failed(failure) if failure.status.is_some() || !failure.hops.is_empty() => self.answer(domain),
            Seen::Failed(failure) => {
                if let Some(kind) = symptom(failure.class).filter(|_| !self.answered.contains(&domain)) {
                    self.failed.entry(domain).or_insert(kind);
                }
            }
        }
    }

    /// Whether control pages should be looked at and fed to [`Guard::feed_control`]: what the list shows is doubtful or
    /// looks like a failure of our own.
    pub fn wants_control(&self) -> bool {
        let is_silent = self.answered.is_empty() && self.failed.values().any(|kind| *kind == Symptom::Silence);
        is_silent || self.failing_alike().is_some() || self.portal().is_some()
    }

    /// Counts a control page: one that answers with a status, one that meets silence.
    pub fn feed_control(&mut self, observation: &Observation) {
        match &observation.seen {
            Seen::Failed(failure) if symptom(failure.class) == Some(Symptom::Silence) => self.controls.silent += 1,
            Seen::Failed(failure) if failure.status.is_none() => self.controls.failed += 1,
            // A page that sends us to another site may be that of a portal.
            Seen::Alive(alive) if is_elsewhere(&observation.target, alive) => self.controls.failed += 1,
            Seen::Failed(_) | Seen::Alive(_) => self.controls.answered += 1,
        }
    }

    fn answer(&mut self, domain: String) {
        self.failed.remove(&domain);
        self.answered.insert(domain);
    }

    /// The finding that our own network fails; none while it works. Asked at the end of a run.
    pub fn verdict(&self) -> Option<Finding> {
        if self.controls.answered > 0 {
            return None;
        }
        let message = self.failing_alike().or_else(|| self.portal())?;
        let help = "no result of this run was accepted: check the connection, the name server and the proxy";
        Some(Finding::new(&notice::NETWORK_DOWN, format!("our own network seems to be down: {message}")).help(help))
    }

    fn failing_alike(&self) -> Option<String> {
        let count = |kind: Symptom| self.failed.values().filter(|found| **found == kind).count();
        let kinds = [Symptom::Silence, Symptom::Names, Symptom::Refusal, Symptom::Distrust];
        let (alike, kind) = kinds.map(|kind| (count(kind), kind)).into_iter().max_by_key(|(n, _)| *n)?;
        let all_silent =
            alike > 0 && kind == Symptom::Silence && alike == self.failed.len() && self.answered.is_empty();
        let silent = match self.controls {
            Controls { silent: 0, failed: 0, .. } => all_silent && alike >= SILENT_HOSTS,
            Controls { silent, failed, .. } => all_silent && silent > 0 && failed == 0,
        };
        let many = alike >= UNRELATED_HOSTS
            && 3 * alike >= 2 * self.failed.len()
            && self.answered.len() * FAILURES_PER_ANSWER <= alike;
        let hosts = if alike == 1 { "host" } else { "unrelated hosts" };
        let answered = match self.answered.len() {
            0 => "none answers".to_owned(),
            n => format!("only {n} of {} answer", n + self.failed.len()),
        };
        (silent || many).then(|| format!("{alike} {hosts} {}, {answered}", describe(kind)))
    }

    /// A portal that wants a login sends everybody to itself.
    fn portal(&self) -> Option<String> {
        let (end, sent) = self.ends.iter().max_by_key(|(_, sent)| sent.len())?;
        let all = sent.len() >= UNRELATED_HOSTS && 3 * sent.len() >= 2 * (self.answered.len() + self.failed.len());
        all.then(|| format!("{} unrelated hosts all send us to `{end}`", sent.len()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::address::Forges;
    use crate::observation::{Alive, Failure, Hop};

    fn observation(url: &str, class: Option<FailureClass>) -> Observation {
        let status = class.filter(|class| matches!(class, FailureClass::Http(_))).map(|_| 404);
        let seen = class.map_or_else(
            || Seen::Alive(Arc::default()),
            |class| Seen::Failed(Failure { status, ..Failure::of(class) }),
        );
        Observation { target: Forges::default().target(url), at: jiff::Timestamp::UNIX_EPOCH, seen }
    }

    fn guard(seen: &[(&str, Option<FailureClass>)]) -> Guard {
        let mut guard = Guard::new();
        for (url, class) in seen {
            guard.feed(&observation(url, *class));
        }
        guard
    }

    fn hosts(range: std::ops::Range<u32>, class: Option<FailureClass>) -> Vec<(String, Option<FailureClass>)> {
        range.map(|n| (format!("https://h{n}.example{n}.org/"), class)).collect()
    }

    fn down(seen: &[(String, Option<FailureClass>)]) -> bool {
        let seen: Vec<_> = seen.iter().map(|(url, class)| (url.as_str(), *class)).collect();
        guard(&seen).verdict().is_some()
    }

    #[test]
    fn many_unrelated_hosts_that_fail_alike_are_our_own_fault() {
        for class in [
            FailureClass::DnsTimeout,
            FailureClass::DnsNxdomain,
            FailureClass::ConnectRefused,
            FailureClass::TlsUntrusted,
        ] {
            assert!(down(&hosts(0..20, Some(class))), "{class}");
        }
    }

    #[test]
    fn a_few_dead_links_among_living_ones_are_dead() {
        let mut seen = hosts(0..30, Some(FailureClass::DnsNxdomain));
        seen.extend(hosts(30..40, None));
        assert!(!down(&seen));
        assert!(!down(&hosts(0..40, Some(FailureClass::Http(404)))));
    }

    #[test]
    fn a_short_list_gets_its_verdict_where_a_name_server_answered() {
        for n in 1..4 {
            assert!(!down(&hosts(0..n, Some(FailureClass::DnsNxdomain))), "{n}");
        }
        assert!(!down(&hosts(0..2, Some(FailureClass::TimeoutConnect))));
        assert!(down(&hosts(0..3, Some(FailureClass::DnsTimeout))));
        let mut seen = hosts(0..3, Some(FailureClass::DnsTimeout));
        seen.extend(hosts(3..4, Some(FailureClass::DnsNxdomain)));
        assert!(!down(&seen));
    }

    #[test]
    fn control_pages_decide_where_the_list_cannot() {
        const CONTROL: &str = "https://control.example.net/";
        let silent = guard(&[("https://a.org/", Some(FailureClass::TimeoutConnect))]);
        assert!(silent.wants_control() && silent.verdict().is_none());
        for (class, down) in
            [(Some(FailureClass::DnsTimeout), true), (Some(FailureClass::DnsNxdomain), false), (None, false)]
        {
            let mut guard = silent.clone();
            guard.feed_control(&observation(CONTROL, class));
            assert_eq!(guard.verdict().is_some(), down, "{class:?}");
        }
        assert!(!guard(&[("https://a.org/", Some(FailureClass::DnsNxdomain))]).wants_control());
    }

    #[test]
    fn a_control_page_that_answers_vetoes_any_number_of_failures() {
        let hosts = hosts(0..40, Some(FailureClass::DnsNxdomain));
        let seen: Vec<_> = hosts.iter().map(|(url, class)| (url.as_str(), *class)).collect();
        let mut guard = guard(&seen);
        assert!(guard.wants_control() && guard.verdict().is_some());
        guard.feed_control(&observation("https://control.example.net/", None));
        assert!(guard.verdict().is_none());
    }

    #[test]
    fn cached_looks_count_in_a_resumed_run() {
        let mut seen = hosts(0..20, None);
        seen.extend(hosts(20..30, Some(FailureClass::TimeoutConnect)));
        assert!(!down(&seen));
        assert!(down(&seen[20..]));
    }

    #[test]
    fn a_portal_that_takes_everybody_to_itself_is_our_own_fault() {
        let mut guard = Guard::new();
        for n in 0..10 {
            let hops = vec![Hop { status: 302, to: "https://login.portal.example/".to_owned() }];
            let mut seen = observation(&format!("http://h{n}.example{n}.org/"), None);
            seen.seen = Seen::Alive(Arc::new(Alive { hops, ..Alive::default() }));
            guard.feed(&seen);
        }
        assert!(guard.verdict().is_some());
        for n in 10..30 {
            guard.feed(&observation(&format!("http://h{n}.example{n}.org/"), None));
        }
        assert!(guard.verdict().is_none());
    }

    #[test]
    fn one_host_with_many_links_counts_once() {
        let seen: Vec<_> =
            (0..50).map(|n| (format!("https://a.example.org/{n}"), Some(FailureClass::TimeoutConnect))).collect();
        assert!(!down(&seen));
    }
}
