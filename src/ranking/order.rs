//! Order with hysteresis: the previous one, unless an entry leads clearly. Without it two neighbours of nearly equal
//! score would change places every week.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Orders `items`, keys with their scores, best first.
///
/// Those that `prior` names keep its order, and neighbours change places only when the lower leads by at least
/// `band` points. The others are inserted above the first that scores less. Equal scores are ordered by key. The
/// result does not depend on the order of `items`, and ordering again with it as `prior` changes nothing.
pub fn order_with_hysteresis<K: Ord + Clone>(items: &[(K, f64)], prior: &[K], band: f64) -> Vec<K> {
    let mut scores: BTreeMap<&K, f64> = BTreeMap::new();
    for (key, score) in items {
        let kept = scores.entry(key).or_insert(*score);
        *kept = kept.max(*score);
    }
    let band = if band > 0.0 { band } else { f64::MIN_POSITIVE };
    let mut order: Vec<(&K, f64)> = Vec::with_capacity(scores.len());
    for key in prior {
        if let Some((key, score)) = scores.remove_entry(key) {
            insert_with_band(&mut order, (key, score), band);
        }
    }
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

/// Appends `item` and lets it pass each neighbour above that it leads by the band. Those before it are in order
/// already, and still are afterwards.
fn insert_with_band<'a, K>(order: &mut Vec<(&'a K, f64)>, item: (&'a K, f64), band: f64) {
    let above = order.iter().rposition(|(_, score)| item.1 - score < band);
    order.insert(above.map_or(0, |at| at + 1), item);
}

fn best_first<K: Ord>(a: &(&K, f64), b: &(&K, f64)) -> Ordering {
    b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn neighbours_change_places_only_for_a_clear_lead() {
        for (items, prior, order) in [
            (vec![("a", 50.0), ("b", 51.9)], vec!["a", "b"], vec!["a", "b"]),
            (vec![("a", 50.0), ("b", 52.0)], vec!["a", "b"], vec!["b", "a"]),
            (vec![("a", 50.0), ("b", 51.9)], vec![], vec!["b", "a"]),
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
        fn no_neighbour_below_leads_by_the_band(
            items in items(),
            prior in proptest::collection::vec(any::<u8>(), 0..60),
            band in 0.1..5.0f64,
        ) {
            let scores: BTreeMap<u8, f64> = items.iter().copied().collect();
            let order = order_with_hysteresis(&items, &prior, band);
            for pair in order.windows(2) {
                prop_assert!(scores[&pair[1]] - scores[&pair[0]] < band);
            }
        }
    }
}
