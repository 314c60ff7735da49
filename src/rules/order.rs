//! The rule about alphabetical order.

use std::collections::BTreeMap;

use super::{Breach, Context, Rule, Spot, duplicates, quoted};
use crate::finding::{RuleInfo, Scope, Setting};

pub(super) static NOT_ALPHABETICAL: Rule = Rule {
    info: RuleInfo {
        id: "not-alphabetical",
        summary: "an entry is not in its alphabetical place",
        docs: "Compared with the entries of its section by letters and digits, without case. Only the entries whose \
               move would put the rest in order are reported. Titles in Chinese and other scripts that are not sorted \
               by character are left out. What a change adds and has to leave anyway, because it is dead or listed already, is not \
               reported.",
        scope: Scope::Style,
        level: Setting::Off,
        added: Setting::Off,
    },
    find: not_alphabetical,
};

/// Entries that are out of place among those beside them: the fewest whose move would put the rest in order,
/// and preferably those that a change touches.
fn not_alphabetical(context: &Context<'_>) -> Vec<Breach> {
    let leaving = duplicates::leaving(context);
    let mut groups: BTreeMap<(Option<usize>, Option<usize>), Vec<Item>> = BTreeMap::new();
    for (i, entry, _) in context.entries() {
        let Some(key) = key(&entry.title) else { continue };
        let touched = context.case.change.is_some_and(|change| change.touches(i));
        groups.entry((entry.heading, entry.parent)).or_default().push(Item { entry: i, key, touched });
    }
    let misplaced = groups.values().flat_map(|items| misplaced(context, items));
    misplaced.filter(|breach| !matches!(breach.spot, Spot::Entry(i) if leaving.contains(&i))).collect()
}

struct Item {
    entry: usize,
    key: String,
    touched: bool,
}

/// What a title is sorted by: its letters and digits, without case. Titles in scripts that have another order
/// than that of their characters are left out.
fn key(title: &str) -> Option<String> {
    let key: String = title.chars().filter(|c| c.is_alphanumeric() || *c == ' ').flat_map(char::to_lowercase).collect();
    let key = key.trim();
    key.chars().next().filter(|c| u32::from(*c) < 0x2e80).map(|_| key.to_owned())
}

fn misplaced(context: &Context<'_>, items: &[Item]) -> Vec<Breach> {
    let kept = longest_in_order(items);
    let title = |i: usize| quoted(&context.entry(items[i].entry).title);
    let out = (0..items.len()).filter(|i| !kept[*i]);
    out.map(|i| {
        let before = (0..items.len()).rfind(|n| kept[*n] && items[*n].key <= items[i].key);
        let place = match before {
            Some(before) => format!("after {}", title(before)),
            None => "first in its section".to_owned(),
        };
        Breach::new(Spot::Entry(items[i].entry), format!("{} is not in its alphabetical place", title(i)))
            .help(format!("move it {place}"))
    })
    .collect()
}

/// Which items stay: the heaviest run in order, where an untouched item outweighs all touched ones. Sections
/// are short, so every pair is compared.
fn longest_in_order(items: &[Item]) -> Vec<bool> {
    let weight = |item: &Item| if item.touched { 1 } else { items.len() + 1 };
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let before = (0..i).filter(|n| items[*n].key <= item.key).max_by_key(|n| best[*n].0);
        best.push((weight(item) + before.map_or(0, |n| best[n].0), before));
    }
    let mut stays = vec![false; items.len()];
    let mut at = (0..items.len()).max_by_key(|i| best[*i].0);
    while let Some(i) = at {
        stays[i] = true;
        at = best[i].1;
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(keys: &[&str], touched: &[usize]) -> Vec<usize> {
        let items: Vec<Item> = keys
            .iter()
            .enumerate()
            .map(|(entry, key)| Item { entry, key: (*key).to_owned(), touched: touched.contains(&entry) })
            .collect();
        longest_in_order(&items).into_iter().enumerate().filter(|(_, stays)| !stays).map(|(i, _)| i).collect()
    }

    #[test]
    fn the_fewest_are_out_of_place() {
        for (keys, touched, expected) in [
            (&["a", "b", "c"][..], &[][..], &[][..]),
            (&["z", "a", "b", "c"], &[], &[0]),
            (&["a", "b", "c", "aa"], &[], &[3]),
            (&["b", "a"], &[1], &[1]),
            (&["b", "a"], &[0], &[0]),
            (&["a", "a"], &[1], &[]),
            (&[], &[], &[]),
        ] {
            assert_eq!(out(keys, touched), expected, "{keys:?}");
        }
    }

    #[test]
    fn titles_are_sorted_by_their_letters() {
        for (title, sorted) in
            [("`Foo`-Bar", Some("foobar")), ("中文", None), ("🍎 Apple", Some("apple")), ("--", None)]
        {
            assert_eq!(key(title).as_deref(), sorted);
        }
    }
}
