//! The user agent: this program, and where the owner of a host can complain.

/// The project's own address: `repository` of the manifest, empty where there is none.
const PROJECT: &str = env!("CARGO_PKG_REPOSITORY");
const NAME: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// Where the owner of a host learns who sends the requests, and where to complain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// The address of who runs the program: of a repository whose CI does, or one that a policy names.
    pub operator: Option<String>,
}

impl Contact {
    /// The contact that a policy names, else the repository whose CI runs the program: `GITHUB_SERVER_URL` and
    /// `GITHUB_REPOSITORY` of GitHub Actions.
    pub fn new(policy: Option<&str>, server_url: Option<&str>, repository: Option<&str>) -> Self {
        let repository = || Some(format!("{}/{}", server_url?.trim_end_matches('/'), repository?));
        let operator = policy.map(str::to_owned).or_else(repository);
        Self { operator: operator.filter(|operator| is_plain(operator)) }
    }

    /// `pomona/1.0.0 (+https://…)`: the name, and the addresses of the project and of the operator.
    pub fn user_agent(&self) -> String {
        let addresses = self.addresses();
        if addresses.is_empty() { NAME.to_owned() } else { format!("{NAME} ({})", addresses.join("; ")) }
    }

    /// The same in the form that browsers and large crawlers use: servers that serve only browsers look for these
    /// words, and the parenthesis still names this program.
    pub fn browser_agent(&self) -> String {
        let names = [vec!["compatible".to_owned(), NAME.to_owned()], self.addresses()].concat().join("; ");
        format!("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; {names}) Chrome/140.0.0.0 Safari/537.36")
    }

    fn addresses(&self) -> Vec<String> {
        let known = [Some(PROJECT), self.operator.as_deref()].into_iter().flatten();
        known.filter(|address| !address.is_empty()).map(|address| format!("+{address}")).collect()
    }
}

/// Whether a contact, which a policy may have given, can stand in a header field and in its parenthesis.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && text.bytes().all(|b| b.is_ascii_graphic() && !b"();\\".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_agent_names_project_and_operator() {
        let own = Contact::default().user_agent();
        assert!(own.starts_with(NAME) && own.contains(PROJECT), "{own}");
        let ci = Contact::new(None, Some("https://github.example/"), Some("octo/list"));
        assert!(ci.user_agent().ends_with("+https://github.example/octo/list)"), "{}", ci.user_agent());
        let policy = Contact::new(Some("mailto:me@example.org"), Some("https://github.com"), Some("octo/list"));
        let browser = policy.browser_agent();
        assert!(browser.starts_with("Mozilla/5.0 ") && browser.contains(NAME), "{browser}");
        assert!(browser.contains("; +mailto:me@example.org)"), "{browser}");
    }

    #[test]
    fn a_contact_cannot_add_to_the_header() {
        for contact in ["a\r\nx: y", "a)b", "", "\u{fc}@example.org"] {
            assert_eq!(Contact::new(Some(contact), None, None).operator, None, "{contact:?}");
        }
        assert_eq!(Contact::new(None, Some("https://github.com"), None).operator, None);
    }
}
