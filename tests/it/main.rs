//! The tests that look at Pomona from outside: one binary.

mod house;
