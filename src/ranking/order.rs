//! Order with hysteresis: the previous one, unless an entry leads clearly. Without it two neighbours of nearly equal
//! score would change places every week.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

/// Orders `items`, keys with their scores, best first.
///
/// Those that `prior` names keep its order, but for one rule: nothing stands above what leads it by `band` points or
/// more. The others are inserted above the first that scores less. Equal scores are ordered by key. The result does not
/// depend on the order of `items`, and ordering again with it as `prior` changes nothing.
pub fn order_with_hysteresis<K: Ord + Clone>(items: &[(K, f64)], prior: &[K], band: f64) -> Vec<K> {
    let mut scores: BTreeMap<&K, f64> = BTreeMap::new();
    for (key, score) in items {
        let kept = scores.entry(key).or_insert(*score);
        *kept = kept.max(*score);
    }
    let known: Vec<(&K, f64)> = prior.iter().filter_map(|key| scores.remove_entry(key)).collect();
    let mut order = within_band(&known, if band > 0.0 { band } else { f64::MIN_POSITIVE });
    let mut new: Vec<(&K, f64)> = scores.into_iter().collect();
    new.sort_by(best_first);
    if order.is_empty() {
        return new.into_iter().map(|(key, _)| key.clone()).collect();
    }
    for item in new {
        let at = order.iter().position(|(_, score)| *score < item.1).unwrap_or(order.len());
        order.insert(at, item);
    }
    order.into_iter().map(|(key, _)| key.clone()).collect()
}

/// The items in their order, but always the first of those that nothing left leads by `band`. Comparing neighbours only
/// would leave an alphabetical list as it is wherever each entry leads the one above by less than the band.
fn within_band<'a, K>(prior: &[(&'a K, f64)], band: f64) -> Vec<(&'a K, f64)> {
    let mut by_score: Vec<usize> = (0..prior.len()).collect();
    by_score.sort_by(|a, b| prior[*b].1.total_cmp(&prior[*a].1).then(a.cmp(b)));
    let mut taken = vec![false; prior.len()];
    let mut best = by_score.iter().copied().peekable();
    let mut next = by_score.iter().copied().peekable();
    let mut candidates: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
    let mut order = Vec::with_capacity(prior.len());
    while order.len() < prior.len() {
        while best.next_if(|index| taken[*index]).is_some() {}
        let Some(leader) = best.peek() else { break };
        let least = prior[*leader].1 - band;
        candidates.extend(std::iter::from_fn(|| next.next_if(|index| prior[*index].1 > least)).map(Reverse));
        candidates.extend(next.next_if(|index| index == leader).map(Reverse));
        let Some(Reverse(first)) = candidates.pop() else { break };
        taken[first] = true;
        order.push(prior[first]);
    }
    order
}

fn best_first<K: Ord>(a: &(&K, f64), b: &(&K, f64)) -> Ordering {
    b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entries_change_places_only_for_a_clear_lead() {
        for (items, prior, order) in [
            (vec![("a", 50.0), ("b", 51.9)], vec!["a", "b"], vec!["a", "b"]),
            (vec![("a", 50.0), ("b", 52.0)], vec!["a", "b"], vec!["b", "a"]),
            (vec![("a", 50.0), ("b", 51.9)], vec![], vec!["b", "a"]),
            (vec![("a", 50.0), ("b", 51.9), ("c", 53.8)], vec!["a", "b", "c"], vec!["b", "c", "a"]),
            (vec![("a", 50.0), ("b", 50.0)], vec![], vec!["a", "b"]),
            (vec![("a", 50.0), ("b", 51.0), ("c", 53.5)], vec!["a", "b", "c"], vec!["c", "a", "b"]),
            (vec![("a", 50.0), ("b", 51.0), ("c", 50.5)], vec!["a", "b"], vec!["c", "a", "b"]),
            (vec![("a", 50.0), ("new", 99.0)], vec!["removed", "a"], vec!["new", "a"]),
        ] {
            assert_eq!(order_with_hysteresis(&items, &prior, 2.0), order, "{items:?} {prior:?}");
        }
    }

    fn items() -> impl Strategy<Value = Vec<(u8, f64)>> {
        proptest::collection::btree_map(any::<u8>(), 0.0..20.0f64, 0..40).prop_map(|map| map.into_iter().collect())
    }

    proptest! {
        #[test]
        fn the_order_is_total_and_does_not_depend_on_the_input(
            (items, shuffled) in items().prop_flat_map(|items| (Just(items.clone()), Just(items).prop_shuffle())),
            prior in proptest::collection::vec(any::<u8>(), 0..60),
            band in 0.0..5.0f64,
        ) {
            let order = order_with_hysteresis(&items, &prior, band);
            prop_assert_eq!(&order, &order_with_hysteresis(&shuffled, &prior, band));
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, items.iter().map(|(key, _)| *key).collect::<Vec<_>>());
        }

        #[test]
        fn ordering_again_changes_nothing(
            items in items(),
            prior in proptest::collection::vec(any::<u8>(), 0..60),
            band in 0.0..5.0f64,
        ) {
            let once = order_with_hysteresis(&items, &prior, band);
            prop_assert_eq!(&once, &order_with_hysteresis(&items, &once, band));
        }

        #[test]
        fn nothing_below_leads_by_the_band(
            items in items(),
            prior in proptest::collection::vec(any::<u8>(), 0..60),
            band in 0.1..5.0f64,
        ) {
            let scores: BTreeMap<u8, f64> = items.iter().copied().collect();
            let order = order_with_hysteresis(&items, &prior, band);
            for (at, above) in order.iter().enumerate() {
                for below in &order[at..] {
                    prop_assert!(scores[below] - scores[above] < band);
                }
            }
        }
    }
}
