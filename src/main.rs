//! Arguments in, exit code out.

#![expect(clippy::print_stderr, reason = "errors of a run are printed here")]

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use pomona::cli::Cli;
use pomona::commands;
use pomona::settings::RunContext;
use pomona::text::escape::terminal;

fn main() -> ExitCode {
    let cli = Cli::read();
    let context = RunContext::open(&cli.verbosity);
    let mut out = BufWriter::new(io::stdout().lock());
    let done = commands::run(cli.command, &context, &mut out).and_then(|code| Ok(out.flush().map(|()| code)?));
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) if commands::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let text = format!("{error:#}");
            for (n, line) in text.lines().enumerate() {
                eprintln!("{}{}", if n == 0 { "error: " } else { "" }, terminal(line));
            }
            ExitCode::from(2)
        }
    }
}
