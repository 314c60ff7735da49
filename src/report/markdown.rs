//! The report as Markdown: for the summary of a workflow step and for a comment on a pull request.
//!
//! Untrusted text is in code spans or escaped, so it makes no link, mention, image or markup.

use std::fmt::Write as _;
use std::io;

use super::{AddedEntry, CheckReport, Counts, Submitter, text};
use crate::finding::{Finding, Level, RuleInfo};
use crate::rules;
use crate::text::{cut, escape, plural};
use crate::verdict::Verdict;

/// The longest summary, in bytes: over 1 MiB the runner drops all of it.
const SUMMARY: usize = 900 * 1024;

/// The longest comment, in bytes: GitHub takes 65,536 characters.
const COMMENT: usize = 60_000;

/// The first line of the comment, by which a workflow finds it again.
pub(super) const MARK: &str = "<!-- pomona:report -->\n";

/// The summary of a workflow step (`GITHUB_STEP_SUMMARY`).
pub fn summary(checked: &CheckReport, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(page(checked, SUMMARY).as_bytes())
}

/// A comment on a pull request.
pub fn markdown(checked: &CheckReport, out: &mut dyn io::Write) -> io::Result<()> {
    write!(out, "{MARK}{}", page(checked, COMMENT - MARK.len()))
}

/// The page, cut to `most` bytes with a line that states it.
fn page(checked: &CheckReport, most: usize) -> String {
    const END: usize = 300;
    let counts = checked.counts();
    let mut page = head(checked, &counts);
    page.push_str(&table(&checked.entries));
    page.push_str(&waited_for(checked));
    page.extend(checked.submitter.as_ref().map(submitter));
    let findings = checked.by_severity();
    let mut written = 0;
    for level in Level::ALL {
        let of_level = findings.iter().filter(|finding| finding.level == level);
        let open = counts.level(level) > 0;
        if open {
            page.push_str(&opening(level, counts.level(level)));
        }
        for finding in of_level {
            let item = item(finding);
            if page.len() + item.len() + END > most {
                let left = plural(findings.len() - written, "finding");
                let _ = write!(page, "\n{}**Cut here: {left} more did not fit.**\n", closing(level));
                return page;
            }
            page.push_str(&item);
            written += 1;
        }
        if open {
            page.push_str(closing(level));
        }
    }
    page
}

fn head(checked: &CheckReport, counts: &Counts) -> String {
    let found = counts.found().unwrap_or_else(|| "no findings".to_owned());
    let mut head = format!("### Pomona: {found}\n\n{}.\n", counts.judged());
    if checked.is_change() {
        let _ = write!(head, "\nOnly what this change adds or edits was checked. {}\n", what_to_do(counts));
    }
    if counts.older > 0 {
        let older = plural(counts.older, "older finding");
        let _ = write!(head, "\n{older}, not caused by this change.\n");
    }
    if !checked.complete {
        let left = plural(counts.of(Verdict::Unknown), "link");
        let _ = write!(head, "\n**Incomplete:** {left} could not be checked.\n");
    }
    head
}

/// What a contributor who never saw such a report has to do.
fn what_to_do(counts: &Counts) -> &'static str {
    match (counts.errors, counts.warnings + counts.notes) {
        (0, 0) => "Nothing has to be corrected.",
        (0, _) => "Nothing has to be corrected; warnings and notes are for you and the reviewers to consider.",
        (_, 0) => "The errors have to be corrected.",
        _ => "The errors have to be corrected; warnings and notes are for you and the reviewers to consider.",
    }
}

/// The facts of the entries that a change adds, at most 50 of them.
fn table(entries: &[AddedEntry]) -> String {
    const MAX_ROWS: usize = 50;
    if entries.is_empty() {
        return String::new();
    }
    let mut table = String::from("\n| | new entry | facts |\n| --- | --- | --- |\n");
    for entry in entries.iter().take(MAX_ROWS) {
        let sign = entry.sign();
        let cell = |text: &str| escape::markdown(&cut(text, escape::MAX_CHARACTERS));
        let _ = writeln!(table, "| {sign} | {} | {} |", cell(&entry.title), cell(&entry.facts().join(" · ")));
    }
    if entries.len() > MAX_ROWS {
        let _ = writeln!(table, "\nand {} more", plural(entries.len() - MAX_ROWS, "entry"));
    }
    table
}

/// The failing links by the first day on which they can be called dead, at most 50 days.
fn waited_for(checked: &CheckReport) -> String {
    const MAX_DAYS: usize = 50;
    let days = checked.waited_for();
    if days.is_empty() || checked.is_change() {
        return String::new();
    }
    let mut list = String::from("\nFailing links, by the first day on which they can be called dead:\n\n");
    for (day, links) in days.iter().take(MAX_DAYS) {
        let named = links.iter().take(text::MOST_NAMED);
        let named: Vec<String> = named.map(|link| escape::code(&cut(&link.url, escape::MAX_CHARACTERS))).collect();
        let more = links.len().saturating_sub(text::MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(list, "- {day}: {}{more}", named.join(", "));
    }
    list
}

/// The facts about who submits a change. The login is in a code span: a comment notifies nobody.
fn submitter(submitter: &Submitter) -> String {
    let login = escape::code(&cut(&submitter.login, escape::MAX_CHARACTERS / 4));
    let facts = submitter.facts().join(" · ");
    let facts = escape::markdown(&cut(&facts, 3 * escape::MAX_CHARACTERS));
    if facts.is_empty() { format!("\nSubmitted by {login}.\n") } else { format!("\nSubmitted by {login}: {facts}.\n") }
}

/// Notes are folded.
fn opening(level: Level, n: usize) -> String {
    let title = plural(n, &level.to_string());
    match level {
        Level::Note => format!("\n<details>\n<summary>{title}</summary>\n\n"),
        _ => format!("\n#### {title}\n\n"),
    }
}

fn closing(level: Level) -> &'static str {
    match level {
        Level::Note => "\n</details>\n",
        _ => "",
    }
}

fn item(finding: &Finding) -> String {
    let short = |text: &str| escape::prose(&cut(text, 3 * escape::MAX_CHARACTERS));
    let code = finding.code;
    let url = rules::info(code).and_then(RuleInfo::url);
    let mut item = url.map_or_else(|| format!("- **{code}**"), |url| format!("- [**{code}**]({url})"));
    if let Some(place) = &finding.place {
        let _ = write!(item, " {}", escape::code(&text::position(place)));
    }
    let _ = write!(item, " {}", short(&finding.message));
    if let Some(help) = &finding.help {
        let _ = write!(item, "  \n  help: {}", short(help));
    }
    item.push('\n');
    item
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{checked, of_rule, place, written};

    #[test]
    fn a_comment_reads_well() {
        let expected = "\
<!-- pomona:report -->
### Pomona: 1 error, 1 warning, 1 note

2 links: 1 alive, 1 dead.

#### 1 error

- **dead-link** `list.md:3:3` `https://x.org/gone` is dead: the server answered 404  \n  help: remove the entry

#### 1 warning

- **suspect-page** `list.md:4:3` `https://y.org/` looks parked

<details>
<summary>1 note</summary>

- **expired-exclusion** an exclusion has expired

</details>
";
        let text = written(|out| markdown(&checked(), out));
        let linked = rules::infos().filter_map(|info| Some((format!("[**{}**]({})", info.id, info.url()?), info.id)));
        let text = linked.fold(text, |text, (link, id)| text.replace(&link, &format!("**{id}**")));
        assert_eq!(text, expected);
    }

    #[test]
    fn a_long_page_is_cut_with_a_notice() {
        for level in [Level::Error, Level::Note] {
            let finding = of_rule("dead-link", level, "@".repeat(500)).at(place(1, 1, "x"));
            let many = CheckReport { findings: vec![finding; 2_000], ..checked() };
            for (text, most) in
                [(written(|out| markdown(&many, out)), COMMENT), (written(|out| summary(&many, out)), SUMMARY)]
            {
                assert!(text.len() <= most && text.len() > most - 5_000, "{}", text.len());
                assert!(text.trim_end().ends_with("more did not fit.**"), "{}", &text[text.len() - 200..]);
                assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
            }
        }
    }
}
