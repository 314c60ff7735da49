//! Places that Markdown comments mark for Pomona.
//!
//! `<!-- pomona:begin NAME -->` … `<!-- pomona:end NAME -->` fence what Pomona writes, `<!-- pomona:finished -->`
//! marks an entry whose silence is no fault, `<!-- pomona:ignore REASON -->` a link that is not looked at. This
//! room reads the comments; the reader decides what they stand beside.

use std::ops::Range;

/// What a comment says to Pomona.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Marker {
    Begin(String),
    End(String),
    Finished,
    /// With the reason, which may be empty.
    Ignore(String),
}

impl Marker {
    /// Reads the inside of a comment; none where it is not for Pomona.
    pub(super) fn parse(comment: &str) -> Option<Self> {
        let said = comment.trim().strip_prefix("pomona:")?;
        let (word, rest) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
        let rest = rest.trim().to_owned();
        match word {
            "begin" if !rest.is_empty() => Some(Self::Begin(rest)),
            "end" if !rest.is_empty() => Some(Self::End(rest)),
            "finished" => Some(Self::Finished),
            "ignore" => Some(Self::Ignore(rest)),
            _ => None,
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

/// The blocks of a document, as their comments come.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: Option<(String, Range<usize>)>,
    pub(super) closed: Vec<Block>,
}

impl Blocks {
    /// Whether what comes stands inside a block.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes a begin or end comment at `span`. Blocks do not nest: a second begin counts, an end without its
    /// begin does not.
    pub(super) fn mark(&mut self, marker: Marker, span: Range<usize>) {
        match marker {
            Marker::Begin(name) => self.open = Some((name, span)),
            Marker::End(name) => {
                if let Some((_, begin)) = self.open.take_if(|(open, _)| *open == name) {
                    self.closed.push(Block { name, span: begin.start..span.end, content: begin.end..span.start });
                }
            }
            Marker::Finished | Marker::Ignore(_) => {}
        }
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
            (" pomona:begin ", None),
            (" pomona:else ", None),
            (" lint disable ", None),
        ] {
            assert_eq!(Marker::parse(comment), marker, "{comment}");
        }
    }

    #[test]
    fn a_block_needs_both_ends() {
        let mut blocks = Blocks::default();
        let say = |blocks: &mut Blocks, text: &str, at: usize| {
            blocks.mark(Marker::parse(text).unwrap(), at..at + 1);
        };
        say(&mut blocks, "pomona:end a", 0);
        say(&mut blocks, "pomona:begin a", 1);
        say(&mut blocks, "pomona:begin b", 2);
        say(&mut blocks, "pomona:end a", 3);
        say(&mut blocks, "pomona:end b", 5);
        assert_eq!(blocks.closed, [Block { name: "b".to_owned(), span: 2..6, content: 3..5 }]);
    }
}
