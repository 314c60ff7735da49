//! `pomona explain`: why an entry has its rank, marks and verdict. It makes no request.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Write;

use serde::Serialize;

use crate::address::Target;
use crate::commands::caches;
use crate::commands::judgements::stored;
use crate::commands::list_folder::ListFolder;
use crate::commands::write::remembered;
use crate::explain::{self, Evidence, NotFound};
use crate::observation::Observation;
use crate::report::ExplainFormat;
use crate::settings::{ExplainSettings, Overrides, RunContext};
use crate::text::escape::{json, terminal};

/// Explains an entry, a section, or the difference between two entries of a list.
pub(crate) fn explain(asked: &ExplainSettings, context: &RunContext, out: &mut dyn Write) -> anyhow::Result<u8> {
    let list = ListFolder::open(&asked.folder, &Overrides::default())?;
    let judgements = stored(&list);
    let ranked = remembered(&list, &judgements)?;
    let newest: BTreeMap<Target, Observation> = caches::stored(&list, context)?
        .into_iter()
        .map(|observation| (observation.target.clone(), observation))
        .collect();
    let evidence = Evidence {
        ranked: &ranked,
        document: &list.document,
        layout: &list.policy.layout,
        forges: &list.forges,
        judgements: &judgements,
        newest: &newest,
    };
    let entry = |query: &str| explain::explain(&evidence, query).map_err(|missing| not_found(&missing));
    if let Some(heading) = &asked.section {
        let section = explain::section(&evidence, heading).map_err(|missing| not_found(&missing))?;
        print(&section, asked.format, out)?;
    }
    let Some(query) = &asked.entry else { return Ok(0) };
    let mut found = entry(query)?;
    if let Some(other) = &asked.versus {
        let (first, second) = (found.swap_remove(0), entry(other)?.swap_remove(0));
        print(&explain::compare(first, second), asked.format, out)?;
        return Ok(0);
    }
    for (n, entry) in found.iter().enumerate() {
        if n > 0 && asked.format == ExplainFormat::Text {
            writeln!(out)?;
        }
        print(entry, asked.format, out)?;
    }
    Ok(0)
}

fn print(explained: &(impl Display + Serialize), format: ExplainFormat, out: &mut dyn Write) -> anyhow::Result<()> {
    match format {
        ExplainFormat::Json => writeln!(out, "{}", json(&serde_json::to_string(explained)?))?,
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
