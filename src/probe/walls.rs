//! Recognises bot walls by marks that only a wall sets.
//!
//! A plain 403 is no proof. The marks are those that the providers document for their own challenge pages, or
//! that all of their answers carry.

use http::HeaderMap;

/// Header fields that only a wall sets: name, required part of the value, name of the wall.
const HEADERS: [(&str, &str, &str); 9] = [
    ("cf-mitigated", "", "Cloudflare"),
    ("x-vercel-mitigated", "", "Vercel"),
    ("x-vercel-challenge-token", "", "Vercel"),
    ("x-datadome", "protected", "DataDome"),
    ("x-dd-b", "", "DataDome"),
    ("x-amzn-waf-action", "", "AWS WAF"),
    ("x-sucuri-block", "", "Sucuri"),
    ("x-px-block", "", "HUMAN"),
    ("x-deny-reason", "bot", "an egress proxy"),
];

/// Text that only a challenge page contains, whatever its status.
const CHALLENGES: [(&str, &str); 9] = [
    ("_cf_chl_opt", "Cloudflare"),
    ("/cdn-cgi/challenge-platform/h/", "Cloudflare"),
    ("id=\"anubis_challenge\"", "Anubis"),
    ("geo.captcha-delivery.com", "DataDome"),
    ("window._pxappid", "HUMAN"),
    ("px-captcha", "HUMAN"),
    ("token.awswaf.com", "AWS WAF"),
    ("_incapsula_resource", "Imperva"),
    ("/_vercel/security/static/challenge", "Vercel"),
];

/// Text that proves a wall only together with a status that refuses.
const REFUSALS: [(&str, &str); 6] = [
    ("cf-error-details", "Cloudflare"),
    ("attention required! | cloudflare", "Cloudflare"),
    ("<title>just a moment...</title>", "Cloudflare"),
    ("sucuri website firewall", "Sucuri"),
    ("errors.edgesuite.net", "Akamai"),
    ("ddos-guard", "DDoS-Guard"),
];

/// The name of the wall that answered, where status, headers and the beginning of the page (in lower case)
/// prove one.
pub fn wall(status: u16, headers: &HeaderMap, page: &str) -> Option<&'static str> {
    // LinkedIn answers 999 to machines, whether the page is there or not.
    if status == 999 {
        return Some("status 999");
    }
    let refuses = matches!(status, 401 | 403 | 405 | 406 | 418 | 429 | 503);
    let marked = HEADERS.iter().find(|(name, value, _)| {
        headers
            .get(*name)
            .and_then(|found| found.to_str().ok())
            .is_some_and(|found| found.to_ascii_lowercase().contains(value))
    });
    if let Some((.., name)) = marked.filter(|_| refuses || status < 300) {
        // DataDome marks every answer of a site that it protects; the others mark only what they stopped.
        if refuses || !name.starts_with("DataDome") {
            return Some(name);
        }
    }
    let small = page.len() < 32 * 1024;
    let challenge = CHALLENGES.iter().find(|(mark, _)| page.contains(mark));
    if let Some((_, name)) = challenge.filter(|_| refuses || (small && reads_like_a_challenge(page))) {
        return Some(name);
    }
    let refusal = REFUSALS.iter().find(|(mark, _)| page.contains(mark));
    refusal.filter(|_| refuses).map(|(_, name)| *name)
}

/// Sites load their protection's script into ordinary pages too; a challenge page shows nothing but its check.
fn reads_like_a_challenge(page: &str) -> bool {
    const WORDS: [&str; 7] = [
        "just a moment",
        "making sure you&#39;re not a bot",
        "making sure you're not a bot",
        "verify you are human",
        "checking your browser",
        "enable javascript and cookies to continue",
        "please enable js and disable any ad blocker",
    ];
    page.contains("id=\"anubis_challenge\"") || WORDS.iter().any(|words| page.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        [(http::HeaderName::from_static(name), http::HeaderValue::from_static(value))].into_iter().collect()
    }

    #[test]
    fn walls_are_recognised_by_their_marks() {
        let none = HeaderMap::new();
        assert_eq!(wall(999, &none, ""), Some("status 999"));
        assert_eq!(wall(403, &headers("cf-mitigated", "challenge"), ""), Some("Cloudflare"));
        assert_eq!(wall(429, &headers("x-vercel-mitigated", "deny"), ""), Some("Vercel"));
        assert_eq!(wall(403, &headers("x-datadome", "protected"), ""), Some("DataDome"));
        assert_eq!(wall(202, &headers("x-amzn-waf-action", "challenge"), ""), Some("AWS WAF"));
        assert_eq!(wall(200, &none, "<script id=\"anubis_challenge\">"), Some("Anubis"));
        assert_eq!(wall(503, &none, "<title>just a moment...</title>"), Some("Cloudflare"));
        assert_eq!(wall(403, &none, "<a href=\"https://errors.edgesuite.net/1\">"), Some("Akamai"));
    }

    #[test]
    fn pages_that_only_mention_a_wall_are_not_walls() {
        let none = HeaderMap::new();
        assert_eq!(wall(403, &none, "forbidden"), None);
        assert_eq!(wall(200, &none, "<script src=\"/cdn-cgi/challenge-platform/h/b/x.js\">"), None);
        assert_eq!(wall(200, &headers("x-datadome", "protected"), "a page"), None);
        assert_eq!(wall(404, &headers("server", "cloudflare"), "not found"), None);
        assert_eq!(wall(404, &headers("cf-mitigated", "challenge"), ""), None);
    }
}
