//! A list as it is opened: its text, its policy, its ledger and history.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::address::{Forges, Target};
use crate::commands::failures::Failures;
use crate::finding::{Finding, Place, notice};
use crate::ledger::{Damage, History, HistoryNews, HistoryText, Ledger, LedgerText};
use crate::markdown::Document;
use crate::policy::{PageRepositories, Policy};
use crate::ranked_list::named_by;
use crate::settings::{self, Overrides};
use crate::store::{self, FileKind, Folder, HISTORY, LEDGER, POLICY, Source};

/// A Markdown text with the policy that applies to it.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    /// Where it is.
    pub(crate) folder: Folder,
    /// The file as the person named it.
    pub(crate) name: String,
    /// Its path; none for standard input.
    pub(crate) path: Option<PathBuf>,
    /// Its text.
    pub(crate) text: String,
    /// The policy of its folder.
    pub(crate) policy: Policy,
    /// The Git hosts that its links are recognised by.
    pub(crate) forges: Forges,
}

impl SourceFile {
    /// Opens the list, the file or the standard input that a path on the command line names.
    pub(crate) fn open(path: &Path, overrides: &Overrides) -> anyhow::Result<Self> {
        let folder = folder_of(path)?;
        let policy = folder.policy()?;
        Self::under(path, folder, policy.as_deref(), overrides)
    }

    /// The same under the policy of this text.
    fn under(path: &Path, folder: Folder, policy: Option<&str>, overrides: &Overrides) -> anyhow::Result<Self> {
        let policy = match policy {
            Some(text) => settings::policy(&folder.file(POLICY), text)?,
            None => Policy::default(),
        };
        let policy = overrides.apply(policy);
        let (path, text) = match store::find(path)? {
            Source::File(file) => (Some(file.clone()), store::read(&file)?),
            Source::Stdin => (None, store::read_stdin()?),
            Source::Folder(_) => {
                let source = folder.source(policy.source.as_deref())?;
                (Some(source.clone()), store::read_regular(&source)?)
            }
        };
        let forges = Forges::new(policy.forges.clone());
        let name = path.as_ref().map_or_else(|| "-".to_owned(), |path| path.display().to_string());
        Ok(Self { folder, name, path, text, policy, forges })
    }
}

/// These paths, a folder that is no list itself replaced by the lists below it. A path that cannot be read is recorded among
/// the failures.
pub(crate) fn expanded_all(paths: &[PathBuf], failures: &mut Failures) -> Vec<PathBuf> {
    let each = paths.iter().filter_map(|path| failures.take(expanded(std::slice::from_ref(path))));
    distinct(each.flatten())
}

/// These paths, a folder that is no list itself replaced by the lists below it.
pub(crate) fn expanded(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::with_capacity(paths.len());
    for path in paths {
        let folder = match store::find(path)? {
            Source::Folder(path) => Folder::at(&path),
            Source::File(_) | Source::Stdin => {
                all.push(path.clone());
                continue;
            }
        };
        let own = folder.file(POLICY).exists() || folder.source(None).is_ok();
        let below = if own { Vec::new() } else { store::lists_below(folder.path())? };
        if below.is_empty() {
            all.push(path.clone());
        }
        all.extend(below);
    }
    Ok(distinct(all))
}

/// A list that is named twice, or stands below a folder that is named too, is one list.
fn distinct(paths: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut met = BTreeSet::new();
    paths.into_iter().filter(|path| met.insert(store::resolved(path))).collect()
}

/// The folder of the list that a path on the command line names.
pub(crate) fn folder_of(path: &Path) -> anyhow::Result<Folder> {
    Ok(match store::find(path)? {
        Source::Stdin => Folder::at(Path::new(".")),
        Source::File(file) => Folder::at(file.parent().unwrap_or(Path::new("."))),
        Source::Folder(folder) => Folder::at(&folder),
    })
}

/// The texts of the files that decide how a list is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StateTexts {
    /// `pomona.toml`.
    pub(crate) policy: Option<String>,
    /// `pomona.ledger.jsonl`.
    pub(crate) ledger: Option<String>,
    /// `pomona.history.jsonl`.
    pub(crate) history: Option<String>,
}

impl StateTexts {
    /// Those on disk.
    pub(crate) fn read(folder: &Folder) -> anyhow::Result<Self> {
        Ok(Self {
            policy: folder.policy()?,
            ledger: store::read_if_there(&folder.inside(LEDGER)?)?,
            history: store::read_if_there(&folder.inside(HISTORY)?)?,
        })
    }
}

/// A list as it is on disk: its source, ledger and history.
#[derive(Debug, Clone)]
pub(crate) struct ListFolder {
    /// The source.
    pub(crate) page: SourceFile,
    /// The source, parsed.
    pub(crate) document: Document,
    /// What each of its links points at.
    pub(crate) targets: Vec<Target>,
    /// Its ledger.
    pub(crate) ledger: Ledger,
    /// Stars over time.
    pub(crate) history: History,
    ledger_text: Option<String>,
    history_text: Option<String>,
    damage: Vec<Damage>,
    /// What was wrong with its files, where the job goes on.
    pub(crate) findings: Vec<Finding>,
}

impl Deref for ListFolder {
    type Target = SourceFile;

    fn deref(&self) -> &SourceFile {
        &self.page
    }
}

impl ListFolder {
    /// Opens the list that a path on the command line names.
    pub(crate) fn open(path: &Path, overrides: &Overrides) -> anyhow::Result<Self> {
        Self::with_state(SourceFile::open(path, overrides)?)
    }

    /// Opens the same under another state than the one on disk.
    pub(crate) fn open_under(path: &Path, state: StateTexts, overrides: &Overrides) -> anyhow::Result<Self> {
        let page = SourceFile::under(path, folder_of(path)?, state.policy.as_deref(), overrides)?;
        Self::from_texts(page, state.ledger, state.history)
    }

    /// Opens the list in a folder: what the writing commands take.
    pub(crate) fn open_folder(path: &Path, overrides: &Overrides) -> anyhow::Result<Self> {
        match store::find(path)? {
            Source::Folder(_) => Self::open(path, overrides),
            Source::File(_) | Source::Stdin => {
                anyhow::bail!("`{}`: expected a list's folder\nhelp: name the folder that contains it", path.display())
            }
        }
    }

    fn with_state(page: SourceFile) -> anyhow::Result<Self> {
        let ledger_text = store::read_if_there(&page.folder.inside(LEDGER)?)?;
        let history_text = store::read_if_there(&page.folder.inside(HISTORY)?)?;
        Self::from_texts(page, ledger_text, history_text)
    }

    fn from_texts(page: SourceFile, ledger_text: Option<String>, history_text: Option<String>) -> anyhow::Result<Self> {
        let place = |name: &str| page.folder.file(name).display().to_string();
        let newer = |name: &str, why: String| {
            anyhow::anyhow!("`{}`: {why}\nhelp: use a newer pomona; nothing was changed", place(name))
        };
        let ledger = LedgerText::read(ledger_text.as_deref().unwrap_or_default()).map_err(|why| newer(LEDGER, why))?;
        let history =
            HistoryText::read(history_text.as_deref().unwrap_or_default()).map_err(|why| newer(HISTORY, why))?;
        let is_emptied = ledger.ledger.is_empty() && ledger.damage.is_empty() && !history.history.is_empty();
        let emptied = is_emptied.then(|| emptied(&place(LEDGER), &place(HISTORY)));
        let mut findings: Vec<Finding> = emptied.into_iter().collect();
        findings.extend(damaged(&place(LEDGER), &ledger.damage));
        findings.extend(damaged(&place(HISTORY), &history.damage));
        let document = Document::parse_with(&page.text, &page.forges);
        Ok(Self {
            targets: document.links.iter().map(|link| page.forges.target(&link.url)).collect(),
            ledger: ledger.ledger,
            history: history.history,
            ledger_text,
            history_text,
            damage: ledger.damage,
            findings,
            document,
            page,
        })
    }

    /// The same list with another text.
    pub(crate) fn with_text(&self, text: String) -> Self {
        let page = SourceFile { text, ..self.page.clone() };
        let document = Document::parse_with(&page.text, &page.forges);
        let targets = document.links.iter().map(|link| page.forges.target(&link.url)).collect();
        Self { page, document, targets, ..self.clone() }
    }

    /// The ledger's file with `ledger` in it. An empty ledger makes no file.
    pub(crate) fn ledger_change(&self, ledger: &Ledger) -> (PathBuf, Option<String>, String) {
        let idle = ledger.is_empty() && self.ledger_text.is_none();
        let text = if idle { String::new() } else { ledger.to_text(&self.damage) };
        (self.folder.file(LEDGER), self.ledger_text.clone(), text)
    }

    /// The history's file with this appended.
    pub(crate) fn history_change(&self, news: &HistoryNews) -> (PathBuf, Option<String>, String) {
        let text = HistoryText::append(self.history_text.as_deref().unwrap_or_default(), news);
        (self.folder.file(HISTORY), self.history_text.clone(), text)
    }

    /// Everything that the list needs to know of: what its links point at, and the repositories that its pages named when
    /// they were looked at last.
    pub(crate) fn needed(&self) -> BTreeSet<Target> {
        let is_off = self.policy.rank.page_repositories == PageRepositories::None;
        let pages = self.targets.iter().filter(|_| !is_off).filter_map(|target| self.ledger.get(target));
        let behind = pages.filter_map(|record| named_by(record, &self.forges));
        self.targets.iter().cloned().chain(behind).collect()
    }

    /// The place of a link.
    pub(crate) fn place(&self, link: usize) -> Place {
        let at = &self.document.links[link];
        let title = at.entry.map(|entry| self.document.entries[entry].title.clone());
        Place {
            column: at.column,
            section: self.document.section(at.heading),
            title: title.filter(|title| !title.is_empty()),
            ..Place::line(self.name.as_str(), at.line)
        }
    }

    /// The generated file, where the policy asks for one: its path and its text now.
    pub(crate) fn output(&self) -> anyhow::Result<Option<(PathBuf, Option<String>)>> {
        let Some(name) = &self.policy.output else { return Ok(None) };
        let path = self.folder.named("output", name, FileKind::Markdown)?;
        if self.path.as_ref().is_some_and(|source| store::same_file(source, &path)) {
            anyhow::bail!(
                "`{}`: `output` is the source itself\nhelp: name another file, or leave `output` out to annotate the source in place",
                path.display()
            );
        }
        let text = store::read_if_there(&path).context("the generated list")?;
        Ok(Some((path, text)))
    }
}

fn emptied(ledger: &str, history: &str) -> Finding {
    let message =
        format!("`{ledger}` has no records, although `{history}` has some: what was known of the links is gone");
    Finding::new(&notice::LEDGER_EMPTY, message)
        .help("restore it from the repository's history, or remove both to start anew")
}

fn damaged(file: &str, damage: &[Damage]) -> impl Iterator<Item = Finding> {
    damage.iter().map(move |damage| {
        let place = Place::line(file, damage.line);
        Finding::new(&notice::DAMAGED_LINE, format!("this line cannot be read: {}", damage.why))
            .at(place)
            .help("the line is kept as it is and its target is checked again; remove the line once it is not needed")
    })
}
