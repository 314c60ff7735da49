//! The HTTP clients: one for all hosts, one that opens a new HTTP/1.1 connection for each request; proxies.

use std::net::IpAddr;
use std::time::Duration;

use http::Uri;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::redirect::Policy;
use url::{Host, Url};

use super::WebSettings;
use crate::observation::{Failure, FailureClass};
use crate::probe::dns::{self, Resolver};
use crate::probe::tls;

/// Why no page can be requested at all.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The system trusts no certificate authority.
    #[error(
        "no certificate authority is trusted here: {0}\nhelp: install `ca-certificates`, or name a bundle in `SSL_CERT_FILE`"
    )]
    Trust(#[from] rustls::Error),
    /// The name servers of the system cannot be used.
    #[error("the name servers of this system cannot be used: {0}")]
    Resolver(String),
    /// The client cannot be built: a setting that is not a valid header, a proxy that is not a valid address.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// The clients of a run.
pub(super) struct Clients {
    /// Used first: connections are reused, HTTP/2 where the host supports it.
    pub(super) shared: reqwest::Client,
    /// Each request on a new connection, HTTP/1.1.
    pub(super) fresh: reqwest::Client,
    proxies: Option<Matcher>,
    allow_private: bool,
}

impl Clients {
    pub(super) fn new(settings: &WebSettings) -> Result<Self, WebError> {
        let matcher = Matcher::from_system();
        let proxy_hosts = proxy_hosts(&matcher);
        let proxies = (!proxy_hosts.is_empty()).then_some(matcher);
        let resolver = Resolver::new(settings.dns_timeout, settings.allow_private, proxy_hosts)
            .map_err(|error| WebError::Resolver(error.to_string()))?;
        let tls = tls::config()?;
        let mut plain = tls.clone();
        plain.alpn_protocols = vec![b"http/1.1".to_vec()];
        let shared = builder(settings, &resolver).tls_backend_preconfigured(tls).build()?;
        let fresh = builder(settings, &resolver)
            .tls_backend_preconfigured(plain)
            .http1_only()
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { shared, fresh, proxies, allow_private: settings.allow_private })
    }

    /// Why `url` may not be requested, where its host is an address or a name that is always private.
    pub(super) fn refusal(&self, url: &Url) -> Option<Failure> {
        if self.allow_private {
            return None;
        }
        let ip = match url.host()? {
            Host::Ipv4(ip) => IpAddr::V4(ip),
            Host::Ipv6(ip) => IpAddr::V6(ip),
            // A proxy resolves names itself: the name that is always private is refused here.
            Host::Domain(name) => {
                let local = name == "localhost" || name.ends_with(".localhost");
                return (local && self.is_proxied(url)).then(|| private(name));
            }
        };
        (!dns::is_public(ip)).then(|| private(&ip.to_string()))
    }

    fn is_proxied(&self, url: &Url) -> bool {
        let uri = || url.as_str().parse::<Uri>().ok();
        self.proxies.as_ref().is_some_and(|proxies| uri().is_some_and(|uri| proxies.intercept(&uri).is_some()))
    }
}

fn private(address: &str) -> Failure {
    Failure::of(FailureClass::PrivateAddress).because(format!("`{address}` is not an address of the public internet"))
}

/// The hosts of the configured proxies: the user chose them, so they may be private.
fn proxy_hosts(matcher: &Matcher) -> Vec<String> {
    let examples = ["http://example.com/", "https://example.com/"].map(Uri::from_static);
    let hosts = examples.iter().filter_map(|uri| matcher.intercept(uri)?.uri().host().map(str::to_owned));
    hosts.collect()
}

fn builder(settings: &WebSettings, resolver: &Resolver) -> reqwest::ClientBuilder {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
    headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en;q=0.9,*;q=0.5"));
    reqwest::Client::builder()
        .user_agent(settings.user_agent.as_str())
        .default_headers(headers)
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(settings.connect_timeout)
        .dns_resolver(resolver.clone())
        .pool_max_idle_per_host(settings.concurrency_per_host)
        .pool_idle_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
        .http1_max_headers(1000)
        .http2_max_header_list_size(1 << 20)
}

/// Raises the soft limit on open files to the hard one (desktops often start with 256 or 1,024). Returns how many
/// requests may be in flight.
#[cfg(unix)]
pub(super) fn open_files(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const MAX_OPEN_FILES: u64 = 65_536;
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.map_or(MAX_OPEN_FILES, |maximum| maximum.min(MAX_OPEN_FILES));
    let mut current = limit.current.unwrap_or(MAX_OPEN_FILES);
    if current < most && setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum }).is_ok() {
        current = most;
    }
    // Idle connections, lookups and our own files need the other half.
    wanted.min(usize::try_from(current / 2).unwrap_or(wanted)).max(1)
}

/// Other systems have no limit on the connections of a process.
#[cfg(not(unix))]
pub(super) fn open_files(wanted: usize) -> usize {
    wanted
}
