//! Rules about addresses that are misspelt: they lead nowhere, or to a file that was not meant.

use super::{Breach, Context, Rule, Spot, quoted};
use crate::address::Target;
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
    let is = |what: &str| format!("{} is {what}", quoted(address));
    if let Some((scheme, rest)) = address.split_once(':')
        && !matches!(scheme, "http" | "https")
    {
        // Edit distance 2 covers `htp`, `htps`, `hhttps`, `ttps` and `httpss`; no other registered scheme is so near.
        let near = strsim::damerau_levenshtein(&scheme.to_ascii_lowercase(), "https") <= 2;
        let fixed = format!("write `https://{}`", rest.trim_start_matches('/'));
        return match scheme {
            _ if near => Some((is("misspelt: unknown scheme"), fixed)),
            _ if scheme.starts_with("git@") => {
                let host = scheme.trim_start_matches("git@");
                let help = format!("write `https://{host}/{}`", rest.trim_end_matches(".git"));
                Some((is("an address for `git clone`"), help))
            }
            _ => None,
        };
    }
    let lower = address.to_ascii_lowercase();
    if let Some(rest) = ["https", "http"].into_iter().find_map(|scheme| lower.strip_prefix(scheme))
        && rest.starts_with('/')
    {
        let host = address[address.len() - rest.len()..].trim_start_matches('/');
        return Some((is("misspelt: the colon is missing"), format!("write `https://{host}`")));
    }
    is_host_name(&lower).then(|| (is("taken for a file"), format!("write `https://{address}`")))
}

/// Whether a relative address begins with what is a host name rather than a file's: `www.`, or a name under a top-level
/// domain that is no file ending.
fn is_host_name(address: &str) -> bool {
    // The ten most used in lists that no file ending equals; `.sh`, `.md`, `.rs`, `.py` are both.
    const DOMAINS: [&str; 12] = ["com", "org", "net", "io", "dev", "app", "edu", "gov", "me", "co", "cn", "de"];
    let host = address.split(['/', '?', '#']).next().unwrap_or_default();
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let labels: Vec<&str> = host.split('.').collect();
    let domain = labels.last().is_some_and(|last| DOMAINS.contains(last));
    labels.len() > 1 && labels.iter().all(|label| is_label(label)) && (labels[0] == "www" || domain)
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
            ("http//example.org", Some("write `https://example.org`")),
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
