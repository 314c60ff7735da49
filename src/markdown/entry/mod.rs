//! The entry in an item, a row or a paragraph: its link, its title, its description.
//!
//! Works on rendered text only; positions in the source belong to the reader. The rules follow how real lists
//! are written: a link, perhaps decoration, a separator, a description, and at the end what no longer belongs to
//! it (badges, licence codes, links to demo and source, Pomona's own note).

mod description;
mod tail;

use std::ops::Range;

use self::description::{Description, after_author, describe, is_set_off, separated, shortcode};
use super::inline::{Cell, Inline, Mark};
use super::outline::folded;
use super::words;
use super::{Link, LinkKind};

/// The longest text of an item or heading that can name what is linked below it, in words: longer ones of real
/// lists are sentences.
const LONGEST_NAME: usize = 8;

/// An entry as it is read from inline content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) link: usize,
    pub(super) title: String,
    pub(super) description: Option<String>,
    /// The bytes of the description in the source, where they are one stretch.
    pub(super) described: Option<Range<usize>>,
    /// The licence codes behind the description.
    pub(super) licence: Option<String>,
    /// The cell that the note belongs to, in a row.
    pub(super) cell: Option<usize>,
}

impl Reading {
    fn new(link: usize, title: String, description: Description) -> Self {
        let Description { text, source, licence } = description;
        Self { link, title, description: text, described: source, licence, cell: None }
    }

    /// Whether its title only labels the link, which leads to a page of something: not `GitHub` where GitHub
    /// itself is listed.
    pub(super) fn is_unnamed(&self, links: &[Link]) -> bool {
        let page = links[self.link].url.split_once("://").is_some_and(|(_, rest)| {
            rest.split_once('/').is_some_and(|(_, path)| !path.is_empty()) || words::is_page_label(&self.title)
        });
        self.description.is_none() && words::is_generic(&self.title) && page
    }

    /// Whether its title or link text names source code.
    pub(super) fn is_source(&self, links: &[Link]) -> bool {
        words::is_source(&self.title) || words::is_source(&links[self.link].text)
    }
}

/// Reads a list item of Markdown or HTML. `nested` means that it stands under another entry, where a link that
/// only names a kind of page belongs to that entry.
pub(super) fn of_item(inline: &Inline, links: &[Link], nested: bool) -> Option<Reading> {
    let whole = 0..without_note(&inline.text, inline.note);
    let (link, at) = title_link(inline, links, &whole)?;
    let text = &links[link].text;
    let lead = lead_words(&inline.text[..at.start]);
    if nested || !lead.is_empty() {
        let named = !words::is_address(text) && !words::is_generic(text);
        if nested && (is_code(inline, &at) || (!named && !is_described_after(inline, at.end..whole.end))) {
            return None;
        }
        if !named && let Some((title, description)) = titled_by_lead(&lead) {
            let mut found = describe(inline, at.end..whole.end, links);
            if description.is_some() {
                found = Description { text: description, source: None, ..found };
            }
            return Some(Reading::new(link, title, found));
        }
    }
    if is_sentence(&lead) {
        return None;
    }
    Some(Reading::new(link, titled(&links[link]), describe(inline, at.end..whole.end, links)))
}

/// Reads a paragraph: an entry only where it begins with a link to the web and the link stands alone or is
/// set off from what follows, and does not only lead on to other pages.
pub(super) fn of_paragraph(inline: &Inline, links: &[Link]) -> Option<Reading> {
    let whole = 0..without_note(&inline.text, inline.note);
    let (link, at) = title_link(inline, links, &whole)?;
    if !is_web(&links[link]) || !is_decoration(&inline.text[..at.start]) {
        return None;
    }
    let rest = after_author(inline, at.end..whole.end);
    let text = inline.text[rest.clone()].trim();
    let goes_on = text.starts_with([',', '，', '、']) || !is_set_off(inline, rest.clone(), at.end);
    if (!text.is_empty() && goes_on) || is_navigation(inline, links, at.end..whole.end) {
        return None;
    }
    let title = titled(&links[link]);
    let reading = || Reading::new(link, title.clone(), describe(inline, at.end..whole.end, links));
    (!words::is_generic(&title)).then(reading)
}

/// Reads a paragraph of a quote: as [`of_paragraph`], and it must be described, because quotes are mostly
/// remarks.
pub(super) fn of_quote(inline: &Inline, links: &[Link]) -> Option<Reading> {
    of_paragraph(inline, links).filter(|reading| reading.description.is_some())
}

/// Reads a `<p>` or a line of it: as [`of_paragraph`], and it must be described, because others are the badges
/// and menus at the top of a page.
pub(super) fn of_html_paragraph(inline: &Inline, links: &[Link]) -> Option<Reading> {
    of_paragraph(inline, links).filter(|reading| reading.description.is_some())
}

/// Reads a heading: an entry where it is a link to the web and little else.
pub(super) fn of_heading(inline: &Inline, links: &[Link]) -> Option<Reading> {
    let whole = 0..inline.text.len();
    let (link, at) = title_link(inline, links, &whole)?;
    let title = titled(&links[link]);
    let rest = &inline.text[at.end..];
    let alone = is_decoration(rest) || is_set_off(inline, at.end..whole.end, at.end) || rest.trim().starts_with('(');
    let named = is_web(&links[link]) && is_decoration(&inline.text[..at.start]) && !words::is_generic(&title);
    (named && alone).then(|| Reading::new(link, title, describe(inline, at.end..whole.end, links)))
}

/// Reads a table row; `describing` states of each column whether its header announces a description.
pub(super) fn of_row(inline: &Inline, links: &[Link], describing: &[bool]) -> Option<Reading> {
    let (link, at) = title_link(inline, links, &(0..inline.text.len()))?;
    let titled_in = cell_of(inline, &at)?;
    let words_of = |i: usize| &inline.text[words_in(inline, &inline.cells[i])];
    let unnamed = || words::is_generic(&links[link].text) || words::is_address(&links[link].text);
    let (title, titled_in) = match (0..titled_in).find(|&i| is_wordy(words_of(i))) {
        Some(plain) if unnamed() => (folded(words_of(plain)), plain),
        _ => (titled(&links[link]), titled_in),
    };
    let announced = |&i: &usize| i != titled_in && describing.get(i) == Some(&true) && is_wordy(words_of(i));
    let wordy = |&i: &usize| i != titled_in && is_described(words_of(i));
    let count = inline.cells.len();
    let described_in = (0..count).find(announced).or_else(|| (titled_in + 1..count).find(wordy));
    let description = if let Some(i) = described_in {
        cell_description(inline, i)
    } else {
        let end = words_in(inline, &inline.cells[titled_in]).end;
        describe(inline, at.end.min(end)..end, links)
    };
    Some(Reading { cell: Some(described_in.unwrap_or(titled_in)), ..Reading::new(link, title, description) })
}

/// Reads a row of an HTML table: an entry only where a later cell describes what an earlier one links to. Most
/// HTML tables of real lists are layout: badges, cards, contributors.
pub(super) fn of_html_row(inline: &Inline, links: &[Link]) -> Option<Reading> {
    let (link, at) = title_link(inline, links, &(0..inline.text.len()))?;
    let titled_in = cell_of(inline, &at)?;
    let linked = |i: usize| {
        let cell = &inline.cells[i].text;
        inline.link_stretches().any(|(_, at)| cell.start <= at.start && at.end <= cell.end && !at.is_empty())
    };
    let plain = |&i: &usize| is_wordy(&inline.text[words_in(inline, &inline.cells[i])]) && !linked(i);
    let described_in = (titled_in + 1..inline.cells.len()).find(plain)?;
    let title = titled(&links[link]);
    let named = is_web(&links[link]) && !words::is_generic(&title);
    let reading = || Reading::new(link, title.clone(), cell_description(inline, described_in));
    named.then(|| Reading { cell: Some(described_in), ..reading() })
}

/// What describes an entry in an item of its own, such as `About: does this`: the bytes of the rendered text
/// behind the label.
pub(super) fn labelled_description(text: &str) -> Option<Range<usize>> {
    let (label, rest) = text.split_once([':', '：'])?;
    let start = text.len() - rest.trim_start().len();
    let end = text.trim_end().len();
    (words::describes(label) && start < end).then_some(start..end)
}

/// Whether a text can name what is linked below it.
pub(super) fn is_name(text: &str) -> bool {
    is_wordy(text)
        && text.split_whitespace().count() <= LONGEST_NAME
        && !words::is_generic(text)
        && !words::is_aside(text)
        && !words::is_contents(text)
}

fn cell_of(inline: &Inline, at: &Range<usize>) -> Option<usize> {
    inline.cells.iter().position(|cell| cell.text.start <= at.start && at.end <= cell.text.end)
}

fn cell_description(inline: &Inline, cell: usize) -> Description {
    let at = words_in(inline, &inline.cells[cell]);
    let source = inline.source_of(at.clone());
    Description { text: Some(folded(&inline.text[at])), source, licence: None }
}

/// The rendered text of a cell, without blanks around it and Pomona's note.
fn words_in(inline: &Inline, cell: &Cell) -> Range<usize> {
    let text = &inline.text[cell.text.clone()];
    let text = text[..without_note(text, cell.note)].trim_end();
    let start = cell.text.start + (text.len() - text.trim_start().len());
    start..cell.text.start + text.len()
}

/// The first link with a text of its own, and where the text stands; none where the item leads to an anchor.
fn title_link(inline: &Inline, links: &[Link], within: &Range<usize>) -> Option<(usize, Range<usize>)> {
    let mut stretches = inline.link_stretches().filter(|(link, at)| {
        at.end <= within.end && !inline.text[at.clone()].trim().is_empty() && !links[*link].url.is_empty()
    });
    let first = stretches.next();
    if let Some((link, at)) = first {
        return (!links[link].url.starts_with('#')).then_some((link, at));
    }
    // An image is the title only where words follow it.
    let (link, at) = inline.link_stretches().find(|(link, _)| !links[*link].url.is_empty())?;
    is_described_after(inline, at.end..within.end).then_some((link, at))
}

/// Whether words follow a separator in `rest`.
fn is_described_after(inline: &Inline, rest: Range<usize>) -> bool {
    let end = rest.end;
    separated(inline, rest).is_some_and(|start| is_wordy(&inline.text[start.min(end)..end]))
}

fn is_web(link: &Link) -> bool {
    ["http://", "https://"].iter().any(|scheme| link.url.starts_with(scheme))
}

/// Whether the text around a link is none: signs, shortcodes, the number of an enumeration.
fn is_decoration(text: &str) -> bool {
    let mut rest = text.trim_start();
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 && rest[digits..].starts_with(['、', '.', ')', '）', '．', ':']) {
        rest = &rest[digits..];
    }
    while let Some(at) = rest.find(|c: char| c.is_alphanumeric() || c == ':') {
        match shortcode(&rest[at..]) {
            Some(len) => rest = &rest[at + len..],
            None if rest[at..].starts_with(':') => rest = &rest[at + 1..],
            None => return false,
        }
    }
    true
}

/// Whether nothing but further links with names of their own follows the title: a menu of pages.
fn is_navigation(inline: &Inline, links: &[Link], rest: Range<usize>) -> bool {
    let mut at = rest.start;
    let mut pages = 0;
    for (link, text) in inline.link_stretches().filter(|(_, text)| rest.start <= text.start && !text.is_empty()) {
        if inline.text[at.min(text.start)..text.start].chars().any(char::is_alphanumeric) {
            return false;
        }
        at = text.end;
        pages += usize::from(!words::is_generic(&links[link].text));
    }
    pages > 0 && !inline.text[at.min(rest.end)..rest.end].chars().any(char::is_alphanumeric)
}

/// The title that a link's text gives: for a bare URL, or where there is no text, the URL.
fn titled(link: &Link) -> String {
    match link.kind {
        LinkKind::Bare | LinkKind::Autolink => link.url.clone(),
        _ if link.text.is_empty() => link.url.clone(),
        _ => link.text.clone(),
    }
}

fn is_code(inline: &Inline, at: &Range<usize>) -> bool {
    let trimmed = |range: &Range<usize>| inline.text[range.clone()].trim().len();
    inline.stretches.iter().any(|s| {
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

/// Whether the words before a link make a sentence that the link is only a part of: titles of real lists have
/// up to five words in front (`Title by Author: link`).
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
        None if lead.split_whitespace().count() > LONGEST_NAME => None,
        None => Some((lead.to_owned(), None)),
    }
}

/// Whether a cell has words and not only figures or signs.
fn is_wordy(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// Whether a cell has enough words to describe something: eight letters, or four characters of a script that
/// writes a word in one or two.
fn is_described(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() >= 8 || text.chars().filter(|c| *c > '\u{2e80}').count() >= 4
}
