//! Which provider a failing host belongs to: its address range, its name servers, its error page.
//!
//! Only hosts that fail are asked about, and nothing beyond a lookup is sent.

use std::collections::BTreeSet;
use std::time::Duration;

use url::Url;

use super::Shared;
use crate::address::{Target, registrable};
use crate::observation::{Failure, FailureClass, Provider, Reach, Seen};

/// The longest wait for a lookup, in seconds: the answer is useful and not needed.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(1);

impl Shared {
    /// The failure with the providers of the host that failed.
    pub(super) async fn with_providers(&self, target: &Target, seen: Seen) -> Seen {
        match seen {
            Seen::Failed(failure) if failure.class.is_evidence() && failure.providers.is_empty() => {
                let providers = self.providers(target, &failure).await;
                Seen::Failed(Failure { providers, ..failure })
            }
            seen => seen,
        }
    }

    async fn providers(&self, target: &Target, failure: &Failure) -> Vec<Provider> {
        let end = failure.hops.last().and_then(|hop| Url::parse(&hop.to).ok()?.host_str().map(str::to_owned));
        let Some(host) = end.or_else(|| target.host()) else { return Vec::new() };
        let is_status = matches!(failure.class, FailureClass::Http(_));
        let page = Provider::error_page(&failure.detail, &host).filter(|_| is_status);
        let lookup = async {
            match failure.class.traits().reach {
                _ if self.clients.is_behind_proxy() => BTreeSet::new(),
                Reach::Nothing => self.name_servers(&host).await,
                _ => self.clients.resolver().networks(&host).await,
            }
        };
        let found = tokio::time::timeout(LOOKUP_TIMEOUT, lookup).await.unwrap_or_default();
        found.into_iter().chain(page).collect()
    }

    /// The provider of the name servers of a host's domain, asked for once in a run.
    async fn name_servers(&self, host: &str) -> BTreeSet<Provider> {
        let domain = registrable(host);
        if let Some(known) = self.clients.name_servers(domain) {
            return known;
        }
        let server = self.clients.resolver().name_server(domain).await;
        let provider = server.map(|server| Provider::NameServers(registrable(&server).to_owned()));
        let provider: BTreeSet<Provider> = provider.into_iter().collect();
        self.clients.keep_name_servers(domain, provider.clone());
        provider
    }
}
