//! Avatars as files: decoded within limits, encoded anew, named at random.

use std::{io::Cursor, path::PathBuf, sync::Arc};

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

/// Pictures that are decoded at once; each may take [`DECODER_BYTES_MAX`].
const DECODED_AT_ONCE: usize = 1;
/// What decoding one picture may allocate: the largest picture at 16 bits a channel.
const DECODER_BYTES_MAX: u64 = 160 * 1024 * 1024;
/// Larger pictures are scaled down: no screen shows an avatar larger.
const STORED_SIDE_PIXELS_MAX: u32 = 1024;
const JPEG_QUALITY: u8 = 85;

/// Keeps avatars in a directory.
pub(crate) struct FileAvatarStore {
    directory: PathBuf,
    side_pixels_max: u32,
    decoding: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    dice: Arc<dyn Dice>,
}

impl FileAvatarStore {
    /// A store in `avatars` below `uploads`, for pictures of at most `side_pixels_max`, with a queue of `at_once`.
    #[must_use]
    pub(crate) fn new(uploads: &std::path::Path, side_pixels_max: u32, at_once: usize, dice: Arc<dyn Dice>) -> Self {
        Self {
            directory: uploads.join(DIRECTORY),
            side_pixels_max,
            decoding: Arc::new(Semaphore::new(DECODED_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(at_once)),
            dice,
        }
    }
}

#[async_trait]
impl AvatarStore for FileAvatarStore {
    async fn store(&self, picture: Vec<u8>) -> Result<AvatarPath, AvatarError> {
        let _waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| AvatarError::Busy)?;
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
        let storage = |error: std::io::Error| AvatarError::Storage(error.into());
        fs::create_dir_all(&self.directory).await.map_err(storage)?;
        // Written under another name first: a picture is served whole or not at all.
        let unfinished = self.directory.join(format!(".{name}"));
        fs::write(&unfinished, bytes).await.map_err(storage)?;
        fs::rename(&unfinished, self.directory.join(&name)).await.map_err(storage)?;
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
    let orientation = decoder.orientation().map_err(|error| refusal(&error))?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    image.apply_orientation(orientation);
    if image.width() > STORED_SIDE_PIXELS_MAX || image.height() > STORED_SIDE_PIXELS_MAX {
        image = image.resize(STORED_SIDE_PIXELS_MAX, STORED_SIDE_PIXELS_MAX, FilterType::Triangle);
    }
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
