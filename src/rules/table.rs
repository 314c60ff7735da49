//! The table of rules, their severity under a policy, and the page that documents them.

use std::fmt::Write as _;

use super::{
    Breach, Context, additions, anchors, background, duplicates, entries, links, local, markers, order, spelling,
    submission, tampering, translations, whole,
};
use crate::finding::{Finding, Level, RuleInfo, Scope, notice};
use crate::policy::Rules;

/// One rule about a list: its description and its function.
pub struct Rule {
    /// What it is called, what it means and how severe it is.
    pub info: RuleInfo,
    pub(super) find: fn(&Context<'_>) -> Vec<Breach>,
}

impl Rule {
    pub(super) fn find(&self, context: &Context<'_>) -> Vec<Breach> {
        (self.find)(context)
    }
}

/// Every rule about a list, in the order of reports.
pub static TABLE: &[&Rule] = &[
    &links::DEAD_LINK,
    &links::FAILING_LINK,
    &links::PROVIDER_OUTAGE,
    &links::CERTIFICATE_FAULT,
    &spelling::MALFORMED_LINK,
    &spelling::MISTYPED_LINK,
    &links::SUSPECT_PAGE,
    &links::REUSED_NAME,
    &links::RENAMED_REPOSITORY,
    &links::MOVED_PAGE,
    &links::ARCHIVED_REPOSITORY,
    &duplicates::DUPLICATE,
    &duplicates::DUPLICATE_ELSEWHERE,
    &translations::MISSING_IN_TRANSLATION,
    &anchors::BROKEN_ANCHOR,
    &anchors::LOST_FRAGMENT,
    &local::MISSING_FILE,
    &markers::INVALID_MARKER,
    &whole::NO_LINKS,
    &whole::FILE_TOO_LARGE,
    &whole::EXPIRED_EXCLUSION,
    &entries::NO_DESCRIPTION,
    &entries::DESCRIPTION_TOO_LONG,
    &entries::PROMOTIONAL_DESCRIPTION,
    &entries::NO_FULL_STOP,
    &order::NOT_ALPHABETICAL,
    &entries::SECTION_DEPTH,
    &additions::DIED_BEFORE,
    &additions::NOT_A_REPOSITORY,
    &additions::TOO_YOUNG,
    &additions::TOO_FEW_STARS,
    &additions::NO_LICENCE,
    &additions::SEVERAL_ENTRIES,
    &background::NOT_AT_THE_END,
    &background::IN_DEAD_BLOCK,
    &submission::CLOSED_BEFORE,
    &background::YOUNG_HISTORY,
    &background::TOO_FEW_COMMITS,
    &background::TOO_FEW_CONTRIBUTORS,
    &background::NO_RELEASE,
    &background::NO_README,
    &background::NO_TESTS_IN_CI,
    &submission::FORK,
    &background::FORK_WITHOUT_OWN_WORK,
    &submission::COPIED_DESCRIPTION,
    &submission::TITLE_IS_NOT_THE_NAME,
    &submission::TRACKING_PARAMETERS,
    &submission::SHORTENED_ADDRESS,
    &tampering::POLICY_EDITED,
    &tampering::LEDGER_EDITED,
    &tampering::HISTORY_EDITED,
    &tampering::GENERATED_TEXT_EDITED,
    &tampering::NOTE_EDITED,
    &tampering::IGNORE_MARK_ADDED,
];

/// The descriptions of all rules: those about lists, then those that a run reports.
pub fn infos() -> impl Iterator<Item = &'static RuleInfo> {
    TABLE.iter().map(|rule| &rule.info).chain(notice::ALL.iter().copied())
}

/// The description of the rule of this identifier.
pub fn info(id: &str) -> Option<&'static RuleInfo> {
    infos().find(|info| info.id == id)
}

/// The severity of a rule under these settings: anywhere, and in what a change adds.
pub fn levels(info: &RuleInfo, rules: &Rules) -> (Option<Level>, Option<Level>) {
    let switch = rules.switch(info.id);
    (switch.level.unwrap_or(info.level).level(), switch.added.unwrap_or(info.added).level())
}

/// Applies the severities that a policy sets to what a run reported. Findings about lists and changes have theirs
/// already.
pub fn apply_policy(findings: impl IntoIterator<Item = Finding>, rules: &Rules) -> Vec<Finding> {
    let of_run = |finding: &Finding| info(finding.code).is_some_and(|info| info.scope == Scope::Run);
    let set = findings.into_iter().filter_map(|finding| {
        match rules.switch(finding.code).level.filter(|_| of_run(&finding)) {
            Some(setting) => Some(finding.level(setting.level()?)),
            None => Some(finding),
        }
    });
    set.collect()
}

/// The rules for a terminal: one a line.
pub fn text(rules: &Rules) -> String {
    let word = |level: Option<Level>| level.map_or_else(|| "off".to_owned(), |level| level.to_string());
    let mut text = format!("{:26}{:9}{:9}{}\n", "RULE", "LIST", "CHANGE", "MEANING");
    for info in infos() {
        let (level, added) = levels(info, rules);
        let level = if info.scope == Scope::Addition { "-".to_owned() } else { word(level) };
        let added = if info.scope == Scope::Run { "-".to_owned() } else { word(added) };
        let _ = writeln!(text, "{:26}{level:9}{added:9}{}", info.id, info.summary);
    }
    text
}

/// The rules as a page: `docs/rules.md` is this text.
pub fn markdown() -> String {
    let mut page = String::from(HEAD);
    let groups: [(&str, &[Scope]); 3] = [
        ("Rules about lists", &[Scope::List, Scope::Style]),
        ("Rules about changes", &[Scope::Addition, Scope::Change]),
        ("Reports of a run", &[Scope::Run]),
    ];
    for (title, scopes) in groups {
        let _ = write!(page, "\n## {title}\n\n| rule | default | meaning |\n| --- | --- | --- |\n");
        for info in infos().filter(|info| scopes.contains(&info.scope)) {
            let _ = writeln!(page, "| [`{0}`](#{0}) | {1} | {2} |", info.id, default(info), info.summary);
        }
    }
    for info in infos() {
        let _ = write!(page, "\n### {}\n\n{}. {}\n", info.id, capital(info.summary), info.docs);
    }
    page
}

/// The default severity in words.
fn default(info: &RuleInfo) -> String {
    match (info.scope, info.level == info.added) {
        (_, true) => info.level.to_string(),
        (Scope::Addition | Scope::Change, false) => format!("{} in a change", info.added),
        (_, false) => format!("{}; {} in a change", info.level, info.added),
    }
}

const HEAD: &str = "\
# The rules

What `pomona check` reports. Each rule is a key of `[rules]` in `pomona.toml`, set to `off`, `note`, `warning` or
`error`; only errors make a run fail, and with `--strict` warnings too. Reports name the rule that was broken and link
to its paragraph here.

```toml
[rules]
duplicate = \"error\"                                       # everywhere
archived-repository = { level = \"off\", added = \"error\" }  # the list as it is, and what a change adds
too-few-stars = \"error\"
min-stars = 50
```

In the check of a change (`--changed-since`, `--base`) only what it adds or edits is reported and can fail; breaches
that it did not cause are counted in one line, and `-v` prints them. Rules whose default is \"off\" are for lists that
ask for them.
";

fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
