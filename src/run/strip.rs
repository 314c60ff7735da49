//! `pomona strip`: takes everything that Pomona wrote out of an annotated list.

use std::io::Write;

use crate::cli;

/// Strips the lists in these folders.
pub(crate) fn strip(_args: &cli::Strip, _out: &mut dyn Write) -> anyhow::Result<u8> {
    anyhow::bail!("not yet")
}
