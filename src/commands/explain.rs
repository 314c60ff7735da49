//! `pomona explain`: why an entry has its rank, marks and verdict. It makes no request.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;

use crate::commands::judgements::stored;
use crate::commands::list_folder::ListFolder;
use crate::commands::write::remembered;
use crate::explain::{self, NotFound};
use crate::report::ExplainFormat;
use crate::settings::{ExplainSettings, Overrides};
use crate::text::escape::terminal;

/// Explains an entry or a section of a list.
pub(crate) fn explain(asked: &ExplainSettings, out: &mut dyn Write) -> anyhow::Result<u8> {
    let list = ListFolder::open(&asked.folder, &Overrides::default())?;
    let judgements = stored(&list);
    let ranked = remembered(&list, &judgements)?;
    let layout = &list.policy.layout;
    if let Some(heading) = &asked.section {
        let section = explain::section(&ranked, layout, heading).map_err(|missing| not_found(&missing))?;
        print(&section, asked.format, out)?;
    }
    if let Some(entry) = &asked.entry {
        let found = explain::explain(&ranked, layout, &list.forges, entry).map_err(|missing| not_found(&missing))?;
        for (n, entry) in found.iter().enumerate() {
            if n > 0 && asked.format == ExplainFormat::Text {
                writeln!(out)?;
            }
            print(entry, asked.format, out)?;
        }
    }
    Ok(0)
}

fn print(explained: &(impl Display + Serialize), format: ExplainFormat, out: &mut dyn Write) -> anyhow::Result<()> {
    match format {
        ExplainFormat::Json => writeln!(out, "{}", serde_json::to_string(explained)?)?,
        ExplainFormat::Text => {
            for line in explained.to_string().lines() {
                writeln!(out, "{}", terminal(line))?;
            }
        }
    }
    Ok(())
}

fn not_found(missing: &NotFound) -> anyhow::Error {
    if missing.nearest.is_empty() {
        return anyhow::anyhow!("{missing}\nhelp: `pomona links` prints every link of the list");
    }
    let nearest: Vec<String> = missing.nearest.iter().map(|name| format!("`{name}`")).collect();
    anyhow::anyhow!("{missing}\nhelp: did you mean {}?", nearest.join(" or "))
}
