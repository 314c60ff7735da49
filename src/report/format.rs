//! The formats by name, and where each goes.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use super::{CheckReport, Sources, TextOptions, github, json, jsonl, junit, markdown, sarif, summary, text};

/// A format of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// One object with everything.
    Json,
    /// One object a line.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit's XML, for test reports.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// Markdown for the summary of a workflow step.
    Summary,
    /// Markdown for a comment on a pull request.
    Markdown,
}

/// A format of `pomona explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplainFormat {
    /// A small table.
    Text,
    /// One JSON object.
    Json,
}

impl Format {
    /// Every format: its name, what it is for, and its value.
    pub const ALL: [(&'static str, &'static str, Self); 8] = [
        ("text", "for people at a terminal", Self::Text),
        ("json", "one object with everything", Self::Json),
        ("jsonl", "one JSON object a line", Self::Jsonl),
        ("sarif", "SARIF 2.1.0, for code scanning", Self::Sarif),
        ("junit", "JUnit XML, for test reports", Self::Junit),
        ("github", "annotations of GitHub Actions", Self::Github),
        ("summary", "Markdown for the summary of a workflow step", Self::Summary),
        ("markdown", "Markdown for a comment on a pull request", Self::Markdown),
    ];

    /// Writes `checked` in this format. Only text has excerpts and colours.
    pub fn write(
        self,
        checked: &CheckReport,
        sources: &Sources,
        options: &TextOptions,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        match self {
            Self::Text => text(checked, sources, options, out),
            Self::Json => json(checked, out),
            Self::Jsonl => jsonl(checked, out),
            Self::Sarif => sarif(checked, out),
            Self::Junit => junit(checked, out),
            Self::Github => github(checked, out),
            Self::Summary => summary(checked, out),
            Self::Markdown => markdown(checked, out),
        }
    }
}

/// A format and the file it goes to: `--output FORMAT=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The format.
    pub format: Format,
    /// The file.
    pub file: PathBuf,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, file) = text
            .split_once('=')
            .filter(|(_, file)| !file.is_empty())
            .ok_or_else(|| format!("invalid output `{text}`: expected `FORMAT=FILE`, such as `sarif=report.sarif`"))?;
        let found = Format::ALL.into_iter().find(|(name, ..)| *name == format);
        let (.., format) = found.ok_or_else(|| {
            let names = Format::ALL.map(|(name, ..)| format!("`{name}`"));
            format!("unknown format `{format}`: expected one of {}", names.join(", "))
        })?;
        Ok(Self { format, file: PathBuf::from(file) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_read() {
        let output = "sarif=out/a=b.sarif".parse::<Output>().unwrap();
        assert_eq!((output.format, output.file.to_str()), (Format::Sarif, Some("out/a=b.sarif")));
        for (text, expected) in
            [("sarif", "expected `FORMAT=FILE`"), ("sarif=", "expected `FORMAT=FILE`"), ("xml=a", "`junit`")]
        {
            let why = text.parse::<Output>().unwrap_err();
            assert!(why.contains(expected), "{why}");
        }
    }
}
