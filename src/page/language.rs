//! The language of a text on a page in another, so that screen readers pronounce it.
//!
//! It names a language only where the script, or the commonest words of English, leave no doubt: a wrong one is worse than none.

/// Words that English sentences cannot do without, and that other languages in Latin letters do not have together.
const ENGLISH: [&str; 10] = ["the", "and", "of", "for", "with", "to", "is", "your", "from", "that"];
/// That many of them make a text English.
const ENGLISH_WORDS: usize = 2;

/// The language of `text`, where it is known and not `page`, the language of the page.
pub(super) fn foreign(text: &str, page: &str) -> Option<&'static str> {
    let found = if text.is_ascii() { english(text) } else { by_script(text) };
    found.filter(|code| *code != page && !(*code == "zh" && page == "ja"))
}

fn english(text: &str) -> Option<&'static str> {
    let words = text.split(|c: char| !c.is_ascii_alphabetic());
    let known = words.filter(|word| ENGLISH.iter().any(|known| known.eq_ignore_ascii_case(word)));
    (known.take(ENGLISH_WORDS).count() == ENGLISH_WORDS).then_some("en")
}

/// By the script of most of its letters. Kana and Hangul are written in one language each; Chinese characters without them
/// are Chinese.
fn by_script(text: &str) -> Option<&'static str> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let of = |is: fn(char) -> bool| text.chars().filter(|c| is(*c)).count();
    let kana = of(|c| matches!(c, '\u{3041}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9d}'));
    let hangul = of(|c| matches!(c, '\u{ac00}'..='\u{d7a3}'));
    let han = of(|c| matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}'));
    if (kana + hangul + han) * 2 <= letters {
        return None;
    }
    if hangul > 0 {
        return Some("ko");
    }
    Some(if kana > 0 { "ja" } else { "zh" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_named_only_where_there_is_no_doubt() {
        for (text, page, expected) in [
            ("A tool for the terminal", "zh", Some("en")),
            ("A tool for the terminal", "en", None),
            ("Ein Werkzeug für das Terminal", "zh", None),
            ("Terminal emulator", "zh", None),
            ("llama.cpp", "zh", None),
            ("快速的终端", "en", Some("zh")),
            ("快速的终端", "zh", None),
            ("ターミナルの道具", "en", Some("ja")),
            ("터미널 도구", "en", Some("ko")),
            ("A tool (工具) for terminals", "en", None),
        ] {
            assert_eq!(foreign(text, page), expected, "{text}");
        }
    }
}
