//! What a peer did wrong.

use thiserror::Error;

/// A packet or payload that breaks the protocol, or a limit of ours.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// A payload or packet without a single character.
    #[error("an empty packet")]
    Empty,
    /// No engine packet begins like this.
    #[error("an unknown engine packet type")]
    EngineType,
    /// A packet that only a server sends, or that makes no sense now.
    #[error("a packet that does not belong here")]
    Misplaced,
    /// More packets in a payload than are allowed.
    #[error("too many packets in a payload")]
    TooManyPackets,
    /// A payload that is not UTF-8.
    #[error("text that is not UTF-8")]
    NotUtf8,
    /// Binary data that is not base64.
    #[error("malformed base64")]
    Base64,
    /// No Socket.IO packet begins like this.
    #[error("an unknown packet type")]
    PacketType,
    /// The number of attachments is missing, zero, malformed or too large.
    #[error("a number of attachments that is not accepted")]
    AttachmentCount,
    /// An acknowledgement id is missing, misplaced or too large.
    #[error("an acknowledgement id that is not accepted")]
    AckId,
    /// JSON that does not parse.
    #[error("malformed JSON")]
    Json,
    /// JSON nested deeper than is allowed.
    #[error("JSON that is nested too deep")]
    TooDeep,
    /// JSON of another shape than this packet type has.
    #[error("a payload that does not fit its packet type")]
    Shape,
    /// An event whose name is neither string nor number, or is reserved.
    #[error("an event name that is not accepted")]
    EventName,
    /// Placeholders and attachments do not match one to one.
    #[error("placeholders that do not match the attachments")]
    Placeholder,
    /// Text while attachments are due.
    #[error("a packet amid the attachments of another")]
    AttachmentsDue,
    /// Binary data that no packet announced.
    #[error("binary data that was not announced")]
    Unannounced,
    /// The attachments of one packet are larger together than a message may be.
    #[error("attachments that are too large together")]
    TooLarge,
    /// A second CONNECT for a namespace.
    #[error("a second connect")]
    AlreadyConnected,
    /// Something else than CONNECT for a namespace that is not joined.
    #[error("a packet for a namespace that is not joined")]
    NotConnected,
}
