//! The order of our own list, as it is committed.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::workspace::Workspace;

/// An entry in the order of its section.
struct Ranked {
    title: String,
    stars: u64,
    /// Parts of the score whose fact is not unknown: known, last known, inferred from another fact (a push, stars by
    /// age), or known not to apply.
    known: usize,
    /// The value of the activity part, times the factor of what is archived. One that its author finished is as active as
    /// any; formula 1 has no value for what is unknown, which is no more active than any other.
    activity: f64,
}

fn ranked(entry: &Value) -> Option<Ranked> {
    let score = entry["score"].as_object()?;
    let parts = score["parts"].as_array()?;
    let part = parts.iter().find(|part| part["part"] == "activity")?;
    let without = if part["status"] == "not-applicable" { 1.0 } else { 0.0 };
    let activity = part["value"].as_f64().unwrap_or(without);
    Some(Ranked {
        title: entry["title"].as_str()?.to_owned(),
        stars: entry["stars"].as_u64()?,
        known: parts.iter().filter(|part| part["status"] != "unknown").count(),
        activity: activity * score["factor"].as_f64()?,
    })
}

/// The sections of an export, with those below them.
fn sections<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    for section in value["sections"].as_array().into_iter().flatten() {
        found.push(section);
        sections(section, found);
    }
}

/// How many entries an export ranks, and which stand above one of their section of which more is known, that has more
/// stars, and that is as active.
fn above_better_known(export: &Value) -> (usize, Vec<String>) {
    let mut found = Vec::new();
    sections(export, &mut found);
    let (mut entries, mut wrong) = (0, Vec::new());
    for section in found {
        let mut shown: Vec<&Value> = section["entries"].as_array().into_iter().flatten().collect();
        shown.sort_by_key(|entry| entry["place"].as_u64());
        let shown: Vec<Ranked> = shown.into_iter().filter_map(ranked).collect();
        entries += shown.len();
        for (at, above) in shown.iter().enumerate() {
            for below in &shown[at + 1..] {
                if above.known < below.known && above.stars < below.stars && above.activity <= below.activity {
                    wrong.push(format!("{} above {}", above.title, below.title));
                }
            }
        }
    }
    (entries, wrong)
}

/// The export of our own list, ordered anew under `policy`, without the order of the list as it is written.
fn ordered_anew(policy: &str) -> Value {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("lists/ai");
    let workspace = Workspace::new();
    for name in ["list.md", "pomona.ledger.jsonl", "pomona.history.jsonl"] {
        workspace.write(name, &fs::read_to_string(list.join(name)).unwrap());
    }
    workspace.write("pomona.toml", &format!("source = \"list.md\"\noutput = \"README.md\"\n{policy}"));
    serde_json::from_str(&workspace.run(&["generate", "--export", "json"]).exits(0).out).unwrap()
}

#[test]
fn knowing_less_lifts_no_entry_of_our_list_above_one_with_more_stars_that_is_as_active() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("lists/ai");
    let run = Workspace::new().run(&["generate", list.to_str().unwrap(), "--export", "json"]).exits(0);
    for export in [serde_json::from_str(&run.out).unwrap(), ordered_anew("")] {
        let (entries, wrong) = above_better_known(&export);
        assert!(entries > 60, "{entries} ranked entries");
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
    // What formula 2 corrects.
    let (_, wrong) = above_better_known(&ordered_anew("[rank]\nformula = 1\n"));
    assert!(wrong.contains(&"zai-org/ChatGLM2-6B above zai-org/ChatGLM-6B".to_owned()), "{wrong:#?}");
}
