//! `pomona links`: prints every link.

use std::io::Write;

use crate::cli::{self, LinksFormat};
use crate::commands::list_folder::SourceFile;
use crate::markdown::Document;
use crate::report;

/// Prints every link of these lists.
pub(crate) fn links(args: &cli::Links, out: &mut dyn Write) -> anyhow::Result<u8> {
    for path in &args.paths {
        let page = SourceFile::open(path)?;
        match args.format {
            LinksFormat::Text => {
                let document = Document::parse_with(&page.text, &page.forges);
                report::links::text(&page.name, &page.text, &document, out)?;
            }
            LinksFormat::Jsonl => report::links::write(&page.name, &page.text, &page.forges, out)?,
        }
    }
    Ok(0)
}
