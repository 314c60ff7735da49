//! Stars over time, as an SVG drawing.

use std::fmt::Write;

use jiff::civil::Date;

use crate::ledger::{Curve, History};
use crate::markdown::note::figure;
use crate::ranked_list::{ListEntry, RankedList};
use crate::render::escape;

/// Width and height in pixels, and the size of its text: on a telephone the whole is half as large, and still to be read.
const SIZE: (f64, f64) = (720.0, 400.0);
const TEXT: f64 = 14.0;
/// The space above, right of, below and left of the curves; the names of the curves stand to their right.
const MARGIN: (f64, f64, f64, f64) = (44.0, 210.0, 36.0, 52.0);
/// The space between the names of two curves, in pixels.
const LINE_HEIGHT: f64 = 18.0;
/// The longest name of a curve, in columns: what fits beside the curves.
const NAME_COLUMNS: usize = 20;
/// How many horizontal lines there are, the lowest not counted.
const STEPS: u32 = 4;
/// A colour for each curve that people with any colour vision distinguish (Okabe and Ito), for a light and for a dark page.
const COLOURS: [(&str, &str); 8] = [
    ("#0072b2", "#56b4e9"),
    ("#d55e00", "#e69f00"),
    ("#009e73", "#2fd0a0"),
    ("#cc79a7", "#e7a6cb"),
    ("#b8860b", "#f0e442"),
    ("#332288", "#9d94e8"),
    ("#606060", "#b0b0b0"),
    ("#882255", "#d9779f"),
];

/// The page that a chart is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// A light page.
    Light,
    /// A dark page.
    Dark,
}

impl Theme {
    /// The colours of the text and of the lines of the grid.
    fn colours(self) -> (&'static str, &'static str) {
        match self {
            Self::Light => ("#1f2328", "#d1d9e0"),
            Self::Dark => ("#e6edf3", "#3d444d"),
        }
    }

    fn curve(self, index: usize) -> &'static str {
        let (light, dark) = COLOURS[index % COLOURS.len()];
        if self == Self::Light { light } else { dark }
    }
}

/// A curve of the chart with its name.
struct Named<'a> {
    title: String,
    curve: Curve<'a>,
}

impl Named<'_> {
    fn last(&self) -> u64 {
        self.curve.seen.last().map_or(0, |point| point.stars)
    }
}

/// The stars of the best `most` entries (at most 8) over time, up to the list's month. None where the history has no
/// two days of any.
pub fn chart(ranked: &RankedList, history: &History, most: usize, theme: Theme) -> Option<String> {
    let mut rows: Vec<&ListEntry> = ranked.entries.iter().filter(|row| row.position.rank.is_some()).collect();
    rows.sort_by_key(|row| row.position.rank);
    rows.dedup_by_key(|row| row.position.rank);
    let curves: Vec<Named<'_>> = rows
        .into_iter()
        .map(|row| Named {
            title: escape::html(&escape::cut(&escape::clean(&row.title), NAME_COLUMNS)),
            curve: history.curve(row.forge.facts.id, &row.ranked_by),
        })
        .filter(|named| named.curve.totals().len() > 1)
        .take(most.min(COLOURS.len()))
        .collect();
    let totals = || curves.iter().flat_map(|named| named.curve.totals());
    let from = totals().map(|(at, _)| at).min()?;
    let to = totals().map(|(at, _)| at).chain(ranked.as_of).max()?;
    let top = totals().map(|(_, stars)| stars).max()?;
    let scale = Scale { from, days: (to - from).get_days().max(1), top: rounded_up(top) };
    Some(draw(&escape::html(&ranked.title), &curves, &scale, theme))
}

/// What a day and a count are in pixels.
struct Scale {
    from: Date,
    days: i32,
    top: u64,
}

impl Scale {
    fn x(&self, day: Date) -> f64 {
        let days = f64::from((day - self.from).get_days());
        MARGIN.3 + (SIZE.0 - MARGIN.1 - MARGIN.3) * days / f64::from(self.days)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn y(&self, stars: u64) -> f64 {
        let height = SIZE.1 - MARGIN.0 - MARGIN.2;
        MARGIN.0 + height * (1.0 - stars as f64 / self.top as f64)
    }

    /// The first days of at most six months, no two of them labelled alike.
    fn months(&self) -> Vec<Date> {
        let step = self.days / 30 / 6 + 1;
        let first = self.from.first_of_month();
        (0..=6)
            .filter_map(|n| first.checked_add(jiff::Span::new().months(n * step)).ok())
            .filter(|month| *month >= self.from && (*month - self.from).get_days() <= self.days)
            .collect()
    }
}

/// An end of the scale that is not below `count`: each step is a round number, and no more than a third of the height stays
/// empty.
fn rounded_up(count: u64) -> u64 {
    const ENDS: [u64; 10] = [4, 8, 10, 12, 16, 20, 24, 32, 40, 60];
    let count = count.max(u64::from(STEPS));
    let mut unit = 1_u64;
    loop {
        for end in ENDS {
            if unit.saturating_mul(end) >= count && unit.saturating_mul(end).is_multiple_of(u64::from(STEPS)) {
                return unit.saturating_mul(end);
            }
        }
        unit = unit.saturating_mul(10);
    }
}

fn draw(title: &str, curves: &[Named<'_>], scale: &Scale, theme: Theme) -> String {
    let (text, grid) = theme.colours();
    let (width, height) = SIZE;
    let right = width - MARGIN.1;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"sans-serif\" font-size=\"{TEXT}\" fill=\"{text}\">\n<title>{title}</title>\n<text x=\"{}\" y=\"22\" font-size=\"16\">{title} ⭐</text>\n",
        MARGIN.3
    );
    // Writing to a string cannot fail.
    for step in 0..=STEPS {
        let count = scale.top / u64::from(STEPS) * u64::from(step);
        let y = scale.y(count);
        let _ = writeln!(svg, "<path d=\"M{} {y:.1}H{right}\" stroke=\"{grid}\" fill=\"none\"/>", MARGIN.3);
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            MARGIN.3 - 8.0,
            y + 4.0,
            figure(count)
        );
    }
    for month in scale.months() {
        let label = month.strftime("%Y-%m");
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
            scale.x(month),
            height - 16.0
        );
    }
    draw_curves(&mut svg, curves, scale, theme);
    svg + "</svg>\n"
}

/// Draws the curves: what was seen as a line, what is reckoned back from it by the forge's star history dashed. The names
/// stand in the order in which the curves end, one below the other.
fn draw_curves(svg: &mut String, curves: &[Named<'_>], scale: &Scale, theme: Theme) {
    let right = SIZE.0 - MARGIN.1;
    let place = |at: Date, stars: u64| format!("{:.1},{:.1}", scale.x(at), scale.y(stars));
    let mut order: Vec<(usize, &Named<'_>)> = curves.iter().enumerate().collect();
    order.sort_by_key(|(_, named)| std::cmp::Reverse(named.last()));
    let ends: Vec<f64> = order.iter().map(|(_, named)| scale.y(named.last()) + 4.0).collect();
    for ((index, named), y) in order.into_iter().zip(apart(ends)) {
        let colour = theme.curve(index);
        let mut line = |points: &[String], dashes: &str| {
            let points = points.join(" ");
            // Writing to a string cannot fail.
            let _ = writeln!(
                svg,
                "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>"
            );
        };
        let Curve { reckoned, seen } = &named.curve;
        if !reckoned.is_empty() {
            let first = seen.first().map(|point| (point.at, point.stars));
            let points: Vec<String> =
                reckoned.iter().copied().chain(first).map(|(at, stars)| place(at, stars)).collect();
            line(&points, " stroke-dasharray=\"5 4\"");
        }
        // What did not change since goes on to the list's month.
        let end = format!("{right:.1},{:.1}", scale.y(named.last()));
        let points: Vec<String> = seen.iter().map(|point| place(point.at, point.stars)).chain([end]).collect();
        line(&points, "");
        let label = format!("{} {}", named.title, figure(named.last()));
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{y:.1}\" fill=\"{colour}\">{label}</text>", right + 8.0);
    }
}

/// These heights, from the highest on, moved so that lines of text there do not cover each other: down, and up again from the
/// lower edge.
fn apart(mut heights: Vec<f64>) -> Vec<f64> {
    let mut least = 0.0_f64;
    for y in &mut heights {
        *y = y.max(least);
        least = *y + LINE_HEIGHT;
    }
    let mut most = SIZE.1 - TEXT / 2.0;
    for y in heights.iter_mut().rev() {
        *y = y.min(most);
        most = *y - LINE_HEIGHT;
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Gains, GainsSource, HistoryNews, Point};
    use crate::ranked_list::sample::{World, day};

    #[test]
    fn a_chart_is_svg_and_the_same_each_time() {
        let mut world =
            World::new("# L\n## S\n- [\\<b>&](https://github.com/a/a)\n", &[("github:a/a", 999, "2026-11-01")]);
        let point = |at: &str, stars| Point { at: day(at), target: "github:a/a".parse().unwrap(), id: None, stars };
        let draw = |world: &World, theme| chart(&world.ranked(), &world.history, 5, theme);
        assert_eq!(draw(&world, Theme::Light), None);
        world.history = History::new([point("2026-01-01", 100), point("2026-06-01", 500), point("2026-10-01", 999)]);
        let svg = draw(&world, Theme::Light).unwrap();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(svg.contains("&lt;b&gt;&amp; 999</text>") && svg.contains("<title>L</title>"), "{svg}");
        let line = svg.lines().find(|line| line.starts_with("<polyline")).unwrap();
        assert!(line.contains(" 510.0,"), "the curve goes on to the list's month: {line}");
        let months: Vec<&str> = svg.lines().filter(|line| line.contains("text-anchor=\"middle\"")).collect();
        let labels: std::collections::BTreeSet<&str> =
            months.iter().filter_map(|line| line.split('>').nth(1)).collect();
        assert_eq!((labels.len(), months.len() > 2), (months.len(), true), "{svg}");
        assert_eq!(draw(&world, Theme::Light), Some(svg.clone()));
        assert_ne!(draw(&world, Theme::Dark), Some(svg));
    }

    #[test]
    fn what_is_reckoned_back_is_dashed() {
        let mut world = World::new("# L\n- [a](https://github.com/a/a)\n", &[("github:a/a", 900, "2026-11-01")]);
        let target: crate::address::Target = "github:a/a".parse().unwrap();
        let points = vec![Point { at: day("2026-11-24"), target: target.clone(), id: None, stars: 900 }];
        let weeks = vec![10; 10];
        let (at, from) = (day("2026-11-24"), Some(day("2026-09-13")));
        let gains = Gains { at, target, id: None, source: GainsSource::GithubStarHistory, from, weeks };
        world.history = History::default().with(&HistoryNews { points, gains: vec![gains] });
        let svg = chart(&world.ranked(), &world.history, 5, Theme::Light).unwrap();
        let lines: Vec<&str> = svg.lines().filter(|line| line.starts_with("<polyline")).collect();
        assert_eq!(lines.iter().map(|line| line.contains("dasharray")).collect::<Vec<_>>(), [true, false], "{svg}");
        assert_eq!(lines[0].matches(',').count(), 11, "{svg}");
    }

    #[test]
    fn names_neither_cover_each_other_nor_leave_the_picture() {
        assert_eq!(apart(vec![40.0, 200.0]), [40.0, 200.0]);
        assert_eq!(apart(vec![40.0, 41.0, 90.0]), [40.0, 58.0, 90.0]);
        assert_eq!(apart(vec![40.0, 366.0, 367.0, 368.0]), [40.0, 357.0, 375.0, 393.0]);
    }

    #[test]
    fn the_scale_ends_at_a_round_number() {
        for (count, round) in [
            (1, 4),
            (5, 8),
            (9, 12),
            (999, 1_000),
            (1_001, 1_200),
            (4_000, 4_000),
            (125_069, 160_000),
            (207_000, 240_000),
        ] {
            assert_eq!(rounded_up(count), round);
        }
    }
}
