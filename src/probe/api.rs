//! Shared by the probes that call APIs: the HTTP client, the clock, the channel of events.
//!
//! It knows no forge. Pages of the web are checked elsewhere.
#![expect(clippy::disallowed_methods, reason = "an observation is dated when its answer arrives, here at the edge")]

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use url::{Host, Url};

use super::dns::{self, Resolver};
use super::proxy::Proxies;
use super::user_agent::Contact;
use super::{Event, throttle};
use crate::address::Target;
use crate::finding::Finding;
use crate::observation::{Alive, Failure, FailureClass, Observation, Seen};

/// The most bytes of one response that are read. The largest batch (50 repositories with descriptions of 350
/// characters and READMEs of archived ones) stays below 10 MB.
pub(super) const RESPONSE_CAPACITY_BYTES: usize = 16 << 20;

/// A TCP handshake that took longer was never seen to succeed later; three tries stay below 20 seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Idle connections kept for one API host: GraphQL and three REST calls.
const IDLE_CONNECTIONS_CAPACITY: usize = 4;

/// The shortest wait after a refusal, whatever the server names: `Retry-After: 0` would otherwise be asked
/// again at the speed of the network, which GitHub documents as a reason for a ban.
pub(super) const RETRY_FLOOR: Duration = Duration::from_secs(1);

/// The time of a response.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// The wall-clock time of a point of the monotonic clock, for a person.
pub(super) fn wall_clock(then: Instant) -> Timestamp {
    let left = SignedDuration::try_from(then.saturating_duration_since(Instant::now())).unwrap_or(SignedDuration::MAX);
    now().checked_add(left).unwrap_or(Timestamp::MAX)
}

/// How long a server asks us to wait, at least a second.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    throttle::retry_after(headers, SystemTime::now()).map(|wait| wait.max(RETRY_FLOOR))
}

/// What is left of a rate limit and for how long.
pub(super) fn quota(headers: &HeaderMap) -> Option<throttle::Quota> {
    throttle::quota(headers, SystemTime::now())
}

/// The user agent. GitHub asks for one with the name of the application (docs.github.com, "Getting started with
/// the REST API", "User agent").
pub(super) fn user_agent() -> String {
    Contact::default().user_agent()
}

/// Why API clients cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The name servers of the system cannot be used.
    #[error("the name servers of this system cannot be used: {0}")]
    Resolver(String),
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// Which addresses API clients may connect to. Hosts of an API can be named by an untrusted policy file, so they
/// are restricted like links: public addresses only, but for the hosts that a person configured.
#[derive(Debug, Clone, Default)]
pub struct AddressRules {
    /// Whether private and loopback addresses are allowed for every host.
    pub allow_private: bool,
    /// Hosts that may be private: those that the environment of the run names.
    pub trusted_hosts: Vec<String>,
}

/// An HTTP client for APIs, restricted to addresses that may be connected to.
#[derive(Clone)]
pub(super) struct ApiClient {
    pub(super) http: reqwest::Client,
    rules: AddressRules,
    resolver: Resolver,
    proxies: Arc<Proxies>,
}

impl ApiClient {
    /// A client that follows no redirect by itself, asks for `accept`, and fails a whole response after `timeout`.
    pub(super) fn new(accept: &'static str, timeout: Duration, rules: AddressRules) -> Result<Self, ClientError> {
        // Fails only where a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let proxies = Arc::new(Proxies::from_system());
        let trusted = rules.trusted_hosts.iter().chain(proxies.hosts()).cloned().collect();
        let resolver = Resolver::new(timeout, rules.allow_private, trusted)
            .map_err(|error| ClientError::Resolver(error.to_string()))?;
        let http = reqwest::Client::builder()
            .user_agent(user_agent())
            .default_headers(HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .dns_resolver(resolver.clone())
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_CAPACITY)
            .build()?;
        Ok(Self { http, rules, resolver, proxies })
    }

    /// Why no request may be sent to `url`. The resolver sees only names that no proxy resolves; this is for the others,
    /// and for addresses in digits.
    pub(super) async fn refusal(&self, url: &Url) -> Option<String> {
        if self.rules.allow_private || self.rules.trusted_hosts.iter().any(|host| url.host_str() == Some(host)) {
            return None;
        }
        let ip = match url.host()? {
            Host::Ipv4(ip) => IpAddr::V4(ip),
            Host::Ipv6(ip) => IpAddr::V6(ip),
            Host::Domain(name) => {
                let hidden = dns::is_local_name(name) || self.proxies.hide(url, &self.resolver).await;
                return hidden.then(|| format!("`{name}` has a private address, which needs `--allow-private`"));
            }
        };
        (!dns::is_public(ip)).then(|| format!("`{ip}` is a private address, which needs `--allow-private`"))
    }
}

/// The day of an ISO 8601 instant, in UTC; none where it is malformed.
pub(super) fn day(instant: &str) -> Option<Date> {
    let instant: Timestamp = instant.parse().ok()?;
    Some(TimeZone::UTC.to_datetime(instant).date())
}

/// The sending half of the channel of events. That nobody receives any more is no error: the work is dropped then.
pub(super) struct EventSender {
    events: UnboundedSender<Event>,
    secret: Option<String>,
}

impl EventSender {
    /// The same, with `secret` masked in every text that a server wrote.
    pub(super) fn masking(self, secret: Option<String>) -> Self {
        Self { secret, ..self }
    }

    /// Sends an event.
    pub(super) fn send(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// Reports that a target is alive.
    pub(super) fn alive(&self, target: Target, alive: Alive) {
        self.observed(target, Seen::Alive(Arc::new(alive)));
    }

    /// Reports that the check of a target failed.
    pub(super) fn failed(&self, target: Target, failure: Failure) {
        let detail = self.mask(failure.detail);
        self.observed(target, Seen::Failed(Failure { detail, ..failure }));
    }

    /// Reports that a target was not checked.
    pub(super) fn unavailable(&self, target: Target, class: FailureClass, why: impl Into<String>) {
        self.failed(target, Failure::of(class).because(why));
    }

    /// Sends a finding.
    pub(super) fn notice(&self, mut finding: Finding) {
        finding.message = self.mask(finding.message);
        self.send(Event::Notice(finding));
    }

    fn mask(&self, text: String) -> String {
        match &self.secret {
            Some(secret) if text.contains(secret) => text.replace(secret, "***"),
            _ => text,
        }
    }

    fn observed(&self, target: Target, seen: Seen) {
        self.send(Event::Seen(Observation { target, at: now(), seen }));
    }
}

/// Runs `work` while its events are received, and yields each as it is sent.
pub(super) fn event_stream<'a, W: Future<Output = ()> + Send + 'a>(
    work: impl FnOnce(EventSender) -> W,
) -> BoxStream<'a, Event> {
    let (events, mut received) = unbounded_channel();
    let mut work = Some(Box::pin(work(EventSender { events, secret: None })));
    stream::poll_fn(move |context| {
        if work.as_mut().is_some_and(|work| work.as_mut().poll(context).is_ready()) {
            work = None;
        }
        received.poll_recv(context)
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn days_are_of_utc() {
        assert_eq!(day("2024-01-31T23:30:00-02:00").unwrap().to_string(), "2024-02-01");
        assert_eq!(day("2024-01-31T23:30:00.123Z").unwrap().to_string(), "2024-01-31");
        assert_eq!(day("never"), None);
    }

    #[test]
    fn a_wait_of_zero_has_a_floor() {
        for (value, seconds) in [("0", Some(1)), ("0.2", Some(1)), ("7", Some(7)), ("soon", None)] {
            let headers = HeaderMap::from_iter([(reqwest::header::RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs), "{value}");
        }
    }

    #[tokio::test]
    async fn no_event_is_lost_and_a_secret_is_masked() {
        let target: Target = "github:a/b".parse().unwrap();
        let events: Vec<Event> = event_stream(|events| async move {
            let events = events.masking(Some("gho_secret".to_owned()));
            events.alive(target.clone(), Alive::default());
            tokio::task::yield_now().await;
            events.unavailable(target, FailureClass::NotLooked, "bad token gho_secret");
        })
        .collect()
        .await;
        assert_eq!(events.len(), 2);
        assert!(format!("{events:?}").contains("bad token ***"), "{events:?}");
    }

    #[tokio::test]
    async fn private_addresses_are_refused_unless_a_person_named_them() {
        let refuses = |rules: AddressRules, url: &str| {
            let client = ApiClient::new("*/*", Duration::from_secs(1), rules).unwrap();
            client.refusal(&Url::parse(url).unwrap()).now_or_never().unwrap().is_some()
        };
        let trusted = || AddressRules { allow_private: false, trusted_hosts: vec!["127.0.0.1".to_owned()] };
        assert!(refuses(AddressRules::default(), "https://169.254.169.254/api"));
        assert!(refuses(AddressRules::default(), "https://[::1]/api") && refuses(trusted(), "https://10.0.0.1/"));
        assert!(!refuses(trusted(), "https://127.0.0.1/api") && !refuses(AddressRules::default(), "https://9.9.9.9/"));
        let client = ApiClient::new("*/*", Duration::from_secs(5), AddressRules::default()).unwrap();
        let error = client.http.get("http://localhost:1/").send().await.unwrap_err();
        assert!(format!("{error:?}").contains("PrivateAddress"), "{error:?}");
    }
}
