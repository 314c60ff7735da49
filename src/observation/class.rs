//! The classes of failure: one table with a column for each question that is asked of a class.
//!
//! A class that leaves a column out does not compile. Nothing else in the program lists classes to answer one of
//! these questions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// What a failure is evidence of. Each kind is confirmed by itself: `docs/trust.md` has the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The site or the forge states that there is no such page or project.
    Stated,
    /// The name server states that there is no such host name.
    NoName,
    /// Nothing usable comes back: timeouts, refused connections, server errors.
    Away,
    /// A server answers with a certificate that browsers refuse.
    Certificate,
    /// A wall against machines answers: no evidence about the page.
    Wall,
    /// No evidence about the page.
    None,
}

/// How much a failure weighs, in the groups that severities are set for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Stated by the site, the forge or the name server: 404, 410, no such name.
    Hard,
    /// May pass: server errors, refused connections, timeouts, certificates.
    Soft,
    /// A wall against machines.
    Wall,
    /// No evidence.
    Nothing,
}

/// How far a request got before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Not even the name was resolved.
    Nothing,
    /// The name has an address.
    Name,
    /// A server spoke TLS.
    Server,
    /// A server or the forge's API answered over HTTP.
    Answer,
}

/// How a broken network of our own looks from a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symptom {
    /// Nothing came back at all: no name server, no route, no connection in time.
    Silence,
    /// A name server that knows no name: a captive portal, or a resolver without the internet.
    Names,
    /// Connections refused or cut: a firewall, a proxy that is down.
    Refusal,
    /// No certificate is trusted: an intercepting proxy, a wrong clock.
    Distrust,
    /// Does not occur when our own network fails.
    Never,
}

/// Whether a web request is repeated within the same look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Not repeated.
    No,
    /// After a pause.
    Later,
    /// On a fresh connection.
    Fresh,
    /// With a longer timeout.
    Patient,
}

/// What a failure applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The page that was requested.
    Page,
    /// Every page of its host.
    Host,
}

/// Whether the run got to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It was looked at.
    Yes,
    /// A request was due, and a limit or an outage of an API or of our own network prevented the answer.
    Prevented,
    /// No request was made for it.
    No,
}

/// The answers to every question that is asked of a class: one row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// What it is evidence of.
    pub evidence: Evidence,
    /// How far the request got. An answer of a living server ends the silence of network failures.
    pub reach: Reach,
    /// Whether our own network may be the cause.
    pub network: Symptom,
    /// Whether a web request is repeated at once.
    pub retry: Retry,
    /// Whether other pages of the host share it.
    pub scope: Scope,
    /// Whether the run got to the target.
    pub asked: Asked,
    /// Whether a cached look of this class serves a later run.
    pub cached: bool,
    /// Whether it is recorded as what hides the target: it is about the target though it is no evidence of death.
    pub hides: bool,
    /// Whether browsers warn about the certificate.
    pub certificate: bool,
}

const YES: bool = true;
const NO: bool = false;

macro_rules! classes {
    ($($name:ident = $text:literal: $evidence:ident $reach:ident $network:ident $retry:ident $scope:ident $asked:ident
       $cached:ident $hides:ident $certificate:ident, $meaning:literal;)*) => {
        /// Why a look failed: a stable identifier for machines, one line of meaning for people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FailureClass {
            $(#[doc = $meaning] $name,)*
            /// An HTTP status without a class of its own: `http_NNN`.
            Http(u16),
        }

        impl FailureClass {
            /// Every class with a name of its own.
            pub const NAMED: &[Self] = &[$(Self::$name,)*];

            /// Its row of the table.
            pub fn traits(self) -> Traits {
                match self {
                    $(Self::$name => Traits {
                        evidence: Evidence::$evidence,
                        reach: Reach::$reach,
                        network: Symptom::$network,
                        retry: Retry::$retry,
                        scope: Scope::$scope,
                        asked: Asked::$asked,
                        cached: $cached,
                        hides: $hides,
                        certificate: $certificate,
                    },)*
                    Self::Http(status) => http(status),
                }
            }

            /// What it means, for a person.
            pub fn meaning(self) -> String {
                match self {
                    $(Self::$name => $meaning.to_owned(),)*
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
                    _ => s.strip_prefix("http_").and_then(|n| n.parse().ok()).map(Self::Http).ok_or_else(|| format!("unknown failure class `{s}`")),
                }
            }
        }
    };
}

// An issuer that is unknown here and a handshake that fails are no evidence: browsers fetch missing intermediates and
// speak ciphers that this program does not.
classes! {
//  class             identifier             evidence    reach   network  retry   scope asked     cached hides certificate
    DnsNxdomain       = "dns_nxdomain":       NoName      Nothing Names    No      Host  Yes       YES    NO    NO, "there is no such host name";
    DnsServfail       = "dns_servfail":       Away        Nothing Silence  Later   Host  Yes       YES    NO    NO, "the name server failed";
    DnsTimeout        = "dns_timeout":        Away        Nothing Silence  Later   Host  Yes       YES    NO    NO, "no name server answered";
    DnsNoAddress      = "dns_no_address":     Away        Nothing Names    No      Host  Yes       YES    NO    NO, "the host name has no address";
    ConnectRefused    = "connect_refused":    Away        Name    Refusal  Later   Host  Yes       YES    NO    NO, "the host refused the connection";
    ConnectFailed     = "connect_failed":     Away        Name    Refusal  Later   Host  Yes       YES    NO    NO, "no connection could be made";
    ConnectReset      = "connect_reset":      Away        Name    Refusal  Fresh   Page  Yes       YES    NO    NO, "the connection was reset";
    ConnectClosed     = "connect_closed":     Away        Name    Refusal  Fresh   Page  Yes       YES    NO    NO, "the connection was closed without an answer";
    TimeoutConnect    = "timeout_connect":    Away        Name    Silence  No      Host  Yes       YES    NO    NO, "the host did not accept the connection in time";
    TimeoutRead       = "timeout_read":       Away        Name    Silence  Patient Host  Yes       YES    NO    NO, "the host did not answer in time";
    TlsExpired        = "tls_expired":        Certificate Server  Distrust No      Host  Yes       YES    NO    YES, "the certificate has expired";
    TlsNotYetValid    = "tls_not_yet_valid":  Certificate Server  Distrust No      Host  Yes       YES    NO    YES, "the certificate is not valid yet";
    TlsWrongHost      = "tls_wrong_host":     Certificate Server  Never    No      Host  Yes       YES    NO    YES, "the certificate is for another host";
    TlsSelfSigned     = "tls_self_signed":    Certificate Server  Never    No      Host  Yes       YES    NO    YES, "the certificate is signed by itself";
    TlsUntrusted      = "tls_untrusted":      None        Server  Distrust No      Host  Yes       YES    YES   YES, "the certificate is not signed by an authority that is trusted here";
    TlsHandshake      = "tls_handshake":      None        Server  Distrust Fresh   Host  Yes       YES    YES   YES, "the TLS handshake failed";
    ProtocolError     = "protocol_error":     Away        Name    Never    Fresh   Page  Yes       YES    NO    NO, "the answer was not valid HTTP";
    RedirectLoop      = "redirect_loop":      Away        Answer  Never    No      Page  Yes       YES    NO    NO, "the redirects go in a circle";
    RedirectTooMany   = "redirect_too_many":  Away        Answer  Never    No      Page  Yes       YES    NO    NO, "there were too many redirects";
    RedirectInvalid   = "redirect_invalid":   Away        Answer  Never    No      Page  Yes       YES    NO    NO, "a redirect has no valid destination";
    BotWall           = "bot_wall":           Wall        Answer  Never    No      Page  Yes       YES    YES   NO, "a wall against machines answered, not the page";
    RateLimited       = "rate_limited":       None        Answer  Never    No      Page  Prevented NO     NO    NO, "the host or the API limits the rate of requests";
    GithubNotFound    = "github_not_found":   Stated      Answer  Never    No      Page  Yes       YES    NO    NO, "GitHub knows no such repository or owner";
    GithubBlocked     = "github_blocked":     None        Answer  Never    No      Page  Yes       YES    YES   NO, "GitHub blocks access to it";
    GithubForbidden   = "github_forbidden":   None        Answer  Never    No      Page  Yes       YES    YES   NO, "GitHub refuses it to this token";
    GithubUnavailable = "github_unavailable": None        Nothing Never    No      Page  Prevented NO     NO    NO, "GitHub did not answer for it";
    GithubLocked      = "github_locked":      None        Answer  Never    No      Page  Yes       YES    YES   NO, "the repository is locked while it migrates or is renamed";
    ForgeNotFound     = "forge_not_found":    Stated      Answer  Never    No      Page  Yes       YES    NO    NO, "the forge knows no such project";
    ForgeUnavailable  = "forge_unavailable":  None        Nothing Never    No      Page  Prevented NO     NO    NO, "the forge did not answer for it";
    PrivateAddress    = "private_address":    None        Name    Never    No      Host  Yes       NO     NO    NO, "the address is private and was not looked at";
    ReusedName        = "reused_name":        None        Answer  Never    No      Page  Yes       YES    NO    NO, "another repository answers under this name";
    NotRecorded       = "not_recorded":       None        Nothing Never    No      Page  No        NO     NO    NO, "the recorded answers have none for it";
    NotLooked         = "not_looked":         None        Nothing Never    No      Page  No        NO     NO    NO, "it was not looked at";
    NoRoute           = "no_route":           None        Nothing Silence  No      Host  Yes       YES    NO    NO, "there is no route to the address from here";
    NetworkDown       = "network_down":       None        Nothing Silence  Later   Page  Prevented NO     NO    NO, "our own network failed";
    OpenFiles         = "open_files":         None        Nothing Never    Later   Page  Prevented NO     NO    NO, "this system's limit on open files was reached";
    InternalError     = "internal_error":     None        Nothing Never    No      Page  Prevented NO     NO    NO, "this program failed while it looked at it";
    InvalidUrl        = "invalid_url":        None        Nothing Never    No      Page  Yes       YES    NO    NO, "the address is malformed";
}

/// The row of a status that has no class of its own.
fn http(status: u16) -> Traits {
    let (evidence, retry) = match status {
        404 | 410 => (Evidence::Stated, Retry::No),
        500..=599 => (Evidence::Away, Retry::Later),
        // Request Timeout and Too Early are about the request, and a server that lives states them.
        408 | 425 => (Evidence::None, Retry::Later),
        // LinkedIn's answer to every request that it takes for a machine's, whether or not the page exists.
        999 => (Evidence::Wall, Retry::No),
        _ => (Evidence::None, Retry::No),
    };
    Traits {
        evidence,
        reach: Reach::Answer,
        network: Symptom::Never,
        retry,
        scope: Scope::Page,
        asked: Asked::Yes,
        cached: YES,
        hides: matches!(evidence, Evidence::Wall | Evidence::None),
        certificate: NO,
    }
}

impl FailureClass {
    /// How much it weighs.
    pub fn weight(self) -> Weight {
        match self.traits().evidence {
            Evidence::Stated | Evidence::NoName => Weight::Hard,
            Evidence::Away | Evidence::Certificate => Weight::Soft,
            Evidence::Wall => Weight::Wall,
            Evidence::None => Weight::Nothing,
        }
    }

    /// Whether it can confirm a death, in time.
    pub fn is_evidence(self) -> bool {
        matches!(self.weight(), Weight::Hard | Weight::Soft)
    }

    /// Whether a look of this class is about the target, so that its record keeps it.
    pub fn is_recorded(self) -> bool {
        self.is_evidence() || self.traits().hides
    }
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
    fn only_a_target_that_was_asked_for_gives_evidence() {
        let statuses = (100..1000).map(FailureClass::Http);
        for class in FailureClass::NAMED.iter().copied().chain(statuses) {
            let traits = class.traits();
            assert!(!class.is_evidence() || (traits.asked == Asked::Yes && traits.cached), "{class}");
            assert!(!traits.hides || (!class.is_evidence() && traits.reach >= Reach::Server), "{class}");
        }
    }
}
