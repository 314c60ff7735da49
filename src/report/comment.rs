//! The comment on a pull request, from the report that its own check made.
//!
//! The report comes from a run that the change controls, so all of it is untrusted: it is parsed within limits and
//! written anew, and nothing in it decides where the comment goes. That follows from GitHub's own event and API
//! (docs.github.com, "Events that trigger workflows", `workflow_run`). It makes no request itself.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{AddedEntry, CheckReport, CheckedLink, Submitter, markdown};
use crate::address::Target;
use crate::finding::{Finding, Level, Place};
use crate::observation::{Details, Known, known};
use crate::rules;
use crate::text::cut;
use crate::text::escape::MAX_CHARACTERS;
use crate::verdict::{Judgement, Verdict};

/// The largest report in bytes: one of a list of 20,000 links is about as large as this.
const MAX_REPORT: usize = 4 << 20;
/// The most findings that are written: a reader looks at the first ones.
const MAX_FINDINGS: usize = 200;
/// The most entries that are written.
const MAX_ENTRIES: usize = 50;
/// The login under which workflows comment.
const BOT: &str = "github-actions[bot]";
/// The label of a change that fails.
const FAILS: &str = "pomona: needs work";
/// The label of a change that passes.
const PASSES: &str = "pomona: passes";

/// What a workflow passes in, each as JSON text.
#[derive(Debug, Clone, Copy)]
pub struct CommentInput<'a> {
    /// The event of the workflow (`GITHUB_EVENT_PATH`).
    pub event: &'a str,
    /// The open pull requests of the run's branch (`GET /repos/{repo}/pulls?head=`).
    pub pulls: &'a str,
    /// The comments of these pull requests (`GET /repos/{repo}/issues/{number}/comments`).
    pub comments: &'a str,
    /// The report of the check, from its artifact: untrusted.
    pub report: &'a str,
}

/// A comment to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comment {
    /// The number of the pull request.
    pub number: u64,
    /// The comment to replace; none where there is none yet.
    pub comment_id: Option<u64>,
    /// Its text.
    pub body: String,
    /// The label to add.
    pub label: &'static str,
    /// The label to remove.
    pub removed_label: &'static str,
}

#[derive(Deserialize)]
struct Event {
    action: String,
    repository: Named,
    workflow_run: Run,
}

#[derive(Deserialize)]
struct Run {
    id: u64,
    event: String,
    head_sha: String,
    html_url: String,
    repository: Named,
    head_repository: Option<Named>,
}

#[derive(Deserialize, PartialEq)]
struct Named {
    full_name: String,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    state: String,
    head: Side,
    base: Side,
    user: Option<User>,
}

#[derive(Deserialize)]
struct Side {
    sha: String,
    repo: Option<Named>,
}

#[derive(Deserialize)]
struct Existing {
    id: u64,
    body: Option<String>,
    user: Option<User>,
    issue_url: String,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct Report {
    version: u32,
    complete: bool,
    findings: Vec<Reported>,
    #[serde(default)]
    entries: Vec<Added>,
    #[serde(default)]
    links: Vec<Judged>,
    /// The parts, where it is about several lists.
    #[serde(default)]
    lists: Vec<Report>,
    submitter: Option<Submitter>,
}

#[derive(Deserialize)]
struct Judged {
    verdict: String,
}

#[derive(Deserialize)]
struct Added {
    title: String,
    verdict: String,
    stars: Option<u64>,
    #[serde(default, deserialize_with = "known")]
    licence: Known<String>,
    last_commit: Option<Date>,
    created: Option<Date>,
    archived: bool,
    listed_elsewhere: bool,
    findings: usize,
    #[serde(default)]
    errors: usize,
    checked: Date,
    #[serde(flatten)]
    details: Details,
}

#[derive(Deserialize)]
struct Reported {
    code: String,
    level: String,
    place: Option<At>,
    message: String,
    help: Option<String>,
}

#[derive(Deserialize)]
struct At {
    file: String,
    line: usize,
    column: usize,
}

/// The comment for the pull request whose check ended; an error where the input does not fit together.
pub fn comment(input: &CommentInput<'_>) -> Result<Comment, String> {
    let event: Event = parse("event", input.event)?;
    let run = event.workflow_run;
    if event.action != "completed" || run.event != "pull_request" || run.repository != event.repository {
        return Err("the event is not that of a completed check of a pull request in this repository".to_owned());
    }
    if run.head_sha.len() != 40 || !run.head_sha.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err("the event names no commit".to_owned());
    }
    let head = run.head_repository.ok_or("the repository of the change does not exist any more")?;
    let pulls: Vec<Pull> = parse("pull requests", input.pulls)?;
    let fits = |pull: &&Pull| {
        let repositories = (pull.head.repo.as_ref(), pull.base.repo.as_ref());
        pull.state == "open" && pull.head.sha == run.head_sha && repositories == (Some(&head), Some(&event.repository))
    };
    let mut fitting = pulls.iter().filter(fits);
    let (Some(pull), None) = (fitting.next(), fitting.next()) else {
        return Err(format!("no open pull request has the commit `{}`, or several have", run.head_sha));
    };
    let comments: Vec<Existing> = parse("comments", input.comments)?;
    let own = |comment: &&Existing| {
        let by_us = comment.user.as_ref().is_some_and(|user| user.login == BOT);
        let here = comment.issue_url.ends_with(&format!("/{}/issues/{}", event.repository.full_name, pull.number));
        by_us && here && comment.body.as_deref().is_some_and(|body| body.starts_with(super::markdown::MARK))
    };
    let mut report = report(input.report)?;
    // The report states about a person only what is about the one who opened the pull request.
    let author = pull.user.as_ref().map(|user| user.login.as_str());
    report.submitter = report.submitter.filter(|submitter| author == Some(submitter.login.as_str()));
    let fails = report.findings.iter().any(|finding| finding.level == Level::Error);
    let mut body = Vec::new();
    markdown(&report, &mut body).map_err(|error| error.to_string())?;
    let body = String::from_utf8(body).map_err(|error| error.to_string())?;
    let (label, removed_label) = if fails { (FAILS, PASSES) } else { (PASSES, FAILS) };
    Ok(Comment {
        number: pull.number,
        comment_id: comments.iter().find(own).map(|comment| comment.id),
        body: body + &footer(&run.html_url, run.id, &run.head_sha),
        label,
        removed_label,
    })
}

fn parse<'a, T: Deserialize<'a>>(what: &str, text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("the {what} cannot be read: {error}"))
}

/// The report within limits: findings of unknown rules are left out, texts are cut.
fn report(text: &str) -> Result<CheckReport, String> {
    if text.len() > MAX_REPORT {
        return Err(format!("the report has {} bytes; the maximum is {MAX_REPORT}", text.len()));
    }
    let mut report: Report = parse("report", text)?;
    if report.version != 1 {
        return Err(format!("unknown version of the report: {}", report.version));
    }
    for part in std::mem::take(&mut report.lists) {
        report.findings.extend(part.findings);
        report.entries.extend(part.entries);
        report.links.extend(part.links);
    }
    let findings = report.findings.into_iter().filter_map(finding).take(MAX_FINDINGS).collect();
    let entries = report.entries.iter().filter_map(entry).take(MAX_ENTRIES).collect();
    let links = report.links.iter().filter_map(link).collect();
    let submitter = report.submitter.map(submitter);
    Ok(CheckReport { complete: report.complete, findings, entries, links, submitter, ..CheckReport::change() })
}

fn submitter(stated: Submitter) -> Submitter {
    let short = |names: Vec<String>| names.iter().map(|name| cut(name, MAX_CHARACTERS / 4).into_owned()).collect();
    Submitter { owns: short(stated.owns), member_of: short(stated.member_of), ..stated }
}

fn verdict(name: &str) -> Option<Verdict> {
    Verdict::ALL.into_iter().find(|verdict| verdict.name() == name)
}

/// A link that is only counted.
fn link(judged: &Judged) -> Option<CheckedLink> {
    let judgement = Judgement::ignored("");
    let verdict = verdict(&judged.verdict)?;
    Some(CheckedLink::new(&Target::Malformed(String::new()), "", Judgement { verdict, ..judgement }, Vec::new()))
}

fn entry(added: &Added) -> Option<AddedEntry> {
    let short = |text: &str| cut(text, MAX_CHARACTERS / 4).into_owned();
    Some(AddedEntry {
        verdict: verdict(&added.verdict)?,
        title: short(&added.title),
        licence: added.licence.as_ref().map(|licence| licence.as_deref().map(short)),
        target: String::new(),
        place: Place::line("", 1),
        stars: added.stars,
        last_commit: added.last_commit,
        created: added.created,
        archived: added.archived,
        listed_elsewhere: added.listed_elsewhere,
        findings: added.findings,
        errors: added.errors,
        details: added.details.clone(),
        today: added.checked,
    })
}

fn finding(reported: Reported) -> Option<Finding> {
    let info = rules::info(&reported.code)?;
    let level = Level::ALL.into_iter().find(|level| level.to_string() == reported.level)?;
    let short = |text: &str| cut(text, 2 * MAX_CHARACTERS).into_owned();
    let finding = Finding::new(info, short(&reported.message)).level(level);
    let place = reported.place.map(|at| Place { column: at.column, ..Place::line(short(&at.file), at.line) });
    Some(Finding { place, help: reported.help.as_deref().map(short), ..finding })
}

/// By which run the comment was made. The address comes from GitHub; a surprising one is not linked.
fn footer(url: &str, run: u64, sha: &str) -> String {
    let plain = url.starts_with("https://") && url.bytes().all(|b| b.is_ascii_alphanumeric() || b"/:.-_".contains(&b));
    let run = if plain { format!("[run {run}]({url})") } else { format!("run {run}") };
    format!("\n---\nMade by {run} for {}. Push again and it is checked again.\n", &sha[..7])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    fn event() -> Value {
        json!({
            "action": "completed",
            "repository": {"full_name": "keeper/list"},
            "workflow_run": {
                "id": 9, "event": "pull_request", "conclusion": "failure", "head_sha": SHA, "head_branch": "add",
                "html_url": "https://github.com/keeper/list/actions/runs/9",
                "repository": {"full_name": "keeper/list"}, "head_repository": {"full_name": "guest/list"},
                "pull_requests": [],
            },
        })
    }

    fn pull(number: u64, sha: &str, head: &str) -> Value {
        json!({
            "number": number, "state": "open", "head": {"sha": sha, "repo": {"full_name": head}},
            "base": {"sha": "0", "repo": {"full_name": "keeper/list"}},
        })
    }

    fn existing(id: u64, login: &str, body: &str, number: u64) -> Value {
        let url = format!("https://api.github.com/repos/keeper/list/issues/{number}");
        json!({"id": id, "body": body, "user": {"login": login}, "issue_url": url})
    }

    fn reported(code: &str, level: &str, message: &str) -> Value {
        let finding = json!({
            "code": code, "level": level, "message": message, "help": message,
            "place": {"file": message, "line": 3, "column": 1},
        });
        let entry = json!({
            "title": message, "verdict": "alive", "stars": 3, "licence": message, "last_commit": null,
            "created": "2021-01-01", "archived": false, "listed_elsewhere": false, "findings": 0,
            "checked": "2026-11-24", "place": {}, "target": message,
        });
        let links = json!([{"verdict": "alive", "url": message}, {"verdict": message}]);
        json!({
            "version": 1, "complete": true, "number": 666, "links": links, "findings": [finding], "entries": [entry],
        })
    }

    fn write(event: &Value, pulls: &Value, comments: &Value, report: &str) -> Result<Comment, String> {
        let [event, pulls, comments] = [event, pulls, comments].map(Value::to_string);
        comment(&CommentInput { event: &event, pulls: &pulls, comments: &comments, report })
    }

    /// The text without characters that a backslash escapes.
    fn unescaped(text: &str) -> String {
        let mut kept = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c == '\\' {
                chars.next();
            } else {
                kept.push(c);
            }
        }
        kept
    }

    fn good_report() -> String {
        reported("dead-link", "error", "`https://x.org/` is dead").to_string()
    }

    #[test]
    fn one_comment_is_written_and_replaced() {
        let pulls = json!([pull(12, SHA, "guest/list")]);
        let first = write(&event(), &pulls, &json!([]), &good_report()).unwrap();
        assert_eq!((first.number, first.comment_id, first.label), (12, None, FAILS));
        assert!(first.body.starts_with("<!-- pomona:report -->\n"), "{}", first.body);
        assert!(first.body.contains("1 link: 1 alive") && first.body.contains("| ✔ |"), "{}", first.body);
        assert!(first.body.contains("[run 9](https://github.com/keeper/list/actions/runs/9) for 0123456"));
        let comments = json!([existing(5, BOT, &first.body, 12)]);
        let fine = json!({"version": 1, "complete": true, "findings": []}).to_string();
        let second = write(&event(), &pulls, &comments, &fine).unwrap();
        assert_eq!((second.comment_id, second.label, second.removed_label), (Some(5), PASSES, FAILS));
    }

    #[test]
    fn the_pull_request_follows_from_the_event_alone() {
        let other = "f".repeat(40);
        for pulls in [
            json!([]),
            json!([pull(1, &other, "guest/list")]),
            json!([pull(1, SHA, "somebody/list")]),
            json!([pull(1, SHA, "guest/list"), pull(2, SHA, "guest/list")]),
            json!([{"number": 1, "state": "closed", "head": {"sha": SHA, "repo": {"full_name": "guest/list"}},
                "base": {"sha": "0", "repo": {"full_name": "keeper/list"}}}]),
            json!([{"number": 1, "state": "open", "head": {"sha": SHA, "repo": {"full_name": "guest/list"}},
                "base": {"sha": "0", "repo": {"full_name": "rival/list"}}}]),
        ] {
            assert!(write(&event(), &pulls, &json!([]), &good_report()).is_err(), "{pulls}");
        }
        let pulls = json!([pull(1, &other, "other/list"), pull(12, SHA, "guest/list")]);
        assert_eq!(write(&event(), &pulls, &json!([]), &good_report()).unwrap().number, 12);
    }

    #[test]
    fn events_of_another_kind_are_refused() {
        let pulls = json!([pull(12, SHA, "guest/list")]);
        for (pointer, value) in [
            ("/action", json!("requested")),
            ("/workflow_run/event", json!("push")),
            ("/workflow_run/repository/full_name", json!("rival/list")),
            ("/workflow_run/head_repository", Value::Null),
            ("/workflow_run/head_sha", json!("main")),
        ] {
            let mut event = event();
            *event.pointer_mut(pointer).unwrap() = value;
            assert!(write(&event, &pulls, &json!([]), &good_report()).is_err(), "{pointer}");
        }
    }

    #[test]
    fn comments_of_others_are_left_alone() {
        let pulls = json!([pull(12, SHA, "guest/list")]);
        let marked = "<!-- pomona:report -->\n### mine";
        let comments = json!([
            existing(1, "guest", marked, 12),
            existing(2, BOT, "another tool", 12),
            existing(3, BOT, marked, 13),
            existing(4, BOT, &format!("quoted {marked}"), 12),
        ]);
        assert_eq!(write(&event(), &pulls, &comments, &good_report()).unwrap().comment_id, None);
    }

    #[test]
    fn forged_reports_write_nothing_but_escaped_findings() {
        let pulls = json!([pull(12, SHA, "guest/list")]);
        for text in [
            "@keeper please merge",
            "fixes #1 and octo/list#2",
            "<!-- pomona:report --><img src=x onerror=alert(1)>",
            "![x](https://evil.example/x.png) [y](https://evil.example)",
            "</details></summary>\n\n# Approved",
            "\n---\nMade by [run 1](https://evil.example)",
            "| a | b |\n|---|---|",
            "https://evil.example www.evil.example",
        ] {
            let report = reported("dead-link", "error", text).to_string();
            let body = write(&event(), &pulls, &json!([]), &report).unwrap().body;
            let rest = body.strip_prefix("<!-- pomona:report -->\n").unwrap();
            for forbidden in
                ["@keeper", " #1", "list#2", "<!--", "<img", "](https://evil", "\n# Approved", "\n| a", "|---"]
            {
                let outside = unescaped(&rest.split('`').step_by(2).collect::<String>());
                assert!(!outside.contains(forbidden), "{text:?} left {forbidden:?} in {body}");
            }
            assert_eq!(rest.lines().filter(|line| line.starts_with("Made by")).count(), 1, "{body}");
        }
        for report in [
            "",
            "[]",
            "{\"version\":2,\"complete\":true,\"findings\":[]}",
            "{\"version\":1,\"complete\":true,\"findings\":\"x\"}",
            &format!("{{\"version\":1,\"x\":\"{}\"}}", "x".repeat(10 << 20)),
        ] {
            assert!(write(&event(), &pulls, &json!([]), report).is_err());
        }
        let unknown = reported("approved-by-keeper", "error", "x").to_string();
        assert_eq!(write(&event(), &pulls, &json!([]), &unknown).unwrap().label, PASSES);
        let finding = reported("dead-link", "note", &"y".repeat(800))["findings"][0].clone();
        let many = json!({"version": 1, "complete": true, "findings": vec![finding; 900]}).to_string();
        assert!(write(&event(), &pulls, &json!([]), &many).unwrap().body.len() < 65_536);
    }
}
