//! The end of an entry's text: what follows its description and does not belong to it.

use std::ops::Range;

use crate::markdown::inline::{Inline, Mark, Stretch};
use crate::markdown::outline::folded;
use crate::markdown::{Link, words};

/// Where the description in `within` ends: before licence codes, links to demo and source, and brackets that
/// contain nothing else.
///
/// Returns the licence codes too.
pub(super) fn trim_tail(inline: &Inline, within: Range<usize>, links: &[Link]) -> (usize, Option<String>) {
    let (start, end) = (within.start, within.end);
    let mut tail = Tail { inline, links, start, end, left: inline.stretches.len(), cut: false, licences: Vec::new() };
    while tail.trim_blank() && (tail.trim_stretch() || tail.trim_group()) {
        tail.cut = true;
    }
    tail.licences.reverse();
    (tail.end, Some(tail.licences.join(", ")).filter(|licence| !licence.is_empty()))
}

struct Tail<'a> {
    inline: &'a Inline,
    links: &'a [Link],
    start: usize,
    end: usize,
    /// How many stretches end at or before `end`.
    left: usize,
    cut: bool,
    /// The licence codes that were cut, last first.
    licences: Vec<String>,
}

impl Tail<'_> {
    fn text(&self) -> &str {
        &self.inline.text[self.start..self.end]
    }

    /// Drops blanks, and, once something was cut, the separators that led to it. False where nothing is left.
    fn trim_blank(&mut self) -> bool {
        let mut text = self.text().trim_end();
        if self.cut {
            let joined = text.trim_end_matches(|c: char| c.is_whitespace() || "-–—|·•,/，、+&:：".contains(c));
            text = joined;
        }
        self.end = self.start + text.len();
        self.end > self.start
    }

    /// Cuts a code or link that the text ends with, where it is no part of the description.
    fn trim_stretch(&mut self) -> bool {
        let Some(last) = self.last_stretch() else { return false };
        let before = self.inline.text[self.start..last.text.start].trim_end();
        let text = self.inline.text[last.text.clone()].trim();
        let ended = before.is_empty() || before.ends_with(['.', '!', '?', '。', ')', '）', '…', '！', '？']);
        let foreign = match last.mark {
            Mark::Code => words::is_licence(text) || ended || self.follows_code(last.text.start),
            Mark::Link(link) => words::is_generic(text) && !self.links[link].kind.is_image(),
        };
        if foreign {
            if last.mark == Mark::Code && words::is_licence(text) {
                self.licences.push(folded(text));
            }
            self.end = last.text.start;
        }
        foreign
    }

    /// The outermost stretch that ends where the text ends.
    fn last_stretch(&mut self) -> Option<Stretch> {
        let stretches = &self.inline.stretches;
        while self.left > 0 && stretches[self.left - 1].text.start >= self.end {
            self.left -= 1;
        }
        let solid_end = |s: &Stretch| s.text.start + self.inline.text[s.text.clone()].trim_end().len();
        let nearest = stretches[..self.left].iter().rev().take(4);
        // One of blanks alone ends where it begins: to cut it would cut nothing, again and again.
        let here = nearest.filter(|s| (self.start..self.end).contains(&s.text.start) && solid_end(s) == self.end);
        here.min_by_key(|s| s.text.start).cloned()
    }

    /// Whether another code stands just before `start`: a row of tags.
    fn follows_code(&self, start: usize) -> bool {
        let end = self.inline.text[..start].trim_end().len();
        self.inline.stretches[..self.left].iter().rev().take(4).any(|s| s.mark == Mark::Code && s.text.end == end)
    }

    /// Cuts `(…)` or `[…]` at the end where it contains only links, a licence or nothing.
    fn trim_group(&mut self) -> bool {
        let text = self.text();
        let Some(open) = group_start(text) else { return false };
        let inside = self.start + open.0..self.end - open.1;
        let content = self.inline.text[inside.clone()].trim();
        let foreign = content.is_empty() || words::is_licence(content) || self.only_links(&inside);
        if foreign {
            if words::is_licence(content) {
                self.licences.push(folded(content));
            }
            self.end = inside.start - open.1;
        }
        foreign
    }

    /// Whether `range` consists of links and what joins them.
    fn only_links(&self, range: &Range<usize>) -> bool {
        let mut at = range.end;
        let mut any = false;
        let joins = |text: &str| text.chars().all(|c| !c.is_alphanumeric());
        for stretch in self.inline.stretches[..self.left].iter().rev() {
            let link = &stretch.text;
            if link.is_empty() || stretch.mark == Mark::Code || link.start >= range.end {
                continue;
            }
            if link.start < range.start {
                break;
            }
            if link.end > at || !joins(&self.inline.text[link.end..at]) {
                return false;
            }
            at = link.start;
            any = true;
        }
        any && joins(&self.inline.text[range.start..at])
    }
}

/// Where the bracket that `text` ends with opens (after its bracket), and how long each bracket is.
fn group_start(text: &str) -> Option<(usize, usize)> {
    let close = text.chars().next_back()?;
    let open = match close {
        ')' => '(',
        ']' => '[',
        '）' => '（',
        _ => return None,
    };
    let mut depth = 0usize;
    for (at, c) in text.char_indices().rev() {
        if c == close {
            depth += 1;
        } else if c == open {
            depth -= 1;
            if depth == 0 {
                return Some((at + c.len_utf8(), close.len_utf8()));
            }
        }
    }
    None
}
