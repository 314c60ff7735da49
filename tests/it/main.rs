//! Tests of the program from outside, in one binary.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on stops; its files are its own"
)]

mod bad_input;
mod cases;
mod fragments;
mod init;
mod architecture;
mod keeper;
mod killed;
mod main_job;
mod network;
mod publish;
mod ranks;
mod readme;
mod comment_workflow;
mod submission;
mod schema;
mod several_files;
mod several_lists;
mod replacements;
mod star_history;
mod trust;
mod workspace;
