//! The rule about files beside the list.

use super::{Breach, Context, Rule, Spot, quoted};
use crate::address::{LocalFile, Target};
use crate::finding::{RuleInfo, Scope, Setting};

pub(super) static MISSING_FILE: Rule = Rule {
    info: RuleInfo {
        id: "missing-file",
        summary: "a relative link or image leads to no file",
        docs: "The file is not there, or, where it is Markdown, has no such anchor. Paths count from the list's folder, \
               or with `/` in front from the root of the repository; letter case counts. Paths that leave the \
               repository, such as `../../issues`, are pages of GitHub and are not checked.",
        scope: Scope::List,
        level: Setting::WARNING,
        added: Setting::ERROR,
    },
    find: missing,
};

fn missing(context: &Context<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (i, target) in context.case.targets.iter().enumerate() {
        let Target::Local(path) = target else { continue };
        if context.is_mistyped(path) {
            continue;
        }
        let (message, help) = match (context.case.local)(target) {
            LocalFile::Missing => (format!("no such file: {}", quoted(path)), "correct the path, or remove the link"),
            LocalFile::NoAnchor => {
                let message = format!("the file has no such anchor: {}", quoted(path));
                (message, "link a heading that exists in that file, or remove the fragment")
            }
            LocalFile::Found | LocalFile::NotChecked => continue,
        };
        breaches.push(Breach::new(Spot::Link(i), message).help(help));
    }
    breaches
}
