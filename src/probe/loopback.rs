//! A mock HTTP server for tests: it answers on loopback and records its requests.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One received request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// The path with its query.
    pub(super) path: String,
    /// The header lines, names in lower case.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: String,
}

impl Request {
    /// Every value of a header.
    pub(super) fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// A server that answers each request with the result of a function.
pub(super) struct Loopback {
    /// Its address, without a slash at the end.
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Loopback {
    /// Starts the server. `answer` returns the text of a whole HTTP response (see [`canned`]); an empty one closes
    /// the connection.
    pub(super) fn serve(answer: impl Fn(&Request) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (seen, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    log.lock().unwrap().push(request.clone());
                    let _ = (&stream).write_all(answer(&request).as_bytes());
                });
            }
        });
        Self { url, seen }
    }

    /// The received requests, in order.
    pub(super) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// The number of requests for paths with this prefix.
    pub(super) fn count(&self, path: &str) -> usize {
        self.seen().iter().filter(|request| request.path.starts_with(path)).count()
    }
}

/// The text of an answer that closes its connection.
#[expect(clippy::needless_pass_by_value, reason = "a call with `json!` in it reads better")]
pub(super) fn canned(status: u16, headers: &[(&str, &str)], body: impl ToString) -> String {
    let body = body.to_string();
    let head: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = head.concat();
    format!("HTTP/1.1 {status} Canned\r\n{head}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    lines.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let path = words.nth(1)?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, n)| n.parse().ok());
    let chunked = headers.iter().any(|(name, _)| name == "transfer-encoding");
    let body = if chunked { unchunk(&mut lines)? } else { exactly(&mut lines, length.unwrap_or(0))? };
    Some(Request { path, headers, body })
}

fn exactly(lines: &mut impl BufRead, length: usize) -> Option<String> {
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

fn unchunk(lines: &mut impl BufRead) -> Option<String> {
    let mut body = String::new();
    loop {
        let mut size = String::new();
        lines.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let chunk = exactly(lines, size + 2)?;
        if size == 0 {
            return Some(body);
        }
        body.push_str(&chunk[..size]);
    }
}
