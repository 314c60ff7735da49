//! Scores, activity marks and a stable order.
//!
//! Pure functions over the ledger and the history: ages are counted from the ledger's month, never from a clock, so
//! that the same files give the same scores. It knows no list: sections are `ranked_list`'s.

mod baseline;
mod formula1;
mod formula2;
mod marks;
mod order;
mod score;
#[cfg(test)]
mod tests;

pub use baseline::{Baseline, Level};
pub use marks::{Activity, Anomaly, activity, anomaly};
pub use order::order_with_hysteresis;
pub(crate) use score::total;
pub use score::{
    FactSource, FactStatus, Factor, FactorKind, Part, PartKind, Project, Score, counts_likes, known_licence, score,
};

use jiff::civil::Date;

/// Calendar months from the month of `from` to the month of `to`; none before it. Days do not count, because the
/// ledger moves a date only with its month.
pub fn months(from: Date, to: Date) -> u32 {
    let months = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month());
    u32::try_from(months(to) - months(from)).unwrap_or(0)
}

/// A count as a floating-point number.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn real(count: u64) -> f64 {
    count as f64
}
