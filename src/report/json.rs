//! The report for machines: stable names, never prose outside `message` and `help`.

use std::collections::BTreeMap;
use std::io;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::several::Totals;
use super::{AddedEntry, CheckReport, CheckedLink, Counts, Submitter};
use crate::finding::{Finding, Level, Place};
use crate::observation::{FailureClass, Suspicion};
use crate::replacement::Replacement;
use crate::text::escape;
use crate::verdict::Verdict;

/// The version of both formats.
const VERSION: u32 = 1;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Link")]
struct Line<'a> {
    target: &'a str,
    url: &'a str,
    #[schemars(schema_with = "verdicts")]
    verdict: Verdict,
    #[schemars(with = "Option<String>")]
    class: Option<FailureClass>,
    status: Option<u16>,
    moved_to: Option<&'a str>,
    #[schemars(with = "Option<String>")]
    since: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    dead_not_before: Option<Date>,
    #[schemars(with = "Vec<BTreeMap<String, serde_json::Value>>")]
    replacements: &'a [Replacement],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(with = "Option<Vec<BTreeMap<String, String>>>")]
    suspect: &'a [Suspicion],
    places: &'a [Place],
}

impl<'a> From<&'a CheckedLink> for Line<'a> {
    fn from(link: &'a CheckedLink) -> Self {
        Self {
            target: &link.target,
            url: &link.url,
            verdict: link.verdict,
            class: link.class,
            status: link.status,
            moved_to: link.moved_to.as_deref(),
            since: link.since,
            dead_not_before: link.dead_not_before,
            replacements: &link.replacements,
            suspect: &link.suspicions,
            places: &link.places,
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListReport")]
struct Whole<'a> {
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<&'a str>,
    complete: bool,
    #[schemars(with = "BTreeMap<String, usize>")]
    counts: Value,
    #[serde(serialize_with = "lines")]
    #[schemars(with = "Vec<Line>")]
    links: &'a [CheckedLink],
    findings: Vec<&'a Finding>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    entries: &'a [AddedEntry],
    #[serde(skip_serializing_if = "Option::is_none")]
    submitter: Option<&'a Submitter>,
}

/// The report of several lists: a part for each, of the form that the report of one list has, and what is of the whole run.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SeveralReports")]
struct Several<'a> {
    version: u32,
    lists: Vec<Whole<'a>>,
    complete: bool,
    #[schemars(with = "BTreeMap<String, usize>")]
    counts: Value,
    findings: Vec<&'a Finding>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "CheckReport", title = "pomona check --format json")]
enum Report<'a> {
    One(Whole<'a>),
    Several(Several<'a>),
}

fn verdicts(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": Verdict::ALL.map(Verdict::name) })
}

/// The JSON schema of the report.
pub fn schema(generator: SchemaGenerator) -> Schema {
    generator.into_root_schema_for::<Report>()
}

/// The JSON schema of one line of the report as JSON lines.
pub fn line_schema(generator: SchemaGenerator) -> Schema {
    generator.into_root_schema_for::<JsonLine>()
}

fn lines<S: Serializer>(links: &[CheckedLink], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(links.iter().map(Line::from))
}

/// One object with everything: `docs/json.md` describes it.
pub fn json(checked: &CheckReport, out: &mut dyn io::Write) -> io::Result<()> {
    let mut safe = EscapingWriter::new(out);
    serde_json::to_writer_pretty(&mut safe, &Report::One(whole(checked)))?;
    safe.end()
}

fn whole(checked: &CheckReport) -> Whole<'_> {
    Whole {
        version: VERSION,
        list: checked.list.as_deref(),
        complete: checked.complete,
        counts: counts(&checked.counts()),
        links: &checked.links,
        findings: checked.by_severity(),
        entries: &checked.entries,
        submitter: checked.submitter.as_ref(),
    }
}

/// One of several lists: an element of the array `lists`, which the first one begins.
pub(super) fn part(checked: &CheckReport, is_first: bool, out: &mut dyn io::Write) -> io::Result<()> {
    if is_first {
        writeln!(out, "{{\n\"version\": {VERSION},\n\"lists\": [")?;
    } else {
        writeln!(out, ",")?;
    }
    json(checked, out)
}

/// Ends the array `lists` and the report.
pub(super) fn totals(totals: &Totals, out: &mut dyn io::Write) -> io::Result<()> {
    if totals.lists == 0 {
        writeln!(out, "{{\n\"version\": {VERSION},\n\"lists\": [")?;
    }
    let rest = Report::Several(Several {
        version: VERSION,
        lists: Vec::new(),
        complete: totals.complete,
        counts: counts(totals.counts),
        findings: totals.findings.clone(),
    });
    let mut keys = serde_json::to_value(&rest)?;
    for (n, key) in ["complete", "counts", "findings"].into_iter().enumerate() {
        let before = if n == 0 { "],\n" } else { ",\n" };
        let value = escape::json(&serde_json::to_string_pretty(&keys[key].take())?).into_owned();
        write!(out, "{before}\"{key}\": {value}")?;
    }
    writeln!(out, "\n}}")
}

/// One line of the report as JSON lines.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
#[schemars(title = "pomona check --format jsonl, one line")]
enum JsonLine<'a> {
    Check {
        version: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        list: Option<&'a str>,
        complete: bool,
        #[schemars(with = "BTreeMap<String, usize>")]
        counts: Value,
    },
    Run {
        version: u32,
        lists: usize,
        complete: bool,
        #[schemars(with = "BTreeMap<String, usize>")]
        counts: Value,
    },
    Link(Line<'a>),
    Finding(&'a Finding),
    Entry(&'a AddedEntry),
    Submitter(&'a Submitter),
}

/// One object a line, distinguished by `type`: first `check`, then every `link`, every `finding` and every
/// `entry`, last the `submitter`.
pub fn jsonl(checked: &CheckReport, out: &mut dyn io::Write) -> io::Result<()> {
    let (list, counts) = (checked.list.as_deref(), counts(&checked.counts()));
    line(out, &JsonLine::Check { version: VERSION, list, complete: checked.complete, counts })?;
    checked.links.iter().try_for_each(|link| line(out, &JsonLine::Link(link.into())))?;
    checked.by_severity().into_iter().try_for_each(|finding| line(out, &JsonLine::Finding(finding)))?;
    checked.entries.iter().try_for_each(|entry| line(out, &JsonLine::Entry(entry)))?;
    checked.submitter.iter().try_for_each(|submitter| line(out, &JsonLine::Submitter(submitter)))
}

/// The end of the lines of several lists: the totals, and what the run reports of all of them.
pub(super) fn run_line(totals: &Totals, out: &mut dyn io::Write) -> io::Result<()> {
    let (lists, complete, counts) = (totals.lists, totals.complete, counts(totals.counts));
    line(out, &JsonLine::Run { version: VERSION, lists, complete, counts })?;
    totals.findings.iter().try_for_each(|finding| line(out, &JsonLine::Finding(finding)))
}

fn line(out: &mut dyn io::Write, value: &JsonLine<'_>) -> io::Result<()> {
    writeln!(out, "{}", escape::json(&serde_json::to_string(value)?))
}

/// Escapes serialised JSON while it is written, some whole lines at a time: the report of a long list is long.
struct EscapingWriter<'a> {
    out: &'a mut dyn io::Write,
    waiting: Vec<u8>,
    /// How many of the waiting bytes are whole lines.
    lines: usize,
}

impl<'a> EscapingWriter<'a> {
    /// Buffered bytes that trigger a write.
    const CAPACITY: usize = 1 << 16;

    fn new(out: &'a mut dyn io::Write) -> Self {
        Self { out, waiting: Vec::new(), lines: 0 }
    }

    fn pass_on(&mut self) -> io::Result<()> {
        let text = std::str::from_utf8(&self.waiting[..self.lines]).map_err(io::Error::other)?;
        self.out.write_all(escape::json(text).as_bytes())?;
        self.waiting.drain(..self.lines);
        self.lines = 0;
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
        self.waiting.push(b'\n');
        self.lines = self.waiting.len();
        self.pass_on()
    }
}

impl io::Write for EscapingWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(end) = memchr::memrchr(b'\n', bytes) {
            self.lines = self.waiting.len() + end + 1;
        }
        self.waiting.extend_from_slice(bytes);
        if self.lines >= Self::CAPACITY {
            self.pass_on()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every count under a stable name; those that are zero too.
fn counts(counts: &Counts) -> Value {
    let mut named = Map::from_iter([("links".into(), counts.links.into()), ("places".into(), counts.places.into())]);
    named.insert("older".into(), counts.older.into());
    named.extend(Verdict::ALL.map(|verdict| (verdict.name().to_owned(), counts.of(verdict).into())));
    named.extend(Level::ALL.map(|level| (format!("{level}s"), counts.level(level).into())));
    Value::Object(named)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::tests::{checked, written};

    #[test]
    fn the_keys_are_those_of_the_contract() {
        let text = written(|out| json(&checked(), out));
        let value: Value = serde_json::from_str(&text).unwrap();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&value), ["version", "complete", "counts", "links", "findings"]);
        let link = &value["links"][0];
        assert_eq!(
            keys(link),
            ["target", "url", "verdict", "class", "status", "moved_to", "since", "replacements", "places"]
        );
        assert_eq!((&link["verdict"], &link["class"]), (&json!("dead"), &json!("http_404")));
        assert_eq!(keys(&link["places"][0]), ["file", "line", "column", "section", "title"]);
        assert_eq!(value["counts"]["dead"], 1);
        assert_eq!(value["links"][1]["suspect"][0], json!({"kind": "parked", "evidence": "for sale"}));
        assert_eq!(value["findings"][0]["code"], "dead-link");
    }

    #[test]
    fn every_line_is_an_object_with_a_type() {
        let text = written(|out| jsonl(&checked(), out));
        let types: Vec<Value> =
            text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].clone()).collect();
        assert_eq!(types, ["check", "link", "link", "finding", "finding", "finding"]);
    }

    #[test]
    fn the_page_names_every_key_and_class() {
        let page = include_str!("../../docs/json.md");
        let names =
            FailureClass::NAMED.iter().map(ToString::to_string).chain(Verdict::ALL.map(|v| v.name().to_owned()));
        let keys = ["version", "complete", "counts", "suspect", "moved_to", "since", "dead_not_before", "places"];
        for name in names.chain(keys.map(str::to_owned)) {
            assert!(page.contains(&format!("`{name}`")), "docs/json.md does not explain `{name}`");
        }
    }
}
