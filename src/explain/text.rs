//! Explanations as text, without control characters.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::{Explanation, Place, SectionExplanation};
use crate::ranking::{FactStatus, FactorKind, Score};
use crate::render::escape::clean;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} of {}", self.at, self.of)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.heading(f)?;
        if let Some(score) = &self.score {
            parts(f, score)?;
        }
        if let Some(suggestion) = &self.suggestion {
            writeln!(f, "  {:<11}{:+.1} if {}", "most", suggestion.gain, suggestion.change)?;
        }
        let section = clean(&self.section.join(" › "));
        let place = self.place.map(|place| format!(", {place}")).unwrap_or_default();
        writeln!(f, "section    {}{place} ({}, line {})", dash(&section), self.placement, self.line)?;
        self.verdict(f)?;
        for mark in &self.marks {
            let hidden = if mark.shown { "" } else { " (not shown)" };
            writeln!(f, "mark       {}{hidden}: {}", mark.mark, clean(&mark.why))?;
        }
        if let Some(odd) = self.anomaly {
            writeln!(f, "odd        {} stars on {}, {} on {}", odd.before, odd.from, odd.after, odd.to)?;
        }
        let text = |field: Option<&String>| dash(&clean(field.map_or("", String::as_str))).to_owned();
        writeln!(f, "source     {} — {}", text(self.source.title.as_ref()), text(self.source.description.as_ref()))?;
        writeln!(f, "forge      {} — {}", text(self.forge.title.as_ref()), text(self.forge.description.as_ref()))
    }
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

    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = &self.verdict;
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
        writeln!(f)
    }
}

/// A part a line: name, fact, value × weight = points.
fn parts(f: &mut fmt::Formatter<'_>, score: &Score) -> fmt::Result {
    let weights: f64 = score.parts.iter().filter(|part| part.value.is_some()).map(|part| part.weight).sum();
    let wide = score.parts.iter().map(|part| part.fact.width()).max().unwrap_or(0);
    for part in &score.parts {
        let blank = " ".repeat(wide - part.fact.width());
        write!(f, "  {:<11}{}{blank}  ", part.kind.name(), part.fact)?;
        match part.value {
            Some(value) => {
                let weight = 100.0 * part.weight / weights;
                write!(f, "{value:.2} × {weight:>4.1} = {:>4.1}", value * weight)?;
            }
            None => write!(f, "leaves both sums")?,
        }
        if part.status == FactStatus::LastKnown {
            write!(f, "  last known{}", part.since.map(|day| format!(", since {day}")).unwrap_or_default())?;
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

#[cfg(test)]
mod tests {
    use crate::address::Forges;
    use crate::explain::{explain, section};
    use crate::policy::Layout;
    use crate::ranked_list::sample::World;

    #[test]
    fn an_explanation_is_a_small_table() {
        let mut world = World::new(
            "# L\n## One\n- [Alpha](https://github.com/a/alpha) - Ours.\n- https://x.org/\n",
            &[("github:a/alpha", 999, "2025-08-01")],
        );
        world.record("github:a/alpha").facts.archived = Some(true);
        let ranked = world.ranked();
        let alpha = explain(&ranked, &Layout::default(), &Forges::default(), "alpha").unwrap().remove(0);
        let expected = "\
Alpha  24.2   #1 of 1   formula 2   as of 2026-11
  popularity 999 stars                                  0.50 × 52.6 = 26.3
  momentum   167 stars a year on average since 2020-11  0.36 × 23.2 =  8.3
  activity   last commit 15 months ago                  0.50 × 21.1 = 10.5
  release    it never released                          leaves both sums
  licence    MIT                                        1.00 ×  3.2 =  3.2
  factor     archived                                   × 0.50
  most       +24.2 if it were archived no longer
section    One, #1 of 1 (shown, line 3)
verdict    alive: it answers
mark       archived: its owner archived it
source     Alpha — Ours.
forge      – — What github:a/alpha does
";
        assert_eq!(alpha.to_string(), expected);
        let one = section(&ranked, &Layout::default(), "One").unwrap().to_string();
        let expected = "\
One   formula 2   as of 2026-11
             score   pop   mom   act   rel   lic  factor
   1  Alpha   24.2  0.50  0.36  0.50     –  1.00    0.50
      x.org
";
        assert_eq!(one, expected);
    }
}
