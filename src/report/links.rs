//! Every link of a document as JSON lines.
//!
//! One object a link; the names are a contract: `file`, `line`, `column`, `section`, `kind`, `url`, `title`,
//! `description`, `target`. Rows are written as they are made, so that memory does not grow with them.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::ControlFlow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

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
    let mut rows = Rows { file, text, forges, buffer: Vec::with_capacity(BUFFER_CAPACITY * 2) };
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

/// One row; the order of the keys is that of the output.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "pomona links --format jsonl, one line")]
struct Row<'a> {
    file: &'a str,
    /// From 1.
    line: usize,
    /// From 1, in characters.
    column: usize,
    /// The headings above, outermost first.
    section: &'a [String],
    /// `link`, `autolink`, `bare`, `image`, `html-link` or `html-image`.
    kind: &'static str,
    /// The destination as Markdown resolves it.
    url: &'a str,
    title: Option<&'a str>,
    description: Option<Cow<'a, str>>,
    /// The canonical target.
    target: String,
}

/// The JSON schema of a row.
pub fn schema(generator: SchemaGenerator) -> Schema {
    generator.into_root_schema_for::<Row>()
}

/// What the rows of one text share.
struct Rows<'a> {
    file: &'a str,
    text: &'a str,
    forges: &'a Forges,
    buffer: Vec<u8>,
}

impl Rows<'_> {
    fn write(&mut self, part: &Document, out: &mut dyn Write) -> io::Result<()> {
        let mut section = Vec::new();
        let mut of = None;
        for (i, link) in part.links.iter().enumerate() {
            if of != Some(link.heading) {
                of = Some(link.heading);
                section = part.section(link.heading).iter().map(|text| bounded(text)).collect();
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

    fn row(&mut self, link: &Link, entry: Option<&Entry>, section: &[String]) -> io::Result<()> {
        let (title, description) = title_and_description(self.text, entry, link);
        let row = Row {
            file: self.file,
            line: link.line,
            column: link.column,
            section,
            kind: link.kind.name(),
            url: &link.url,
            title,
            description,
            target: self.forges.target(&link.url).to_string(),
        };
        serde_json::to_writer(&mut self.buffer, &row)?;
        self.buffer.push(b'\n');
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
