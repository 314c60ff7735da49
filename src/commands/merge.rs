//! `pomona merge`: joins the recordings of several runs, for a matrix of jobs that share one list.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use crate::report::print_line;
use crate::shard;
use crate::store::{Recorder, Recording};

/// Prints the recordings of all files as one, for `--replay`. What is wrong with shards goes to standard error; nothing
/// that was recorded is left out for it.
pub(crate) fn merge(files: &[PathBuf], strict: bool, out: &mut dyn Write) -> anyhow::Result<u8> {
    let recordings = files.iter().map(|file| Recorder::read(file)).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<_> = recordings.iter().filter_map(|of| Some((of.part.clone()?, targets(of)))).collect();
    for observation in shard::merge(recordings.into_iter().map(|recording| recording.looks)) {
        serde_json::to_writer(&mut *out, &observation).map_err(std::io::Error::from)?;
        out.write_all(b"\n")?;
    }
    let doubts = shard::doubts(&parts);
    for doubt in &doubts {
        print_line(&format!("warning: {doubt}"));
    }
    Ok(u8::from(strict && !doubts.is_empty()))
}

/// How many targets a recording has.
fn targets(recording: &Recording) -> usize {
    recording.looks.iter().map(|look| &look.target).collect::<BTreeSet<_>>().len()
}
