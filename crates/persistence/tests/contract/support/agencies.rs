//! Agencies, their hosts and their figures, through the domain's own services.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, Utc};
use domain::{
    agency::{
        Agency, AgencyApplicationError, AgencyDecisionOrder, AgencyForm, AgencyService, Answer, AnswerOrder,
        CardBinding, CardFingerprint, CardNumber, CardVault, Decider, EndOrder, FamilyName, FigureService,
        HostApplication, HostApplyError, HostApplyOrder, HostForm, HostReviewError, HostReviewOrder, HostReviewPosting,
        HostService, InviteOrder, KeyId, Membership, OpenCardError, Region, SealedCard, StoredCard,
    },
    dice::Dice,
    id::{AgencyId, HostApplicationId, UserId},
    idempotency::Actor,
    review::Verdict,
    store::Cause,
    time::Clock,
    user::{DisplayName, Gender, PhoneNumber},
};
use persistence::{PgAgencies, PgAgencyFigures, PgHostApplications, PgLiveSessions, PgMemberships};

use super::{Fixture, at, calendar};

/// A vault that hides nothing: what the store makes of a card is to be seen.
struct GlassVault;

impl CardVault for GlassVault {
    fn seal(&self, number: &CardNumber, row: &CardBinding) -> Result<SealedCard, Cause> {
        let bytes = format!("{} of {}", number.reveal(), row.text()).into_bytes();
        Ok(SealedCard { key: KeyId::parse("glass").unwrap(), bytes })
    }

    fn open(&self, _: &SealedCard, _: &CardBinding) -> Result<CardNumber, OpenCardError> {
        Err(OpenCardError::Forged)
    }

    fn fingerprint(&self, number: &CardNumber) -> CardFingerprint {
        let mut hash = [0; 32];
        hash[..16].copy_from_slice(number.reveal().as_bytes());
        CardFingerprint(hash)
    }
}

/// Dice that count.
#[derive(Default)]
struct CountingDice(AtomicU64);

impl Dice for CountingDice {
    fn draw(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

struct At(DateTime<Utc>);

impl Clock for At {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

/// The number of the card of this name.
pub(crate) fn card(number: i64) -> CardNumber {
    CardNumber::parse(&format!("{number:016}")).unwrap()
}

impl Fixture {
    pub(crate) fn agencies(&self) -> PgAgencies {
        PgAgencies::new(self.database.clone())
    }

    pub(crate) fn applications(&self) -> PgHostApplications {
        PgHostApplications::new(self.database.clone())
    }

    pub(crate) fn memberships(&self) -> PgMemberships {
        PgMemberships::new(self.database.clone())
    }

    pub(crate) fn figures(&self) -> PgAgencyFigures {
        PgAgencyFigures::new(self.database.clone(), calendar())
    }

    pub(crate) fn sessions(&self) -> PgLiveSessions {
        PgLiveSessions::new(self.database.clone(), calendar())
    }

    pub(crate) fn agency_service(&self, second: i64) -> AgencyService {
        static DICE: OnceLock<Arc<CountingDice>> = OnceLock::new();
        AgencyService {
            agencies: Arc::new(self.agencies()),
            vault: Arc::new(GlassVault),
            clock: Arc::new(At(at(second))),
            dice: DICE.get_or_init(Arc::default).clone(),
        }
    }

    pub(crate) fn host_service(&self, second: i64) -> HostService {
        HostService {
            applications: Arc::new(self.applications()),
            memberships: Arc::new(self.memberships()),
            agencies: Arc::new(self.agencies()),
            vault: Arc::new(GlassVault),
            clock: Arc::new(At(at(second))),
        }
    }

    pub(crate) fn figure_service(&self, second: i64) -> FigureService {
        FigureService {
            agencies: Arc::new(self.agencies()),
            figures: Arc::new(self.figures()),
            calendar: calendar(),
            clock: Arc::new(At(at(second))),
        }
    }

    /// Applies for an agency with a card.
    pub(crate) async fn apply_for_agency(&self, owner: UserId, number: i64) -> Result<Agency, AgencyApplicationError> {
        let form = AgencyForm {
            family_name: FamilyName::parse("Bintang").unwrap(),
            region: Region::parse("Indonesia").unwrap(),
            phone: PhoneNumber::from_stored("089123456789".to_owned()),
        };
        self.agency_service(0).apply(owner, form, &card(number)).await
    }

    /// A new owner with an approved agency.
    pub(crate) async fn agency(&self) -> (UserId, AgencyId) {
        let owner = self.user().await;
        let agency = self.apply_for_agency(owner, owner.value()).await.unwrap().id;
        let order = AgencyDecisionOrder { by: Actor::CommandLine, agency, verdict: Verdict::Approve };
        self.agency_service(0).decide(order).await.unwrap();
        (owner, agency)
    }

    /// Applies to an agency with a card.
    pub(crate) async fn apply_as_host(
        &self,
        host: UserId,
        agency: AgencyId,
        number: i64,
    ) -> Result<HostApplication, HostApplyError> {
        let form = HostForm { name: DisplayName::parse("Siti").unwrap(), gender: Gender::Female };
        self.host_service(0).apply(host, agency, form, &card(number)).await.map(|(application, _)| application)
    }

    /// A wish to apply to an agency with a card.
    pub(crate) fn order_to_apply(&self, row: &CardBinding, number: i64) -> HostApplyOrder {
        let CardBinding::HostApplication { host, agency, .. } = *row else { panic!("{row:?}") };
        let form = HostForm { name: DisplayName::parse("Siti").unwrap(), gender: Gender::Female };
        let number = card(number);
        let sealed = GlassVault.seal(&number, row).unwrap();
        let card = StoredCard { sealed, fingerprint: GlassVault.fingerprint(&number), masked: number.masked() };
        HostApplyOrder { host, agency, form, card }
    }

    /// Invites a user, who accepts.
    pub(crate) async fn invited(&self, owner: UserId, agency: AgencyId, host: UserId) -> HostApplicationId {
        let hosts = self.host_service(0);
        let application = hosts.invite(InviteOrder { owner, agency, host }).await.unwrap().0.id();
        hosts.answer(AnswerOrder { user: host, application, answer: Answer::Accept }).await.unwrap();
        application
    }

    /// The owner decides.
    pub(crate) async fn review(
        &self,
        user: UserId,
        application: HostApplicationId,
        verdict: Verdict,
        second: i64,
    ) -> Result<HostReviewPosting, HostReviewError> {
        let by = Decider::Owner { user, agency: None };
        self.host_service(second).review(HostReviewOrder { by, application, verdict }).await
    }

    /// Makes a user a member from this second on.
    pub(crate) async fn join(&self, owner: UserId, agency: AgencyId, host: UserId, second: i64) -> Membership {
        let application = self.invited(owner, agency, host).await;
        self.review(owner, application, Verdict::Approve, second).await.unwrap();
        self.host_service(second).current(host).await.unwrap().unwrap()
    }

    /// A host leaves.
    pub(crate) async fn leave(&self, host: UserId, second: i64) -> Membership {
        self.host_service(second).end(EndOrder::Leave { host }).await.unwrap()
    }
}
