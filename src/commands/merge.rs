//! `pomona merge`: joins the recordings of several runs, for a matrix of jobs that share one list.

use std::io::Write;
use std::path::PathBuf;

use crate::shard;
use crate::store::Recorder;

/// Prints the recordings of all files as one, for `--replay`.
pub(crate) fn merge(files: &[PathBuf], out: &mut dyn Write) -> anyhow::Result<u8> {
    let parts = files.iter().map(|file| Recorder::read(file)).collect::<Result<Vec<_>, _>>()?;
    for observation in shard::merge(parts) {
        serde_json::to_writer(&mut *out, &observation).map_err(std::io::Error::from)?;
        out.write_all(b"\n")?;
    }
    Ok(0)
}
