//! The anchor that a broken link most likely means.
//!
//! A list has thousands of anchors, and somebody else's change can have as many broken links: the anchors are
//! indexed once, and each link is compared with a few of them.

use std::collections::BTreeMap;

use super::outline::{Anchors, slug};

/// How many anchors a broken one is compared with.
const CANDIDATE_LIMIT: usize = 8;

/// How many anchors are kept for one key: a word that more of them have distinguishes none.
const POSTING_CAPACITY: usize = 64;

/// How many words of an anchor are indexed. Anchors of real lists have at most twenty.
const WORD_LIMIT: usize = 24;

/// How much of an anchor is compared, in characters: the comparison takes the product of both lengths.
const COMPARED_LENGTH: usize = 64;

/// The similarity from which an anchor is proposed: 1 minus the edits per character. Below it proposals for the
/// broken anchors of real lists are more often wrong than right.
const SIMILARITY_THRESHOLD: f64 = 0.6;

/// The anchors of a document, indexed by what broken ones may have in common with them.
#[derive(Debug)]
pub struct NearestAnchors<'a> {
    /// By their words: emoji, counts and punctuation are what links to headings lack most often.
    same_words: BTreeMap<String, &'a str>,
    /// By each word, by their beginning and by their end.
    sharing: BTreeMap<String, Vec<&'a str>>,
}

impl<'a> NearestAnchors<'a> {
    /// Indexes `anchors`.
    pub fn of(anchors: &'a Anchors) -> Self {
        let mut index = Self { same_words: BTreeMap::new(), sharing: BTreeMap::new() };
        for name in anchors.names() {
            let words = words(name);
            if !words.is_empty() {
                index.same_words.entry(words).or_insert(name);
            }
            for key in keys(name) {
                let posting = index.sharing.entry(key).or_default();
                if posting.len() < POSTING_CAPACITY {
                    posting.push(name);
                }
            }
        }
        index
    }

    /// The anchor that a broken `#fragment` was most likely meant to be; none where nothing is near.
    pub fn find(&self, fragment: &str) -> Option<&'a str> {
        let decoded = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
        let wanted = slug(&decoded);
        if let Some(same) = self.same_words.get(&words(&wanted)) {
            return Some(same);
        }
        let mut postings: Vec<&Vec<&str>> = keys(&wanted).iter().filter_map(|key| self.sharing.get(key)).collect();
        postings.sort_by_key(|posting| posting.len());
        let mut candidates: Vec<&'a str> = Vec::new();
        for name in postings.into_iter().flatten() {
            if !candidates.contains(name) {
                candidates.push(name);
            }
            if candidates.len() == CANDIDATE_LIMIT {
                break;
            }
        }
        let wanted = beginning(&wanted);
        let near = |name: &str| strsim::normalized_damerau_levenshtein(beginning(name), wanted);
        let best = candidates.into_iter().map(|name| (near(name), name)).max_by(|a, b| a.0.total_cmp(&b.0));
        best.filter(|(near, _)| *near >= SIMILARITY_THRESHOLD).map(|(_, name)| name)
    }
}

/// The words of an anchor, numbers left out.
fn words(name: &str) -> String {
    let counts = |word: &&str| word.chars().any(char::is_alphabetic);
    let words: Vec<&str> = name.split('-').filter(counts).map(|word| word.trim_start_matches('\u{fe0f}')).collect();
    words.join("-")
}

/// What an anchor is found by.
fn keys(name: &str) -> Vec<String> {
    let words = name.split('-').filter(|word| !word.is_empty()).take(WORD_LIMIT).map(str::to_owned);
    let start: String = name.chars().take(3).collect();
    let end: String = name.chars().rev().take(3).collect();
    words.chain([format!("^{start}"), format!("${end}")]).collect()
}

fn beginning(name: &str) -> &str {
    name.char_indices().nth(COMPARED_LENGTH).map_or(name, |(end, _)| &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchors<'a>(names: impl IntoIterator<Item = &'a str>) -> Anchors {
        let mut anchors = Anchors::default();
        names.into_iter().for_each(|name| anchors.add(name));
        anchors
    }

    #[test]
    fn a_broken_anchor_has_a_nearest_one() {
        let anchors = anchors(["-audio-39", "video", "table-of-contents"]);
        let index = NearestAnchors::of(&anchors);
        assert_eq!(index.find("audio-39"), Some("-audio-39"));
        assert_eq!(index.find("tabel-of-contents"), Some("table-of-contents"));
        assert_eq!(index.find("vidoe"), Some("video"));
        assert_eq!(index.find("zebra"), None);
    }

    /// The work is counted and not timed: each broken anchor is compared with a few, of bounded length.
    #[test]
    fn many_and_long_anchors_are_compared_with_few() {
        let names: Vec<String> = (0..3_000).map(|n| format!("heading-no-{n}-of-them")).collect();
        let many = anchors(names.iter().map(String::as_str));
        let index = NearestAnchors::of(&many);
        assert!(index.sharing.values().all(|posting| posting.len() <= POSTING_CAPACITY));
        for n in [0, 77, 2_999] {
            assert_eq!(index.find(&format!("heading-nr-{n}-of-thee")), Some(names[n].as_str()));
        }
        let long = "x".repeat(16_000);
        let one = anchors([long.as_str()]);
        assert_eq!(NearestAnchors::of(&one).find(&format!("{long}y")), Some(long.as_str()));
    }
}
