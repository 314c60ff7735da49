//! The verdict on a link, from its record and the policy alone.
//!
//! A look is folded into the record first, so every command that has the same ledger gives the same verdict. A verdict
//! is never stored: a changed policy needs no new look. One failed look is not a death, a wall is not a death, and what
//! was never looked at is unknown.

use jiff::civil::Date;
use serde::Serialize;

use crate::ledger::{Progress, Record, Streak};
use crate::observation::{Evidence, Failure, FailureClass, Suspicion, Weight, day};
use crate::policy::{Confirm, Exclusion};

/// The verdict on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It answers.
    Alive,
    /// It answers, permanently under another address.
    Moved,
    /// It failed, which is not yet confirmed.
    Failing,
    /// Confirmed dead.
    Dead,
    /// A wall against machines hides it.
    Walled,
    /// Not known: access is refused, the rate is limited, it was not looked at.
    Unknown,
    /// Excluded by the policy or by an ignore mark.
    Excluded,
}

impl Verdict {
    /// Every verdict, in the order of reports.
    pub const ALL: [Self; 7] =
        [Self::Alive, Self::Moved, Self::Failing, Self::Dead, Self::Walled, Self::Unknown, Self::Excluded];

    /// Its name in every format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Moved => "moved",
            Self::Failing => "failing",
            Self::Dead => "dead",
            Self::Walled => "walled",
            Self::Unknown => "unknown",
            Self::Excluded => "excluded",
        }
    }
}

/// A failing link is announced to readers once it failed on this many separate days: a single failure is often a passing one,
/// and a note for it would come and go from week to week.
const ANNOUNCED_FAILED_DAYS: u32 = 2;

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The class of what was seen, where it was not simply alive.
    pub class: Option<FailureClass>,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// The new address of something that moved.
    pub moved_to: Option<String>,
    /// The first day of the state, where that is known.
    pub since: Option<Date>,
    /// The streak of failures, where there is one.
    pub streak: Option<Streak>,
    /// How far the streak is on the way to a death.
    pub progress: Option<Progress>,
    /// Suspicions about a page that answers.
    pub suspicions: Vec<Suspicion>,
    /// The reason, for a person.
    pub reason: String,
}

impl Judgement {
    fn of(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            class: None,
            status: None,
            moved_to: None,
            since: None,
            streak: None,
            progress: None,
            suspicions: Vec::new(),
            reason: reason.into(),
        }
    }

    /// Whether its failure is shown to readers.
    pub fn is_announced_failure(&self) -> bool {
        let days = self.progress.map_or(0, |progress| progress.looks);
        self.verdict == Verdict::Failing && days >= ANNOUNCED_FAILED_DAYS
    }

    /// The judgement of a target that the policy excludes.
    pub fn excluded(exclusion: &Exclusion) -> Self {
        Self::of(Verdict::Excluded, format!("excluded: {}", exclusion.reason))
    }

    /// The judgement of a target that the run could not look at.
    pub fn prevented(failure: &Failure) -> Self {
        let judged = Self::of(Verdict::Unknown, failure.class.meaning());
        Self { class: Some(failure.class), status: failure.status, ..judged }
    }

    /// The judgement of a link that is not on the web, or that a mark on its line excludes.
    pub fn ignored(reason: impl Into<String>) -> Self {
        Self::of(Verdict::Excluded, reason)
    }
}

/// Judges a target from its record, into which every look was folded, and the policy.
pub fn judge(record: Option<&Record>, confirm: &Confirm) -> Judgement {
    let Some(record) = record else { return unseen("never looked at") };
    let progress = record.progress(confirm);
    if let (Some(streak), Some(progress)) = (&record.failing, progress)
        && (progress.is_confirmed() || record.blocked.is_none())
    {
        return failing(streak, &progress);
    }
    if let Some(blocked) = &record.blocked {
        let wall = blocked.class.weight() == Weight::Wall;
        let verdict = if wall { Verdict::Walled } else { Verdict::Unknown };
        let judged = Judgement::of(verdict, blocked.class.meaning());
        return Judgement { class: Some(blocked.class), status: blocked.status, since: Some(blocked.since), ..judged };
    }
    if let Some(reused) = &record.reused {
        let reason = format!("another repository answers under this name since {}", reused.since);
        let judged = Judgement::of(Verdict::Unknown, reason);
        return Judgement { class: Some(FailureClass::ReusedName), since: Some(reused.since), ..judged };
    }
    if record.alive.is_none() {
        return unseen("never seen alive; its host answers");
    }
    alive(record)
}

fn unseen(reason: &str) -> Judgement {
    Judgement { class: Some(FailureClass::NotLooked), ..Judgement::of(Verdict::Unknown, reason) }
}

fn alive(record: &Record) -> Judgement {
    let suspicions = record.suspicions.clone();
    match &record.moved {
        Some(moved) => {
            let judged = Judgement::of(Verdict::Moved, format!("moved permanently, first seen on {}", moved.since));
            Judgement { moved_to: Some(moved.to.clone()), since: Some(moved.since), suspicions, ..judged }
        }
        None => Judgement { suspicions, ..Judgement::of(Verdict::Alive, "it answers") },
    }
}

fn failing(streak: &Streak, progress: &Progress) -> Judgement {
    let verdict = if progress.is_confirmed() { Verdict::Dead } else { Verdict::Failing };
    let since = day(streak.first);
    let reason = format!("{}; {}", streak.class.meaning(), waiting(streak, progress));
    Judgement {
        class: Some(streak.class),
        status: streak.status,
        since: Some(since),
        streak: Some(streak.clone()),
        progress: Some(*progress),
        ..Judgement::of(verdict, reason)
    }
}

/// What a streak waits for, in one line.
fn waiting(streak: &Streak, progress: &Progress) -> String {
    let since = day(streak.first);
    let state = match progress.evidence {
        Evidence::Stated => "not found",
        Evidence::Certificate => "certificate refused",
        _ => "not answering",
    };
    let so_far = format!("{state} since {since}, seen on {}", days(progress.looks));
    let Some(not_before) = progress.not_before else { return so_far };
    let recovered = match progress.recoveries {
        0 => None,
        1 => Some("it recovered once within a year".to_owned()),
        times => Some(format!("it recovered {times} times within a year")),
    };
    let together =
        streak.event.as_ref().map(|provider| format!("it began together with others at {}", provider.meaning()));
    let reasons: Vec<String> = recovered.into_iter().chain(together).collect();
    let longer =
        if reasons.is_empty() { String::new() } else { format!(", more than usual because {}", reasons.join(" and ")) };
    let needed = progress.needed;
    format!(
        "{so_far}; dead after {} and {} failed looks on separate days{longer}: not before {not_before}",
        days(needed.days),
        needed.looks
    )
}

fn days(count: u32) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ledger::Ledger;
    use crate::observation::{Alive, Observation, Seen};
    use crate::policy::Policy;

    const NOT_FOUND: Option<FailureClass> = Some(FailureClass::Http(404));
    const TIMEOUT: Option<FailureClass> = Some(FailureClass::TimeoutRead);
    const ALIVE: Option<FailureClass> = None;

    /// A look on a day of 2026, counted from 1 January.
    fn look(day: i64, class: Option<FailureClass>) -> Observation {
        let start: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let seen = class.map_or_else(|| Seen::Alive(Arc::default()), |class| Seen::Failed(Failure::of(class)));
        Observation {
            target: "https://x.org/".parse().unwrap(),
            at: start + jiff::SignedDuration::from_hours(24 * day),
            seen,
        }
    }

    fn judged(looks: &[(i64, Option<FailureClass>)]) -> Judgement {
        let looks: Vec<_> = looks.iter().map(|(day, class)| look(*day, *class)).collect();
        let policy = Policy::default();
        let ledger = Ledger::default().fold(&looks, &policy);
        judge(ledger.get(&"https://x.org/".parse().unwrap()), &policy.confirm)
    }

    #[track_caller]
    fn assert_verdict(looks: &[(i64, Option<FailureClass>)], verdict: Verdict) {
        assert_eq!(judged(looks).verdict, verdict, "{looks:?}");
    }

    #[test]
    fn a_stated_death_needs_six_days_and_two_looks() {
        assert_verdict(&[(0, NOT_FOUND)], Verdict::Failing);
        assert_verdict(&[(0, NOT_FOUND), (5, NOT_FOUND)], Verdict::Failing);
        assert_verdict(&[(0, NOT_FOUND), (6, NOT_FOUND)], Verdict::Dead);
        assert_verdict(&[(0, NOT_FOUND), (3, ALIVE), (6, NOT_FOUND)], Verdict::Failing);
    }

    #[test]
    fn looking_more_often_does_not_shorten_the_silence() {
        let daily: Vec<_> = (0..=19).map(|day| (day, TIMEOUT)).collect();
        assert_verdict(&daily, Verdict::Failing);
        let daily: Vec<_> = (0..=20).map(|day| (day, TIMEOUT)).collect();
        assert_verdict(&daily, Verdict::Dead);
    }

    #[test]
    fn a_long_gap_between_runs_is_not_silence() {
        assert_verdict(&[(0, TIMEOUT), (90, TIMEOUT), (91, TIMEOUT), (92, TIMEOUT)], Verdict::Failing);
        assert_verdict(&[(0, TIMEOUT), (30, TIMEOUT), (60, TIMEOUT), (90, TIMEOUT), (120, TIMEOUT)], Verdict::Dead);
    }

    #[test]
    fn a_recovery_lengthens_the_silence_that_is_needed() {
        let weekly = [(30, TIMEOUT), (37, TIMEOUT), (44, TIMEOUT), (51, TIMEOUT), (58, TIMEOUT)];
        assert_verdict(&weekly, Verdict::Dead);
        let mut recovered = vec![(0, ALIVE), (7, TIMEOUT), (14, ALIVE)];
        recovered.extend(weekly);
        assert_verdict(&recovered, Verdict::Failing);
        recovered.push((65, TIMEOUT));
        assert_verdict(&recovered, Verdict::Dead);
    }

    #[test]
    fn any_answer_ends_the_silence_of_network_failures() {
        for class in [
            FailureClass::Http(401),
            FailureClass::Http(403),
            FailureClass::RateLimited,
            FailureClass::BotWall,
            FailureClass::TlsExpired,
        ] {
            let answered = [(0, TIMEOUT), (7, TIMEOUT), (14, TIMEOUT), (20, Some(class)), (21, TIMEOUT), (28, TIMEOUT)];
            assert_verdict(&answered, Verdict::Failing);
        }
        let (wall, mut looks) = (Some(FailureClass::BotWall), vec![(0, TIMEOUT)]);
        looks.extend((1..60).map(|day| (day, wall)));
        looks.extend([(60, TIMEOUT), (120, TIMEOUT)]);
        assert_verdict(&looks, Verdict::Failing);
    }

    #[test]
    fn an_expired_certificate_warns_for_two_months() {
        let expired: Vec<_> = (0..8).map(|week| (7 * week, Some(FailureClass::TlsExpired))).collect();
        assert_verdict(&expired, Verdict::Failing);
        let expired: Vec<_> = (0..10).map(|week| (7 * week, Some(FailureClass::TlsExpired))).collect();
        assert_verdict(&expired, Verdict::Dead);
    }

    #[test]
    fn certificates_that_browsers_may_accept_are_never_a_death() {
        for class in [FailureClass::TlsUntrusted, FailureClass::TlsHandshake] {
            let weekly: Vec<_> = (0..52).map(|week| (7 * week, Some(class))).collect();
            assert_verdict(&weekly, Verdict::Unknown);
        }
    }

    #[test]
    fn one_stated_failure_after_an_outage_is_no_death() {
        let mut looks = vec![(0, TIMEOUT), (7, TIMEOUT), (14, TIMEOUT), (21, NOT_FOUND)];
        assert_verdict(&looks, Verdict::Failing);
        looks.push((28, NOT_FOUND));
        assert_verdict(&looks, Verdict::Dead);
        looks.push((29, TIMEOUT));
        assert_verdict(&looks, Verdict::Dead);
        looks.push((30, ALIVE));
        assert_verdict(&looks, Verdict::Alive);
    }

    #[test]
    fn the_newest_look_decides_between_failing_and_hidden() {
        for (class, verdict) in [
            (FailureClass::BotWall, Verdict::Walled),
            (FailureClass::Http(999), Verdict::Walled),
            (FailureClass::Http(403), Verdict::Unknown),
            (FailureClass::NotLooked, Verdict::Failing),
        ] {
            assert_verdict(&[(0, NOT_FOUND), (1, Some(class))], verdict);
        }
        assert_verdict(&[(0, FailureClass::BotWall.into()), (1, NOT_FOUND)], Verdict::Failing);
    }

    #[test]
    fn a_stated_death_outlives_a_wall_and_a_silent_one_does_not() {
        for (class, next, verdict) in [
            (FailureClass::Http(404), FailureClass::NotLooked, Verdict::Dead),
            (FailureClass::Http(404), FailureClass::BotWall, Verdict::Dead),
            (FailureClass::TimeoutRead, FailureClass::NotLooked, Verdict::Dead),
            (FailureClass::TimeoutRead, FailureClass::BotWall, Verdict::Walled),
            (FailureClass::TimeoutRead, FailureClass::Http(403), Verdict::Unknown),
        ] {
            let mut looks: Vec<_> = (0..5).map(|week| (7 * week, Some(class))).collect();
            looks.push((35, Some(next)));
            assert_verdict(&looks, verdict);
        }
    }

    #[test]
    fn the_reason_states_what_is_waited_for() {
        let reason = judged(&[(0, ALIVE), (7, TIMEOUT), (14, ALIVE), (21, TIMEOUT), (28, TIMEOUT)]).reason;
        assert_eq!(
            reason,
            "the host did not answer in time; not answering since 2026-01-22, seen on 2 days; dead after 30 days and 6 \
             failed looks on separate days, more than usual because it recovered once within a year: not before 2026-02-21"
        );
    }

    #[test]
    fn a_move_has_its_new_address() {
        let alive = Alive { moved_to: Some("https://y.org/".to_owned()), ..Alive::default() };
        let look = Observation { seen: Seen::Alive(Arc::new(alive)), ..look(0, None) };
        let policy = Policy::default();
        let ledger = Ledger::default().fold(std::slice::from_ref(&look), &policy);
        let judged = judge(ledger.get(&look.target), &policy.confirm);
        assert_eq!((judged.verdict, judged.moved_to.as_deref()), (Verdict::Moved, Some("https://y.org/")));
    }
}
