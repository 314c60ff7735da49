//! How an observation changes a record, and when it is no news.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{ArchiveRecord, Blocked, Hard, Ledger, Moved, Record, Reused, Streak};
use crate::observation::{
    Alive, ArchiveAnswer, Facts, Failure, FailureClass, Observation, Seen, SharedFacts, Suspicion, SuspicionKind,
    Weight, day,
};

/// Failed looks closer together than this are one run: 1 hour, in seconds.
const ONE_RUN: i64 = 3_600;

/// A figure moves only by more than this share of what is remembered.
const HARDLY: f64 = 0.05;

impl Ledger {
    /// The memory after these observations, whatever their order. `accepted` are re-used names that a person
    /// accepted: canonical target to database id.
    #[must_use]
    pub fn fold(&self, observations: &[Observation], accepted: &BTreeMap<String, i64>) -> Self {
        self.clone().folded(observations, accepted)
    }

    /// The same for a memory that is not needed as it was before.
    #[must_use]
    pub fn folded<'a>(
        mut self,
        observations: impl IntoIterator<Item = &'a Observation>,
        accepted: &BTreeMap<String, i64>,
    ) -> Self {
        let mut sorted: Vec<&Observation> = observations.into_iter().collect();
        sorted.sort_by(|a, b| (a.at, &a.target).cmp(&(b.at, &b.target)).then_with(|| at_once(a, b)));
        for record in self.records.values_mut().filter(|record| record.alive.is_some()) {
            record.last = record.last.or(self.as_of);
        }
        for observation in sorted {
            self.take(observation, accepted);
        }
        for record in self.records.values_mut() {
            record.last = record.last.filter(|last| self.as_of.is_some_and(|month| *last < month));
        }
        self
    }

    /// The stored state after these answers of archives. An answer for what is alive again, or was asked already, is
    /// left out.
    #[must_use]
    pub fn with_archives<'a>(mut self, answers: impl IntoIterator<Item = &'a ArchiveAnswer>) -> Self {
        for answer in answers {
            let record = self.records.get_mut(&answer.target).filter(|record| record.failing.is_some());
            if let Some(record) = record {
                let asked = ArchiveRecord { asked: day(answer.at), copy: answer.copy.clone() };
                record.archives.entry(answer.archive).or_insert(asked);
            }
        }
        self
    }

    fn take(&mut self, observation: &Observation, accepted: &BTreeMap<String, i64>) {
        let day = observation.day();
        if let Seen::Failed(failure) = &observation.seen
            && failure.class.weight() == Weight::Nothing
            && !self.records.contains_key(&observation.target)
        {
            return;
        }
        let record = self
            .records
            .entry(observation.target.clone())
            .or_insert_with(|| Box::new(Record::new(observation.target.clone(), day)));
        record.added = record.added.min(day);
        match &observation.seen {
            Seen::Alive(alive) => {
                if record.failing.as_ref().is_some_and(|streak| streak.last > observation.at) {
                    return;
                }
                let own =
                    (!accepted.is_empty()).then(|| accepted.get(&observation.target.to_string()).copied()).flatten();
                record.see(alive, day, own);
                record.last = Some(record.last.map_or(day, |last| last.max(day)));
                let month = day.first_of_month();
                self.as_of = Some(self.as_of.map_or(month, |as_of| as_of.max(month)));
            }
            Seen::Failed(failure) => record.miss(failure, observation),
        }
    }
}

impl Record {
    fn see(&mut self, alive: &Alive, day: Date, accepted: Option<i64>) {
        self.failing = None;
        self.blocked = None;
        self.archives.clear();
        self.alive = Some(self.alive.map_or(day, |alive| alive.min(day)));
        if let (Some(old), Some(new)) = (self.facts.id, alive.facts.id)
            && old != new
        {
            if accepted != Some(new) {
                let since = self.reused.as_ref().filter(|reused| reused.id == new).map_or(day, |reused| reused.since);
                self.reused = Some(Reused { id: new, created: alive.facts.created, since });
                self.found_elsewhere(alive.elsewhere.as_deref(), day);
                return;
            }
            self.facts = SharedFacts::default();
            self.dates.clear();
        }
        self.reused = None;
        self.elsewhere = None;
        self.suspicions = self.doubts(alive);
        if alive.title.is_some() && (self.suspicions.is_empty() || self.title.is_none()) {
            self.title.clone_from(&alive.title);
        }
        if alive.moved_to.as_deref() != self.moved.as_ref().map(|moved| moved.to.as_str()) {
            self.moved = alive.moved_to.clone().map(|to| Moved { to, since: day });
        }
        self.learn(&alive.facts, day);
    }

    /// The doubts of a look, against the title of the last good one: a page that moved to another domain under
    /// its old title is the same page, and one under another title is told with the old.
    fn doubts(&self, alive: &Alive) -> Vec<Suspicion> {
        let mut doubts = alive.suspicions.clone();
        match (&self.title, &alive.title) {
            (Some(old), Some(new)) if old == new => doubts.retain(|doubt| doubt.kind != SuspicionKind::OtherDomain),
            (Some(old), Some(_)) => {
                for doubt in &mut doubts {
                    doubt.evidence = format!("{}; the title was \"{old}\"", doubt.evidence);
                }
            }
            _ => {}
        }
        doubts
    }

    fn learn(&mut self, facts: &Facts, day: Date) {
        if facts.is_empty() {
            return;
        }
        let quiet = quiet(&self.facts, facts);
        let dates = &mut self.dates;
        self.facts.take(facts, |name, differs| {
            let newer = dates.get(name).is_none_or(|date| *date <= day);
            let news = newer && differs && !quiet.contains(&name);
            if news {
                dates.insert(name.to_owned(), day);
            }
            news
        });
    }

    fn found_elsewhere(&mut self, to: Option<&str>, day: Date) {
        let Some(to) = to else { return };
        if self.elsewhere.as_ref().is_none_or(|elsewhere| elsewhere.to != to) {
            self.elsewhere = Some(Moved { to: to.to_owned(), since: day });
        }
    }

    fn miss(&mut self, failure: &Failure, observation: &Observation) {
        let day = observation.day();
        self.found_elsewhere(failure.elsewhere.as_deref(), day);
        match failure.class.weight() {
            Weight::Hard | Weight::Soft => self.extend_streak(failure, observation),
            Weight::Nothing if !speaks_of_target(failure.class) => {}
            Weight::Wall | Weight::Nothing => {
                if self.blocked.as_ref().is_none_or(|blocked| blocked.class != failure.class) {
                    self.blocked = Some(Blocked { class: failure.class, status: failure.status, since: day });
                }
            }
        }
    }

    fn extend_streak(&mut self, failure: &Failure, observation: &Observation) {
        let at = observation.at;
        let Some(streak) = &mut self.failing else {
            let (class, status) = (failure.class, failure.status);
            self.failing = Some(Streak { class, status, first: at, last: at, runs: 1, hard: None });
            return;
        };
        if at <= streak.last {
            return;
        }
        let changed = streak.class != failure.class;
        if changed || !streak.is_settled() {
            streak.hard = hard(streak, failure.class, at);
        }
        if changed {
            streak.class = failure.class;
            streak.status = failure.status;
        }
        if at.duration_since(streak.last).as_secs() >= ONE_RUN && (changed || !streak.is_settled()) {
            streak.runs = streak.runs.saturating_add(1);
            streak.last = at;
        }
    }
}

/// The order of two looks at one target in one moment: what was seen alive has the last word.
fn at_once(a: &Observation, b: &Observation) -> Ordering {
    let alive = |look: &Observation| matches!(look.seen, Seen::Alive(_));
    let text = |look: &Observation| serde_json::to_string(look).unwrap_or_default();
    alive(a).cmp(&alive(b)).then_with(|| text(a).cmp(&text(b)))
}

/// The hard looks of a streak that goes on with `class`; none where it holds looks of one weight only.
fn hard(streak: &Streak, class: FailureClass, at: Timestamp) -> Option<Hard> {
    let is_hard = class.weight() == Weight::Hard;
    match streak.hard() {
        Some(_) if is_hard && streak.hard.is_none() => None,
        Some(hard) if is_hard && at.duration_since(hard.last).as_secs() >= ONE_RUN => {
            Some(Hard { last: at, runs: hard.runs.saturating_add(1), ..hard })
        }
        None if is_hard => Some(Hard { first: at, last: at, runs: 1 }),
        hard => hard,
    }
}

/// Whether a failure that proves nothing is still about the target, not about us.
fn speaks_of_target(class: FailureClass) -> bool {
    matches!(
        class,
        FailureClass::Http(_)
            | FailureClass::BotWall
            | FailureClass::GithubBlocked
            | FailureClass::GithubForbidden
            | FailureClass::GithubLocked
    )
}

/// The names of the facts that moved too little to be news.
fn quiet(old: &Facts, new: &Facts) -> Vec<&'static str> {
    let facts = [
        ("stars", hardly_moved(old.stars, new.stars)),
        ("forks", hardly_moved(old.forks, new.forks)),
        ("commit", same_month(old.commit.flatten(), new.commit.flatten())),
        ("pushed", same_month(old.pushed.flatten(), new.pushed.flatten())),
    ];
    facts.into_iter().filter(|(_, quiet)| *quiet).map(|(name, _)| name).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn hardly_moved(old: Option<u64>, new: Option<u64>) -> bool {
    let (Some(old), Some(new)) = (old, new) else { return false };
    old.abs_diff(new) as f64 <= old as f64 * HARDLY
}

fn same_month(old: Option<Date>, new: Option<Date>) -> bool {
    matches!((old, new), (Some(old), Some(new)) if old.first_of_month() == new.first_of_month())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Target;
    use crate::observation::Hop;
    use proptest::prelude::*;

    fn target() -> Target {
        "github:a/b".parse().unwrap()
    }

    fn alive(at: &str, facts: Facts) -> Observation {
        let seen = Seen::Alive(Box::new(Alive { facts: facts.into(), ..Alive::default() }));
        Observation { target: target(), at: at.parse().unwrap(), seen }
    }

    fn failed(at: &str, class: FailureClass) -> Observation {
        Observation { target: target(), at: at.parse().unwrap(), seen: Seen::Failed(Failure::of(class)) }
    }

    fn stars(n: u64) -> Facts {
        Facts { stars: Some(n), id: Some(7), ..Facts::default() }
    }

    fn after(observations: &[Observation]) -> Record {
        Ledger::default().fold(observations, &BTreeMap::new()).get(&target()).unwrap().clone()
    }

    #[test]
    fn a_figure_that_hardly_moved_is_no_news() {
        let record = after(&[alive("2026-01-01T00:00:00Z", stars(1000)), alive("2026-02-01T00:00:00Z", stars(1050))]);
        assert_eq!(record.facts.stars, Some(1000));
        assert_eq!(record.dates["stars"], "2026-01-01".parse().unwrap());
        let record = after(&[alive("2026-01-01T00:00:00Z", stars(1000)), alive("2026-02-01T00:00:00Z", stars(1051))]);
        assert_eq!(record.facts.stars, Some(1051));
        assert_eq!(record.dates["stars"], "2026-02-01".parse().unwrap());
    }

    #[test]
    fn a_streak_counts_runs_and_ends_with_one_success() {
        let record = after(&[
            failed("2026-01-01T00:00:00Z", FailureClass::Http(404)),
            failed("2026-01-01T00:00:05Z", FailureClass::Http(404)),
            failed("2026-01-02T01:00:00Z", FailureClass::Http(404)),
        ]);
        let streak = record.failing.unwrap();
        assert_eq!((streak.runs, streak.days()), (2, 1));
        let record = after(&[
            failed("2026-01-01T00:00:00Z", FailureClass::Http(404)),
            alive("2026-01-02T00:00:00Z", stars(1)),
            failed("2026-01-03T00:00:00Z", FailureClass::Http(404)),
        ]);
        assert_eq!(record.failing.unwrap().runs, 1);
    }

    #[test]
    fn a_page_elsewhere_is_doubted_by_its_title() {
        let page = |at: &str, title: &str, away: bool| {
            let doubt = Suspicion { kind: SuspicionKind::OtherDomain, evidence: "https://y.org/".to_owned() };
            let suspicions = if away { vec![doubt] } else { Vec::new() };
            let alive = Alive { title: Some(title.to_owned()), suspicions, ..Alive::default() };
            Observation { target: target(), at: at.parse().unwrap(), seen: Seen::Alive(Box::new(alive)) }
        };
        let first = page("2026-01-01T00:00:00Z", "Mine", false);
        let same = after(&[first.clone(), page("2026-01-08T00:00:00Z", "Mine", true)]);
        assert_eq!(same.suspicions, []);
        let casino = [page("2026-01-08T00:00:00Z", "Casino", true), page("2026-01-15T00:00:00Z", "Casino", true)];
        let other = after(&[first, casino[0].clone(), casino[1].clone()]);
        assert_eq!(other.suspicions[0].evidence, "https://y.org/; the title was \"Mine\"");
        assert_eq!(other.title.as_deref(), Some("Mine"));
    }

    #[test]
    fn hard_looks_are_counted_apart_from_soft_ones() {
        const GONE: FailureClass = FailureClass::Http(404);
        const DOWN: FailureClass = FailureClass::Http(503);
        for (classes, runs, hard) in [
            (vec![GONE, GONE], 2, Some(2)),
            (vec![DOWN, DOWN], 2, None),
            (vec![DOWN, GONE], 2, Some(1)),
            (vec![GONE, DOWN], 2, Some(1)),
            (vec![GONE, DOWN, GONE, DOWN], 4, Some(2)),
        ] {
            let at = |day: usize| format!("2026-01-0{}T00:00:00Z", day + 1);
            let looks: Vec<_> = classes.iter().enumerate().map(|(day, class)| failed(&at(day), *class)).collect();
            let streak = after(&looks).failing.unwrap();
            assert_eq!((streak.runs, streak.hard().map(|hard| hard.runs)), (runs, hard), "{classes:?}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_looks_does_not_matter(
            looks in proptest::collection::vec((0i64..40, 0usize..5), 0..12).prop_map(|looks| {
                const SEEN: [FailureClass; 4] = [FailureClass::Http(404), FailureClass::Http(503), FailureClass::BotWall, FailureClass::RateLimited];
                let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
                let look = |(hours, seen): (i64, usize)| {
                    let at = (start + jiff::SignedDuration::from_hours(hours)).to_string();
                    SEEN.get(seen).map_or_else(|| alive(&at, stars(1)), |class| failed(&at, *class))
                };
                looks.into_iter().map(look).collect::<Vec<_>>()
            }),
            turn in 0usize..12,
        ) {
            let fold = |looks: &[Observation]| Ledger::default().fold(looks, &BTreeMap::new());
            let mut other = looks.clone();
            other.rotate_left(turn % looks.len().max(1));
            other.reverse();
            prop_assert_eq!(fold(&looks), fold(&other));
            prop_assert_eq!(fold(&looks).fold(&looks, &BTreeMap::new()).get(&target()).and_then(|r| r.failing.clone()),
                fold(&looks).get(&target()).and_then(|r| r.failing.clone()));
        }
    }

    #[test]
    fn walls_and_limits_do_not_advance_a_streak() {
        let record = after(&[
            failed("2026-01-01T00:00:00Z", FailureClass::Http(503)),
            failed("2026-01-08T00:00:00Z", FailureClass::BotWall),
            failed("2026-01-15T00:00:00Z", FailureClass::RateLimited),
        ]);
        assert_eq!(record.failing.as_ref().unwrap().runs, 1);
        assert_eq!(record.blocked.unwrap().class, FailureClass::BotWall);
    }

    #[test]
    fn a_reused_name_is_quarantined_until_accepted() {
        let other = Facts { stars: Some(5), id: Some(9), ..Facts::default() };
        let seen = [alive("2026-01-01T00:00:00Z", stars(1000)), alive("2026-02-01T00:00:00Z", other)];
        let record = after(&seen);
        assert_eq!((record.facts.stars, record.reused.unwrap().id), (Some(1000), 9));
        let accepted = BTreeMap::from([("github:a/b".to_owned(), 9)]);
        let ledger = Ledger::default().fold(&seen, &accepted);
        let record = ledger.get(&target()).unwrap();
        assert_eq!((record.facts.stars, &record.reused), (Some(5), &None));
    }

    #[test]
    fn a_look_without_an_answer_makes_no_record_and_loses_nothing() {
        let ledger =
            Ledger::default().fold(&[failed("2026-01-01T00:00:00Z", FailureClass::NotRecorded)], &BTreeMap::new());
        assert!(ledger.is_empty());
        let record =
            after(&[alive("2026-01-01T00:00:00Z", stars(3)), failed("2026-01-02T00:00:00Z", FailureClass::NotLooked)]);
        assert_eq!((record.facts.stars, record.failing, record.blocked), (Some(3), None, None));
    }

    #[test]
    fn a_record_tells_its_last_good_look_once_others_are_newer() {
        let month = |day: &str| Some(day.parse::<Date>().unwrap());
        let other = |at: &str| Observation { target: "github:c/d".parse().unwrap(), ..alive(at, stars(1)) };
        let first = Ledger::default()
            .fold(&[alive("2026-01-05T00:00:00Z", stars(1)), other("2026-01-05T00:00:00Z")], &BTreeMap::new());
        assert_eq!(first.get(&target()).unwrap().last, None);
        let second = first.fold(&[other("2026-02-05T00:00:00Z")], &BTreeMap::new());
        assert_eq!(second.get(&target()).unwrap().last, month("2026-01-01"));
        assert_eq!(second.get(&target()).unwrap().as_of(second.as_of), month("2026-01-01"));
        let third = second.fold(&[alive("2026-02-06T00:00:00Z", stars(1))], &BTreeMap::new());
        assert_eq!(third.get(&target()).unwrap().last, None);
        assert_eq!(third.fold(&[], &BTreeMap::new()), third);
    }

    #[test]
    fn a_move_keeps_the_day_it_was_first_seen() {
        let moved = |at: &str| {
            let alive = Alive {
                moved_to: Some("https://x.org/new".to_owned()),
                hops: vec![Hop { status: 301, to: "https://x.org/new".to_owned() }],
                ..Alive::default()
            };
            Observation { target: target(), at: at.parse().unwrap(), seen: Seen::Alive(Box::new(alive)) }
        };
        let record = after(&[moved("2026-01-01T00:00:00Z"), moved("2026-02-01T00:00:00Z")]);
        assert_eq!(record.moved.unwrap().since, "2026-01-01".parse().unwrap());
    }
}
