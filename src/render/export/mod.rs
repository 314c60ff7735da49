//! The list in other formats, for machines: JSON, CSV, a feed of what changed, a chart.

mod badge;
mod chart;
mod csv;
mod feed;
mod json;

pub use badge::Badge;
pub use chart::{Theme, chart};
pub use csv::csv;
pub use feed::{Change, ChangeKind, changes, feed};
pub use json::{VERSION, json, schema as json_schema};

/// A format of the exported list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Everything that the list shows, versioned.
    Json,
    /// One row an entry.
    Csv,
    /// A feed of what changed.
    Atom,
    /// A chart of stars over time.
    Svg,
}

/// A figure with at most two decimals.
fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}
