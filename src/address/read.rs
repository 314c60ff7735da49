//! From a link's destination to the target it names.

use std::collections::BTreeMap;

use url::Url;

use super::forge::KNOWN;
use super::{Forge, ForgeKind, Owner, Repository, Subpage, Target};

/// The forges that links are recognised by: the known ones and those that a person configured.
#[derive(Debug, Clone, Default)]
pub struct Forges {
    configured: BTreeMap<String, ForgeKind>,
}

impl Forges {
    /// Adds hosts to the known forges.
    pub fn new(configured: impl IntoIterator<Item = (String, ForgeKind)>) -> Self {
        Self { configured: configured.into_iter().map(|(host, kind)| (host.to_ascii_lowercase(), kind)).collect() }
    }

    fn at(&self, host: &str) -> Option<Forge> {
        let host = host.strip_prefix("www.").unwrap_or(host);
        let known = KNOWN.iter().find(|(.., known)| *known == host).map(|(_, kind, _)| *kind);
        let kind = known.or_else(|| self.configured.get(host).copied())?;
        Some(Forge::new(kind, host))
    }

    /// Names what `url`, a link's destination, points at.
    pub fn target(&self, url: &str) -> Target {
        let url = url.trim();
        if let Some(repository) = plain(url) {
            return Target::Repository(repository);
        }
        if let Some(anchor) = url.strip_prefix('#') {
            return Target::Anchor(anchor.to_owned());
        }
        let absolute = if url.starts_with("//") { format!("https:{url}") } else { url.to_owned() };
        match Url::parse(&absolute) {
            Ok(parsed) if matches!(parsed.scheme(), "http" | "https") => self.web(parsed),
            Ok(_) => Target::Foreign(absolute),
            Err(url::ParseError::RelativeUrlWithoutBase) if !url.is_empty() => Target::Local(url.to_owned()),
            Err(_) => Target::Malformed(url.to_owned()),
        }
    }

    fn web(&self, mut url: Url) -> Target {
        url.set_fragment(None);
        let forge = url.host_str().and_then(|host| self.at(host)).filter(|_| url.port().is_none());
        if let Some(target) = forge.and_then(|forge| on_forge(forge, &url)) {
            return target;
        }
        Target::Page(url.as_str().into())
    }
}

/// The repository that a plain `https://github.com/owner/name` names. Most links of a list are such, and need no
/// URL parser; every other address goes the long way.
fn plain(url: &str) -> Option<Repository> {
    let (owner, name) = url.strip_prefix("https://github.com/")?.split_once('/')?;
    let name = name.strip_suffix('/').unwrap_or(name);
    let name = name.strip_suffix(".git").unwrap_or(name);
    if !is_repository_name(owner) || !is_repository_name(name) || names(GITHUB_ROUTES, owner) {
        return None;
    }
    let mut path = String::with_capacity(owner.len() + 1 + name.len());
    path.push_str(owner);
    path.push('/');
    path.push_str(name);
    path.make_ascii_lowercase();
    Some(Repository { forge: Forge::github(), path })
}

fn on_forge(forge: Forge, url: &Url) -> Option<Target> {
    let segments: Vec<&str> = url.path_segments()?.filter(|s| !s.is_empty()).collect();
    match forge.kind {
        ForgeKind::GitHub => flat(forge, &segments, url, GITHUB_ROUTES),
        ForgeKind::Forgejo => flat(forge, &segments, url, FORGEJO_ROUTES),
        ForgeKind::GitLab => nested(forge, &segments, url),
        ForgeKind::HuggingFace => hugging_face(forge, &segments, url),
    }
}

/// `owner`, `owner/name` and what follows, for forges without nested groups.
fn flat(forge: Forge, segments: &[&str], url: &Url, routes: &str) -> Option<Target> {
    let (owner, rest) = segments.split_first()?;
    if names(routes, owner) || !is_login(owner) {
        return None;
    }
    let Some((name, rest)) = rest.split_first() else {
        return if url.query().is_some_and(|q| q.contains("tab=")) && forge.kind == ForgeKind::GitHub {
            None
        } else {
            Some(Target::Owner(Owner { login: owner.to_ascii_lowercase(), forge }))
        };
    };
    let name = name.strip_suffix(".git").unwrap_or(name);
    if !is_repository_name(name) {
        return None;
    }
    let repository = Repository { path: format!("{owner}/{name}").to_ascii_lowercase(), forge };
    Some(inside(repository, rest, url))
}

/// GitLab: any number of groups, and `/-/` before what lies inside a project.
fn nested(forge: Forge, segments: &[&str], url: &Url) -> Option<Target> {
    let (first, _) = segments.split_first()?;
    if names(GITLAB_ROUTES, first) {
        return None;
    }
    let end = segments.iter().position(|s| *s == "-").unwrap_or_else(|| old_route(segments));
    let (project, rest) = segments.split_at(end);
    if !project.iter().all(|s| is_repository_name(s.strip_suffix(".git").unwrap_or(s))) {
        return None;
    }
    match project {
        [] => None,
        [login] => rest.is_empty().then(|| Target::Owner(Owner { login: login.to_ascii_lowercase(), forge })),
        _ => {
            let path = project.join("/").to_ascii_lowercase();
            let path = path.strip_suffix(".git").unwrap_or(&path).to_owned();
            Some(inside(Repository { forge, path }, rest, url))
        }
    }
}

/// Where a GitLab address of the old form, without `/-/`, leaves the project.
fn old_route(segments: &[&str]) -> usize {
    const INSIDE: [&str; 8] = ["blob", "tree", "raw", "issues", "merge_requests", "commits", "tags", "wikis"];
    let found = segments.iter().skip(2).position(|s| INSIDE.contains(s));
    found.map_or(segments.len(), |n| n + 2)
}

fn hugging_face(forge: Forge, segments: &[&str], url: &Url) -> Option<Target> {
    let kinds = ["datasets", "spaces"];
    let (kind, names) = match segments.split_first()? {
        (first, rest) if kinds.contains(first) => (Some(*first), rest),
        (first, _) if names(HUGGING_FACE_ROUTES, first) => return None,
        _ => (None, segments),
    };
    match (kind, names) {
        (None, [login]) => Some(Target::Owner(Owner { forge, login: (*login).to_owned() })),
        (_, [owner, name, rest @ ..]) if is_login(owner) && is_repository_name(name) => {
            let path = kind.map_or_else(|| format!("{owner}/{name}"), |kind| format!("{kind}/{owner}/{name}"));
            Some(inside(Repository { forge, path }, rest, url))
        }
        _ => None,
    }
}

/// A repository, or a page in it where something follows that names one.
fn inside(repository: Repository, rest: &[&str], url: &Url) -> Target {
    if rest.is_empty() {
        return Target::Repository(repository);
    }
    let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
    Target::Subpage(Subpage { repository, rest: format!("{}{query}", rest.join("/")) })
}

fn is_login(s: &str) -> bool {
    !s.is_empty() && s.len() <= 100 && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn is_repository_name(s: &str) -> bool {
    is_login(s) && s != "." && s != ".."
}

/// First path segments of github.com that name no owner. They are GitHub's own pages: its site map, its
/// settings and its products, and names that GitHub reserves.
const GITHUB_ROUTES: &str = "\
    400 401 403 404 500 502 503 about account advisories anonymous apps articles assets attributes auth \
    blog business careers case-studies cla codespaces collections comments community contact copilot \
    customer-stories customers dashboard dependabot developer discussions downloads edu education \
    enterprise enterprises events explore features files follow gist github-copilot guides help home \
    identity import issues join languages login logout logos maintenance marketplace mine mirrors mobile \
    models new newsroom none notifications nonprofit oauth open-source organizations orgs partners \
    personal plans premium-support press pricing projects pulls raw readme redeem resources search \
    security services sessions settings signup site site-map sitemap solutions sponsors stars status \
    team topics trending users watching wiki why-github collections.atom";

const GITLAB_ROUTES: &str = "\
    - about api admin dashboard explore groups help projects public search snippets users oauth";

const FORGEJO_ROUTES: &str = "\
    - api admin assets attachments avatars explore issues notifications org pulls repo user milestones";

const HUGGING_FACE_ROUTES: &str = "\
    api blog chat collections docs enterprise huggingface.js inference join learn login models metrics \
    new organizations papers posts pricing privacy search settings tasks terms-of-service welcome";

/// Whether `segment` is one of the words of `routes`, whatever its letter case.
fn names(routes: &str, segment: &str) -> bool {
    routes.split_ascii_whitespace().any(|route| route.eq_ignore_ascii_case(segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_names_what_the_long_way_names() {
        for path in [
            "A/b", "A/b/", "A/b.git", "A/b.git/", "a/..", "../b", "topics/b", "a/b?c", "a/%62", "a/b c", "a//b", "a/",
            "a/.git",
        ] {
            let url = format!("https://github.com/{path}");
            let long = Forges::default().web(Url::parse(&url).unwrap());
            assert_eq!(Forges::default().target(&url), long, "{url}");
        }
    }
}
