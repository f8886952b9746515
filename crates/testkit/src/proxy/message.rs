//! Messages of PostgreSQL's protocol.

use std::{collections::HashSet, io};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What follows the length of a message; the length counts itself.
pub(super) async fn body(from: &mut (impl AsyncRead + Unpin), length: u32) -> io::Result<Vec<u8>> {
    let mut body = vec![0; usize::try_from(length).map_err(io::Error::other)?.saturating_sub(4)];
    from.read_exact(&mut body).await?;
    Ok(body)
}

/// A message in one piece, so that it leaves as one packet.
pub(super) fn message_of(kind: u8, length: u32, body: &[u8]) -> Vec<u8> {
    [&[kind], length.to_be_bytes().as_slice(), body].concat()
}

/// Whether a message runs a COMMIT, as it is or by one of the names that it was prepared under.
pub(super) fn is_commit(kind: u8, body: &[u8], prepared: &mut HashSet<Vec<u8>>) -> bool {
    let mut words = body.split(|byte| *byte == 0);
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match kind {
        b'Q' => first == b"COMMIT",
        // Parse: the statement's name and text.
        b'P' => {
            if second == b"COMMIT" {
                prepared.insert(first.to_vec());
            }
            false
        }
        // Bind: the portal's name and the statement's.
        b'B' => prepared.contains(second),
        _ => false,
    }
}
