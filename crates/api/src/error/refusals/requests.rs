//! What requests are refused with before they reach a rule: bodies, queries, members that are missing or malformed.

use actix_web::http::StatusCode;

use super::ApiError;

impl ApiError {
    /// 503: the server stops, or its database is away.
    pub(crate) fn not_ready() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", "Server belum siap")
    }

    /// 404: there is nothing under this path.
    pub(crate) fn no_such_endpoint(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("Endpoint {path} tidak ditemukan."))
    }

    /// 413: the body is too large.
    pub(crate) fn body_too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "Ukuran permintaan terlalu besar")
    }

    /// 400: the body did not arrive, or not in time.
    pub(crate) fn incomplete_body() -> Self {
        Self::bad_request("incomplete_body", "Permintaan tidak lengkap")
    }

    /// 400: a body that does not say that it is JSON.
    pub(crate) fn not_json() -> Self {
        Self::bad_request("not_json", "Content-Type harus application/json")
    }

    /// 400: a body that is no JSON object.
    pub(crate) fn malformed_json() -> Self {
        Self::bad_request("malformed_json", "JSON tidak valid")
    }

    /// 400: a query that cannot be read.
    pub(crate) fn malformed_query() -> Self {
        Self::bad_request("malformed_query", "Parameter tidak valid")
    }

    /// 400: a path without an id.
    pub(crate) fn invalid_host_id() -> Self {
        Self::bad_request("invalid_host_id", "Invalid hostId parameter")
    }

    /// 400: a path of a ranking without an id, in that route's own words.
    pub(crate) fn invalid_ranked_host_id() -> Self {
        Self::bad_request("invalid_host_id", "Invalid hostId parameter. Must be a valid user ID number.")
    }

    /// 400: a page of an impossible size.
    pub(crate) fn invalid_limit() -> Self {
        Self::bad_request("invalid_limit", "Limit harus antara 1 dan 100")
    }

    /// 400: a page that begins nowhere.
    pub(crate) fn invalid_cursor() -> Self {
        Self::bad_request("invalid_cursor", "Cursor tidak valid")
    }

    /// 400: a day that is none, or days in the wrong order.
    pub(crate) fn invalid_date() -> Self {
        Self::bad_request("invalid_date", "Tanggal tidak valid")
    }

    /// 400: a period that is none.
    pub(crate) fn invalid_period() -> Self {
        Self::bad_request("invalid_period", "Periode tidak valid")
    }

    /// 400: no phone number or password to register with.
    pub(crate) fn registration_incomplete() -> Self {
        Self::bad_request("missing_fields", "Nomor dan sandi wajib diisi!")
    }

    /// 400: no phone number or password to log in with.
    pub(crate) fn login_incomplete() -> Self {
        Self::bad_request("missing_fields", "Nomor HP dan password wajib diisi")
    }

    /// 400: no old or no new password.
    pub(crate) fn password_change_incomplete() -> Self {
        Self::bad_request("missing_fields", "Sandi lama dan sandi baru wajib diisi")
    }

    /// 400: a form without a picture.
    pub(crate) fn no_file() -> Self {
        Self::bad_request("no_file", "Tidak ada file yang diupload")
    }

    /// 400: no receiver or no gift.
    pub(crate) fn incomplete_gift() -> Self {
        Self::bad_request("incomplete_gift", "Data gift tidak lengkap")
    }

    /// 400: a receiver that is no id.
    pub(crate) fn invalid_receiver() -> Self {
        Self::bad_request("invalid_receiver", "Penerima tidak valid")
    }

    /// 400: a price that is none.
    pub(crate) fn invalid_price() -> Self {
        Self::bad_request("invalid_price", "Harga gift tidak valid")
    }

    /// 400: so many pieces cannot be sent.
    pub(crate) fn invalid_quantity() -> Self {
        Self::bad_request("invalid_quantity", "Jumlah gift harus antara 1 dan 9999")
    }

    /// 400: a room that cannot be one.
    pub(crate) fn invalid_room() -> Self {
        Self::bad_request("invalid_room", "Ruangan tidak valid")
    }

    /// 400: a key that is none.
    pub(crate) fn invalid_idempotency_key() -> Self {
        Self::bad_request("invalid_idempotency_key", "Idempotency-Key harus 1 sampai 64 karakter")
    }

    /// 400: two keys that are not the same.
    pub(crate) fn idempotency_keys_differ() -> Self {
        Self::bad_request("idempotency_keys_differ", "Idempotency-Key dan clientRef berbeda")
    }

    /// 409: the key was used for another content before.
    pub(super) fn idempotency_key_reused() -> Self {
        let text = "Idempotency-Key sudah dipakai untuk permintaan lain";
        Self::new(StatusCode::CONFLICT, "idempotency_key_reused", text)
    }
}
