//! Templates of a policy: for a whole list, an entry, a line or the content of a block.
//!
//! A template comes with the list, so it may be a stranger's. It reads no file and no other template, and how many
//! instructions it runs and how much it writes are bounded; a string that it makes and does not write is bounded by
//! those two only.

use std::io::{self, Write};

use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use serde::Serialize;

use crate::policy::Layout;
use crate::ranked_list::{ListEntry, Words};
use crate::render::escape;

/// How many instructions a template may run: the built-in one needs some 200 an entry, and a list that GitHub renders
/// has less than 10,000 entries.
const INSTRUCTIONS: u64 = 10_000_000;
/// How many bytes a template may write: sixteen times what GitHub renders.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// How deep macros may call each other.
const DEPTH: usize = 50;

/// A template that fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}line {line} of the template: {message}", if name.is_empty() { String::new() } else { format!("`layout.templates.{name}`: ") })]
pub struct TemplateError {
    /// Its key in `[layout.templates]`; empty for that of the whole list.
    pub name: String,
    /// The line of the template, from 1; 0 where it is not known.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

impl From<minijinja::Error> for TemplateError {
    fn from(error: minijinja::Error) -> Self {
        let message =
            error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
        Self { name: String::new(), line: error.line().unwrap_or(0), message }
    }
}

/// What is written, up to a limit.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BYTES {
            return Err(io::Error::other(format!("it writes more than {} MiB", MOST_BYTES / 1024 / 1024)));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The text that a template makes of `context`.
pub(super) fn render_text(template: &str, context: &impl Serialize) -> Result<String, TemplateError> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_fuel(Some(INSTRUCTIONS));
    environment.set_recursion_limit(DEPTH);
    environment.add_template("list", template)?;
    let mut written = Bounded(Vec::new());
    environment.get_template("list")?.render_captured_to(Serde(context), &mut written).map_err(too_large)?;
    Ok(String::from_utf8_lossy(&written.0).into_owned())
}

/// The error with what stopped the writing.
fn too_large(error: minijinja::Error) -> TemplateError {
    let why = std::error::Error::source(&error).map(ToString::to_string);
    let error = TemplateError::from(error);
    match why {
        Some(why) => TemplateError { message: format!("{}: {why}", error.message), ..error },
        None => error,
    }
}

/// An entry as a template sees it; every text is escaped for Markdown.
#[derive(Debug, Clone, Serialize)]
pub struct EntryView {
    /// The link with the name as its text.
    pub(crate) link: String,
    title: String,
    url: String,
    pub(crate) description: String,
    stars: String,
    count: Option<u64>,
    language: String,
    licence: String,
    state: String,
    pub(super) section: String,
    /// What the block shows of it: its gain, its month or its day.
    detail: String,
    /// Stars and detail.
    pub(super) figures: String,
}

impl EntryView {
    /// The view of an entry, with what a block shows of it.
    pub fn new(row: &ListEntry, layout: &Layout, words: &Words, detail: Option<String>) -> Self {
        let short = |text: Option<&str>| escape::text(&escape::cut(text.unwrap_or_default(), 60));
        let description = escape::clean(row.description.as_deref().unwrap_or_default());
        Self {
            link: escape::link(&row.title, &row.url),
            title: escape::text(&row.title),
            url: escape::destination(&row.url).unwrap_or_default(),
            description: escape::text(&escape::cut(&description, layout.description_width)),
            stars: row.stars(words).map(|stars| escape::text(&stars)).unwrap_or_default(),
            count: row.forge.facts.stars,
            language: short(row.forge.facts.language.as_ref().and_then(|language| language.as_deref())),
            licence: short(row.forge.licence.as_deref()),
            state: row.mark(layout).map(|mark| escape::text(&row.state(mark, words))).unwrap_or_default(),
            section: row.position.path.last().map(|title| escape::text(title)).unwrap_or_default(),
            figures: escape::text(&row.stars(words).into_iter().chain(detail.clone()).collect::<Vec<_>>().join(" · ")),
            detail: escape::text(&detail.unwrap_or_default()),
        }
    }

    /// What the template called `name` makes of it; none where the policy has none.
    pub fn rendered(&self, name: &str, layout: &Layout) -> Option<Result<String, TemplateError>> {
        let template = layout.templates.get(name)?;
        Some(rendered(name, template, self).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")))
    }
}

/// What the template called `name` makes of `context`: no marker, which would end the block around it.
pub(super) fn rendered(name: &str, template: &str, context: &impl Serialize) -> Result<String, TemplateError> {
    let failed = |error: TemplateError| TemplateError { name: name.to_owned(), ..error };
    let text = render_text(template, context).map_err(failed)?;
    if text.contains("<!--") {
        let message = "a comment cannot stand in what Pomona writes".to_owned();
        return Err(TemplateError { name: name.to_owned(), line: 0, message });
    }
    Ok(text)
}
