//! What was said, resolved: defaults, then `pomona.toml`, then the environment, then flags.
//!
//! The environment is read here and nowhere else, once.

#![expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]

mod policy;

pub use policy::{PolicyError, policy};

use std::env;
use std::io::IsTerminal;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::cli::{ColorWhen, Verbosity};

/// What the context knows: time, terminal and environment.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// The time of this run.
    pub now: Timestamp,
    /// Whether standard error is a terminal.
    pub terminal: bool,
    /// Whether the run is in CI (`CI` is set and not `false`).
    pub ci: bool,
    /// Whether reports are coloured.
    pub color: bool,
    /// -1 quiet, 0 normal, 1 verbose, 2 very verbose.
    pub verbosity: i8,
    /// The user's cache folder.
    pub cache: Option<PathBuf>,
    /// `GITHUB_TOKEN`, else `GH_TOKEN`.
    pub token: Option<String>,
    /// `GITHUB_API_URL`.
    pub api_url: Option<String>,
    /// `GITHUB_GRAPHQL_URL`.
    pub graphql_url: Option<String>,
    /// `GITHUB_STEP_SUMMARY`: the file of the job's summary.
    pub step_summary: Option<PathBuf>,
}

impl RunContext {
    /// Looks around once.
    pub fn open(verbosity: &Verbosity) -> Self {
        let said = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
        let color = match verbosity.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => said("NO_COLOR").is_none() && std::io::stdout().is_terminal(),
        };
        Self {
            now: Timestamp::now(),
            terminal: std::io::stderr().is_terminal(),
            ci: said("CI").is_some_and(|value| value != "false"),
            color,
            verbosity: if verbosity.quiet { -1 } else { i8::try_from(verbosity.verbose).unwrap_or(2) },
            cache: user_cache(said),
            token: said("GITHUB_TOKEN").or_else(|| said("GH_TOKEN")).map(|token| token.trim().to_owned()),
            api_url: said("GITHUB_API_URL"),
            graphql_url: said("GITHUB_GRAPHQL_URL"),
            step_summary: said("GITHUB_STEP_SUMMARY").map(PathBuf::from),
        }
    }
}

/// `$XDG_CACHE_HOME`, else the platform's folder under the home.
fn user_cache(said: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if let Some(folder) = said("XDG_CACHE_HOME") {
        return Some(PathBuf::from(folder));
    }
    if cfg!(windows) {
        return said("LOCALAPPDATA").map(PathBuf::from);
    }
    let home = PathBuf::from(said("HOME")?);
    Some(if cfg!(target_os = "macos") { home.join("Library/Caches") } else { home.join(".cache") })
}
