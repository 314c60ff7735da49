//! Suspicions about a page that answers 200, each with its evidence. Never a verdict.

use url::{Host, Url};

use super::page::Page;
use crate::observation::{Suspicion, SuspicionKind};

/// Titles, whole or as a prefix, that mean "there is no such page".
const MISSING: [&str; 20] = [
    "page not found",
    "404 not found",
    "not found",
    "file not found",
    "error 404",
    "404 error",
    "404 - ",
    "404 – ",
    "404: ",
    "404 | ",
    "404 page",
    "page introuvable",
    "seite nicht gefunden",
    "página no encontrada",
    "página não encontrada",
    "pagina non trovata",
    "страница не найдена",
    "页面不存在",
    "找不到页面",
    "ページが見つかりません",
];

/// The same as a suffix, after the name of the site.
const MISSING_ENDS: [&str; 5] = ["page not found", "404 not found", "- 404", "| 404", "error 404"];

/// Addresses and phrases of parking and for-sale pages.
const PARKED: [&str; 18] = [
    "sedo.com/search/details",
    "sedoparking.com",
    "parkingcrew.net",
    "bodis.com",
    "hugedomains.com/domain_profile",
    "dan.com/buy-domain",
    "afternic.com/forsale",
    "parklogic.com",
    "above.com/marketplace",
    "buy this domain",
    "this domain is for sale",
    "this domain may be for sale",
    "this domain name is for sale",
    "domain is parked",
    "this domain has expired",
    "the domain has expired",
    "interested in this domain",
    "/parking-lander/",
];

/// Marketplaces for domain names: a link that ends there is for sale.
const SELLERS: [&str; 8] = [
    "hugedomains.com",
    "sedo.com",
    "dan.com",
    "afternic.com",
    "bodis.com",
    "domainmarket.com",
    "undeveloped.com",
    "atom.com",
];

/// The part of a page, in bytes, that is searched for them.
const SEARCHED_BYTES: usize = 16 * 1024;

/// The suspicions about a page that was requested at `asked` and answered at `end`.
pub(super) fn suspicions(asked: &Url, end: &Url, page: &Page) -> Vec<Suspicion> {
    let found = [
        soft_404(page).map(|evidence| (SuspicionKind::Soft404, evidence)),
        parked(end, page).map(|evidence| (SuspicionKind::Parked, evidence)),
        (asked != end && is_login(end) && !is_login(asked)).then(|| (SuspicionKind::Login, end.to_string())),
        front_page(asked, end).then(|| (SuspicionKind::FrontPage, end.to_string())),
        other_domain(asked, end).map(|evidence| (SuspicionKind::OtherDomain, evidence)),
    ];
    found.into_iter().flatten().map(|(kind, evidence)| Suspicion { kind, evidence }).collect()
}

fn soft_404(page: &Page) -> Option<String> {
    [&page.title, &page.heading].into_iter().flatten().find(|words| means_missing(words)).cloned()
}

fn means_missing(words: &str) -> bool {
    let words = words.to_lowercase();
    let words = words.trim_matches(|c: char| c.is_whitespace() || "!.…:(-—–".contains(c));
    let starts = MISSING.iter().any(|start| match words.strip_prefix(start.trim_end()) {
        // A word that only begins so ("not founded") is another word.
        Some(rest) => !rest.starts_with(char::is_alphanumeric) && rest.len() < 60,
        None => false,
    });
    words == "404" || starts || MISSING_ENDS.iter().any(|end| words.ends_with(end))
}

fn parked(end: &Url, page: &Page) -> Option<String> {
    let seller = end.host_str().and_then(psl::domain_str).filter(|domain| SELLERS.contains(domain));
    if let Some(seller) = seller.filter(|_| end.path().len() > 1) {
        return Some(seller.to_owned());
    }
    let title = page.title.as_deref().filter(|title| {
        let title = title.to_lowercase();
        title.ends_with(" is for sale") || title.ends_with(" domain for sale") || title.contains(" is for sale |")
    });
    if let Some(title) = title {
        return Some(title.to_owned());
    }
    let is_near = |words: &&&str| page.text.find(**words).is_some_and(|at| at < SEARCHED_BYTES);
    PARKED.iter().find(is_near).map(|words| (*words).to_owned())
}

/// Whether an address is a site's front page: no path but a language, and no query.
fn is_front(url: &Url) -> bool {
    let mut segments = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty());
    let letters = |s: &str| s.len() == 2 && s.bytes().all(|b| b.is_ascii_alphabetic());
    let language = |s: &str| letters(s) || s.split_once(['-', '_']).is_some_and(|(a, b)| letters(a) && letters(b));
    match (segments.next(), segments.next()) {
        (None, _) => url.query().is_none(),
        (Some(one), None) => language(one) || one.starts_with("index.") || one.eq_ignore_ascii_case("home"),
        _ => false,
    }
}

/// A deep link that ends at the front page of its own site.
fn front_page(asked: &Url, end: &Url) -> bool {
    let (Some(from), Some(to)) = (asked.host_str(), end.host_str()) else { return false };
    let (from, to) = (from.trim_start_matches("www."), to.trim_start_matches("www."));
    let same_site = from == to || from.strip_suffix(to).is_some_and(|rest| rest.ends_with('.'));
    asked != end && same_site && !is_front(asked) && is_front(end)
}

/// Whether an address is a login page.
fn is_login(url: &Url) -> bool {
    const HOSTS: [&str; 5] = ["login.", "accounts.", "auth.", "sso.", "signin."];
    const WORDS: [&str; 9] =
        ["login", "signin", "sign_in", "sign-in", "log-in", "login.php", "login.html", "authorize", "sso"];
    let host = url.host_str().unwrap_or("");
    let mut segments = url.path_segments().into_iter().flatten();
    HOSTS.iter().any(|start| host.starts_with(start))
        || segments.any(|s| WORDS.contains(&s.to_ascii_lowercase().as_str()))
}

/// The registrable domain (by the public suffix list) where a link ends, if it is another than it began at.
fn other_domain(asked: &Url, end: &Url) -> Option<String> {
    let domain = |url: &Url| match url.host() {
        Some(Host::Domain(host)) => Some(psl::domain_str(host).unwrap_or(host).to_owned()),
        _ => None,
    };
    let (from, to) = (domain(asked)?, domain(end)?);
    (from != to).then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::web::page;

    fn kinds(asked: &str, end: &str, html: &str) -> Vec<SuspicionKind> {
        let page = page::parse(html.as_bytes());
        suspicions(&asked.parse().unwrap(), &end.parse().unwrap(), &page).into_iter().map(|s| s.kind).collect()
    }

    #[test]
    fn error_pages_with_status_200_are_suspected() {
        for title in [
            "Page not found",
            "404",
            "404 Not Found",
            "Page Not Found | Example",
            "Example - Page not found",
            "Error 404",
            "404 - File or directory",
            "Seite nicht gefunden – Beispiel",
            "页面不存在",
        ] {
            let html = format!("<title>{title}</title>");
            assert_eq!(kinds("https://a.org/x", "https://a.org/x", &html), [SuspicionKind::Soft404], "{title}");
        }
        for title in
            ["Lost and found", "Not founded yet", "4040 ways", "A project", "HTTP 404 explained: what it means"]
        {
            let html = format!("<title>{title}</title>");
            assert_eq!(kinds("https://a.org/x", "https://a.org/x", &html), [], "{title}");
        }
        assert_eq!(
            kinds("https://a.org/x", "https://a.org/x", "<title>A</title><h1>Page not found</h1>"),
            [SuspicionKind::Soft404]
        );
    }

    #[test]
    fn domains_for_sale_are_suspected() {
        let at = "https://a.org/";
        assert_eq!(kinds(at, at, "<title>a.org is for sale</title>"), [SuspicionKind::Parked]);
        assert_eq!(kinds(at, at, "<a href=\"https://sedo.com/search/details/?domain=a\">"), [SuspicionKind::Parked]);
        let sold = kinds("https://a.org/", "https://www.hugedomains.com/domain_profile.cfm?d=a", "");
        assert_eq!(sold, [SuspicionKind::Parked, SuspicionKind::OtherDomain]);
        assert_eq!(kinds(at, at, "<title>The boat is for sale now</title>"), []);
    }

    #[test]
    fn deep_links_that_end_elsewhere_are_suspected() {
        let to = |asked, end| kinds(asked, end, "");
        assert_eq!(to("https://a.org/x/y", "https://a.org/"), [SuspicionKind::FrontPage]);
        assert_eq!(to("https://a.org/x/y", "https://www.a.org/en/"), [SuspicionKind::FrontPage]);
        assert_eq!(to("https://docs.a.org/x", "https://a.org/"), [SuspicionKind::FrontPage]);
        assert_eq!(to("https://a.org/x", "https://x.a.org/"), []);
        assert_eq!(to("https://a.org/", "https://a.org/en/"), []);
        assert_eq!(to("https://a.org/x", "https://a.org/login?next=x"), [SuspicionKind::Login]);
        assert_eq!(to("https://a.org/login", "https://a.org/users/login"), []);
        assert_eq!(to("https://a.github.io/x", "https://b.github.io/x"), [SuspicionKind::OtherDomain]);
        assert_eq!(to("https://a.co.uk/x", "https://b.a.co.uk/x"), []);
        assert_eq!(to("http://127.0.0.1/x", "http://127.0.0.1/x"), []);
    }
}
