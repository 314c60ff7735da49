//! The caches of the lists of one run.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;

use crate::address::Target;
use crate::commands::list_folder::ListFolder;
use crate::ledger::Gains;
use crate::observation::{ArchiveAnswer, Observation};
use crate::settings::{LookSettings, RunContext};
use crate::store::{AnswerCache, Cache, Lock};

/// One cache for each folder that the run works in.
#[derive(Debug, Default)]
pub(crate) struct Caches {
    open: BTreeMap<PathBuf, Open>,
}

#[derive(Debug)]
struct Open {
    cache: Cache,
    archives: AnswerCache<ArchiveAnswer>,
    gains: AnswerCache<Gains>,
    targets: HashSet<Target>,
    _lock: Lock,
}

impl Caches {
    /// Opens the cache of every list, as [`Caches::add`] does.
    pub(crate) fn open(
        lists: &[ListFolder],
        settings: &LookSettings,
        context: &RunContext,
        own: bool,
    ) -> anyhow::Result<Self> {
        let mut caches = Self::default();
        lists.iter().try_for_each(|list| caches.add(list, settings, context, own))?;
        Ok(caches)
    }

    /// Opens the cache of a list, unless the settings leave caches alone. `own` puts it beside the list even where nothing
    /// is kept there yet.
    pub(crate) fn add(
        &mut self,
        list: &ListFolder,
        settings: &LookSettings,
        context: &RunContext,
        own: bool,
    ) -> anyhow::Result<()> {
        if !settings.cache || list.path.is_none() {
            return Ok(());
        }
        let folder = if own { Some(list.folder.own_cache()) } else { list.folder.cache(context.cache.as_deref()) };
        let Some(folder) = folder else { return Ok(()) };
        let needed = list.needed();
        let targets = needed.iter().flat_map(|target| [Some(target.clone()), target.answered_by()]).flatten();
        if let Some(open) = self.open.get_mut(&folder) {
            open.targets.extend(targets);
            return Ok(());
        }
        let lock = Lock::take(&folder)?;
        let cache = Cache::open(&folder, context.now)?;
        let archives = AnswerCache::open(&folder, "archives.jsonl", |answer: &ArchiveAnswer| {
            (answer.target.clone(), answer.archive)
        })?;
        let gains = AnswerCache::open(&folder, "star-history.jsonl", |gains: &Gains| gains.target.clone())?;
        self.open.insert(folder, Open { cache, archives, gains, targets: targets.collect(), _lock: lock });
        Ok(())
    }

    /// What earlier runs saw.
    pub(crate) fn looks(&self) -> impl Iterator<Item = &Observation> + Clone {
        self.open.values().flat_map(|open| &open.cache.looks)
    }

    /// What archives answered in earlier runs.
    pub(crate) fn archive_answers(&self) -> impl Iterator<Item = &ArchiveAnswer> {
        self.open.values().flat_map(|open| &open.archives.answers)
    }

    /// Keeps an archive's answer in the cache of every list that links its target.
    pub(crate) fn keep_archive_answer(&mut self, answer: &ArchiveAnswer) -> anyhow::Result<()> {
        for open in self.open.values_mut().filter(|open| open.targets.contains(&answer.target)) {
            open.archives.keep(answer)?;
        }
        Ok(())
    }

    /// The gains that a forge counted in earlier runs.
    pub(crate) fn gains(&self) -> impl Iterator<Item = &Gains> {
        self.open.values().flat_map(|open| &open.gains.answers)
    }

    /// Keeps gains in the cache of every list that links their repository.
    pub(crate) fn keep_gains(&mut self, gains: &Gains) -> anyhow::Result<()> {
        for open in self.open.values_mut().filter(|open| open.targets.contains(&gains.target)) {
            open.gains.keep(gains)?;
        }
        Ok(())
    }

    /// Keeps a look in the cache of every list that links its target.
    pub(crate) fn keep(&mut self, look: &Observation) -> anyhow::Result<()> {
        for open in self.open.values_mut().filter(|open| open.targets.contains(&look.target)) {
            open.cache.keep(look)?;
        }
        Ok(())
    }
}

/// What the caches of a list store, oldest first: nothing is created, locked or changed.
pub(crate) fn stored(list: &ListFolder, context: &RunContext) -> anyhow::Result<Vec<Observation>> {
    let folders = [Some(list.folder.own_cache()), list.folder.cache(context.cache.as_deref())];
    let mut looks = Vec::new();
    for folder in folders.into_iter().flatten().collect::<BTreeSet<_>>() {
        looks.extend(Cache::stored(&folder)?);
    }
    looks.sort_by_key(|look| look.at);
    Ok(looks)
}
