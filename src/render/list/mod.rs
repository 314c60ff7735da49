//! A whole list rendered by a template, for those who ask for one, and the blocks of every list.

mod anchors;
mod blocks;
mod size;
mod template;
mod view;

pub use blocks::heading;
pub use size::size;
pub use template::{EntryView, TemplateError};

use serde::Serialize;

use crate::finding::Finding;
use crate::policy::{Block, Layout};
use crate::ranked_list::{RankedList, Words};
use template::render_text;
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

/// Renders the list by `template`, else by the one that is built in. The same ranked gives the same bytes.
pub fn render(ranked: &RankedList, layout: &Layout, template: Option<&str>) -> Result<Rendered, TemplateError> {
    let words = Words::new(&ranked.language, layout);
    let view = View { ranked, layout, words: &words };
    let text = tidy(&render_text(template.unwrap_or(TEMPLATE), &Context { list: &view.whole() })?);
    let findings = size(&ranked.output, &text, layout.size_limit).into_iter();
    let findings = findings.chain(Words::check(&ranked.language, layout)).collect();
    Ok(Rendered { text, findings })
}

/// Renders one block alone, for a list that is annotated in place: no heading, no blank line around it.
pub fn block(ranked: &RankedList, layout: &Layout, block: Block) -> Result<String, TemplateError> {
    let words = Words::new(&ranked.language, layout);
    View { ranked, layout, words: &words }.block(block)
}

/// The whole list as a template sees it.
#[derive(Serialize)]
struct Context<'v> {
    list: &'v ListView,
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
