//! A made-up list for tests: a reader of the few forms of Markdown that they use, and records to go with it.

use std::ops::Range;

use jiff::civil::Date;

use super::{Catalogue, Input, Previous, build};
use crate::ledger::{History, Ledger, Record};
use crate::markdown::{Document, Entry, Heading, Link, LinkKind};
use crate::observation::Facts;
use crate::policy::{Confirm, Policy};
use crate::target::{Forges, Target};
use crate::verdict::{Judgement, Newness, judge};

/// Reads headings (`## x`) and bullets (`- [title](url) - description`, `- url`).
pub(crate) fn document(text: &str) -> Document {
    let mut document = Document::default();
    let mut at = 0;
    for (number, line) in text.lines().enumerate() {
        let span = at..at + line.len();
        at += line.len() + 1;
        let hashes = line.bytes().take_while(|byte| *byte == b'#').count();
        if hashes > 0 && line.as_bytes().get(hashes) == Some(&b' ') {
            heading(&mut document, hashes, &line[hashes + 1..], number + 1, span);
        } else if let Some(item) = line.trim_start().strip_prefix("- ") {
            entry(&mut document, item, line.len() - line.trim_start().len(), number + 1, span);
        }
    }
    document
}

fn heading(document: &mut Document, hashes: usize, text: &str, line: usize, span: Range<usize>) {
    let level = u8::try_from(hashes).unwrap();
    let parent = document.headings.iter().rposition(|above| above.level < level);
    let text = unescaped(text);
    document.headings.push(Heading { level, text, slug: String::new(), line, span, parent });
}

fn entry(document: &mut Document, item: &str, indent: usize, line: usize, span: Range<usize>) {
    let item = item.trim_start_matches(|c| !matches!(c, '[' | 'h'));
    let (title, url, rest) = match item.strip_prefix('[').and_then(|rest| rest.split_once("](")) {
        Some((title, rest)) => {
            let Some((url, rest)) = rest.split_once(')') else { return };
            (unescaped(title), url.to_owned(), rest)
        }
        None if item.starts_with("http") => (item.to_owned(), item.to_owned(), ""),
        None => return,
    };
    let kind = if rest.is_empty() && title == url { LinkKind::Bare } else { LinkKind::Link };
    let description =
        rest.split_once(" - ").map(|(_, text)| text.replace("<!-- pomona:finished -->", "").trim().to_owned());
    let heading = document.headings.len().checked_sub(1);
    let parent = document.entries.iter().rposition(|_| indent > 0).filter(|_| indent > 0);
    document.links.push(Link {
        kind,
        url,
        text: title.clone(),
        span: span.clone(),
        destination: None,
        line,
        column: 1,
        heading,
        entry: Some(document.entries.len()),
    });
    let titled = document.links.len() - 1;
    let finished = rest.contains("pomona:finished");
    let note_at = Some(span.end);
    document.entries.push(Entry {
        link: titled,
        ranked_by: titled,
        title,
        description,
        span,
        note_at,
        note: None,
        finished,
        heading,
        parent,
    });
}

fn unescaped(text: &str) -> String {
    text.replace('\\', "").replace("&#8203;", "").replace("&lt;", "<").replace("&amp;", "&")
}

/// A list with its memory.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) text: String,
    pub(crate) policy: Policy,
    pub(crate) records: Vec<Record>,
    pub(crate) history: History,
    pub(crate) previous: Option<Previous>,
}

impl World {
    /// A world of a list and of records: target, stars, the newest commit's day.
    pub(crate) fn new(text: &str, known: &[(&str, u64, &str)]) -> Self {
        let records = known.iter().map(|(target, stars, commit)| record(target, *stars, commit)).collect();
        Self { text: text.to_owned(), records, ..Self::default() }
    }

    pub(crate) fn record(&mut self, target: &str) -> &mut Record {
        let target: Target = target.parse().unwrap();
        self.records.iter_mut().find(|record| record.target == target).unwrap()
    }

    pub(crate) fn catalogue(&self) -> Catalogue {
        let document = document(&self.text);
        let ledger = Ledger::new(Some(day("2026-11-01")), self.records.iter().cloned());
        let judge =
            |target: &Target| -> Judgement { judge(ledger.get(target), None, &Confirm::default(), Newness::Known) };
        build(&Input {
            source: "list.md",
            document: &document,
            ledger: &ledger,
            history: &self.history,
            policy: &self.policy,
            forges: &Forges::default(),
            judge: &judge,
            previous: self.previous.as_ref(),
        })
    }

    /// Remembers `text` as the list that was written before.
    pub(crate) fn written(&mut self, text: &str) {
        self.previous = Some(Previous::read(text, &document(text), &Forges::default()));
    }
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn record(target: &str, stars: u64, commit: &str) -> Record {
    let mut record = Record::new(target.parse().unwrap(), day("2026-01-05"));
    record.facts = Facts {
        stars: Some(stars),
        created: Some(day("2020-11-01")),
        commit: Some(Some(day(commit))),
        release: Some(None),
        licence: Some(Some("MIT".to_owned())),
        language: Some(Some("Rust".to_owned())),
        description: Some(Some(format!("What {target} does"))),
        ..Facts::default()
    };
    record
}
