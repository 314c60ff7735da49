//! The texts of pages that answer 200 and are not what was linked: error pages, domains for sale, placeholders.
//!
//! One line a phrase, in lower case; to add a language, add lines. [`suspicion`](super::suspicion) decides where a
//! phrase must stand. A phrase is what the page itself shows, not what an article about such pages would.

mod errors;
mod sites;

pub(super) use errors::{ERROR_PATHS, ERROR_SENTENCES, ERROR_STATES, ERROR_TITLES, WORKS};
pub(super) use sites::{MARKETPLACES, PARKING_MARKS, PARKING_PATHS, PARKING_TEXTS, PLACEHOLDER_TEXTS, SALE_TITLES};
