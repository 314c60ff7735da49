//! The resolver: the addresses of a host name, or the failure class of the lookup.
//!
//! The class is read from the resolver's typed result, never from message text. Addresses outside of the
//! public internet are refused after resolution, and connections use exactly the addresses that passed, so that a
//! second lookup cannot return others (DNS rebinding). Nothing here depends on pages or proxies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::observation::FailureClass;

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
const MAX_CONCURRENT_LOOKUPS: usize = 128;

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
        let options = builder.options_mut();
        options.timeout = options.timeout.min(timeout / 2);
        options.attempts = options.attempts.max(2);
        options.ip_strategy = LookupIpStrategy::Ipv4thenIpv6;
        options.cache_size = 65_536;
        options.max_active_requests = 2 * MAX_CONCURRENT_LOOKUPS;
        let resolver = builder.build()?;
        let permits = Semaphore::new(MAX_CONCURRENT_LOOKUPS);
        Ok(Self { shared: Arc::new(Shared { resolver, permits, timeout, allow_private, trusted }) })
    }

    /// The addresses of `host` that may be connected to.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, LookupError> {
        let shared = &self.shared;
        let _permit = shared
            .permits
            .acquire()
            .await
            .map_err(|_| lookup_error(FailureClass::DnsTimeout, "the resolver was closed"))?;
        // A name with a dot is fully qualified: the final dot keeps the machine's search domains out of it.
        let name = if host.contains('.') && !host.ends_with('.') { format!("{host}.") } else { host.to_owned() };
        let found = match tokio::time::timeout(shared.timeout, shared.resolver.lookup_ip(name)).await {
            Err(_) => {
                return Err(lookup_error(FailureClass::DnsTimeout, format!("no name server answered for `{host}`")));
            }
            Ok(Err(error)) => return Err(lookup_error(class(&error), format!("`{host}`: {error}"))),
            Ok(Ok(found)) => found,
        };
        let all: Vec<IpAddr> = found.iter().collect();
        if shared.allow_private || shared.trusted.iter().any(|trusted| trusted == host) {
            return if all.is_empty() { Err(no_address(host)) } else { Ok(all) };
        }
        let open: Vec<IpAddr> = all.iter().copied().filter(|ip| is_public(*ip)).collect();
        match (open.is_empty(), all.first()) {
            (false, _) => Ok(open),
            (true, Some(ip)) => {
                Err(lookup_error(FailureClass::PrivateAddress, format!("`{host}` has the address {ip}")))
            }
            (true, None) => Err(no_address(host)),
        }
    }
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

fn no_address(host: &str) -> LookupError {
    lookup_error(FailureClass::DnsNoAddress, format!("`{host}` has no address"))
}

/// The class of a resolver error. Only the response code NXDOMAIN (RFC 1035, 4.1.1) means that the name does not
/// exist.
fn class(error: &NetError) -> FailureClass {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => FailureClass::DnsNxdomain,
            ResponseCode::NoError => FailureClass::DnsNoAddress,
            _ => FailureClass::DnsServfail,
        },
        NetError::Dns(_) | NetError::Proto(_) => FailureClass::DnsServfail,
        _ => FailureClass::DnsTimeout,
    }
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
