//! Stars gained week by week: `GET /repos/{owner}/{repo}/stargazers/history`, one REST call a repository.
//!
//! It is asked on request only, within a budget, one call at a time, and is left alone once GitHub refuses for longer than
//! a run waits. What was not asked is asked by a later run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

use super::GitHub;
use super::batch_response::lenient;
use super::query::{Lookup, Name};
use super::rate_limit::{Budget, Decision, Gate, RateLimitBucket, Refusal, refusal};
use super::rest::{ErrorBody, REQUEST_ID};
use super::session::REST_INTERVAL;
use super::transport::{Response, TransportError};
use crate::address::Target;
use crate::ledger::{Gains, GainsSource};
use crate::observation::day;
use crate::probe::api::now;

/// Failed answers in a row after which it is not asked again in this run.
const FAILURES_THRESHOLD: u32 = 3;
/// The most weeks that are read: GitHub sends 30 in one page. A row that claims another century is left out.
const MOST_WEEKS: usize = 60;

/// A repository whose gains are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GainsQuestion {
    /// The repository under the name that the list links.
    pub target: Target,
    /// The same under the name that it has now: GitHub redirects old ones, which costs a call more.
    pub current: Target,
    /// GitHub's number for it.
    pub id: Option<i64>,
}

/// What became of the questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GainsOutcome {
    /// REST calls that were made.
    pub calls: usize,
    /// Questions without an answer: refused, failed, or not asked.
    pub unanswered: usize,
    /// Whether GitHub refused.
    pub refused: bool,
}

/// What one response says.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// The weeks with the stars that were gained in them.
    Weeks(Option<Date>, Vec<u64>),
    /// GitHub has no history of it: it is gone, barred, or too large to count.
    Absent,
    /// Not now: it is being computed, or the answer is of no use.
    Failed,
    /// GitHub answers no more for a while.
    Refused(Refusal),
    /// It will answer nothing of the kind in this run.
    Stopped,
}

/// How the questions go on.
enum Next {
    Answered(Option<Date>, Vec<u64>),
    Unanswered,
    Again,
}

impl GitHub {
    /// Asks for the gains of each repository in this order, in at most `budget` calls and until `deadline`, and passes each
    /// answer on as it arrives. An answer without weeks means that GitHub has none.
    ///
    /// # Errors
    /// What `keep` returns.
    pub async fn star_gains<E>(
        &self,
        questions: &[GainsQuestion],
        budget: usize,
        deadline: Option<Instant>,
        mut keep: impl FnMut(Gains) -> Result<(), E>,
    ) -> Result<GainsOutcome, E> {
        let mut asking = Asking::new(self, budget, deadline);
        for question in questions {
            let name = Lookup::new(question.current.clone()).map(|lookup| lookup.name);
            let Some(name) = name.filter(|name| matches!(name, Name::Repository { .. })) else { continue };
            let answer = loop {
                match asking.ask(&name).await {
                    Next::Again => {}
                    Next::Answered(from, weeks) => break Some((from, weeks)),
                    Next::Unanswered => break None,
                }
            };
            let Some((from, weeks)) = answer else {
                asking.outcome.unanswered += 1;
                continue;
            };
            let GainsQuestion { target, id, .. } = question.clone();
            keep(Gains { at: day(now()), target, id, source: GainsSource::GithubStarHistory, from, weeks })?;
        }
        Ok(asking.outcome)
    }
}

/// The state of asking.
struct Asking<'a> {
    github: &'a GitHub,
    budget: usize,
    deadline: Option<Instant>,
    gate: Gate,
    bucket: RateLimitBucket,
    next: Instant,
    failures: u32,
    is_over: bool,
    outcome: GainsOutcome,
}

impl<'a> Asking<'a> {
    fn new(github: &'a GitHub, budget: usize, deadline: Option<Instant>) -> Self {
        let signed = github.settings.token.is_some();
        Self {
            github,
            budget,
            deadline,
            gate: Gate::new(github.settings.max_wait),
            bucket: if signed { RateLimitBucket::Core } else { RateLimitBucket::Anonymous },
            next: Instant::now(),
            failures: 0,
            is_over: false,
            outcome: GainsOutcome::default(),
        }
    }

    /// Makes one call, where that is still allowed.
    async fn ask(&mut self, name: &Name) -> Next {
        let at = self.gate.opens(self.bucket).map_or(self.next, |opens| opens.max(self.next));
        let is_late = self.deadline.is_some_and(|deadline| at >= deadline);
        if self.is_over || self.outcome.calls >= self.budget || is_late {
            return Next::Unanswered;
        }
        sleep_until(at).await;
        let signed = self.bucket == RateLimitBucket::Core;
        let response = self.github.transport.star_history(name, signed).await;
        self.next = Instant::now() + REST_INTERVAL;
        self.outcome.calls += response.as_ref().map_or(1, |response| response.calls);
        let answer = match &response {
            Ok(response) => read(response, now()),
            // An API that is not there at all is not asked five hundred times.
            Err(TransportError::Unreachable(_)) => Answer::Stopped,
            Err(_) => Answer::Failed,
        };
        self.take(answer, response.ok().as_ref())
    }

    fn take(&mut self, answer: Answer, response: Option<&Response>) -> Next {
        let spent = response.and_then(|response| Budget::read(&response.headers)).filter(|left| left.remaining == 0);
        match answer {
            Answer::Refused(refusal) => {
                self.outcome.refused = true;
                return if self.waits(refusal) { Next::Again } else { Next::Unanswered };
            }
            Answer::Stopped => self.is_over = true,
            Answer::Failed => {
                self.failures += 1;
                self.is_over |= self.failures >= FAILURES_THRESHOLD;
            }
            Answer::Weeks(..) | Answer::Absent => {
                self.failures = 0;
                self.gate.record_success(Instant::now());
            }
        }
        if let Some(spent) = spent {
            self.waits(Refusal::Primary(spent.reset));
        }
        match answer {
            Answer::Weeks(from, weeks) => Next::Answered(from, weeks),
            Answer::Absent => Next::Answered(None, Vec::new()),
            Answer::Failed | Answer::Refused(_) | Answer::Stopped => Next::Unanswered,
        }
    }

    /// Whether the run waits for the end of a refusal.
    fn waits(&mut self, refusal: Refusal) -> bool {
        let stops = self.gate.record_refusal(self.bucket, refusal, Instant::now()) == Decision::Stop;
        self.is_over |= stops;
        !stops
    }
}

/// A week of the answer: its first moment, and the stars of its days.
#[derive(Debug, Deserialize)]
struct Week {
    #[serde(rename = "week")]
    start: i64,
    #[serde(default, deserialize_with = "lenient")]
    total: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    days: Option<Vec<u64>>,
}

fn read(response: &Response, now: Timestamp) -> Answer {
    let error: ErrorBody = serde_json::from_slice(&response.body).unwrap_or_default();
    let is_github = error.message.is_some() || response.headers.contains_key(REQUEST_ID);
    match response.status {
        200 => weeks(&response.body, now),
        204 => Answer::Absent,
        401 => Answer::Stopped,
        403 | 429 => match refusal(response.status, &response.headers, error.message.as_deref().unwrap_or_default()) {
            Some(refusal) => Answer::Refused(refusal),
            None => Answer::Failed,
        },
        404 | 410 | 422 | 451 if is_github => Answer::Absent,
        _ => Answer::Failed,
    }
}

/// The whole weeks of an answer, oldest first, those without a star filled in. The newest one is not over yet.
fn weeks(body: &[u8], now: Timestamp) -> Answer {
    let Ok(rows) = serde_json::from_slice::<Vec<serde_json::Value>>(body) else { return Answer::Failed };
    let count = rows.len();
    let found = rows.into_iter().filter_map(|row| Week::deserialize(row).ok());
    let gained: BTreeMap<Date, u64> = found
        .filter_map(|row| {
            let start = Timestamp::from_second(row.start).ok()?;
            let total =
                row.total.or_else(|| Some(row.days?.iter().fold(0, |sum: u64, day| sum.saturating_add(*day))))?;
            Some((day(start), total))
        })
        .collect();
    let today = day(now);
    let (Some((first, _)), Some((newest, _))) = (gained.first_key_value(), gained.last_key_value()) else {
        return if count == 0 { Answer::Weeks(None, Vec::new()) } else { Answer::Failed };
    };
    let index = |start: Date| usize::try_from((start - *first).get_days() / 7).unwrap_or_default();
    if index(*newest) >= MOST_WEEKS || *newest > today {
        return Answer::Failed;
    }
    let mut weeks = vec![0_u64; index(*newest) + 1];
    for (start, total) in gained.iter().filter(|(start, _)| (today - **start).get_days() >= 7) {
        if let Some(week) = weeks.get_mut(index(*start)) {
            *week = week.saturating_add(*total);
        }
    }
    if (today - *newest).get_days() < 7 {
        weeks.pop();
    }
    Answer::Weeks(Some(*first).filter(|_| !weeks.is_empty()), weeks)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::probe::github::{GitHubSettings, Token};
    use crate::probe::loopback::{Loopback, canned};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn read_weeks(body: &serde_json::Value) -> Answer {
        weeks(body.to_string().as_bytes(), at("2026-11-24T12:00:00Z"))
    }

    #[test]
    fn weeks_are_whole_consecutive_and_oldest_first() {
        let week = |day: &str, total: u64| json!({"week": at(&format!("{day}T00:00:00Z")).as_second(), "total": total});
        let date = |text: &str| Some(text.parse().unwrap());
        let body = json!([week("2026-11-22", 9), week("2026-11-15", 3), week("2026-11-01", 5)]);
        assert_eq!(read_weeks(&body), Answer::Weeks(date("2026-11-01"), vec![5, 0, 3]));
        // A week that was over a while ago is whole; a row that makes no sense is left out.
        let body = json!([week("2026-11-01", 5), {"week": "x"}, {"week": 1_761_000_000, "days": 7}]);
        assert_eq!(read_weeks(&body), Answer::Weeks(date("2026-11-01"), vec![5]));
        let body = json!([{"week": at("2026-11-01T03:00:00Z").as_second(), "days": [1, 0, 0, 2, 0, 0, 1]}]);
        assert_eq!(read_weeks(&body), Answer::Weeks(date("2026-11-01"), vec![4]));
        assert_eq!(read_weeks(&json!([])), Answer::Weeks(None, vec![]));
        assert_eq!(read_weeks(&json!([week("2026-11-22", 9)])), Answer::Weeks(None, vec![]));
        for body in [
            json!({"message": "x"}),
            json!([1, 2]),
            json!([week("2026-11-01", 5), week("1999-11-01", 5)]),
            json!([week("2031-01-01", 1)]),
        ] {
            assert_eq!(read_weeks(&body), Answer::Failed, "{body}");
        }
    }

    async fn ask(
        answers: &'static [(u16, &'static str, &'static str)],
        budget: usize,
    ) -> (Vec<usize>, GainsOutcome, usize) {
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let server = Loopback::serve(move |_| {
            let n = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let (status, header, body) = answers[n.min(answers.len() - 1)];
            let headers: Vec<(&str, &str)> = header.split_once(": ").into_iter().collect();
            canned(status, &headers, body)
        });
        let settings = GitHubSettings {
            api_url: server.url.clone(),
            graphql_url: format!("{}/graphql", server.url),
            token: Token::new("gho_test"),
            allow_private: true,
            max_wait: Duration::from_secs(5),
            ..GitHubSettings::default()
        };
        let questions = ["a/a", "b/b", "c/c", "d/d"].map(|name| {
            let target: Target = format!("github:{name}").parse().unwrap();
            GainsQuestion { current: target.clone(), target, id: None }
        });
        let mut kept = Vec::new();
        let github = GitHub::new(settings).unwrap();
        let outcome = github.star_gains(&questions, budget, None, |gains| {
            kept.push(gains.weeks.len());
            Ok::<(), ()>(())
        });
        let outcome = outcome.await.unwrap();
        assert!(server.seen().iter().all(|request| request.path.contains("/stargazers/history?per_page=30")));
        (kept, outcome, server.seen().len())
    }

    const WEEK: &str = r#"[{"week":1500000000,"total":4}]"#;
    const MESSAGE: &str = r#"{"message":"no"}"#;

    #[tokio::test]
    async fn every_answer_is_survived() {
        for (answers, kept, unanswered, calls) in [
            (&[(200, "", WEEK)][..], vec![1, 1, 1, 1], 0, 4),
            (&[(404, "", MESSAGE), (422, "", MESSAGE), (200, "", WEEK)], vec![0, 0, 1, 1], 0, 4),
            // 202: it is being computed. A later run asks for it again.
            (&[(202, "", "[]"), (200, "", WEEK)], vec![1, 1, 1], 1, 4),
            // A 404 of a proxy, and errors: after three in a row nothing more is asked.
            (&[(404, "", "<html>"), (502, "", ""), (200, "", "{")], vec![], 4, 3),
            (&[(500, "", ""), (500, "", ""), (200, "", WEEK)], vec![1, 1], 2, 4),
            (&[(401, "", MESSAGE)], vec![], 4, 1),
            (&[(429, "retry-after: 1", MESSAGE), (200, "", WEEK)], vec![1, 1, 1, 1], 0, 5),
            (&[(200, "", WEEK), (429, "retry-after: 60", MESSAGE)], vec![1], 3, 2),
            (&[(403, "", MESSAGE), (200, "", WEEK)], vec![1, 1, 1], 1, 4),
        ] {
            let (found, outcome, seen) = ask(answers, 100).await;
            assert_eq!(
                (found, outcome.unanswered, outcome.calls, seen),
                (kept, unanswered, calls, calls),
                "{answers:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_budget_ends_it() {
        let (kept, outcome, calls) = ask(&[(200, "", WEEK)], 2).await;
        assert_eq!((kept.len(), outcome.unanswered, calls), (2, 2, 2));
    }
}
