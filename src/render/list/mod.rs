//! A whole list rendered by a template, for those who ask for one, and the blocks of every list.

mod anchors;
mod blocks;
mod size;
mod view;

pub use blocks::heading;
pub use size::size;

use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use serde::Serialize;

use crate::finding::Finding;
use crate::policy::{Block, Layout};
use crate::ranked_list::{RankedList, Words};
use view::{ListView, View};

/// The template that is used where the policy names none.
pub const TEMPLATE: &str = include_str!("list.md.j2");

/// A list rendered by a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Its text.
    pub text: String,
    /// Findings on its size and words.
    pub findings: Vec<Finding>,
}

/// A template that fails.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the template: {message}")]
pub struct TemplateError {
    /// The line of the template, from 1; 0 where it is not known.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

impl From<minijinja::Error> for TemplateError {
    fn from(error: minijinja::Error) -> Self {
        let message =
            error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
        Self { line: error.line().unwrap_or(0), message }
    }
}

/// Renders the list by `template`, else by the one that is built in. The same ranked gives the same bytes.
pub fn render(ranked: &RankedList, layout: &Layout, template: Option<&str>) -> Result<Rendered, TemplateError> {
    let words = Words::new(&ranked.language, layout);
    let view = View { ranked, layout, words: &words };
    let text = Renderer::new(template.unwrap_or(TEMPLATE))?.render(&view.whole())?;
    let findings = size(&ranked.output, &text, layout.size_limit).into_iter();
    let findings = findings.chain(Words::check(&ranked.language, layout)).collect();
    Ok(Rendered { text, findings })
}

/// Renders one block alone, for a list that is annotated in place: no heading, no blank line around it.
pub fn block(ranked: &RankedList, layout: &Layout, block: Block) -> String {
    let words = Words::new(&ranked.language, layout);
    View { ranked, layout, words: &words }.block(block)
}

/// A compiled template.
struct Renderer<'a> {
    environment: Environment<'a>,
}

impl<'a> Renderer<'a> {
    fn new(template: &'a str) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.add_template("list", template)?;
        Ok(Self { environment })
    }

    fn render(&self, view: &ListView) -> Result<String, TemplateError> {
        #[derive(Serialize)]
        struct Context<'v> {
            list: &'v ListView,
        }
        let text = self.environment.get_template("list")?.render(Serde(Context { list: view }))?;
        Ok(tidy(&text))
    }
}

/// One blank line at most, none at the beginning, one line end at the last.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blanks = 0;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            blanks += 1;
            continue;
        }
        if std::mem::take(&mut blanks) > 0 && !out.is_empty() {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests;
