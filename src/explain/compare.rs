//! Two entries side by side, and which part of the score decides between them.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Explanation, VERSION};
use crate::ranking::{PartKind, Score};

/// Two explained entries and the difference between their scores.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Comparison {
    /// The version of this form.
    pub version: u32,
    /// The entry with the higher score.
    pub first: Explanation,
    /// The other.
    pub second: Explanation,
    /// The points of each part, before the factor.
    pub parts: Vec<PartDifference>,
    /// The points by which the first leads.
    pub lead: f64,
    /// What decides: the name of the part, or `factor`, that gives the first most of its lead. None where neither leads,
    /// or where one of them is not ranked.
    pub decides: Option<&'static str>,
}

/// The points of one part in two scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct PartDifference {
    /// Which part.
    pub part: PartKind,
    /// The points of the first entry; none where the part does not apply to it.
    pub first: Option<f64>,
    /// The points of the second.
    pub second: Option<f64>,
}

impl PartDifference {
    /// The points that the first entry gains by this part.
    pub fn gain(&self) -> f64 {
        self.first.unwrap_or(0.0) - self.second.unwrap_or(0.0)
    }
}

/// Compares two entries.
pub fn compare(one: Explanation, other: Explanation) -> Comparison {
    let total = |entry: &Explanation| entry.score.as_ref().map(|score| score.total);
    let (first, second) = if total(&one) >= total(&other) { (one, other) } else { (other, one) };
    let (Some(high), Some(low)) = (&first.score, &second.score) else {
        return Comparison { version: VERSION, first, second, parts: Vec::new(), lead: 0.0, decides: None };
    };
    let parts = differences(high, low);
    let lead = high.total - low.total;
    let by_factor = points(low) * (high.factor.value - low.factor.value);
    let gains = parts.iter().map(|part| (part.part.name(), part.gain() * high.factor.value));
    let decides = gains
        .chain([("factor", by_factor)])
        .filter(|(_, gain)| lead > 0.0 && *gain > 0.0)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(name, _)| name);
    Comparison { version: VERSION, parts, lead, decides, first, second }
}

fn differences(high: &Score, low: &Score) -> Vec<PartDifference> {
    let (in_high, in_low) = (points_of_parts(high), points_of_parts(low));
    let kinds = high.parts.iter().map(|part| part.kind);
    kinds
        .zip(in_high.into_iter().zip(in_low))
        .map(|(part, (first, second))| PartDifference { part, first, second })
        .collect()
}

/// The points of each part: its share of the weighted mean, before the factor.
pub fn points_of_parts(score: &Score) -> Vec<Option<f64>> {
    let weights: f64 = score.parts.iter().filter(|part| part.value.is_some()).map(|part| part.weight).sum();
    score.parts.iter().map(|part| part.value.map(|value| 100.0 * part.weight * value / weights)).collect()
}

fn points(score: &Score) -> f64 {
    points_of_parts(score).into_iter().flatten().sum()
}
