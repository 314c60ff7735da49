//! Measures how far verdicts can be trusted: a made-up internet for a year, looked at again and again.
//!
//! ```text
//! cargo bench --bench trust              every checker
//! cargo bench --bench trust -- weekly    those whose name holds this word
//! ```
//!
//! Each run goes the way of a real one: the replay probe, the fold into the memory (read back from its text), the
//! judgement by the default policy, the annotated list. Beside it stand checkers without a memory. What the world is
//! made of, and which of its rates are assumptions, is told in `trust/world.rs`.
#![expect(clippy::print_stdout, reason = "a benchmark reports to whoever started it")]
#![expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]

#[path = "trust/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use jiff::Timestamp;
use pomona::address::{Forges, Target};
use pomona::judgement::Judgements;
use pomona::ledger::{History, Ledger, LedgerText};
use pomona::markdown::{Document, apply};
use pomona::observation::{FailureClass, Observation, Seen, Weight};
use pomona::policy::Policy;
use pomona::probe::{Event, Probe, Replay};
use pomona::ranked_list::{self, Input, Words};
use pomona::ranking::Activity;
use pomona::render::annotate::{Annotations, annotate};
use pomona::verdict::{Judgement, Verdict, judge};
use world::{Ailment, Link};

/// How many links the world has.
const LINKS: usize = 3_000;
/// What the world grows from; the others tell how much of a figure is luck.
const SEEDS: [u64; 5] = [4, 5, 6, 7, 8];

/// The head of the table.
const HEAD: &str = "\
| checker | runs | living links called dead | the same of those away for weeks | days to the verdict: median, 90 %, most | dead links found | verdicts that turned, a run | list lines changed, a run | ledger lines changed, a run |
|---|---|---|---|---|---|---|---|---|";

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    println!("{LINKS} links for a year, world {}\n", SEEDS[0]);
    println!("{HEAD}");
    let mut causes = Vec::new();
    for (name, hours, checker) in [
        ("Pomona, weekly", 168, Checker::Pomona),
        ("Pomona, twice a week", 84, Checker::Pomona),
        ("Pomona, daily", 24, Checker::Pomona),
        ("no memory, weekly", 168, Checker::Strict),
        ("no memory, 403 and 429 pass, weekly", 168, Checker::Lenient),
    ] {
        if !wanted.iter().all(|word| name.contains(word.as_str())) {
            continue;
        }
        let year = year(SEEDS[0], hours, checker, &runtime)?;
        println!("{}", year.row(name));
        if checker == Checker::Pomona {
            causes.push(format!("{name}: {}", year.causes()));
        }
    }
    println!("\n{}", causes.join("\n\n"));
    for hours in [168, 24] {
        let mut wrong = Vec::new();
        for seed in SEEDS {
            let year = year(seed, hours, Checker::Pomona, &runtime)?;
            wrong.push(format!("{} of {}", year.wrong(false), year.living(false)));
        }
        println!("\nother worlds, a run every {hours} hours, living links called dead: {}", wrong.join(", "));
    }
    Ok(())
}

/// Who judges.
#[derive(Clone, Copy, PartialEq)]
enum Checker {
    /// The ledger and the default policy.
    Pomona,
    /// No memory: what fails is dead.
    Strict,
    /// No memory: what fails is dead, walls, 403 and 429 aside.
    Lenient,
}

/// What a year brought.
struct Year {
    links: Vec<Link>,
    end: Timestamp,
    runs: usize,
    /// Links that were called dead while they lived, by their number.
    wrong: BTreeMap<usize, String>,
    /// Days from a death to the first verdict, by the link's number.
    known: BTreeMap<usize, f64>,
    /// Lines of the list that a run changed, and of the memory.
    lines: Vec<(usize, usize)>,
    /// How often a link was called dead, or no longer so.
    turns: usize,
    /// What the last run called dead.
    dead: Vec<bool>,
}

fn year(seed: u64, hours: u32, checker: Checker, runtime: &tokio::runtime::Runtime) -> anyhow::Result<Year> {
    let links = world::links(LINKS, seed);
    let runs = 52 * 168 / hours;
    let mut year = Year {
        links,
        end: world::start(),
        runs: runs as usize,
        wrong: BTreeMap::new(),
        known: BTreeMap::new(),
        lines: Vec::new(),
        turns: 0,
        dead: vec![false; LINKS],
    };
    let mut list = Desk::new(&year.links);
    for run in 0..runs {
        let now = world::after(world::start(), f64::from(run * hours));
        let looks = list.look(year.links.iter().map(|link| link.look(now)).collect(), now, runtime);
        let (dead, moved) = list.run(looks, checker)?;
        if run > 0 {
            year.lines.push(moved);
        }
        year.take(now, &dead);
    }
    Ok(year)
}

/// Everything that a run needs and leaves behind.
struct Desk {
    targets: Vec<Target>,
    text: String,
    memory: String,
    policy: Policy,
}

impl Desk {
    fn new(links: &[Link]) -> Self {
        let mut text = "# A made-up list\n".to_owned();
        for (number, link) in links.iter().enumerate() {
            if number % 30 == 0 {
                text.extend(["\n## Section ", &(number / 30).to_string(), "\n\n"]);
            }
            let url = link.target.to_string().replacen("github:", "https://github.com/", 1);
            text.extend(["- [Entry ", &number.to_string(), "](", &url, ") - Does something rather well.\n"]);
        }
        let targets = links.iter().map(|link| link.target.clone()).collect();
        Self { targets, text, memory: Ledger::default().to_text(&[]), policy: Policy::default() }
    }

    /// The world's answers, told by the replay probe.
    fn look(&self, world: Vec<Observation>, now: Timestamp, runtime: &tokio::runtime::Runtime) -> Vec<Observation> {
        let probe = Replay::new(world, now);
        let events: Vec<Event> = runtime.block_on(probe.look(self.targets.clone()).collect());
        events.into_iter().filter_map(|event| if let Event::Seen(look) = event { Some(look) } else { None }).collect()
    }

    /// One run: which links it calls dead, and how many lines it changed.
    fn run(&mut self, looks: Vec<Observation>, checker: Checker) -> anyhow::Result<(Vec<bool>, (usize, usize))> {
        let before = LedgerText::read(&self.memory).map_err(anyhow::Error::msg)?.ledger;
        let mut ledger = before.fold(&looks, &self.policy);
        let looks: BTreeMap<Target, Observation> = looks.into_iter().map(|look| (look.target.clone(), look)).collect();
        let held = |target: &Target| {
            let judged = judge(ledger.get(target), &self.policy.confirm);
            if checker == Checker::Pomona { judged } else { forgetful(judged, looks.get(target), checker) }
        };
        let dead = self.targets.iter().map(|target| held(target).verdict == Verdict::Dead).collect();
        let judged = self.targets.iter().map(|target| (target.clone(), held(target))).collect();
        let (text, shown) = self.annotated(&ledger, judged)?;
        for (target, activity) in shown {
            ledger.show(&target, activity.map(Activity::name));
        }
        let memory = ledger.to_text(&[]);
        let lines = (changed(&self.text, &text), changed(&self.memory, &memory));
        (self.text, self.memory) = (text, memory);
        Ok((dead, lines))
    }

    #[expect(clippy::type_complexity, reason = "a text and what it shows")]
    fn annotated(
        &self,
        ledger: &Ledger,
        judged: BTreeMap<Target, Judgement>,
    ) -> anyhow::Result<(String, Vec<(Target, Option<Activity>)>)> {
        let document = Document::parse(&self.text);
        let judgements = Judgements::new(ledger.clone(), &self.policy).excluding(judged);
        let ranked = ranked_list::build(&Input {
            source: "README.md",
            document: &document,
            judgements: &judgements,
            history: &History::default(),
            policy: &self.policy,
            forges: &Forges::default(),
            previous: None,
        });
        let layout = &self.policy.layout;
        let words = Words::new(&ranked.language, layout);
        let note = |row| ranked_list::note(row, layout, &words);
        let notes = ranked.entries.iter().map(|row| (row.source.entry, note(row))).collect();
        let wanted = Annotations { notes, ..Annotations::default() };
        let text = apply(&self.text, annotate(&document, &self.text, &wanted))?;
        Ok((text, ranked.shown().map(|(target, activity)| (target.clone(), activity)).collect()))
    }
}

/// What a checker without a memory holds.
fn forgetful(judged: Judgement, look: Option<&Observation>, checker: Checker) -> Judgement {
    let failed = match look.map(|look| &look.seen) {
        Some(Seen::Failed(failure)) if checker == Checker::Lenient => {
            let refused = matches!(failure.class, FailureClass::Http(403) | FailureClass::RateLimited);
            !refused && matches!(failure.class.weight(), Weight::Hard | Weight::Soft)
        }
        Some(Seen::Failed(_)) => true,
        _ => false,
    };
    let verdict = if failed { Verdict::Dead } else { Verdict::Alive };
    Judgement { verdict, ..judged }
}

/// Lines of `after` that stand otherwise in `before`; both have the same lines but for what was added.
fn changed(before: &str, after: &str) -> usize {
    let before: BTreeSet<&str> = before.lines().collect();
    after.lines().filter(|line| !before.contains(line)).count()
}

impl Year {
    /// Takes in one run's verdicts.
    fn take(&mut self, now: Timestamp, dead: &[bool]) {
        self.end = now;
        self.turns += self.dead.iter().zip(dead).filter(|(before, after)| before != after).count();
        self.dead = dead.to_vec();
        for (number, (link, dead)) in self.links.iter().zip(dead).enumerate() {
            match (link.death, dead) {
                (Some((died, _)), true) if died <= now => {
                    let days = now.duration_since(died).as_secs_f64() / 86_400.0;
                    self.known.entry(number).or_insert(days);
                }
                (_, true) => {
                    let class = match link.look(now).seen {
                        Seen::Failed(failure) => failure.class.to_string(),
                        Seen::Alive(_) => "alive".to_owned(),
                    };
                    self.wrong.entry(number).or_insert(class);
                }
                (_, false) => {}
            }
        }
    }

    /// Links of the living, those that are away for weeks counted apart.
    fn living(&self, away: bool) -> usize {
        self.links.iter().filter(|link| (link.ailment == Ailment::Away) == away).count()
    }

    /// Those of them that were called dead while they lived.
    fn wrong(&self, away: bool) -> usize {
        self.wrong.keys().filter(|number| (self.links[**number].ailment == Ailment::Away) == away).count()
    }

    fn row(&self, name: &str) -> String {
        let mut days: Vec<f64> = self.known.values().copied().collect();
        days.sort_by(f64::total_cmp);
        let at = |percent: usize| days.get(days.len().saturating_sub(1) * percent / 100);
        let day = |percent| at(percent).map_or("–".to_owned(), |days| format!("{days:.0}"));
        let most = days.last().copied().unwrap_or_default();
        let dead = self.links.iter().filter(|link| link.is_dead(self.end)).count();
        let mean = |of: &dyn Fn(&(usize, usize)) -> usize| {
            self.lines.iter().map(of).sum::<usize>() as f64 / self.lines.len().max(1) as f64
        };
        format!(
            "| {name} | {} | {} of {} | {} of {} | {}, {}, {most:.0} | {} of {dead} | {:.1} | {:.0} | {:.0} |",
            self.runs,
            self.wrong(false),
            self.living(false),
            self.wrong(true),
            self.living(true),
            day(50),
            day(90),
            self.known.len(),
            self.turns as f64 / self.runs as f64,
            mean(&|lines| lines.0),
            mean(&|lines| lines.1),
        )
    }

    /// What ails the links that were called dead while they lived, and what hides the deaths that are not known.
    fn causes(&self) -> String {
        let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
        for (number, class) in &self.wrong {
            *wrong.entry(format!("{:?} {class}", self.links[*number].ailment)).or_default() += 1;
        }
        let mut hidden: BTreeMap<&str, usize> = BTreeMap::new();
        for (number, link) in self.links.iter().enumerate() {
            let Some((died, class)) = link.death.filter(|_| !self.known.contains_key(&number)) else { continue };
            let why = match class {
                _ if died > self.end => continue,
                None => "parked: told as suspect",
                Some(_) if link.ailment == Ailment::Wall => "behind a wall",
                Some(_) => "not yet confirmed",
            };
            *hidden.entry(why).or_default() += 1;
        }
        format!("living links called dead: {wrong:?}\ndeaths not known at the end: {hidden:?}")
    }
}
