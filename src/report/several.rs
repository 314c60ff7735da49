//! The report of several lists: a part for each, written as soon as it is known, and the totals at the end.
//!
//! Text and JSON are written part by part and keep nothing but the totals. The other formats have one form for any number
//! of lists and are written at the end.

use std::io;

use super::{CheckReport, Counts, Format, Sources, TextOptions, json, text};
use crate::finding::{Finding, Level};

/// What was written of a report so far.
#[derive(Debug)]
pub struct Parts {
    format: Format,
    lists: usize,
    complete: bool,
    counts: Counts,
    joined: CheckReport,
}

/// The totals of several lists.
#[derive(Debug)]
pub(super) struct Totals<'a> {
    pub(super) lists: usize,
    pub(super) complete: bool,
    pub(super) counts: &'a Counts,
    /// What the run reports of all lists together.
    pub(super) findings: Vec<&'a Finding>,
}

impl Parts {
    /// A report in this format; nothing is written.
    pub fn new(format: Format) -> Self {
        Self { format, lists: 0, complete: true, counts: Counts::default(), joined: CheckReport::whole() }
    }

    /// Adds the part of one list.
    pub fn write(
        &mut self,
        part: &CheckReport,
        sources: &Sources,
        options: &TextOptions,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        self.lists += 1;
        self.complete &= part.complete;
        self.counts.add(&part.counts());
        match self.format {
            Format::Text => text::text(part, sources, options, out),
            Format::Json => json::part(part, self.lists == 1, out),
            Format::Jsonl => json::jsonl(part, out),
            _ => {
                self.joined.join(part.clone());
                Ok(())
            }
        }
    }

    /// Ends the report with what the run reports of all lists together. `complete` is false where a list could not be
    /// done.
    pub fn end(
        mut self,
        findings: &[Finding],
        complete: bool,
        options: &TextOptions,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        for finding in findings {
            *match finding.level {
                Level::Error => &mut self.counts.errors,
                Level::Warning => &mut self.counts.warnings,
                Level::Note => &mut self.counts.notes,
            } += 1;
        }
        let complete = complete && self.complete;
        let findings_by_level = {
            let mut sorted: Vec<&Finding> = findings.iter().collect();
            sorted.sort_by_key(|finding| finding.level);
            sorted
        };
        let totals = Totals { lists: self.lists, complete, counts: &self.counts, findings: findings_by_level };
        match self.format {
            Format::Text => text::totals(&totals, options, out),
            Format::Json => json::totals(&totals, out),
            Format::Jsonl => json::run_line(&totals, out),
            format => {
                self.joined.complete = complete;
                self.joined.findings.extend(findings.iter().cloned());
                self.joined.join_links();
                format.write(&self.joined, &Sources::default(), options, out)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::tests::{checked, of_rule, written};

    fn report(format: Format) -> String {
        written(|out| {
            let mut parts = Parts::new(format);
            for list in ["a/README.md", "b/README.md"] {
                let part = CheckReport { list: Some(list.to_owned()), ..checked() };
                parts.write(&part, &Sources::default(), &TextOptions::default(), out)?;
            }
            let run = [of_rule("time-budget", Level::Warning, "the time budget ended")];
            parts.end(&run, true, &TextOptions::default(), out)
        })
    }

    #[test]
    fn json_has_a_part_for_each_list_and_the_totals() {
        let whole: Value = serde_json::from_str(&report(Format::Json)).unwrap();
        assert_eq!(whole["lists"].as_array().unwrap().len(), 2);
        assert_eq!(whole["lists"][1]["list"], "b/README.md");
        assert_eq!(whole["lists"][1]["links"], whole["lists"][0]["links"]);
        assert_eq!((&whole["counts"]["dead"], &whole["counts"]["links"]), (&2.into(), &4.into()));
        assert_eq!((&whole["counts"]["warnings"], &whole["findings"][0]["code"]), (&3.into(), &"time-budget".into()));
        assert!(whole.get("links").is_none(), "links are those of one list");
        let lines = report(Format::Jsonl);
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of_type = |name: &str| lines.iter().filter(|line| line["type"] == name).collect::<Vec<_>>();
        assert_eq!((of_type("check")[1]["list"].as_str(), of_type("link").len()), (Some("b/README.md"), 4));
        assert_eq!((of_type("run")[0]["lists"].as_u64(), of_type("run").len()), (Some(2), 1));
    }

    #[test]
    fn text_ends_each_part_with_its_list_and_all_with_the_totals() {
        let text = report(Format::Text);
        assert_eq!(
            text.matches("README.md: 2 links: 1 alive, 1 dead. 1 error, 1 warning, 1 note").count(),
            2,
            "{text}"
        );
        assert!(text.ends_with("2 lists, 4 links: 2 alive, 2 dead. 2 errors, 3 warnings, 2 notes\n"), "{text}");
        assert!(text.contains("warning[time-budget]: the time budget ended"), "{text}");
    }

    #[test]
    fn other_formats_have_one_form_for_any_number_of_lists() {
        let annotations = report(Format::Github);
        assert_eq!(annotations.matches("::error").count(), 2, "{annotations}");
        let mut one = CheckReport::whole();
        (0..2).for_each(|_| one.join(checked()));
        let mut other = checked();
        other.links[0].verdict = crate::verdict::Verdict::Failing;
        one.join(other);
        one.join_links();
        assert_eq!(one.links.len(), 3, "two lists agree on two links, a third judges one of them otherwise");
        assert_eq!(one.links.iter().map(|link| link.places.len()).sum::<usize>(), 6);
    }
}
