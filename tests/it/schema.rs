//! The JSON schemas: every policy and every report that the tests have fits them, and what does not fit is seen.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::workspace::Workspace;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn schema(of: &str) -> Value {
    let printed = Workspace::new().run(&["schema", of]).exits(0);
    serde_json::from_str(&printed.out).unwrap()
}

/// Every file of this name, or with this ending, under `folder`.
fn find(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, ending, found);
        } else if path.to_str().unwrap().ends_with(ending) {
            found.push(path);
        }
    }
}

/// What is wrong with `value`, by the keywords of JSON Schema that our schemas use. An unknown keyword is an error,
/// so that none is passed over.
fn check(root: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let Some(schema) = schema.as_object() else {
        return if *schema == Value::Bool(true) { Ok(()) } else { Err(format!("{place}: nothing is allowed here")) };
    };
    for (keyword, rule) in schema {
        let fits = match keyword.as_str() {
            "$ref" => {
                check(root, root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap(), value, place)?;
                true
            }
            "type" => types(rule).iter().any(|name| is(name, value)),
            "enum" => rule.as_array().unwrap().contains(value),
            "const" => rule == value,
            "anyOf" | "oneOf" => rule.as_array().unwrap().iter().any(|one| check(root, one, value, place).is_ok()),
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
            "required" => rule.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some()),
            "items" => {
                let mut items = value.as_array().into_iter().flatten().enumerate();
                items.try_for_each(|(n, item)| check(root, rule, item, &format!("{place}[{n}]")))?;
                true
            }
            "properties" | "additionalProperties" => {
                let known = &schema.get("properties").unwrap_or(&Value::Null);
                for (key, inner) in value.as_object().into_iter().flatten() {
                    let rule = if keyword == "properties" { known.get(key) } else { Some(rule) };
                    let ours = keyword == "properties" || known.get(key).is_none();
                    if let Some(rule) = rule.filter(|_| ours) {
                        check(root, rule, inner, &format!("{place}.{key}"))?;
                    }
                }
                true
            }
            // The one pattern is that of durations, which is tested beside their parser.
            "pattern" | "$schema" | "$defs" | "title" | "description" | "default" | "examples" | "format" => true,
            other => return Err(format!("{place}: unknown keyword `{other}`")),
        };
        if !fits {
            return Err(format!("{place}: `{value}` does not fit `{keyword}`: {rule}"));
        }
    }
    Ok(())
}

fn types(rule: &Value) -> Vec<&str> {
    rule.as_array()
        .map_or_else(|| vec![rule.as_str().unwrap()], |names| names.iter().map(|n| n.as_str().unwrap()).collect())
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type `{other}`"),
    }
}

/// A policy as JSON; a date is a text there.
fn policy(text: &str) -> Value {
    fn convert(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(date) => date.to_string().into(),
            toml::Value::Array(values) => values.into_iter().map(convert).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, convert(value))).collect(),
            other => serde_json::to_value(other).unwrap(),
        }
    }
    convert(toml::Value::Table(text.parse().unwrap()))
}

#[test]
fn every_policy_of_the_tree_fits_the_schema() {
    let schema = schema("policy");
    let mut files = Vec::new();
    for folder in ["lists", "tests/cases"] {
        find(&root().join(folder), "pomona.toml", &mut files);
    }
    let workspace = Workspace::new();
    workspace.write("README.md", "# L\n\n- [a](https://example.org/)\n");
    workspace.run(&["init"]).exits(0);
    files.push(workspace.path("pomona.toml"));
    assert!(files.len() > 3);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        // A case of a policy that is refused, as it ought to be.
        if text.starts_with("# invalid") || text.contains("sorce") {
            continue;
        }
        check(&schema, &schema, &policy(&text), "policy").unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    }
}

#[test]
fn what_is_no_policy_does_not_fit() {
    let schema = schema("policy");
    for text in [
        "sorce = \"x\"",
        "source = 3",
        "rewrite = \"odd\"",
        "[confirm]\nhard-runs = \"two\"",
        "[layout]\nstyle = \"odd\"",
        "[rules]\ndead-link = \"fatal\"",
        "[rank.weights]\nodd = 1",
    ] {
        assert!(check(&schema, &schema, &policy(text), "policy").is_err(), "{text}");
    }
}

#[test]
fn every_report_fits_the_schema() {
    let schema = schema("check");
    let mut files = Vec::new();
    find(&root().join("tests/cases"), "report.json", &mut files);
    assert!(!files.is_empty(), "no case writes `--output json=report.json`");
    for file in files {
        let report: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        check(&schema, &schema, &report, "report").unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    }
    let odd = json!({ "version": 1, "complete": "yes", "counts": {}, "links": [], "findings": [] });
    assert!(check(&schema, &schema, &odd, "report").is_err());
}

/// What a printed JSON document is, by the command that printed it: the name of its schema, and whether each line is one.
fn printed_by(command: &str) -> Option<(&'static str, bool)> {
    let has = |words: &str| command.contains(words);
    match command.split(' ').nth(1)? {
        "check" if has("--format jsonl") => Some(("check-line", true)),
        "check" if has("--format json") => Some(("check", false)),
        "links" if has("--format jsonl") => Some(("link", true)),
        "generate" if has("--export json") => Some(("list", false)),
        "explain" if has("--format json") && !has("--section") && !has("--versus") => Some(("explain", false)),
        _ => None,
    }
}

#[test]
fn every_json_that_a_case_prints_fits_its_schema() {
    let mut files = Vec::new();
    find(&root().join("tests/cases"), "transcript", &mut files);
    let mut seen = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for block in text.split("$ pomona").skip(1) {
            let (command, rest) = block.split_once('\n').unwrap();
            let Some((name, by_line)) = printed_by(&format!("pomona{command}")) else { continue };
            let printed = rest.split("--- ").next().unwrap();
            let schema = schema(name);
            let documents = if by_line { printed.lines().collect() } else { vec![printed] };
            for document in documents {
                let value: Value = serde_json::from_str(document).unwrap();
                check(&schema, &schema, &value, name).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
                seen.insert(name);
            }
        }
    }
    assert_eq!(Vec::from_iter(seen), ["check", "check-line", "explain", "link", "list"], "a case prints each");
}

/// The names of all properties of a schema, those of its definitions too.
fn properties(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(named)) = map.get("properties") {
                found.extend(named.keys().cloned());
            }
            map.values().for_each(|value| properties(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| properties(value, found)),
        _ => {}
    }
}

/// The part of `docs/json.md` under a heading that begins so.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let start = page.find(&format!("\n## {heading}")).unwrap_or_else(|| panic!("no section {heading}"));
    let rest = &page[start + 4..];
    &rest[..rest.find("\n## ").unwrap_or(rest.len())]
}

/// The words in code spans that are written as keys are.
fn keys_of(page: &str) -> BTreeSet<&str> {
    let spans = page.split('`').skip(1).step_by(2);
    spans.filter(|span| span.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')).collect()
}

#[test]
fn the_page_of_json_explains_every_key() {
    let page = fs::read_to_string(root().join("docs/json.md")).unwrap();
    for (name, headings) in [
        ("check", &["`pomona check --format json`"][..]),
        ("link", &["`pomona links"]),
        ("list", &["`pomona generate --export json`"]),
        ("explain", &["`pomona explain", "`pomona check --format json`", "`pomona generate --export json`"]),
    ] {
        let text: String = headings.iter().map(|heading| section(&page, heading)).collect();
        let explained = keys_of(&text);
        let mut keys = BTreeSet::new();
        properties(&schema(name), &mut keys);
        let missing: Vec<&String> = keys.iter().filter(|key| !explained.contains(key.as_str())).collect();
        assert!(missing.is_empty(), "docs/json.md does not explain {missing:?} of `{name}`");
        // The first column of a table has keys alone.
        for row in section(&page, headings[0]).lines().filter(|line| line.starts_with("| `")) {
            let first = row.split('|').nth(1).unwrap();
            let stale: Vec<&str> = keys_of(first).into_iter().filter(|key| !keys.contains(*key)).collect();
            assert!(name == "check" || stale.is_empty(), "docs/json.md explains {stale:?}, which `{name}` has not");
        }
    }
}

#[test]
fn the_reference_of_the_policy_is_the_one_that_the_types_give() {
    for (arguments, page) in
        [(&["schema", "--markdown"][..], "docs/policy.md"), (&["schema"], "docs/pomona.schema.json")]
    {
        let printed = Workspace::new().run(arguments).exits(0).out;
        let file = root().join(page);
        if std::env::var_os("POMONA_BLESS").is_some() {
            fs::write(&file, &printed).unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), printed, "POMONA_BLESS=1 rewrites {page}");
    }
}
