//! The texts of pages that answer 200 and are not what was linked: error pages, domains for sale, placeholders.
//!
//! One line a phrase, in lower case; to add a language, add lines. [`suspicion`](super::suspicion) decides where a
//! phrase must stand. A phrase is what the page itself shows, not what an article about such pages would.

mod errors;
mod sites;

use errors::{ERROR_SENTENCES, ERROR_STATES};
use sites::{PARKING_TEXTS, PLACEHOLDER_TEXTS, SALE_TITLES};

pub(super) use errors::{ERROR_PATHS, ERROR_TITLES, WORKS};
pub(super) use sites::{MARKETPLACES, PARKING_MARKS, PARKING_PATHS};

/// A table of phrases that are looked for in titles and visible text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Error,
    Parking,
    Placeholder,
    Sale,
}

/// Every table of phrases.
pub(super) const TABLES: [(Table, &[&str]); 4] = [
    (Table::Error, ERROR_SENTENCES),
    (Table::Parking, PARKING_TEXTS),
    (Table::Placeholder, PLACEHOLDER_TEXTS),
    (Table::Sale, SALE_TITLES),
];

/// The marks that are looked for in the source of a page, the sellers' first.
pub(super) fn marks() -> impl Iterator<Item = &'static str> {
    PARKING_MARKS.iter().chain(ERROR_STATES).copied()
}
