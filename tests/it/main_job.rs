//! The main job, from the recorded world: look, remember, rank, write; and the same again.

use std::fs;
use std::path::Path;

use crate::desk::Desk;

fn root(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A desk with our own list on it, without what Pomona writes.
fn bare() -> Desk {
    let desk = Desk::new();
    for name in ["list.md", "pomona.toml"] {
        desk.write(&format!("ai/{name}"), &fs::read_to_string(root("lists/ai").join(name)).unwrap());
    }
    desk
}

fn world() -> String {
    root("tests/worlds/ai.jsonl").to_str().unwrap().to_owned()
}

#[test]
fn the_list_is_made_from_nothing_as_it_is_committed() {
    let desk = bare();
    desk.run(&["refresh", "ai", "--replay", &world()]).exits(0);
    for name in ["README.md", "pomona.ledger.jsonl", "pomona.history.jsonl", "list.md"] {
        let committed = fs::read_to_string(root("lists/ai").join(name)).unwrap();
        assert_eq!(desk.read(&format!("ai/{name}")), committed, "{name} is not what `refresh` writes");
    }
}

#[test]
fn a_second_refresh_and_ten_renders_change_no_byte() {
    let desk = bare();
    desk.run(&["refresh", "ai", "--replay", &world()]).exits(0);
    let first = desk.files();
    let again = desk.run(&["refresh", "ai", "--replay", &world(), "--dry-run"]).exits(0);
    assert!(!again.out.contains("+++"), "{}", again.out);
    for _ in 0..10 {
        desk.run(&["refresh", "ai", "--replay", &world()]).exits(0);
        desk.run(&["generate", "ai"]).exits(0);
        assert_eq!(desk.files(), first);
    }
    desk.run(&["generate", "ai", "--check"]).exits(0);
    fs::remove_file(desk.path("ai/README.md")).unwrap();
    desk.run(&["generate", "ai", "--check"]).exits(1);
    desk.run(&["generate", "ai"]).exits(0);
    assert_eq!(desk.files(), first);
}

#[test]
fn what_was_not_recorded_is_unknown_and_what_moved_is_shown() {
    let desk = bare();
    desk.run(&["refresh", "ai", "--replay", &world()]).exits(0);
    let list = desk.read("ai/README.md");
    for new in ["Comfy-Org/ComfyUI", "FoundationAgents/MetaGPT", "ggml-org/llama.cpp", "zai-org/ChatGLM-6B"] {
        assert!(list.contains(&format!("(https://github.com/{new})")), "{new}");
    }
    assert!(list.contains("https://netron.app"));
    assert!(!list.contains("⭐ 0"), "what is not known is not zero");
}

#[test]
fn a_dry_run_writes_nothing() {
    let desk = bare();
    let before = desk.files();
    let said = desk.run(&["refresh", "ai", "--replay", &world(), "--dry-run"]).exits(0);
    assert!(said.out.contains("+++ b/ai/README.md"), "{}", said.out);
    assert_eq!(desk.files(), before);
}
