//! The rule about links inside a file.

use super::{Context, Hit, Spot, quoted};
use crate::address::Target;

/// The anchor of the box in which GitHub shows a README on a repository's page: lists lead back to the top by it.
const FRONT: &str = "readme";

pub(super) fn broken(context: &Context<'_>) -> Vec<Hit> {
    let anchors = &context.case.document.anchors;
    let mut hits = Vec::new();
    for (i, target) in context.case.targets.iter().enumerate() {
        let Target::Anchor(anchor) = target else { continue };
        if anchors.has(anchor) || anchor == FRONT {
            continue;
        }
        let wanted = percent_encoding::percent_decode_str(anchor).decode_utf8_lossy();
        let help = match anchors.nearest(anchor) {
            Some(near) => format!("did you mean {}?", quoted(&format!("#{near}"))),
            None => "link a heading that is there, or remove the link".to_owned(),
        };
        let lost = context.case.change.is_some_and(|change| change.lost_anchors.contains(wanted.as_ref()));
        let hit = Hit::new(Spot::Link(i), format!("no heading has the anchor {}", quoted(&format!("#{wanted}"))));
        hits.push(Hit { brought: lost, ..hit.help(help) });
    }
    hits
}
