//! Finds the sentence in which an owner names a successor.
//!
//! A sentence counts only where it names an address and states that the address succeeds *this* project. That a README
//! mentions another project is no evidence, so every doubt rejects: another subject, a condition, a negation, a second
//! link before the verb.

use std::ops::Range;

use crate::address::{Forges, Target};
use crate::markdown::{Document, Link};
use crate::observation::{Successor, SuccessorSource};

/// How much of a README is read, in bytes: notices stand at its top, and what follows mentions other projects.
const README_CAPACITY: usize = 6_000;

/// The longest sentence that is quoted, in characters.
const SENTENCE_CAPACITY: usize = 200;

/// The most words between the verb and the address ("moved to the new repository at …").
const GAP_WORDS: usize = 5;

/// What comes directly before the address.
const BEFORE: &[&str] = &[
    "moved to",
    "moved here",
    "moved into",
    "moved over to",
    "migrated to",
    "relocated to",
    "transferred to",
    "renamed to",
    "superseded by",
    "superseeded by",
    "replaced by",
    "replaced with",
    "succeeded by",
    "in favor of",
    "in favour of",
    "merged into",
    "continued at",
    "continued in",
    "continued as",
    "continued on",
    "continued under",
    "continues at",
    "continues in",
    "continues on",
    "continues under",
    "now lives at",
    "now lives in",
    "now maintained at",
    "now maintained in",
    "maintained at",
    "now developed at",
    "new home",
    "new repository",
    "new repo",
    "new location",
    "successor",
    "please use",
    "please switch to",
    "please migrate to",
    "迁移到",
    "迁移至",
    "迁移",
    "迁至",
    "移至",
    "移动到",
    "搬到",
    "搬迁到",
    "搬迁至",
    "转移到",
    "转移至",
    "请使用",
    "请改用",
    "改用",
    "请移步",
    "新地址",
    "新仓库",
    "新项目",
    "se ha movido a",
    "umgezogen nach",
    "umgezogen zu",
    "déplacé vers",
    "переехал в",
    "перенесён в",
];

/// Pairs around the address ("use X instead", "由 X 取代").
const AROUND: &[(&str, &str)] = &[
    ("use", "instead"),
    ("see", "instead"),
    ("try", "instead"),
    ("由", "取代"),
    ("由", "替代"),
    ("由", "代替"),
    ("由", "接替"),
    ("被", "取代"),
    ("被", "替代"),
    ("被", "代替"),
];

/// What comes directly after the address.
const AFTER: &[&str] =
    &["に移行しました", "に移動しました", "へ移行しました", "へ移動しました", "へ移転しました", "로 이동"];

/// Words of a subject that is the project itself.
const SELF: &[&str] = &[
    "this",
    "it",
    "we",
    "project",
    "repository",
    "repo",
    "library",
    "package",
    "tool",
    "code",
    "codebase",
    "development",
    "maintenance",
    "deprecated",
    "archived",
    "unmaintained",
    "maintained",
    "obsolete",
    "discontinued",
    "eol",
    "moved",
    "note",
    "notice",
    "warning",
    "important",
    "attention",
    "caution",
    "本",
    "此",
    "该",
    "已",
    "项目",
    "仓库",
    "リポジトリ",
    "proyecto",
    "projekt",
    "projet",
    "проект",
];

/// Words of a subject that is a part of the project, or something else.
const OTHER: &[&str] = &[
    "docs",
    "documentation",
    "wiki",
    "website",
    "site",
    "homepage",
    "blog",
    "forum",
    "chat",
    "slack",
    "discord",
    "irc",
    "gitter",
    "matrix",
    "mailing",
    "issue",
    "issues",
    "tracker",
    "discussion",
    "discussions",
    "ci",
    "builds",
    "downloads",
    "demo",
    "example",
    "examples",
    "tests",
    "plugin",
    "plugins",
    "branch",
    "master",
    "dataset",
    "paper",
    "tutorial",
    "changelog",
    "roadmap",
    "dependency",
    "dependencies",
    "badge",
    "license",
    "logo",
    "文档",
    "官网",
    "网站",
    "群",
    "数据集",
    "示例",
    "教程",
    "博客",
];

/// Words that make a recommendation conditional.
const CONDITIONS: &[&str] = &["if", "when", "unless", "wenn", "如果", "若"];

const NEGATIONS: &[&str] = &["not", "never", "isn't", "hasn't", "wasn't", "没有", "未"];

/// The successor that `text` (Markdown) names for `own`, if a sentence of it does.
pub fn successor(text: &str, own: &Target, source: SuccessorSource) -> Option<Successor> {
    let end = (0..=README_CAPACITY.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let text = text.get(..end)?;
    let document = Document::parse(text);
    let forges = Forges::default();
    let links: Vec<&Link> = document.links.iter().filter(|link| !link.kind.is_image()).collect();
    links.iter().find_map(|link| {
        let target = forges.target(&link.url);
        let is_elsewhere = matches!(target, Target::Repository(_) | Target::Page(_)) && !is_of(&target, own);
        if !is_elsewhere || !link.url.starts_with("http") {
            return None;
        }
        let span = sentence(text, &link.span);
        let other_link = |other: &&Link| {
            span.start <= other.span.start
                && other.span.end <= link.span.start
                && !is_of(&forges.target(&other.url), own)
        };
        if links.iter().copied().any(|other| other_link(&other)) {
            return None;
        }
        let before = plain(text.get(span.start..link.span.start)?);
        let after = plain(text.get(link.span.end..span.end)?);
        let name = own.repository().map_or("", |repository| repository.name());
        let named = is_named(&before, &after, &link.text, name);
        named.then(|| Successor { url: link.url.clone(), sentence: quote(&before, link, &after), source })
    })
}

/// Whether an address belongs to the project itself: one of its pages, or its owner.
fn is_of(target: &Target, own: &Target) -> bool {
    target == own || target.repository().is_some() && target.repository() == own.repository()
}

/// The sentence around a span: up to a full stop with a blank, a line that starts a block, or an empty line.
fn sentence(text: &str, link: &Range<usize>) -> Range<usize> {
    const ENDS: [&str; 12] = [". ", "! ", "? ", ".\n", "!\n", "。", "！", "？", "\n\n", "\r\n\r\n", "\n#", "|"];
    const BLOCKS: [&str; 4] = ["\n- ", "\n* ", "\n+ ", "\n> -"];
    let ends = || ENDS.iter().chain(&BLOCKS);
    let head = &text[..link.start];
    let start = ends().filter_map(|end| head.rfind(end).map(|at| at + end.len())).max().unwrap_or(0);
    let tail = &text[link.end..];
    let end = ends().filter_map(|end| tail.find(end)).min().unwrap_or(tail.len());
    start..link.end + end
}

/// Text in lower case without Markdown's marks, white space folded.
fn plain(text: &str) -> String {
    let marks: &[char] =
        &['*', '_', '`', '>', '#', '~', '[', ']', '(', ')', '<', '"', '“', '”', '⚠', '\u{fe0f}', '🚨', '❗'];
    let text = text.replace(marks, " ").replace('’', "'").to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(|word| !word.is_empty())
}

fn is_named(before: &str, after: &str, link_text: &str, name: &str) -> bool {
    let has = |text: &str, list: &[&str]| words(text).any(|word| list.contains(&word));
    if has(before, CONDITIONS) || has(after, CONDITIONS) {
        return false;
    }
    let link_text = plain(link_text);
    let by_phrase = BEFORE.iter().filter_map(|phrase| last(before, phrase).map(|at| (at, at + phrase.len()))).max();
    if let Some((start, end)) = by_phrase
        && words(&before[end..]).count() <= GAP_WORDS
        && !has(&before[end..], OTHER)
    {
        return is_self(&before[..start], name);
    }
    let is_around = |(open, close): &(&str, &str)| {
        let at = last(before, open)?;
        let near = words(&before[at + open.len()..]).count() <= GAP_WORDS;
        let closes = after.trim_start().find(close).is_some_and(|at| words(&after[..at.min(after.len())]).count() <= 2);
        let is_of = after.contains("instead of");
        (near && closes && !is_of).then_some(at)
    };
    if let Some(at) = AROUND.iter().filter_map(is_around).max() {
        return is_self(&before[..at], name);
    }
    let in_link = ["has moved", "have moved", "moved to", "superseded by", "new home", "new repository"];
    (in_link.iter().any(|phrase| link_text.contains(phrase)) && is_self(before, name) && !has(&link_text, OTHER))
        || AFTER.iter().any(|phrase| after.trim_start().starts_with(phrase)) && is_self(before, name)
}

/// Where `phrase` stands last in `text`, as whole words where it is made of letters of the Latin alphabet.
fn last(text: &str, phrase: &str) -> Option<usize> {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let whole = |at: &usize| {
        let ascii = phrase.is_ascii();
        !ascii || !(is_word(text[..*at].chars().next_back()) || is_word(text[at + phrase.len()..].chars().next()))
    };
    text.rmatch_indices(phrase).map(|(at, _)| at).find(whole)
}

/// Whether the subject of a sentence is the project itself: it is called so, or by its name, or left out.
fn is_self(subject: &str, name: &str) -> bool {
    let all: Vec<&str> = words(subject).collect();
    let negated = all.iter().rev().take(2).any(|word| NEGATIONS.contains(word));
    // Chinese is written without blanks: its words are looked for inside.
    let contains = |list: &[&str]| {
        let inside = |word: &&str| !word.is_ascii() && subject.contains(*word);
        all.iter().any(|word| list.contains(word)) || list.iter().any(inside)
    };
    let is_own_name = name.len() > 1 && subject.contains(&name.to_lowercase());
    !negated && !contains(OTHER) && (all.is_empty() || is_own_name || contains(SELF))
}

/// The sentence, with the link's text or address in its place.
fn quote(before: &str, link: &Link, after: &str) -> String {
    let text = if link.text.trim().is_empty() { link.url.as_str() } else { link.text.trim() };
    let sentence = format!("{before} {text} {after}");
    let sentence: String = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence: String = sentence.chars().filter(|c| !c.is_control()).take(SENTENCE_CAPACITY).collect();
    sentence.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        let own: Target = "github:old/thing".parse().unwrap();
        successor(text, &own, SuccessorSource::Readme).map(|successor| successor.url)
    }

    #[test]
    fn sentences_that_name_a_successor() {
        for text in [
            "This project has moved to https://github.com/next/thing.",
            "# Thing\n\n**DEPRECATED**: superseded by [newer](https://github.com/next/thing).\n",
            "> [!WARNING]\n> This repository is archived. Please use [thing2](https://github.com/next/thing) instead.",
            "Development continues at <https://github.com/next/thing>.",
            "This package is deprecated in favour of [thing](https://github.com/next/thing)",
            "⚠️ No longer maintained, use https://github.com/next/thing instead.",
            "Thing has been replaced by the new library [x](https://github.com/next/thing)!",
            "[This repository has moved](https://github.com/next/thing)",
            "Moved to https://github.com/next/thing",
            "# Old\n\nThis project has moved to https://github.com/next/thing.\nSee also https://github.com/x/y.",
            "本项目已迁移到 https://github.com/next/thing 。",
            "该仓库已由 [thing](https://github.com/next/thing) 取代",
            "已停止维护，请使用 [thing](https://github.com/next/thing)。",
            "このリポジトリは https://github.com/next/thing に移行しました。",
        ] {
            assert_eq!(found(text).as_deref(), Some("https://github.com/next/thing"), "{text}");
        }
    }

    #[test]
    fn sentences_that_only_mention_another_project() {
        for text in [
            "Inspired by [x](https://github.com/next/thing).",
            "The documentation has moved to https://github.com/next/thing.",
            "Our issue tracker moved to https://github.com/next/thing",
            "[Foo](https://github.com/a/foo) was superseded by [bar](https://github.com/next/thing).",
            "Foobar has moved to https://github.com/next/thing.",
            "If you need Windows support, use [x](https://github.com/next/thing) instead.",
            "This project has not been superseded by [x](https://github.com/next/thing).",
            "This project uses [x](https://github.com/next/thing) instead of y.",
            "This project is a fork of https://github.com/next/thing.",
            "Deprecated. See also https://github.com/next/thing",
            "This project has moved to https://github.com/old/thing/wiki",
            "This project has moved to a new home, more news soon. Thanks to https://github.com/next/thing",
            "This project has moved to ![x](https://github.com/next/thing.png)",
            "文档已迁移到 https://github.com/next/thing 。",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
        let deep = format!("{}\n\nThis project has moved to https://github.com/next/thing", "word ".repeat(2_000));
        assert_eq!(found(&deep), None, "far down");
    }

    #[test]
    fn hostile_text_does_no_harm() {
        let control = "This project has moved to \u{1b}[31mhttps://github.com/next/thing\u{7}";
        let own: Target = "github:old/thing".parse().unwrap();
        for text in
            [control.to_owned(), "[".repeat(100_000), "é".repeat(50_000), "由".repeat(9_000), "use ".repeat(9_000)]
        {
            if let Some(successor) = successor(&text, &own, SuccessorSource::Readme) {
                assert!(!successor.sentence.contains(char::is_control) && successor.sentence.len() <= 800);
            }
        }
    }
}
