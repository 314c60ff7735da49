//! Measures how far verdicts can be trusted: a made-up internet for a year, checked again and again.
//!
//! ```text
//! cargo bench --bench trust                                  every world in `trust/worlds`, every cadence
//! cargo bench --bench trust -- --world FILE --cadence 24     one world, one cadence in hours
//! ```
//!
//! Each run goes the way of a real one: the replay probe, a second look at what failed, the mass-change guard, the fold
//! into the ledger (read back from its text), the judgement by the default policy. Beside it are checkers that others
//! use: no memory, three failed runs in a row, and a failure that lasts for seven days.
#![expect(clippy::print_stdout, reason = "a benchmark reports to whoever started it")]

#[path = "trust/world.rs"]
mod world;

use std::collections::BTreeMap;

use futures_util::StreamExt;
use jiff::Timestamp;
use pomona::address::Target;
use pomona::judgement::Judgements;
use pomona::ledger::{Ledger, LedgerText, mass_change};
use pomona::observation::{FailureClass, Observation, Seen, Weight, day};
use pomona::policy::Policy;
use pomona::probe::{Event, Probe, Replay};
use pomona::verdict::Verdict;
use world::{Ailment, Link, Rates};

/// How many links a world has.
const LINKS: usize = 3_000;
/// The worlds of one file: they differ by luck alone.
const SEEDS: [u64; 5] = [4, 5, 6, 7, 8];
/// Hours between two runs: weekly, twice a week, daily.
const CADENCES: [u32; 3] = [168, 84, 24];
/// Hours from a failed look to the second look at the end of the run.
const SECOND_LOOK: f64 = 1.0 / 6.0;
const HEAD: &str = "\
| world | checker | hours between runs | living links called dead, five seeds | the same of those away for weeks | days to a stated death: median, 90 % | days to another death: median, 90 % | dead links found |
|---|---|---|---|---|---|---|---|";

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let value = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let cadences = match value("--cadence") {
        Some(hours) => vec![hours.parse()?],
        None => CADENCES.to_vec(),
    };
    println!("{HEAD}");
    for (name, rates) in worlds(value("--world").map(String::as_str))? {
        for &hours in &cadences {
            row(&name, &rates, hours, Checker::Pomona, &runtime)?;
        }
        for checker in [Checker::NoMemory, Checker::ThreeStrikes, Checker::SevenDays] {
            row(&name, &rates, cadences[0], checker, &runtime)?;
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

fn row(name: &str, rates: &Rates, hours: u32, checker: Checker, runtime: &Runtime) -> anyhow::Result<()> {
    let (mut living, mut away, mut stated, mut other) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut found, mut dead) = (0, 0);
    for seed in SEEDS {
        let year = year(rates, seed, hours, checker, runtime)?;
        living.push(year.wrong(false).to_string());
        away.push(year.wrong(true).to_string());
        for (number, days) in &year.known {
            if year.links[*number].is_stated() { stated.push(*days) } else { other.push(*days) }
        }
        found += year.known.len();
        dead += year.links.iter().filter(|link| link.is_dead(year.end)).count();
    }
    println!(
        "| {name} | {checker:?} | {hours} | {} | {} | {} | {} | {found} of {dead} |",
        living.join(", "),
        away.join(", "),
        quantiles(stated),
        quantiles(other)
    );
    Ok(())
}

type Runtime = tokio::runtime::Runtime;

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

fn year(rates: &Rates, seed: u64, hours: u32, checker: Checker, runtime: &Runtime) -> anyhow::Result<Year> {
    let links = world::links(rates, LINKS, seed);
    let runs = 52 * 168 / hours;
    let mut list = List::new(&links, checker);
    let mut year = Year { links, end: world::start(), wrong: Vec::new(), known: BTreeMap::new() };
    for run in 0..runs {
        let now = world::after(world::start(), f64::from(run * hours));
        let clock = rates.clock_ahead(run, runs);
        let dead = list.run(&year.links, now, clock, runtime)?;
        year.take(now, &dead);
    }
    Ok(year)
}

/// What a run needs and leaves behind.
struct List {
    targets: Vec<Target>,
    ledger: String,
    policy: Policy,
    checker: Checker,
    failed: Vec<(u32, Option<Timestamp>)>,
}

impl List {
    fn new(links: &[Link], checker: Checker) -> Self {
        let targets = links.iter().map(|link| link.target.clone()).collect();
        let (ledger, policy) = (Ledger::default().to_text(&[]), Policy::default());
        Self { targets, ledger, policy, checker, failed: vec![(0, None); LINKS] }
    }

    /// One run at `now`, with a clock that is so many hours ahead: which links it calls dead.
    fn run(&mut self, links: &[Link], now: Timestamp, ahead: f64, runtime: &Runtime) -> anyhow::Result<Vec<bool>> {
        let mut world: Vec<Observation> = links.iter().map(|link| link.look(now)).collect();
        if self.checker != Checker::Pomona {
            return Ok(self.others(&world, now));
        }
        let second = world::after(now, SECOND_LOOK);
        let failed: Vec<usize> = (0..links.len()).filter(|number| is_evidence(&world[*number])).collect();
        world.extend(failed.into_iter().map(|number| links[number].look(second)));
        for look in &mut world {
            look.at = world::after(look.at, ahead);
        }
        let looks = self.replayed(world, now, runtime);
        let clock = world::after(second, ahead);
        let before = LedgerText::read(&self.ledger).map_err(anyhow::Error::msg)?.ledger;
        let change = mass_change(&before, &looks, &self.policy.guard);
        let refused = change.filter(|_| before.doubted.is_none()).map(|change| change.targets).unwrap_or_default();
        let accepted = looks.iter().filter(|look| !refused.contains(&look.target));
        let mut ledger = before.until(clock).folded(accepted, &self.policy);
        ledger.doubted = (!refused.is_empty()).then(|| day(now));
        self.ledger = ledger.to_text(&[]);
        let judgements = Judgements::new(ledger, &self.policy);
        Ok(self.targets.iter().map(|target| judgements.judge(target).verdict == Verdict::Dead).collect())
    }

    /// The world's answers, as the replay probe gives them.
    fn replayed(&self, world: Vec<Observation>, now: Timestamp, runtime: &Runtime) -> Vec<Observation> {
        let probe = Replay::new(world, now);
        let events: Vec<Event> = runtime.block_on(probe.look(self.targets.clone()).collect());
        events.into_iter().filter_map(|event| if let Event::Seen(look) = event { Some(look) } else { None }).collect()
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
