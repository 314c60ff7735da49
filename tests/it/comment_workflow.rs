//! The workflow that comments on a pull request, run step by step with a `gh` that serves recorded answers: hostile
//! events and artifacts write nothing wrong.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::{Value, json};

use crate::workspace::{Workspace, repository};

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// Serves the files of the test and keeps what is written: one line a call, and the body of each as a file.
const GH: &str = r#"#!/usr/bin/env bash
set -euo pipefail
[[ $1 == api ]]; shift
method=GET path='' filter='' slurp=''
while (($#)); do
  case "$1" in
    --method) method=$2; shift 2 ;;
    --jq) filter=$2; shift 2 ;;
    --slurp) slurp=yes; shift ;;
    --silent | --paginate) shift ;;
    --input | -f) shift 2 ;;
    *) path=$1; shift ;;
  esac
done
case "$method $path" in
  GET\ repos/keeper/list/actions/runs/9/artifacts) jq -r "$filter" "$STATE/artifacts.json" ;;
  GET\ repos/keeper/list/actions/artifacts/77/zip) cat "$STATE/artifact.zip" ;;
  GET\ repos/keeper/list/pulls) cat "$STATE/pulls.json" ;;
  GET\ repos/keeper/list/issues/12/comments) [[ -n $slurp ]]; cat "$STATE/comments.json" ;;
  *)
    [[ $method != GET ]]
    printf '%s %s\n' "$method" "$path" >>"$STATE/written"
    if [[ $method != DELETE ]]; then cat >>"$STATE/bodies"; fi
    ;;
esac
"#;

/// One run of the workflow after a check.
struct Job {
    workspace: Workspace,
    event: Value,
    pulls: Value,
    comments: Value,
    artifact: Vec<u8>,
    size: u64,
}

/// What a run wrote: the calls, and all bodies as text.
struct Written {
    calls: Vec<String>,
    bodies: String,
}

impl Job {
    fn new(report: &Value) -> Self {
        Self {
            workspace: repository("# List\n\n- [Tool](https://github.com/a/tool) - Does it.\n"),
            event: event(),
            pulls: json!([pull(12, SHA, "guest/list")]),
            comments: json!([]),
            artifact: zip(&[("report.json", report.to_string().as_bytes(), false)]),
            size: 4_000,
        }
    }

    fn run(&self) -> Written {
        let workspace = &self.workspace;
        workspace.run(&["init"]).exits(0);
        let step = step(&workspace.read(".github/workflows/pomona-comment.yml"));
        let artifacts = json!({"artifacts": [
            {"id": 76, "name": "another", "size_in_bytes": 1},
            {"id": 77, "name": "pomona-report", "size_in_bytes": self.size},
        ]});
        workspace.write("step.sh", &step).write("bin/gh", GH);
        workspace.write("state/artifacts.json", &artifacts.to_string());
        workspace.write("state/pulls.json", &self.pulls.to_string());
        workspace.write("state/comments.json", &json!([self.comments]).to_string());
        workspace.write("event.json", &self.event.to_string()).write("tmp/.keep", "");
        for name in ["state/written", "state/bodies"] {
            workspace.write(name, "");
        }
        fs::write(workspace.path("state/artifact.zip"), &self.artifact).unwrap();
        fs::set_permissions(workspace.path("bin/gh"), fs::Permissions::from_mode(0o755)).unwrap();
        let before = workspace.files();
        let head = format!("{}:add", self.event["workflow_run"]["head_repository"]["owner"]["login"].as_str().unwrap());
        let path = format!("{}:{}", workspace.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.args(["-e", "step.sh"]).current_dir(workspace.path("")).env_clear();
        command.env("PATH", path).env("HOME", workspace.path("tmp")).env("STATE", workspace.path("state"));
        command.env("RUNNER_TEMP", workspace.path("tmp")).env("GITHUB_EVENT_PATH", workspace.path("event.json"));
        command.env("GITHUB_REPOSITORY", "keeper/list").env("GH_TOKEN", "token");
        command.env("BINARY", env!("CARGO_BIN_EXE_pomona")).env("HEAD", head).env("RUN_ID", "9");
        command.env("HEAD_SHA", self.event["workflow_run"]["head_sha"].as_str().unwrap());
        command.output().unwrap();
        for (path, bytes) in workspace.files() {
            let is_own = ["state", "tmp"].iter().any(|folder| path.starts_with(workspace.path(folder)));
            assert!(is_own || before.get(&path) == Some(&bytes), "{} was written", path.display());
        }
        let calls = workspace.read("state/written").lines().map(str::to_owned).collect();
        Written { calls, bodies: workspace.read("state/bodies") }
    }

    /// Runs it and checks that nothing at all is written.
    #[track_caller]
    fn writes_nothing(&self) {
        let written = self.run();
        assert_eq!(written.calls, Vec::<String>::new(), "{}", written.bodies);
    }

    /// Runs it and returns the comment, which is on the right pull request alone.
    #[track_caller]
    fn comments(&self) -> String {
        let written = self.run();
        assert_eq!(written.calls[0], "POST repos/keeper/list/issues/12/comments");
        assert_eq!(written.calls[1], "POST repos/keeper/list/issues/12/labels");
        assert!(written.calls[2].starts_with("DELETE repos/keeper/list/issues/12/labels/pomona%3A%20"));
        assert_eq!(written.calls.len(), 3);
        let first = serde_json::Deserializer::from_str(&written.bodies).into_iter::<Value>().next().unwrap().unwrap();
        first["body"].as_str().unwrap().to_owned()
    }
}

/// The script of the step that writes, out of the workflow.
fn step(workflow: &str) -> String {
    let (_, step) = workflow.split_once("- name: Write one comment\n").unwrap();
    let (_, script) = step.split_once("run: |\n").unwrap();
    let lines: Vec<&str> = script.lines().map_while(|line| line.strip_prefix("          ")).collect();
    assert!(lines.len() > 10, "{lines:?}");
    lines.join("\n") + "\n"
}

fn event() -> Value {
    json!({
        "action": "completed",
        "repository": {"full_name": "keeper/list"},
        "workflow_run": {
            "id": 9, "event": "pull_request", "conclusion": "failure", "head_sha": SHA, "head_branch": "add",
            "html_url": "https://github.com/keeper/list/actions/runs/9", "pull_requests": [],
            "repository": {"full_name": "keeper/list"},
            "head_repository": {"full_name": "guest/list", "owner": {"login": "guest"}},
        },
    })
}

fn pull(number: u64, sha: &str, head: &str) -> Value {
    json!({
        "number": number, "state": "open", "user": {"login": "guest"},
        "head": {"sha": sha, "repo": {"full_name": head}}, "base": {"sha": "0", "repo": {"full_name": "keeper/list"}},
    })
}

/// A report with this text wherever a report has text of others.
fn report(text: &str) -> Value {
    json!({
        "version": 1, "complete": true, "number": 666, "links": [{"verdict": "dead"}],
        "findings": [{"code": "dead-link", "level": "error", "message": text, "help": text,
            "place": {"file": text, "line": 3, "column": 1}}],
        "entries": [{"title": text, "verdict": "dead", "stars": 3, "licence": text, "last_commit": null,
            "created": null, "archived": false, "listed_elsewhere": false, "findings": 1, "checked": "2026-11-24"}],
        "submitter": {"login": "keeper", "account_created": null, "association": "OWNER", "owns": [text],
            "member_of": [text], "checked": "2026-11-24"},
    })
}

/// An archive of these files, stored as they are; with true, a symbolic link to what its content names.
fn zip(files: &[(&str, &[u8], bool)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content, is_link) in files {
        let offset = u32::try_from(archive.len()).unwrap();
        let mut header = Vec::new();
        for field in [20_u16, 0, 0, 0, 0x21] {
            header.extend(field.to_le_bytes());
        }
        let length = u32::try_from(content.len()).unwrap();
        for field in [crc32(content), length, length] {
            header.extend(field.to_le_bytes());
        }
        header.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        header.extend(0_u16.to_le_bytes());
        archive.extend(b"PK\x03\x04");
        archive.extend(&header);
        archive.extend(name.as_bytes());
        archive.extend(*content);
        let mode: u32 = if *is_link { 0o120_777 } else { 0o100_644 };
        // Made by Unix, so that the mode counts.
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&header);
        directory.extend([0; 6]);
        directory.extend((mode << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = u32::try_from(archive.len()).unwrap();
    let count = u16::try_from(files.len()).unwrap();
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    archive.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend(0_u16.to_le_bytes());
    archive
}

/// The checksum of an archive (APPNOTE 4.4.7).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

/// The text without code spans (CommonMark 6.1) and without characters that a backslash escapes: what a reader is shown
/// as markup.
fn markup(text: &str) -> String {
    let run = |text: &str| text.len() - text.trim_start_matches('`').len();
    let (mut kept, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let opening = run(rest);
        if opening == 0 {
            rest = &rest[c.len_utf8()..];
            match c {
                '\\' => rest = rest.get(rest.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default(),
                _ => kept.push(c),
            }
            continue;
        }
        let inside = &rest[opening..];
        let is_start = |at: &usize| !inside[..*at].ends_with('`');
        let ends = inside.match_indices('`').map(|(at, _)| at).filter(is_start);
        let end = ends.into_iter().find(|at| run(&inside[*at..]) == opening);
        rest = end.map_or(inside, |at| &inside[at + opening..]);
    }
    kept
}

#[test]
fn one_comment_is_written_and_then_replaced() {
    let mut job = Job::new(&report("`https://x.org/` is dead"));
    let body = job.comments();
    assert!(body.starts_with("<!-- pomona:report -->\n### Pomona: 1 error\n"), "{body}");
    job.comments = json!([{"id": 5, "body": body, "user": {"login": "github-actions[bot]"},
        "issue_url": "https://api.github.com/repos/keeper/list/issues/12"}]);
    let written = job.run();
    assert_eq!(written.calls[0], "PATCH repos/keeper/list/issues/comments/5");
    assert!(written.bodies.contains("pomona: needs work"), "{}", written.bodies);
}

/// 1, 2: an artifact that claims another pull request, rules that do not exist and a submitter who is not the author.
#[test]
fn a_forged_artifact_decides_nothing() {
    let mut forged = report("fine");
    forged["findings"][0]["code"] = json!("approved-by-keeper");
    let body = Job::new(&forged).comments();
    assert!(!body.contains("approved-by-keeper") && !body.contains("666") && !body.contains("Submitted by"), "{body}");
    for other in [json!([]), json!({"version": 9}), json!("x"), json!({"version": 1, "complete": true, "findings": 3})]
    {
        Job::new(&other).writes_nothing();
    }
}

/// 3: ten megabytes, and a small archive that becomes as many.
#[test]
fn a_large_artifact_is_left_alone() {
    let mut job = Job::new(&report("x"));
    job.size = 10_000_000;
    job.writes_nothing();
    let bomb = json!({"version": 1, "complete": true, "findings": [], "x": "x".repeat(10_000_000)}).to_string();
    job.artifact = zip(&[("report.json", bomb.as_bytes(), false)]);
    job.size = 4_000;
    job.writes_nothing();
}

/// 4, 5, 6: mentions, markers, HTML, links and headings of others stay text.
#[test]
fn text_of_others_stays_text() {
    for text in [
        "@keeper please merge, fixes #1 and octo/list#2",
        "<!-- pomona:report --><!-- pomona:begin dead -->",
        "<img src=x onerror=alert(1)></details><script>x</script>",
        "![x](https://evil.example/x.png) [y](https://evil.example)",
        "x\n# Approved\n\n| a | b |\n|---|---|\n---\nMade by [run 1](https://evil.example)",
        "a`b @keeper `<img src=x>` ``c``",
    ] {
        let body = Job::new(&report(text)).comments();
        let rest = markup(body.strip_prefix("<!-- pomona:report -->\n").unwrap());
        for forbidden in
            ["@keeper", " #1", "list#2", "<!--", "<img", "<script", "](https://evil", "\n# Approved", "\n| a"]
        {
            assert!(!rest.contains(forbidden), "{text:?} left {forbidden:?} in {body}");
        }
        assert_eq!(rest.matches("\nMade by ").count(), 1, "{body}");
    }
    let mut job = Job::new(&report("x"));
    let quoted = "<!-- pomona:report -->\nby a guest";
    job.comments = json!([{"id": 5, "body": quoted, "user": {"login": "guest"},
        "issue_url": "https://api.github.com/repos/keeper/list/issues/12"}]);
    job.comments();
}

/// 7, 8: a newer commit, another repository, a closed pull request, an event of another kind.
#[test]
fn only_the_pull_request_of_the_event_is_written_to() {
    let newer = "f".repeat(40);
    for pulls in [
        json!([]),
        json!([pull(12, &newer, "guest/list")]),
        json!([pull(12, SHA, "rival/list")]),
        json!([pull(11, SHA, "guest/list"), pull(12, SHA, "guest/list")]),
    ] {
        let mut job = Job::new(&report("x"));
        job.pulls = pulls;
        job.writes_nothing();
    }
    for (pointer, value) in [
        ("/workflow_run/repository/full_name", json!("rival/list")),
        ("/workflow_run/event", json!("push")),
        ("/action", json!("requested")),
        ("/workflow_run/head_sha", json!("$(touch hacked)")),
    ] {
        let mut job = Job::new(&report("x"));
        *job.event.pointer_mut(pointer).unwrap() = value;
        job.writes_nothing();
    }
}

/// 9, 10: an archive with paths that leave its folder, and one whose report is a link to another file.
#[test]
fn an_archive_writes_no_other_file_and_reads_none() {
    let text = report("x").to_string();
    for files in [
        [("../../README.md", text.as_bytes(), false), ("../report.json", text.as_bytes(), false)],
        [("report.json", b"../event.json".as_slice(), true), ("x", b"x", false)],
        [("/report.json", text.as_bytes(), false), ("sub/report.json", text.as_bytes(), false)],
    ] {
        let mut job = Job::new(&report("x"));
        job.artifact = zip(&files);
        job.writes_nothing();
    }
    let mut job = Job::new(&report("x"));
    job.artifact = b"no archive".to_vec();
    job.writes_nothing();
}
