//! `pomona comment`: prints the comment on a pull request, for the workflow that writes it.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use crate::report::{self, CommentInput};
use crate::store;

/// The files that the workflow passes.
#[derive(Debug, Clone)]
pub(crate) struct CommentFiles {
    pub(crate) event: PathBuf,
    pub(crate) pulls: PathBuf,
    pub(crate) comments: PathBuf,
    pub(crate) report: PathBuf,
}

/// Prints the number of the pull request, the text and the labels as one JSON object.
pub(crate) fn comment(files: &CommentFiles, out: &mut dyn Write) -> anyhow::Result<u8> {
    let read = |path: &Path| store::read_regular(path);
    let (event, pulls, comments) = (read(&files.event)?, read(&files.pulls)?, read(&files.comments)?);
    let report = read(&files.report)?;
    let input = CommentInput { event: &event, pulls: &pulls, comments: &comments, report: &report };
    let comment = report::comment(&input).map_err(|why| anyhow!("{why}\nhelp: nothing is written"))?;
    writeln!(out, "{}", serde_json::to_string(&comment)?)?;
    Ok(0)
}
