//! The list as a table for spreadsheets, one entry a line.

use super::rounded;
use crate::ranked_list::{ListEntry, Placement, RankedList};
use crate::render::escape;

const HEADER: [&str; 21] = [
    "section",
    "state",
    "place",
    "rank",
    "title",
    "url",
    "target",
    "score",
    "stars",
    "growth_year",
    "language",
    "licence",
    "activity",
    "marks",
    "created",
    "commit",
    "release",
    "added",
    "moved_from",
    "since",
    "description",
];

/// The list as CSV (RFC 4180), with a header. Text that a spreadsheet would take for a formula gets an apostrophe in
/// front.
pub fn csv(ranked: &RankedList) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    let listed = ranked.sections.iter().flat_map(|section| section.shown.iter().chain(&section.folded));
    for row in listed.chain(&ranked.dead) {
        writer.write_record(record(&ranked.entries[*row]))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn record(row: &ListEntry) -> [String; 21] {
    let facts = &row.forge.facts;
    let text = |text: Option<&str>| harmless(text.unwrap_or_default());
    let state = match row.position.placement {
        Placement::Shown => "shown",
        Placement::Folded => "folded",
        Placement::Dead => "dead",
        Placement::Hidden => "left-out",
    };
    [
        harmless(&row.position.path.join(" / ")),
        state.to_owned(),
        cell(row.position.place),
        cell(row.position.rank),
        harmless(&row.title),
        harmless(&row.url),
        harmless(&row.target.to_string()),
        cell(row.status.score.as_ref().map(|score| rounded(score.total))),
        cell(facts.stars),
        cell(row.forge.growth.map(|growth| growth.yearly().round())),
        text(facts.language.as_ref().and_then(|language| language.as_deref())),
        text(row.forge.licence.as_deref()),
        cell(row.forge.activity.map(crate::ranking::Activity::name)),
        row.status.marks.iter().map(|mark| mark.name()).collect::<Vec<_>>().join(" "),
        cell(facts.created),
        cell(facts.commit.flatten()),
        cell(facts.release.flatten()),
        cell(row.forge.added),
        text(row.status.moved_from.as_deref()),
        cell(row.status.judgement.since),
        text(row.description.as_deref()),
    ]
}

fn cell(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn harmless(text: &str) -> String {
    let text = escape::clean(text);
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranked_list::sample::World;

    #[test]
    fn an_entry_is_a_line_and_no_formula() {
        let mut world = World::new("# L\n## S, T\n- https://github.com/a/a\n", &[("github:a/a", 999, "2026-11-01")]);
        world.record("github:a/a").facts.description = Some(Some("=1+1,\n\"x\"".to_owned()));
        let text = csv(&world.ranked()).unwrap();
        let expected = "\"S, T\",shown,1,1,a/a,https://github.com/a/a,github:a/a,55.34,999,,Rust,MIT,active,active,2020-11-01,2026-11-01,,2026-01-05,,,\"'=1+1, \"\"x\"\"\"";
        assert_eq!(text.lines().nth(1), Some(expected));
        assert_eq!(text.lines().count(), 2);
    }
}
