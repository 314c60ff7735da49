//! One job split among several: which shard looks at what, and their looks merged.
//!
//! A host is never split, so that its rate limit applies to all shards together.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::address::Target;
use crate::observation::{Asked, Observation, Seen};

/// One shard of a job: `2/5` is the second of five.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Its number, from 1.
    pub index: u32,
    /// How many there are.
    pub of: u32,
}

impl Shard {
    /// The whole job.
    pub const WHOLE: Self = Self { index: 1, of: 1 };

    /// Whether this shard looks at `target`: by the name of its host, or by its own where it has none.
    pub fn takes(&self, target: &Target) -> bool {
        let host = target.host().unwrap_or_else(|| target.to_string());
        stable_hash(&host) % u64::from(self.of) == u64::from(self.index - 1)
    }
}

/// Reads `index/of`.
impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("invalid shard `{text}`: expected `1/4`, the first of four");
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let (index, of) = (index.trim().parse().map_err(|_| wrong())?, of.trim().parse().map_err(|_| wrong())?);
        if index == 0 || index > of {
            return Err(format!("invalid shard `{index}/{of}`: shards count from 1 to {of}"));
        }
        Ok(Self { index, of })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// A number that is the same for the same text on every machine and in every release: 64-bit FNV-1a with the
/// finishing steps of `SplitMix64`, so that its low bits are even too.
pub fn stable_hash(text: &str) -> u64 {
    let fnv = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mixed = (fnv ^ (fnv >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The looks of several shards as one: the newest at each target, sorted by target. One that was not made
/// (`not_looked`, `not_recorded`) yields to one that was. Of two that are equally new, the result does not depend on
/// the order of the shards: an answer goes before a failure.
pub fn merge(parts: impl IntoIterator<Item = Vec<Observation>>) -> Vec<Observation> {
    let mut newest: BTreeMap<Target, Observation> = BTreeMap::new();
    for look in parts.into_iter().flatten() {
        if newest.get(&look.target).is_none_or(|kept| precedence(kept).cmp(&precedence(&look)).is_lt()) {
            newest.insert(look.target.clone(), look);
        }
    }
    newest.into_values().collect()
}

/// What decides between two looks at one target; the greater one stays.
fn precedence(look: &Observation) -> (bool, Timestamp, bool, String) {
    let alive = matches!(look.seen, Seen::Alive(_));
    (is_made(look), look.at, alive, serde_json::to_string(look).unwrap_or_default())
}

/// Whether a request was made for it, answered or not.
fn is_made(look: &Observation) -> bool {
    !matches!(&look.seen, Seen::Failed(failure) if failure.class.traits().asked == Asked::No)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Alive, Failure, FailureClass};

    #[test]
    fn parts_are_read_and_written() {
        assert_eq!("2/5".parse::<Shard>().map(|shard| shard.to_string()), Ok("2/5".to_owned()));
        for text in ["", "1", "0/2", "3/2", "1/0", "a/b", "-1/2", "1/2/3"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_target_is_in_one_shard_and_hosts_stay_whole() {
        let targets: Vec<Target> = (0..400).map(|n| format!("https://h{}.org/{n}", n % 100).parse().unwrap()).collect();
        let part = |target: &Target| {
            let parts: Vec<u32> = (1..=4).filter(|index| Shard { index: *index, of: 4 }.takes(target)).collect();
            assert_eq!(parts.len(), 1, "{target}");
            parts[0]
        };
        for n in 0..100 {
            assert_eq!(part(&targets[n]), part(&targets[n + 100]));
        }
        for index in 1..=4 {
            let share = targets[..100].iter().filter(|target| part(target) == index).count();
            assert!((15..=35).contains(&share), "{share} of 100 hosts in part {index}");
        }
        let github = ["github:a/b", "github:c", "github:d/e//issues/1"].map(|name| part(&name.parse().unwrap()));
        assert!(github.iter().all(|part| *part == github[0]));
    }

    #[test]
    fn the_hash_never_changes() {
        assert_eq!(stable_hash(""), 0xf52a_15e9_a9b5_e89b);
        assert_eq!(stable_hash("github.com"), 0xc383_138d_0beb_eb5c);
    }

    #[test]
    fn the_newest_look_stays() {
        let look = |target: &str, at: &str| Observation {
            target: target.parse().unwrap(),
            at: at.parse().unwrap(),
            seen: Seen::Alive(Box::<Alive>::default()),
        };
        let (old, new) = (look("github:a/b", "2026-01-01T00:00:00Z"), look("github:a/b", "2026-01-02T00:00:00Z"));
        let other = look("github:a/a", "2026-01-01T00:00:00Z");
        for parts in [
            vec![vec![old.clone(), other.clone()], vec![new.clone()]],
            vec![vec![new.clone()], vec![other.clone(), old]],
        ] {
            assert_eq!(merge(parts), [other.clone(), new.clone()]);
        }
        let idle = Observation {
            seen: Seen::Failed(Failure::of(FailureClass::NotLooked)),
            ..look("github:a/b", "2026-02-01T00:00:00Z")
        };
        assert_eq!(merge([vec![new.clone()], vec![idle]]), [new]);
    }

    #[test]
    fn two_looks_of_one_moment_merge_in_any_order() {
        let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let target: Target = "https://x.org/".parse().unwrap();
        let failed = |class| Observation { target: target.clone(), at, seen: Seen::Failed(Failure::of(class)) };
        let alive = Observation { target: target.clone(), at, seen: Seen::Alive(Box::<Alive>::default()) };
        let (one, other) = (failed(FailureClass::Http(404)), failed(FailureClass::Http(503)));
        assert_eq!(merge([vec![one.clone()], vec![other.clone()]]), merge([vec![other], vec![one.clone()]]));
        for parts in [[vec![one.clone()], vec![alive.clone()]], [vec![alive.clone()], vec![one]]] {
            assert_eq!(merge(parts), std::slice::from_ref(&alive));
        }
    }
}
