//! What is written: edits of a list's text, the generated list, and the same in other formats.
//!
//! Takes a document or a ranked and gives text. It touches no file and decides nothing: order, places and
//! marks are made in `ranked`.

pub mod annotate;
pub mod compose;
pub mod contents;
pub mod escape;
pub mod export;
pub mod list;
mod replacements;
