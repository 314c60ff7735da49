//! `pomona init` on both ways, and what its workflows contain.

use crate::workspace::{git, repository};

const LIST: &str = "# List\n\n- [Tool](https://github.com/a/tool) - Does it.\n";
const FILES: [&str; 6] = [
    "pomona.toml",
    ".gitignore",
    ".gitattributes",
    ".github/workflows/pomona.yml",
    ".github/workflows/pomona-check.yml",
    ".github/workflows/pomona-comment.yml",
];

#[test]
fn a_folder_becomes_a_list_once() {
    let workspace = repository(LIST);
    let run = workspace.run(&["init"]).exits(0);
    assert!(run.out.starts_with("README.md is a list now: 1 entry under 1 heading\n"), "{}", run.out);
    for name in FILES {
        assert!(run.out.contains(&format!("wrote {name}: ")), "{name}: {}", run.out);
    }
    assert_eq!(workspace.read("README.md"), LIST);
    let first = workspace.files();
    let again = workspace.run(&["init"]).exits(0);
    assert_eq!(again.out, "nothing to do: this folder is a list already\n");
    assert_eq!(workspace.files(), first);
    workspace.run(&["check", "--offline"]).exits(0);
}

#[test]
fn a_ranked_list_is_moved_and_written_from_there() {
    let workspace = repository(LIST);
    let run = workspace.run(&["init", "--ranked", "--dry-run"]).exits(0);
    assert!(run.out.starts_with("would move README.md to list.md\n"), "{}", run.out);
    assert!(!workspace.path("list.md").exists());
    let run = workspace.run(&["init", "--ranked"]).exits(0);
    assert!(run.out.contains("moved README.md to list.md: "), "{}", run.out);
    assert_eq!(workspace.read("list.md"), LIST);
    let policy = workspace.read("pomona.toml");
    for expected in ["source = \"list.md\"", "output = \"README.md\"", "order = \"score\""] {
        assert!(policy.contains(expected), "{expected}: {policy}");
    }
    let status = git(&workspace, &["status", "--porcelain"]);
    assert!(status.contains("R  README.md -> list.md"), "{status}");
    let first = workspace.files();
    for words in [["init", "--ranked"].as_slice(), &["init"]] {
        let again = workspace.run(words).exits(0);
        assert_eq!(again.out, "nothing to do: this folder is a list already\n");
    }
    assert_eq!(workspace.files(), first);
    workspace.run(&["generate"]).exits(0);
    assert!(workspace.read("README.md").contains("[Tool](https://github.com/a/tool) - Does it."));
    assert_eq!(workspace.read("list.md"), LIST);
}

#[test]
fn an_annotated_list_or_another_list_md_is_not_replaced() {
    let workspace = repository(LIST);
    workspace.run(&["init"]).exits(0);
    let run = workspace.run(&["init", "--ranked"]).exits(2);
    assert!(run.err.contains("annotated in place\nhelp: move the source to `list.md`"), "{}", run.err);
    let workspace = repository(LIST);
    workspace.write("list.md", "# Other\n");
    let run = workspace.run(&["init", "--ranked"]).exits(2);
    assert!(run.err.contains("`list.md` and `README.md` exist already"), "{}", run.err);
    assert_eq!((workspace.read("README.md"), workspace.read("list.md")), (LIST.to_owned(), "# Other\n".to_owned()));
}

/// Nobody owns the bare name of an unpublished package: whoever registered it would run code in every list's job.
#[test]
fn no_workflow_installs_by_bare_name() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<String> = ["action.yml", "README.md", "docs/keeper.md"]
        .into_iter()
        .map(|name| std::fs::read_to_string(root.join(name)).unwrap())
        .collect();
    let workspace = repository(LIST);
    workspace.run(&["init"]).exits(0);
    texts.extend(FILES.map(|name| workspace.read(name)));
    for text in texts {
        for line in text.lines().filter(|line| line.contains("cargo install")) {
            assert!(line.contains("--path") || line.contains("--git"), "{line}");
        }
    }
}

/// Every document takes the address of the project from the manifest.
#[test]
fn the_address_of_the_project_is_the_manifest_s() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/");
    for name in ["README.md", "docs/keeper.md"] {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        for (at, _) in text.match_indices("/pomona@") {
            let owner = text[..at].rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap();
            assert_eq!(format!("{owner}/pomona"), own, "{name}");
        }
    }
}
