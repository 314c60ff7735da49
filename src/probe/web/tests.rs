//! The web probe against loopback servers that answer with raw bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use tokio::time::Instant;

use super::*;
use crate::address::Forges;
use crate::observation::{Alive, SuspicionKind};
use crate::probe::throttle::HostLimits;

/// The answers of each path, in order; the last one is repeated. `RESET` and `CLOSE` end the connection, `HANG`
/// never answers.
pub(super) type World = BTreeMap<&'static str, Vec<String>>;

pub(super) const RESET: &str = "\0reset";
pub(super) const CLOSE: &str = "\0close";
pub(super) const HANG: &str = "\0hang";
/// Stands between what programs and what browsers get.
pub(super) const BROWSERS: &str = "\0browsers";

pub(super) fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

fn page(title: &str) -> String {
    answer("200 OK", "", &format!("<title>{title}</title>"))
}

pub(super) fn to(status: &str, location: &str) -> String {
    answer(status, &format!("location: {location}\r\n"), "")
}

/// A server at `127.0.0.1` and the heads of its requests.
pub(super) struct Server {
    port: u16,
    heads: Arc<std::sync::Mutex<Vec<String>>>,
}

impl Server {
    pub(super) async fn start(world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(std::sync::Mutex::new(Vec::new()));
        let world = Arc::new(
            world.into_iter().map(|(path, all)| (path, (AtomicUsize::new(0), all))).collect::<BTreeMap<_, _>>(),
        );
        let log = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (world, log) = (Arc::clone(&world), Arc::clone(&log));
                tokio::spawn(async move { serve(stream, &world, &log).await });
            }
        });
        Self { port, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

async fn serve(
    mut stream: TcpStream,
    world: &BTreeMap<&'static str, (AtomicUsize, Vec<String>)>,
    log: &std::sync::Mutex<Vec<String>>,
) {
    let mut head = Vec::new();
    let mut byte = [0];
    while stream.read_exact(&mut byte).await.is_ok() {
        head.push(byte[0]);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let text = String::from_utf8(std::mem::take(&mut head)).unwrap().to_ascii_lowercase();
        let path = text.split(' ').nth(1).unwrap().to_owned();
        log.lock().unwrap().push(text.clone());
        let not_found = answer("404 Not Found", "", "");
        let reply = world
            .get(path.as_str())
            .map_or(&not_found, |(count, all)| &all[count.fetch_add(1, Ordering::Relaxed).min(all.len() - 1)]);
        let (robots, browsers) = reply.split_once(BROWSERS).unwrap_or((reply, reply));
        match if text.contains(" chrome/") { browsers } else { robots } {
            RESET => return stream.set_zero_linger().unwrap(),
            CLOSE => return,
            HANG => std::future::pending().await,
            reply => {
                // A cookie gate: `{cookie}` stands for whether the cookie was sent back.
                let reply = reply.replace("{cookie}", if text.contains("cookie: seen=1") { "yes" } else { "no" });
                // The byte 0x01 stands for a Latin-1 e with an acute accent, which is not UTF-8.
                let reply: Vec<u8> = reply.bytes().map(|byte| if byte == 1 { 0xe9 } else { byte }).collect();
                stream.write_all(&reply).await.unwrap();
            }
        }
    }
}

pub(super) fn settings() -> WebSettings {
    let short = Duration::from_millis(400);
    WebSettings {
        back_off: Duration::from_millis(10),
        allow_private: true,
        read_timeout: short,
        second_timeout: short,
        body_timeout: short,
        per_host: HostLimits { rate: 1e6, burst: 1e6, ..WebSettings::default().per_host },
        ..WebSettings::default()
    }
}

pub(super) async fn look_with(settings: WebSettings, urls: &[String]) -> BTreeMap<String, Seen> {
    let web = Web::new(settings).unwrap();
    let targets = urls.iter().map(|url| Forges::default().target(url)).collect();
    let mut events = web.look(targets);
    let mut seen = BTreeMap::new();
    while let Some(event) = events.next().await {
        if let Event::Seen(observation) = event {
            assert!(seen.insert(observation.target.to_string(), observation.seen).is_none());
        }
    }
    assert_eq!(seen.len(), urls.len());
    seen
}

async fn look(server: &Server, path: &str) -> Seen {
    let seen = look_with(settings(), &[server.url(path)]).await;
    seen.into_values().next().unwrap()
}

fn alive(seen: Seen) -> Alive {
    match seen {
        Seen::Alive(alive) => Arc::unwrap_or_clone(alive),
        Seen::Failed(failure) => panic!("{failure:?}"),
    }
}

fn failed(seen: Seen) -> Failure {
    match seen {
        Seen::Failed(failure) => failure,
        Seen::Alive(alive) => panic!("{alive:?}"),
    }
}

async fn one(replies: &[String]) -> (Seen, Vec<String>) {
    let server = Server::start(World::from([("/x", replies.to_vec())])).await;
    let seen = look(&server, "/x").await;
    (seen, server.heads())
}

#[tokio::test]
async fn a_living_page_is_requested_once_with_our_user_agent() {
    let (seen, heads) = one(&[page("A &amp; B")]).await;
    let alive = alive(seen);
    assert_eq!((alive.status, alive.title.as_deref()), (Some(200), Some("A & B")));
    assert!(alive.suspicions.is_empty() && alive.hops.is_empty());
    assert_eq!(heads.len(), 1);
    assert!(heads[0].starts_with("get /x http/1.1\r\n"), "{}", heads[0]);
    assert!(heads[0].contains("user-agent: pomona/") && !heads[0].contains("mozilla"), "{}", heads[0]);
}

#[tokio::test]
async fn a_page_names_its_repository_unless_it_is_no_longer_what_was_linked() {
    let named = r#"<link rel="vcs-git" href="https://github.com/a/b">"#;
    let (seen, heads) = one(&[answer("200 OK", "", &format!("<title>B</title><h1>B</h1>{named}"))]).await;
    assert_eq!(alive(seen).repository.map(|named| named.url).as_deref(), Some("https://github.com/a/b"));
    assert_eq!(heads.len(), 1, "it costs no request");
    let parked =
        answer("200 OK", "", &format!("<title>b.org is for sale</title><h1>This domain is for sale</h1>{named}"));
    let seen = alive(one(&[parked]).await.0);
    assert_eq!((seen.suspicions.is_empty(), seen.repository), (false, None));
}

#[tokio::test]
async fn statuses_have_their_classes_and_number_of_requests() {
    for (status, class, requests) in [
        ("404 Not Found", FailureClass::Http(404), 2),
        ("410 Gone", FailureClass::Http(410), 2),
        ("501 Not Implemented", FailureClass::Http(501), 3),
        ("401 Unauthorized", FailureClass::Http(401), 1),
        ("403 Forbidden", FailureClass::Http(403), 2),
        ("451 Odd", FailureClass::Http(451), 1),
        ("999 Odd", FailureClass::BotWall, 1),
        ("522 Odd", FailureClass::Http(522), 1),
    ] {
        let (seen, heads) = one(&[answer(status, "", "")]).await;
        let failure = failed(seen);
        assert_eq!((failure.class, heads.len()), (class, requests), "{status}");
        assert_eq!(failure.status, status[..3].parse().ok());
    }
    for status in ["204 No Content", "206 Partial Content", "300 Multiple Choices", "405 Method Not Allowed"] {
        alive(one(&[answer(status, "", "")]).await.0);
    }
}

#[tokio::test]
async fn refusals_and_missing_pages_are_retried_with_the_headers_of_a_browser() {
    for status in ["403 Forbidden", "404 Not Found", "410 Gone"] {
        let (seen, heads) = one(&[answer(status, "", ""), page("Hello")]).await;
        alive(seen);
        let agent = "user-agent: mozilla/5.0 applewebkit/537.36 (khtml, like gecko; compatible; pomona/";
        assert!(heads[1].contains(agent) && heads[1].contains(" chrome/"), "{}", heads[1]);
    }
    let (seen, heads) = one(&[answer("403 Forbidden", "cf-mitigated: challenge\r\n", ""), page("Hello")]).await;
    assert_eq!((failed(seen).class, heads.len()), (FailureClass::BotWall, 1));
}

#[tokio::test]
async fn transient_failures_are_retried() {
    let server_error = answer("503 Service Unavailable", "", "");
    let garbage = || "garbage\r\n\r\n".to_owned();
    let passing = [server_error, RESET.to_owned(), CLOSE.to_owned(), HANG.to_owned(), garbage()];
    let once = passing.map(|first| async move {
        let (seen, heads) = one(&[first.clone(), page("Hello")]).await;
        alive(seen);
        assert_eq!(heads.len(), 2, "{first}");
    });
    let always = [
        (RESET.to_owned(), FailureClass::ConnectReset),
        (CLOSE.to_owned(), FailureClass::ConnectClosed),
        (HANG.to_owned(), FailureClass::TimeoutRead),
        (garbage(), FailureClass::ProtocolError),
        ("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n".to_owned(), FailureClass::ProtocolError),
    ]
    .map(|(always, class)| async move {
        let (seen, heads) = one(&[always]).await;
        assert_eq!((failed(seen).class, heads.len()), (class, 2));
    });
    tokio::join!(join_all(once), join_all(always));
}

#[tokio::test]
async fn retry_after_is_respected_up_to_the_longest_wait() {
    let busy = |wait: &str| answer("429 Too Many Requests", &format!("retry-after: {wait}\r\n"), "");
    let (seen, heads) = one(&[busy("0"), page("Hello")]).await;
    alive(seen);
    assert_eq!(heads.len(), 2);
    let (seen, heads) = one(&[busy("3600")]).await;
    assert_eq!((failed(seen).class, heads.len()), (FailureClass::RateLimited, 1));
    let (seen, heads) = one(&[busy("0")]).await;
    assert_eq!((failed(seen).class, heads.len()), (FailureClass::RateLimited, 5));
}

#[tokio::test]
async fn redirects_are_followed_and_reported() {
    let server = Server::start(World::from([
        ("/for-good", vec![to("301 Moved Permanently", "/still")]),
        ("/still", vec![to("308 Permanent Redirect", "/end")]),
        ("/for-now", vec![to("302 Found", "/for-good")]),
        ("/end", vec![page("End")]),
        ("/dead", vec![to("301 Moved Permanently", "/none")]),
        ("/loop", vec![to("302 Found", "/loop2")]),
        ("/loop2", vec![to("302 Found", "/loop")]),
        ("/nowhere", vec![answer("301 Moved Permanently", "", "")]),
        ("/file", vec![to("301 Moved Permanently", "file:///etc/passwd")]),
        ("/latin", vec![to("302 Found", "/caf\u{1}")]),
        ("/caf%e9", vec![page("Latin")]),
        ("/thrice", vec![to("302 Found", "/thrice"), to("302 Found", "/thrice"), page("Open")]),
        ("/mail", vec![to("301 Moved Permanently", "mailto:a@example.org")]),
        ("/front/page", vec![to("302 Found", "/")]),
        ("/", vec![page("Front")]),
    ]))
    .await;
    let moved = alive(look(&server, "/for-good").await);
    assert_eq!(moved.moved_to.as_deref(), Some(server.url("/end").as_str()));
    assert_eq!(moved.hops.iter().map(|hop| hop.status).collect::<Vec<_>>(), [301, 308]);
    assert_eq!(alive(look(&server, "/for-now").await).moved_to, None);
    let dead = failed(look(&server, "/dead").await);
    assert_eq!((dead.class, dead.hops.len()), (FailureClass::Http(404), 1));
    assert_eq!(failed(look(&server, "/loop").await).class, FailureClass::RedirectLoop);
    assert_eq!(failed(look(&server, "/nowhere").await).class, FailureClass::RedirectInvalid);
    let mail = alive(look(&server, "/mail").await);
    assert_eq!((mail.hops[0].to.as_str(), mail.moved_to), ("mailto:a@example.org", None));
    assert_eq!(failed(look(&server, "/file").await).class, FailureClass::RedirectInvalid);
    // Latin-1 bytes are sent back as they came.
    assert_eq!(alive(look(&server, "/latin").await).title.as_deref(), Some("Latin"));
    let again = alive(look(&server, "/thrice").await);
    assert_eq!(again.hops.len(), 2);
    let front = alive(look(&server, "/front/page").await);
    assert_eq!(front.suspicions.iter().map(|s| s.kind).collect::<Vec<_>>(), [SuspicionKind::FrontPage]);
}

#[tokio::test]
async fn a_cookie_gate_is_passed() {
    let gate = answer("302 Found", "location: /{cookie}\r\nset-cookie: seen=1; Path=/\r\n", "");
    let again = to("302 Found", "/x");
    let server =
        Server::start(World::from([("/x", vec![gate]), ("/no", vec![again]), ("/yes", vec![page("In")])])).await;
    assert_eq!(alive(look(&server, "/x").await).hops.len(), 3);
}

#[tokio::test]
async fn no_cookie_or_password_reaches_another_host() {
    let other = Server::start(World::from([("/end", vec![page("End")])])).await;
    let location = format!("http://user:secret@localhost:{}/end", other.port);
    let redirect = answer("302 Found", &format!("location: {location}\r\nset-cookie: seen=1; Path=/\r\n"), "");
    let server = Server::start(World::from([("/x", vec![redirect])])).await;
    let seen = alive(look(&server, "/x").await);
    assert!(!seen.hops[0].to.contains("secret"));
    assert!(!other.heads().is_empty());
    assert!(other.heads().iter().all(|head| !head.contains("cookie") && !head.contains("authorization")));
}

#[tokio::test]
async fn a_truncated_or_undecodable_body_is_alive() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5000\r\n\r\n<title>Cut</title>".to_owned();
    assert_eq!(alive(one(&[cut]).await.0).title.as_deref(), Some("Cut"));
    let odd = answer("200 OK", "content-encoding: gzip\r\n", "this is not gzip");
    assert_eq!(alive(one(&[odd]).await.0).title, None);
    let headers = format!("x-long: {}\r\n", "y".repeat(300)).repeat(300);
    alive(one(&[answer("200 OK", &headers, "")]).await.0);
}

#[tokio::test]
async fn private_addresses_are_refused_on_every_hop() {
    let closed = WebSettings { allow_private: false, ..settings() };
    let urls = [
        "http://127.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "http://169.254.169.254/latest",
        "http://127.1:8080/",
        "http://localhost/",
    ];
    let urls: Vec<String> = urls.into_iter().map(str::to_owned).collect();
    for (url, seen) in look_with(closed, &urls).await {
        assert_eq!(failed(seen).class, FailureClass::PrivateAddress, "{url}");
    }
}

#[tokio::test]
async fn a_dead_host_is_not_requested_for_each_link() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let urls: Vec<String> = (0..40).map(|n| format!("http://127.0.0.1:{port}/{n}")).collect();
    let started = Instant::now();
    for seen in look_with(settings(), &urls).await.into_values() {
        assert_eq!(failed(seen).class, FailureClass::ConnectRefused);
    }
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn targets_off_the_web_are_reported() {
    let urls = ["mailto:a@example.org".to_owned(), "#anchor".to_owned()];
    for (target, seen) in look_with(settings(), &urls).await {
        assert_eq!(failed(seen).class, FailureClass::NotLooked, "{target}");
    }
}

#[tokio::test]
async fn many_missing_pages_of_one_host_are_requested_twice_each() {
    let server = Server::start(World::from([("/x", vec![page("X")])])).await;
    let urls: Vec<String> = (0..300).map(|n| server.url(&format!("/{n}"))).collect();
    let seen = look_with(settings(), &urls).await;
    assert!(seen.into_values().all(|seen| failed(seen).class == FailureClass::Http(404)));
    // Each is asked for twice: as a program and as a browser.
    assert_eq!(server.heads().len(), 600);
}

#[tokio::test]
async fn header_lines_that_browsers_ignore_are_ignored() {
    for headers in ["no colon here\r\n", "x-space : 1\r\n", "x-folded: a\r\n  b\r\n"] {
        let (seen, heads) = one(&[answer("200 OK", headers, "<title>A</title>")]).await;
        assert_eq!((alive(seen).title.as_deref(), heads.len()), (Some("A"), 1), "{headers:?}");
    }
}

#[tokio::test]
async fn a_server_that_serves_only_browsers_is_alive() {
    for first in [RESET, CLOSE, HANG] {
        let (seen, heads) = one(&[first.to_owned(), page("Hello")]).await;
        alive(seen);
        assert!(heads[1].contains("mozilla/5.0"), "{}", heads[1]);
    }
}

#[tokio::test]
async fn walls_are_walls_with_a_server_error_too() {
    for (status, body) in [
        ("307 Temporary Redirect", "<script>var sucuri_cloudproxy_js=''</script>"),
        ("500 Internal Server Error", "<link href='/.within.website/x/xess/xess.css'>"),
        ("503 Service Unavailable", "<p>Generated by Wordfence at Mon</p>"),
        ("567 Odd", ""),
    ] {
        assert_eq!(failed(one(&[answer(status, "", body)]).await.0).class, FailureClass::BotWall, "{status}");
    }
}

#[tokio::test]
async fn a_captive_portal_is_our_own_network() {
    let portal = failed(one(&[answer("511 Network Authentication Required", "", "")]).await.0);
    assert_eq!((portal.class, portal.status), (FailureClass::NetworkDown, None));
}

#[tokio::test]
async fn refreshes_are_followed_and_never_make_a_page_dead() {
    let refresh = |to: &str| answer("200 OK", "", &format!("<meta http-equiv=refresh content='0; url={to}'>Wait"));
    let server = Server::start(World::from([
        ("/meta", vec![refresh("/end")]),
        ("/header", vec![answer("200 OK", "refresh: 1; url=/end\r\n", "Wait")]),
        ("/script", vec![answer("200 OK", "", "<script>location.replace('/end')</script>")]),
        ("/dead", vec![refresh("/none")]),
        ("/self", vec![refresh("/self")]),
        ("/to-error", vec![refresh("/404.html")]),
        ("/404.html", vec![page("Whoops")]),
        ("/end", vec![page("End")]),
    ]))
    .await;
    for path in ["/meta", "/header", "/script"] {
        let seen = alive(look(&server, path).await);
        assert_eq!((seen.title.as_deref(), seen.hops.len(), seen.moved_to), (Some("End"), 1, None), "{path}");
        assert!(seen.suspicions.is_empty(), "{path}");
    }
    for path in ["/dead", "/to-error"] {
        let seen = alive(look(&server, path).await);
        assert_eq!(seen.suspicions.iter().map(|s| s.kind).collect::<Vec<_>>(), [SuspicionKind::Soft404], "{path}");
    }
    let own = alive(look(&server, "/self").await);
    assert!(own.hops.is_empty() && own.suspicions.is_empty());
}

#[tokio::test]
async fn only_the_pages_whose_anchors_are_wanted_are_read_for_them() {
    let long = answer("200 OK", "", &format!("{}<p id=end>", "words ".repeat(20_000)));
    let server = Server::start(World::from([("/a", vec![long.clone()]), ("/b", vec![long])])).await;
    let wanted = Forges::default().target(&server.url("/a"));
    let settings = WebSettings { anchors: Arc::new(BTreeSet::from([wanted])), ..settings() };
    let seen = look_with(settings, &[server.url("/a"), server.url("/b")]).await;
    let anchors: Vec<_> = seen.into_values().map(|seen| alive(seen).anchors).collect();
    assert_eq!(anchors, [Some(vec!["end".to_owned()]), None]);
}

#[tokio::test]
async fn a_panic_fails_one_link_and_names_itself() {
    let file = "HTTP/1.1 200 OK\r\ncontent-type: application/pdf\r\ncontent-length: 100000\r\n\r\n".to_owned();
    let server = Server::start(World::from([("/x", vec![page("X")]), ("/file", vec![file])])).await;
    // No instant is so far away: reading a page panics; a file is not read.
    let panicking = WebSettings { body_timeout: Duration::MAX, ..settings() };
    let web = Web::new(panicking).unwrap();
    let targets = ["/x", "/file"].map(|path| Forges::default().target(&server.url(path)));
    let events: Vec<Event> = web.look(targets.to_vec()).collect().await;
    let classes: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Seen(Observation { seen: Seen::Failed(failure), .. }) => Some(failure.class),
            _ => None,
        })
        .collect();
    assert_eq!(classes, [FailureClass::InternalError]);
    assert!(events.iter().any(|event| matches!(event, Event::Notice(finding) if finding.code == "internal-error")));
    assert!(events.iter().any(|event| matches!(event, Event::Seen(Observation { seen: Seen::Alive(_), .. }))));
}

#[tokio::test]
async fn an_audio_server_is_alive_and_garbage_is_not() {
    let icy = "ICY 200 OK\r\ncontent-type: audio/mpeg\r\n\r\nsound".to_owned();
    assert_eq!(alive(one(&[icy]).await.0).status, Some(200));
    let garbage = failed(one(&["SSH-2.0-OpenSSH_9.6\r\n".to_owned()]).await.0);
    assert_eq!(garbage.class, FailureClass::ProtocolError);
}
