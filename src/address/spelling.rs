//! Spellings of web addresses: when two of them are one address or one site, how one is shown, which new address
//! may be written in place of an old one, and which ones are mistyped.

use url::Url;

/// An address without its scheme, `www.` and the slash at its end, as it is shown to people.
pub fn display(url: &str) -> &str {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url);
    rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches('/')
}

/// The fragment of an address that names a part of the page; none for those that GitHub shows a README by.
pub fn part(url: &str) -> Option<&str> {
    let (_, part) = url.split_once('#')?;
    (!matches!(part, "" | "readme" | "readme-ov-file")).then_some(part)
}

/// The registrable domain of a host by the public suffix list, or the host where it has none.
pub fn registrable(host: &str) -> &str {
    psl::domain_str(host).unwrap_or(host)
}

/// Whether two addresses are within one site: one registrable domain.
pub fn same_site(a: &str, b: &str) -> bool {
    let site = |address: &str| Some(registrable(Url::parse(address).ok()?.host_str()?).to_owned());
    site(a).is_some_and(|of_a| site(b) == Some(of_a))
}

/// What may be written in place of the address `from` that redirects to `to` for good; none where it may not: it
/// leaves its site, or goes back from https to http. A fragment stays, because redirects keep it (RFC 9110,
/// section 10.2.2).
pub fn redirected(from: &str, to: &str) -> Option<String> {
    let (old, mut new) = (Url::parse(from).ok()?, Url::parse(to).ok()?);
    let web = |url: &Url| matches!(url.scheme(), "http" | "https");
    let downgraded = old.scheme() == "https" && new.scheme() == "http";
    if !web(&old) || !web(&new) || downgraded || !same_site(from, to) {
        return None;
    }
    match old.fragment() {
        Some(fragment) if new.fragment().is_none() => {
            new.set_fragment(Some(fragment));
            Some(new.into())
        }
        _ => Some(to.to_owned()),
    }
}

/// What an address that browsers take for a file, or for nothing, was most likely meant to be; none where nothing
/// seems to be mistyped.
pub fn mistyped(url: &str) -> Option<String> {
    let url = url.trim();
    if url.contains(char::is_whitespace) || url.starts_with(['#', '/', '.', '?']) {
        return None;
    }
    mistyped_scheme(url).or_else(|| git_address(url)).or_else(|| without_scheme(url))
}

/// `htps://x`, `http//x`, `https:/x`, `http://https://x`.
fn mistyped_scheme(url: &str) -> Option<String> {
    let end = url.find([':', '/', ';'])?;
    let (scheme, rest) = (url[..end].to_ascii_lowercase(), &url[end..]);
    let host = rest.trim_start_matches([':', '/', ';']);
    let marks = &rest[..rest.len() - host.len()];
    if host.is_empty() || marks.len() > 4 {
        return None;
    }
    if scheme == "http" || scheme == "https" {
        let twice = host.strip_prefix("https://").or_else(|| host.strip_prefix("http://"));
        let doubled = twice.map(|_| host.to_owned());
        return doubled.or_else(|| (marks != "://").then(|| format!("{scheme}://{host}")));
    }
    let near = strsim::osa_distance(&scheme, "https") <= 2 && scheme.starts_with(['h', 't']) && scheme.len() >= 3;
    (near && marks.contains('/') && marks.starts_with([':', ';', '/']) && marks.len() >= 2)
        .then(|| format!("https://{host}"))
}

/// `git@host:owner/name`, which is for git and not for browsers.
fn git_address(url: &str) -> Option<String> {
    let (host, path) = url.strip_prefix("git@")?.split_once(':')?;
    let path = path.strip_suffix(".git").unwrap_or(path);
    (is_domain(host) && !path.is_empty()).then(|| format!("https://{host}/{path}"))
}

/// `www.x.org` and `x.org/path`. A name alone, such as `notes.md`, is a file.
fn without_scheme(url: &str) -> Option<String> {
    let host = url.split(['/', '?', '#']).next().unwrap_or_default();
    let domain = host.split(':').next().unwrap_or_default();
    let named = url[host.len()..].starts_with('/') || !is_file(domain);
    ((domain.starts_with("www.") || named) && is_domain(domain)).then(|| format!("https://{url}"))
}

/// Whether a text is a host name below a public suffix that the public suffix list has.
fn is_domain(host: &str) -> bool {
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    let host = host.to_ascii_lowercase();
    let known = psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known());
    plain && known && psl::domain_str(&host).is_some()
}

/// Whether a name ends like a file of a repository, though its ending is a top-level domain too.
fn is_file(name: &str) -> bool {
    const ENDINGS: [&str; 14] =
        ["md", "rs", "py", "sh", "pl", "ps", "zip", "mov", "ai", "app", "so", "cc", "java", "st"];
    name.rsplit('.').next().is_some_and(|ending| ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_what_they_share() {
        assert_eq!(display("https://www.openslr.org/"), "openslr.org");
        assert_eq!(display("http://a.example/x/"), "a.example/x");
    }

    #[test]
    fn one_site_is_one_registrable_domain() {
        assert!(same_site("https://a.example.co.uk/x", "https://example.co.uk/y"));
        assert!(!same_site("https://a.example.co.uk/", "https://other.co.uk/"));
    }

    #[test]
    fn a_redirect_keeps_its_fragment_and_stays_within_its_site() {
        for (from, to, written) in [
            (
                "https://old.example.org/g#install",
                "https://new.example.org/g",
                Some("https://new.example.org/g#install"),
            ),
            ("https://example.org/g#install", "https://example.org/h#setup", Some("https://example.org/h#setup")),
            ("http://example.org/a", "https://www.example.org/a", Some("https://www.example.org/a")),
            ("https://example.org/a", "http://example.org/a", None),
            ("https://example.org/a", "https://example.net/a", None),
            ("ftp://example.org/a", "https://example.org/a", None),
        ] {
            assert_eq!(redirected(from, to).as_deref(), written, "{from}");
        }
    }

    #[test]
    fn mistyped_addresses_have_a_correction() {
        for (url, meant) in [
            ("htps://a.org/b", Some("https://a.org/b")),
            ("hhttps://a.org", Some("https://a.org")),
            ("htts://a.org", Some("https://a.org")),
            ("ttps://a.org", Some("https://a.org")),
            ("http//a.org/b", Some("http://a.org/b")),
            ("https:/a.org/b", Some("https://a.org/b")),
            ("https//:a.org", Some("https://a.org")),
            ("http://https://a.org", Some("https://a.org")),
            ("www.a.org", Some("https://www.a.org")),
            ("example.org/foo", Some("https://example.org/foo")),
            ("github.com/a/b", Some("https://github.com/a/b")),
            ("git@github.com:a/b.git", Some("https://github.com/a/b")),
            ("https://a.org/b", None),
            ("notes.md", None),
            ("notes.md#part", None),
            ("docs/notes.md", None),
            ("README.rs", None),
            ("./a.org/b", None),
            ("#a", None),
            ("mailto:a@b.org", None),
            ("ftp://a.org", None),
            ("src/lib.rs", None),
            ("http://", None),
            ("tel:123", None),
        ] {
            assert_eq!(mistyped(url).as_deref(), meant, "{url}");
        }
    }
}
