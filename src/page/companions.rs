//! The files for machines that stand beside a published page. They need absolute addresses, so they are made only where
//! the policy names the address of the page.

use std::fmt::Write;

use super::sections::{Section, tree};
use super::{Input, href};
use crate::render::escape::clean;
use crate::render::export;
use crate::text::cut;
use crate::text::escape::xml;

/// A description in `llms.txt` has at most this many characters: a line of a list, not a document.
const DESCRIPTION_LENGTH: usize = 200;

/// The files beside the page: names and texts. None without an address.
pub fn companions(input: &Input<'_>) -> std::io::Result<Vec<(&'static str, String)>> {
    let Some(base) = input.policy.base_url.as_deref().filter(|url| href(url).is_some()) else { return Ok(Vec::new()) };
    Ok(vec![
        ("llms.txt", llms(input, base)),
        ("list.json", export::json(input.ranked)),
        ("list.csv", export::csv(input.ranked).map_err(std::io::Error::other)?),
        ("feed.xml", export::feed(input.ranked, Some(base))?),
        ("opensearch.xml", opensearch(input, base)),
        ("card.svg", card(input)),
    ])
}

/// The list as plain Markdown for language models (<https://llmstxt.org>): a title, a summary, links by section.
fn llms(input: &Input<'_>, base: &str) -> String {
    let mut out = format!("# {}\n\n> {}\n\n", clean(input.title()), clean(&super::document::description(input)));
    let base = base.trim_end_matches('/');
    let _ = writeln!(out, "The same as data: {base}/list.json, {base}/list.csv; what changed: {base}/feed.xml\n");
    section(input, &tree(input.ranked), &mut out);
    out
}

fn section(input: &Input<'_>, section_of: &Section, out: &mut String) {
    if let Some(title) = section_of.path.last() {
        let _ = writeln!(out, "{} {}\n", "#".repeat((section_of.path.len() + 1).min(6)), clean(title));
    }
    for index in &section_of.entries {
        let entry = &input.ranked.entries[*index];
        if href(&entry.url).is_none() {
            continue;
        }
        let description =
            entry.description.as_deref().map(|text| format!(": {}", cut(&clean(text), DESCRIPTION_LENGTH)));
        let title = clean(&entry.title).replace(['[', ']'], "");
        let url = clean(&entry.url).replace('(', "%28").replace(')', "%29").replace(' ', "%20");
        let _ = writeln!(out, "- [{title}]({url}){}", description.unwrap_or_default());
    }
    if !section_of.entries.is_empty() {
        out.push('\n');
    }
    section_of.sections.iter().for_each(|nested| section(input, nested, out));
}

/// A search that a browser can add (`OpenSearch` 1.1): its terms go into the fragment, which no server sees.
fn opensearch(input: &Input<'_>, base: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <OpenSearchDescription xmlns=\"http://a9.com/-/spec/opensearch/1.1/\">\n  <ShortName>{}</ShortName>\n  \
         <Description>{}</Description>\n  <InputEncoding>UTF-8</InputEncoding>\n  \
         <Url type=\"text/html\" template=\"{}/#q={{searchTerms}}\"/>\n</OpenSearchDescription>\n",
        xml(&cut(input.title(), 16)),
        xml(&super::document::description(input)),
        xml(base.trim_end_matches('/')),
    )
}

/// A picture for links to the page: its title and its counts.
fn card(input: &Input<'_>) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1200 630\" width=\"1200\" height=\"630\" \
         font-family=\"system-ui, sans-serif\">\n<rect width=\"1200\" height=\"630\" fill=\"#0d1117\"/>\n\
         <text x=\"80\" y=\"290\" font-size=\"84\" font-weight=\"700\" fill=\"#e6edf3\">{}</text>\n\
         <text x=\"80\" y=\"380\" font-size=\"38\" fill=\"#9da7b3\">{}</text>\n</svg>\n",
        xml(&cut(input.title(), 26)),
        xml(&cut(&super::document::description(input), 56)),
    )
}
