//! `pomona links`: prints every link.

use std::io::Write;

use crate::cli::{self, LinksFormat};
use crate::report;
use crate::run::list::List;

/// Prints every link of these lists.
pub fn links(args: &cli::Links, out: &mut dyn Write) -> anyhow::Result<u8> {
    let lists = args.paths.iter().map(|path| List::open(path)).collect::<Result<Vec<_>, _>>()?;
    for list in &lists {
        match args.format {
            LinksFormat::Text => report::links::text(&list.name, &list.text, &list.document, &list.targets, out)?,
            LinksFormat::Jsonl => report::links::jsonl(&list.name, &list.text, &list.document, &list.targets, out)?,
            LinksFormat::Json => {}
        }
    }
    Ok(0)
}
