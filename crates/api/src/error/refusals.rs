//! What the domain refuses, as answers: the one place with codes and texts.
//!
//! The matches are exhaustive on purpose: a new refusal does not compile until it has a status, a code and a text.

mod administration;
mod agencies;
mod catalogue;
mod chat;
mod exchange;
mod hosts;
mod live;
mod requests;
mod rooms;
mod salaries;

use actix_web::http::StatusCode;
use domain::{
    gift::{GiftRefusal, InvalidOrder, SendGiftError},
    rate::RetryAfter,
    store::StoreError,
    user::{
        AuthenticationError, AvatarError, ChangePasswordError, ClaimsRefusal, HashingError, InvalidAge, InvalidGender,
        InvalidName, InvalidPhone, InvalidSignature, LoginError, ProfileError, RegisterError, WeakPassword,
    },
};

use super::ApiError;

/// How long to wait before asking again when the server is busy or its database away, in seconds.
const BUSY_RETRY_SECONDS: u64 = 1;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(_) => Self::unavailable().because(error),
            StoreError::OutcomeUnknown(_) => Self::outcome_unknown().because(error),
            StoreError::Corrupt(_) => Self::internal().because(error),
        }
    }
}

impl ApiError {
    /// 503: surely nothing happened.
    pub(crate) fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Layanan sedang tidak tersedia, coba lagi")
            .retry_after(BUSY_RETRY_SECONDS)
    }

    /// 503: it may have happened; the same request with the same key tells.
    pub(crate) fn outcome_unknown() -> Self {
        let text = "Hasil permintaan belum diketahui, ulangi dengan kunci yang sama";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "outcome_unknown", text).retry_after(BUSY_RETRY_SECONDS)
    }

    /// 500: a bug. The log knows more.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Server error")
    }

    /// What is refused before a handler is asked, by a part of the server that only knows the status.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        Self::new(status, "request_refused", "Permintaan ditolak")
    }

    /// 503: too many money requests already.
    pub(crate) fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Server sedang sibuk, coba lagi")
            .retry_after(BUSY_RETRY_SECONDS)
    }

    fn too_many(code: &'static str, message: &'static str, wait: RetryAfter) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, message).retry_after(wait.seconds())
    }

    fn user_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "user_not_found", "User tidak ditemukan")
    }

    /// 401: no token.
    pub(crate) fn token_missing() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "token_missing", "Token tidak ditemukan")
    }

    fn token_refused(code: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, "Token tidak valid")
    }

    fn account_banned() -> Self {
        Self::new(StatusCode::FORBIDDEN, "account_banned", "Akun ini diblokir")
    }

    /// 403: not his to see or do.
    pub(crate) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Anda tidak memiliki akses")
    }
}

impl From<AuthenticationError> for ApiError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Forged => Self::token_refused("token_invalid"),
            AuthenticationError::Claims(ClaimsRefusal::Expired) => Self::token_refused("token_expired"),
            AuthenticationError::Claims(ClaimsRefusal::FromTheFuture | ClaimsRefusal::StrangeLife) => {
                Self::token_refused("token_invalid")
            }
            AuthenticationError::UnknownUser => Self::user_not_found(),
            AuthenticationError::Banned => Self::account_banned(),
            AuthenticationError::Revoked => Self::token_refused("token_revoked"),
            AuthenticationError::Store(error) => error.into(),
        }
    }
}

impl From<HashingError> for ApiError {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_busy_to_hash", "Terlalu banyak permintaan, coba lagi")
                    .retry_after(BUSY_RETRY_SECONDS)
            }
            HashingError::Failed(cause) => Self::internal().because(cause),
        }
    }
}

impl From<RegisterError> for ApiError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::TooMany(wait) => {
                Self::too_many("too_many_registrations", "Terlalu banyak pendaftaran, coba lagi nanti", wait)
            }
            RegisterError::PhoneTaken => Self::bad_request("phone_taken", "Nomor sudah terdaftar!"),
            RegisterError::Hashing(error) => error.into(),
            RegisterError::Store(error) => error.into(),
        }
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::TooMany(wait) => Self::too_many_attempts(wait),
            LoginError::InvalidCredentials => {
                Self::new(StatusCode::UNAUTHORIZED, "invalid_credentials", "Nomor HP atau sandi salah!")
            }
            LoginError::Banned => Self::account_banned(),
            LoginError::Hashing(error) => error.into(),
            LoginError::Store(error) => error.into(),
            LoginError::Signing(cause) => Self::internal().because(cause),
        }
    }
}

impl ApiError {
    fn too_many_attempts(wait: RetryAfter) -> Self {
        Self::too_many("too_many_attempts", "Terlalu banyak percobaan, coba lagi nanti", wait)
    }
}

impl From<ChangePasswordError> for ApiError {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::TooMany(wait) => Self::too_many_attempts(wait),
            ChangePasswordError::UnknownUser => Self::user_not_found(),
            ChangePasswordError::WrongPassword => Self::bad_request("wrong_password", "Sandi lama salah"),
            ChangePasswordError::Hashing(error) => error.into(),
            ChangePasswordError::Store(error) => error.into(),
            ChangePasswordError::Signing(cause) => Self::internal().because(cause),
        }
    }
}

impl From<ProfileError> for ApiError {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::UnknownUser => Self::user_not_found(),
            ProfileError::NothingToChange => Self::bad_request("nothing_to_change", "Tidak ada data untuk diupdate"),
            ProfileError::Avatar(error) => error.into(),
            ProfileError::Store(error) => error.into(),
        }
    }
}

impl From<AvatarError> for ApiError {
    fn from(error: AvatarError) -> Self {
        match error {
            AvatarError::NotAPicture => {
                Self::bad_request("not_a_picture", "File harus berupa gambar JPEG, PNG, atau WebP")
            }
            AvatarError::TooLarge => Self::bad_request("picture_too_large", "Ukuran gambar terlalu besar"),
            AvatarError::Storage(cause) => Self::internal().because(cause),
        }
    }
}

impl ApiError {
    /// 429: too many uploads in the server.
    pub(crate) fn uploads_busy() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_uploads", "Terlalu banyak unggahan, coba lagi")
            .retry_after(BUSY_RETRY_SECONDS)
    }
}

impl From<InvalidPhone> for ApiError {
    fn from(InvalidPhone: InvalidPhone) -> Self {
        Self::bad_request("invalid_phone", "Nomor HP tidak valid")
    }
}

impl From<InvalidName> for ApiError {
    fn from(error: InvalidName) -> Self {
        let text = match error {
            InvalidName::Empty => "Nama tidak boleh kosong",
            InvalidName::TooLong => "Nama maksimal 50 karakter",
            InvalidName::Unprintable => "Nama mengandung karakter yang tidak diizinkan",
        };
        Self::bad_request("invalid_name", text)
    }
}

impl From<InvalidGender> for ApiError {
    fn from(InvalidGender: InvalidGender) -> Self {
        Self::bad_request("invalid_gender", "Jenis kelamin tidak valid")
    }
}

impl From<InvalidAge> for ApiError {
    fn from(InvalidAge: InvalidAge) -> Self {
        Self::bad_request("invalid_age", "Umur harus antara 13 dan 100")
    }
}

impl From<InvalidSignature> for ApiError {
    fn from(InvalidSignature: InvalidSignature) -> Self {
        Self::bad_request("invalid_signature", "Signature maksimal 100 karakter tanpa karakter khusus")
    }
}

impl From<WeakPassword> for ApiError {
    fn from(error: WeakPassword) -> Self {
        let text = match error {
            WeakPassword::TooShort { chars_min } => format!("Sandi minimal {chars_min} karakter"),
            WeakPassword::TooLong => "Sandi maksimal 128 karakter".to_owned(),
            WeakPassword::IsPhone => "Sandi tidak boleh sama dengan nomor HP".to_owned(),
            WeakPassword::TooCommon => "Sandi terlalu umum".to_owned(),
        };
        Self::bad_request("weak_password", text)
    }
}

impl From<InvalidOrder> for ApiError {
    fn from(error: InvalidOrder) -> Self {
        match error {
            InvalidOrder::SelfGift => Self::bad_request("self_gift", "Tidak dapat mengirim gift kepada diri sendiri"),
        }
    }
}

impl From<SendGiftError> for ApiError {
    fn from(error: SendGiftError) -> Self {
        match error {
            SendGiftError::Refused(refusal) => refusal.into(),
            SendGiftError::Store(error) => error.into(),
        }
    }
}

impl From<GiftRefusal> for ApiError {
    fn from(refusal: GiftRefusal) -> Self {
        match refusal {
            GiftRefusal::KeyReused => Self::idempotency_key_reused(),
            GiftRefusal::UnknownSender => Self::user_not_found(),
            GiftRefusal::SenderBanned => Self::account_banned(),
            GiftRefusal::SenderLoggedOut => AuthenticationError::Revoked.into(),
            GiftRefusal::UnknownGift => Self::bad_request("unknown_gift", "Gift tidak tersedia"),
            GiftRefusal::PriceChanged { current } => {
                Self::new(StatusCode::CONFLICT, "price_changed", "Harga gift sudah berubah")
                    .with("coinValue", current.value())
            }
            GiftRefusal::UnknownReceiver => {
                Self::new(StatusCode::NOT_FOUND, "receiver_not_found", "Penerima tidak ditemukan")
            }
            GiftRefusal::InsufficientBalance { needed, available } => {
                Self::bad_request("insufficient_balance", "Saldo tidak cukup")
                    .with("needed", needed.value())
                    .with("current", available.value())
            }
        }
    }
}
