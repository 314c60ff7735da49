//! The HTTP clients: one for all hosts, one that opens a new HTTP/1.1 connection for each request; proxies.
//!
//! The idle connections of all hosts together are bounded: where they would exceed the budget, the client and its
//! pool are replaced, which closes them.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use url::{Host, Url};

use super::WebSettings;
use crate::observation::{Failure, FailureClass, Provider};
use crate::probe::dns::{self, Resolver};
use crate::probe::proxy::Proxies;
use crate::probe::{sockets, tls};

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

/// How long an idle connection is kept. A host's links are requested one after another, so that a longer pause
/// means that there is none left.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// Most idle connections that are kept, whatever the limit on open files. They are counted too high (as the most requests
/// in flight at each host), so that it takes some 3,000 hosts within [`IDLE_TIMEOUT`] to reach it.
const MAX_IDLE: usize = 8192;

/// The clients of a run.
pub(super) struct Clients {
    /// For most requests: connections are reused, HTTP/2 where the host supports it.
    pooled: Mutex<Pool>,
    /// Each request on a new connection, HTTP/1.1. An answer that is not HTTP is one of HTTP/0.9, all body.
    fresh: reqwest::Client,
    tls: rustls::ClientConfig,
    resolver: Resolver,
    settings: Arc<WebSettings>,
    proxies: Proxies,
    /// The providers of the name servers of domains, as far as they were asked for.
    name_servers: Mutex<HashMap<String, BTreeSet<Provider>>>,
    max_idle: usize,
}

/// A client with its pool of connections.
struct Pool {
    client: reqwest::Client,
    connections: Arc<Connections>,
}

/// How many connections a pool can have: as many for each host as requests were ever in flight.
#[derive(Default)]
struct Connections {
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    /// Requests in flight at each host, and the most that there were.
    hosts: HashMap<String, (usize, usize)>,
    total: usize,
}

/// A client for one request.
pub(super) struct Lease {
    pub(super) client: reqwest::Client,
    counted: Option<(Arc<Connections>, String)>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some((connections, host)) = &self.counted
            && let Some((in_flight, _)) = lock(&connections.counts).hosts.get_mut(host)
        {
            *in_flight -= 1;
        }
    }
}

impl Connections {
    /// Counts a request to `host`. Returns how many connections there can be now.
    fn add(&self, host: &str) -> usize {
        let mut counts = lock(&self.counts);
        let opened = if let Some((in_flight, most)) = counts.hosts.get_mut(host) {
            *in_flight += 1;
            let opened = in_flight > most;
            *most = (*most).max(*in_flight);
            opened
        } else {
            counts.hosts.insert(host.to_owned(), (1, 1));
            true
        };
        counts.total += usize::from(opened);
        counts.total
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clients {
    pub(super) fn new(settings: &Arc<WebSettings>) -> Result<Self, WebError> {
        let proxies = Proxies::from_system();
        let resolver = Resolver::new(settings.dns_timeout, settings.allow_private, proxies.hosts().to_vec())
            .map_err(|error| WebError::Resolver(error.to_string()))?;
        let tls = tls::config()?;
        let mut plain = tls.clone();
        plain.alpn_protocols = vec![b"http/1.1".to_vec()];
        let builder = || builder(settings, &resolver, proxies.any());
        let client = builder().tls_backend_preconfigured(tls.clone()).build()?;
        let fresh = builder().tls_backend_preconfigured(plain).http1_only().http09_responses();
        let fresh = fresh.pool_max_idle_per_host(0).build()?;
        let pooled = Mutex::new(Pool { client, connections: Arc::default() });
        let settings = Arc::clone(settings);
        let max_idle = sockets::budget().idle.min(MAX_IDLE);
        Ok(Self { pooled, fresh, tls, resolver, settings, proxies, name_servers: Mutex::default(), max_idle })
    }

    /// A client for one request to `host`, on a new connection or not.
    pub(super) fn lease(&self, host: &str, fresh: bool) -> Lease {
        if fresh {
            return Lease { client: self.fresh.clone(), counted: None };
        }
        let mut pool = lock(&self.pooled);
        if pool.connections.add(host) > self.max_idle {
            self.replace(&mut pool);
            pool.connections.add(host);
        }
        Lease { client: pool.client.clone(), counted: Some((Arc::clone(&pool.connections), host.to_owned())) }
    }

    /// Closes every idle connection.
    pub(super) fn close_idle(&self) {
        self.replace(&mut lock(&self.pooled));
    }

    /// Replaces the pool. The old one, and its connections, end with its last request in flight.
    fn replace(&self, pool: &mut Pool) {
        let builder = builder(&self.settings, &self.resolver, self.proxies.any());
        // The same settings built a client before; where they fail now, the old pool goes on.
        if let Ok(client) = builder.tls_backend_preconfigured(self.tls.clone()).build() {
            *pool = Pool { client, connections: Arc::default() };
        }
    }

    /// Why `url` may not be requested, where that is not left to the resolver: its host is an address or a name that
    /// is always private, or one that a proxy would resolve, and that resolves here to a private address.
    pub(super) async fn refusal(&self, url: &Url) -> Option<Failure> {
        if self.settings.allow_private {
            return None;
        }
        let name = match url.host()? {
            Host::Ipv4(ip) => return (!dns::is_public(IpAddr::V4(ip))).then(|| private(&ip.to_string())),
            Host::Ipv6(ip) => return (!dns::is_public(IpAddr::V6(ip))).then(|| private(&ip.to_string())),
            Host::Domain(name) => name,
        };
        if dns::is_local_name(name) {
            return Some(private(name));
        }
        self.proxies.hide(url, &self.resolver).await.then(|| private(name))
    }

    /// Whether a proxy is configured: the addresses of connections are then not those of hosts.
    pub(super) fn is_behind_proxy(&self) -> bool {
        self.proxies.any()
    }

    pub(super) fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// The provider of a domain's name servers, where they were asked for.
    pub(super) fn name_servers(&self, domain: &str) -> Option<BTreeSet<Provider>> {
        lock(&self.name_servers).get(domain).cloned()
    }

    pub(super) fn keep_name_servers(&self, domain: &str, provider: BTreeSet<Provider>) {
        lock(&self.name_servers).insert(domain.to_owned(), provider);
    }
}

fn private(address: &str) -> Failure {
    Failure::of(FailureClass::PrivateAddress).because(format!("`{address}` is not an address of the public internet"))
}

/// A client that reads answers as leniently as browsers do: they ignore header lines that they cannot parse.
fn builder(settings: &WebSettings, resolver: &Resolver, has_proxies: bool) -> reqwest::ClientBuilder {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
    headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en;q=0.9,*;q=0.5"));
    let builder = reqwest::Client::builder()
        .user_agent(settings.user_agent.as_str())
        .default_headers(headers)
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(settings.connect_timeout)
        .dns_resolver(resolver.clone())
        .pool_max_idle_per_host(settings.per_host.in_flight)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
        .http1_max_headers(1000)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http2_max_header_list_size(1 << 20);
    if has_proxies { builder } else { builder.no_proxy() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(max_idle: usize) -> Clients {
        let settings = Arc::new(WebSettings { allow_private: false, ..WebSettings::default() });
        Clients { max_idle, ..Clients::new(&settings).unwrap() }
    }

    #[test]
    fn connections_are_counted_by_the_most_requests_in_flight_at_a_host() {
        let clients = clients(4);
        let total = || lock(&lock(&clients.pooled).connections.counts).total;
        let two = [clients.lease("a:443", false), clients.lease("a:443", false)];
        assert_eq!(total(), 2);
        drop(two);
        drop(clients.lease("a:443", false));
        assert_eq!(total(), 2);
        drop(clients.lease("a:443", true));
        let _kept = [clients.lease("b:443", false), clients.lease("c:443", false)];
        assert_eq!(total(), 4);
        // The fifth would exceed the budget: all are closed but its own.
        drop(clients.lease("d:443", false));
        assert_eq!(total(), 1);
    }

    #[tokio::test]
    async fn names_and_addresses_that_are_always_private_are_refused() {
        let clients = clients(4);
        for url in [
            "http://localhost./",
            "http://localhost.localdomain/",
            "http://a.localhost/",
            "http://ip6-localhost/",
            "http://printer.local/",
            "http://10.0.0.1/",
            "http://[::1]/",
        ] {
            let refusal = clients.refusal(&url.parse().unwrap()).await;
            assert_eq!(refusal.map(|failure| failure.class), Some(FailureClass::PrivateAddress), "{url}");
        }
        assert_eq!(clients.refusal(&"http://example.org/".parse().unwrap()).await, None);
    }
}
