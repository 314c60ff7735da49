//! What the written list looks like.

use serde::{Deserialize, Serialize};

/// What the written list looks like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Layout {}
