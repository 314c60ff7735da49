//! Lines and columns.
//!
//! A line ends with LF, CRLF or a lone CR (CommonMark, section "Characters and lines"). Both count from 1,
//! columns in characters.

/// Walks a text forward and returns the line and column of an offset, in time linear in the text altogether.
#[derive(Debug, Clone, Default)]
pub(super) struct Cursor {
    /// The previous offset.
    offset: usize,
    line: usize,
    line_start: usize,
    column: usize,
}

impl Cursor {
    /// The line and column of `offset`. An offset before the previous one restarts the walk.
    pub(super) fn place(&mut self, text: &str, offset: usize) -> (usize, usize) {
        if offset < self.line_start {
            *self = Self::default();
        }
        let bytes = text.as_bytes();
        let from = self.line_start.max(self.offset.min(offset));
        for at in memchr::memchr2_iter(b'\n', b'\r', &bytes[from..offset]) {
            let at = from + at;
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                self.line += 1;
                self.line_start = at + 1;
            }
        }
        let (counted, known) = if self.offset >= self.line_start && self.offset <= offset {
            (self.offset, self.column)
        } else {
            (self.line_start, 0)
        };
        self.column = known + characters(&bytes[counted..offset]);
        self.offset = offset;
        (self.line + 1, self.column + 1)
    }
}

/// How many characters begin in `bytes`.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&b| b & 0xc0 != 0x80).count()
}

/// The starts of all lines of a text, for places asked in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Finds the lines of `text`.
    pub fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes);
        let ends = ends.filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
        Self { starts: std::iter::once(0).chain(ends.map(|at| at + 1)).collect() }
    }

    /// The line of `offset`, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// Where line `line`, from 1, begins; none past the end.
    pub fn start(&self, line: usize) -> Option<usize> {
        self.starts.get(line.checked_sub(1)?).copied()
    }

    /// The line and column of `offset` in `text`, the text that the lines are of.
    #[cfg(test)]
    pub(crate) fn line_column(&self, text: &str, offset: usize) -> (usize, usize) {
        let offset = offset.min(text.len());
        let line = self.line(offset);
        let start = self.start(line).unwrap_or(0);
        (line, characters(&text.as_bytes()[start..offset]) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_line_end_counts_once() {
        let text = "a\nöb\r\n\rc";
        let lines = Lines::of(text);
        let places: Vec<_> = [0, 1, 2, 4, 7, 8].iter().map(|&at| lines.line_column(text, at)).collect();
        assert_eq!(places, [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (4, 1)]);
    }

    proptest! {
        #[test]
        fn the_cursor_agrees(text in "[aö\r\n]{0,30}", jumps in prop::collection::vec(0usize..60, 0..8)) {
            let lines = Lines::of(&text);
            let mut cursor = Cursor::default();
            for jump in jumps {
                let at = jump.min(text.len());
                if text.is_char_boundary(at) {
                    prop_assert_eq!(cursor.place(&text, at), lines.line_column(&text, at));
                }
            }
        }
    }
}
