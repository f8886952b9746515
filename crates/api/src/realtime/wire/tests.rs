use std::{
    io::{ErrorKind, Read as _},
    net::{TcpListener, TcpStream},
};

use super::*;

/// A wire and the client that it leads to.
fn pair(waiting_max: usize) -> (Arc<Wire>, TcpStream) {
    let (accepted, client) = connection();
    let wire = Wire::new(waiting_max, Handle::current());
    wire.open(accepted);
    (wire, client)
}

fn connection() -> (tokio::net::TcpStream, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (accepted, _) = listener.accept().unwrap();
    accepted.set_nonblocking(true).unwrap();
    (tokio::net::TcpStream::from_std(accepted).unwrap(), client)
}

fn bytes(length: usize) -> Bytes {
    Bytes::from(vec![7; length])
}

/// Sends until the socket takes no more, so that what follows waits.
fn fill(wire: &Arc<Wire>) -> usize {
    let mut sent = 0;
    while wire.lock().waiting.is_empty() {
        wire.send(bytes(100_000)).unwrap();
        sent += 100_000;
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_before_the_handshake_is_answered() {
    let (accepted, mut client) = connection();
    let wire = Wire::new(1_000, Handle::current());
    wire.send(Bytes::from_static(b"first")).unwrap();
    wire.send(Bytes::from_static(b"second")).unwrap();
    client.set_nonblocking(true).unwrap();
    assert_eq!(client.read(&mut [0; 20]).unwrap_err().kind(), ErrorKind::WouldBlock);
    wire.open(accepted);
    client.set_nonblocking(false).unwrap();
    let mut read = [0; 11];
    client.read_exact(&mut read).unwrap();
    assert_eq!(&read, b"firstsecond");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_socket_does_not_take_waits_within_the_limit_and_arrives_whole() {
    let (wire, mut client) = pair(1_000);
    let mut sent = fill(&wire);
    // Behind the message that is being written there is room for one of any size, and then for so many bytes.
    wire.send(bytes(50_000)).unwrap();
    sent += 50_000;
    assert_eq!(wire.send(bytes(1)), Err(Overflow));
    let reading = tokio::task::spawn_blocking(move || {
        let mut read = Vec::new();
        client.read_to_end(&mut read).unwrap();
        read
    });
    // The task that waits for the socket is done when nothing waits any more.
    while !wire.lock().waiting.is_empty() {
        tokio::task::yield_now().await;
    }
    wire.send(bytes(3)).unwrap();
    wire.close(1000);
    wire.over().await;
    let read = reading.await.unwrap();
    assert_eq!(read.len(), sent + 3 + 4, "and the close frame");
    assert_eq!(&read[read.len() - 4..], [0x88, 2, 0x03, 0xe8]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pongs_of_a_client_that_does_not_read_do_not_pile_up() {
    let (wire, _client) = pair(1_000);
    fill(&wire);
    for _ in 0..10_000 {
        wire.pong(bytes(10));
    }
    let state = wire.lock();
    assert!(state.waiting.len() == 1 && state.pong.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_that_is_cut_takes_everything_and_sends_nothing() {
    let (wire, mut client) = pair(1_000);
    fill(&wire);
    wire.cut();
    wire.over().await;
    assert_eq!(wire.send(bytes(5)), Ok(()));
    assert!(wire.lock().waiting.is_empty());
    // Its end is read, after what was on the way.
    let mut read = Vec::new();
    let _ = client.read_to_end(&mut read);
}
