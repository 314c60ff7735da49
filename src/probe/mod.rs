//! The only modules that use the network.
//!
//! A probe takes targets and reports an observation for each as soon as it has one. It judges nothing and
//! stores nothing between runs.

pub mod api;
mod body;
pub mod archives;
pub mod dns;
mod proxy;
pub mod forges;
pub mod github;
pub mod guard;
#[cfg(test)]
mod loopback;
mod network;
pub mod throttle;
mod replay;
pub mod sockets;
pub mod tls;
pub mod user_agent;
pub mod walls;
pub mod web;

pub use network::Network;
pub use replay::Replay;

use std::collections::BTreeMap;

use futures_util::stream::BoxStream;
use jiff::Timestamp;

use crate::address::Target;
use crate::finding::Finding;
use crate::observation::Observation;
use github::Identity;

/// What a probe reports while it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// One target was looked at, with or without success.
    Seen(Observation),
    /// A finding about the run itself: no token, a rate limit that was reached.
    Notice(Finding),
    /// The probe waits for a host or an API that refused.
    Waiting {
        /// The host or API, as shown to a user.
        whom: String,
        /// When the next request is sent.
        until: Timestamp,
    },
}

/// A source of observations: the network, recorded answers, a test.
pub trait Probe {
    /// Takes what is remembered of repositories that are looked at next: it finds those that lost their name.
    fn prepare(&mut self, _known: BTreeMap<Target, Identity>) {}

    /// Looks at every target once, in any order, and reports at least one observation for each.
    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event>;

    /// What looking at these targets will cost, one line for each API, for a user. Sends nothing.
    fn costs(&self, _targets: &[Target]) -> Vec<String> {
        Vec::new()
    }
}
