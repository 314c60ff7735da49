//! Archives: has the Wayback Machine a copy of a page, has Software Heritage the source of a repository.
//!
//! They belong to others and limit requests without documenting how: they are asked only on request, one at a time, a
//! second apart, each target once, and an archive is left alone after its second refusal. What was not asked is asked by
//! a later run. The availability API of the Wayback Machine is not used: it was seen to be empty for three in ten pages
//! that have captures; CDX is its index.
#![expect(clippy::disallowed_methods, reason = "an answer is dated when it arrives, here at the edge")]

mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::api::{AddressRules, ApiClient, ClientError};
use crate::address::Target;
use crate::observation::{Archive, ArchiveAnswer, ArchivedCopy};

/// The most bytes of an answer that are read: five rows of an index, or one visit.
const RESPONSE_CAPACITY_BYTES: usize = 1 << 20;

/// Refusals after which an archive is not asked again in this run.
const REFUSALS_THRESHOLD: usize = 2;

/// Rows of the index that are asked for. A single row was seen to be much older than the newest.
const ROWS: &str = "-5";

/// The settings of the probe. Every one has a default.
#[derive(Debug, Clone)]
pub struct ArchiveSettings {
    /// Where the Wayback Machine answers.
    pub wayback: String,
    /// Where Software Heritage answers.
    pub software_heritage: String,
    /// The time between two requests.
    pub interval: Duration,
    /// The longest that one answer may take; CDX takes up to 40 seconds.
    pub timeout: Duration,
    /// The most requests of a run.
    pub capacity: usize,
    /// Which addresses may be connected to.
    pub rules: AddressRules,
}

impl Default for ArchiveSettings {
    fn default() -> Self {
        Self {
            wayback: "https://web.archive.org".to_owned(),
            software_heritage: "https://archive.softwareheritage.org".to_owned(),
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(60),
            // Ten minutes at the least: a longer run costs more than the copies are worth, and a later one goes on.
            capacity: 300,
            rules: AddressRules::default(),
        }
    }
}

/// A target whose copy is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The target.
    pub target: Target,
    /// The newest day from which a copy counts.
    pub until: Option<Date>,
}

impl Question {
    /// The archive that may have it: the source of a repository, the copy of any other page.
    pub fn archive(&self) -> Option<Archive> {
        match self.target {
            Target::Repository(_) => Some(Archive::SoftwareHeritage),
            Target::Page(_) | Target::Subpage(_) => Some(Archive::Wayback),
            _ => None,
        }
    }
}

/// What became of the questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Requests that were sent.
    pub requests: usize,
    /// Questions without an answer: refused, failed, or not asked.
    pub unanswered: usize,
    /// Whether an archive refused.
    pub refused: bool,
}

/// What an archive answered: a copy, none, or that it answers no more.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Copy(ArchivedCopy),
    NoCopy,
    Refused,
}

/// The probe for archives. What it counts is of a whole run, whose lists ask one after the other.
pub struct Archives {
    settings: ArchiveSettings,
    client: ApiClient,
    requests: usize,
    refusals: BTreeMap<Archive, usize>,
    next: Instant,
}

impl Archives {
    /// Sets up the probe; nothing is sent.
    ///
    /// # Errors
    /// When no HTTP client can be set up.
    pub fn new(settings: ArchiveSettings) -> Result<Self, ClientError> {
        let client = ApiClient::new("application/json", settings.timeout, settings.rules.clone())?;
        Ok(Self { settings, client, requests: 0, refusals: BTreeMap::new(), next: Instant::now() })
    }

    /// Asks one question after the other and passes each answer on as it arrives, until `deadline`.
    ///
    /// # Errors
    /// What `keep` returns.
    pub async fn ask<E>(
        &mut self,
        questions: &[Question],
        deadline: Option<Instant>,
        mut keep: impl FnMut(ArchiveAnswer) -> Result<(), E>,
    ) -> Result<Outcome, E> {
        let mut outcome = Outcome::default();
        for question in questions {
            let Some(archive) = question.archive() else { continue };
            let refused = self.refusals.get(&archive).copied().unwrap_or_default();
            let is_late = deadline.is_some_and(|deadline| self.next.max(Instant::now()) >= deadline);
            if refused >= REFUSALS_THRESHOLD || self.requests >= self.settings.capacity || is_late {
                outcome.unanswered += 1;
                continue;
            }
            sleep_until(self.next).await;
            outcome.requests += 1;
            self.requests += 1;
            let answer = self.one(archive, question).await;
            self.next = Instant::now() + self.settings.interval;
            let copy = match answer {
                Answer::Copy(copy) => Some(copy),
                Answer::NoCopy => None,
                Answer::Refused => {
                    self.refusals.insert(archive, refused + 1);
                    outcome.refused = true;
                    outcome.unanswered += 1;
                    continue;
                }
            };
            keep(ArchiveAnswer { target: question.target.clone(), at: Timestamp::now(), archive, copy })?;
        }
        Ok(outcome)
    }

    async fn one(&self, archive: Archive, question: &Question) -> Answer {
        let Some(url) = question.target.url() else { return Answer::NoCopy };
        let address = match archive {
            Archive::Wayback => cdx(&self.settings.wayback, &url, question.until),
            Archive::SoftwareHeritage => visit(&self.settings.software_heritage, &url),
        };
        let Some((status, body)) = self.fetch(&address).await else { return Answer::Refused };
        match archive {
            Archive::Wayback => parse::cdx(status, &body, &url, question.until),
            Archive::SoftwareHeritage => parse::visit(status, &body, &url),
        }
    }

    /// Status and body; none where there is no whole response. No redirect is followed: an archive that redirects its
    /// API is in trouble, and its target would have to be checked.
    async fn fetch(&self, address: &str) -> Option<(u16, Vec<u8>)> {
        let url = Url::parse(address).ok()?;
        if self.client.refusal(&url).await.is_some() {
            return None;
        }
        let mut response = self.client.http.get(url).send().await.ok()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            if body.len() + chunk.len() > RESPONSE_CAPACITY_BYTES {
                return None;
            }
            body.extend_from_slice(&chunk);
        }
        Some((response.status().as_u16(), body))
    }
}

/// The address of the newest captures with status 200, up to a day
/// (github.com/internetarchive/wayback, "CDX Server API").
fn cdx(base: &str, url: &str, until: Option<Date>) -> String {
    let url = utf8_percent_encode(url, NON_ALPHANUMERIC);
    let until = until.map(|day| format!("&to={}", day.strftime("%Y%m%d"))).unwrap_or_default();
    let fields = "output=json&fl=timestamp,original&filter=statuscode:200";
    format!("{base}/cdx/search/cdx?url={url}&{fields}{until}&limit={ROWS}")
}

/// The address of the latest visit that has a snapshot
/// (archive.softwareheritage.org/api/1/origin/visit/latest/doc/).
fn visit(base: &str, url: &str) -> String {
    format!("{base}/api/1/origin/{url}/visit/latest/?require_snapshot=true")
}
