//! One straight line per command.

mod annotate;
mod base;
mod caches;
mod check;
mod explain;
mod fragments;
mod generate;
mod init;
mod judgements;
mod links;
mod list_folder;
mod look;
mod merge;
mod packaging;
mod refresh;
mod strip;
mod output;
mod probes;
mod write;

use std::io::Write;

use anyhow::Context;

use crate::cli::Command;
use crate::settings::RunContext;

/// Runs a command: its exit code, or why the job could not be done.
pub fn run(command: Command, context: &RunContext, out: &mut dyn Write) -> anyhow::Result<u8> {
    match command {
        Command::Links(args) => links::links(&args, out),
        Command::Check(args) => wait(check::check(&args, context, out)),
        Command::Refresh(args) => wait(refresh::refresh(&args, context, out)),
        Command::Generate(args) => generate::generate(&args, context, out),
        Command::Explain(args) => explain::explain(&args, context, out),
        Command::Strip(args) => strip::strip(&args, out),
        Command::Init(args) => init::init(&args, out),
        Command::Merge(args) => merge::merge(&args, out),
        Command::Rules(args) => packaging::rules(&args, out),
        Command::Template => packaging::template(out),
        Command::Completions { shell } => {
            packaging::completions(shell, out);
            Ok(0)
        }
        Command::Man => packaging::man(out),
    }
}

/// Waits for a run on one thread: it is the network that takes the time, not we.
fn wait(run: impl Future<Output = anyhow::Result<u8>>) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("the runtime cannot be made")?.block_on(run)
}
