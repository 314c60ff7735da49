//! `pomona.toml`, with the place of what is wrong in it.

use std::path::Path;

use crate::policy::Policy;

/// A policy that cannot be read: where, what, and the way out.
#[derive(Debug, thiserror::Error)]
#[error("`{file}`:{line}:{column}: {message}{help}")]
pub struct PolicyError {
    file: String,
    line: usize,
    column: usize,
    message: String,
    help: String,
}

/// Reads the text of a `pomona.toml`.
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
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next().filter(|_| message.starts_with("unknown"))?;
    let known = quoted.map(|word| (strsim::jaro_winkler(unknown, word), word));
    known.filter(|(near, _)| *near > 0.7).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, word)| word.to_owned())
}

fn line_of(text: &str, key: &str) -> usize {
    text.lines().position(|line| line.trim_start().starts_with(key)).map_or(1, |n| n + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        policy(Path::new("pomona.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_is_placed_and_the_nearest_named() {
        let told = told("# mine\noutptu = \"README.md\"\n");
        assert!(told.starts_with("`pomona.toml`:2:1: unknown key `outptu`"), "{told}");
        assert!(told.ends_with("help: did you mean `output`?"), "{told}");
    }

    #[test]
    fn a_wrong_type_is_placed() {
        let told = told("[confirm]\nhard-runs = \"two\"\n");
        assert!(told.starts_with("`pomona.toml`:2:13: "), "{told}");
        assert!(told.contains("expected u32"), "{told}");
    }

    #[test]
    fn an_output_over_the_source_is_refused() {
        assert!(told("source = \"a.md\"\noutput = \"a.md\"\n").contains("the source itself"));
    }

    #[test]
    fn an_empty_policy_is_the_default() {
        assert_eq!(policy(Path::new("x"), "").unwrap(), Policy::default());
    }
}
