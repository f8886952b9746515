//! The composition root: the only place that knows both the services and what stands behind their ports.

mod agencies;
mod cards;
mod demo;
mod error;
mod label;
mod readiness;
mod rooms;
mod salaries;

use std::{io, sync::Arc};

use domain::{
    chat::ChatService,
    gift::{CatalogueEditor, CatalogueService, GiftService},
    id::UserId,
    income::IncomeService,
    live::LiveService,
    ranking::{GiftTotals, RankingService},
    rate::Quotas,
    store::StoreError,
    user::{AccountService, AdminService, LoginGuard, ProfileService, User, UserRepository as _},
    wallet::{CoinService, ExchangeService, MoneyAudit},
};
use persistence::{
    Database, PgChatStore, PgCoinLedger, PgExchangeHistory, PgExchangeLedger, PgGiftCatalogue, PgGiftHistory,
    PgGiftLedger, PgGiftTotals, PgIncomeHistory, PgLiveSessions, PgMoneyAudit, PgRankings, PgUserRepository,
    PoolSettings,
};

pub use self::error::StartError;
use self::{label::place, readiness::DatabaseDependency, rooms::live_rooms};
use crate::{
    adapters::{
        ArgonHasher, FileAvatarStore, JwtSigner, LivePublisher, OsDice, StoredAudience, SystemClock, check_secret,
    },
    config::Settings,
    embedded::{self, EmbeddedDatabase},
    hub::{HubPublisher, HubServices, LocalBus},
    lane::Lane,
    state::{AppState, Readiness},
    uploads::Uploads,
};

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
            Some(url) => (url.reveal().to_owned(), None),
            None => {
                let (data_dir, connections) = (settings.data_dir.clone(), settings.database_connections);
                // Starting a server blocks.
                let started =
                    tokio::task::spawn_blocking(move || EmbeddedDatabase::start(&data_dir, connections)).await;
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
            Some(embedded) => format!("private PostgreSQL in {}", embedded.data_dir().display()),
            None => place(&self.url).map_or("PostgreSQL".to_owned(), |place| format!("PostgreSQL at {place}")),
        }
    }

    /// The user with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.users().find(id).await
    }

    /// What an operator does to accounts.
    ///
    /// # Errors
    /// [`StartError::Hasher`].
    pub fn admin(&self) -> Result<AdminService, StartError> {
        Ok(AdminService::new(self.users(), Arc::new(self.hasher()?), Arc::new(SystemClock), Arc::new(OsDice)))
    }

    /// Giving and taking coins.
    #[must_use]
    pub fn coins(&self) -> CoinService {
        CoinService::new(Arc::new(PgCoinLedger::new(self.database.clone())), Arc::new(SystemClock))
    }

    /// Changing what can be sent.
    #[must_use]
    pub fn catalogue_editor(&self) -> CatalogueEditor {
        CatalogueEditor::new(Arc::new(PgGiftCatalogue::new(self.database.clone())), Arc::new(SystemClock))
    }

    /// The proof of the books.
    #[must_use]
    pub fn audit(&self) -> Box<dyn MoneyAudit> {
        Box::new(PgMoneyAudit::new(self.database.clone(), self.settings.calendar))
    }

    /// The totals that reports are read from.
    #[must_use]
    pub fn totals(&self) -> Box<dyn GiftTotals> {
        Box::new(PgGiftTotals::new(self.database.clone(), self.settings.calendar))
    }

    /// Makes sure that the totals are kept in the calendar of the settings; makes them when there are none yet.
    ///
    /// # Errors
    /// [`StartError::OtherZone`], or when the database does not answer.
    pub async fn check_totals(&self) -> Result<(), StartError> {
        let (totals, wanted) = (self.totals(), self.settings.calendar.zone_name());
        match totals.zone().await.map_err(StartError::Totals)? {
            Some(kept) if kept == wanted => Ok(()),
            Some(kept) => Err(StartError::OtherZone { kept, wanted }),
            None => {
                totals.rebuild().await.map_err(StartError::Totals)?;
                tracing::info!(zone = wanted, "the totals of reports were made from the gifts");
                Ok(())
            }
        }
    }

    /// The state of a server on this database.
    ///
    /// # Errors
    /// [`StartError`], when there is no usable secret.
    pub(crate) fn state(&self) -> Result<AppState, StartError> {
        let settings = &self.settings;
        let (clock, dice) = (Arc::new(SystemClock), Arc::new(OsDice));
        let users = self.users();
        let avatars = FileAvatarStore::new(&settings.uploads_dir, settings.avatars.side_pixels, dice.clone());
        avatars.sweep();
        let accounts = Arc::new(AccountService {
            users: users.clone(),
            hasher: Arc::new(self.hasher()?),
            signer: Arc::new(JwtSigner::new(secret(settings)?.as_bytes())),
            clock: clock.clone(),
            dice: dice.clone(),
            login_guard: LoginGuard::new(settings.login_rules),
            registrations: Quotas::new(settings.registrations),
        });
        let profiles = Arc::new(ProfileService::new(users, Arc::new(avatars), clock.clone()));
        let ledger = Arc::new(PgGiftLedger::new(self.database.clone(), settings.calendar));
        let publisher = Arc::new(LivePublisher::default());
        let gifts = Arc::new(GiftService::new(ledger, clock.clone(), publisher.clone()));
        let money = Arc::new(Lane::new(settings.money_queue, settings.money_wait));
        let chats = Arc::new(ChatService {
            store: Arc::new(PgChatStore::new(self.database.clone())),
            publisher: publisher.clone(),
            clock: clock.clone(),
            rates: Quotas::new(settings.sockets.chat),
        });
        let messages = Arc::new(Lane::new(settings.money_queue, settings.money_wait));
        let sessions = Arc::new(PgLiveSessions::new(self.database.clone(), settings.calendar));
        let audience = StoredAudience::new(sessions.clone());
        let live_sessions = Arc::new(LiveService {
            sessions,
            audience: audience.clone(),
            publisher: publisher.clone(),
            clock: clock.clone(),
        });
        let live = live_rooms(
            settings,
            HubServices {
                accounts: Arc::clone(&accounts),
                profiles: Arc::clone(&profiles),
                gifts: Arc::clone(&gifts),
                money: Arc::clone(&money),
                chats: Arc::clone(&chats),
                messages: Arc::clone(&messages),
                live: Arc::clone(&live_sessions),
                audience,
                bus: Arc::new(LocalBus::new()),
                clock: clock.clone(),
                dice: dice.clone(),
            },
        );
        publisher.plug(Arc::new(HubPublisher(Arc::downgrade(&live))));
        Ok(AppState {
            accounts,
            profiles,
            gifts,
            exchanges: Arc::new(ExchangeService::new(
                Arc::new(PgExchangeLedger::new(self.database.clone())),
                Arc::new(PgExchangeHistory::new(self.database.clone())),
                clock.clone(),
            )),
            catalogue: CatalogueService::new(
                Arc::new(PgGiftCatalogue::new(self.database.clone())),
                Arc::new(PgGiftHistory::new(self.database.clone())),
            ),
            rankings: RankingService::new(Arc::new(PgRankings::new(self.database.clone()))),
            incomes: IncomeService::new(Arc::new(PgIncomeHistory::new(self.database.clone()))),
            chats,
            live_sessions,
            agencies: Arc::new(self.agencies()?),
            administration: Arc::new(self.administration()?),
            salaries: self.salaries(),
            messages,
            money,
            // Uploads have their own limit, and let go of it a moment before they let go of the lane.
            pictures: Lane::new(settings.avatars.at_once.saturating_mul(2), settings.http.body_timeout),
            calendar: settings.calendar,
            clock,
            dice,
            phone_region: settings.phone_region.clone(),
            password_policy: settings.password_policy,
            trusted_proxy_hops: settings.trusted_proxy_hops,
            public_host_income: settings.public_host_income,
            http: settings.http,
            avatars: settings.avatars,
            uploads: Arc::new(Uploads::new(settings.avatars.at_once)),
            uploads_dir: settings.uploads_dir.clone(),
            live,
            readiness: Readiness::new(Arc::new(DatabaseDependency(self.database.clone()))),
        })
    }

    fn users(&self) -> Arc<PgUserRepository> {
        Arc::new(PgUserRepository::new(self.database.clone()))
    }

    fn hasher(&self) -> Result<ArgonHasher, StartError> {
        ArgonHasher::new(self.settings.hashes_at_once, self.settings.hashes_waiting).map_err(StartError::Hasher)
    }
}

/// The key that tokens are signed with: given, or, with the embedded default, made once. A server asks for it before it
/// touches its database.
///
/// # Errors
/// [`StartError`], when there is none that protects tokens.
pub(crate) fn secret(settings: &Settings) -> Result<String, StartError> {
    let secret = match (&settings.jwt_secret, &settings.database_url) {
        (Some(secret), _) => secret.reveal().to_owned(),
        (None, Some(_)) => return Err(StartError::NoSecret),
        (None, None) => embedded::kept_secret(&settings.data_dir, &OsDice).map_err(kept_secret_failed)?,
    };
    check_secret(&secret, settings.jwt_secret_legacy)?;
    Ok(secret)
}

/// Whether [`secret`] would find one, without making any.
///
/// # Errors
/// As [`secret`].
pub(crate) fn look_at_secret(settings: &Settings) -> Result<(), StartError> {
    let is_first_start = settings.jwt_secret.is_none()
        && settings.database_url.is_none()
        && !embedded::has_kept_secret(&settings.data_dir).map_err(kept_secret_failed)?;
    if is_first_start { Ok(()) } else { secret(settings).map(drop) }
}

fn kept_secret_failed(error: io::Error) -> StartError {
    StartError::Io("the kept secret".to_owned(), error)
}
