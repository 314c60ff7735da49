//! A whole text to a document.

use std::ops::Range;

use pulldown_cmark::{Options, Parser};

use super::Document;
use super::collector::Collector;
use super::reader::Reader;
use crate::target::Forges;

/// What GitHub adds to CommonMark, as far as links, headings and tables depend on it.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
}

/// Reads `text`.
pub(super) fn document(text: &str, forges: &Forges) -> Document {
    let body = body(text);
    let mut collector = Collector::new(text);
    stretch(text, body, &mut collector);
    collector.finish(forges)
}

fn stretch<'t>(text: &'t str, part: Range<usize>, out: &mut Collector<'t>) {
    let mut reader = Reader::new(text, part.start, out);
    for (event, range) in Parser::new_ext(&text[part], options()).into_offset_iter() {
        reader.event(event, range);
    }
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
        let key =
            line.split([':', '=']).next().is_some_and(|key| key.len() < line.len() && !key.contains(['[', '#', '(']));
        if n == 0 && !key {
            return 0;
        }
    }
    0
}
