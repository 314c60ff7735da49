//! One request and the redirects that follow from it, each hop under the same rules as the first.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue, LOCATION, USER_AGENT};
use reqwest::{Method, Request, Response};
use tokio::time::{Instant, timeout};
use url::Url;

use super::cookies::Jar;
use super::page::{self, Page};
use super::{Shared, fault, now};
use crate::observation::{Failure, FailureClass, Hop};
use crate::probe::pace::{self, Turn};
use crate::probe::walls;

/// The most bytes of a page that are read where its anchors are wanted.
const WHOLE_PAGE: usize = 4 << 20;

/// A request under way for so long lends its place among all.
const SLOW: Duration = Duration::from_millis(250);

/// How a link is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// By the name in the form that browsers use.
    pub(super) as_browser: bool,
    /// On a fresh connection, HTTP/1.1.
    pub(super) fresh: bool,
    /// How long an answer may take.
    pub(super) patience: Duration,
}

/// What came of one chain.
pub(super) enum Came {
    /// An answer that is no redirect.
    Answer(Box<Answer>),
    /// No answer.
    Failed(Failure),
    /// The host refused for being asked too much; it is asked again then, or never in this run.
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

/// The name of the host that answers for `url`: the scheme's port belongs to it.
pub(super) fn host_of(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or(""), url.port_or_known_default().unwrap_or(0))
}

/// One walk along the redirects of a link.
pub(super) struct Chain<'a> {
    pub(super) shared: &'a Shared,
    pub(super) manner: Manner,
    /// How long the link may still be asked for.
    pub(super) left: Duration,
    /// How often the link was refused before.
    refusals: u32,
    jar: Jar,
    hops: Vec<Hop>,
}

impl<'a> Chain<'a> {
    pub(super) fn new(shared: &'a Shared, manner: Manner, left: Duration, refusals: u32) -> Self {
        Self { shared, manner, left, refusals, jar: Jar::default(), hops: Vec::new() }
    }

    /// Asks for `url` and follows where it leads. `turn` is the leave to ask its host, if it was had already.
    pub(super) async fn walk(&mut self, mut url: Url, mut turn: Option<Turn>) -> Came {
        let mut visited = BTreeSet::from([url.to_string()]);
        loop {
            if let Some(failure) = self.shared.clients.refusal(&url) {
                return self.failed(failure);
            }
            let turn = match turn.take() {
                Some(turn) => turn,
                None => match self.shared.pace.enter(&self.shared.pace.host(&host_of(&url))).await {
                    Ok(turn) => turn,
                    Err(pace::Closed) => return self.failed(Failure::of(FailureClass::RateLimited)),
                },
            };
            let begun = Instant::now();
            let sent = self.send(&url, &turn).await;
            let took = begun.elapsed();
            self.left = self.left.saturating_sub(took);
            let response = match sent {
                Ok(response) => response,
                Err(failure) => return self.failed(failure),
            };
            let changed = self.jar.keep(&url, response.headers());
            if !is_redirect(response.status().as_u16()) {
                return self.land(url, response, &turn, took).await;
            }
            turn.answered(took, None, Duration::ZERO);
            url = match self.next(&url, &response, &mut visited, changed) {
                Ok(next) => next,
                Err(failure) => return self.failed(failure),
            };
        }
    }

    fn failed(&mut self, mut failure: Failure) -> Came {
        failure.hops = std::mem::take(&mut self.hops);
        Came::Failed(failure)
    }

    async fn send(&self, url: &Url, turn: &Turn) -> Result<Response, Failure> {
        let mut request = Request::new(Method::GET, url.clone());
        if let Some(cookies) = self.jar.header(url).and_then(|text| HeaderValue::try_from(text).ok()) {
            request.headers_mut().insert(COOKIE, cookies);
        }
        if self.manner.as_browser {
            as_browser(request.headers_mut(), &self.shared.settings.browser_agent);
        }
        let clients = &self.shared.clients;
        let client = if self.manner.fresh { &clients.fresh } else { &clients.shared };
        let limit = self.manner.patience.min(self.left);
        let mut sending = pin!(client.execute(request));
        let sent = if let Ok(sent) = timeout(SLOW.min(limit), &mut sending).await {
            sent
        } else {
            turn.is_slow();
            let late =
                |_| Failure::of(FailureClass::TimeoutRead).because(format!("no answer in {} s", limit.as_secs()));
            timeout(limit.saturating_sub(SLOW), sending).await.map_err(late)?
        };
        sent.map_err(|error| fault::failure(&error.without_url()))
    }

    /// Where a redirect leads, if it leads anywhere new.
    fn next(
        &mut self,
        url: &Url,
        response: &Response,
        visited: &mut BTreeSet<String>,
        changed: bool,
    ) -> Result<Url, Failure> {
        let status = response.status().as_u16();
        let broken = |detail: String| Failure {
            status: Some(status),
            ..Failure::of(FailureClass::RedirectInvalid).because(detail)
        };
        let location =
            response.headers().get(LOCATION).ok_or_else(|| broken(format!("{status} without a location")))?;
        let text = String::from_utf8_lossy(location.as_bytes());
        let mut next = url.join(text.trim()).map_err(|error| broken(format!("`{text}`: {error}")))?;
        if !matches!(next.scheme(), "http" | "https") || next.host_str().is_none() {
            return Err(broken(format!("leads to `{next}`")));
        }
        // What a redirect says of names and passwords is not ours to send. Neither setter fails for http.
        let _ = next.set_username("");
        let _ = next.set_password(None);
        self.hops.push(Hop { status, to: next.to_string() });
        next.set_fragment(None);
        if changed {
            // A new cookie makes an old address new: gates set one and send back.
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

    /// Takes in the answer at the end.
    async fn land(&mut self, url: Url, response: Response, turn: &Turn, took: Duration) -> Came {
        let status = response.status().as_u16();
        let settings = &self.shared.settings;
        let headers = response.headers().clone();
        let wall = walls::wall(status, &headers, "");
        let wait = pace::retry_after(&headers, now());
        if wall.is_none() && (status == 429 || (status == 503 && wait.is_some())) {
            return self.refused(status, wait, turn);
        }
        turn.answered(took, pace::quota(&headers, now()), settings.max_wait);
        // The rest of an error page is of no use, but for the marks of a wall near its beginning.
        let most = match status {
            ..300 if settings.anchors => WHOLE_PAGE,
            ..300 => settings.head_bytes,
            _ => settings.head_bytes.min(16 * 1024),
        };
        let page = page::read(response, most, settings.body_timeout).await;
        let wall = wall.or_else(|| walls::wall(status, &headers, &page.text));
        Came::Answer(Box::new(Answer { status, end: url, hops: std::mem::take(&mut self.hops), wall, page }))
    }

    fn refused(&mut self, status: u16, wait: Option<Duration>, turn: &Turn) -> Came {
        let class = if status == 429 { FailureClass::RateLimited } else { FailureClass::Http(status) };
        let mut failure = Failure { status: Some(status), ..Failure::of(class) };
        failure.hops = std::mem::take(&mut self.hops);
        if let Some(wait) = wait {
            failure.detail = format!("asks to wait {} s", wait.as_secs());
        }
        let host = turn.host().name().to_owned();
        if wait.is_some_and(|wait| wait > self.shared.settings.max_wait) {
            turn.refused_for_long();
            return Came::Refused { failure, until: None, host };
        }
        Came::Refused { failure, until: Some(turn.refused(wait, self.refusals + 1)), host }
    }
}

/// The statuses that send on (RFC 9110, 15.4); 300 and 304 do not.
fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The header fields by which servers tell browsers from programs.
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
