//! The README: its help is the program's, its excerpts are real, its commands work.

use std::fs;
use std::path::Path;

use crate::workspace::Workspace;

fn root(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).filter_map(|rest| Some(rest.split_once("\n```")?.0.to_owned())).collect()
}

#[test]
fn its_table_has_every_command() {
    let page = root("README.md");
    for command in pomona::cli::command().get_subcommands() {
        let row = format!("| `pomona {}` | {} |", command.get_name(), command.get_about().unwrap());
        assert!(page.contains(&row), "README.md lacks the row {row}");
    }
}

#[test]
fn its_first_report_is_the_program_s() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/every-format");
    let world = case.join("world.jsonl");
    let (case, world) = (case.to_str().unwrap(), world.to_str().unwrap());
    let workspace = Workspace::new();
    let mut command = workspace.command(["check", case, "--replay", world]);
    // The day of the recording, in seconds since 1970.
    let output = command.env("SOURCE_DATE_EPOCH", "1795478400").output().unwrap();
    let run = crate::workspace::RunOutput::of(&output).exits(1);
    let shown = blocks(&root("README.md"), "text").into_iter().find(|block| block.starts_with("error[")).unwrap();
    // The report names the file as it was named on the command line.
    let printed = run.out.replace(&format!("{case}/"), "");
    for line in shown.lines() {
        assert!(printed.lines().any(|own| own == line), "not in the report: {line}\n{printed}");
    }
}

#[test]
fn its_excerpts_of_the_list_are_in_the_list() {
    let list = root("lists/ai/README.md");
    let shown = blocks(&root("README.md"), "markdown").concat();
    assert!(shown.lines().count() > 2);
    for line in shown.lines().filter(|line| !line.is_empty()) {
        assert!(list.lines().any(|own| own == line), "not in the list: {line}");
    }
}

#[test]
fn its_explanation_is_the_program_s() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("lists/ai");
    let run = Workspace::new().run(&["explain", "llama.cpp", list.to_str().unwrap()]).exits(0);
    let shown = blocks(&root("README.md"), "text").into_iter().find(|block| block.starts_with("$ pomona explain"));
    let shown = shown.unwrap().split_once('\n').unwrap().1.to_owned();
    assert_eq!(shown.trim_end(), run.out.trim_end());
}

#[test]
fn its_policy_is_read() {
    let policy = blocks(&root("README.md"), "toml").concat();
    assert!(policy.contains("[confirm]"));
    let workspace = Workspace::new();
    workspace.write("list.md", "# L\n").write("pomona.toml", &policy);
    workspace.run(&["check", ".", "--offline"]).exits(0);
}

#[test]
fn its_note_is_what_annotating_writes() {
    let text = blocks(&root("README.md"), "diff").concat();
    let line = |sign: char| text.lines().find_map(|line| line.strip_prefix(sign)).unwrap().to_owned();
    let workspace = Workspace::new();
    workspace.write("README.md", &format!("# Tools\n\n{}\n", line('-')));
    let world = r#"{"target":"github:burntsushi/ripgrep","at":"2026-11-01T00:00:00Z","seen":"alive","facts":{"stars":48211,"commit":"2026-10-20"}}"#;
    workspace.write("world.jsonl", world);
    workspace.run(&["refresh", ".", "--replay", "world.jsonl"]).exits(0);
    assert_eq!(workspace.read("README.md"), format!("# Tools\n\n{}\n", line('+')));
    workspace.run(&["strip", "."]).exits(0);
    assert_eq!(workspace.read("README.md"), format!("# Tools\n\n{}\n", line('-')));
}

/// Every key of a JSON value, however deep.
fn keys(value: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                found.insert(key.clone());
                keys(value, found);
            }
        }
        serde_json::Value::Array(array) => array.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn every_key_of_the_export_is_explained() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("lists/ai");
    let run = Workspace::new().run(&["generate", list.to_str().unwrap(), "--export", "json"]).exits(0);
    let mut found = std::collections::BTreeSet::new();
    keys(&serde_json::from_str(&run.out).unwrap(), &mut found);
    let page = root("docs/json.md");
    let unexplained: Vec<&String> = found.iter().filter(|key| !page.contains(&format!("`{key}`"))).collect();
    assert!(found.len() > 40 && unexplained.is_empty(), "docs/json.md does not explain {unexplained:?}");
}
