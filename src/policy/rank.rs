//! How entries are ranked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A published ranking formula, written as its number. `docs/ranking.md` has both, with the reasons of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum Formula {
    /// What is unknown leaves both sums: the fewer facts are known, the more each of them weighs.
    One,
    /// What is unknown counts as the cautious middle of what the list knows.
    #[default]
    Two,
}

impl Formula {
    /// Its number, as the policy and every result have it.
    pub fn number(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

impl From<Formula> for u32 {
    fn from(formula: Formula) -> Self {
        formula.number()
    }
}

impl TryFrom<u32> for Formula {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            _ => Err(format!("unknown formula `{number}`: expected 1 or 2")),
        }
    }
}

/// Whose pages are trusted about the repository that they name. An entry whose own links name a repository is ranked by
/// that one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PageRepositories {
    /// None.
    None,
    /// Those that the repository names too: as its homepage, or because only its owner can publish there.
    #[default]
    Confirmed,
    /// All: a page can then claim the stars of any repository.
    All,
}

/// How entries are ranked: bounded, with fixed constants, so that a score changes only when the project or the list
/// does.
///
/// ```text
/// score = 100 · factor · Σ weight·value / Σ weight      over the parts that apply
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "RankText", rename_all = "kebab-case")]
#[schemars(!from, default, deny_unknown_fields)]
pub struct Rank {
    /// The formula: 1 or 2 (default 2). It decides the defaults of the other keys.
    #[schemars(with = "u32", range(min = 1, max = 2))]
    pub formula: Formula,
    /// Whose pages are trusted about the repository that they name (`codeRepository`, `rel="vcs-git"`, `go-import`): an
    /// entry that links no repository is ranked by it.
    pub page_repositories: PageRepositories,
    /// How much each part weighs.
    pub weights: Weights,
    /// The stars at which popularity is full (default 1 000 000; formula 1: 100 000). No repository has as many, so
    /// that the first of a list differ.
    pub full_stars: u64,
    /// The likes on Hugging Face at which popularity is full (default 100 000; formula 1: 10 000): they have their own
    /// scale.
    pub full_likes: u64,
    /// The stars gained in a year at which momentum is full (default 1 000 000; formula 1: 20 000).
    pub full_growth: u64,
    /// The likes gained in a year at which momentum is full (default 100 000; formula 1: 2 000).
    pub full_likes_growth: u64,
    /// Grace period in months: commits, releases and figures up to this age have the full value (default 6;
    /// formula 1: 3).
    pub grace_months: u32,
    /// Months after the grace period in which activity falls by half (default 5; formula 1: 12).
    pub activity_half_life: f64,
    /// Months after the grace period in which the value of a release falls by half (default 18).
    pub release_half_life: f64,
    /// Months after the grace period in which a figure that was not fetched again loses half of what it has above the
    /// list's middle (default 24; formula 1 does not use it).
    pub figure_half_life: f64,
    /// How much of their distance to the list's middle stars by age count for where growth is unknown (default 0.4;
    /// formula 1 does not use it).
    pub average_share: f64,
    /// The factor of what is archived or disabled (default 0.5).
    pub archived_factor: f64,
    /// Projects younger than this many months are multiplied… (default 6)
    pub young_months: u32,
    /// …by a factor that starts at this value and rises linearly to 1 (default 0.7).
    pub young_factor: f64,
    /// The newest commit is at most this many months old: active (default 3).
    pub active_months: u32,
    /// The newest commit is more than this many months old: stale (default 12). Between the two: slow.
    pub stale_months: u32,
    /// Months by which a mark that was shown is kept past its threshold, so that it does not flap (default 1).
    pub edge_months: u32,
}

/// The keys as a person writes them: one that is left out has the default of the formula.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct RankText {
    formula: Formula,
    page_repositories: PageRepositories,
    weights: WeightsText,
    full_stars: Option<u64>,
    full_likes: Option<u64>,
    full_growth: Option<u64>,
    full_likes_growth: Option<u64>,
    grace_months: Option<u32>,
    activity_half_life: Option<f64>,
    release_half_life: Option<f64>,
    figure_half_life: Option<f64>,
    average_share: Option<f64>,
    archived_factor: Option<f64>,
    young_months: Option<u32>,
    young_factor: Option<f64>,
    active_months: Option<u32>,
    stale_months: Option<u32>,
    edge_months: Option<u32>,
}

impl From<RankText> for Rank {
    fn from(text: RankText) -> Self {
        let defaults = Self::of(text.formula);
        Self {
            formula: text.formula,
            page_repositories: text.page_repositories,
            weights: text.weights.over(&defaults.weights),
            full_stars: text.full_stars.unwrap_or(defaults.full_stars),
            full_likes: text.full_likes.unwrap_or(defaults.full_likes),
            full_growth: text.full_growth.unwrap_or(defaults.full_growth),
            full_likes_growth: text.full_likes_growth.unwrap_or(defaults.full_likes_growth),
            grace_months: text.grace_months.unwrap_or(defaults.grace_months),
            activity_half_life: text.activity_half_life.unwrap_or(defaults.activity_half_life),
            release_half_life: text.release_half_life.unwrap_or(defaults.release_half_life),
            figure_half_life: text.figure_half_life.unwrap_or(defaults.figure_half_life),
            average_share: text.average_share.unwrap_or(defaults.average_share),
            archived_factor: text.archived_factor.unwrap_or(defaults.archived_factor),
            young_months: text.young_months.unwrap_or(defaults.young_months),
            young_factor: text.young_factor.unwrap_or(defaults.young_factor),
            active_months: text.active_months.unwrap_or(defaults.active_months),
            stale_months: text.stale_months.unwrap_or(defaults.stale_months),
            edge_months: text.edge_months.unwrap_or(defaults.edge_months),
        }
    }
}

impl Rank {
    /// The defaults of a formula.
    pub fn of(formula: Formula) -> Self {
        let two = Self {
            formula,
            page_repositories: PageRepositories::default(),
            weights: Weights::of(formula),
            full_stars: 1_000_000,
            full_likes: 100_000,
            full_growth: 1_000_000,
            full_likes_growth: 100_000,
            grace_months: 6,
            activity_half_life: 5.0,
            release_half_life: 18.0,
            figure_half_life: 24.0,
            average_share: 0.4,
            archived_factor: 0.5,
            young_months: 6,
            young_factor: 0.7,
            active_months: 3,
            stale_months: 12,
            edge_months: 1,
        };
        match formula {
            Formula::Two => two,
            Formula::One => Self {
                full_stars: 100_000,
                full_likes: 10_000,
                full_growth: 20_000,
                full_likes_growth: 2_000,
                grace_months: 3,
                activity_half_life: 12.0,
                ..two
            },
        }
    }
}

impl Default for Rank {
    fn default() -> Self {
        Self::of(Formula::default())
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self::of(Formula::default())
    }
}

/// How much each part of the score weighs, against the sum of those that apply.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(default, deny_unknown_fields)]
pub struct Weights {
    /// Stars, or likes (default 63; formula 1: 40).
    pub popularity: f64,
    /// Stars gained a year (default 20, as in formula 1).
    pub momentum: f64,
    /// The age of the newest commit or release (default 14; formula 1: 25, and of commits only).
    pub activity: f64,
    /// The age of the latest release (default 1; formula 1: 10).
    pub release: f64,
    /// Whether a licence is known (default 2; formula 1: 5).
    pub licence: f64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct WeightsText {
    popularity: Option<f64>,
    momentum: Option<f64>,
    activity: Option<f64>,
    release: Option<f64>,
    licence: Option<f64>,
}

impl WeightsText {
    fn over(self, defaults: &Weights) -> Weights {
        Weights {
            popularity: self.popularity.unwrap_or(defaults.popularity),
            momentum: self.momentum.unwrap_or(defaults.momentum),
            activity: self.activity.unwrap_or(defaults.activity),
            release: self.release.unwrap_or(defaults.release),
            licence: self.licence.unwrap_or(defaults.licence),
        }
    }
}

impl Weights {
    /// The defaults of a formula.
    pub fn of(formula: Formula) -> Self {
        match formula {
            Formula::One => Self { popularity: 40.0, momentum: 20.0, activity: 25.0, release: 10.0, licence: 5.0 },
            Formula::Two => Self { popularity: 63.0, momentum: 20.0, activity: 14.0, release: 1.0, licence: 2.0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_key_has_the_default_of_its_formula() {
        let rank: Rank = toml::from_str("grace-months = 9\n[weights]\nlicence = 0").unwrap();
        assert_eq!((rank.formula, rank.grace_months, rank.full_stars), (Formula::Two, 9, 1_000_000));
        assert!(rank.weights.licence.abs() < f64::EPSILON);
        assert_eq!(Rank { weights: Weights::of(Formula::Two), grace_months: 6, ..rank }, Rank::default());
        let first: Rank = toml::from_str("formula = 1\nfull-stars = 5").unwrap();
        assert_eq!(first, Rank { full_stars: 5, ..Rank::of(Formula::One) });
        assert_eq!((first.full_growth, first.grace_months, first.weights.popularity), (20_000, 3, 40.0));
        assert_eq!(toml::from_str::<Rank>(&toml::to_string(&first).unwrap()).unwrap(), first);
    }

    #[test]
    fn an_unknown_key_or_formula_is_an_error() {
        for text in ["half-life = 3", "weights = { stars = 1 }", "formula = 3", "formula = \"2\""] {
            assert!(toml::from_str::<Rank>(text).is_err(), "{text}");
        }
    }
}
