//! Tokens, signed as the server signs them: two thousand logins would only measure the hashing of passwords.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::Result;

/// How long a token is good, in seconds.
const LIFE: u64 = 86_400;

/// A token of a user, good for a day from now.
pub(crate) fn now_for(secret: &str, user: u32, phone: &str) -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let claims =
        format!(r#"{{"id":{user},"phone":"{phone}","iat":{now},"exp":{},"epoch":0}}"#, now.saturating_add(LIFE));
    sign(secret, &claims)
}

fn sign(secret: &str, claims: &str) -> Result<String> {
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(signed.as_bytes());
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_s_site_is_signed_as_it_is_there() -> Result<()> {
        let claims = r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#;
        let token = sign("your-256-bit-secret", claims)?;
        assert!(token.ends_with(".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"), "{token}");
        Ok(())
    }
}
