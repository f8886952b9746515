//! What events of live rooms are refused with. A socket is told code and text; the status is for the log's sake.

use actix_web::http::StatusCode;
use domain::rate::RetryAfter;

use super::ApiError;

impl ApiError {
    /// Nobody is logged in on the socket.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Silakan login terlebih dahulu")
    }

    /// The payload is not what the event takes.
    pub(crate) fn malformed_payload(what: &str) -> Self {
        Self::bad_request("malformed_payload", format!("Data tidak valid: {what}"))
    }

    /// No event that a client may send.
    pub(crate) fn unknown_event() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown_event", "Event tidak dikenal")
    }

    /// Too often; the wait is for people's programs too.
    pub(crate) fn slow_down(wait: RetryAfter) -> Self {
        let millis = u64::try_from(wait.0.as_millis()).unwrap_or(u64::MAX);
        Self::too_many("slow_down", "Terlalu cepat, coba lagi sebentar", wait).with("retryAfterMs", millis)
    }

    /// The conversation is over already.
    pub(crate) fn disconnected() -> Self {
        Self::bad_request("disconnected", "Koneksi sudah berakhir")
    }

    /// The socket speaks for another account already.
    pub(crate) fn identity_taken() -> Self {
        Self::new(StatusCode::CONFLICT, "identity_taken", "Koneksi ini sudah dipakai akun lain")
    }

    /// A guest may not say that he is this user.
    pub(crate) fn identity_reserved() -> Self {
        Self::new(StatusCode::FORBIDDEN, "identity_reserved", "Identitas ini tidak dapat dipakai")
    }

    /// The user has as many sockets as he may.
    pub(crate) fn too_many_sockets() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_sockets", "Terlalu banyak koneksi")
    }

    /// The socket is in as many rooms as it may.
    pub(crate) fn too_many_rooms() -> Self {
        Self::bad_request("too_many_rooms", "Terlalu banyak ruangan")
    }

    /// There are as many rooms as there may be.
    pub(crate) fn rooms_full() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_rooms", "Server penuh")
    }

    /// The socket is not in the room.
    pub(crate) fn not_in_room() -> Self {
        Self::bad_request("not_in_room", "Anda tidak berada di ruangan ini")
    }

    /// The seat is somebody else's.
    pub(crate) fn seat_taken() -> Self {
        Self::new(StatusCode::CONFLICT, "seat_taken", "Kursi sudah terisi")
    }

    /// No gift of the sender waits to be announced.
    pub(crate) fn gift_not_paid() -> Self {
        Self::bad_request("gift_not_paid", "Gift belum dibayar")
    }

    /// The gift's animation is too large for its class, or for the room at this time.
    pub(crate) fn gift_too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "gift_too_large", "Animasi gift terlalu besar")
    }
}
