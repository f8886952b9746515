use actix_web::{
    error::PayloadError,
    http::header::{CONTENT_TYPE, HeaderMap, HeaderValue},
    web::Bytes,
};
use futures_util::{future::pending, stream};
use tokio::time::timeout;

use super::*;

const PACE: Pace = Pace { patience: Duration::from_secs(15), rate_min: 1_000 };

/// A form with a picture that comes in so many pieces of so many bytes, one every so many seconds.
fn form(pieces: usize, bytes: usize, seconds: u64) -> Multipart {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=b"));
    let head = Bytes::from("--b\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"x\"\r\n\r\n");
    let tail = Bytes::from("\r\n--b--\r\n");
    let body = std::iter::repeat_n(Bytes::from(vec![7; bytes]), pieces);
    let body = [head].into_iter().chain(body).chain([tail]);
    let coming = stream::unfold(body, move |mut body| async move {
        let piece = body.next()?;
        // The clock of these tests is paused: it jumps, nobody waits.
        let _ = timeout(Duration::from_secs(seconds), pending::<()>()).await;
        Some((Ok::<_, PayloadError>(piece), body))
    });
    Multipart::new(&headers, Box::pin(coming.fuse()))
}

async fn check(pieces: usize, bytes: usize, seconds: u64, expected: Result<usize, &str>) {
    let read = read_picture(form(pieces, bytes, seconds), 1_000_000, PACE).await;
    let read = read.map(|picture| picture.len()).map_err(|error| error.to_string());
    assert_eq!(read, expected.map_err(str::to_owned), "{pieces} pieces of {bytes} bytes, one every {seconds} s");
}

#[tokio::test(start_paused = true)]
async fn an_upload_may_be_slow_but_not_slower_than_its_rate() {
    check(100, 10_000, 5, Ok(1_000_000)).await;
    check(100, 1_100, 1, Ok(110_000)).await;
    check(100, 100, 1, Err("incomplete_body")).await;
    check(2, 10, 20, Err("incomplete_body")).await;
    check(101, 10_000, 5, Err("body_too_large")).await;
}
