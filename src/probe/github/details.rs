//! What is asked of a repository only where a change adds it to a list: its history and what is in it.
//!
//! One part is asked in the batch, the rest, for which the newest commit has to be known, in one more request for all.
//! It is best effort: a retry leaves it out, so that it never costs what the verdict needs.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::batch_response::{count, known, lenient};
use super::follow_up::{FollowUp, path};
use super::query::alias;
use crate::observation::{Alive, Details, Known, Seen};
use crate::probe::api::day;

/// The fields that the batch asks for beside those of every repository.
pub(super) const FIELDS: [&str; 4] = [
    "releases{totalCount}",
    "mentionableUsers{totalCount}",
    "root:object(expression:\"HEAD:\"){...on Tree{entries{name}}}",
    "defaultBranchRef{name target{oid ...on Commit{history{totalCount}}}}",
];

/// Repositories in one request: its workflow files are read, which takes GitHub longer than other fields.
pub(super) const BATCH_CAPACITY: usize = 25;

/// Requests of a run. A change that adds more repositories than they hold gets the facts of the first ones.
pub(super) const REQUEST_CAPACITY: usize = 2;

/// The folder of GitHub's own CI.
const WORKFLOWS: &str =
    "workflows:object(expression:\"HEAD:.github/workflows\"){...on Tree{entries{name object{...on Blob{text}}}}}";

/// Files and folders of other CI systems in the root of a repository: whether they run tests is not known.
const OTHER_CI: [&str; 16] = [
    ".appveyor.yml",
    ".build.yml",
    ".builds",
    ".buildkite",
    ".circleci",
    ".cirrus.yml",
    ".drone.yml",
    ".forgejo",
    ".gitea",
    ".gitlab-ci.yml",
    ".semaphore",
    ".travis.yml",
    ".woodpecker.yml",
    "appveyor.yml",
    "azure-pipelines.yml",
    "jenkinsfile",
];

/// Words of a workflow that runs tests.
const TEST_WORDS: [&str; 18] = [
    "test",
    "tests",
    "testing",
    "pytest",
    "unittest",
    "unittests",
    "nextest",
    "ctest",
    "doctest",
    "vitest",
    "jest",
    "mocha",
    "rspec",
    "phpunit",
    "junit",
    "tox",
    "nox",
    "testsuite",
];

/// Programs of a workflow that run what other files name, which may be tests.
const RUNNERS: [&str; 20] = [
    "make", "just", "task", "nix", "gradle", "gradlew", "mvn", "mvnw", "bazel", "bazelisk", "earthly", "dagger",
    "rake", "sbt", "npm", "yarn", "pnpm", "bun", "composer", "sh",
];

/// What the second request has to name.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// The newest commit of the default branch.
    commit: Option<String>,
    /// The name of the default branch.
    branch: Option<String>,
    /// Whether there is a folder for GitHub's own CI.
    has_workflows: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Total {
    #[serde(default, deserialize_with = "count")]
    total_count: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct First {
    #[serde(default, deserialize_with = "lenient")]
    releases: Option<Total>,
    #[serde(default, deserialize_with = "lenient")]
    mentionable_users: Option<Total>,
    #[serde(default, deserialize_with = "lenient")]
    root: Option<Tree>,
    #[serde(default, deserialize_with = "lenient")]
    default_branch_ref: Option<Branch>,
}

#[derive(Debug, Deserialize)]
struct Branch {
    #[serde(default, deserialize_with = "lenient")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    target: Option<Commit>,
}

#[derive(Debug, Deserialize)]
struct Commit {
    #[serde(default, deserialize_with = "lenient")]
    oid: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    history: Option<Total>,
}

#[derive(Debug, Deserialize)]
struct Tree {
    entries: Vec<File>,
}

#[derive(Debug, Deserialize)]
struct File {
    name: String,
    #[serde(default, deserialize_with = "lenient")]
    object: Option<Blob>,
}

#[derive(Debug, Deserialize)]
struct Blob {
    text: Option<String>,
}

/// What the batch answered, and what the second request names.
pub(super) fn read(node: &Map<String, Value>) -> (Details, Head) {
    let Ok(node) = First::deserialize(Value::Object(node.clone())) else { return Default::default() };
    let (branch, commit) = node.default_branch_ref.map_or((None, None), |branch| (branch.name, branch.target));
    let names: Option<Vec<String>> =
        node.root.map(|root| root.entries.into_iter().map(|file| file.name.to_lowercase()).collect());
    let has = |wanted: &str| names.iter().flatten().any(|name| name == wanted);
    let has_workflows = has(".github");
    // Without any CI there are no tests in it; what another system runs is not known.
    let is_without_ci = names.is_some() && !has_workflows && !OTHER_CI.iter().any(|name| has(name));
    let details = Details {
        commits: commit.as_ref().and_then(|commit| commit.history.as_ref()?.total_count),
        // Where GitHub can assign no commit to an account, who worked on it is not known.
        contributors: node.mentionable_users.and_then(|users| users.total_count).filter(|count| *count > 0),
        releases: node.releases.and_then(|releases| releases.total_count),
        // GitHub shows one from these two folders too.
        readme: names.as_ref().and_then(|names| {
            let found = names.iter().any(|name| name == "readme" || name.starts_with("readme."));
            (found || !(has("docs") || has_workflows)).then_some(found)
        }),
        tests: is_without_ci.then_some(false),
        ..Details::default()
    };
    (details, Head { commit: commit.and_then(|commit| commit.oid), branch, has_workflows })
}

/// What the second request asks of one repository; none where nothing is left to ask.
fn selection(n: usize, alive: &Alive, head: &Head) -> Option<(String, Map<String, Value>)> {
    let (mut fields, mut variables) = (String::new(), Map::new());
    let commits = alive.details.as_ref().and_then(|details| details.commits).filter(|commits| *commits > 1);
    if let (Some(commit), Some(commits)) = (&head.commit, commits) {
        // A cursor of a history is its newest commit and a position; the oldest comes after the last but one.
        fields.push_str("defaultBranchRef{target{...on Commit{history(first:1,after:$a");
        let _ = write!(fields, "{n}){{nodes{{committedDate}}}}}}}}}} ");
        variables.insert(format!("a{n}"), json!(format!("{commit} {}", commits - 2)));
    }
    let owner = alive.facts.name.as_deref().and_then(|name| name.split_once('/')).map(|(owner, _)| owner);
    if let (Some(branch), Some(owner), Some(true)) = (&head.branch, owner, alive.facts.fork) {
        let _ = write!(fields, "parent{{defaultBranchRef{{compare(headRef:$h{n}){{aheadBy}}}}}} ");
        variables.insert(format!("h{n}"), json!(format!("{owner}:{branch}")));
    }
    if head.has_workflows {
        fields.push_str(WORKFLOWS);
    }
    (!fields.is_empty()).then_some((fields, variables))
}

/// The document and variables of the second request; none where nothing is left to ask.
pub(super) fn query(batch: &[FollowUp]) -> Option<Value> {
    let (mut heads, mut roots, mut variables) = (String::new(), String::new(), Map::new());
    for (n, item) in batch.iter().enumerate() {
        let (Seen::Alive(alive), Some(head), Some((owner, name))) = (&item.seen, &item.head, path(&item.target)) else {
            continue;
        };
        let Some((fields, values)) = selection(n, alive, head) else { continue };
        let _ = write!(heads, "$o{n}:String! $n{n}:String! ");
        values.keys().for_each(|key| {
            let _ = write!(heads, "${key}:String! ");
        });
        variables.extend(values);
        variables.extend([(format!("o{n}"), json!(owner)), (format!("n{n}"), json!(name))]);
        let _ = writeln!(roots, "{}:repository(owner:$o{n},name:$n{n}){{{fields}}}", alias(n));
    }
    let query = format!("query({}){{\n{roots}}}", heads.trim_end());
    (!roots.is_empty()).then(|| json!({ "query": query, "variables": variables }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Second {
    #[serde(default, deserialize_with = "lenient")]
    default_branch_ref: Option<Target>,
    #[serde(default, deserialize_with = "lenient")]
    parent: Option<Parent>,
    #[serde(default, deserialize_with = "known")]
    workflows: Known<Tree>,
}

#[derive(Debug, Deserialize)]
struct Target {
    target: History,
}

#[derive(Debug, Deserialize)]
struct History {
    history: Commits,
}

#[derive(Debug, Deserialize)]
struct Commits {
    nodes: Vec<Dated>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dated {
    committed_date: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parent {
    default_branch_ref: Compared,
}

#[derive(Debug, Deserialize)]
struct Compared {
    compare: Ahead,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ahead {
    ahead_by: u64,
}

/// Adds what the second request answered, where it was sent and answered.
pub(super) fn complete(item: &mut FollowUp, node: Option<Value>) {
    let Seen::Alive(alive) = &mut item.seen else { return };
    let alive = Arc::make_mut(alive);
    let newest = alive.facts.commit.flatten();
    let Some(details) = alive.details.as_deref_mut() else { return };
    if details.commits == Some(1) {
        details.first_commit = newest;
    }
    let Some(node) = node.and_then(|node| Second::deserialize(node).ok()) else { return };
    let oldest = node.default_branch_ref.and_then(|branch| branch.target.history.nodes.into_iter().next());
    details.first_commit = oldest.and_then(|commit| day(&commit.committed_date)).or(details.first_commit);
    details.own_commits = node.parent.map(|parent| parent.default_branch_ref.compare.ahead_by);
    if let Some(workflows) = node.workflows {
        details.tests = workflows.map_or(Some(false), |tree| runs_tests(&tree.entries));
    }
}

/// Whether these workflows run tests; unknown where they run what other files name.
fn runs_tests(workflows: &[File]) -> Option<bool> {
    let texts = workflows.iter().flat_map(|file| {
        let text = file.object.as_ref().and_then(|blob| blob.text.as_deref());
        [Some(file.name.as_str()), text].into_iter().flatten()
    });
    let mut is_known = true;
    for text in texts {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase) {
            if TEST_WORDS.contains(&word.as_str()) {
                return Some(true);
            }
            is_known &= !RUNNERS.contains(&word.as_str());
        }
        // A workflow of another file or repository.
        is_known &= !text.contains(".yml@") && !text.contains(".yaml@") && !text.contains("uses: ./");
    }
    is_known.then_some(false)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use std::time::Duration;

    use futures_util::StreamExt as _;

    use super::*;
    use crate::probe::github::{GitHub, GitHubSettings, Token};
    use crate::probe::loopback::{Loopback, canned};
    use crate::probe::{Event, Probe as _};

    fn repository() -> Value {
        json!({
            "nameWithOwner": "a/b", "id": "R_1", "databaseId": 1, "stargazerCount": 900, "isFork": true,
            "releases": {"totalCount": 0}, "mentionableUsers": {"totalCount": 812},
            "root": {"entries": [{"name": "Readme.md"}, {"name": ".github"}]},
            "defaultBranchRef": {"name": "main", "target": {
                "committedDate": "2099-01-02T00:00:00Z", "oid": "c0ffee", "history": {"totalCount": 7},
            }},
        })
    }

    fn second() -> Value {
        json!({
            "defaultBranchRef": {"target": {"history": {"nodes": [{"committedDate": "2021-03-04T00:00:00Z"}]}}},
            "parent": {"defaultBranchRef": {"compare": {"aheadBy": 3}}},
            "workflows": {"entries": [{"name": "ci.yml", "object": {"text": "run: cargo test"}}]},
        })
    }

    /// Looks at `a/b`, which a change adds, where the server answers the n-th request so.
    async fn look(answer: impl Fn(usize, &str) -> String + Send + Sync + 'static) -> (Alive, Vec<String>) {
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let server = Loopback::serve(move |request| {
            answer(asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst), &request.body)
        });
        let target: crate::address::Target = "github:a/b".parse().unwrap();
        let settings = GitHubSettings {
            api_url: server.url.clone(),
            graphql_url: format!("{}/graphql", server.url),
            token: Token::new("gho_test"),
            pause: Duration::from_millis(1),
            allow_private: true,
            details: BTreeSet::from([target.clone()]),
            ..GitHubSettings::default()
        };
        let events: Vec<Event> = GitHub::new(settings).unwrap().look(vec![target]).collect().await;
        let alive = events.into_iter().find_map(|event| match event {
            Event::Seen(observation) => match observation.seen {
                Seen::Alive(alive) => Some(Arc::unwrap_or_clone(alive)),
                Seen::Failed(_) => None,
            },
            _ => None,
        });
        (alive.unwrap(), server.seen().into_iter().map(|request| request.body).collect())
    }

    fn data(node: &Value) -> String {
        canned(200, &[], json!({"data": {"r0": node}}))
    }

    #[tokio::test]
    async fn what_reviewers_ask_takes_one_request_more() {
        let (alive, asked) = look(|n, _| data(&if n == 0 { repository() } else { second() })).await;
        let expected = Details {
            first_commit: Some("2021-03-04".parse().unwrap()),
            commits: Some(7),
            contributors: Some(812),
            releases: Some(0),
            readme: Some(true),
            tests: Some(true),
            own_commits: Some(3),
        };
        assert_eq!((alive.facts.stars, alive.details.as_deref()), (Some(900), Some(&expected)));
        assert_eq!(asked.len(), 2);
        let body: Value = serde_json::from_str(&asked[1]).unwrap();
        assert_eq!(
            body["query"],
            "query($o0:String! $n0:String! $a0:String! $h0:String!){\n\
             r0:repository(owner:$o0,name:$n0){defaultBranchRef{target{...on Commit{history(first:1,after:$a0){nodes\
             {committedDate}}}}} parent{defaultBranchRef{compare(headRef:$h0){aheadBy}}} workflows:object(expression:\
             \"HEAD:.github/workflows\"){...on Tree{entries{name object{...on Blob{text}}}}}}\n}"
        );
        assert_eq!(body["variables"], json!({"o0": "a", "n0": "b", "a0": "c0ffee 5", "h0": "a:main"}));
    }

    #[tokio::test]
    async fn details_never_cost_the_answer() {
        let (alive, asked) =
            look(|_, body| if body.contains("mentionableUsers") { canned(502, &[], "") } else { data(&repository()) })
                .await;
        assert_eq!((alive.facts.stars, alive.details.as_deref()), (Some(900), Some(&Details::default())));
        assert_eq!(asked.len(), 2, "the retry leaves them out");
        let (alive, _) = look(|n, _| if n == 0 { data(&repository()) } else { canned(502, &[], "") }).await;
        let details = alive.details.unwrap();
        assert_eq!((details.commits, details.first_commit, details.tests), (Some(7), None, None));
    }

    #[test]
    fn what_is_in_a_repository_is_read_from_its_root() {
        let read = |names: &[&str]| {
            let entries: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
            let Value::Object(node) = json!({"root": {"entries": entries}}) else { unreachable!() };
            let details = read(&node).0;
            (details.readme, details.tests)
        };
        assert_eq!(read(&["README", "src"]), (Some(true), Some(false)));
        assert_eq!(read(&["src"]), (Some(false), Some(false)));
        assert_eq!(read(&["docs"]), (None, Some(false)));
        assert_eq!(read(&["readme.rst", ".gitlab-ci.yml"]), (Some(true), None));
        assert_eq!(read(&["readme.md", ".github"]), (Some(true), None));
        assert_eq!(super::read(&Map::new()).0, Details::default());
    }

    #[test]
    fn tests_are_named_by_whole_words() {
        let workflow = |text: &str| {
            runs_tests(&[File { name: "a.yml".to_owned(), object: Some(Blob { text: Some(text.to_owned()) }) }])
        };
        for (text, expected) in [
            ("runs-on: ubuntu-latest\nrun: cargo build", Some(false)),
            ("run: cargo nextest run", Some(true)),
            ("name: Unit tests", Some(true)),
            ("uses: actions/attest@v1", Some(false)),
            ("run: make all", None),
            ("uses: a/b/.github/workflows/c.yml@v1", None),
        ] {
            assert_eq!(workflow(text), expected, "{text}");
        }
        assert_eq!(runs_tests(&[]), Some(false));
    }
}
