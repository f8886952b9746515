//! How HTTP connections are accepted, and how one is handed over that becomes a websocket.
//!
//! A GET with `Upgrade: websocket` is answered by the same application as all other requests, with a service of `actix-http` of
//! its own. When the answer carries a `Handover`, its head is written and the connection is given away:
//! the library keeps nothing of it, neither buffers nor a word in what is read and written
//! (docs/adr/0011-websockets-leave-the-http-library.md).

use std::{fmt, io, net, pin::Pin, rc::Rc, time::Duration};

use actix_codec::{Encoder as _, Framed, FramedParts};
use actix_http::{
    ConnectionType, HttpMessage as _, HttpService, Method, Request, Response, StatusCode,
    body::{BodySize, BoxBody, MessageBody, to_bytes_limited},
    h1::{Codec, Message},
};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_factory, fn_service, map_config,
};
use actix_web::{
    dev::{AppConfig, Server},
    rt::net::TcpStream,
};
use bytes::{Bytes, BytesMut};
use tokio::{io::AsyncWriteExt as _, time::timeout};

use crate::os;

/// How long a client may take to end a connection that the server has closed.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// The most bytes that are still read from a connection that the server has closed.
const LINGER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most bytes of an answer to a request that asked for an upgrade in vain: every refusal is smaller.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How long a client may take to read the answer to a request that asks for an upgrade.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// What connections are held to.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// Threads that answer requests.
    pub workers: usize,
    /// Connections of all workers together.
    pub connections: usize,
    /// How long a connection may wait for its next request.
    pub keep_alive: Duration,
    /// How long the head of a request may take.
    pub head_timeout: Duration,
    /// How long a client may leave unacknowledged what was sent to it; `None`: as long as the system allows.
    pub user_timeout: Option<Duration>,
    /// How long requests may take that are in work when the server stops.
    pub shutdown_timeout: Duration,
}

/// What an answer may carry: what becomes of the connection after its head is written. It gets the connection and what was
/// read from it already. When the head cannot be written it is dropped without being called.
pub(crate) struct Handover(Box<dyn FnOnce(TcpStream, Vec<u8>) -> Serving>);

/// The rest of a connection's life.
type Serving = Pin<Box<dyn Future<Output = ()>>>;

impl Handover {
    /// Hands the connection to `serve`.
    pub(crate) fn to<F>(serve: impl FnOnce(TcpStream, Vec<u8>) -> F + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        Self(Box::new(|stream, read| Box::pin(serve(stream, read))))
    }
}

/// A server of an application; it answers when it is polled. It does not listen for signals.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve<I, S, B>(
    listener: net::TcpListener,
    limits: &ConnectionLimits,
    application: impl Fn() -> I + Send + Clone + 'static,
) -> io::Result<Server>
where
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
{
    let address = listener.local_addr()?;
    let builder = Server::build()
        .workers(limits.workers)
        .max_concurrent_connections(limits.connections.div_ceil(limits.workers.max(1)))
        .shutdown_timeout(limits.shutdown_timeout.as_secs())
        .disable_signals();
    let (limits, stopping) = (limits.clone(), builder.graceful_shutdown_signal());
    let server = builder.listen("http", listener, move || {
        let (stopping, patience) = (stopping.clone(), limits.user_timeout);
        let in_app = || {
            let factory = application().into_factory().map_err(|error: S::Error| error.into().error_response());
            map_config(factory, |()| AppConfig::default())
        };
        let upgrades = in_app();
        HttpService::build()
            // Idle connections end when the server stops, like those of actix-web's own server.
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(limits.keep_alive)
            .client_request_timeout(limits.head_timeout)
            .client_disconnect_timeout(LINGER)
            .local_addr(address)
            // What a quiet room says goes out at once, whatever the client has acknowledged.
            .tcp_nodelay(true)
            .on_connect_ext(move |connection: &TcpStream, _| {
                if let Some(patience) = patience {
                    os::limit_silence(connection, patience);
                }
            })
            .upgrade(fn_factory(move || {
                let service = upgrades.new_service(());
                async move {
                    let service = Rc::new(service.await?);
                    Ok::<_, S::InitError>(fn_service(move |(request, framed)| {
                        let service = Rc::clone(&service);
                        async move {
                            // In a box: what an answer takes is not kept for as long as a websocket lives.
                            let serving = Box::pin(answer(&*service, request, framed)).await;
                            if let Some(serving) = serving {
                                serving.await;
                            }
                            Ok::<(), actix_http::Error>(())
                        }
                    }))
                }
            }))
            .finish(in_app())
            .tcp()
    })?;
    Ok(server.run())
}

/// Marks a request whose connection can be handed over. Others that ask for an upgrade, in a spelling that the library does
/// not take, cannot.
pub(crate) struct Upgradable;

/// Answers a request that asks for an upgrade, and ends its connection or hands it over.
async fn answer<S, B>(service: &S, request: Request, framed: Framed<TcpStream, Codec>) -> Option<Serving>
where
    S: Service<Request>,
    S::Response: Into<Response<B>>,
    S::Error: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
{
    let mut response = if *request.method() == Method::GET {
        request.extensions_mut().insert(Upgradable);
        match service.call(request).await {
            Ok(response) => response.into().map_into_boxed_body(),
            Err(error) => error.into(),
        }
    } else {
        // Where the body ends, such a request does not say.
        Response::bad_request().map_into_boxed_body()
    };
    let FramedParts { io: mut stream, mut codec, read_buf, write_buf: mut unwritten, .. } = framed.into_parts();
    let handover = response.extensions_mut().remove::<Handover>();
    // Behind answers to earlier requests that were not written yet.
    match handover {
        Some(_) => write(&mut codec, &mut unwritten, response.drop_body(), None)?,
        None => {
            let (head, body) = response.into_parts();
            let (mut head, body) = match to_bytes_limited(body, ANSWER_BYTES_MAX).await {
                Ok(body) => (head, body.ok()?),
                // Whoever wants a large file asks for it plainly.
                Err(_) => (Response::new(StatusCode::BAD_REQUEST).drop_body(), Bytes::new()),
            };
            head.head_mut().set_connection_type(ConnectionType::Close);
            write(&mut codec, &mut unwritten, head, Some(body))?;
        }
    }
    timeout(ANSWER_TIMEOUT, stream.write_all(&unwritten)).await.ok()?.ok()?;
    if let Some(Handover(hand_over)) = handover {
        return Some(hand_over(stream, read_buf.to_vec()));
    }
    stream.shutdown().await.ok()?;
    linger(&stream).await;
    None
}

/// Writes an answer into `into`.
fn write(codec: &mut Codec, into: &mut BytesMut, head: Response<()>, body: Option<Bytes>) -> Option<()> {
    let size =
        body.as_ref().map_or(BodySize::None, |body| BodySize::Sized(u64::try_from(body.len()).unwrap_or(u64::MAX)));
    codec.encode(Message::Item((head, size)), into).ok()?;
    codec.encode(Message::Chunk(body), into).ok()?;
    codec.encode(Message::Chunk(None), into).ok()
}

/// Reads what the client still sends, so that its end of the connection closes without an error.
pub(crate) async fn linger(stream: &TcpStream) {
    let reading = async {
        let mut bytes = 0_usize;
        while bytes < LINGER_BYTES_MAX
            && let Some(read) = read(stream).await
        {
            bytes = bytes.saturating_add(read.len());
        }
    };
    // Whoever takes longer is cut off.
    let _ = timeout(LINGER, reading).await;
}

/// What has arrived, as soon as there is something; `None` at the end of the stream. No room is kept while nothing arrives.
pub(crate) async fn read(stream: &TcpStream) -> Option<Vec<u8>> {
    // Whoever sends without an end lets others have their turn.
    tokio::task::coop::consume_budget().await;
    loop {
        stream.readable().await.ok()?;
        match read_now(stream) {
            Ok(read) if read.is_empty() => return None,
            Ok(read) => return Some(read),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return None,
        }
    }
}

fn read_now(stream: &TcpStream) -> io::Result<Vec<u8>> {
    /// The most bytes that are read at once.
    const READ_BYTES: usize = 8 * 1024;

    let mut read = [0; READ_BYTES];
    let length = stream.try_read(&mut read)?;
    Ok(read.get(..length).unwrap_or_default().to_vec())
}
