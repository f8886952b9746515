//! What handlers share: services of the domain, and the few values that parsing needs.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use domain::{
    agency::{AgencyService, CardService, FigureService, HostService},
    audit::AuditLog,
    chat::ChatService,
    dice::Dice,
    gift::{CatalogueEditor, CatalogueService, GiftService},
    income::IncomeService,
    live::LiveService,
    ranking::RankingService,
    salary::{ClosingService, PolicyService, SalaryService},
    time::{BusinessCalendar, Clock},
    user::{AccountService, AdminService, PasswordPolicy, PhoneRegion, ProfileService},
    wallet::{CoinService, ExchangeService, MoneyAudit},
};

use crate::{
    config::{AvatarLimits, HttpLimits},
    hub::Hub,
    lane::Lane,
    realtime::Endpoint,
    uploads::Uploads,
};

/// The state of a server.
pub(crate) struct AppState {
    /// Register, log in, authenticate.
    pub(crate) accounts: Arc<AccountService>,
    /// Profiles and avatars.
    pub(crate) profiles: Arc<ProfileService>,
    /// Sending gifts.
    pub(crate) gifts: Arc<GiftService>,
    /// Turning diamonds into coins.
    pub(crate) exchanges: Arc<ExchangeService>,
    /// The catalogue, and what was sent.
    pub(crate) catalogue: CatalogueService,
    /// Who received and gave the most.
    pub(crate) rankings: RankingService,
    /// What hosts earned.
    pub(crate) incomes: IncomeService,
    /// Private messages.
    pub(crate) chats: Arc<ChatService>,
    /// When hosts are live.
    pub(crate) live_sessions: Arc<LiveService>,
    /// Agencies and their hosts.
    pub(crate) agencies: Arc<AgencyServices>,
    /// What administrators do.
    pub(crate) administration: Arc<AdminServices>,
    /// Salaries and their policy.
    pub(crate) salaries: Arc<SalaryServices>,
    /// Where messages, and the beginnings and ends of live sessions, are stored and told.
    pub(crate) messages: Arc<Lane>,
    /// Where money requests run.
    pub(crate) money: Arc<Lane>,
    /// Where pictures are decoded and put in place.
    pub(crate) pictures: Lane,
    /// The business calendar.
    pub(crate) calendar: BusinessCalendar,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// The chance.
    pub(crate) dice: Arc<dyn Dice>,
    /// The region whose phone numbers are written without a country code.
    pub(crate) phone_region: PhoneRegion,
    /// What new passwords must be like.
    pub(crate) password_policy: PasswordPolicy,
    /// How many proxies in front are believed.
    pub(crate) trusted_proxy_hops: usize,
    /// Whether everybody may read the incomes of hosts.
    pub(crate) public_host_income: bool,
    /// What HTTP requests are held to.
    pub(crate) http: HttpLimits,
    /// What pictures are held to.
    pub(crate) avatars: AvatarLimits,
    /// Who uploads now.
    pub(crate) uploads: Arc<Uploads>,
    /// Where pictures are kept.
    pub(crate) uploads_dir: std::path::PathBuf,
    /// Live rooms.
    pub(crate) live: Arc<Endpoint<Hub>>,
    /// Whether the server takes requests.
    pub(crate) readiness: Readiness,
}

/// Agencies and their hosts.
pub(crate) struct AgencyServices {
    /// Applying, deciding, and whose agency it is.
    pub(crate) agencies: AgencyService,
    /// Applying, inviting, answering, deciding, leaving.
    pub(crate) hosts: HostService,
    /// What hosts did.
    pub(crate) figures: FigureService,
    /// Identity cards in full.
    pub(crate) cards: CardService,
}

/// What administrators do, beside agencies and hosts.
pub(crate) struct AdminServices {
    /// Bans.
    pub(crate) accounts: AdminService,
    /// Giving and taking coins.
    pub(crate) coins: CoinService,
    /// Changing what can be sent.
    pub(crate) catalogue: CatalogueEditor,
    /// The proof of the books.
    pub(crate) books: Box<dyn MoneyAudit>,
    /// What administrators did.
    pub(crate) log: Arc<dyn AuditLog>,
}

/// Salaries and their policy.
pub(crate) struct SalaryServices {
    /// What owners decide on.
    pub(crate) salaries: SalaryService,
    /// What administrators rule.
    pub(crate) policies: PolicyService,
    /// Closing weeks.
    pub(crate) closing: ClosingService,
}

/// Something that the server needs and that may be away.
#[async_trait]
pub(crate) trait Dependency: Send + Sync {
    /// Whether it answers.
    async fn answers(&self) -> bool;
}

/// Whether the server takes requests: it is not stopping, and its database answers.
pub(crate) struct Readiness {
    is_stopping: AtomicBool,
    database: Arc<dyn Dependency>,
}

impl Readiness {
    /// Readiness that depends on this database.
    #[must_use]
    pub(crate) fn new(database: Arc<dyn Dependency>) -> Self {
        Self { is_stopping: AtomicBool::new(false), database }
    }

    /// Says that the server stops.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
    }

    /// Whether the server takes requests now.
    pub(crate) async fn is_ready(&self) -> bool {
        !self.is_stopping.load(Ordering::SeqCst) && self.database.answers().await
    }
}
