//! The thing a link points at, named one way only.
//!
//! Many links share one target, and each target is checked once. This module knows addresses, not whether they
//! answer. What a forge is called and which first path segments are no
//! owners comes from GitHub's own routes and from links of real lists.

mod forge;
mod read;
mod spelling;

pub use forge::{Forge, ForgeKind};
pub use read::Forges;
pub use spelling::{display, mistyped, part, redirected, registrable, same_site};

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

/// The part of the targets that a run checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// Every one.
    #[default]
    All,
    /// Repositories and owners on Git hosts.
    Forges,
    /// Every other page.
    Web,
}

impl Scope {
    /// Whether `target` belongs to it.
    pub fn contains(self, target: &Target) -> bool {
        match self {
            Self::All => true,
            Self::Forges => target.is_on_forge(),
            Self::Web => !target.is_on_forge(),
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
    Page(Arc<str>),
    /// A place in the same document, without its `#`.
    Anchor(String),
    /// A file beside the document, with what follows its path.
    Local(String),
    /// An address of another scheme, such as `mailto:`.
    Foreign(String),
    /// An address that no URL parser reads.
    Malformed(String),
}

/// What a relative link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalFile {
    /// The file is there, and has the anchor where one is named.
    Found,
    /// There is no such file.
    Missing,
    /// The file has no such anchor.
    NoAnchor,
    /// It is outside of what can be checked.
    NotChecked,
}

impl Target {
    /// The repository this target is, or is a page of.
    pub fn repository(&self) -> Option<&Repository> {
        match self {
            Self::Repository(repository) | Self::Subpage(Subpage { repository, .. }) => Some(repository),
            _ => None,
        }
    }

    /// The repository that answers for this page: CI runs and badges exist as long as it does, and a list shows
    /// hundreds of them on one host.
    pub fn answered_by(&self) -> Option<Self> {
        let Self::Subpage(page) = self else { return None };
        let path = page.rest.split(['?', '#']).next().unwrap_or_default();
        let is_badge = path.ends_with("badge.svg") || path.starts_with("badges/");
        let is_ci = path == "actions" || path.starts_with("actions/workflows/") || path.starts_with("-/pipelines");
        (is_badge || is_ci).then(|| Self::Repository(page.repository.clone()))
    }

    /// The target that is looked at for it: its repository where that answers for it, else itself.
    #[must_use]
    pub fn looked_at(&self) -> Self {
        self.answered_by().unwrap_or_else(|| self.clone())
    }

    /// Whether a forge's API answers for it, and not a page.
    pub fn is_on_forge(&self) -> bool {
        matches!(self, Self::Repository(_) | Self::Owner(_))
    }

    /// Whether it can be checked over the network.
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Repository(_) | Self::Owner(_) | Self::Subpage(_) | Self::Page(_))
    }

    /// The address a browser opens for it, where it is on the web.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Repository(r) => Some(r.url()),
            Self::Owner(o) => Some(format!("https://{}/{}", o.forge.host, o.login)),
            Self::Subpage(s) => Some(format!("{}/{}", s.repository.url(), s.rest)),
            Self::Page(url) => Some(url.to_string()),
            _ => None,
        }
    }

    /// The host that is asked for it, where there is one.
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
    /// trailing slash do not count. For finding duplicates, never for requests.
    pub fn dedup_key(&self) -> String {
        match self {
            Self::Page(url) => display(url).to_owned(),
            Self::Repository(_) => self.to_string().to_lowercase(),
            _ => self.to_string(),
        }
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

/// What the canonical form of a foreign address begins with where it would be read as another target.
const FOREIGN: &str = "foreign:";

fn is_name_on_forge(address: &str) -> bool {
    address.split_once(':').is_some_and(|(label, _)| Forge::parse(label).is_some())
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(r) => write!(f, "{}:{}", r.forge, r.path),
            Self::Owner(o) => write!(f, "{}:{}", o.forge, o.login),
            Self::Subpage(s) => write!(f, "{}:{}//{}", s.repository.forge, s.repository.path, s.rest),
            Self::Anchor(a) => write!(f, "#{a}"),
            Self::Page(s) => f.write_str(s),
            // The name of a repository is its own only: a link to `gitlab:x/y` is no link to that project.
            Self::Foreign(s) if is_name_on_forge(s) || s.starts_with(FOREIGN) => write!(f, "{FOREIGN}{s}"),
            Self::Local(s) | Self::Foreign(s) | Self::Malformed(s) => f.write_str(s),
        }
    }
}

/// Reads the canonical form back; it is total, because every text names something.
impl FromStr for Target {
    type Err = std::convert::Infallible;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        if let Some(address) = s.strip_prefix(FOREIGN) {
            return Ok(Self::Foreign(address.to_owned()));
        }
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
    fn ci_pages_and_badges_are_answered_by_their_repository() {
        for (page, is_answered) in [
            ("actions", true),
            ("actions/workflows/ci.yml", true),
            ("actions/workflows/ci.yml/badge.svg?branch=main", true),
            ("workflows/CI/badge.svg", true),
            ("actions/runs/12", false),
            ("releases", false),
            ("blob/main/README.md", false),
        ] {
            let target = Forges::default().target(&format!("https://github.com/a/b/{page}"));
            let repository = is_answered.then(|| "github:a/b".to_owned());
            assert_eq!(target.answered_by().map(|target| target.to_string()), repository, "{page}");
        }
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
            ("gitlab:x/y", "foreign:gitlab:x/y"),
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
            "foreign:gitlab:x/y",
            "foreign:foreign:x",
            "mailto:a@b.c",
        ] {
            let target: Target = name.parse().unwrap();
            assert_eq!(target.to_string(), name);
        }
        assert!(matches!("github:a/b".parse(), Ok(Target::Repository(_))));
    }

    #[test]
    fn spellings_of_one_address_share_a_key() {
        let key = |url: &str| Forges::default().target(url).dedup_key();
        assert_eq!(key("http://www.example.org/x/"), key("https://example.org/x"));
        assert_ne!(key("https://example.org/x"), key("https://example.org/X"));
    }
}
