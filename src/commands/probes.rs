//! The probe of a run: the network, or a recording.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::address::{ForgeKind, Target};
use crate::policy::Policy;
use crate::probe::api::AddressRules;
use crate::probe::forges::{ForgeSettings, OtherForges};
use crate::probe::github::{GitHub, GitHubSettings, Identity, Token};
use crate::probe::user_agent::Contact;
use crate::probe::web::{Web, WebSettings};
use crate::probe::{Network, Probe, Replay};
use crate::settings::{Answers, LookSettings, RunContext};
use crate::store::{self, Recorder};

/// The probe that the settings ask for. The pages of `anchors` are read to their end.
pub(crate) async fn probe(
    settings: &LookSettings,
    context: &RunContext,
    policies: &[&Policy],
    anchors: BTreeSet<Target>,
    identities: BTreeMap<Target, Identity>,
) -> anyhow::Result<Box<dyn Probe>> {
    if let Answers::Recorded(file) = &settings.answers {
        return Ok(Box::new(Replay::new(Recorder::read(file)?, context.now)));
    }
    let web =
        Arc::new(Web::new(web(settings, context, policies, anchors)).context("the HTTP client cannot be set up")?);
    let pages: Arc<dyn Probe + Send + Sync> = web.clone();
    let mut github = Vec::new();
    for server in github_servers(settings, context, policies).await? {
        let server = GitHubSettings { identities: identities.clone(), ..server };
        github.push(GitHub::new(server)?.with_pages(Arc::clone(&pages)));
    }
    let rules = AddressRules { allow_private: settings.allow_private, ..AddressRules::default() };
    let forges = ForgeSettings { max_wait: settings.max_wait, rules, ..ForgeSettings::default() };
    let forges = OtherForges::new(forges, Some(pages)).context("the HTTP client cannot be set up")?;
    Ok(Box::new(Network { github, forges, web }))
}

/// Every GitHub that a list may be asked about, for stars over time.
pub(crate) async fn github(
    settings: &LookSettings,
    context: &RunContext,
    policy: &Policy,
) -> anyhow::Result<Vec<GitHub>> {
    let servers = github_servers(settings, context, &[policy]).await?;
    Ok(servers.into_iter().map(GitHub::new).collect::<Result<_, _>>()?)
}

fn web(settings: &LookSettings, context: &RunContext, policies: &[&Policy], anchors: BTreeSet<Target>) -> WebSettings {
    let named = policies.iter().find_map(|policy| policy.check.contact.as_deref());
    let contact = Contact::new(named, context.server_url.as_deref(), context.repository.as_deref());
    WebSettings {
        user_agent: contact.user_agent(),
        browser_agent: contact.browser_agent(),
        max_wait: settings.max_wait,
        allow_private: settings.allow_private,
        anchors: Arc::new(anchors),
        concurrency: settings.concurrency,
        ..WebSettings::default()
    }
}

/// Every GitHub that is asked: github.com, the one that the environment names, and those that the policies name. Each
/// gets its own token and no other.
async fn github_servers(
    look: &LookSettings,
    context: &RunContext,
    policies: &[&Policy],
) -> anyhow::Result<Vec<GitHubSettings>> {
    let environment = GitHubSettings::from_environment(
        context.server_url.as_deref(),
        context.api_url.as_deref(),
        context.graphql_url.as_deref(),
    );
    let named = policies.iter().flat_map(|policy| &policy.forges);
    let named = named.filter(|(_, kind)| **kind == ForgeKind::GitHub).map(|(host, _)| host.clone());
    let mut hosts: BTreeSet<String> = named.collect();
    hosts.extend(["github.com".to_owned(), environment.host.clone()]);
    let mut servers = Vec::new();
    for host in hosts {
        let mut server = GitHubSettings::at(&host);
        if host == environment.host {
            server = environment.clone();
            server.token = configured_token(&server, look.token_file.as_deref(), context)?;
        }
        if server.token.is_none() && server.has_default_api() {
            server.token = Token::from_gh("gh", &host).await;
        }
        servers.push(GitHubSettings { max_wait: look.max_wait, allow_private: look.allow_private, ..server });
    }
    Ok(servers)
}

/// The token for the GitHub that the environment names: from the file that a flag names, else from the environment,
/// where the variables for a GitHub Enterprise Server come first for such a server, as in `gh`.
fn configured_token(
    server: &GitHubSettings,
    file: Option<&Path>,
    context: &RunContext,
) -> anyhow::Result<Option<Token>> {
    if let Some(file) = file {
        let Some(token) = Token::new(store::read(file)?.trim()) else {
            bail!("`{}`: expected a token, and nothing else, in this file", file.display());
        };
        return Ok(Some(token));
    }
    let enterprise = context.enterprise_token.as_ref().filter(|_| !server.is_hosted());
    let Some(given) = enterprise.or(context.token.as_ref()) else { return Ok(None) };
    let Some(token) = Token::new(given) else {
        bail!("invalid characters in the token of `GITHUB_TOKEN` or `GH_TOKEN`\nhelp: set it again");
    };
    Ok(Some(token))
}
