//! Every link of a document as JSON lines.
//!
//! One object a link; the names are a contract: `file`, `line`, `column`, `section`, `kind`, `url`, `title`,
//! `description`, `target`. Rows are written as they are made, so that memory does not grow with them.

use std::io::{self, Write};

use super::escape::{LONGEST, cut, terminal};
use crate::markdown::{Document, Entry, Link, LinkKind};
use crate::target::Forges;

/// How many bytes of rows are gathered before they are written.
const GATHERED: usize = 1 << 16;

/// Writes a row for every link and image of `document`, which stands in `file`.
///
/// `title` and `description` are the entry's where the link is the one that the entry stands for (no title
/// where that is a bare URL); else the title is the link's text, where it has one.
pub fn write(file: &str, document: &Document, forges: &Forges, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = Vec::with_capacity(GATHERED + 4096);
    let mut head = Vec::new();
    string(&mut head, "{\"file\":", Some(file))?;
    let mut section = Vec::new();
    let mut of = None;
    for (i, link) in document.links.iter().enumerate() {
        if of != Some(link.heading) {
            of = Some(link.heading);
            section.clear();
            serde_json::to_writer(&mut section, &document.section(link.heading))?;
        }
        rows.extend_from_slice(&head);
        write!(rows, ",\"line\":{},\"column\":{},\"section\":", link.line, link.column)?;
        rows.extend_from_slice(&section);
        let (title, description) = told(document.entry_of(i).filter(|entry| entry.link == i), link);
        string(&mut rows, ",\"kind\":", Some(link.kind.name()))?;
        string(&mut rows, ",\"url\":", Some(&link.url))?;
        string(&mut rows, ",\"title\":", title)?;
        string(&mut rows, ",\"description\":", description)?;
        string(&mut rows, ",\"target\":", Some(&forges.target(&link.url).to_string()))?;
        rows.extend_from_slice(b"}\n");
        if rows.len() >= GATHERED {
            out.write_all(&rows)?;
            rows.clear();
        }
    }
    out.write_all(&rows)
}

/// Writes a line for every link and image, for a person: where it stands, how it is written, where it leads, and
/// the title of its entry.
pub fn text(file: &str, document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let file = terminal(file);
    for (i, link) in document.links.iter().enumerate() {
        let (title, _) = told(document.entry_of(i).filter(|entry| entry.link == i), link);
        write!(out, "{file}:{}:{}: {} {}", link.line, link.column, link.kind.name(), terminal(&link.url))?;
        match title {
            Some(title) => writeln!(out, "  {}", terminal(&cut(title, LONGEST)))?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// The title and description of a link's row.
fn told<'a>(entry: Option<&'a Entry>, link: &'a Link) -> (Option<&'a str>, Option<&'a str>) {
    let unnamed = |title: &str| matches!(link.kind, LinkKind::Bare | LinkKind::Autolink) && title == link.url;
    match entry {
        Some(entry) => (Some(entry.title.as_str()).filter(|title| !unnamed(title)), entry.description.as_deref()),
        None => (Some(link.text.as_str()).filter(|text| !text.is_empty()), None),
    }
}

fn string(out: &mut Vec<u8>, before: &str, value: Option<&str>) -> io::Result<()> {
    out.extend_from_slice(before.as_bytes());
    Ok(serde_json::to_writer(out, &value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_contract() {
        let text = "# List\n\n- [Tool](https://github.com/A/Tool) - Does \"it\".\n- https://a.example/ü\n";
        let mut out = Vec::new();
        write("x.md", &Document::parse(text), &Forges::default(), &mut out).unwrap();
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
