//! What a token says, and when it is believed. Signing and verifying is an adapter's work.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::id::UserId;

/// How long a token is good for.
pub const TOKEN_LIFE: TimeDelta = TimeDelta::days(7);

/// How far the clocks of two servers may be apart.
pub const TOKEN_LEEWAY: TimeDelta = TimeDelta::seconds(5);

/// The claims of a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    /// Whose token it is.
    pub user_id: UserId,
    /// The phone number in the spelling of the token's issuer. The app expects it; it proves nothing.
    pub phone: String,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// The user's epoch at that time. Tokens of the server that this one replaced have none, which counts as 0.
    pub epoch: i32,
}

/// Why the claims of a well-signed token are not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsRefusal {
    /// Issued in the future.
    #[error("the token was issued in the future")]
    FromTheFuture,
    /// Good for longer than [`TOKEN_LIFE`], or for no time at all.
    #[error("the token's life is not one that this server gives")]
    StrangeLife,
    /// Over.
    #[error("the token has expired")]
    Expired,
}

/// Without the phone number.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user_id, phone: _, issued_at, expires_at, epoch } = self;
        write!(f, "Claims {{ user_id: {user_id}, issued_at: {issued_at}, expires_at: {expires_at}, epoch: {epoch} }}")
    }
}

impl Claims {
    /// The claims of a token issued to a user now.
    #[must_use]
    pub fn issue(user_id: UserId, phone: &str, epoch: i32, now: DateTime<Utc>) -> Self {
        let issued_at = DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now);
        let expires_at = issued_at.checked_add_signed(TOKEN_LIFE).unwrap_or(issued_at);
        Self { user_id, phone: phone.to_owned(), issued_at, expires_at, epoch }
    }

    /// Whether the claims are believed at `now`.
    ///
    /// # Errors
    /// [`ClaimsRefusal`], in the order of its variants.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), ClaimsRefusal> {
        if self.issued_at.signed_duration_since(now) > TOKEN_LEEWAY {
            return Err(ClaimsRefusal::FromTheFuture);
        }
        let life = self.expires_at.signed_duration_since(self.issued_at);
        if life <= TimeDelta::zero() || life > TOKEN_LIFE {
            return Err(ClaimsRefusal::StrangeLife);
        }
        if now.signed_duration_since(self.expires_at) >= TOKEN_LEEWAY {
            return Err(ClaimsRefusal::Expired);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap()
    }

    fn check(issued: i64, expires: i64, expected: Result<(), ClaimsRefusal>) {
        let claims = Claims {
            user_id: UserId::new(1),
            phone: "0".to_owned(),
            issued_at: at(issued),
            expires_at: at(expires),
            epoch: 0,
        };
        assert_eq!(claims.check(at(0)), expected, "issued {issued}, expires {expires}");
    }

    const WEEK: i64 = 7 * 24 * 3600;

    #[test]
    fn a_token_lives_from_its_issue_for_at_most_a_week() {
        check(0, WEEK, Ok(()));
        check(5, WEEK + 5, Ok(()));
        check(6, WEEK, Err(ClaimsRefusal::FromTheFuture));
        check(0, WEEK + 1, Err(ClaimsRefusal::StrangeLife));
        check(0, 0, Err(ClaimsRefusal::StrangeLife));
        check(-10, -20, Err(ClaimsRefusal::StrangeLife));
        check(-WEEK, -4, Ok(()));
        check(-WEEK, -5, Err(ClaimsRefusal::Expired));
        check(-10 * WEEK, -9 * WEEK, Err(ClaimsRefusal::Expired));
    }

    #[test]
    fn issued_claims_are_believed() {
        let claims = Claims::issue(UserId::new(1), "0", 3, at(0));
        assert_eq!(claims.expires_at, at(WEEK));
        assert_eq!(claims.check(at(0)), Ok(()));
    }
}
