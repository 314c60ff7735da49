//! The page of a list with many entries, in several files: one for each section of the top level, and a first page that
//! finds entries in all of them. It works from the file system: the data is a classic script, for a page that is opened
//! as a file may not fetch anything.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::document::{self, Kind};
use super::entries::data;
use super::sections::{Section, tree};
use super::{Input, href};
use crate::shard::stable_hash;
use crate::text::escape::html;

/// A page has at most this many entries: up to here one file answers a key within 150 ms on a processor slowed four times.
pub(super) const ENTRIES_PER_PAGE: usize = 5_000;

/// The keys of a row of the data, in order.
const KEYS: [&str; 16] = [
    "target", "name", "url", "desc", "path", "page", "stars", "lang", "licence", "topics", "is", "active", "added",
    "since", "score", "trend",
];

/// The files of a list's page: names and texts, the first page first. `name` is the name of that page.
pub fn pages(input: &Input<'_>, name: &str) -> Vec<(String, String)> {
    let root = tree(input.ranked);
    if root.count() <= ENTRIES_PER_PAGE {
        return vec![(name.to_owned(), document::page(input))];
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut sections: Vec<Section> = root.sections;
    if !root.entries.is_empty() {
        sections.insert(0, Section { entries: root.entries, ..Section::default() });
    }
    let names: Vec<String> = sections.iter().map(|section| file_name(stem, section)).collect();
    let data_name = format!("{stem}-entries.js");
    let mut contents = String::from("<ul>\n");
    for (section, file) in sections.iter().zip(&names) {
        let title = section.path.last().map_or_else(|| input.words.get("other"), Clone::clone);
        let _ = writeln!(contents, "<li><a href=\"{}\">{}</a> ({})</li>", html(file), html(&title), section.count());
    }
    contents.push_str("</ul>\n");
    let count = sections.iter().map(Section::count).sum();
    let first = Kind::First { data: &data_name, count, contents: &contents };
    let mut files = vec![(name.to_owned(), document::document(input, &first))];
    files.push((data_name.clone(), script(input, &sections, &names)));
    for (section, file) in sections.into_iter().zip(names) {
        files.push((file, document::document(input, &Kind::Section { section, first: name })));
    }
    files
}

/// The file of a section. Its name follows from its heading, so that an address stays when sections change places.
fn file_name(stem: &str, section: &Section) -> String {
    let title = section.path.last().map(String::as_str).unwrap_or_default();
    let slug: String = title
        .chars()
        .filter_map(|c| match c {
            c if c.is_ascii_alphanumeric() => Some(c.to_ascii_lowercase()),
            ' ' | '-' | '_' => Some('-'),
            _ => None,
        })
        .take(40)
        .collect();
    format!("{stem}-{slug}-{:08x}.html", stable_hash(title) & 0xffff_ffff)
}

/// The data of all entries, as a call of the function that the first page's script defines.
fn script(input: &Input<'_>, sections: &[Section], names: &[String]) -> String {
    let (mut rows, founded) = (Vec::new(), input.ranked.founded());
    for (page, section) in sections.iter().enumerate() {
        add_rows(input, section, page, founded, &mut rows);
    }
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    format!("pomona({}, {}, [\n{}\n]);\n", json!(KEYS), json!(names), rows.join(",\n"))
}

fn add_rows(input: &Input<'_>, section: &Section, page: usize, founded: Option<Date>, rows: &mut Vec<Value>) {
    for index in &section.entries {
        let entry = &input.ranked.entries[*index];
        let data: BTreeMap<&str, String> = data(entry, founded).into_iter().collect();
        let text = |name: &str| data.get(name).cloned().unwrap_or_default();
        let clean = crate::render::escape::clean;
        let mut row = vec![
            json!(clean(&entry.target.to_string())),
            json!(clean(&entry.title)),
            json!(href(&entry.url).map(|_| clean(&entry.url)).unwrap_or_default()),
            json!(clean(entry.description.as_deref().unwrap_or_default())),
            json!(clean(&section.path.join(" › "))),
            json!(page),
        ];
        row.extend(KEYS[6..].iter().map(|key| json!(clean(&text(key)))));
        rows.push(Value::Array(row));
    }
    section.sections.iter().for_each(|nested| add_rows(input, nested, page, founded, rows));
}
