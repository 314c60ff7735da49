//! How entries are ranked.

use serde::{Deserialize, Serialize};

/// How entries are ranked. The defaults are formula 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rank {}
