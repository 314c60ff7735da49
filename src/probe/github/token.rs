//! The token: a secret that never prints itself, and `gh`, the one program that is asked for it.

use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::process::Command;

/// It reads a file or a keyring; one that asks a person for a password must not stop the run.
const GH_TIMEOUT: Duration = Duration::from_secs(5);

/// Variables that make `gh` print their value for any host: a host that a policy names must not get them.
const TOKEN_VARIABLES: [&str; 4] = ["GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];

/// A shorter token is not masked: it occurs in ordinary words, and masking it would spoil every message and every body
/// without hiding anything. GitHub's tokens have 40 characters or more; eight is the least that GitLab masks in its logs.
const LEAST_MASKED: usize = 8;

/// A token for GitHub's API. It is printed as `(a token)`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Reads a token, white space around it dropped; none where it is empty or has characters that are invalid in a
    /// header.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())).then(|| Self(text.to_owned()))
    }

    /// Asks GitHub's own command line tool for the token of `host` (`gh auth token --hostname HOST`, see its
    /// manual). None where there is no such program, it is not logged in, or it takes more than five seconds.
    pub async fn from_gh(program: &str, host: &str) -> Option<Self> {
        let mut gh = Command::new(program);
        gh.args(["auth", "token", "--hostname", host]);
        for name in TOKEN_VARIABLES {
            gh.env_remove(name);
        }
        gh.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let answer = tokio::time::timeout(GH_TIMEOUT, gh.output()).await.ok()?.ok()?;
        answer.status.success().then(|| Self::new(&String::from_utf8_lossy(&answer.stdout)))?
    }

    /// `text` without this token: servers that repeat it must not bring it into a report or a public log.
    pub(super) fn mask(&self, text: &[u8]) -> Vec<u8> {
        let Some(secret) = self.secret() else { return text.to_vec() };
        let mut masked = Vec::with_capacity(text.len());
        let mut from = 0;
        for at in memchr::memmem::find_iter(text, secret.as_bytes()) {
            masked.extend_from_slice(text.get(from..at).unwrap_or_default());
            masked.extend_from_slice(b"***");
            from = at + secret.len();
        }
        masked.extend_from_slice(text.get(from..).unwrap_or_default());
        masked
    }

    /// The text itself, for masking; none where it is too short to be masked.
    pub(super) fn secret(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| text.len() >= LEAST_MASKED)
    }

    /// The header that carries it, marked so that nothing prints it.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        let mut header = HeaderValue::from_str(&format!("Bearer {}", self.0)).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(a token)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_prints_itself() {
        let token = Token::new(" gho_secret\n").unwrap();
        assert_eq!(format!("{token} {token:?} {:?}", token.header()), "(a token) (a token) Some(Sensitive)");
        assert_eq!(token.header().unwrap(), "Bearer gho_secret");
        assert_eq!(token.mask(b"x gho_secret, gho_secre"), b"x ***, gho_secre");
        assert_eq!((Token::new(" "), Token::new("a b"), Token::new("a\nb")), (None, None, None));
    }

    #[test]
    fn a_token_too_short_for_one_is_not_masked_in_ordinary_words() {
        for (token, masked) in [("a", "a bad 7-letter word, a 12345678"), ("12345678", "a bad 7-letter word, a ***")] {
            let token = Token::new(token).unwrap();
            assert_eq!(token.mask(b"a bad 7-letter word, a 12345678"), masked.as_bytes());
            assert_eq!(token.secret().is_some(), masked.contains("***"));
        }
    }

    #[tokio::test]
    async fn the_output_of_gh_is_validated() {
        assert_eq!(Token::from_gh("pomona-has-no-such-program", "github.com").await, None);
        let echoed = Token::from_gh("echo", "github.com").await;
        assert_eq!(echoed, None, "`auth token …` is three words and no token");
    }
}
