//! Asking one host: redirects at home, a second try, waits when it refuses.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, LOCATION};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::ForgeSettings;
use crate::finding::{Finding, Level};
use crate::probe::Event;
use crate::probe::api::{EventSender, LARGEST_ANSWER, after, now, retry_after, sleep_until};

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// How often one call is made before it is given up.
const TRIES: u32 = 3;

/// The wait after a refusal that names none; doubled each time.
const UNNAMED: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The host refuses, for longer than we wait.
    Refused,
    /// It failed.
    Failed(String),
}

/// One host, and what it last said of waiting.
pub(super) struct Host<'a> {
    http: &'a reqwest::Client,
    settings: &'a ForgeSettings,
    /// Its name, for a person.
    pub(super) name: &'a str,
    base: String,
    gate: Mutex<Gate>,
    unseen: AtomicUsize,
}

#[derive(Debug, Default)]
struct Gate {
    /// No call before then.
    shut: Timestamp,
    /// It refuses until then, which is longer than we wait.
    over: Option<Timestamp>,
}

impl<'a> Host<'a> {
    /// A host that has refused nothing yet.
    pub(super) fn new(http: &'a reqwest::Client, settings: &'a ForgeSettings, name: &'a str, base: String) -> Self {
        Self { http, settings, name, base, gate: Mutex::default(), unseen: AtomicUsize::new(0) }
    }

    /// Asks what stands at a path below the base, or sends it a body, and reads status and JSON; null where the
    /// answer is none.
    pub(super) async fn ask(
        &self,
        path: &str,
        body: Option<&Value>,
        tell: &EventSender,
    ) -> Result<(u16, Value), Trouble> {
        let url = Url::parse(&format!("{}/{path}", self.base)).map_err(|error| Trouble::Failed(error.to_string()))?;
        let mut last = String::new();
        for tries in 1..=TRIES {
            self.admit().await?;
            match self.send(url.clone(), body).await {
                Ok((status @ (429 | 503), headers, _)) if status == 429 || retry_after(&headers, now()).is_some() => {
                    self.refused(&headers, tries, tell).await?;
                    last = format!("its API answered {status}");
                }
                Ok((status @ 500..=599, ..)) => last = format!("its API answered {status}"),
                Ok((status, _, answer)) => return Ok((status, serde_json::from_slice(&answer).unwrap_or_default())),
                Err(why) => last = why,
            }
            if tries < TRIES {
                tokio::time::sleep(self.settings.pause * tries).await;
            }
        }
        Err(Trouble::Failed(last))
    }

    /// Counts a target that the host refused to answer for.
    pub(super) fn count_unseen(&self) {
        self.unseen.fetch_add(1, Relaxed);
    }

    /// Says how many there were.
    pub(super) async fn conclude(&self, tell: &EventSender) {
        let unseen = self.unseen.load(Relaxed);
        if let Some(reset) = self.gate.lock().await.over.filter(|_| unseen > 0) {
            let (name, reset) = (self.name, reset.strftime("%Y-%m-%d %H:%M UTC"));
            let message = format!("`{name}` refuses to answer more: {unseen} not looked at; it resets at {reset}");
            let help = "what is known of them is kept; run again after that, or allow a longer `--max-wait`";
            tell.notice(Finding::new("forge_rate_limited", Level::Warning, message).help(help));
        }
    }

    async fn admit(&self) -> Result<(), Trouble> {
        loop {
            let gate = self.gate.lock().await;
            if gate.over.is_some() {
                return Err(Trouble::Refused);
            }
            let shut = gate.shut;
            drop(gate);
            if shut <= now() {
                return Ok(());
            }
            sleep_until(shut).await;
        }
    }

    async fn refused(&self, headers: &HeaderMap, tries: u32, tell: &EventSender) -> Result<(), Trouble> {
        let now = now();
        let named = retry_after(headers, now).or_else(|| window(headers));
        let wait = named.unwrap_or(UNNAMED * 2u32.pow(tries - 1));
        let until = after(now, wait);
        let mut gate = self.gate.lock().await;
        if wait > self.settings.max_wait || tries == TRIES {
            gate.over = gate.over.max(Some(until));
            return Err(Trouble::Refused);
        }
        if until > gate.shut {
            gate.shut = until;
            tell.event(Event::Waiting { whom: self.name.to_owned(), until });
        }
        Ok(())
    }

    async fn send(&self, mut url: Url, body: Option<&Value>) -> Result<(u16, HeaderMap, Vec<u8>), String> {
        for _ in 0..=REDIRECTS {
            let request = match body {
                Some(body) => {
                    self.http.post(url.clone()).header("content-type", "application/json").body(body.to_string())
                }
                None => self.http.get(url.clone()),
            };
            let mut answer = request.send().await.map_err(|error| error.without_url().to_string())?;
            let status = answer.status().as_u16();
            let next = answer.headers().get(LOCATION).and_then(|to| url.join(to.to_str().ok()?).ok());
            match next {
                Some(next) if matches!(status, 301 | 302 | 303 | 307 | 308) && body.is_none() => {
                    if next.origin() != url.origin() {
                        return Err("its API sends us to another host".to_owned());
                    }
                    url = next;
                }
                _ => {
                    let mut bytes = Vec::new();
                    while let Some(chunk) = answer.chunk().await.map_err(|error| error.without_url().to_string())? {
                        if bytes.len() + chunk.len() > LARGEST_ANSWER {
                            return Err("its API's answer is too long".to_owned());
                        }
                        bytes.extend_from_slice(&chunk);
                    }
                    return Ok((status, std::mem::take(answer.headers_mut()), bytes));
                }
            }
        }
        Err("too many redirects".to_owned())
    }
}

/// The seconds left of a window, as Hugging Face tells it: `RateLimit: "api";r=0;t=55`
/// (huggingface.co/docs/hub/rate-limits).
fn window(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("ratelimit")?.to_str().ok()?;
    let seconds = text.split(';').find_map(|part| part.trim().strip_prefix("t="))?;
    Some(Duration::from_secs(seconds.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_read() {
        let mut headers = HeaderMap::new();
        assert_eq!(window(&headers), None);
        headers.insert("ratelimit", "\"api\";r=0;t=55".parse().unwrap());
        assert_eq!(window(&headers), Some(Duration::from_secs(55)));
    }
}
