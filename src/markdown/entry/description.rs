//! The description of an entry in the text behind its title.

use std::ops::Range;

use super::tail::trim_tail;
use crate::markdown::Link;
use crate::markdown::inline::Inline;
use crate::markdown::outline::folded;

/// A description, and what stood with it.
#[derive(Debug, Default)]
pub(super) struct Description {
    pub(super) text: Option<String>,
    /// Its bytes of the source, where they are one stretch.
    pub(super) source: Option<Range<usize>>,
    /// The licence codes behind it.
    pub(super) licence: Option<String>,
}

/// The description in `rest`, the rendered text after the title.
pub(super) fn describe(inline: &Inline, rest: Range<usize>, links: &[Link]) -> Description {
    let rest = after_figures(inline, after_author(inline, rest));
    let start = match separated(inline, rest.clone()) {
        Some(start) => start,
        None => rest.start + undecorated(&inline.text[rest.clone()]),
    };
    let (end, licence) = trim_tail(inline, start..rest.end, links);
    let text = folded(&inline.text[start..end]);
    let bare = is_parenthesis(&text) || !text.chars().any(char::is_alphanumeric);
    let found = (!bare).then(|| (text, inline.source_of(start..end)));
    let (text, source) = found.unzip();
    Description { text, source: source.flatten(), licence }
}

/// Whether `rest` is set off from a title that ends at `title`: by a separator or a line break, or by the name
/// of an author.
pub(super) fn is_set_off(inline: &Inline, rest: Range<usize>, title: usize) -> bool {
    let words = rest.start + undecorated(&inline.text[rest.clone()]);
    let broken = words < rest.end && inline.breaks.iter().any(|at| (title..=words).contains(at));
    broken || separated(inline, rest).is_some()
}

/// `rest` without `by AUTHOR` at its start, where a separator, a line break or nothing follows.
pub(super) fn after_author(inline: &Inline, rest: Range<usize>) -> Range<usize> {
    let text = &inline.text[rest.clone()];
    let start = undecorated(text);
    let by = text[start..].get(..2).is_some_and(|word| word.eq_ignore_ascii_case("by"));
    let name = text[start..].get(2..).unwrap_or_default();
    let blank = name.len() - name.trim_start_matches(|c: char| c.is_whitespace() || c == '@').len();
    if !by || blank == 0 {
        return rest;
    }
    let at = rest.start + start + 2 + blank;
    let Some(end) = author_end(inline, at..rest.end) else { return rest };
    let after = inline.text[end..rest.end].trim();
    let set_off = after.is_empty() || is_set_off(inline, end..rest.end, end);
    if set_off { end..rest.end } else { rest }
}

/// Where the names at the start of `within` end: links joined by commas and the like, or else up to four
/// capitalised words.
fn author_end(inline: &Inline, within: Range<usize>) -> Option<usize> {
    let joins = |text: &str| matches!(text.trim(), "," | "&" | "and" | "+" | "/" | ", and");
    let mut end = None;
    for (_, at) in inline.link_stretches().filter(|(_, at)| at.start >= within.start && !at.is_empty()) {
        match end {
            None if at.start == within.start => end = Some(at.end),
            Some(last) if last <= at.start && joins(&inline.text[last..at.start]) => end = Some(at.end),
            _ => break,
        }
    }
    if end.is_some() {
        return end.filter(|end| *end <= within.end);
    }
    let text = &inline.text[within.clone()];
    let stop = [" - ", " – ", " — ", ": "].iter().filter_map(|separator| text.find(separator)).min()?;
    let mut words = text[..stop].split_whitespace();
    let capitalised = words.clone().all(|word| word.starts_with(char::is_uppercase));
    (capitalised && words.by_ref().take(5).count() <= 4).then_some(within.start + stop)
}

/// `rest` without figures (stars, ranks) that stand in a line of their own before the description.
fn after_figures(inline: &Inline, rest: Range<usize>) -> Range<usize> {
    let Some(line) = inline.breaks.iter().copied().find(|at| rest.contains(at)) else { return rest };
    let figures = &inline.text[rest.start..line];
    let worded = figures
        .split(|c: char| !c.is_alphabetic())
        .any(|word| word.len() > 1 && !["star", "stars", "forks"].iter().any(|unit| word.eq_ignore_ascii_case(unit)));
    let counted = figures.chars().any(|c| c.is_ascii_digit());
    if counted && !worded { line..rest.end } else { rest }
}

/// Whether a text is one pair of parentheses with nothing around it.
fn is_parenthesis(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('(').and_then(|t| t.trim_end_matches('.').strip_suffix(')')) else {
        return false;
    };
    !inside.contains([')', '('])
}

/// How much decoration a text begins with: blanks, shortcodes, signs, stray closing brackets.
fn undecorated(text: &str) -> usize {
    let mut rest = text;
    let opens =
        |c: char| matches!(c, '(' | '[' | '{' | '\'' | '"' | '`' | '“' | '「' | '《' | '（' | '&' | '#' | '$' | '@');
    loop {
        let next = rest.trim_start_matches(|c: char| !c.is_alphanumeric() && !opens(c));
        let next = match shortcode(next) {
            Some(len) => &next[len..],
            None => next,
        };
        if next.len() == rest.len() {
            return text.len() - rest.len();
        }
        rest = next;
    }
}

/// Where the description begins after a separator in `rest`; none where only decoration, further names and
/// parentheses may stand before one and none comes.
pub(super) fn separated(inline: &Inline, rest: Range<usize>) -> Option<usize> {
    let text = &inline.text;
    let mut names = inline.link_stretches().filter(|(_, at)| at.start >= rest.start && !at.is_empty()).peekable();
    let mut at = rest.start;
    let mut joined = true;
    while at < rest.end {
        let here = &text[at..rest.end];
        let c = here.chars().next()?;
        while names.next_if(|(_, name)| name.start < at).is_some() {}
        if let Some((_, name)) = names.next_if(|(_, name)| joined && name.start == at) {
            at = name.end;
            joined = false;
            continue;
        }
        at += match c {
            '/' | '|' | ',' | '&' | '、' | '+' if joins(&here[c.len_utf8()..], &mut names, rest.end) => {
                joined = true;
                c.len_utf8()
            }
            ':' => match shortcode(here) {
                Some(len) => len,
                None => return Some(at + 1 + separators(&here[1..])),
            },
            c if is_separator(c) => return Some(at + separators(here)),
            '(' | '[' | '（' => {
                joined = true;
                group(here)?
            }
            c if c.is_alphanumeric() => return None,
            '.' | '!' | '?' | '"' | '\'' | '“' | '「' | '`' | '{' | '#' | '@' | '$' => return None,
            c => c.len_utf8(),
        };
    }
    None
}

/// Whether nothing but blanks stands before the next name: the character before joins names.
fn joins(rest: &str, names: &mut std::iter::Peekable<impl Iterator<Item = (usize, Range<usize>)>>, end: usize) -> bool {
    let blank = rest.len() - rest.trim_start().len();
    names.peek().is_some_and(|(_, name)| name.start == end - rest.len() + blank)
}

/// The length of `:shortcode:` at the start of a text.
pub(super) fn shortcode(text: &str) -> Option<usize> {
    let inside = text.strip_prefix(':')?;
    let end = inside.find(|c: char| !(c.is_ascii_alphanumeric() || "_+-".contains(c)))?;
    (end > 0 && inside[end..].starts_with(':')).then_some(end + 2)
}

fn separators(text: &str) -> usize {
    let ends = |(at, c): &(usize, char)| !(c.is_whitespace() || is_separator(*c)) || shortcode(&text[*at..]).is_some();
    text.char_indices().find(ends).map_or(text.len(), |(at, _)| at)
}

/// Whether a character can stand between a title and its description.
fn is_separator(c: char) -> bool {
    matches!(c, '-' | '–' | '—' | '―' | '−' | '：' | ':' | '|' | '→' | '›' | '»' | '~' | '·' | '•' | '=' | ',' | '，')
}

/// The length of the bracketed group that a text begins with.
fn group(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + c.len_utf8());
        }
    }
    None
}
