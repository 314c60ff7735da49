//! Suspicions about a page that answers 200, each with its evidence. Never a verdict.
//!
//! The phrases stand in [`phrases`]; here is decided where one must stand. A page about such pages ("404 Not Found -
//! Wikipedia", "Page Not Found: a novel") has the same words: it is distinguished by its running text, by the rest of its
//! title, and by an address that has the words as well.

use std::ops::{Range, RangeBounds};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use url::{Host, Url};

use super::chain::Answer;
use super::ordinary::is_ordinary;
use super::page::{APOSTROPHES, Page, Visible};
use super::phrases::{
    ERROR_PATHS, ERROR_TITLES, MARKETPLACES, PARKING_MARKS, PARKING_PATHS, TABLES, Table, WORKS, marks,
};
use crate::observation::{Suspicion, SuspicionKind};

/// The part of a page, in bytes, that is searched for the marks of sellers.
const SEARCHED_BYTES: usize = 16 * 1024;
/// Characters in paragraphs from which a page has running text of its own, whatever its title: more than two long
/// paragraphs. Error and parking pages have one at most.
const MIN_PROSE: usize = 400;
/// Characters of visible text up to which a phrase anywhere in it describes the whole page.
const SHORT_TEXT: usize = 300;
/// The same for the texts of parking pages, which list advertisements.
const SHORT_PARKING_TEXT: usize = 3000;
/// The largest page, in bytes, whose visible text is searched: the pages that are looked for are smaller.
const MAX_SEARCHED_PAGE: usize = 24 * 1024;
/// Characters that a title may have beside a phrase ("Sorry", "| Example") and still be about nothing else.
const TITLE_REST: usize = 40;

/// Words that a title puts before or after the error itself.
const INTERJECTIONS: &[&str] = &[
    "oops",
    "ooops",
    "whoops",
    "sorry",
    "uh oh",
    "oh no",
    "hmm",
    "error",
    "http",
    "ups",
    "hoppla",
    "désolé",
    "oups",
    "lo sentimos",
    "упс",
    "извините",
    "抱歉",
    "对不起",
    "對不起",
    "很抱歉",
];

/// The suspicions about the page that answered for `asked`.
pub(super) fn suspicions(asked: &Url, answer: &Answer) -> Vec<Suspicion> {
    let (end, page) = (&answer.end, &answer.page);
    let is_ordinary = page.text.len() <= MAX_SEARCHED_PAGE && is_ordinary(&page.text);
    let mut visible = LazyVisible { page, is_ordinary, visible: None };
    let found = [
        soft_404(asked, answer, &mut visible).map(|evidence| (SuspicionKind::Soft404, evidence)),
        parked(asked, end, page, &mut visible).map(|evidence| (SuspicionKind::Parked, evidence)),
        placeholder(page, &mut visible).map(|evidence| (SuspicionKind::Placeholder, evidence)),
        (asked != end && is_login(end) && !is_login(asked)).then(|| (SuspicionKind::Login, end.to_string())),
        front_page(asked, end).then(|| (SuspicionKind::FrontPage, end.to_string())),
        other_domain(asked, end).map(|evidence| (SuspicionKind::OtherDomain, evidence)),
    ];
    found.into_iter().flatten().map(|(kind, evidence)| Suspicion { kind, evidence }).collect()
}

/// The visible text of a page and the marks in its source, looked for when they are needed.
struct LazyVisible<'a> {
    page: &'a Page,
    /// Whether no phrase and no mark is in it.
    is_ordinary: bool,
    visible: Option<Visible>,
}

impl LazyVisible<'_> {
    fn get(&mut self) -> &Visible {
        self.visible.get_or_insert_with(|| self.page.visible())
    }

    fn has_prose(&mut self) -> bool {
        self.get().prose >= MIN_PROSE
    }

    /// The first of these marks in the source of the page.
    fn mark(&self, which: impl RangeBounds<usize>) -> Option<&'static str> {
        if self.is_ordinary {
            return None;
        }
        let source = self.page.text.as_bytes();
        let near = source.get(..SEARCHED_BYTES).unwrap_or(source);
        let mut found = MARKS.as_ref()?.find_iter(near).map(|found| found.pattern().as_usize());
        marks().nth(found.find(|at| which.contains(at))?)
    }

    /// The text of a small page, if it is short. None where no phrase is in it.
    fn short(&mut self, max_chars: usize) -> Option<&str> {
        if self.is_ordinary || self.page.text.len() > MAX_SEARCHED_PAGE {
            return None;
        }
        let visible = self.get();
        (visible.prose < MIN_PROSE && visible.text.chars().nth(max_chars).is_none()).then_some(visible.text.as_str())
    }
}

/// The phrases that are looked for in titles and visible text, in one pass.
struct Phrases {
    search: AhoCorasick,
    tables: [(Table, Range<usize>, &'static [&'static str]); 4],
}

static PHRASES: LazyLock<Option<Phrases>> = LazyLock::new(|| {
    let search = AhoCorasick::new(TABLES.iter().flat_map(|(_, phrases)| *phrases)).ok()?;
    let mut start = 0;
    let tables = TABLES.map(|(table, phrases)| {
        let range = start..start + phrases.len();
        start = range.end;
        (table, range, phrases)
    });
    Some(Phrases { search, tables })
});

/// The marks that are looked for in the source of a page, in one pass: the sellers' first.
static MARKS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(marks()).ok());

/// The first phrase of a table in `text`, which is in lower case.
fn phrase(text: &str, table: Table) -> Option<&'static str> {
    let phrases = PHRASES.as_ref()?;
    let (_, range, all) = phrases.tables.iter().find(|(known, ..)| *known == table)?;
    let mut found = phrases.search.find_overlapping_iter(text).map(|found| found.pattern().as_usize());
    let at = found.find(|at| range.contains(at))?;
    all.get(at - range.start).copied()
}

/// In lower case, with plain apostrophes.
fn fold(words: &str) -> String {
    words.to_lowercase().replace(APOSTROPHES, "'")
}

fn soft_404(asked: &Url, answer: &Answer, visible: &mut LazyVisible<'_>) -> Option<String> {
    let (end, page) = (&answer.end, &answer.page);
    if let Some((to, class)) = &answer.refresh_failure {
        return Some(format!("refreshes to {to}: {class}"));
    }
    if asked != end && is_error_path(end) && !is_error_path(asked) {
        return Some(end.to_string());
    }
    if !is_about_errors(asked) {
        let title = page.title.as_deref().map(fold);
        let own = title.as_deref().and_then(error_title);
        if own == Some(Certainty::Whole) || (own.is_some() && !visible.has_prose()) {
            return page.title.clone();
        }
        for words in [&page.heading, &page.shared_title].into_iter().flatten() {
            if error_title(&fold(words)).is_some() && !visible.has_prose() {
                return Some(words.clone());
            }
        }
    }
    let short = visible.short(SHORT_TEXT)?;
    let sentence = phrase(short, Table::Error);
    let found = sentence.or_else(|| visible.mark(PARKING_MARKS.len()..));
    found.filter(|_| page.heading.is_none()).map(str::to_owned)
}

/// How much of a title an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certainty {
    /// All of it.
    Whole,
    /// A part, beside what may be the site's name.
    Part,
}

/// Whether a title or heading is that of an error page.
fn error_title(words: &str) -> Option<Certainty> {
    let is_error = |part: &str| ERROR_TITLES.contains(&part) || sentence_fills(part);
    let parts = parts(words);
    let error = parts.iter().position(|(part, _)| is_error(part));
    let Some(error) = error else {
        return sentence_fills(words).then_some(Certainty::Part);
    };
    let is_other = |part: &str| !is_error(part) && !INTERJECTIONS.contains(&part);
    let others: Vec<usize> =
        (0..parts.len()).filter(|at| parts.get(*at).is_some_and(|(part, _)| is_other(part))).collect();
    if others.is_empty() {
        return Some(Certainty::Whole);
    }
    let named = |at: usize| parts.get(at).map_or("", |(part, _)| *part);
    let is_work = others.iter().any(|at| WORKS.contains(&named(*at)));
    // "Page Not Found: a novel": what follows a colon is a subtitle, but for the name of a site.
    let has_subtitle = parts
        .get(error + 1)
        .is_some_and(|(part, before)| *before == Some(':') && is_other(part) && part.split(' ').count() > 1);
    // "RFC 9110 - 404 Not Found", "Chapter 4: Not found": numbered works, where a site's name has no number.
    let is_numbered = error > 0
        && others.contains(&(error - 1))
        && named(error - 1).rsplit(' ').next().is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit()));
    (!is_work && !has_subtitle && !is_numbered).then_some(Certainty::Part)
}

/// Whether the sentence of an error page is nearly all of a text.
fn sentence_fills(text: &str) -> bool {
    phrase(text, Table::Error).is_some_and(|sentence| text.chars().count() <= sentence.chars().count() + TITLE_REST)
}

/// The parts of a title between its separators, with the separator before each; a hyphen separates only between
/// blanks.
fn parts(words: &str) -> Vec<(&str, Option<char>)> {
    const SEPARATORS: &str = "|\u{2013}\u{2014}\u{b7}\u{2022}\u{bb}\u{ab}:!?.,/()[];\"\u{201c}\u{201d}\u{201e}\u{2026}\u{ff1a}\u{ff01}\u{ff1f}\u{3002}\u{ff0c}\u{3001}\u{ff1b}\u{300c}\u{300d}\u{3010}\u{3011}\u{ff5c}\u{ff08}\u{ff09}><~=_";
    let mut found = Vec::new();
    let (mut start, mut before) = (0, None);
    for (at, c) in words.char_indices() {
        let blanks = words.get(..at).is_none_or(|head| head.is_empty() || head.ends_with(' '))
            && words.get(at + c.len_utf8()..).is_none_or(|tail| tail.is_empty() || tail.starts_with(' '));
        if SEPARATORS.contains(c) || (c == '-' && blanks) {
            found.push((words.get(start..at).unwrap_or_default(), before));
            (start, before) = (at + c.len_utf8(), Some(c));
        }
    }
    found.push((words.get(start..).unwrap_or_default(), before));
    found.into_iter().map(|(part, before)| (part.trim(), before)).filter(|(part, _)| !part.is_empty()).collect()
}

/// Whether the words of an error stand in an address that was linked: its page is about them.
fn is_about_errors(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let words: Vec<&str> = path.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    words.iter().any(|word| matches!(*word, "404" | "notfound"))
        || words.windows(2).any(|pair| pair == ["not", "found"])
}

/// Whether an address is that of a site's error page.
fn is_error_path(url: &Url) -> bool {
    let last = url.path_segments().and_then(|mut segments| segments.rfind(|segment| !segment.is_empty()));
    let last = last.unwrap_or_default().to_ascii_lowercase();
    ERROR_PATHS.contains(&last.as_str()) || url.query().is_some_and(|query| query.contains("aspxerrorpath="))
}

fn parked(asked: &Url, end: &Url, page: &Page, visible: &mut LazyVisible<'_>) -> Option<String> {
    let seller = end.host_str().and_then(psl::domain_str).filter(|domain| MARKETPLACES.contains(domain));
    if let Some(seller) = seller.filter(|_| end.path().len() > 1) {
        return Some(seller.to_owned());
    }
    let last = end.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    if asked != end && PARKING_PATHS.contains(&last) {
        return Some(end.to_string());
    }
    if let Some(title) = page.title.as_deref().filter(|title| is_offer(&fold(title))) {
        return Some(title.to_owned());
    }
    if let Some(mark) = visible.mark(..PARKING_MARKS.len()).filter(|_| !visible.has_prose()) {
        return Some(mark.to_owned());
    }
    visible.short(SHORT_PARKING_TEXT).and_then(|text| phrase(text, Table::Parking)).map(str::to_owned)
}

/// Whether a title offers a domain: words of a sale beside a domain name ("example.org is for sale!").
fn is_offer(title: &str) -> bool {
    let is_domain = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.split_once('.').is_some_and(|(name, zone)| !name.is_empty() && zone.len() > 1)
            && word.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-')
            && !word.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    let names_domain = || title.split_whitespace().any(is_domain) || title.contains("domain") || title.contains("域名");
    phrase(title, Table::Sale).is_some() && title.chars().count() < 100 && names_domain()
}

fn placeholder(page: &Page, visible: &mut LazyVisible<'_>) -> Option<String> {
    for words in [&page.title, &page.heading].into_iter().flatten() {
        let folded = fold(words);
        let fits = |phrase: &&str| folded.chars().count() <= phrase.chars().count() + TITLE_REST;
        let is_coming = |phrase: &&str| parts(&folded).iter().any(|(part, _)| part == phrase);
        let found = phrase(&folded, Table::Placeholder).filter(fits);
        // Of a site with text of its own, "coming soon" may be one announcement.
        if found.is_some_and(|phrase| !visible.has_prose() || !is_coming(&phrase)) {
            return Some(words.clone());
        }
    }
    visible.short(SHORT_TEXT).and_then(|text| phrase(text, Table::Placeholder)).map(str::to_owned)
}

/// Whether an address is a site's front page: no path but a language, and no query.
fn is_front(url: &Url) -> bool {
    let mut segments = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty());
    let letters = |s: &str| s.len() == 2 && s.bytes().all(|b| b.is_ascii_alphabetic());
    let language = |s: &str| letters(s) || s.split_once(['-', '_']).is_some_and(|(a, b)| letters(a) && letters(b));
    match (segments.next(), segments.next()) {
        (None, _) => url.query().is_none(),
        (Some(one), None) => language(one) || one.starts_with("index.") || one.eq_ignore_ascii_case("home"),
        _ => false,
    }
}

/// A deep link that ends at the front page of its own site.
fn front_page(asked: &Url, end: &Url) -> bool {
    let (Some(from), Some(to)) = (asked.host_str(), end.host_str()) else { return false };
    let (from, to) = (from.trim_start_matches("www."), to.trim_start_matches("www."));
    let same_site = from == to || from.strip_suffix(to).is_some_and(|rest| rest.ends_with('.'));
    asked != end && same_site && !is_front(asked) && is_front(end)
}

/// Whether an address is a login page.
fn is_login(url: &Url) -> bool {
    const HOSTS: [&str; 5] = ["login.", "accounts.", "auth.", "sso.", "signin."];
    const WORDS: [&str; 9] =
        ["login", "signin", "sign_in", "sign-in", "log-in", "login.php", "login.html", "authorize", "sso"];
    let host = url.host_str().unwrap_or("");
    let mut segments = url.path_segments().into_iter().flatten();
    HOSTS.iter().any(|start| host.starts_with(start))
        || segments.any(|s| WORDS.contains(&s.to_ascii_lowercase().as_str()))
}

/// The registrable domain (by the public suffix list) where a link ends, if it is another than it began at.
fn other_domain(asked: &Url, end: &Url) -> Option<String> {
    // Their addresses are made to lead elsewhere: persistent identifiers, and shorteners, for which there is a rule.
    const RESOLVERS: [&str; 19] = [
        "doi.org",
        "handle.net",
        "n2t.net",
        "purl.org",
        "w3id.org",
        "aka.ms",
        "amzn.to",
        "bit.ly",
        "buff.ly",
        "cutt.ly",
        "dub.sh",
        "g.co",
        "goo.gl",
        "is.gd",
        "rb.gy",
        "t.co",
        "tinyurl.com",
        "youtu.be",
        "redd.it",
    ];
    let domain = |url: &Url| match url.host() {
        Some(Host::Domain(host)) => Some(psl::domain_str(host).unwrap_or(host).to_owned()),
        _ => None,
    };
    let (from, to) = (domain(asked)?, domain(end)?);
    (from != to && !RESOLVERS.contains(&from.as_str())).then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::web::page;

    fn kinds(asked: &str, end: &str, html: &str) -> Vec<SuspicionKind> {
        let answer = Answer {
            status: 200,
            end: end.parse().unwrap(),
            hops: Vec::new(),
            wall: None,
            page: page::parse(html.as_bytes()),
            network: None,
            refresh_failure: None,
        };
        suspicions(&asked.parse().unwrap(), &answer).into_iter().map(|s| s.kind).collect()
    }

    fn of_title(title: &str) -> Vec<SuspicionKind> {
        kinds("https://a.org/x", "https://a.org/x", &format!("<title>{title}</title><p>Words."))
    }

    /// A page with text of its own.
    fn article(title: &str) -> String {
        let paragraph = "<p>This page is a real one, with whole sentences that somebody wrote for people to read. They \
                         fill paragraphs, and there are several of them, as in articles.</p>";
        format!("<title>{title}</title><h1>{title}</h1>{}", paragraph.repeat(6))
    }

    #[test]
    fn error_pages_with_status_200_are_suspected() {
        for title in [
            "Page not found",
            "404",
            "404 Not Found",
            "Page Not Found | Example",
            "Example - Page not found",
            "Example: 404",
            "Error 404",
            "HTTP 404",
            "404 - File or directory",
            "404: This page could not be found",
            "This page could not be found",
            "Oops! That page can\u{2019}t be found.",
            "Sorry, this page isn't available",
            "We couldn't find that page",
            "This page doesn't exist",
            "The page you requested has been removed",
            "Whoops, 404!",
            "Nothing here",
            "Document not found",
            "Seite nicht gefunden \u{2013} Beispiel",
            "Fehler 404",
            "Die Seite wurde nicht gefunden",
            "Page non trouv\u{e9}e",
            "Erreur 404",
            "Oups ! Cette page n\u{2019}existe pas",
            "No se encontr\u{f3} la p\u{e1}gina",
            "P\u{e1}gina n\u{e3}o encontrada",
            "Pagina non trovata",
            "Ошибка 404",
            "404. Страница не существует",
            "Nie znaleziono strony",
            "Pagina niet gevonden",
            "Sayfa bulunamad\u{131}",
            "404错误页面",
            "您访问的页面不存在",
            "抱歉，页面找不到了",
            "找不到網頁",
            "页面未找到 - 某站",
            "该文章已被删除",
            "お探しのページは見つかりませんでした",
            "404エラー",
            "페이지를 찾을 수 없습니다",
        ] {
            assert_eq!(of_title(title), [SuspicionKind::Soft404], "{title}");
        }
        let at = "https://a.org/x";
        for html in [
            "<title>A</title><h1>Page not found</h1>",
            "<meta property=og:title content='Page not found'><title>A</title>",
            "<div id=app></div><script>window.state={\"statusCode\":404}</script>",
            "<title>Example</title><p>Sorry, the page you are looking for does not exist.",
        ] {
            assert_eq!(kinds(at, at, html), [SuspicionKind::Soft404], "{html}");
        }
    }

    #[test]
    fn pages_about_errors_are_not_error_pages() {
        for title in [
            "Lost and found",
            "Not founded yet",
            "4040 ways",
            "A project",
            "HTTP 404 explained: what it means",
            "Page Not Found: a novel",
            "404: The story of a status code",
            "Not Found Records \u{2013} label",
            "RFC 9110 \u{2013} 404 Not Found",
            "404 Not Found - Wikipedia",
            "The Page You Are Looking For: Design of Error Pages in the Last Thirty Years of the Web",
        ] {
            assert_eq!(of_title(title), [], "{title}");
        }
        let at = "https://a.org/x";
        for title in
            ["404 Not Found | Example", "Page not found - the blog", "Coming soon: a film", "Under construction"]
        {
            assert_eq!(kinds(at, at, &article(title)), [], "{title}");
        }
        let about = "https://a.org/wiki/http-404";
        assert_eq!(kinds(about, about, "<title>404 Not Found</title>"), []);
        let named = "https://a.org/soft404/1";
        assert_eq!(kinds(named, named, "<title>404 Not Found</title>"), [SuspicionKind::Soft404]);
    }

    #[test]
    fn redirects_to_an_error_page_are_suspected() {
        for end in [
            "https://a.org/404",
            "https://a.org/404.html",
            "https://a.org/error?aspxerrorpath=/x",
            "https://a.org/de/not-found/",
        ] {
            assert_eq!(kinds("https://a.org/x", end, "<title>Whoops"), [SuspicionKind::Soft404], "{end}");
        }
        assert_eq!(kinds("https://a.org/404", "https://a.org/404", ""), []);
        assert_eq!(kinds("https://a.org/x", "https://a.org/terror", ""), []);
    }

    #[test]
    fn domains_for_sale_are_suspected() {
        let at = "https://a.org/";
        for title in [
            "a.org is for sale",
            "a.org is for sale!",
            "Domain for sale",
            "a.org steht zum Verkauf",
            "Le domaine a.org est \u{e0} vendre",
            "a.org est\u{e1} en venta",
            "Домен a.org продаётся",
            "a.org 域名出售",
        ] {
            assert_eq!(of_title(title), [SuspicionKind::Parked], "{title}");
        }
        for text in [
            "This domain name is for sale. Inquire now.",
            "a.org is parked free, courtesy of GoDaddy.com",
            "This domain is parked at Porkbun",
            "Diese Domain steht zum Verkauf",
            "Ce nom de domaine est \u{e0} vendre",
            "Este dominio est\u{e1} en venta",
            "Домен продаётся",
            "该域名正在出售",
            "您正在访问的域名可以转让",
            "このドメインはお名前.comで取得されています",
            "このドメインの有効期限が切れています",
            "Срок регистрации домена истек",
        ] {
            assert_eq!(kinds(at, at, &format!("<h2>{text}</h2>")), [SuspicionKind::Parked], "{text}");
        }
        for html in [
            "<a href=\"https://sedo.com/search/details/?domain=a\">",
            "<script src=\"https://www.bodiscdn.com/x.js\"></script>",
        ] {
            assert_eq!(kinds(at, at, html), [SuspicionKind::Parked], "{html}");
        }
        assert_eq!(kinds(at, "https://a.org/lander", ""), [SuspicionKind::Parked]);
        let sold = kinds("https://a.org/", "https://www.hugedomains.com/domain_profile.cfm?d=a", "");
        assert_eq!(sold, [SuspicionKind::Parked, SuspicionKind::OtherDomain]);
        for title in ["The boat is for sale now", "House for sale"] {
            assert_eq!(of_title(title), [], "{title}");
        }
        let blog = format!("{}<a href=\"https://sedo.com/search/details/\">", article("How parking works"));
        assert_eq!(kinds(at, at, &blog), []);
    }

    #[test]
    fn placeholders_are_suspected() {
        let at = "https://a.org/";
        for title in [
            "Welcome to nginx!",
            "Apache2 Debian Default Page: It works",
            "Apache HTTP Server Test Page",
            "IIS Windows Server",
            "Domain Default page",
            "Account Suspended",
            "Website Expired",
            "Coming Soon",
            "网站建设中",
        ] {
            assert_eq!(of_title(title), [SuspicionKind::Placeholder], "{title}");
        }
        for text in [
            "SORRY! If you are the owner of this website, please contact your hosting provider",
            "example.wordpress.com is no longer available. The authors have deleted this site.",
            "Fatal error: Uncaught Error: Call to undefined function",
            "Hier entsteht eine neue Seite",
            "Сайт в разработке",
            "準備中",
        ] {
            assert_eq!(kinds(at, at, &format!("<p>{text}")), [SuspicionKind::Placeholder], "{text}");
        }
        let news = format!("{}<p>Version 2 is coming soon.", article("A project"));
        assert_eq!(kinds(at, at, &news), []);
    }

    #[test]
    fn deep_links_that_end_elsewhere_are_suspected() {
        let to = |asked, end| kinds(asked, end, "");
        assert_eq!(to("https://a.org/x/y", "https://a.org/"), [SuspicionKind::FrontPage]);
        assert_eq!(to("https://a.org/x/y", "https://www.a.org/en/"), [SuspicionKind::FrontPage]);
        assert_eq!(to("https://docs.a.org/x", "https://a.org/"), [SuspicionKind::FrontPage]);
        assert_eq!(to("https://a.org/x", "https://x.a.org/"), []);
        assert_eq!(to("https://a.org/", "https://a.org/en/"), []);
        assert_eq!(to("https://a.org/x", "https://a.org/login?next=x"), [SuspicionKind::Login]);
        assert_eq!(to("https://a.org/login", "https://a.org/users/login"), []);
        assert_eq!(to("https://a.github.io/x", "https://b.github.io/x"), [SuspicionKind::OtherDomain]);
        assert_eq!(to("https://a.co.uk/x", "https://b.a.co.uk/x"), []);
        assert_eq!(to("https://dx.doi.org/10.1/x", "https://publisher.org/x"), []);
        assert_eq!(to("http://127.0.0.1/x", "http://127.0.0.1/x"), []);
    }
}
