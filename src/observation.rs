//! What was seen of a target, and when: facts, no opinions.
//!
//! A failed look is a value here, not an error. Whether a failure means death is for `verdict` to say.

mod lineage;

pub use lineage::{Archive, ArchiveAnswer, ArchivedCopy, Fork, Successor, SuccessorSource};

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize};

use crate::address::Target;

/// One look at one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Line")]
pub struct Observation {
    /// What was looked at.
    pub target: Target,
    /// When the answer came.
    pub at: Timestamp,
    /// The answer.
    #[serde(flatten)]
    pub seen: Seen,
}

/// An observation as its line of JSON has it, read in one pass: a cache has one for every link.
#[derive(Deserialize)]
struct Line {
    target: Target,
    at: Timestamp,
    seen: Way,
    status: Option<u16>,
    #[serde(default)]
    hops: Vec<Hop>,
    moved_to: Option<String>,
    title: Option<String>,
    anchors: Option<Vec<String>>,
    #[serde(default)]
    suspicions: Vec<Suspicion>,
    #[serde(default)]
    facts: SharedFacts,
    class: Option<FailureClass>,
    #[serde(default)]
    detail: String,
    elsewhere: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    Alive,
    Failed,
}

impl TryFrom<Line> for Observation {
    type Error = &'static str;

    fn try_from(line: Line) -> Result<Self, Self::Error> {
        let Line {
            target,
            at,
            seen,
            status,
            hops,
            moved_to,
            title,
            anchors,
            suspicions,
            facts,
            class,
            detail,
            elsewhere,
        } = line;
        let seen = match seen {
            Way::Alive => {
                Seen::Alive(Box::new(Alive { status, hops, moved_to, title, anchors, suspicions, facts, elsewhere }))
            }
            Way::Failed => {
                let class = class.ok_or("missing field `class`")?;
                Seen::Failed(Failure { class, status, hops, detail, elsewhere })
            }
        };
        Ok(Self { target, at, seen })
    }
}

impl Observation {
    /// The UTC day of the look.
    pub fn day(&self) -> Date {
        day(self.at)
    }
}

/// The UTC day of a moment.
pub fn day(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

/// What a look brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "seen", rename_all = "snake_case")]
pub enum Seen {
    /// It is there.
    Alive(Box<Alive>),
    /// It was not seen, for a reason that has a class.
    Failed(Failure),
}

/// What is known of something that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alive {
    /// The HTTP status at the end of the redirects; none where an API answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The redirects that were followed, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
    /// The new address, where it moved for good: every redirect permanent, or a forge's rename.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// The title of the page, white space folded, at most 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The anchors of the page, where they were asked for and it was read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchors: Option<Vec<String>>,
    /// Reasons to doubt that the page is still what was linked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suspicions: Vec<Suspicion>,
    /// What a forge says of it.
    #[serde(skip_serializing_if = "Facts::is_empty")]
    pub facts: SharedFacts,
    /// Where the project answers that had this name before, where another one answers under it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<String>,
}

/// One redirect that was followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The status that sent us on (301, 302, 303, 307, 308).
    pub status: u16,
    /// The address it sent us to.
    pub to: String,
}

impl Hop {
    /// Whether the server said that the move is for good (RFC 9110, 15.4.2 and 15.4.9).
    pub fn is_permanent(&self) -> bool {
        matches!(self.status, 301 | 308)
    }
}

/// A reason to doubt a page that answers, with what was seen of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspicion {
    /// What kind of doubt.
    pub kind: SuspicionKind,
    /// The words or the address that raised it.
    pub evidence: String,
}

/// The kinds of doubt about a page that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspicionKind {
    /// Says 200 and reads like an error page.
    Soft404,
    /// A parking or for-sale page.
    Parked,
    /// A page that stands in for a site: a server's default page, a suspended account, "coming soon".
    Placeholder,
    /// A deep link that ends at the front page.
    FrontPage,
    /// A deep link that ends at a login.
    Login,
    /// Ends at another registrable domain.
    OtherDomain,
}

/// Why a look did not see the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The stable class.
    pub class: FailureClass,
    /// The HTTP status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The redirects that were followed before it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
    /// What was seen, in a few words for a person; a stranger may have written part of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Where the project answers now, found by an identity that survives renames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<String>,
}

impl Failure {
    /// A failure that has a class and nothing more.
    pub fn of(class: FailureClass) -> Self {
        Self { class, status: None, hops: Vec::new(), detail: String::new(), elsewhere: None }
    }

    /// The same with words for a person.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// How much a failure weighs. `verdict` decides what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It says that the thing is not there: 404, 410, no such name.
    Hard,
    /// It may pass: server errors, refused connections, timeouts, certificates.
    Soft,
    /// A wall against machines: it says nothing of the page.
    Wall,
    /// Nothing was learnt.
    Nothing,
}

macro_rules! classes {
    ($($name:ident = $text:literal, $weight:ident, $says:literal;)*) => {
        /// Why a look failed: a stable identifier for machines, one line of meaning for people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FailureClass {
            $(#[doc = $says] $name,)*
            /// An HTTP status without a class of its own: `http_NNN`.
            Http(u16),
        }

        impl FailureClass {
            /// Every class with a name of its own.
            pub const NAMED: &[Self] = &[$(Self::$name,)*];

            /// How much it weighs.
            pub fn weight(self) -> Weight {
                match self {
                    $(Self::$name => Weight::$weight,)*
                    Self::Http(404 | 410) => Weight::Hard,
                    Self::Http(500..=599 | 408 | 425) => Weight::Soft,
                    Self::Http(999) => Weight::Wall,
                    Self::Http(_) => Weight::Nothing,
                }
            }

            /// What it means, for a person.
            pub fn meaning(self) -> String {
                match self {
                    $(Self::$name => $says.to_owned(),)*
                    Self::Http(status) => format!("the server answered {status}"),
                }
            }
        }

        impl fmt::Display for FailureClass {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name => f.write_str($text),)*
                    Self::Http(status) => write!(f, "http_{status}"),
                }
            }
        }

        impl FromStr for FailureClass {
            type Err = String;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                match s {
                    $($text => Ok(Self::$name),)*
                    _ => s.strip_prefix("http_").and_then(|n| n.parse().ok()).map(Self::Http).ok_or_else(|| format!("`{s}` is no failure class")),
                }
            }
        }
    };
}

classes! {
    DnsNxdomain = "dns_nxdomain", Hard, "there is no such host name";
    DnsServfail = "dns_servfail", Soft, "the name server failed";
    DnsTimeout = "dns_timeout", Soft, "no name server answered";
    DnsNoAddress = "dns_no_address", Soft, "the host name has no address";
    ConnectRefused = "connect_refused", Soft, "the host refused the connection";
    ConnectFailed = "connect_failed", Soft, "no connection could be made";
    ConnectReset = "connect_reset", Soft, "the connection was reset";
    ConnectClosed = "connect_closed", Soft, "the connection was closed without an answer";
    TimeoutConnect = "timeout_connect", Soft, "the host did not take the connection in time";
    TimeoutRead = "timeout_read", Soft, "the host did not answer in time";
    TlsExpired = "tls_expired", Soft, "the certificate has expired";
    TlsNotYetValid = "tls_not_yet_valid", Soft, "the certificate is not valid yet";
    TlsWrongHost = "tls_wrong_host", Soft, "the certificate is for another host";
    TlsSelfSigned = "tls_self_signed", Soft, "the certificate is signed by itself";
    TlsUntrusted = "tls_untrusted", Soft, "nobody who is trusted signed the certificate";
    TlsHandshake = "tls_handshake", Soft, "the TLS handshake failed";
    ProtocolError = "protocol_error", Soft, "the answer was not valid HTTP";
    RedirectLoop = "redirect_loop", Soft, "the redirects go in a circle";
    RedirectTooMany = "redirect_too_many", Soft, "there were too many redirects";
    RedirectInvalid = "redirect_invalid", Soft, "a redirect leads nowhere";
    BotWall = "bot_wall", Wall, "a wall against machines answered, not the page";
    RateLimited = "rate_limited", Nothing, "the host or the API refused to answer more";
    GithubNotFound = "github_not_found", Hard, "GitHub knows no such repository or owner";
    GithubBlocked = "github_blocked", Nothing, "GitHub blocks access to it";
    GithubForbidden = "github_forbidden", Nothing, "GitHub refuses it to this token";
    GithubUnavailable = "github_unavailable", Nothing, "GitHub did not answer for it";
    GithubLocked = "github_locked", Nothing, "the repository is locked while it migrates or is renamed";
    ForgeNotFound = "forge_not_found", Hard, "the forge knows no such project";
    ForgeUnavailable = "forge_unavailable", Nothing, "the forge did not answer for it";
    PrivateAddress = "private_address", Nothing, "the address is private and was not looked at";
    ReusedName = "reused_name", Nothing, "another repository answers under this name";
    NotRecorded = "not_recorded", Nothing, "the recorded answers hold none for it";
    NotLooked = "not_looked", Nothing, "it was not looked at";
    NoRoute = "no_route", Nothing, "no way leads from here to the address";
    NetworkDown = "network_down", Nothing, "our own network failed";
    OpenFiles = "open_files", Nothing, "this system's limit on open files was reached";
    InternalError = "internal_error", Nothing, "this program failed while it looked at it";
    InvalidUrl = "invalid_url", Nothing, "the address is malformed";
}

impl Serialize for FailureClass {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FailureClass {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A fact that may be known to be absent: outer none is "not learnt", inner none is "known to have none".
pub type Known<T> = Option<Option<T>>;

fn known<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Known<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

macro_rules! facts {
    ($($(#[$meta:meta])* $name:ident : $type:ty,)*) => {
        /// What a forge says of a repository or owner. A field that is `None` was not learnt in this look.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Facts {
            $($(#[$meta])* #[serde(skip_serializing_if = "Option::is_none")] pub $name: $type,)*
        }

        static NOTHING: Facts = Facts { $($name: None,)* };

        impl Facts {
            /// The names of all facts, as the ledger spells them.
            pub const NAMES: &[&str] = &[$(stringify!($name),)*];

            /// Whether nothing was learnt.
            pub fn is_empty(&self) -> bool {
                $(self.$name.is_none())&&*
            }

            /// Takes over each fact of `newer` that `accept` (given its name, and whether it differs)
            /// agrees to.
            pub fn take(&mut self, newer: &Self, mut accept: impl FnMut(&'static str, bool) -> bool) {
                $(if newer.$name.is_some() && accept(stringify!($name), self.$name != newer.$name) {
                    self.$name.clone_from(&newer.$name);
                })*
            }
        }
    };
}

facts! {
    /// The full name as the forge spells it (`nameWithOwner`).
    name: Option<String>,
    /// The forge's number for it; survives renames (GitHub `databaseId`).
    id: Option<i64>,
    /// GitHub's node id; survives renames.
    node_id: Option<String>,
    /// The day it was created.
    created: Option<Date>,
    /// Stars; likes on Hugging Face.
    stars: Option<u64>,
    /// Forks.
    forks: Option<u64>,
    /// Whether its owner archived it.
    archived: Option<bool>,
    /// Whether the forge disabled it.
    disabled: Option<bool>,
    /// Whether it is a fork.
    fork: Option<bool>,
    /// Whether it is a mirror.
    mirror: Option<bool>,
    /// SPDX licence identifier; `NOASSERTION` where the forge could not tell.
    #[serde(deserialize_with = "known")]
    licence: Known<String>,
    /// Main language.
    #[serde(deserialize_with = "known")]
    language: Known<String>,
    /// Description, as its owner wrote it: a stranger's text.
    #[serde(deserialize_with = "known")]
    description: Known<String>,
    /// Topics.
    topics: Option<Vec<String>>,
    /// The day of the newest commit on the default branch.
    #[serde(deserialize_with = "known")]
    commit: Known<Date>,
    /// The day of the newest push to any branch: a fallback for `commit`, moved by bots.
    #[serde(deserialize_with = "known")]
    pushed: Known<Date>,
    /// The day of the latest release.
    #[serde(deserialize_with = "known")]
    release: Known<Date>,
    /// Forks that were worked on after it stopped, most stars first; looked for only where it is archived or silent.
    living_forks: Option<Vec<Fork>>,
    /// The successor that its owner names; looked for only where it is archived or silent.
    #[serde(deserialize_with = "known")]
    successor: Known<Successor>,
}

impl Facts {
    /// The day of the last sign of work: the default branch's commit, else a push.
    pub fn worked(&self) -> Option<Date> {
        self.commit.flatten().or(self.pushed.flatten())
    }
}

/// Facts that take no room where nothing was learnt: there are none of any page, and most targets are pages.
#[derive(Clone, Default)]
pub struct SharedFacts(Option<Box<Facts>>);

impl From<Facts> for SharedFacts {
    fn from(facts: Facts) -> Self {
        Self((!facts.is_empty()).then(|| Box::new(facts)))
    }
}

impl Deref for SharedFacts {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for SharedFacts {
    fn deref_mut(&mut self) -> &mut Facts {
        self.0.get_or_insert_default()
    }
}

impl PartialEq for SharedFacts {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for SharedFacts {}

impl fmt::Debug for SharedFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Serialize for SharedFacts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedFacts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Facts::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_read_back() {
        for class in FailureClass::NAMED.iter().copied().chain([FailureClass::Http(404), FailureClass::Http(599)]) {
            assert_eq!(class.to_string().parse(), Ok(class));
        }
        assert!("odd".parse::<FailureClass>().is_err());
    }

    #[test]
    fn an_unlearnt_fact_differs_from_one_known_to_be_absent() {
        let facts: Facts = serde_json::from_str(r#"{"licence":null,"stars":3}"#).unwrap();
        assert_eq!((facts.licence.clone(), facts.language.clone()), (Some(None), None));
        assert_eq!(serde_json::to_string(&facts).unwrap(), r#"{"stars":3,"licence":null}"#);
    }

    #[test]
    fn an_observation_is_one_line_of_json() {
        let line = r#"{"target":"github:a/b","at":"2026-11-23T00:00:00Z","seen":"alive","facts":{"stars":3}}"#;
        let observation: Observation = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&observation).unwrap(), line);
        let line = r#"{"target":"https://x.org/","at":"2026-11-23T00:00:00Z","seen":"failed","class":"http_404","status":404}"#;
        let observation: Observation = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&observation).unwrap(), line);
    }
}
