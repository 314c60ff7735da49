//! Parses a whole text to a document, or to parts of one.
//!
//! A text of ordinary size is read at once, but for the lines at which GitHub ends a block and the parser does not
//! ([`breaks`]). A larger one is cut before headings, so that the parser's tree of it is never in memory as a
//! whole; the parser itself confirms every cut.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Options, Parser, Tag};

use super::collector::Collector;
use super::reader::Reader;
use super::{Definition, Document, breaks, destination};
use crate::address::Forges;

/// The size up to which a text is read in one go, in bytes; twice what GitHub still renders (512 KB).
const WHOLE_LIMIT: usize = 1 << 20;

/// How large the parts of a larger text are at least, in bytes.
const PART_MINIMUM: usize = 1 << 17;

/// What GitHub adds to CommonMark, as far as links, headings and tables depend on it.
pub(super) fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
}

/// Reads `text`.
pub(super) fn document(text: &str, forges: &Forges) -> Document {
    let text = &*with_line_feeds(text);
    let mut collector = Collector::new(text);
    // Nothing is handed on in between, so nothing can stop it.
    let _ = read(text, &mut collector, |_, _| ControlFlow::Continue(()));
    collector.take(text.len(), forges)
}

/// Reads `text` part by part, until `each` breaks off.
pub(super) fn parts(text: &str, forges: &Forges, mut each: impl FnMut(Document) -> ControlFlow<()>) {
    let text = &*with_line_feeds(text);
    let mut collector = Collector::new(text);
    let _ = read(text, &mut collector, |collector, end| each(collector.take(end, forges)));
}

/// `text` with a line feed for each carriage return that stands alone: CommonMark counts both as the end of a line, and
/// the parser misses the latter after indented code. Nothing moves.
fn with_line_feeds(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let is_alone = |at: &usize| bytes.get(at + 1) != Some(&b'\n');
    let mut kept = 0;
    let mut changed = String::new();
    for at in memchr::memchr_iter(b'\r', bytes).filter(is_alone) {
        changed.push_str(&text[kept..at]);
        changed.push('\n');
        kept = at + 1;
    }
    if kept == 0 { Cow::Borrowed(text) } else { Cow::Owned(changed + &text[kept..]) }
}

fn read<'t>(
    text: &'t str,
    out: &mut Collector<'t>,
    mut after: impl FnMut(&mut Collector<'t>, usize) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let body = body(text);
    if body.len() <= WHOLE_LIMIT {
        whole(text, body.clone(), out);
        return after(out, body.end);
    }
    let cuts = cuts(text, &body);
    let mut definitions = Definitions::default();
    if has_definitions(&text[body.clone()]) {
        let _ = each_part(&body, &cuts, |start, cut| {
            let range = start..line_end(text, cut);
            let parser = Parser::new_ext(&text[range.clone()], options());
            let found = parser.reference_definitions().iter();
            let found: Vec<_> =
                found.map(|(label, d)| Meaning::new(label, &d.dest, d.title.as_deref(), d.span.start)).collect();
            let mut depth = 0;
            let over = parser
                .into_offset_iter()
                .find_map(|(event, span)| goes_over(text, &range, cut, &mut depth, &event, &span));
            let read_to = over.unwrap_or(cut);
            definitions.add(found.into_iter().filter(|meaning| start + meaning.start < read_to));
            ControlFlow::Continue(read_to)
        });
    }
    each_part(&body, &cuts, |start, cut| {
        let read_to = part(text, start..line_end(text, cut), cut, &definitions, out);
        after(out, read_to)?;
        ControlFlow::Continue(read_to)
    })
}

/// Calls `each` with the begin and the cut of each part; it gives where it stopped, and the next part begins there.
fn each_part(
    body: &Range<usize>,
    cuts: &[usize],
    mut each: impl FnMut(usize, usize) -> ControlFlow<(), usize>,
) -> ControlFlow<()> {
    let (mut start, mut next, mut step) = (body.start, 0, 1);
    while start < body.end {
        let cut = cuts.get(next).copied().unwrap_or(body.end);
        let read_to = each(start, cut)?;
        // Code or HTML that goes over the cut is read again, with ever more of what follows.
        step = if read_to < cut { step * 2 } else { 1 };
        next += step;
        start = read_to;
    }
    ControlFlow::Continue(())
}

/// Reads a text of ordinary size.
fn whole<'t>(text: &'t str, body: Range<usize>, out: &mut Collector<'t>) {
    let mut cuts = breaks::find(text, body.clone());
    if cuts.is_empty() {
        part(text, body.clone(), body.end, &Definitions::default(), out);
        return;
    }
    cuts.push(body.end);
    let definitions = definitions(text, body.start, &cuts);
    let mut start = body.start;
    for cut in cuts {
        part(text, start..cut, cut, &definitions, out);
        start = cut;
    }
}

/// Reads `range` up to `cut`, a heading or its end; gives where reading stopped, which is before the cut
/// where a block goes over it.
fn part<'t>(text: &'t str, range: Range<usize>, cut: usize, known: &Definitions, out: &mut Collector<'t>) -> usize {
    let base = range.start;
    let mut reader = Reader::new(text, base, out);
    let mut resolve = |link: BrokenLink<'_>| known.get(&link.reference);
    let parser = Parser::new_with_broken_link_callback(&text[range.clone()], options(), Some(&mut resolve));
    for (_, definition) in parser.reference_definitions().iter() {
        let span = base + definition.span.start..base + definition.span.end;
        let destination = destination::of_definition(text, span.clone());
        reader.out.document.definitions.push(Definition { url: definition.dest.to_string(), span, destination });
    }
    let mut depth = 0;
    for (event, span) in parser.into_offset_iter() {
        if let Some(stop) = goes_over(text, &range, cut, &mut depth, &event, &span) {
            return stop;
        }
        let event = if known.0.is_empty() { event } else { known.corrected(event) };
        reader.event(event, span);
    }
    cut
}

/// Where the reading of `range` stops, where the event at `span` begins behind the cut or goes over it.
fn goes_over(
    text: &str,
    range: &Range<usize>,
    cut: usize,
    depth: &mut usize,
    event: &Event<'_>,
    span: &Range<usize>,
) -> Option<usize> {
    let (start, end) = (range.start + span.start, range.start + span.end);
    if *depth == 0 && cut < range.end && end > cut {
        return Some(if start >= cut { cut } else { line_start(text, start).max(range.start) });
    }
    match event {
        Event::Start(_) => *depth += 1,
        Event::End(_) => *depth -= 1,
        _ => {}
    }
    None
}

/// Link reference definitions of the parts of a text, by their folded labels.
#[derive(Default)]
struct Definitions(BTreeMap<String, (String, String)>);

/// One definition, apart from the parser that found it.
struct Meaning {
    label: String,
    url: String,
    title: String,
    start: usize,
}

impl Meaning {
    fn new(label: &str, url: &str, title: Option<&str>, start: usize) -> Self {
        let title = title.unwrap_or_default().to_owned();
        Self { label: folded_label(label), url: url.to_owned(), title, start }
    }
}

impl Definitions {
    /// Adds these; the first of a label stays.
    fn add(&mut self, found: impl Iterator<Item = Meaning>) {
        for Meaning { label, url, title, .. } in found {
            self.0.entry(label).or_insert((url, title));
        }
    }

    fn get(&self, label: &str) -> Option<(CowStr<'static>, CowStr<'static>)> {
        if self.0.is_empty() {
            return None;
        }
        let (url, title) = self.0.get(&folded_label(label))?;
        Some((url.clone().into(), title.clone().into()))
    }

    /// The event of a reference with the first definition of all, where its part has a later one of its own
    /// (CommonMark, section "Link reference definitions": the first takes precedence).
    fn corrected<'e>(&self, event: Event<'e>) -> Event<'e> {
        use LinkType::{Collapsed, Reference, Shortcut};
        let Event::Start(Tag::Link { link_type, id, .. } | Tag::Image { link_type, id, .. }) = &event else {
            return event;
        };
        if self.0.is_empty() || !matches!(link_type, Reference | Collapsed | Shortcut) {
            return event;
        }
        let Some((url, _)) = self.get(id) else { return event };
        match event {
            Event::Start(Tag::Link { link_type, title, id, .. }) => {
                Event::Start(Tag::Link { link_type, dest_url: url, title, id })
            }
            Event::Start(Tag::Image { link_type, title, id, .. }) => {
                Event::Start(Tag::Image { link_type, dest_url: url, title, id })
            }
            event => event,
        }
    }
}

/// How labels are compared (CommonMark, section "Links", "matches").
fn folded_label(label: &str) -> String {
    super::outline::folded(label).to_lowercase()
}

/// The definitions of a text that is read in parts: a part may refer to one that stands in another.
fn definitions(text: &str, start: usize, cuts: &[usize]) -> Definitions {
    let mut all = Definitions::default();
    let starts = std::iter::once(start).chain(cuts.iter().copied());
    for (start, &end) in starts.zip(cuts) {
        if !has_definitions(&text[start..end]) {
            continue;
        }
        let parser = Parser::new_ext(&text[start..end], options());
        let found = parser.reference_definitions().iter();
        all.add(found.map(|(label, d)| Meaning::new(label, &d.dest, d.title.as_deref(), d.span.start)));
    }
    all
}

/// Whether a line may be a definition: it begins, marks of containers aside, with `[` and has `]:`.
fn has_definitions(text: &str) -> bool {
    memchr::memmem::find_iter(text.as_bytes(), b"]:").any(|at| {
        let line = &text[line_start(text, at)..at];
        line.trim_start_matches([' ', '\t', '>', '-', '*', '+']).starts_with('[')
    })
}

/// Where a large text is cut: before headings, [`PART_MINIMUM`] bytes apart or more; the last is its end.
fn cuts(text: &str, body: &Range<usize>) -> Vec<usize> {
    let next = |start: usize| cut(text, start, start.saturating_add(PART_MINIMUM), body.end);
    std::iter::successors(Some(next(body.start)), |&at| (at < body.end).then(|| next(at))).collect()
}

/// The first heading from `wanted` on that seems to be one, or `end`: marked by two hashes or more at the
/// margin, after a blank line, and with every fence and comment before it closed.
fn cut(text: &str, start: usize, wanted: usize, end: usize) -> usize {
    if wanted >= end {
        return end;
    }
    let bytes = text.as_bytes();
    let found = memchr::memmem::find_iter(&bytes[wanted..end], b"\n##").map(|at| wanted + at + 1);
    let after_blank = found.filter(|&at| {
        let before = text.as_bytes()[..at - 1].strip_suffix(b"\r").unwrap_or(&bytes[..at - 1]);
        before.ends_with(b"\n") || before.ends_with(b"\r")
    });
    let heading = |at: &usize| {
        let level = bytes[*at..end].iter().take_while(|b| **b == b'#').count();
        level <= 6 && bytes.get(at + level).is_some_and(|b| matches!(b, b' ' | b'\t'))
    };
    let mut headings = after_blank.filter(heading).take(8).peekable();
    let first = headings.peek().copied();
    headings.find(|&at| all_closed(&bytes[start..at])).or(first).unwrap_or(end)
}

fn all_closed(part: &[u8]) -> bool {
    let count = |what: &[u8]| memchr::memmem::find_iter(part, what).count();
    count(b"```").is_multiple_of(2) && count(b"~~~").is_multiple_of(2) && count(b"<!--") == count(b"-->")
}

fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr2(b'\n', b'\r', &text.as_bytes()[..at]).map_or(0, |end| end + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |end| at + end + 1)
}

/// The bytes without a BOM and without front matter.
fn body(text: &str) -> Range<usize> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    start + front_matter(&text[start..])..text.len()
}

/// The length of YAML front matter (between `---` lines) or TOML front matter (between `+++` lines). A rule
/// and a setext heading look alike: it is front matter only where its first line is a key.
fn front_matter(text: &str) -> usize {
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next() else { return 0 };
    let fence = first.trim_end();
    if fence != "---" && fence != "+++" {
        return 0;
    }
    let mut length = first.len();
    for (n, line) in lines.enumerate() {
        length += line.len();
        let line = line.trim_end();
        if line == fence || (fence == "---" && line == "...") {
            return if n > 0 { length } else { 0 };
        }
        if n == 0 && !is_key(line, fence) {
            return 0;
        }
    }
    0
}

/// Whether a line sets a key: `key: …` in YAML, where a blank or nothing must follow the colon (YAML 1.2.2,
/// section 7.4), `key = …` or a table in TOML.
fn is_key(line: &str, fence: &str) -> bool {
    let separated = if fence == "---" { line.split_once(':') } else { line.split_once('=') };
    let plain = |key: &str| !key.trim().is_empty() && !key.contains(['[', '#', '(']);
    separated.is_some_and(|(key, value)| {
        plain(key) && (fence != "---" || value.is_empty() || value.starts_with([' ', '\t']))
    })
}
