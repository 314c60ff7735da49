//! One job split among several: which shard looks at what, and their looks merged.
//!
//! A host is never split, so that its rate limit applies to all shards together. Hosts are shared out by what looking at
//! them costs, as far as a list and its ledger tell: each machine that has both computes the same shares.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::address::{ForgeKind, Target};
use crate::ledger::Record;
use crate::observation::{Asked, FailureClass, Observation, Seen};

/// One shard of a job: `2/5` is the second of five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// Its number, from 1.
    pub index: u32,
    /// How many there are.
    pub of: u32,
}

impl Shard {
    /// The whole job.
    pub const WHOLE: Self = Self { index: 1, of: 1 };
}

/// What it costs to look at each host, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Costs {
    hosts: BTreeMap<String, Cost>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Cost {
    milliseconds: u64,
    targets: usize,
}

impl Costs {
    /// A new host: its name, its connection.
    const HOST: u64 = 300;
    /// A page: one host gets 20 requests a second.
    const PAGE: u64 = 50;
    /// A name at a forge that answers fifty at once, in about two seconds (measured on GitHub).
    const BATCHED: u64 = 40;
    /// A name at any other forge, one or two a second.
    const SINGLE: u64 = 500;
    /// A page that did not answer the last time: one try to its end and another.
    const SILENT: u64 = 25_000;

    /// Adds a target, with what is remembered of it.
    pub fn add(&mut self, target: &Target, record: Option<&Record>) {
        let host = self.hosts.entry(host(target)).or_insert(Cost { milliseconds: Self::HOST, targets: 0 });
        host.targets += 1;
        host.milliseconds += Self::of(target, record);
    }

    fn of(target: &Target, record: Option<&Record>) -> u64 {
        let is_silent = |class| {
            matches!(class, FailureClass::TimeoutConnect | FailureClass::TimeoutRead | FailureClass::DnsTimeout)
        };
        if record.and_then(|record| record.failing.as_ref()).is_some_and(|streak| is_silent(streak.class)) {
            return Self::SILENT;
        }
        let forge = match target {
            Target::Repository(repository) => &repository.forge,
            Target::Owner(owner) => &owner.forge,
            _ => return Self::PAGE,
        };
        if matches!(forge.kind, ForgeKind::GitHub | ForgeKind::GitLab) { Self::BATCHED } else { Self::SINGLE }
    }

    /// What one shard takes: each host, the most costly first, goes to the shard that has the least so far.
    pub fn share(&self, shard: Shard) -> Share {
        let mut hosts: Vec<(&String, &Cost)> = self.hosts.iter().collect();
        hosts.sort_by_key(|(name, cost)| (std::cmp::Reverse(cost.milliseconds), *name));
        let mut loads: BTreeSet<(u64, u32)> = (1..=shard.of).map(|index| (0, index)).collect();
        let (mut taken, mut targets, mut text) = (BTreeSet::new(), 0, String::new());
        for (name, cost) in hosts {
            let Some((load, index)) = loads.pop_first() else { break };
            loads.insert((load + cost.milliseconds, index));
            if index == shard.index {
                targets += cost.targets;
                taken.insert(name.clone());
            }
            let _ = writeln!(text, "{name} {index} {}", cost.targets);
        }
        let part = Part { shard: shard.to_string(), of_job: format!("{:016x}", stable_hash(&text)), targets };
        Share { hosts: taken, part }
    }
}

/// The hosts that one shard takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    hosts: BTreeSet<String>,
    /// What its recording says of itself.
    pub part: Part,
}

impl Share {
    /// Whether it takes this target.
    pub fn takes(&self, target: &Target) -> bool {
        self.hosts.contains(&host(target))
    }
}

/// The host of a target, or its own name where it has none.
fn host(target: &Target) -> String {
    target.host().unwrap_or_else(|| target.to_string())
}

/// Which part of a job a recording has: the first line of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The shard, such as `2/5`.
    pub shard: String,
    /// A number that is the same for all shards of one job: those of another list, or another ledger, have another.
    pub of_job: String,
    /// How many targets it takes.
    pub targets: usize,
}

/// What is wrong with the parts that are merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// A shard is missing.
    Missing(Shard),
    /// A shard came several times.
    Repeated(Shard),
    /// A shard ended before it had looked at all of its targets.
    Incomplete {
        /// The shard.
        shard: Shard,
        /// The targets in its recording.
        seen: usize,
        /// The targets that it takes.
        of: usize,
    },
    /// The shards are those of different lists, ledgers or numbers of shards.
    Mixed,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(shard) => {
                write!(f, "shard {shard} is missing: its targets are not recorded, and what is known of them stays")
            }
            Self::Repeated(shard) => {
                write!(f, "shard {shard} came more than once: the newest look at each target is taken")
            }
            Self::Incomplete { shard, seen, of } => {
                write!(f, "shard {shard} ended early: {seen} of its {of} targets are recorded")
            }
            Self::Mixed => f.write_str(
                "these are shards of different jobs: they were cut from other lists or ledgers, and some hosts may be \
                 in none or in two",
            ),
        }
    }
}

/// What is wrong with these parts, each with the number of targets that its recording has. Recordings of whole jobs
/// have no part.
pub fn doubts(parts: &[(Part, usize)]) -> Vec<Doubt> {
    let shards: Vec<(Shard, &Part, usize)> =
        parts.iter().filter_map(|(part, seen)| Some((part.shard.parse().ok()?, part, *seen))).collect();
    let Some((first, of_job)) = shards.first().map(|(shard, part, _)| (*shard, &part.of_job)) else {
        return Vec::new();
    };
    if shards.iter().any(|(shard, part, _)| shard.of != first.of || &part.of_job != of_job) {
        return vec![Doubt::Mixed];
    }
    let mut doubts = Vec::new();
    for shard in (1..=first.of).map(|index| Shard { index, of: first.of }) {
        let given: Vec<_> = shards.iter().filter(|(given, ..)| *given == shard).collect();
        match given.iter().max_by_key(|(.., seen)| *seen) {
            None => doubts.push(Doubt::Missing(shard)),
            Some((_, part, seen)) if *seen < part.targets => {
                doubts.push(Doubt::Incomplete { shard, seen: *seen, of: part.targets });
            }
            Some(_) => {}
        }
        if given.len() > 1 {
            doubts.push(Doubt::Repeated(shard));
        }
    }
    doubts
}

/// A shard as the command line names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardName {
    /// By its number.
    Given(Shard),
    /// `auto/5`: by the number that the system which runs the jobs gives to each.
    Auto {
        /// How many shards there are.
        of: u32,
    },
}

/// Reads `index/of` and `auto/of`.
impl FromStr for ShardName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((index, of)) if index.trim() == "auto" => {
                let of = of.trim().parse().ok().filter(|of| *of > 0);
                let of = of.ok_or_else(|| format!("invalid shard `{text}`: expected `auto/4`, one of four"))?;
                Ok(Self::Auto { of })
            }
            _ => text.parse().map(Self::Given),
        }
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
    use std::sync::Arc;

    use super::*;
    use crate::ledger::Streak;
    use crate::observation::{Alive, Failure};

    #[test]
    fn parts_are_read_and_written() {
        assert_eq!("2/5".parse::<Shard>().map(|shard| shard.to_string()), Ok("2/5".to_owned()));
        for text in ["", "1", "0/2", "3/2", "1/0", "a/b", "-1/2", "1/2/3"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert_eq!("auto/5".parse(), Ok(ShardName::Auto { of: 5 }));
        assert_eq!("2/5".parse(), Ok(ShardName::Given(Shard { index: 2, of: 5 })));
        assert!("auto/0".parse::<ShardName>().is_err() && "auto".parse::<ShardName>().is_err());
    }

    fn costs(targets: &[Target]) -> Costs {
        let mut costs = Costs::default();
        for target in targets {
            costs.add(target, None);
        }
        costs
    }

    #[test]
    fn every_target_is_in_one_shard_and_hosts_stay_whole() {
        let pages = (0..400).map(|n| format!("https://h{}.org/{n}", n % 100));
        let names = ["github:a/b", "github:c", "github:d/e//issues/1", "mailto:me"].map(str::to_owned);
        let targets: Vec<Target> = pages.chain(names).map(|text| text.parse().unwrap()).collect();
        let costs = costs(&targets);
        let shares: Vec<Share> = (1..=4).map(|index| costs.share(Shard { index, of: 4 })).collect();
        let share = |target: &Target| {
            let of: Vec<usize> = (0..4).filter(|n| shares[*n].takes(target)).collect();
            assert_eq!(of.len(), 1, "{target}");
            of[0]
        };
        for n in 0..100 {
            assert_eq!(share(&targets[n]), share(&targets[n + 100]));
        }
        assert!(targets[400..403].iter().all(|target| share(target) == share(&targets[400])));
        let taken = |n: usize| targets.iter().filter(|target| share(target) == n).count();
        assert_eq!((0..4).map(|n| shares[n].part.targets).collect::<Vec<_>>(), (0..4).map(taken).collect::<Vec<_>>());
        assert!(shares.iter().all(|other| other.part.of_job == shares[0].part.of_job));
    }

    #[test]
    fn shards_are_balanced_by_what_the_ledger_knows_to_be_slow() {
        let silent = |n: usize| {
            let target: Target = format!("https://silent{n}.org/").parse().unwrap();
            let mut record = Record::new(target.clone(), "2026-11-01".parse().unwrap());
            record.failing = Some(Box::new(Streak::confirmed(FailureClass::TimeoutConnect, "2026-11-01T00:00:00Z")));
            (target, Some(record))
        };
        let alive = |n: usize| (format!("https://alive{n}.org/").parse().unwrap(), None);
        let all: Vec<(Target, Option<Record>)> = (0..8).map(silent).chain((0..400).map(alive)).collect();
        let mut costs = Costs::default();
        for (target, record) in &all {
            costs.add(target, record.as_ref());
        }
        for index in 1..=4 {
            let share = costs.share(Shard { index, of: 4 });
            let taken = |is_silent: bool| {
                all.iter().filter(|(target, record)| record.is_some() == is_silent && share.takes(target)).count()
            };
            assert_eq!((taken(true), taken(false)), (2, 100), "shard {index}");
        }
    }

    #[test]
    fn missing_repeated_and_foreign_shards_are_reported() {
        let part = |shard: &str, of_job: &str, targets| Part { shard: shard.into(), of_job: of_job.into(), targets };
        let shard = |index| Shard { index, of: 3 };
        let (one, two, three) = (part("1/3", "x", 5), part("2/3", "x", 4), part("3/3", "x", 2));
        let all = [(one.clone(), 5), (two.clone(), 4), (three.clone(), 2)];
        assert_eq!(doubts(&all), []);
        assert_eq!(doubts(&[]), [], "recordings of whole jobs");
        assert_eq!(doubts(&all[..2]), [Doubt::Missing(shard(3))]);
        assert_eq!(
            doubts(&[all[0].clone(), (two.clone(), 1), (two.clone(), 4), all[2].clone()]),
            [Doubt::Repeated(shard(2))]
        );
        let early = [all[0].clone(), (two, 1), all[2].clone()];
        assert_eq!(doubts(&early), [Doubt::Incomplete { shard: shard(2), seen: 1, of: 4 }]);
        for other in [part("2/3", "y", 4), part("2/4", "x", 4)] {
            assert_eq!(doubts(&[all[0].clone(), (other, 4), all[2].clone()]), [Doubt::Mixed]);
        }
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
            seen: Seen::Alive(Arc::<Alive>::default()),
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
        let alive = Observation { target: target.clone(), at, seen: Seen::Alive(Arc::<Alive>::default()) };
        let (one, other) = (failed(FailureClass::Http(404)), failed(FailureClass::Http(503)));
        assert_eq!(merge([vec![one.clone()], vec![other.clone()]]), merge([vec![other], vec![one.clone()]]));
        for parts in [[vec![one.clone()], vec![alive.clone()]], [vec![alive.clone()], vec![one]]] {
            assert_eq!(merge(parts), std::slice::from_ref(&alive));
        }
    }
}
