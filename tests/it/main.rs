//! The tests that look at Pomona from outside: one binary.

mod bad_input;
mod desk;
mod house;
mod killed;
mod main_job;
mod readme;
