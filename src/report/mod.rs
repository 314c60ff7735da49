//! How a run is told: one function a form, over the same values.

mod progress;

pub use progress::{Manner, Progress};
