//! The token: a secret that never prints itself, and the one program that may hand it to us.

use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::process::Command;

/// How long `gh` may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A token for GitHub's API. It prints as `(a token)`, whoever asks.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a token from outside, white space around it dropped; none where it is empty or holds characters
    /// that no header may carry.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())).then(|| Self(text.to_owned()))
    }

    /// Asks GitHub's own command line tool for the token of `host` (`gh auth token --hostname HOST`, see its
    /// manual). None where there is no such program, it is not logged in, or it takes more than five seconds.
    pub async fn from_gh(program: &str, host: &str) -> Option<Self> {
        let mut gh = Command::new(program);
        gh.args(["auth", "token", "--hostname", host]);
        gh.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let answer = tokio::time::timeout(PATIENCE, gh.output()).await.ok()?.ok()?;
        answer.status.success().then(|| Self::new(&String::from_utf8_lossy(&answer.stdout)))?
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
        assert_eq!((Token::new(" "), Token::new("a b"), Token::new("a\nb")), (None, None, None));
    }

    #[tokio::test]
    async fn gh_is_asked_without_harm() {
        assert_eq!(Token::from_gh("pomona-has-no-such-program", "github.com").await, None);
        let echoed = Token::from_gh("echo", "github.com").await;
        assert_eq!(echoed, None, "`auth token …` is three words and no token");
    }
}
