//! The cookie store of one redirect chain.
//!
//! Only what a cookie gate needs (RFC 6265, 5.2 to 5.4, without expiry: a chain lasts seconds). A cookie is sent
//! only to the hosts that RFC 6265 allows its own host to set it for.

use http::HeaderMap;
use http::header::SET_COOKIE;
use url::Url;

/// Largest number of cookies of one chain. (RFC 6265, 6.1, asks for 50 per domain.)
const CAPACITY: usize = 64;
/// Largest cookie, in bytes (RFC 6265, 6.1).
const MAX_COOKIE_BYTES: usize = 4096;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Cookie {
    name: String,
    value: String,
    domain: String,
    host_only: bool,
    path: String,
    secure: bool,
}

/// The cookies of one chain.
#[derive(Debug, Clone, Default)]
pub(super) struct CookieStore {
    cookies: Vec<Cookie>,
}

impl CookieStore {
    /// Stores the cookies that `url`'s answer sets. Returns whether anything changed.
    pub(super) fn keep(&mut self, url: &Url, headers: &HeaderMap) -> bool {
        let lines = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut changed = false;
        for cookie in lines.filter_map(|line| parse(url, line)) {
            let same =
                |old: &Cookie| (&old.name, &old.domain, &old.path) == (&cookie.name, &cookie.domain, &cookie.path);
            if let Some(old) = self.cookies.iter_mut().find(|old| same(old)) {
                changed |= *old != cookie;
                *old = cookie;
            } else if self.cookies.len() < CAPACITY {
                changed = true;
                self.cookies.push(cookie);
            }
        }
        changed
    }

    /// The `Cookie` header for a request to `url`.
    pub(super) fn header(&self, url: &Url) -> Option<String> {
        let host = url.host_str()?;
        let matches = |cookie: &&Cookie| {
            let domain = host == cookie.domain || (!cookie.host_only && is_below(host, &cookie.domain));
            let path = url.path() == cookie.path
                || url
                    .path()
                    .strip_prefix(&cookie.path)
                    .is_some_and(|rest| cookie.path.ends_with('/') || rest.starts_with('/'));
            domain && path && (!cookie.secure || url.scheme() == "https")
        };
        let pairs: Vec<String> =
            self.cookies.iter().filter(matches).map(|c| format!("{}={}", c.name, c.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

fn parse(url: &Url, line: &str) -> Option<Cookie> {
    let host = url.host_str()?;
    let mut parts = line.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let is_clean = |text: &str| text.bytes().all(|b| (0x20..0x7f).contains(&b));
    if name.is_empty() || line.len() > MAX_COOKIE_BYTES || !is_clean(name) || !is_clean(value) {
        return None;
    }
    let mut cookie = Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
        domain: host.to_owned(),
        host_only: true,
        path: url
            .path()
            .rsplit_once('/')
            .map_or("/", |(folder, _)| if folder.is_empty() { "/" } else { folder })
            .to_owned(),
        secure: false,
    };
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        match key.trim().to_ascii_lowercase().as_str() {
            "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
            "secure" => cookie.secure = true,
            "domain" if !value.is_empty() => {
                let domain = value.trim_start_matches('.').to_ascii_lowercase();
                let is_own = host == domain || (is_below(host, &domain) && psl::domain_str(&domain).is_some());
                if !is_own {
                    return None;
                }
                cookie.host_only = false;
                cookie.domain = domain;
            }
            _ => {}
        }
    }
    Some(cookie)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(url: &str, lines: &[&str]) -> CookieStore {
        let mut cookies = CookieStore::default();
        let headers = lines.iter().map(|line| (SET_COOKIE, line.parse().unwrap())).collect();
        cookies.keep(&url.parse().unwrap(), &headers);
        cookies
    }

    fn sent(cookies: &CookieStore, url: &str) -> Option<String> {
        cookies.header(&url.parse().unwrap())
    }

    #[test]
    fn cookies_go_back_to_their_own_host_alone() {
        let own = store("https://a.example.org/x/y", &["seen=1; Path=/", "b=2"]);
        assert_eq!(sent(&own, "https://a.example.org/x/z").as_deref(), Some("seen=1; b=2"));
        assert_eq!(sent(&own, "https://a.example.org/xy").as_deref(), Some("seen=1"));
        assert_eq!(sent(&own, "https://example.org/"), None);
        assert_eq!(sent(&own, "https://b.example.org/"), None);
    }

    #[test]
    fn a_domain_reaches_its_own_hosts_and_no_public_suffix() {
        let wide = store("https://a.example.org/", &["s=1; Domain=.example.org; Secure"]);
        assert_eq!(sent(&wide, "https://b.example.org/").as_deref(), Some("s=1"));
        assert_eq!(sent(&wide, "http://b.example.org/"), None);
        assert_eq!(sent(&wide, "https://badexample.org/"), None);
        for domain in ["org", "co.uk", "other.org", "x.a.example.org"] {
            let refused = store("https://a.example.org/", &[&format!("s=1; Domain={domain}")]);
            assert_eq!(sent(&refused, "https://a.example.org/"), None, "{domain}");
        }
    }

    #[test]
    fn a_jar_knows_whether_it_changed() {
        let url: Url = "https://example.org/".parse().unwrap();
        let headers: HeaderMap = [(SET_COOKIE, "a=1".parse().unwrap())].into_iter().collect();
        let mut cookies = CookieStore::default();
        assert!(cookies.keep(&url, &headers));
        assert!(!cookies.keep(&url, &headers));
    }
}
