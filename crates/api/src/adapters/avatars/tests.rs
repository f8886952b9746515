use image::{GenericImageView as _, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn opaque(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_pixel(width, height, Rgb([200, 30, 30])).into()
}

#[test]
fn pictures_of_three_formats_are_encoded_anew() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let upload = encoded(&opaque(30, 20), format);
        let (bytes, extension) = reencode(&upload, 4096).unwrap();
        assert_eq!((image::load_from_memory(&bytes).unwrap().dimensions(), extension), ((30, 20), "jpg"), "{format:?}");
        assert_ne!(bytes, upload);
    }
    let transparent = DynamicImage::from(RgbaImage::from_pixel(8, 8, Rgba([1, 2, 3, 0])));
    let (bytes, extension) = reencode(&encoded(&transparent, ImageFormat::Png), 4096).unwrap();
    assert_eq!(extension, "png");
    assert_eq!(image::load_from_memory(&bytes).unwrap().get_pixel(0, 0).0, [1, 2, 3, 0]);
}

#[test]
fn nothing_but_pixels_is_kept() {
    let mut polyglot = encoded(&opaque(10, 10), ImageFormat::Jpeg);
    polyglot.extend_from_slice(b"<script>alert(1)</script>");
    let (bytes, _) = reencode(&polyglot, 4096).unwrap();
    assert!(!bytes.windows(8).any(|window| window == b"<script>"));
}

#[test]
fn large_pictures_are_scaled_down() {
    let (bytes, _) = reencode(&encoded(&opaque(2048, 512), ImageFormat::Png), 4096).unwrap();
    assert_eq!(image::load_from_memory(&bytes).unwrap().dimensions(), (1024, 256));
}

#[test]
fn too_many_pixels_are_refused_by_the_header_alone() {
    assert!(matches!(reencode(&claiming([0, 0, 0xc3, 0x50], 8, 2), 4096), Err(AvatarError::TooLarge)));
    let wide = encoded(&opaque(100, 10), ImageFormat::Jpeg);
    assert!(matches!(reencode(&wide, 99), Err(AvatarError::TooLarge)));
}

#[test]
fn too_many_bytes_are_refused_by_the_header_alone() {
    // 4096 × 4096 pixels of four channels: of 8 bits they are tried, of 16 bits they are too much.
    let side = [0, 0, 0x10, 0];
    assert!(matches!(reencode(&claiming(side, 8, 6), 4096), Err(AvatarError::NotAPicture)));
    assert!(matches!(reencode(&claiming(side, 16, 6), 4096), Err(AvatarError::TooLarge)));
}

/// A PNG that claims a square of this side, this depth and this type of colour, with hardly a pixel behind it.
fn claiming(side: [u8; 4], depth: u8, colour: u8) -> Vec<u8> {
    let mut bomb = encoded(&opaque(10, 10), ImageFormat::Png);
    bomb[16..20].copy_from_slice(&side);
    bomb[20..24].copy_from_slice(&side);
    (bomb[24], bomb[25]) = (depth, colour);
    let crc = crc32(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&crc);
    bomb
}

#[test]
fn pictures_are_turned_upright() {
    let upload = encoded(&opaque(2048, 512), ImageFormat::Jpeg);
    // An Exif segment that says: turn me by a quarter.
    let exif = b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let turned = [&upload[..2], exif.as_slice(), &upload[2..]].concat();
    let (bytes, _) = reencode(&turned, 4096).unwrap();
    assert_eq!(image::load_from_memory(&bytes).unwrap().dimensions(), (256, 1024));
}

#[test]
fn the_largest_pictures_are_taken() {
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let large = DynamicImage::from(RgbaImage::new(4096, 4096));
        let (bytes, _) = reencode(&encoded(&large, format), 4096).unwrap();
        assert_eq!(image::load_from_memory(&bytes).unwrap().dimensions(), (1024, 1024), "{format:?}");
    }
}

/// The checksum of a PNG chunk.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[test]
fn what_is_no_picture_is_refused() {
    let truncated = &encoded(&opaque(64, 64), ImageFormat::Png)[..60];
    for upload in [
        b"".as_slice(),
        b"GIF89a..........",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"\xff\xd8\xff",
        truncated,
    ] {
        assert!(matches!(reencode(upload, 4096), Err(AvatarError::NotAPicture)));
    }
}

#[test]
fn only_names_that_the_server_gave_are_opened() {
    for name in ["avatar-00ff.jpg", "avatar-1795415920512-565432512.png", "avatar-a.webp", "avatar-a.jpeg"] {
        assert!(is_name(name), "{name}");
    }
    for name in [
        "",
        "avatar-",
        ".avatar-a.jpg",
        "avatar-a.jpg.exe",
        "avatar-../a.jpg",
        "avatar-a/b.jpg",
        "a.jpg",
        "avatar-a.svg",
        "avatar-a\0.jpg",
        "avatar-%2e.jpg",
    ] {
        assert!(!is_name(name), "{name:?}");
    }
}

#[tokio::test]
async fn a_stored_picture_can_be_removed_and_no_other_file() {
    let uploads = tempfile::tempdir().unwrap();
    let store = FileAvatarStore::new(uploads.path(), 4096, Arc::new(crate::adapters::OsDice));
    let avatar = store.store(encoded(&opaque(10, 10), ImageFormat::Png)).await.unwrap();
    let file = uploads.path().join(avatar.as_str().strip_prefix("/uploads/").unwrap());
    assert!(file.is_file());
    let other = uploads.path().join("avatars/other.txt");
    std::fs::write(&other, "keep").unwrap();
    for path in ["/uploads/avatars/other.txt", "/uploads/avatars/../avatars/other.txt", "/etc/passwd"] {
        store.remove(&AvatarPath::new(path.to_owned())).await;
    }
    store.remove(&avatar).await;
    assert!(!file.exists() && other.exists());
}

#[test]
fn what_a_killed_server_left_is_swept_and_nothing_else() {
    let uploads = tempfile::tempdir().unwrap();
    let store = FileAvatarStore::new(uploads.path(), 4096, Arc::new(crate::adapters::OsDice));
    store.sweep();
    let directory = uploads.path().join(DIRECTORY);
    std::fs::create_dir(&directory).unwrap();
    let long_ago = std::time::SystemTime::now() - LEFTOVER_AGE * 2;
    for name in [".avatar-01.jpg", "avatar-02.jpg", ".keep", ".avatar-03.txt"] {
        std::fs::File::create(directory.join(name)).unwrap().set_modified(long_ago).unwrap();
    }
    std::fs::write(directory.join(".avatar-04.jpg"), "being written").unwrap();
    store.sweep();
    let mut left: Vec<_> =
        std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, [".avatar-03.txt", ".avatar-04.jpg", ".keep", "avatar-02.jpg"]);
}
