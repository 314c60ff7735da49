//! The repository behind an entry whose title links something else: a package page, a site.
//!
//! Prose mentions other projects ("a front end for X"), whose stars are not the entry's. Only what the form of the entry
//! ties to it counts.

use std::collections::BTreeMap;

use super::{Document, Entry, Link, words};
use crate::address::{self, Forges, Target};

/// What other links of one entry name.
#[derive(Default)]
struct Named {
    /// The first link that says that it leads to the source.
    source: Option<usize>,
    /// Badges and second links, with their repositories.
    others: Vec<(usize, Target)>,
}

impl Named {
    /// The link that the entry is ranked by: that to the source, else the first where all name the same repository.
    fn link(&self) -> Option<usize> {
        let mut others = self.others.iter();
        self.source.or_else(|| {
            let (first, repository) = others.next()?;
            others.all(|(_, other)| other == repository).then_some(*first)
        })
    }
}

impl Document {
    /// Ranks entries whose title names no repository by the repository that another link of theirs names.
    pub(super) fn rank_by_source(&mut self, forges: &Forges) {
        let mut named: BTreeMap<usize, Named> = BTreeMap::new();
        for (i, link) in self.links.iter().enumerate() {
            let Some(at) = link.entry else { continue };
            let Some(entry) = self.entries.get(at).filter(|entry| i != entry.link) else { continue };
            let title = &self.links[entry.link];
            if matches!(forges.target(&title.url), Target::Repository(_)) {
                continue;
            }
            let target = forges.target(&link.url);
            let badge = target.answered_by();
            let is_badge = badge.is_some() || link.text.is_empty();
            let repository = badge.unwrap_or(target);
            let Target::Repository(path) = &repository else { continue };
            let named = named.entry(at).or_default();
            if !link.kind.is_image() && words::is_source(&link.text) {
                named.source.get_or_insert(i);
            }
            if is_badge || is_beside(entry, title, link) || is_namesake(entry, title, path.name()) {
                named.others.push((i, repository));
            }
        }
        for (entry, named) in named {
            if let (Some(link), Some(entry)) = (named.link(), self.entries.get_mut(entry)) {
                entry.ranked_by = link;
            }
        }
    }
}

/// Whether a link stands between the title and the description: `[yew](…) [[yewstack/yew](…)] - …`.
fn is_beside(entry: &Entry, title: &Link, link: &Link) -> bool {
    let description = entry.description_at.as_ref();
    title.span.end <= link.span.start && description.is_some_and(|text| link.span.end <= text.start)
}

/// Whether a repository has the name of the entry, or of what its title links: `ripgrep` and `crates.io/crates/ripgrep`.
fn is_namesake(entry: &Entry, title: &Link, repository: &str) -> bool {
    let name =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let page = address::display(&title.url);
    let names = [Some(entry.title.as_str()), page.rsplit('/').next(), page.split(['/', '.']).next()];
    let own = name(repository);
    !own.is_empty() && names.into_iter().flatten().any(|text| name(text) == own)
}
