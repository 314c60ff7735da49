//! SARIF 2.1.0 (OASIS), as GitHub's code scanning reads it.
//!
//! GitHub takes at most 25,000 results and shows the 5,000 most severe; it requires a location for each, and compares
//! fingerprints to recognise new findings, so those must not change when lines move.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Value, json};

use super::CheckReport;
use crate::finding::{Finding, Fix, Place};
use crate::rules;
use crate::shard::stable_hash;
use crate::text::{cut, escape};

/// The most results that GitHub takes in a run.
const MAX_RESULTS: usize = 25_000;

/// A log with one run.
pub fn sarif(checked: &CheckReport, out: &mut dyn io::Write) -> io::Result<()> {
    let findings: Vec<&Finding> = checked.by_severity().into_iter().take(MAX_RESULTS).collect();
    let codes: Vec<&str> = used(&findings);
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver(&codes)},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the root of the repository"}}},
            "invocations": [{"executionSuccessful": true}],
            "properties": {"complete": checked.complete},
            "results": results(&findings, &codes),
        }],
    });
    writeln!(out, "{}", escape::json(&serde_json::to_string_pretty(&log)?))
}

/// The codes of these findings, each once.
fn used<'a>(findings: &[&'a Finding]) -> Vec<&'a str> {
    let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn driver(codes: &[&str]) -> Value {
    let rules: Vec<Value> = codes.iter().map(|code| rule(code)).collect();
    let mut driver = json!({"name": "Pomona", "version": env!("CARGO_PKG_VERSION"), "rules": rules});
    let home = env!("CARGO_PKG_REPOSITORY");
    if !home.is_empty() {
        driver["informationUri"] = home.into();
    }
    driver
}

fn rule(code: &str) -> Value {
    let Some(info) = rules::info(code) else { return json!({"id": code}) };
    let mut rule = json!({
        "id": info.id,
        "shortDescription": {"text": info.summary},
        "fullDescription": {"text": info.docs},
        "help": {"text": info.docs, "markdown": info.docs},
        "properties": {"tags": ["links"]},
    });
    if let Some(url) = info.url() {
        rule["helpUri"] = url.into();
    }
    rule
}

fn results(findings: &[&Finding], codes: &[&str]) -> Vec<Value> {
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    let result = |finding: &&Finding| {
        let key = key(finding);
        let nth = met.entry(key.clone()).or_default();
        *nth += 1;
        let print = format!("{:016x}:{nth}", stable_hash(&key));
        let mut result = json!({
            "ruleId": finding.code,
            "ruleIndex": codes.binary_search(&finding.code).unwrap_or_default(),
            "level": finding.level,
            "message": {"text": message(finding)},
            "locations": [{"physicalLocation": location(finding.place.as_ref())}],
            "partialFingerprints": {"primaryLocationLineHash": print},
        });
        if !finding.fixes.is_empty() {
            result["fixes"] = fixes(finding);
        }
        result
    };
    findings.iter().map(result).collect()
}

/// The edits that would mend a finding, best first (SARIF 3.27.30).
fn fixes(finding: &Finding) -> Value {
    let at = location(finding.place.as_ref());
    let fix = |fix: &Fix| {
        let ((start_line, start_column), (end_line, end_column)) = (fix.start, fix.end);
        json!({
            "description": {"text": escape::terminal(&cut(&fix.description, escape::MAX_CHARACTERS))},
            "artifactChanges": [{
                "artifactLocation": at["artifactLocation"],
                "replacements": [{
                    "deletedRegion": {
                        "startLine": start_line, "startColumn": start_column,
                        "endLine": end_line, "endColumn": end_column,
                    },
                    "insertedContent": {"text": fix.text},
                }],
            }],
        })
    };
    finding.fixes.iter().map(fix).collect()
}

/// What a finding is about, without its line.
fn key(finding: &Finding) -> String {
    let file = finding.place.as_ref().map_or("", |place| &place.file);
    let about = finding.target.as_deref().unwrap_or(&finding.message);
    [finding.code, file, about].join("\n")
}

/// In a message, brackets make links and braces are filled in (SARIF 3.11.5 and 3.11.6).
fn message(finding: &Finding) -> String {
    let short = |text: &str| escape::terminal(&cut(text, 3 * escape::MAX_CHARACTERS)).into_owned();
    let help = finding.help.as_ref().map(|help| format!("\n{}", short(help))).unwrap_or_default();
    let text = format!("{}{help}", short(&finding.message));
    let text = text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
    text.replace('{', "{{").replace('}', "}}")
}

/// Findings without a position are shown at the policy.
fn location(place: Option<&Place>) -> Value {
    let (file, line, column) = place.map_or(("pomona.toml", 1, 1), |p| (p.file.as_str(), p.line, p.column));
    let path = file.strip_prefix("./").unwrap_or(file).replace('\\', "/");
    let path = escape::path(&cut(&path, escape::MAX_CHARACTERS));
    let artifact = if path.starts_with('/') {
        json!({"uri": format!("file://{path}")})
    } else {
        json!({"uri": path, "uriBaseId": "%SRCROOT%"})
    };
    let mut region = json!({"startLine": line.max(1), "startColumn": column.max(1)});
    if let Some((line, column)) = place.and_then(|place| place.end) {
        region["endLine"] = line.into();
        region["endColumn"] = column.into();
    }
    json!({"artifactLocation": artifact, "region": region})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;
    use crate::report::tests::{checked, of_rule, place, written};

    fn log(checked: &CheckReport) -> Value {
        serde_json::from_str(&written(|out| sarif(checked, out))).unwrap()
    }

    #[test]
    fn results_name_their_rules() {
        let log = log(&checked());
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
        }
        assert_eq!(run["results"][0]["level"], "error");
        assert_eq!(run["results"][2]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "pomona.toml");
    }

    #[test]
    fn fingerprints_survive_moved_lines() {
        let prints = |by: usize| {
            let finding =
                |line| of_rule("dead-link", Level::Error, "x").at(place(line + by, 1, "x")).about("https://x.org/");
            let findings = vec![finding(3), finding(9), finding(11).about("https://y.org/")];
            let log = log(&CheckReport { findings, ..CheckReport::default() });
            let results = log["runs"][0]["results"].as_array().unwrap().clone();
            results.iter().map(|result| result["partialFingerprints"].to_string()).collect::<Vec<_>>()
        };
        assert_eq!(prints(0), prints(40));
        let mut distinct = prints(0);
        distinct.dedup();
        assert_eq!(distinct.len(), 3);
    }

    #[test]
    fn limits_are_kept() {
        let finding = |line| of_rule("dead-link", Level::Note, "x").at(place(line, 1, "x"));
        let mut findings: Vec<Finding> = (1..25_010).map(finding).collect();
        findings.push(of_rule("dead-link", Level::Note, "x".repeat(1 << 20)));
        findings.push(of_rule("duplicate", Level::Error, "last"));
        let log = log(&CheckReport { findings, ..CheckReport::default() });
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!((results.len(), &results[0]["ruleId"]), (25_000, &json!("duplicate")));
        assert!(results[1]["message"]["text"].as_str().unwrap().len() < 2_000);
    }

    #[test]
    fn paths_are_uris() {
        let uri = |file: &str| {
            let place = Place { file: file.to_owned(), ..place(1, 1, "") };
            location(Some(&place))["artifactLocation"]["uri"].as_str().unwrap().to_owned()
        };
        assert_eq!(uri("./a b/中.md"), "a%20b/%E4%B8%AD.md");
        assert_eq!(uri("a:b%20#?.md"), "a%3Ab%2520%23%3F.md");
        assert_eq!(uri("/tmp/x.md"), "file:///tmp/x.md");
    }
}
