//! JUnit's XML in the form that Jenkins, GitLab and others read: a suite for each file, a test for each link in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use super::{CheckReport, CheckedLink, text};
use crate::finding::{Finding, Level, Place};
use crate::text::{cut, escape};
use crate::verdict::Verdict;

/// The suite of findings without a file.
const NO_FILE: &str = "pomona";

/// One suite for each file.
pub fn junit(checked: &CheckReport, out: &mut dyn io::Write) -> io::Result<()> {
    let suites = suites(checked);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let (tests, failures, _) = totals(suites.values().flatten());
    writeln!(out, "<testsuites name=\"pomona\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">")?;
    for (file, tests) in &suites {
        let (count, failures, skipped) = totals(tests);
        let totals = format!("tests=\"{count}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"");
        writeln!(out, "  <testsuite name=\"{}\" {totals}>", short(file))?;
        for test in tests {
            out.write_all(test.written(file).as_bytes())?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// A link at one place, or a finding about something else.
struct Test<'a> {
    name: &'a str,
    place: Option<&'a Place>,
    /// Why it was not checked, where it was not.
    skipped: Option<&'a str>,
    findings: Vec<&'a Finding>,
}

fn suites(checked: &CheckReport) -> BTreeMap<&str, Vec<Test<'_>>> {
    let mut tests: BTreeMap<(&str, usize, usize), Vec<Test<'_>>> = BTreeMap::new();
    for link in &checked.links {
        for place in &link.places {
            let test = Test { name: &link.url, place: Some(place), skipped: skipped(link), findings: Vec::new() };
            tests.entry((&place.file, place.line, place.column)).or_default().push(test);
        }
    }
    for finding in checked.by_severity() {
        let place = finding.place.as_ref();
        let key = place.map_or((NO_FILE, 0, 0), |place| (place.file.as_str(), place.line, place.column));
        let beside = tests.entry(key).or_default();
        match beside.first_mut().filter(|_| place.is_some()) {
            Some(test) => test.findings.push(finding),
            None => {
                beside.push(Test { name: &finding.message, place, skipped: None, findings: vec![finding] });
            }
        }
    }
    let mut suites: BTreeMap<&str, Vec<Test<'_>>> = BTreeMap::new();
    for ((file, ..), of_place) in tests {
        suites.entry(file).or_default().extend(of_place);
    }
    suites
}

fn skipped(link: &CheckedLink) -> Option<&str> {
    matches!(link.verdict, Verdict::Unknown | Verdict::Walled | Verdict::Excluded).then_some(link.reason.as_str())
}

/// How many tests there are, how many failed and how many were skipped.
fn totals<'a>(tests: impl IntoIterator<Item = &'a Test<'a>>) -> (usize, usize, usize) {
    tests.into_iter().fold((0, 0, 0), |(all, failed, skipped), test| {
        (all + 1, failed + usize::from(test.has_failed()), skipped + usize::from(test.is_skipped()))
    })
}

impl Test<'_> {
    fn has_failed(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Error)
    }

    fn is_skipped(&self) -> bool {
        self.skipped.is_some() && !self.has_failed()
    }

    fn written(&self, file: &str) -> String {
        let section = self.place.map(|place| place.section.join(" › ")).filter(|section| !section.is_empty());
        let class = section.map_or_else(|| file.to_owned(), |section| format!("{file} › {section}"));
        let mut xml =
            format!("    <testcase name=\"{}\" classname=\"{}\" time=\"0\">\n", short(self.name), short(&class));
        let (errors, others): (Vec<&Finding>, Vec<&Finding>) =
            self.findings.iter().partition(|finding| finding.level == Level::Error);
        if let Some(first) = errors.first() {
            let (code, message) = (escape::xml(first.code), short(&first.message));
            let _ = writeln!(xml, "      <failure type=\"{code}\" message=\"{message}\">{}</failure>", joined(&errors));
        } else if let Some(why) = self.skipped {
            let _ = writeln!(xml, "      <skipped message=\"{}\"/>", short(why));
        }
        if !others.is_empty() {
            let _ = writeln!(xml, "      <system-out>{}</system-out>", joined(&others));
        }
        xml.push_str("    </testcase>\n");
        xml
    }
}

fn joined(findings: &[&Finding]) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        let place = finding.place.as_ref().map(|place| format!("{}: ", text::position(place))).unwrap_or_default();
        lines.push(short(&format!("{place}{} [{}]: {}", finding.level, finding.code, finding.message)));
        lines.extend(finding.help.as_ref().map(|help| short(&format!("help: {help}"))));
    }
    lines.join("\n")
}

fn short(text: &str) -> String {
    escape::xml(&cut(text, 3 * escape::MAX_CHARACTERS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{checked, link, place, written};

    #[test]
    fn every_place_is_a_test() {
        let mut checked = checked();
        checked.links.push(link("https://z.org/", Verdict::Walled, place(9, 1, "z")));
        let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"pomona\" tests=\"4\" failures=\"1\" errors=\"0\">
  <testsuite name=\"list.md\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\">
    <testcase name=\"https://x.org/gone\" classname=\"list.md › List › Tools\" time=\"0\">
      <failure type=\"dead-link\" message=\"`https://x.org/gone` is dead: the server answered 404\">list.md:3:3: error [dead-link]: `https://x.org/gone` is dead: the server answered 404
help: remove the entry</failure>
    </testcase>
    <testcase name=\"https://y.org/\" classname=\"list.md › List › Tools\" time=\"0\">
      <system-out>list.md:4:3: warning [suspect-page]: `https://y.org/` looks parked</system-out>
    </testcase>
    <testcase name=\"https://z.org/\" classname=\"list.md › List › Tools\" time=\"0\">
      <skipped message=\"it answers\"/>
    </testcase>
  </testsuite>
  <testsuite name=\"pomona\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">
    <testcase name=\"an exclusion has expired\" classname=\"pomona\" time=\"0\">
      <system-out>note [expired-exclusion]: an exclusion has expired</system-out>
    </testcase>
  </testsuite>
</testsuites>
";
        assert_eq!(written(|out| junit(&checked, out)), expected);
    }
}
