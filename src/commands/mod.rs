//! The commands: each reads everything, checks, computes, then writes or prints.

mod addresses;
mod archives;
mod base;
mod caches;
mod check;
mod comment;
mod explain;
mod fix;
mod failures;
mod generate;
mod init;
mod judgements;
mod links;
mod list_files;
mod list_folder;
mod look;
mod merge;
mod packaging;
mod page;
mod people;
mod refresh;
mod star_history;
mod strip;
mod survey;
mod output;
mod probes;
mod write;

pub use failures::is_broken_pipe;

use std::io::Write;

use anyhow::Context;

use crate::cli::Command;
use crate::settings::{
    CheckSettings, ExplainSettings, FixSettings, GenerateMode, PageSettings, RefreshSettings, RunContext,
};

/// Runs a command: its exit code, or the reason why the job could not be done.
pub fn run(command: Command, context: &RunContext, out: &mut dyn Write) -> anyhow::Result<u8> {
    match command {
        Command::Links(args) => links::links(&args.paths, args.format, out),
        Command::Check(args) => {
            let settings = CheckSettings::new(&args, context).map_err(anyhow::Error::msg)?;
            wait(check::check(&settings, context, out))
        }
        Command::Refresh(args) => {
            let settings = RefreshSettings::new(&args, context).map_err(anyhow::Error::msg)?;
            refresh_lists(&settings, context, out)
        }
        Command::Generate(args) => {
            generate::generate(&args.folders, &GenerateMode::from(&args), args.list_written.as_deref(), out)
        }
        Command::Page(args) => page::page(&PageSettings::from(args), out),
        Command::Explain(args) => explain::explain(&ExplainSettings::from(&args), context, out),
        Command::Fix(args) => fix::fix(&FixSettings::from(&args), context, out),
        Command::Strip(args) => strip::strip(&args.folders, args.dry_run, out),
        Command::Init(args) => init::init(&args.folder, args.ranked, args.dry_run, out),
        Command::Merge(args) => merge::merge(&args.files, args.output.as_deref(), args.strict, out),
        Command::Comment(args) => {
            let (event, pulls, comments, report) = (args.event, args.pulls, args.comments, args.report);
            comment::comment(&comment::CommentFiles { event, pulls, comments, report }, out)
        }
        Command::Rules(args) => packaging::rules(args.markdown, out),
        Command::Schema(args) => packaging::schema(args.of, args.markdown, out),
        Command::Template => packaging::template(out),
        Command::Completions { shell } => {
            packaging::completions(shell, out);
            Ok(0)
        }
        Command::Man(args) => packaging::man(args.command.as_deref(), args.to.as_deref(), out),
    }
}

/// Refreshes lists as these settings state, for programs that have settings in place of flags: the exit code.
pub fn refresh_lists(settings: &RefreshSettings, context: &RunContext, out: &mut dyn Write) -> anyhow::Result<u8> {
    wait(refresh::refresh(settings, context, out))
}

/// Waits for a run on one thread: the time goes to the network, not to computing. With a second one the processor time
/// of 20,000 links over loopback nearly doubles, and the run takes longer.
fn wait(run: impl Future<Output = anyhow::Result<u8>>) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("the async runtime cannot be started")?.block_on(run)
}
