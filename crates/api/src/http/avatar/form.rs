//! Reading the form around a picture.

use std::time::Duration;

use actix_multipart::Multipart;
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use crate::{config::DISCARDED_BYTES_MAX, error::ApiError};

/// How slowly an upload may come. A phone with a bad connection needs its time; who sends nothing, or next to nothing,
/// must not hold a place meanwhile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// How long any upload may take.
    pub(super) patience: Duration,
    /// One second more for every so many bytes.
    pub(super) rate_min: u32,
}

impl Pace {
    /// Until when an upload must be whole of which so many bytes have arrived.
    fn deadline(self, begun: Instant, arrived: usize) -> Instant {
        let arrived = u32::try_from(arrived).unwrap_or(u32::MAX);
        let earned = Duration::from_secs(1).saturating_mul(arrived) / self.rate_min.max(1);
        begun + self.patience + earned
    }
}

/// The bytes of the member `avatar`. Others are read and thrown away, all of them together within a limit.
pub(super) async fn read_picture(mut form: Multipart, bytes_max: usize, pace: Pace) -> Result<Vec<u8>, ApiError> {
    let begun = Instant::now();
    let mut picture = None;
    let mut arrived: usize = 0;
    // What is thrown away earns no time.
    let deadline = |arrived: usize| pace.deadline(begun, arrived.min(bytes_max));
    while let Some(member) =
        timeout_at(deadline(arrived), form.next()).await.map_err(|_| ApiError::incomplete_body())?
    {
        let mut member = member.map_err(|_| ApiError::incomplete_body())?;
        let is_avatar = member.name() == Some("avatar") && picture.is_none();
        let mut bytes = Vec::new();
        while let Some(chunk) =
            timeout_at(deadline(arrived), member.next()).await.map_err(|_| ApiError::incomplete_body())?
        {
            let chunk = chunk.map_err(|_| ApiError::incomplete_body())?;
            arrived = arrived.saturating_add(chunk.len());
            if arrived > DISCARDED_BYTES_MAX {
                return Err(ApiError::body_too_large());
            }
            if is_avatar && bytes.len() <= bytes_max {
                bytes.extend_from_slice(&chunk);
            }
        }
        if is_avatar {
            picture = Some(bytes);
        }
    }
    match picture {
        Some(picture) if picture.len() > bytes_max => Err(ApiError::body_too_large()),
        Some(picture) => Ok(picture),
        None => Err(ApiError::no_file()),
    }
}

#[cfg(test)]
mod tests;
