//! The scripts of the action, with a bare repository as the remote and a small `gh` that keeps pull requests in files.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::workspace::{Workspace, git, repository};

/// Pull requests and issues as one JSON file each: `{"number", "state", "title", "body", …}`.
const GH: &str = r#"#!/usr/bin/env bash
set -euo pipefail
printf '%s\n' "$*" >>"$GH_STATE/calls"
kind=$1 action=$2; shift 2
option() { local name=$1; shift; while (($#)); do if [[ $1 == "$name" ]]; then printf '%s' "$2"; return; fi; shift; done; }
body() { local file; file=$(option --body-file "$@"); if [[ -n $file ]]; then cat "$file"; else option --body "$@"; fi; }
all=("$GH_STATE/$kind"-*.json)
[[ -e ${all[0]} ]] || all=()
case "$action" in
  list)
    state=$(option --state "$@")
    cat "${all[@]}" /dev/null | jq -s --arg state "$state" 'map(select(.state == $state)) | reverse' | jq -r "$(option --jq "$@")"
    ;;
  create)
    number=$((${#all[@]} + 1))
    jq -n --arg title "$(option --title "$@")" --arg body "$(body "$@")" --argjson number "$number" \
      '{number: $number, state: "open", title: $title, body: $body, isCrossRepository: false, mergedAt: null, closedAt: null}' \
      >"$GH_STATE/$kind-$number.json"
    ;;
  edit)
    file=$GH_STATE/$kind-$1.json
    changed=$(jq --arg title "$(option --title "$@")" --arg body "$(body "$@")" \
      '.body = $body | if $title != "" then .title = $title else . end' "$file")
    printf '%s\n' "$changed" >"$file"
    ;;
  close)
    file=$GH_STATE/$kind-$1.json
    changed=$(jq '.state = "closed" | .closedAt = (now | todate)' "$file")
    printf '%s\n' "$changed" >"$file"
    case "$*" in *--delete-branch*) git push --quiet origin --delete pomona/refresh ;; esac
    ;;
esac
"#;

/// A repository with a remote, as a job has it.
struct Job {
    workspace: Workspace,
}

impl Job {
    fn new(list: &str) -> Self {
        let workspace = repository(list);
        git(&workspace, &["clone", "--quiet", "--bare", ".", "remote.git"]);
        fs::create_dir_all(workspace.path("tmp")).unwrap();
        workspace.write("bin/gh", GH);
        fs::set_permissions(workspace.path("bin/gh"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { workspace }
    }

    /// A new job: a shallow clone of the default branch.
    fn check_out(&self) {
        let (work, temp) = (self.workspace.path("work"), self.workspace.path("tmp"));
        for folder in [&work, &temp] {
            let _ = fs::remove_dir_all(folder);
        }
        fs::create_dir_all(temp).unwrap();
        let remote = format!("file://{}", self.workspace.path("remote.git").display());
        git(&self.workspace, &["clone", "--quiet", "--depth=1", "--branch=main", &remote, "work"]);
    }

    fn script(&self, name: &str, variables: &[(&str, &str)]) -> String {
        let temp = self.workspace.path("tmp");
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/scripts");
        let path = format!("{}:{}", self.workspace.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.arg(scripts.join(name)).current_dir(self.workspace.path("work")).env_clear();
        for (key, value) in [
            ("PATH", path.as_str()),
            ("HOME", temp.to_str().unwrap()),
            ("RUNNER_TEMP", temp.to_str().unwrap()),
            ("GITHUB_OUTPUT", temp.join("output").to_str().unwrap()),
            ("GITHUB_STEP_SUMMARY", temp.join("summary").to_str().unwrap()),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "keeper/list"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GH_TOKEN", "token"),
            ("GH_STATE", temp.parent().unwrap().to_str().unwrap()),
            ("BINARY", env!("CARGO_BIN_EXE_pomona")),
            ("BASE", "main"),
            ("IN_LIST", "."),
            ("IN_PUBLISH", "pull-request"),
            ("EXIT_CODE", "0"),
            ("RETRY_SECONDS", "0"),
            ("WRITTEN", temp.join("written").to_str().unwrap()),
        ] {
            command.env(key, value);
        }
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        format!("exit {}\n{text}", output.status.code().unwrap_or(-1))
    }

    /// What a refresh would have written.
    fn wrote(&self, files: &[(&str, &str)]) {
        for (name, text) in files {
            fs::write(self.workspace.path("work").join(name), text).unwrap();
        }
        let names = files.iter().fold(String::new(), |names, (name, _)| names + name + "\n");
        fs::write(self.workspace.path("tmp/written"), names).unwrap();
    }

    fn publish(&self, variables: &[(&str, &str)]) -> String {
        self.script("publish", variables)
    }

    fn in_remote(&self, words: &[&str]) -> String {
        git(&self.workspace, &[&["--git-dir=remote.git"], words].concat())
    }

    fn pull_request(&self, number: usize) -> Option<String> {
        fs::read_to_string(self.workspace.path(&format!("pr-{number}.json"))).ok()
    }

    fn close_as_a_person(&self, number: usize) {
        let path = self.workspace.path(&format!("pr-{number}.json"));
        let text = fs::read_to_string(&path).unwrap().replace("\"state\": \"open\"", "\"state\": \"closed\"");
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        fs::write(path, text.replace("\"closedAt\": null", &format!("\"closedAt\": \"{now}\""))).unwrap();
    }
}

const LIST: &str = "# List\n\n- [a](https://example.org/a)\n";
const CHANGED: &str = "# List\n\n- [a](https://example.org/a) (dead)\n";

fn ledger(month: &str, failing: &str) -> String {
    format!(
        "{{\"pomona\":\"ledger\",\"version\":1,\"as_of\":\"{month}\"}}\n\
         {{\"target\":\"https://example.org/a\",\"added\":\"2026-01-01\"{failing}}}\n"
    )
}

#[test]
fn one_pull_request_is_opened_updated_and_closed() {
    let job = Job::new(LIST);
    job.check_out();
    fs::write(job.workspace.path("work/leftover.jsonl"), "of an earlier step").unwrap();
    job.wrote(&[("README.md", CHANGED)]);
    let output = job.publish(&[]);
    assert!(output.starts_with("exit 0"), "{output}");
    assert!(job.pull_request(1).is_some(), "{output}");
    let files = job.in_remote(&["ls-tree", "--name-only", "pomona/refresh"]);
    assert_eq!(files, "README.md\n", "only what the run wrote is published");
    job.check_out();
    job.wrote(&[("README.md", CHANGED)]);
    let output = job.publish(&[]);
    assert!(output.contains("the branch is up to date"), "{output}");
    job.check_out();
    job.wrote(&[]);
    let output = job.publish(&[("EXIT_CODE", "2")]);
    assert!(job.pull_request(1).unwrap().contains("\"open\""), "a run that failed closes nothing: {output}");
    let output = job.publish(&[]);
    assert!(job.pull_request(1).unwrap().contains("\"closed\""), "{output}");
    assert!(!job.in_remote(&["branch", "--list"]).contains("pomona/refresh"));
}

#[test]
fn the_ledger_alone_opens_no_pull_request_until_the_month_changes_and_is_kept() {
    let job = Job::new(LIST);
    job.workspace.write("pomona.ledger.jsonl", &ledger("2026-01-01", ""));
    git(&job.workspace, &["add", "pomona.ledger.jsonl"]);
    git(&job.workspace, &["commit", "--quiet", "--message=ledger"]);
    git(&job.workspace, &["push", "--quiet", "remote.git", "main"]);
    job.check_out();
    let newer = ledger("2026-01-01", ",\"title\":\"A\"");
    job.wrote(&[("pomona.ledger.jsonl", &newer)]);
    let output = job.publish(&[]);
    assert!(output.contains("no pull request is opened"), "{output}");
    assert!(job.pull_request(1).is_none());
    job.check_out();
    let output = job.script("recall", &[]);
    assert!(output.starts_with("exit 0"), "{output}");
    assert_eq!(fs::read_to_string(job.workspace.path("work/pomona.ledger.jsonl")).unwrap(), newer);
    job.wrote(&[("pomona.ledger.jsonl", &ledger("2026-02-01", ""))]);
    let output = job.publish(&[]);
    assert!(job.pull_request(1).is_some(), "{output}");
}

#[test]
fn a_branch_with_commits_of_a_person_is_left_as_it_is() {
    let job = Job::new(LIST);
    job.check_out();
    job.wrote(&[("README.md", CHANGED)]);
    job.publish(&[]);
    git(&job.workspace, &["fetch", "--quiet", "remote.git", "pomona/refresh"]);
    git(&job.workspace, &["switch", "--quiet", "--detach", "FETCH_HEAD"]);
    git(&job.workspace, &["commit", "--quiet", "--allow-empty", "--message=mine"]);
    git(&job.workspace, &["push", "--quiet", "remote.git", "HEAD:pomona/refresh"]);
    let mine = job.in_remote(&["rev-parse", "pomona/refresh"]);
    job.check_out();
    job.wrote(&[("README.md", "# Other\n")]);
    let output = job.publish(&[]);
    assert!(output.contains("has commits of others and is left as it is"), "{output}");
    assert_eq!(job.in_remote(&["rev-parse", "pomona/refresh"]), mine);
}

#[test]
fn a_commit_goes_on_top_of_what_was_pushed_meanwhile() {
    let job = Job::new(LIST);
    job.check_out();
    job.workspace.write("other.md", "meanwhile\n");
    git(&job.workspace, &["add", "other.md"]);
    git(&job.workspace, &["commit", "--quiet", "--message=meanwhile"]);
    git(&job.workspace, &["push", "--quiet", "remote.git", "main"]);
    job.wrote(&[("README.md", CHANGED)]);
    let output = job.publish(&[("IN_PUBLISH", "commit")]);
    assert!(output.starts_with("exit 0"), "{output}");
    assert_eq!(job.in_remote(&["show", "main:README.md"]), CHANGED);
    assert_eq!(job.in_remote(&["show", "main:other.md"]), "meanwhile\n");
    job.check_out();
    job.workspace.write("README.md", "# Another\n");
    git(&job.workspace, &["fetch", "--quiet", "remote.git", "main"]);
    git(&job.workspace, &["reset", "--quiet", "--soft", "FETCH_HEAD"]);
    git(&job.workspace, &["commit", "--quiet", "--message=conflict", "README.md"]);
    git(&job.workspace, &["push", "--quiet", "remote.git", "main"]);
    job.wrote(&[("README.md", LIST)]);
    let output = job.publish(&[("IN_PUBLISH", "commit")]);
    assert!(output.contains("exit 2") && output.contains("changed the same lines"), "{output}");
    assert_eq!(job.in_remote(&["show", "main:README.md"]), "# Another\n");
}

#[test]
fn a_run_of_another_branch_publishes_nothing() {
    let job = Job::new(LIST);
    job.check_out();
    git(&job.workspace, &["-C", "work", "switch", "--quiet", "--create", "dev"]);
    git(&job.workspace, &["-C", "work", "commit", "--quiet", "--allow-empty", "--message=dev"]);
    job.wrote(&[("README.md", CHANGED)]);
    let before = job.in_remote(&["rev-parse", "main"]);
    for publish in ["commit", "pull-request"] {
        let output = job.publish(&[("IN_PUBLISH", publish), ("GITHUB_REF", "refs/heads/dev")]);
        assert!(output.contains("only runs of main publish"), "{output}");
    }
    // The job of the default branch that checked out another one.
    let output = job.publish(&[("IN_PUBLISH", "commit")]);
    assert!(output.starts_with("exit 0"), "{output}");
    assert_eq!(job.in_remote(&["rev-parse", "main^"]), before, "the commit of dev did not go along");
}

#[test]
fn the_issue_states_why_the_last_run_failed() {
    let job = Job::new(LIST);
    job.check_out();
    let failure = job.workspace.path("tmp/errors");
    fs::write(&failure, "pomona: 40 of 41 links failed ``` @everyone\n").unwrap();
    let output = job.script("issue", &[("FAILURE", failure.to_str().unwrap())]);
    assert!(output.starts_with("exit 0"), "{output}");
    let issue = fs::read_to_string(job.workspace.path("issue-1.json")).unwrap();
    assert!(
        issue.contains("The last run was not completed") && issue.contains("40 of 41 links failed  @everyone"),
        "{issue}"
    );
    let report = job.workspace.path("tmp/report.json");
    fs::write(&report, r#"{"findings":[{"code":"mass-change","message":"30 of 40 repositories failed"}]}"#).unwrap();
    job.script("issue", &[("REPORT", report.to_str().unwrap())]);
    let issue = fs::read_to_string(job.workspace.path("issue-1.json")).unwrap();
    assert!(issue.contains("30 of 40 repositories failed"), "{issue}");
    job.script("issue", &[]);
    assert!(fs::read_to_string(job.workspace.path("issue-1.json")).unwrap().contains("\"closed\""));
}

#[test]
fn a_pull_request_that_a_person_closed_is_not_opened_again_for_the_same_news() {
    let job = Job::new("# List\n\n- [a](https://github.com/o/a)\n- [b](https://github.com/o/b)\n");
    let ledger = |a: bool, b: bool, stars: u32| {
        let record = |name: &str, archived: bool| {
            let facts = format!("{{\"stars\":{stars},\"archived\":{archived}}}");
            format!(
                "{{\"target\":\"github:o/{name}\",\"added\":\"2026-01-01\",\"alive\":\"2026-01-01\",\"facts\":{facts}}}\n"
            )
        };
        let header = "{\"pomona\":\"ledger\",\"version\":1,\"as_of\":\"2026-01-01\"}\n";
        header.to_owned() + &record("a", a) + &record("b", b)
    };
    job.workspace.write("pomona.ledger.jsonl", &ledger(false, false, 10));
    git(&job.workspace, &["add", "pomona.ledger.jsonl"]);
    git(&job.workspace, &["commit", "--quiet", "--message=ledger"]);
    git(&job.workspace, &["push", "--quiet", "remote.git", "main"]);
    let refresh = |ledger: &str, note: &str| {
        job.check_out();
        job.script("recall", &[]);
        job.wrote(&[
            ("pomona.ledger.jsonl", ledger),
            ("README.md", &format!("# List\n\n- [a](https://github.com/o/a) {note}\n- [b](https://github.com/o/b)\n")),
        ]);
        job.publish(&[])
    };
    let output = refresh(&ledger(true, false, 10), "(archived)");
    let first = job.pull_request(1).unwrap_or_else(|| panic!("{output}"));
    assert!(first.contains("\"title\": \"Refresh the list: 1 archived\""), "{first}");
    let sha = job.in_remote(&["rev-parse", "pomona/refresh"]);
    let line =
        format!("- `o/a` ([README.md:3](https://github.com/keeper/list/blob/{}/README.md?plain=1#L3))", sha.trim());
    assert!(first.contains(&line), "{first}");
    let message = job.in_remote(&["log", "-1", "--format=%B", "pomona/refresh"]);
    assert!(
        message.starts_with("Refresh the list: 1 archived\n\n**1 archived**\n\n- `o/a` (README.md:3)\n"),
        "{message}"
    );
    job.close_as_a_person(1);
    let output = refresh(&ledger(true, false, 11), "(archived, 11)");
    assert!(output.contains("a pull request with the same news was closed"), "{output}");
    assert!(job.pull_request(2).is_none());
    let output = refresh(&ledger(true, true, 12), "(archived, 12)");
    assert!(job.pull_request(2).is_some(), "{output}");
}

#[test]
fn the_pages_of_lists_are_one_folder_that_links_their_sources() {
    let job = Job::new(LIST);
    job.check_out();
    let folders = "lists/one\nlists/more/two\n";
    for folder in folders.lines() {
        let folder = job.workspace.path("work").join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("list.md"), "# Tools\n\n## Web\n\n- [a](https://example.org/a) - Does this.\n").unwrap();
        fs::write(folder.join("pomona.toml"), "source = \"list.md\"\n").unwrap();
    }
    let site = |lists: &str| {
        fs::remove_file(job.workspace.path("tmp/output")).ok();
        let variables = [("IN_LIST", lists), ("BASE_URL", "https://keeper.github.io/list"), ("GITHUB_SHA", "c0ffee")];
        let output = job.script("pages", &variables);
        assert!(output.starts_with("exit 0"), "{output}");
        let output = fs::read_to_string(job.workspace.path("tmp/output")).unwrap();
        Path::new(output.trim().strip_prefix("site=").unwrap()).to_owned()
    };
    let of_one = site(".\n");
    let page = fs::read_to_string(of_one.join("index.html")).unwrap();
    assert!(page.contains("<link rel=\"canonical\" href=\"https://keeper.github.io/list/\">"), "{page}");
    assert!(page.contains("href=\"https://github.com/keeper/list/blob/c0ffee/README.md#L3\""), "{page}");
    assert!(of_one.join("llms.txt").is_file());
    for (lists, two) in [(folders, "more/two"), ("lists", "more/two")] {
        let of_several = site(lists);
        let index = fs::read_to_string(of_several.join("index.html")).unwrap();
        assert!(index.contains("href=\"one/index.html\""), "{index}");
        let page = fs::read_to_string(of_several.join(two).join("index.html")).unwrap();
        assert!(page.contains("href=\"https://keeper.github.io/list/more/two/\""), "{page}");
        assert!(
            page.contains("href=\"https://github.com/keeper/list/blob/c0ffee/lists/more/two/list.md#L5\""),
            "{page}"
        );
    }
}

#[test]
fn a_check_leaves_its_reports_to_later_steps() {
    let job = Job::new("# List\n\n- [lost](#nowhere) - Leads nowhere.\n");
    job.check_out();
    let printed = job.script("run", &[("IN_COMMAND", "check"), ("IN_ARGUMENTS", "--offline"), ("IN_FAIL", "false")]);
    assert!(printed.starts_with("exit 0\n"), "{printed}");
    let outputs = job.workspace.read("tmp/output");
    for (name, key) in [("report", "\"code\""), ("sarif", "\"ruleId\"")] {
        let path = outputs.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap();
        let text = fs::read_to_string(path).unwrap();
        assert!(text.contains(key) && text.contains("broken-anchor"), "{name}: {text}");
    }
}
