//! Changes to a text by byte range: spans in, new text out.
//!
//! It knows nothing of Markdown. Bytes outside of every edit stay as they are.

use std::ops::Range;

/// Bytes of a text and what replaces them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that are replaced; empty for an insertion.
    pub span: Range<usize>,
    /// What stands there afterwards.
    pub text: String,
}

/// Why edits could not be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Two edits change the same bytes.
    #[error("edits of bytes {}..{} and {}..{} overlap", .0.start, .0.end, .1.start, .1.end)]
    Overlap(Range<usize>, Range<usize>),
    /// An edit reaches past the text or cuts a character in two.
    #[error("bytes {}..{} do not lie on characters of the text", .0.start, .0.end)]
    Outside(Range<usize>),
}

impl Edit {
    /// Replaces the bytes of `span` by `text`.
    pub fn new(span: Range<usize>, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }
}

/// Applies all edits at once; every span counts in the original text.
///
/// Equal edits are made once. Insertions at one place are made in the order of their text; an insertion at
/// the end of a replaced span follows it.
pub fn apply(text: &str, mut edits: Vec<Edit>) -> Result<String, EditError> {
    edits.sort_by(|a, b| (a.span.start, a.span.end, &a.text).cmp(&(b.span.start, b.span.end, &b.text)));
    edits.dedup();
    let grown: usize = edits.iter().map(|e| e.text.len()).sum();
    let mut out = String::with_capacity(text.len() + grown);
    let mut last = 0..0;
    for edit in edits {
        if edit.span.start < last.end {
            return Err(EditError::Overlap(last, edit.span.clone()));
        }
        let kept = text.get(last.end..edit.span.start).filter(|_| text.get(edit.span.clone()).is_some());
        out.push_str(kept.ok_or_else(|| EditError::Outside(edit.span.clone()))?);
        out.push_str(&edit.text);
        last = edit.span;
    }
    out.push_str(&text[last.end..]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edits_are_made_at_once() {
        let edits = vec![Edit::new(4..5, "ü"), Edit::new(0..1, "A"), Edit::new(5..5, "!"), Edit::new(0..1, "A")];
        assert_eq!(apply("abcd\u{65}", edits), Ok("Abcdü!".to_owned()));
        assert_eq!(apply("x", Vec::new()), Ok("x".to_owned()));
    }

    #[test]
    fn invalid_edits_are_refused() {
        assert_eq!(apply("abc", vec![Edit::new(0..2, ""), Edit::new(1..3, "")]), Err(EditError::Overlap(0..2, 1..3)));
        assert_eq!(apply("ä", vec![Edit::new(1..1, "x")]), Err(EditError::Outside(1..1)));
        assert_eq!(apply("a", vec![Edit::new(1..3, "x")]), Err(EditError::Outside(1..3)));
    }

    proptest! {
        #[test]
        fn other_bytes_stay(text in "\\PC{0,40}", cuts in prop::collection::vec((0usize..60, 0usize..60, "\\PC{0,3}"), 0..4)) {
            let edits: Vec<Edit> = cuts.into_iter().map(|(a, b, t)| Edit::new(a.min(b)..a.max(b), t)).collect();
            if let Ok(new) = apply(&text, edits.clone()) {
                let first = edits.iter().map(|e| e.span.start).min().unwrap_or(text.len());
                let last = edits.iter().map(|e| e.span.end).max().unwrap_or(0);
                prop_assert!(new.starts_with(&text[..first]));
                prop_assert!(new.ends_with(&text[last..]));
            }
        }
    }
}
