//! What a forge states about a repository or owner.

use std::fmt;
use std::ops::{Deref, DerefMut};

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Fork, Successor};

/// A fact that may be known to be absent: outer none is "not fetched", inner none is "known to have none".
pub type Known<T> = Option<Option<T>>;

/// Reads a field that is absent where it is unknown, and null where it is known to be none.
///
/// # Errors
/// Where the value is of another type.
pub fn known<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Known<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

macro_rules! facts {
    ($($(#[$meta:meta])* $name:ident : $type:ty,)*) => {
        /// What a forge states about a repository or owner. A field that is `None` was not fetched in this look.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Facts {
            $($(#[$meta])* #[serde(skip_serializing_if = "Option::is_none")] pub $name: $type,)*
        }

        static EMPTY: Facts = Facts { $($name: None,)* };

        impl Facts {
            /// Whether nothing is known.
            pub fn is_empty(&self) -> bool {
                $(self.$name.is_none())&&*
            }

            /// Takes over each fact of `newer` that `accept` (given its name, and whether it differs)
            /// agrees to.
            pub fn take(&mut self, newer: &Self, mut accept: impl FnMut(&'static str, bool) -> bool) {
                $(if newer.$name.is_some() && accept(stringify!($name), self.$name != newer.$name) {
                    self.$name.clone_from(&newer.$name);
                })*
            }
        }
    };
}

facts! {
    /// The full name as the forge spells it (`nameWithOwner`).
    name: Option<String>,
    /// The forge's number for it; survives renames (GitHub `databaseId`).
    id: Option<i64>,
    /// GitHub's node id; survives renames.
    node_id: Option<String>,
    /// The day it was created.
    created: Option<Date>,
    /// Stars; likes on Hugging Face.
    stars: Option<u64>,
    /// Forks.
    forks: Option<u64>,
    /// Whether its owner archived it.
    archived: Option<bool>,
    /// Whether the forge disabled it.
    disabled: Option<bool>,
    /// Whether it is a fork.
    fork: Option<bool>,
    /// Whether it is a mirror.
    mirror: Option<bool>,
    /// SPDX licence identifier; `NOASSERTION` where the forge does not recognise it.
    #[serde(deserialize_with = "known")]
    licence: Known<String>,
    /// Main language.
    #[serde(deserialize_with = "known")]
    language: Known<String>,
    /// Description, as its owner wrote it: untrusted text.
    #[serde(deserialize_with = "known")]
    description: Known<String>,
    /// The address of its site, as its owner wrote it; not fetched where it has none.
    homepage: Option<String>,
    /// Topics.
    topics: Option<Vec<String>>,
    /// The day of the newest commit on the default branch.
    #[serde(deserialize_with = "known")]
    commit: Known<Date>,
    /// The day of the newest push to any branch: a fallback for `commit`, moved by bots.
    #[serde(deserialize_with = "known")]
    pushed: Known<Date>,
    /// The day of the latest release.
    #[serde(deserialize_with = "known")]
    release: Known<Date>,
    /// Forks that were worked on after it stopped, most stars first; looked for only where it is archived or silent.
    living_forks: Option<Vec<Fork>>,
    /// The successor that its owner names; looked for only where it is archived or silent.
    #[serde(deserialize_with = "known")]
    successor: Known<Successor>,
}

impl Facts {
    /// The day of the last sign of work: the default branch's commit, else a push.
    pub fn worked(&self) -> Option<Date> {
        self.commit.flatten().or(self.pushed.flatten())
    }
}

/// Facts that take no memory where nothing is known: most targets are pages, which have none.
#[derive(Clone, Default)]
pub struct SharedFacts(Option<Box<Facts>>);

impl From<Facts> for SharedFacts {
    fn from(facts: Facts) -> Self {
        Self((!facts.is_empty()).then(|| Box::new(facts)))
    }
}

impl Deref for SharedFacts {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        self.0.as_deref().unwrap_or(&EMPTY)
    }
}

impl DerefMut for SharedFacts {
    fn deref_mut(&mut self) -> &mut Facts {
        self.0.get_or_insert_default()
    }
}

impl PartialEq for SharedFacts {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for SharedFacts {}

impl fmt::Debug for SharedFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Serialize for SharedFacts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedFacts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Facts::deserialize(deserializer).map(Self::from)
    }
}
