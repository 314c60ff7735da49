//! The page over several lists: each with its counts and a link to its own page.

use std::fmt::Write;

use super::STYLE;
use super::document::{entry_counts, hash, language, month};
use crate::policy::PagePolicy;
use crate::ranked_list::{RankedList, Words};
use crate::text::escape::html;

/// A list that the page links.
#[derive(Clone, Copy)]
pub struct Listed<'a> {
    /// Everything that it shows.
    pub ranked: &'a RankedList,
    /// The address of its page, relative to this one.
    pub href: &'a str,
    /// The words of its language.
    pub words: &'a Words,
    /// The settings of its page.
    pub policy: &'a PagePolicy,
}

/// The page over these lists. It needs no script.
pub fn index(title: &str, lists: &[Listed<'_>]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"generator\" content=\"Pomona\">\n<title>{1}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<header><h1>{1}</h1></header>\n<main>\n<ul class=\"entries\">\n",
        hash(STYLE),
        html(title),
    );
    for list in lists {
        let title = list.policy.title.as_deref().unwrap_or(&list.ranked.title);
        let _ = writeln!(
            out,
            "<li lang=\"{}\"><a href=\"{}\">{}</a>",
            language(&list.ranked.language),
            html(list.href),
            html(title)
        );
        if let Some(description) = &list.policy.description {
            let _ = writeln!(out, "<p class=\"desc\">{}</p>", html(description));
        }
        let counts = entry_counts(list.ranked, list.words);
        let _ = writeln!(out, "<p class=\"facts\">{}{}</p></li>", html(&counts), html(&month(list.ranked, list.words)));
    }
    out + "</ul>\n</main>\n</body>\n</html>\n"
}
