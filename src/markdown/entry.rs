//! What an item, a row or a paragraph lists: its link, its title, its description.
//!
//! Works on rendered text only; where things stand in the source is the reader's matter. The rules follow how
//! real lists are written: a link, perhaps decoration, a separator, a description, and at the end what is no
//! description any more (badges, licence codes, links to demo and source, Pomona's own note).

use std::ops::Range;

use super::outline::folded;
use super::run::{Cell, Mark, Run};
use super::tail::trim_tail;
use super::words;
use super::{Link, LinkKind};

/// What was read of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) link: usize,
    pub(super) title: String,
    pub(super) description: Option<String>,
    /// The bytes of the description in the source, where they are one stretch.
    pub(super) described: Option<Range<usize>>,
    /// The cell that the note belongs to, in a row.
    pub(super) cell: Option<usize>,
}

/// Reads a list item (or what HTML has for one). `nested` means that it stands under another entry, where a
/// link that only says what kind of page it leads to belongs to that entry.
pub(super) fn of_item(run: &Run, links: &[Link], nested: bool) -> Option<Reading> {
    let whole = 0..without_note(&run.text, run.note);
    let (link, at) = title_link(run, links, &whole)?;
    let text = &links[link].text;
    let lead = lead_words(&run.text[..at.start]);
    if nested || !lead.is_empty() {
        let named = !words::is_address(text) && !words::is_generic(text);
        if nested && (is_code(run, &at) || (!named && !is_told(run, at.end..whole.end))) {
            return None;
        }
        if !named && let Some((title, description)) = titled_by_lead(&lead) {
            let told = describe(run, at.end..whole.end, links);
            let (description, described) = description.map_or(told, |lead| Some((lead, None))).unzip();
            return Some(Reading { link, title, description, described: described.flatten(), cell: None });
        }
    }
    if is_sentence(&lead) {
        return None;
    }
    let (description, described) = describe(run, at.end..whole.end, links).unzip();
    let title = titled(&links[link]);
    Some(Reading { link, title, description, described: described.flatten(), cell: None })
}

/// Reads a paragraph: an entry only where it begins with a link to the web and the link stands alone or is
/// set off from what follows.
pub(super) fn of_paragraph(run: &Run, links: &[Link]) -> Option<Reading> {
    let whole = 0..without_note(&run.text, run.note);
    let (link, at) = title_link(run, links, &whole)?;
    let web = ["http://", "https://"].iter().any(|scheme| links[link].url.starts_with(scheme));
    if !web || run.text[..at.start].chars().any(char::is_alphanumeric) {
        return None;
    }
    let rest = run.text[at.end..whole.end].trim();
    let goes_on = rest.starts_with([',', '，', '、']) || separated(run, at.end..whole.end).is_none();
    if !rest.is_empty() && goes_on {
        return None;
    }
    let (description, described) = describe(run, at.end..whole.end, links).unzip();
    let title = titled(&links[link]);
    (!words::is_generic(&title)).then_some(Reading {
        link,
        title,
        description,
        described: described.flatten(),
        cell: None,
    })
}

/// Reads a table row; `describing` says of each column whether its header promises a description.
pub(super) fn of_row(run: &Run, links: &[Link], describing: &[bool]) -> Option<Reading> {
    let (link, at) = title_link(run, links, &(0..run.text.len()))?;
    let titled_in = run.cells.iter().position(|cell| cell.text.start <= at.start && at.end <= cell.text.end)?;
    let words_of = |i: usize| &run.text[words_in(run, &run.cells[i])];
    let unnamed = || words::is_generic(&links[link].text) || words::is_address(&links[link].text);
    let (title, titled_in) = match (0..titled_in).find(|&i| is_wordy(words_of(i))) {
        Some(plain) if unnamed() => (folded(words_of(plain)), plain),
        _ => (titled(&links[link]), titled_in),
    };
    let promised = |&i: &usize| i != titled_in && describing.get(i) == Some(&true) && is_wordy(words_of(i));
    let wordy = |&i: &usize| i != titled_in && is_described(words_of(i));
    let count = run.cells.len();
    let described_in = (0..count).find(promised).or_else(|| (titled_in + 1..count).find(wordy));
    let description = if let Some(i) = described_in {
        Some((folded(words_of(i)), run.source_of(words_in(run, &run.cells[i]))))
    } else {
        let end = words_in(run, &run.cells[titled_in]).end;
        describe(run, at.end.min(end)..end, links)
    };
    let (description, described) = description.unzip();
    let cell = Some(described_in.unwrap_or(titled_in));
    Some(Reading { link, title, description, described: described.flatten(), cell })
}

/// The rendered text of a cell, without blanks around it and Pomona's note.
fn words_in(run: &Run, cell: &Cell) -> Range<usize> {
    let text = &run.text[cell.text.clone()];
    let text = text[..without_note(text, cell.note)].trim_end();
    let start = cell.text.start + (text.len() - text.trim_start().len());
    start..cell.text.start + text.len()
}

/// The first link with a text of its own, and where the text stands; none where the item leads to an anchor.
fn title_link(run: &Run, links: &[Link], within: &Range<usize>) -> Option<(usize, Range<usize>)> {
    let mut stretches = run.link_stretches().filter(|(link, at)| {
        at.end <= within.end && !run.text[at.clone()].trim().is_empty() && !links[*link].url.is_empty()
    });
    let first = stretches.next();
    if let Some((link, at)) = first {
        return (!links[link].url.starts_with('#')).then_some((link, at));
    }
    // An image is the title only where words follow it.
    let (link, at) = run.link_stretches().find(|(link, _)| !links[*link].url.is_empty())?;
    is_told(run, at.end..within.end).then_some((link, at))
}

/// Whether words follow a separator in `rest`.
fn is_told(run: &Run, rest: Range<usize>) -> bool {
    let end = rest.end;
    separated(run, rest).is_some_and(|start| is_wordy(&run.text[start.min(end)..end]))
}

/// The title that a link's text gives: for a bare URL, or where there is no text, the URL.
fn titled(link: &Link) -> String {
    match link.kind {
        LinkKind::Bare | LinkKind::Autolink => link.url.clone(),
        _ if link.text.is_empty() => link.url.clone(),
        _ => link.text.clone(),
    }
}

fn is_code(run: &Run, at: &Range<usize>) -> bool {
    let trimmed = |range: &Range<usize>| run.text[range.clone()].trim().len();
    run.stretches.iter().any(|s| {
        s.mark == Mark::Code && at.start <= s.text.start && s.text.end <= at.end && trimmed(&s.text) == trimmed(at)
    })
}

/// How long a text is without the note at its end, which is `note` bytes long.
fn without_note(text: &str, note: usize) -> usize {
    if note == 0 { text.len() } else { text.trim_end().len().saturating_sub(note) }
}

/// The words before a link, without bullets and decoration around them.
fn lead_words(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric() && !"()[]（）".contains(c));
    folded(text.trim_end_matches(|c: char| c.is_whitespace() || "-–—―:：|·•→›»~=*_\"'".contains(c)))
}

/// Whether the words before a link make a sentence that the link is only a part of.
fn is_sentence(lead: &str) -> bool {
    lead.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count() > 5
}

/// Title and description where both stand before a link that does not name the thing.
fn titled_by_lead(lead: &str) -> Option<(String, Option<String>)> {
    let lead = lead.trim_end_matches(['(', '[', '（']).trim_end();
    if !lead.chars().any(char::is_alphanumeric) {
        return None;
    }
    let split = [" - ", " – ", " — ", ": ", "："].iter().filter_map(|s| lead.find(s).map(|at| (at, s.len()))).min();
    match split {
        Some((at, len)) => Some((lead[..at].trim().to_owned(), Some(lead[at + len..].trim().to_owned()))),
        None if lead.split_whitespace().count() > 8 => None,
        None => Some((lead.to_owned(), None)),
    }
}

/// The description in `rest`, the rendered text after the title, and its bytes of the source.
fn describe(run: &Run, rest: Range<usize>, links: &[Link]) -> Option<(String, Option<Range<usize>>)> {
    let start = match separated(run, rest.clone()) {
        Some(start) => start,
        None => rest.start + undecorated(&run.text[rest.clone()]),
    };
    let end = trim_tail(run, start..rest.end, links);
    let text = folded(&run.text[start..end]);
    let bare = is_parenthesis(&text) || !text.chars().any(char::is_alphanumeric);
    (!bare).then(|| (text, run.source_of(start..end)))
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
fn separated(run: &Run, rest: Range<usize>) -> Option<usize> {
    let text = &run.text;
    let mut names = run.link_stretches().filter(|(_, at)| at.start >= rest.start && !at.is_empty()).peekable();
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
fn shortcode(text: &str) -> Option<usize> {
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

/// Whether a cell holds words and not only figures or signs.
fn is_wordy(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// Whether a cell holds enough words to describe something.
fn is_described(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() >= 8 || text.chars().filter(|c| *c > '\u{2e80}').count() >= 4
}
