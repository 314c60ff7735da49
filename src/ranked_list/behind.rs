//! The repository behind a page: the one that the page names, where the repository names the page too.
//!
//! Anybody can write into a page that a famous repository is its own, and would be ranked by a stranger's stars. So the
//! word of both is needed, unless the policy trusts pages.

use crate::address::{self, Forges, Repository, Target};
use crate::ledger::{Ledger, Record};
use crate::observation::RepositoryStandard;
use crate::policy::PageRepositories;

/// What a page says of its repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// The repository that it names.
    pub repository: Target,
    /// By which standard.
    pub standard: RepositoryStandard,
    /// What became of it.
    pub status: BehindStatus,
}

/// Whether an entry is ranked by the repository that its page names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BehindStatus {
    /// It is: the repository names the page too.
    Confirmed,
    /// It is: the policy trusts pages.
    Trusted,
    /// It is not: the repository does not name the page.
    Unconfirmed,
    /// It is not: the repository was not looked at yet, or does not answer.
    Unknown,
    /// It is not: the policy asks for none.
    Off,
}

impl BehindStatus {
    /// Whether the entry is ranked by it.
    pub fn counts(self) -> bool {
        matches!(self, Self::Confirmed | Self::Trusted)
    }

    /// Why, for a person: the rest of a sentence about the page.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Confirmed => "and the repository names the page",
            Self::Trusted => "and the policy trusts pages",
            Self::Unconfirmed => "but the repository does not name the page: it does not count",
            Self::Unknown => "but nothing is known of it: it does not count",
            Self::Off => "but the policy counts none",
        }
    }
}

/// The repository that a page names, as far as it can be asked for.
pub fn named_by(record: &Record, forges: &Forges) -> Option<Target> {
    let named = record.repository.as_ref().filter(|_| matches!(record.target, Target::Page(_)))?;
    Some(forges.target(&named.url)).filter(|target| matches!(target, Target::Repository(_)))
}

/// What the page `target` says of its repository.
pub(super) fn behind(target: &Target, ledger: &Ledger, forges: &Forges, rule: PageRepositories) -> Option<Behind> {
    let page = ledger.get(target)?;
    let standard = page.repository.as_ref()?.standard;
    let named = named_by(page, forges)?;
    let Target::Repository(repository) = &named else { return None };
    let known = ledger.get(&named).filter(|record| record.facts.stars.is_some());
    let status = match (rule, known) {
        (PageRepositories::None, _) => BehindStatus::Off,
        (_, None) => BehindStatus::Unknown,
        (PageRepositories::All, Some(_)) => BehindStatus::Trusted,
        (PageRepositories::Confirmed, Some(record)) => {
            let homepage = record.facts.homepage.as_deref();
            let confirmed = target.url().is_some_and(|page| names_page(repository, homepage, &page));
            if confirmed { BehindStatus::Confirmed } else { BehindStatus::Unconfirmed }
        }
    };
    Some(Behind { repository: named, standard, status })
}

/// Whether a repository names a page: as its homepage, as a part of its homepage that is not a whole host (on a host of
/// many projects that would be everybody's), by its documentation on pkg.go.dev, or because only its owner can publish
/// there.
fn names_page(repository: &Repository, homepage: Option<&str>, page: &str) -> bool {
    let page = address::display(page).to_lowercase();
    let owner = repository.path.split('/').next().unwrap_or_default().to_lowercase();
    let own_host = match repository.forge.host.as_str() {
        "github.com" => Some("github.io"),
        "gitlab.com" => Some("gitlab.io"),
        "codeberg.org" => Some("codeberg.page"),
        _ => None,
    };
    let host = page.split('/').next().unwrap_or_default();
    if own_host.is_some_and(|domain| host == format!("{owner}.{domain}")) {
        return true;
    }
    let home = homepage.map(|url| address::display(url.trim()).to_lowercase()).unwrap_or_default();
    let is_below = home.contains('/') && page.strip_prefix(home.as_str()).is_some_and(|rest| rest.starts_with('/'));
    !home.is_empty() && (home == page || is_below || home.strip_prefix("pkg.go.dev/") == Some(page.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_names_a_page_by_its_homepage_or_by_its_owner() {
        for (repository, homepage, page, names) in [
            ("github:o/r", Some("https://www.r.org"), "http://r.org/", true),
            ("github:o/r", Some("https://r.org"), "https://r.org/docs", false),
            ("github:o/r", Some("https://pypi.org/project/r/"), "https://pypi.org/project/r", true),
            ("github:o/r", Some("https://pypi.org/project/r/"), "https://pypi.org/project/r/1.0/", true),
            ("github:o/r", Some("https://pypi.org/project/r/"), "https://pypi.org/project/rogue/", false),
            ("github:pypi/warehouse", Some("https://pypi.org"), "https://pypi.org/project/rogue/", false),
            ("github:uber-go/zap", Some("https://pkg.go.dev/go.uber.org/zap"), "https://go.uber.org/zap", true),
            ("github:o/r", None, "https://O.github.io/r/", true),
            ("github:o/r", None, "https://x.github.io/r/", false),
            ("github:o/r", Some(""), "https://x.org/", false),
            ("gitlab:o/r", None, "https://o.gitlab.io/", true),
        ] {
            let Ok(Target::Repository(target)) = repository.parse() else { panic!("{repository}") };
            assert_eq!(names_page(&target, homepage, page), names, "{repository} {homepage:?} {page}");
        }
    }
}
