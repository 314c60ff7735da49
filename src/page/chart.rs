//! Charts as SVG that takes its colours from the page.

use std::fmt::Write;

use jiff::civil::Date;

use crate::text::escape::html;

/// The width of a chart, in its own units; the page scales it.
const WIDTH: f64 = 320.0;
/// The height of one bar with its gap.
const BAR: f64 = 20.0;
/// Where bars begin: labels stand before it.
const BARS_FROM: f64 = 120.0;
/// The height of a curve.
const CURVE: f64 = 120.0;
/// A label of a bar has at most this many characters.
const LABEL: usize = 18;

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn real(count: usize) -> f64 {
    count as f64
}

/// Horizontal bars, each with its label and its count.
pub(super) fn bars(title: &str, counts: &[(String, usize)]) -> String {
    let most = real(counts.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1));
    let height = BAR * real(counts.len());
    let mut svg = open(title, height);
    for (n, (label, count)) in counts.iter().enumerate() {
        let y = BAR * real(n);
        let width = (WIDTH - BARS_FROM - 40.0) * real(*count) / most;
        let short: String = label.chars().take(LABEL).collect();
        let _ = write!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\" font-size=\"12\">{}</text>\
             <rect class=\"bar\" x=\"{BARS_FROM:.0}\" y=\"{:.0}\" width=\"{width:.1}\" height=\"13\"/>\
             <text x=\"{:.1}\" y=\"{:.0}\" font-size=\"12\">{count}</text>",
            BARS_FROM - 6.0,
            y + 14.0,
            html(&short),
            y + 3.0,
            BARS_FROM + width + 5.0,
            y + 14.0,
        );
    }
    svg + "</svg>"
}

/// A curve of a figure over days, with its first and last day and its least and greatest value.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(super) fn curve(title: &str, points: &[(Date, u64)]) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let days = f64::from((last.0 - first.0).get_days().max(1));
    let lowest = points.iter().map(|point| point.1).min().unwrap_or_default();
    let highest = points.iter().map(|point| point.1).max().unwrap_or_default();
    let range = (highest - lowest).max(1) as f64;
    let x = |day: Date| 4.0 + (WIDTH - 8.0) * f64::from((day - first.0).get_days()) / days;
    let y = |value: u64| 18.0 + (CURVE - 40.0) * (1.0 - (value - lowest) as f64 / range);
    let line: Vec<String> = points.iter().map(|(day, value)| format!("{:.1},{:.1}", x(*day), y(*value))).collect();
    let mut svg = open(title, CURVE);
    let _ = write!(
        svg,
        "<polyline class=\"curve\" points=\"{}\"/><text x=\"4\" y=\"{:.0}\" font-size=\"12\">{}: {}</text>\
         <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\" font-size=\"12\">{}: {}</text>",
        line.join(" "),
        CURVE - 4.0,
        first.0,
        crate::markdown::note::figure(first.1),
        WIDTH - 4.0,
        CURVE - 4.0,
        last.0,
        crate::markdown::note::figure(last.1),
    );
    svg + "</svg>"
}

fn open(title: &str, height: f64) -> String {
    format!("<svg viewBox=\"0 0 {WIDTH:.0} {height:.0}\" role=\"img\" aria-label=\"{}\">", html(title))
}
