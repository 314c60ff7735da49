//! The command line as clap parses it. It decides nothing: `settings` turns it into settings.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::address::Scope;
use crate::policy::{self, Rewrite};
use crate::render::export::ExportFormat;
use crate::replacement::ReplacementKind;
use crate::report::{ExplainFormat, Format, LinksFormat, Output};
use crate::shard::ShardName;

const OUTPUT: &str = "Output";
const NETWORK: &str = "Network";
const CHECKING: &str = "Checking";
const WRITING: &str = "Writing";

const AFTER: &str = "\
Exit codes:
  0  done, or nothing to do
  1  findings of level error: a dead link, a broken rule, a list out of date
  2  the job could not be done: a bad flag, an unreadable file, no network";

const AFTER_LONG: &str = "\
Exit codes:
  0  done, or nothing to do. An incomplete run (rate limit, time budget) ends
     with 0 and a warning; `--strict` makes warnings count as errors
  1  findings of level error: a dead link, a broken rule, a list out of date
  2  the job could not be done: a bad flag, an unreadable file, no network at all

Environment:
  GITHUB_TOKEN, GH_TOKEN     token for GitHub's API; else `gh auth token` is run
  POMONA_GITHUB_TOKENS       several tokens, one request at a time for each
  JOB_COMPLETION_INDEX       the number of `--shard auto/N` in a Kubernetes job, from 0
  CI_NODE_INDEX              the same in GitLab, from 1
  GH_ENTERPRISE_TOKEN        token for a GitHub Enterprise Server
  GITHUB_SERVER_URL          the GitHub Enterprise Server that the token belongs to
  GITHUB_API_URL             REST API of a GitHub Enterprise Server
  GITHUB_GRAPHQL_URL         GraphQL API of a GitHub Enterprise Server
  HTTPS_PROXY, NO_PROXY      a proxy, and hosts that need none
  NO_COLOR                   no colour
  SOURCE_DATE_EPOCH          time of the run, for reproducible output
  POMONA_…                   defaults of flags, such as POMONA_MAX_WAIT=1m";

/// Keeps an awesome list alive, ranked and honest.
///
/// Pomona extracts the links of a Markdown list, checks whether each is alive, fetches stars and activity of
/// fifty GitHub repositories in one request, stores the results, and writes the list back: annotated in place,
/// or as a ranked list in another file.
#[derive(Debug, Parser)]
#[command(name = "pomona", version, after_help = AFTER, after_long_help = AFTER_LONG, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How much to print.
    #[command(flatten)]
    pub verbosity: Verbosity,
}

impl Cli {
    /// Parses the arguments of this process; prints help, version or usage errors and exits where clap does.
    #[must_use]
    pub fn read() -> Self {
        let matches = command().get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// The command line for parsing, help, completions and manual pages.
///
/// clap shows the environment variable of a flag in the short help as well, where it takes half of each line:
/// here it stands in the long help and in the manual page only.
#[must_use]
pub fn command() -> clap::Command {
    with_environment(Cli::command())
}

fn with_environment(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| {
        let Some(variable) = arg.get_env().map(|name| name.to_string_lossy().into_owned()) else { return arg };
        let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
        arg.hide_env(true).long_help(format!("{help}\n\n[env: {variable}]"))
    });
    command.mut_subcommands(with_environment)
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print every link with its place, section, title and target.
    Links(Links),
    /// Check every link and report what is wrong.
    Check(Box<Check>),
    /// Check, fetch, rank and write the list: the scheduled job.
    Refresh(Box<Refresh>),
    /// Write the list from stored results: offline and reproducible.
    Generate(Generate),
    /// Write the page of a list: one HTML file that shows, finds and explains its entries.
    Page(Page),
    /// Show why an entry has its rank, marks and verdict.
    Explain(Explain),
    /// Replace dead links by what came after them, as far as you name it.
    Fix(Fix),
    /// Remove everything that Pomona wrote into a list.
    Strip(Strip),
    /// Set up Pomona for an existing README.
    Init(Init),
    /// Join the recordings of several runs into one.
    Merge(Merge),
    /// Print the comment on a pull request from the report of its check.
    Comment(Comment),
    /// List the rules and their levels.
    Rules(Rules),
    /// Print the JSON schema of pomona.toml or of a report.
    Schema(Schema),
    /// Print the default template of a list.
    Template,
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print a manual page, or write all of them to a folder.
    Man(Man),
}

/// How much every command prints.
#[derive(Debug, Clone, Args)]
pub struct Verbosity {
    /// Print progress in words: requests, cache hits. Twice: each result.
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = OUTPUT)]
    pub verbose: u8,
    /// Print errors and warnings only.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = OUTPUT)]
    pub quiet: bool,
    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, help_heading = OUTPUT, value_parser = one_of(&COLORS))]
    pub color: ColorWhen,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// `pomona links`
#[derive(Debug, Args)]
pub struct Links {
    /// List folders or Markdown files; `-` is standard input.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Format of standard output.
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = OUTPUT, value_parser = one_of(&LINKS_FORMATS))]
    pub format: LinksFormat,
}

/// `pomona check`
#[derive(Debug, Args)]
pub struct Check {
    /// List folders or Markdown files; `-` is standard input.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// What is checked, and how.
    #[command(flatten)]
    pub look: LookArgs,
    /// Report only what was added or edited since this git revision.
    #[arg(long, value_name = "REV", help_heading = CHECKING)]
    pub changed_since: Option<String>,
    /// Report only what differs from this file: the list before the change.
    #[arg(long, value_name = "FILE", conflicts_with = "changed_since", help_heading = CHECKING)]
    pub base: Option<PathBuf>,
    /// Where the report goes.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `pomona refresh`
#[derive(Debug, Args)]
pub struct Refresh {
    /// List folders.
    #[arg(default_value = ".", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// What is checked, and how.
    #[command(flatten)]
    pub look: LookArgs,
    /// Ask GitHub for the stars of the weeks before the first refresh: one call a repository, once.
    #[arg(long, env = "POMONA_BOOTSTRAP_HISTORY", help_heading = CHECKING)]
    pub bootstrap_history: bool,
    /// Which addresses may be changed in the source.
    #[arg(long, value_name = "WHICH", env = "POMONA_REWRITE", help_heading = WRITING, value_parser = one_of(&REWRITES))]
    pub rewrite: Option<Rewrite>,
    /// Print a diff instead of writing.
    #[arg(long, help_heading = WRITING)]
    pub dry_run: bool,
    /// Write the paths of the files that were written to this file, one a line.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub list_written: Option<PathBuf>,
    /// Where the report goes.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What `generate` prints instead of writing the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// The list in another format.
    List(ExportFormat),
    /// What is new in it.
    News,
}

/// `pomona generate`
#[derive(Debug, Args)]
pub struct Generate {
    /// List folders.
    #[arg(default_value = ".", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// Print a diff instead of writing.
    #[arg(long, help_heading = WRITING)]
    pub dry_run: bool,
    /// Write nothing; exit with 1 if the list is out of date.
    #[arg(long, help_heading = WRITING)]
    pub check: bool,
    /// Print the list in another format instead of writing it.
    #[arg(long, visible_alias = "format", value_name = "FORMAT", help_heading = OUTPUT, value_parser = one_of(&EXPORTS))]
    pub export: Option<Export>,
    /// For `news`: the commit since which something is new.
    #[arg(long, value_name = "REVISION", default_value = "HEAD", help_heading = OUTPUT)]
    pub since: String,
    /// For `news`: the address of the repository's files, such as `https://github.com/me/list/blob/main`, to link lines.
    #[arg(long, value_name = "URL", help_heading = OUTPUT)]
    pub link: Option<String>,
    /// Write the paths of the files that were written to this file, one a line.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub list_written: Option<PathBuf>,
}

/// `pomona page`
#[derive(Debug, Args)]
pub struct Page {
    /// List folders.
    #[arg(default_value = ".", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// The HTML file to write; else the one that the policy names, else `index.html` in the list's folder. Of several
    /// lists it is the page over all of them, and theirs stand in folders beside it.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub output: Option<PathBuf>,
    /// The address at which it is published (`page.base-url`).
    #[arg(long, value_name = "URL", value_parser = web_address, help_heading = OUTPUT)]
    pub base_url: Option<String>,
    /// The address of the repository's files, where entries link their line of the source (`page.source-url`).
    #[arg(long, value_name = "URL", value_parser = web_address, help_heading = OUTPUT)]
    pub link: Option<String>,
}

/// `pomona explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The entry: its name, title or address. With `--section`: the folder.
    #[arg(required_unless_present = "section")]
    pub entry: Option<String>,
    /// The list's folder.
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Explain all entries under this heading.
    #[arg(long, value_name = "HEADING")]
    pub section: Option<String>,
    /// Compare with this entry: which part of the score decides.
    #[arg(long, value_name = "ENTRY", conflicts_with = "section")]
    pub versus: Option<String>,
    /// Format of standard output.
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = OUTPUT, value_parser = one_of(&EXPLAIN_FORMATS))]
    pub format: ExplainFormat,
}

/// `pomona strip`
#[derive(Debug, Args)]
pub struct Strip {
    /// List folders.
    #[arg(default_value = ".", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// Print a diff instead of writing.
    #[arg(long, help_heading = WRITING)]
    pub dry_run: bool,
}

/// `pomona fix`
#[derive(Debug, Args)]
pub struct Fix {
    /// List folders.
    #[arg(default_value = ".", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// Apply replacements of these kinds; without it a terminal asks for each, and elsewhere nothing is written.
    #[arg(long, value_name = "KINDS", value_delimiter = ',', help_heading = WRITING, value_parser = one_of(&KINDS))]
    pub kind: Vec<ReplacementKind>,
    /// Print what is offered and a diff instead of writing.
    #[arg(long, help_heading = WRITING)]
    pub dry_run: bool,
}

/// `pomona init`
#[derive(Debug, Args)]
pub struct Init {
    /// The folder with the README.
    #[arg(default_value = ".", value_name = "DIR")]
    pub folder: PathBuf,
    /// Move the README to list.md, and let `refresh` write it from there, ranked.
    #[arg(long, help_heading = WRITING)]
    pub ranked: bool,
    /// Print a diff instead of writing.
    #[arg(long, help_heading = WRITING)]
    pub dry_run: bool,
}

/// `pomona merge`
#[derive(Debug, Args)]
pub struct Merge {
    /// Files written by `--record`, or folders of them (`.jsonl`).
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write the result to this file instead of printing it.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub output: Option<PathBuf>,
    /// Exit with 1 where a shard is missing, ended early or came more than once.
    #[arg(long, env = "POMONA_STRICT", help_heading = OUTPUT)]
    pub strict: bool,
}

/// `pomona comment`
#[derive(Debug, Args)]
pub struct Comment {
    /// The event of the workflow (`GITHUB_EVENT_PATH`).
    #[arg(long, value_name = "FILE")]
    pub event: PathBuf,
    /// The open pull requests of the branch that was checked, as GitHub's API lists them.
    #[arg(long, value_name = "FILE")]
    pub pulls: PathBuf,
    /// The comments of the pull request, as GitHub's API lists them.
    #[arg(long, value_name = "FILE")]
    pub comments: PathBuf,
    /// The JSON report of the check.
    #[arg(long, value_name = "FILE")]
    pub report: PathBuf,
}

/// `pomona rules`
#[derive(Debug, Args)]
pub struct Rules {
    /// Print them as a Markdown page.
    #[arg(long)]
    pub markdown: bool,
}

/// `pomona schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// What the schema describes.
    #[arg(default_value = "policy", value_parser = one_of(&SCHEMAS))]
    pub of: SchemaOf,
    /// Print the reference of the policy as a Markdown page instead.
    #[arg(long)]
    pub markdown: bool,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaOf {
    /// `pomona.toml`.
    Policy,
    /// The report of `pomona check --format json`.
    Check,
    /// One line of `pomona check --format jsonl`.
    CheckLine,
    /// One line of `pomona links --format jsonl`.
    Link,
    /// The list as `pomona generate --export json` writes it.
    List,
    /// An entry as `pomona explain --format json` prints it.
    Explain,
}

/// `pomona man`
#[derive(Debug, Args)]
pub struct Man {
    /// The command; without it, the page of `pomona` itself.
    pub command: Option<String>,
    /// Write the pages of all commands to this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub to: Option<PathBuf>,
}

/// What is checked, and how.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct LookArgs {
    /// Do not access the network; use stored results.
    #[arg(long, env = "POMONA_OFFLINE", help_heading = CHECKING)]
    pub offline: bool,
    /// Check only repositories on Git hosts, or only other pages.
    #[arg(long, value_name = "WHAT", env = "POMONA_ONLY", help_heading = CHECKING, value_parser = one_of(&SCOPES))]
    pub only: Option<Scope>,
    /// Check that the `#fragment` of a link exists in its page.
    #[arg(long, env = "POMONA_FRAGMENTS", help_heading = CHECKING)]
    pub fragments: bool,
    /// Ask archives for copies of dead links: their addresses are sent there, once each.
    #[arg(long, env = "POMONA_SUGGEST", help_heading = CHECKING)]
    pub suggest: bool,
    /// Longest age of a cached result [default: 1d].
    #[arg(long, value_name = "DURATION", value_parser = policy::duration, env = "POMONA_MAX_AGE", help_heading = CHECKING)]
    pub max_age: Option<Duration>,
    /// Neither read nor write the cache.
    #[arg(long, env = "POMONA_NO_CACHE", help_heading = CHECKING)]
    pub no_cache: bool,
    /// Check only this part of the hosts, such as 2/5; `auto/5` takes the number from the job's environment.
    #[arg(long, value_name = "I/N", value_parser = str::parse::<ShardName>, env = "POMONA_SHARD", help_heading = CHECKING)]
    pub shard: Option<ShardName>,
    /// Longest wait for a host or an API that limits its rate.
    #[arg(long, value_name = "DURATION", value_parser = policy::duration, default_value = "5m", env = "POMONA_MAX_WAIT", help_heading = NETWORK)]
    pub max_wait: Duration,
    /// Time budget of the whole run: what is left then is not checked.
    #[arg(long, value_name = "DURATION", value_parser = policy::duration, env = "POMONA_MAX_TIME", help_heading = NETWORK)]
    pub max_time: Option<Duration>,
    /// Most requests in flight at once, over all hosts; those that only wait for an answer do not count.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096), env = "POMONA_CONCURRENCY", help_heading = NETWORK)]
    pub concurrency: Option<u16>,
    /// Allow private and loopback addresses.
    #[arg(long, env = "POMONA_ALLOW_PRIVATE", help_heading = NETWORK)]
    pub allow_private: bool,
    /// Read the GitHub token from this file, or several, one a line.
    #[arg(long, value_name = "FILE", env = "POMONA_GITHUB_TOKEN_FILE", help_heading = NETWORK)]
    pub github_token_file: Option<PathBuf>,
    /// Record every response to this file.
    #[arg(long, value_name = "FILE", help_heading = NETWORK)]
    pub record: Option<PathBuf>,
    /// Use the responses recorded in this file instead of the network.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["record", "offline"], help_heading = NETWORK)]
    pub replay: Option<PathBuf>,
}

/// Where a report goes.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// Format of standard output.
    #[arg(long, value_name = "FORMAT", default_value = "text", env = "POMONA_FORMAT", help_heading = OUTPUT, value_parser = one_of(&Format::ALL))]
    pub format: Format,
    /// Write a report to a file as well; may be given several times.
    #[arg(long, value_name = "FORMAT=FILE", help_heading = OUTPUT)]
    pub output: Vec<Output>,
    /// Warnings count as errors.
    #[arg(long, env = "POMONA_STRICT", help_heading = OUTPUT)]
    pub strict: bool,
}

/// A value of a flag: how it is spelt, what it means, and what it stands for.
type Choice<T> = (&'static str, &'static str, T);

const COLORS: [Choice<ColorWhen>; 3] = [
    ("auto", "on a terminal, unless NO_COLOR is set", ColorWhen::Auto),
    ("always", "always", ColorWhen::Always),
    ("never", "never", ColorWhen::Never),
];

const SCHEMAS: [Choice<SchemaOf>; 6] = [
    ("policy", "pomona.toml", SchemaOf::Policy),
    ("check", "the report of `pomona check --format json`", SchemaOf::Check),
    ("check-line", "one line of `pomona check --format jsonl`", SchemaOf::CheckLine),
    ("link", "one line of `pomona links --format jsonl`", SchemaOf::Link),
    ("list", "the list as `pomona generate --export json` writes it", SchemaOf::List),
    ("explain", "an entry as `pomona explain --format json` prints it", SchemaOf::Explain),
];

const SCOPES: [Choice<Scope>; 2] =
    [("forges", "repositories and owners on Git hosts", Scope::Forges), ("web", "every other page", Scope::Web)];

const REWRITES: [Choice<Rewrite>; 3] = [
    ("none", "none", Rewrite::None),
    ("renames", "those of renamed or transferred repositories", Rewrite::Renames),
    ("redirects", "those, and pages that redirect permanently within one domain", Rewrite::Redirects),
];

const LINKS_FORMATS: [Choice<LinksFormat>; 2] = [
    ("text", "for people: place, kind, title and address", LinksFormat::Text),
    ("jsonl", "one JSON object a line", LinksFormat::Jsonl),
];

const EXPLAIN_FORMATS: [Choice<ExplainFormat>; 2] =
    [("text", "a small table", ExplainFormat::Text), ("json", "one JSON object", ExplainFormat::Json)];

const KINDS: [Choice<ReplacementKind>; 7] = [
    ("renamed", "the same repository under a new name", ReplacementKind::Renamed),
    ("transferred", "the same repository under a new owner", ReplacementKind::Transferred),
    ("successor", "what its owner names as the successor", ReplacementKind::Successor),
    ("fork", "a fork that lives", ReplacementKind::Fork),
    ("moved", "where the page moved", ReplacementKind::Moved),
    ("archive", "a copy in the Wayback Machine from before its death", ReplacementKind::Archive),
    ("source_archive", "its source in Software Heritage", ReplacementKind::SourceArchive),
];

const EXPORTS: [Choice<Export>; 5] = [
    ("json", "everything that the list shows", Export::List(ExportFormat::Json)),
    ("csv", "one row an entry", Export::List(ExportFormat::Csv)),
    ("atom", "a feed of what changed", Export::List(ExportFormat::Atom)),
    ("svg", "a chart of stars over time", Export::List(ExportFormat::Svg)),
    ("news", "what is new since a commit, for a pull request", Export::News),
];

/// An address that a page may link.
fn web_address(text: &str) -> Result<String, String> {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    if is_web { Ok(text.to_owned()) } else { Err("expected an address that begins with `https://`".to_owned()) }
}

/// Accepts one of `choices`. The types themselves know nothing of clap.
fn one_of<T: Copy + Send + Sync + 'static>(choices: &'static [Choice<T>]) -> impl TypedValueParser<Value = T> {
    let names = choices.iter().map(|(name, help, _)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(names).try_map(move |given| {
        choices.iter().find(|(name, ..)| *name == given).map(|(.., value)| *value).ok_or("not one of the choices")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn short_help_shows_no_environment_and_long_help_names_each_variable() {
        let mut check = command().find_subcommand("check").unwrap().clone();
        let (short, long) = (check.render_help().to_string(), check.render_long_help().to_string());
        assert!(!short.contains("POMONA_"), "{short}");
        for variable in ["POMONA_OFFLINE", "POMONA_MAX_WAIT", "POMONA_STRICT"] {
            assert!(long.contains(&format!("[env: {variable}]")), "{variable}: {long}");
        }
    }
}
