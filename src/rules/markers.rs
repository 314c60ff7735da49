//! The rule about comments that are addressed to Pomona.

use super::{Breach, Context, Rule, Spot, quoted};
use crate::finding::{RuleInfo, Scope, Setting};
use crate::markdown::{Lines, MarkerFault};

pub(super) static INVALID_MARKER: Rule = Rule {
    info: RuleInfo {
        id: "invalid-marker",
        summary: "a comment for Pomona has no effect",
        docs: "`<!-- pomona:begin NAME -->` without its end is no block: nothing is written there, and the entries \
               after it stay entries. The same applies to an end without its beginning and for unknown words after \
               `pomona:`.",
        scope: Scope::List,
        level: Setting::ERROR,
        added: Setting::ERROR,
    },
    find: invalid,
};

fn invalid(context: &Context<'_>) -> Vec<Breach> {
    let errors = &context.case.document.marker_errors;
    if errors.is_empty() {
        return Vec::new();
    }
    let lines = Lines::of(context.case.text);
    let breach = |error: &crate::markdown::MarkerError| {
        let (message, help) = match &error.fault {
            MarkerFault::Unclosed(name) => (
                format!("the block {} does not end", quoted(name)),
                format!("write `<!-- pomona:end {name} -->` where it ends"),
            ),
            MarkerFault::Unopened(name) => (
                format!("the block {} ends here and does not begin", quoted(name)),
                format!("write `<!-- pomona:begin {name} -->` where it begins, or remove the comment"),
            ),
            MarkerFault::Unknown(word) => (
                format!("unknown comment: {}", quoted(&format!("pomona:{word}"))),
                "known are `pomona:begin NAME`, `pomona:end NAME`, `pomona:finished` and `pomona:ignore REASON`"
                    .to_owned(),
            ),
        };
        let caused = context.case.change.is_some_and(|change| change.broken_markers.contains(&error.fault));
        Breach { caused, ..Breach::new(Spot::Line(lines.line(error.span.start)), message).help(help) }
    };
    errors.iter().map(breach).collect()
}
