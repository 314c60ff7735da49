//! The limit on open files, and how the sockets that it allows are divided.
//!
//! It is raised to what the system allows, and all connections and lookups stay below it: a failure to open a socket
//! would otherwise look like a failure of the host. Nothing here opens a connection.

use std::io;
use std::sync::OnceLock;

use super::dns::MAX_CONCURRENT_LOOKUPS;

/// Files that are kept for the rest of the program: standard streams, the event loop, ledger, cache, recording and
/// the connections to APIs.
const RESERVED_FILES: u64 = 28;
/// The largest limit that is used: more files than any run needs.
const MAX_OPEN_FILES: u64 = 65_536;
/// One lookup in flight needs two sockets where the resolver asks two name servers at once.
const SOCKETS_PER_LOOKUP: usize = 2;

/// How many sockets may be open, for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketBudget {
    /// The limit on open files, where the system has one.
    pub limit: Option<u64>,
    /// Lookups in flight.
    pub lookups: usize,
    /// Requests in flight, each with a connection.
    pub requests: usize,
    /// Idle connections that are kept for reuse.
    pub idle: usize,
}

impl SocketBudget {
    fn of(limit: Option<u64>) -> Self {
        let files = limit.unwrap_or(MAX_OPEN_FILES).saturating_sub(RESERVED_FILES);
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        let lookups = (files / 8).clamp(1, MAX_CONCURRENT_LOOKUPS);
        let connections = files.saturating_sub(SOCKETS_PER_LOOKUP * lookups);
        let requests = (connections / 2).max(1);
        Self { limit, lookups, requests, idle: connections.saturating_sub(requests) }
    }
}

/// The budget of this process. The first call raises the soft limit on open files to the hard one: many desktops
/// start with 256 or 1,024.
pub fn budget() -> SocketBudget {
    static BUDGET: OnceLock<SocketBudget> = OnceLock::new();
    *BUDGET.get_or_init(|| SocketBudget::of(raised_limit()))
}

#[cfg(unix)]
fn raised_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(MAX_OPEN_FILES, |maximum| maximum.min(MAX_OPEN_FILES));
    let current = limit.current?;
    let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
    if current < wanted && setrlimit(Resource::Nofile, raised).is_ok() { Some(wanted) } else { Some(current) }
}

/// Other systems do not limit the sockets of a process.
#[cfg(not(unix))]
fn raised_limit() -> Option<u64> {
    None
}

/// Whether an error means that this process (EMFILE) or this system (ENFILE) has no more files to open. Both have
/// the same numbers on every Unix.
pub fn is_limit(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

/// Whether no socket can be opened now because of that limit.
pub fn are_exhausted() -> bool {
    std::net::UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0)).is_err_and(|error| is_limit(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sockets_together_stay_below_the_limit() {
        for limit in [32, 64, 128, 256, 1024, 4096, 65_536] {
            let budget = SocketBudget::of(Some(limit));
            let sockets = SOCKETS_PER_LOOKUP * budget.lookups + budget.requests + budget.idle;
            assert!(u64::try_from(sockets).unwrap() + RESERVED_FILES <= limit.max(RESERVED_FILES + 4), "{budget:?}");
            assert!(budget.requests > 0 && budget.lookups > 0);
        }
        assert!(SocketBudget::of(None).requests > 1000);
    }
}
