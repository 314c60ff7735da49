//! The resolver: the addresses of a host name, or the failure class of the lookup.
//!
//! The class is read from the resolver's typed result, never from message text. Addresses outside of the
//! public internet are refused after resolution, and connections use exactly the addresses that passed, so that a
//! second lookup cannot return others (DNS rebinding). Nothing here depends on pages or proxies.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::rdata::{A, AAAA, NS};
use hickory_resolver::proto::rr::{Name as DnsName, RData, RecordType};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::sockets;
use crate::observation::{FailureClass, Provider};

/// Why a lookup returned no address to connect to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct LookupError {
    /// The class: NXDOMAIN, SERVFAIL, silence, no address, or a private one.
    pub class: FailureClass,
    /// The resolver's error, for a user.
    pub detail: String,
}

/// Lookups in flight at once: small resolvers (home routers) drop larger bursts.
pub const MAX_CONCURRENT_LOOKUPS: usize = 128;

/// Longest wait for one answer of a name server, in seconds. Recursive resolvers give up after about as long
/// (resolv.conf(5): 5 s), so that an answer which took 4 s is still received.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Addresses of one host whose ranges are compared with those of others.
const MAX_NETWORKS: usize = 8;

/// Resolves names by the system's name servers and hosts file, and refuses addresses outside of the public
/// internet.
#[derive(Clone)]
pub struct Resolver {
    shared: Arc<Shared>,
}

struct Shared {
    resolver: TokioResolver,
    permits: Semaphore,
    timeout: Duration,
    allow_private: bool,
    /// Hosts that may have private addresses: the proxies that the user configured.
    trusted: Vec<String>,
}

impl Resolver {
    /// Reads the system's configuration. Without one, the name server of this machine is asked, as
    /// resolv.conf(5) has it. A lookup takes `timeout` at most.
    pub fn new(timeout: Duration, allow_private: bool, trusted: Vec<String>) -> Result<Self, NetError> {
        let mut builder = TokioResolver::builder_tokio().unwrap_or_else(|_| {
            let local = NameServerConfig::udp_and_tcp(IpAddr::V4(Ipv4Addr::LOCALHOST));
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![local]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        });
        let lookups = sockets::budget().lookups;
        let options = builder.options_mut();
        options.timeout = options.timeout.min(ATTEMPT_TIMEOUT).min(timeout);
        options.attempts = options.attempts.max(2);
        options.cache_size = 65_536;
        options.max_active_requests = 2 * lookups;
        let resolver = builder.build()?;
        let permits = Semaphore::new(lookups);
        Ok(Self { shared: Arc::new(Shared { resolver, permits, timeout, allow_private, trusted }) })
    }

    /// The addresses of `host` that may be connected to.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, LookupError> {
        let all = self.lookup(host).await?;
        if self.shared.allow_private || self.shared.trusted.iter().any(|trusted| trusted == host) {
            return Ok(all);
        }
        let public: Vec<IpAddr> = all.iter().copied().filter(|ip| is_public(*ip)).collect();
        match all.first().filter(|_| public.is_empty()) {
            Some(ip) => Err(lookup_error(FailureClass::PrivateAddress, format!("`{host}` has the address {ip}"))),
            None => Ok(public),
        }
    }

    /// Whether `host` resolves here, and to private addresses alone: a name that a proxy must not be asked for.
    pub async fn is_private(&self, host: &str) -> bool {
        self.lookup(host).await.is_ok_and(|all| !all.iter().any(|ip| is_public(*ip)))
    }

    /// The public address ranges of `host`: all of them, because connections go to any.
    pub async fn networks(&self, host: &str) -> BTreeSet<Provider> {
        let addresses = self.lookup(host).await.unwrap_or_default().into_iter();
        addresses.filter(|ip| is_public(*ip)).take(MAX_NETWORKS).map(Provider::network).collect()
    }

    /// The first of the name servers of a domain, by name.
    pub async fn name_server(&self, domain: &str) -> Option<String> {
        let found = self.shared.resolver.lookup(name(domain)?, RecordType::NS).await.ok()?;
        let servers = found.answers().iter().filter_map(|record| match &record.data {
            RData::NS(NS(server)) => Some(server.to_ascii().trim_end_matches('.').to_ascii_lowercase()),
            _ => None,
        });
        servers.min()
    }

    /// The IPv4 addresses of `host`, else its IPv6 addresses; at least one.
    async fn lookup(&self, host: &str) -> Result<Vec<IpAddr>, LookupError> {
        let name = name(host).ok_or_else(|| {
            lookup_error(FailureClass::InvalidUrl, format!("`{host}` is not a host name that can be looked up"))
        })?;
        let _permit = self.shared.permits.acquire().await.map_err(|_| closed())?;
        let both = async {
            let v4 = self.records(&name, RecordType::A).await;
            if matches!(&v4, Ok(found) if !found.is_empty()) {
                return v4;
            }
            let v6 = self.records(&name, RecordType::AAAA).await;
            if matches!(&v6, Ok(found) if !found.is_empty()) { v6 } else { Err(worse(class_of(v4), class_of(v6))) }
        };
        match tokio::time::timeout(self.shared.timeout, both).await {
            Err(_) => Err(lookup_error(FailureClass::DnsTimeout, format!("no name server answered for `{host}`"))),
            Ok(Err((class, detail))) => Err(lookup_error(class, format!("`{host}`: {detail}"))),
            Ok(Ok(found)) => Ok(found),
        }
    }

    async fn records(&self, name: &DnsName, kind: RecordType) -> Result<Vec<IpAddr>, (FailureClass, String)> {
        let found = self.shared.resolver.lookup(name.clone(), kind).await;
        let found = found.map_err(|error| (class(&error), error.to_string()))?;
        let addresses = found.answers().iter().filter_map(|record| match &record.data {
            RData::A(A(ip)) => Some(IpAddr::V4(*ip)),
            RData::AAAA(AAAA(ip)) => Some(IpAddr::V6(*ip)),
            _ => None,
        });
        Ok(addresses.collect())
    }
}

/// A host name as it is sent to name servers, byte for byte: browsers look up names with underscores and leading
/// hyphens, which the rules for new host names (RFC 952, IDNA 2008) exclude. A name with a dot is fully qualified,
/// so that the machine's search domains are not appended.
fn name(host: &str) -> Option<DnsName> {
    let labels = host.strip_suffix('.').unwrap_or(host).split('.').map(str::as_bytes);
    let mut name = DnsName::from_labels(labels).ok()?;
    name.set_fqdn(host.contains('.'));
    Some(name)
}

fn class_of(answer: Result<Vec<IpAddr>, (FailureClass, String)>) -> (FailureClass, String) {
    answer.err().unwrap_or_else(|| (FailureClass::DnsNoAddress, "it has no address".to_owned()))
}

/// The class of a name without addresses, from the answers for IPv4 and IPv6. A failed lookup of one family leaves
/// the question open, whatever the other states; NXDOMAIN must be stated for both (RFC 8020: it concerns the name,
/// whatever the type of record).
fn worse(v4: (FailureClass, String), v6: (FailureClass, String)) -> (FailureClass, String) {
    let rank = |class: FailureClass| match class {
        FailureClass::DnsNxdomain => 0,
        FailureClass::DnsNoAddress => 1,
        FailureClass::DnsServfail => 2,
        FailureClass::DnsTimeout => 3,
        _ => 4,
    };
    if rank(v6.0) > rank(v4.0) { v6 } else { v4 }
}

fn closed() -> LookupError {
    lookup_error(FailureClass::NotLooked, "the resolver was closed")
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let found = resolver.addresses(name.as_str()).await?;
            let addresses: Addrs = Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

fn lookup_error(class: FailureClass, detail: impl Into<String>) -> LookupError {
    LookupError { class, detail: detail.into() }
}

/// The class of a resolver error. Only the response code NXDOMAIN (RFC 1035, 4.1.1) means that the name does not
/// exist. Where no socket to a name server could be opened, the fault is our own.
fn class(error: &NetError) -> FailureClass {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => FailureClass::DnsNxdomain,
            ResponseCode::NoError => FailureClass::DnsNoAddress,
            _ => FailureClass::DnsServfail,
        },
        NetError::Dns(_) | NetError::Proto(_) => FailureClass::DnsServfail,
        NetError::Io(error) if sockets::is_limit(error) => FailureClass::OpenFiles,
        // The resolver drops the error of the socket that it could not open.
        NetError::NoConnections | NetError::Busy if sockets::are_exhausted() => FailureClass::OpenFiles,
        _ => FailureClass::DnsTimeout,
    }
}

/// Whether a host name always means this machine or this network (RFC 6761, RFC 6762, and the names of Linux
/// distributions' hosts files).
pub fn is_local_name(host: &str) -> bool {
    const NAMES: [&str; 4] = ["localhost", "localhost6", "ip6-localhost", "ip6-loopback"];
    const SUFFIXES: [&str; 4] = [".localhost", ".localdomain", ".localdomain6", ".local"];
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    NAMES.contains(&host.as_str()) || SUFFIXES.iter().any(|suffix| host.ends_with(suffix))
}

/// Whether an address belongs to the public internet: not private, loopback, link-local (where clouds keep
/// their metadata), shared (RFC 6598), reserved, documentation or multicast, in either family, nor any of
/// these written inside an IPv6 address (the IANA special-purpose address registries, RFC 6890).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    match s {
        // Mapped and compatible addresses, NAT64 (RFC 6052) and 6to4 carry an IPv4 address.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            is_public_v4(v4(high, low))
        }
        // Teredo and the rest of 2001::/23; documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Only 2000::/3 has been given out for the public internet.
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_browsers_look_up_are_valid() {
        for host in ["example.org", "my_host.example.org", "-a.example.org", "example.org.", "xn--bcher-kva.example"] {
            let name = name(host).unwrap();
            assert_eq!(name.iter().next(), host.split('.').next().map(str::as_bytes));
            assert!(name.is_fqdn());
        }
        assert!(!name("localhost").unwrap().is_fqdn());
        for host in ["a..example", "", &format!("{}.example", "a".repeat(64))] {
            assert!(name(host).is_none(), "{host}");
        }
    }

    #[test]
    fn nxdomain_must_be_stated_for_both_families() {
        use FailureClass::{DnsNoAddress, DnsNxdomain, DnsServfail, DnsTimeout, OpenFiles};
        for (v4, v6, class) in [
            (DnsNxdomain, DnsNxdomain, DnsNxdomain),
            (DnsServfail, DnsNxdomain, DnsServfail),
            (DnsTimeout, DnsNxdomain, DnsTimeout),
            (DnsNoAddress, DnsNxdomain, DnsNoAddress),
            (DnsNxdomain, DnsServfail, DnsServfail),
            (OpenFiles, DnsNxdomain, OpenFiles),
            (DnsTimeout, DnsNoAddress, DnsTimeout),
        ] {
            assert_eq!(worse((v4, String::new()), (v6, String::new())).0, class);
        }
    }

    #[tokio::test]
    async fn a_name_that_cannot_be_looked_up_is_no_failure_of_a_server() {
        let resolver = Resolver::new(Duration::from_secs(1), false, Vec::new()).unwrap();
        assert_eq!(resolver.addresses("a..example").await.unwrap_err().class, FailureClass::InvalidUrl);
    }

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for ip in ["1.1.1.1", "93.184.216.34", "100.63.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in ["64:ff9b::101:101", "2002:101:101::1"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
        let private = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.16.3.4",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
            "100::1",
            "5f00::1",
        ];
        for ip in private {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }
}
