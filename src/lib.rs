//! Pomona keeps an awesome list alive, ranked and honest.
//!
//! Data goes one way, and the modules are declared below in that order. A module may name those declared before it,
//! never those after it; a test checks that.
//!
//! ```text
//! Document ─▶ Link ─▶ Target ─▶ Observation ─▶ Ledger ─▶ Verdict ─▶ Score ─▶ RankedList ─▶ Plan
//! text        as       one       fact and       stored    alive,     order    what the     files before
//! and spans   written  address   time           state     dead, …             list shows   and after
//! ```
//!
//! | layer | modules | what they may use |
//! |---|---|---|
//! | domain | [`address`] to [`plan`] | neither clock nor files nor network: everything is a parameter |
//! | edges | [`probe`] (network), [`store`] (files), [`report`] (terminal, report formats) | the outside world, each its own part |
//! | program | [`cli`] (flags as given), [`settings`] (what they mean), [`commands`] (one function a command) | everything |
//!
//! - A failed request is a value, [`observation::Failure`], not an `Err`. Whether it means that a link is dead is
//!   decided from the record in the [`ledger`] and the [`policy`]; a verdict is never stored, so a changed policy
//!   needs no new request.
//! - The [`ledger`] changes only when there is news: small moves of a figure are not written, so rendering, which is
//!   a pure function of committed files, changes few lines a week.
//! - Everything that a list shows is one value, [`ranked_list::RankedList`]; [`render`] and [`explain`] print it.
//! - A source is never written anew: [`markdown`] and [`render::annotate`] give byte ranges and their replacements.
//! - [`probe::Probe`] is a trait because it has three users: the network, recordings, tests.
//! - The clock is read once, in [`settings::RunContext`], and passed down.

pub mod text;
pub mod address;
pub mod observation;
pub mod finding;
pub mod policy;
pub mod markdown;
pub mod ledger;
pub mod schedule;
pub mod verdict;
pub mod replacement;
pub mod judgement;
pub mod ranking;
pub mod ranked_list;
pub mod render;
pub mod shard;
pub mod news;
pub mod explain;
pub mod page;
pub mod change;
pub mod rules;
pub mod plan;
pub mod probe;
pub mod store;
pub mod report;
pub mod cli;
pub mod settings;
pub mod commands;
