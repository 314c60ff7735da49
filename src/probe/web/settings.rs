//! Settings of the web probe, as plain values.

use std::time::Duration;

use tokio::time::Instant;

/// Settings of the web probe. [`Default`] gives values fit for a run.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// The user agent: the program's name and an address for complaints.
    pub user_agent: String,
    /// The user agent of the retry where a host refused the first: the same in the form that browsers use.
    pub browser_agent: String,
    /// Largest number of requests in flight. A run begins with few and adds more while answers are slow.
    pub concurrency: usize,
    /// Largest number of requests in flight at one host.
    pub concurrency_per_host: usize,
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
    /// When the whole run ends: the links left are reported as not looked at.
    pub deadline: Option<Instant>,
    /// Largest number of redirects of one link.
    pub max_redirects: usize,
    /// Largest part of a page that is read, in bytes after decompression.
    pub head_bytes: usize,
    /// Whether pages are read to their end, up to 4 MB, for their anchors.
    pub anchors: bool,
    /// Whether private, loopback and reserved addresses are allowed.
    pub allow_private: bool,
}

/// Where the owner of a host can read who sends the requests.
const CONTACT: &str = if env!("CARGO_PKG_REPOSITORY").is_empty() {
    concat!("https://crates.io/crates/", env!("CARGO_PKG_NAME"))
} else {
    env!("CARGO_PKG_REPOSITORY")
};

impl Default for WebSettings {
    fn default() -> Self {
        let name = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        Self {
            user_agent: format!("{name} (+{CONTACT})"),
            browser_agent: format!("Mozilla/5.0 (compatible; {name}; +{CONTACT})"),
            concurrency: 1000,
            concurrency_per_host: 16,
            dns_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(15),
            second_timeout: Duration::from_secs(6),
            body_timeout: Duration::from_secs(5),
            link_timeout: Duration::from_secs(40),
            back_off: Duration::from_secs(1),
            max_wait: Duration::from_secs(300),
            deadline: None,
            max_redirects: 20,
            head_bytes: 64 * 1024,
            anchors: false,
            allow_private: false,
        }
    }
}
