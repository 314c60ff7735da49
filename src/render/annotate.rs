//! Decisions about a list, as edits of its text.
//!
//! Only the bytes that Pomona owns change: notes behind entries, addresses of what was renamed or moved, and the content
//! of its blocks. It decides nothing itself; moving entries is for [`compose`](super::compose).

use std::collections::BTreeMap;
use std::ops::Range;

use crate::markdown::{Document, Edit, Link, LinkKind, Note};
use crate::policy::Block as BlockName;

/// What to write into a list. What it does not name stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Annotations {
    /// By entry: the note behind it; none takes away the one that is there.
    pub notes: BTreeMap<usize, Option<Note>>,
    /// By link: its new address.
    pub addresses: BTreeMap<usize, Address>,
    /// By name: what stands inside a block, without line ends around it.
    pub blocks: BTreeMap<String, String>,
}

/// A new address of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// The repository at the path `from` is called `to` now: only that part of the path changes. A link text
    /// that was the old name or the old address changes with it.
    Renamed {
        /// `owner/name` as it was, letter case aside.
        from: String,
        /// `owner/name` as it is.
        to: String,
    },
    /// The whole address is another now. A link text that was the old address changes with it.
    Moved(String),
}

/// The edits that make `wanted` of `text`, whose reading `document` is. None where nothing changes.
pub fn annotate(document: &Document, text: &str, wanted: &Annotations) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (&entry, note) in &wanted.notes {
        edits.extend(document.entries.get(entry).and_then(|entry| note_edit(text, entry, note.as_ref())));
    }
    for (&link, address) in &wanted.addresses {
        if let Some(link) = document.links.get(link) {
            address_edits(document, text, link, address, &mut edits);
        }
    }
    for block in &document.blocks {
        if let Some(content) = wanted.blocks.get(&block.name) {
            edits.extend(block_edit(text, &block.content, content));
        }
    }
    edits
}

/// The edits that take out every note, and the content of every block that Pomona fills. Addresses stay as they are;
/// dead entries are put back first by [`compose::restore`](super::compose::restore).
pub fn strip(document: &Document, text: &str) -> Vec<Edit> {
    let notes = document.entries.iter().filter_map(|entry| entry.note.clone()).map(|note| Edit::new(note, ""));
    let known = document.blocks.iter().filter(|block| BlockName::named(&block.name).is_some());
    let blocks = known.filter_map(|block| block_edit(text, &block.content, ""));
    notes.chain(blocks).collect()
}

fn note_edit(text: &str, entry: &crate::markdown::Entry, note: Option<&Note>) -> Option<Edit> {
    let at = entry.note_at?;
    let span = entry.note.clone().unwrap_or(at..at);
    let written = note.map(|note| format!(" {note}")).unwrap_or_default();
    (text.get(span.clone())? != written).then(|| Edit::new(span, written))
}

/// A block's content stands between line ends; an empty one is a single line end.
pub(super) fn block_edit(text: &str, span: &Range<usize>, content: &str) -> Option<Edit> {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let content = content.trim_matches(['\n', '\r']);
    let mut written = line_end.to_owned();
    if !content.is_empty() {
        written.push_str(line_end);
        for line in content.lines() {
            written.push_str(line);
            written.push_str(line_end);
        }
        written.push_str(line_end);
    }
    (text.get(span.clone())? != written).then(|| Edit::new(span.clone(), written))
}

fn address_edits(document: &Document, text: &str, link: &Link, address: &Address, edits: &mut Vec<Edit>) {
    let Some(destination) = &link.destination else {
        for definition in document.definitions.iter().filter(|definition| definition.url == link.url) {
            let at = definition.destination.clone();
            edits.extend(at.and_then(|at| destination_edit(text, at, link, address)));
        }
        return;
    };
    let Some(edit) = destination_edit(text, destination.clone(), link, address) else { return };
    edits.push(edit);
    if let Some(shown) = shown(text, link, destination) {
        edits.extend(shown_edit(text, shown, link, address));
    }
}

/// The edit of an address that stands at `at`.
fn destination_edit(text: &str, at: Range<usize>, link: &Link, address: &Address) -> Option<Edit> {
    match address {
        Address::Renamed { from, to } => {
            let found = path_in(&text[at.clone()], from)?;
            Some(Edit::new(at.start + found.start..at.start + found.end, to.as_str()))
        }
        Address::Moved(url) => Some(Edit::new(at, written_url(url, link.kind))),
    }
}

/// Where `path`, an `owner/name`, stands in `url`, right after the host.
fn path_in(url: &str, path: &str) -> Option<Range<usize>> {
    let host = url.find("//").map_or(0, |at| at + 2);
    let start = host + url[host..].find('/')? + 1;
    let found = url.get(start..start + path.len())?;
    let rest = &url[start + path.len()..];
    let ends = rest.is_empty() || rest.starts_with(['/', '?', '#']) || rest.starts_with(".git");
    (found.eq_ignore_ascii_case(path) && ends).then(|| start..start + path.len())
}

/// A URL so that it can stand where a link of this kind has its address.
fn written_url(url: &str, kind: LinkKind) -> String {
    let mut written = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            '&' if matches!(kind, LinkKind::HtmlLink | LinkKind::HtmlImage) => written.push_str("&amp;"),
            '(' => written.push_str("%28"),
            ')' => written.push_str("%29"),
            ' ' => written.push_str("%20"),
            '<' => written.push_str("%3C"),
            '>' => written.push_str("%3E"),
            '"' => written.push_str("%22"),
            '\'' => written.push_str("%27"),
            '\\' => written.push_str("%5C"),
            '|' => written.push_str("%7C"),
            '`' => written.push_str("%60"),
            c => written.push(c),
        }
    }
    written
}

/// The source of a link's text; none where the address is the text.
fn shown(text: &str, link: &Link, destination: &Range<usize>) -> Option<Range<usize>> {
    match link.kind {
        LinkKind::Link => Some(link.span.start + 1..destination.start),
        LinkKind::HtmlLink => {
            let end = text[link.span.end..].find("</").map(|at| link.span.end + at)?;
            Some(link.span.end..end)
        }
        LinkKind::Autolink | LinkKind::Bare | LinkKind::Image | LinkKind::HtmlImage => None,
    }
}

/// The edit of a link text that was exactly the old name or the old address.
fn shown_edit(text: &str, shown: Range<usize>, link: &Link, address: &Address) -> Option<Edit> {
    let written = &text[shown.clone()];
    let is_address = link.text == link.url || link.text == link.url.trim_start_matches("https://");
    match address {
        Address::Renamed { from, to } if is_address || link.text.eq_ignore_ascii_case(from) => {
            let at = written.to_ascii_lowercase().find(&from.to_ascii_lowercase())?;
            Some(Edit::new(shown.start + at..shown.start + at + from.len(), to.as_str()))
        }
        Address::Moved(url) if link.text == link.url => {
            let at = written.find(&link.text)?;
            Some(Edit::new(shown.start + at..shown.start + at + link.text.len(), written_url(url, link.kind)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markdown::apply;
    use proptest::prelude::*;

    fn written(text: &str, wanted: &Annotations) -> String {
        apply(text, annotate(&Document::parse(text), text, wanted)).unwrap()
    }

    fn stripped(text: &str) -> String {
        apply(text, strip(&Document::parse(text), text)).unwrap()
    }

    fn noted(text: &str, parts: &[&str]) -> Annotations {
        let note = |i: usize| (i, Note::new(parts.iter().copied()));
        Annotations { notes: (0..Document::parse(text).entries.len()).map(note).collect(), ..Annotations::default() }
    }

    #[test]
    fn notes_follow_the_description() {
        for (text, expected) in [
            ("- [T](u) - Does y.\n", "- [T](u) - Does y. (⭐\u{a0}7\u{a0}· active)\n"),
            ("- [T](u) - Does y.  \r\n\r\n  More.", "- [T](u) - Does y. (⭐\u{a0}7\u{a0}· active)  \r\n\r\n  More."),
            ("* [T](u)", "* [T](u) (⭐\u{a0}7\u{a0}· active)"),
            (
                "- [T](u) - Does y. ([Demo](d)) `MIT`\n",
                "- [T](u) - Does y. ([Demo](d)) `MIT` (⭐\u{a0}7\u{a0}· active)\n",
            ),
            ("- [T](u) - Does y. (⭐\u{a0}3)\n", "- [T](u) - Does y. (⭐\u{a0}7\u{a0}· active)\n"),
            ("- [T](u) - y <!-- c -->\n", "- [T](u) - y (⭐\u{a0}7\u{a0}· active) <!-- c -->\n"),
            (
                "| a | b |\n|---|---|\n| [T](u) | Does something |\n",
                "| a | b |\n|---|---|\n| [T](u) | Does something (⭐\u{a0}7\u{a0}· active) |\n",
            ),
            ("- [T](u) - y\n  *\n", "- [T](u) - y\n  *\n"),
            (
                "<ul><li><a href=\"u\">T</a> - y</li></ul>\n",
                "<ul><li><a href=\"u\">T</a> - y (⭐\u{a0}7\u{a0}· active)</li></ul>\n",
            ),
        ] {
            let annotated = written(text, &noted(text, &["⭐ 7", "active"]));
            assert_eq!(annotated, expected);
            assert_eq!(written(&annotated, &noted(&annotated, &["⭐ 7", "active"])), annotated);
            assert_eq!(stripped(&annotated), stripped(text));
        }
    }

    #[test]
    fn a_persons_parenthesis_stays() {
        let text = "- [T](u) - y (archived)\n- [U](v) (⭐12)\n- [V](w) (🥇 4)\n- [W](x) (✅ maintained)\n- [X](y) (⭐ 12k)\n- [Y](z) - y (⚠️ needs an account)\n- [Z](a) (💀 unmaintained since 2019)\n";
        assert_eq!(stripped(text), text);
        assert_eq!(stripped(&written(text, &noted(text, &["⭐ 7"]))), text);
    }

    #[test]
    fn renamed_repositories_change_their_path_only() {
        let address = Address::Renamed { from: "old/name".to_owned(), to: "new/label".to_owned() };
        for (text, expected) in [
            ("- [N](https://github.com/Old/Name/#readme 't')", "- [N](https://github.com/new/label/#readme 't')"),
            ("- [old/name](http://github.com/old/name.git)", "- [new/label](http://github.com/new/label.git)"),
            (
                "- [`https://github.com/old/name`](https://github.com/old/name)",
                "- [`https://github.com/new/label`](https://github.com/new/label)",
            ),
            ("- [name](https://github.com/old/name-2)", "- [name](https://github.com/old/name-2)"),
            ("* https://github.com/old/name/wiki", "* https://github.com/new/label/wiki"),
            ("- <https://github.com/old/name?a=b>", "- <https://github.com/new/label?a=b>"),
            ("- <a href='//github.com/old/name'>old/name</a>", "- <a href='//github.com/new/label'>new/label</a>"),
            ("- [T][r]\n\n[r]: https://github.com/old/name", "- [T][r]\n\n[r]: https://github.com/new/label"),
        ] {
            let wanted = Annotations { addresses: BTreeMap::from([(0, address.clone())]), ..Annotations::default() };
            assert_eq!(written(text, &wanted), expected);
        }
    }

    #[test]
    fn moved_pages_change_their_address() {
        let address = Address::Moved("https://new.example/a(b)".to_owned());
        let wanted = Annotations { addresses: BTreeMap::from([(0, address)]), ..Annotations::default() };
        assert_eq!(written("- [T](http://old.example) x", &wanted), "- [T](https://new.example/a%28b%29) x");
        assert_eq!(written("- http://old.example x", &wanted), "- https://new.example/a%28b%29 x");
        let both = "- [https://new.example/a%28b%29](https://new.example/a%28b%29) x";
        assert_eq!(written("- [http://old.example](http://old.example) x", &wanted), both);
    }

    #[test]
    fn blocks_are_written_and_emptied() {
        let text = format!("# L\n\n{}\n## A\n", crate::markdown::Block::empty("contents"));
        let wanted = |content: &str| Annotations {
            blocks: BTreeMap::from([("contents".to_owned(), content.to_owned())]),
            ..Annotations::default()
        };
        let full = written(&text, &wanted("- [A](#a)\n- [B](#b)"));
        assert!(full.contains("begin contents -->\n\n- [A](#a)\n- [B](#b)\n\n<!-- pomona:end"));
        assert_eq!(written(&full, &wanted("- [A](#a)\n- [B](#b)\n")), full);
        assert_eq!(stripped(&full), text);
    }

    proptest! {
        #[test]
        fn annotating_changes_no_reading_and_strips_clean(text in crate::markdown::generated()) {
            let text = stripped(&text);
            let before = Document::parse(&text);
            prop_assume!(strip(&before, &text).is_empty());
            let annotated = written(&text, &noted(&text, &["⭐ 12k", "active"]));
            let after = Document::parse(&annotated);
            let links = |d: &Document| d.links.iter().map(|l| (l.kind, l.url.clone(), l.line)).collect::<Vec<_>>();
            let headings = |d: &Document| d.headings.iter().map(|h| (h.level, h.slug.clone())).collect::<Vec<_>>();
            let entries = |d: &Document| {
                d.entries.iter().map(|e| (e.link, e.title.clone(), e.description.clone())).collect::<Vec<_>>()
            };
            prop_assert_eq!(links(&before), links(&after));
            prop_assert_eq!(headings(&before), headings(&after));
            prop_assert_eq!(entries(&before), entries(&after));
            prop_assert_eq!(text.matches('\n').count(), annotated.matches('\n').count());
            prop_assert_eq!(stripped(&annotated), text);
        }
    }
}
