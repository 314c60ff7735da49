//! A list as it is opened: its text, its policy, its ledger and history.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Context;

use crate::address::{Forges, Target};
use crate::commands::failures::Failures;
use crate::commands::list_files;
use crate::finding::{Finding, Place, notice};
use crate::ledger::{Damage, History, HistoryNews, HistoryText, Ledger, LedgerText};
use crate::markdown::Document;
use crate::policy::{FileRole, PageRepositories, Policy};
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
    /// What it is in its list.
    pub(crate) role: FileRole,
}

impl SourceFile {
    /// Opens the files of the list, the file or the standard input that a path on the command line names. The file that
    /// titles the list comes first.
    pub(crate) fn open(path: &Path, overrides: &Overrides) -> anyhow::Result<Vec<Self>> {
        let folder = folder_of(path)?;
        let policy = folder.policy()?;
        Self::under(path, &folder, policy.as_deref(), overrides)
    }

    /// The same under the policy of this text.
    fn under(path: &Path, folder: &Folder, policy: Option<&str>, overrides: &Overrides) -> anyhow::Result<Vec<Self>> {
        let policy = match policy {
            Some(text) => settings::policy(&folder.file(POLICY), text)?,
            None => Policy::default(),
        };
        let policy = overrides.apply(policy);
        let new = |path: Option<PathBuf>, text: String, role: FileRole, policy: Policy| Self {
            folder: folder.clone(),
            name: path.as_ref().map_or_else(|| "-".to_owned(), |path| path.display().to_string()),
            path,
            text,
            forges: Forges::new(policy.forges.clone()),
            policy,
            role,
        };
        Ok(match store::find(path)? {
            Source::File(file) => {
                let text = store::read(&file)?;
                vec![new(Some(file), text, FileRole::Source, policy)]
            }
            Source::Stdin => vec![new(None, store::read_stdin()?, FileRole::Source, policy)],
            Source::Folder(_) => {
                let files = list_files::named(folder, &policy)?.into_iter();
                let read = |file: list_files::NamedFile| {
                    let text = store::read_if_there(&file.path)?.with_context(|| {
                        let policy = folder.file(POLICY);
                        let (file, policy) = (file.path.display(), policy.display());
                        format!("`{file}`: no such file\nhelp: `{policy}` names it; write it, or take it out there")
                    })?;
                    anyhow::Ok(new(Some(file.path), text, file.role, file.policy))
                };
                files.map(read).collect::<Result<_, _>>()?
            }
        })
    }

    fn parse(&self) -> (Document, Vec<Target>) {
        let document = Document::parse_with(&self.text, &self.forges);
        let targets = document.links.iter().map(|link| self.forges.target(&link.url)).collect();
        (document, targets)
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

/// A list as it is on disk: its sources, ledger and history.
///
/// A list of several files has the links and entries of all of them in one document, one after the other; its text, path
/// and name are those of the first.
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
    /// Every file of the list, where it has several; they have neither ledger nor history.
    all: Rc<[Self]>,
    /// Whether it is one file of several.
    is_one_of_several: bool,
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
        let files = SourceFile::under(path, &folder_of(path)?, state.policy.as_deref(), overrides)?;
        Self::from_texts(files, state.ledger, state.history)
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

    fn with_state(files: Vec<SourceFile>) -> anyhow::Result<Self> {
        let folder = &files[0].folder;
        let ledger_text = store::read_if_there(&folder.inside(LEDGER)?)?;
        let history_text = store::read_if_there(&folder.inside(HISTORY)?)?;
        Self::from_texts(files, ledger_text, history_text)
    }

    fn from_texts(
        files: Vec<SourceFile>,
        ledger_text: Option<String>,
        history_text: Option<String>,
    ) -> anyhow::Result<Self> {
        let folder = files[0].folder.clone();
        let place = |name: &str| folder.file(name).display().to_string();
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
        let files: Vec<Self> = files.into_iter().map(Self::of_file).collect();
        Ok(Self {
            ledger: ledger.ledger,
            history: history.history,
            ledger_text,
            history_text,
            damage: ledger.damage,
            findings,
            ..Self::joined(files)
        })
    }

    /// One file without a ledger.
    fn of_file(page: SourceFile) -> Self {
        let (document, targets) = page.parse();
        Self {
            page,
            document,
            targets,
            ledger: Ledger::default(),
            history: History::default(),
            ledger_text: None,
            history_text: None,
            damage: Vec::new(),
            findings: Vec::new(),
            all: Rc::new([]),
            is_one_of_several: false,
        }
    }

    /// The list of these files, without a ledger.
    fn joined(mut files: Vec<Self>) -> Self {
        if files.len() == 1 {
            return files.remove(0);
        }
        let document = Document::joined(files.iter().map(|file| &file.document));
        let targets = files.iter().flat_map(|file| file.targets.iter().cloned()).collect();
        Self { document, targets, all: files.clone().into(), ..files.swap_remove(0) }
    }

    /// The files of the list, each alone: without the ledger where there are several.
    pub(crate) fn files(&self) -> &[Self] {
        if self.is_one_of_several || self.all.is_empty() { std::slice::from_ref(self) } else { &self.all }
    }

    /// Every file of the list, for one that is one of several; else as [`ListFolder::files`].
    pub(crate) fn all_files(&self) -> &[Self] {
        if self.all.is_empty() { std::slice::from_ref(self) } else { &self.all }
    }

    /// The files of the list as lists of their own, each with the whole ledger and history.
    pub(crate) fn into_files(self) -> Vec<Self> {
        if self.all.is_empty() {
            return vec![self];
        }
        let mut findings = self.findings.clone();
        let file = |file: &Self| Self {
            page: file.page.clone(),
            document: file.document.clone(),
            targets: file.targets.clone(),
            findings: std::mem::take(&mut findings),
            is_one_of_several: true,
            ..self.clone()
        };
        self.all.iter().map(file).collect()
    }

    /// The same list with another text, for one of a single file.
    pub(crate) fn with_text(&self, text: String) -> Self {
        let page = SourceFile { text, ..self.page.clone() };
        let (document, targets) = page.parse();
        Self { page, document, targets, ..self.clone() }
    }

    /// The same list with other texts, one for each of its files.
    pub(crate) fn with_texts(&self, texts: Vec<String>) -> Self {
        let files: Vec<Self> = self.files().iter().zip(texts).map(|(file, text)| file.with_text(text)).collect();
        let Self { page, document, targets, all, .. } = Self::joined(files);
        Self { page, document, targets, all, ..self.clone() }
    }

    /// Its files with entries of their own; translations have the same entries.
    pub(crate) fn sources(&self) -> Vec<&Self> {
        self.files().iter().filter(|file| file.role != FileRole::Translation).collect()
    }

    /// The name and the text of each file.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (String, String)> {
        self.files().iter().map(|file| (file.name.clone(), file.text.clone()))
    }

    /// Whether sources are never written: one of the files has an output.
    pub(crate) fn keeps_sources(&self) -> bool {
        self.files().iter().any(|file| file.policy.output.is_some())
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

    /// The file that has a link of the document, and the link's number in it.
    fn file_of(&self, mut link: usize) -> (&Self, usize) {
        for file in self.files() {
            match link.checked_sub(file.document.links.len()) {
                Some(further) => link = further,
                None => return (file, link),
            }
        }
        (self, link)
    }

    /// The place of a link.
    pub(crate) fn place(&self, link: usize) -> Place {
        let (file, link) = self.file_of(link);
        let at = &file.document.links[link];
        let title = at.entry.map(|entry| file.document.entries[entry].title.clone());
        Place {
            column: at.column,
            section: file.document.section(at.heading),
            title: title.filter(|title| !title.is_empty()),
            ..Place::line(file.name.as_str(), at.line)
        }
    }

    /// The name of the file that is written from it, where there is one.
    pub(crate) fn output_name(&self) -> Option<&str> {
        self.policy.output.as_ref().and_then(|output| output.names().first()).map(String::as_str)
    }

    /// The generated file, where the policy asks for one: its path and its text now.
    pub(crate) fn output(&self) -> anyhow::Result<Option<(PathBuf, Option<String>)>> {
        let Some(name) = self.output_name() else { return Ok(None) };
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
