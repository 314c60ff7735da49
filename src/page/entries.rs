//! One entry of the page: its line of figures, and what is shown when it is opened.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::civil::Date;

use super::language::foreign;
use super::sections::Section;
use super::{Input, href};
use crate::address::Target;
use crate::explain::{Explanation, points_of_parts};
use crate::policy::{Column, MarkName};
use crate::ranked_list::{ListEntry, Placement};
use crate::ranking::{FactorKind, PartKind, Score};
use crate::render::escape::clean;
use crate::text::escape::html;
use crate::verdict::Verdict;

/// The points of a sparkline, at most: a dozen show a trend, and thousands of entries carry them.
const SPARK_POINTS: usize = 12;

/// What every entry of a page is written with.
pub(super) struct Entries<'a> {
    pub(super) input: Input<'a>,
    pub(super) places: BTreeMap<&'a Target, Vec<usize>>,
    /// The last day on which entries came with the list: those were not added to it.
    pub(super) founded: Option<Date>,
    /// Words that every entry needs, looked up once.
    pub(super) labels: Labels,
}

/// The words of an entry, escaped.
pub(super) struct Labels {
    more: String,
    score: String,
    link: String,
    added: String,
    former: String,
    instead: String,
    place: String,
    line: String,
}

impl Labels {
    pub(super) fn new(input: &Input<'_>) -> Self {
        let word = |name: &str| html(&input.words.get(name));
        Self {
            more: word("page-more"),
            score: word("page-score"),
            link: word("page-link"),
            added: word("page-added"),
            former: word("page-former"),
            instead: word("page-instead"),
            place: word("page-place"),
            line: input.words.get("page-line"),
        }
    }
}

impl Entries<'_> {
    /// A section with its heading, its entries and the sections nested in it.
    pub(super) fn section(&self, section: &Section, out: &mut String) {
        if let Some(title) = section.path.last() {
            let path = html(&section.path.join(" › "));
            let level = (section.path.len() + 1).min(6);
            let title = html(title);
            let id = if level == 2 { format!(" id=\"{}\"", section.anchor()) } else { String::new() };
            let _ = write!(
                out,
                "<section{id} data-path=\"{path}\" data-title=\"{title}\">\n<h{level}>{title}</h{level}>\n"
            );
        } else {
            out.push_str("<section>\n");
        }
        if !section.entries.is_empty() {
            out.push_str("<ul class=\"entries\">\n");
            section.entries.iter().for_each(|index| self.entry(*index, out));
            out.push_str("</ul>\n");
        }
        section.sections.iter().for_each(|nested| self.section(nested, out));
        out.push_str("</section>\n");
    }

    fn entry(&self, index: usize, out: &mut String) {
        let row = &self.input.ranked.entries[index];
        let dead = if row.position.placement == Placement::Dead { " class=\"dead\"" } else { "" };
        let _ = write!(out, "<li{dead} data-target=\"{}\"{}>", html(&row.target.to_string()), self.attributes(row));
        let title = html(&row.title);
        match href(&row.url) {
            Some(url) => {
                let lang = self.lang(&row.title);
                let _ = write!(out, "<a href=\"{url}\" rel=\"noopener nofollow ugc\"{lang}>{title}</a>");
            }
            None => {
                let _ = write!(out, "<a>{title}</a>");
            }
        }
        if let Some(description) = row.description.as_deref().filter(|text| !text.trim().is_empty()) {
            let _ = write!(out, "\n<p class=\"desc\"{}>{}</p>", self.lang(description), html(description));
        }
        let facts = self.facts(row);
        let _ = write!(out, "\n<p class=\"facts\">{facts}</p>\n<details><summary>{}</summary><dl>", self.labels.more);
        self.details(row, &self.input.explanations[index], out);
        out.push_str("</dl></details></li>\n");
    }

    /// What the script filters and sorts by, as attributes.
    fn attributes(&self, row: &ListEntry) -> String {
        let mut out = String::new();
        for (name, value) in data(row, self.founded).into_iter().chain(self.spark(row).map(|spark| ("spark", spark))) {
            let _ = write!(out, " data-{name}=\"{}\"", html(&value));
        }
        out
    }

    /// The line of figures under an entry.
    fn facts(&self, row: &ListEntry) -> String {
        let words = self.input.words;
        let figures = self.input.columns().iter().filter_map(|column| match column {
            Column::Stars => row.forge.facts.stars.map(|stars| {
                let sign = words.get(if row.forge.likes { "likes" } else { "stars" });
                format!("{} {}", html(&sign), crate::markdown::note::figure(stars))
            }),
            Column::Language => row.forge.facts.language.clone().flatten().map(|language| html(&language)),
            Column::Licence => row.forge.licence.as_deref().map(html),
            Column::Commit => {
                row.forge.facts.worked().map(|day| html(&words.fill("silent", &[("month", &month(day))])))
            }
            Column::Score => row.status.score.as_ref().map(|score| format!("{} {:.0}", self.labels.score, score.total)),
            Column::Verdict => Some(self.verdict(row)),
        });
        figures.collect::<Vec<_>>().join(" · ")
    }

    fn verdict(&self, row: &ListEntry) -> String {
        let verdict = row.status.judgement.verdict;
        let word = html(&self.input.words.get(&format!("verdict-{}", verdict.name())));
        let since = match row.status.judgement.since.filter(|_| verdict != Verdict::Alive) {
            Some(day) => format!(" <span class=\"since\">{day}</span>"),
            None => String::new(),
        };
        format!("<span class=\"state {}\">{word}</span>{since}", verdict.name())
    }

    /// What is shown when an entry is opened.
    fn details(&self, row: &ListEntry, why: &Explanation, out: &mut String) {
        let labels = &self.labels;
        if let Some(score) = &row.status.score {
            let rank = why.rank.map(|rank| format!(" (#{})", rank.at)).unwrap_or_default();
            pair(out, &labels.score, &format!("{:.1}{rank}{}", score.total, self.parts(score)));
        } else if let Some(why) = why.unranked {
            self.reason(out, &labels.score, &html(why));
        }
        self.reason(out, &labels.link, &html(&why.verdict.why));
        let shown =
            why.marks.iter().filter(|mark| mark.why != why.verdict.why && !mark.why.is_empty() && !is_plain(mark.mark));
        for mark in shown {
            self.reason(out, &html(&self.input.words.get(mark.mark)), &html(&mark.why));
        }
        if let Some(added) = row.forge.added.filter(|added| Some(*added) > self.founded) {
            pair(out, &labels.added, &added.to_string());
        }
        if let Some(former) = &row.status.moved_from {
            pair(out, &labels.former, &html(former));
        }
        for replacement in &row.status.replacements {
            let text = html(&clean(&replacement.to_string()));
            let link = href(&replacement.url);
            let shown = link.map(|url| format!("<a href=\"{url}\" rel=\"noopener nofollow ugc\">{text}</a>"));
            self.reason(out, &labels.instead, &shown.unwrap_or(text));
        }
        let places = self.places.get(&row.target).map(Vec::as_slice).unwrap_or_default();
        let places: Vec<String> =
            places.iter().map(|index| self.place(&self.input.ranked.entries[*index], places.len() > 1)).collect();
        pair(out, &labels.place, &places.join("<br>"));
    }

    /// The language of a text as an attribute, where it is known and not that of the page.
    fn lang(&self, text: &str) -> String {
        let found = foreign(text, self.input.ranked.language.code());
        found.map(|code| format!(" lang=\"{code}\"")).unwrap_or_default()
    }

    /// A reason, which is written in English.
    fn reason(&self, out: &mut String, name: &str, value: &str) {
        let lang = if self.input.ranked.language.code() == "en" { "" } else { " lang=\"en\"" };
        let _ = write!(out, "<dt>{name}</dt><dd{lang}>{value}</dd>");
    }

    /// The parts of a score, a line each: a bar of its points out of those that it can give, and the fact behind it.
    fn parts(&self, score: &Score) -> String {
        let mut out = String::new();
        let weights: f64 = score.parts.iter().filter(|part| part.value.is_some()).map(|part| part.weight).sum();
        for (part, points) in score.parts.iter().zip(points_of_parts(score)) {
            let name = html(&self.input.words.get(part.kind.name()));
            let most = 100.0 * part.weight / weights;
            let bar = points.map_or_else(String::new, |points| {
                format!("<meter max=\"{most:.0}\" value=\"{points:.1}\" aria-label=\"{name}\"></meter> ")
            });
            // Stars and licence stand in the line above: thousands of entries need not repeat them.
            let is_shown = matches!(part.kind, PartKind::Popularity | PartKind::Licence) && part.value.is_some();
            let fact = if is_shown { String::new() } else { format!(": {}", html(&part.fact)) };
            let _ = write!(out, "\n{bar}{name}{fact}");
        }
        let factor = match score.factor.kind {
            FactorKind::None => return out,
            FactorKind::Archived => "archived",
            FactorKind::Disabled => "disabled",
            FactorKind::Young => "new",
        };
        let _ = write!(out, "\n{} × {:.2}", html(&self.input.words.get(factor)), score.factor.value);
        out
    }

    /// A place of an entry in the list: its line in the source, and its section where it has several places.
    fn place(&self, row: &ListEntry, several: bool) -> String {
        let line = self
            .labels
            .line
            .replace("{line}", &row.source.line.to_string())
            .replace("{file}", row.source.file.as_ref().unwrap_or(&self.input.ranked.source));
        let line = match self.input.source_url(row.source.file.as_deref()) {
            Some(url) => format!("<a href=\"{url}#L{}\">{}</a>", row.source.line, html(&line)),
            None => html(&line),
        };
        let path = html(&row.position.path.join(" › "));
        if path.is_empty() || !several { line } else { format!("{path} · {line}") }
    }

    /// The stars over time, as a dozen figures spread over its history.
    fn spark(&self, row: &ListEntry) -> Option<String> {
        let totals: Vec<u64> =
            self.input.history.curve(row.forge.facts.id, &row.ranked_by).totals().map(|(_, stars)| stars).collect();
        let last = totals.len().checked_sub(1).filter(|last| *last > 0)?;
        let take = totals.len().min(SPARK_POINTS);
        let stars: Vec<String> = (0..take).map(|n| totals[n * last / (take - 1)].to_string()).collect();
        Some(stars.join(","))
    }
}

/// What the script filters and sorts by: names and values, those that are known.
pub(super) fn data(row: &ListEntry, founded: Option<Date>) -> Vec<(&'static str, String)> {
    let judgement = &row.status.judgement;
    let since = judgement.since.filter(|_| judgement.verdict != Verdict::Alive);
    let values = [
        ("stars", row.forge.facts.stars.map(|stars| stars.to_string())),
        ("lang", row.forge.facts.language.clone().flatten()),
        ("licence", row.forge.licence.clone()),
        ("topics", row.forge.facts.topics.as_ref().map(|topics| topics.join(" "))),
        ("is", Some(states(row).join(" "))),
        ("active", row.forge.facts.worked().map(|day| day.to_string())),
        ("added", row.forge.added.filter(|day| Some(*day) > founded).map(|day| day.to_string())),
        ("since", since.map(|day| day.to_string())),
        ("score", row.status.score.as_ref().map(|score| format!("{:.1}", score.total))),
        ("trend", row.forge.growth.map(|growth| growth.gained.to_string())),
    ];
    let known = values.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
    known.collect()
}

/// The states that `is:` filters by: the verdict, and the marks of the repository.
fn states(row: &ListEntry) -> Vec<&'static str> {
    let mut states = vec![row.status.judgement.verdict.name()];
    let marks = row.status.marks.iter().copied().map(MarkName::name);
    states.extend(marks.filter(|mark| *mark != row.status.judgement.verdict.name()));
    states
}

/// Whether a mark follows from the day of the last commit, which the line of figures shows.
fn is_plain(mark: &str) -> bool {
    [MarkName::Active, MarkName::Slow, MarkName::Stale].iter().any(|plain| plain.name() == mark)
}

fn pair(out: &mut String, name: &str, value: &str) {
    let _ = write!(out, "<dt>{name}</dt><dd>{value}</dd>");
}

fn month(day: Date) -> String {
    day.strftime("%Y-%m").to_string()
}
