//! What was said: the command line as clap reads it. It decides nothing.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::policy::Rewrite;
use crate::report::{Format, Output};

const AFTER: &str = "\
Exit codes:
  0  done, or nothing to do
  1  findings of level error: a dead link, a broken rule, a list out of date
  2  the job could not be done: a bad flag, an unreadable file, a refused token, no network";

const AFTER_LONG: &str = "\
Exit codes:
  0  done, or nothing to do. A run that is incomplete (rate limit, time budget)
     ends with 0 and a warning; `--strict` makes warnings count as errors
  1  findings of level error: a dead link, a broken rule, a list out of date
  2  the job could not be done: a bad flag, an unreadable file, a refused token,
     no network at all

Environment:
  GITHUB_TOKEN, GH_TOKEN     token for GitHub's API; else `gh auth token` is asked
  GITHUB_API_URL             GitHub's REST API, for GitHub Enterprise Server
  GITHUB_GRAPHQL_URL         GitHub's GraphQL API, for GitHub Enterprise Server
  HTTPS_PROXY, NO_PROXY      a proxy, and hosts that need none
  NO_COLOR                   no colour
  POMONA_…                   most flags, such as POMONA_MAX_WAIT=1m";

/// Keeps an awesome list alive, ranked and honest.
///
/// Pomona reads the links of a Markdown list, looks whether each is alive, asks GitHub about fifty
/// repositories at a time, remembers what it saw, and writes the list back: annotated in place, or as a
/// ranked list in another file.
#[derive(Debug, Parser)]
#[command(name = "pomona", version, after_help = AFTER, after_long_help = AFTER_LONG, max_term_width = 100)]
#[command(disable_help_subcommand = true, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How much to say.
    #[command(flatten)]
    pub verbosity: Verbosity,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print every link with its place, category, title and target.
    Links(Links),
    /// Look at every link and tell what is wrong.
    Check(Box<Check>),
    /// Look, fetch, remember, rank and write the list: the scheduled job.
    Refresh(Box<Refresh>),
    /// Write the list from what is remembered: offline and reproducible.
    Generate(Generate),
    /// Show why an entry has its rank, marks and verdict.
    Explain(Explain),
    /// Take everything that Pomona wrote out of an annotated list.
    Strip(Strip),
    /// Make an existing README a list that Pomona keeps.
    Init(Init),
    /// Join what several runs recorded.
    Merge(Merge),
    /// List the rules for entries.
    Rules(Rules),
    /// Print the default template of generated lists.
    Template,
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man,
}

/// How much to say, for every command.
#[derive(Debug, Clone, Args)]
pub struct Verbosity {
    /// Say more: what is asked, and what is taken from the cache. Twice: each look.
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = "How to tell it")]
    pub verbose: u8,
    /// Say only what is wrong.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "How to tell it")]
    pub quiet: bool,
    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, help_heading = "How to tell it")]
    pub color: ColorWhen,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A shell that completions are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash.
    Bash,
    /// Elvish.
    Elvish,
    /// Fish.
    Fish,
    /// PowerShell.
    Powershell,
    /// Zsh.
    Zsh,
}

/// `pomona links`
#[derive(Debug, Args)]
pub struct Links {
    /// List folders or Markdown files; `-` is standard input.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// The form of the output.
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "How to tell it")]
    pub format: LinksFormat,
}

/// The forms of `pomona links`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LinksFormat {
    /// For people: place, kind, title and address.
    Text,
    /// One JSON object a line.
    Jsonl,
}

/// `pomona check`
#[derive(Debug, Args)]
pub struct Check {
    /// List folders or Markdown files; `-` is standard input.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Look and network.
    #[command(flatten)]
    pub look: Look,
    /// Only what was added or edited since this git revision can fail.
    #[arg(long, value_name = "REV", help_heading = "What to look at")]
    pub changed_since: Option<String>,
    /// Only what differs from this file can fail: the list as it was before the change.
    #[arg(long, value_name = "FILE", conflicts_with = "changed_since", help_heading = "What to look at")]
    pub base: Option<PathBuf>,
    /// How it is told.
    #[command(flatten)]
    pub tell: OutputArgs,
}

/// `pomona refresh`
#[derive(Debug, Args)]
pub struct Refresh {
    /// List folders.
    #[arg(default_value = ".", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// Look and network.
    #[command(flatten)]
    pub look: Look,
    /// Which addresses in the source may be changed.
    #[arg(long, value_name = "WHICH", env = "POMONA_REWRITE", help_heading = "What to write")]
    pub rewrite: Option<Rewrite>,
    /// Print the unified diff in place of writing.
    #[arg(long, help_heading = "What to write")]
    pub dry_run: bool,
    /// How it is told.
    #[command(flatten)]
    pub tell: OutputArgs,
}

/// `pomona generate`
#[derive(Debug, Args)]
pub struct Generate {
    /// List folders.
    #[arg(default_value = ".", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// Print the unified diff in place of writing.
    #[arg(long, help_heading = "What to write")]
    pub dry_run: bool,
    /// Write nothing; exit 1 where the list is out of date.
    #[arg(long, help_heading = "What to write")]
    pub check: bool,
    /// Print the list in another form in place of writing it.
    #[arg(long, value_name = "FORMAT", help_heading = "How to tell it")]
    pub export: Option<Export>,
}

/// Other forms of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Export {
    /// Everything that the list shows, versioned.
    Json,
    /// One row an entry.
    Csv,
    /// A feed of what changed.
    Atom,
    /// A chart of the stars over time.
    Svg,
}

/// `pomona explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The entry: its name, title or address.
    #[arg(required_unless_present = "section")]
    pub entry: Option<String>,
    /// A whole section, by its heading.
    #[arg(long, value_name = "HEADING", conflicts_with = "entry")]
    pub section: Option<String>,
    /// The list's folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub list: PathBuf,
    /// The form of the output.
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "How to tell it")]
    pub format: ExplainFormat,
}

/// The forms of `pomona explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// A small table.
    Text,
    /// JSON.
    Json,
}

/// `pomona strip`
#[derive(Debug, Args)]
pub struct Strip {
    /// List folders.
    #[arg(default_value = ".", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// Print the unified diff in place of writing.
    #[arg(long, help_heading = "What to write")]
    pub dry_run: bool,
}

/// `pomona init`
#[derive(Debug, Args)]
pub struct Init {
    /// The folder with the README.
    #[arg(default_value = ".", value_name = "DIR")]
    pub folder: PathBuf,
    /// Print the unified diff in place of writing.
    #[arg(long, help_heading = "What to write")]
    pub dry_run: bool,
}

/// `pomona merge`
#[derive(Debug, Args)]
pub struct Merge {
    /// Files of recorded answers.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// `pomona rules`
#[derive(Debug, Args)]
pub struct Rules {
    /// Print them as a Markdown page.
    #[arg(long)]
    pub markdown: bool,
}

/// What to look at, and how.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Look {
    /// Look at nothing: judge from what is remembered.
    #[arg(long, env = "POMONA_OFFLINE", help_heading = "What to look at")]
    pub offline: bool,
    /// Look only at repositories on forges, or only at other pages.
    #[arg(long, value_name = "WHAT", env = "POMONA_ONLY", help_heading = "What to look at")]
    pub only: Option<Only>,
    /// Look for the `#fragment` of links to other pages in those pages.
    #[arg(long, env = "POMONA_FRAGMENTS", help_heading = "What to look at")]
    pub fragments: bool,
    /// How old a look from the cache may be [default: 1d].
    #[arg(long, value_name = "DURATION", value_parser = duration, env = "POMONA_MAX_AGE", help_heading = "What to look at")]
    pub max_age: Option<Duration>,
    /// Neither read nor write the cache.
    #[arg(long, env = "POMONA_NO_CACHE", help_heading = "What to look at")]
    pub no_cache: bool,
    /// Look only at this part of the hosts, such as 2/5.
    #[arg(long, value_name = "I/N", help_heading = "What to look at")]
    pub shard: Option<String>,
    /// Longest wait for a host or an API that refuses.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m", env = "POMONA_MAX_WAIT", help_heading = "Network")]
    pub max_wait: Duration,
    /// Time budget of the whole run: what is not seen by then is not looked at.
    #[arg(long, value_name = "DURATION", value_parser = duration, env = "POMONA_MAX_TIME", help_heading = "Network")]
    pub max_time: Option<Duration>,
    /// Requests under way at once, over all hosts.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096), env = "POMONA_CONCURRENCY", help_heading = "Network")]
    pub concurrency: Option<u16>,
    /// Look at private and loopback addresses too.
    #[arg(long, env = "POMONA_ALLOW_PRIVATE", help_heading = "Network")]
    pub allow_private: bool,
    /// Read the GitHub token from this file.
    #[arg(long, value_name = "FILE", env = "POMONA_GITHUB_TOKEN_FILE", help_heading = "Network")]
    pub github_token_file: Option<PathBuf>,
    /// Keep every answer in this file.
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub record: Option<PathBuf>,
    /// Take every answer from this file: no network is used.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["record", "offline"], help_heading = "Network")]
    pub replay: Option<PathBuf>,
}

/// A part of the targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Only {
    /// Repositories and owners on forges.
    Forges,
    /// Every other page.
    Web,
}

/// How a check is told.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// The form of standard output.
    #[arg(long, value_name = "FORMAT", default_value = "text", env = "POMONA_FORMAT", help_heading = "How to tell it")]
    pub format: Format,
    /// Write a report to a file as well; may be given several times.
    #[arg(long, value_name = "FORMAT=FILE", help_heading = "How to tell it")]
    pub output: Vec<Output>,
    /// Warnings count as errors.
    #[arg(long, env = "POMONA_STRICT", help_heading = "How to tell it")]
    pub strict: bool,
}

/// Reads a duration: a whole number and one of `s`, `m`, `h`, `d`, `w`.
fn duration(text: &str) -> Result<Duration, String> {
    const HELP: &str = "expected a whole number and `s`, `m`, `h`, `d` or `w`, such as `90s` or `1d`";
    let end = text.find(|c: char| !c.is_ascii_digit()).ok_or(HELP)?;
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().map_err(|_| HELP)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err(HELP.to_owned()),
    };
    number
        .checked_mul(seconds)
        .filter(|s| *s <= 10 * 366 * 86_400)
        .map(Duration::from_secs)
        .ok_or_else(|| HELP.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_are_numbers_with_a_unit() {
        for (text, seconds) in [("0s", 0), ("90s", 90), ("5m", 300), ("2h", 7_200), ("1d", 86_400), ("1w", 604_800)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "5", "m", "-1s", "1y", "99999999999999999999s", "99999999999w"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
