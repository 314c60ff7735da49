//! Explanations as text, without control characters.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::{Comparison, Explanation, Observed, Place, SectionExplanation, TextFields, VerdictReason};
use crate::ranking::{FactSource, FactStatus, FactorKind, Part, Score};
use crate::render::escape::clean;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} of {}", self.at, self.of)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(link) = &self.link {
            writeln!(f, "{}  {} is a further link of:", clean(&link.text), clean(&link.url))?;
            write_verdict(f, &link.verdict)?;
        }
        self.heading(f)?;
        if let Some(target) = &self.ranked_by {
            writeln!(f, "ranked by  {}", clean(target))?;
        }
        if let Some(named) = &self.page_repository {
            writeln!(f, "page       names {} ({}), {}", clean(&named.target), named.standard, named.why)?;
        }
        if let Some(score) = &self.score {
            parts(f, score)?;
        }
        if let Some(suggestion) = &self.suggestion {
            writeln!(f, "  {:<11}{:+.1} if {}", "most", suggestion.gain, suggestion.change)?;
        }
        let section = clean(&self.section.join(" › "));
        let place = self.place.map(|place| format!(", {place}")).unwrap_or_default();
        let file = self.file.as_ref().map_or_else(String::new, |file| format!(" of {file}"));
        writeln!(f, "section    {}{place} ({}, line {}{file})", dash(&section), self.placement, self.line)?;
        write_verdict(f, &self.verdict)?;
        if let Some(observed) = &self.observed {
            writeln!(f, "observed   {observed}")?;
        }
        for replacement in &self.replacements {
            writeln!(f, "instead    {}", clean(&replacement.to_string()))?;
        }
        for mark in &self.marks {
            let hidden = if mark.shown { "" } else { " (not shown)" };
            writeln!(f, "mark       {}{hidden}: {}", mark.mark, clean(&mark.why))?;
        }
        if let Some(odd) = self.anomaly {
            writeln!(f, "odd        {} stars on {}, {} on {}", odd.before, odd.from, odd.after, odd.to)?;
        }
        write_texts(f, "source", &self.source)?;
        write_texts(f, "forge", &self.forge)
    }
}

/// Title and description of one origin, where there are any.
fn write_texts(f: &mut fmt::Formatter<'_>, label: &str, fields: &TextFields) -> fmt::Result {
    if fields.title.is_none() && fields.description.is_none() {
        return Ok(());
    }
    let text = |field: Option<&String>| dash(&clean(field.map_or("", String::as_str))).to_owned();
    writeln!(f, "{label:<11}{} — {}", text(fields.title.as_ref()), text(fields.description.as_ref()))
}

impl Explanation {
    fn heading(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = clean(&self.title);
        let Some(score) = &self.score else {
            return writeln!(f, "{title}  not ranked: {}", self.unranked.unwrap_or_default());
        };
        let rank = self.rank.map(|rank| format!("   {rank}")).unwrap_or_default();
        let month = self.as_of.map(|date| format!("   as of {}", date.strftime("%Y-%m"))).unwrap_or_default();
        writeln!(f, "{title}  {:.1}{rank}   formula {}{month}", score.total, score.formula)
    }
}

fn write_verdict(f: &mut fmt::Formatter<'_>, verdict: &VerdictReason) -> fmt::Result {
    write!(f, "verdict    {}: {}", verdict.verdict, clean(&verdict.why))?;
    if let Some(class) = &verdict.class {
        write!(f, " [{class}]")?;
    }
    if let Some(since) = verdict.since.filter(|since| !verdict.why.contains(&since.to_string())) {
        write!(f, ", since {since}")?;
    }
    if let Some(to) = &verdict.moved_to {
        write!(f, ", now {}", clean(to))?;
    }
    if let Some(day) = verdict.answered.filter(|day| !verdict.why.contains(&day.to_string())) {
        write!(f, ", last answered on {day}")?;
    }
    writeln!(f)?;
    for suspicion in &verdict.suspicions {
        writeln!(f, "suspected  {}: {}", suspicion.kind.meaning(), clean(&suspicion.evidence))?;
    }
    Ok(())
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at.strftime("%Y-%m-%d %H:%M UTC"), if self.alive { "alive" } else { "failed" })?;
        if let Some(class) = &self.class {
            write!(f, " [{class}]")?;
        }
        if let Some(status) = self.status {
            write!(f, ", status {status}")?;
        }
        if self.redirects > 0 {
            write!(f, ", redirects: {}", self.redirects)?;
        }
        if !self.detail.is_empty() {
            write!(f, ", {}", clean(&self.detail))?;
        }
        Ok(())
    }
}

/// A part a line: name, fact, value × weight = points, and where the fact comes from.
fn parts(f: &mut fmt::Formatter<'_>, score: &Score) -> fmt::Result {
    let weights: f64 = score.parts.iter().filter(|part| part.value.is_some()).map(|part| part.weight).sum();
    let wide = score.parts.iter().map(|part| part.fact.width()).max().unwrap_or(0);
    for part in &score.parts {
        let blank = " ".repeat(wide - part.fact.width());
        write!(f, "  {:<11}{}{blank}  ", part.kind.name(), part.fact)?;
        match part.value {
            Some(value) => {
                let weight = 100.0 * part.weight / weights;
                write!(f, "{value:.2} × {weight:>4.1} = {:>4.1}  {}", value * weight, origin(part))?;
            }
            None => write!(f, "leaves both sums")?,
        }
        writeln!(f)?;
    }
    let why = match score.factor.kind {
        FactorKind::None => return Ok(()),
        FactorKind::Archived => "archived",
        FactorKind::Disabled => "disabled",
        FactorKind::Young => "young",
    };
    writeln!(f, "  {:<11}{why}{}  × {:.2}", "factor", " ".repeat(wide.saturating_sub(why.len())), score.factor.value)
}

/// Where the fact of a part comes from, how old it is, and what it was before it moved towards the list's middle.
fn origin(part: &Part) -> String {
    let source = match part.source {
        FactSource::Forge => "forge",
        FactSource::History => "history",
        FactSource::StarHistory => "the forge's star history",
        FactSource::List => "the entry's text",
        FactSource::Baseline => "the list's middle",
    };
    let day = match (part.as_of, part.since) {
        (Some(month), _) => format!(", as of {}", month.strftime("%Y-%m")),
        (None, Some(day)) => format!(", since {day}"),
        (None, None) => String::new(),
    };
    let last_known = if part.status == FactStatus::LastKnown { ", last known" } else { "" };
    let measured = part.measured.map(|measured| format!(" (was {measured:.2})")).unwrap_or_default();
    format!("{source}{day}{last_known}{measured}")
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = [clean(&self.first.title), clean(&self.second.title)];
        let wide = titles.iter().map(|title| title.width()).max().unwrap_or(0).max(6);
        let padded = |text: &str| " ".repeat(wide.saturating_sub(text.width())) + text;
        writeln!(f, "{:<11}  {}  {}   lead", "", padded(&titles[0]), padded(&titles[1]))?;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, first: String, second: String, lead: f64| {
            writeln!(f, "{name:<11}  {}  {}  {lead:>+5.1}", padded(&first), padded(&second))
        };
        let points = |points: Option<f64>| points.map_or_else(|| "–".to_owned(), |points| format!("{points:.1}"));
        for part in &self.parts {
            row(f, part.part.name(), points(part.first), points(part.second), part.gain())?;
        }
        let (Some(high), Some(low)) = (&self.first.score, &self.second.score) else {
            let unranked = if self.first.score.is_none() { &self.first } else { &self.second };
            return writeln!(f, "{} is not ranked: {}", clean(&unranked.title), unranked.unranked.unwrap_or_default());
        };
        if high.factor != low.factor {
            let factor = |score: &Score| format!("× {:.2}", score.factor.value);
            writeln!(f, "{:<11}  {}  {}", "factor", padded(&factor(high)), padded(&factor(low)))?;
        }
        row(f, "score", points(Some(high.total)), points(Some(low.total)), self.lead)?;
        match self.decides {
            Some(part) => writeln!(f, "{} leads by {:.1}: {part} decides", titles[0], self.lead),
            None => writeln!(f, "neither leads: the one with more stars comes first, then the name"),
        }
    }
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

impl fmt::Display for SectionExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = self.as_of.map(|date| format!("   as of {}", date.strftime("%Y-%m"))).unwrap_or_default();
        writeln!(f, "{}   formula {}{month}", dash(&clean(&self.section.join(" › "))), self.formula)?;
        let titles: Vec<String> = self.entries.iter().map(|entry| clean(&entry.title)).collect();
        let wide = titles.iter().map(|title| title.width()).max().unwrap_or(0);
        writeln!(f, "      {}  score   pop   mom   act   rel   lic  factor", " ".repeat(wide))?;
        for (entry, title) in self.entries.iter().zip(&titles) {
            let place = entry.place.map(|place| place.at.to_string()).unwrap_or_default();
            write!(f, "{place:>4}  {title}{}", " ".repeat(wide - title.width()))?;
            if let Some(score) = &entry.score {
                write!(f, "  {:>5.1}", score.total)?;
                for part in &score.parts {
                    let value = part.value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
                    write!(f, "  {value:>4}")?;
                }
                write!(f, "  {:>6.2}", score.factor.value)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
