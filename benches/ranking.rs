//! Measures the ranking: on recorded projects, the lines that a year of weekly runs changes, and its speed.
//!
//! ```text
//! cargo bench --bench ranking                               a synthetic year, and the speed
//! cargo bench --bench ranking -- REPOS.jsonl [ENTRIES.jsonl]  and recorded projects
//! ```
//!
//! `REPOS.jsonl` has one object a line: `full_name`, `stars`, `created_at`, `last_commit_at`, `latest_release_at`,
//! `license`, `observed_at`. `ENTRIES.jsonl`, where it is given, names those to take by their `url`.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads its own input")]
#![expect(clippy::print_stdout, reason = "a benchmark reports to whoever started it")]
#![expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "days and stars are small and not negative"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use anyhow::Context;
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use pomona::address::{Forges, Target};
use pomona::ledger::{History, Ledger, Record};
use pomona::markdown::Document;
use pomona::observation::{Alive, Facts, Observation, Seen};
use pomona::policy::{Confirm, Order, Policy, Rank};
use pomona::ranked_list::{Input, Previous, RankedList, build};
use pomona::ranking::{months, score};
use pomona::render::list::render;
use pomona::verdict::{ConfirmationMode, judge};
use similar::{ChangeTag, TextDiff};

fn main() -> anyhow::Result<()> {
    let files: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if let Some(repos) = files.first() {
        recorded(repos, files.get(1).map(String::as_str))?;
    }
    year();
    speed();
    Ok(())
}

/// A recorded project.
struct Project {
    name: String,
    stars: u64,
    age: u32,
    silent: Option<u32>,
    score: f64,
}

fn recorded(repos: &str, entries: Option<&str>) -> anyhow::Result<()> {
    let wanted = entries.map(wanted).transpose()?;
    let text = std::fs::read_to_string(repos).with_context(|| format!("cannot read `{repos}`"))?;
    let mut projects = Vec::new();
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line)?;
        let name = value["full_name"].as_str().unwrap_or_default().to_lowercase();
        if wanted.as_ref().is_none_or(|wanted| wanted.contains(&name)) {
            projects.extend(project(&value, &name));
        }
    }
    projects.sort_by(|a, b| b.score.total_cmp(&a.score));
    println!("recorded projects with stars, creation and commit: {}", projects.len());
    if projects.len() < 2 {
        return Ok(());
    }
    let column = |of: &dyn Fn(&Project) -> f64| projects.iter().map(of).collect::<Vec<f64>>();
    let scores = column(&|p| p.score);
    let distinct: BTreeSet<String> = scores.iter().map(|score| format!("{score:.9}")).collect();
    println!("  correlation of rank with age: {:+.3}", spearman(&scores, &column(&|p| f64::from(p.age))));
    let stars = column(&|p| p.stars as f64);
    println!("  the same for stars alone:     {:+.3}", spearman(&stars, &column(&|p| f64::from(p.age))));
    println!("  correlation of rank with stars: {:+.3}", spearman(&scores, &stars));
    println!("  tied: {}", projects.len() - distinct.len());
    let dead = |projects: &[&Project]| projects.iter().filter(|p| p.silent.is_some_and(|months| months > 12)).count();
    let best: Vec<&Project> = projects.iter().take(200).collect();
    let mut by_stars: Vec<&Project> = projects.iter().collect();
    by_stars.sort_by_key(|project| std::cmp::Reverse(project.stars));
    println!(
        "  silent for more than 12 months: {} of all, {} of the first 200, {} of the 200 with most stars",
        dead(&projects.iter().collect::<Vec<_>>()),
        dead(&best),
        dead(&by_stars[..200.min(by_stars.len())])
    );
    for (at, project) in projects.iter().enumerate().take(10) {
        println!("  {:>3}  {:>5.1}  {} ({} stars)", at + 1, project.score, project.name, project.stars);
    }
    Ok(())
}

fn wanted(entries: &str) -> anyhow::Result<BTreeSet<String>> {
    let text = std::fs::read_to_string(entries).with_context(|| format!("cannot read `{entries}`"))?;
    let forges = Forges::default();
    let path = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).ok()?;
        match forges.target(value["url"].as_str()?) {
            Target::Repository(repository) => Some(repository.path),
            _ => None,
        }
    };
    Ok(text.lines().filter_map(path).collect())
}

/// A project, scored as of the month in which it was seen; momentum falls back to stars by age.
fn project(value: &serde_json::Value, name: &str) -> Option<Project> {
    let day =
        |key: &str| value[key].as_str().and_then(|text| text.get(..10)).and_then(|text| text.parse::<Date>().ok());
    let (created, commit) = (day("created_at")?, day("last_commit_at").or_else(|| day("pushed_at"))?);
    let stars = value["stars"].as_u64()?;
    let as_of = day("observed_at")?.first_of_month();
    let mut record = Record::new(format!("github:{name}").parse().ok()?, as_of);
    record.facts = Facts {
        stars: Some(stars),
        created: Some(created),
        commit: Some(Some(commit)),
        release: Some(day("latest_release_at")),
        licence: Some(value["license"].as_str().map(str::to_owned)),
        archived: value["archived"].as_bool(),
        ..Facts::default()
    }
    .into();
    let total = score(&record, None, as_of, false, &Rank::default())?.total;
    let silent = Some(months(commit, as_of));
    Some(Project { name: name.to_owned(), stars, age: months(created, as_of), silent, score: total })
}

/// The correlation of ranks; ties share the mean of their ranks.
fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (ranks(a), ranks(b));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(&a), mean(&b));
    let product =
        |x: &[f64], mx: f64, y: &[f64], my: f64| x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum::<f64>();
    product(&a, mean_a, &b, mean_b) / (product(&a, mean_a, &a, mean_a) * product(&b, mean_b, &b, mean_b)).sqrt()
}

fn ranks(values: &[f64]) -> Vec<f64> {
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

/// Numbers that look random and are the same each time (splitmix64).
struct Rng(u64);

impl Rng {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Around 0, spread 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// A project whose stars, commits and releases change from week to week.
struct SyntheticProject {
    target: Target,
    stars: f64,
    growth: f64,
    works: f64,
    releases: f64,
    facts: Facts,
}

fn synthetic(count: usize, start: Date, rng: &mut Rng) -> Vec<SyntheticProject> {
    (0..count)
        .map(|n| {
            let days = |days: f64| start.checked_sub(Span::new().days(days as i64)).unwrap_or(start);
            let works = match rng.uniform() {
                r if r < 0.5 => 0.9,
                r if r < 0.7 => 0.3,
                r if r < 0.85 => 0.05,
                _ => 0.003,
            };
            let created = days(200.0 + rng.uniform() * 3_500.0);
            let silent = (-rng.uniform().max(1e-9).ln() / works * 7.0).min(2_500.0);
            let releases = if rng.uniform() < 0.15 { 0.0 } else { works * 0.1 };
            let facts = Facts {
                id: i64::try_from(n).ok(),
                created: Some(created),
                archived: Some(false),
                licence: Some((rng.uniform() < 0.95).then(|| "MIT".to_owned())),
                language: Some(Some("Python".to_owned())),
                description: Some(Some("A synthetic project that does a number of things rather well".to_owned())),
                commit: Some(Some(days(silent))),
                release: Some((releases > 0.0).then(|| days(silent + rng.uniform() * 400.0))),
                ..Facts::default()
            };
            SyntheticProject {
                target: format!("github:owner{}/project{n}", n % 97).parse().unwrap_or(Target::Anchor(String::new())),
                stars: (8.0 + 1.3 * rng.normal()).exp().max(20.0),
                growth: (0.15 + 0.25 * rng.normal()).max(-0.05) * works.max(0.2),
                works,
                releases,
                facts,
            }
        })
        .collect()
}

/// The project a week later, as a check observes it.
fn look(project: &mut SyntheticProject, day: Date, at: Timestamp, rng: &mut Rng) -> Observation {
    let noise = rng.normal() * (project.stars / 52.0 * 0.05).sqrt().max(0.5);
    project.stars = (project.stars * (1.0 + project.growth / 52.0) + noise).max(1.0);
    if rng.uniform() < project.works {
        project.facts.commit = Some(Some(day));
    }
    if rng.uniform() < project.releases {
        project.facts.release = Some(Some(day));
    }
    if rng.uniform() < 0.0005 {
        project.facts.archived = Some(true);
    }
    let facts = Facts { stars: Some(project.stars.round() as u64), ..project.facts.clone() };
    Observation {
        target: project.target.clone(),
        at,
        seen: Seen::Alive(Box::new(Alive { facts: facts.into(), ..Alive::default() })),
    }
}

/// A list of these, in sections of thirty.
fn document(targets: &[Target]) -> Document {
    let mut text = "# A synthetic list\n".to_owned();
    for (n, target) in targets.iter().enumerate() {
        if n % 30 == 0 {
            text.push_str("\n## Section ");
            text.push_str(&(n / 30).to_string());
            text.push_str("\n\n");
        }
        text += &target.to_string().replacen("github:", "- https://github.com/", 1);
        text.push('\n');
    }
    Document::parse(&text)
}

/// What a weekly run reads and writes.
struct Workspace {
    document: Document,
    policy: Policy,
    ledger: Ledger,
    history: History,
    previous: Option<Previous>,
}

impl Workspace {
    fn new(targets: &[Target], policy: Policy) -> Self {
        Self {
            document: document(targets),
            policy,
            ledger: Ledger::default(),
            history: History::default(),
            previous: None,
        }
    }

    fn record(&mut self, seen: &[Observation]) {
        let news = self.history.news(seen);
        self.history = History::new(self.history.points().into_iter().cloned().chain(news));
        self.ledger = self.ledger.fold(seen, &BTreeMap::new());
    }

    fn ranked(&self) -> RankedList {
        build(&Input {
            source: "list.md",
            document: &self.document,
            ledger: &self.ledger,
            history: &self.history,
            policy: &self.policy,
            forges: &Forges::default(),
            judge: &|target| judge(self.ledger.get(target), None, &Confirm::default(), ConfirmationMode::Required),
            previous: self.previous.as_ref(),
        })
    }

    fn write(&mut self) -> String {
        let ranked = self.ranked();
        for (target, activity) in
            ranked.shown().map(|(target, activity)| (target.clone(), activity)).collect::<Vec<_>>()
        {
            self.ledger.show(&target, activity.map(pomona::ranking::Activity::name));
        }
        self.previous = Some(Previous::of(&ranked, &Forges::default()));
        let list = render(&ranked, &self.policy.layout, None);
        list.map(|list| list.text).unwrap_or_default()
    }
}

fn year() {
    println!("a synthetic year: 900 entries, 52 weekly runs, lines of the list");
    for (label, band, order) in [
        ("score, dead band 2", 2.0, Order::Score),
        ("score, dead band 1", 1.0, Order::Score),
        ("score, no dead band", 0.0, Order::Score),
        ("as in the source", 2.0, Order::None),
    ] {
        let mut policy = Policy::default();
        policy.layout.dead_band = band;
        policy.layout.order = Some(order);
        let weeks = weeks(policy);
        let median = |of: &dyn Fn(&(usize, usize)) -> usize| {
            let mut values: Vec<usize> = weeks.iter().map(of).collect();
            values.sort_unstable();
            (values[values.len() / 2], values[values.len() - 1])
        };
        let (moved, changed) = (median(&|week| week.0), median(&|week| week.1));
        println!(
            "  {label:<20} moved {:>3} a week (most {:>3}), changed {:>3} (most {:>3})",
            moved.0, moved.1, changed.0, changed.1
        );
    }
}

/// Lines moved and lines changed, week by week, once the history has become long enough for growth to be known.
fn weeks(policy: Policy) -> Vec<(usize, usize)> {
    let mut rng = Rng(6);
    let start: Date = jiff::civil::date(2025, 8, 4);
    let mut projects = synthetic(900, start, &mut rng);
    let targets: Vec<Target> = projects.iter().map(|project| project.target.clone()).collect();
    let mut workspace = Workspace::new(&targets, policy);
    let mut before = String::new();
    let mut weeks = Vec::new();
    for week in 0..74 {
        let day = start.checked_add(Span::new().weeks(week)).unwrap_or(start);
        let at = jiff::tz::Offset::UTC.to_timestamp(day.at(5, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH);
        let seen: Vec<Observation> = projects.iter_mut().map(|project| look(project, day, at, &mut rng)).collect();
        workspace.record(&seen);
        let after = workspace.write();
        if week >= 22 {
            weeks.push(moved_and_changed(&before, &after));
        }
        before = after;
    }
    weeks
}

fn moved_and_changed(before: &str, after: &str) -> (usize, usize) {
    let diff = TextDiff::from_lines(before, after);
    let mut deleted: BTreeMap<String, usize> = BTreeMap::new();
    let mut inserted = Vec::new();
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Delete => *deleted.entry(change.value().to_string()).or_default() += 1,
            ChangeTag::Insert => inserted.push(change.value().to_string()),
            ChangeTag::Equal => {}
        }
    }
    let total = inserted.len();
    let moved = inserted
        .into_iter()
        .filter(|line| deleted.get_mut(line).is_some_and(|left| std::mem::replace(left, left.saturating_sub(1)) > 0))
        .count();
    (moved, total - moved)
}

fn speed() {
    let mut rng = Rng(7);
    let day = jiff::civil::date(2026, 11, 2);
    let mut projects = synthetic(10_000, day, &mut rng);
    let targets: Vec<Target> = projects.iter().map(|project| project.target.clone()).collect();
    let mut workspace = Workspace::new(&targets, Policy::default());
    let seen: Vec<Observation> =
        projects.iter_mut().map(|project| look(project, day, Timestamp::UNIX_EPOCH, &mut rng)).collect();
    workspace.record(&seen);
    workspace.previous = Some(Previous::of(&workspace.ranked(), &Forges::default()));
    let start = Instant::now();
    let ranked = workspace.ranked();
    let ranking_time = start.elapsed();
    let start = Instant::now();
    let bytes: usize = render(&ranked, &workspace.policy.layout, None).map(|list| list.text.len()).unwrap_or_default();
    println!("10 000 entries: ranked in {ranking_time:.0?}, rendered in {:.0?}, {} KB", start.elapsed(), bytes / 1024);
}
