//! What the rooms that speak to forges' APIs share: the client, the clock, the telling of events.
//!
//! It knows no forge. Pages of the web are looked at elsewhere.
#![expect(clippy::disallowed_methods, reason = "an observation is dated when its answer comes, here at the edge")]

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, RETRY_AFTER};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::Event;
use crate::address::Target;
use crate::finding::Finding;
use crate::observation::{Alive, Failure, Observation, Seen};

/// The most bytes of one answer that are read: far more than the largest batch needs.
pub(super) const LARGEST_ANSWER: usize = 16 << 20;

/// The time of an answer, and of a refusal.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// Sleeps until then; not at all where it is past.
pub(super) async fn sleep_until(then: Timestamp) {
    if let Ok(left) = Duration::try_from(then.duration_since(now())) {
        tokio::time::sleep(left).await;
    }
}

/// `then` moved on by `wait`, as far as dates go.
pub(super) fn after(then: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| then.checked_add(wait).ok()).unwrap_or(Timestamp::MAX)
}

/// The one name that we go by. GitHub asks for a user agent with the name of the application
/// (docs.github.com, "Getting started with the REST API", "User agent").
pub(super) fn user_agent() -> String {
    let (version, home) = (env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_REPOSITORY"));
    if home.is_empty() { format!("pomona/{version}") } else { format!("pomona/{version} (+{home})") }
}

/// A client for APIs: it follows no redirect by itself, asks for `accept`, and gives up on a connection
/// after ten seconds and on a whole answer after `timeout`.
pub(super) fn client(accept: &'static str, timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    // Fails only where a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(user_agent())
        .default_headers(HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(Duration::from_secs(10).min(timeout))
        .timeout(timeout)
        .pool_max_idle_per_host(4)
        .build()
}

/// How long a server asks us to wait: seconds or a date (RFC 9110, 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()?;
    Some(Duration::try_from(then.duration_since(now)).unwrap_or_default())
}

/// The day of an ISO 8601 instant, in UTC; none where it is none.
pub(super) fn day(instant: &str) -> Option<Date> {
    let instant: Timestamp = instant.parse().ok()?;
    Some(TimeZone::UTC.to_datetime(instant).date())
}

/// Where a look tells its events. Nobody listening any more is no fault: the work is dropped then.
pub(super) struct EventSender(UnboundedSender<Event>);

impl EventSender {
    /// Tells an event.
    pub(super) fn event(&self, event: Event) {
        let _ = self.0.send(event);
    }

    /// Tells that a target is there.
    pub(super) fn alive(&self, target: Target, alive: Alive) {
        self.seen(target, Seen::Alive(Box::new(alive)));
    }

    /// Tells that a target was not seen.
    pub(super) fn failed(&self, target: Target, failure: Failure) {
        self.seen(target, Seen::Failed(failure));
    }

    /// Tells a person.
    pub(super) fn notice(&self, finding: Finding) {
        self.event(Event::Notice(finding));
    }

    fn seen(&self, target: Target, seen: Seen) {
        self.event(Event::Seen(Observation { target, at: now(), seen }));
    }
}

/// Runs `work` while its events are read, and hands them on as they are told.
pub(super) fn told<'a, W: Future<Output = ()> + Send + 'a>(
    work: impl FnOnce(EventSender) -> W,
) -> BoxStream<'a, Event> {
    let (sender, mut events) = unbounded_channel();
    let mut work = Some(Box::pin(work(EventSender(sender))));
    stream::poll_fn(move |context| {
        if work.as_mut().is_some_and(|work| work.as_mut().poll(context).is_ready()) {
            work = None;
        }
        events.poll_recv(context)
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_read_as_seconds_and_as_dates() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        for (text, seconds) in [
            ("3", Some(3)),
            ("Mon, 23 Nov 2026 10:01:00 GMT", Some(60)),
            ("Mon, 23 Nov 2026 09:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn days_are_of_utc() {
        assert_eq!(day("2024-01-31T23:30:00-02:00").unwrap().to_string(), "2024-02-01");
        assert_eq!(day("2024-01-31T23:30:00.123Z").unwrap().to_string(), "2024-01-31");
        assert_eq!(day("never"), None);
    }

    #[tokio::test]
    async fn events_are_told_to_the_last() {
        let target: Target = "github:a/b".parse().unwrap();
        let events: Vec<Event> = told(|tell| async move {
            tell.alive(target.clone(), Alive::default());
            tokio::task::yield_now().await;
            tell.failed(target, Failure::of(crate::observation::FailureClass::NotLooked));
        })
        .collect()
        .await;
        assert_eq!(events.len(), 2);
    }
}
