//! The anchors of the headings that a list will have.

use std::collections::BTreeMap;

use crate::markdown::slug;

/// Anchors in the order of a text's headings: a second of the same name gets `-1`.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    seen: BTreeMap<String, usize>,
}

impl Anchors {
    /// The anchor of the next heading.
    pub(super) fn next(&mut self, heading: &str) -> String {
        let slug = slug(heading);
        let times = self.seen.entry(slug.clone()).or_insert(0);
        let anchor = if *times == 0 { slug } else { format!("{slug}-{times}") };
        *times += 1;
        anchor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_one_name_are_numbered() {
        let mut anchors = Anchors::default();
        let names = ["Embedding", "大语言模型（LLM）", "embedding", "Embedding"].map(|heading| anchors.next(heading));
        assert_eq!(names, ["embedding", "大语言模型llm", "embedding-1", "embedding-2"]);
    }
}
