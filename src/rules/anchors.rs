//! The rule about links inside a file.

use super::{Context, Hit, Spot, quoted};
use crate::target::Target;

pub(super) fn broken(context: &Context<'_>) -> Vec<Hit> {
    let anchors = Anchors::of(context);
    let mut hits = Vec::new();
    for (i, target) in context.case.targets.iter().enumerate() {
        let Target::Anchor(anchor) = target else { continue };
        let wanted = decoded(anchor);
        if anchors.has(&wanted) {
            continue;
        }
        let help = match anchors.nearest(&wanted) {
            Some(near) => format!("did you mean {}?", quoted(&format!("#{near}"))),
            None => "link a heading that is there, or remove the link".to_owned(),
        };
        let lost = context.case.change.is_some_and(|change| change.lost_anchors.contains(&wanted));
        let hit = Hit::new(Spot::Link(i), format!("no heading has the anchor {}", quoted(&format!("#{wanted}"))));
        hits.push(Hit { brought: lost, ..hit.help(help) });
    }
    hits
}

fn decoded(anchor: &str) -> String {
    percent_encoding::percent_decode_str(anchor).decode_utf8_lossy().into_owned()
}

/// Where a link inside the file can lead: headings, and `id` and `name` of raw HTML.
struct Anchors<'a> {
    names: Vec<&'a str>,
}

impl<'a> Anchors<'a> {
    fn of(context: &Context<'a>) -> Self {
        let mut names: Vec<&str> = context.case.document.headings.iter().map(|h| h.slug.as_str()).collect();
        names.extend(attributes(context.case.text));
        names.sort_unstable();
        names.dedup();
        Self { names }
    }

    /// GitHub tries the lower-case form too; an empty anchor and `top` lead to the top (HTML, "Scrolling to a
    /// fragment").
    fn has(&self, anchor: &str) -> bool {
        let name = anchor.strip_prefix("user-content-").unwrap_or(anchor);
        let is = |name: &str| self.names.binary_search(&name).is_ok();
        name.is_empty() || name.eq_ignore_ascii_case("top") || is(name) || is(&name.to_lowercase())
    }

    fn nearest(&self, anchor: &str) -> Option<&'a str> {
        let wanted = anchor.to_lowercase();
        let scored = self.names.iter().map(|name| (strsim::normalized_damerau_levenshtein(name, &wanted), *name));
        scored.filter(|(near, _)| *near >= 0.6).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
    }
}

/// The values of `id="…"` and `name="…"` in a text.
fn attributes(text: &str) -> impl Iterator<Item = &str> {
    [" id=", " name="].into_iter().flat_map(move |key| {
        text.match_indices(key).filter_map(move |(at, _)| {
            let rest = &text[at + key.len()..];
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            rest[1..].split_once(quote).map(|(value, _)| value)
        })
    })
}
