//! The only rooms that speak to the network.
//!
//! A probe takes targets and tells what it sees as it sees it. It gives no verdicts and remembers nothing
//! between runs.

mod api;
pub mod dns;
pub mod forges;
pub mod github;
pub mod guard;
#[cfg(test)]
mod loopback;
mod network;
pub mod pace;
mod replay;
pub mod tls;
pub mod walls;
pub mod web;

pub use network::Network;
pub use replay::Replay;

use futures_util::stream::BoxStream;
use jiff::Timestamp;

use crate::address::Target;
use crate::finding::Finding;
use crate::observation::Observation;

/// What a probe tells while it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// One target was looked at, with or without success.
    Seen(Observation),
    /// Something that the person at the desk should know: no token, a limit that was met.
    Notice(Finding),
    /// It waits for a host or an API that refused, until then.
    Waiting {
        /// Who refused, for a person.
        whom: String,
        /// When it goes on.
        until: Timestamp,
    },
    /// The job cannot be done (a token that is refused): nothing of this run may be believed.
    Abort(Finding),
}

/// Something that looks at targets: the network, a recorded world, a test.
pub trait Probe {
    /// Looks at every target and tells what it saw, in any order. Each target is looked at once and, unless
    /// an [`Event::Abort`] comes, is told of at least once.
    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event>;

    /// What a look at these targets will cost, a line for each API, for a person; nothing is sent.
    fn costs(&self, _targets: &[Target]) -> Vec<String> {
        Vec::new()
    }
}
