//! One request and its redirects, each hop under the same rules as the first.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue, LOCATION, USER_AGENT};
use reqwest::{Method, Request, Response};
use tokio::time::{Instant, timeout};
use url::Url;

use super::cookies::CookieStore;
use super::page::{self, Page};
use super::{Shared, now, transport_error};
use crate::observation::{Failure, FailureClass, Hop};
use crate::probe::throttle::{self, Permit};
use crate::probe::walls;

/// Largest part of a page, in bytes, that is read for its anchors.
const MAX_PAGE_BYTES: usize = 4 << 20;

/// A request in flight for longer raises the concurrency limit: waiting costs nothing.
const SLOW_REQUEST: Duration = Duration::from_millis(250);

/// The variants of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestOptions {
    /// With the headers of a browser; the user agent still names this program.
    pub(super) as_browser: bool,
    /// On a new connection, with HTTP/1.1.
    pub(super) fresh: bool,
    /// Timeout of each answer.
    pub(super) timeout: Duration,
}

/// How one chain ended.
pub(super) enum ChainOutcome {
    /// With an answer that is not a redirect.
    Answer(Box<Answer>),
    /// Without an answer.
    Failed(Failure),
    /// The host refused because of the rate; it may be retried at `until`, or not in this run.
    Refused { failure: Failure, until: Option<Instant>, host: String },
}

/// The answer at the end of a chain.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) end: Url,
    pub(super) hops: Vec<Hop>,
    pub(super) wall: Option<&'static str>,
    pub(super) page: Page,
}

/// The host of `url` with its port (the scheme's default where none is given).
pub(super) fn host_of(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or(""), url.port_or_known_default().unwrap_or(0))
}

/// One pass along the redirects of a link.
pub(super) struct Chain<'a> {
    pub(super) shared: &'a Shared,
    pub(super) options: RequestOptions,
    /// Time left for the link.
    pub(super) left: Duration,
    /// Earlier refusals of the link.
    refusals: u32,
    cookies: CookieStore,
    hops: Vec<Hop>,
}

impl<'a> Chain<'a> {
    pub(super) fn new(shared: &'a Shared, options: RequestOptions, left: Duration, refusals: u32) -> Self {
        Self { shared, options, left, refusals, cookies: CookieStore::default(), hops: Vec::new() }
    }

    /// Requests `url` and follows its redirects. `permit` is the permit for its host, if there is one already.
    pub(super) async fn follow(&mut self, mut url: Url, mut permit: Option<Permit>) -> ChainOutcome {
        let mut visited = BTreeSet::from([url.to_string()]);
        loop {
            if let Some(failure) = self.shared.clients.refusal(&url) {
                return self.failed(failure);
            }
            let permit = match permit.take() {
                Some(permit) => permit,
                None => match self.shared.throttle.acquire(&self.shared.throttle.host(&host_of(&url))).await {
                    Ok(permit) => permit,
                    Err(throttle::Closed) => return self.failed(Failure::of(FailureClass::RateLimited)),
                },
            };
            let started = Instant::now();
            let sent = self.send(&url, &permit).await;
            let latency = started.elapsed();
            self.left = self.left.saturating_sub(latency);
            let response = match sent {
                Ok(response) => response,
                Err(failure) => return self.failed(failure),
            };
            let changed = self.cookies.keep(&url, response.headers());
            if !is_redirect(response.status().as_u16()) {
                return self.finish(url, response, &permit, latency).await;
            }
            permit.answered(latency, None, Duration::ZERO);
            url = match self.next(&url, &response, &mut visited, changed) {
                Ok(next) => next,
                Err(failure) => return self.failed(failure),
            };
        }
    }

    fn failed(&mut self, mut failure: Failure) -> ChainOutcome {
        failure.hops = std::mem::take(&mut self.hops);
        ChainOutcome::Failed(failure)
    }

    async fn send(&self, url: &Url, permit: &Permit) -> Result<Response, Failure> {
        let mut request = Request::new(Method::GET, url.clone());
        if let Some(cookies) = self.cookies.header(url).and_then(|text| HeaderValue::try_from(text).ok()) {
            request.headers_mut().insert(COOKIE, cookies);
        }
        if self.options.as_browser {
            as_browser(request.headers_mut(), &self.shared.settings.browser_agent);
        }
        let clients = &self.shared.clients;
        let client = if self.options.fresh { &clients.fresh } else { &clients.shared };
        let limit = self.options.timeout.min(self.left);
        let mut sending = pin!(client.execute(request));
        let sent = if let Ok(sent) = timeout(SLOW_REQUEST.min(limit), &mut sending).await {
            sent
        } else {
            permit.is_slow();
            let late =
                |_| Failure::of(FailureClass::TimeoutRead).because(format!("no answer in {} s", limit.as_secs()));
            timeout(limit.saturating_sub(SLOW_REQUEST), sending).await.map_err(late)?
        };
        sent.map_err(|error| transport_error::failure(&error.without_url()))
    }

    /// The next URL of a redirect, or why there is none.
    fn next(
        &mut self,
        url: &Url,
        response: &Response,
        visited: &mut BTreeSet<String>,
        changed: bool,
    ) -> Result<Url, Failure> {
        let status = response.status().as_u16();
        let invalid = |detail: String| Failure {
            status: Some(status),
            ..Failure::of(FailureClass::RedirectInvalid).because(detail)
        };
        let location =
            response.headers().get(LOCATION).ok_or_else(|| invalid(format!("{status} without a location")))?;
        let text = String::from_utf8_lossy(location.as_bytes());
        let mut next = url.join(text.trim()).map_err(|error| invalid(format!("`{text}`: {error}")))?;
        if !matches!(next.scheme(), "http" | "https") || next.host_str().is_none() {
            return Err(invalid(format!("leads to `{next}`")));
        }
        // Credentials in a redirect are the server's choice and are not sent. Neither setter fails for http.
        let _ = next.set_username("");
        let _ = next.set_password(None);
        self.hops.push(Hop { status, to: next.to_string() });
        next.set_fragment(None);
        if changed {
            // After a new cookie the same URL may answer differently: cookie gates redirect back to it.
            visited.clear();
        }
        if !visited.insert(next.to_string()) {
            return Err(Failure { status: Some(status), ..Failure::of(FailureClass::RedirectLoop).because(next) });
        }
        if self.hops.len() > self.shared.settings.max_redirects {
            let detail = format!("{} redirects", self.hops.len());
            return Err(Failure { status: Some(status), ..Failure::of(FailureClass::RedirectTooMany).because(detail) });
        }
        Ok(next)
    }

    /// Reads the answer at the end of the chain.
    async fn finish(&mut self, url: Url, response: Response, permit: &Permit, latency: Duration) -> ChainOutcome {
        let status = response.status().as_u16();
        let settings = &self.shared.settings;
        let headers = response.headers().clone();
        let wall = walls::wall(status, &headers, "");
        let wait = throttle::retry_after(&headers, now());
        if wall.is_none() && (status == 429 || (status == 503 && wait.is_some())) {
            return self.refused(status, wait, permit);
        }
        permit.answered(latency, throttle::quota(&headers, now()), settings.max_wait);
        // Of an error page only the marks of a wall near its beginning are of use.
        let max_bytes = match status {
            ..300 if settings.anchors => MAX_PAGE_BYTES,
            ..300 => settings.head_bytes,
            _ => settings.head_bytes.min(16 * 1024),
        };
        let page = page::read(response, max_bytes, settings.body_timeout).await;
        let wall = wall.or_else(|| walls::wall(status, &headers, &page.text));
        ChainOutcome::Answer(Box::new(Answer { status, end: url, hops: std::mem::take(&mut self.hops), wall, page }))
    }

    fn refused(&mut self, status: u16, wait: Option<Duration>, permit: &Permit) -> ChainOutcome {
        let class = if status == 429 { FailureClass::RateLimited } else { FailureClass::Http(status) };
        let mut failure = Failure { status: Some(status), ..Failure::of(class) };
        failure.hops = std::mem::take(&mut self.hops);
        if let Some(wait) = wait {
            failure.detail = format!("asks to wait {} s", wait.as_secs());
        }
        let host = permit.host().name().to_owned();
        if wait.is_some_and(|wait| wait > self.shared.settings.max_wait) {
            permit.refused_for_long();
            return ChainOutcome::Refused { failure, until: None, host };
        }
        ChainOutcome::Refused { failure, until: Some(permit.refused(wait, self.refusals + 1)), host }
    }
}

/// The statuses that redirect (RFC 9110, 15.4); 300 and 304 do not.
fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Adds the header fields by which servers distinguish browsers from programs.
fn as_browser(headers: &mut HeaderMap, agent: &str) {
    if let Ok(agent) = HeaderValue::try_from(agent) {
        headers.insert(USER_AGENT, agent);
    }
    for (name, value) in [
        ("upgrade-insecure-requests", "1"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-site", "none"),
        ("sec-fetch-user", "?1"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
