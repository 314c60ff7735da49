//! One GitHub asked with several tokens, such as those of an App installed by several owners.
//!
//! Each token has a session of its own: one request in flight, its own limits, its own size of batches. What one token does
//! not see, or has no budget left for, is asked with the others, so that a private repository is found by the token that
//! sees it, and is not found only where every token says so. A token whose server gives no answer proves nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::{GitHub, Identity, Plan};
use crate::address::Target;
use crate::finding::{Finding, notice};
use crate::observation::{Failure, FailureClass, Observation, Seen};
use crate::probe::api::{self, EventSender};
use crate::probe::{Event, Probe};

/// A GitHub with its tokens. It has at least one session, which may be without a token.
pub struct Credentials {
    sessions: Vec<GitHub>,
    /// Which session found a repository of an owner that another one did not.
    owners: Mutex<BTreeMap<String, usize>>,
    /// The names that the limits of all tokens kept from being looked up so far.
    skipped: Mutex<usize>,
}

/// A target that no session has answered for yet.
struct Pending {
    target: Target,
    /// The sessions that were asked.
    asked: BTreeSet<usize>,
    /// The answer that counts so far.
    answer: Option<Observation>,
}

impl Credentials {
    /// One session for each token; all are of the same GitHub.
    pub fn new(sessions: Vec<GitHub>) -> Self {
        Self { sessions, owners: Mutex::default(), skipped: Mutex::default() }
    }

    /// Takes what is remembered of the repositories that are looked up next.
    pub fn remember(&mut self, known: &Arc<BTreeMap<Target, Identity>>) {
        self.sessions.iter_mut().for_each(|session| session.remember(Arc::clone(known)));
    }

    /// Whether this GitHub answers for the target.
    pub fn answers_for(&self, target: &Target) -> bool {
        self.sessions.first().is_some_and(|session| session.answers_for(target))
    }

    /// What a run over these targets will cost, where the first token asked for sees all of them.
    pub fn plan(&self, targets: &[Target]) -> Plan {
        self.sessions.first().map(|session| session.plan(targets)).unwrap_or_default()
    }

    async fn run(&self, targets: Vec<Target>, events: EventSender) {
        let (ours, foreign): (Vec<_>, Vec<_>) = targets.into_iter().partition(|target| self.answers_for(target));
        for target in foreign {
            events.failed(target, Failure::of(FailureClass::NotLooked));
        }
        let mut pending: Vec<Pending> =
            ours.into_iter().map(|target| Pending { target, asked: BTreeSet::new(), answer: None }).collect();
        while !pending.is_empty() {
            pending = self.round(pending, &events).await;
        }
        self.report_skipped(&events);
    }

    /// Asks one session for each target: what is still without an answer that counts.
    async fn round(&self, pending: Vec<Pending>, events: &EventSender) -> Vec<Pending> {
        let shares = self.shares(&pending);
        let mut open: BTreeMap<Target, Pending> = BTreeMap::new();
        for (n, share) in shares.iter().enumerate() {
            for &i in share {
                if let Some(of) = pending.get(i) {
                    let mut asked = of.asked.clone();
                    asked.insert(n);
                    let answer = of.answer.clone();
                    open.insert(of.target.clone(), Pending { target: of.target.clone(), asked, answer });
                }
            }
        }
        let sessions = self.sessions.iter().zip(shares).enumerate().filter(|(_, (_, share))| !share.is_empty());
        let streams = sessions.map(|(n, (session, share))| {
            let targets = share.into_iter().filter_map(|i| Some(pending.get(i)?.target.clone())).collect();
            session.look(targets).map(move |event| (n, event))
        });
        let mut answers = stream::select_all(streams.collect::<Vec<_>>());
        let mut next = Vec::new();
        while let Some((n, event)) = answers.next().await {
            match event {
                Event::Seen(look) => match open.remove(&look.target) {
                    Some(of) => next.extend(self.answered(n, of, look, events)),
                    None => events.send(Event::Seen(look)),
                },
                // Whether a limit matters is known once the other tokens were asked.
                Event::Notice(finding) if finding.code == notice::GITHUB_RATE_LIMITED.id => {}
                Event::Notice(finding) => {
                    let message = format!("token {} of {}: {}", n + 1, self.sessions.len(), finding.message);
                    events.notice(Finding { message, ..finding });
                }
                waiting @ Event::Waiting { .. } => events.send(waiting),
            }
        }
        next
    }

    /// The targets of each session, by their place: the session that is known to see an owner, else equal parts in
    /// order, so that batches are full.
    fn shares(&self, pending: &[Pending]) -> Vec<Vec<usize>> {
        let owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        let count = self.sessions.len();
        let part = pending.len().div_ceil(count).max(1);
        let mut shares = vec![Vec::new(); count];
        for (i, of) in pending.iter().enumerate() {
            let known = owner(&of.target).and_then(|owner| owners.get(&owner)).copied();
            let known = known.filter(|n| !of.asked.contains(n));
            let first = i / part;
            let free = (0..count).map(|n| (first + n) % count).find(|n| !of.asked.contains(n));
            if let Some(share) = known.or(free).and_then(|n| shares.get_mut(n)) {
                share.push(i);
            }
        }
        shares
    }

    /// Reports what a session answered, or returns the target where another one has to be asked.
    fn answered(&self, n: usize, mut of: Pending, look: Observation, events: &EventSender) -> Option<Pending> {
        if weight(&look) == 0 {
            if of.asked.len() > 1
                && let Some(owner) = owner(&of.target)
            {
                self.owners.lock().unwrap_or_else(PoisonError::into_inner).insert(owner, n);
            }
            events.send(Event::Seen(look));
            return None;
        }
        // Not found counts only where every token says so.
        let keeps = of.answer.as_ref().is_some_and(|kept| weight(kept) >= weight(&look));
        of.answer = if keeps { of.answer } else { Some(look) };
        if of.asked.len() < self.sessions.len() {
            return Some(of);
        }
        if let Some(look) = of.answer {
            let is_limited = matches!(&look.seen, Seen::Failed(failure) if failure.class == FailureClass::RateLimited);
            *self.skipped.lock().unwrap_or_else(PoisonError::into_inner) += usize::from(is_limited);
            events.send(Event::Seen(look));
        }
        None
    }

    fn report_skipped(&self, events: &EventSender) {
        let skipped = *self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        if skipped > 0 {
            let message =
                format!("GitHub's rate limit was reached for every token: {skipped} names were not looked at");
            let help = "what is known of them is kept; run again later, or allow a longer `--max-wait`";
            events.notice(Finding::new(&notice::GITHUB_RATE_LIMITED, message).help(help));
        }
    }
}

/// Which of two answers counts that another token could better: the greater one. 0 where none could.
fn weight(look: &Observation) -> u8 {
    let Seen::Failed(failure) = &look.seen else { return 0 };
    match failure.class {
        _ if failure.elsewhere.is_some() => 0,
        FailureClass::GithubNotFound => 1,
        // A file whose repository the token does not see is looked for by its page, which shows nobody a private one.
        FailureClass::Http(404) if matches!(look.target, Target::Subpage(_)) => 1,
        FailureClass::GithubForbidden => 2,
        FailureClass::NotLooked => 3,
        FailureClass::GithubUnavailable => 4,
        FailureClass::RateLimited => 5,
        _ => 0,
    }
}

/// The owner of a repository, in lower case.
fn owner(target: &Target) -> Option<String> {
    let path = match target {
        Target::Repository(repository) => &repository.path,
        Target::Subpage(page) => &page.repository.path,
        _ => return None,
    };
    Some(path.split('/').next().unwrap_or_default().to_lowercase())
}

impl Probe for Credentials {
    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event> {
        match self.sessions.as_slice() {
            [only] => only.look(targets),
            _ => api::event_stream(|events| self.run(targets, events)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Map, Value, json};

    use super::*;
    use crate::probe::github::{GitHubSettings, Token};
    use crate::probe::loopback::{Loopback, Request, canned};

    const PUBLIC: usize = 120;

    fn repository(name: &str) -> Value {
        json!({
            "nameWithOwner": name, "id": "R_1", "databaseId": 7, "createdAt": "2015-05-06T07:08:09Z",
            "stargazerCount": 12, "forkCount": 3, "isArchived": false, "isDisabled": false, "isFork": false,
            "isMirror": false, "defaultBranchRef": {"target": {"committedDate": "2026-10-02T23:30:00-05:00"}},
            "pushedAt": "2026-10-03T00:00:00Z"
        })
    }

    fn token(request: &Request) -> String {
        request.header("authorization").first().map(|value| value.replace("Bearer ", "")).unwrap_or_default()
    }

    /// A GitHub with public repositories, and one that only `ghs_two` sees.
    fn answer(request: &Request, sees: impl Fn(&str, &str) -> bool) -> String {
        let token = token(request);
        if request.path != "/graphql" {
            let name = request.path.trim_start_matches("/repos/");
            let body = json!({"full_name": name, "id": 7, "stargazers_count": 12, "message": "Not Found"});
            return canned(if sees(&token, name) { 200 } else { 404 }, &[], body);
        }
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let (mut data, mut errors) = (Map::new(), Vec::new());
        for n in 0.. {
            let text = |key: String| body["variables"][&key].as_str().map(str::to_owned);
            let (Some(owner), Some(name)) = (text(format!("o{n}")), text(format!("n{n}"))) else { break };
            let (alias, name) = (format!("r{n}"), format!("{owner}/{name}"));
            let found = sees(&token, &name);
            data.insert(alias.clone(), if found { repository(&name) } else { Value::Null });
            if !found {
                errors.push(json!({"type": "NOT_FOUND", "path": [alias], "message": "Could not resolve"}));
            }
        }
        canned(200, &[], json!({"data": data, "errors": errors}))
    }

    fn credentials(server: &Loopback, tokens: &[&str]) -> Credentials {
        let settings = |token: &str| GitHubSettings {
            api_url: server.url.clone(),
            graphql_url: format!("{}/graphql", server.url),
            token: Token::new(token),
            max_wait: Duration::from_millis(1),
            pause: Duration::from_millis(1),
            allow_private: true,
            ..GitHubSettings::default()
        };
        Credentials::new(tokens.iter().map(|token| GitHub::new(settings(token)).unwrap()).collect())
    }

    fn targets() -> Vec<Target> {
        let public = (0..PUBLIC).map(|n| format!("github:public/r{n}"));
        let own = ["github:corp/secret", "github:corp/other", "github:public/gone"].map(str::to_owned);
        public.chain(own).map(|name| name.parse().unwrap()).collect()
    }

    async fn look(credentials: &Credentials) -> (BTreeMap<String, Option<FailureClass>>, Vec<Event>) {
        let events: Vec<Event> = credentials.look(targets()).collect().await;
        let mut seen = BTreeMap::new();
        for event in &events {
            let Event::Seen(look) = event else { continue };
            let class = if let Seen::Failed(failure) = &look.seen { Some(failure.class) } else { None };
            assert!(seen.insert(look.target.to_string(), class).is_none(), "{} was reported twice", look.target);
        }
        assert_eq!(seen.len(), targets().len());
        (seen, events)
    }

    fn sees(token: &str, name: &str) -> bool {
        name != "public/gone" && (!name.starts_with("corp/") || token == "ghs_two")
    }

    #[tokio::test]
    async fn a_private_repository_is_found_by_the_token_that_sees_it() {
        let server = Loopback::serve(|request| answer(request, sees));
        let credentials = credentials(&server, &["ghs_one", "ghs_two", "ghs_three"]);
        for round in 0..2 {
            let (seen, events) = look(&credentials).await;
            assert_eq!((seen["github:corp/secret"], seen["github:corp/other"]), (None, None));
            assert_eq!(seen["github:public/gone"], Some(FailureClass::GithubNotFound));
            assert_eq!(seen.values().flatten().count(), 1);
            assert!(!format!("{events:?}").contains("ghs_"), "round {round}");
        }
        let names = |token: &str| {
            let asked = server.seen().into_iter().filter(|request| self::token(request) == token);
            asked.filter(|request| request.path == "/graphql").count()
        };
        for token in ["ghs_one", "ghs_two", "ghs_three"] {
            assert!((2..=8).contains(&names(token)), "{token} was used {} times", names(token));
        }
        let private = |request: &&Request| request.body.contains("\"corp\"") && self::token(request) != "ghs_two";
        let before = server.seen().iter().filter(private).count();
        look(&credentials).await;
        assert_eq!(server.seen().iter().filter(private).count(), before, "the owner's token is known by now");
    }

    #[tokio::test]
    async fn a_token_without_budget_is_replaced_and_its_silence_is_no_evidence() {
        let spent = |request: &Request| {
            let headers =
                [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9999999999")];
            canned(403, &headers, json!({"message": "API rate limit exceeded"}))
                .replace("content-length", &format!("x-path: {}\r\ncontent-length", request.path))
        };
        let server = Loopback::serve(move |request| match token(request).as_str() {
            "ghs_two" => spent(request),
            _ => answer(request, sees),
        });
        let credentials = credentials(&server, &["ghs_one", "ghs_two"]);
        let (seen, events) = look(&credentials).await;
        assert!((0..PUBLIC).all(|n| seen[&format!("github:public/r{n}")].is_none()), "the other token has seen them");
        for name in ["github:corp/secret", "github:public/gone"] {
            assert_eq!(
                seen[name],
                Some(FailureClass::RateLimited),
                "{name}: the token that might see it was not heard"
            );
        }
        let limits =
            events.iter().filter(|event| matches!(event, Event::Notice(of) if of.code == "github-rate-limited"));
        assert_eq!(limits.count(), 1);
        let asked = server.seen().iter().filter(|request| token(request) == "ghs_two").count();
        look(&credentials).await;
        let again = server.seen().iter().filter(|request| token(request) == "ghs_two").count();
        assert_eq!(again, asked, "a spent budget is not asked again within the run");
    }

    #[tokio::test]
    async fn a_refused_token_is_reported_and_proves_nothing() {
        let server = Loopback::serve(|request| match token(request).as_str() {
            "ghs_two" => canned(401, &[], json!({"message": "Bad credentials"})),
            _ => answer(request, sees),
        });
        let (seen, events) = look(&credentials(&server, &["ghs_one", "ghs_two"])).await;
        assert_eq!(seen["github:corp/secret"], Some(FailureClass::GithubUnavailable));
        assert_eq!(seen["github:public/r7"], None);
        let text = format!("{events:?}");
        assert!(text.contains("token 2 of 2: GitHub refuses the token") && !text.contains("ghs_"), "{text}");
    }
}
