//! Settings of the web probe, as plain values.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::address::Target;
use crate::probe::throttle::HostLimits;
use crate::probe::user_agent;

/// Settings of the web probe. [`Default`] gives values fit for a run.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// The user agent: the program's name and an address for complaints.
    pub user_agent: String,
    /// The user agent of the retry where a host refused the first: the same in the form that browsers use.
    pub browser_agent: String,
    /// Largest number of requests in flight. A run begins with few and adds more while answers are slow.
    pub concurrency: usize,
    /// The limits on requests to one host.
    pub per_host: HostLimits,
    /// Timeout of a name lookup.
    pub dns_timeout: Duration,
    /// Timeout of connecting, with lookup and TLS handshake.
    pub connect_timeout: Duration,
    /// Timeout until the head of an answer, with connecting.
    pub read_timeout: Duration,
    /// The same for the retry after a timeout.
    pub second_timeout: Duration,
    /// Timeout of reading the beginning of a page.
    pub body_timeout: Duration,
    /// Time limit of one link over all its requests, without the waits for a rate limit.
    pub link_timeout: Duration,
    /// The unit of the waits before retries after a server error, a reset, a refused connection.
    pub back_off: Duration,
    /// Longest wait for a rate limit; where a host asks for more, the link is reported as refused.
    pub max_wait: Duration,
    /// Largest number of redirects of one link.
    pub max_redirects: usize,
    /// Largest part of a page that is read, in bytes after decompression.
    pub head_bytes: usize,
    /// The targets whose pages are read to their end, up to 4 MB, for their anchors.
    pub anchors: Arc<BTreeSet<Target>>,
    /// Whether private, loopback and reserved addresses are allowed.
    pub allow_private: bool,
}

/// Requests to one host that its owner would call polite: after a burst that loads the links of a usual list, 20 a
/// second, which is what link checkers keep to by default (lychee's 50 ms between two requests) and what one
/// person's browser asks for when it opens a page.
const POLITE: HostLimits = HostLimits { in_flight: 16, rate: 20.0, burst: 50.0 };

impl Default for WebSettings {
    fn default() -> Self {
        let contact = user_agent::Contact::default();
        Self {
            user_agent: contact.user_agent(),
            browser_agent: contact.browser_agent(),
            concurrency: 1000,
            per_host: POLITE,
            dns_timeout: Duration::from_secs(9),
            connect_timeout: Duration::from_secs(12),
            read_timeout: Duration::from_secs(15),
            second_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(5),
            link_timeout: Duration::from_secs(45),
            back_off: Duration::from_secs(1),
            max_wait: Duration::from_secs(300),
            max_redirects: 20,
            head_bytes: 64 * 1024,
            anchors: Arc::default(),
            allow_private: false,
        }
    }
}
