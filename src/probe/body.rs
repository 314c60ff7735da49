//! Reading the body of a response no further than a limit, which is the one thing that its sender cannot choose.

use tokio::time::{Instant, timeout_at};

/// Reads the beginning of a body: at most `max_bytes`, until `deadline` at most. Returns it, and whether it is the
/// whole body. One that breaks off or cannot be decoded ends there.
pub(super) async fn read_prefix(
    response: &mut reqwest::Response,
    max_bytes: usize,
    deadline: Instant,
) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while body.len() < max_bytes {
        match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                let rest = max_bytes - body.len();
                body.extend_from_slice(chunk.get(..rest).unwrap_or(&chunk));
            }
            Ok(Ok(None)) => return (body, true),
            Ok(Err(_)) | Err(_) => break,
        }
    }
    (body, false)
}

/// Reads a whole body. None where it is longer than `max_bytes`.
pub(super) async fn read_whole(
    response: &mut reqwest::Response,
    max_bytes: usize,
) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > max_bytes {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
