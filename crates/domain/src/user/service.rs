//! Register, log in, prove who one is, change the password.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};

use super::{
    AuthenticationError, Caller, ChangePasswordError, Claims, ClientAddress, Credentials, DisplayName,
    IMPOSSIBLE_ACCOUNT, InsertUserError, LoginError, LoginGuard, NewUser, PasswordHasher, PhoneNumber, PlainPassword,
    RegisterError, Role, TokenSigner, UserRepository, Verdict,
};
use crate::{dice::Dice, id::UserId, rate::Quotas, store::StoreError, time::Clock};

/// How often an id is drawn before giving up: of 90 million, even a tenth taken leaves one failure in 10^16.
const ID_DRAWS_MAX: u32 = 16;

/// A wish to register.
pub struct Registration {
    /// In its stored spelling.
    pub phone: PhoneNumber,
    /// One that the policy accepted.
    pub password: PlainPassword,
    /// The chosen name, or none.
    pub name: Option<DisplayName>,
    /// Where the wish comes from.
    pub address: ClientAddress,
}

/// An attempt to log in.
pub struct LoginAttempt {
    /// `None` when what was stated is no possible number; the attempt fails like any other.
    pub phone: Option<PhoneNumber>,
    /// `None` when what was stated is too long to be a password; the attempt fails like any other.
    pub password: Option<PlainPassword>,
    /// Where the attempt comes from.
    pub address: ClientAddress,
}

/// The answer to a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedIn {
    /// The signed token.
    pub token: String,
    /// Whose it is.
    pub user_id: UserId,
    /// His name.
    pub name: String,
    /// His phone number.
    pub phone: PhoneNumber,
}

/// A token that is good now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenSession {
    /// Whose it is.
    pub user_id: UserId,
    /// What he may do.
    pub role: Role,
    /// It is good as long as this is the user's epoch.
    pub epoch: i32,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// The accounts' use cases.
pub struct AccountService {
    /// Where users are kept.
    pub users: Arc<dyn UserRepository>,
    /// How passwords are hashed.
    pub hasher: Arc<dyn PasswordHasher>,
    /// How tokens are signed.
    pub signer: Arc<dyn TokenSigner>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The chance.
    pub dice: Arc<dyn Dice>,
    /// The limits on guessing.
    pub login_guard: LoginGuard,
    /// The limit on registering.
    pub registrations: Quotas<ClientAddress>,
}

impl AccountService {
    /// Registers a user.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn register(&self, wish: Registration) -> Result<UserId, RegisterError> {
        let now = self.clock.now();
        self.registrations.take(wish.address, now).map_err(RegisterError::TooMany)?;
        let password = self.hasher.place().await?.hash(&wish.password).await?;
        let inserted = insert_with_new_id(&*self.users, &*self.dice, |id| NewUser {
            id,
            phone: wish.phone.clone(),
            password: password.clone(),
            name: wish.name.clone().unwrap_or_else(|| DisplayName::default_for(id)),
            role: Role::User,
            created_at: now,
        });
        inserted.await.map_err(|error| match error {
            InsertUserError::PhoneTaken => RegisterError::PhoneTaken,
            InsertUserError::IdTaken => RegisterError::Store(StoreError::Corrupt("no free user id was drawn".into())),
            InsertUserError::Store(error) => RegisterError::Store(error),
        })
    }

    /// Logs a user in.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn login(&self, attempt: LoginAttempt) -> Result<LoggedIn, LoginError> {
        let account = attempt.phone.as_ref().map_or(IMPOSSIBLE_ACCOUNT, PhoneNumber::reveal);
        self.login_guard.check(account, attempt.address, self.clock.now()).map_err(LoginError::TooMany)?;
        let credentials = match &attempt.phone {
            Some(phone) => self.users.find_credentials(phone).await?,
            None => None,
        };
        let verified = self.verify(account, attempt.address, attempt.password.as_ref(), credentials).await?;
        if verified.standing.is_banned {
            return Err(LoginError::Banned);
        }
        let claims =
            Claims::issue(verified.user_id, verified.phone.reveal(), verified.standing.epoch, self.clock.now());
        let token = self.signer.sign(&claims).map_err(LoginError::Signing)?;
        Ok(LoggedIn { token, user_id: verified.user_id, name: verified.name, phone: verified.phone })
    }

    /// Verifies a password within the limits on guessing; a right one with an outdated hash is hashed anew.
    async fn verify(
        &self,
        account: &str,
        address: ClientAddress,
        password: Option<&PlainPassword>,
        credentials: Option<Credentials>,
    ) -> Result<Credentials, LoginError> {
        let place = self.hasher.place().await?;
        // Asked again here: many may have failed while this one waited, and only few hash at once.
        self.login_guard.check(account, address, self.clock.now()).map_err(LoginError::TooMany)?;
        let failed = || {
            self.login_guard.failed(account, address, self.clock.now());
            LoginError::InvalidCredentials
        };
        let (Some(password), Some(mut credentials)) = (password, credentials) else {
            // As slow as any other failure, so that counters cannot be flooded faster than passwords are guessed.
            place.verify_nobody().await?;
            return Err(failed());
        };
        match place.verify(password, &credentials.password).await? {
            Verdict::Wrong => return Err(failed()),
            Verdict::Right => {}
            Verdict::RightButOutdated => {
                let hash = place.hash(password).await?;
                self.users.upgrade_password(credentials.user_id, &credentials.password, &hash).await?;
                credentials.password = hash;
            }
        }
        self.login_guard.succeeded(account, address, self.clock.now());
        Ok(credentials)
    }

    /// Who a token stands for, at this instant: bans and revocations count at once.
    ///
    /// # Errors
    /// [`AuthenticationError`], in the order of its variants.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, AuthenticationError> {
        let session = self.session(token).await?;
        Ok(Caller { user_id: session.user_id, role: session.role })
    }

    /// What a token says that this server signed and that is not over. Whether it is still good, only the user's row can tell:
    /// for requests whose transaction looks at that row itself.
    ///
    /// # Errors
    /// [`AuthenticationError::Forged`], or what the claims are refused for.
    pub fn claims(&self, token: &str) -> Result<Claims, AuthenticationError> {
        let claims = self.signer.verify(token).map_err(|_| AuthenticationError::Forged)?;
        claims.check(self.clock.now())?;
        Ok(claims)
    }

    /// The same, with what tells later whether the token is still good.
    ///
    /// # Errors
    /// [`AuthenticationError`], in the order of its variants.
    pub async fn session(&self, token: &str) -> Result<TokenSession, AuthenticationError> {
        let claims = self.claims(token)?;
        let standing = self.users.find_standing(claims.user_id).await?.ok_or(AuthenticationError::UnknownUser)?;
        if standing.is_banned {
            return Err(AuthenticationError::Banned);
        }
        if standing.epoch != claims.epoch {
            return Err(AuthenticationError::Revoked);
        }
        let Claims { user_id, epoch, expires_at, .. } = claims;
        Ok(TokenSession { user_id, role: standing.role, epoch, expires_at })
    }

    /// The epochs of those of these users who are not banned: tokens of other epochs are no longer good.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn epochs(&self, ids: &[UserId]) -> Result<HashMap<UserId, i32>, StoreError> {
        let standings = self.users.find_standings(ids).await?;
        Ok(standings
            .into_iter()
            .filter(|(_, standing)| !standing.is_banned)
            .map(|(id, standing)| (id, standing.epoch))
            .collect())
    }

    /// Whether there is such a user, and he is an administrator.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_administrator(&self, id: UserId) -> Result<bool, StoreError> {
        Ok(self.users.find_standing(id).await?.is_some_and(|standing| standing.role == Role::Admin))
    }

    /// The phone number of a user, which a new password must not be.
    ///
    /// # Errors
    /// [`ChangePasswordError::UnknownUser`], [`ChangePasswordError::Store`].
    pub async fn phone_of(&self, id: UserId) -> Result<PhoneNumber, ChangePasswordError> {
        let user = self.users.find(id).await?.ok_or(ChangePasswordError::UnknownUser)?;
        Ok(user.phone)
    }

    /// Changes a password and answers a new token; all older ones are refused from now on.
    ///
    /// # Errors
    /// [`ChangePasswordError`].
    pub async fn change_password(
        &self,
        id: UserId,
        address: ClientAddress,
        old: Option<&PlainPassword>,
        new: &PlainPassword,
    ) -> Result<String, ChangePasswordError> {
        let credentials = self.users.find_credentials_by_id(id).await?.ok_or(ChangePasswordError::UnknownUser)?;
        let phone = credentials.phone.clone();
        let account = phone.reveal();
        self.login_guard.check(account, address, self.clock.now()).map_err(ChangePasswordError::TooMany)?;
        let verified = self.verify(account, address, old, Some(credentials)).await?;
        let hash = self.hasher.place().await?.hash(new).await?;
        let now = self.clock.now();
        // None: somebody was faster, and the old password is no longer the one that was verified.
        let replaced = self.users.replace_password(id, &verified.password, &hash, now).await?;
        let epoch = replaced.ok_or(ChangePasswordError::WrongPassword)?;
        self.signer.sign(&Claims::issue(id, account, epoch, now)).map_err(ChangePasswordError::Signing)
    }

    /// Refuses all tokens of a user from now on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_out_everywhere(&self, id: UserId) -> Result<(), StoreError> {
        self.users.raise_epoch(id, self.clock.now()).await.map(drop)
    }
}

/// Stores a user under a random 8-digit id, drawn again while it is taken.
pub(super) async fn insert_with_new_id(
    users: &dyn UserRepository,
    dice: &dyn Dice,
    user: impl Fn(UserId) -> NewUser,
) -> Result<UserId, InsertUserError> {
    for _ in 0..ID_DRAWS_MAX {
        let user = user(draw_user_id(dice));
        match users.insert(&user).await {
            Ok(()) => return Ok(user.id),
            Err(InsertUserError::IdTaken) => {}
            Err(error) => return Err(error),
        }
    }
    Err(InsertUserError::IdTaken)
}

/// A random number of 8 digits: neither guessable nor countable, and short enough for the app to show.
fn draw_user_id(dice: &dyn Dice) -> UserId {
    const SMALLEST: u64 = 10_000_000;
    const COUNT: u64 = 90_000_000;

    let offset = dice.draw().checked_rem(COUNT).unwrap_or_default();
    UserId::new(i64::try_from(offset.saturating_add(SMALLEST)).unwrap_or_default())
}

#[cfg(test)]
mod tests;
