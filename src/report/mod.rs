//! What is told, in the forms it is told in.

pub mod links;
