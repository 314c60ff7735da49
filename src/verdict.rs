//! What a record means under the policy today.
//!
//! A verdict is never stored: a changed policy needs no new look. One failed look is not death, a wall is
//! not death, and what was not looked at is unknown.

use jiff::civil::Date;
use serde::Serialize;

use crate::ledger::{Record, Streak};
use crate::observation::{Failure, FailureClass, Hop, Observation, Seen, Suspicion, Weight, day};
use crate::policy::{Confirm, Exclusion};

/// What is held of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is there.
    Alive,
    /// It is there, for good under another address.
    Moved,
    /// It failed, and that is not yet confirmed.
    Failing,
    /// It is gone: confirmed, or new and failing hard.
    Dead,
    /// A wall against machines hides it.
    Walled,
    /// Nothing can be said: refused to us, rate limited, not looked at.
    Unknown,
    /// The policy leaves it out.
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
    /// The day since which it is so, where that is known.
    pub since: Option<Date>,
    /// The streak of failures, where there is one.
    pub streak: Option<Streak>,
    /// Doubts about a page that answers.
    pub suspicions: Vec<Suspicion>,
    /// Why, in words for a person.
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
            suspicions: Vec::new(),
            reason: reason.into(),
        }
    }

    /// The judgement of a target that the policy leaves out.
    pub fn excluded(exclusion: &Exclusion) -> Self {
        Self::of(Verdict::Excluded, format!("excluded: {}", exclusion.reason))
    }

    /// The judgement of a link that is not on the web, or that its line tells us to ignore.
    pub fn ignored(reason: impl Into<String>) -> Self {
        Self::of(Verdict::Excluded, reason)
    }
}

/// Whether failing hard at the first look is death: for a link that nobody remembers alive, in a check that
/// has no later run to wait for. A link that was once seen alive needs confirmation in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmationMode {
    /// A link never seen alive must hold at once.
    Immediate,
    /// Every death needs confirmation.
    Required,
}

/// Says what is held of a target, from its record (this run's looks folded in), this run's look, and the
/// policy.
pub fn judge(
    record: Option<&Record>,
    look: Option<&Observation>,
    confirm: &Confirm,
    confirmation: ConfirmationMode,
) -> Judgement {
    if let Some(Observation { seen: Seen::Failed(failure), .. }) = look
        && matches!(failure.class.weight(), Weight::Nothing | Weight::Wall)
        && !stays_dead(record, failure.class, confirm)
    {
        return hidden(record, failure);
    }
    let Some(record) = record else {
        return Judgement {
            class: Some(FailureClass::NotLooked),
            ..Judgement::of(Verdict::Unknown, "never looked at")
        };
    };
    if let Some(streak) = &record.failing {
        return failing(record, streak, look, confirm, confirmation);
    }
    if let Some(reused) = &record.reused {
        let reason = format!("another repository answers under this name since {}", reused.since);
        let held = Judgement::of(Verdict::Unknown, reason);
        return Judgement { class: Some(FailureClass::ReusedName), since: Some(reused.since), ..held };
    }
    if look.is_none()
        && let Some(blocked) = &record.blocked
    {
        let hidden = hidden(Some(record), &Failure { status: blocked.status, ..Failure::of(blocked.class) });
        return Judgement { since: Some(blocked.since), ..hidden };
    }
    alive(record)
}

fn alive(record: &Record) -> Judgement {
    let suspicions = record.suspicions.clone();
    match &record.moved {
        Some(moved) => {
            let held = Judgement::of(Verdict::Moved, format!("moved for good, seen since {}", moved.since));
            Judgement { moved_to: Some(moved.to.clone()), since: Some(moved.since), suspicions, ..held }
        }
        None => Judgement { suspicions, ..Judgement::of(Verdict::Alive, "it answers") },
    }
}

fn hidden(record: Option<&Record>, failure: &Failure) -> Judgement {
    let wall = failure.class.weight() == Weight::Wall;
    let verdict = if wall { Verdict::Walled } else { Verdict::Unknown };
    let since = record.and_then(|record| record.blocked.as_ref()).filter(|b| b.class == failure.class).map(|b| b.since);
    let held = Judgement::of(verdict, failure.class.meaning());
    Judgement { class: Some(failure.class), status: failure.status, since, ..held }
}

fn failing(
    record: &Record,
    streak: &Streak,
    look: Option<&Observation>,
    confirm: &Confirm,
    confirmation: ConfirmationMode,
) -> Judgement {
    let hard = streak.class.weight() == Weight::Hard;
    let unseen = confirmation == ConfirmationMode::Immediate && record.alive.is_none();
    let dead = is_confirmed(streak, confirm) || (hard && unseen);
    let since = day(streak.first);
    let verdict = if dead { Verdict::Dead } else { Verdict::Failing };
    let hops = match look.map(|look| &look.seen) {
        Some(Seen::Failed(failure)) => through(&failure.hops),
        _ => String::new(),
    };
    let reason = format!("{}{hops}; {}", streak.class.meaning(), told(streak, confirm, dead));
    let held = Judgement::of(verdict, reason);
    Judgement {
        class: Some(streak.class),
        status: streak.status,
        since: Some(since),
        streak: Some(streak.clone()),
        ..held
    }
}

fn through(hops: &[Hop]) -> String {
    hops.last()
        .map(|hop| {
            format!(" after {} redirect{}", hops.len(), if hop.to.is_empty() || hops.len() == 1 { "" } else { "s" })
        })
        .unwrap_or_default()
}

/// Whether the streak is long enough, in runs and in time: the hard looks in it by themselves, or, where there
/// are soft ones, all of them.
pub fn is_confirmed(streak: &Streak, confirm: &Confirm) -> bool {
    let only_hard = streak.hard.is_none() && streak.class.weight() == Weight::Hard;
    let seconds = streak.last.duration_since(streak.first).as_secs();
    let away = streak.runs >= confirm.soft_runs && seconds >= i64::from(confirm.soft_days) * 86_400;
    is_gone(streak, confirm) || (away && !only_hard)
}

/// Whether the hard looks in it confirm each other.
fn is_gone(streak: &Streak, confirm: &Confirm) -> bool {
    streak.hard().is_some_and(|hard| {
        let seconds = hard.last.duration_since(hard.first).as_secs();
        hard.runs >= confirm.hard_runs && seconds >= i64::from(confirm.hard_hours) * 3_600
    })
}

/// Whether a confirmed death outlives a look that learnt nothing. What was away is in doubt as soon as its host
/// answers anything; what is gone is not.
fn stays_dead(record: Option<&Record>, class: FailureClass, confirm: &Confirm) -> bool {
    let answered = matches!(class, FailureClass::Http(_) | FailureClass::BotWall | FailureClass::RateLimited);
    record
        .and_then(|record| record.failing.as_ref())
        .is_some_and(|streak| is_gone(streak, confirm) || (is_confirmed(streak, confirm) && !answered))
}

fn told(streak: &Streak, confirm: &Confirm, dead: bool) -> String {
    let runs = if streak.runs == 1 { "run".to_owned() } else { format!("runs over {} days", streak.days()) };
    let so_far = format!("failed in {} {runs}", streak.runs);
    if dead {
        return so_far;
    }
    let needed = if streak.class.weight() == Weight::Hard {
        format!("{} runs over {} hours", confirm.hard_runs, confirm.hard_hours)
    } else {
        format!("{} runs over {} days", confirm.soft_runs, confirm.soft_days)
    };
    format!("{so_far}, dead after {needed}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;
    use crate::observation::Alive;
    use std::collections::BTreeMap;

    fn look(at: &str, class: Option<FailureClass>) -> Observation {
        let seen = class.map_or_else(|| Seen::Alive(Box::default()), |class| Seen::Failed(Failure::of(class)));
        Observation { target: "https://x.org/".parse().unwrap(), at: at.parse().unwrap(), seen }
    }

    fn held(looks: &[(&str, Option<FailureClass>)], confirmation: ConfirmationMode) -> Verdict {
        let looks: Vec<_> = looks.iter().map(|(at, class)| look(at, *class)).collect();
        let ledger = Ledger::default().fold(&looks, &BTreeMap::new());
        let last = looks.last();
        judge(ledger.get(&"https://x.org/".parse().unwrap()), last, &Confirm::default(), confirmation).verdict
    }

    #[test]
    fn hard_failures_need_two_runs_a_day_apart() {
        const GONE: Option<FailureClass> = Some(FailureClass::Http(404));
        for (looks, verdict) in [
            (vec![("2026-01-01T00:00:00Z", GONE)], Verdict::Failing),
            (vec![("2026-01-01T00:00:00Z", GONE), ("2026-01-01T20:00:00Z", GONE)], Verdict::Failing),
            (vec![("2026-01-01T00:00:00Z", GONE), ("2026-01-02T00:00:00Z", GONE)], Verdict::Dead),
            (
                vec![("2026-01-01T00:00:00Z", GONE), ("2026-01-01T12:00:00Z", None), ("2026-01-02T00:00:00Z", GONE)],
                Verdict::Failing,
            ),
        ] {
            assert_eq!(held(&looks, ConfirmationMode::Required), verdict, "{looks:?}");
        }
        assert_eq!(held(&[("2026-01-01T00:00:00Z", GONE)], ConfirmationMode::Immediate), Verdict::Dead);
    }

    #[test]
    fn soft_failures_need_three_runs_over_a_week() {
        const DOWN: Option<FailureClass> = Some(FailureClass::TimeoutRead);
        let mut looks = vec![("2026-01-01T00:00:00Z", DOWN), ("2026-01-04T00:00:00Z", DOWN)];
        assert_eq!(held(&looks, ConfirmationMode::Immediate), Verdict::Failing);
        looks.push(("2026-01-07T00:00:00Z", DOWN));
        assert_eq!(held(&looks, ConfirmationMode::Required), Verdict::Failing);
        looks.push(("2026-01-08T00:00:00Z", DOWN));
        assert_eq!(held(&looks, ConfirmationMode::Required), Verdict::Dead);
    }

    #[test]
    fn walls_and_refusals_are_no_death() {
        for (class, verdict) in [
            (FailureClass::BotWall, Verdict::Walled),
            (FailureClass::Http(999), Verdict::Walled),
            (FailureClass::RateLimited, Verdict::Unknown),
            (FailureClass::Http(403), Verdict::Unknown),
            (FailureClass::NotLooked, Verdict::Unknown),
        ] {
            let gone = Some(FailureClass::Http(404));
            let looks = [("2026-01-01T00:00:00Z", gone), ("2026-01-09T00:00:00Z", Some(class))];
            assert_eq!(held(&looks, ConfirmationMode::Immediate), verdict, "{class}");
        }
    }

    #[test]
    fn one_hard_look_after_an_outage_is_no_death() {
        const GONE: Option<FailureClass> = Some(FailureClass::Http(404));
        const DOWN: Option<FailureClass> = Some(FailureClass::Http(503));
        let mut looks = vec![("2026-01-01T00:00:00Z", DOWN), ("2026-01-05T00:00:00Z", GONE)];
        assert_eq!(held(&looks, ConfirmationMode::Required), Verdict::Failing);
        looks.push(("2026-01-06T00:00:00Z", GONE));
        assert_eq!(held(&looks, ConfirmationMode::Required), Verdict::Dead);
        looks.push(("2026-01-07T00:00:00Z", DOWN));
        assert_eq!(held(&looks, ConfirmationMode::Required), Verdict::Dead);
        looks.push(("2026-01-08T00:00:00Z", None));
        assert_eq!(held(&looks, ConfirmationMode::Required), Verdict::Alive);
    }

    #[test]
    fn a_confirmed_death_outlives_a_look_that_learns_nothing() {
        for (class, next, verdict) in [
            (FailureClass::Http(404), FailureClass::NotLooked, Verdict::Dead),
            (FailureClass::Http(404), FailureClass::BotWall, Verdict::Dead),
            (FailureClass::TimeoutRead, FailureClass::NotLooked, Verdict::Dead),
            (FailureClass::TimeoutRead, FailureClass::BotWall, Verdict::Walled),
            (FailureClass::TimeoutRead, FailureClass::Http(403), Verdict::Unknown),
        ] {
            let days = ["2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z", "2026-01-15T00:00:00Z"];
            let mut looks: Vec<_> = days.map(|day| (day, Some(class))).into();
            looks.push(("2026-01-22T00:00:00Z", Some(next)));
            assert_eq!(held(&looks, ConfirmationMode::Required), verdict, "{class} {next}");
        }
    }

    #[test]
    fn a_move_tells_its_new_address() {
        let alive = Alive { moved_to: Some("https://y.org/".to_owned()), ..Alive::default() };
        let look = Observation { seen: Seen::Alive(Box::new(alive)), ..look("2026-01-01T00:00:00Z", None) };
        let ledger = Ledger::default().fold(std::slice::from_ref(&look), &BTreeMap::new());
        let judged = judge(ledger.get(&look.target), Some(&look), &Confirm::default(), ConfirmationMode::Required);
        assert_eq!((judged.verdict, judged.moved_to.as_deref()), (Verdict::Moved, Some("https://y.org/")));
    }
}
