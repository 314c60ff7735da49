//! Places that Markdown comments mark for Pomona.
//!
//! `<!-- pomona:begin NAME -->` … `<!-- pomona:end NAME -->` fence what Pomona writes, `<!-- pomona:finished -->`
//! marks an entry without expected activity, `<!-- pomona:ignore REASON -->` a link that is not checked. This
//! module parses the comments; the collector decides which entry or link they apply to.

use std::collections::BTreeMap;
use std::ops::Range;

/// How far the end of a comment is looked for, in bytes: names of blocks have one word, and a bound keeps
/// reading linear in the text.
const LONGEST_MARKER: usize = 200;

/// A comment that is addressed to Pomona.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Marker {
    Begin(String),
    End(String),
    Finished,
    /// With the reason, which may be empty.
    Ignore(String),
    /// Where an entry of the block of dead ones stood.
    Place,
    /// Another word after `pomona:`.
    Unknown(String),
}

impl Marker {
    /// Reads the inside of a comment; none where it is not addressed to Pomona.
    pub(super) fn parse(comment: &str) -> Option<Self> {
        let body = comment.trim().strip_prefix("pomona:")?;
        let (word, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        let rest = rest.trim().to_owned();
        match word {
            "begin" if !rest.is_empty() => Some(Self::Begin(rest)),
            "end" if !rest.is_empty() => Some(Self::End(rest)),
            "finished" => Some(Self::Finished),
            "ignore" => Some(Self::Ignore(rest)),
            "place" => Some(Self::Place),
            word => Some(Self::Unknown(word.to_owned())),
        }
    }
}

/// A region that Pomona writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its name, such as `contents`.
    pub name: String,
    /// The bytes of both comments and what stands between them.
    pub span: Range<usize>,
    /// The bytes between the comments, line ends included.
    pub content: Range<usize>,
}

impl Block {
    /// An empty block as it is first written into a list, its comments on lines of their own.
    pub fn empty(name: &str) -> String {
        format!("<!-- pomona:begin {name} -->\n<!-- pomona:end {name} -->\n")
    }
}

/// A comment that is addressed to Pomona and has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkerError {
    /// What is wrong with it.
    pub fault: MarkerFault,
    /// The bytes of the comment.
    pub span: Range<usize>,
}

/// Why a comment has no effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkerFault {
    /// A block begins and does not end: it is no block, and what follows is part of the list.
    Unclosed(String),
    /// A block ends that did not begin.
    Unopened(String),
    /// The comment starts with `pomona:` and this word, which is none that Pomona knows, or lacks a name.
    Unknown(String),
}

/// The blocks of a document, in the order of their comments.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: Option<(String, Range<usize>)>,
    pub(super) closed: Vec<Block>,
    errors: Vec<MarkerError>,
    /// By name: where the last comment begins that ends such a block.
    ends: BTreeMap<String, usize>,
}

impl Blocks {
    /// Whether what comes stands inside a block.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The blocks of `text`, none read yet. A block is open only where its end follows: an entry after a
    /// mistyped comment stays an entry.
    pub(super) fn of(text: &str) -> Self {
        let mut ends = BTreeMap::new();
        for at in memchr::memmem::find_iter(text.as_bytes(), b"pomona:end") {
            let within = &text.as_bytes()[at..text.len().min(at + LONGEST_MARKER)];
            let Some(close) = memchr::memmem::find(within, b"-->") else { continue };
            if let Some(Marker::End(name)) = Marker::parse(&text[at..at + close]) {
                ends.insert(name, at);
            }
        }
        Self { ends, ..Self::default() }
    }

    /// Takes a begin or end comment at `span`. Blocks do not nest: a second begin counts, an end without its
    /// begin does not.
    pub(super) fn mark(&mut self, marker: Marker, span: Range<usize>) {
        match marker {
            Marker::Begin(name) => {
                if self.ends.get(&name).is_some_and(|end| *end >= span.end) {
                    if let Some((open, begin)) = self.open.replace((name, span)) {
                        self.error(MarkerFault::Unclosed(open), begin);
                    }
                } else {
                    self.error(MarkerFault::Unclosed(name), span);
                }
            }
            Marker::End(name) => match self.open.take_if(|(open, _)| *open == name) {
                Some((_, begin)) => {
                    self.closed.push(Block { name, span: begin.start..span.end, content: begin.end..span.start });
                }
                None => self.error(MarkerFault::Unopened(name), span),
            },
            Marker::Unknown(word) => self.error(MarkerFault::Unknown(word), span),
            // Only Pomona writes it, and only into its block.
            Marker::Place if self.open.is_none() => self.error(MarkerFault::Unknown("place".to_owned()), span),
            Marker::Finished | Marker::Ignore(_) | Marker::Place => {}
        }
    }

    fn error(&mut self, fault: MarkerFault, span: Range<usize>) {
        self.errors.push(MarkerError { fault, span });
    }

    /// The errors since the last call; `ended` at the end of the text.
    pub(super) fn errors(&mut self, ended: bool) -> Vec<MarkerError> {
        if ended && let Some((name, begin)) = self.open.take() {
            self.error(MarkerFault::Unclosed(name), begin);
        }
        let mut errors = std::mem::take(&mut self.errors);
        errors.sort_by_key(|error| error.span.start);
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_for_pomona_are_read() {
        let begin = Marker::Begin("contents".to_owned());
        for (comment, marker) in [
            (" pomona:begin contents ", Some(begin)),
            ("pomona:finished", Some(Marker::Finished)),
            (" pomona:ignore needs a login ", Some(Marker::Ignore("needs a login".to_owned()))),
            (" pomona:ignore", Some(Marker::Ignore(String::new()))),
            (" pomona:begin ", Some(Marker::Unknown("begin".to_owned()))),
            (" pomona:else ", Some(Marker::Unknown("else".to_owned()))),
            (" lint disable ", None),
        ] {
            assert_eq!(Marker::parse(comment), marker, "{comment}");
        }
    }

    #[test]
    fn a_block_needs_both_ends() {
        let mut blocks = Blocks::of("      pomona:end b-->");
        let mark = |blocks: &mut Blocks, text: &str, at: usize| {
            blocks.mark(Marker::parse(text).unwrap(), at..at + 1);
        };
        mark(&mut blocks, "pomona:end a", 0);
        mark(&mut blocks, "pomona:begin a", 1);
        mark(&mut blocks, "pomona:begin b", 2);
        mark(&mut blocks, "pomona:end a", 3);
        mark(&mut blocks, "pomona:end b", 5);
        assert_eq!(blocks.closed, [Block { name: "b".to_owned(), span: 2..6, content: 3..5 }]);
        let faults: Vec<_> = blocks.errors(true).into_iter().map(|error| (error.fault, error.span.start)).collect();
        let unopened = |at| (MarkerFault::Unopened("a".to_owned()), at);
        assert_eq!(faults, [unopened(0), (MarkerFault::Unclosed("a".to_owned()), 1), unopened(3)]);
    }
}
