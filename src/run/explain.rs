//! `pomona explain`: why an entry has its rank, marks and verdict.

use std::io::Write;

use crate::cli;
use crate::settings::Door;

/// Explains an entry or a section of a list.
pub(crate) fn explain(_args: &cli::Explain, _door: &Door, _out: &mut dyn Write) -> anyhow::Result<u8> {
    anyhow::bail!("not yet")
}
