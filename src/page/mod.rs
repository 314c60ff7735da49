//! The page of a list: one self-contained HTML file that shows, finds and explains its entries.
//!
//! Everything stands in the document itself, so that it is complete without script, for search engines and in a
//! browser's own search; the script only makes it faster to use. The page asks for nothing: no font, no image, no script
//! from elsewhere, which its content security policy enforces. It contains no time of a run, so that one ledger gives
//! one page. Text from third parties is escaped where it is written (`text::html`), and only `http` and `https` are linked.

mod chart;
mod companions;
mod document;
mod entries;
mod index;
mod language;
mod overview;
mod sections;
#[cfg(test)]
mod tests;
mod volumes;

pub use companions::companions;
pub use index::{Listed, index};
pub use volumes::pages;

use crate::explain::Explanation;
use crate::ledger::History;
use crate::policy::{Column, PagePolicy};
use crate::ranked_list::{RankedList, Words};
use crate::text::escape::{self, html};

/// The style of every page; its hash stands in the page's policy.
const STYLE: &str = include_str!("page.css");
/// The script of every page; its hash stands in the page's policy.
const SCRIPT: &str = include_str!("page.js");

/// What a page is made from.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Everything that the list shows.
    pub ranked: &'a RankedList,
    /// Why every entry has its rank, marks and verdict: one for each of the list's entries, in their order.
    pub explanations: &'a [Explanation],
    /// Stars over time.
    pub history: &'a History,
    /// The page's own settings.
    pub policy: &'a PagePolicy,
    /// The words of the list's language.
    pub words: &'a Words,
}

impl Input<'_> {
    fn title(&self) -> &str {
        self.policy.title.as_deref().unwrap_or(&self.ranked.title)
    }

    /// The address at which a file of the list can be read; the first where none is named.
    fn source_url(&self, file: Option<&str>) -> Option<String> {
        let url = self.policy.source_url.as_deref()?;
        let first = escape::path(&self.ranked.source);
        let name = file.map(escape::path);
        href(&match (name, url.strip_suffix(&first).filter(|folder| folder.ends_with('/'))) {
            (name, _) if url.ends_with('/') => format!("{url}{}", name.unwrap_or(first)),
            (None, _) => url.to_owned(),
            (Some(name), Some(folder)) => format!("{folder}{name}"),
            // The address of one file does not say where the others are.
            (Some(_), None) => return None,
        })
    }

    fn columns(&self) -> &[Column] {
        if self.policy.columns.is_empty() { &Column::ALL } else { &self.policy.columns }
    }
}

/// An address as the value of `href`, where a page may link it: only `http` and `https`.
fn href(url: &str) -> Option<String> {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https")).then(|| html(url))
}
