//! `chatme health`: for containers, which have no other program to ask with.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::Failure;
use crate::config::Settings;

const PATIENCE: Duration = Duration::from_secs(4);
/// More than the status line has.
const ANSWER_BYTES_MAX: u64 = 1_024;

/// Asks `/health/ready` of the server that listens where the settings say.
pub(super) async fn ask(settings: &Settings) -> Result<(), Failure> {
    let host = if settings.host.is_unspecified() { [127, 0, 0, 1].into() } else { settings.host };
    let address = SocketAddr::new(host, settings.port);
    let answer = timeout(PATIENCE, status_line(address)).await.map_err(io::Error::from)??;
    if answer.starts_with("HTTP/1.1 200 ") { Ok(()) } else { Err(Failure::Refused(format!("not ready: {answer}"))) }
}

async fn status_line(address: SocketAddr) -> io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    let request = format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    connection.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
    let text = String::from_utf8_lossy(&answer);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
