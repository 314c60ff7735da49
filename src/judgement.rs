//! The judgements of one list: every verdict, with exclusions, from the ledger and the policy.
//!
//! Everything that shows or checks a list asks here, so that all commands agree on one state.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use crate::address::{Forges, Target};
use crate::ledger::{Ledger, Record};
use crate::markdown::Document;
use crate::observation::{ArchiveAnswer, Details, FailureClass, Observation, Seen, Weight};
use crate::policy::{Exclusion, Policy};
use crate::replacement::{self, Replacement};
use crate::verdict::{Judgement, Verdict, judge};

/// How a link is judged that the stored ledger does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NewLinks {
    /// As any other: its death needs confirmation.
    #[default]
    Confirmed,
    /// Dead if the site, the forge or the name server states at the first look that it does not exist: for a check, which
    /// may have no later run. A link in the ledger is judged as the ledger has it.
    Immediate,
}

/// The judgements of one list.
#[derive(Debug, Clone)]
pub struct Judgements<'a> {
    ledger: Ledger,
    policy: &'a Policy,
    excluded: BTreeMap<Target, Judgement>,
    stored: Option<&'a Ledger>,
    looks: HashMap<&'a Target, &'a Observation>,
    new_links: NewLinks,
}

impl<'a> Judgements<'a> {
    /// Judges by `ledger`, into which the looks of the run were folded.
    pub fn new(ledger: Ledger, policy: &'a Policy) -> Self {
        let (excluded, looks) = (BTreeMap::new(), HashMap::new());
        Self { ledger, policy, excluded, stored: None, looks, new_links: NewLinks::default() }
    }

    /// Judges these targets so, whatever the ledger has: the result of [`exclusions`].
    #[must_use]
    pub fn excluding(self, excluded: BTreeMap<Target, Judgement>) -> Self {
        Self { excluded, ..self }
    }

    /// Distinguishes what this run observed from `stored`, the ledger before it.
    #[must_use]
    pub fn since(self, stored: &'a Ledger, looks: &'a [Observation], new_links: NewLinks) -> Self {
        let mut newest: HashMap<&Target, &Observation> = HashMap::with_capacity(looks.len());
        for look in looks {
            let kept = newest.entry(&look.target).or_insert(look);
            if kept.at <= look.at {
                *kept = look;
            }
        }
        Self { stored: Some(stored), looks: newest, new_links, ..self }
    }

    /// The same after addresses were changed: the record of each old target is that of the new.
    #[must_use]
    pub fn renamed<'t>(
        &self,
        renamed: impl IntoIterator<Item = (&'t Target, &'t Target)>,
        excluded: BTreeMap<Target, Judgement>,
    ) -> Self {
        let mut ledger = self.ledger.clone();
        for (old, new) in renamed {
            ledger.rename(old, new);
        }
        Self { ledger, excluded, looks: self.looks.clone(), ..*self }
    }

    /// The ledger by which it judges.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The record of `target`.
    pub fn record(&self, target: &Target) -> Option<&Record> {
        self.ledger.get(target)
    }

    /// This run's newest look at `target`.
    pub fn look(&self, target: &Target) -> Option<&'a Observation> {
        self.looks.get(target).copied()
    }

    /// The anchors of a page, where this run looked for them and read the page to its end.
    pub fn anchors(&self, target: &Target) -> Option<&'a [String]> {
        match &self.look(target)?.seen {
            Seen::Alive(alive) => alive.anchors.as_deref(),
            Seen::Failed(_) => None,
        }
    }

    /// What this run looked at because a change adds the target.
    pub fn details(&self, target: &Target) -> Option<&'a Details> {
        match &self.look(target)?.seen {
            Seen::Alive(alive) => alive.details.as_deref(),
            Seen::Failed(_) => None,
        }
    }

    /// The judgement of `target`.
    pub fn judge(&self, target: &Target) -> Judgement {
        if let Some(judgement) = self.excluded.get(target) {
            return judgement.clone();
        }
        if let Some(repository) = target.answered_by() {
            return self.judge(&repository);
        }
        let judgement = judge(self.ledger.get(target), &self.policy.confirm);
        if self.new_links == NewLinks::Immediate && self.is_new_and_missing(target, &judgement) {
            return Judgement { verdict: Verdict::Dead, reason: at_first_look(&judgement), ..judgement };
        }
        judgement
    }

    /// The judgement of `target` as this run reports it: what it could not look at is unknown, whatever was known before,
    /// unless that is a failure.
    pub fn report(&self, target: &Target) -> Judgement {
        let judgement = self.judge(target);
        let answered = matches!(judgement.verdict, Verdict::Alive | Verdict::Moved | Verdict::Unknown);
        match self.look(target).map(|look| &look.seen) {
            Some(Seen::Failed(failure)) if answered && !failure.class.is_recorded() => Judgement::prevented(failure),
            _ => judgement,
        }
    }

    /// What may take the place of `target`, best first.
    pub fn replacements(&self, target: &Target) -> Vec<Replacement> {
        let Some(record) = self.ledger.get(target).filter(|_| !self.excluded.contains_key(target)) else {
            return Vec::new();
        };
        let verdict = self.judge(target).verdict;
        let answers = |record: &Record| judge(Some(record), &self.policy.confirm).verdict == Verdict::Alive;
        let retitled = || replacement::same_title(record, self.ledger.records().filter(|other| answers(other)));
        let mut found = replacement::replacements(record, verdict, self.ledger.as_of, retitled);
        found.retain(|offered| !self.is_lost(&Forges::default().target(&offered.url)));
        found
    }

    fn is_lost(&self, target: &Target) -> bool {
        let record = self.ledger.get(target);
        record.is_some_and(|record| replacement::is_lost(record, self.judge(target).verdict))
    }

    /// The same with what archives answered.
    #[must_use]
    pub fn with_archives<'b>(mut self, answers: impl IntoIterator<Item = &'b ArchiveAnswer>) -> Self {
        self.ledger = std::mem::take(&mut self.ledger).with_archives(answers);
        self
    }

    /// The day since which a target is dead that the stored ledger has as dead: what only this run saw fail was never on
    /// the list.
    pub fn dead_since(&self, target: &Target) -> Option<Date> {
        let stored = self.stored.unwrap_or(&self.ledger);
        let judgement = judge(stored.get(target), &self.policy.confirm);
        judgement.since.filter(|_| judgement.verdict == Verdict::Dead)
    }

    fn is_new_and_missing(&self, target: &Target, judgement: &Judgement) -> bool {
        let is_stored = self.stored.is_some_and(|stored| stored.get(target).is_some());
        let was_alive = self.ledger.get(target).is_some_and(|record| record.alive.is_some());
        let is_hard = judgement.class.is_some_and(|class| class.weight() == Weight::Hard);
        judgement.verdict == Verdict::Failing && is_hard && !is_stored && !was_alive
    }
}

fn at_first_look(judgement: &Judgement) -> String {
    let meaning = judgement.class.map(FailureClass::meaning).unwrap_or_default();
    format!("{meaning}; a new link must answer at its first look")
}

/// The judgements of targets that are not looked at: excluded by the policy as of `day`, ignored by a mark on their
/// line, or not on the web. A target that is excluded in one place and not in another is looked at. Without a day every
/// exclusion is in force.
pub fn exclusions(
    document: &Document,
    targets: &[Target],
    policy: &Policy,
    day: Option<Date>,
) -> BTreeMap<Target, Judgement> {
    let mut excluded = BTreeMap::new();
    let covering = |link: usize| {
        let url = &document.links[link].url;
        policy.check.exclude.iter().find(|exclusion| covers(exclusion, url, day))
    };
    for (link, target) in targets.iter().enumerate() {
        if let Target::Foreign(address) = target {
            let scheme = address.split(':').next().unwrap_or_default();
            excluded.insert(target.clone(), Judgement::ignored(format!("`{scheme}:` addresses are not looked at")));
        } else if let Some(exclusion) = covering(link) {
            excluded.insert(target.clone(), Judgement::excluded(exclusion));
        } else if let Some(reason) = document.ignored.get(&link) {
            excluded.insert(target.clone(), Judgement::ignored(reason.clone()));
        }
    }
    for (link, target) in targets.iter().enumerate() {
        if target.is_remote() && covering(link).is_none() && !document.ignored.contains_key(&link) {
            excluded.remove(target);
        }
    }
    excluded
}

fn covers(exclusion: &Exclusion, url: &str, day: Option<Date>) -> bool {
    exclusion.covers(url, day.unwrap_or(Date::MIN))
}
