//! Annotations: workflow commands that the runner of GitHub Actions turns into marks on files.

use std::io;

use super::CheckReport;
use super::text::position;
use crate::finding::{Finding, Level, RuleInfo};
use crate::rules;
use crate::text::{cut, escape, plural};

/// The annotations of one type that the runner keeps per step; it drops the rest (GitHub Docs, "Workflow commands").
const MAX_PER_LEVEL: usize = 10;

/// The longest message in characters: the runner cuts at 4,096, and escaping lengthens it.
const MAX_MESSAGE: usize = 1_000;

/// The first findings of each level as annotations, and how many more there are.
pub fn github(checked: &CheckReport, out: &mut dyn io::Write) -> io::Result<()> {
    let findings = checked.by_severity();
    for level in Level::ALL {
        let mut of_level = findings.iter().filter(|finding| finding.level == level);
        for finding in of_level.by_ref().take(MAX_PER_LEVEL) {
            writeln!(out, "{}", annotation(finding, checked))?;
        }
        let more = of_level.count();
        if more > 0 {
            writeln!(out, "and {}: see the summary", plural(more, &format!("more {level}")))?;
        }
    }
    let counts = checked.counts();
    let found = counts.found().map(|found| format!(" {found}")).unwrap_or_default();
    writeln!(out, "{}.{found}", counts.judged())
}

/// GitHub shows annotations only on lines of the diff; what is elsewhere names its position in the message.
fn annotation(finding: &Finding, checked: &CheckReport) -> String {
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let (inside, outside) = match &finding.place {
        Some(place) if checked.is_in_diff(place) => (Some(place), String::new()),
        Some(place) => (None, format!("{}: ", position(place))),
        None => (None, String::new()),
    };
    let place = inside.map(|place| {
        let file = place.file.strip_prefix("./").unwrap_or(&place.file).replace('\\', "/");
        let file = escape::command_property(&cut(&file, escape::MAX_CHARACTERS));
        let end = place.end.map(|(line, column)| format!("endLine={line},endColumn={column},")).unwrap_or_default();
        format!("file={file},line={},{end}col={},", place.line, place.column)
    });
    let title = escape::command_property(finding.code);
    let help = finding.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let url = rules::info(finding.code).and_then(RuleInfo::url).map(|url| format!("\nrule: {url}")).unwrap_or_default();
    let message = format!("{outside}{}{}{url}", cut(&finding.message, MAX_MESSAGE), cut(&help, MAX_MESSAGE));
    format!("::{command} {}title={title}::{}", place.unwrap_or_default(), escape::command_data(&message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{checked, of_rule, place, written};

    #[test]
    fn annotations_are_commands() {
        let expected = "\
::error file=list.md,line=3,col=3,title=dead-link::`https://x.org/gone` is dead: the server answered 404%0Ahelp: remove the entry
::warning file=list.md,line=4,col=3,title=suspect-page::`https://y.org/` looks parked
::notice title=expired-exclusion::an exclusion has expired
2 links: 1 alive, 1 dead. 1 error, 1 warning, 1 note
";
        let text = written(|out| github(&checked(), out));
        let rules: Vec<String> =
            rules::infos().filter_map(RuleInfo::url).map(|url| format!("%0Arule: {url}")).collect();
        // The longest first: an identifier can be the beginning of another.
        let mut rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.len()));
        assert_eq!(rules.iter().fold(text, |text, rule| text.replace(rule, "")), expected);
    }

    #[test]
    fn only_lines_of_the_diff_are_annotated() {
        let lines = [("list.md".to_owned(), [3].into())].into();
        let changed = CheckReport { changed_lines: Some(lines), ..checked() };
        let text = written(|out| github(&changed, out));
        assert!(text.contains("::error file=list.md,line=3,"), "{text}");
        assert!(text.contains("::warning title=suspect-page::list.md:4:3: `https://y.org/`"), "{text}");
    }

    #[test]
    fn ten_of_each_are_kept() {
        let finding = |line| of_rule("dead-link", Level::Error, "x").at(place(line, 1, "x"));
        let many = CheckReport { findings: (1..=25).rev().map(finding).collect(), ..CheckReport::default() };
        let text = written(|out| github(&many, out));
        assert_eq!(text.lines().filter(|line| line.starts_with("::error")).count(), 10);
        assert!(text.starts_with("::error file=list.md,line=1,"), "{text}");
        assert!(text.contains("and 15 more errors: see the summary"), "{text}");
    }
}
