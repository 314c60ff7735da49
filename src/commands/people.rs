//! The person who submits a change: read from the event of the run, and asked for where the list wants to know.

use serde::Deserialize;

use crate::address::{ForgeKind, Target};
use crate::commands::probes;
use crate::observation;
use crate::policy::Policy;
use crate::probe::github::{GitHubSettings, Person};
use crate::report::{AddedEntry, Association, Submitter};
use crate::settings::{LookSettings, RunContext};
use crate::store;

/// The event of a pull request (docs.github.com, "Events that trigger workflows").
#[derive(Deserialize)]
struct Event {
    pull_request: PullRequest,
}

#[derive(Deserialize)]
struct PullRequest {
    user: User,
    author_association: Option<String>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

/// The person who submits these entries, where a list asks for facts about people and the run belongs to a pull request.
pub(crate) async fn submitter(
    settings: &LookSettings,
    context: &RunContext,
    policy: &Policy,
    entries: &[AddedEntry],
) -> anyhow::Result<Option<Submitter>> {
    let Some(path) = context.event_path.as_ref().filter(|_| policy.submission.people) else {
        return Ok(None);
    };
    // Events of other kinds, such as a push, name no submitter.
    let Ok(event) = serde_json::from_str::<Event>(&store::read_regular(path)?) else { return Ok(None) };
    let PullRequest { user: User { login }, author_association } = event.pull_request;
    let association = author_association.and_then(|word| serde_json::from_value::<Association>(word.into()).ok());
    let host = host(context);
    let owner = |entry: &AddedEntry| owner(entry, &host);
    let is_own = |entry: &&AddedEntry| owner(entry).is_some_and(|owner| owner.eq_ignore_ascii_case(&login));
    let owns = entries.iter().filter(is_own).map(|entry| entry.title.clone()).collect();
    let mut others: Vec<String> = entries.iter().filter(|entry| !is_own(entry)).filter_map(owner).collect();
    others.sort();
    others.dedup();
    let github = if settings.is_live() { probes::github_of_run(settings, context).await? } else { None };
    let person = match github {
        Some(github) => github.person(&login, &others).await.unwrap_or_default(),
        None => Person::default(),
    };
    Ok(Some(Submitter {
        login,
        account_created: person.created,
        association,
        owns,
        member_of: person.organizations,
        today: observation::day(context.now),
    }))
}

/// The GitHub that the run belongs to.
fn host(context: &RunContext) -> String {
    let (server, api) = (context.server_url.as_deref(), context.api_url.as_deref());
    GitHubSettings::from_environment(server, api, context.graphql_url.as_deref()).host
}

/// The owner of an entry's repository at this GitHub.
fn owner(entry: &AddedEntry, host: &str) -> Option<String> {
    let target: Target = entry.target.parse().ok()?;
    let repository = target.repository()?;
    let is_here = repository.forge.kind == ForgeKind::GitHub && repository.forge.host == host;
    Some(repository.path.split_once('/').filter(|_| is_here)?.0.to_owned())
}
