//! Pomona keeps an awesome list alive, ranked and honest.
//!
//! This page is the plan of the house as it is built. Data walks through the rooms in the order below; a room
//! may name the rooms above it, never those below (`tests/it/house.rs` holds that).
//!
//! ```text
//! Document ─▶ Link ─▶ Target ─▶ Observation ─▶ Ledger ─▶ Judgement ─▶ Score ─▶ RankedList ─▶ Plan
//! text        as       one       fact and       memory    verdict      order    what the     before
//! and spans   written  name      time                     today                 list shows   and after
//! ```
//!
//! Pure rooms have no clock, no files and no network: [`target`] to [`plan`]. The edges are [`probe`], the only
//! room that speaks to the network, [`store`], the only one that touches files, and [`report`]. The hall is
//! [`cli`], what was said, [`settings`], what it means, and [`run`], one straight line per command.
//!
//! - A failed look is a value ([`observation::Failure`]), not an error. Whether it means death is for
//!   [`verdict`] to say, from the record that [`ledger`] keeps; a verdict is never stored.
//! - [`ledger`] changes only when there is news: small moves of a figure are held back there, so whatever is
//!   printed from it is quiet, and rendering is a pure function of committed files.
//! - Everything that a list shows is one value, [`ranked_list::RankedList`]; [`render`] and [`explain`] only tell it.
//! - A text is never written anew: [`markdown`] and [`render::annotate`] give byte ranges and what replaces them.
//! - One trait for looking, [`probe::Probe`], because it has three users: the network, recorded answers, tests.
//! - `now` is read once, in [`settings::RunContext`], and handed down.

pub mod address;
pub mod observation;
pub mod finding;
pub mod policy;
pub mod markdown;
pub mod ledger;
pub mod schedule;
pub mod verdict;
pub mod ranking;
pub mod ranked_list;
pub mod render;
pub mod explain;
pub mod change;
pub mod shard;
pub mod rules;
pub mod plan;
pub mod probe;
pub mod store;
pub mod report;
pub mod cli;
pub mod settings;
pub mod commands;
