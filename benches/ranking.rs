//! Measures the ranking: on recorded projects, the lines that a year of weekly runs changes, and its speed.
//!
//! ```text
//! cargo bench --bench ranking                                            a synthetic year, and the speed
//! cargo bench --bench ranking -- REPOS.jsonl [ENTRIES.jsonl [BEST-OF.md]]  and recorded projects
//! ```
//!
//! `REPOS.jsonl` has one object a line: `full_name`, `stars`, `created_at`, `last_commit_at`, `pushed_at`,
//! `latest_release_at`, `license`, `observed_at`. `ENTRIES.jsonl` names those of one list by their `url`, and `BEST-OF.md` is
//! that list as best-of-generator wrote it, with its own rank of each project.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads its own input")]
#![expect(clippy::print_stdout, reason = "a benchmark reports to whoever started it")]
#![expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "days and stars are small and not negative"
)]

#[path = "ranking/recorded.rs"]
mod recorded;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use pomona::address::{Forges, Target};
use pomona::judgement::Judgements;
use pomona::ledger::{History, Ledger};
use pomona::markdown::Document;
use pomona::observation::{Alive, Facts, Observation, Seen};
use pomona::policy::{Formula, Order, Policy, Rank};
use pomona::ranked_list::{Input, Previous, RankedList, build};
use pomona::render::compose::{Source, compose};
use pomona::render::list::render;
use similar::{ChangeTag, TextDiff};

fn main() -> anyhow::Result<()> {
    let files: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if let Some(repos) = files.first() {
        recorded::report(repos, files.get(1).map(String::as_str), files.get(2).map(String::as_str))?;
    }
    year()?;
    speed();
    Ok(())
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
        seen: Seen::Alive(Arc::new(Alive { facts: facts.into(), ..Alive::default() })),
    }
}

/// A list of these, in sections of thirty.
fn source(targets: &[Target]) -> String {
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
    text
}

/// What a weekly run reads and writes.
struct Workspace {
    text: String,
    document: Document,
    policy: Policy,
    ledger: Ledger,
    history: History,
    previous: Option<Previous>,
}

impl Workspace {
    fn new(targets: &[Target], policy: Policy) -> Self {
        let text = source(targets);
        Self {
            document: Document::parse(&text),
            text,
            policy,
            ledger: Ledger::default(),
            history: History::default(),
            previous: None,
        }
    }

    fn record(&mut self, seen: &[Observation]) {
        let news = self.history.news(seen);
        self.history = History::new(self.history.points().into_iter().cloned().chain(news));
        self.ledger = self.ledger.fold(seen, &self.policy);
    }

    fn ranked(&self) -> RankedList {
        build(&Input {
            source: "list.md",
            document: &self.document,
            judgements: &Judgements::new(self.ledger.clone(), &self.policy),
            history: &self.history,
            policy: &self.policy,
            forges: &Forges::default(),
            previous: self.previous.as_ref(),
            baseline: None,
        })
    }

    /// Writes the list: another file, or the source itself.
    fn write(&mut self, in_place: bool) -> anyhow::Result<String> {
        if in_place {
            self.previous = Some(Previous::read(&self.text, &self.document, &Forges::default()));
        }
        let ranked = self.ranked();
        for (target, activity) in
            ranked.shown().map(|(target, activity)| (target.clone(), activity)).collect::<Vec<_>>()
        {
            self.ledger.show(&target, activity.map(pomona::ranking::Activity::name));
        }
        if !in_place {
            self.previous = Some(Previous::of(&ranked, &Forges::default()));
            return Ok(render(&ranked, &self.policy.layout, None)?.text);
        }
        let composed = compose(&Source {
            text: &self.text,
            document: &self.document,
            ranked: &ranked,
            layout: &self.policy.layout,
            addresses: &BTreeMap::new(),
            in_place,
            chart: None,
        })?;
        self.document = Document::parse(&composed.text);
        self.text.clone_from(&composed.text);
        Ok(composed.text)
    }
}

fn year() -> anyhow::Result<()> {
    println!(
        "\na synthetic year: 900 entries, 52 weekly runs, lines of the list: the median of the weeks, and the most\n"
    );
    println!("| formula, order | moved a week | most | changed a week | most |\n|---|---|---|---|---|");
    for (label, formula, band, order, in_place) in [
        ("2, dead band 2 (default)", Formula::Two, 2.0, Order::Score, false),
        ("2, dead band 1", Formula::Two, 1.0, Order::Score, false),
        ("2, no dead band", Formula::Two, 0.0, Order::Score, false),
        ("1, dead band 2", Formula::One, 2.0, Order::Score, false),
        ("1, no dead band", Formula::One, 0.0, Order::Score, false),
        ("2, as in the source", Formula::Two, 2.0, Order::None, false),
        ("2, in place, dead band 2", Formula::Two, 2.0, Order::Score, true),
        ("2, in place, no dead band", Formula::Two, 0.0, Order::Score, true),
        ("1, in place, dead band 2", Formula::One, 2.0, Order::Score, true),
        ("2, in place, as in the source", Formula::Two, 2.0, Order::None, true),
    ] {
        let mut policy = Policy { rank: Rank::of(formula), ..Policy::default() };
        policy.layout.dead_band = band;
        policy.layout.order = Some(order);
        let weeks = weeks(policy, in_place)?;
        let median = |of: &dyn Fn(&(usize, usize)) -> usize| {
            let mut values: Vec<usize> = weeks.iter().map(of).collect();
            values.sort_unstable();
            (values[values.len() / 2], values[values.len() - 1])
        };
        let (moved, changed) = (median(&|week| week.0), median(&|week| week.1));
        println!("| {label} | {} | {} | {} | {} |", moved.0, moved.1, changed.0, changed.1);
    }
    Ok(())
}

/// Lines moved and lines changed, week by week, once the history has become long enough for growth to be known.
fn weeks(policy: Policy, in_place: bool) -> anyhow::Result<Vec<(usize, usize)>> {
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
        let after = workspace.write(in_place)?;
        if week >= 22 {
            weeks.push(moved_and_changed(&before, &after));
        }
        before = after;
    }
    Ok(weeks)
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
