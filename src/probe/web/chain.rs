//! One request and its redirects, each hop under the same rules as the first.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue, LOCATION, USER_AGENT};
use percent_encoding::AsciiSet;
use reqwest::{Method, Request, Response, Version};
use tokio::time::{Instant, timeout};
use url::Url;

use super::cookies::CookieStore;
use super::page::{self, Page};
use super::{Shared, now, transport_error};
use crate::observation::{Failure, FailureClass, Hop, Provider};
use crate::probe::throttle::{self, Permit};
use crate::probe::{body, dns, walls};

/// Largest part of a page, in bytes, that is read for its anchors.
const MAX_PAGE_BYTES: usize = 4 << 20;

/// A request in flight for longer raises the concurrency limit: waiting costs nothing.
const SLOW_REQUEST: Duration = Duration::from_millis(250);
/// A request without an answer for so long only waits, and another one is sent beside it: with 1,000 places, 5,000 hosts that
/// hang would take five times as long as one.
const WAITING_REQUEST: Duration = Duration::from_secs(3);

/// How often one URL is requested in a chain without a new cookie: some gates redirect to themselves once or twice.
const MAX_VISITS: usize = 3;

/// Schemes of addresses that browsers do not follow a redirect to.
const LOCAL_SCHEMES: [&str; 7] = ["about", "blob", "chrome", "data", "file", "javascript", "view-source"];

/// Everything but ASCII.
const NOT_ASCII: &AsciiSet = &AsciiSet::EMPTY;

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
    /// With a redirect to another program, such as `mailto:`: browsers open it.
    OtherProgram { status: u16, hops: Vec<Hop> },
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
    /// The address range of the host that was asked first.
    pub(super) network: Option<Provider>,
    /// Why the address that the page refreshes to could not be seen, with that address.
    pub(super) refresh_failure: Option<(String, FailureClass)>,
}

/// What follows after an answer.
enum Next {
    Request(Url),
    End(ChainOutcome),
}

/// The host of `url` with its port (the scheme's default where none is given).
pub(super) fn host_of(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or(""), url.port_or_known_default().unwrap_or(0))
}

/// One pass along the redirects of a link.
pub(super) struct Chain<'a> {
    shared: &'a Shared,
    options: RequestOptions,
    /// Whether the end is read whole, for its anchors.
    anchors: bool,
    /// Time left for the link.
    pub(super) left: Duration,
    /// Earlier refusals of the link.
    refusals: u32,
    cookies: CookieStore,
    hops: Vec<Hop>,
    /// How often each URL was requested.
    visits: BTreeMap<String, usize>,
    /// The last page that refreshed to another address.
    refreshing: Option<Box<Answer>>,
    /// The address range of the host that was asked first.
    network: Option<Provider>,
}

impl<'a> Chain<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        options: RequestOptions,
        anchors: bool,
        left: Duration,
        refusals: u32,
    ) -> Self {
        let (cookies, hops, visits) = (CookieStore::default(), Vec::new(), BTreeMap::new());
        Self { shared, options, anchors, left, refusals, cookies, hops, visits, refreshing: None, network: None }
    }

    /// Requests `url` and follows its redirects. `permit` is the permit for its host, if there is one already.
    pub(super) async fn follow(&mut self, mut url: Url, mut permit: Option<Permit>) -> ChainOutcome {
        self.visits.insert(url.to_string(), 1);
        loop {
            match self.request(url, permit.take()).await {
                Next::Request(next) => url = next,
                Next::End(outcome) => return self.end(outcome),
            }
        }
    }

    /// Where a page was to be refreshed and its destination failed, the page itself is the answer.
    fn end(&mut self, outcome: ChainOutcome) -> ChainOutcome {
        let Some(mut page) = self.refreshing.take() else { return outcome };
        let class = match &outcome {
            ChainOutcome::Failed(failure) => failure.class,
            ChainOutcome::Answer(answer) if answer.wall.is_none() && answer.status >= 400 => {
                FailureClass::Http(answer.status)
            }
            ChainOutcome::Refused { .. } => return ChainOutcome::Answer(page),
            _ => return outcome,
        };
        let to = page.hops.last().map(|hop| hop.to.clone()).unwrap_or_default();
        page.refresh_failure = Some((to, class));
        ChainOutcome::Answer(page)
    }

    async fn request(&mut self, url: Url, permit: Option<Permit>) -> Next {
        if let Some(failure) = self.shared.clients.refusal(&url).await {
            return Next::End(self.failed(failure));
        }
        let mut permit = match permit {
            Some(permit) => permit,
            None => match self.shared.throttle.acquire(&self.shared.throttle.host(&host_of(&url)), None).await {
                Ok(permit) => permit,
                Err(throttle::Closed) => return Next::End(self.failed(Failure::of(FailureClass::RateLimited))),
            },
        };
        let started = Instant::now();
        let lease = self.shared.clients.lease(permit.host().name(), self.options.fresh);
        let sent = self.send(&lease.client, &url, &mut permit).await;
        let latency = started.elapsed();
        self.left = self.left.saturating_sub(latency);
        let response = match sent {
            Ok(response) if response.version() == Version::HTTP_09 => {
                return self.finish_without_head(url, response).await;
            }
            Ok(response) => response,
            Err(failure) => return Next::End(self.failed(failure)),
        };
        if self.hops.is_empty() {
            let ip = response.remote_addr().map(|address| address.ip()).filter(|ip| dns::is_public(*ip));
            self.network = ip.filter(|_| !self.shared.clients.is_behind_proxy()).map(Provider::network);
        }
        let changed = self.cookies.keep(&url, response.headers());
        if changed {
            // After a new cookie the same URL may answer differently: cookie gates redirect back to it.
            self.visits.clear();
        }
        let status = response.status().as_u16();
        let location = response.headers().get(LOCATION).filter(|_| is_redirect(status));
        let Some(location) = location.map(|value| location_text(value.as_bytes())) else {
            return self.finish(url, response, &permit, latency).await;
        };
        permit.answered(latency, None, Duration::ZERO);
        match self.next(&url, status, &location) {
            Ok(next) => next,
            Err(failure) => Next::End(self.failed(failure)),
        }
    }

    fn failed(&mut self, mut failure: Failure) -> ChainOutcome {
        failure.hops = std::mem::take(&mut self.hops);
        ChainOutcome::Failed(failure)
    }

    async fn send(&self, client: &reqwest::Client, url: &Url, permit: &mut Permit) -> Result<Response, Failure> {
        let mut request = Request::new(Method::GET, url.clone());
        if let Some(cookies) = self.cookies.header(url).and_then(|text| HeaderValue::try_from(text).ok()) {
            request.headers_mut().insert(COOKIE, cookies);
        }
        if self.options.as_browser {
            as_browser(request.headers_mut(), &self.shared.settings.browser_agent);
        }
        let limit = self.options.timeout.min(self.left);
        let mut sending = pin!(client.execute(request));
        let sent = if let Ok(sent) = timeout(SLOW_REQUEST.min(limit), &mut sending).await {
            sent
        } else {
            permit.is_slow();
            let patience = WAITING_REQUEST.min(limit);
            if let Ok(sent) = timeout(patience.saturating_sub(SLOW_REQUEST), &mut sending).await {
                sent
            } else {
                permit.waits();
                let late =
                    |_| Failure::of(FailureClass::TimeoutRead).because(format!("no answer in {} s", limit.as_secs()));
                timeout(limit.saturating_sub(patience), sending).await.map_err(late)?
            }
        };
        sent.map_err(|error| transport_error::failure(&error.without_url()))
    }

    /// What a redirect or a refresh from `url` to `location` leads to.
    fn next(&mut self, url: &Url, status: u16, location: &str) -> Result<Next, Failure> {
        let failure = |class, detail: String| Failure { status: Some(status), ..Failure::of(class).because(detail) };
        let invalid = |detail| failure(FailureClass::RedirectInvalid, detail);
        let mut next = url.join(location.trim()).map_err(|error| invalid(format!("`{location}`: {error}")))?;
        if !matches!(next.scheme(), "http" | "https") {
            if LOCAL_SCHEMES.contains(&next.scheme()) {
                return Err(invalid(format!("leads to `{next}`")));
            }
            self.hops.push(Hop { status, to: next.to_string() });
            return Ok(Next::End(ChainOutcome::OtherProgram { status, hops: std::mem::take(&mut self.hops) }));
        }
        // Credentials in a redirect are the server's choice and are not sent. Neither setter fails for http.
        let _ = next.set_username("");
        let _ = next.set_password(None);
        self.hops.push(Hop { status, to: next.to_string() });
        next.set_fragment(None);
        let visits = self.visits.entry(next.to_string()).or_default();
        *visits += 1;
        if *visits > MAX_VISITS {
            return Err(failure(FailureClass::RedirectLoop, next.to_string()));
        }
        if self.hops.len() > self.shared.settings.max_redirects {
            return Err(failure(FailureClass::RedirectTooMany, format!("{} redirects", self.hops.len())));
        }
        Ok(Next::Request(next))
    }

    /// Reads the answer at the end of the redirects, which may be a page that refreshes to another address.
    async fn finish(&mut self, url: Url, response: Response, permit: &Permit, latency: Duration) -> Next {
        let status = response.status().as_u16();
        let settings = &self.shared.settings;
        let headers = response.headers();
        let wall = walls::by_headers(status, headers).or_else(|| walls::wall_address(&url));
        let wait = throttle::retry_after(headers, now());
        if wall.is_none() && (status == 429 || (status == 503 && wait.is_some())) {
            return Next::End(self.refused(status, wait, permit));
        }
        permit.answered(latency, throttle::quota(headers, now()), settings.max_wait);
        // Of an error page only the marks of a wall near its beginning are of use.
        let max_bytes = match status {
            ..300 if self.anchors => MAX_PAGE_BYTES,
            ..300 => settings.head_bytes,
            _ => settings.head_bytes.min(16 * 1024),
        };
        let page = page::read(response, max_bytes, settings.body_timeout).await;
        let wall = wall.or_else(|| walls::by_page(status, &page.text));
        let refresh = page.refresh.clone().filter(|_| status < 300 && wall.is_none());
        let hops = self.hops.clone();
        let network = self.network.clone();
        let answer = Box::new(Answer { status, end: url.clone(), hops, wall, page, network, refresh_failure: None });
        match refresh.and_then(|to| self.refresh(&url, status, &to)) {
            Some(next) => {
                self.refreshing = Some(Box::new(Answer { hops: self.hops.clone(), ..*answer }));
                Next::Request(next)
            }
            None => Next::End(ChainOutcome::Answer(answer)),
        }
    }

    /// Reads an answer that does not begin as HTTP. Audio servers begin theirs with `ICY`, which browsers accept.
    async fn finish_without_head(&mut self, url: Url, mut response: Response) -> Next {
        let deadline = Instant::now() + self.shared.settings.body_timeout;
        let (body, _) = body::read_prefix(&mut response, 64, deadline).await;
        if !body.starts_with(b"ICY 200") {
            return Next::End(self.failed(Failure::of(FailureClass::ProtocolError).because("the answer is not HTTP")));
        }
        let (hops, page) = (std::mem::take(&mut self.hops), Page::default());
        let answer = Answer { status: 200, end: url, hops, wall: None, page, network: None, refresh_failure: None };
        Next::End(ChainOutcome::Answer(Box::new(answer)))
    }

    /// The address that a page refreshes to, where it is another that can be requested.
    fn refresh(&mut self, url: &Url, status: u16, location: &str) -> Option<Url> {
        let mut to = url.join(location.trim()).ok()?;
        to.set_fragment(None);
        let known = self.visits.contains_key(to.as_str()) || !matches!(to.scheme(), "http" | "https");
        let before = self.hops.len();
        match self.next(url, status, location) {
            Ok(Next::Request(next)) if !known => Some(next),
            _ => {
                self.hops.truncate(before);
                None
            }
        }
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

/// The text of a `Location` field. Bytes that are not UTF-8 (servers write Latin-1) stand for themselves, percent-encoded,
/// as browsers send them.
fn location_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => percent_encoding::percent_encode(bytes, NOT_ASCII).to_string(),
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
