//! A made-up list for tests, and records to go with it.

use jiff::civil::Date;

use super::{Input, Previous, RankedList, build};
use crate::address::{Forges, Target};
use crate::judgement::Judgements;
use crate::ledger::{History, Ledger, Record};
use crate::markdown::Document;
use crate::observation::Facts;
use crate::policy::Policy;

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

    pub(crate) fn ranked(&self) -> RankedList {
        let document = Document::parse(&self.text);
        let ledger = Ledger::new(Some(day("2026-11-01")), self.records.iter().cloned());
        let judgements = Judgements::new(ledger, &self.policy);
        build(&Input {
            source: "list.md",
            document: &document,
            judgements: &judgements,
            history: &self.history,
            policy: &self.policy,
            forges: &Forges::default(),
            previous: self.previous.as_ref(),
            baseline: None,
        })
    }

    /// Remembers `text` as the list that was written before.
    pub(crate) fn written(&mut self, text: &str) {
        self.previous = Some(Previous::read(text, &Document::parse(text), &Forges::default()));
    }
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn record(target: &str, stars: u64, commit: &str) -> Record {
    let mut record = Record::new(target.parse().unwrap(), day("2026-01-05"));
    record.alive = Some(record.added);
    record.facts = Facts {
        stars: Some(stars),
        created: Some(day("2020-11-01")),
        commit: Some(Some(day(commit))),
        release: Some(None),
        licence: Some(Some("MIT".to_owned())),
        language: Some(Some("Rust".to_owned())),
        description: Some(Some(format!("What {target} does"))),
        ..Facts::default()
    }
    .into();
    record
}
