//! Measures how far verdicts can be trusted: a made-up internet for a year, checked again and again.
//!
//! ```text
//! cargo bench --bench trust                                  every world in `trust/worlds`, every cadence
//! cargo bench --bench trust -- --world FILE --cadence 24     one world, one cadence in hours
//! ```
//!
//! Each run is a `pomona refresh` of a list of 3,000 links from recorded answers, with its cache, guards, files, policy and
//! report; only the network is left out. Beside it are checkers that others use: no memory, three failed runs in a row,
//! and a failure that lasts for seven days.
#![expect(clippy::print_stdout, reason = "a benchmark reports to whoever started it")]

#[path = "trust/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use pomona::commands::refresh_lists;
use pomona::observation::{Failure, FailureClass, Observation, Seen, Weight};
use pomona::report::Format;
use pomona::settings::{Answers, LookSettings, OutputSettings, Overrides, RefreshSettings, RunContext};
use serde::Deserialize;
use world::{Ailment, Link, Rates};

/// How many links a world has.
const LINKS: usize = 3_000;
/// The worlds of one file: they differ by luck alone.
const SEEDS: [u64; 5] = [4, 5, 6, 7, 8];
/// Hours between two runs: weekly, twice a week, daily.
const CADENCES: [u32; 3] = [168, 84, 24];
/// Hours from a failed look to the second look at the end of the run.
const SECOND_LOOK: f64 = 1.0 / 6.0;
/// Hours after which an interrupted run is resumed.
const RESUMED: f64 = 1.0;
const HEAD: &str = "\
| world | checker | hours between runs | living links called dead, five seeds | the same of those away for weeks | days to a stated death: median, 90 % | days to another death: median, 90 % | dead links found |
|---|---|---|---|---|---|---|---|";

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let value = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let cadences = match value("--cadence") {
        Some(hours) => vec![hours.parse()?],
        None => CADENCES.to_vec(),
    };
    println!("{HEAD}");
    for (name, rates) in worlds(value("--world").map(String::as_str))? {
        for &hours in &cadences {
            row(&name, &rates, hours, Checker::Pomona)?;
        }
        for checker in [Checker::NoMemory, Checker::ThreeStrikes, Checker::SevenDays] {
            row(&name, &rates, cadences[0], checker)?;
        }
    }
    Ok(())
}

fn worlds(file: Option<&str>) -> anyhow::Result<Vec<(String, Rates)>> {
    let shown = [
        ("mild", include_str!("trust/worlds/mild.toml")),
        ("harsh", include_str!("trust/worlds/harsh.toml")),
        ("correlated", include_str!("trust/worlds/correlated.toml")),
    ];
    match file {
        Some(file) => Ok(vec![(file.to_owned(), toml::from_str(&read(file)?)?)]),
        None => shown.into_iter().map(|(name, text)| Ok((name.to_owned(), toml::from_str(text)?))).collect(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the world that it is given")]
fn read(file: &str) -> anyhow::Result<String> {
    Ok(std::fs::read_to_string(file)?)
}

/// Who judges.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Checker {
    /// The ledger and the default policy.
    Pomona,
    /// What fails is dead; walls, 403 and 429 pass.
    NoMemory,
    /// Dead after three failed runs in a row.
    ThreeStrikes,
    /// Dead after seven days of failure, seen at two runs or more; a 404 is dead at once.
    SevenDays,
}

impl Checker {
    fn name(self) -> &'static str {
        match self {
            Self::Pomona => "Pomona",
            Self::NoMemory => "no memory; walls, 403 and 429 pass",
            Self::ThreeStrikes => "three strikes: dead after three failed runs in a row",
            Self::SevenDays => "seven days: a 404 at once, the rest after a week",
        }
    }
}

fn row(name: &str, rates: &Rates, hours: u32, checker: Checker) -> anyhow::Result<()> {
    let (mut living, mut away, mut stated, mut other) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut found, mut dead) = (0, 0);
    let years: Vec<anyhow::Result<Year>> = std::thread::scope(|scope| {
        let years = SEEDS.map(|seed| scope.spawn(move || year(rates, seed, hours, checker)));
        years.into_iter().map(|year| year.join().unwrap_or_else(|_| anyhow::bail!("a year panicked"))).collect()
    });
    for year in years {
        let year = year?;
        living.push(year.wrong(false).to_string());
        away.push(year.wrong(true).to_string());
        for (number, days) in &year.known {
            if year.links[*number].is_stated() { stated.push(*days) } else { other.push(*days) }
        }
        found += year.known.len();
        dead += year.links.iter().filter(|link| link.is_dead(year.end)).count();
    }
    println!(
        "| {name} | {} | {hours} | {} | {} | {} | {} | {found} of {dead} |",
        checker.name(),
        living.join(", "),
        away.join(", "),
        quantiles(stated),
        quantiles(other)
    );
    Ok(())
}

fn quantiles(mut days: Vec<f64>) -> String {
    days.sort_by(f64::total_cmp);
    let at = |percent: usize| days.get(days.len().saturating_sub(1) * percent / 100).map_or(0.0, |days| *days);
    format!("{:.0}, {:.0}", at(50), at(90))
}

/// What a year brought.
struct Year {
    links: Vec<Link>,
    end: Timestamp,
    /// Links that were called dead while they lived, by their number.
    wrong: Vec<usize>,
    /// Days from a death to the first verdict, by the link's number.
    known: BTreeMap<usize, f64>,
}

fn year(rates: &Rates, seed: u64, hours: u32, checker: Checker) -> anyhow::Result<Year> {
    let links = world::links(rates, LINKS, seed);
    let runs = 52 * 168 / hours;
    let mut list = List::new(&links, checker)?;
    let mut year = Year { links, end: world::start(), wrong: Vec::new(), known: BTreeMap::new() };
    for run in 0..runs {
        let now = world::after(world::start(), f64::from(run * hours));
        if let Some(dead) = list.run(&year.links, now, Events::of(rates, run, runs))? {
            year.take(now, &dead);
        }
    }
    Ok(year)
}

/// What befalls a run.
#[derive(Debug, Clone, Copy)]
struct Events {
    /// Hours by which the clock is ahead.
    ahead: f64,
    is_interrupted: bool,
    is_own_outage: bool,
}

impl Events {
    fn of(rates: &Rates, run: u32, runs: u32) -> Self {
        Self {
            ahead: rates.clock_ahead(run, runs),
            is_interrupted: rates.is_interrupted(run, runs),
            is_own_outage: rates.is_own_outage(run, runs),
        }
    }
}

/// A list in a folder, with whoever checks it.
struct List {
    folder: tempfile::TempDir,
    targets: Vec<String>,
    checker: Checker,
    failed: Vec<(u32, Option<Timestamp>)>,
}

impl List {
    fn new(links: &[Link], checker: Checker) -> anyhow::Result<Self> {
        let targets = links.iter().map(|link| link.target.to_string()).collect();
        let list = Self { folder: tempfile::tempdir()?, targets, checker, failed: vec![(0, None); LINKS] };
        let mut text = "# Pages\n\n## All\n\n".to_owned();
        for (number, link) in links.iter().enumerate() {
            writeln!(text, "- [Page {number}]({}) - A page.", link.url())?;
        }
        list.write("README.md", &text)?;
        list.write("pomona.toml", "")?;
        Ok(list)
    }

    #[expect(clippy::disallowed_methods, reason = "a benchmark makes the list that it refreshes")]
    fn write(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// One run at `now`: which links it calls dead; none where it accepts nothing of what it saw.
    fn run(&mut self, links: &[Link], now: Timestamp, events: Events) -> anyhow::Result<Option<Vec<bool>>> {
        let looks: Vec<Observation> = links.iter().map(|link| link.look(now)).collect();
        if self.checker != Checker::Pomona {
            return Ok((!events.is_own_outage).then(|| self.others(&looks, now)));
        }
        if events.is_own_outage {
            let silent = |look: Observation| Observation { seen: silence(), ..look };
            let run = self.refresh(looks.into_iter().map(silent).collect(), now, events.ahead);
            anyhow::ensure!(run.is_err(), "the outage of our own network was taken for the world's");
            return Ok(None);
        }
        if events.is_interrupted {
            self.refresh(looks.iter().take(LINKS / 2).cloned().collect(), now, events.ahead)?;
            let later = world::after(now, RESUMED);
            return self.refresh(links.iter().map(|link| link.look(later)).collect(), later, events.ahead).map(Some);
        }
        let second = world::after(now, SECOND_LOOK);
        let again = links.iter().zip(&looks).filter(|(_, look)| is_evidence(look)).map(|(link, _)| link.look(second));
        let again: Vec<Observation> = again.collect();
        self.refresh(looks.into_iter().chain(again).collect(), now, events.ahead).map(Some)
    }

    /// `pomona refresh --format json` from these answers, with a clock that is so many hours ahead.
    fn refresh(&self, mut looks: Vec<Observation>, now: Timestamp, ahead: f64) -> anyhow::Result<Vec<bool>> {
        for look in &mut looks {
            look.at = world::after(look.at, ahead);
        }
        let lines: Vec<String> = looks.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let recorded = self.write("world.jsonl", &lines.join("\n"))?;
        let mut out = Vec::new();
        refresh_lists(&self.settings(recorded), &context(world::after(now, ahead)), &mut out)?;
        let report: Report = serde_json::from_slice(&out).context("the report of a run")?;
        let dead: BTreeSet<&str> =
            report.links.iter().filter(|link| link.verdict == "dead").map(|link| link.target.as_str()).collect();
        anyhow::ensure!(report.links.len() == LINKS, "a run reported {} links", report.links.len());
        Ok(self.targets.iter().map(|target| dead.contains(target.as_str())).collect())
    }

    fn settings(&self, recorded: PathBuf) -> RefreshSettings {
        // With the cache, which a run on a keeper's machine has too.
        let look =
            LookSettings { answers: Answers::Recorded(recorded), max_wait: Duration::ZERO, ..LookSettings::stored() };
        RefreshSettings {
            folders: vec![self.folder.path().to_owned()],
            look,
            overrides: Overrides::default(),
            dry_run: false,
            list_written: None,
            output: OutputSettings { format: Format::Json, files: Vec::new(), strict: false },
        }
    }

    /// What a checker without a ledger calls dead.
    fn others(&mut self, looks: &[Observation], now: Timestamp) -> Vec<bool> {
        let checker = self.checker;
        let judge = |(look, (runs, since)): (&Observation, &mut (u32, Option<Timestamp>))| {
            if !is_evidence(look) {
                (*runs, *since) = (0, None);
                return false;
            }
            *runs += 1;
            let days = now.duration_since(*since.get_or_insert(now)).as_hours() / 24;
            let is_missing = matches!(&look.seen, Seen::Failed(f) if f.class == FailureClass::Http(404));
            match checker {
                Checker::ThreeStrikes => *runs >= 3,
                Checker::SevenDays => is_missing || (*runs >= 2 && days >= 7),
                Checker::NoMemory | Checker::Pomona => true,
            }
        };
        looks.iter().zip(&mut self.failed).map(judge).collect()
    }
}

/// The part of a report that is read.
#[derive(Deserialize)]
struct Report {
    links: Vec<ReportedLink>,
}

#[derive(Deserialize)]
struct ReportedLink {
    target: String,
    verdict: String,
}

/// What a look meets while our own network is away.
fn silence() -> Seen {
    Seen::Failed(Failure::of(FailureClass::DnsTimeout))
}

/// The surroundings of a run: its clock and nothing else.
fn context(now: Timestamp) -> RunContext {
    RunContext {
        now,
        terminal: false,
        ci: false,
        width: None,
        color: false,
        verbosity: 0,
        cache: None,
        token: None,
        tokens: None,
        job: None,
        enterprise_token: None,
        server_url: None,
        repository: None,
        event_path: None,
        api_url: None,
        graphql_url: None,
    }
}

fn is_evidence(look: &Observation) -> bool {
    matches!(&look.seen, Seen::Failed(failure) if failure.class.is_evidence())
}

impl Link {
    /// Whether its death is one that the site, the forge or the name server states.
    fn is_stated(&self) -> bool {
        self.death.and_then(|(_, class)| class).is_some_and(|class| class.weight() == Weight::Hard)
    }
}

impl Year {
    /// Takes in one run's verdicts.
    fn take(&mut self, now: Timestamp, dead: &[bool]) {
        self.end = now;
        for (number, link) in self.links.iter().enumerate().filter(|(number, _)| dead[*number]) {
            match link.death {
                Some((died, _)) if died <= now => {
                    let days = now.duration_since(died).as_secs_f64() / 86_400.0;
                    self.known.entry(number).or_insert(days);
                }
                _ if !self.wrong.contains(&number) => self.wrong.push(number),
                _ => {}
            }
        }
    }

    /// Links that were called dead while they lived, those that are away for weeks counted apart.
    fn wrong(&self, away: bool) -> usize {
        self.wrong.iter().filter(|number| (self.links[**number].ailment == Ailment::Away) == away).count()
    }
}
