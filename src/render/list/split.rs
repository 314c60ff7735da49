//! A list that is too large for one file: GitHub renders none above 512 KB.

use super::view::{Page, View};
use super::{Pen, Rendered, RenderedFile, TemplateError, anchors};
use crate::finding::{Finding, Level, notice};

/// Writes one file for each top section, and a first one with everything else and links to them.
pub(super) fn split(view: &View<'_>, pen: &Pen<'_>) -> Result<Rendered, TemplateError> {
    let pages = pages(view);
    let mut files = vec![RenderedFile { name: view.ranked.output.clone(), text: pen.write(&view.index(&pages))? }];
    for page in &pages {
        files.push(RenderedFile { name: page.name.clone(), text: pen.write(&view.page(page))? });
    }
    let message = format!("the list is too large for one file and was split into {}", files.len());
    Ok(Rendered { files, findings: vec![Finding::new(&notice::LIST_SPLIT, message)] })
}

/// One page for each section of depth 1 with those nested in it.
fn pages(view: &View<'_>) -> Vec<Page> {
    let sections = &view.ranked.sections;
    let (stem, ending) = view.ranked.output.rsplit_once('.').unwrap_or((&view.ranked.output, "md"));
    let mut slugs = anchors::Anchors::default();
    let mut pages: Vec<Page> = Vec::new();
    for (index, section) in sections.iter().enumerate() {
        match pages.last_mut() {
            Some(page) if section.depth > 1 => page.sections.end = index + 1,
            _ => {
                let slug = slugs.next(&section.title).chars().take(60).collect::<String>();
                let slug = if slug.is_empty() { (pages.len() + 1).to_string() } else { slug };
                pages.push(Page { name: format!("{stem}-{slug}.{ending}"), sections: index..index + 1 });
            }
        }
    }
    pages
}

/// What is to be told of the size of files: a warning at 25/32 of the most that is rendered (400 KB of 512).
pub(super) fn sizes(files: &[RenderedFile], most: usize) -> Vec<Finding> {
    let told = |file: &RenderedFile| {
        let size = file.text.len();
        let kilobytes = size / 1024;
        let (level, message) = if size > most {
            (
                Level::Error,
                format!("`{}` has {kilobytes} KB, and GitHub renders no file above {} KB", file.name, most / 1024),
            )
        } else if size > most / 32 * 25 {
            (Level::Warning, format!("`{}` has {kilobytes} KB; above {} KB it must be split", file.name, most / 1024))
        } else {
            return None;
        };
        Some(
            Finding::new(&notice::LIST_SIZE, message)
                .level(level)
                .help("show fewer entries with `layout.top`, or part the sections"),
        )
    };
    files.iter().filter_map(told).collect()
}
