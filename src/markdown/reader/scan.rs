//! What the parser does not report: footnotes that are referred to, and where the text of a tight item ends.

use std::collections::HashSet;

/// The labels that a text refers to footnotes by; marks in code count too, and hide nothing.
pub(super) fn footnote_labels(text: &str) -> HashSet<&str> {
    let bytes = text.as_bytes();
    let open = memchr::memmem::find_iter(bytes, b"[^").map(|at| at + 2);
    open.filter_map(|start| {
        let length = bytes[start..].iter().position(|b| b"]\n\r".contains(b))?;
        let end = start + length;
        // A definition is no reference to itself.
        (bytes[end] == b']' && bytes.get(end + 1) != Some(&b':')).then(|| &text[start..end])
    })
    .collect()
}

/// How long the text of a tight item is from here on, its further lines included: up to a blank line or a line
/// that seems to begin another block.
pub(super) fn last_line(text: &str) -> usize {
    let mut length = 0;
    for (n, line) in text.split_inclusive('\n').enumerate() {
        if n > 0 && begins_block(line.trim_start()) {
            break;
        }
        length += line.len();
    }
    length
}

fn begins_block(line: &str) -> bool {
    let marks = ["- ", "* ", "+ ", "> ", "# ", "## ", "```", "~~~", "1. ", "1) "];
    line.is_empty() || marks.iter().any(|mark| line.starts_with(mark))
}
