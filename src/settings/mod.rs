//! Settings of a run: defaults, then `pomona.toml`, then the environment, then flags.
//!
//! Everything is resolved here before a command works: below this module there is no clap type, and no question
//! of where a value came from. The environment is read here and nowhere else, once.

#![expect(clippy::disallowed_methods, reason = "this module reads the environment")]

mod command;
mod policy;

pub use command::{
    Answers, Base, CheckSettings, ExplainSettings, FixSettings, GenerateMode, LookSettings, OutputSettings,
    PageSettings, RefreshSettings,
};
pub use policy::{Overrides, PolicyError, policy};

use std::env;
use std::io::IsTerminal;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::cli::{ColorWhen, Verbosity};

/// What is known of the surroundings of a run: time, terminal and environment.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// The time of this run.
    pub now: Timestamp,
    /// Whether standard error is a terminal.
    pub terminal: bool,
    /// Whether the run is in CI (`CI` is set and not `false`).
    pub ci: bool,
    /// The width of the terminal that standard output is, in columns; none where it is a file or a pipe.
    pub width: Option<usize>,
    /// Whether reports are coloured.
    pub color: bool,
    /// -1 quiet, 0 normal, 1 verbose, 2 very verbose.
    pub verbosity: i8,
    /// The user's cache folder.
    pub cache: Option<PathBuf>,
    /// `GITHUB_TOKEN`, else `GH_TOKEN`.
    pub token: Option<String>,
    /// `POMONA_GITHUB_TOKENS`: several tokens, parted by white space or commas.
    pub tokens: Option<String>,
    /// `GH_ENTERPRISE_TOKEN`, else `GITHUB_ENTERPRISE_TOKEN`: the token of a GitHub Enterprise Server.
    pub enterprise_token: Option<String>,
    /// The number of this job among those that share the work, from 1: `JOB_COMPLETION_INDEX` (of a Kubernetes Indexed
    /// Job, from 0), else `CI_NODE_INDEX` (of GitLab's `parallel`, from 1).
    pub job: Option<u32>,
    /// `GITHUB_SERVER_URL`.
    pub server_url: Option<String>,
    /// `GITHUB_REPOSITORY`: the repository whose CI runs this.
    pub repository: Option<String>,
    /// `GITHUB_EVENT_PATH`: the event that CI runs this for.
    pub event_path: Option<PathBuf>,
    /// `GITHUB_API_URL`.
    pub api_url: Option<String>,
    /// `GITHUB_GRAPHQL_URL`.
    pub graphql_url: Option<String>,
}

impl RunContext {
    /// Reads the clock, the terminal and the environment.
    pub fn open(verbosity: &Verbosity) -> Self {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
        let color = match verbosity.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => variable("NO_COLOR").is_none() && std::io::stdout().is_terminal(),
        };
        let token = |names: [&str; 2]| names.into_iter().find_map(variable).map(|token| token.trim().to_owned());
        Self {
            now: now(variable("SOURCE_DATE_EPOCH").as_deref()),
            terminal: std::io::stderr().is_terminal(),
            ci: variable("CI").is_some_and(|value| value != "false"),
            width: terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0)),
            color,
            verbosity: if verbosity.quiet { -1 } else { i8::try_from(verbosity.verbose).unwrap_or(2) },
            cache: user_cache(variable),
            token: token(["GITHUB_TOKEN", "GH_TOKEN"]),
            tokens: variable("POMONA_GITHUB_TOKENS"),
            enterprise_token: token(["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]),
            job: job(variable),
            server_url: variable("GITHUB_SERVER_URL"),
            repository: variable("GITHUB_REPOSITORY"),
            event_path: variable("GITHUB_EVENT_PATH").map(PathBuf::from),
            api_url: variable("GITHUB_API_URL"),
            graphql_url: variable("GITHUB_GRAPHQL_URL"),
        }
    }
}

/// The time of the run: `SOURCE_DATE_EPOCH` in seconds since 1970, as reproducible builds set it
/// (<https://reproducible-builds.org/specs/source-date-epoch/>), else the clock's.
fn now(epoch: Option<&str>) -> Timestamp {
    let given = epoch.and_then(|text| text.trim().parse().ok()).and_then(|n| Timestamp::from_second(n).ok());
    given.unwrap_or_else(Timestamp::now)
}

fn job(variable: impl Fn(&str) -> Option<String>) -> Option<u32> {
    let number = |name: &str| variable(name)?.trim().parse::<u32>().ok();
    number("JOB_COMPLETION_INDEX").map(|index| index.saturating_add(1)).or_else(|| number("CI_NODE_INDEX"))
}

/// `$XDG_CACHE_HOME`, else the platform's folder under the home.
fn user_cache(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if let Some(folder) = variable("XDG_CACHE_HOME") {
        return Some(PathBuf::from(folder));
    }
    if cfg!(windows) {
        return variable("LOCALAPPDATA").map(PathBuf::from);
    }
    let home = PathBuf::from(variable("HOME")?);
    Some(if cfg!(target_os = "macos") { home.join("Library/Caches") } else { home.join(".cache") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_numbered_from_one() {
        let of = |set: &'static [(&str, &str)]| {
            job(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[("JOB_COMPLETION_INDEX", "0")]), Some(1));
        assert_eq!(of(&[("CI_NODE_INDEX", "3")]), Some(3));
        assert_eq!((of(&[]), of(&[("CI_NODE_INDEX", "x")])), (None, None));
    }
}
