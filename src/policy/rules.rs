//! The rules for entries.

use serde::{Deserialize, Serialize};

/// The rules for entries.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rules {}
