//! `pomona.toml`, with the place of what is wrong in it, and what flags change in it.

use std::path::Path;
use std::time::Duration;

use crate::policy::{Policy, Rewrite};

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
}

impl Overrides {
    /// The policy as this run follows it.
    #[must_use]
    pub fn apply(&self, mut policy: Policy) -> Policy {
        policy.check.fragments |= self.fragments;
        policy.check.max_age = self.max_age.unwrap_or(policy.check.max_age);
        policy.rewrite = self.rewrite.unwrap_or(policy.rewrite);
        policy
    }
}

/// Parses the text of a `pomona.toml`.
pub fn policy(file: &Path, text: &str) -> Result<Policy, PolicyError> {
    let policy: Policy = toml::from_str(text).map_err(|error| explain(file, text, &error))?;
    match (&policy.source, &policy.output) {
        (source, Some(output)) if source.as_ref() == Some(output) => Err(PolicyError {
            file: file.display().to_string(),
            line: line_of(text, "output"),
            column: 1,
            message: format!("`output` is the source itself, `{output}`"),
            help: "\nhelp: name another file, or leave `output` out to annotate the source in place".to_owned(),
        }),
        _ => Ok(policy),
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

fn line_of(text: &str, key: &str) -> usize {
    text.lines().position(|line| line.trim_start().starts_with(key)).map_or(1, |n| n + 1)
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
    fn a_wrong_type_is_placed() {
        let error = error("[confirm]\nhard-runs = \"two\"\n");
        assert!(error.starts_with("`pomona.toml`:2:13: "), "{error}");
        assert!(error.contains("expected u32"), "{error}");
    }

    #[test]
    fn an_output_over_the_source_is_refused() {
        assert!(error("source = \"a.md\"\noutput = \"a.md\"\n").contains("the source itself"));
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
        let flags = Overrides { fragments: false, max_age: Some(Duration::ZERO), rewrite: Some(Rewrite::None) };
        let applied = flags.apply(written);
        assert_eq!(
            (applied.check.max_age, applied.rewrite, applied.check.fragments),
            (Duration::ZERO, Rewrite::None, true)
        );
    }
}
