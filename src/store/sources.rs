//! Which files are lists: the names a source is found under, what is Markdown, and the lists below a folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::{POLICY, StoreError, failed};

/// Names under which a source is looked for in a folder, in this order, whatever their letter case. GitHub shows a
/// README under each of the endings (github/markup, README, "Markups").
const NAMES: [&str; 8] =
    ["list.md", "readme.md", "readme.markdown", "readme.mdown", "readme.mkdn", "readme.mkd", "readme.mdwn", "readme"];

/// Folders that GitHub shows the README of where the folder itself has none.
const README_FOLDERS: [&str; 2] = [".github", "docs"];

/// Endings of Markdown files, as GitHub has them, and of plain text.
const MARKDOWN: [&str; 13] =
    ["md", "markdown", "mdown", "mdwn", "mkd", "mkdn", "mkdown", "mdx", "qmd", "rmd", "livemd", "text", "txt"];

/// How many levels of folders are searched for lists: more are nested repositories.
const DEPTH_LIMIT: usize = 4;

/// The source that a folder has by its name, as a path in the folder.
pub(super) fn in_folder(folder: &Path) -> Option<String> {
    let below = |name: &&str| named(&folder.join(name)).map(|file| format!("{name}/{file}"));
    named(folder).or_else(|| README_FOLDERS.iter().find_map(below))
}

fn named(folder: &Path) -> Option<String> {
    let mut files: Vec<String> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)))
        .collect();
    files.sort_unstable();
    let found = NAMES.iter().find_map(|known| {
        // Capitals sort first, so that `README.md` is taken before `readme.md`.
        files.iter().find(|name| name.eq_ignore_ascii_case(known) && !folder.join(name).is_dir())
    });
    found.cloned()
}

/// Refuses a file that is no Markdown by its ending: read as Markdown, its addresses would be wrong.
pub(super) fn expect_markdown(path: &Path) -> Result<(), StoreError> {
    let Some(ending) = path.extension().and_then(|ending| ending.to_str()) else { return Ok(()) };
    let ending = ending.to_ascii_lowercase();
    if MARKDOWN.contains(&ending.as_str()) {
        return Ok(());
    }
    let format = match ending.as_str() {
        "rst" | "rest" => "reStructuredText".to_owned(),
        "adoc" | "asciidoc" | "asc" => "AsciiDoc".to_owned(),
        "org" => "Org".to_owned(),
        "html" | "htm" => "HTML".to_owned(),
        _ => format!("`.{ending}`"),
    };
    Err(StoreError::NotMarkdown { path: path.to_owned(), format })
}

/// The lists below a folder that is none itself: every folder with a policy, in order. Hidden folders, build
/// folders and symbolic links are left out.
pub fn lists_below(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut found = Vec::new();
    search(folder, DEPTH_LIMIT, &mut found)?;
    found.sort_unstable();
    Ok(found)
}

/// The recordings that a path names: itself, or the `.jsonl` files of a folder, in order.
pub fn recordings(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(failed(path, "read"))? {
        let file = entry.map_err(failed(path, "read"))?.path();
        found.extend((file.extension().is_some_and(|ending| ending == "jsonl") && file.is_file()).then_some(file));
    }
    found.sort_unstable();
    Ok(found)
}

fn search(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), StoreError> {
    for entry in fs::read_dir(folder).map_err(failed(folder, "read"))? {
        let entry = entry.map_err(failed(folder, "read"))?;
        let name = entry.file_name();
        let skipped = name.to_string_lossy().starts_with('.') || name == "target" || name == "node_modules";
        // The type of the entry itself: that of a link is no folder.
        if skipped || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let path = if folder == Path::new(".") { PathBuf::from(&name) } else { folder.join(&name) };
        if path.join(POLICY).is_file() {
            found.push(path);
        } else if depth > 1 {
            search(&path, depth - 1, found)?;
        }
    }
    Ok(())
}

/// Languages that translations of README files are named after (ISO 639-1), most of those that have a Wikipedia of
/// 100,000 articles or more.
const LANGUAGES: &[&str] = &[
    "ar", "az", "be", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fr", "ga",
    "gl", "he", "hi", "hr", "hu", "hy", "id", "it", "ja", "ka", "kk", "ko", "lt", "lv", "mk", "ml", "mr", "ms", "my",
    "nb", "ne", "nl", "nn", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "ta", "te", "th", "tl", "tr",
    "uk", "ur", "uz", "vi", "zh",
];

/// Codes of countries that stand for a language in names of files.
const COUNTRIES: &[(&str, &str)] =
    &[("cn", "zh"), ("jp", "ja"), ("kr", "ko"), ("tw", "zh-TW"), ("br", "pt-BR"), ("ua", "uk"), ("cz", "cs")];

/// Scripts that one language is written in beside another.
const SCRIPTS: &[&str] = &["Hans", "Hant", "Latn", "Cyrl"];

/// The translations beside a list by their names, such as `README-zh.md`, `README.zh-CN.md` and `README_zh.md`: the code of
/// the language, and the name. One for each language, by its code.
pub fn translations(source: &Path) -> Vec<(String, String)> {
    let folder = source.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stem = source.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<(String, String)> = entries
        .filter_map(|entry| entry.ok().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| Some((language_of(&name, &stem)?, name)))
        .collect();
    found.sort_unstable();
    found.dedup_by(|b, a| a.0 == b.0);
    found
}

/// The language that the name of a file has behind `stem`.
fn language_of(name: &str, stem: &str) -> Option<String> {
    let rest = name.get(..stem.len()).filter(|start| start.eq_ignore_ascii_case(stem)).map(|_| &name[stem.len()..])?;
    let code = rest.strip_prefix(['-', '.', '_'])?.strip_suffix(".md")?;
    let (language, region) = match code.split_once(['-', '_']) {
        Some((language, region)) => (language, Some(region)),
        None => (code, None),
    };
    let language = language.to_ascii_lowercase();
    let by_country = COUNTRIES.iter().find(|(country, _)| *country == language).map(|(_, code)| (*code).to_owned());
    let Some(region) = region else {
        return LANGUAGES.contains(&language.as_str()).then_some(language).or(by_country);
    };
    // A country, or a script as in `zh-Hans`.
    let is_country = region.len() == 2 && region.chars().all(|c| c.is_ascii_alphabetic());
    let is_region = is_country || SCRIPTS.iter().any(|script| region.eq_ignore_ascii_case(script));
    (is_region && LANGUAGES.contains(&language.as_str())).then(|| format!("{language}-{region}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translations_are_found_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "README.md",
            "README-zh.md",
            "README.zh-TW.md",
            "readme_ja.md",
            "README-cn.md",
            "README-pt_BR.md",
            "README-old.md",
            "README-DEV.md",
            "README-zh.txt",
            "CHANGES-zh.md",
            "README-zh-long.md",
            "README-.md",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("README-ko.md")).unwrap();
        let found = translations(&folder.path().join("README.md"));
        let found: Vec<(&str, &str)> = found.iter().map(|(code, name)| (code.as_str(), name.as_str())).collect();
        assert_eq!(
            found,
            [
                ("ja", "readme_ja.md"),
                ("pt-BR", "README-pt_BR.md"),
                ("zh", "README-cn.md"),
                ("zh-TW", "README.zh-TW.md")
            ]
        );
    }

    #[test]
    fn sources_are_found_by_every_name_that_github_shows() {
        for name in ["README.markdown", "README.MD", "Readme.mdown", "readme", ".github/README.md", "docs/README.md"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "# L").unwrap();
            assert_eq!(in_folder(folder.path()).as_deref(), Some(name));
        }
        let folder = tempfile::tempdir().unwrap();
        for name in ["README.md", "list.md", "docs.md"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(in_folder(folder.path()).as_deref(), Some("list.md"));
    }

    #[test]
    fn other_formats_are_refused() {
        for name in ["README.rst", "README.adoc", "README.org", "data.json", "x.yml"] {
            assert!(expect_markdown(Path::new(name)).is_err(), "{name}");
        }
        for name in ["README.md", "README", "notes.txt", "a.MARKDOWN", "/dev/fd/63"] {
            assert!(expect_markdown(Path::new(name)).is_ok(), "{name}");
        }
    }

    #[test]
    fn lists_are_the_folders_with_a_policy() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a/inner", ".hidden", "c"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        for name in ["b", "a/inner", ".hidden"] {
            fs::write(folder.path().join(name).join(POLICY), "").unwrap();
        }
        let lists = lists_below(folder.path()).unwrap();
        assert_eq!(lists, [folder.path().join("a/inner"), folder.path().join("b")]);
    }
}
