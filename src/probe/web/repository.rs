//! The repository that a page names by a standard.
//!
//! - `codeRepository` in JSON-LD (schema.org, `SoftwareSourceCode`);
//! - `rel="vcs-git"` of a link (the microformat "rel-vcs");
//! - `<meta name="go-import" content="PREFIX git ADDRESS">` (go.dev, "Go Modules Reference", "Serving modules").
//!
//! It is read from the part of the page that was fetched anyway. A page that names several names none: it is a list.

use html5gum::{StartTag, Token};

use super::page::tokens;
use crate::address::{Forges, Target};
use crate::observation::{PageRepository, RepositoryStandard};

/// Longest address, in bytes.
const MAX_ADDRESS: usize = 300;
/// Deepest value of JSON-LD that is looked into: real ones have `@graph`, an item, and its parts.
const MAX_DEPTH: usize = 8;
/// What a page that names a repository contains: most pages have none of it and are not read again.
const MARKERS: [&str; 3] = ["codeRepository", "vcs-git", "go-import"];

/// The only repository that a page names.
pub(super) fn named(text: &str) -> Option<PageRepository> {
    if !MARKERS.iter().any(|marker| text.contains(marker)) {
        return None;
    }
    let mut found: Vec<PageRepository> = Vec::new();
    let mut script: Option<Vec<u8>> = None;
    for token in tokens(text.as_bytes()) {
        match token {
            Token::StartTag(tag) => match tag.name.as_slice() {
                b"meta" => found.extend(go_import(&tag)),
                b"link" | b"a" => found.extend(vcs_git(&tag)),
                b"script" if has_word(&tag, b"type", "application/ld+json") => script = Some(Vec::new()),
                _ => {}
            },
            Token::String(text) => {
                if let Some(script) = &mut script {
                    script.extend_from_slice(&text);
                }
            }
            Token::EndTag(tag) if tag.name.as_slice() == b"script" => {
                let value = script.take().and_then(|text| serde_json::from_slice(&text).ok());
                if let Some(value) = value {
                    code_repositories(&value, MAX_DEPTH, &mut found);
                }
            }
            _ => {}
        }
    }
    let first = found.first()?;
    let target = |named: &PageRepository| Forges::default().target(&named.url);
    found.iter().all(|other| target(other) == target(first)).then(|| first.clone())
}

fn attribute(tag: &StartTag<()>, name: &[u8]) -> Option<String> {
    Some(String::from_utf8_lossy(tag.attributes.get(name)?).into_owned())
}

fn has_word(tag: &StartTag<()>, name: &[u8], word: &str) -> bool {
    attribute(tag, name).is_some_and(|value| value.split_whitespace().any(|w| w.eq_ignore_ascii_case(word)))
}

fn go_import(tag: &StartTag<()>) -> Option<PageRepository> {
    let content = attribute(tag, b"content").filter(|_| has_word(tag, b"name", "go-import"))?;
    let mut words = content.split_whitespace();
    let (vcs, address) = (words.nth(1)?, words.next()?);
    if vcs == "git" { repository(address, RepositoryStandard::GoImport) } else { None }
}

fn vcs_git(tag: &StartTag<()>) -> Option<PageRepository> {
    let address = attribute(tag, b"href").filter(|_| has_word(tag, b"rel", "vcs-git"))?;
    repository(&address, RepositoryStandard::VcsGit)
}

fn code_repositories(value: &serde_json::Value, depth: usize, found: &mut Vec<PageRepository>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| code_repositories(item, depth, found)),
        serde_json::Value::Object(fields) => {
            let address = fields.get("codeRepository").and_then(serde_json::Value::as_str);
            found.extend(address.and_then(|address| repository(address, RepositoryStandard::JsonLd)));
            fields.values().for_each(|item| code_repositories(item, depth, found));
        }
        _ => {}
    }
}

/// A web address, and no part of a repository.
fn repository(address: &str, standard: RepositoryStandard) -> Option<PageRepository> {
    let address = address.trim();
    let address = address.strip_prefix("git+").unwrap_or(address);
    let address = address.strip_prefix("git://").map_or_else(|| address.to_owned(), |rest| format!("https://{rest}"));
    let is_web = address.starts_with("https://") || address.starts_with("http://");
    let is_part = matches!(Forges::default().target(&address), Target::Subpage(_) | Target::Owner(_));
    (is_web && !is_part && address.len() <= MAX_ADDRESS).then_some(PageRepository { url: address, standard })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_repository_by_a_standard() {
        use RepositoryStandard::{GoImport, JsonLd, VcsGit};
        for (page, expected) in [
            (
                r#"<meta name="go-import" content="go.x.org/zap git https://github.com/x/zap">"#,
                Some(("https://github.com/x/zap", GoImport)),
            ),
            (r#"<meta name="go-import" content="go.x.org/zap mod https://proxy.x.org">"#, None),
            (r#"<meta name="go-import" content="go.x.org/zap git">"#, None),
            (
                r#"<link rel="vcs-git" href="git://git.x.org/x.git" title="x">"#,
                Some(("https://git.x.org/x.git", VcsGit)),
            ),
            (r#"<a rel="nofollow VCS-git" href=https://github.com/a/b>source</a>"#, None),
            (
                r#"<p>vcs-git</p><a rel="nofollow VCS-git" href=https://github.com/a/b>source</a>"#,
                Some(("https://github.com/a/b", VcsGit)),
            ),
            (
                r#"<h1>x</h1><script type="application/ld+json">{"@graph":[{"@type":"SoftwareSourceCode","codeRepository":"git+https://github.com/a/b.git"}]}</script>"#,
                Some(("https://github.com/a/b.git", JsonLd)),
            ),
            (r#"<script>{"codeRepository":"https://github.com/a/b"}</script>"#, None),
            (r#"<script type="application/ld+json">{"codeRepository":"https://github.com/a"}</script>"#, None),
            (r#"<script type="application/ld+json">{"codeRepository":</script>"#, None),
            (r#"<script type="application/ld+json">{"codeRepository":"javascript:alert(1)"}</script>"#, None),
            // Two spellings of one repository are one; two repositories are a list.
            (
                r#"<link rel="vcs-git" href="https://github.com/a/b.git"><link rel="vcs-git" href="https://github.com/A/B">"#,
                Some(("https://github.com/a/b.git", VcsGit)),
            ),
            (
                r#"<link rel="vcs-git" href="https://github.com/a/b"><link rel="vcs-git" href="https://github.com/a/c">"#,
                None,
            ),
            ("<p>codeRepository</p>", None),
        ] {
            let found = named(page);
            assert_eq!(found.as_ref().map(|found| (found.url.as_str(), found.standard)), expected, "{page}");
        }
        let deep = format!("<script type=\"application/ld+json\">{}\"codeRepository\"</script>", "[".repeat(100_000));
        assert_eq!(named(&deep), None);
    }
}
