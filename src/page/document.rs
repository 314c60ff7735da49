//! The document around the entries: its head with the content security policy, its controls, its foot.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::json;

use super::entries::{Entries, Labels};
use super::overview::overview;
use super::sections::{Section, places, tree};
use super::{Input, SCRIPT, STYLE, href};
use crate::policy::{Language, Sort};
use crate::ranked_list::{Placement, RankedList, Words};
use crate::render::escape::clean;
use crate::text::escape::html;

/// Entries in the structured data for search engines, at most: they read the document, and it need not stand there twice.
const STRUCTURED: usize = 100;

/// Which page of a list is made.
pub(super) enum Kind<'a> {
    /// The only one, with everything.
    Whole,
    /// The first of several: it links the others and finds entries in the file of data.
    First { data: &'a str, count: usize, contents: &'a str },
    /// The page of one section.
    Section { section: Section, first: &'a str },
}

/// The page of a list in one file. The same input gives the same bytes.
pub(super) fn page(input: &Input<'_>) -> String {
    document(input, &Kind::Whole)
}

/// A page of a list.
pub(super) fn document(input: &Input<'_>, kind: &Kind<'_>) -> String {
    let mut out = String::with_capacity(1 << 20);
    head(input, kind, &mut out);
    header(input, kind, &mut out);
    out.push_str("<main id=\"main\" tabindex=\"-1\">\n");
    controls(input, &mut out);
    match kind {
        Kind::Whole => {
            out.push_str(&overview(input));
            let lists = tree(input.ranked);
            contents(input, &lists, &mut out);
            listing(input, lists, &mut out);
        }
        Kind::First { contents, .. } => {
            out.push_str(&overview(input));
            let _ = writeln!(out, "<div id=\"entries\">{contents}</div>");
        }
        Kind::Section { section, .. } => {
            let root = Section { sections: vec![section.clone()], ..Section::default() };
            listing(input, root, &mut out);
        }
    }
    out.push_str("<ul id=\"flat\" class=\"entries\" hidden></ul>\n</main>\n");
    foot(input, &mut out);
    out
}

/// The entries by section.
fn listing(input: &Input<'_>, root: Section, out: &mut String) {
    let (places, founded) = (places(input.ranked), input.ranked.founded());
    let entries = Entries { input: *input, places, founded, labels: Labels::new(input) };
    out.push_str("<div id=\"entries\">\n");
    if !root.entries.is_empty() {
        entries.section(&Section { entries: root.entries, ..Section::default() }, out);
    }
    root.sections.iter().for_each(|section| entries.section(section, out));
    out.push_str("</div>\n");
}

/// The language of the page as HTML names it: the script is named where one language has several.
pub(super) fn language(language: &Language) -> &str {
    if language.code() == "zh" { "zh-Hans" } else { language.code() }
}

fn head(input: &Input<'_>, kind: &Kind<'_>, out: &mut String) {
    let style = style(input);
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src {}'{}'; base-uri 'none'; form-action 'none'",
        hash(&style),
        // The file of data is a script from beside the page. A hash does not allow it where the page is opened as a file.
        if matches!(kind, Kind::First { .. }) { "'self' " } else { "" },
        hash(SCRIPT)
    );
    let title = html(input.title());
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"generator\" content=\"Pomona\">\n<title>{title}</title>\n",
        language(&input.ranked.language),
    );
    let _ = writeln!(out, "<meta name=\"description\" content=\"{}\">", html(&description(input)));
    if let Some(url) = input.policy.base_url.as_deref().and_then(href) {
        let _ = writeln!(out, "<link rel=\"canonical\" href=\"{url}\">");
        let base = url.trim_end_matches('/');
        let _ = writeln!(
            out,
            "<link rel=\"alternate\" type=\"application/atom+xml\" href=\"{base}/feed.xml\" title=\"{title}\">"
        );
        let _ = writeln!(
            out,
            "<link rel=\"search\" type=\"application/opensearchdescription+xml\" href=\"{base}/opensearch.xml\" title=\"{title}\">"
        );
        let _ = writeln!(
            out,
            "<meta property=\"og:title\" content=\"{title}\">\n<meta property=\"og:type\" content=\"website\">\n<meta property=\"og:url\" content=\"{url}\">\n<meta property=\"og:image\" content=\"{base}/card.svg\">"
        );
    }
    let _ = write!(
        out,
        "<style>{style}</style>\n<script type=\"application/ld+json\">{}</script>\n</head>\n",
        script_json(&structured(input))
    );
}

/// The style with the colour that the policy names.
fn style(input: &Input<'_>) -> String {
    match &input.policy.accent {
        Some(accent) => format!(
            "{STYLE}svg .bar {{ fill: {accent}; }} svg .curve, .spark {{ stroke: {accent}; }} h2 {{ border-color: {accent}; }}\n"
        ),
        None => STYLE.to_owned(),
    }
}

/// The source expression of a text in a content security policy.
pub(super) fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

/// JSON inside a script element: no text in it can end the element.
fn script_json(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// One sentence about the list: the policy's, else its counts.
pub(super) fn description(input: &Input<'_>) -> String {
    input.policy.description.clone().unwrap_or_else(|| counts(input))
}

fn counts(input: &Input<'_>) -> String {
    let text = entry_counts(input.ranked, input.words);
    let stars: u64 = input.ranked.entries.iter().filter_map(|row| row.forge.facts.stars).sum();
    let stars =
        (stars > 0).then(|| format!(" · {} {}", input.words.get("stars"), crate::markdown::note::figure(stars)));
    format!("{text}{}{}", stars.unwrap_or_default(), month(input.ranked, input.words))
}

/// How many projects, links and sections a list has, in its own words.
pub(super) fn entry_counts(ranked: &RankedList, words: &Words) -> String {
    let counts = &ranked.counts;
    let [projects, links, sections] = [counts.projects, counts.links, counts.sections].map(|n| n.to_string());
    words.fill("summary", &[("projects", &projects), ("links", &links), ("sections", &sections)])
}

/// The month of a list's figures behind a separator; empty where there is none.
pub(super) fn month(ranked: &RankedList, words: &Words) -> String {
    let month = ranked.as_of.map(|day| day.strftime("%Y-%m").to_string());
    month.map(|month| format!(" · {}", words.fill("as-of", &[("month", &month)]))).unwrap_or_default()
}

fn structured(input: &Input<'_>) -> serde_json::Value {
    let shown = input
        .ranked
        .entries
        .iter()
        .filter(|row| row.position.placement != Placement::Hidden && href(&row.url).is_some());
    let items: Vec<_> = shown
        .clone()
        .take(STRUCTURED)
        .enumerate()
        .map(|(n, row)| json!({"@type": "ListItem", "position": n + 1, "name": clean(&row.title), "url": clean(&row.url)}))
        .collect();
    json!({
        "@context": "https://schema.org", "@type": "ItemList", "name": clean(input.title()),
        "description": clean(&description(input)), "numberOfItems": shown.count(), "itemListElement": items,
    })
}

fn header(input: &Input<'_>, kind: &Kind<'_>, out: &mut String) {
    let as_of = input.ranked.as_of.map(|day| format!(" data-as-of=\"{}\"", day.last_of_month())).unwrap_or_default();
    let data = match kind {
        Kind::First { data, count, .. } => format!(" data-entries=\"{}\" data-count=\"{count}\"", html(data)),
        _ => String::new(),
    };
    let _ = write!(
        out,
        "<body data-sort=\"{}\"{as_of}{data}>\n<a class=\"skip\" href=\"#main\">{}</a>\n<header>\n<h1>{}</h1>\n",
        input.policy.default_sort.name(),
        html(&input.words.get("page-skip")),
        html(input.title()),
    );
    if let Some(description) = &input.policy.description {
        let _ = writeln!(out, "<p class=\"tagline\">{}</p>", html(description));
    }
    if let Kind::Section { first, .. } = kind {
        let back = input.words.fill("back", &[("title", input.title())]);
        let _ = writeln!(out, "<p><a href=\"{}\">{}</a></p>", html(first), html(&back));
    }
    let _ = write!(out, "<p class=\"counts\">{}</p>\n</header>\n", html(&counts(input)));
}

/// The controls, which the script shows: without it there is nothing that does not work.
fn controls(input: &Input<'_>, out: &mut String) {
    let word = |name: &str| html(&input.words.get(name));
    let mut options = String::new();
    for sort in Sort::ALL {
        let label = word(&format!("page-sort-{}", sort.name()));
        let _ = write!(options, "<option value=\"{}\">{label}</option>", sort.name());
    }
    let _ = write!(
        out,
        "<form class=\"controls\" role=\"search\" hidden>\n<div class=\"row\">\n\
         <label class=\"grow\" for=\"q\">{search} <input type=\"search\" id=\"q\" name=\"q\" autocomplete=\"off\" autocapitalize=\"off\" spellcheck=\"false\" placeholder=\"{hint}\"></label>\n\
         <label>{sort} <select name=\"sort\">{options}</select></label>\n\
         <button type=\"button\" id=\"help\" aria-label=\"{help}\">?</button>\n</div>\n\
         <p id=\"found\" role=\"status\"></p>\n<p id=\"hints\"></p>\n\
         <details id=\"facets\"><summary>{filter}</summary><div></div></details>\n{headers}</form>\n",
        headers = headers(input),
        search = word("page-search"),
        hint = word("page-search-hint"),
        sort = word("page-sort"),
        help = word("page-help"),
        filter = word("page-filter"),
    );
}

/// The heads of columns, by which the entries are sorted with one click; they state the order to screen readers.
fn headers(input: &Input<'_>) -> String {
    let head = |sort: &Sort| {
        let (name, label) = (sort.name(), html(&input.words.get(&format!("page-sort-{}", sort.name()))));
        format!(
            "<span role=\"columnheader\" aria-sort=\"none\"><button type=\"button\" value=\"{name}\">{label}</button></span>"
        )
    };
    let heads: String = Sort::ALL.iter().filter(|sort| **sort != Sort::List).map(head).collect();
    let label = html(&input.words.get("page-sort"));
    format!("<div id=\"heads\" role=\"table\" aria-label=\"{label}\"><div role=\"row\">{heads}</div></div>\n")
}

/// The sections with how many entries each has, folded.
fn contents(input: &Input<'_>, root: &Section, out: &mut String) {
    if root.sections.len() < 2 {
        return;
    }
    let _ = writeln!(
        out,
        "<nav aria-label=\"{0}\"><details><summary>{0}</summary><ul>",
        html(&input.words.get("contents"))
    );
    for section in &root.sections {
        let title = section.path.last().map(String::as_str).unwrap_or_default();
        let (anchor, title) = (section.anchor(), html(title));
        let entry = if section.path.is_empty() { title } else { format!("<a href=\"#{anchor}\">{title}</a>") };
        let _ = writeln!(out, "<li>{entry} ({})</li>", section.count());
    }
    out.push_str("</ul></details></nav>\n");
}

fn foot(input: &Input<'_>, out: &mut String) {
    let word = |name: &str| input.words.get(name);
    let states: serde_json::Map<String, serde_json::Value> =
        ["alive", "moved", "failing", "dead", "walled", "unknown", "excluded"]
            .iter()
            .map(|name| ((*name).to_owned(), json!(word(&format!("verdict-{name}")))))
            .chain(
                ["active", "slow", "stale", "finished", "archived", "disabled", "fork", "mirror", "new"]
                    .iter()
                    .map(|name| ((*name).to_owned(), json!(word(name)))),
            )
            .collect();
    let words = json!({
        "all": word("page-all"), "found": word("page-found"), "nothing": word("page-nothing"), "without": word("page-without"), "none": word("page-none"),
        "state": word("state"), "language": word("language"), "licence": word("licence"), "topic": word("page-topic"),
        "section": word("page-section"), "spark": word("page-spark"), "states": states,
    });
    let formula = input.words.fill("page-footer", &[("formula", &input.ranked.formula.to_string())]);
    let _ = writeln!(out, "<footer><p>{}</p></footer>", html(&formula));
    help(input, out);
    let _ = write!(
        out,
        "<script type=\"application/json\" id=\"words\">{}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        script_json(&words)
    );
}

/// What the keyboard and the search box understand.
fn help(input: &Input<'_>, out: &mut String) {
    let word = |name: &str| html(&input.words.get(name));
    let _ = write!(
        out,
        "<dialog aria-labelledby=\"help-title\"><h2 id=\"help-title\">{}</h2>\n<table>\n",
        word("page-help")
    );
    for (key, name) in [
        ("<kbd>/</kbd>", "page-help-search"),
        ("<kbd>Esc</kbd>", "page-help-clear"),
        ("<kbd>↑</kbd> <kbd>↓</kbd>", "page-help-arrows"),
        ("<kbd>Enter</kbd>", "page-help-enter"),
        ("<code>lang:rust licence:mit</code>", "page-help-filter"),
        ("<code>topic:cli is:active is:dead</code>", "page-help-state"),
        ("<code>is:dead since:&gt;2026-05</code>", "page-help-since"),
        ("<code>section:\"web\" stars:&gt;1000</code>", "page-help-section"),
        ("<code>added:&lt;30d active:&gt;2y -word</code>", "page-help-time"),
    ] {
        let _ = writeln!(out, "<tr><th scope=\"row\">{key}</th><td>{}</td></tr>", word(name));
    }
    let _ = write!(out, "</table>\n<form method=\"dialog\"><button>{}</button></form></dialog>\n", word("page-close"));
}
