//! The head of the page: what is new, and charts of the whole list.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::civil::Date;

use super::chart::{bars, curve};
use super::{Input, href};
use crate::ranked_list::{ListEntry, Placement};
use crate::render::export::{ChangeKind, changes};
use crate::text::escape::html;

/// The lines of each part of "what is new", at most.
const NEWS: usize = 6;
/// The bars of a chart, at most.
const BARS: usize = 8;

/// The overview above the entries.
pub(super) fn overview(input: &Input<'_>) -> String {
    let mut out = String::from("<div class=\"overview\">\n");
    news(input, &mut out);
    charts(input, &mut out);
    out.push_str("</div>\n");
    out
}

fn news(input: &Input<'_>, out: &mut String) {
    let changes = changes(input.ranked);
    let of = |kind: ChangeKind| changes.iter().filter(move |change| change.kind == kind);
    for (kind, word, all) in [
        (ChangeKind::Added, "page-news-added", "sort=added"),
        (ChangeKind::Dead, "page-news-dead", "q=is%3Adead"),
        (ChangeKind::Moved, "page-news-moved", "q=is%3Amoved"),
        (ChangeKind::Archived, "page-news-archived", "q=is%3Aarchived"),
    ] {
        let lines = of(kind).take(NEWS).map(|change| {
            let row = &input.ranked.entries[change.row];
            format!("{} <span class=\"since\">{}</span>", link(row), change.at)
        });
        let more = of(kind).count().saturating_sub(NEWS);
        list(input, word, lines.chain(rest(input, more, all)).collect(), out);
    }
    let more = input.ranked.trending.len().saturating_sub(NEWS);
    let rising = input.ranked.trending.iter().take(NEWS).map(|index| {
        let row = &input.ranked.entries[*index];
        let gained = row
            .forge
            .growth
            .map(|growth| format!(" <span class=\"since\">{:+} / {} d</span>", growth.gained, growth.days));
        format!("{}{}", link(row), gained.unwrap_or_default())
    });
    list(input, "page-news-rising", rising.chain(rest(input, more, "sort=trend")).collect(), out);
}

/// A link to the selection that has the others too. The script shows it, as it needs the script.
fn rest(input: &Input<'_>, more: usize, selection: &str) -> Option<String> {
    let words = html(&input.words.fill("more", &[("count", &more.to_string())]));
    (more > 0).then(|| format!("<a class=\"more\" href=\"#{selection}\" hidden>{words}</a>"))
}

fn list(input: &Input<'_>, word: &str, lines: Vec<String>, out: &mut String) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "<section><h2>{}</h2><ul>", html(&input.words.get(word)));
    for line in lines {
        let _ = writeln!(out, "<li>{line}</li>");
    }
    out.push_str("</ul></section>\n");
}

fn link(row: &ListEntry) -> String {
    let title = html(&row.title);
    match href(&row.url) {
        Some(url) => format!("<a href=\"{url}\" rel=\"noopener nofollow ugc\">{title}</a>"),
        None => title,
    }
}

fn charts(input: &Input<'_>, out: &mut String) {
    let rows: Vec<&ListEntry> =
        input.ranked.entries.iter().filter(|row| row.position.placement != Placement::Hidden).collect();
    let languages = rows.iter().filter_map(|row| row.forge.facts.language.clone().flatten());
    let licences = rows.iter().filter_map(|row| row.forge.licence.clone());
    let ages = input.ranked.as_of.map(|as_of| {
        let years = rows
            .iter()
            .filter_map(move |row| Some(i32::from(as_of.year()) - i32::from(row.forge.facts.created?.year())));
        years.fold(BTreeMap::new(), |mut counts: BTreeMap<i32, usize>, age| {
            *counts.entry(age.max(0)).or_default() += 1;
            counts
        })
    });
    let age = |n: &i32| input.words.fill("page-years", &[("count", &n.to_string())]);
    let ages = ages.unwrap_or_default().iter().map(|(n, count)| (age(n), *count)).collect();
    for (word, counts) in
        [("page-chart-languages", most(languages)), ("page-chart-licences", most(licences)), ("page-chart-ages", ages)]
    {
        if counts.len() > 1 {
            let title = input.words.get(word);
            let _ = writeln!(out, "<section><h2>{}</h2>{}</section>", html(&title), bars(&title, &counts));
        }
    }
    let total = total(input);
    if total.iter().any(|point| point.1 != total[0].1) {
        let title = input.words.get("page-chart-stars");
        let _ = writeln!(out, "<section><h2>{}</h2>{}</section>", html(&title), curve(&title, &total));
    }
}

/// The values that occur most, with how often.
fn most(values: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.truncate(BARS);
    counts
}

/// The stars of all repositories together, on each day on which one of them has a point. A repository counts from the
/// first day with its first known figure, so that the curve shows stars gained, not repositories that were added.
fn total(input: &Input<'_>) -> Vec<(Date, u64)> {
    let mut steps: Vec<(Date, usize, u64)> = Vec::new();
    let mut last: Vec<u64> = Vec::new();
    for (n, curve) in input.history.curves().enumerate() {
        steps.extend(curve.totals().map(|(at, stars)| (at, n, stars)));
        last.push(curve.totals().next().map_or(0, |(_, stars)| stars));
    }
    steps.sort_unstable();
    let mut sum: u64 = last.iter().sum();
    let mut total: BTreeMap<Date, u64> = BTreeMap::new();
    for (at, n, stars) in steps {
        let Some(before) = last.get_mut(n) else { continue };
        sum = sum - *before + stars;
        *before = stars;
        total.insert(at, sum);
    }
    total.into_iter().collect()
}
