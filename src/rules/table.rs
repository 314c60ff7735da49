//! The table of rules: every rule once, with its name, its meaning and its function.

use std::fmt::Write as _;

use super::{Context, Hit, additions, anchors, duplicates, entries, links, order, whole};
use crate::finding::Level;
use crate::policy::{Rules, Setting, Switch};

/// One rule.
pub struct Rule {
    /// Its stable name: the code of its findings and, with hyphens, its key in the policy.
    pub id: &'static str,
    /// What it means, in one line.
    pub says: &'static str,
    /// Why it is there and what to do, in a few sentences of Markdown.
    pub docs: &'static str,
    /// What it looks at.
    pub scope: Scope,
    /// How grave it is anywhere in the list, where the policy says nothing.
    pub level: Setting,
    /// How grave it is in what a change adds or edits, where the policy says nothing.
    pub added: Setting,
    switch: fn(&Rules) -> Switch,
    find: fn(&Context<'_>) -> Vec<Hit>,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The whole list. In the check of a change, what was so before is a note.
    World,
    /// How entries are written. In the check of a change, only those that it touches.
    Style,
    /// Only what a change adds.
    Addition,
}

impl Rule {
    /// The rule of this name.
    pub fn named(id: &str) -> Option<&'static Self> {
        TABLE.iter().find(|rule| rule.id == id)
    }

    /// Its key in the policy.
    pub fn key(&self) -> String {
        self.id.replace('_', "-")
    }

    /// How grave it is under these rules: anywhere, and in what a change adds.
    pub fn levels(&self, rules: &Rules) -> (Option<Level>, Option<Level>) {
        let said = (self.switch)(rules);
        (said.level.unwrap_or(self.level).level(), said.added.unwrap_or(self.added).level())
    }

    pub(super) fn find(&self, context: &Context<'_>) -> Vec<Hit> {
        (self.find)(context)
    }

    /// Its default, in words.
    fn default(&self) -> String {
        match (self.scope, self.level == self.added) {
            (_, true) => self.level.to_string(),
            (Scope::Addition, false) => format!("{} in a change", self.added),
            (_, false) => format!("{}; {} in a change", self.level, self.added),
        }
    }
}

const OFF: Setting = Setting::Off;
const NOTE: Setting = Setting::At(Level::Note);
const WARNING: Setting = Setting::At(Level::Warning);
const ERROR: Setting = Setting::At(Level::Error);

macro_rules! table {
    ($($id:ident, $scope:ident, $level:ident / $added:ident, $find:path, $says:literal, $docs:literal;)*) => {
        /// Every rule, in the order of reports.
        pub const TABLE: &[Rule] = &[$(Rule {
            id: stringify!($id),
            says: $says,
            docs: $docs,
            scope: Scope::$scope,
            level: $level,
            added: $added,
            switch: |rules| rules.$id,
            find: $find,
        },)*];
    };
}

table! {
    dead_link, World, ERROR / ERROR, links::dead, "a link is dead",
        "The look failed hard (404, 410, no such host, unknown to the forge) or for a week, and often enough for \
         the policy's `[confirm]`. A link that a change adds must answer at once: a hard failure there is death.";
    failing_link, World, WARNING / WARNING, links::failing, "a link fails, and that is not yet confirmed",
        "The last look failed, but one failed look is no death. Later runs look again; `dead-link` tells when it \
         is sure.";
    certificate_fault, World, WARNING / WARNING, links::certificate, "a certificate that browsers warn of",
        "The certificate has expired, is for another host, or is signed by nobody who is trusted. The page may be \
         fine, but readers are stopped before they see it.";
    malformed_link, World, WARNING / ERROR, links::malformed, "an address that cannot be read",
        "The address is empty or no URL. Readers get nowhere by it.";
    suspect_page, World, WARNING / WARNING, links::suspect, "a page answers and seems to be something else",
        "It reads like an error page, is parked or for sale, or ends at a front page, a login or another site. \
         Open it. Where it is right, exclude it under `[[check.exclude]]` with the reason.";
    reused_name, World, WARNING / WARNING, links::reused, "another repository answers under a remembered name",
        "The name is the same and the forge's number for it is not: somebody made a new repository where the old \
         one was. It may be the owner starting anew, or a stranger. Until a person accepts it under `[accepted]`, \
         the facts of the old one are kept.";
    renamed_repository, World, NOTE / WARNING, links::renamed, "a repository was renamed or transferred",
        "The old name still leads to the new one, until somebody takes the old name. `pomona refresh --rewrite \
         renames` writes the new address.";
    moved_page, World, NOTE / NOTE, links::moved_page, "a page moved for good",
        "Every redirect on the way says that it is permanent. `pomona refresh --rewrite redirects` writes the new \
         address where it stays within one site.";
    archived_repository, World, NOTE / WARNING, links::archived, "an entry's repository is archived",
        "Its owner set it to read-only. Finished software may well stay on a list; a new entry seldom should start \
         so.";
    duplicate, World, WARNING / ERROR, duplicates::in_section, "an entry is listed twice in its section",
        "The same target, the same address in another spelling (`http`, `www.`, a slash at the end), or a \
         repository under its old and its new name. Parts of one page (`#one`, `#two`) are different things.";
    duplicate_elsewhere, World, NOTE / NOTE, duplicates::elsewhere, "an entry is listed in another section too",
        "As `duplicate`, across sections. Often this is meant, so it is only a note. A list that wants every entry \
         once sets it to `error`.";
    broken_anchor, World, WARNING / ERROR, anchors::broken, "a link inside the file leads to no heading",
        "The anchor is that of no heading and no `id` or `name` in raw HTML. Renaming a heading breaks the links \
         to it: a change that does so breaks this rule, even where it leaves the links alone.";
    file_too_large, World, ERROR / ERROR, whole::too_large, "the file nears the size that GitHub renders",
        "GitHub renders no Markdown file over 512 KB. From 400 KB on this is a warning at most, over 512 KB it has \
         its full level.";
    expired_exclusion, World, WARNING / WARNING, whole::nowhere, "an exclusion of the policy has ended",
        "The day in its `until` is over, so its addresses are looked at again.";
    no_description, Style, OFF / OFF, entries::no_description, "an entry has no description",
        "A name alone tells a reader nothing.";
    description_too_long, Style, OFF / OFF, entries::too_long, "a description is too long",
        "Longer than `max-description` characters (200).";
    promotional_description, Style, OFF / OFF, entries::promotional, "a description praises",
        "It has one of `promotional-words`. Letter case does not count, and Latin words must stand alone.";
    no_full_stop, Style, OFF / OFF, entries::no_full_stop, "a description does not end with a full stop",
        "`.`, `!`, `?` and `…` end a sentence, and so do `。`, `！` and `？`; brackets and quotes may close after it.";
    not_alphabetical, Style, OFF / OFF, order::not_alphabetical, "an entry is not in its alphabetical place",
        "Compared with the entries of its section by letters and digits, without case. Only the entries whose \
         move would put the rest in order are told. Titles in Chinese and other scripts that are not sorted by \
         character are left out.";
    section_depth, Style, OFF / OFF, entries::section_depth, "an entry stands under a heading of the wrong level",
        "`section-levels` names the levels that are wanted (2 and 3).";
    in_graveyard, Addition, OFF / WARNING, additions::in_graveyard, "a new entry was on the list before and died",
        "What the list dropped as dead comes back only where it lives again or has a new home.";
    not_a_repository, Addition, OFF / OFF, additions::not_a_repository, "a new entry is no repository",
        "For lists of software: neither its title nor a source-code link leads to a repository on a forge.";
    too_young, Addition, OFF / OFF, additions::too_young, "a new entry's repository is too young",
        "Younger than `min-age-days` (90).";
    too_few_stars, Addition, OFF / OFF, additions::too_few_stars, "a new entry's repository has too few stars",
        "Fewer than `min-stars` (10). What could not be learnt is never held against an entry.";
    no_licence, Addition, OFF / OFF, additions::no_licence, "a new entry's repository has no licence",
        "The forge found no licence. One that it found and could not name passes.";
    several_entries, Addition, OFF / OFF, additions::several, "a change adds several entries",
        "More than `max-entries` (1). One at a time is easier to judge.";
}

/// The rules for a person at a terminal: one a line.
pub fn text(rules: &Rules) -> String {
    let mut text = String::new();
    for rule in TABLE {
        let (level, added) = rule.levels(rules);
        let word = |level: Option<Level>| level.map_or_else(|| "off".to_owned(), |level| level.to_string());
        let level = if rule.scope == Scope::Addition { "-".to_owned() } else { word(level) };
        let _ = writeln!(text, "{:24}{level:9}{:9}{}", rule.key(), word(added), rule.says);
    }
    format!("{:24}{:9}{:9}{}\n{text}", "RULE", "LIST", "CHANGE", "MEANING")
}

/// The rules as a page: `docs/rules.md` is this text.
pub fn markdown() -> String {
    let mut page = String::from(HEAD);
    page.push_str("| rule | default | meaning |\n| --- | --- | --- |\n");
    for rule in TABLE {
        let _ = writeln!(page, "| [`{0}`](#{0}) | {1} | {2} |", rule.key(), rule.default(), rule.says);
    }
    for rule in TABLE {
        let _ = write!(page, "\n## {}\n\n{}. {}\n", rule.key(), capital(rule.says), rule.docs);
    }
    page
}

const HEAD: &str = "\
# The rules

What `pomona check` holds a list to. Each rule is a key of `[rules]` in `pomona.toml` and is set to `off`, `note`,
`warning` or `error`; only errors make a run fail, and with `--strict` warnings too. In reports a rule has the same
name with underscores (`dead_link`), and either spelling works in the policy.

```toml
[rules]
duplicate = \"error\"                                       # everywhere
archived-repository = { level = \"off\", added = \"error\" }  # the list as it is, and what a change brings
too-few-stars = \"error\"
min-stars = 50
```

In the check of a change (`--changed-since`, `--base`) only what it adds or edits can fail. What was wrong before is
told as a note. Rules whose default reads \"off\" are for lists that ask for them; the last six look only at changes.

";

fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
