//! Fragments of links to other pages: whether the page has the anchor, where it was looked for.

use percent_encoding::percent_decode_str;

use crate::address::Target;
use crate::change::Change;
use crate::commands::judgements::Judgements;
use crate::commands::list_folder::ListFolder;
use crate::finding::{Finding, Level};
use crate::observation::Seen;

/// Links whose page was read to its end and has no such anchor.
pub(crate) fn lost(list: &ListFolder, judgements: &Judgements, change: Option<&Change>) -> Vec<Finding> {
    let links = list.document.links.iter().zip(&list.targets).enumerate();
    let touched = |link: usize| change.is_none_or(|change| change.links.contains(&link));
    links
        .filter(|(link, (_, target))| matches!(target, Target::Page(_)) && touched(*link))
        .filter_map(|(number, (link, target))| {
            let fragment = named(&link.url)?;
            let Seen::Alive(alive) = &judgements.look(target)?.seen else { return None };
            let missing = !alive.anchors.as_ref()?.contains(&fragment);
            missing.then(|| {
                let message = format!("the page has no anchor `{fragment}`");
                let help = "find the new anchor on the page, or leave the fragment out";
                Finding::new("lost_fragment", Level::Warning, message).at(list.place(number)).about(target).help(help)
            })
        })
        .collect()
}

/// The anchor that a URL names. Text fragments, the routes of web applications and `#top`, which every page
/// has, name none.
fn named(url: &str) -> Option<String> {
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
            assert_eq!(named(url).as_deref(), name, "{url}");
        }
    }
}
