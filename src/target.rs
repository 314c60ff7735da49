//! The thing a link points at, named one way only.
//!
//! Many links share one target, and a target is looked at once. This room does not say whether a target
//! lives: it knows addresses, not answers. What a forge is called and which first path segments are no
//! owners comes from GitHub's own routes and from links of real lists.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

/// The software that runs a forge: it decides which API answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForgeKind {
    /// github.com or a GitHub Enterprise Server.
    GitHub,
    /// gitlab.com or another GitLab.
    GitLab,
    /// Codeberg and other instances of Forgejo or Gitea: they share `/api/v1`.
    Forgejo,
    /// Hugging Face: models, datasets, spaces.
    HuggingFace,
}

/// A forge: its software and the host it answers at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Forge {
    /// The software behind the host.
    pub kind: ForgeKind,
    /// The host name in lower case.
    pub host: String,
}

/// Forges with a short name of their own in canonical targets.
const KNOWN: [(&str, ForgeKind, &str); 4] = [
    ("github", ForgeKind::GitHub, "github.com"),
    ("gitlab", ForgeKind::GitLab, "gitlab.com"),
    ("codeberg", ForgeKind::Forgejo, "codeberg.org"),
    ("huggingface", ForgeKind::HuggingFace, "huggingface.co"),
];

impl ForgeKind {
    fn name(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Forgejo => "forgejo",
            Self::HuggingFace => "huggingface",
        }
    }
}

impl Forge {
    /// Names the forge of `kind` at `host`.
    pub fn new(kind: ForgeKind, host: &str) -> Self {
        Self { kind, host: host.to_ascii_lowercase() }
    }

    /// github.com.
    pub fn github() -> Self {
        Self::new(ForgeKind::GitHub, "github.com")
    }

    fn folds_case(&self) -> bool {
        self.kind != ForgeKind::HuggingFace
    }

    fn parse(label: &str) -> Option<Self> {
        if let Some((_, kind, host)) = KNOWN.iter().find(|(name, ..)| *name == label) {
            return Some(Self::new(*kind, host));
        }
        let (kind, host) = label.split_once('+')?;
        let kind = [ForgeKind::GitHub, ForgeKind::GitLab, ForgeKind::Forgejo, ForgeKind::HuggingFace]
            .into_iter()
            .find(|k| k.name() == kind)?;
        (!host.is_empty()).then(|| Self::new(kind, host))
    }
}

impl fmt::Display for Forge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match KNOWN.iter().find(|(_, kind, host)| *kind == self.kind && *host == self.host) {
            Some((name, ..)) => f.write_str(name),
            None => write!(f, "{}+{}", self.kind.name(), self.host),
        }
    }
}

/// A repository on a forge. On Hugging Face a model, or `datasets/…`, `spaces/…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    /// Where it lives.
    pub forge: Forge,
    /// `owner/name` (GitLab: with all its groups), in lower case where the forge folds case.
    pub path: String,
}

/// A user or an organisation on a forge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// Where it lives.
    pub forge: Forge,
    /// The login, in lower case where the forge folds case.
    pub login: String,
}

/// A page inside a repository: a file, a release, an issue, the wiki.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subpage {
    /// The repository it belongs to.
    pub repository: Repository,
    /// What follows the repository's path, without the first slash, as the forge's URL has it.
    pub rest: String,
}

/// What a link points at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A repository on a forge.
    Repository(Repository),
    /// A user or organisation on a forge.
    Owner(Owner),
    /// A page inside a repository.
    Subpage(Subpage),
    /// Any other page on the web, without its fragment.
    Page(String),
    /// A place in the same document, without its `#`.
    Anchor(String),
    /// A file beside the document, with what follows its path.
    Local(String),
    /// An address of another scheme, such as `mailto:`.
    Foreign(String),
    /// An address that no URL parser reads.
    Malformed(String),
}

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
        Target::Page(url.into())
    }
}

/// The repository that a plain `https://github.com/owner/name` names. Most links of a list are such, and need no
/// URL parser; every other address goes the long way.
fn plain(url: &str) -> Option<Repository> {
    let (owner, name) = url.strip_prefix("https://github.com/")?.split_once('/')?;
    let name = name.strip_suffix('/').unwrap_or(name);
    let name = name.strip_suffix(".git").unwrap_or(name);
    let reserved = || GITHUB_ROUTES.iter().any(|route| route.eq_ignore_ascii_case(owner));
    if !is_repository_name(owner) || !is_repository_name(name) || reserved() {
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
        ForgeKind::GitHub => flat(forge, &segments, url, &GITHUB_ROUTES),
        ForgeKind::Forgejo => flat(forge, &segments, url, &FORGEJO_ROUTES),
        ForgeKind::GitLab => nested(forge, &segments, url),
        ForgeKind::HuggingFace => hugging_face(forge, &segments, url),
    }
}

/// `owner`, `owner/name` and what follows, for forges without nested groups.
fn flat(forge: Forge, segments: &[&str], url: &Url, routes: &[&str]) -> Option<Target> {
    let (owner, rest) = segments.split_first()?;
    if routes.contains(&owner.to_ascii_lowercase().as_str()) || !is_login(owner) {
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
    if GITLAB_ROUTES.contains(&first.to_ascii_lowercase().as_str()) {
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
        (first, _) if HUGGING_FACE_ROUTES.contains(first) => return None,
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
const GITHUB_ROUTES: [&str; 104] = [
    "400",
    "401",
    "403",
    "404",
    "500",
    "502",
    "503",
    "about",
    "account",
    "advisories",
    "anonymous",
    "apps",
    "articles",
    "assets",
    "attributes",
    "auth",
    "blog",
    "business",
    "careers",
    "case-studies",
    "cla",
    "codespaces",
    "collections",
    "comments",
    "community",
    "contact",
    "copilot",
    "customer-stories",
    "customers",
    "dashboard",
    "dependabot",
    "developer",
    "discussions",
    "downloads",
    "edu",
    "education",
    "enterprise",
    "enterprises",
    "events",
    "explore",
    "features",
    "files",
    "follow",
    "gist",
    "github-copilot",
    "guides",
    "help",
    "home",
    "identity",
    "import",
    "issues",
    "join",
    "languages",
    "login",
    "logout",
    "logos",
    "maintenance",
    "marketplace",
    "mine",
    "mirrors",
    "mobile",
    "models",
    "new",
    "newsroom",
    "none",
    "notifications",
    "nonprofit",
    "oauth",
    "open-source",
    "organizations",
    "orgs",
    "partners",
    "personal",
    "plans",
    "premium-support",
    "press",
    "pricing",
    "projects",
    "pulls",
    "raw",
    "readme",
    "redeem",
    "resources",
    "search",
    "security",
    "services",
    "sessions",
    "settings",
    "signup",
    "site",
    "site-map",
    "sitemap",
    "solutions",
    "sponsors",
    "stars",
    "status",
    "team",
    "topics",
    "trending",
    "users",
    "watching",
    "wiki",
    "why-github",
    "collections.atom",
];

const GITLAB_ROUTES: [&str; 14] = [
    "-",
    "about",
    "api",
    "admin",
    "dashboard",
    "explore",
    "groups",
    "help",
    "projects",
    "public",
    "search",
    "snippets",
    "users",
    "oauth",
];

const FORGEJO_ROUTES: [&str; 14] = [
    "-",
    "api",
    "admin",
    "assets",
    "attachments",
    "avatars",
    "explore",
    "issues",
    "notifications",
    "org",
    "pulls",
    "repo",
    "user",
    "milestones",
];

const HUGGING_FACE_ROUTES: [&str; 24] = [
    "api",
    "blog",
    "chat",
    "collections",
    "docs",
    "enterprise",
    "huggingface.js",
    "inference",
    "join",
    "learn",
    "login",
    "models",
    "metrics",
    "new",
    "organizations",
    "papers",
    "posts",
    "pricing",
    "privacy",
    "search",
    "settings",
    "tasks",
    "terms-of-service",
    "welcome",
];

impl Target {
    /// The repository this target is, or is a page of.
    pub fn repository(&self) -> Option<&Repository> {
        match self {
            Self::Repository(repository) | Self::Subpage(Subpage { repository, .. }) => Some(repository),
            _ => None,
        }
    }

    /// Whether a forge's API answers for it, and not a page.
    pub fn is_on_forge(&self) -> bool {
        matches!(self, Self::Repository(_) | Self::Owner(_))
    }

    /// Whether there is something to look at over the network.
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Repository(_) | Self::Owner(_) | Self::Subpage(_) | Self::Page(_))
    }

    /// The address a browser opens for it, where it is on the web.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Repository(r) => Some(r.url()),
            Self::Owner(o) => Some(format!("https://{}/{}", o.forge.host, o.login)),
            Self::Subpage(s) => Some(format!("{}/{}", s.repository.url(), s.rest)),
            Self::Page(url) => Some(url.clone()),
            _ => None,
        }
    }

    /// The host a look goes to, where there is one.
    pub fn host(&self) -> Option<String> {
        match self {
            Self::Page(url) => Url::parse(url).ok()?.host_str().map(str::to_owned),
            Self::Repository(Repository { forge, .. })
            | Self::Owner(Owner { forge, .. })
            | Self::Subpage(Subpage { repository: Repository { forge, .. }, .. }) => Some(forge.host.clone()),
            _ => None,
        }
    }

    /// A key that is equal for spellings of one address: scheme, `www.`, letter case of the host and a
    /// trailing slash do not count. For telling duplicates, never for looking.
    pub fn loose(&self) -> String {
        let Self::Page(url) = self else { return self.to_string() };
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches('/').to_owned()
    }
}

impl Repository {
    /// The repository's page.
    pub fn url(&self) -> String {
        format!("https://{}/{}", self.forge.host, self.path)
    }

    /// The last segment of its path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(r) => write!(f, "{}:{}", r.forge, r.path),
            Self::Owner(o) => write!(f, "{}:{}", o.forge, o.login),
            Self::Subpage(s) => write!(f, "{}:{}//{}", s.repository.forge, s.repository.path, s.rest),
            Self::Anchor(a) => write!(f, "#{a}"),
            Self::Page(s) | Self::Local(s) | Self::Foreign(s) | Self::Malformed(s) => f.write_str(s),
        }
    }
}

/// Reads the canonical form back; it is total, because every text names something.
impl FromStr for Target {
    type Err = std::convert::Infallible;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let forge = s.split_once(':').and_then(|(label, path)| Some((Forge::parse(label)?, path)));
        Ok(match forge {
            Some((forge, path)) => match path.split_once("//") {
                Some((path, rest)) => Self::Subpage(Subpage {
                    repository: Repository { forge, path: path.to_owned() },
                    rest: rest.to_owned(),
                }),
                None if path.contains('/') => Self::Repository(Repository { forge, path: path.to_owned() }),
                None => Self::Owner(Owner { forge, login: path.to_owned() }),
            },
            None => Forges::default().target(s),
        })
    }
}

impl Serialize for Target {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|never: std::convert::Infallible| match never {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(url: &str) -> String {
        Forges::default().target(url).to_string()
    }

    #[test]
    fn github_addresses_have_one_name() {
        for (url, name) in [
            ("https://github.com/BurntSushi/ripgrep", "github:burntsushi/ripgrep"),
            ("http://www.github.com/BurntSushi/ripgrep/", "github:burntsushi/ripgrep"),
            ("https://github.com/a/b.git", "github:a/b"),
            ("https://github.com/a/b#readme", "github:a/b"),
            ("https://github.com/a/b?tab=readme-ov-file#x", "github:a/b"),
            ("//github.com/a/b", "github:a/b"),
            ("https://github.com/Rust-Lang", "github:rust-lang"),
            ("https://github.com/a/b/tree/main/Src", "github:a/b//tree/main/Src"),
            ("https://github.com/a/b/releases", "github:a/b//releases"),
            ("https://github.com/topics/awesome", "https://github.com/topics/awesome"),
            ("https://github.com/sponsors/a", "https://github.com/sponsors/a"),
            ("https://github.com/", "https://github.com/"),
            ("https://gist.github.com/a/1", "https://gist.github.com/a/1"),
            ("https://a.github.io/b/", "https://a.github.io/b/"),
            ("https://github.com:8080/a/b", "https://github.com:8080/a/b"),
        ] {
            assert_eq!(named(url), name, "{url}");
        }
    }

    #[test]
    fn other_forges_and_schemes_have_names() {
        for (url, name) in [
            ("https://gitlab.com/Group/sub/project", "gitlab:group/sub/project"),
            ("https://gitlab.com/group/project/-/issues/3", "gitlab:group/project//-/issues/3"),
            ("https://gitlab.com/group/project/blob/master/x", "gitlab:group/project//blob/master/x"),
            ("https://codeberg.org/A/b", "codeberg:a/b"),
            ("https://huggingface.co/stabilityai", "huggingface:stabilityai"),
            ("https://huggingface.co/stabilityai/Stable-2", "huggingface:stabilityai/Stable-2"),
            ("https://huggingface.co/datasets/a/b", "huggingface:datasets/a/b"),
            ("https://huggingface.co/docs/hub", "https://huggingface.co/docs/hub"),
            ("https://huggingface.co", "https://huggingface.co/"),
            ("#a-b", "#a-b"),
            ("docs/x.md", "docs/x.md"),
            ("mailto:a@b.c", "mailto:a@b.c"),
            ("http://", "http://"),
        ] {
            assert_eq!(named(url), name, "{url}");
        }
        let own = Forges::new([("git.example.org".to_owned(), ForgeKind::Forgejo)]);
        assert_eq!(own.target("https://git.example.org/A/b").to_string(), "forgejo+git.example.org:a/b");
    }

    #[test]
    fn canonical_names_are_read_back() {
        for name in [
            "github:a/b",
            "github:a",
            "github:a/b//blob/main/x.md",
            "gitlab:a/b/c",
            "forgejo+git.example.org:a/b",
            "https://example.org/",
            "#x",
            "huggingface:datasets/A/b",
        ] {
            let target: Target = name.parse().unwrap();
            assert_eq!(target.to_string(), name);
        }
        assert!(matches!("github:a/b".parse(), Ok(Target::Repository(_))));
    }

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

    #[test]
    fn spellings_of_one_address_share_a_loose_key() {
        let key = |url: &str| Forges::default().target(url).loose();
        assert_eq!(key("http://www.example.org/x/"), key("https://example.org/x"));
        assert_ne!(key("https://example.org/x"), key("https://example.org/X"));
    }
}
