//! What a run refuses to request, and what it does not take for a broken network of its own.

use std::fmt::Write as _;
use std::net::TcpListener;

use crate::workspace::{RunOutput, TestServer, Workspace};

#[test]
fn a_redirect_to_a_private_address_is_not_followed() {
    // The proxy is the only host on loopback that may be reached: it answers in the name of a public address.
    let proxy = TestServer::start(|_, _, _| (302, "location: http://10.1.2.3/secret\r\n".to_owned(), String::new()));
    let workspace = Workspace::new();
    workspace.write("list.md", "# L\n\n- [a](http://93.184.216.34/a) - A page.\n");
    let mut command = workspace.command(["check", "list.md", "--format", "json", "--no-cache"]);
    command.env("HTTP_PROXY", proxy.url("")).env("http_proxy", proxy.url(""));
    let run = RunOutput::of(&command.output().unwrap());
    let report: serde_json::Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    assert_eq!(report["links"][0]["class"], "private_address", "{report}");
    let requests = proxy.requests();
    assert!(!requests.is_empty() && requests.iter().all(|url| url.ends_with("/a")), "{requests:?}");
}

#[test]
fn new_links_to_dead_hosts_are_no_broken_network_where_others_answered_before() {
    let world =
        TestServer::start(|_, _, _| (200, "content-type: text/html\r\n".to_owned(), "<title>x</title>".to_owned()));
    let workspace = Workspace::new();
    let mut list = String::from("# List\n\n");
    for n in 0..12 {
        writeln!(list, "- [Thing {n}]({}) - A thing.", world.url(&format!("/p/{n}"))).unwrap();
    }
    workspace.write("README.md", &list);
    let words = ["refresh", ".", "--allow-private"];
    workspace.run(&words).exits(0);
    let asked = world.requests().len();
    // A port that nobody listens on, at eight hosts.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for n in 2..10 {
        writeln!(list, "- [Away {n}](http://127.0.0.{n}:{port}/) - Away.").unwrap();
    }
    workspace.write("README.md", &list);
    let run = workspace.run(&words).exits(0);
    assert!(run.out.contains("8 failing"), "{}{}", run.out, run.err);
    assert_eq!(world.requests().len(), asked, "what was checked a moment ago is not asked again");
}
