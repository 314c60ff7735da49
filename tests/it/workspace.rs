//! Runs of the binary in a folder of their own with a scrubbed environment, and a small web server on loopback.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A folder of its own to run in.
pub(crate) struct Workspace {
    folder: tempfile::TempDir,
}

/// The exit code and output of a run.
pub(crate) struct RunOutput {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every file of the folder outside of caches, with its bytes.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(self.folder.path(), &mut found);
        found
    }

    pub(crate) fn command<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pomona"));
        command.args(words).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.env("HOME", self.folder.path()).env("XDG_CACHE_HOME", self.folder.path().join(".cache"));
        for kept in ["PATH", "SystemRoot", "SSL_CERT_FILE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> RunOutput {
        RunOutput::of(&self.command(words).output().unwrap())
    }

    pub(crate) fn start(&self, words: &[&str]) -> Child {
        self.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let hidden = path.file_name().is_some_and(|name| name == ".pomona" || name == ".cache");
        if path.is_dir() && !hidden {
            collect(&path, found);
        } else if path.is_file() {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

impl RunOutput {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }
}

/// A web server on loopback: responds by path, logs the paths that were requested.
pub(crate) struct TestServer {
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

/// A response: status, headers as lines, body.
pub(crate) type Answer = (u16, String, String);

impl TestServer {
    /// Starts a server whose responses `answer` gives, from method, path and body.
    pub(crate) fn start(answer: impl Fn(&str, &str, &str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                thread::spawn(move || serve(&stream, &log, &*answer));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths that were requested so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, log: &Mutex<Vec<String>>, answer: &(impl Fn(&str, &str, &str) -> Answer + ?Sized)) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let mut reader = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap_or(0) > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            line.clear();
        }
        let mut body = vec![0; length];
        if std::io::Read::read_exact(&mut reader, &mut body).is_err() {
            return;
        }
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        log.lock().unwrap().push(path.to_owned());
        let (status, headers, text) = answer(method, path, &String::from_utf8_lossy(&body));
        let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", text.len());
        let text = if method == "HEAD" { "" } else { text.as_str() };
        if (&mut &*stream).write_all(format!("{head}{text}").as_bytes()).is_err() {
            return;
        }
    }
}

/// Runs git in the workspace, as a person without configuration; returns what it prints.
pub(crate) fn git(workspace: &Workspace, words: &[&str]) -> String {
    let mut git = Command::new("git");
    for (key, value) in [("user.name", "Keeper"), ("user.email", "keeper@example.org"), ("commit.gpgsign", "false")] {
        git.args(["-c", &format!("{key}={value}")]);
    }
    git.args(words).current_dir(workspace.path("")).env("GIT_CONFIG_GLOBAL", workspace.path("none"));
    let output = git.env("GIT_CONFIG_NOSYSTEM", "1").output().unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A repository whose one commit is the list `before`.
pub(crate) fn repository(before: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("README.md", before);
    git(&workspace, &["init", "--quiet", "--initial-branch=main", "."]);
    git(&workspace, &["add", "README.md"]);
    git(&workspace, &["commit", "--quiet", "--message=start"]);
    workspace
}
