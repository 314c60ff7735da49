//! `pomona.toml`, with the place of what is wrong in it, and what flags change in it.

use std::path::Path;
use std::time::Duration;

use crate::policy::{Policy, Rewrite};
use crate::rules;

/// A policy that cannot be read: where, what, and how to correct it.
#[derive(Debug, thiserror::Error)]
#[error("`{file}`:{line}:{column}: {message}{help}")]
pub struct PolicyError {
    file: String,
    line: usize,
    column: usize,
    message: String,
    help: String,
}

/// What flags and the environment change in the policy of every list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Fragments of links are checked, whatever the policy has.
    pub fragments: bool,
    /// Longest age of a cached result.
    pub max_age: Option<Duration>,
    /// Which addresses may be changed in the source.
    pub rewrite: Option<Rewrite>,
    /// Archives are asked for copies of what is dead, whatever the policy has.
    pub suggest: bool,
    /// GitHub is asked for stars from before the first refresh, whatever the policy has.
    pub bootstrap_history: bool,
    /// The address at which the page is published.
    pub base_url: Option<String>,
    /// The address at which the source can be read.
    pub source_url: Option<String>,
}

impl Overrides {
    /// The policy as this run follows it.
    #[must_use]
    pub fn apply(&self, mut policy: Policy) -> Policy {
        policy.check.fragments |= self.fragments;
        policy.check.max_age = self.max_age.unwrap_or(policy.check.max_age);
        policy.replacements.archives |= self.suggest;
        policy.history.bootstrap |= self.bootstrap_history;
        policy.rewrite = self.rewrite.unwrap_or(policy.rewrite);
        policy.page.base_url = self.base_url.clone().or(policy.page.base_url);
        policy.page.source_url = self.source_url.clone().or(policy.page.source_url);
        policy
    }
}

/// Parses the text of a `pomona.toml`.
pub fn policy(file: &Path, text: &str) -> Result<Policy, PolicyError> {
    let policy: Policy = toml::from_str(text).map_err(|error| explain(file, text, &error))?;
    if let Some(unknown) = policy.rules.levels.keys().find(|id| rules::info(id).is_none()) {
        return Err(unknown_rule(file, text, unknown));
    }
    if let Some(invalid) = policy.invalid() {
        let message = format!("invalid `{}`: {}", invalid.key, invalid.expected);
        return Err(PolicyError {
            file: file.display().to_string(),
            line: line_of(text, invalid.key),
            column: 1,
            message,
            help: String::new(),
        });
    }
    Ok(policy)
}

fn unknown_rule(file: &Path, text: &str, id: &str) -> PolicyError {
    let known = rules::infos().map(|info| (strsim::jaro_winkler(id, info.id), info.id));
    let near = known.filter(|(near, _)| *near > 0.7).max_by(|a, b| a.0.total_cmp(&b.0));
    let help = near.map_or("`pomona rules` lists the rules".to_owned(), |(_, id)| format!("did you mean `{id}`?"));
    PolicyError {
        file: file.display().to_string(),
        line: line_of(&text.replace('_', "-"), id),
        column: 1,
        message: format!("unknown rule `{id}`"),
        help: format!("\nhelp: {help}"),
    }
}

fn explain(file: &Path, text: &str, error: &toml::de::Error) -> PolicyError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    let help = nearest(&message).map(|word| format!("\nhelp: did you mean `{word}`?")).unwrap_or_default();
    let message = message.split(", expected one of").next().unwrap_or_default().replace("unknown field", "unknown key");
    PolicyError { file: file.display().to_string(), line, column, message, help }
}

/// The known word nearest to the unknown one, from serde's sentence: "unknown field `x`, expected one of
/// `a`, `b`".
fn nearest(message: &str) -> Option<String> {
    // Below this similarity (Jaro-Winkler, 0 to 1) a suggestion is more often wrong than right.
    const SIMILARITY_THRESHOLD: f64 = 0.7;
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next().filter(|_| message.starts_with("unknown"))?;
    let known = quoted.map(|word| (strsim::jaro_winkler(unknown, word), word));
    let near = known.filter(|(similarity, _)| *similarity > SIMILARITY_THRESHOLD);
    near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, word)| word.to_owned())
}

/// The line on which the last part of a dotted key is set, from 1; 1 where it is nowhere as such.
fn line_of(text: &str, key: &str) -> usize {
    let name = key.rsplit('.').next().unwrap_or(key);
    let sets = |line: &str| {
        let rest = line.trim_start().strip_prefix(name);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    text.lines().position(sets).map_or(1, |n| n + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        policy(Path::new("pomona.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_is_placed_and_the_nearest_named() {
        let error = error("# mine\noutptu = \"README.md\"\n");
        assert!(error.starts_with("`pomona.toml`:2:1: unknown key `outptu`"), "{error}");
        assert!(error.ends_with("help: did you mean `output`?"), "{error}");
    }

    #[test]
    fn an_unknown_rule_is_placed_and_the_nearest_named() {
        let error = error("[rules]\nmin-stars = 5\ndead_lnik = \"off\"\n");
        assert_eq!(error, "`pomona.toml`:3:1: unknown rule `dead-lnik`\nhelp: did you mean `dead-link`?");
    }

    #[test]
    fn a_wrong_type_is_placed() {
        let error = error("[confirm]\naway-days = \"two\"\n");
        assert!(error.starts_with("`pomona.toml`:2:13: "), "{error}");
        assert!(error.contains("expected u32"), "{error}");
    }

    #[test]
    fn values_out_of_their_range_are_placed() {
        for (text, expected) in [
            ("[guard]\nshare = nan\n", "`pomona.toml`:2:1: invalid `guard.share`: expected a share"),
            ("[guard]\nshare = inf\n", "`pomona.toml`:2:1: invalid `guard.share`"),
            ("[guard]\n\nfall = -1\n", "`pomona.toml`:3:1: invalid `guard.fall`"),
            ("[rank]\nrelease-half-life = 0\n", "`pomona.toml`:2:1: invalid `rank.release-half-life`"),
            (
                "[confirm]\naway-days = 3\nstated-looks = 1\n",
                "`pomona.toml`:3:1: invalid `confirm.stated-looks`: expected 2 to",
            ),
            ("[rank.weights]\nmomentum = -0.5\n", "`pomona.toml`:2:1: invalid `rank.weights.momentum`"),
        ] {
            let error = error(text);
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn an_empty_policy_is_the_default() {
        assert_eq!(policy(Path::new("x"), "").unwrap(), Policy::default());
    }

    #[test]
    fn flags_win_over_the_policy_and_absent_flags_leave_it() {
        let written =
            policy(Path::new("x"), "rewrite = \"renames\"\n[check]\nmax-age = \"2h\"\nfragments = true\n").unwrap();
        assert_eq!(Overrides::default().apply(written.clone()), written);
        let flags = Overrides { max_age: Some(Duration::ZERO), rewrite: Some(Rewrite::None), ..Overrides::default() };
        let applied = flags.apply(written);
        assert_eq!(
            (applied.check.max_age, applied.rewrite, applied.check.fragments),
            (Duration::ZERO, Rewrite::None, true)
        );
    }
}
