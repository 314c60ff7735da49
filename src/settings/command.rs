//! What `check` and `refresh` are asked to do, resolved from their flags.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use super::{Overrides, RunContext};
use crate::address::Scope;
use crate::cli::{Check, Explain, Export, Fix, Generate, LookArgs, OutputArgs, Page, Refresh};
use crate::probe::web::WebSettings;
use crate::render::export::ExportFormat;
use crate::replacement::ReplacementKind;
use crate::report::{ExplainFormat, Format, Output};
use crate::shard::{Shard, ShardName};

/// Where answers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answers {
    /// Hosts and APIs.
    Network,
    /// Stored results only: nothing is asked.
    Stored,
    /// A recording.
    Recorded(PathBuf),
}

/// Which targets are checked, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookSettings {
    /// Where answers come from.
    pub answers: Answers,
    /// The targets that are checked.
    pub scope: Scope,
    /// The part of their hosts that is checked.
    pub shard: Shard,
    /// Whether the cache is read and written.
    pub cache: bool,
    /// Longest wait for a host or an API that limits its rate.
    pub max_wait: Duration,
    /// Time budget of the run, where it has one.
    pub max_time: Option<Duration>,
    /// Most requests in flight at once, over all hosts.
    pub concurrency: usize,
    /// Whether private and loopback addresses are allowed.
    pub allow_private: bool,
    /// The file with the GitHub token, where it does not come from the environment.
    pub token_file: Option<PathBuf>,
    /// The file to which responses are recorded, where they are.
    pub record: Option<PathBuf>,
}

impl LookSettings {
    /// Settings that read stored results and the cache, and ask nothing.
    pub fn stored() -> Self {
        Self {
            answers: Answers::Stored,
            scope: Scope::default(),
            shard: Shard::WHOLE,
            cache: true,
            max_wait: Duration::ZERO,
            max_time: None,
            concurrency: 1,
            allow_private: false,
            token_file: None,
            record: None,
        }
    }

    /// Whether hosts and APIs are asked.
    pub fn is_live(&self) -> bool {
        self.answers == Answers::Network
    }
}

impl LookSettings {
    /// The settings that these flags mean.
    ///
    /// # Errors
    /// When `--shard auto/N` is given and no job's environment tells the number.
    pub fn new(args: &LookArgs, context: &RunContext) -> Result<Self, String> {
        let shard = match args.shard {
            None => Shard::WHOLE,
            Some(ShardName::Given(shard)) => shard,
            Some(ShardName::Auto { of }) => automatic(of, context.job)?,
        };
        let answers = match &args.replay {
            Some(file) => Answers::Recorded(file.clone()),
            None if args.offline => Answers::Stored,
            None => Answers::Network,
        };
        Ok(Self {
            // A recorded world must not mix with what this machine saw.
            cache: !args.no_cache && args.replay.is_none(),
            answers,
            scope: args.only.unwrap_or_default(),
            shard,
            max_wait: args.max_wait,
            max_time: args.max_time,
            concurrency: args.concurrency.map_or(WebSettings::default().concurrency, usize::from),
            allow_private: args.allow_private,
            token_file: args.github_token_file.clone(),
            record: args.record.clone(),
        })
    }
}

/// The shard with the number that the environment of a job has.
fn automatic(of: u32, job: Option<u32>) -> Result<Shard, String> {
    let Some(index) = job else {
        return Err(format!(
            "`--shard auto/{of}`: neither JOB_COMPLETION_INDEX nor CI_NODE_INDEX is set\nhelp: name the shard, such as `1/{of}`"
        ));
    };
    format!("{index}/{of}").parse()
}

/// Where a report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputSettings {
    /// The format of standard output.
    pub format: Format,
    /// Reports to files.
    pub files: Vec<Output>,
    /// Whether warnings count as errors.
    pub strict: bool,
}

impl From<&OutputArgs> for OutputSettings {
    fn from(args: &OutputArgs) -> Self {
        Self { format: args.format, files: args.output.clone(), strict: args.strict }
    }
}

/// What a list is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// Nothing: all of it is judged.
    None,
    /// The list at a git revision.
    Revision(String),
    /// Another file.
    File(PathBuf),
}

/// What `check` is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckSettings {
    /// List folders, Markdown files, or `-`.
    pub paths: Vec<PathBuf>,
    /// Which targets are checked, and how.
    pub look: LookSettings,
    /// What flags change in the policy.
    pub overrides: Overrides,
    /// What each list is compared with.
    pub base: Base,
    /// Where the report goes.
    pub output: OutputSettings,
}

impl CheckSettings {
    /// The settings that these flags mean.
    ///
    /// # Errors
    /// As [`LookSettings::new`].
    pub fn new(args: &Check, context: &RunContext) -> Result<Self, String> {
        let base = match (&args.changed_since, &args.base) {
            (Some(revision), _) => Base::Revision(revision.clone()),
            (None, Some(file)) => Base::File(file.clone()),
            (None, None) => Base::None,
        };
        Ok(Self {
            paths: args.paths.clone(),
            look: LookSettings::new(&args.look, context)?,
            overrides: Overrides::from(&args.look),
            base,
            output: OutputSettings::from(&args.output),
        })
    }
}

/// What `refresh` is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct RefreshSettings {
    /// List folders.
    pub folders: Vec<PathBuf>,
    /// Which targets are checked, and how.
    pub look: LookSettings,
    /// What flags change in the policy.
    pub overrides: Overrides,
    /// Whether a diff is printed instead of writing.
    pub dry_run: bool,
    /// Where the paths of the written files are listed.
    pub list_written: Option<PathBuf>,
    /// Where the report goes.
    pub output: OutputSettings,
}

impl RefreshSettings {
    /// The settings that these flags mean.
    ///
    /// # Errors
    /// As [`LookSettings::new`].
    pub fn new(args: &Refresh, context: &RunContext) -> Result<Self, String> {
        Ok(Self {
            folders: args.folders.clone(),
            look: LookSettings::new(&args.look, context)?,
            overrides: Overrides {
                rewrite: args.rewrite,
                bootstrap_history: args.bootstrap_history,
                ..Overrides::from(&args.look)
            },
            dry_run: args.dry_run,
            list_written: args.list_written.clone(),
            output: OutputSettings::from(&args.output),
        })
    }
}

/// What `generate` does with the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GenerateMode {
    /// Writes it.
    Write,
    /// Prints the diff.
    Diff,
    /// Compares it with what is on disk.
    Check,
    /// Prints it in another format.
    Export(ExportFormat),
    /// Prints what is new in it.
    News {
        /// The commit since which it is new.
        since: String,
        /// The address of the repository's files, where lines are linked.
        link: Option<String>,
    },
}

impl From<&Generate> for GenerateMode {
    fn from(args: &Generate) -> Self {
        match args.export {
            Some(Export::List(format)) => Self::Export(format),
            Some(Export::News) => Self::News { since: args.since.clone(), link: args.link.clone() },
            None if args.dry_run => Self::Diff,
            None if args.check => Self::Check,
            None => Self::Write,
        }
    }
}

/// What `page` writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageSettings {
    /// The folders of the lists, or of folders of lists.
    pub folders: Vec<PathBuf>,
    /// The file to write.
    pub output: Option<PathBuf>,
    /// The address at which it is published.
    pub base_url: Option<String>,
    /// The address of the repository's files.
    pub link: Option<String>,
}

impl From<Page> for PageSettings {
    fn from(args: Page) -> Self {
        let Page { folders, output, base_url, link } = args;
        Self { folders, output, base_url, link }
    }
}

impl PageSettings {
    /// The addresses of the list in `folder`, which is a path in the repository; its page is `path` below the first.
    pub fn overrides(&self, folder: &str, path: &str) -> Overrides {
        let below = |url: &String, path: &str| {
            let base = url.trim_end_matches('/');
            if path.is_empty() { format!("{base}/") } else { format!("{base}/{path}/") }
        };
        Overrides {
            base_url: self.base_url.as_ref().map(|url| below(url, path)),
            source_url: self.link.as_ref().map(|url| below(url, folder)),
            ..Overrides::default()
        }
    }
}

/// What `explain` is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainSettings {
    /// The list's folder.
    pub folder: PathBuf,
    /// The entry, by name, title or address.
    pub entry: Option<String>,
    /// The section, by its heading.
    pub section: Option<String>,
    /// The entry that the first is compared with.
    pub versus: Option<String>,
    /// The format of standard output.
    pub format: ExplainFormat,
}

impl From<&Explain> for ExplainSettings {
    /// With `--section` no entry is named, so the first positional argument is the folder.
    fn from(args: &Explain) -> Self {
        let (folder, entry) = match (&args.section, &args.entry) {
            (Some(_), Some(folder)) => (PathBuf::from(folder), None),
            (_, entry) => (args.folder.clone(), entry.clone()),
        };
        Self { folder, entry, section: args.section.clone(), versus: args.versus.clone(), format: args.format }
    }
}

/// What `fix` is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixSettings {
    /// List folders.
    pub folders: Vec<PathBuf>,
    /// The kinds of replacements that are applied; empty where none is named.
    pub kinds: Vec<ReplacementKind>,
    /// Whether a diff is printed instead of writing.
    pub dry_run: bool,
    /// Whether a person can be asked: standard input and output are a terminal.
    pub interactive: bool,
    /// How stored results are read: nothing is asked.
    pub stored: LookSettings,
}

impl From<&Fix> for FixSettings {
    fn from(args: &Fix) -> Self {
        Self {
            folders: args.folders.clone(),
            kinds: args.kind.clone(),
            dry_run: args.dry_run,
            interactive: std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
            stored: LookSettings::stored(),
        }
    }
}

impl From<&LookArgs> for Overrides {
    fn from(args: &LookArgs) -> Self {
        Self { fragments: args.fragments, max_age: args.max_age, suggest: args.suggest, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_takes_its_number_from_the_job() {
        assert_eq!(automatic(5, Some(2)), Ok(Shard { index: 2, of: 5 }));
        assert!(automatic(5, None).is_err_and(|why| why.contains("JOB_COMPLETION_INDEX")));
        assert!(automatic(5, Some(6)).is_err_and(|why| why.contains("count from 1 to 5")));
    }
}
