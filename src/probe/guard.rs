//! Our own network first: whether what fails is the world or ourselves.
//!
//! Fed with every observation of a run, asked at its end. When many unrelated hosts fail alike, in ways that a
//! network fails, and hardly anything answers, then nothing of the run may be believed. It sends nothing.
//!
//! A short list has too few hosts to tell by numbers. There an answer decides: a name server that says that a
//! name does not exist is reachable, so its word stands; silence on every side is our own.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Level};
use crate::observation::{Class, Observation, Seen};

/// Unrelated hosts that must fail before their number tells anything.
const MANY: usize = 6;
/// Hosts of a short list that must all meet silence.
const FEW: usize = 3;
/// One answer for this many failures still counts as "hardly anything answers".
const HARDLY: usize = 20;

/// How a network fails, seen from a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Nothing came back at all: no name server, no route, no connection in time.
    Silence,
    /// A name server that knows no name: a captive portal or a resolver without the internet.
    NoName,
    /// Connections refused or cut: a firewall, a proxy that is down.
    Refusal,
    /// Nobody's certificate is trusted: a proxy that reads along, a clock that is wrong.
    Distrust,
}

impl Kind {
    fn of(class: Class) -> Option<Self> {
        Some(match class {
            Class::DnsTimeout
            | Class::DnsServfail
            | Class::TimeoutConnect
            | Class::TimeoutRead
            | Class::NoRoute
            | Class::NetworkDown => Self::Silence,
            Class::DnsNxdomain | Class::DnsNoAddress => Self::NoName,
            Class::ConnectRefused | Class::ConnectFailed | Class::ConnectReset | Class::ConnectClosed => Self::Refusal,
            Class::TlsUntrusted | Class::TlsNotYetValid | Class::TlsExpired | Class::TlsHandshake => Self::Distrust,
            _ => return None,
        })
    }

    fn says(self) -> &'static str {
        match self {
            Self::Silence => "do not answer",
            Self::NoName => "have no address according to the name server",
            Self::Refusal => "refuse the connection",
            Self::Distrust => "show a certificate that is not trusted here",
        }
    }
}

/// Counts unrelated hosts by how they answered or failed.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    answered: BTreeSet<String>,
    failed: BTreeMap<String, Kind>,
}

impl Guard {
    /// A guard that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes note of one observation.
    pub fn feed(&mut self, observation: &Observation) {
        let Some(host) = observation.target.host() else { return };
        let domain = psl::domain_str(&host).unwrap_or(&host).to_owned();
        match &observation.seen {
            Seen::Alive(_) => self.answer(domain),
            // A redirect that was followed, or a status, is an answer.
            Seen::Failed(failure) if failure.status.is_some() || !failure.hops.is_empty() => self.answer(domain),
            Seen::Failed(failure) => {
                if let Some(kind) = Kind::of(failure.class).filter(|_| !self.answered.contains(&domain)) {
                    self.failed.entry(domain).or_insert(kind);
                }
            }
        }
    }

    fn answer(&mut self, domain: String) {
        self.failed.remove(&domain);
        self.answered.insert(domain);
    }

    /// What is to be said of our own network: nothing while it works.
    pub fn verdict(&self) -> Option<Finding> {
        let count = |kind: Kind| self.failed.values().filter(|found| **found == kind).count();
        let kinds = [Kind::Silence, Kind::NoName, Kind::Refusal, Kind::Distrust];
        let (alike, kind) = kinds.map(|kind| (count(kind), kind)).into_iter().max_by_key(|(n, _)| *n)?;
        let silent = kind == Kind::Silence && alike >= FEW && alike == self.failed.len() && self.answered.is_empty();
        let many = alike >= MANY && 3 * alike >= 2 * self.failed.len() && self.answered.len() * HARDLY <= alike;
        if !silent && !many {
            return None;
        }
        let answered = match self.answered.len() {
            0 => "none answers".to_owned(),
            n => format!("only {n} of {} answer", n + self.failed.len()),
        };
        let message = format!("our own network seems to be down: {alike} unrelated hosts {}, {answered}", kind.says());
        Some(
            Finding::new("network_down", Level::Error, message)
                .help("nothing of this run was recorded: check the connection, the name server and the proxy"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Failure;
    use crate::target::Forges;

    fn guard(seen: &[(&str, Option<Class>)]) -> Guard {
        let mut guard = Guard::new();
        for (url, class) in seen {
            let seen = class.map_or_else(
                || Seen::Alive(Box::default()),
                |class| {
                    Seen::Failed(Failure {
                        status: matches!(class, Class::Http(_)).then_some(404),
                        ..Failure::of(class)
                    })
                },
            );
            let at = jiff::Timestamp::UNIX_EPOCH;
            guard.feed(&Observation { target: Forges::default().target(url), at, seen });
        }
        guard
    }

    fn hosts(range: std::ops::Range<u32>, class: Option<Class>) -> Vec<(String, Option<Class>)> {
        range.map(|n| (format!("https://h{n}.example{n}.org/"), class)).collect()
    }

    fn down(seen: &[(String, Option<Class>)]) -> bool {
        let seen: Vec<_> = seen.iter().map(|(url, class)| (url.as_str(), *class)).collect();
        guard(&seen).verdict().is_some()
    }

    #[test]
    fn many_unrelated_hosts_that_fail_alike_are_our_own_fault() {
        for class in [Class::DnsTimeout, Class::DnsNxdomain, Class::ConnectRefused, Class::TlsUntrusted] {
            assert!(down(&hosts(0..20, Some(class))), "{class}");
        }
    }

    #[test]
    fn a_few_dead_links_among_living_ones_are_dead() {
        let mut seen = hosts(0..30, Some(Class::DnsNxdomain));
        seen.extend(hosts(30..40, None));
        assert!(!down(&seen));
        assert!(!down(&hosts(0..40, Some(Class::Http(404)))));
    }

    #[test]
    fn a_short_list_gets_its_verdict_where_a_name_server_answered() {
        for n in 1..4 {
            assert!(!down(&hosts(0..n, Some(Class::DnsNxdomain))), "{n}");
        }
        assert!(!down(&hosts(0..2, Some(Class::TimeoutConnect))));
        assert!(down(&hosts(0..3, Some(Class::DnsTimeout))));
        let mut seen = hosts(0..3, Some(Class::DnsTimeout));
        seen.extend(hosts(3..4, Some(Class::DnsNxdomain)));
        assert!(!down(&seen));
    }

    #[test]
    fn one_host_with_many_links_counts_once() {
        let seen: Vec<_> =
            (0..50).map(|n| (format!("https://a.example.org/{n}"), Some(Class::TimeoutConnect))).collect();
        assert!(!down(&seen));
    }
}
