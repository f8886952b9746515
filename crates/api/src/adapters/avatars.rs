//! Avatars as files: decoded within limits, encoded anew, named at random.

use std::{
    io::{self, Cursor},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    dice::Dice,
    user::{AvatarError, AvatarPath, AvatarStore},
};
use image::{
    DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder,
    imageops::FilterType,
};
use tokio::{fs, sync::Semaphore};

/// Under which path avatars are served; the directory below UPLOADS_DIR has the same last part.
const PREFIX: &str = "/uploads/avatars/";
/// The directory below UPLOADS_DIR.
pub(crate) const DIRECTORY: &str = "avatars";

/// Pictures that are decoded at once; each may take [`DECODED_BYTES_MAX`] and [`DECODER_BYTES_MAX`].
const DECODED_AT_ONCE: usize = 1;
/// The largest picture after decoding: 4096 × 4096 pixels of 8 bits in four channels.
const DECODED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What a decoder may allocate beside it.
const DECODER_BYTES_MAX: u64 = 96 * 1024 * 1024;
/// How old an unfinished file is that nobody writes any more, also no other server on the same directory.
const LEFTOVER_AGE: Duration = Duration::from_secs(60 * 60);
/// Larger pictures are scaled down: no screen shows an avatar larger.
const STORED_SIDE_PIXELS_MAX: u32 = 1024;
const JPEG_QUALITY: u8 = 85;

/// Keeps avatars in a directory.
pub(crate) struct FileAvatarStore {
    directory: PathBuf,
    side_pixels_max: u32,
    decoding: Arc<Semaphore>,
    dice: Arc<dyn Dice>,
}

impl FileAvatarStore {
    /// A store in `avatars` below `uploads`, for pictures of at most `side_pixels_max`. How many may wait is the caller's
    /// to limit.
    #[must_use]
    pub(crate) fn new(uploads: &Path, side_pixels_max: u32, dice: Arc<dyn Dice>) -> Self {
        Self {
            directory: uploads.join(DIRECTORY),
            side_pixels_max,
            decoding: Arc::new(Semaphore::new(DECODED_AT_ONCE)),
            dice,
        }
    }

    /// Removes what a killed server left unfinished.
    pub(crate) fn sweep(&self) {
        let entries = match std::fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return tracing::warn!(%error, "unfinished pictures were not looked for"),
            Ok(entries) => entries,
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let is_unfinished = name.to_str().and_then(|name| name.strip_prefix('.')).is_some_and(is_name);
            let age = entry.metadata().and_then(|file| file.modified()).map(|modified| modified.elapsed());
            let is_old = age.is_ok_and(|age| age.is_ok_and(|age| age > LEFTOVER_AGE));
            if is_unfinished
                && is_old
                && let Err(error) = std::fs::remove_file(entry.path())
            {
                tracing::warn!(%error, "an unfinished picture was not removed");
            }
        }
    }
}

#[async_trait]
impl AvatarStore for FileAvatarStore {
    async fn store(&self, picture: Vec<u8>) -> Result<AvatarPath, AvatarError> {
        let decoding =
            Arc::clone(&self.decoding).acquire_owned().await.map_err(|error| AvatarError::Storage(error.into()))?;
        let side_pixels_max = self.side_pixels_max;
        let encoded = tokio::task::spawn_blocking(move || {
            let encoded = reencode(&picture, side_pixels_max);
            drop(decoding);
            encoded
        });
        let (bytes, extension) = encoded.await.map_err(|error| AvatarError::Storage(error.into()))??;

        let name = format!("avatar-{:016x}{:016x}.{extension}", self.dice.draw(), self.dice.draw());
        let storage = |error: io::Error| AvatarError::Storage(error.into());
        fs::create_dir_all(&self.directory).await.map_err(storage)?;
        // Written under another name first: a picture is served whole or not at all.
        let unfinished = self.directory.join(format!(".{name}"));
        let written = async {
            fs::write(&unfinished, bytes).await?;
            fs::rename(&unfinished, self.directory.join(&name)).await
        };
        if let Err(error) = written.await {
            // As on a full disk, where a half picture is the last thing to keep.
            let _ = fs::remove_file(&unfinished).await;
            return Err(storage(error));
        }
        Ok(AvatarPath::new(format!("{PREFIX}{name}")))
    }

    async fn remove(&self, avatar: &AvatarPath) {
        let Some(name) = avatar.as_str().strip_prefix(PREFIX).filter(|name| is_name(name)) else { return };
        if let Err(error) = fs::remove_file(self.directory.join(name)).await {
            tracing::warn!(%error, name, "an old avatar was not removed");
        }
    }
}

/// Whether a name is one that this server, or the one that it replaced, gave to an avatar. No other is ever opened.
pub(crate) fn is_name(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    stem.starts_with("avatar-")
        && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && ["jpg", "jpeg", "png", "webp"].contains(&extension)
}

/// Decodes a picture by its content, turns it upright, and encodes it anew: nothing of the upload but its pixels is kept.
fn reencode(picture: &[u8], side_pixels_max: u32) -> Result<(Vec<u8>, &'static str), AvatarError> {
    let mut reader =
        ImageReader::new(Cursor::new(picture)).with_guessed_format().map_err(|_| AvatarError::NotAPicture)?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) {
        return Err(AvatarError::NotAPicture);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(side_pixels_max);
    limits.max_image_height = Some(side_pixels_max);
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    reader.limits(limits);
    // Reads the header only: the dimensions are refused before a pixel is decoded.
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    // The decoder's limits do not count what it decodes into.
    if decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(AvatarError::TooLarge);
    }
    let orientation = decoder.orientation().map_err(|error| refusal(&error))?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    // Before it is turned, which takes as much memory again.
    if image.width() > STORED_SIDE_PIXELS_MAX || image.height() > STORED_SIDE_PIXELS_MAX {
        image = image.resize(STORED_SIDE_PIXELS_MAX, STORED_SIDE_PIXELS_MAX, FilterType::Triangle);
    }
    image.apply_orientation(orientation);
    let mut bytes = Vec::new();
    let written = if image.color().has_alpha() {
        image.to_rgba8().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).map(|()| "png")
    } else {
        image.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)).map(|()| "jpg")
    };
    written.map(|extension| (bytes, extension)).map_err(|error| AvatarError::Storage(error.into()))
}

fn refusal(error: &ImageError) -> AvatarError {
    match error {
        ImageError::Limits(_) => AvatarError::TooLarge,
        _ => AvatarError::NotAPicture,
    }
}

#[cfg(test)]
mod tests;
