//! A made-up internet that lives for a year: what each of its links answers at any moment, and what is true of it.
//!
//! Field reports of link checkers tell what goes wrong and how it looks; few tell how often. Every rate that is not
//! said to be counted is an assumption, chosen on the harsh side.

use fastrand::Rng;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, tz::Offset};
use pomona::address::Target;
use pomona::observation::{Alive, Facts, Failure, FailureClass, Hop, Observation, Seen, Suspicion, SuspicionKind};

/// Links on a forge. Counted: between 40 and 98 of 100 links in five well-known awesome lists.
const FORGE: f64 = 0.66;
/// Links that die within the year. Surveys of link rot find that a quarter to two fifths of all pages are gone after
/// ten years; lists lose theirs faster. Assumption: 6 of 100.
const DEATHS: f64 = 0.06;
/// Dead pages whose domain is parked or taken over and answers 200: lists report finding a dozen of them at once.
/// Assumption: 5 of 100.
const PARKED: f64 = 0.05;
/// Outages of a host in a year: server errors, silence, refused connections, resolvers that fail. Assumption.
const OUTAGES: f64 = 2.0;
/// How long an outage lasts, in hours, and how often so. Reports speak of minutes to days. Assumption.
const LASTING: [(f64, f64, f64); 3] = [(0.70, 0.5, 12.0), (0.25, 12.0, 72.0), (0.05, 72.0, 216.0)];
/// Outages that look like a missing name: a domain that lapsed and was renewed. Assumption: 2 of 100.
const LAPSED: f64 = 0.02;
/// Pages behind a wall that never lets machines in. One big list excludes 58 sites of some 2,900 links by hand, and
/// keepers say that most walls are never reported. Assumption: 6 of 100 pages.
const WALLED: f64 = 0.06;
/// Pages behind a wall that stands now and then, and how often it stands. Assumption.
const SOMETIMES_WALLED: (f64, f64) = (0.06, 0.3);
/// Pages on hosts that throttle (429), and how often they do. Assumption.
const THROTTLED: (f64, f64) = (0.05, 0.2);
/// Pages on hosts that flap: each look fails by itself, in-run retries included, with a chance between these two.
/// Assumption: 2 of 100 pages.
const FLAPPING: (f64, f64, f64) = (0.02, 0.05, 0.25);
/// Pages whose certificate lapses once in the year, and the hours until it is renewed: mostly days, as reports say
/// of hosts whose renewal broke. Assumption.
const CERTIFICATE: (f64, f64, f64) = (0.04, 6.0, 288.0);
/// Pages whose host is really away for weeks and comes back: moving house, unpaid bills. Assumption: 5 of 1,000.
const AWAY: f64 = 0.005;
/// The weeks for which it is away.
const AWAY_WEEKS: (f64, f64) = (3.0, 8.0);
/// Looks that meet a deploy gone wrong: a 404 that the next look does not see. Assumption: 1 of 1,000.
const FALSE_404: f64 = 0.001;
/// Repositories that are renamed or transferred, and pages that move for good. Assumption: 4 of 100 a year.
const MOVES: f64 = 0.04;
/// Looks at a repository that the forge's API does not answer: limits and server errors come to whole batches, and
/// mean nothing of one repository. Assumption.
const API_SILENT: f64 = 0.005;

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
    faults: Vec<Fault>,
    moves: Option<Timestamp>,
    stars: f64,
    growth: f64,
}

/// The links of the world, the same for the same seed.
pub(crate) fn links(count: usize, seed: u64) -> Vec<Link> {
    let mut rng = Rng::with_seed(seed);
    (0..count).filter_map(|number| link(number, &mut rng)).collect()
}

fn between(rng: &mut Rng, (low, high): (f64, f64)) -> f64 {
    low + rng.f64() * (high - low)
}

fn sometime(rng: &mut Rng) -> Timestamp {
    after(start(), rng.f64() * 364.0 * 24.0)
}

fn link(number: usize, rng: &mut Rng) -> Option<Link> {
    let on_forge = rng.f64() < FORGE;
    let name = if on_forge {
        format!("github:owner{}/project{number}", number % 97)
    } else {
        format!("https://site{number}.example/page")
    };
    let ailment = if on_forge { Ailment::Repository } else { ailment(rng) };
    let death = (rng.f64() < DEATHS).then(|| (sometime(rng), death(on_forge, rng)));
    let chance = match ailment {
        Ailment::SomeWalls => SOMETIMES_WALLED.1,
        Ailment::Throttling => THROTTLED.1,
        Ailment::Flapping => between(rng, (FLAPPING.1, FLAPPING.2)),
        Ailment::Repository => API_SILENT,
        _ => 0.0,
    };
    Some(Link {
        target: name.parse().ok()?,
        ailment,
        death,
        seed: rng.u64(..),
        chance,
        faults: faults(ailment, rng),
        moves: (rng.f64() < MOVES).then(|| sometime(rng)),
        stars: (4.0 + 6.0 * rng.f64()).exp(),
        growth: between(rng, (0.0, 0.4)),
    })
}

fn ailment(rng: &mut Rng) -> Ailment {
    let shares = [
        (WALLED, Ailment::Wall),
        (SOMETIMES_WALLED.0, Ailment::SomeWalls),
        (THROTTLED.0, Ailment::Throttling),
        (FLAPPING.0, Ailment::Flapping),
        (CERTIFICATE.0, Ailment::Certificate),
        (AWAY, Ailment::Away),
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
fn death(on_forge: bool, rng: &mut Rng) -> Option<FailureClass> {
    if on_forge {
        return Some(FailureClass::GithubNotFound);
    }
    if rng.f64() < PARKED {
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

fn faults(ailment: Ailment, rng: &mut Rng) -> Vec<Fault> {
    if ailment == Ailment::Repository {
        return Vec::new();
    }
    let mut faults = Vec::new();
    // Twelve chances, one a month.
    for _ in 0..12 {
        if rng.f64() < OUTAGES / 12.0 {
            let (_, low, high) = *LASTING
                .iter()
                .scan(rng.f64(), |rest, lasting| {
                    *rest -= lasting.0;
                    Some((*rest, lasting))
                })
                .find_map(|(rest, lasting)| (rest < 0.0).then_some(lasting))
                .unwrap_or(&LASTING[0]);
            faults.push(fault(rng, (low, high), outage));
        }
    }
    match ailment {
        Ailment::Certificate => {
            faults.push(fault(rng, (CERTIFICATE.1, CERTIFICATE.2), |_| FailureClass::TlsExpired));
        }
        Ailment::Away => {
            let hours = (AWAY_WEEKS.0 * 168.0, AWAY_WEEKS.1 * 168.0);
            faults.push(fault(rng, hours, |_| FailureClass::ConnectRefused));
        }
        _ => {}
    }
    faults
}

fn fault(rng: &mut Rng, hours: (f64, f64), class: impl Fn(&mut Rng) -> FailureClass) -> Fault {
    let from = sometime(rng);
    Fault { from, until: after(from, between(rng, hours)), class: class(rng) }
}

/// How an outage looks.
fn outage(rng: &mut Rng) -> FailureClass {
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
    if rng.f64() < LAPSED { FailureClass::DnsNxdomain } else { WAYS[rng.usize(..WAYS.len())] }
}

impl Link {
    /// Whether it is dead at that moment.
    pub(crate) fn is_dead(&self, at: Timestamp) -> bool {
        self.death.is_some_and(|(died, _)| died <= at)
    }

    /// What a look at that moment sees. The same moment sees the same.
    pub(crate) fn look(&self, at: Timestamp) -> Observation {
        let seen = self.failure(at).map_or_else(|| self.alive(at), |class| Seen::Failed(failed(class)));
        Observation { target: self.target.clone(), at, seen }
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
            Ailment::Throttling if hidden && dead.is_none_or(answers) => return Some(FailureClass::RateLimited),
            Ailment::Repository if hidden => return Some(FailureClass::GithubUnavailable),
            _ => {}
        }
        let gone =
            if self.ailment == Ailment::Repository { FailureClass::GithubNotFound } else { FailureClass::Http(404) };
        let fault = self.faults.iter().find(|fault| fault.from <= at && at < fault.until).map(|fault| fault.class);
        let flap = (self.ailment == Ailment::Flapping && hidden).then(|| outage(&mut rng));
        dead.or(fault).or(flap).or_else(|| (rng.f64() < FALSE_404).then_some(gone))
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "stars are small and not negative")]
    fn alive(&self, at: Timestamp) -> Seen {
        let mut alive = Alive { title: Some("A page".to_owned()), ..Alive::default() };
        if self.is_dead(at) {
            let evidence = "this domain is for sale".to_owned();
            alive.suspicions.push(Suspicion { kind: SuspicionKind::Parked, evidence });
        }
        if self.moves.is_some_and(|moved| moved <= at) {
            let to = self.target.to_string().replacen("github:", "https://github.com/", 1) + "-next";
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
        Seen::Alive(Box::new(alive))
    }
}

fn failed(class: FailureClass) -> Failure {
    let status = if let FailureClass::Http(status) = class { Some(status) } else { None };
    Failure { status, ..Failure::of(class) }
}
