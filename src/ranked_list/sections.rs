//! Which entries stand together, and in which order.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use super::build::Builder;
use super::previous::PreviousPlace;
use super::{ListEntry, Placement, Section, Words};
use crate::address::Target;
use crate::policy::{Below, Layout, Order, Unranked};
use crate::ranking::order_with_hysteresis;
use crate::verdict::Verdict;

/// Entries that stand together, before they are ordered.
pub(super) struct Group {
    title: String,
    path: Vec<String>,
    depth: usize,
    /// Which of the groups with entries and the same path it is, from 0.
    occurrence: usize,
    rows: Vec<usize>,
}

/// What a key of the order is made of: among equal scores more stars come first, then the name, then the address; the
/// last distinguishes equal entries.
type Key = (Reverse<Option<u64>>, String, String, usize);

impl Builder<'_> {
    /// One group for each heading of the source, and one for what stands above the first.
    pub(super) fn by_heading(&self, rows: &mut [ListEntry]) -> Vec<Group> {
        let document = self.input.document;
        let mut of_heading: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for (index, row) in rows.iter_mut().enumerate() {
            let heading = document.listed_under(&document.entries[row.source.entry]);
            let heading = heading.filter(|heading| Some(*heading) != self.title);
            row.position.path = self.path(heading);
            of_heading.entry(heading).or_default().push(index);
        }
        let headings = (0..document.headings.len()).map(Some).filter(|heading| *heading != self.title);
        let mut seen: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        let mut groups = Vec::new();
        for heading in std::iter::once(None).chain(headings) {
            let rows = of_heading.remove(&heading).unwrap_or_default();
            let path = self.path(heading);
            let title = path.last().cloned().unwrap_or_default();
            let occurrence = seen.get(&path).copied().unwrap_or(0);
            if !rows.is_empty() {
                *seen.entry(path.clone()).or_insert(0) += 1;
            }
            groups.push(Group { title, depth: path.len(), path, occurrence, rows });
        }
        groups
    }

    /// One group for each value of a fact, by name; those without stand last.
    pub(super) fn by_fact(&self, rows: &mut [ListEntry], fact: impl Fn(&ListEntry) -> Option<String>) -> Vec<Group> {
        let other = Words::new(&self.input.policy.language, &self.input.policy.layout).get("other");
        let mut groups: BTreeMap<(bool, String, String), Vec<usize>> = BTreeMap::new();
        for (index, row) in rows.iter_mut().enumerate() {
            let value = fact(row);
            let title = value.clone().unwrap_or_else(|| other.clone());
            row.position.path = vec![title.clone()];
            groups.entry((value.is_none(), title.to_lowercase(), title)).or_default().push(index);
        }
        let group = |((_, _, title), rows): ((bool, String, String), Vec<usize>)| Group {
            path: vec![title.clone()],
            title,
            depth: 1,
            occurrence: 0,
            rows,
        };
        groups.into_iter().map(group).collect()
    }

    /// Places the rows of a group: what is dead or hidden is taken out, the rest is ordered and folded.
    pub(super) fn place(&self, group: Group, rows: &mut [ListEntry]) -> Section {
        let layout = self.input.policy.layout.of(&group.title);
        let prior =
            self.input.previous.map(|previous| previous.section(&group.path, group.occurrence)).unwrap_or_default();
        let left_out = group.path.iter().any(|heading| layout.hides(heading));
        let places = previous_places(prior, &group.rows, rows, self);
        let shown: BTreeSet<usize> = places.iter().filter(|(_, folded)| !folded).map(|(index, _)| *index).collect();
        for index in &group.rows {
            let row = &mut rows[*index];
            row.position.pinned = named(&layout.pinned, row).is_some();
            row.position.placement = if row.status.judgement.verdict == Verdict::Dead {
                Placement::Dead
            } else if left_out || named(&layout.hidden, row).is_some() {
                Placement::Hidden
            } else {
                threshold(&layout, row, shown.contains(index))
            };
        }
        let prior: Vec<usize> = places.into_iter().map(|(index, _)| index).collect();
        let order = self.ordered(&group.rows, rows, &prior, &layout);
        let mut section = Section { title: group.title, path: group.path, depth: group.depth, ..Section::default() };
        let mut tops = 0;
        let mut folding = false;
        for index in order {
            if rows[index].position.depth == 0 {
                folding =
                    rows[index].position.placement == Placement::Folded || layout.top.is_some_and(|top| tops >= top);
                tops += usize::from(!folding);
            }
            rows[index].position.placement = if folding { Placement::Folded } else { Placement::Shown };
            if folding { section.folded.push(index) } else { section.shown.push(index) }
        }
        let listed: Vec<usize> = section.shown.iter().chain(&section.folded).copied().collect();
        for (at, index) in listed
            .into_iter()
            .filter(|index| rows[*index].status.score.is_some())
            .collect::<Vec<_>>()
            .into_iter()
            .enumerate()
        {
            rows[index].position.place = Some(at + 1);
        }
        section
    }

    /// The rows that are listed, in order, children after their parents.
    fn ordered(&self, group: &[usize], rows: &mut [ListEntry], prior: &[usize], layout: &Layout) -> Vec<usize> {
        let listed = |row: &ListEntry| matches!(row.position.placement, Placement::Shown | Placement::Folded);
        let of_entry: BTreeMap<usize, usize> = group
            .iter()
            .filter(|index| listed(&rows[**index]))
            .map(|index| (rows[*index].source.entry, *index))
            .collect();
        let entries = &self.input.document.entries;
        let mut children: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for (entry, index) in &of_entry {
            let mut parent = entries[*entry].parent;
            while let Some(above) = parent.filter(|parent| !of_entry.contains_key(parent)) {
                parent = entries.get(above).and_then(|entry| entry.parent);
            }
            children.entry(parent.and_then(|parent| of_entry.get(&parent).copied())).or_default().push(*index);
        }
        let mut order = Vec::with_capacity(of_entry.len());
        let mut waiting: Vec<(usize, usize)> = Vec::new();
        let mut depth = 0;
        let mut siblings = children.remove(&None);
        loop {
            if let Some(siblings) = siblings.take() {
                let sorted = sort(&siblings, rows, prior, layout);
                waiting.extend(sorted.into_iter().rev().map(|index| (index, depth)));
            }
            let Some((index, at)) = waiting.pop() else { return order };
            rows[index].position.depth = at;
            order.push(index);
            siblings = children.remove(&Some(index));
            depth = at + 1;
        }
    }
}

/// Siblings in the order that the layout asks for: pinned first, then the ranked, then the others.
fn sort(siblings: &[usize], rows: &[ListEntry], prior: &[usize], layout: &Layout) -> Vec<usize> {
    let order = layout.order.unwrap_or(Order::Score);
    let mut pinned: Vec<(usize, usize)> =
        siblings.iter().filter_map(|index| Some((named(&layout.pinned, &rows[*index])?, *index))).collect();
    pinned.sort_unstable();
    let free: Vec<usize> = siblings.iter().copied().filter(|index| !rows[*index].position.pinned).collect();
    let (mut ranked, mut others): (Vec<usize>, Vec<usize>) =
        free.into_iter().partition(|index| order == Order::None || rows[*index].status.score.is_some());
    let by_name = |a: &usize, b: &usize| name(&rows[*a]).cmp(&name(&rows[*b])).then(a.cmp(b));
    match order {
        Order::None => {}
        Order::Name => {
            ranked.append(&mut others);
            ranked.sort_by(by_name);
        }
        Order::Stars => ranked.sort_by(|a, b| by_stars(&rows[*a], &rows[*b]).then_with(|| by_name(a, b))),
        Order::Score => ranked = by_score(&ranked, rows, prior, layout.dead_band),
    }
    if layout.unranked == Unranked::Name {
        others.sort_by(by_name);
    }
    pinned.into_iter().map(|(_, index)| index).chain(ranked).chain(others).collect()
}

fn by_score(ranked: &[usize], rows: &[ListEntry], prior: &[usize], band: f64) -> Vec<usize> {
    let mut count: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut keys: BTreeMap<Key, usize> = BTreeMap::new();
    let mut of_row: BTreeMap<usize, Key> = BTreeMap::new();
    let mut items = Vec::with_capacity(ranked.len());
    for index in ranked {
        let row = &rows[*index];
        let title = row.title.to_lowercase();
        let same = count.entry((title.clone(), &row.url)).or_insert(0);
        let key = (Reverse(row.forge.facts.stars), title, row.url.clone(), *same);
        *same += 1;
        keys.insert(key.clone(), *index);
        of_row.insert(*index, key.clone());
        items.push((key, row.status.score.as_ref().map_or(0.0, |score| score.total)));
    }
    let prior: Vec<Key> = prior.iter().filter_map(|index| of_row.get(index).cloned()).collect();
    order_with_hysteresis(&items, &prior, band).into_iter().filter_map(|key| keys.get(&key).copied()).collect()
}

fn by_stars(a: &ListEntry, b: &ListEntry) -> Ordering {
    b.forge.facts.stars.cmp(&a.forge.facts.stars)
}

fn name(row: &ListEntry) -> String {
    row.title.to_lowercase()
}

/// Which name of `names` means this row.
fn named(names: &[String], row: &ListEntry) -> Option<usize> {
    if names.is_empty() {
        return None;
    }
    let path = match &row.target {
        Target::Repository(repository) => repository.path.as_str(),
        _ => "",
    };
    let target = row.target.to_string();
    let all = [target.as_str(), path, row.url.as_str(), row.source.url.as_str(), row.title.as_str()];
    names.iter().position(|name| all.iter().any(|own| !own.is_empty() && own.eq_ignore_ascii_case(name)))
}

/// Where the policy's thresholds put a row, given whether it was shown before.
fn threshold(layout: &Layout, row: &ListEntry, before: bool) -> Placement {
    let stars = match (layout.min_stars, row.forge.facts.stars) {
        (Some(edges), Some(stars)) => edges.includes(stars, before),
        _ => true,
    };
    let wanted = |licence: &str| layout.licences.iter().any(|name| name == "*" || name.eq_ignore_ascii_case(licence));
    let licence = match (&row.forge.licence, &row.forge.facts.licence) {
        _ if layout.licences.is_empty() || row.forge.facts.stars.is_none() => true,
        (Some(licence), _) => wanted(licence),
        (None, Some(_)) => false,
        (None, None) => before,
    };
    match layout.below {
        _ if (stars && licence) || row.position.pinned => Placement::Shown,
        Below::Fold => Placement::Folded,
        Below::Hide => Placement::Hidden,
    }
}

/// The rows that the list showed before, in its order, each with whether it was folded. An entry is recognised by the
/// address that the list links now or by that of the source. Where several link the same, the one under the same parent
/// and with the same title comes first, then one under the same parent, and then the order that equal scores have.
fn previous_places(
    prior: &[PreviousPlace],
    group: &[usize],
    rows: &[ListEntry],
    builder: &Builder<'_>,
) -> Vec<(usize, bool)> {
    let forges = builder.input.forges;
    let document = builder.input.document;
    let parent = |index: usize| {
        let parent = document.entries.get(document.entries.get(rows[index].source.entry)?.parent?)?;
        Some(forges.target(&document.links.get(parent.link)?.url))
    };
    let mut sorted = group.to_vec();
    sorted.sort_by_key(|index| (rows[*index].title.to_lowercase(), rows[*index].url.clone(), *index));
    let mut waiting: BTreeMap<Target, Vec<usize>> = BTreeMap::new();
    for index in sorted {
        let row = &rows[index];
        waiting.entry(forges.target(&row.url)).or_default().push(index);
        if row.status.moved_from.is_some() {
            waiting.entry(row.target.clone()).or_default().push(index);
        }
    }
    let mut taken = vec![false; rows.len()];
    let mut places = Vec::with_capacity(prior.len());
    for place in prior {
        let Some(same) = waiting.get_mut(&place.target) else { continue };
        same.retain(|index| !taken[*index]);
        let is_related = |index: &usize| parent(*index) == place.parent;
        let titled = same.iter().position(|index| is_related(index) && rows[*index].title == place.title);
        let related = titled.or_else(|| same.iter().position(is_related)).unwrap_or(0);
        if related < same.len() {
            let index = same.remove(related);
            taken[index] = true;
            places.push((index, place.folded));
        }
    }
    places
}
