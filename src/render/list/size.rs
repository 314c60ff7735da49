//! Lists that are too large to be rendered.

use crate::finding::{Finding, Level, notice};

/// The share of the limit at which a warning begins, in 32nds: 400 KB of GitHub's 512.
const WARNING_SHARE: usize = 25;

/// A finding where `text`, the content of the file `name`, exceeds `limit` bytes or comes close to it. The links of such
/// a list may all be fine: it is a warning at most.
pub fn size(name: &str, text: &str, limit: usize) -> Option<Finding> {
    let kilobytes = text.len() / 1024;
    let (level, message) = if text.len() > limit {
        (Level::Warning, format!("`{name}` has {kilobytes} KB, and GitHub renders no file above {} KB", limit / 1024))
    } else if text.len() > limit / 32 * WARNING_SHARE {
        (Level::Note, format!("`{name}` has {kilobytes} KB; GitHub renders no file above {} KB", limit / 1024))
    } else {
        return None;
    };
    Some(
        Finding::new(&notice::LIST_SIZE, message)
            .level(level)
            .help("show fewer entries with `layout.top`, or part the list into several"),
    )
}
