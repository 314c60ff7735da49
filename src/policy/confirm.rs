//! When a failing link is confirmed dead.

use serde::{Deserialize, Serialize};

use super::InvalidValue;

/// When a failing link is confirmed dead. For each kind of evidence: the days of silence, counted from the first to the
/// newest failed look without a success between, and the separate days on which a look failed.
///
/// The defaults come from the lengths of real outages: most end within hours, one in ten lasts for days, and the
/// longest common ones two weeks. `docs/trust.md` has the measurement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Confirm {
    /// Days of silence after the site or the forge states that the page does not exist (404, 410).
    pub stated_days: u32,
    /// Separate days on which it must have stated so.
    pub stated_looks: u32,
    /// Days of silence after the name server states that the host does not exist.
    pub no_name_days: u32,
    /// Separate days on which it must have stated so.
    pub no_name_looks: u32,
    /// Days of silence of a host that does not answer, or answers with server errors.
    pub away_days: u32,
    /// Separate days on which it must have failed.
    pub away_looks: u32,
    /// Days for which browsers must have refused the certificate.
    pub certificate_days: u32,
    /// Separate days on which the certificate must have been seen so.
    pub certificate_looks: u32,
    /// Percent by which each recovery within a year from the same kind of failure lengthens the days of silence; the first
    /// four count. Each also asks for one more separate day.
    pub recovery_percent: u32,
    /// Percent by which the days of silence are lengthened where at least three sites of one provider (address range, name
    /// servers, error page) began to fail in one run.
    pub event_percent: u32,
}

impl Default for Confirm {
    fn default() -> Self {
        Self {
            // Longer than a broken deploy or a weekend; two weekly runs confirm.
            stated_days: 6,
            stated_looks: 2,
            // Longer than the two weeks within which most lapsed domains are renewed.
            no_name_days: 20,
            no_name_looks: 3,
            // Longer than the two weeks of the longest common outages. Five looks, because in weekly runs three or four
            // failures in a row are not rare for a host that fails every other time.
            away_days: 20,
            away_looks: 5,
            // A server that answers is alive; two months is longer than one renewal period of 90-day certificates is late.
            certificate_days: 60,
            certificate_looks: 4,
            recovery_percent: 50,
            // Twice as long: what takes many sites away at once is repaired by somebody who serves many, or announced.
            event_percent: 100,
        }
    }
}

impl Confirm {
    /// The first value that is out of its range: none may make a death impossible, or a single look one. Days are at most
    /// a year, looks at most a year of weekly runs.
    pub(super) fn invalid(&self) -> Option<InvalidValue> {
        const DAYS: &str = "expected 1 to 365 days";
        const LOOKS: &str = "expected 2 to 52 looks";
        let (days, looks) = (|days| (1..=365).contains(&days), |looks| (2..=52).contains(&looks));
        let checks = [
            ("confirm.stated-days", days(self.stated_days), DAYS),
            ("confirm.stated-looks", looks(self.stated_looks), LOOKS),
            ("confirm.no-name-days", days(self.no_name_days), DAYS),
            ("confirm.no-name-looks", looks(self.no_name_looks), LOOKS),
            ("confirm.away-days", days(self.away_days), DAYS),
            ("confirm.away-looks", looks(self.away_looks), LOOKS),
            ("confirm.certificate-days", days(self.certificate_days), DAYS),
            ("confirm.certificate-looks", looks(self.certificate_looks), LOOKS),
            ("confirm.recovery-percent", self.recovery_percent <= 200, "expected 0 to 200 percent"),
            ("confirm.event-percent", self.event_percent <= 200, "expected 0 to 200 percent"),
        ];
        let wrong = checks.into_iter().find(|(_, valid, _)| !valid);
        wrong.map(|(key, _, expected)| InvalidValue { key, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_makes_death_impossible_or_instant_is_refused() {
        assert_eq!(Confirm::default().invalid(), None);
        for (confirm, key) in [
            (Confirm { stated_days: 0, ..Confirm::default() }, "confirm.stated-days"),
            (Confirm { stated_looks: 1, ..Confirm::default() }, "confirm.stated-looks"),
            (Confirm { away_days: 366, ..Confirm::default() }, "confirm.away-days"),
            (Confirm { away_looks: 53, ..Confirm::default() }, "confirm.away-looks"),
            (Confirm { recovery_percent: 201, ..Confirm::default() }, "confirm.recovery-percent"),
            (Confirm { event_percent: 201, ..Confirm::default() }, "confirm.event-percent"),
        ] {
            assert_eq!(confirm.invalid().map(|invalid| invalid.key), Some(key));
        }
    }
}
