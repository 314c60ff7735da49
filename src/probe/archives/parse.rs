//! What the answers of archives mean. They are untrusted: only a date is taken from them, and every address is made
//! here.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::Answer;
use crate::observation::ArchivedCopy;

/// What a query value needs escaped; the rest of an address stays readable.
const QUERY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b':');

/// Reads rows of `timestamp,original`, the first of which is the head; `[]` where there are none.
pub(super) fn cdx(status: u16, body: &[u8], url: &str, until: Option<Date>) -> Answer {
    // A page with "Temporarily Offline" comes with 200 and is not JSON.
    let (200, Ok(rows)) = (status, serde_json::from_slice::<Vec<Vec<String>>>(body)) else { return Answer::Refused };
    let stamps = rows.iter().skip(1).filter_map(|row| row.first());
    let newest =
        stamps.filter_map(|stamp| Some((stamp, day(stamp)?))).filter(|(_, day)| until.is_none_or(|u| *day <= u));
    match newest.max() {
        Some((stamp, taken)) => {
            Answer::Copy(ArchivedCopy { url: format!("https://web.archive.org/web/{stamp}/{url}"), taken })
        }
        None => Answer::NoCopy,
    }
}

/// The day of a timestamp of fourteen digits.
fn day(stamp: &str) -> Option<Date> {
    if stamp.len() != 14 || !stamp.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| stamp.get(range)?.parse::<i16>().ok();
    let (month, day) = (number(4..6)?, number(6..8)?);
    Date::new(number(0..4)?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[derive(Deserialize)]
struct Visit {
    date: String,
    snapshot: Option<String>,
}

#[derive(Deserialize)]
struct Complaint {
    exception: String,
}

/// Reads the latest visit of an origin.
pub(super) fn visit(status: u16, body: &[u8], url: &str) -> Answer {
    match status {
        200 => {
            let Ok(visit) = serde_json::from_slice::<Visit>(body) else { return Answer::Refused };
            let date = visit.date.parse::<Timestamp>().ok().filter(|_| visit.snapshot.is_some());
            let Some(date) = date else { return Answer::NoCopy };
            let origin = utf8_percent_encode(url, QUERY);
            let browse = "https://archive.softwareheritage.org/browse/origin/directory/?origin_url=";
            Answer::Copy(ArchivedCopy { url: format!("{browse}{origin}"), taken: Offset::UTC.to_datetime(date).date() })
        }
        404 if serde_json::from_slice::<Complaint>(body).is_ok_and(|c| c.exception == "NotFoundExc") => Answer::NoCopy,
        _ => Answer::Refused,
    }
}
