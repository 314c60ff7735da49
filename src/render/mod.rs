//! What is written: the generated list, and the same in other formats.
//!
//! Takes a catalogue and gives text. It touches no file and decides nothing: order, places and marks are made in
//! `catalogue`.

pub mod escape;
pub mod export;
pub mod list;
