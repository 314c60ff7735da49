//! The blocks of a list: filled where the document has their markers, and added where the layout asks for them.

use super::{ComposeError, Composer, places};
use crate::finding::{Finding, notice};
use crate::markdown::{Definition, Document, Edit, EditError, Heading, apply};
use crate::policy::{Block, Removal as RemovalPolicy};
use crate::render::annotate;
use crate::render::contents::{Contents, contents};
use crate::render::escape;
use crate::render::list::{TemplateError, block, heading};

impl Composer<'_> {
    /// The edits that fill the blocks of the document, but for the contents, whose anchors depend on all else.
    pub(super) fn block_edits(
        &self,
        dead_block: &str,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Edit>, TemplateError> {
        let mut filled = Vec::new();
        for found in &self.source.document.blocks {
            match Block::named(&found.name) {
                None => {
                    let known: Vec<String> = Block::ALL.iter().map(|block| format!("`{}`", block.name())).collect();
                    let message = format!("unknown block `{}`", found.name);
                    let help = format!("one of {}", known.join(", "));
                    findings.push(Finding::new(&notice::UNKNOWN_BLOCK, message).help(help));
                }
                Some(Block::Contents) => {}
                Some(block) => {
                    let content = self.block(block, dead_block)?;
                    filled.extend(annotate::block_edit(self.source.text, &found.content, &content));
                }
            }
        }
        Ok(filled)
    }

    /// What stands in a block.
    fn block(&self, which: Block, dead_block: &str) -> Result<String, TemplateError> {
        match which {
            Block::Dead if self.source.layout.removal == RemovalPolicy::Block => Ok(dead_block.to_owned()),
            Block::Chart => Ok(self.chart()),
            which => block(self.source.ranked, self.source.layout, which),
        }
    }

    fn chart(&self) -> String {
        let Some((light, dark)) = self.source.chart else { return String::new() };
        let text = escape::html(&self.words.get("chart"));
        format!(
            "<picture>\n  <source media=\"(prefers-color-scheme: dark)\" srcset=\"{dark}\">\n  <img alt=\"{text}\" src=\"{light}\">\n</picture>"
        )
    }

    /// The document with the blocks that the layout asks for and that have no marker: those that introduce the list
    /// before its first section, the others at its end.
    pub(super) fn frame(&self, text: &str, dead_block: &str) -> Result<String, ComposeError> {
        let document = Document::parse(text);
        let mut wanted = self.source.layout.blocks.clone();
        if !dead_block.is_empty() && !wanted.contains(&Block::Dead) {
            wanted.push(Block::Dead);
        }
        wanted.retain(|block| !document.blocks.iter().any(|found| found.name == block.name()));
        let (mut above, mut below) = (String::new(), String::new());
        for which in wanted {
            let content = self.block(which, dead_block)?;
            if content.is_empty() && which != Block::Contents {
                continue;
            }
            let heading = match which {
                Block::Summary => String::new(),
                which => format!("## {}\n\n", escape::text(&heading(which, &self.words))),
            };
            let name = which.name();
            let content = content.trim_end();
            let written =
                format!("{heading}<!-- pomona:begin {name} -->\n\n{content}\n\n<!-- pomona:end {name} -->\n\n");
            if which.introduces() { above.push_str(&written) } else { below.push_str(&written) }
        }
        // A heading inside of an item or a quote begins no section of the list.
        let begins_section = |heading: &&Heading| {
            heading.level > 1 && places::line_start(text, heading.span.start) == heading.span.start
        };
        let first = document.headings.iter().find(begins_section).map_or(text.len(), |heading| heading.span.start);
        let first = above_definitions(&document, text, first);
        let gap = |before: &str| {
            let line_end = before.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
            match line_end {
                _ if before.is_empty() => "",
                None => "\n\n",
                Some(line) if line.is_empty() || line.ends_with('\n') => "",
                Some(_) => "\n",
            }
        };
        let mut edits = vec![self.generated(text)];
        if !above.is_empty() {
            edits.push(Edit::new(first..first, format!("{}{above}", gap(&text[..first]))));
        }
        if !below.is_empty() {
            // Blank lines end here, the spaces of the last line stay: without them it can read otherwise.
            let end = text.trim_end().len();
            let end = text[end..].find(['\r', '\n']).map_or(text.len(), |at| end + at);
            edits.push(Edit::new(end..text.len(), format!("\n\n{}\n", below.trim_end())));
        }
        Ok(apply(text, edits)?)
    }

    /// The comment that asks people to edit the source; not before front matter, which must stand first.
    fn generated(&self, text: &str) -> Edit {
        let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let note = self.words.fill("generated", &[("source", &self.source.ranked.source)]);
        let comment = format!("<!-- {} -->\n\n", escape::comment(&note));
        let front_matter = text[start..].starts_with("---") || text[start..].starts_with("+++");
        Edit::new(start..start, if front_matter { String::new() } else { comment })
    }

    /// The document with its contents, whose anchors are those of the headings that it has now.
    pub(super) fn fill_contents(&self, text: &str) -> Result<String, EditError> {
        let document = Document::parse(text);
        let name = Block::Contents.name();
        let Some(found) = document.blocks.iter().find(|block| block.name == name) else { return Ok(text.to_owned()) };
        let content = contents(&document, name, &Contents::default());
        let content = self.folded_contents(content);
        apply(text, annotate::block_edit(text, &found.content, &content).into_iter().collect())
    }

    /// Contents of more lines than a reader sees at once are folded.
    fn folded_contents(&self, lines: String) -> String {
        const UNFOLDED_LINES: usize = 30;
        if lines.lines().count() <= UNFOLDED_LINES {
            return lines;
        }
        let title = self.words.fill("contents-summary", &[("count", &lines.lines().count().to_string())]);
        let title = escape::html(&title);
        format!("<details>\n<summary>{title}</summary>\n\n{lines}\n\n</details>")
    }
}

/// The start of the definitions that stand directly above `start`, which is the start of a line: a line of HTML below a
/// definition goes on with its paragraph, and begins a block of raw HTML once something stands between them.
fn above_definitions(document: &Document, text: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        let is_directly_above = |definition: &&Definition| {
            let between = text.get(definition.span.end..at).filter(|_| definition.span.start < at);
            let own_line = text.get(places::line_start(text, definition.span.start)..definition.span.start);
            let is_one_line = |text: &str| text.trim().is_empty() && text.matches('\n').count() <= 1;
            between.is_some_and(is_one_line) && own_line.is_some_and(|indent| indent.trim().is_empty())
        };
        match document.definitions.iter().find(is_directly_above) {
            Some(definition) => at = places::line_start(text, definition.span.start),
            None => return at,
        }
    }
}
