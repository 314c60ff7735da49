//! Our own network first: whether what fails is the world or ourselves.
//!
//! Fed with every observation of a run, asked at its end. When many unrelated hosts fail alike, in ways that a
//! network fails, and hardly anything answers, then nothing of the run may be believed. It sends nothing.
//!
//! A short list has too few hosts to tell by numbers. There an answer decides: a name server that says that a
//! name does not exist is reachable, so its word stands; silence on every side is our own.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use crate::finding::{Finding, notice};
use crate::observation::{FailureClass, Observation, Seen, Symptom};

/// Unrelated hosts that must fail before their number tells anything.
const MANY: usize = 6;
/// Hosts of a short list that must all meet silence.
const FEW: usize = 3;
/// One answer for this many failures still counts as "hardly anything answers".
const HARDLY: usize = 20;

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

/// The symptom of our own network that a class may be.
fn symptom(class: FailureClass) -> Option<Symptom> {
    Some(class.traits().network).filter(|symptom| *symptom != Symptom::Never)
}

/// Pages that are there whenever the internet is: asked for where a list alone cannot tell.
pub const CONTROLS: [&str; 2] = ["https://example.com/", "https://www.wikipedia.org/"];

/// Counts unrelated hosts by how they answered or failed.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    answered: BTreeSet<String>,
    failed: BTreeMap<String, Symptom>,
    /// Where hosts ended that sent us to another site.
    ends: BTreeMap<String, BTreeSet<String>>,
    /// How many of the control pages met silence, and how many anything else.
    controls: (usize, usize),
}

impl Guard {
    /// A guard that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes note of one observation.
    pub fn feed(&mut self, observation: &Observation) {
        let Some(domain) = observation.target.host().map(|host| registrable(&host)) else { return };
        match &observation.seen {
            Seen::Alive(alive) => {
                let end = alive.hops.last().and_then(|hop| Some(registrable(Url::parse(&hop.to).ok()?.host_str()?)));
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

    /// Whether the list alone cannot tell, so that [`CONTROLS`] should be looked at and fed to
    /// [`Guard::feed_control`]: something failed as networks fail, and nothing answered.
    pub fn wants_control(&self) -> bool {
        self.answered.is_empty() && self.failed.values().any(|kind| *kind == Symptom::Silence)
    }

    /// Takes note of a control page. A name server that does not know it has answered all the same.
    pub fn feed_control(&mut self, observation: &Observation) {
        match &observation.seen {
            Seen::Failed(failure) if symptom(failure.class) == Some(Symptom::Silence) => self.controls.0 += 1,
            _ => self.controls.1 += 1,
        }
    }

    fn answer(&mut self, domain: String) {
        self.failed.remove(&domain);
        self.answered.insert(domain);
    }

    /// What is to be said of our own network: nothing while it works. Asked at the end of a run; what failed
    /// quickly stands at its beginning.
    pub fn verdict(&self) -> Option<Finding> {
        let message = self.fallen().or_else(|| self.portal())?;
        let help = "nothing of this run may be believed: check the connection, the name server and the proxy";
        Some(Finding::new(&notice::NETWORK_DOWN, format!("our own network seems to be down: {message}")).help(help))
    }

    fn fallen(&self) -> Option<String> {
        let count = |kind: Symptom| self.failed.values().filter(|found| **found == kind).count();
        let kinds = [Symptom::Silence, Symptom::Names, Symptom::Refusal, Symptom::Distrust];
        let (alike, kind) = kinds.map(|kind| (count(kind), kind)).into_iter().max_by_key(|(n, _)| *n)?;
        let all_silent =
            alike > 0 && kind == Symptom::Silence && alike == self.failed.len() && self.answered.is_empty();
        let silent = match self.controls {
            (0, 0) => all_silent && alike >= FEW,
            (silent, other) => all_silent && silent > 0 && other == 0,
        };
        let many = alike >= MANY && 3 * alike >= 2 * self.failed.len() && self.answered.len() * HARDLY <= alike;
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
        let all = sent.len() >= MANY && 3 * sent.len() >= 2 * (self.answered.len() + self.failed.len());
        all.then(|| format!("{} unrelated hosts all send us to `{end}`", sent.len()))
    }
}

fn registrable(host: &str) -> String {
    psl::domain_str(host).unwrap_or(host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Forges;
    use crate::observation::{Alive, Failure, Hop};

    fn observation(url: &str, class: Option<FailureClass>) -> Observation {
        let status = class.filter(|class| matches!(class, FailureClass::Http(_))).map(|_| 404);
        let seen = class.map_or_else(
            || Seen::Alive(Box::default()),
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
        let silent = guard(&[("https://a.org/", Some(FailureClass::TimeoutConnect))]);
        assert!(silent.wants_control() && silent.verdict().is_none());
        for (class, down) in
            [(Some(FailureClass::DnsTimeout), true), (Some(FailureClass::DnsNxdomain), false), (None, false)]
        {
            let mut guard = silent.clone();
            guard.feed_control(&observation(CONTROLS[0], class));
            assert_eq!(guard.verdict().is_some(), down, "{class:?}");
        }
        assert!(!guard(&[("https://a.org/", Some(FailureClass::DnsNxdomain))]).wants_control());
    }

    #[test]
    fn a_portal_that_takes_everybody_to_itself_is_our_own_fault() {
        let mut guard = Guard::new();
        for n in 0..10 {
            let hops = vec![Hop { status: 302, to: "https://login.portal.example/".to_owned() }];
            let mut seen = observation(&format!("http://h{n}.example{n}.org/"), None);
            seen.seen = Seen::Alive(Box::new(Alive { hops, ..Alive::default() }));
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
