//! Rules about links to a part of a page: of this file, or of another page.

use percent_encoding::percent_decode_str;

use super::{Breach, Context, Rule, Spot, quoted};
use crate::address::Target;
use crate::finding::{RuleInfo, Scope, Setting};
use crate::markdown::NearestAnchors;

pub(super) static BROKEN_ANCHOR: Rule = Rule {
    info: RuleInfo {
        id: "broken-anchor",
        summary: "a link inside the file leads to no heading",
        docs: "The anchor is that of no heading and no `id` or `name` in raw HTML. Renaming a heading breaks the links \
               to it: a change that does so breaks this rule, even where it leaves the links alone.",
        scope: Scope::List,
        level: Setting::WARNING,
        added: Setting::ERROR,
    },
    find: broken,
};

fn broken(context: &Context<'_>) -> Vec<Breach> {
    let anchors = &context.case.document.anchors;
    let nearest = NearestAnchors::of(anchors);
    let mut breaches = Vec::new();
    for (i, target) in context.case.targets.iter().enumerate() {
        let Target::Anchor(anchor) = target else { continue };
        if anchors.has(anchor) {
            continue;
        }
        let wanted = percent_decode_str(anchor).decode_utf8_lossy();
        let help = match nearest.find(anchor) {
            Some(near) => format!("did you mean {}?", quoted(&format!("#{near}"))),
            None => "link a heading that exists, or remove the link".to_owned(),
        };
        let caused = context.case.change.is_some_and(|change| change.lost_anchors.contains(wanted.as_ref()));
        let message = format!("no heading has the anchor {}", quoted(&format!("#{wanted}")));
        breaches.push(Breach { caused, ..Breach::new(Spot::Link(i), message).help(help) });
    }
    breaches
}

pub(super) static LOST_FRAGMENT: Rule = Rule {
    info: RuleInfo {
        id: "lost-fragment",
        summary: "a link leads to an anchor that the other page does not have",
        docs: "Checked with `--fragments` only, which reads each page to its end. Anchors that a script adds to the \
               page are not seen.",
        scope: Scope::List,
        level: Setting::WARNING,
        added: Setting::WARNING,
    },
    find: lost,
};

fn lost(context: &Context<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (i, target) in context.case.targets.iter().enumerate().filter(|(_, t)| matches!(t, Target::Page(_))) {
        let Some(fragment) = fragment(&context.case.document.links[i].url) else { continue };
        let Some(anchors) = context.case.judgements.anchors(target) else { continue };
        if !anchors.contains(&fragment) {
            let message = format!("the page has no anchor {}", quoted(&fragment));
            let help = "find the new anchor on the page, or remove the fragment";
            breaches.push(Breach::new(Spot::Link(i), message).help(help));
        }
    }
    breaches
}

/// The anchor that a URL names. Text fragments, the routes of web applications and `#top`, which every page has,
/// name none.
pub fn fragment(url: &str) -> Option<String> {
    let fragment = url.split_once('#')?.1;
    let fragment = fragment.split(":~:").next().unwrap_or_default();
    if fragment.is_empty() || fragment.starts_with(['!', '/']) || fragment.eq_ignore_ascii_case("top") {
        return None;
    }
    Some(percent_decode_str(fragment).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_name_anchors() {
        for (url, name) in [
            ("https://x.org/#usage", Some("usage")),
            ("https://x.org/#%E7%94%A8", Some("\u{7528}")),
            ("https://x.org/", None),
            ("https://x.org/#", None),
            ("https://x.org/#:~:text=a", None),
            ("https://x.org/#a:~:text=a", Some("a")),
            ("https://x.org/#!/route", None),
            ("https://x.org/#/route", None),
            ("https://x.org/#top", None),
        ] {
            assert_eq!(fragment(url).as_deref(), name, "{url}");
        }
    }
}
