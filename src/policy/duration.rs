//! Durations as flags and the policy spell them: a whole number and a unit.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer, de};

/// Units, longest first, with their seconds.
const UNITS: [(&str, u64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Ten years. A longer duration is a typing error, and date arithmetic stays far from its limits.
const LONGEST: u64 = 10 * 366 * 86_400;

/// Parses a duration: a whole number and one of `s`, `m`, `h`, `d`, `w`.
pub fn duration(text: &str) -> Result<Duration, String> {
    const HELP: &str = "expected a whole number and `s`, `m`, `h`, `d` or `w`, such as `90s` or `1d`";
    let end = text.find(|c: char| !c.is_ascii_digit()).ok_or(HELP)?;
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().map_err(|_| HELP)?;
    let (_, unit) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or(HELP)?;
    let seconds = number.checked_mul(unit).filter(|seconds| *seconds <= LONGEST).ok_or(HELP)?;
    Ok(Duration::from_secs(seconds))
}

/// Reads one from the policy.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// Writes one in the longest unit that divides it.
pub(super) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let seconds = value.as_secs();
    let (name, unit) = UNITS.into_iter().find(|(_, unit)| seconds.is_multiple_of(*unit)).unwrap_or(("s", 1));
    serializer.collect_str(&format_args!("{}{name}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Check;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        for (text, seconds) in [("0s", 0), ("90s", 90), ("5m", 300), ("2h", 7_200), ("1d", 86_400), ("1w", 604_800)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "5", "m", "-1s", "1y", "99999999999999999999s", "99999999999w"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_policy_reads_and_writes_durations() {
        let check: Check = toml::from_str("max-age = \"36h\"").unwrap();
        assert_eq!(check.max_age, Duration::from_secs(36 * 3_600));
        assert!(toml::to_string(&check).unwrap().contains("max-age = \"36h\""));
        assert!(toml::from_str::<Check>("max-age = \"a day\"").unwrap_err().to_string().contains("such as `90s`"));
    }
}
