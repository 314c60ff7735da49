//! How entries are ranked.

use serde::{Deserialize, Serialize};

/// How entries are ranked. The defaults are formula 1: bounded, with fixed constants, so that a score changes
/// only when the project does.
///
/// ```text
/// score = 100 · factor · Σ weight·value / Σ weight      over the parts that apply
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rank {
    /// How much each part weighs.
    pub weights: Weights,
    /// The stars at which popularity is full (default 100 000).
    pub full_stars: u64,
    /// The likes on Hugging Face at which popularity is full (default 10 000): they have their own scale.
    pub full_likes: u64,
    /// The stars gained in a year at which momentum is full (default 20 000).
    pub full_growth: u64,
    /// The likes gained in a year at which momentum is full (default 2 000).
    pub full_likes_growth: u64,
    /// Grace period in months: commits and releases up to this age have the full value (default 3).
    pub grace_months: u32,
    /// Months after the grace in which activity falls by half (default 12).
    pub activity_half_life: f64,
    /// Months after the grace in which the value of a release falls by half (default 18).
    pub release_half_life: f64,
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

impl Default for Rank {
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            full_stars: 100_000,
            full_likes: 10_000,
            full_growth: 20_000,
            full_likes_growth: 2_000,
            grace_months: 3,
            activity_half_life: 12.0,
            release_half_life: 18.0,
            archived_factor: 0.5,
            young_months: 6,
            young_factor: 0.7,
            active_months: 3,
            stale_months: 12,
            edge_months: 1,
        }
    }
}

/// How much each part of the score weighs, against the sum of those that apply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Weights {
    /// Stars, or likes (default 40).
    pub popularity: f64,
    /// Stars gained a year (default 20).
    pub momentum: f64,
    /// The age of the newest commit (default 25).
    pub activity: f64,
    /// The age of the latest release (default 10).
    pub release: f64,
    /// Whether a licence is known (default 5).
    pub licence: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { popularity: 40.0, momentum: 20.0, activity: 25.0, release: 10.0, licence: 5.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_key_has_its_default() {
        let rank: Rank = toml::from_str("grace-months = 6\n[weights]\nlicence = 0").unwrap();
        assert_eq!(rank.grace_months, 6);
        assert!(rank.weights.licence.abs() < f64::EPSILON);
        assert_eq!(Rank { weights: Weights::default(), grace_months: 3, ..rank }, Rank::default());
        assert!(toml::from_str::<Rank>("half-life = 3").is_err());
    }
}
