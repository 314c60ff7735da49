//! `pomona merge`: joins the recordings of several runs, for a matrix of jobs that share one list.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::report::print_line;
use crate::shard;
use crate::store::{self, Recorder, Recording};

/// Joins the recordings of all files, or of all files in these folders, for `--replay`: into a file, or printed. What is wrong with shards goes to standard error; nothing
/// that was recorded is left out for it.
pub(crate) fn merge(paths: &[PathBuf], file: Option<&Path>, strict: bool, out: &mut dyn Write) -> anyhow::Result<u8> {
    let files = paths.iter().map(|path| store::recordings(path)).collect::<Result<Vec<_>, _>>()?;
    let recordings = files.iter().flatten().map(|file| Recorder::read(file)).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<_> = recordings.iter().filter_map(|of| Some((of.part.clone()?, targets(of)))).collect();
    let merged = shard::merge(recordings.into_iter().map(|recording| recording.looks));
    match file {
        Some(file) => {
            let mut recorder = Recorder::create(file, None)?;
            merged.iter().try_for_each(|look| recorder.keep(look))?;
        }
        None => merged.iter().try_for_each(|look| {
            serde_json::to_writer(&mut *out, look)?;
            out.write_all(b"\n")
        })?,
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
