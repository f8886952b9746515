//! What an operator does to accounts, from the command line or as an administrator.

use std::sync::Arc;

use super::{
    BanOrder, DisplayName, HashingError, InsertUserError, NewUser, PasswordHasher, PhoneNumber, PlainPassword, Role,
    UserRepository, service::insert_with_new_id,
};
use crate::{dice::Dice, id::UserId, store::StoreError, time::Clock};

/// An administrator to be created.
pub struct NewAdmin {
    /// His phone number, by which he logs in.
    pub phone: PhoneNumber,
    /// His first password.
    pub password: PlainPassword,
    /// His name, or the default one.
    pub name: Option<DisplayName>,
}

/// Why an operator's wish was not fulfilled.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such user.
    #[error("there is no such user")]
    UnknownUser,
    /// Somebody has this phone number.
    #[error("the phone number is taken")]
    PhoneTaken,
    /// Hashing failed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates administrators, sets passwords, bans and unbans.
pub struct AdminService {
    users: Arc<dyn UserRepository>,
    hasher: Arc<dyn PasswordHasher>,
    clock: Arc<dyn Clock>,
    dice: Arc<dyn Dice>,
}

impl AdminService {
    /// A service over these ports.
    #[must_use]
    pub fn new(
        users: Arc<dyn UserRepository>,
        hasher: Arc<dyn PasswordHasher>,
        clock: Arc<dyn Clock>,
        dice: Arc<dyn Dice>,
    ) -> Self {
        Self { users, hasher, clock, dice }
    }

    /// Creates an administrator.
    ///
    /// # Errors
    /// [`AdminError::PhoneTaken`], [`AdminError::Hashing`], [`AdminError::Store`].
    pub async fn create(&self, admin: NewAdmin) -> Result<UserId, AdminError> {
        let password = self.hasher.place().await?.hash(&admin.password).await?;
        let created_at = self.clock.now();
        let inserted = insert_with_new_id(&*self.users, &*self.dice, |id| NewUser {
            id,
            phone: admin.phone.clone(),
            password: password.clone(),
            name: admin.name.clone().unwrap_or_else(|| DisplayName::default_for(id)),
            role: Role::Admin,
            created_at,
        });
        inserted.await.map_err(|error| match error {
            InsertUserError::PhoneTaken => AdminError::PhoneTaken,
            InsertUserError::IdTaken => AdminError::Store(StoreError::Corrupt("no free user id was drawn".into())),
            InsertUserError::Store(error) => AdminError::Store(error),
        })
    }

    /// The user with this phone number.
    ///
    /// # Errors
    /// [`AdminError::UnknownUser`], [`AdminError::Store`].
    pub async fn find(&self, phone: &PhoneNumber) -> Result<UserId, AdminError> {
        self.users.find_id(phone).await?.ok_or(AdminError::UnknownUser)
    }

    /// Sets a password; all tokens of the user are refused from now on.
    ///
    /// # Errors
    /// [`AdminError::UnknownUser`], [`AdminError::Hashing`], [`AdminError::Store`].
    pub async fn set_password(&self, id: UserId, password: &PlainPassword) -> Result<(), AdminError> {
        let hash = self.hasher.place().await?.hash(password).await?;
        let is_set = self.users.set_password(id, &hash, self.clock.now()).await?;
        if is_set { Ok(()) } else { Err(AdminError::UnknownUser) }
    }

    /// Bans a user: he cannot log in, and all his tokens are refused from now on.
    ///
    /// # Errors
    /// [`AdminError::UnknownUser`], [`AdminError::Store`].
    pub async fn ban(&self, id: UserId) -> Result<(), AdminError> {
        self.set_ban(&BanOrder::by_command_line(id, true)).await
    }

    /// Lifts a ban. Tokens from before it stay refused.
    ///
    /// # Errors
    /// [`AdminError::UnknownUser`], [`AdminError::Store`].
    pub async fn unban(&self, id: UserId) -> Result<(), AdminError> {
        self.set_ban(&BanOrder::by_command_line(id, false)).await
    }

    /// Bans a user, or lifts his ban, as ordered.
    ///
    /// # Errors
    /// [`AdminError::UnknownUser`], [`AdminError::Store`].
    pub async fn set_ban(&self, order: &BanOrder) -> Result<(), AdminError> {
        let found = self.users.set_ban(order, self.clock.now()).await?;
        if found { Ok(()) } else { Err(AdminError::UnknownUser) }
    }
}
