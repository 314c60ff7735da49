//! The texts of the files that `pomona init` writes.

use std::path::Path;

use anyhow::bail;

use crate::shard::stable_hash;

const TOML: &str = include_str!("pomona.toml");
const WORKFLOW: &str = include_str!("workflow.yml");
/// The workflow that checks a pull request.
pub(super) const CHECK: &str = include_str!("check.yml");
/// The workflow that comments on it.
pub(super) const COMMENT: &str = include_str!("comment.yml");
/// Where editors find the schema of the policy: the one of this version.
const SCHEMA: &str =
    concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/v", env!("CARGO_PKG_VERSION"), "/docs/pomona.schema.json");
/// The cache, which belongs to one machine.
const IGNORED: [&str; 1] = [".pomona/"];
/// GitHub folds the diff of generated files, and appended lines of two branches are both kept.
const ATTRIBUTES: [&str; 2] = ["pomona.*.jsonl linguist-generated", "pomona.history.jsonl merge=union"];

/// What the policy of a new list states.
pub(super) struct NewPolicy<'a> {
    /// The source's file name.
    pub(super) source: &'a str,
    /// The output's file name, for a ranked list.
    pub(super) output: Option<&'a str>,
    /// The language's code.
    pub(super) language: &'a str,
    /// The languages and file names of translations beside the source.
    pub(super) translations: &'a [(String, String)],
}

impl NewPolicy<'_> {
    /// The text of `pomona.toml`.
    pub(super) fn text(&self) -> String {
        let output = self.output.map_or("# output = \"README.md\"".to_owned(), |name| format!("output = {name:?}"));
        let found = if self.translations.is_empty() { "" } else { " These were found: remove the `# `." };
        let example = [("zh".to_owned(), "README-zh.md".to_owned())];
        let translations = if self.translations.is_empty() { &example } else { self.translations };
        let line = |(language, name): &(String, String)| format!("# {language} = {name:?}");
        let base = format!("# base = {:?}", self.source);
        let lines: Vec<String> = std::iter::once(base).chain(translations.iter().map(line)).collect();
        TOML.replace("{schema}", SCHEMA)
            .replace("{found}", found)
            .replace("{translations}", &lines.join("\n"))
            .replace("{source}", self.source)
            .replace("{output}", &output)
            .replace("{language}", self.language)
            .replace("{order}", if self.output.is_some() { "score" } else { "none" })
    }
}

/// The weekly workflow for a list in the folder `inside` of its repository. The minute is odd and differs from list
/// to list, so that not all jobs start at once.
pub(super) fn workflow(inside: &Path, list: &str) -> anyhow::Result<String> {
    let minute = 1 + 2 * (stable_hash(list) % 29);
    Ok(filled(WORKFLOW, inside)?.replace("{minute}", &minute.to_string()))
}

/// A workflow's template for a list in the folder `inside` of its repository.
pub(super) fn filled(template: &str, inside: &Path) -> anyhow::Result<String> {
    let name = inside.to_string_lossy().replace('\\', "/");
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_')) {
        bail!("`{name}`: invalid folder name for a workflow\nhelp: use letters, digits, `-`, `_` and `.`");
    }
    Ok(template.replace("{action}", &action(option_env!("POMONA_COMMIT"))).replace("{folder}", &name))
}

/// The action to use: at the commit of this program, which cannot be moved, or at the tag of its release where the
/// commit is unknown.
fn action(commit: Option<&str>) -> String {
    let (path, tag) = (project(), concat!("v", env!("CARGO_PKG_VERSION")));
    match commit {
        Some(commit) => format!("{path}@{commit} # {tag}"),
        None => format!("{path}@{tag}"),
    }
}

/// The owner and name of the project's repository.
fn project() -> &'static str {
    let path = env!("CARGO_PKG_REPOSITORY").trim_end_matches('/');
    path.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or(path, |(_, path)| path)
}

/// Whether the project's address is still the placeholder of an unpublished tree.
pub(super) fn is_unpublished() -> bool {
    project().starts_with("OWNER/")
}

/// An ignore file with what Pomona ignores.
pub(super) fn ignoring(before: &str) -> String {
    with_lines(before, &IGNORED)
}

/// An attributes file with those of Pomona's files.
pub(super) fn attributing(before: &str) -> String {
    with_lines(before, &ATTRIBUTES)
}

/// The text with those of `lines` appended that it lacks.
fn with_lines(before: &str, lines: &[&str]) -> String {
    let mut text = before.to_owned();
    for line in lines {
        if before.lines().any(|present| present.trim() == *line) {
            continue;
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_once() {
        assert_eq!(ignoring(""), ".pomona/\n");
        assert_eq!(ignoring("x"), "x\n.pomona/\n");
        assert_eq!(ignoring("a\n.pomona/\nb\n"), "a\n.pomona/\nb\n");
        let attributes = attributing("*.png binary\n");
        assert_eq!(attributes.lines().count(), 3);
        assert_eq!(attributing(&attributes), attributes);
    }

    #[test]
    fn the_action_is_pinned_by_the_commit_of_the_program() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(action(Some(commit)), format!("{}@{commit} # v{}", project(), env!("CARGO_PKG_VERSION")));
        assert_eq!(action(None), format!("{}@v{}", project(), env!("CARGO_PKG_VERSION")));
        assert_eq!(project().matches('/').count(), 1);
    }

    #[test]
    fn a_hostile_folder_name_does_not_enter_a_workflow() {
        assert!(workflow(Path::new("a b; rm"), "").is_err());
        let text = workflow(Path::new("lists/ai"), "").unwrap();
        assert!(text.contains("list: lists/ai\n"), "{text}");
        for text in [text, filled(CHECK, Path::new(".")).unwrap(), filled(COMMENT, Path::new(".")).unwrap()] {
            assert!(!text.contains("cargo install"), "{text}");
            for place in ["{action}", "{folder}", "{minute}"] {
                assert!(!text.contains(place), "{text}");
            }
        }
    }

    #[test]
    fn the_policy_is_valid_on_both_ways() {
        for (output, order) in [(None, "none"), (Some("README.md"), "score")] {
            let text = NewPolicy { source: "list.md", output, language: "en", translations: &[] }.text();
            let policy = crate::settings::policy(Path::new("pomona.toml"), &text).unwrap();
            assert_eq!(policy.output, output.map(Into::into));
            assert!(text.contains(&format!("order = \"{order}\"")), "{text}");
        }
    }

    #[test]
    fn proposed_translations_are_valid_once_they_are_wanted() {
        let translations = [("zh-CN".to_owned(), "README.zh-CN.md".to_owned())];
        let text = NewPolicy { source: "README.md", output: None, language: "en", translations: &translations }.text();
        assert!(crate::settings::policy(Path::new("pomona.toml"), &text).unwrap().translations.is_empty());
        let wanted = ["[translations]", "base", "zh-CN"]
            .iter()
            .fold(text, |text, key| text.replace(&format!("\n# {key}"), &format!("\n{key}")));
        let policy = crate::settings::policy(Path::new("pomona.toml"), &wanted).unwrap();
        assert_eq!(policy.files().len(), 2);
    }
}
