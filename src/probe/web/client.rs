//! The clients: one for all hosts, one for a fresh HTTP/1.1 connection, and what stands between (proxies).

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

/// Why pages cannot be looked at at all.
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
    /// The client cannot be built: a setting that is no header, a proxy that is no address.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// The clients of a run.
pub(super) struct Clients {
    /// The one that all requests begin with: connections reused, HTTP/2 where the host speaks it.
    pub(super) shared: reqwest::Client,
    /// Each request on a connection of its own, HTTP/1.1.
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

    /// Why nobody may be sent to `url`, where that can be told before its name is resolved.
    pub(super) fn refusal(&self, url: &Url) -> Option<Failure> {
        if self.allow_private {
            return None;
        }
        let ip = match url.host()? {
            Host::Ipv4(ip) => IpAddr::V4(ip),
            Host::Ipv6(ip) => IpAddr::V6(ip),
            // A proxy resolves names itself: the one name that is always private is refused here.
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
    Failure::of(FailureClass::PrivateAddress).because(format!("`{address}` is no address of the public internet"))
}

/// The hosts of the configured proxies: a person chose them, so they may be private.
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

/// Lets this process hold as many connections as the system allows it: many desktops begin with 256 or 1024
/// open files. Gives the number of requests that may be under way.
#[cfg(unix)]
pub(super) fn open_files(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const ENOUGH: u64 = 65_536;
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
    let mut current = limit.current.unwrap_or(ENOUGH);
    if current < most && setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum }).is_ok() {
        current = most;
    }
    // Idle connections, look-ups and our own files take the other half.
    wanted.min(usize::try_from(current / 2).unwrap_or(wanted)).max(1)
}

/// Elsewhere nothing bounds the connections of a process.
#[cfg(not(unix))]
pub(super) fn open_files(wanted: usize) -> usize {
    wanted
}
