//! Failed looks without a success between, kept apart by what they are evidence of.
//!
//! Only looks of one kind confirm each other. An answer ends what it disproves: a name that resolves ends "no such
//! name", a server that speaks ends "nothing comes back", a page over TLS ends "the certificate is refused".

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::observation::{Evidence, FailureClass, Provider, Reach, Weight, day};

/// The time between two looks that counts as silence at most: a weekly run and a day of delay. What happened in a
/// longer gap is not known; this also bounds what one run with a wrong clock can add.
const LONGEST_GAP_MINUTES: u32 = 8 * 1_440;

/// Failed looks without a success between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StreakLine")]
pub struct Streak {
    /// The class of the newest.
    pub class: FailureClass,
    /// Its HTTP status, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The first failed look.
    pub first: Timestamp,
    /// The newest failed look that counts.
    pub last: Timestamp,
    /// The provider whose hosts began to fail together, where this is one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Provider>,
    /// Looks at which the site or the forge stated that the page does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated: Option<Track>,
    /// Looks at which the name server stated that the host does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_name: Option<Track>,
    /// Looks at which nothing usable came back, missing names included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away: Option<Track>,
    /// Looks at which the certificate was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Track>,
}

/// The looks of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// The first.
    pub since: Timestamp,
    /// The newest.
    pub last: Timestamp,
    /// The separate UTC days on which there was one.
    pub days: u32,
    /// Minutes of silence between them, long gaps shortened.
    pub minutes: u32,
}

impl Track {
    fn new(at: Timestamp) -> Self {
        Self { since: at, last: at, days: 1, minutes: 0 }
    }

    /// The track with one more look, later than its newest.
    fn extended(self, at: Timestamp) -> Self {
        let gap = u32::try_from(at.duration_since(self.last).as_mins()).unwrap_or(0).min(LONGEST_GAP_MINUTES);
        let days = self.days + u32::from(day(at) != day(self.last));
        Self { last: at, days, minutes: self.minutes.saturating_add(gap), ..self }
    }

    /// The track as it can be true at `now`: where its newest look was made by a clock that ran ahead, only its first
    /// counts; none, where that is yet to come too.
    fn until(self, now: Timestamp) -> Option<Self> {
        if self.last <= now {
            return Some(self);
        }
        (self.since <= now).then(|| Self::new(self.since))
    }
}

impl Streak {
    /// A streak of one look.
    pub fn new(class: FailureClass, status: Option<u16>, at: Timestamp) -> Self {
        let mut streak = Self {
            class,
            status,
            first: at,
            last: at,
            event: None,
            stated: None,
            no_name: None,
            away: None,
            certificate: None,
        };
        streak.count(class, at);
        streak
    }

    /// A streak since `first` that the default policy confirms.
    #[cfg(test)]
    pub(crate) fn confirmed(class: FailureClass, first: &str) -> Self {
        Self::daily(class, first, 90)
    }

    /// A streak of so many daily looks.
    #[cfg(test)]
    pub(crate) fn daily(class: FailureClass, first: &str, days: i64) -> Self {
        let mut streak = Self::new(class, None, first.parse().unwrap());
        for day in 1..days {
            streak.extend(class, None, streak.first + jiff::SignedDuration::from_hours(day * 24));
        }
        streak
    }

    /// The kinds of evidence in it, with their looks.
    pub fn tracks(&self) -> impl Iterator<Item = (Evidence, Track)> {
        let all = [
            (Evidence::Stated, self.stated),
            (Evidence::NoName, self.no_name),
            (Evidence::Away, self.away),
            (Evidence::Certificate, self.certificate),
        ];
        all.into_iter().filter_map(|(evidence, track)| Some((evidence, track?)))
    }

    /// Adds a failed look that is later than its newest.
    pub(super) fn extend(&mut self, class: FailureClass, status: Option<u16>, at: Timestamp) {
        self.count(class, at);
        (self.class, self.status, self.last) = (class, status, at);
    }

    fn count(&mut self, class: FailureClass, at: Timestamp) {
        let count = |track: &mut Option<Track>| *track = Some(track.map_or_else(|| Track::new(at), |t| t.extended(at)));
        match class.traits().evidence {
            Evidence::Stated => count(&mut self.stated),
            // A host without a name is away as well: the two are one silence where a name server fails in both ways.
            Evidence::NoName => {
                count(&mut self.no_name);
                count(&mut self.away);
            }
            Evidence::Away => count(&mut self.away),
            Evidence::Certificate => count(&mut self.certificate),
            Evidence::Wall | Evidence::None => {}
        }
    }

    /// Ends the tracks that an answer of this class disproves, and returns them.
    pub(super) fn answered(&mut self, class: FailureClass) -> impl Iterator<Item = (Evidence, Track)> + use<> {
        let traits = class.traits();
        let take = |track: &mut Option<Track>, disproved: bool| if disproved { track.take() } else { None };
        // A server error is an answer too, but one of a server that is away.
        let speaks = traits.reach >= Reach::Server && traits.evidence != Evidence::Away;
        let ended = [
            (Evidence::NoName, take(&mut self.no_name, traits.reach >= Reach::Name)),
            (Evidence::Away, take(&mut self.away, speaks)),
            (Evidence::Certificate, take(&mut self.certificate, traits.reach == Reach::Answer)),
        ];
        ended.into_iter().filter_map(|(evidence, track)| Some((evidence, track?)))
    }

    /// The streak as it can be true at `now`; none, where all of it is yet to come.
    pub(super) fn until(self, now: Timestamp) -> Option<Self> {
        if self.last <= now {
            return Some(self);
        }
        let until = |track: Option<Track>| track.and_then(|track| track.until(now));
        let (stated, no_name) = (until(self.stated), until(self.no_name));
        let (away, certificate) = (until(self.away), until(self.certificate));
        let streak = Self { last: self.first, stated, no_name, away, certificate, ..self };
        let last = streak.tracks().map(|(_, track)| track.last).max()?;
        Some(Self { last, ..streak })
    }

    /// Whole days between its first and its newest look.
    pub fn days(&self) -> i64 {
        self.last.duration_since(self.first).as_hours() / 24
    }
}

/// A streak as a line has it, in the form of this version and of version 1, which counted runs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreakLine {
    class: FailureClass,
    status: Option<u16>,
    first: Timestamp,
    last: Timestamp,
    event: Option<Provider>,
    stated: Option<Track>,
    no_name: Option<Track>,
    away: Option<Track>,
    certificate: Option<Track>,
    runs: Option<u32>,
    hard: Option<RunCount>,
}

/// Runs of version 1.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunCount {
    first: Timestamp,
    last: Timestamp,
    runs: u32,
}

impl RunCount {
    /// As many separate days and as much silence as these runs prove.
    fn track(self) -> Track {
        let minutes = u32::try_from(self.last.duration_since(self.first).as_mins()).unwrap_or(0);
        let days = self.runs.clamp(1, minutes / 1_440 + 1);
        let gaps = self.runs.saturating_sub(1).saturating_mul(LONGEST_GAP_MINUTES);
        Track { since: self.first, last: self.last, days, minutes: minutes.min(gaps) }
    }
}

impl From<StreakLine> for Streak {
    fn from(line: StreakLine) -> Self {
        let StreakLine { class, status, first, last, event, stated, no_name, away, certificate, runs, hard } = line;
        let streak = Self { class, status, first, last, event, stated, no_name, away, certificate };
        let Some(runs) = runs else { return streak };
        let all = RunCount { first, last, runs }.track();
        if let Some(hard) = hard {
            // Hard and soft looks took turns: how long the soft ones were alone is not known, so they start anew.
            let newest = (class.weight() == Weight::Soft).then(|| Track::new(last));
            return Self { stated: Some(hard.track()), away: newest, ..streak };
        }
        match class.traits().evidence {
            Evidence::Stated => Self { stated: Some(all), ..streak },
            Evidence::NoName => Self { no_name: Some(all), away: Some(all), ..streak },
            Evidence::Certificate => Self { certificate: Some(all), ..streak },
            Evidence::Away | Evidence::Wall | Evidence::None => Self { away: Some(all), ..streak },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> Timestamp {
        format!("2026-{day}T00:00:00Z").parse().unwrap()
    }

    #[test]
    fn an_answer_ends_what_it_disproves() {
        let two = || {
            let mut streak = Streak::new(FailureClass::DnsNxdomain, None, at("01-01"));
            streak.extend(FailureClass::DnsNxdomain, None, at("01-02"));
            streak
        };
        let ended = |class: FailureClass| {
            let mut streak = two();
            let ended: Vec<Evidence> = streak.answered(class).map(|(evidence, _)| evidence).collect();
            (ended, streak.tracks().map(|(evidence, _)| evidence).collect::<Vec<_>>())
        };
        // A host that refuses connections has a name; that it is away is not disproved.
        assert_eq!(ended(FailureClass::ConnectRefused), (vec![Evidence::NoName], vec![Evidence::Away]));
        // A name server that fails gives no evidence of the name.
        assert_eq!(ended(FailureClass::DnsServfail), (vec![], vec![Evidence::NoName, Evidence::Away]));
        // A page that answers disproves both.
        assert_eq!(ended(FailureClass::Http(403)), (vec![Evidence::NoName, Evidence::Away], vec![]));
    }

    #[test]
    fn looks_of_this_moment_count_and_those_of_a_clock_that_ran_ahead_do_not() {
        let mut streak = Streak::new(FailureClass::TimeoutRead, None, at("01-01"));
        for day in ["01-02", "01-03"] {
            streak.extend(FailureClass::TimeoutRead, None, at(day));
        }
        let days = |now: &str| streak.clone().until(at(now)).and_then(|streak| streak.away).map(|track| track.days);
        assert_eq!((days("01-03"), days("01-02"), days("01-01")), (Some(3), Some(1), Some(1)));
        assert_eq!(days("01-01").and(streak.clone().until("2025-12-31T00:00:00Z".parse().unwrap())), None);
    }
}
