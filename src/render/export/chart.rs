//! Stars over time, as an SVG drawing.

use jiff::civil::Date;
use plotters::prelude::*;

use crate::ledger::{History, Point};
use crate::markdown::note::figure;
use crate::ranked_list::{ListEntry, RankedList};
use crate::render::escape;

/// Width and height in pixels.
const SIZE: (u32, u32) = (960, 480);
/// A colour a line: told apart by people who see fewer colours too (Okabe and Ito).
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(96, 96, 96),
    RGBColor(160, 145, 20),
];

/// A line of the chart.
struct Curve<'a> {
    title: String,
    points: &'a [Point],
}

/// The stars of the best `most` entries (at most 8) over time. None where the history holds no two days of any.
pub fn chart(ranked: &RankedList, history: &History, most: usize) -> Option<String> {
    let mut rows: Vec<&ListEntry> = ranked.entries.iter().filter(|row| row.position.rank.is_some()).collect();
    rows.sort_by_key(|row| row.position.rank);
    rows.dedup_by_key(|row| row.position.rank);
    let curves: Vec<Curve<'_>> = rows
        .into_iter()
        .map(|row| Curve {
            title: escape::cut(&escape::clean(&row.title), 40).into_owned(),
            points: history.of(row.forge.facts.id, &row.ranked_by),
        })
        .filter(|curve| curve.points.len() > 1)
        .take(most.min(COLOURS.len()))
        .collect();
    let points = || curves.iter().flat_map(|curve| curve.points);
    let from = points().map(|point| point.at).min()?;
    let to = points().map(|point| point.at).max()?;
    let top = points().map(|point| point.stars).max()?;
    let mut svg = String::new();
    draw(&mut svg, &curves, (from, to), top).ok()?;
    Some(svg)
}

fn draw(
    svg: &mut String,
    curves: &[Curve<'_>],
    (from, to): (Date, Date),
    top: u64,
) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let day = |date: Date| (date - from).get_days();
    let label = |day: &i32| {
        let date = from.checked_add(jiff::Span::new().days(*day)).unwrap_or(to);
        date.strftime("%Y-%m").to_string()
    };
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .x_label_area_size(32)
        .y_label_area_size(56)
        .build_cartesian_2d(0..day(to).max(1), 0..top.max(1) + top / 20)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .x_labels(8)
        .x_label_formatter(&label)
        .y_label_formatter(&|stars| figure(*stars))
        .draw()?;
    for (curve, colour) in curves.iter().zip(COLOURS) {
        let points = curve.points.iter().map(|point| (day(point.at), point.stars));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(curve.title.as_str())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart.configure_series_labels().position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.8)).draw()?;
    root.present()?;
    Ok(())
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
        assert_eq!(chart(&world.ranked(), &world.history, 5), None);
        world.history = History::new([point("2026-01-01", 100), point("2026-06-01", 500), point("2026-11-01", 999)]);
        let svg = chart(&world.ranked(), &world.history, 5).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
        assert!(svg.contains("<polyline") && svg.contains("2026-") && svg.contains("&lt;b&gt;&amp;"), "{svg}");
        assert_eq!(chart(&world.ranked(), &world.history, 5), Some(svg));
    }
}
