//! Rate-limit headers: how long to wait, how many requests are left.
//!
//! Dates are read against the `Date` of the same answer where it has one, so that a clock that is wrong here
//! does not matter.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

/// The requests that a host accepts until its limit resets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests left.
    pub remaining: u64,
    /// Time until the reset.
    pub reset: Duration,
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn here(headers: &HeaderMap, now: SystemTime) -> SystemTime {
    text(headers, "date").and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now)
}

/// `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3).
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = text(headers, "retry-after")?;
    if let Ok(seconds) = value.parse::<f64>() {
        return (seconds.is_finite() && seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(1e9)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(here(headers, now)).unwrap_or_default())
}

/// The quota, from `RateLimit` (`"policy";r=3;t=20`), from `RateLimit-Remaining` and `RateLimit-Reset` (the
/// drafts of the IETF's httpapi group), or from their `X-` forms, where `Reset` may be a Unix time.
pub fn quota(headers: &HeaderMap, now: SystemTime) -> Option<Quota> {
    if let Some(value) = text(headers, "ratelimit") {
        let parameter = |name: &str| {
            let parts = value.split([';', ',']).map(str::trim);
            parts.filter_map(|part| part.split_once('=')).find(|(key, _)| *key == name)?.1.trim().parse::<u64>().ok()
        };
        let (remaining, reset) = match (parameter("r"), parameter("t")) {
            (Some(r), Some(t)) => (r, t),
            _ => (parameter("remaining")?, parameter("reset")?),
        };
        return Some(Quota { remaining, reset: Duration::from_secs(reset) });
    }
    let (remaining, reset) =
        [("ratelimit-remaining", "ratelimit-reset"), ("x-ratelimit-remaining", "x-ratelimit-reset")]
            .into_iter()
            .find_map(|(remaining, reset)| Some((text(headers, remaining)?, text(headers, reset)?)))?;
    let reset: f64 = reset.parse().ok().filter(|reset: &f64| reset.is_finite() && *reset >= 0.0)?;
    // No limit lasts thirty years: so large a number is a Unix time.
    let reset = if reset > 1e9 {
        let unix = here(headers, now).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Duration::from_secs_f64(reset.min(1e11)).saturating_sub(unix)
    } else {
        Duration::from_secs_f64(reset)
    };
    Some(Quota { remaining: remaining.parse().ok()?, reset })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap())).collect()
    }

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_784_000_000)
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let date = ("date", "Tue, 01 Dec 2026 10:00:00 GMT");
        for (value, seconds) in [
            ("5", Some(5)),
            ("0", Some(0)),
            ("Tue, 01 Dec 2026 10:00:30 GMT", Some(30)),
            ("Tue, 01 Dec 2026 09:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let found = retry_after(&headers(&[date, ("retry-after", value)]), now());
            assert_eq!(found, seconds.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&headers(&[]), now()), None);
    }

    #[test]
    fn quotas_are_read_in_each_of_their_spellings() {
        let quota =
            |lines: &[(&'static str, &str)]| quota(&headers(lines), now()).map(|q| (q.remaining, q.reset.as_secs()));
        assert_eq!(quota(&[("ratelimit", "\"default\";r=3;t=20")]), Some((3, 20)));
        assert_eq!(quota(&[("ratelimit", "limit=100, remaining=7, reset=9")]), Some((7, 9)));
        assert_eq!(quota(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "12")]), Some((0, 12)));
        assert_eq!(quota(&[("x-ratelimit-remaining", "4"), ("x-ratelimit-reset", "1784000060")]), Some((4, 60)));
        assert_eq!(quota(&[("x-ratelimit-remaining", "4")]), None);
        assert_eq!(quota(&[("x-ratelimit-remaining", "4"), ("x-ratelimit-reset", "x")]), None);
    }
}
