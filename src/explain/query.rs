//! Finds the entry that a query means, and explains it.

use super::{Explanation, MarkReason, Place, SectionExplanation, TextFields, VERSION, VerdictReason, suggestion};
use crate::address::{Forges, Target};
use crate::policy::{Layout, MarkName};
use crate::ranked_list::{ListEntry, Placement, RankedList, Section};

/// Similar names that are suggested where nothing matches.
const MAX_SUGGESTIONS: usize = 3;

/// No entry or section of the list has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no entry of the list matches `{query}`")]
pub struct NotFound {
    /// The query.
    pub query: String,
    /// Similar names, the most similar first.
    pub nearest: Vec<String>,
}

/// Explains every entry that `query` means: by address, by canonical target, by `owner/name` or its last part, by title.
pub fn explain(
    ranked: &RankedList,
    layout: &Layout,
    forges: &Forges,
    query: &str,
) -> Result<Vec<Explanation>, NotFound> {
    let query = query.trim();
    let target = forges.target(query);
    let tests: [&dyn Fn(&ListEntry) -> bool; 4] = [
        &|row| row.target == target || forges.target(&row.url) == target || row.url == query || row.source.url == query,
        &|row| {
            row.target.to_string().eq_ignore_ascii_case(query)
                || names(row).iter().any(|name| name.eq_ignore_ascii_case(query))
        },
        &|row| [&row.title, &row.source.title].iter().any(|title| title.to_lowercase() == query.to_lowercase()),
        &|row| {
            names(row).iter().any(|name| name.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(query)))
        },
    ];
    for is_meant in tests {
        let found: Vec<Explanation> =
            ranked.entries.iter().filter(|row| is_meant(row)).map(|row| one(ranked, layout, row)).collect();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let known = ranked.entries.iter().flat_map(|row| names(row).into_iter().chain([row.title.clone()]));
    Err(NotFound { query: query.to_owned(), nearest: nearest(query, known) })
}

/// Explains every entry of the list, in the order of [`RankedList::entries`].
pub fn all(ranked: &RankedList, layout: &Layout) -> Vec<Explanation> {
    ranked.entries.iter().map(|row| one(ranked, layout, row)).collect()
}

/// Explains the section whose heading is `query`, or whose path of headings is, joined by `/`.
pub fn section(ranked: &RankedList, layout: &Layout, query: &str) -> Result<SectionExplanation, NotFound> {
    let wanted = query.trim().to_lowercase();
    let path = |section: &Section| section.path.join("/").to_lowercase();
    let is_meant = |section: &&Section| section.title.to_lowercase() == wanted || path(section) == wanted;
    let mut found = ranked.sections.iter().filter(is_meant);
    let full = found.clone().find(|section| !section.shown.is_empty() || !section.folded.is_empty());
    let Some(section) = full.or_else(|| found.next()) else {
        let known = ranked.sections.iter().map(|section| section.title.clone());
        return Err(NotFound { query: query.to_owned(), nearest: nearest(query, known) });
    };
    let rows = section.shown.iter().chain(&section.folded).map(|row| &ranked.entries[*row]);
    Ok(SectionExplanation {
        version: VERSION,
        section: section.path.clone(),
        entries: rows.map(|row| one(ranked, layout, row)).collect(),
        as_of: ranked.as_of,
        formula: ranked.formula,
    })
}

/// The names that a row's repository goes by.
fn names(row: &ListEntry) -> Vec<String> {
    [&row.target, &row.ranked_by]
        .into_iter()
        .filter_map(|target| match target {
            Target::Repository(repository) => Some(repository.path.clone()),
            _ => None,
        })
        .chain(row.forge.facts.name.clone())
        .chain(row.status.moved_from.clone())
        .collect()
}

fn nearest(query: &str, known: impl Iterator<Item = String>) -> Vec<String> {
    let query = query.to_lowercase();
    let near = |name: &str| {
        let name = name.to_lowercase();
        strsim::jaro_winkler(&query, &name).max(strsim::normalized_damerau_levenshtein(&query, &name))
    };
    let mut known: Vec<(f64, String)> = known.map(|name| (near(&name), name)).collect();
    known.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    known.dedup_by(|b, a| a.1.eq_ignore_ascii_case(&b.1));
    known.into_iter().filter(|(near, _)| *near > 0.6).take(MAX_SUGGESTIONS).map(|(_, name)| name).collect()
}

fn one(ranked: &RankedList, layout: &Layout, row: &ListEntry) -> Explanation {
    let facts = &row.forge.facts;
    let ranked_count =
        |rows: &mut dyn Iterator<Item = &ListEntry>| rows.filter(|row| row.position.place.is_some()).count();
    let section = row.position.section.and_then(|index| ranked.sections.get(index));
    let in_section = section.map_or(0, |section| {
        ranked_count(&mut section.shown.iter().chain(&section.folded).map(|row| &ranked.entries[*row]))
    });
    let in_list = ranked.entries.iter().filter_map(|row| row.position.rank).max().unwrap_or(0);
    Explanation {
        version: VERSION,
        title: row.title.clone(),
        url: row.url.clone(),
        target: row.target.to_string(),
        ranked_by: (row.ranked_by != row.target).then(|| row.ranked_by.to_string()),
        line: row.source.line,
        section: row.position.path.clone(),
        placement: placement(row.position.placement),
        place: row.position.place.map(|at| Place { at, of: in_section }),
        rank: row.position.rank.map(|at| Place { at, of: in_list }),
        score: row.status.score.clone(),
        unranked: row.status.score.is_none().then(|| unranked(row)),
        suggestion: row.status.score.as_ref().and_then(|score| suggestion(score, &ranked.rules, row.forge.likes)),
        marks: row.status.marks.iter().map(|mark| reason(ranked, layout, row, *mark)).collect(),
        anomaly: row.forge.anomaly,
        verdict: verdict(row),
        source: TextFields {
            title: Some(row.source.title.clone()),
            url: Some(row.source.url.clone()),
            description: row.source.description.clone(),
        },
        forge: TextFields { title: facts.name.clone(), url: None, description: facts.description.clone().flatten() },
        as_of: row.forge.known.or(ranked.as_of),
        formula: ranked.formula,
    }
}

fn placement(placement: Placement) -> &'static str {
    match placement {
        Placement::Shown => "shown",
        Placement::Folded => "folded",
        Placement::Dead => "dead",
        Placement::Hidden => "hidden",
    }
}

fn unranked(row: &ListEntry) -> &'static str {
    match &row.ranked_by {
        Target::Repository(_) if row.forge.added.is_none() => "it was never checked",
        Target::Repository(_) => "its stars are unknown",
        _ => "not a repository: it has no stars to be ranked by",
    }
}

fn verdict(row: &ListEntry) -> VerdictReason {
    let judgement = &row.status.judgement;
    VerdictReason {
        verdict: judgement.verdict.name(),
        class: judgement.class.map(|class| class.to_string()),
        moved_to: judgement.moved_to.clone(),
        since: judgement.since,
        failed_looks: judgement.progress.map(|progress| progress.looks),
        failed_days: judgement.progress.map(|progress| progress.days),
        dead_not_before: judgement.progress.and_then(|progress| progress.not_before),
        why: judgement.reason.clone(),
    }
}

fn reason(ranked: &RankedList, layout: &Layout, row: &ListEntry, mark: MarkName) -> MarkReason {
    let rules = &ranked.rules;
    let worked =
        row.forge.facts.worked().map_or_else(String::new, |date| format!("newest commit {}", date.strftime("%Y-%m")));
    let why = match mark {
        MarkName::Active => format!("{worked}: within {} months", rules.active_months),
        MarkName::Slow => format!("{worked}: more than {} months ago", rules.active_months),
        MarkName::Stale => format!("{worked}: more than {} months ago", rules.stale_months),
        MarkName::Finished => "its author marked it as finished, so inactivity is not a fault".to_owned(),
        MarkName::Archived => row.forge.archived_since.map_or_else(
            || "its owner archived it".to_owned(),
            |day| format!("its owner archived it, seen since {day}"),
        ),
        MarkName::Disabled => "the forge disabled it".to_owned(),
        MarkName::Fork => "the forge calls it a fork".to_owned(),
        MarkName::Mirror => "the forge calls it a mirror".to_owned(),
        MarkName::New => row.forge.added.map_or_else(String::new, |day| format!("first checked on {day}")),
        MarkName::Fell | MarkName::Jumped => row.forge.anomaly.map_or_else(String::new, |odd| {
            format!("{} stars on {}, {} on {}, and no commit between", odd.before, odd.from, odd.after, odd.to)
        }),
        MarkName::Dead | MarkName::Reused | MarkName::Failing | MarkName::Walled | MarkName::Moved => {
            row.status.judgement.reason.clone()
        }
    };
    MarkReason { mark: mark.name(), shown: layout.marks.contains(&mark), why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Moved;
    use crate::ranked_list::sample::{World, day};

    fn world() -> World {
        let mut world = World::new(
            "# L\n## One\n- [Alpha](https://github.com/a/alpha) - Ours.\n- https://github.com/b/beta\n## Two\n- https://x.org/\n",
            &[("github:a/alpha", 999, "2026-11-01"), ("github:b/beta", 100, "2025-08-01")],
        );
        world.record("github:b/beta").moved =
            Some(Moved { to: "https://github.com/c/beta".to_owned(), since: day("2026-05-01") });
        world
    }

    fn ask(query: &str) -> Result<Vec<Explanation>, NotFound> {
        explain(&world().ranked(), &Layout::default(), &Forges::default(), query)
    }

    #[test]
    fn an_entry_is_found_by_name_address_and_title() {
        for (query, target) in [
            ("https://github.com/A/Alpha/", "github:a/alpha"),
            ("github:a/alpha", "github:a/alpha"),
            ("a/alpha", "github:a/alpha"),
            ("ALPHA", "github:a/alpha"),
            ("beta", "github:b/beta"),
            ("https://github.com/c/beta", "github:b/beta"),
            ("https://x.org", "https://x.org/"),
        ] {
            assert_eq!(ask(query).unwrap()[0].target, target, "{query}");
        }
        let missing = ask("a/alpah").unwrap_err();
        assert_eq!(missing.nearest.first().map(String::as_str), Some("a/alpha"));
        assert_eq!(ask("zzzzzz").unwrap_err().nearest, Vec::<String>::new());
    }

    #[test]
    fn an_explanation_has_places_reasons_and_both_texts() {
        let alpha = ask("alpha").unwrap().remove(0);
        assert_eq!((alpha.place, alpha.rank), (Some(Place { at: 1, of: 2 }), Some(Place { at: 1, of: 2 })));
        assert_eq!(alpha.source.description.as_deref(), Some("Ours."));
        assert_eq!(alpha.forge.description.as_deref(), Some("What github:a/alpha does"));
        let beta = ask("beta").unwrap().remove(0);
        assert_eq!((beta.verdict.verdict, beta.suggestion.unwrap().change), ("moved", "it had a commit this month"));
        let page = ask("https://x.org/").unwrap().remove(0);
        assert_eq!((page.rank, page.unranked), (None, Some("not a repository: it has no stars to be ranked by")));
    }

    #[test]
    fn a_section_is_explained_whole() {
        let ranked = world().ranked();
        let one = section(&ranked, &Layout::default(), "one").unwrap();
        assert_eq!(one.entries.iter().map(|entry| entry.title.as_str()).collect::<Vec<_>>(), ["Alpha", "c/beta"]);
        assert_eq!(section(&ranked, &Layout::default(), "Oen").unwrap_err().nearest, ["One"]);
    }
}
