//! What a failing host has in common with other hosts of the same provider.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A provider, by what its hosts have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// An address range: 256 IPv4 addresses, or an IPv6 site.
    Network(String),
    /// The registrable domain of the name servers.
    NameServers(String),
    /// The title of an error page that only one provider shows.
    ErrorPage(String),
}

/// Words of titles of error pages that servers of any provider show. A title of such words alone identifies nobody.
const GENERIC: &[&str] = &[
    "a",
    "access",
    "and",
    "apache",
    "at",
    "available",
    "bad",
    "be",
    "could",
    "cloudflare",
    "currently",
    "denied",
    "directory",
    "error",
    "exist",
    "erreur",
    "fehler",
    "file",
    "forbidden",
    "found",
    "gateway",
    "gone",
    "http",
    "https",
    "iis",
    "internal",
    "is",
    "maintenance",
    "no",
    "not",
    "nginx",
    "object",
    "oops",
    "openresty",
    "or",
    "origin",
    "out",
    "overloaded",
    "page",
    "proxy",
    "request",
    "requested",
    "resource",
    "server",
    "service",
    "site",
    "sorry",
    "status",
    "temporarily",
    "the",
    "this",
    "time",
    "timed",
    "timeout",
    "unavailable",
    "unknown",
    "url",
    "was",
    "web",
    "website",
    "whoops",
];

/// Characters of a title that are compared.
const MAX_TITLE: usize = 60;

impl Provider {
    /// The range of a public address. A /24 is the smallest block that networks announce to each other (BGP); a /48 is
    /// one IPv6 site (RFC 6177).
    pub fn network(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                Self::Network(format!("{a}.{b}.{c}.0/24"))
            }
            IpAddr::V6(v6) => {
                let [a, b, c, ..] = v6.segments();
                Self::Network(format!("{a:x}:{b:x}:{c:x}::/48"))
            }
        }
    }

    /// The provider that shows an error page of this title for a host; none where any server shows such a page, or where
    /// the title is about the host alone.
    pub fn error_page(title: &str, host: &str) -> Option<Self> {
        let title: String = title.to_lowercase().chars().take(MAX_TITLE).collect();
        let host = host.strip_prefix("www.").unwrap_or(host);
        let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let is_telling = |word: &str| {
            !GENERIC.contains(&word)
                && !word.chars().all(char::is_numeric)
                && !host.split('.').any(|label| label == word)
        };
        (!title.contains(host) && words.clone().any(is_telling))
            .then(|| Self::ErrorPage(words.collect::<Vec<_>>().join(" ")))
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(range) => write!(f, "net:{range}"),
            Self::NameServers(domain) => write!(f, "ns:{domain}"),
            Self::ErrorPage(title) => write!(f, "page:{title}"),
        }
    }
}

impl FromStr for Provider {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("net", range)) => Ok(Self::Network(range.to_owned())),
            Some(("ns", domain)) => Ok(Self::NameServers(domain.to_owned())),
            Some(("page", title)) => Ok(Self::ErrorPage(title.to_owned())),
            _ => Err(format!("unknown provider `{text}`")),
        }
    }
}

impl Provider {
    /// What its hosts have in common, for a person.
    pub fn meaning(&self) -> String {
        match self {
            Self::Network(range) => format!("the address range `{range}`"),
            Self::NameServers(domain) => format!("the name servers of `{domain}`"),
            Self::ErrorPage(title) => format!("the error page `{title}`"),
        }
    }
}

impl Serialize for Provider {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Provider {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_belongs_to_a_range() {
        assert_eq!(Provider::network("185.199.108.153".parse().unwrap()).to_string(), "net:185.199.108.0/24");
        assert_eq!(Provider::network("2606:50c0:8000::153".parse().unwrap()).to_string(), "net:2606:50c0:8000::/48");
    }

    #[test]
    fn only_a_page_of_one_provider_identifies_it() {
        for title in
            ["502 Bad Gateway", "404 Not Found", "Page Not Found", "x.org | 522: Connection timed out", "Error - x"]
        {
            assert_eq!(Provider::error_page(title, "www.x.org"), None, "{title}");
        }
        for title in ["Site not found · GitHub Pages", "Heroku | Application Error", "Fastly error: unknown domain"] {
            let page = Provider::error_page(title, "x.org").unwrap();
            assert_eq!(page.to_string().parse(), Ok(page), "{title}");
        }
    }
}
