//! The text of a batch: one document, short aliases, names as variables.
//!
//! Two batches of one shape have the same text, so that a server may keep it parsed. Fields are those of
//! GitHub's public schema (docs.github.com, "GraphQL API", objects `Repository`, `Organization`, `User`).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::details;
use crate::address::{Subpage, Target};

/// The fields that are fetched of a repository. A connection (`repositoryTopics`) counts in the points of a batch: fifty of
/// them are half a point, which rounds to the one point that every query costs.
const REPOSITORY: [&str; 18] = [
    "nameWithOwner",
    "id",
    "databaseId",
    "createdAt",
    "stargazerCount",
    "forkCount",
    "isArchived",
    "isDisabled",
    "isFork",
    "isMirror",
    "licenseInfo{spdxId}",
    "primaryLanguage{name}",
    "description",
    "homepageUrl",
    "repositoryTopics(first:20){nodes{topic{name}}}",
    "defaultBranchRef{target{...on Commit{committedDate}}}",
    "pushedAt",
    "latestRelease{publishedAt}",
];

/// The fields that are fetched of an owner; it is a user or an organization.
const OWNER: [&str; 4] = [
    "login",
    "id",
    "...on Organization{databaseId createdAt description archivedAt}",
    "...on User{databaseId createdAt description:bio}",
];

/// One target and the name it is looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lookup {
    /// What is looked up.
    pub(super) target: Target,
    /// Its name at GitHub.
    pub(super) name: Name,
    /// How often it was looked up alone without a result.
    pub(super) tries: u8,
    /// Whether it is asked for its details too.
    pub(super) detailed: bool,
}

/// A name at GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// `owner/name`.
    Repository {
        /// The login before the slash.
        owner: String,
        /// What follows it.
        name: String,
    },
    /// A login.
    Owner(String),
    /// A file or folder in a repository.
    Path {
        /// The login before the slash.
        owner: String,
        /// What follows it.
        name: String,
        /// Branch, tag or commit, and the path in it, as git writes it: `main:docs/a.md`.
        expression: String,
    },
}

impl Lookup {
    /// Looks up a target by its name; none where the target has none at GitHub.
    pub(super) fn new(target: Target) -> Option<Self> {
        let name = match &target {
            Target::Repository(repository) => {
                let (owner, name) = repository.path.split_once('/')?;
                Name::Repository { owner: owner.to_owned(), name: name.to_owned() }
            }
            Target::Owner(owner) => Name::Owner(owner.login.clone()),
            Target::Subpage(page) => {
                let (owner, name) = page.repository.path.split_once('/')?;
                Name::Path { owner: owner.to_owned(), name: name.to_owned(), expression: expression(page)? }
            }
            _ => return None,
        };
        Some(Self { target, name, tries: 0, detailed: false })
    }

    /// The full name.
    pub(super) fn full_name(&self) -> String {
        match &self.name {
            Name::Repository { owner, name } | Name::Path { owner, name, .. } => format!("{owner}/{name}"),
            Name::Owner(login) => login.clone(),
        }
    }

    /// The same without its details: they must not cost the answer.
    pub(super) fn plain(self) -> Self {
        Self { detailed: false, ..self }
    }

    /// Whether it looks for a file or folder, for which git itself has to be read.
    pub(super) fn is_path(&self) -> bool {
        matches!(self.name, Name::Path { .. })
    }
}

/// What git names the file or folder of `blob/BRANCH/PATH` and `tree/BRANCH/PATH`. A branch with a slash in its name reads
/// as another branch with a longer path: what is found exists, what is not found may exist all the same.
fn expression(page: &Subpage) -> Option<String> {
    let rest = page.rest.strip_prefix("blob/").or_else(|| page.rest.strip_prefix("tree/"))?;
    if rest.contains('?') {
        return None;
    }
    let rest = percent_decode_str(rest).decode_utf8().ok()?;
    let (branch, path) = rest.split_once('/').unwrap_or((&rest, ""));
    Some(format!("{branch}:{path}"))
}

/// The fields that are fetched: all, less those that this server turned out not to know.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    dropped: BTreeSet<&'static str>,
}

impl Fields {
    /// Drops the field that contains the word `unknown`; false where there is none that can be spared.
    pub(super) fn drop_field(&mut self, unknown: &str) -> bool {
        let contains = |field: &str| {
            field.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == unknown)
                && field != "nameWithOwner"
                && field != "login"
        };
        let fields = REPOSITORY.iter().chain(&OWNER).chain(&details::FIELDS);
        let found: Vec<_> = fields.filter(|field| contains(field) && !self.dropped.contains(*field)).copied().collect();
        self.dropped.extend(&found);
        !found.is_empty()
    }

    fn remaining(&self, all: &[&'static str]) -> String {
        all.iter().filter(|field| !self.dropped.contains(*field)).copied().collect::<Vec<_>>().join(" ")
    }
}

/// The alias of the n-th name of a batch.
pub(super) fn alias(n: usize) -> String {
    format!("r{n}")
}

/// The body of a batch: its document and the names that it lookups for.
pub(super) fn body(lookups: &[Lookup], fields: &Fields) -> Value {
    let (mut heads, mut roots, mut variables) = (Vec::new(), String::new(), Map::new());
    let (mut repositories, mut owners) = (false, false);
    for (n, lookup) in lookups.iter().enumerate() {
        let alias = alias(n);
        heads.push(format!("$o{n}:String!"));
        match &lookup.name {
            Name::Repository { owner, name } => {
                repositories = true;
                heads.push(format!("$n{n}:String!"));
                variables.insert(format!("o{n}"), json!(owner));
                variables.insert(format!("n{n}"), json!(name));
                let _ = writeln!(
                    roots,
                    "{alias}:repository(owner:$o{n},name:$n{n}){{...R{}}}",
                    if lookup.detailed { " ...D" } else { "" }
                );
            }
            Name::Owner(login) => {
                owners = true;
                variables.insert(format!("o{n}"), json!(login));
                let _ = writeln!(roots, "{alias}:repositoryOwner(login:$o{n}){{...O}}");
            }
            Name::Path { owner, name, expression } => {
                heads.push(format!("$n{n}:String! $e{n}:String!"));
                variables.insert(format!("o{n}"), json!(owner));
                variables.insert(format!("n{n}"), json!(name));
                variables.insert(format!("e{n}"), json!(expression));
                let object = format!("nameWithOwner object(expression:$e{n}){{__typename}}");
                let _ = writeln!(roots, "{alias}:repository(owner:$o{n},name:$n{n}){{{object}}}");
            }
        }
    }
    let mut document = format!("query({}){{\n{roots}}}", heads.join(" "));
    if repositories {
        let _ = write!(document, "\nfragment R on Repository{{{}}}", fields.remaining(&REPOSITORY));
    }
    if lookups.iter().any(|lookup| lookup.detailed) {
        let fields = fields.remaining(&details::FIELDS);
        let _ = write!(document, "\nfragment D on Repository{{nameWithOwner {fields}}}");
    }
    if owners {
        let _ = write!(document, "\nfragment O on RepositoryOwner{{{}}}", fields.remaining(&OWNER));
    }
    json!({ "query": document, "variables": variables })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookups(names: &[&str]) -> Vec<Lookup> {
        names.iter().map(|name| Lookup::new(name.parse().unwrap()).unwrap()).collect()
    }

    #[test]
    fn the_text_of_a_batch() {
        let body = body(&lookups(&["github:rust-lang/rust", "github:octocat"]), &Fields::default());
        assert_eq!(
            body["query"].as_str().unwrap(),
            "query($o0:String! $n0:String! $o1:String!){\n\
             r0:repository(owner:$o0,name:$n0){...R}\n\
             r1:repositoryOwner(login:$o1){...O}\n\
             }\n\
             fragment R on Repository{nameWithOwner id databaseId createdAt stargazerCount forkCount isArchived \
             isDisabled isFork isMirror licenseInfo{spdxId} primaryLanguage{name} description homepageUrl \
             repositoryTopics(first:20){nodes{topic{name}}} \
             defaultBranchRef{target{...on Commit{committedDate}}} pushedAt latestRelease{publishedAt}}\n\
             fragment O on RepositoryOwner{login id \
             ...on Organization{databaseId createdAt description archivedAt} \
             ...on User{databaseId createdAt description:bio}}"
        );
        assert_eq!(body["variables"], json!({"o0": "rust-lang", "n0": "rust", "o1": "octocat"}));
    }

    #[test]
    fn files_and_folders_are_looked_up_as_git_names_them() {
        let body = body(&lookups(&["github:a/b//blob/main/docs/%C3%A9.md"]), &Fields::default());
        assert_eq!(
            body["query"].as_str().unwrap(),
            "query($o0:String! $n0:String! $e0:String!){\n\
             r0:repository(owner:$o0,name:$n0){nameWithOwner object(expression:$e0){__typename}}\n}"
        );
        assert_eq!(body["variables"]["e0"], "main:docs/é.md");
        for (rest, wanted) in [("tree/main", Some("main:")), ("blob/main/a?raw=1", None), ("releases", None)] {
            let lookup = Lookup::new(format!("github:a/b//{rest}").parse().unwrap());
            let found = lookup.map(|lookup| match lookup.name {
                Name::Path { expression, .. } => expression,
                name => panic!("{name:?}"),
            });
            assert_eq!(found.as_deref(), wanted, "{rest}");
        }
    }

    #[test]
    fn batches_of_one_shape_share_their_text() {
        let (a, b) = (lookups(&["github:a/b", "github:c/d"]), lookups(&["github:e/f", "github:g/h"]));
        assert_eq!(body(&a, &Fields::default())["query"], body(&b, &Fields::default())["query"]);
    }

    #[test]
    fn unknown_fields_are_dropped_but_never_the_name() {
        let mut fields = Fields::default();
        assert!(fields.drop_field("committedDate") && fields.drop_field("isMirror"));
        assert!(!fields.drop_field("isMirror"), "it is dropped already");
        assert!(!fields.drop_field("nameWithOwner") && !fields.drop_field("oddity"));
        let text = body(&lookups(&["github:a/b"]), &fields)["query"].as_str().unwrap().to_owned();
        assert!(!text.contains("isMirror") && !text.contains("defaultBranchRef") && text.contains("isFork"));
    }
}
