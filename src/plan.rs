//! The whole result of a run as one value: which files change, from what to what.
//!
//! A plan can be empty, printed and applied. It applies nothing itself: that is for `store`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use similar::TextDiff;

/// One file that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The file.
    pub path: PathBuf,
    /// Its text now; none where it does not exist.
    pub before: Option<String>,
    /// Its text afterwards.
    pub after: String,
}

/// Every file that changes, in the order in which they are to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    changes: Vec<FileChange>,
}

impl Plan {
    /// Adds a file, unless its text stays as it is. A file that does not exist is not made empty.
    pub fn change(&mut self, path: PathBuf, before: Option<String>, after: String) {
        if before.as_deref().unwrap_or_default() != after {
            self.changes.push(FileChange { path, before, after });
        }
    }

    /// A path that would be written more than once: such a plan is refused, because one of the texts would be lost.
    pub fn duplicate(&self) -> Option<&Path> {
        let mut paths = BTreeSet::new();
        self.changes.iter().map(|change| change.path.as_path()).find(|path| !paths.insert(*path))
    }

    /// The changes.
    pub fn changes(&self) -> &[FileChange] {
        &self.changes
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl FileChange {
    /// Its lines compared. Two long texts that have little in common take minutes to be compared in full.
    fn compared(&self) -> TextDiff<'_, '_, str> {
        let before = self.before.as_deref().unwrap_or_default();
        TextDiff::configure().timeout(Duration::from_secs(2)).diff_lines(before, self.after.as_str())
    }

    /// The unified diff of its text.
    pub fn diff(&self) -> String {
        let path = self.path.display();
        let from = if self.before.is_some() { format!("a/{path}") } else { "/dev/null".to_owned() };
        let diff = self.compared();
        diff.unified_diff().context_radius(3).header(&from, &format!("b/{path}")).to_string()
    }

    /// Lines added and lines removed.
    pub fn size(&self) -> (usize, usize) {
        let diff = self.compared();
        let count = |tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
        (count(similar::ChangeTag::Insert), count(similar::ChangeTag::Delete))
    }
}

/// The unified diff.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changes.iter().try_for_each(|change| f.write_str(&change.diff()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_contains_only_what_changes() {
        let mut plan = Plan::default();
        plan.change("a".into(), Some("x\n".to_owned()), "x\n".to_owned());
        plan.change("new".into(), None, String::new());
        assert!(plan.is_empty());
        plan.change("a".into(), Some("x\ny\n".to_owned()), "x\nz\n".to_owned());
        assert_eq!(plan.to_string(), "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n x\n-y\n+z\n");
        assert_eq!(plan.changes()[0].size(), (1, 1));
        assert_eq!(plan.duplicate(), None);
        plan.change("b".into(), None, "x".to_owned());
        plan.change("a".into(), None, "y".to_owned());
        assert_eq!(plan.duplicate(), Some(Path::new("a")));
    }
}
