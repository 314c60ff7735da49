//! Several lists in one run: one that fails stops no other.

use std::io;

/// Whether the reader of our output closed it, as `head` does.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// The lists that failed, in order, with the reason.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    errors: Vec<anyhow::Error>,
}

impl Failures {
    /// The value of one list; its error is kept for the end.
    pub(crate) fn take<T>(&mut self, result: anyhow::Result<T>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }

    /// Whether none failed.
    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// `code` where none failed, else all errors as one.
    pub(crate) fn end(self, code: u8) -> anyhow::Result<u8> {
        let mut errors = self.errors;
        if let Some(closed) = errors.iter().position(is_broken_pipe) {
            return Err(errors.remove(closed));
        }
        match errors.len() {
            0 => Ok(code),
            1 => Err(errors.remove(0)),
            _ => {
                let texts: Vec<String> = errors.iter().map(|error| format!("{error:#}")).collect();
                Err(anyhow::anyhow!(texts.join("\nerror: ")))
            }
        }
    }
}
