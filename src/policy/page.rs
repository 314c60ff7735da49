//! The page of a list: `[page]`.

use serde::{Deserialize, Serialize};

/// The page of the list: one HTML file that shows, finds and explains its entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PagePolicy {
    /// The file that `refresh` and `generate` write the page to, in the list's folder; without it only `pomona page` writes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// The title; else the list's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// One sentence under the title, also for search engines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The figures that every entry shows, in this order (default: all).
    pub columns: Vec<Column>,
    /// The order in which the entries stand at first (default `list`: as the keeper has them).
    pub default_sort: Sort,
    /// The colour of bars and curves, as `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
    /// The address at which the page is published. With it, files for machines are written beside the page (`llms.txt`,
    /// `list.json`, `list.csv`, `feed.xml`, `opensearch.xml`, `card.svg`), because they need absolute addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The address at which the source can be read, such as `https://github.com/OWNER/NAME/blob/main/README.md`, or that of
    /// its folder, with `/` at its end: entries link their line there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
}

impl PagePolicy {
    /// Whether the colour is one that may stand in a style: `#` and six hexadecimal digits.
    pub(super) fn is_accent_valid(&self) -> bool {
        self.accent.as_ref().is_none_or(|colour| {
            colour.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
        })
    }

    /// Whether the addresses are ones that a page may link.
    pub(super) fn are_addresses_valid(&self) -> bool {
        let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        [&self.base_url, &self.source_url].into_iter().flatten().all(is_web)
    }
}

/// A figure of an entry on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Column {
    /// Stars or likes.
    Stars,
    /// The main language.
    Language,
    /// The licence.
    Licence,
    /// The month of the last commit.
    Commit,
    /// What the last checks of its link found.
    Verdict,
    /// The score.
    Score,
}

impl Column {
    /// Every figure, in the order in which a page shows them.
    pub const ALL: [Self; 6] = [Self::Stars, Self::Language, Self::Licence, Self::Commit, Self::Score, Self::Verdict];
}

/// An order of the entries on the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// As the list has them.
    #[default]
    List,
    /// The highest score first.
    Score,
    /// The most stars first.
    Stars,
    /// The fastest growing first.
    Trend,
    /// The latest commit first.
    Active,
    /// The latest addition first.
    Added,
    /// By name.
    Name,
}

impl Sort {
    /// Every order, as the page offers them.
    pub const ALL: [Self; 7] =
        [Self::List, Self::Score, Self::Stars, Self::Trend, Self::Active, Self::Added, Self::Name];

    /// Its name in the policy, in the page's markup and in its address.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Score => "score",
            Self::Stars => "stars",
            Self::Trend => "trend",
            Self::Active => "active",
            Self::Added => "added",
            Self::Name => "name",
        }
    }
}
