//! Every link of a document as JSON lines.
//!
//! One object a link; the names are a contract: `file`, `line`, `column`, `section`, `kind`, `url`, `title`,
//! `description`, `target`. Rows are written as they are made, so that memory does not grow with them.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::ControlFlow;

use crate::address::Forges;
use crate::markdown::{Document, Entry, Link, LinkKind};
use crate::text::cut;
use crate::text::escape::{MAX_CHARACTERS, terminal};

/// A format of `pomona links`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinksFormat {
    /// For people: place, kind, title and address.
    Text,
    /// One JSON object a line.
    Jsonl,
}

/// The size of the buffer of rows, in bytes.
const BUFFER_CAPACITY: usize = 1 << 16;

/// Reads `text`, which stands in `file`, and writes a row for every link and image in it.
///
/// Headings longer than 1,000 characters are cut in `section`. `title` and `description` are the entry's where the link is the one that the entry stands for (no title
/// where that is a bare URL); else the title is the link's text, where it has one. A description is what
/// stands in the list, with its links and emphasis, line ends made blanks.
pub fn write(file: &str, text: &str, forges: &Forges, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = Rows::new(file, text, forges)?;
    let mut done = Ok(());
    Document::parts(text, forges, |part| {
        done = rows.write(&part, out);
        if done.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    done
}

/// The longest a heading is repeated in every row below it, in characters: headings of real lists have at most 300.
const LONGEST_HEADING: usize = 1_000;

/// A heading's text, cut where it is longer than [`LONGEST_HEADING`].
fn bounded(heading: &str) -> String {
    match heading.char_indices().nth(LONGEST_HEADING) {
        Some((end, _)) => format!("{}…", &heading[..end]),
        None => heading.to_owned(),
    }
}

/// What the rows of one text share.
struct Rows<'a> {
    text: &'a str,
    forges: &'a Forges,
    /// The beginning of every row.
    head: Vec<u8>,
    buffer: Vec<u8>,
}

impl<'a> Rows<'a> {
    fn new(file: &str, text: &'a str, forges: &'a Forges) -> io::Result<Self> {
        let mut head = Vec::new();
        string(&mut head, "{\"file\":", Some(file))?;
        Ok(Self { text, forges, head, buffer: Vec::with_capacity(BUFFER_CAPACITY * 2) })
    }

    fn write(&mut self, part: &Document, out: &mut dyn Write) -> io::Result<()> {
        let mut section = Vec::new();
        let mut of = None;
        for (i, link) in part.links.iter().enumerate() {
            if of != Some(link.heading) {
                of = Some(link.heading);
                section.clear();
                let path: Vec<String> = part.section(link.heading).iter().map(|text| bounded(text)).collect();
                serde_json::to_writer(&mut section, &path)?;
            }
            let entry = part.entry_of(i).filter(|entry| entry.link == i);
            self.row(link, entry, &section)?;
            if self.buffer.len() >= BUFFER_CAPACITY {
                out.write_all(&self.buffer)?;
                self.buffer.clear();
            }
        }
        out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn row(&mut self, link: &Link, entry: Option<&Entry>, section: &[u8]) -> io::Result<()> {
        let row = &mut self.buffer;
        row.extend_from_slice(&self.head);
        number(row, ",\"line\":", link.line);
        number(row, ",\"column\":", link.column);
        row.extend_from_slice(b",\"section\":");
        row.extend_from_slice(section);
        let (title, description) = title_and_description(self.text, entry, link);
        row.extend_from_slice(b",\"kind\":\"");
        row.extend_from_slice(link.kind.name().as_bytes());
        string(row, "\",\"url\":", Some(&link.url))?;
        string(row, ",\"title\":", title)?;
        string(row, ",\"description\":", description.as_deref())?;
        string(row, ",\"target\":", Some(&self.forges.target(&link.url).to_string()))?;
        row.extend_from_slice(b"}\n");
        Ok(())
    }
}

/// Writes a line for every link and image, for a person: where it stands, how it is written, where it leads, and
/// the title of its entry.
pub fn text(file: &str, source: &str, document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let file = terminal(file);
    for (i, link) in document.links.iter().enumerate() {
        let (title, _) = title_and_description(source, document.entry_of(i).filter(|entry| entry.link == i), link);
        write!(out, "{file}:{}:{}: {} {}", link.line, link.column, link.kind.name(), terminal(&link.url))?;
        match title {
            Some(title) => writeln!(out, "  {}", terminal(&cut(title, MAX_CHARACTERS)))?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// The title and description of a link's row.
fn title_and_description<'a>(
    text: &'a str,
    entry: Option<&'a Entry>,
    link: &'a Link,
) -> (Option<&'a str>, Option<Cow<'a, str>>) {
    let Some(entry) = entry else {
        return (Some(link.text.as_str()).filter(|text| !text.is_empty()), None);
    };
    let unnamed = matches!(link.kind, LinkKind::Bare | LinkKind::Autolink) && entry.title == link.url;
    let written = entry.description_at.clone().and_then(|at| text.get(at));
    let description = match written {
        Some(written) if written.contains(['\n', '\r']) => {
            Some(Cow::Owned(written.split_whitespace().collect::<Vec<_>>().join(" ")))
        }
        Some(written) => Some(Cow::Borrowed(written)),
        None => entry.description.as_deref().map(Cow::Borrowed),
    };
    (Some(entry.title.as_str()).filter(|_| !unnamed), description)
}

/// Writes `before` and a JSON string, or `null`.
fn string(out: &mut Vec<u8>, before: &str, value: Option<&str>) -> io::Result<()> {
    out.extend_from_slice(before.as_bytes());
    match value {
        Some(text) if is_plain(text) => {
            out.push(b'"');
            out.extend_from_slice(text.as_bytes());
            out.push(b'"');
            Ok(())
        }
        value => Ok(serde_json::to_writer(out, &value)?),
    }
}

/// Whether a text needs no escape in JSON, as hardly any does. Looks at every byte without a branch: that is
/// faster than to stop at the first.
fn is_plain(text: &str) -> bool {
    let odd = |b: u8| u8::from(b < 0x20) | u8::from(b == b'"') | u8::from(b == b'\\');
    text.bytes().fold(0, |any, b| any | odd(b)) == 0
}

/// Writes `before` and a number.
fn number(out: &mut Vec<u8>, before: &str, value: usize) {
    out.extend_from_slice(before.as_bytes());
    let start = out.len();
    let mut rest = value;
    loop {
        out.push(b"0123456789"[rest % 10]);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out[start..].reverse();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_contract() {
        let text = "# List\n\n- [Tool](https://github.com/A/Tool) - Does \"it\".\n- https://a.example/ü\n";
        let mut out = Vec::new();
        write("x.md", text, &Forges::default(), &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            concat!(
                r#"{"file":"x.md","line":3,"column":3,"section":["List"],"kind":"link","url":"https://github.com/A/Tool","#,
                r#""title":"Tool","description":"Does \"it\".","target":"github:a/tool"}"#,
                "\n",
                r#"{"file":"x.md","line":4,"column":3,"section":["List"],"kind":"bare","url":"https://a.example/ü","#,
                r#""title":null,"description":null,"target":"https://a.example/%C3%BC"}"#,
                "\n"
            )
        );
    }
}
