//! The probe of a run: the network, or a recording.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::address::ForgeKind;
use crate::commands::survey::Needs;
use crate::policy::Policy;
use crate::probe::api::AddressRules;
use crate::probe::forges::{ForgeSettings, OtherForges};
use crate::probe::github::{Credentials, GitHub, GitHubSettings, Token};
use crate::probe::user_agent::Contact;
use crate::probe::web::{Web, WebSettings};
use crate::probe::{Network, Probe, Replay};
use crate::settings::{Answers, LookSettings, RunContext};
use crate::store::{self, Recorder};

/// The probe that the settings ask for.
pub(crate) async fn probe(
    settings: &LookSettings,
    context: &RunContext,
    needs: &Needs,
) -> anyhow::Result<Box<dyn Probe>> {
    if let Answers::Recorded(file) = &settings.answers {
        return Ok(Box::new(Replay::new(Recorder::read(file)?.looks, context.now)));
    }
    let web = Arc::new(Web::new(web(settings, context, needs)).context("the HTTP client cannot be set up")?);
    let pages: Arc<dyn Probe + Send + Sync> = web.clone();
    let mut github = Vec::new();
    for (server, tokens) in github_servers(settings, context, &needs.github).await? {
        let session = |token| {
            let server = GitHubSettings { token, details: needs.details.clone(), ..server.clone() };
            Ok(GitHub::new(server)?.with_pages(Arc::clone(&pages)))
        };
        // Without a token there is one session all the same.
        let tokens = if tokens.is_empty() { vec![None] } else { tokens.into_iter().map(Some).collect() };
        let sessions: anyhow::Result<Vec<GitHub>> = tokens.into_iter().map(session).collect();
        github.push(Credentials::new(sessions?));
    }
    let rules = AddressRules { allow_private: settings.allow_private, ..AddressRules::default() };
    let forges = ForgeSettings { max_wait: settings.max_wait, rules, ..ForgeSettings::default() };
    let forges = OtherForges::new(forges, Some(pages)).context("the HTTP client cannot be set up")?;
    Ok(Box::new(Network { github, forges, web }))
}

/// Every GitHub that a list may be asked about, for stars over time, each with its first token.
pub(crate) async fn github(
    settings: &LookSettings,
    context: &RunContext,
    policy: &Policy,
) -> anyhow::Result<Vec<GitHub>> {
    let named = policy.forges.iter().filter(|(_, kind)| **kind == ForgeKind::GitHub).map(|(host, _)| host.clone());
    let servers = github_servers(settings, context, &named.collect()).await?;
    let first =
        servers.into_iter().map(|(server, tokens)| GitHubSettings { token: tokens.into_iter().next(), ..server });
    Ok(first.map(GitHub::new).collect::<Result<_, _>>()?)
}

/// The GitHub that the environment names, with its first token; none where there is no token for it.
pub(crate) async fn github_of_run(settings: &LookSettings, context: &RunContext) -> anyhow::Result<Option<GitHub>> {
    let (server, api) = (context.server_url.as_deref(), context.api_url.as_deref());
    let named = GitHubSettings::from_environment(server, api, context.graphql_url.as_deref()).host;
    let servers = github_servers(settings, context, &BTreeSet::new()).await?.into_iter();
    let mut own = servers.filter(|(server, _)| server.host == named);
    let own = own.find_map(|(server, tokens)| Some((server, tokens.into_iter().next()?)));
    own.map(|(server, token)| GitHub::new(GitHubSettings { token: Some(token), ..server }))
        .transpose()
        .map_err(Into::into)
}

fn web(settings: &LookSettings, context: &RunContext, needs: &Needs) -> WebSettings {
    let contact = Contact::new(needs.contact.as_deref(), context.server_url.as_deref(), context.repository.as_deref());
    WebSettings {
        user_agent: contact.user_agent(),
        browser_agent: contact.browser_agent(),
        max_wait: settings.max_wait,
        allow_private: settings.allow_private,
        anchors: Arc::new(needs.anchors.clone()),
        concurrency: settings.concurrency,
        ..WebSettings::default()
    }
}

/// Every GitHub that is asked: github.com, the one that the environment names, and those that the policies name. Each
/// gets its own tokens and no other.
async fn github_servers(
    look: &LookSettings,
    context: &RunContext,
    named: &BTreeSet<String>,
) -> anyhow::Result<Vec<(GitHubSettings, Vec<Token>)>> {
    let environment = GitHubSettings::from_environment(
        context.server_url.as_deref(),
        context.api_url.as_deref(),
        context.graphql_url.as_deref(),
    );
    let mut hosts = named.clone();
    hosts.extend(["github.com".to_owned(), environment.host.clone()]);
    let mut servers = Vec::new();
    for host in hosts {
        let (mut server, mut tokens) = (GitHubSettings::at(&host), Vec::new());
        if host == environment.host {
            server = environment.clone();
            tokens = configured_tokens(&server, look.token_file.as_deref(), context)?;
        }
        if tokens.is_empty() && server.has_default_api() {
            tokens.extend(Token::from_gh("gh", &host).await);
        }
        let server = GitHubSettings { max_wait: look.max_wait, allow_private: look.allow_private, ..server };
        servers.push((server, tokens));
    }
    Ok(servers)
}

/// The tokens for the GitHub that the environment names: those of the file that a flag names, else of the environment,
/// where the variables for a GitHub Enterprise Server come first for such a server, as in `gh`. Each stands once: it has one
/// request in flight.
fn configured_tokens(server: &GitHubSettings, file: Option<&Path>, context: &RunContext) -> anyhow::Result<Vec<Token>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut add = |token: Token| {
        if !tokens.contains(&token) {
            tokens.push(token);
        }
    };
    if let Some(file) = file {
        let text = store::read(file)?;
        for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        {
            let Some(token) = Token::new(line) else {
                bail!("`{}`:{}: expected one token on this line", file.display(), n + 1);
            };
            add(token);
        }
        if tokens.is_empty() {
            bail!("`{}`: expected a token in this file, or several, one a line", file.display());
        }
        return Ok(tokens);
    }
    if let Some(given) = &context.tokens {
        for word in given.split([' ', ',', '\t', '\r', '\n']).filter(|word| !word.is_empty()) {
            let Some(token) = Token::new(word) else {
                bail!("invalid characters in a token of `POMONA_GITHUB_TOKENS`\nhelp: set it again");
            };
            add(token);
        }
        return Ok(tokens);
    }
    let enterprise = context.enterprise_token.as_ref().filter(|_| !server.is_hosted());
    let Some(given) = enterprise.or(context.token.as_ref()) else { return Ok(tokens) };
    let Some(token) = Token::new(given) else {
        bail!("invalid characters in the token of `GITHUB_TOKEN` or `GH_TOKEN`\nhelp: set it again");
    };
    Ok(vec![token])
}
