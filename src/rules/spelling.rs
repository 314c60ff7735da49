//! Rules about addresses that are misspelt: they lead nowhere, or to a file that was not meant.

use super::{Breach, Context, Rule, Spot, quoted};
use crate::address::{self, Target};
use crate::finding::{RuleInfo, Scope, Setting};

pub(super) static MALFORMED_LINK: Rule = Rule {
    info: RuleInfo {
        id: "malformed-link",
        summary: "an invalid address",
        docs: "The address is empty or not a URL.",
        scope: Scope::List,
        level: Setting::WARNING,
        added: Setting::ERROR,
    },
    find: malformed,
};

fn malformed(context: &Context<'_>) -> Vec<Breach> {
    let invalid = context.case.targets.iter().enumerate().filter_map(|(i, target)| match target {
        Target::Malformed(text) => Some((i, text)),
        _ => None,
    });
    invalid
        .map(|(i, text)| {
            let message = if text.is_empty() {
                "the link has no address".to_owned()
            } else {
                format!("invalid address: {}", quoted(text))
            };
            Breach::new(Spot::Link(i), message).help("write the whole address, with `https://`")
        })
        .collect()
}

pub(super) static MISTYPED_LINK: Rule = Rule {
    info: RuleInfo {
        id: "mistyped-link",
        summary: "an address that was probably meant to be another",
        docs: "A misspelt scheme (`htps://`), a host name without `https://`, which Markdown takes for a file, an \
               address for `git clone`, or a space between `]` and `(`, which makes the link plain text.",
        scope: Scope::List,
        level: Setting::WARNING,
        added: Setting::ERROR,
    },
    find: mistyped,
};

fn mistyped(context: &Context<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (i, target) in context.case.targets.iter().enumerate() {
        let link = &context.case.document.links[i];
        let found = match target {
            Target::Local(path) if !context.is_mistyped(path) => None,
            Target::Foreign(address) | Target::Local(address) => meant(address),
            _ => after_gap(context.case.text, link.span.start),
        };
        if let Some((message, help)) = found {
            breaches.push(Breach::new(Spot::Link(i), message).help(help));
        }
    }
    breaches
}

/// What is wrong with the address and what was probably meant, where it is no file and no other scheme.
fn meant(address: &str) -> Option<(String, String)> {
    let fixed = address::mistyped(address)?;
    let fault = if address.starts_with("git@") {
        "an address for `git clone`"
    } else if fixed.ends_with(address) {
        "taken for a file"
    } else {
        "misspelt"
    };
    Some((format!("{} is {fault}", quoted(address)), format!("write `{fixed}`")))
}

/// A bare address directly behind `[text] (`: a link was meant, and Markdown allows no space there.
fn after_gap(text: &str, at: usize) -> Option<(String, String)> {
    let before = text.get(..at)?.strip_suffix('(')?;
    let label = before.trim_end_matches([' ', '\t']);
    let is_gap =
        label.len() < before.len() && label.ends_with(']') && !label.ends_with("[ ]") && !label.ends_with("[x]");
    is_gap.then(|| ("a space between `]` and `(` makes this no link".to_owned(), "remove the space".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_addresses_are_recognised() {
        for (address, help) in [
            ("htps://example.org", Some("write `https://example.org`")),
            ("hhttps://example.org/a", Some("write `https://example.org/a`")),
            ("www.example.org", Some("write `https://www.example.org`")),
            ("example.org/foo", Some("write `https://example.org/foo`")),
            ("http//example.org", Some("write `http://example.org`")),
            ("git@github.com:a/b.git", Some("write `https://github.com/a/b`")),
            ("mailto:a@b.org", None),
            ("ftp://x.org", None),
            ("tel:1", None),
            ("docs/tools.md", None),
            ("README.md#x", None),
            ("install.sh", None),
            ("./example.org", None),
            ("https.md", None),
        ] {
            assert_eq!(meant(address).map(|(_, help)| help).as_deref(), help, "{address}");
        }
    }

    #[test]
    fn a_gap_in_a_link_is_recognised() {
        for (before, found) in [("[l] (", true), ("[l](", false), ("see (", false), ("- [ ] (", false)] {
            assert_eq!(after_gap(before, before.len()).is_some(), found, "{before}");
        }
    }
}
