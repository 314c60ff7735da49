//! The probe of a run: the network, or a recording.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::address::ForgeKind;
use crate::policy::Policy;
use crate::probe::forges::{ForgeSettings, OtherForges};
use crate::probe::github::{GitHub, GitHubSettings, Token};
use crate::probe::web::{Web, WebSettings};
use crate::probe::{Network, Probe, Replay};
use crate::settings::{Answers, LookSettings, RunContext};
use crate::store::{self, Recorder};

/// The probe that the settings ask for.
pub(crate) async fn probe(
    settings: &LookSettings,
    context: &RunContext,
    policies: &[&Policy],
) -> anyhow::Result<Box<dyn Probe>> {
    if let Answers::Recorded(file) = &settings.answers {
        return Ok(Box::new(Replay::new(Recorder::read(file)?, context.now)));
    }
    let web = Arc::new(Web::new(web(settings, policies)).context("the HTTP client cannot be made")?);
    let servers: BTreeSet<&String> = policies
        .iter()
        .flat_map(|policy| &policy.forges)
        .filter(|(_, kind)| **kind == ForgeKind::GitHub)
        .map(|(host, _)| host)
        .collect();
    let pages: Arc<dyn Probe + Send + Sync> = web.clone();
    let mut github = vec![GitHub::new(github(settings, context).await?)?.with_pages(Arc::clone(&pages))];
    for host in servers {
        github.push(GitHub::new(GitHubSettings { max_wait: settings.max_wait, ..GitHubSettings::at(host) })?);
    }
    let forges = ForgeSettings { max_wait: settings.max_wait, ..ForgeSettings::default() };
    let forges = OtherForges::new(forges, Some(pages)).context("the HTTP client cannot be made")?;
    Ok(Box::new(Network { github, forges, web }))
}

/// Whether the anchors of pages are looked for.
pub(crate) fn wants_anchors(policies: &[&Policy]) -> bool {
    policies.iter().any(|policy| policy.check.fragments)
}

fn web(settings: &LookSettings, policies: &[&Policy]) -> WebSettings {
    WebSettings {
        max_wait: settings.max_wait,
        allow_private: settings.allow_private,
        anchors: wants_anchors(policies),
        concurrency: settings.concurrency,
        ..WebSettings::default()
    }
}

/// github.com, or the server that the environment names.
async fn github(look: &LookSettings, context: &RunContext) -> anyhow::Result<GitHubSettings> {
    let mut settings = GitHubSettings { max_wait: look.max_wait, ..GitHubSettings::default() };
    if let Some(url) = &context.api_url {
        settings.api_url.clone_from(url);
        settings.graphql_url = GitHubSettings::graphql_beside(url);
    }
    if let Some(url) = &context.graphql_url {
        settings.graphql_url.clone_from(url);
    }
    settings.token = token(look.token_file.as_deref(), context).await?;
    Ok(settings)
}

/// The token: from the file that a flag names, from the environment, else from GitHub's own command line,
/// which is asked only for github.com itself.
async fn token(file: Option<&Path>, context: &RunContext) -> anyhow::Result<Option<Token>> {
    if let Some(file) = file {
        let Some(token) = Token::new(store::read(file)?.trim()) else {
            bail!("`{}`: expected a token, and nothing else, in this file", file.display());
        };
        return Ok(Some(token));
    }
    if let Some(given) = &context.token {
        let Some(token) = Token::new(given) else {
            bail!(
                "the token in `GITHUB_TOKEN` or `GH_TOKEN` contains characters that no token has\nhelp: set it again"
            );
        };
        return Ok(Some(token));
    }
    if context.api_url.is_some() {
        return Ok(None);
    }
    Ok(Token::from_gh("gh", "github.com").await)
}
