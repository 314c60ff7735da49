//! Stars over time, as an SVG drawing.

use std::fmt::Write;

use jiff::civil::Date;

use crate::ledger::{History, Point};
use crate::markdown::note::figure;
use crate::ranked_list::{ListEntry, RankedList};
use crate::render::escape;

/// Width and height in pixels.
const SIZE: (f64, f64) = (960.0, 480.0);
/// The space above, right of, below and left of the curves; the names of the curves stand to their right.
const MARGIN: (f64, f64, f64, f64) = (40.0, 250.0, 40.0, 64.0);
/// The space between the names of two curves, in pixels.
const LINE_HEIGHT: f64 = 18.0;
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

/// A curve of the chart.
struct Curve<'a> {
    title: String,
    points: &'a [Point],
}

/// The stars of the best `most` entries (at most 8) over time, up to the list's month. None where the history has no
/// two days of any.
pub fn chart(ranked: &RankedList, history: &History, most: usize, theme: Theme) -> Option<String> {
    let mut rows: Vec<&ListEntry> = ranked.entries.iter().filter(|row| row.position.rank.is_some()).collect();
    rows.sort_by_key(|row| row.position.rank);
    rows.dedup_by_key(|row| row.position.rank);
    let curves: Vec<Curve<'_>> = rows
        .into_iter()
        .map(|row| Curve {
            title: escape::html(&escape::cut(&escape::clean(&row.title), 28)),
            points: history.of(row.forge.facts.id, &row.ranked_by),
        })
        .filter(|curve| curve.points.len() > 1)
        .take(most.min(COLOURS.len()))
        .collect();
    let points = || curves.iter().flat_map(|curve| curve.points);
    let from = points().map(|point| point.at).min()?;
    let to = points().map(|point| point.at).chain(ranked.as_of).max()?;
    let top = points().map(|point| point.stars).max()?;
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

/// The next number of the kind 1, 2 or 5 with zeros that is not below `count`.
fn rounded_up(count: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for step in [1, 2, 5] {
            if unit.saturating_mul(step) >= count.max(u64::from(STEPS)) {
                return unit.saturating_mul(step);
            }
        }
        unit = unit.saturating_mul(10);
    }
}

fn draw(title: &str, curves: &[Curve<'_>], scale: &Scale, theme: Theme) -> String {
    let (text, grid) = theme.colours();
    let (width, height) = SIZE;
    let right = width - MARGIN.1;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\" fill=\"{text}\">\n<title>{title}</title>\n<text x=\"{}\" y=\"22\" font-size=\"15\">{title} ⭐</text>\n",
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
    // The names stand in the order in which the curves end, one below the other.
    let mut order: Vec<usize> = (0..curves.len()).collect();
    let last = |index: usize| curves[index].points.last().map_or(0, |point| point.stars);
    order.sort_by_key(|index| std::cmp::Reverse(last(*index)));
    let mut lowest = 0.0_f64;
    for index in order {
        let colour = theme.curve(index);
        let points: Vec<String> = curves[index]
            .points
            .iter()
            .map(|point| format!("{:.1},{:.1}", scale.x(point.at), scale.y(point.stars)))
            // What did not change since goes on to the list's month.
            .chain([format!("{right:.1},{:.1}", scale.y(last(index)))])
            .collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            points.join(" ")
        );
        let y = (scale.y(last(index)) + 4.0).max(lowest + LINE_HEIGHT);
        lowest = y;
        let label = format!("{} {}", curves[index].title, figure(last(index)));
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{y:.1}\" fill=\"{colour}\">{label}</text>", right + 8.0);
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert!(line.contains(" 710.0,"), "the curve goes on to the list's month: {line}");
        let months: Vec<&str> = svg.lines().filter(|line| line.contains("text-anchor=\"middle\"")).collect();
        let labels: std::collections::BTreeSet<&str> =
            months.iter().filter_map(|line| line.split('>').nth(1)).collect();
        assert_eq!((labels.len(), months.len() > 2), (months.len(), true), "{svg}");
        assert_eq!(draw(&world, Theme::Light), Some(svg.clone()));
        assert_ne!(draw(&world, Theme::Dark), Some(svg));
    }

    #[test]
    fn the_scale_ends_at_a_round_number() {
        for (count, round) in [(1, 5), (999, 1_000), (1_001, 2_000), (4_000, 5_000), (125_069, 200_000)] {
            assert_eq!(rounded_up(count), round);
        }
    }
}
