//! Calls to one host: redirects within it, retries, waits when it refuses.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::ForgeSettings;
use crate::finding::{Finding, notice};
use crate::probe::Event;
use crate::probe::api::{ApiClient, EventSender, RESPONSE_CAPACITY_BYTES, quota, retry_after, wall_clock};
use crate::probe::body;

/// A renamed project takes one; more than a few are a loop.
const REDIRECT_LIMIT: usize = 5;

/// How often one call is made before it fails.
const TRIES: u32 = 3;

/// The wait after a refusal that names none, doubled each time.
const UNNAMED_WAIT: Duration = Duration::from_secs(10);

/// Keeps sums in the range of the clock; a day is longer than any `max_wait`.
const WAIT_CAPACITY: Duration = Duration::from_secs(86_400);

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallError {
    /// The host refuses, for longer than `max_wait`.
    Refused,
    /// It failed.
    Failed(String),
}

/// The API of one host, and its last refusal.
pub(super) struct HostClient<'a> {
    client: &'a ApiClient,
    settings: &'a ForgeSettings,
    /// Its name, for a person.
    pub(super) name: &'a str,
    base: String,
    gate: Mutex<Gate>,
    skipped: AtomicUsize,
}

#[derive(Debug, Default)]
struct Gate {
    /// No call before then.
    closed_until: Option<Instant>,
    /// It refuses until then, which is longer than `max_wait`.
    exhausted_until: Option<Instant>,
}

impl<'a> HostClient<'a> {
    /// A host that has refused nothing yet.
    pub(super) fn new(client: &'a ApiClient, settings: &'a ForgeSettings, name: &'a str, base: String) -> Self {
        Self { client, settings, name, base, gate: Mutex::default(), skipped: AtomicUsize::new(0) }
    }

    /// Fetches a path below the base, or sends it a body, and returns status and JSON; null where the response is not
    /// JSON.
    pub(super) async fn call(
        &self,
        path: &str,
        body: Option<&Value>,
        events: &EventSender,
    ) -> Result<(u16, Value), CallError> {
        let url = Url::parse(&format!("{}/{path}", self.base)).map_err(|error| CallError::Failed(error.to_string()))?;
        let mut last = String::new();
        for tries in 1..=TRIES {
            self.admit().await?;
            match self.send(url.clone(), body).await {
                Ok((status @ (429 | 503), headers, _)) if status == 429 || retry_after(&headers).is_some() => {
                    self.refused(&headers, tries, events).await?;
                    last = format!("its API answered {status}");
                }
                Ok((status @ 500..=599, ..)) => last = format!("its API answered {status}"),
                Ok((status, _, body)) => return Ok((status, serde_json::from_slice(&body).unwrap_or_default())),
                Err(why) => last = why,
            }
            if tries < TRIES {
                tokio::time::sleep(self.settings.pause * tries).await;
            }
        }
        Err(CallError::Failed(last))
    }

    /// Counts a target that the host refused to answer for.
    pub(super) fn count_skipped(&self) {
        self.skipped.fetch_add(1, Relaxed);
    }

    /// Reports how many there were.
    pub(super) async fn report_skipped(&self, events: &EventSender) {
        let skipped = self.skipped.load(Relaxed);
        if let Some(reset) = self.gate.lock().await.exhausted_until.filter(|_| skipped > 0) {
            let (name, reset) = (self.name, wall_clock(reset).strftime("%Y-%m-%d %H:%M UTC"));
            let message = format!("`{name}` refuses to answer more: {skipped} not looked at; it resets at {reset}");
            let help = "what is known of them is kept; run again after that, or allow a longer `--max-wait`";
            events.notice(Finding::new(&notice::FORGE_RATE_LIMITED, message).help(help));
        }
    }

    async fn admit(&self) -> Result<(), CallError> {
        loop {
            let gate = self.gate.lock().await;
            if gate.exhausted_until.is_some() {
                return Err(CallError::Refused);
            }
            let Some(closed_until) = gate.closed_until.filter(|then| *then > Instant::now()) else { return Ok(()) };
            drop(gate);
            sleep_until(closed_until).await;
        }
    }

    async fn refused(&self, headers: &HeaderMap, tries: u32, events: &EventSender) -> Result<(), CallError> {
        // Hugging Face names the rest of its window only in `RateLimit` (huggingface.co/docs/hub/rate-limits).
        let named = retry_after(headers).or_else(|| quota(headers).map(|quota| quota.reset));
        let wait = named.unwrap_or(UNNAMED_WAIT * 2u32.pow(tries - 1)).min(WAIT_CAPACITY);
        let until = Instant::now() + wait;
        let mut gate = self.gate.lock().await;
        if wait > self.settings.max_wait || tries == TRIES {
            gate.exhausted_until = gate.exhausted_until.max(Some(until));
            return Err(CallError::Refused);
        }
        if gate.closed_until.is_none_or(|closed_until| until > closed_until) {
            gate.closed_until = Some(until);
            events.send(Event::Waiting { whom: self.name.to_owned(), until: wall_clock(until) });
        }
        Ok(())
    }

    async fn send(&self, mut url: Url, body: Option<&Value>) -> Result<(u16, HeaderMap, Vec<u8>), String> {
        for _ in 0..=REDIRECT_LIMIT {
            if let Some(why) = self.client.refusal(&url).await {
                return Err(why);
            }
            let request = match body {
                Some(body) => {
                    self.client.http.post(url.clone()).header("content-type", "application/json").body(body.to_string())
                }
                None => self.client.http.get(url.clone()),
            };
            let mut response = request.send().await.map_err(|error| error.without_url().to_string())?;
            let status = response.status().as_u16();
            let next = response.headers().get(LOCATION).and_then(|to| url.join(to.to_str().ok()?).ok());
            match next {
                Some(next) if matches!(status, 301 | 302 | 303 | 307 | 308) && body.is_none() => {
                    if next.origin() != url.origin() {
                        return Err("its API redirects to another host".to_owned());
                    }
                    url = next;
                }
                _ => {
                    let body = body::read_whole(&mut response, RESPONSE_CAPACITY_BYTES).await;
                    let Some(bytes) = body.map_err(|error| error.without_url().to_string())? else {
                        return Err("its API's response is too long".to_owned());
                    };
                    return Ok((status, std::mem::take(response.headers_mut()), bytes));
                }
            }
        }
        Err("too many redirects".to_owned())
    }
}
