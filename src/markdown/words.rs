//! The vocabulary of real lists, in the languages they are written in: generic link texts, licence codes,
//! headings of contents and of sections without entries.

/// Link texts that name the kind of page behind a link and not the thing that is listed.
const GENERIC: &[&str] = &[
    "android",
    "app store",
    "appstore",
    "article",
    "arxiv",
    "back to top",
    "bitbucket",
    "blog",
    "blog post",
    "book",
    "chrome",
    "clients",
    "code",
    "codeberg",
    "colab",
    "conda",
    "crates.io",
    "dataset",
    "demo",
    "discord",
    "doc",
    "docker",
    "docker hub",
    "dockerhub",
    "docs",
    "documentation",
    "download",
    "downloads",
    "f-droid",
    "facebook",
    "firefox",
    "github",
    "github repo",
    "github repository",
    "gitlab",
    "google play",
    "guide",
    "here",
    "home",
    "home page",
    "homepage",
    "html",
    "hugging face",
    "huggingface",
    "info",
    "ios",
    "issues",
    "link",
    "links",
    "linux",
    "live",
    "live demo",
    "mac app store",
    "macos",
    "main page",
    "maven",
    "mirror",
    "more",
    "npm",
    "official",
    "official site",
    "official website",
    "online",
    "page",
    "paper",
    "pdf",
    "play store",
    "playground",
    "preview",
    "project",
    "project page",
    "pypi",
    "readme",
    "repo",
    "repository",
    "screenshot",
    "screenshots",
    "site",
    "slides",
    "source",
    "source code",
    "sources",
    "src",
    "testflight",
    "tutorial",
    "twitter",
    "url",
    "video",
    "web",
    "web app",
    "webpage",
    "website",
    "wiki",
    "windows",
    "youtube",
    "源码",
    "源代码",
    "代码",
    "仓库",
    "官网",
    "链接",
    "文档",
    "论文",
    "演示",
    "地址",
    "项目地址",
    "开源地址",
    "仓库地址",
    "github地址",
    "主页",
    "项目主页",
    "网址",
    "官方网站",
    "下载",
    "ホームページ",
    "ソース",
    "論文",
    "公式サイト",
];

/// Generic link texts that are names of sites too: listed themselves, they lead to a front page.
const SITES: &[&str] = &[
    "bitbucket",
    "codeberg",
    "crates.io",
    "discord",
    "docker hub",
    "github",
    "gitlab",
    "hugging face",
    "huggingface",
    "npm",
    "pypi",
    "youtube",
];

/// Link texts that name the source code.
const SOURCE: &[&str] = &[
    "bitbucket",
    "code",
    "codeberg",
    "git",
    "github",
    "github repo",
    "github repository",
    "gitlab",
    "huggingface",
    "hugging face",
    "open source",
    "open-source software",
    "repo",
    "repository",
    "source",
    "source code",
    "sources",
    "src",
    "源码",
    "源代码",
    "代码",
    "地址",
    "项目地址",
    "开源地址",
    "仓库地址",
    "github地址",
    "ソース",
];

/// How licence codes begin.
const LICENCES: [&str; 36] = [
    "agpl",
    "apache",
    "apsl",
    "artistic",
    "beerware",
    "blueoak",
    "boost",
    "bsd",
    "bsl",
    "bpl",
    "busl",
    "cc",
    "cddl",
    "cecill",
    "commercial",
    "custom license",
    "ecl",
    "epl",
    "eupl",
    "gfdl",
    "gpl",
    "isc",
    "lgpl",
    "mit",
    "mpl",
    "ms-pl",
    "ncsa",
    "ofl",
    "osl",
    "postgresql",
    "proprietary",
    "public domain",
    "publicdomain",
    "sspl",
    "unlicense",
    "zlib",
];

/// Headings of a list's contents.
const CONTENTS: [&str; 9] =
    ["table of content", "table of contents", "contents", "toc", "目录", "目錄", "目次", "목차", "содержание"];

/// Sections that list no entries, nor do those below them: licence, sponsors, how to contribute.
const ASIDES: [&str; 40] = [
    "acknowledgement",
    "acknowledgements",
    "acknowledgment",
    "acknowledgments",
    "backers",
    "citation",
    "citing",
    "code of conduct",
    "contribute",
    "contributing",
    "contribution",
    "contribution guidelines",
    "contributions",
    "contributors",
    "copyright",
    "credits",
    "disclaimer",
    "footnotes",
    "how to contribute",
    "legend",
    "licence",
    "license",
    "sponsor",
    "sponsors",
    "sponsorship",
    "star history",
    "stargazers over time",
    "support us",
    "许可",
    "许可证",
    "许可协议",
    "贡献",
    "贡献者",
    "如何贡献",
    "赞助",
    "赞助商",
    "ライセンス",
    "コントリビューション",
    "라이선스",
    "기여",
];

/// Headers of the table column with the descriptions.
const DESCRIBING: [&str; 16] = [
    "about",
    "comment",
    "comments",
    "description",
    "desc",
    "details",
    "introduction",
    "note",
    "notes",
    "summary",
    "描述",
    "说明",
    "简介",
    "介绍",
    "説明",
    "설명",
];

/// `text` from its first letter or digit to its last.
fn core(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Whether `list` has `word`, letter case aside.
fn has(list: &[&str], word: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether a link's text names a kind of page, and not what is listed.
pub(super) fn is_generic(text: &str) -> bool {
    let core = core(text);
    let unnumbered = core.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
    core.is_empty() || (unnumbered.len() <= 24 && (has(GENERIC, core) || has(GENERIC, unnumbered)))
}

/// Whether a generic text is not the name of a site as well.
pub(super) fn is_page_label(text: &str) -> bool {
    !has(SITES, core(text))
}

/// Whether a link's text names the source code.
pub(crate) fn is_source(text: &str) -> bool {
    has(SOURCE, core(text))
}

/// Whether a text is an address.
pub(super) fn is_address(text: &str) -> bool {
    let text = text.trim();
    (text.contains("://") || text.starts_with("www.")) && !text.contains(char::is_whitespace)
}

/// Whether a code at the end of an entry names licences, such as `MIT` or `GPL-3.0/Apache-2.0`.
pub(super) fn is_licence(text: &str) -> bool {
    let core = core(text);
    if core.len() > 60 {
        return false;
    }
    let core = core.to_lowercase();
    let words = || core.split(['/', ',', '&', '|']).flat_map(|part| part.split(" or ")).map(str::trim);
    words().all(is_one_licence)
}

fn is_one_licence(name: &str) -> bool {
    LICENCES.iter().any(|licence| {
        name.strip_prefix(licence).is_some_and(|rest| {
            let version = rest.trim_start_matches(['v', '-', ' ', '+']);
            let tail = |c: char| c.is_ascii_digit() || ".-+ ".contains(c);
            rest.is_empty()
                || version.chars().all(tail)
                || matches!(version.trim_end_matches(tail), "license" | "licence" | "clause" | "only" | "or-later")
                || (*licence == "cc" && rest.starts_with(['-', '0', ' ']) && rest.len() <= 16)
                || (rest.starts_with('-') && rest.len() <= 12)
        })
    })
}

/// Whether a section of this heading is the list's contents.
pub(crate) fn is_contents(heading: &str) -> bool {
    has(&CONTENTS, core(heading))
}

/// Whether a section of this heading, with all below it, lists no entries.
pub(super) fn is_aside(heading: &str) -> bool {
    has(&ASIDES, core(heading))
}

/// Whether a table column of this header has descriptions.
pub(super) fn describes(header: &str) -> bool {
    has(&DESCRIBING, core(header))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licence_codes_are_known() {
        for text in
            ["MIT", "BSD-3-Clause", "GPL-3.0", "Apache-2", "AGPL-3.0-only", "CC BY-SA 4.0", "MIT/Apache-2.0", "LGPLv3"]
        {
            assert!(is_licence(text), "{text}");
        }
        for text in ["mitten", "enums", "Docker", "boosting", "isomorphic", "", "cccc"] {
            assert!(!is_licence(text), "{text}");
        }
    }

    #[test]
    fn links_and_sections_are_distinguished() {
        assert!(
            is_generic("Source Code")
                && is_generic(" App Store")
                && is_generic("Screenshot 12")
                && is_generic("[Demo]")
        );
        assert!(!is_generic("Homebrew") && !is_generic("Docker Compose UI"));
        assert!(is_source("GitHub") && !is_source("Demo"));
        assert!(
            is_aside("📜 License") && is_contents("Contents") && is_contents("目录") && !is_aside("Content Management")
        );
        assert!(is_address("https://a.example/b") && !is_address("see https://a.example"));
        assert!(describes("Description") && !describes("Stars"));
    }
}
