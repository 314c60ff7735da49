//! The files of a list: one or several sources, and its translations.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Language, Policy};

/// The name under `[translations]` that names the source, not a language.
pub const BASE: &str = "base";

/// The name of a file, or a list of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a file name or a list of file names")]
pub enum FileNames {
    /// One file.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl FileNames {
    /// The names, in order.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

impl<T: Into<String>> From<T> for FileNames {
    fn from(name: T) -> Self {
        Self::One(name.into())
    }
}

/// A translation: its file, or its source and the file that is written from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a file name, or a table with `source` and `output`")]
pub enum Translation {
    /// A file that is annotated in place.
    InPlace(String),
    /// A file that another one is written from.
    #[serde(rename_all = "kebab-case")]
    Written {
        /// The Markdown that people edit.
        source: String,
        /// The file to generate.
        output: String,
    },
}

impl Translation {
    /// The Markdown that people edit.
    pub fn source(&self) -> &str {
        match self {
            Self::InPlace(source) | Self::Written { source, .. } => source,
        }
    }

    /// The file to generate.
    pub fn output(&self) -> Option<&str> {
        match self {
            Self::InPlace(_) => None,
            Self::Written { output, .. } => Some(output),
        }
    }
}

/// What a file is in its list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FileRole {
    /// A source with entries of its own.
    #[default]
    Source,
    /// The source that has translations.
    Base,
    /// A translation: it has the entries of the base in another language.
    Translation,
}

/// A file of a list, as the policy has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// The name of the source; none where the policy names none.
    pub source: Option<String>,
    /// The name of the file that is written from it.
    pub output: Option<String>,
    /// What it is.
    pub role: FileRole,
    /// The language of the words that are added to it.
    pub language: Language,
}

impl Policy {
    /// The files of the list: sources in their order, then translations by language.
    pub fn files(&self) -> Vec<PolicyFile> {
        let outputs = self.output.as_ref().map(FileNames::names).unwrap_or_default();
        let sources = self.source.as_ref().map(FileNames::names).unwrap_or_default();
        let named = sources.iter().map(|name| Some(name.clone()));
        let named: Vec<Option<String>> = if sources.is_empty() { vec![None] } else { named.collect() };
        let base = self.translations.get(BASE).map(Translation::source);
        let translated = self.translations.keys().any(|language| language != BASE);
        let is_base = |at: usize, name: Option<&str>| base.map_or(at == 0, |base| name.is_none_or(|name| name == base));
        let mut files: Vec<PolicyFile> = named
            .into_iter()
            .enumerate()
            .map(|(at, source)| PolicyFile {
                role: if translated && is_base(at, source.as_deref()) { FileRole::Base } else { FileRole::Source },
                // A source that the policy names only as the base of translations is that file.
                source: source.or_else(|| base.map(str::to_owned)),
                output: outputs.get(at).cloned(),
                language: self.language.clone(),
            })
            .collect();
        files.extend(self.translations.iter().filter(|(language, _)| *language != BASE).map(|(language, file)| {
            PolicyFile {
                source: Some(file.source().to_owned()),
                output: file.output().map(str::to_owned),
                role: FileRole::Translation,
                language: Language::new(language),
            }
        }));
        files
    }

    /// The key of the files that make no sense together, and what was expected.
    pub(super) fn invalid_files(&self) -> Option<(&'static str, &'static str)> {
        let count = |names: &Option<FileNames>| names.as_ref().map(|names| names.names().len());
        let base = self.translations.get(BASE);
        let sources = self.source.as_ref().map(FileNames::names).unwrap_or_default();
        let is_source = |base: &Translation| sources.is_empty() || sources.iter().any(|name| name == base.source());
        let checks = [
            ("source", count(&self.source) != Some(0), "expected at least one file name"),
            (
                "output",
                self.output.is_none() || count(&self.output) == Some(count(&self.source).unwrap_or(1)),
                "expected one file name for each `source`, in the same order",
            ),
            ("translations.base", base.is_none_or(|base| base.output().is_none()), "expected the name of a source"),
            ("translations.base", base.is_none_or(is_source), "expected one of the names in `source`"),
        ];
        checks.into_iter().find(|(_, valid, _)| !valid).map(|(key, _, expected)| (key, expected))
    }
}

/// Languages of translations, by their code.
pub type Translations = BTreeMap<String, Translation>;

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> Vec<(Option<String>, Option<String>, FileRole, String)> {
        let policy: Policy = toml::from_str(text).unwrap();
        assert_eq!(policy.invalid_files(), None, "{text}");
        let files = policy.files().into_iter();
        files.map(|file| (file.source, file.output, file.role, file.language.code().to_owned())).collect()
    }

    #[test]
    fn a_list_has_its_sources_and_then_its_translations() {
        let name = |name: &str| Some(name.to_owned());
        let code = str::to_owned;
        assert_eq!(files(""), [(None, None, FileRole::Source, code("en"))]);
        assert_eq!(
            files("source = [\"a.md\", \"docs/b.md\"]\noutput = [\"README.md\", \"docs/c.md\"]"),
            [
                (name("a.md"), name("README.md"), FileRole::Source, code("en")),
                (name("docs/b.md"), name("docs/c.md"), FileRole::Source, code("en")),
            ]
        );
        assert_eq!(
            files(
                "[translations]\nbase = \"README.md\"\nzh = \"README-zh.md\"\nko = { source = \"k.md\", output = \"o.md\" }"
            ),
            [
                (name("README.md"), None, FileRole::Base, code("en")),
                (name("k.md"), name("o.md"), FileRole::Translation, code("ko")),
                (name("README-zh.md"), None, FileRole::Translation, code("zh")),
            ]
        );
        let base = "source = [\"a.md\", \"b.md\"]\n[translations]\nbase = \"b.md\"\nzh = \"b-zh.md\"";
        assert_eq!(
            files(base).iter().map(|file| file.2).collect::<Vec<_>>(),
            [FileRole::Source, FileRole::Base, FileRole::Translation]
        );
    }

    #[test]
    fn files_that_make_no_sense_together_are_named() {
        for (text, key) in [
            ("source = []", "source"),
            ("source = [\"a.md\", \"b.md\"]\noutput = \"README.md\"", "output"),
            ("output = [\"a.md\", \"b.md\"]", "output"),
            ("source = \"a.md\"\n[translations]\nbase = \"b.md\"", "translations.base"),
            ("[translations]\nbase = { source = \"a.md\", output = \"b.md\" }", "translations.base"),
        ] {
            let policy: Policy = toml::from_str(text).unwrap();
            assert_eq!(policy.invalid().map(|invalid| invalid.key), Some(key), "{text}");
        }
        for text in ["source = 3", "source = [\"a.md\", 3]", "[translations]\nzh = { source = \"a.md\" }"] {
            let error = toml::from_str::<Policy>(text).unwrap_err().to_string();
            assert!(error.contains("expected a file name"), "{error}");
        }
    }
}
