//! How an observation changes a record, and which changes are insignificant.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::event::events;
use super::{ArchiveRecord, Blocked, Ledger, Moved, Record, Reused, Streak};
use crate::address::Target;
use crate::observation::{
    Alive, ArchiveAnswer, Facts, Failure, Observation, Provider, Seen, SharedFacts, Suspicion, SuspicionKind, day,
};
use crate::policy::{Confirm, Policy};

/// A figure changes only by more than this share of the stored one: the smallest step that is visible in a rounded
/// figure, and the reason why a list of thousands of entries does not change every week.
const INSIGNIFICANT_CHANGE: f64 = 0.05;
/// And by at least so many: 5 % of a small figure is a star or two, and such changes were half of the lines of eight
/// simulated weeks of a list of 1,559 repositories (243 lines; 139 with this).
const LEAST_CHANGE: u64 = 10;

impl Ledger {
    /// The ledger after these observations, whatever their order.
    #[must_use]
    pub fn fold(&self, observations: &[Observation], policy: &Policy) -> Self {
        self.clone().folded(observations, policy)
    }

    /// The same for a ledger that is not needed as it was before.
    #[must_use]
    pub fn folded<'a>(mut self, observations: impl IntoIterator<Item = &'a Observation>, policy: &Policy) -> Self {
        let mut sorted: Vec<&Observation> = observations.into_iter().collect();
        sorted.sort_by(|a, b| (a.at, &a.target).cmp(&(b.at, &b.target)).then_with(|| compare_simultaneous(a, b)));
        for record in self.records.values_mut().filter(|record| record.alive.is_some()) {
            record.last = record.last.or(self.as_of);
        }
        let events = events(&self, &sorted);
        for observation in sorted {
            self.apply(observation, policy, &events);
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

    fn apply(&mut self, observation: &Observation, policy: &Policy, events: &BTreeMap<Target, Provider>) {
        let day = observation.day();
        if let Seen::Failed(failure) = &observation.seen
            && !failure.class.is_recorded()
            && !self.records.contains_key(&observation.target)
        {
            return;
        }
        let record = self
            .records
            .entry(observation.target.clone())
            .or_insert_with(|| Box::new(Record::new(observation.target.clone(), day)));
        record.added = record.added.min(day);
        let outdated = record.is_newer_than(observation.at);
        match &observation.seen {
            Seen::Alive(_) if outdated => record.alive = Some(record.alive.map_or(day, |alive| alive.min(day))),
            Seen::Alive(alive) => {
                let accepted = &policy.accepted;
                let id =
                    (!accepted.is_empty()).then(|| accepted.get(&observation.target.to_string()).copied()).flatten();
                record.record_success(alive, day, id);
                record.last = Some(record.last.map_or(day, |last| last.max(day)));
                let month = day.first_of_month();
                self.as_of = Some(self.as_of.map_or(month, |as_of| as_of.max(month)));
            }
            Seen::Failed(failure) if !outdated => {
                record.record_failure(failure, observation.at, &policy.confirm);
                if let Some(streak) = record.failing.as_mut().filter(|streak| streak.event.is_none()) {
                    streak.event = events.get(&observation.target).cloned();
                }
            }
            Seen::Failed(_) => {}
        }
    }
}

impl Record {
    /// Whether something in it was seen after `at`: an older look must not overwrite it.
    fn is_newer_than(&self, at: Timestamp) -> bool {
        let day = day(at);
        let days = [
            self.alive,
            self.last,
            self.dates.values().max().copied(),
            self.moved.as_ref().map(|moved| moved.since),
            self.blocked.as_ref().map(|blocked| blocked.since),
            self.reused.as_ref().map(|reused| reused.since),
            self.recovered.newest(),
        ];
        self.failing.as_ref().is_some_and(|streak| at < streak.last)
            || days.into_iter().flatten().any(|seen| day < seen)
    }

    fn record_success(&mut self, alive: &Alive, day: Date, accepted: Option<i64>) {
        self.record_recovery(day);
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
        self.suspicions = self.suspicions_of(alive);
        if alive.title.is_some() && (self.suspicions.is_empty() || self.title.is_none()) {
            self.title.clone_from(&alive.title);
        }
        if self.suspicions.is_empty() {
            self.repository.clone_from(&alive.repository);
        }
        if alive.moved_to.as_deref() != self.moved.as_ref().map(|moved| moved.to.as_str()) {
            self.moved = alive.moved_to.clone().map(|to| Moved { to, since: day });
        }
        self.update_facts(&alive.facts, day);
    }

    /// Ends the streak.
    fn record_recovery(&mut self, today: Date) {
        if let Some(streak) = self.failing.take() {
            self.recovered.add(streak.tracks(), today);
        }
    }

    /// The suspicions of a look, compared with the title of the last good one: a page that moved to another domain under
    /// its old title is the same page; under another title, both are reported.
    fn suspicions_of(&self, alive: &Alive) -> Vec<Suspicion> {
        let mut suspicions = alive.suspicions.clone();
        match (&self.title, &alive.title) {
            (Some(old), Some(new)) if old == new => {
                suspicions.retain(|suspicion| suspicion.kind != SuspicionKind::OtherDomain);
            }
            (Some(old), Some(_)) => {
                for suspicion in &mut suspicions {
                    suspicion.evidence = format!("{}; the title was \"{old}\"", suspicion.evidence);
                }
            }
            _ => {}
        }
        suspicions
    }

    fn update_facts(&mut self, facts: &Facts, day: Date) {
        if facts.is_empty() {
            return;
        }
        let insignificant = insignificant_changes(&self.facts, facts);
        let dates = &mut self.dates;
        self.facts.take(facts, |name, differs| {
            let newer = dates.get(name).is_none_or(|date| *date <= day);
            let changed = newer && differs && !insignificant.contains(&name);
            if changed {
                dates.insert(name.to_owned(), day);
            }
            changed
        });
    }

    fn found_elsewhere(&mut self, to: Option<&str>, day: Date) {
        let Some(to) = to else { return };
        if self.elsewhere.as_ref().is_none_or(|elsewhere| elsewhere.to != to) {
            self.elsewhere = Some(Moved { to: to.to_owned(), since: day });
        }
    }

    /// Once it is confirmed dead, further failures are not recorded: they change nothing.
    fn record_failure(&mut self, failure: &Failure, at: Timestamp, confirm: &Confirm) {
        let (class, status) = (failure.class, failure.status);
        self.found_elsewhere(failure.elsewhere.as_deref(), day(at));
        if self.failing.as_ref().is_some_and(|streak| at <= streak.last) {
            return;
        }
        if let Some(mut streak) = self.failing.take() {
            self.recovered.add(streak.answered(class), day(at));
            self.failing = Some(streak).filter(|streak| streak.tracks().next().is_some());
        }
        if class.is_evidence() {
            self.blocked = None;
            if self.is_dead(confirm) {
                return;
            }
            match &mut self.failing {
                Some(streak) => streak.extend(class, status, at),
                None => self.failing = Some(Box::new(Streak::new(class, status, at))),
            }
        } else if class.traits().hides && self.blocked.as_ref().is_none_or(|blocked| blocked.class != class) {
            self.blocked = Some(Blocked { class, status, since: day(at) });
        }
    }
}

/// The order of two looks at one target in one moment: an answer is applied last.
fn compare_simultaneous(a: &Observation, b: &Observation) -> Ordering {
    let alive = |look: &Observation| matches!(look.seen, Seen::Alive(_));
    let text = |look: &Observation| serde_json::to_string(look).unwrap_or_default();
    alive(a).cmp(&alive(b)).then_with(|| text(a).cmp(&text(b)))
}

/// The names of the facts that changed too little to be recorded.
fn insignificant_changes(old: &Facts, new: &Facts) -> Vec<&'static str> {
    let facts = [
        ("stars", is_insignificant(old.stars, new.stars)),
        ("forks", is_insignificant(old.forks, new.forks)),
        ("commit", is_same_month(old.commit.flatten(), new.commit.flatten())),
        ("pushed", is_same_month(old.pushed.flatten(), new.pushed.flatten())),
    ];
    facts.into_iter().filter(|(_, insignificant)| *insignificant).map(|(name, _)| name).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn is_insignificant(old: Option<u64>, new: Option<u64>) -> bool {
    let (Some(old), Some(new)) = (old, new) else { return false };
    let change = old.abs_diff(new);
    change < LEAST_CHANGE || change as f64 <= old as f64 * INSIGNIFICANT_CHANGE
}

fn is_same_month(old: Option<Date>, new: Option<Date>) -> bool {
    matches!((old, new), (Some(old), Some(new)) if old.first_of_month() == new.first_of_month())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ledger::Recoveries;
    use crate::observation::{FailureClass, Hop};
    use proptest::prelude::*;

    fn target() -> Target {
        "github:a/b".parse().unwrap()
    }

    fn alive(at: &str, facts: Facts) -> Observation {
        let seen = Seen::Alive(Arc::new(Alive { facts: facts.into(), ..Alive::default() }));
        Observation { target: target(), at: at.parse().unwrap(), seen }
    }

    fn failed(at: &str, class: FailureClass) -> Observation {
        Observation { target: target(), at: at.parse().unwrap(), seen: Seen::Failed(Failure::of(class)) }
    }

    fn stars(n: u64) -> Facts {
        Facts { stars: Some(n), id: Some(7), ..Facts::default() }
    }

    fn after(observations: &[Observation]) -> Record {
        Ledger::default().fold(observations, &Policy::default()).get(&target()).unwrap().clone()
    }

    fn recoveries(record: &Record) -> String {
        serde_json::to_string(&record.recovered).unwrap()
    }

    #[test]
    fn an_insignificant_change_is_not_recorded() {
        let record = after(&[alive("2026-01-01T00:00:00Z", stars(1000)), alive("2026-02-01T00:00:00Z", stars(1050))]);
        assert_eq!(record.facts.stars, Some(1000));
        assert_eq!(record.dates["stars"], "2026-01-01".parse().unwrap());
        let record = after(&[alive("2026-01-01T00:00:00Z", stars(1000)), alive("2026-02-01T00:00:00Z", stars(1051))]);
        assert_eq!(record.facts.stars, Some(1051));
        assert_eq!(record.dates["stars"], "2026-02-01".parse().unwrap());
    }

    #[test]
    fn a_streak_counts_separate_days_and_ends_with_one_success() {
        let record = after(&[
            failed("2026-01-01T00:00:00Z", FailureClass::Http(404)),
            failed("2026-01-01T00:20:00Z", FailureClass::Http(404)),
            failed("2026-01-02T01:00:00Z", FailureClass::Http(404)),
        ]);
        let stated = record.failing.unwrap().stated.unwrap();
        assert_eq!((stated.days, stated.minutes), (2, 25 * 60));
        let record = after(&[
            failed("2026-01-01T00:00:00Z", FailureClass::Http(404)),
            alive("2026-01-02T00:00:00Z", stars(1)),
            failed("2026-01-03T00:00:00Z", FailureClass::Http(404)),
        ]);
        assert_eq!(record.failing.clone().unwrap().stated.unwrap().days, 1);
        assert_eq!(recoveries(&record), r#"{"stated":["2026-01-02"]}"#);
    }

    #[test]
    fn a_failure_that_passes_within_a_day_is_no_recovery() {
        let record =
            after(&[failed("2026-01-01T00:00:00Z", FailureClass::Http(404)), alive("2026-01-01T00:20:00Z", stars(1))]);
        assert_eq!((record.failing, record.recovered), (None, Recoveries::default()));
    }

    #[test]
    fn the_recoveries_of_a_year_are_kept_at_most_four() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let looks = (0..12).map(|n| {
            let at = (start + jiff::SignedDuration::from_hours(24 * 40 * n)).to_string();
            if n % 2 == 0 { failed(&at, FailureClass::TimeoutRead) } else { alive(&at, stars(1)) }
        });
        let record = after(&looks.collect::<Vec<_>>());
        assert_eq!(recoveries(&record), r#"{"away":["2026-07-20","2026-10-08","2026-12-27","2027-03-17"]}"#);
    }

    #[test]
    fn an_older_look_does_not_overwrite_a_newer_record() {
        let moved = |at: &str, to: Option<&str>| {
            let alive = Alive { moved_to: to.map(str::to_owned), title: Some(at.to_owned()), ..Alive::default() };
            Observation { target: target(), at: at.parse().unwrap(), seen: Seen::Alive(Arc::new(alive)) }
        };
        let policy = Policy::default();
        let newer = Ledger::default().fold(&[moved("2026-03-20T00:00:00Z", Some("https://x.org/"))], &policy);
        for older in [
            moved("2026-02-10T00:00:00Z", None),
            moved("2026-03-10T00:00:00Z", None),
            failed("2026-02-10T00:00:00Z", FailureClass::Http(404)),
            failed("2026-03-10T00:00:00Z", FailureClass::TimeoutRead),
            failed("2026-03-10T00:00:00Z", FailureClass::BotWall),
        ] {
            let record = newer.fold(std::slice::from_ref(&older), &policy).get(&target()).unwrap().clone();
            let kept = newer.get(&target()).unwrap();
            assert_eq!((&record.moved, &record.title), (&kept.moved, &kept.title), "{older:?}");
            assert_eq!((record.failing, record.blocked), (None, None), "{older:?}");
        }
    }

    #[test]
    fn a_confirmed_death_is_not_recorded_again() {
        let looks = |days: std::ops::Range<u8>| {
            days.map(|day| failed(&format!("2026-01-{:02}T00:00:00Z", day + 1), FailureClass::Http(404)))
                .collect::<Vec<_>>()
        };
        let policy = Policy::default();
        let confirmed = Ledger::default().fold(&looks(0..7), &policy);
        assert!(confirmed.get(&target()).unwrap().is_dead(&policy.confirm));
        assert_eq!(confirmed.fold(&looks(7..20), &policy), confirmed);
        let patient = Policy { confirm: Confirm { stated_days: 10, ..Confirm::default() }, ..Policy::default() };
        let later = confirmed.fold(&looks(7..20), &patient);
        assert!(!confirmed.get(&target()).unwrap().is_dead(&patient.confirm));
        assert!(later.get(&target()).unwrap().is_dead(&patient.confirm));
    }

    #[test]
    fn a_page_on_another_domain_is_suspected_by_its_title() {
        let page = |at: &str, title: &str, away: bool| {
            let suspicion = Suspicion { kind: SuspicionKind::OtherDomain, evidence: "https://y.org/".to_owned() };
            let suspicions = if away { vec![suspicion] } else { Vec::new() };
            let alive = Alive { title: Some(title.to_owned()), suspicions, ..Alive::default() };
            Observation { target: target(), at: at.parse().unwrap(), seen: Seen::Alive(Arc::new(alive)) }
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
    fn looks_are_counted_by_what_they_are_evidence_of() {
        const NOT_FOUND: FailureClass = FailureClass::Http(404);
        const DOWN: FailureClass = FailureClass::Http(503);
        const NXDOMAIN: FailureClass = FailureClass::DnsNxdomain;
        const EXPIRED: FailureClass = FailureClass::TlsExpired;
        for (classes, counts) in [
            (vec![NOT_FOUND, NOT_FOUND], [2, 0, 0, 0]),
            (vec![DOWN, DOWN], [0, 0, 2, 0]),
            (vec![DOWN, NOT_FOUND], [1, 0, 0, 0]),
            (vec![NOT_FOUND, DOWN, NOT_FOUND, DOWN], [2, 0, 1, 0]),
            (vec![NXDOMAIN, NXDOMAIN], [0, 2, 2, 0]),
            (vec![NXDOMAIN, DOWN], [0, 0, 2, 0]),
            (vec![NXDOMAIN, EXPIRED], [0, 0, 0, 1]),
            (vec![EXPIRED, FailureClass::TimeoutRead, EXPIRED], [0, 0, 0, 2]),
            (vec![EXPIRED, NOT_FOUND], [1, 0, 0, 0]),
        ] {
            let at = |day: usize| format!("2026-01-0{}T00:00:00Z", day + 1);
            let looks: Vec<_> = classes.iter().enumerate().map(|(day, class)| failed(&at(day), *class)).collect();
            let streak = after(&looks).failing.unwrap();
            let tracks = [streak.stated, streak.no_name, streak.away, streak.certificate];
            assert_eq!(tracks.map(|track| track.map_or(0, |track| track.days)), counts, "{classes:?}");
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
            let fold = |looks: &[Observation]| Ledger::default().fold(looks, &Policy::default());
            let mut other = looks.clone();
            other.rotate_left(turn % looks.len().max(1));
            other.reverse();
            prop_assert_eq!(fold(&looks), fold(&other));
            prop_assert_eq!(fold(&looks).fold(&looks, &Policy::default()).get(&target()).and_then(|r| r.failing.clone()),
                fold(&looks).get(&target()).and_then(|r| r.failing.clone()));
        }
    }

    #[test]
    fn a_wall_ends_the_silence_of_a_host() {
        let record = after(&[
            failed("2026-01-01T00:00:00Z", FailureClass::Http(503)),
            failed("2026-01-08T00:00:00Z", FailureClass::BotWall),
            failed("2026-01-15T00:00:00Z", FailureClass::RateLimited),
        ]);
        assert_eq!(record.failing, None);
        assert_eq!(record.blocked.unwrap().class, FailureClass::BotWall);
    }

    #[test]
    fn a_reused_name_is_quarantined_until_accepted() {
        let other = Facts { stars: Some(5), id: Some(9), ..Facts::default() };
        let seen = [alive("2026-01-01T00:00:00Z", stars(1000)), alive("2026-02-01T00:00:00Z", other)];
        let record = after(&seen);
        assert_eq!((record.facts.stars, record.reused.unwrap().id), (Some(1000), 9));
        let accepted = [("github:a/b".to_owned(), 9)].into();
        let ledger = Ledger::default().fold(&seen, &Policy { accepted, ..Policy::default() });
        let record = ledger.get(&target()).unwrap();
        assert_eq!((record.facts.stars, &record.reused), (Some(5), &None));
    }

    #[test]
    fn a_prevented_look_makes_no_record_and_loses_nothing() {
        let ledger =
            Ledger::default().fold(&[failed("2026-01-01T00:00:00Z", FailureClass::NotRecorded)], &Policy::default());
        assert!(ledger.is_empty());
        let record =
            after(&[alive("2026-01-01T00:00:00Z", stars(3)), failed("2026-01-02T00:00:00Z", FailureClass::NotLooked)]);
        assert_eq!((record.facts.stars, record.failing, record.blocked), (Some(3), None, None));
    }

    #[test]
    fn a_record_has_its_last_good_look_once_others_are_newer() {
        let month = |day: &str| Some(day.parse::<Date>().unwrap());
        let other = |at: &str| Observation { target: "github:c/d".parse().unwrap(), ..alive(at, stars(1)) };
        let first = Ledger::default()
            .fold(&[alive("2026-01-05T00:00:00Z", stars(1)), other("2026-01-05T00:00:00Z")], &Policy::default());
        assert_eq!(first.get(&target()).unwrap().last, None);
        let second = first.fold(&[other("2026-02-05T00:00:00Z")], &Policy::default());
        assert_eq!(second.get(&target()).unwrap().last, month("2026-01-01"));
        assert_eq!(second.get(&target()).unwrap().as_of(second.as_of), month("2026-01-01"));
        let third = second.fold(&[alive("2026-02-06T00:00:00Z", stars(1))], &Policy::default());
        assert_eq!(third.get(&target()).unwrap().last, None);
        assert_eq!(third.fold(&[], &Policy::default()), third);
    }

    #[test]
    fn a_move_keeps_the_day_it_was_first_seen() {
        let moved = |at: &str| {
            let alive = Alive {
                moved_to: Some("https://x.org/new".to_owned()),
                hops: vec![Hop { status: 301, to: "https://x.org/new".to_owned() }],
                ..Alive::default()
            };
            Observation { target: target(), at: at.parse().unwrap(), seen: Seen::Alive(Arc::new(alive)) }
        };
        let record = after(&[moved("2026-01-01T00:00:00Z"), moved("2026-02-01T00:00:00Z")]);
        assert_eq!(record.moved.unwrap().since, "2026-01-01".parse().unwrap());
    }
}
