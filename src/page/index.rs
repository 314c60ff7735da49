//! The page over several lists: each with its counts and a link to its own page.

use std::fmt::Write;

use super::STYLE;
use super::document::{entry_counts, hash, month};
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
}

/// The page over these lists. It needs no script.
pub fn index(title: &str, lists: &[Listed<'_>]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{1}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<header><h1>{1}</h1></header>\n<main>\n<ul class=\"entries\">\n",
        hash(STYLE),
        html(title),
    );
    for list in lists {
        let _ = writeln!(
            out,
            "<li><a href=\"{}\">{}</a>\n<p class=\"facts\">{}{}</p></li>",
            html(list.href),
            html(&list.ranked.title),
            html(&entry_counts(list.ranked, list.words)),
            html(&month(list.ranked, list.words)),
        );
    }
    out + "</ul>\n</main>\n</body>\n</html>\n"
}
