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
    Ok(())
}
