//! Fragments of other pages, on request.

use crate::workspace::{TestServer, Workspace};

#[test]
fn a_lost_fragment_is_reported_on_request() {
    let world = TestServer::start(|_, _, _| {
        (200, "content-type: text/html\r\n".to_owned(), "<title>x</title><h2 id=\"usage\">Usage</h2>".to_owned())
    });
    let workspace = Workspace::new();
    let (good, lost) = (world.url("/a#usage"), world.url("/a#gone"));
    workspace.write("list.md", &format!("# L\n\n- [Good]({good})\n- [Lost]({lost})\n"));
    let without = workspace.run(&["check", "list.md", "--allow-private", "--no-cache"]).exits(0);
    assert!(!without.out.contains("lost-fragment"), "{}", without.out);
    let found = workspace.run(&["check", "list.md", "--allow-private", "--no-cache", "--fragments"]).exits(0);
    assert!(found.out.contains("the page has no anchor `gone`"), "{}", found.out);
    assert!(!found.out.contains("`usage`"), "{}", found.out);
    assert_eq!(world.requests(), ["/a", "/a"], "both links are one target, and a run asks once");
}
