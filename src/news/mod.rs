//! What is new in a list since an earlier state of it: for its keeper, in a pull request, a commit message, a dry run.
//!
//! It compares two states, each a source with the judgements of its ledger, and depends on nothing else. Names are
//! addresses in code spans, with no character by which GitHub would notify somebody or close an issue.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;

use crate::address::{self, Target};
use crate::judgement::Judgements;
use crate::ledger::Record;
use crate::markdown::{Document, Entry};
use crate::observation::FailureClass;
use crate::ranking::Activity;
use crate::render::export::ChangeKind;
use crate::replacement::{Replacement, ReplacementKind};
use crate::shard::stable_hash;
use crate::text::{self, escape};
use crate::verdict::Verdict;

#[cfg(test)]
mod tests;

/// A repository is rising where it gained at least this many stars since the earlier state: fewer are noise…
const RISING_STARS: u64 = 50;
/// …and at least one star for this many that it had (5 %).
const RISING_PER: u64 = 20;
/// That many rising repositories are named; the others are among the star counts.
const RISING_MOST: usize = 5;

/// One state of a list.
#[derive(Clone, Copy)]
pub struct State<'a> {
    /// The source.
    pub document: &'a Document,
    /// What each of its links points at.
    pub targets: &'a [Target],
    /// Its judgements.
    pub judgements: &'a Judgements<'a>,
}

/// What happened to an entry, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NewsKind {
    /// It is confirmed dead.
    Dead,
    /// Its owner archived it.
    Archived,
    /// It was renamed, transferred, or moved for good.
    Renamed,
    /// It was dead and answers.
    Back,
    /// It fails for as long as is shown to readers.
    Failing,
    /// It has no commit for as long as is shown to readers.
    Quiet,
    /// It was quiet and has a commit.
    Active,
    /// It gained many stars for its size.
    Rising,
    /// It is new in the list.
    New,
}

impl NewsKind {
    /// Its name in a count.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dead => ChangeKind::Dead.news(),
            Self::Archived => ChangeKind::Archived.news(),
            Self::Renamed => ChangeKind::Moved.news(),
            Self::Back => "back again",
            Self::Failing => "not answering",
            Self::Quiet => "quiet",
            Self::Active => "active again",
            Self::Rising => "rising",
            Self::New => ChangeKind::Added.news(),
        }
    }
}

/// One entry of which there is news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The short form of its address.
    pub name: String,
    /// The source file.
    pub file: String,
    /// The line of its link, from 1.
    pub line: usize,
    /// What happened, where the kind alone does not state it.
    pub detail: String,
}

/// What is new in one or more lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    items: BTreeMap<NewsKind, Vec<Item>>,
    /// Entries of which only the number of stars changed.
    stars: usize,
    /// Entries of lists that had no ledger.
    first: usize,
}

impl News {
    /// What is new in `after` since `before`; `file` names the file of a link.
    pub fn between(file: &dyn Fn(usize) -> String, before: State<'_>, after: State<'_>) -> Self {
        let mut news = Self::default();
        let entries = unique(after);
        if before.judgements.ledger().is_empty() {
            news.first = entries.len();
            return news;
        }
        let earlier = Earlier::new(before, after);
        let mut rising = Vec::new();
        for (entry, target) in entries {
            let Some(record) = after.judgements.record(target) else { continue };
            let item = |detail: String| Item {
                name: name(target),
                file: file(entry.link),
                line: after.document.links.get(entry.link).map_or(0, |link| link.line),
                detail,
            };
            let Some(old) = earlier.record(entry, target, record) else {
                news.add(NewsKind::New, item(description(record)));
                continue;
            };
            news.compare(&item, (before, old), (after, record));
            if !entry.finished {
                news.compare_activity(&item, old, record);
            }
            match gained(old, record) {
                Some(gained) if gained >= RISING_STARS && gained * RISING_PER >= old.facts.stars.unwrap_or(0) => {
                    rising.push((
                        gained,
                        old.facts.stars.unwrap_or(0),
                        item(format!("+{} stars", text::grouped(gained))),
                    ));
                }
                Some(_) => news.stars += 1,
                None if old.facts.stars != record.facts.stars => news.stars += 1,
                None => {}
            }
        }
        // The largest growth for the size first, by cross-multiplication.
        rising.sort_by(|(gain, had, _), (other_gain, other_had, _)| {
            (other_gain * had.max(&1)).cmp(&(gain * other_had.max(&1)))
        });
        news.stars += rising.len().saturating_sub(RISING_MOST);
        rising.into_iter().take(RISING_MOST).for_each(|(.., item)| news.add(NewsKind::Rising, item));
        news
    }

    fn compare(&mut self, item: &impl Fn(String) -> Item, before: (State<'_>, &Record), after: (State<'_>, &Record)) {
        let (old, record) = (before.1, after.1);
        let was = before.0.judgements.judge(&old.target);
        let is = after.0.judgements.judge(&record.target);
        let instead = || after.0.judgements.replacements(&record.target).first().map(instead);
        if is.verdict == Verdict::Dead && was.verdict != Verdict::Dead {
            let meaning = is.class.map(FailureClass::meaning);
            let details: Vec<String> = meaning.into_iter().chain(instead()).collect();
            self.add(NewsKind::Dead, item(details.join("; ")));
        }
        if was.verdict == Verdict::Dead && matches!(is.verdict, Verdict::Alive | Verdict::Moved) {
            self.add(NewsKind::Back, item(String::new()));
        }
        if is.is_announced_failure() && !was.is_announced_failure() && was.verdict != Verdict::Dead {
            self.add(NewsKind::Failing, item(is.class.map(FailureClass::meaning).unwrap_or_default()));
        }
        if record.facts.archived == Some(true) && old.facts.archived != Some(true) {
            self.add(NewsKind::Archived, item(instead().unwrap_or_default()));
        }
        if old.target != record.target {
            let renamed = Item { name: name(&old.target), ..item(format!("→ {}", code(&name(&record.target)))) };
            self.add(NewsKind::Renamed, renamed);
        } else if let Some(to) = is.moved_to.filter(|to| was.moved_to.as_ref() != Some(to)) {
            self.add(
                NewsKind::Renamed,
                item(format!("→ {}; the list has the old address", code(address::display(&to)))),
            );
        }
    }

    /// Whether its activity is shown otherwise than before: by the marks that were shown, which have two edges.
    fn compare_activity(&mut self, item: &impl Fn(String) -> Item, old: &Record, record: &Record) {
        let is_quiet = |record: &Record| record.shown.as_deref() == Some(Activity::Stale.name());
        let has_ended = |record: &Record| record.facts.archived == Some(true) || record.facts.disabled == Some(true);
        let last = || record.facts.worked().map(|day| format!("last commit {}", day.strftime("%Y-%m")));
        match (is_quiet(old), is_quiet(record)) {
            _ if has_ended(record) || record.failing.is_some() => {}
            (false, true) => self.add(NewsKind::Quiet, item(last().unwrap_or_default())),
            (true, false) if record.shown.is_some() && !has_ended(old) => {
                self.add(NewsKind::Active, item(last().unwrap_or_default()));
            }
            _ => {}
        }
    }

    fn add(&mut self, kind: NewsKind, item: Item) {
        self.items.entry(kind).or_default().push(item);
    }

    /// Adds the news of another list.
    pub fn join(&mut self, other: Self) {
        for (kind, items) in other.items {
            self.items.entry(kind).or_default().extend(items);
        }
        self.stars += other.stars;
        self.first += other.first;
    }

    /// The news of one kind, in the order of the list.
    pub fn of(&self, kind: NewsKind) -> &[Item] {
        self.items.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// The news in one line: the subject of a commit, the title of a pull request.
    pub fn headline(&self) -> String {
        let mut parts: Vec<String> =
            self.items.iter().map(|(kind, items)| format!("{} {}", text::grouped(items.len()), kind.name())).collect();
        if self.first > 0 {
            parts.push(format!("first results of {}", text::plural(self.first, "entry")));
        }
        if parts.is_empty() && self.stars > 0 {
            parts.push(text::plural(self.stars, "star count"));
        }
        if parts.is_empty() { "Refresh the list".to_owned() } else { format!("Refresh the list: {}", parts.join(", ")) }
    }

    /// The headline, then each kind with its entries as Markdown. With `link`, the address of the repository's files,
    /// each links to its line. The last line is a comment by which the same news is recognised.
    pub fn markdown(&self, link: Option<&str>) -> String {
        let mut text = format!("{}\n", self.headline());
        for (kind, items) in &self.items {
            let _ = write!(text, "\n**{} {}**\n\n", text::grouped(items.len()), kind.name());
            for item in items {
                let place = format!("{}:{}", escape::markdown(&item.file), item.line);
                let place = link.map_or(place.clone(), |base| {
                    format!("[{place}]({base}/{}?plain=1#L{})", escape::path(&item.file), item.line)
                });
                let detail = if item.detail.is_empty() { String::new() } else { format!(" {}", item.detail) };
                let _ = writeln!(text, "- {}{detail} ({place})", code(&item.name));
            }
        }
        if self.first > 0 {
            let _ = writeln!(
                text,
                "\nThe first results of {}. From the next run on, changes are listed here.",
                text::plural(self.first, "entry")
            );
        }
        if self.stars > 0 {
            let also = if self.items.is_empty() { "" } else { "…and " };
            let _ = writeln!(text, "\n{also}{}.", text::plural(self.stars, "star count"));
        }
        let _ = writeln!(text, "\n<!-- pomona:news {:016x} -->", self.fingerprint());
        text
    }

    /// A number by which the same news is recognised. What changes every week, stars and passing failures, does not count.
    fn fingerprint(&self) -> u64 {
        let mut all = String::new();
        let lasts = |kind: NewsKind| !matches!(kind, NewsKind::Rising | NewsKind::Failing);
        for (kind, items) in self.items.iter().filter(|(kind, _)| lasts(**kind)) {
            let mut names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
            names.sort_unstable();
            let _ = writeln!(all, "{} {}", kind.name(), names.join(" "));
        }
        stable_hash(&all)
    }
}

/// What the earlier state has, by every way in which an entry is found again.
struct Earlier<'a> {
    judgements: &'a Judgements<'a>,
    by_id: HashMap<i64, &'a Record>,
    /// Entries whose address is no longer in the list, by their words.
    by_words: HashMap<(&'a str, Option<&'a str>), &'a Target>,
}

impl<'a> Earlier<'a> {
    fn new(before: State<'a>, after: State<'a>) -> Self {
        let present: HashSet<&Target> = after.targets.iter().collect();
        let vanished = unique(before).into_iter().filter(|(_, target)| !present.contains(target));
        let records = before.judgements.ledger().records();
        Self {
            judgements: before.judgements,
            by_id: records.filter_map(|record| Some((record.facts.id?, record))).collect(),
            by_words: vanished.map(|(entry, target)| (words(entry), target)).collect(),
        }
    }

    /// The earlier record of an entry: of the same address, else of the same repository, else of an entry of the same
    /// words whose address is no longer in the list.
    fn record(&self, entry: &Entry, target: &Target, record: &Record) -> Option<&'a Record> {
        let same = self.judgements.record(target);
        let by_id = || record.facts.id.and_then(|id| self.by_id.get(&id).copied());
        let by_words = || self.judgements.record(self.by_words.get(&words(entry))?);
        same.or_else(by_id).or_else(by_words)
    }
}

fn words(entry: &Entry) -> (&str, Option<&str>) {
    (&entry.title, entry.description.as_deref())
}

/// The entries with what each points at, every target once.
fn unique(state: State<'_>) -> Vec<(&Entry, &Target)> {
    let mut met = HashSet::new();
    let targets = state.document.entries.iter().filter_map(|entry| Some((entry, state.targets.get(entry.link)?)));
    targets.filter(|(_, target)| target.is_remote() && met.insert(*target)).collect()
}

fn gained(old: &Record, record: &Record) -> Option<u64> {
    record.facts.stars?.checked_sub(old.facts.stars?).filter(|gained| *gained > 0)
}

fn description(record: &Record) -> String {
    record.facts.stars.map(|stars| text::plural(stars, "star")).unwrap_or_default()
}

/// The short form of an address: `owner/name` on GitHub, else without its scheme.
fn name(target: &Target) -> String {
    let text = target.to_string();
    address::display(text.strip_prefix("github:").unwrap_or(&text)).to_owned()
}

/// What may take the place of something: its kind and its address.
fn instead(replacement: &Replacement) -> String {
    let kind = match replacement.kind {
        ReplacementKind::Renamed => "renamed to",
        ReplacementKind::Transferred => "transferred to",
        ReplacementKind::Successor => "its owner names",
        ReplacementKind::Fork => "a fork goes on:",
        ReplacementKind::Moved => "moved to",
        ReplacementKind::Archive => "archived copy:",
        ReplacementKind::SourceArchive => "archived source:",
    };
    format!("{kind} {}", code(address::display(&replacement.url)))
}

/// A code span. GitHub reads `@name` and `#1` in commit messages even there.
fn code(name: &str) -> String {
    escape::code(&name.replace('@', "%40").replace('#', "%23").replace('`', "%60"))
}
