//! A made-up internet that lives for a year: what each of its links answers at any moment, and what is true of it.
//!
//! Its rates are a file in `worlds/`.

use std::sync::Arc;

use fastrand::Rng;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, tz::Offset};
use pomona::address::Target;
use pomona::observation::{
    Alive, Facts, Failure, FailureClass, Hop, Observation, Provider, Seen, Suspicion, SuspicionKind,
};
use serde::Deserialize;

/// The rates of a world; `worlds/mild.toml` describes each.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rates {
    forge: f64,
    deaths: f64,
    parked: f64,
    outages: f64,
    lasting: [(f64, f64, f64); 3],
    lapsed: f64,
    walled: f64,
    sometimes_walled: (f64, f64),
    walled_timeouts: f64,
    throttled: (f64, f64),
    flapping: (f64, f64, f64),
    certificate: (f64, f64, f64),
    away: (f64, f64, f64),
    false_404: f64,
    broken_deploys: (f64, f64, f64),
    moves: f64,
    api_silent: f64,
    provider_outages: (f64, f64, f64, f64),
    clock_jumps: (u32, u32),
    #[serde(default)]
    interrupted: u32,
    #[serde(default)]
    own_outages: u32,
}

impl Rates {
    /// The hours by which the clock of a run is ahead.
    pub(crate) fn clock_ahead(&self, run: u32, runs: u32) -> f64 {
        let (jumps, days) = self.clock_jumps;
        if is_one_of(jumps, run, runs, 1) { f64::from(days) * 24.0 } else { 0.0 }
    }

    /// Whether a run is interrupted half way, and resumed an hour later.
    pub(crate) fn is_interrupted(&self, run: u32, runs: u32) -> bool {
        is_one_of(self.interrupted, run, runs, 3)
    }

    /// Whether our own network is away during a run.
    pub(crate) fn is_own_outage(&self, run: u32, runs: u32) -> bool {
        is_one_of(self.own_outages, run, runs, 5)
    }
}

/// Whether a run is one of so many that are spread over the year.
fn is_one_of(count: u32, run: u32, runs: u32, first: u32) -> bool {
    count > 0 && run % (runs / count).max(first + 1) == first
}

/// The first moment of the year.
pub(crate) fn start() -> Timestamp {
    Offset::UTC.to_timestamp(date(2026, 1, 5).at(5, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// So many hours after `at`.
pub(crate) fn after(at: Timestamp, hours: f64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs_f64(hours * 3_600.0)).unwrap_or(at)
}

/// What ails a link that lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ailment {
    /// A repository: only its forge's API fails.
    Repository,
    /// Nothing but the outages that all have.
    Outages,
    /// A wall that never opens.
    Wall,
    /// A wall now and then.
    SomeWalls,
    /// A host that throttles.
    Throttling,
    /// A host that flaps.
    Flapping,
    /// A certificate that lapses.
    Certificate,
    /// A host that is away for weeks.
    Away,
}

/// A time in which every look fails so.
struct Fault {
    from: Timestamp,
    until: Timestamp,
    class: FailureClass,
    /// The provider that takes the link along.
    provider: Option<u32>,
}

/// A link and its fate.
pub(crate) struct Link {
    /// What it points at.
    pub(crate) target: Target,
    /// What ails it while it lives.
    pub(crate) ailment: Ailment,
    /// When it dies, and how that looks; none as a class is a parked domain.
    pub(crate) death: Option<(Timestamp, Option<FailureClass>)>,
    seed: u64,
    chance: f64,
    false_404: f64,
    walled_timeouts: f64,
    faults: Vec<Fault>,
    moves: Option<Timestamp>,
    stars: f64,
    growth: f64,
}

/// The links of the world, the same for the same seed.
pub(crate) fn links(rates: &Rates, count: usize, seed: u64) -> Vec<Link> {
    let mut rng = Rng::with_seed(seed);
    let mut links: Vec<Link> = (0..count).filter_map(|number| link(rates, number, &mut rng)).collect();
    take_along(rates, &mut links, &mut rng);
    links
}

/// Adds the outages of providers: each takes a share of the pages along, all with one failure.
fn take_along(rates: &Rates, links: &mut [Link], rng: &mut Rng) {
    let (events, share, low, high) = rates.provider_outages;
    for event in 0..12 {
        if rng.f64() >= events / 12.0 {
            continue;
        }
        let (from, hours, class) = (sometime(rng), between(rng, (low, high)), outage(0.0, rng));
        for link in links.iter_mut().filter(|link| link.ailment != Ailment::Repository) {
            if rng.f64() < share {
                link.faults.push(Fault { from, until: after(from, hours), class, provider: Some(event) });
            }
        }
    }
}

fn between(rng: &mut Rng, (low, high): (f64, f64)) -> f64 {
    low + rng.f64() * (high - low)
}

fn sometime(rng: &mut Rng) -> Timestamp {
    after(start(), rng.f64() * 364.0 * 24.0)
}

fn link(rates: &Rates, number: usize, rng: &mut Rng) -> Option<Link> {
    let on_forge = rng.f64() < rates.forge;
    let name = if on_forge {
        format!("github:owner{}/project{number}", number % 97)
    } else {
        format!("https://site{number}.example/page")
    };
    let ailment = if on_forge { Ailment::Repository } else { ailment(rates, rng) };
    let death = (rng.f64() < rates.deaths).then(|| (sometime(rng), death(rates, on_forge, rng)));
    let chance = match ailment {
        Ailment::SomeWalls => rates.sometimes_walled.1,
        Ailment::Throttling => rates.throttled.1,
        Ailment::Flapping => between(rng, (rates.flapping.1, rates.flapping.2)),
        Ailment::Repository => rates.api_silent,
        _ => 0.0,
    };
    Some(Link {
        target: name.parse().ok()?,
        ailment,
        death,
        seed: rng.u64(..),
        chance,
        false_404: rates.false_404,
        walled_timeouts: rates.walled_timeouts,
        faults: faults(rates, ailment, rng),
        moves: (rng.f64() < rates.moves).then(|| sometime(rng)),
        stars: (4.0 + 6.0 * rng.f64()).exp(),
        growth: between(rng, (0.0, 0.4)),
    })
}

fn ailment(rates: &Rates, rng: &mut Rng) -> Ailment {
    let shares = [
        (rates.walled, Ailment::Wall),
        (rates.sometimes_walled.0, Ailment::SomeWalls),
        (rates.throttled.0, Ailment::Throttling),
        (rates.flapping.0, Ailment::Flapping),
        (rates.certificate.0, Ailment::Certificate),
        (rates.away.0, Ailment::Away),
    ];
    pick(rng, &shares).unwrap_or(Ailment::Outages)
}

/// One of these by its share; none where the shares leave room.
fn pick<T: Copy>(rng: &mut Rng, shares: &[(f64, T)]) -> Option<T> {
    let mut rest = rng.f64();
    for (share, one) in shares {
        if rest < *share {
            return Some(*one);
        }
        rest -= share;
    }
    None
}

/// How a death looks; none is a parked domain. Assumption: half of the pages answer 404.
fn death(rates: &Rates, on_forge: bool, rng: &mut Rng) -> Option<FailureClass> {
    if on_forge {
        return Some(FailureClass::GithubNotFound);
    }
    if rng.f64() < rates.parked {
        return None;
    }
    let ways = [
        (0.50, FailureClass::Http(404)),
        (0.05, FailureClass::Http(410)),
        (0.25, FailureClass::DnsNxdomain),
        (0.08, FailureClass::TimeoutConnect),
        (0.06, FailureClass::ConnectRefused),
        (0.06, FailureClass::Http(502)),
    ];
    Some(pick(rng, &ways).unwrap_or(FailureClass::Http(404)))
}

fn faults(rates: &Rates, ailment: Ailment, rng: &mut Rng) -> Vec<Fault> {
    if ailment == Ailment::Repository {
        return Vec::new();
    }
    let mut faults = Vec::new();
    // Twelve chances, one a month.
    for _ in 0..12 {
        if rng.f64() < rates.outages / 12.0 {
            let (_, low, high) = *rates
                .lasting
                .iter()
                .scan(rng.f64(), |rest, lasting| {
                    *rest -= lasting.0;
                    Some((*rest, lasting))
                })
                .find_map(|(rest, lasting)| (rest < 0.0).then_some(lasting))
                .unwrap_or(&rates.lasting[0]);
            faults.push(fault(rng, (low, high), |rng| outage(rates.lapsed, rng)));
        }
        if rng.f64() < rates.broken_deploys.0 / 12.0 {
            let hours = (rates.broken_deploys.1, rates.broken_deploys.2);
            faults.push(fault(rng, hours, |_| FailureClass::Http(404)));
        }
    }
    match ailment {
        Ailment::Certificate => {
            faults.push(fault(rng, (rates.certificate.1, rates.certificate.2), |_| FailureClass::TlsExpired));
        }
        Ailment::Away => {
            let hours = (rates.away.1 * 168.0, rates.away.2 * 168.0);
            faults.push(fault(rng, hours, |_| FailureClass::ConnectRefused));
        }
        _ => {}
    }
    faults
}

fn fault(rng: &mut Rng, hours: (f64, f64), class: impl Fn(&mut Rng) -> FailureClass) -> Fault {
    let from = sometime(rng);
    Fault { from, until: after(from, between(rng, hours)), class: class(rng), provider: None }
}

/// How an outage looks.
fn outage(lapsed: f64, rng: &mut Rng) -> FailureClass {
    const WAYS: [FailureClass; 10] = [
        FailureClass::Http(500),
        FailureClass::Http(502),
        FailureClass::Http(503),
        FailureClass::Http(504),
        FailureClass::Http(522),
        FailureClass::TimeoutConnect,
        FailureClass::TimeoutRead,
        FailureClass::ConnectRefused,
        FailureClass::DnsServfail,
        FailureClass::DnsTimeout,
    ];
    if rng.f64() < lapsed { FailureClass::DnsNxdomain } else { WAYS[rng.usize(..WAYS.len())] }
}

impl Link {
    /// Whether it is dead at that moment.
    pub(crate) fn is_dead(&self, at: Timestamp) -> bool {
        self.death.is_some_and(|(died, _)| died <= at)
    }

    /// What a look at that moment sees. The same moment sees the same.
    pub(crate) fn look(&self, at: Timestamp) -> Observation {
        let seen = match self.failure(at) {
            None => self.alive(at),
            Some(class) => {
                let of_provider = |fault: &&Fault| fault.from <= at && at < fault.until && fault.class == class;
                let provider = self.faults.iter().find(of_provider).and_then(|fault| fault.provider);
                let providers = provider.map(|event| Provider::Network(format!("198.18.{event}.0/24")));
                Seen::Failed(Failure { providers: providers.into_iter().collect(), ..failed(class) })
            }
        };
        Observation { target: self.target.clone(), at, seen }
    }

    /// The address by which a list links it.
    pub(crate) fn url(&self) -> String {
        self.target.to_string().replacen("github:", "https://github.com/", 1)
    }

    fn failure(&self, at: Timestamp) -> Option<FailureClass> {
        let mut rng = Rng::with_seed(self.seed ^ at.as_second().unsigned_abs().rotate_left(20));
        let dead = self.death.filter(|(died, _)| *died <= at).and_then(|(_, class)| class);
        let answers = |class: FailureClass| matches!(class, FailureClass::Http(_));
        if self.ailment == Ailment::Wall && dead.is_none_or(answers) {
            return Some(if self.seed.is_multiple_of(3) { FailureClass::Http(403) } else { FailureClass::BotWall });
        }
        let hidden = rng.f64() < self.chance;
        match self.ailment {
            Ailment::SomeWalls if hidden && dead.is_none_or(answers) => return Some(FailureClass::BotWall),
            Ailment::SomeWalls if rng.f64() < self.walled_timeouts => return Some(FailureClass::TimeoutRead),
            Ailment::Throttling if hidden && dead.is_none_or(answers) => return Some(FailureClass::RateLimited),
            Ailment::Repository if hidden => return Some(FailureClass::GithubUnavailable),
            _ => {}
        }
        let not_found =
            if self.ailment == Ailment::Repository { FailureClass::GithubNotFound } else { FailureClass::Http(404) };
        let fault = self.faults.iter().find(|fault| fault.from <= at && at < fault.until).map(|fault| fault.class);
        let flap = (self.ailment == Ailment::Flapping && hidden).then(|| outage(0.0, &mut rng));
        dead.or(fault).or(flap).or_else(|| (rng.f64() < self.false_404).then_some(not_found))
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "stars are small and not negative")]
    fn alive(&self, at: Timestamp) -> Seen {
        let mut alive = Alive { title: Some("A page".to_owned()), ..Alive::default() };
        if self.is_dead(at) {
            let evidence = "this domain is for sale".to_owned();
            alive.suspicions.push(Suspicion { kind: SuspicionKind::Parked, evidence });
        }
        if self.moves.is_some_and(|moved| moved <= at) {
            let to = self.url() + "-next";
            alive.hops.push(Hop { status: 301, to: to.clone() });
            alive.moved_to = Some(to);
        }
        if self.ailment == Ailment::Repository {
            let years = at.duration_since(start()).as_secs_f64() / (365.0 * 86_400.0);
            let facts = Facts {
                stars: Some((self.stars * (1.0 + self.growth * years)) as u64),
                commit: Some(Some(pomona::observation::day(if self.seed.is_multiple_of(2) { at } else { start() }))),
                archived: Some(false),
                ..Facts::default()
            };
            alive.facts = facts.into();
            alive.title = None;
        }
        Seen::Alive(Arc::new(alive))
    }
}

fn failed(class: FailureClass) -> Failure {
    let status = if let FailureClass::Http(status) = class { Some(status) } else { None };
    Failure { status, ..Failure::of(class) }
}
