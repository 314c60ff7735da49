//! The colours of a report by meaning.

use anstyle::{AnsiColor, Style};

use crate::finding::Level;

/// A style for each meaning. [`Palette::plain`] has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Palette {
    /// What makes a run fail.
    pub error: Style,
    /// What needs attention.
    pub warning: Style,
    /// For information.
    pub note: Style,
    /// The sentence of a finding.
    pub message: Style,
    /// Line numbers, arrows and bars.
    pub margin: Style,
    /// The word before advice.
    pub help: Style,
    /// Success.
    pub good: Style,
}

impl Palette {
    /// Without colour: piped, `NO_COLOR`, `--color never`.
    pub fn plain() -> Self {
        Self::default()
    }

    /// For a terminal.
    pub fn colour() -> Self {
        let bold = |colour: AnsiColor| colour.on_default().bold();
        Self {
            error: bold(AnsiColor::Red),
            warning: bold(AnsiColor::Yellow),
            note: bold(AnsiColor::Cyan),
            message: Style::new().bold(),
            margin: AnsiColor::BrightBlue.on_default(),
            help: bold(AnsiColor::Green),
            good: bold(AnsiColor::Green),
        }
    }

    /// The style of a level.
    pub fn level(&self, level: Level) -> Style {
        match level {
            Level::Error => self.error,
            Level::Warning => self.warning,
            Level::Note => self.note,
        }
    }
}
