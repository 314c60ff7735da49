//! Everything that the list shows, as JSON. Untrusted text stands as it is.

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::rounded;
use crate::ledger::GrowthSource;
use crate::ranked_list::{ListEntry, RankedList, Section};
use crate::ranking::{Activity, Anomaly, Baseline, Part, Score};
use crate::text::escape;

/// The version of the format.
pub const VERSION: u32 = 1;

#[derive(Serialize, JsonSchema)]
#[schemars(title = "pomona generate --export json")]
struct ListJson<'a> {
    version: u32,
    title: &'a str,
    source: &'a str,
    #[schemars(with = "Option<String>")]
    as_of: Option<Date>,
    formula: u32,
    baseline: &'a Baseline,
    counts: CountsJson,
    sections: Vec<SectionJson<'a>>,
    dead: Vec<DeadJson<'a>>,
    trending: Vec<String>,
    new: Vec<String>,
    newly_stale: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct CountsJson {
    projects: usize,
    links: usize,
    sections: usize,
    active: usize,
    slow: usize,
    stale: usize,
    archived: usize,
    moved: usize,
    dead: usize,
}

#[derive(Serialize, JsonSchema)]
struct SectionJson<'a> {
    title: &'a str,
    path: &'a [String],
    entries: Vec<EntryJson<'a>>,
    folded: Vec<EntryJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct EntryJson<'a> {
    title: &'a str,
    url: &'a str,
    target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ranked_by: Option<String>,
    description: Option<&'a str>,
    stars: Option<u64>,
    likes: bool,
    language: Option<&'a str>,
    licence: Option<&'a str>,
    topics: &'a [String],
    activity: Option<Activity>,
    marks: Vec<&'static str>,
    verdict: &'static str,
    moved_from: Option<&'a str>,
    score: Option<ScoreJson<'a>>,
    place: Option<usize>,
    rank: Option<usize>,
    growth: Option<GrowthJson>,
    anomaly: Option<Anomaly>,
    #[schemars(with = "Option<String>")]
    created: Option<Date>,
    #[schemars(with = "Option<String>")]
    commit: Option<Date>,
    #[schemars(with = "Option<String>")]
    release: Option<Date>,
    #[schemars(with = "Option<String>")]
    added: Option<Date>,
    #[schemars(with = "Option<String>")]
    known: Option<Date>,
    #[schemars(with = "Option<String>")]
    archived_since: Option<Date>,
    finished: bool,
    pinned: bool,
    depth: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    line: usize,
}

#[derive(Serialize, JsonSchema)]
struct ScoreJson<'a> {
    total: f64,
    factor: f64,
    factor_kind: crate::ranking::FactorKind,
    parts: Vec<PartJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct PartJson<'a> {
    part: &'static str,
    weight: f64,
    value: Option<f64>,
    measured: Option<f64>,
    status: crate::ranking::FactStatus,
    source: crate::ranking::FactSource,
    fact: &'a str,
    #[schemars(with = "Option<String>")]
    since: Option<Date>,
    #[schemars(with = "Option<String>")]
    as_of: Option<Date>,
}

#[derive(Serialize, JsonSchema)]
struct GrowthJson {
    gained: i64,
    days: i32,
    source: GrowthSource,
}

#[derive(Serialize, JsonSchema)]
struct DeadJson<'a> {
    title: &'a str,
    url: &'a str,
    target: String,
    section: &'a [String],
    #[schemars(with = "Option<String>")]
    since: Option<Date>,
    class: Option<String>,
    status: Option<u16>,
}

/// The JSON schema of the list.
pub fn schema(generator: SchemaGenerator) -> Schema {
    generator.into_root_schema_for::<ListJson>()
}

/// The list as one JSON object, indented, with a line end.
pub fn json(ranked: &RankedList) -> String {
    let targets = |rows: &[usize]| rows.iter().map(|row| ranked.entries[*row].target.to_string()).collect();
    let counts = &ranked.counts;
    let list = ListJson {
        version: VERSION,
        title: &ranked.title,
        source: &ranked.source,
        as_of: ranked.as_of,
        formula: ranked.formula,
        baseline: &ranked.baseline,
        counts: CountsJson {
            projects: counts.projects,
            links: counts.links,
            sections: counts.sections,
            active: counts.active,
            slow: counts.slow,
            stale: counts.stale,
            archived: counts.archived,
            moved: counts.moved,
            dead: counts.dead,
        },
        sections: ranked.sections.iter().map(|found| section(ranked, found)).collect(),
        dead: ranked.dead.iter().map(|row| dead(&ranked.entries[*row])).collect(),
        trending: targets(&ranked.trending),
        new: targets(&ranked.new),
        newly_stale: targets(&ranked.newly_stale),
    };
    let text = serde_json::to_string_pretty(&list).map(|text| text + "\n").unwrap_or_default();
    escape::json(&text).into_owned()
}

fn section<'a>(ranked: &'a RankedList, section: &'a Section) -> SectionJson<'a> {
    let entries = |rows: &[usize]| rows.iter().map(|row| entry(&ranked.entries[*row])).collect();
    SectionJson {
        title: &section.title,
        path: &section.path,
        entries: entries(&section.shown),
        folded: entries(&section.folded),
    }
}

fn entry(row: &ListEntry) -> EntryJson<'_> {
    let facts = &row.forge.facts;
    EntryJson {
        title: &row.title,
        url: &row.url,
        target: row.target.to_string(),
        ranked_by: (row.ranked_by != row.target).then(|| row.ranked_by.to_string()),
        description: row.description.as_deref(),
        stars: facts.stars,
        likes: row.forge.likes,
        language: facts.language.as_ref().and_then(|language| language.as_deref()),
        licence: row.forge.licence.as_deref(),
        topics: facts.topics.as_deref().unwrap_or_default(),
        activity: row.forge.activity,
        marks: row.status.marks.iter().map(|mark| mark.name()).collect(),
        verdict: row.status.judgement.verdict.name(),
        moved_from: row.status.moved_from.as_deref(),
        score: row.status.score.as_ref().map(score),
        place: row.position.place,
        rank: row.position.rank,
        growth: row.forge.growth.map(|growth| GrowthJson {
            gained: growth.gained,
            days: growth.days,
            source: growth.source,
        }),
        anomaly: row.forge.anomaly,
        created: facts.created,
        commit: facts.commit.flatten(),
        release: facts.release.flatten(),
        added: row.forge.added,
        known: row.forge.known,
        archived_since: row.forge.archived_since,
        finished: row.source.finished,
        pinned: row.position.pinned,
        depth: row.position.depth,
        file: row.source.file.as_deref(),
        line: row.source.line,
    }
}

fn score(score: &Score) -> ScoreJson<'_> {
    ScoreJson {
        total: rounded(score.total),
        factor: rounded(score.factor.value),
        factor_kind: score.factor.kind,
        parts: score.parts.iter().map(part).collect(),
    }
}

fn part(part: &Part) -> PartJson<'_> {
    PartJson {
        part: part.kind.name(),
        weight: part.weight,
        value: part.value.map(share),
        measured: part.measured.map(share),
        status: part.status,
        source: part.source,
        fact: &part.fact,
        since: part.since,
        as_of: part.as_of,
    }
}

/// A share, to four digits.
fn share(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn dead(row: &ListEntry) -> DeadJson<'_> {
    DeadJson {
        title: &row.title,
        url: &row.source.url,
        target: row.target.to_string(),
        section: &row.position.path,
        since: row.status.judgement.since,
        class: row.status.judgement.class.map(|class| class.to_string()),
        status: row.status.judgement.status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranked_list::sample::World;

    #[test]
    fn the_list_is_one_object_with_a_version() {
        let world =
            World::new("# L\n## S\n- [A](https://github.com/a/a) - Does a.\n", &[("github:a/a", 999, "2026-11-01")]);
        let value: serde_json::Value = serde_json::from_str(&json(&world.ranked())).unwrap();
        assert_eq!(
            (&value["version"], &value["formula"], &value["as_of"]),
            (&1.into(), &2.into(), &"2026-11-01".into())
        );
        let entry = &value["sections"][0]["entries"][0];
        assert_eq!((&entry["target"], &entry["stars"], &entry["rank"]), (&"github:a/a".into(), &999.into(), &1.into()));
        assert_eq!(entry["description"], "Does a.");
        assert_eq!(entry["score"]["parts"][0]["fact"], "999 stars");
        assert_eq!(entry["score"]["parts"][0]["value"], 0.5);
        assert_eq!(entry["score"]["parts"][3]["status"], "not-applicable");
        assert_eq!(json(&world.ranked()), json(&world.ranked()));
    }
}
