//! Users.

mod banning;
mod rows;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult, SelectableHelper as _};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    id::UserId,
    store::StoreError,
    user::{
        AvatarPath, BanOrder, Credentials, InsertUserError, NewUser, PasswordHash, PhoneNumber, ProfileChange,
        ReplacedAvatar, Standing, User, UserRepository,
    },
};

pub(crate) use self::rows::NewUserRow;
use self::rows::{CredentialsRow, ProfileChangeRow, StandingRow, UserRow};
use crate::{
    error::{read_error, violated_constraint, write_error},
    pool::Database,
    schema::users,
};

/// Keeps users on PostgreSQL.
pub struct PgUserRepository {
    database: Database,
}

impl PgUserRepository {
    /// The users of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl UserRepository for PgUserRepository {
    async fn insert(&self, user: &NewUser) -> Result<(), InsertUserError> {
        let mut connection = self.database.connection().await?;
        let inserted = diesel::insert_into(users::table).values(NewUserRow::from(user)).execute(&mut connection).await;
        match inserted {
            Ok(_) => Ok(()),
            Err(error) => Err(match violated_constraint(&error) {
                Some("users_phone_key") => InsertUserError::PhoneTaken,
                Some("users_pkey") => InsertUserError::IdTaken,
                _ => InsertUserError::Store(write_error(error)),
            }),
        }
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let mut connection = self.database.connection().await?;
        let row: Option<UserRow> = users::table
            .find(id.value())
            .select(UserRow::as_select())
            .first(&mut connection)
            .await
            .optional()
            .map_err(read_error)?;
        row.map(TryInto::try_into).transpose().map_err(read_error)
    }

    async fn find_id(&self, phone: &PhoneNumber) -> Result<Option<UserId>, StoreError> {
        let mut connection = self.database.connection().await?;
        let id: Option<i64> = users::table
            .filter(users::phone.eq(phone.reveal()))
            .select(users::id)
            .first(&mut connection)
            .await
            .optional()
            .map_err(read_error)?;
        Ok(id.map(UserId::new))
    }

    async fn find_credentials(&self, phone: &PhoneNumber) -> Result<Option<Credentials>, StoreError> {
        let mut connection = self.database.connection().await?;
        let row: Option<CredentialsRow> = users::table
            .filter(users::phone.eq(phone.reveal()))
            .select(CredentialsRow::as_select())
            .first(&mut connection)
            .await
            .optional()
            .map_err(read_error)?;
        row.map(TryInto::try_into).transpose().map_err(read_error)
    }

    async fn find_credentials_by_id(&self, id: UserId) -> Result<Option<Credentials>, StoreError> {
        let mut connection = self.database.connection().await?;
        let row: Option<CredentialsRow> = users::table
            .find(id.value())
            .select(CredentialsRow::as_select())
            .first(&mut connection)
            .await
            .optional()
            .map_err(read_error)?;
        row.map(TryInto::try_into).transpose().map_err(read_error)
    }

    async fn find_standing(&self, id: UserId) -> Result<Option<Standing>, StoreError> {
        let mut connection = self.database.connection().await?;
        let row: Option<StandingRow> = users::table
            .find(id.value())
            .select(StandingRow::as_select())
            .first(&mut connection)
            .await
            .optional()
            .map_err(read_error)?;
        row.map(TryInto::try_into).transpose().map_err(read_error)
    }

    async fn find_standings(&self, ids: &[UserId]) -> Result<Vec<(UserId, Standing)>, StoreError> {
        let mut connection = self.database.connection().await?;
        let ids: Vec<i64> = ids.iter().map(|id| id.value()).collect();
        let rows: Vec<(i64, StandingRow)> = users::table
            .filter(users::id.eq_any(ids))
            .select((users::id, StandingRow::as_select()))
            .load(&mut connection)
            .await
            .map_err(read_error)?;
        let standing = |(id, row): (i64, StandingRow)| Ok((UserId::new(id), row.try_into()?));
        rows.into_iter().map(standing).collect::<Result<_, _>>().map_err(read_error)
    }

    async fn update_profile(
        &self,
        id: UserId,
        change: &ProfileChange,
        at: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        let mut connection = self.database.connection().await?;
        let row: Option<UserRow> = diesel::update(users::table.find(id.value()))
            .set((ProfileChangeRow::from(change), users::updated_at.eq(at)))
            .returning(UserRow::as_returning())
            .get_result(&mut connection)
            .await
            .optional()
            .map_err(write_error)?;
        row.map(TryInto::try_into).transpose().map_err(read_error)
    }

    async fn replace_avatar(
        &self,
        id: UserId,
        avatar: &AvatarPath,
        at: DateTime<Utc>,
    ) -> Result<ReplacedAvatar, StoreError> {
        // Two statements, because PostgreSQL answers old values only from version 18 on.
        let replaced = async |connection: &mut AsyncPgConnection| -> QueryResult<ReplacedAvatar> {
            let user = users::table.find(id.value());
            let before: Option<Option<String>> =
                user.select(users::avatar_url).for_no_key_update().first(connection).await.optional()?;
            let Some(before) = before else { return Ok(ReplacedAvatar::NoUser) };
            diesel::update(user)
                .set((users::avatar_url.eq(avatar.as_str()), users::updated_at.eq(at)))
                .execute(connection)
                .await?;
            Ok(ReplacedAvatar::Before(before.map(AvatarPath::new)))
        };
        // A second attempt would find its own picture in place of the one it replaced.
        self.database.atomically_once(replaced).await
    }

    async fn upgrade_password(&self, id: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), StoreError> {
        let mut connection = self.database.connection().await?;
        diesel::update(users::table.find(id.value()).filter(users::password.eq(old.as_str())))
            .set(users::password.eq(new.as_str()))
            .execute(&mut connection)
            .await
            .map(drop)
            .map_err(write_error)
    }

    async fn replace_password(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        at: DateTime<Utc>,
    ) -> Result<Option<i32>, StoreError> {
        let mut connection = self.database.connection().await?;
        diesel::update(users::table.find(id.value()).filter(users::password.eq(old.as_str())))
            .set((
                users::password.eq(new.as_str()),
                users::token_epoch.eq(users::token_epoch + 1),
                users::updated_at.eq(at),
            ))
            .returning(users::token_epoch)
            .get_result(&mut connection)
            .await
            .optional()
            .map_err(write_error)
    }

    async fn set_password(&self, id: UserId, password: &PasswordHash, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut connection = self.database.connection().await?;
        diesel::update(users::table.find(id.value()))
            .set((
                users::password.eq(password.as_str()),
                users::token_epoch.eq(users::token_epoch + 1),
                users::updated_at.eq(at),
            ))
            .execute(&mut connection)
            .await
            .map(|rows| rows > 0)
            .map_err(write_error)
    }

    async fn raise_epoch(&self, id: UserId, at: DateTime<Utc>) -> Result<Option<i32>, StoreError> {
        let mut connection = self.database.connection().await?;
        diesel::update(users::table.find(id.value()))
            .set((users::token_epoch.eq(users::token_epoch + 1), users::updated_at.eq(at)))
            .returning(users::token_epoch)
            .get_result(&mut connection)
            .await
            .optional()
            .map_err(write_error)
    }

    async fn set_ban(&self, order: &BanOrder, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let ban = async |connection: &mut AsyncPgConnection| banning::set_ban(connection, order, at).await;
        // A second attempt would leave a second line.
        self.database.atomically_once(ban).await
    }
}
