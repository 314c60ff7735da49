//! Embeds every file of `src/ranked_list/languages`, so that a language is added by adding its file.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script reads the environment that cargo sets and writes where cargo asks"
)]

use std::fmt::Write;
use std::path::Path;

const FOLDER: &str = "src/ranked_list/languages";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed={FOLDER}");
    let root = std::env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo names the package's folder")?;
    let out = std::env::var_os("OUT_DIR").ok_or("cargo names the folder for generated code")?;
    let mut files = std::fs::read_dir(Path::new(&root).join(FOLDER))?
        .map(|file| file.map(|file| file.path()))
        .collect::<Result<Vec<_>, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut code = "const FILES: &[(&str, &str)] = &[\n".to_owned();
    for path in files {
        let code_of_language = path.file_stem().unwrap_or_default().to_string_lossy();
        writeln!(code, "    ({code_of_language:?}, include_str!({:?})),", path.display().to_string())?;
    }
    code.push_str("];\n");
    std::fs::write(Path::new(&out).join("languages.rs"), code)?;
    name_commit(Path::new(&root));
    Ok(())
}

/// Names the commit for the workflows that `init` writes: a packager's `POMONA_COMMIT`, that of a published package, or
/// that of a clone. Only for release builds, so that a commit does not rebuild the tests.
fn name_commit(root: &Path) {
    println!("cargo:rerun-if-env-changed=POMONA_COMMIT");
    if std::env::var_os("POMONA_COMMIT").is_some() || std::env::var("PROFILE").as_deref() != Ok("release") {
        return;
    }
    let git = |words: &[&str]| {
        let output = std::process::Command::new("git").arg("-C").arg(root).args(words).output().ok()?;
        let text = output.status.success().then(|| String::from_utf8(output.stdout).ok())??;
        Some(text.trim().to_owned())
    };
    let published = std::fs::read_to_string(root.join(".cargo_vcs_info.json")).ok();
    let published = published.as_deref().and_then(|text| text.split('"').find(|part| is_commit(part)));
    let commit = published.map(str::to_owned).or_else(|| {
        println!("cargo:rerun-if-changed={}", root.join(git(&["rev-parse", "--git-path", "logs/HEAD"])?).display());
        git(&["rev-parse", "HEAD"])
    });
    if let Some(commit) = commit.filter(|commit| is_commit(commit)) {
        println!("cargo:rustc-env=POMONA_COMMIT={commit}");
    }
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}
