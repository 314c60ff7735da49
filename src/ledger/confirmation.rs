//! The rule by which failed looks become a death: how long the silence has to be, and on how many separate days it
//! was seen. It depends on the record and the policy alone.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::{Record, Track};
use crate::observation::{Evidence, day};
use crate::policy::Confirm;

/// What a kind of evidence needs before it is a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// Days of silence.
    pub days: u32,
    /// Separate days with a failed look.
    pub looks: u32,
}

/// How far a streak is on the way to a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The evidence that decides first.
    pub evidence: Evidence,
    /// Whole days of silence so far.
    pub days: u32,
    /// Separate days with a failed look so far.
    pub looks: u32,
    /// What is needed.
    pub needed: Requirement,
    /// The recoveries that lengthened it.
    pub recoveries: u32,
    /// Whether it is part of an event, which lengthened it.
    pub is_event: bool,
    /// The first day on which it can be decided, if every look until then fails; none once it is confirmed.
    pub not_before: Option<Date>,
}

impl Progress {
    /// Whether it is a death.
    pub fn is_confirmed(&self) -> bool {
        self.not_before.is_none()
    }
}

/// What `evidence` needs after so many recoveries from failures of its kind, as part of an event or not.
pub fn requirement(confirm: &Confirm, evidence: Evidence, recoveries: u32, is_event: bool) -> Requirement {
    let (days, looks) = match evidence {
        Evidence::Stated => (confirm.stated_days, confirm.stated_looks),
        Evidence::NoName => (confirm.no_name_days, confirm.no_name_looks),
        Evidence::Certificate => (confirm.certificate_days, confirm.certificate_looks),
        Evidence::Away | Evidence::Wall | Evidence::None => (confirm.away_days, confirm.away_looks),
    };
    let percent = confirm.recovery_percent * recoveries + if is_event { confirm.event_percent } else { 0 };
    Requirement { days: days + (days * percent).div_ceil(100), looks: looks + recoveries }
}

impl Record {
    /// How far its streak of failed looks is on the way to a death; none where it does not fail.
    pub fn progress(&self, confirm: &Confirm) -> Option<Progress> {
        let streak = self.failing.as_ref()?;
        let is_event = streak.event.is_some();
        let all = streak.tracks().map(|(evidence, track)| {
            let recoveries = self.recovered.before(evidence, day(track.since));
            progress(confirm, (evidence, track), recoveries, is_event)
        });
        all.min_by_key(|progress| progress.not_before)
    }

    /// Whether it is confirmed dead under this policy.
    pub fn is_dead(&self, confirm: &Confirm) -> bool {
        self.progress(confirm).is_some_and(|progress| progress.is_confirmed())
    }
}

fn progress(confirm: &Confirm, (evidence, track): (Evidence, Track), recoveries: u32, is_event: bool) -> Progress {
    let needed = requirement(confirm, evidence, recoveries, is_event);
    let minutes = (needed.days * 1_440).saturating_sub(track.minutes);
    let looks = needed.looks.saturating_sub(track.days);
    let days = minutes.div_ceil(1_440).max(looks);
    let wait: Span = i64::from(days).days();
    let not_before = (days > 0).then(|| day(track.last).checked_add(wait).unwrap_or(Date::MAX));
    Progress { evidence, days: track.minutes / 1_440, looks: track.days, needed, recoveries, is_event, not_before }
}
