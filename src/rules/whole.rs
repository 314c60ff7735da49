//! Rules about a whole file, and about the policy itself.

use jiff::civil::Date;

use super::{Context, Hit, Rule, Spot, TABLE, quoted};
use crate::finding::{Finding, Level};
use crate::policy::Policy;

/// GitHub renders no Markdown file over this size, in bytes.
const LARGEST: usize = 512 * 1024;

/// The size from which a file nears it.
const LARGE: usize = 400 * 1024;

pub(super) fn too_large(context: &Context<'_>) -> Vec<Hit> {
    let size = context.case.text.len();
    if size < LARGE {
        return Vec::new();
    }
    let (how, at_most) = if size > LARGEST {
        ("no longer renders it", Level::Error)
    } else {
        ("stops rendering at 512 KB", Level::Warning)
    };
    let hit = Hit::new(Spot::File, format!("the file has {} KB: GitHub {how}", size.div_ceil(1024)));
    vec![Hit { at_most, ..hit.help("split it by category into files that it links") }]
}

/// Nothing in a file: [`of_policy`] tells of exclusions.
pub(super) fn nowhere(_: &Context<'_>) -> Vec<Hit> {
    Vec::new()
}

/// What is wrong with the policy itself on this day.
pub fn of_policy(policy: &Policy, today: Date) -> Vec<Finding> {
    let rule = TABLE.iter().find(|rule| rule.id == "expired_exclusion");
    let Some(level) = rule.and_then(|rule: &Rule| rule.levels(&policy.rules).0) else { return Vec::new() };
    let ended = policy.check.exclude.iter().filter_map(|exclusion| Some((exclusion, exclusion.until?)));
    ended
        .filter(|(_, until)| *until < today)
        .map(|(exclusion, until)| {
            let message = format!("the exclusion of {} ended on {until}", quoted(&exclusion.pattern));
            Finding::new("expired_exclusion", level, message).help("move its `until`, or remove it")
        })
        .collect()
}
