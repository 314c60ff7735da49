//! The main job, from the recorded world: look, remember, rank, write; and the same again.

use std::fs;
use std::path::Path;

use crate::workspace::Workspace;

fn root(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A workspace with our own list on it, without what Pomona writes.
fn bare() -> Workspace {
    let workspace = Workspace::new();
    for name in ["list.md", "pomona.toml"] {
        workspace.write(&format!("ai/{name}"), &fs::read_to_string(root("lists/ai").join(name)).unwrap());
    }
    workspace
}

fn world() -> String {
    root("tests/worlds/ai.jsonl").to_str().unwrap().to_owned()
}

#[test]
fn the_list_is_made_from_nothing_as_it_is_committed() {
    let workspace = bare();
    workspace.run(&["refresh", "ai", "--replay", &world()]).exits(0);
    for name in ["README.md", "index.html", "pomona.ledger.jsonl", "pomona.history.jsonl", "list.md"] {
        let committed = fs::read_to_string(root("lists/ai").join(name)).unwrap();
        assert_eq!(workspace.read(&format!("ai/{name}")), committed, "{name} is not what `refresh` writes");
    }
}

#[test]
fn a_second_refresh_and_ten_renders_change_no_byte() {
    let workspace = bare();
    workspace.run(&["refresh", "ai", "--replay", &world()]).exits(0);
    let first = workspace.files();
    let again = workspace.run(&["refresh", "ai", "--replay", &world(), "--dry-run"]).exits(0);
    assert!(!again.out.contains("+++"), "{}", again.out);
    for _ in 0..10 {
        workspace.run(&["refresh", "ai", "--replay", &world()]).exits(0);
        workspace.run(&["generate", "ai"]).exits(0);
        assert_eq!(workspace.files(), first);
    }
    workspace.run(&["generate", "ai", "--check"]).exits(0);
    for name in ["README.md", "index.html"] {
        fs::remove_file(workspace.path(&format!("ai/{name}"))).unwrap();
    }
    workspace.run(&["generate", "ai", "--check"]).exits(1);
    workspace.run(&["generate", "ai"]).exits(0);
    assert_eq!(workspace.files(), first);
}

#[test]
fn what_was_not_recorded_is_unknown_and_what_moved_is_shown() {
    let workspace = bare();
    workspace.run(&["refresh", "ai", "--replay", &world()]).exits(0);
    let list = workspace.read("ai/README.md");
    for new in ["Comfy-Org/ComfyUI", "FoundationAgents/MetaGPT", "ggml-org/llama.cpp", "zai-org/ChatGLM-6B"] {
        assert!(list.contains(&format!("(https://github.com/{new})")), "{new}");
    }
    assert!(list.contains("https://netron.app"));
    assert!(!list.contains("⭐ 0"), "what is not known is not zero");
}

#[test]
fn a_dry_run_writes_nothing() {
    let workspace = bare();
    let before = workspace.files();
    let run = workspace.run(&["refresh", "ai", "--replay", &world(), "--dry-run"]).exits(0);
    assert!(run.out.starts_with("Refresh the list: first results of "), "{}", run.out);
    assert!(run.out.contains("\nwould create ai/pomona.ledger.jsonl (+"), "{}", run.out);
    assert!(run.out.contains("+++ b/ai/README.md"), "{}", run.out);
    assert!(!run.out.contains("+++ b/ai/pomona.ledger.jsonl"), "the ledger is only counted");
    assert_eq!(workspace.files(), before);
}
