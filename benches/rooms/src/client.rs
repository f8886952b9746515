//! One client: the handshake over a plain socket, then frames. Nothing is allocated for a frame that is received.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
};

use tokio::{
    io::{AsyncRead as _, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::spawn_local,
};

use crate::{
    Result,
    frames::{self, Frame},
    room::Room,
};

/// What one read takes at most: many broadcasts of a server that gathers them.
pub(crate) const READ_BYTES: usize = 64 * 1024;

/// The writing side of a client.
pub(crate) struct Client {
    write: OwnedWriteHalf,
    /// What the socket has not taken yet.
    waiting: RefCell<Vec<u8>>,
    is_writing: Cell<bool>,
}

/// The reading side, with what came of a frame that is not complete yet.
struct Reader {
    read: OwnedReadHalf,
    begun: Vec<u8>,
}

impl Client {
    /// Opens a websocket and joins the root namespace, with a token if there is one. From then on a task reads.
    pub(crate) async fn connect(room: &Rc<Room>, server: SocketAddr, token: Option<&str>) -> Result<Rc<Self>> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let (read, mut write) = stream.into_split();
        let mut reader = Reader { read, begun: Vec::new() };
        let request = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        write.write_all(request.as_bytes()).await?;
        reader.head().await?;
        reader.expect(b"0", &mut write).await?;
        let connect = token.map_or_else(|| "40".to_owned(), |token| format!("40{{\"token\":\"{token}\"}}"));
        write.write_all(&frames::text(&connect)).await?;
        reader.expect(b"40", &mut write).await?;
        let client = Rc::new(Self { write, waiting: RefCell::default(), is_writing: Cell::new(false) });
        spawn_local(reader.run(Rc::clone(&client), Rc::clone(room)));
        Ok(client)
    }

    /// Sends a packet now, as far as the socket takes it; a task sends the rest.
    pub(crate) fn send(self: &Rc<Self>, packet: &str) {
        let frame = frames::text(packet);
        let sent = if self.is_writing.get() { 0 } else { self.write.try_write(&frame).unwrap_or(0) };
        if sent < frame.len() {
            self.waiting.borrow_mut().extend_from_slice(frame.get(sent..).unwrap_or_default());
            if !self.is_writing.replace(true) {
                spawn_local(Rc::clone(self).write_rest());
            }
        }
    }

    async fn write_rest(self: Rc<Self>) {
        while !self.waiting.borrow().is_empty() && self.write.writable().await.is_ok() {
            let mut waiting = self.waiting.borrow_mut();
            match self.write.try_write(&waiting) {
                Ok(sent) => drop(waiting.drain(..sent)),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                // The reader notices, and counts it.
                Err(_) => break,
            }
        }
        self.is_writing.set(false);
    }
}

impl Reader {
    /// Reads the answer to the handshake.
    async fn head(&mut self) -> Result<()> {
        loop {
            if let Some(end) = self.begun.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head: Vec<u8> = self.begun.drain(..end + 4).collect();
                let is_open = head.starts_with(b"HTTP/1.1 101 ");
                return if is_open { Ok(()) } else { Err(String::from_utf8_lossy(&head).into()) };
            }
            self.more().await?;
        }
    }

    /// Reads a frame that begins so. A ping may come first: socketioxide sends one at once.
    async fn expect(&mut self, start: &[u8], write: &mut OwnedWriteHalf) -> Result<()> {
        loop {
            let Some((frame, end)) = frames::next(&self.begun) else {
                self.more().await?;
                continue;
            };
            let (is_wanted, is_ping) = (frame.payload.starts_with(start), frame.payload == b"2");
            if !is_wanted && !is_ping {
                return Err(format!("not connected: {}", String::from_utf8_lossy(frame.payload)).into());
            }
            self.begun.drain(..end);
            if is_wanted {
                return Ok(());
            }
            write.write_all(&frames::text("3")).await?;
        }
    }

    async fn more(&mut self) -> Result<()> {
        let mut bytes = [0; 1_024];
        let length = self.read.read(&mut bytes).await?;
        self.begun.extend_from_slice(bytes.get(..length).unwrap_or_default());
        if length == 0 { Err("the server closed the connection at its beginning".into()) } else { Ok(()) }
    }

    /// Reads until the end, which is a cut unless the room is being left.
    async fn run(mut self, client: Rc<Client>, room: Rc<Room>) {
        let begun = std::mem::take(&mut self.begun);
        self.take(&begun, &client, &room);
        loop {
            let is_going_on = poll_fn(|context| {
                // One buffer for all: nothing of it is kept from one read to the next.
                let mut shared = room.buffer.borrow_mut();
                let mut buffer = ReadBuf::new(&mut shared);
                let polled = Pin::new(&mut self.read).poll_read(context, &mut buffer);
                polled.map(|read| {
                    let bytes = buffer.filled();
                    read.is_ok() && !bytes.is_empty() && self.take(bytes, &client, &room)
                })
            });
            if !is_going_on.await {
                return room.ended();
            }
        }
    }

    /// Takes what has come; whether the conversation goes on.
    fn take(&mut self, bytes: &[u8], client: &Rc<Client>, room: &Room) -> bool {
        room.arrived();
        if self.begun.is_empty() {
            let (rest, is_going_on) = take_frames(bytes, client, room);
            self.begun.extend_from_slice(rest);
            return is_going_on;
        }
        self.begun.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.begun);
        let (rest, is_going_on) = take_frames(&all, client, room);
        self.begun.extend_from_slice(rest);
        is_going_on
    }
}

/// Takes all complete frames; answers the rest, and whether the conversation goes on.
fn take_frames<'a>(mut bytes: &'a [u8], client: &Rc<Client>, room: &Room) -> (&'a [u8], bool) {
    while let Some((Frame { opcode, payload }, end)) = frames::next(bytes) {
        bytes = bytes.get(end..).unwrap_or_default();
        match (opcode, payload) {
            (1, [b'4', b'2', ..]) => room.event(payload),
            (1, [b'4', b'3', answer @ ..]) => room.acknowledged(client, answer),
            (1, b"2") => client.send("3"),
            // The end, of the namespace, of the engine, of the websocket.
            (1, [b'4', b'1', ..] | b"1") | (8, _) => return (bytes, false),
            _ => {}
        }
    }
    (bytes, true)
}
