//! The proxies that the user configured (`HTTPS_PROXY` and the like), and what may be asked of them.
//!
//! A proxy resolves names itself and sees networks that nobody else does. So a name is looked up here before it is passed
//! on, and refused where it is private. What does not resolve here is left to the proxy.

use std::time::Duration;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::dns::Resolver;

/// How long a name is looked up before a proxy is asked for it: where names do not resolve here at all, every
/// host would wait for it.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);

/// The configured proxies.
pub(super) struct Proxies {
    matcher: Option<Matcher>,
    hosts: Vec<String>,
}

impl Proxies {
    /// Those of the environment and the system.
    pub(super) fn from_system() -> Self {
        Self::new(Matcher::from_system())
    }

    fn new(matcher: Matcher) -> Self {
        let examples = ["http://example.com/", "https://example.com/"].map(Uri::from_static);
        let hosts = examples.iter().filter_map(|uri| matcher.intercept(uri)?.uri().host().map(str::to_owned));
        let hosts: Vec<String> = hosts.collect();
        Self { matcher: (!hosts.is_empty()).then_some(matcher), hosts }
    }

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        self.matcher.is_some()
    }

    /// Their hosts: the user chose them, so they may be private.
    pub(super) fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Whether `url` names a host that must not be asked for because it is private: one that a proxy would resolve, or a
    /// proxy itself, which the resolver lets pass.
    pub(super) async fn hide(&self, url: &Url, resolver: &Resolver) -> bool {
        let Some(name) = url.domain() else { return false };
        if !self.intercept(url) && !self.hosts.iter().any(|host| host == name) {
            return false;
        }
        tokio::time::timeout(LOOKUP_TIMEOUT, resolver.is_private(name)).await.unwrap_or_default()
    }

    fn intercept(&self, url: &Url) -> bool {
        let uri = || url.as_str().parse::<Uri>().ok();
        self.matcher.as_ref().is_some_and(|matcher| uri().is_some_and(|uri| matcher.intercept(&uri).is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn private_names_are_not_passed_to_a_proxy() {
        let proxies = Proxies::new(Matcher::builder().all("http://localhost:3128").no("direct.example").build());
        let resolver = Resolver::new(Duration::from_secs(1), false, proxies.hosts().to_vec()).unwrap();
        assert!(proxies.any() && proxies.hosts() == ["localhost", "localhost"]);
        for (url, hidden) in
            [("https://localhost/api", true), ("https://direct.example/", false), ("https://10.0.0.1/", false)]
        {
            assert_eq!(proxies.hide(&url.parse().unwrap(), &resolver).await, hidden, "{url}");
        }
        let none = Proxies::new(Matcher::builder().build());
        assert!(!none.any() && !none.hide(&"https://localhost/".parse().unwrap(), &resolver).await);
    }
}
