//! Progress while links are checked: bars on a terminal, plain lines in CI, nothing when piped.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::address::Target;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressMode {
    /// Bars, drawn anew.
    Bars,
    /// A line every ten seconds.
    Lines,
    /// None.
    Silent,
}

/// Counts checked targets and shows them.
#[derive(Debug)]
pub struct Progress {
    mode: ProgressMode,
    phases: [Phase; 2],
    begun: Instant,
    last_line: Instant,
}

#[derive(Debug)]
struct Phase {
    name: &'static str,
    bar: ProgressBar,
    seen: u64,
    all: u64,
}

const FORGES: usize = 0;
const PAGES: usize = 1;
/// Time between two lines in CI: frequent enough to see that the job runs, rare enough for a log.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

impl Progress {
    /// Starts counting these targets.
    pub fn start(mode: ProgressMode, targets: &[Target]) -> Self {
        let target =
            if mode == ProgressMode::Bars { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bars = MultiProgress::with_draw_target(target);
        let style = ProgressStyle::with_template("{prefix:>12} {bar:32} {pos}/{len} {pace} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .with_key("pace", |state: &ProgressState, out: &mut dyn fmt::Write| {
                let left = state.len().unwrap_or_default().saturating_sub(state.pos());
                let _ = out.write_str(&pace(state.pos(), left, state.elapsed(), state.per_sec()));
            });
        let on_forges = targets.iter().filter(|target| target.is_on_forge()).count();
        let phase = |name: &'static str, all: usize| {
            let bar = if all == 0 { ProgressBar::hidden() } else { bars.add(ProgressBar::new(all as u64)) };
            Phase { name, bar: bar.with_style(style.clone()).with_prefix(name), seen: 0, all: all as u64 }
        };
        let phases = [phase("repositories", on_forges), phase("pages", targets.len() - on_forges)];
        let now = Instant::now();
        Self { mode, phases, begun: now, last_line: now }
    }

    /// Counts one checked target.
    pub fn seen(&mut self, target: &Target) {
        let phase = &mut self.phases[if target.is_on_forge() { FORGES } else { PAGES }];
        phase.seen += 1;
        phase.bar.inc(1);
        if self.mode == ProgressMode::Lines && self.last_line.elapsed() >= LINE_INTERVAL {
            self.last_line = Instant::now();
            self.line();
        }
    }

    /// Shows that the run waits for a rate limit.
    pub fn waiting(&self, whom: &str, until: Timestamp) {
        let until = until.strftime("%H:%M:%S UTC");
        match self.mode {
            ProgressMode::Bars => self.phases[FORGES].bar.set_message(format!("waiting for {whom} until {until}")),
            ProgressMode::Lines => print_line(&format!("waiting for {whom} until {until}")),
            ProgressMode::Silent => {}
        }
    }

    /// Ends it: bars go away, lines get a last one.
    pub fn end(self) {
        for phase in &self.phases {
            phase.bar.finish_and_clear();
        }
        if self.mode == ProgressMode::Lines {
            self.line();
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn line(&self) {
        let counts: Vec<String> = self
            .phases
            .iter()
            .filter(|phase| phase.all > 0)
            .map(|phase| format!("{} {}/{}", phase.name, phase.seen, phase.all))
            .collect();
        if counts.is_empty() {
            return;
        }
        let seen: u64 = self.phases.iter().map(|phase| phase.seen).sum();
        let rate = seen as f64 / self.begun.elapsed().as_secs_f64().max(0.001);
        print_line(&format!("checked {} ({rate:.0}/s)", counts.join(", ")));
    }
}

/// No time is estimated before: the first answers are those of the fastest hosts.
const ESTIMATED_AFTER: Duration = Duration::from_secs(5);

/// How many targets a second, and about how long the rest takes. The slower of the average and the recent rate counts: at
/// the end only slow hosts are left, and while nothing arrives there is no estimate.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn pace(seen: u64, left: u64, elapsed: Duration, recent: f64) -> String {
    let average = seen as f64 / elapsed.as_secs_f64().max(0.001);
    let rate = average.min(recent);
    let per_second = if average < 10.0 { format!("{average:.1}/s") } else { format!("{average:.0}/s") };
    if elapsed < ESTIMATED_AFTER || left == 0 || rate < 0.1 {
        return per_second;
    }
    let seconds = left as f64 / rate;
    let rest = match seconds {
        ..60.0 => format!("{seconds:.0} s"),
        60.0..5400.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    };
    format!("{per_second}, about {rest} left")
}

/// Prints a line on standard error. A failure is ignored: where standard error is closed, nobody reads it.
pub fn print_line(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_rounded_and_the_rest_estimated_by_the_slower_rate() {
        for (seen, left, seconds, recent, shown) in [
            (583, 1013, 1, 508.2655, "583/s"),
            (2000, 400, 10, 20.0, "200/s, about 20 s left"),
            (2000, 400, 10, 900.0, "200/s, about 2 s left"),
            (2000, 400, 10, 0.0, "200/s"),
            (3, 400, 10, 1.0, "0.3/s, about 22 min left"),
            (3, 40_000, 10, 1.0, "0.3/s, about 37.0 h left"),
            (9, 0, 10, 1.0, "0.9/s"),
        ] {
            assert_eq!(pace(seen, left, Duration::from_secs(seconds), recent), shown);
        }
    }
}
