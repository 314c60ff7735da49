use jiff::civil::Date;
use proptest::prelude::*;

use super::*;
use crate::ledger::{Blocked, Growth, GrowthSource, Record, Streak};
use crate::observation::{Facts, FailureClass, Known};
use crate::policy::{Formula, Rank};

const AS_OF: &str = "2026-11-01";

fn date(day: &str) -> Date {
    day.parse().unwrap()
}

fn record(target: &str, facts: Facts) -> Record {
    let mut record = Record::new(target.parse().unwrap(), date("2026-01-05"));
    record.alive = Some(date("2026-01-05"));
    record.dates.insert("stars".to_owned(), date("2026-10-05"));
    record.facts = facts.into();
    record
}

/// 999 stars, created 2020-11, commit and release this autumn, MIT.
fn facts() -> Facts {
    Facts {
        stars: Some(999),
        created: Some(date("2020-11-20")),
        archived: Some(false),
        disabled: Some(false),
        licence: Some(Some("MIT".to_owned())),
        commit: Some(Some(date("2026-11-02"))),
        pushed: Some(Some(date("2026-11-02"))),
        release: Some(Some(date("2026-09-30"))),
        ..Facts::default()
    }
}

fn project(record: &Record, growth: Option<Growth>) -> Project<'_> {
    Project { record, growth, finished: false, licence: None, as_of: date(AS_OF) }
}

fn first(record: &Record, growth: Option<Growth>, finished: bool) -> Score {
    let project = Project { finished, ..project(record, growth) };
    score(&project, &Baseline::default(), &Rank::of(Formula::One)).unwrap()
}

fn second(project: &Project<'_>) -> Score {
    score(project, &Baseline::default(), &Rank::default()).unwrap()
}

fn part(score: Score, kind: PartKind) -> Part {
    score.parts.into_iter().find(|part| part.kind == kind).unwrap()
}

fn part1(facts: Facts, growth: Option<Growth>, kind: PartKind) -> Part {
    part(first(&record("github:a/b", facts), growth, false), kind)
}

fn part2(facts: Facts, kind: PartKind) -> Part {
    part(second(&project(&record("github:a/b", facts), None)), kind)
}

fn near(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-4,
        (None, None) => true,
        _ => false,
    }
}

#[test]
fn popularity_is_the_logarithm_of_stars() {
    // ln(1000)/ln(100001) = 6.907755/11.512935, ln(1000)/ln(1000001) = 6.907755/13.815512
    for (stars, one, two) in [
        (0, 0.0, 0.0),
        (9, 0.2, 0.16667),
        (999, 0.6, 0.5),
        (100_000, 1.0, 0.83333),
        (200_000, 1.0, 0.88351),
        (5_000_000, 1.0, 1.0),
    ] {
        let facts = Facts { stars: Some(stars), ..facts() };
        assert!(near(part1(facts.clone(), None, PartKind::Popularity).value, Some(one)), "{stars}");
        assert!(near(part2(facts, PartKind::Popularity).value, Some(two)), "{stars}");
    }
    let part = part1(Facts { stars: Some(30_457), ..facts() }, None, PartKind::Popularity);
    assert_eq!((part.fact.as_str(), part.since), ("30,457 stars", Some(date("2026-10-05"))));
}

#[test]
fn likes_have_a_scale_of_their_own() {
    let record = record("huggingface:a/b", Facts { stars: Some(999), ..facts() });
    let score = first(&record, None, false);
    // ln(1000)/ln(10001) = 6.907755/9.210440
    assert!(near(score.parts[0].value, Some(0.74999)), "{:?}", score.parts[0]);
    assert_eq!(score.parts[0].fact, "999 likes");
}

#[test]
fn momentum_is_growth_else_stars_by_age() {
    // 100 in 92 days: 397.01 a year; ln(398.01)/ln(20001) = 5.986480/9.903538
    // 999 stars in 72 months: 166.5 a year; ln(167.5)/ln(20001) = 5.120983/9.903538
    let growth = |gained| Some(Growth { gained, days: 92, source: GrowthSource::Totals });
    for (growth, created, value, fact) in [
        (growth(100), None, Some(0.60448), "+397 stars a year (92 days)"),
        (growth(-20), None, Some(0.0), "-20 stars in 92 days"),
        (growth(0), None, Some(0.0), "+0 stars a year (92 days)"),
        (growth(90_000), None, Some(1.0), "+357,310 stars a year (92 days)"),
        (None, Some("2020-11-20"), Some(0.51709), "167 stars a year on average since 2020-11"),
        (None, None, None, "neither its history nor its age is known"),
    ] {
        let part = part1(Facts { created: created.map(date), ..facts() }, growth, PartKind::Momentum);
        assert!(near(part.value, value), "{fact}: {:?}", part.value);
        assert_eq!(part.fact, fact);
    }
}

#[test]
fn stars_by_age_are_not_called_growth_and_count_for_less() {
    let record = record("github:a/b", facts());
    let growth = Some(Growth { gained: 100, days: 92, source: GrowthSource::Totals });
    let known = part(second(&project(&record, growth)), PartKind::Momentum);
    // ln(398.01)/ln(1000001) = 5.986480/13.815512
    assert!(near(known.value, Some(0.43332)), "{known:?}");
    assert_eq!((known.status, known.source), (FactStatus::Known, FactSource::History));
    let average = part2(facts(), PartKind::Momentum);
    // ln(167.5)/ln(1000001) = 0.37067; two fifths of the way from 0.36
    assert!(near(average.value, Some(0.36427)) && near(average.measured, Some(0.37067)), "{average:?}");
    assert_eq!(average.status, FactStatus::Inferred);
    let unknown = part2(Facts { created: None, ..facts() }, PartKind::Momentum);
    assert_eq!((unknown.status, unknown.fact.as_str()), (FactStatus::Unknown, "history and age unknown"));
    assert!(near(unknown.value, Some(0.36)));
}

#[test]
fn activity_falls_by_half_after_the_grace() {
    for (commit, pushed, one, two, fact) in [
        (Some(Some("2026-11-09")), None, 1.0, 1.0, "last commit this month"),
        (Some(Some("2026-10-01")), None, 1.0, 1.0, "last commit 1 month ago"),
        (Some(Some("2026-08-31")), None, 1.0, 1.0, "last commit 3 months ago"),
        (Some(Some("2026-05-31")), None, 0.84090, 1.0, "last commit 6 months ago"),
        (Some(Some("2025-12-01")), None, 0.62996, 0.5, "last commit 11 months ago"),
        (Some(Some("2025-08-01")), None, 0.5, 0.28717, "last commit 15 months ago"),
        (Some(Some("2024-08-01")), Some(Some("2026-11-01")), 0.25, 0.05441, "last commit 27 months ago"),
        (None, Some(Some("2025-08-01")), 0.5, 0.28717, "last push 15 months ago"),
        (Some(None), Some(Some("2025-08-01")), 0.5, 0.28717, "last push 15 months ago"),
        (Some(None), None, 0.0, 0.0, "no commit"),
    ] {
        let day = |known: Known<&str>| known.map(|day| day.map(date));
        let facts = Facts { commit: day(commit), pushed: day(pushed), release: Some(None), ..facts() };
        let parts = [part1(facts.clone(), None, PartKind::Activity), part2(facts, PartKind::Activity)];
        for (part, value) in parts.into_iter().zip([one, two]) {
            assert!(near(part.value, Some(value)), "{fact}: {:?}", part.value);
            assert_eq!(part.fact, fact);
        }
    }
    let unknown = Facts { commit: None, pushed: None, release: Some(None), ..facts() };
    assert_eq!(part1(unknown.clone(), None, PartKind::Activity).value, None);
    let nothing = part2(unknown, PartKind::Activity);
    assert!(near(nothing.value, Some(0.6)) && nothing.status == FactStatus::Unknown, "{nothing:?}");
}

#[test]
fn a_release_is_work_whether_the_commits_are_known_or_not() {
    let activity = |commit: Option<&str>, release: &str| {
        let commit = commit.map(|day| Some(date(day)));
        part2(Facts { commit, pushed: None, release: Some(Some(date(release))), ..facts() }, PartKind::Activity)
    };
    for (commit, release, value, measured, fact) in [
        (Some("2025-08-01"), "2026-09-30", 1.0, None, "released 2 months ago, last commit 15 months ago"),
        (Some("2025-08-01"), "2024-09-30", 0.28717, None, "last commit 15 months ago"),
        (None, "2026-09-30", 1.0, None, "its commits are unknown, released 2 months ago"),
        // two years of work after it would be this month, but no more than the median 0.7 of a list of which nothing is
        // known
        (None, "2025-09-30", 0.7, Some(1.0), "its commits are unknown, released 14 months ago"),
        // two years after it is 16 months ago
        (None, "2023-07-30", 0.25, None, "its commits are unknown, released 40 months ago"),
    ] {
        let part = activity(commit, release);
        assert!(near(part.value, Some(value)) && near(part.measured, measured), "{fact}: {part:?}");
        assert_eq!(part.fact, fact);
    }
}

#[test]
fn a_release_falls_by_half_each_eighteen_months_and_none_leaves_both_sums() {
    for (release, one, two, status) in [
        (Some(Some("2026-08-01")), Some(1.0), Some(1.0), FactStatus::Known),
        (Some(Some("2025-02-01")), Some(0.5), Some(0.56123), FactStatus::Known),
        (Some(None), None, None, FactStatus::NotApplicable),
        (None, None, Some(0.75), FactStatus::Unknown),
    ] {
        let facts = Facts { release: release.map(|day| day.map(date)), ..facts() };
        let part = part1(facts.clone(), None, PartKind::Release);
        assert!(near(part.value, one) && part.status == status, "{part:?}");
        let part = part2(facts, PartKind::Release);
        assert!(near(part.value, two) && part.status == status, "{part:?}");
    }
}

#[test]
fn an_unrecognised_licence_is_not_none_and_the_list_s_own_word_counts() {
    for (licence, text, one, two, source) in [
        (Some(Some("MIT")), None, Some(1.0), 1.0, FactSource::Forge),
        (Some(Some("NOASSERTION")), None, Some(0.0), 0.6, FactSource::Baseline),
        (Some(Some("NOASSERTION")), Some("AGPL-3.0"), Some(0.0), 1.0, FactSource::List),
        (Some(None), None, Some(0.0), 0.0, FactSource::Forge),
        (Some(None), Some("AGPL-3.0"), Some(0.0), 1.0, FactSource::List),
        (None, None, None, 0.6, FactSource::Baseline),
        (None, Some("AGPL-3.0"), None, 1.0, FactSource::List),
    ] {
        let facts = Facts { licence: licence.map(|name| name.map(str::to_owned)), ..facts() };
        let part1 = part1(facts.clone(), None, PartKind::Licence);
        assert!(near(part1.value, one), "{:?}", part1.value);
        let record = record("github:a/b", facts);
        let part2 = part(second(&Project { licence: text, ..project(&record, None) }), PartKind::Licence);
        assert!(near(part2.value, Some(two)) && part2.source == source, "{part2:?}");
    }
}

#[test]
fn an_unrecognised_licence_does_not_outweigh_four_times_the_stars() {
    let facts = |stars, licence: &str| Facts { stars: Some(stars), licence: Some(Some(licence.to_owned())), ..facts() };
    let total = |facts| second(&project(&record("github:a/b", facts), None)).total;
    assert!(total(facts(139_000, "NOASSERTION")) > total(facts(34_000, "MIT")));
}

#[test]
fn formula_1_is_the_weighted_mean_of_what_is_known() {
    // 0.6·40 + 0.60448·20 + 1·25 + 1·10 + 1·5 = 24 + 12.0896 + 40 = 76.0896, of 100
    let growth = Some(Growth { gained: 100, days: 92, source: GrowthSource::Totals });
    let total = |facts: Facts, finished| Some(first(&record("github:a/b", facts), growth, finished).total);
    assert!(near(total(facts(), false), Some(76.08955)));
    // never released: (24 + 12.0896 + 25 + 5)/90
    assert!(near(total(Facts { release: Some(None), ..facts() }, false), Some(73.43283)));
    // archived: half
    assert!(near(total(Facts { archived: Some(true), ..facts() }, false), Some(38.04477)));
    // finished and without a commit for years: (24 + 12.0896 + 5)/65
    assert!(near(total(Facts { commit: Some(Some(date("2019-01-01"))), ..facts() }, true), Some(63.21469)));
    // stars alone: 24/40
    let bare = record("github:a/b", Facts { stars: Some(999), ..Facts::default() });
    assert!(near(Some(first(&bare, None, false).total), Some(60.0)));
    assert_eq!((first(&bare, None, false).formula, second(&project(&bare, None)).formula), (1, 2));
    assert_eq!(
        score(&project(&record("github:a/b", Facts::default()), None), &Baseline::default(), &Rank::default()),
        None
    );
}

#[test]
fn formula_2_gives_the_weight_of_what_is_unknown_to_nothing_else() {
    let bare = record("github:a/b", Facts { stars: Some(999), ..Facts::default() });
    let score = second(&project(&bare, None));
    // 0.5·63 + 0.36·20 + 0.6·14 + 0.48·1 + 0.6·2 = 48.78, of 100
    assert!(near(Some(score.total), Some(48.78)), "{score:?}");
    // never released is another matter: (31.5 + 7.2 + 8.4 + 1.2)/99
    let never = record("github:a/b", Facts { stars: Some(999), release: Some(None), ..Facts::default() });
    assert!(near(Some(second(&project(&never, None)).total), Some(48.78788)));
}

#[test]
fn what_could_not_be_fetched_keeps_its_last_value_and_is_marked() {
    let mut record = record("github:a/b", facts());
    let before = second(&project(&record, None));
    let at = "2026-10-05T00:00:00Z".parse().unwrap();
    record.failing = Some(Box::new(Streak::new(FailureClass::Http(502), None, at)));
    record.blocked = Some(Blocked { class: FailureClass::GithubBlocked, status: None, since: date("2026-10-05") });
    let after = second(&project(&record, None));
    assert!(near(Some(before.total), Some(after.total)));
    assert_eq!(after.parts[0].status, FactStatus::LastKnown);
}

#[test]
fn ages_count_to_the_list_s_month_and_old_figures_move_to_the_middle() {
    let facts = Facts { stars: Some(100_000), commit: Some(Some(date("2024-04-02"))), release: Some(None), ..facts() };
    let mut old = record("github:a/b", facts);
    old.last = Some(date("2024-04-20"));
    let score = second(&project(&old, None));
    let activity = part(score.clone(), PartKind::Activity);
    assert_eq!((activity.fact.as_str(), activity.as_of), ("last commit 31 months ago", Some(date("2024-04-01"))));
    // 25 months beyond the grace: 2^(-25/5); below the middle already, so it stays
    assert!(near(activity.value, Some(0.03125)) && activity.measured.is_none(), "{activity:?}");
    // 25 months beyond the grace: 2^(-25/24) = 0.48577 of the distance from 0.5 to 0.83333
    let popularity = part(score, PartKind::Popularity);
    assert!(near(popularity.value, Some(0.66192)) && near(popularity.measured, Some(0.83333)), "{popularity:?}");
    assert_eq!(part(first(&old, None, false), PartKind::Activity).fact, "last commit 31 months ago");
}

/// A fact that formula 2 may not reward for being unknown.
#[derive(Debug, Clone, Copy)]
enum Fact {
    Created,
    Commit,
    Release,
    Licence,
    Archived,
    Growth,
}

const FACTS: [Fact; 6] = [Fact::Created, Fact::Commit, Fact::Release, Fact::Licence, Fact::Archived, Fact::Growth];

/// A project of a random list.
#[derive(Debug, Clone)]
struct Sample {
    facts: Facts,
    growth: Option<Growth>,
}

fn months_ago(months: i64) -> Date {
    date(AS_OF).checked_sub(jiff::Span::new().months(months)).unwrap()
}

fn sample() -> impl Strategy<Value = Sample> {
    let known = |share| proptest::option::weighted(share, Just(()));
    let licence =
        prop_oneof![8 => Just(Some("MIT".to_owned())), 1 => Just(Some("NOASSERTION".to_owned())), 1 => Just(None)];
    (
        (0.0..13.0f64, 0..150i64, 0..60i64, 0..60i64, proptest::option::weighted(0.8, 0..60i64), licence),
        (known(0.8), known(0.8), known(0.8), known(0.8), proptest::option::weighted(0.5, -50..3_000i64)),
        proptest::option::weighted(0.9, proptest::bool::weighted(0.1)),
    )
        .prop_map(|((stars, age, commit, push, release, licence), (a, b, c, d, gained), archived)| Sample {
            facts: Facts {
                stars: Some(score::whole(stars.exp())),
                created: a.map(|()| months_ago(age)),
                commit: b.map(|()| Some(months_ago(commit))),
                pushed: Some(Some(months_ago(commit.min(push)))),
                release: c.map(|()| release.map(months_ago)),
                licence: d.map(|()| licence),
                archived,
                ..Facts::default()
            },
            growth: gained.map(|gained| Growth { gained, days: 90, source: GrowthSource::Totals }),
        })
}

fn list() -> impl Strategy<Value = Vec<Sample>> {
    proptest::collection::vec(sample(), 40..80)
}

/// `sample` with `fact` hidden.
fn hidden(sample: &Sample, fact: Fact) -> Sample {
    let mut sample = sample.clone();
    match fact {
        Fact::Created => sample.facts.created = None,
        Fact::Commit => sample.facts.commit = None,
        Fact::Release => sample.facts.release = None,
        Fact::Licence => sample.facts.licence = None,
        Fact::Archived => sample.facts.archived = None,
        Fact::Growth => sample.growth = None,
    }
    sample
}

/// The median of a sorted list, and none of one that is too short for a median to be formed.
fn middle<T: Copy>(mut values: Vec<T>, compare: impl FnMut(&T, &T) -> std::cmp::Ordering) -> Option<T> {
    values.sort_by(compare);
    (values.len() >= 10).then(|| values[values.len() / 2])
}

/// `sample` with `fact` at the median of `list`; none where too little of the list is known.
fn at_the_median(sample: &Sample, fact: Fact, list: &[Sample]) -> Option<Sample> {
    let mut sample = sample.clone();
    let facts = |of: &dyn Fn(&Facts) -> Option<Date>| -> Option<Date> {
        middle(list.iter().filter_map(|sample| of(&sample.facts)).collect(), Date::cmp)
    };
    match fact {
        Fact::Created => sample.facts.created = Some(facts(&|facts| facts.created)?),
        Fact::Commit => sample.facts.commit = Some(Some(facts(&|facts| facts.commit.flatten())?)),
        Fact::Release => sample.facts.release = Some(Some(facts(&|facts| facts.release.flatten())?)),
        Fact::Licence => {
            let known: Vec<bool> = list
                .iter()
                .filter(|sample| sample.facts.licence.as_ref().is_some_and(|l| l.as_deref() != Some("NOASSERTION")))
                .map(|sample| sample.facts.licence != Some(None))
                .collect();
            sample.facts.licence = Some(middle(known, bool::cmp)?.then(|| "MIT".to_owned()));
        }
        Fact::Archived => sample.facts.archived = Some(false),
        Fact::Growth => {
            let gained = list.iter().filter_map(|sample| sample.growth).map(|growth| growth.gained).collect();
            sample.growth = Some(Growth { gained: middle(gained, i64::cmp)?, days: 90, source: GrowthSource::Totals });
        }
    }
    Some(sample)
}

fn records(list: &[Sample]) -> Vec<Record> {
    let numbered = list.iter().enumerate();
    numbered.map(|(n, sample)| record(&format!("github:a/{n}"), sample.facts.clone())).collect()
}

fn baseline(list: &[Sample]) -> Baseline {
    let records = records(list);
    let projects = records.iter().zip(list).map(|(record, sample)| project(record, sample.growth));
    Baseline::of(projects, &Rank::default())
}

fn total_of(sample: &Sample, baseline: &Baseline) -> f64 {
    let record = record("github:z/z", sample.facts.clone());
    score(&project(&record, sample.growth), baseline, &Rank::default()).unwrap().total
}

proptest! {
    #[test]
    fn hiding_a_fact_never_ranks_above_an_equal_record_with_the_median_value(list in list(), at in 0usize..40) {
        for fact in FACTS {
            let mut rest = list.clone();
            rest[at] = hidden(&list[at], fact);
            let baseline = baseline(&rest);
            if let Some(median) = at_the_median(&list[at], fact, &rest) {
                let (hidden, median) = (total_of(&rest[at], &baseline), total_of(&median, &baseline));
                prop_assert!(hidden <= median + 1e-6, "{fact:?}: {hidden} over {median}");
            }
        }
    }

    #[test]
    fn a_better_fact_never_lowers_the_score(list in list(), at in 0usize..40) {
        let baseline = baseline(&list);
        let before = total_of(&list[at], &baseline);
        let facts = &list[at].facts;
        for better in [
            Facts { stars: facts.stars.map(|stars| stars * 2 + 1), ..facts.clone() },
            Facts { commit: facts.commit.map(|_| Some(date(AS_OF))), ..facts.clone() },
            Facts { archived: Some(false), ..facts.clone() },
        ] {
            let after = total_of(&Sample { facts: better.clone(), ..list[at].clone() }, &baseline);
            prop_assert!(after + 1e-9 >= before, "{before} to {after} by {better:?}");
        }
    }
}
