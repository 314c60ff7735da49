//! `pomona links`: prints every link.

use std::io::Write;
use std::path::PathBuf;

use crate::commands::list_folder::{SourceFile, expanded};
use crate::markdown::Document;
use crate::report::{self, LinksFormat};
use crate::settings::Overrides;

/// Prints every link of these lists.
pub(crate) fn links(paths: &[PathBuf], format: LinksFormat, out: &mut dyn Write) -> anyhow::Result<u8> {
    for path in &expanded(paths)? {
        for page in SourceFile::open(path, &Overrides::default())? {
            match format {
                LinksFormat::Text => {
                    let document = Document::parse_with(&page.text, &page.forges);
                    report::links::text(&page.name, &page.text, &document, out)?;
                }
                LinksFormat::Jsonl => report::links::write(&page.name, &page.text, &page.forges, out)?,
            }
        }
    }
    Ok(0)
}
