//! What a list becomes: edits of its text, and generated Markdown. Pure: a document and decisions in, text out.

pub mod annotate;
pub mod contents;
mod order;
