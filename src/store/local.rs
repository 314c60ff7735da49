//! The files beside a list that its relative links lead to.

use std::fs;
use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;

use super::folder::repository_root;
use super::sources::expect_markdown;
use crate::address::LocalFile;
use crate::markdown::Document;

/// How large a file may be that is read for its anchors, in bytes: ten times what GitHub renders.
const READ_LIMIT: u64 = 5 << 20;

/// Checks a relative destination `written` in a file of `folder`: whether the file is there, and, where it is
/// Markdown, whether it has the anchor.
///
/// Paths count from the folder, or with a slash in front from the root of the repository. What leaves the
/// repository (`../../issues` is a page of GitHub) is not checked.
pub fn local(folder: &Path, written: &str) -> LocalFile {
    let (path, fragment) = written.split_once('#').map_or((written, None), |(path, part)| (path, Some(part)));
    let path = path.split('?').next().unwrap_or_default();
    let path = percent_decode_str(path).decode_utf8_lossy();
    // The folder of `README.md` in the current folder is the empty path, which the system does not resolve.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(absolute) = fs::canonicalize(folder) else { return LocalFile::NotChecked };
    let root = repository_root(folder).map_or_else(|| absolute.clone(), |(root, _)| root);
    let rooted = path.starts_with('/') && absolute.ancestors().any(|above| above.join(".git").exists());
    if path.starts_with('/') && !rooted {
        return LocalFile::NotChecked;
    }
    let start = if rooted { &root } else { &absolute };
    let Some(file) = resolved(start, Path::new(path.trim_start_matches('/'))) else { return LocalFile::NotChecked };
    if !file.starts_with(&root) {
        return LocalFile::NotChecked;
    }
    let Ok(metadata) = fs::metadata(&file) else { return LocalFile::Missing };
    let Some(fragment) = fragment.filter(|part| !part.is_empty()) else { return LocalFile::Found };
    let inside = fs::canonicalize(&file).is_ok_and(|real| real.starts_with(&root));
    let readable = metadata.is_file() && metadata.len() <= READ_LIMIT && file.extension().is_some();
    if !inside || !readable || expect_markdown(&file).is_err() {
        return LocalFile::Found;
    }
    match super::read(&file) {
        Ok(text) if !Document::parse(&text).anchors.has(fragment) => LocalFile::NoAnchor,
        _ => LocalFile::Found,
    }
}

/// `path` from `start`, `.` and `..` resolved by name alone; none where it goes above the root of the file system.
fn resolved(start: &Path, path: &Path) -> Option<PathBuf> {
    let mut at = start.to_owned();
    for part in path.components() {
        match part {
            Component::Normal(name) => at.push(name),
            Component::ParentDir => {
                at.pop().then_some(())?;
            }
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_their_anchors_are_found() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("docs");
        fs::create_dir_all(root.path().join(".git")).unwrap();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a b.md"), "# One\n").unwrap();
        fs::write(root.path().join("LICENSE"), "").unwrap();
        for (written, found) in [
            ("a%20b.md", LocalFile::Found),
            ("a%20b.md#one", LocalFile::Found),
            ("a%20b.md#two", LocalFile::NoAnchor),
            ("b.md", LocalFile::Missing),
            ("../LICENSE", LocalFile::Found),
            ("/LICENSE", LocalFile::Found),
            ("/LICENCE", LocalFile::Missing),
            ("../../issues", LocalFile::NotChecked),
            ("", LocalFile::Found),
        ] {
            assert_eq!(local(&folder, written), found, "{written}");
        }
    }
}
