//! How pages are looked at, as plain values.

use std::time::Duration;

use tokio::time::Instant;

/// How pages are looked at. Every value has a default that a run may keep.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// Who we say that we are: honest, with an address to complain to.
    pub user_agent: String,
    /// The second try where a host refused the honest name: the same, in the form that browsers use.
    pub browser_agent: String,
    /// Requests under way in all, at most. The run begins with few and widens while answers are slow.
    pub concurrency: usize,
    /// Requests under way at one host, at most.
    pub concurrency_per_host: usize,
    /// Longest look-up of a name.
    pub dns_timeout: Duration,
    /// Longest making of a connection, with its look-up and its TLS handshake.
    pub connect_timeout: Duration,
    /// Longest wait for the head of an answer, with its connection.
    pub read_timeout: Duration,
    /// The same for a second try, after the first one ran out.
    pub second_timeout: Duration,
    /// Longest reading of the head of a page's text.
    pub body_timeout: Duration,
    /// Longest asking for one link in all, waits for a refusing host not counted.
    pub link_timeout: Duration,
    /// The unit of the waits before another try after a server error, a reset, a refused connection.
    pub back_off: Duration,
    /// Longest wait for a host that refuses; longer ones leave the link unlooked-at.
    pub max_wait: Duration,
    /// When the whole run ends: what was not looked at until then is told as such.
    pub deadline: Option<Instant>,
    /// Redirects followed for one link.
    pub max_redirects: usize,
    /// Bytes of a page's text that are read, after decompression.
    pub head_bytes: usize,
    /// Whether pages are read to their end, up to 4 MB, for the anchors in them.
    pub anchors: bool,
    /// Whether private, loopback and reserved addresses are looked at too.
    pub allow_private: bool,
}

/// Where a host's keeper reads who asks.
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
