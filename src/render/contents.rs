//! A table of contents: headings as nested bullets with anchors that work on GitHub.

use crate::markdown::{Document, Heading, is_contents};

/// Which headings are listed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// The highest level listed; 2 leaves out the title.
    pub from: u8,
    /// How many levels of nesting are listed, whatever the levels of their headings.
    pub depth: usize,
    /// The bullet: `-`, `*` or `+`.
    pub bullet: char,
}

impl Default for Contents {
    fn default() -> Self {
        Self { from: 2, depth: 2, bullet: '-' }
    }
}

/// The contents of `document`, without a line end after the last line. The heading over the contents, and
/// headings that Pomona wrote itself, are left out.
pub fn contents(document: &Document, block: &str, what: &Contents) -> String {
    let over = document.blocks.iter().find(|b| b.name == block).map(|b| b.span.start);
    let above = over.and_then(|at| document.headings.iter().rposition(|h| h.span.start < at));
    let listed = |(i, heading): &(usize, &Heading)| {
        heading.level >= what.from
            && depth(document, heading, what.from) < what.depth
            && !(above == Some(*i) && is_contents(&heading.text))
            && document.block_at(heading.span.start).is_none()
            && !heading.text.is_empty()
    };
    let lines = document.headings.iter().enumerate().filter(listed).map(|(_, heading)| {
        let depth = depth(document, heading, what.from);
        format!("{}{} [{}](#{})", "  ".repeat(depth), what.bullet, escaped(&heading.text), heading.slug)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// How many listed headings a heading stands under.
fn depth(document: &Document, heading: &Heading, from: u8) -> usize {
    let up = |heading: &&Heading| heading.parent.and_then(|parent| document.headings.get(parent));
    std::iter::successors(up(&heading), up).filter(|above| above.level >= from && !above.text.is_empty()).count()
}

/// Text that stands in a link's text as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '[' | ']' | '\\' | '*' | '_' | '`' | '<' | '&' | '~' | '|') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_nest_as_they_stand() {
        let text = concat!(
            "# L\n\n## Contents\n\n<!-- pomona:begin contents -->\n\n## old\n\n<!-- pomona:end contents -->\n\n",
            "## A [b] & c\n\n### Deep\n\n#### Deeper\n\n## A [b] & c\n\n### 人工（AI）\n"
        );
        let document = Document::parse(text);
        assert_eq!(
            contents(&document, "contents", &Contents::default()),
            "- [A \\[b\\] \\& c](#a-b--c)\n  - [Deep](#deep)\n- [A \\[b\\] \\& c](#a-b--c-1)\n  - [人工（AI）](#人工ai)"
        );
        let all = Contents { from: 1, depth: 2, bullet: '*' };
        assert!(contents(&document, "contents", &all).starts_with("* [L](#l)\n  * [A"));
    }
}
