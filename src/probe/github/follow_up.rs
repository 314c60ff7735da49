//! The second round: what came after repositories that are archived, silent, missing, or replaced under their name.
//!
//! One or two requests for a whole run ask for forks, READMEs and remembered ids, and one more whether the named
//! successors answer. It is best effort: where a request fails, what is known is reported without.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep_until};

use super::batch_response::{self, Branch, Release, count, lenient};
use super::details::{self, Head};
use super::query::alias;
use super::rate_limit::{RateLimitBucket, refusal};
use super::session::Session;
use crate::address::{Forges, Target};
use crate::observation::{Alive, Fork, Seen, Successor, SuccessorSource};
use crate::probe::Event;
use crate::probe::api::day;
use crate::replacement::{has_outlived, rounded, successor};

/// Names in one request: that many README files stay below the size of response that is read.
const BATCH_CAPACITY: usize = 50;

/// Requests of a run for forks, READMEs and ids. Together with the one for successors they are three more than
/// without.
const REQUEST_CAPACITY: usize = 2;

/// Forks that are kept.
const FORK_CAPACITY: usize = 3;

/// Reads what `replacement` judges. `README.md` and `readme.md` are the names of nine in ten.
const FORKS: &str = "forks(first:5,orderBy:{field:STARGAZERS,direction:DESC}){nodes{nameWithOwner stargazerCount isArchived \
    isDisabled defaultBranchRef{target{...on Commit{committedDate}}} latestRelease{publishedAt}}}";
const README: &str = "upper:object(expression:\"HEAD:README.md\"){...on Blob{text}} \
    lower:object(expression:\"HEAD:readme.md\"){...on Blob{text}}";

/// A result that waits for the second round.
#[derive(Debug)]
pub(super) struct FollowUp {
    pub(super) target: Target,
    pub(super) seen: Seen,
    /// The remembered node id to look up.
    pub(super) node_id: Option<String>,
    /// Whether an earlier run asked for its forks.
    pub(super) has_known_forks: bool,
    /// Whether it has stopped or is not found: it is asked what came after it.
    pub(super) has_stopped: bool,
    /// Where it is asked for its details: what the second request names.
    pub(super) head: Option<Head>,
}

impl FollowUp {
    fn alive(&self) -> Option<&Alive> {
        if let Seen::Alive(alive) = &self.seen { Some(alive) } else { None }
    }

    /// Those that have stopped first: missing ones, then those that no run asked for, so that later runs complete a list of hundreds; of these
    /// archived ones first, then those with more stars.
    fn order(&self) -> (bool, bool, bool, bool, std::cmp::Reverse<u64>) {
        let facts = self.alive().map(|alive| &alive.facts);
        let archived = facts.is_some_and(|facts| facts.archived == Some(true));
        let stars = std::cmp::Reverse(facts.and_then(|facts| facts.stars).unwrap_or(0));
        (!self.has_stopped, self.alive().is_some(), self.has_known_forks, !archived, stars)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lineage {
    #[serde(default, deserialize_with = "lenient")]
    forks: Option<Nodes>,
    #[serde(default, deserialize_with = "lenient")]
    upper: Option<Blob>,
    #[serde(default, deserialize_with = "lenient")]
    lower: Option<Blob>,
}

#[derive(Debug, Deserialize)]
struct Nodes {
    nodes: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Blob {
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ForkNode {
    name_with_owner: String,
    #[serde(default, deserialize_with = "count")]
    stargazer_count: Option<u64>,
    is_archived: bool,
    #[serde(default, deserialize_with = "lenient")]
    is_disabled: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    default_branch_ref: Option<Branch>,
    #[serde(default, deserialize_with = "lenient")]
    latest_release: Option<Release>,
}

impl ForkNode {
    fn fork(self) -> Option<Fork> {
        let commit = self.default_branch_ref?.target?.committed_date?;
        let lives = !self.is_archived && self.is_disabled != Some(true);
        let release = self.latest_release.and_then(|release| day(&release.published_at?));
        lives.then_some(Fork {
            name: self.name_with_owner,
            stars: rounded(self.stargazer_count?),
            commit: day(&commit)?.first_of_month(),
            release: release.map(Date::first_of_month),
        })
    }
}

/// The repository that answers for an id or a name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    name_with_owner: String,
    #[serde(default, deserialize_with = "lenient")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    is_archived: Option<bool>,
}

impl Session<'_> {
    /// Completes and reports everything that waited for the second round.
    pub(super) async fn follow_up(&mut self) {
        let mut waiting = std::mem::take(&mut self.follow_ups);
        waiting.sort_by_cached_key(FollowUp::order);
        let stopped = waiting.partition_point(|item| item.has_stopped);
        for batch in waiting[..stopped].chunks_mut(BATCH_CAPACITY).take(REQUEST_CAPACITY) {
            if let Some(mut data) = self.second_request(&lineage_query(batch)).await {
                let elsewhere = self.elsewhere(&mut data);
                for (n, item) in batch.iter_mut().enumerate() {
                    complete(item, data.remove(&alias(n)), &elsewhere);
                }
            }
        }
        self.verify_successors(&mut waiting).await;
        self.complete_details(&mut waiting).await;
        for FollowUp { target, seen, .. } in waiting {
            match seen {
                Seen::Alive(alive) => self.events.alive(target, Arc::unwrap_or_clone(alive)),
                Seen::Failed(failure) if failure.elsewhere.is_some() => self.events.failed(target, failure),
                Seen::Failed(failure) => self.not_found(target, failure),
            }
        }
    }

    /// Adds what only a second request can ask of the repositories that a change adds.
    async fn complete_details(&mut self, waiting: &mut [FollowUp]) {
        waiting.sort_by_key(|item| item.head.is_none());
        let detailed = waiting.partition_point(|item| item.head.is_some());
        for batch in waiting[..detailed].chunks_mut(details::BATCH_CAPACITY).take(details::REQUEST_CAPACITY) {
            let mut data = match details::query(batch) {
                Some(query) => self.second_request(&query).await.unwrap_or_default(),
                None => Map::new(),
            };
            for (n, item) in batch.iter_mut().enumerate() {
                details::complete(item, data.remove(&alias(n)));
            }
        }
    }

    /// Sends a request of the second round: one retry, no effect on the count of failures.
    async fn second_request(&mut self, body: &Value) -> Option<Map<String, Value>> {
        for _ in 0..2 {
            if self.gate.exhausted(RateLimitBucket::GraphQl).is_some() {
                return None;
            }
            if let Some(then) = self.gate.opens(RateLimitBucket::GraphQl) {
                sleep_until(then).await;
            }
            let Ok(response) = self.github.transport.graphql(body).await else { continue };
            if let Some(refusal) = refusal(response.status, &response.headers, "") {
                self.refused(RateLimitBucket::GraphQl, refusal);
            } else if let Some(data) = batch_response::data(&response) {
                return Some(data);
            }
            self.gate.pause(RateLimitBucket::GraphQl, Instant::now() + self.github.settings.pause);
        }
        None
    }

    /// Addresses by node id.
    fn elsewhere(&self, data: &mut Map<String, Value>) -> BTreeMap<String, String> {
        let Some(Value::Array(nodes)) = data.remove("ids") else { return BTreeMap::new() };
        let found = nodes.into_iter().filter_map(|node| Found::deserialize(node).ok());
        found
            .filter_map(|found| {
                Some((found.id?, format!("https://{}/{}", self.github.settings.host, found.name_with_owner)))
            })
            .collect()
    }

    /// Keeps the successors that answer and are not archived themselves. What could not be asked stays unknown, so that
    /// one which an earlier run verified is not lost.
    async fn verify_successors(&mut self, waiting: &mut [FollowUp]) {
        let mut named: BTreeMap<Target, Vec<usize>> = BTreeMap::new();
        for (n, item) in waiting.iter().enumerate() {
            if let Some(Some(successor)) = item.alive().and_then(|alive| alive.facts.successor.as_ref()) {
                named.entry(Forges::default().target(&successor.url)).or_default().push(n);
            }
        }
        let (here, others): (Vec<_>, Vec<_>) = named
            .into_iter()
            .partition(|(target, _)| self.github.answers_for(target) && matches!(target, Target::Repository(_)));
        let mut verified: BTreeMap<usize, Option<String>> = BTreeMap::new();
        let here: Vec<_> = here.into_iter().take(BATCH_CAPACITY).collect();
        let query = verification_query(here.iter().map(|(target, _)| target));
        if !here.is_empty()
            && let Some(mut data) = self.second_request(&query).await
        {
            for (n, (_, items)) in here.iter().enumerate() {
                let found = data.remove(&alias(n)).and_then(|node| Found::deserialize(node).ok());
                let living = found.filter(|found| found.is_archived != Some(true));
                let url =
                    living.map(|found| format!("https://{}/{}", self.github.settings.host, found.name_with_owner));
                verified.extend(items.iter().map(|item| (*item, url.clone())));
            }
        }
        for (url, items) in self.answering(others).await {
            verified.extend(items.into_iter().map(|item| (item, url.clone())));
        }
        for (n, item) in waiting.iter_mut().enumerate() {
            if let Seen::Alive(alive) = &mut item.seen
                && matches!(alive.facts.successor, Some(Some(_)))
            {
                let alive = Arc::make_mut(alive);
                let named = alive.facts.successor.take().flatten();
                let with = |url| named.map(|successor| Successor { url, ..successor });
                alive.facts.successor = verified.remove(&n).map(|url| url.and_then(with));
            }
        }
    }

    /// The named pages that were looked at, with the addresses of those that answer.
    async fn answering(&self, named: Vec<(Target, Vec<usize>)>) -> Vec<(Option<String>, Vec<usize>)> {
        let (Some(pages), false) = (&self.github.pages, named.is_empty()) else { return Vec::new() };
        let mut events = pages.look(named.iter().map(|(target, _)| target.clone()).collect());
        let mut alive = Vec::new();
        while let Some(event) = futures_util::StreamExt::next(&mut events).await {
            if let Event::Seen(observation) = event
                && let Seen::Alive(page) = &observation.seen
                && page.suspicions.is_empty()
            {
                alive.push(observation.target);
            }
        }
        let answers = |(target, items): (Target, Vec<usize>)| (target.url().filter(|_| alive.contains(&target)), items);
        named.into_iter().map(answers).collect()
    }

    /// Keeps a result for the second round, where there is something to ask; returns it otherwise.
    pub(super) fn defer(&mut self, target: Target, seen: Seen, head: Option<Head>) -> Option<(Target, Seen)> {
        if self.github.settings.token.is_none() || !matches!(target, Target::Repository(_)) {
            return Some((target, seen));
        }
        let known = self.github.settings.identities.get(&target);
        let (node_id, stopped) = match &seen {
            Seen::Alive(alive) => {
                let is_other = |known: i64| alive.facts.id.is_some_and(|id| id != known);
                let reused = known.filter(|known| known.id.is_some_and(is_other));
                let stopped = crate::replacement::has_stopped(&alive.facts, Some(self.today));
                (reused.and_then(|known| known.node_id.clone()), stopped)
            }
            Seen::Failed(_) => (known.and_then(|known| known.node_id.clone()), false),
        };
        let has_stopped = node_id.is_some() || stopped;
        if !has_stopped && head.is_none() {
            return Some((target, seen));
        }
        let has_known_forks = known.is_some_and(|known| known.has_known_forks);
        self.follow_ups.push(FollowUp { target, seen, node_id, has_known_forks, has_stopped, head });
        None
    }
}

fn complete(item: &mut FollowUp, node: Option<Value>, elsewhere: &BTreeMap<String, String>) {
    let found = item.node_id.as_ref().and_then(|id| elsewhere.get(id)).cloned();
    match &mut item.seen {
        Seen::Failed(failure) => failure.elsewhere = found,
        Seen::Alive(alive) => {
            let alive = Arc::make_mut(alive);
            alive.elsewhere = found;
            let Some(lineage) = node.and_then(|node| Lineage::deserialize(node).ok()) else { return };
            let forks = lineage.forks.map(|forks| forks.nodes).unwrap_or_default();
            let forks = forks.into_iter().filter_map(|fork| ForkNode::deserialize(fork).ok()?.fork());
            let living: Vec<Fork> = forks.filter(|fork| has_outlived(fork, &alive.facts)).take(FORK_CAPACITY).collect();
            let description = alive.facts.description.clone().flatten().unwrap_or_default();
            let readme = lineage.upper.or(lineage.lower).and_then(|blob| blob.text).unwrap_or_default();
            let named = successor(&description, &item.target, SuccessorSource::Description)
                .or_else(|| successor(&readme, &item.target, SuccessorSource::Readme));
            alive.facts.living_forks = Some(living);
            alive.facts.successor = Some(named);
        }
    }
}

/// The document and variables of the names and ids of a batch.
fn lineage_query(batch: &[FollowUp]) -> Value {
    let (mut heads, mut roots, mut variables) = (String::new(), String::new(), Map::new());
    for (n, item) in batch.iter().enumerate() {
        let Some((alive, (owner, name))) = item.alive().zip(path(&item.target)) else { continue };
        let _ = write!(heads, "$o{n}:String! $n{n}:String! ");
        variables.extend([(format!("o{n}"), json!(owner)), (format!("n{n}"), json!(name))]);
        let readme = if alive.facts.archived == Some(true) { README } else { "" };
        let _ = writeln!(roots, "{}:repository(owner:$o{n},name:$n{n}){{{FORKS} {readme}}}", alias(n));
    }
    let ids: Vec<&String> = batch.iter().filter_map(|item| item.node_id.as_ref()).collect();
    if !ids.is_empty() {
        heads.push_str("$ids:[ID!]!");
        roots.push_str("ids:nodes(ids:$ids){...on Repository{nameWithOwner id isArchived}}\n");
        variables.insert("ids".to_owned(), json!(ids));
    }
    json!({ "query": format!("query({}){{\n{roots}}}", heads.trim_end()), "variables": variables })
}

fn verification_query<'a>(targets: impl Iterator<Item = &'a Target>) -> Value {
    let (mut heads, mut roots, mut variables) = (Vec::new(), String::new(), Map::new());
    for (n, (owner, name)) in targets.filter_map(path).enumerate() {
        heads.push(format!("$o{n}:String! $n{n}:String!"));
        variables.extend([(format!("o{n}"), json!(owner)), (format!("n{n}"), json!(name))]);
        let _ = writeln!(roots, "{}:repository(owner:$o{n},name:$n{n}){{nameWithOwner isArchived}}", alias(n));
    }
    json!({ "query": format!("query({}){{\n{roots}}}", heads.join(" ")), "variables": variables })
}

pub(super) fn path(target: &Target) -> Option<(&str, &str)> {
    target.repository()?.path.split_once('/')
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::StreamExt as _;
    use futures_util::stream::BoxStream;

    use super::*;
    use crate::observation::FailureClass;
    use crate::probe::github::{GitHub, GitHubSettings, Identity, Token};
    use crate::probe::loopback::{Loopback, Request, canned};
    use crate::probe::{Probe, api};

    const README: &str =
        "# Old\n\nThis project has moved to https://github.com/next/home.\nSee also https://github.com/x/y.";

    fn stopped(name: &str) -> Value {
        json!({
            "nameWithOwner": name, "id": "R_1", "databaseId": 1, "stargazerCount": 900, "isArchived": true,
            "description": "d", "defaultBranchRef": {"target": {"committedDate": "2023-01-02T00:00:00Z"}}
        })
    }

    fn fork(name: &str, stars: u64, archived: bool, commit: &str) -> Value {
        json!({
            "nameWithOwner": name, "stargazerCount": stars, "isArchived": archived, "latestRelease": null,
            "defaultBranchRef": {"target": {"committedDate": commit}}
        })
    }

    fn lineage() -> Value {
        json!({
            "forks": {"nodes": [
                fork("f/archived", 500, true, "2026-05-06T00:00:00Z"),
                fork("f/living", 321, false, "2026-05-06T00:00:00Z"),
                fork("f/newer-only", 40, false, "2023-02-06T00:00:00Z"),
                {"nameWithOwner": 7},
            ]},
            "upper": {"text": README}, "lower": null
        })
    }

    /// Answers the first round, the second, and the question whether `next/home` answers.
    fn github(request: &Request, home: &Value) -> String {
        if request.path != "/graphql" {
            return canned(404, &[], r#"{"message":"Not Found"}"#);
        }
        let data = if request.body.contains("forks(first") || request.body.contains("ids:nodes") {
            json!({"r0": lineage(), "r1": lineage(), "ids": [null, {"nameWithOwner": "z/moved", "id": "R_9", "isArchived": false}]})
        } else if request.body.contains("next") {
            json!({"r0": home})
        } else {
            json!({"r0": stopped("a/old"), "r1": null})
        };
        let errors = json!([{"type": "NOT_FOUND", "path": ["r1"], "message": "no"}]);
        canned(200, &[], json!({"data": data, "errors": errors}))
    }

    async fn look(server: &Loopback, identities: &[(&str, Identity)]) -> Vec<Event> {
        let known = identities.iter().map(|(target, known)| (target.parse().unwrap(), known.clone()));
        let identities = Arc::new(known.collect());
        let settings = GitHubSettings {
            api_url: server.url.clone(),
            graphql_url: format!("{}/graphql", server.url),
            token: Token::new("gho_test"),
            allow_private: true,
            identities,
            ..GitHubSettings::default()
        };
        let targets = ["github:a/old", "github:a/lost"].map(|target| target.parse().unwrap());
        GitHub::new(settings).unwrap().look(targets.to_vec()).collect().await
    }

    fn alive(events: &[Event]) -> &Alive {
        let found = events.iter().find_map(|event| match event {
            Event::Seen(observation) => match &observation.seen {
                Seen::Alive(alive) => Some(alive),
                Seen::Failed(_) => None,
            },
            _ => None,
        });
        found.unwrap()
    }

    fn known(node_id: &str) -> Identity {
        Identity { id: Some(9), node_id: Some(node_id.to_owned()), ..Identity::default() }
    }

    #[tokio::test]
    async fn forks_readmes_and_ids_take_two_requests_more() {
        let home = json!({"nameWithOwner": "next/Home", "id": "R_2", "isArchived": false});
        let server = Loopback::serve(move |request| github(request, &home));
        let events = look(&server, &[("github:a/lost", known("R_9"))]).await;
        let facts = &alive(&events).facts;
        let forks = facts.living_forks.as_deref().unwrap();
        assert_eq!(forks.iter().map(|fork| (fork.name.as_str(), fork.stars)).collect::<Vec<_>>(), [("f/living", 320)]);
        let successor = facts.successor.clone().flatten().unwrap();
        assert_eq!(
            (successor.url.as_str(), successor.source),
            ("https://github.com/next/Home", SuccessorSource::Readme)
        );
        let lost = events.iter().find_map(|event| match event {
            Event::Seen(observation) => match &observation.seen {
                Seen::Failed(failure) => Some(failure),
                Seen::Alive(_) => None,
            },
            _ => None,
        });
        let lost = lost.unwrap();
        assert_eq!(
            (lost.class, lost.elsewhere.as_deref()),
            (FailureClass::GithubNotFound, Some("https://github.com/z/moved"))
        );
        assert_eq!(server.count("/graphql"), 3);
    }

    #[tokio::test]
    async fn a_successor_that_does_not_answer_or_is_archived_is_not_kept() {
        for home in [Value::Null, json!({"nameWithOwner": "next/home", "id": "R_2", "isArchived": true})] {
            let server = Loopback::serve(move |request| github(request, &home));
            let facts = &alive(&look(&server, &[]).await).facts.clone();
            assert_eq!(facts.successor, Some(None));
        }
    }

    #[tokio::test]
    async fn a_successor_that_could_not_be_asked_for_stays_unknown() {
        let server = Loopback::serve(|request| {
            let is_verification = !request.body.contains("forks(first") && request.body.contains("next");
            if is_verification { canned(502, &[], "") } else { github(request, &Value::Null) }
        });
        let facts = &alive(&look(&server, &[]).await).facts.clone();
        assert_eq!((facts.successor.clone(), facts.living_forks.is_some()), (None, true));
    }

    #[test]
    fn later_runs_ask_for_those_that_no_run_asked_for() {
        let item = |name: &str, stars: u64, archived: bool, has_known_forks: bool| {
            let mut alive = Alive::default();
            alive.facts.stars = Some(stars);
            alive.facts.archived = Some(archived);
            let seen = Seen::Alive(Arc::new(alive));
            let target = format!("github:a/{name}").parse().unwrap();
            FollowUp { target, seen, node_id: None, has_known_forks, has_stopped: true, head: None }
        };
        let mut items = [item("known", 900, true, true), item("silent", 50, false, false), item("new", 5, true, false)];
        items.sort_by_cached_key(FollowUp::order);
        assert_eq!(items.map(|item| item.target.to_string()), ["github:a/new", "github:a/silent", "github:a/known"]);
    }

    #[tokio::test]
    async fn a_name_that_another_repository_took_is_found_by_its_id() {
        let server = Loopback::serve(|request| github(request, &Value::Null));
        let events = look(&server, &[("github:a/old", known("R_9"))]).await;
        assert_eq!(alive(&events).elsewhere.as_deref(), Some("https://github.com/z/moved"));
    }

    #[tokio::test]
    async fn a_second_round_that_fails_costs_nothing_else() {
        for answer in [canned(502, &[], ""), canned(200, &[], "[".repeat(2_000_000)), canned(403, &[], "{}")] {
            let server = Loopback::serve(move |request| {
                let second = request.body.contains("forks(first");
                if second { answer.clone() } else { github(request, &Value::Null) }
            });
            let events = look(&server, &[]).await;
            let facts = &alive(&events).facts;
            assert_eq!((facts.stars, &facts.living_forks, &facts.successor), (Some(900), &None, &None));
            assert_eq!(events.iter().filter(|event| matches!(event, Event::Seen(_))).count(), 2);
            assert!(server.count("/graphql") <= 3);
        }
    }

    /// Every page fails.
    struct NoPages;

    impl Probe for NoPages {
        fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event> {
            api::event_stream(|events| async move {
                for target in targets {
                    events.unavailable(target, FailureClass::Http(404), "");
                }
            })
        }
    }

    #[tokio::test]
    async fn a_named_page_has_to_answer() {
        let server = Loopback::serve(|request| {
            let answer = github(request, &Value::Null);
            answer.replace("https://github.com/next/home", "https://example.org/homeeeee")
        });
        let settings = GitHubSettings {
            api_url: server.url.clone(),
            graphql_url: format!("{}/graphql", server.url),
            token: Token::new("gho_test"),
            allow_private: true,
            ..GitHubSettings::default()
        };
        let github = GitHub::new(settings).unwrap().with_pages(Arc::new(NoPages));
        let events: Vec<Event> = github.look(vec!["github:a/old".parse().unwrap()]).collect().await;
        assert_eq!(alive(&events).facts.successor, Some(None));
    }
}
