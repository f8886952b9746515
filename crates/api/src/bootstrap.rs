//! The composition root: the only place that knows both the services and what stands behind their ports.

use std::{io, sync::Arc};

use async_trait::async_trait;
use domain::{
    gift::{CatalogueService, GiftService},
    income::IncomeService,
    store::Cause,
    user::{AccountService, AddressQuota, AdminService, LoginGuard, ProfileService},
    wallet::{GrantService, MoneyAudit},
};
use persistence::{
    ConnectError, Database, MigrateError, PgCoinLedger, PgGiftCatalogue, PgGiftHistory, PgGiftLedger, PgIncomeHistory,
    PgMoneyAudit, PgUserRepository, PoolSettings,
};
use tokio::sync::Semaphore;

use crate::{
    adapters::{ArgonHasher, FileAvatarStore, JwtSigner, OsDice, SystemClock, WeakSecret, check_secret},
    command::MoneyLane,
    config::Settings,
    embedded::{EmbeddedDatabase, kept_secret},
    state::{AppState, Dependency, Readiness},
};

/// Why nothing could be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The private PostgreSQL did not start.
    #[error(transparent)]
    Embedded(#[from] pglocal::Error),
    /// The database does not answer.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The schema could not be brought up to date.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The secret does not protect tokens.
    #[error(transparent)]
    Secret(#[from] WeakSecret),
    /// There is no secret.
    #[error("JWT_SECRET is required with DATABASE_URL; make one with `openssl rand -hex 32`")]
    NoSecret,
    /// A file or the port could not be had.
    #[error("{0}: {1}")]
    Io(String, #[source] io::Error),
    /// The password hasher refuses its parameters.
    #[error("the password hasher does not work: {0}")]
    Hasher(Cause),
}

/// A database that answers and has the present schema, and what is built on it.
pub struct Deployment {
    settings: Settings,
    database: Database,
    url: String,
    applied: Vec<String>,
    /// Last, so that it is let go after everything that uses it.
    embedded: Option<EmbeddedDatabase>,
}

impl Deployment {
    /// Finds or starts the database and brings its schema up to date. Must be called on a multi-thread runtime.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(settings: Settings) -> Result<Self, StartError> {
        let (url, embedded) = match &settings.database_url {
            Some(url) => (url.clone(), None),
            None => {
                let data_dir = settings.data_dir.clone();
                // Starting a server blocks.
                let started = tokio::task::spawn_blocking(move || EmbeddedDatabase::start(&data_dir)).await;
                let embedded =
                    started.map_err(|error| StartError::Io("the private PostgreSQL".to_owned(), error.into()))??;
                (embedded.url().to_owned(), Some(embedded))
            }
        };
        let applied = persistence::migrate(&url).await?;
        if !applied.is_empty() {
            tracing::info!(migrations = applied.len(), "the schema was brought up to date");
        }
        let pool = PoolSettings { connections_max: settings.database_connections };
        let database = Database::connect(&url, pool).await?;
        Ok(Self { settings, database, url, applied, embedded })
    }

    /// The settings it was opened with.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The migrations that were missing.
    #[must_use]
    pub fn applied(&self) -> &[String] {
        &self.applied
    }

    /// Which database it is, without its password.
    #[must_use]
    pub fn database_label(&self) -> String {
        match &self.embedded {
            Some(_) => format!("private PostgreSQL in {}", self.settings.data_dir.join("pg").display()),
            // Whatever stands before the last `@` is a name and a password.
            None => self.url.rsplit_once('@').map_or("PostgreSQL".to_owned(), |(_, place)| {
                format!("PostgreSQL at {}", place.split('?').next().unwrap_or_default())
            }),
        }
    }

    /// What an operator does to accounts.
    ///
    /// # Errors
    /// [`StartError::Hasher`].
    pub fn admin(&self) -> Result<AdminService, StartError> {
        Ok(AdminService::new(self.users(), Arc::new(self.hasher()?), Arc::new(SystemClock), Arc::new(OsDice)))
    }

    /// Giving coins.
    #[must_use]
    pub fn grants(&self) -> GrantService {
        GrantService::new(Arc::new(PgCoinLedger::new(self.database.clone())), Arc::new(SystemClock))
    }

    /// The proof of the books.
    #[must_use]
    pub fn audit(&self) -> Box<dyn MoneyAudit> {
        Box::new(PgMoneyAudit::new(self.database.clone()))
    }

    /// The state of a server on this database.
    ///
    /// # Errors
    /// [`StartError`], when there is no usable secret.
    pub(crate) fn state(&self) -> Result<AppState, StartError> {
        let settings = &self.settings;
        let (clock, dice) = (Arc::new(SystemClock), Arc::new(OsDice));
        let users = self.users();
        let avatars = FileAvatarStore::new(
            &settings.uploads_dir,
            settings.avatars.side_pixels,
            settings.avatars.at_once,
            dice.clone(),
        );
        let accounts = AccountService {
            users: users.clone(),
            hasher: Arc::new(self.hasher()?),
            signer: Arc::new(JwtSigner::new(self.secret()?.as_bytes())),
            clock: clock.clone(),
            dice: dice.clone(),
            login_guard: LoginGuard::new(settings.login_rules),
            registrations: AddressQuota::new(settings.registrations),
        };
        let ledger = Arc::new(PgGiftLedger::new(self.database.clone()));
        Ok(AppState {
            accounts,
            profiles: ProfileService::new(users, Arc::new(avatars), clock.clone()),
            gifts: Arc::new(GiftService::new(ledger, clock.clone())),
            catalogue: CatalogueService::new(
                Arc::new(PgGiftCatalogue::new(self.database.clone())),
                Arc::new(PgGiftHistory::new(self.database.clone())),
            ),
            incomes: IncomeService::new(Arc::new(PgIncomeHistory::new(self.database.clone()))),
            money: MoneyLane::new(settings.money_queue, settings.money_wait),
            calendar: settings.calendar,
            clock,
            dice,
            phone_region: settings.phone_region.clone(),
            password_policy: settings.password_policy,
            trusted_proxy_hops: settings.trusted_proxy_hops,
            public_host_income: settings.public_host_income,
            http: settings.http,
            avatars: settings.avatars,
            uploads: Semaphore::new(settings.avatars.at_once),
            uploads_dir: settings.uploads_dir.clone(),
            readiness: Readiness::new(Arc::new(DatabaseDependency(self.database.clone()))),
        })
    }

    fn users(&self) -> Arc<PgUserRepository> {
        Arc::new(PgUserRepository::new(self.database.clone()))
    }

    fn hasher(&self) -> Result<ArgonHasher, StartError> {
        ArgonHasher::new(self.settings.hashes_at_once, self.settings.hashes_waiting).map_err(StartError::Hasher)
    }

    /// The key that tokens are signed with: given, or, with the embedded default, made once.
    fn secret(&self) -> Result<String, StartError> {
        match &self.settings.jwt_secret {
            Some(secret) => {
                check_secret(secret, self.settings.jwt_secret_legacy)?;
                Ok(secret.clone())
            }
            None if self.embedded.is_some() => kept_secret(&self.settings.data_dir, &OsDice)
                .map_err(|error| StartError::Io("the kept secret".to_owned(), error)),
            None => Err(StartError::NoSecret),
        }
    }
}

struct DatabaseDependency(Database);

#[async_trait]
impl Dependency for DatabaseDependency {
    async fn answers(&self) -> bool {
        self.0.ping().await.is_ok()
    }
}
