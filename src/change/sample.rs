//! Small lists for tests, parsed by hand: headings, items with `[title](url) - description.`, bare links.

use crate::markdown::{Document, Entry, Heading, Link, LinkKind};

/// The parse of a text that keeps to the simplest forms.
pub(crate) fn document(text: &str) -> Document {
    let mut document = Document::default();
    let mut open: Vec<(u8, usize)> = Vec::new();
    let mut start = 0;
    for (n, line) in text.split_inclusive('\n').enumerate() {
        let level = line.bytes().take_while(|b| *b == b'#').count();
        if level > 0 && line[level..].starts_with(' ') {
            heading(&mut document, &mut open, (u8::try_from(level).unwrap(), n + 1, start), line[level..].trim());
        } else {
            links(&mut document, open.last().map(|(_, i)| *i), (n + 1, start), line);
        }
        start += line.len();
    }
    document
}

fn heading(document: &mut Document, open: &mut Vec<(u8, usize)>, at: (u8, usize, usize), text: &str) {
    let (level, line, start) = at;
    open.retain(|(other, _)| *other < level);
    let parent = open.last().map(|(_, i)| *i);
    open.push((level, document.headings.len()));
    let slug = text.to_lowercase().replace(' ', "-");
    let span = start..start + text.len();
    document.headings.push(Heading { level, text: text.to_owned(), slug, line, span, parent });
}

fn links(document: &mut Document, heading: Option<usize>, at: (usize, usize), line: &str) {
    let (number, start) = at;
    let first = document.links.len();
    let is_item = line.trim_start().starts_with(['-', '*', '+']) || line.trim_start().contains(". [");
    let entry = is_item.then_some(document.entries.len());
    let mut from = 0;
    let mut description = "";
    while let Some((begin, end, text, url)) = next(line, from) {
        document.links.push(Link {
            kind: LinkKind::Link,
            url: url.to_owned(),
            text: text.to_owned(),
            span: start + begin..start + end,
            destination: None,
            line: number,
            column: line[..begin].chars().count() + 1,
            heading,
            entry,
        });
        if from == 0 {
            description = line[end..].trim().trim_start_matches(['-', '—', ' ']);
        }
        from = end;
    }
    if is_item && document.links.len() > first {
        document.entries.push(Entry {
            link: first,
            ranked_by: first,
            title: document.links[first].text.clone(),
            description: (!description.is_empty()).then(|| description.to_owned()),
            span: start..start + line.len(),
            note_at: None,
            note: None,
            finished: false,
            heading,
            parent: None,
        });
    } else {
        document.links[first..].iter_mut().for_each(|link| link.entry = None);
    }
}

fn next(line: &str, from: usize) -> Option<(usize, usize, &str, &str)> {
    let rest = &line[from..];
    let inline = rest.find("](").and_then(|middle| {
        let begin = rest[..middle].rfind('[')?;
        let end = middle + rest[middle..].find(')')?;
        Some((from + begin, from + end + 1, &rest[begin + 1..middle], &rest[middle + 2..end]))
    });
    inline.or_else(|| {
        let begin = rest.find("https://")?;
        let end = rest[begin..].find(char::is_whitespace).map_or(rest.len(), |n| begin + n);
        Some((from + begin, from + end, &rest[begin..end], &rest[begin..end]))
    })
}
