//! `pomona links`: prints every link.

use std::io::Write;

use crate::cli::{self, LinksFormat};
use crate::report;
use crate::run::list::Page;

/// Prints every link of these lists.
pub(crate) fn links(args: &cli::Links, out: &mut dyn Write) -> anyhow::Result<u8> {
    for path in &args.paths {
        let page = Page::open(path)?;
        match args.format {
            LinksFormat::Text => report::links::text(&page.name, &page.document, out)?,
            LinksFormat::Jsonl => report::links::write(&page.name, &page.document, &page.forges, out)?,
        }
    }
    Ok(0)
}
