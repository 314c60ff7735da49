//! The transport: octocrab over our own HTTP client, without its retries.
//!
//! Every response is returned whole: status, headers, body. Redirects are followed here, so that the token is sent
//! only to the hosts that a person configured. It judges nothing.

use std::sync::OnceLock;

use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, Limited};
use octocrab::service::middleware::auth_header::AuthHeaderLayer;
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{HeaderMap, LOCATION};
use url::{Host, Url};

use super::query::Name;
use super::{GitHubSettings, SetupError, Token};
use crate::probe::api::{AddressRules, ApiClient, RESPONSE_CAPACITY_BYTES};

/// GitHub needs one for a rename; more than a few are a loop.
const REDIRECT_LIMIT: usize = 5;

/// A whole response.
#[derive(Debug)]
pub(super) struct Response {
    /// The HTTP status.
    pub(super) status: u16,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The body, with the token masked.
    pub(super) body: Vec<u8>,
    /// How many requests it took, each of which draws on the rate limit.
    pub(super) calls: usize,
}

/// Why there is no whole response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TransportError {
    /// It took too long.
    Timeout,
    /// No connection.
    Unreachable(String),
    /// It broke off, or was too long.
    Broken(String),
    /// It redirected to an address that cannot or must not be reached.
    LostRedirect(String),
}

/// The configured API.
pub(super) struct Transport {
    client: ApiClient,
    token: Option<Token>,
    api: Url,
    graphql: Url,
    signed: OnceLock<Octocrab>,
    open: OnceLock<Octocrab>,
}

impl Transport {
    /// Reads the addresses and builds the client; nothing is sent.
    pub(super) fn new(settings: &GitHubSettings) -> Result<Self, SetupError> {
        let address = |text: &str| {
            let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            url.ok_or_else(|| SetupError::Address(text.to_owned()))
        };
        let (api, graphql) = (address(&settings.api_url)?, address(&settings.graphql_url)?);
        let mut rules = AddressRules { allow_private: settings.allow_private, trusted_hosts: Vec::new() };
        if settings.is_configured {
            // A stand-in for an API redirects renamed repositories to the address of the original.
            let default = Url::parse(&GitHubSettings::at(&settings.host).api_url).ok();
            let hosts = [Some(&api), Some(&graphql), default.as_ref()].into_iter().flatten();
            rules.trusted_hosts.extend(hosts.filter_map(|url| url.host_str().map(str::to_owned)));
        }
        Ok(Self {
            client: ApiClient::new("application/vnd.github+json", settings.timeout, rules)?,
            token: settings.token.clone(),
            api,
            graphql,
            signed: OnceLock::new(),
            open: OnceLock::new(),
        })
    }

    /// Whether the token would be sent over an unencrypted connection that leaves this machine.
    pub(super) fn sends_token_in_the_clear(&self) -> bool {
        let is_local = |url: &Url| match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        self.token.is_some() && [&self.api, &self.graphql].iter().any(|url| url.scheme() == "http" && !is_local(url))
    }

    /// Sends a GraphQL document.
    pub(super) async fn graphql(&self, body: &serde_json::Value) -> Result<Response, TransportError> {
        self.send(self.graphql.clone(), Some(body), true).await
    }

    /// Fetches a repository (`GET /repos/{owner}/{repo}`) or a user or organization (`GET /users/{username}`) over
    /// REST, with or without the token.
    pub(super) async fn get(&self, name: &Name, signed: bool) -> Result<Response, TransportError> {
        self.send(self.rest(name, "")?, None, signed).await
    }

    /// Fetches the newest 30 weeks of a repository's star history, with or without the token.
    pub(super) async fn star_history(&self, name: &Name, signed: bool) -> Result<Response, TransportError> {
        self.send(self.rest(name, "/stargazers/history?per_page=30")?, None, signed).await
    }

    /// The REST address of a name, and what follows it.
    fn rest(&self, name: &Name, rest: &str) -> Result<Url, TransportError> {
        let segment = |text: &str| match text {
            "." | ".." => "%2E".repeat(text.len()),
            _ => utf8_percent_encode(text, NON_ALPHANUMERIC)
                .to_string()
                .replace("%2D", "-")
                .replace("%2E", ".")
                .replace("%5F", "_"),
        };
        let path = match name {
            Name::Repository { owner, name } | Name::Path { owner, name, .. } => {
                format!("repos/{}/{}", segment(owner), segment(name))
            }
            Name::Owner(login) => format!("users/{}", segment(login)),
        };
        let base = self.api.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{path}{rest}")).map_err(|error| TransportError::Broken(error.to_string()))
    }

    async fn send(
        &self,
        mut url: Url,
        body: Option<&serde_json::Value>,
        signed: bool,
    ) -> Result<Response, TransportError> {
        for calls in 1.. {
            // The API answered if it redirected: that the next address cannot be reached is no sign that it is down.
            let fails = |error| match error {
                TransportError::Unreachable(why) if calls > 1 => TransportError::LostRedirect(why),
                error => error,
            };
            if let Some(why) = self.client.refusal(&url).await {
                return Err(fails(TransportError::Unreachable(why)));
            }
            let client = self.octocrab(signed && self.is_configured(&url));
            let response = match body {
                Some(body) => client._post(url.as_str(), Some(body)).boxed().await,
                None => client._get(url.as_str()).boxed().await,
            };
            let (parts, stream) = response.map_err(|error| fails(transport_error(&error)))?.into_parts();
            let status = parts.status.as_u16();
            let next = parts.headers.get(LOCATION).and_then(|to| url.join(to.to_str().ok()?).ok());
            match (status, next) {
                (301 | 302 | 303 | 307 | 308, Some(next))
                    if calls <= REDIRECT_LIMIT && may_follow(&url, &next, status, body.is_some()) =>
                {
                    url = next;
                }
                _ => {
                    let limited = Limited::new(stream, RESPONSE_CAPACITY_BYTES).collect().await;
                    let body = limited.map_err(|error| transport_error(error.as_ref()))?.to_bytes().to_vec();
                    let body = self.token.as_ref().map_or_else(|| body.clone(), |token| token.mask(&body));
                    return Ok(Response { status, headers: parts.headers, body, calls });
                }
            }
        }
        Err(TransportError::Broken("too many redirects".to_owned()))
    }

    /// Whether an address belongs to the configured API: scheme, host and port.
    fn is_configured(&self, url: &Url) -> bool {
        url.origin() == self.api.origin() || url.origin() == self.graphql.origin()
    }

    /// The client with or without the token. It is built at its first use, because it spawns a task.
    fn octocrab(&self, signed: bool) -> &Octocrab {
        let token = self.token.as_ref().filter(|_| signed).and_then(Token::header);
        let cell = if signed { &self.signed } else { &self.open };
        cell.get_or_init(|| {
            let authority = |url: &Url| url.as_str().parse().unwrap_or_default();
            let auth = AuthHeaderLayer::new(token, authority(&self.api), authority(&self.graphql));
            let connector = ReqwestConnector::new(self.client.http.clone());
            let builder = OctocrabBuilder::new_empty().with_service(connector).with_layer(&auth);
            match builder.with_auth(AuthState::None).build() {
                Ok(client) => client,
                Err(never) => match never {},
            }
        })
    }
}

/// A document is sent on only where the redirect keeps its method, and nothing is sent on from HTTPS to HTTP.
fn may_follow(url: &Url, next: &Url, status: u16, has_body: bool) -> bool {
    let scheme = next.scheme() == "https" || (next.scheme() == "http" && url.scheme() == "http");
    scheme && (!has_body || matches!(status, 307 | 308))
}

/// Classifies an error by the chain of its causes.
fn transport_error(error: &(dyn std::error::Error + 'static)) -> TransportError {
    let mut cause = Some(error);
    let mut last = error.to_string();
    let (mut timeout, mut connect) = (false, false);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            timeout |= error.is_timeout();
            connect |= error.is_connect();
        }
        last = error.to_string();
        cause = error.source();
    }
    match (connect, timeout) {
        (true, _) => TransportError::Unreachable(last),
        (false, true) => TransportError::Timeout,
        (false, false) => TransportError::Broken(last),
    }
}
