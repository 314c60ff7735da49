//! The ledger and the history as lines of JSON: sorted, versioned, merge-friendly.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Gains, History, HistoryNews, Ledger, Point, Record, dates};

/// The version of the ledger that this program writes, and the newest it reads. In version 1 each fact had a day of its
/// own; a record of either is read whatever the header states, for a merge may leave both in one file.
const LEDGER_VERSION: u32 = 2;

/// The same of the history.
const HISTORY_VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    pomona: String,
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    as_of: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    doubted: Option<Date>,
}

/// A line that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
    /// The line itself, so that nothing is lost.
    pub text: String,
}

/// A ledger as read from its text.
#[derive(Debug, Clone, Default)]
pub struct LedgerText {
    /// What was read.
    pub ledger: Ledger,
    /// Lines that were not.
    pub damage: Vec<Damage>,
}

/// A history as read from its text.
#[derive(Debug, Clone, Default)]
pub struct HistoryText {
    /// What was read.
    pub history: History,
    /// Lines that were not.
    pub damage: Vec<Damage>,
}

impl LedgerText {
    /// Reads a ledger. `Err` for a version that this program does not know; damaged lines are set aside.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut read = Self::default();
        let mut records: Vec<Record> = Vec::new();
        for (number, line) in lines(text) {
            if let Some(header) = header(line, "ledger", LEDGER_VERSION)? {
                (read.ledger.as_of, read.ledger.doubted) = (header.as_of, header.doubted);
                continue;
            }
            match serde_json::from_str(line) {
                Ok(mut record) => {
                    dates::unfold(&mut record);
                    records.push(record);
                }
                Err(why) => read.damage.push(Damage { line: number, why: why.to_string(), text: line.to_owned() }),
            }
        }
        read.ledger = Ledger { doubted: read.ledger.doubted, ..Ledger::new(read.ledger.as_of, records) };
        Ok(read)
    }
}

impl HistoryText {
    /// Reads a history, as [`LedgerText::read`] does a ledger.
    pub fn read(text: &str) -> Result<Self, String> {
        let (mut points, mut gains): (Vec<Point>, Vec<Gains>) = (Vec::new(), Vec::new());
        let mut damage = Vec::new();
        for (number, line) in lines(text) {
            if header(line, "history", HISTORY_VERSION)?.is_some() {
                continue;
            }
            match serde_json::from_str(line) {
                Ok(point) => points.push(point),
                Err(why) => match serde_json::from_str(line) {
                    Ok(counted) => gains.push(counted),
                    Err(_) => damage.push(Damage { line: number, why: why.to_string(), text: line.to_owned() }),
                },
            }
        }
        Ok(Self { history: History::new(points).with_gains(gains), damage })
    }

    /// The text after this was appended; a new file gets a header.
    pub fn append(text: &str, news: &HistoryNews) -> String {
        let mut text = text.to_owned();
        if news == &HistoryNews::default() {
            return text;
        }
        if text.is_empty() {
            text = line(&Header { pomona: "history".to_owned(), version: HISTORY_VERSION, as_of: None, doubted: None });
        } else if !text.ends_with('\n') {
            text.push('\n');
        }
        news.points.iter().for_each(|point| text.push_str(&line(point)));
        news.gains.iter().for_each(|gains| text.push_str(&line(gains)));
        text
    }
}

impl Ledger {
    /// The ledger's text: a header and one record a line, sorted by target. Lines that could not be read
    /// are kept at the end as they were.
    pub fn to_text(&self, damage: &[Damage]) -> String {
        let (as_of, doubted) = (self.as_of, self.doubted);
        let mut text = line(&Header { pomona: "ledger".to_owned(), version: LEDGER_VERSION, as_of, doubted });
        for record in self.records() {
            if record.facts.is_empty() {
                text.push_str(&line(record));
            } else {
                text.push_str(&line(&Record { dates: dates::folded(record), ..record.clone() }));
            }
        }
        for damage in damage {
            text.push_str(&damage.text);
            text.push('\n');
        }
        text
    }
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(n, line)| (n + 1, line)).filter(|(_, line)| !line.trim().is_empty())
}

fn header(line: &str, kind: &str, newest: u32) -> Result<Option<Header>, String> {
    let Ok(header) = serde_json::from_str::<Header>(line) else { return Ok(None) };
    if header.pomona != kind {
        return Err(format!("this is a Pomona {}, not a {kind}", header.pomona));
    }
    if header.version > newest {
        return Err(format!("its format is version {}, and this program knows up to version {newest}", header.version));
    }
    Ok(Some(header))
}

fn line(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = concat!(
        r#"{"pomona":"ledger","version":2,"as_of":"2026-11-01"}"#,
        "\n",
        r#"{"target":"github:a/b","added":"2026-11-23","facts":{"stars":3},"dates":{"stars":"2026-11-23"}}"#,
        "\n"
    );

    #[test]
    fn a_ledger_is_written_as_it_was_read() {
        let read = LedgerText::read(TEXT).unwrap();
        assert_eq!(read.ledger.records().count(), 1);
        assert_eq!(read.ledger.to_text(&read.damage), TEXT);
    }

    #[test]
    fn a_damaged_line_is_set_aside_and_kept() {
        let text = format!("{TEXT}{{\"target\": \"github:c/d\", \n");
        let read = LedgerText::read(&text).unwrap();
        assert_eq!((read.damage.len(), read.damage[0].line), (1, 3));
        assert_eq!(read.ledger.to_text(&read.damage), text);
    }

    #[test]
    fn streaks_that_count_runs_are_carried_over_without_a_death() {
        use crate::policy::Confirm;
        for (streak, days, dead) in [
            (
                r#"{"class":"http_404","status":404,"first":"2026-01-01T00:00:00Z","last":"2026-01-02T00:00:00Z","runs":2}"#,
                2,
                false,
            ),
            (
                r#"{"class":"http_404","status":404,"first":"2026-01-01T00:00:00Z","last":"2026-01-08T00:00:00Z","runs":2}"#,
                2,
                true,
            ),
            (
                r#"{"class":"timeout_read","first":"2026-01-01T00:00:00Z","last":"2026-01-15T00:00:00Z","runs":3}"#,
                3,
                false,
            ),
            (
                r#"{"class":"timeout_read","first":"2026-01-01T00:00:00Z","last":"2026-02-05T00:00:00Z","runs":6}"#,
                6,
                true,
            ),
            (
                r#"{"class":"tls_expired","first":"2026-01-01T00:00:00Z","last":"2026-02-05T00:00:00Z","runs":6}"#,
                6,
                false,
            ),
            (
                r#"{"class":"http_503","first":"2026-01-01T00:00:00Z","last":"2026-02-05T00:00:00Z","runs":6,"hard":{"first":"2026-01-01T00:00:00Z","last":"2026-01-01T00:00:00Z","runs":1}}"#,
                1,
                false,
            ),
        ] {
            let record = format!(r#"{{"target":"https://x.org/","added":"2026-01-01","failing":{streak}}}"#);
            let text = format!("{{\"pomona\":\"ledger\",\"version\":1}}\n{record}\n");
            let read = LedgerText::read(&text).unwrap();
            assert_eq!(read.damage, [], "{streak}");
            let record = read.ledger.records().next().unwrap();
            let progress = record.progress(&Confirm::default()).unwrap();
            assert_eq!((progress.looks, progress.is_confirmed()), (days, dead), "{streak}");
            assert_eq!(LedgerText::read(&read.ledger.to_text(&[])).unwrap().ledger, read.ledger);
        }
    }

    #[test]
    fn a_newer_version_is_refused() {
        let why = LedgerText::read("{\"pomona\":\"ledger\",\"version\":9}\n").unwrap_err();
        assert!(why.contains("version 9"), "{why}");
        assert!(HistoryText::read("{\"pomona\":\"ledger\",\"version\":1}").is_err());
    }

    #[test]
    fn points_are_appended_after_a_header() {
        let point =
            Point { at: "2026-01-01".parse().unwrap(), target: "github:a/b".parse().unwrap(), id: None, stars: 3 };
        let news = HistoryNews { points: vec![point.clone()], gains: Vec::new() };
        let text = HistoryText::append("", &news);
        assert_eq!(text.lines().count(), 2);
        assert_eq!(HistoryText::read(&text).unwrap().history.points(), [&point]);
        assert_eq!(HistoryText::append(&text, &HistoryNews::default()), text);
    }

    #[test]
    fn gains_are_lines_of_their_own_with_their_source() {
        let line = concat!(
            r#"{"at":"2026-11-24","target":"github:a/b","id":1,"source":"github-star-history","#,
            r#""from":"2026-11-01","weeks":[3,0,5]}"#,
            "\n"
        );
        let text = format!("{{\"pomona\":\"history\",\"version\":1}}\n{line}");
        let read = HistoryText::read(&text).unwrap();
        assert_eq!((read.damage.len(), read.history.points().len()), (0, 0));
        let gains = read.history.gains(Some(1), &"github:a/b".parse().unwrap()).unwrap().clone();
        assert_eq!(HistoryText::append("", &HistoryNews { points: Vec::new(), gains: vec![gains] }), text);
    }
}
