//! The list's sections as a page nests them: in the keeper's order, each entry once.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Target;
use crate::ranked_list::{Placement, RankedList};
use crate::shard::stable_hash;

/// A section with what stands in it, entries before the sections nested in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Section {
    /// The headings above it and its own, outermost first; empty for what stands above the first heading.
    pub(super) path: Vec<String>,
    /// Its entries, as indices into [`RankedList::entries`].
    pub(super) entries: Vec<usize>,
    /// The sections nested in it.
    pub(super) sections: Vec<Section>,
}

impl Section {
    /// How many entries it and the sections nested in it have.
    pub(super) fn count(&self) -> usize {
        self.entries.len() + self.sections.iter().map(Self::count).sum::<usize>()
    }

    /// Its name in an address, which stays when sections change places.
    pub(super) fn anchor(&self) -> String {
        format!("s-{:08x}", stable_hash(&self.path.join("/")) & 0xffff_ffff)
    }

    /// The section at `path` below this one, made where it is not there yet. Headings of one name under one parent
    /// are one section of the page.
    fn at(&mut self, path: &[String]) -> &mut Self {
        let depth = self.path.len();
        if depth >= path.len() {
            return self;
        }
        let own = &path[..=depth];
        let found = self.sections.iter().position(|section| section.path == own);
        let index = found.unwrap_or_else(|| {
            self.sections.push(Self { path: own.to_vec(), ..Self::default() });
            self.sections.len() - 1
        });
        self.sections[index].at(path)
    }
}

/// The entries of a list by section. A target that stands in several places is one entry, at its first place.
pub(super) fn tree(ranked: &RankedList) -> Section {
    let mut root = Section::default();
    let mut seen: BTreeSet<&Target> = BTreeSet::new();
    for (index, row) in ranked.entries.iter().enumerate() {
        if row.position.placement != Placement::Hidden && seen.insert(&row.target) {
            root.at(&row.position.path).entries.push(index);
        }
    }
    root
}

/// Every place at which each target stands, as indices into [`RankedList::entries`].
pub(super) fn places(ranked: &RankedList) -> BTreeMap<&Target, Vec<usize>> {
    let mut places: BTreeMap<&Target, Vec<usize>> = BTreeMap::new();
    for (index, row) in ranked.entries.iter().enumerate() {
        places.entry(&row.target).or_default().push(index);
    }
    places
}
