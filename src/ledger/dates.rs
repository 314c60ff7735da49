//! The days of a record's facts as the ledger's text has them: one for all facts that were first seen on the same day.
//!
//! Most facts of a record are those of its first good look, and stay. Written for each fact, their days were a third of
//! a ledger.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Record;
use crate::observation::Facts;

/// Stands for every fact that has no day of its own.
const OTHERS: &str = "*";

/// The days as they are written: those that differ from that of the others. Without a day for the others, it is that of
/// [`Record::alive`].
pub(super) fn folded(record: &Record) -> BTreeMap<String, Date> {
    let names = names(&record.facts);
    let mut dates = record.dates.clone();
    if names.is_empty() || names.iter().any(|name| !dates.contains_key(*name)) {
        return dates;
    }
    let mut shared: BTreeMap<Date, usize> = BTreeMap::new();
    for name in &names {
        *shared.entry(dates[*name]).or_default() += 1;
    }
    let first = record.alive.and_then(|alive| shared.get(&alive).copied());
    let common = shared.iter().max_by_key(|(date, count)| (**count, Reverse(**date)));
    // The day of the others is an entry too: it must save more than itself.
    let others = common.filter(|(_, count)| **count > 1 + first.unwrap_or_default()).map(|(date, _)| *date);
    let Some(others) = others.or(record.alive) else { return dates };
    dates.retain(|name, date| *date != others || !names.contains(&name.as_str()));
    if Some(others) != record.alive {
        dates.insert(OTHERS.to_owned(), others);
    }
    dates
}

/// Gives every fact its day again.
pub(super) fn unfold(record: &mut Record) {
    let Some(others) = record.dates.remove(OTHERS).or(record.alive) else { return };
    for name in names(&record.facts) {
        if !record.dates.contains_key(name) {
            record.dates.insert(name.to_owned(), others);
        }
    }
}

/// The names of the facts that are known.
fn names(facts: &Facts) -> Vec<&'static str> {
    let mut names = Vec::new();
    Facts::default().take(facts, |name, _| {
        names.push(name);
        false
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Ledger, LedgerText};
    use proptest::prelude::*;

    /// A record first seen alive on the third of a month, with these days of its facts.
    fn record(days: &[(&str, i8)]) -> Record {
        let day = |day: i8| jiff::civil::date(2026, 1, day);
        let facts = Facts {
            stars: Some(1),
            forks: Some(2),
            archived: Some(false),
            name: Some("a/b".to_owned()),
            ..Facts::default()
        };
        let mut record = Record::new("github:a/b".parse().unwrap(), day(3));
        record.alive = Some(day(3));
        record.facts = facts.into();
        record.dates = days.iter().map(|(name, number)| ((*name).to_owned(), day(*number))).collect();
        record
    }

    #[test]
    fn a_day_is_written_once_where_facts_share_it() {
        let all = |day| ["archived", "forks", "name", "stars"].map(|name| (name, day));
        let later = [("archived", 9), ("forks", 9), ("name", 9), ("stars", 20)];
        let mixed = [("archived", 3), ("forks", 3), ("name", 9), ("stars", 9)];
        for (days, written) in [
            (all(3), vec![]),
            (all(9), vec![("*", 9)]),
            (later, vec![("*", 9), ("stars", 20)]),
            (mixed, vec![("name", 9), ("stars", 9)]),
        ] {
            let written: BTreeMap<String, Date> =
                written.into_iter().map(|(name, day)| (name.to_owned(), jiff::civil::date(2026, 1, day))).collect();
            assert_eq!(folded(&record(&days)), written);
        }
    }

    #[test]
    fn a_ledger_with_a_day_for_each_fact_is_read_and_carried_over() {
        let old = concat!(
            r#"{"pomona":"ledger","version":1,"as_of":"2026-11-01"}"#,
            "\n",
            r#"{"target":"github:a/b","added":"2026-01-03","alive":"2026-01-03","facts":{"stars":3,"forks":1},"dates":{"forks":"2026-01-03","stars":"2026-11-23"}}"#,
            "\n"
        );
        let ledger = LedgerText::read(old).unwrap().ledger;
        let text = ledger.to_text(&[]);
        assert_eq!(text, old.replace("\"version\":1", "\"version\":2").replace(r#""forks":"2026-01-03","#, ""));
        assert_eq!(LedgerText::read(&text).unwrap().ledger, ledger);
    }

    proptest! {
        #[test]
        fn no_day_is_lost(days in proptest::collection::vec(1i8..6, 5)) {
            let names = ["archived", "forks", "name", "stars", "licence"];
            let days: Vec<(&str, i8)> = names.into_iter().zip(days).collect();
            let ledger = Ledger::new(None, [record(&days)]);
            prop_assert_eq!(LedgerText::read(&ledger.to_text(&[])).unwrap().ledger, ledger);
        }
    }
}
