//! What both formulas make of recorded projects, and how far a rank moves when facts are missing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use jiff::civil::Date;
use pomona::address::{Forges, Target};
use pomona::ledger::Record;
use pomona::observation::Facts;
use pomona::policy::{Formula, Rank};
use pomona::ranking::{Baseline, Project, months, score};

use crate::Rng;

/// Each fact is hidden with this probability…
const HIDDEN_SHARE: f64 = 0.1;
/// …so many times.
const TRIALS: u64 = 20;
/// The first so many are searched for abandoned projects.
const FIRST: usize = 200;
/// A project without a commit (where none is known, a push) and without a release for more than this many months is
/// abandoned.
const ABANDONED_MONTHS: u32 = 12;

/// The facts that are hidden, each on its own. Stars are not: an entry without stars has no rank.
const FACTS: [&str; 5] = ["created", "commit", "pushed", "release", "licence"];

/// A recorded project.
#[derive(Clone)]
struct Recorded {
    record: Record,
    as_of: Date,
    stars: u64,
    age: u32,
    /// Months since the newest commit, else push.
    silent: u32,
    /// Months since the newest commit, else push, or release.
    idle: u32,
}

/// Prints what the formulas make of the projects in `repos`, and of those that `entries` names.
pub(crate) fn report(repos: &str, entries: Option<&str>, best_of: Option<&str>) -> anyhow::Result<()> {
    let projects: Vec<Recorded> =
        read(repos)?.lines().map(project).collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect();
    table("all recorded projects", &projects, &BTreeMap::new());
    let Some(entries) = entries else { return Ok(()) };
    let wanted = wanted(&read(entries)?);
    let listed: Vec<Recorded> =
        projects.into_iter().filter(|project| wanted.contains(&project.record.target)).collect();
    let ranks = best_of.map(read).transpose()?.map(|text| best_of_ranks(&text)).unwrap_or_default();
    table("those of the list", &listed, &ranks);
    Ok(())
}

fn read(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read `{path}`"))
}

fn wanted(entries: &str) -> BTreeSet<Target> {
    let forges = Forges::default();
    let target = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(forges.target(value["url"].as_str()?))
    };
    entries.lines().filter_map(target).collect()
}

/// The rank that best-of-generator prints behind a project's name, as in `(🥇56 · ⭐ 200K)`.
fn best_of_ranks(list: &str) -> BTreeMap<Target, f64> {
    let forges = Forges::default();
    let rank = |line: &str| {
        let (_, rest) = line.split_once("<b><a href=\"")?;
        let (url, rest) = rest.split_once('"')?;
        let (_, rest) = rest.split_once("</a></b> (")?;
        let digits: String =
            rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        Some((forges.target(url), digits.parse().ok()?))
    };
    list.lines().filter_map(rank).collect()
}

fn project(line: &str) -> anyhow::Result<Option<Recorded>> {
    let value: serde_json::Value = serde_json::from_str(line)?;
    let day = |key: &str| value[key].as_str().and_then(|text| text.get(..10)).and_then(|text| text.parse().ok());
    let (commit, pushed): (Option<Date>, Option<Date>) = (day("last_commit_at"), day("pushed_at"));
    let release: Option<Date> = day("latest_release_at");
    let Some((((name, stars), created), worked)) =
        value["full_name"].as_str().zip(value["stars"].as_u64()).zip(day("created_at")).zip(commit.or(pushed))
    else {
        return Ok(None);
    };
    let as_of = day("observed_at").context("a project has no `observed_at`")?.first_of_month();
    let target: Target = format!("github:{}", name.to_lowercase()).parse().map_err(anyhow::Error::msg)?;
    let mut record = Record::new(target, as_of);
    record.facts = Facts {
        stars: Some(stars),
        created: Some(created),
        commit: commit.map(Some),
        pushed: pushed.map(Some),
        release: Some(release),
        licence: Some(value["license"].as_str().map(str::to_owned)),
        archived: value["archived"].as_bool(),
        ..Facts::default()
    }
    .into();
    let silent = months(worked, as_of);
    let idle = release.map_or(silent, |release| silent.min(months(release, as_of)));
    Ok(Some(Recorded { record, as_of, stars, age: months(created, as_of), silent, idle }))
}

fn scores(projects: &[Recorded], rank: &Rank) -> Vec<f64> {
    let projects: Vec<Project<'_>> = projects
        .iter()
        .map(|project| Project {
            record: &project.record,
            growth: None,
            finished: false,
            licence: None,
            as_of: project.as_of,
        })
        .collect();
    let baseline = Baseline::of(projects.iter().copied(), rank);
    projects.iter().map(|project| score(project, &baseline, rank).map_or(0.0, |score| score.total)).collect()
}

fn table(label: &str, projects: &[Recorded], best_of: &BTreeMap<Target, f64>) {
    let ranks = [Rank::of(Formula::One), Rank::of(Formula::Two)];
    println!("\n| {label}: {} | formula 1 | formula 2 |\n|---|---|---|", projects.len());
    if projects.len() < 2 {
        return;
    }
    let row = |label: &str, of: &dyn Fn(&Rank) -> String| {
        println!("| {label} | {} | {} |", of(&ranks[0]), of(&ranks[1]));
    };
    let correlation = |values: &dyn Fn(&Recorded) -> f64| {
        let values: Vec<f64> = projects.iter().map(values).collect();
        move |rank: &Rank| format!("{:+.3}", spearman(&scores(projects, rank), &values))
    };
    if !best_of.is_empty() {
        let known: Vec<Recorded> =
            projects.iter().filter(|project| best_of.contains_key(&project.record.target)).cloned().collect();
        let values: Vec<f64> = known.iter().map(|project| best_of[&project.record.target]).collect();
        let of_known = |rank: &Rank| {
            let all: BTreeMap<&Target, f64> =
                projects.iter().map(|project| &project.record.target).zip(scores(projects, rank)).collect();
            let own: Vec<f64> = known.iter().map(|project| all[&project.record.target]).collect();
            format!("{:+.3}", spearman(&own, &values))
        };
        row(&format!("correlation with best-of's rank ({})", known.len()), &of_known);
    }
    row("correlation with stars", &correlation(&|project| project.stars as f64));
    row("correlation with age", &correlation(&|project| f64::from(project.age)));
    row(&format!("abandoned among the first {FIRST}"), &|rank| first(projects, rank, |project| project.idle));
    row("… counting commits alone", &|rank| first(projects, rank, |project| project.silent));
    row("entries with the same score", &|rank| tied(&scores(projects, rank)).to_string());
    row("a tenth of the facts hidden: mean movement", &|rank| format!("{:.1}", movement(projects, rank, &FACTS)));
    for fact in FACTS {
        row(&format!("… of `{fact}` alone"), &|rank| format!("{:.1}", movement(projects, rank, &[fact])));
    }
}

/// How many of the first projects are idle for too long, `months` of it.
fn first(projects: &[Recorded], rank: &Rank, months: impl Fn(&Recorded) -> u32) -> String {
    let places = places(projects, rank);
    let abandoned = |project: &Recorded| months(project) > ABANDONED_MONTHS;
    projects.iter().zip(places).filter(|(project, at)| *at < FIRST && abandoned(project)).count().to_string()
}

fn tied(scores: &[f64]) -> usize {
    let distinct: BTreeSet<String> = scores.iter().map(|score| format!("{score:.9}")).collect();
    scores.len() - distinct.len()
}

/// The place of each project, from 0.
fn places(projects: &[Recorded], rank: &Rank) -> Vec<usize> {
    let scores = scores(projects, rank);
    let mut order: Vec<usize> = (0..projects.len()).collect();
    order.sort_by(|a, b| {
        scores[*b].total_cmp(&scores[*a]).then_with(|| projects[*b].stars.cmp(&projects[*a].stars)).then(a.cmp(b))
    });
    let mut places = vec![0; order.len()];
    for (at, project) in order.into_iter().enumerate() {
        places[project] = at;
    }
    places
}

/// By how many places a project moves on average when facts are hidden at random.
fn movement(projects: &[Recorded], rank: &Rank, facts: &[&str]) -> f64 {
    let before = places(projects, rank);
    let moved = |trial: u64| {
        let mut rng = Rng(trial);
        let after = places(&hidden(projects, facts, &mut rng), rank);
        before.iter().zip(after).map(|(before, after)| before.abs_diff(after)).sum::<usize>()
    };
    (0..TRIALS).map(moved).sum::<usize>() as f64 / (projects.len() as f64 * TRIALS as f64)
}

fn hidden(projects: &[Recorded], facts: &[&str], rng: &mut Rng) -> Vec<Recorded> {
    let mut projects = projects.to_vec();
    for project in &mut projects {
        let known = &mut project.record.facts;
        for fact in facts {
            if rng.uniform() >= HIDDEN_SHARE {
                continue;
            }
            match *fact {
                "created" => known.created = None,
                "commit" => known.commit = None,
                "pushed" => known.pushed = None,
                "release" => known.release = None,
                _ => known.licence = None,
            }
        }
    }
    projects
}

/// The correlation of ranks; ties share the mean of their ranks.
fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (mean_ranks(a), mean_ranks(b));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(&a), mean(&b));
    let product =
        |x: &[f64], mx: f64, y: &[f64], my: f64| x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum::<f64>();
    product(&a, mean_a, &b, mean_b) / (product(&a, mean_a, &a, mean_a) * product(&b, mean_b, &b, mean_b)).sqrt()
}

fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let same = order[from..].iter().take_while(|at| values[**at].total_cmp(&values[order[from]]).is_eq()).count();
        for at in &order[from..from + same] {
            ranks[*at] = from as f64 + (same - 1) as f64 / 2.0;
        }
        from += same;
    }
    ranks
}
