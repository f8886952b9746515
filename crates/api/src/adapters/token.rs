//! Tokens: JSON web tokens, signed with HS256.

use chrono::{DateTime, Utc};
use domain::{
    id::UserId,
    store::Cause,
    user::{Claims, ForgedToken, TokenSigner},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::hs256;

/// The longest token that is looked at, in bytes; ours have about 250.
const TOKEN_BYTES_MAX: usize = 2_048;

/// The fewest bytes of a secret.
const SECRET_BYTES_MIN: usize = 32;
/// The fewest bytes of a secret that is taken over from an older server.
const SECRET_BYTES_MIN_LEGACY: usize = 16;

/// Secrets that stand in public documents, among them the defaults of the server that this one replaced.
const WELL_KNOWN_SECRETS: &[&str] = &[
    "chatme_secret_key",
    "chatme-secret-key-2024",
    "your-secret-key",
    "your-256-bit-secret",
    "a-string-secret-at-least-256-bits-long",
    "your_jwt_secret",
    "jwt_secret",
    "supersecret",
    "changeme",
    "change-me",
    "change_me",
    "secret",
];

/// Why a secret does not protect tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// Too few bytes.
    #[error("JWT_SECRET has fewer than {0} bytes; make one with `openssl rand -hex 32`")]
    Short(usize),
    /// Everybody knows it.
    #[error("JWT_SECRET is a well-known example; make one with `openssl rand -hex 32`")]
    WellKnown,
}

/// Whether a secret protects tokens. `legacy` accepts 16 bytes.
///
/// # Errors
/// [`WeakSecret`], in the order of its variants.
pub(crate) fn check_secret(secret: &str, legacy: bool) -> Result<(), WeakSecret> {
    let bytes_min = if legacy { SECRET_BYTES_MIN_LEGACY } else { SECRET_BYTES_MIN };
    if secret.len() < bytes_min {
        return Err(WeakSecret::Short(bytes_min));
    }
    let lower = secret.to_lowercase();
    // Repeated until it is long enough, an example is still an example.
    let is_example = |example: &str| lower.replace(example, "").len() < 8;
    let mut distinct: Vec<u8> = secret.bytes().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if WELL_KNOWN_SECRETS.iter().any(|example| is_example(example)) || distinct.len() < 6 {
        return Err(WeakSecret::WellKnown);
    }
    Ok(())
}

/// Claims on the wire. The apps read `id` (a number) and `phone` (text).
#[derive(Serialize, Deserialize)]
struct WireClaims {
    id: i64,
    phone: String,
    iat: i64,
    exp: i64,
    /// Absent in tokens of the server that this one replaced.
    #[serde(default)]
    epoch: Option<i32>,
    /// Present in that server's administrator tokens, whose `id` counts in another table.
    #[serde(default, skip_serializing)]
    role: Option<Value>,
    /// Likewise.
    #[serde(default, skip_serializing)]
    email: Option<Value>,
}

/// Signs and verifies tokens with one secret.
pub(crate) struct JwtSigner {
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
}

impl JwtSigner {
    /// A signer with this secret.
    #[must_use]
    pub(crate) fn new(secret: &[u8]) -> Self {
        hs256::install();
        let mut validation = Validation::new(Algorithm::HS256);
        // Times are judged by the domain, on numbers that serde has read strictly.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        Self { signing: EncodingKey::from_secret(secret), verifying: DecodingKey::from_secret(secret), validation }
    }
}

impl TokenSigner for JwtSigner {
    fn sign(&self, claims: &Claims) -> Result<String, Cause> {
        let claims = WireClaims {
            id: claims.user_id.value(),
            phone: claims.phone.clone(),
            iat: claims.issued_at.timestamp(),
            exp: claims.expires_at.timestamp(),
            epoch: Some(claims.epoch),
            role: None,
            email: None,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing).map_err(Cause::from)
    }

    fn verify(&self, token: &str) -> Result<Claims, ForgedToken> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(ForgedToken);
        }
        let decoded = decode::<WireClaims>(token, &self.verifying, &self.validation).map_err(|_| ForgedToken)?;
        let has_right_type = decoded.header.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
        let claims = decoded.claims;
        if !has_right_type || claims.role.is_some() || claims.email.is_some() || claims.phone.is_empty() {
            return Err(ForgedToken);
        }
        let instant = |seconds| DateTime::<Utc>::from_timestamp(seconds, 0).ok_or(ForgedToken);
        Ok(Claims {
            user_id: UserId::parse(claims.id).ok_or(ForgedToken)?,
            phone: claims.phone,
            issued_at: instant(claims.iat)?,
            expires_at: instant(claims.exp)?,
            epoch: claims.epoch.unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests;
