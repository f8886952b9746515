//! Every limit and every time of the protocol, each with its default.

use std::time::Duration;

/// How often the server pings.
pub const PING_INTERVAL: Duration = Duration::from_secs(25);
/// How long a client may take to answer a ping.
pub const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a probing websocket may take to finish the upgrade.
pub const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a session may live without having joined a namespace.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a binary packet may wait for its attachments.
pub const ATTACHMENTS_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a client may take to acknowledge an event of the server.
pub const ACK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a poll between probe and upgrade is held, so that it can learn of an upgrade that is on its way.
pub const UPGRADE_HOLD: Duration = Duration::from_millis(80);
/// How long the push that closes a session waits for a poll sent at the same time.
pub const CLOSE_HOLD: Duration = Duration::from_millis(50);
/// How long a session closed by the server waits for a poll that fetches its last packets.
pub const CLOSE_LINGER: Duration = Duration::from_secs(5);

/// The longest message or polling body, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 1_000_000;
/// The same while no namespace is joined, and the longest that is not a large gift.
pub const SMALL_MESSAGE_BYTES_MAX: usize = 65_536;
/// The most packets in the body of a push.
pub const PAYLOAD_PACKETS_MAX: usize = 64;
/// The most packets in the answer of a poll: python-engineio drops the connection at more.
pub const ANSWER_PACKETS_MAX: usize = 16;
/// The most bytes in the answer of a poll that has more than one packet.
pub const ANSWER_BYTES_MAX: usize = 262_144;
/// The most attachments of a packet: the JavaScript parser refuses more.
pub const ATTACHMENTS_MAX: usize = 10;
/// How deep arrays and objects may be nested, the array of arguments counted.
pub const JSON_DEPTH_MAX: usize = 32;
/// The most fragments of a websocket message, empty ones counted.
pub const FRAGMENTS_MAX: usize = 32;
/// The most acknowledgements that the server waits for at once, in one session.
pub const ACKS_MAX: usize = 32;

/// What the messages of a session mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layer {
    /// Socket.IO packets.
    #[default]
    SocketIo,
    /// Nothing: they go to the application as they are. For the conformance suite of the engine layer.
    Engine,
}

/// The settings of all sessions of one endpoint.
#[derive(Debug, Clone)]
pub struct Settings {
    /// See [`PING_INTERVAL`].
    pub ping_interval: Duration,
    /// See [`PING_TIMEOUT`].
    pub ping_timeout: Duration,
    /// See [`UPGRADE_TIMEOUT`].
    pub upgrade_timeout: Duration,
    /// See [`CONNECT_TIMEOUT`]; `None` lets a session live without a namespace.
    pub connect_timeout: Option<Duration>,
    /// See [`ATTACHMENTS_TIMEOUT`].
    pub attachments_timeout: Duration,
    /// See [`ACK_TIMEOUT`].
    pub ack_timeout: Duration,
    /// See [`MESSAGE_BYTES_MAX`]; announced to the client as `maxPayload`.
    pub message_bytes: usize,
    /// See [`SMALL_MESSAGE_BYTES_MAX`].
    pub message_bytes_before_connect: usize,
    /// See [`PAYLOAD_PACKETS_MAX`].
    pub payload_packets: usize,
    /// See [`ANSWER_PACKETS_MAX`].
    pub answer_packets: usize,
    /// See [`ANSWER_BYTES_MAX`].
    pub answer_bytes: usize,
    /// The most attachments of a received packet; more than [`ATTACHMENTS_MAX`] has no effect.
    pub attachments: usize,
    /// See [`JSON_DEPTH_MAX`]; more than serde_json's 127 has no effect.
    pub json_depth: usize,
    /// See [`FRAGMENTS_MAX`].
    pub fragments: usize,
    /// See [`ACKS_MAX`].
    pub acks: usize,
    /// Whether a polling session may move to a websocket.
    pub upgrades: bool,
    /// The namespaces that exist.
    pub namespaces: Vec<String>,
    /// What messages mean.
    pub layer: Layer,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ping_interval: PING_INTERVAL,
            ping_timeout: PING_TIMEOUT,
            upgrade_timeout: UPGRADE_TIMEOUT,
            connect_timeout: Some(CONNECT_TIMEOUT),
            attachments_timeout: ATTACHMENTS_TIMEOUT,
            ack_timeout: ACK_TIMEOUT,
            message_bytes: MESSAGE_BYTES_MAX,
            message_bytes_before_connect: SMALL_MESSAGE_BYTES_MAX,
            payload_packets: PAYLOAD_PACKETS_MAX,
            answer_packets: ANSWER_PACKETS_MAX,
            answer_bytes: ANSWER_BYTES_MAX,
            attachments: ATTACHMENTS_MAX,
            json_depth: JSON_DEPTH_MAX,
            fragments: FRAGMENTS_MAX,
            acks: ACKS_MAX,
            upgrades: true,
            namespaces: vec!["/".to_owned()],
            layer: Layer::SocketIo,
        }
    }
}
