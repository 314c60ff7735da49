//! The transport: octocrab over our own HTTP client, without its retries.
//!
//! Every answer comes back whole: status, headers, body. Redirects are followed here, so that the token stays
//! with the hosts that a person configured. It judges nothing.

use std::sync::OnceLock;

use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, Limited};
use octocrab::service::middleware::auth_header::AuthHeaderLayer;
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{HeaderMap, HeaderValue, LOCATION};
use url::Url;

use super::query::Name;
use super::{GitHubSettings, SetupError};
use crate::probe::api::{LARGEST_ANSWER, client};

/// How many redirects are followed; GitHub needs one for a rename.
const REDIRECTS: usize = 5;

/// A whole answer.
#[derive(Debug)]
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The body, at most as long as we read.
    pub(super) body: Vec<u8>,
    /// How many requests it took, each of which counts.
    pub(super) calls: usize,
}

/// Why there is no whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It took too long.
    Timeout,
    /// No connection.
    Unreachable(String),
    /// It broke off, or was too long.
    Broken(String),
}

/// The configured API.
pub(super) struct Transport {
    http: reqwest::Client,
    token: Option<HeaderValue>,
    api: Url,
    graphql: Url,
    signed: OnceLock<Octocrab>,
    open: OnceLock<Octocrab>,
}

impl Transport {
    /// Reads the addresses and makes the client; nothing is sent.
    pub(super) fn new(settings: &GitHubSettings) -> Result<Self, SetupError> {
        let address = |text: &str| {
            let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            url.ok_or_else(|| SetupError::Address(text.to_owned()))
        };
        Ok(Self {
            http: client("application/vnd.github+json", settings.timeout).map_err(SetupError::Client)?,
            token: settings.token.as_ref().and_then(super::Token::header),
            api: address(&settings.api_url)?,
            graphql: address(&settings.graphql_url)?,
            signed: OnceLock::new(),
            open: OnceLock::new(),
        })
    }

    /// Sends a GraphQL document.
    pub(super) async fn ask(&self, body: &serde_json::Value) -> Result<Reply, Fault> {
        self.send(self.graphql.clone(), Some(body), true).await
    }

    /// Asks REST for a repository (`GET /repos/{owner}/{repo}`) or a user or organization (`GET /users/{username}`),
    /// with or without the token.
    pub(super) async fn get(&self, name: &Name, signed: bool) -> Result<Reply, Fault> {
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
        let url = Url::parse(&format!("{base}/{path}")).map_err(|error| Fault::Broken(error.to_string()))?;
        self.send(url, None, signed).await
    }

    async fn send(&self, mut url: Url, body: Option<&serde_json::Value>, signed: bool) -> Result<Reply, Fault> {
        for calls in 1.. {
            let client = self.client(signed && self.is_home(&url));
            let answer = match body {
                Some(body) => client._post(url.as_str(), Some(body)).boxed().await,
                None => client._get(url.as_str()).boxed().await,
            };
            let (parts, stream) = answer.map_err(|error| fault(&error))?.into_parts();
            let status = parts.status.as_u16();
            let next = parts.headers.get(LOCATION).and_then(|to| url.join(to.to_str().ok()?).ok());
            match (status, next) {
                (301 | 302 | 303 | 307 | 308, Some(next))
                    if calls <= REDIRECTS && may_follow(&url, &next, status, body.is_some()) =>
                {
                    url = next;
                }
                _ => {
                    let limited = Limited::new(stream, LARGEST_ANSWER).collect().await;
                    let body = limited.map_err(|error| fault(error.as_ref()))?.to_bytes().to_vec();
                    return Ok(Reply { status, headers: parts.headers, body, calls });
                }
            }
        }
        Err(Fault::Broken("too many redirects".to_owned()))
    }

    /// Whether an address is of the API that a person configured: scheme, host and port.
    fn is_home(&self, url: &Url) -> bool {
        url.origin() == self.api.origin() || url.origin() == self.graphql.origin()
    }

    /// The client with or without the token. It is made at its first use, because it starts a task.
    fn client(&self, signed: bool) -> &Octocrab {
        let (cell, token) = if signed { (&self.signed, self.token.clone()) } else { (&self.open, None) };
        cell.get_or_init(|| {
            let authority = |url: &Url| url.as_str().parse().unwrap_or_default();
            let auth = AuthHeaderLayer::new(token, authority(&self.api), authority(&self.graphql));
            let connector = ReqwestConnector::new(self.http.clone());
            let builder = OctocrabBuilder::new_empty().with_service(connector).with_layer(&auth);
            match builder.with_auth(AuthState::None).build() {
                Ok(client) => client,
                Err(never) => match never {},
            }
        })
    }
}

/// A document is sent on only where its method is kept, and nothing is sent on from HTTPS to HTTP.
fn may_follow(url: &Url, next: &Url, status: u16, has_body: bool) -> bool {
    let scheme = next.scheme() == "https" || (next.scheme() == "http" && url.scheme() == "http");
    scheme && (!has_body || matches!(status, 307 | 308))
}

/// Reads the kind of fault from the chain of its causes.
fn fault(error: &(dyn std::error::Error + 'static)) -> Fault {
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
        (true, _) => Fault::Unreachable(last),
        (false, true) => Fault::Timeout,
        (false, false) => Fault::Broken(last),
    }
}
