//! `Agencies`, `HostApplications`, `Memberships`, `AgencyFigures` and `AuditLog`: who has an agency, who belongs to it, and
//! what he did for it.

mod figures;
mod hosts;
mod memberships;

use domain::{
    agency::{
        Agencies as _, AgencyApplication, AgencyApplicationError, AgencyApplicationRefusal, AgencyDecisionError,
        AgencyDecisionOrder, AgencyDecisionRefusal, AgencyForm, CardFingerprint, FamilyName, KeyId, MaskedCardNumber,
        Region, ReviewStatus, SealedCard, StoredCard, apply_for_agency,
    },
    audit::{AuditAction, AuditEntry, AuditFacts, AuditLog as _, AuditSubject},
    id::{AgencyId, UserId},
    idempotency::Actor,
    page::{Limit, PageRequest},
    review::{Review, Verdict},
    user::PhoneNumber,
    wallet::Reason,
};
use persistence::PgAuditLog;

use crate::support::{Fixture, at, at_once};

const ROUNDS: usize = 20;

fn page(items: u32) -> PageRequest {
    PageRequest { limit: Limit::clamped(items), after: None }
}

fn refusal(result: Result<domain::agency::Agency, AgencyApplicationError>) -> AgencyApplicationRefusal {
    match result {
        Err(AgencyApplicationError::Refused(refusal)) => refusal,
        other => panic!("no refusal but {other:?}"),
    }
}

fn decision(agency: AgencyId, verdict: Verdict) -> AgencyDecisionOrder {
    AgencyDecisionOrder { by: Actor::CommandLine, agency, verdict }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_waits_and_is_decided_once_and_the_log_says_so() {
    let fixture = Fixture::new().await;
    let (owner, admin) = (fixture.user().await, fixture.user().await);
    let agency = fixture.apply_for_agency(owner, 7).await.unwrap();
    assert_eq!((&agency.review, agency.owner, agency.created_at), (&Review::Pending, owner, at(0)));
    assert_eq!(fixture.agencies().approved_of(owner).await.unwrap(), None);
    assert_eq!(refusal(fixture.apply_for_agency(owner, 8).await), AgencyApplicationRefusal::HasAgency);

    let reject = Verdict::Reject { reason: Some(Reason::parse("no papers").unwrap()) };
    let order = AgencyDecisionOrder { by: Actor::User(admin), agency: agency.id, verdict: reject };
    let posting = fixture.agency_service(5).decide(order).await.unwrap();
    let again = fixture.agency_service(6).decide(decision(agency.id, Verdict::Approve)).await;
    assert!(matches!(again, Err(AgencyDecisionError::Refused(AgencyDecisionRefusal::AlreadyDecided))));
    let unknown = fixture.agency_service(6).decide(decision(AgencyId::new(7), Verdict::Approve)).await;
    assert!(matches!(unknown, Err(AgencyDecisionError::Refused(AgencyDecisionRefusal::UnknownAgency))));

    // Rejected, it leaves owner and card free.
    let second = fixture.apply_for_agency(owner, 7).await.unwrap();
    fixture.agency_service(9).decide(decision(second.id, Verdict::Approve)).await.unwrap();
    let approved = fixture.agencies().approved_of(owner).await.unwrap().unwrap();
    assert_eq!((approved.id, approved.review.decided().unwrap().at), (second.id, at(9)));

    let rejected = fixture.agencies().list(ReviewStatus::Rejected, page(9)).await.unwrap().items;
    assert_eq!((rejected.len(), &rejected[0].agency.review), (1, &posting.review));
    assert_eq!(rejected[0].card, Some(MaskedCardNumber::from_stored("0000********0007".to_owned())));
    let lines = PgAuditLog::new(fixture.database.clone()).lines(page(9)).await.unwrap().items;
    let told: Vec<_> = lines.iter().map(|line| (line.actor, line.action.as_str(), line.reason.as_deref())).collect();
    assert_eq!(
        told,
        [(Actor::CommandLine, "agency_approved", None), (Actor::User(admin), "agency_rejected", Some("no papers"))]
    );
    assert_eq!(lines[0].before, [("status".to_owned(), "pending".to_owned())]);
    assert_eq!(lines[0].after, [("status".to_owned(), "approved".to_owned())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_applications_of_one_owner_at_once_one_wins() {
    let fixture = Fixture::new().await;
    for round in 0..ROUNDS {
        let owner = fixture.user().await;
        let numbers = (0..8).map(|rival| i64::try_from(round * 8 + rival).unwrap());
        let (won, lost) = race(&fixture, numbers.map(|number| (owner, number)).collect()).await;
        assert_eq!((won, lost), (1, vec![AgencyApplicationRefusal::HasAgency; 7]), "{round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_applications_with_one_card_at_once_one_wins() {
    let fixture = Fixture::new().await;
    for round in 0..ROUNDS {
        let mut rivals = Vec::new();
        for _ in 0..8 {
            rivals.push((fixture.user().await, i64::try_from(round).unwrap()));
        }
        let (won, lost) = race(&fixture, rivals).await;
        assert_eq!((won, lost), (1, vec![AgencyApplicationRefusal::CardUsed; 7]), "{round}");
    }
}

/// How many of these applications won, and what the others were told.
async fn race(fixture: &Fixture, rivals: Vec<(UserId, i64)>) -> (usize, Vec<AgencyApplicationRefusal>) {
    let tasks = rivals.into_iter().map(|(owner, number)| {
        let store = fixture.agencies();
        async move { store.apply(wish(owner, number), at(0), Box::new(apply_for_agency)).await }
    });
    let (won, lost): (Vec<_>, Vec<_>) = at_once(tasks.collect()).await.into_iter().partition(Result::is_ok);
    (won.len(), lost.into_iter().map(refusal).collect())
}

fn wish(owner: UserId, number: i64) -> AgencyApplication {
    let mut hash = [0; 32];
    hash[24..].copy_from_slice(&number.to_be_bytes());
    AgencyApplication {
        id: AgencyId::new(1_000_000 + owner.value() * 1_000 + number),
        owner,
        form: AgencyForm {
            family_name: FamilyName::parse("Bintang").unwrap(),
            region: Region::parse("Indonesia").unwrap(),
            phone: PhoneNumber::from_stored("089123456789".to_owned()),
        },
        card: StoredCard {
            sealed: SealedCard { key: KeyId::parse("1").unwrap(), bytes: vec![1, 2] },
            fingerprint: CardFingerprint(hash),
            masked: MaskedCardNumber::from_stored("0000********0000".to_owned()),
        },
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_is_taken_is_said_to_be_and_a_card_is_kept_sealed() {
    let fixture = Fixture::new().await;
    let (first, second) = (wish(fixture.user().await, 1), wish(fixture.user().await, 2));
    let apply = async |wish: AgencyApplication| fixture.agencies().apply(wish, at(0), Box::new(apply_for_agency)).await;
    apply(first.clone()).await.unwrap();
    let taken = apply(AgencyApplication { id: first.id, ..second }).await;
    assert!(matches!(taken, Err(AgencyApplicationError::IdTaken)), "{taken:?}");
    assert_eq!(fixture.agencies().sealed_card(first.id).await.unwrap(), Some(first.card.sealed));
    assert_eq!(fixture.agencies().sealed_card(AgencyId::new(1)).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_decisions_at_once_one_wins_and_leaves_one_line() {
    let fixture = Fixture::new().await;
    for round in 0..ROUNDS {
        let owner = fixture.user().await;
        let agency = fixture.apply_for_agency(owner, owner.value()).await.unwrap().id;
        let tasks = (0..30).map(|rival| {
            let service = fixture.agency_service(rival);
            let verdict = if rival % 2 == 0 { Verdict::Approve } else { Verdict::Reject { reason: None } };
            async move { service.decide(decision(agency, verdict)).await }
        });
        let decided = at_once(tasks.collect()).await;
        let winner: Vec<_> = decided.iter().filter_map(|result| result.as_ref().ok()).collect();
        assert_eq!(winner.len(), 1, "{round}");
        for lost in decided.iter().filter_map(|result| result.as_ref().err()) {
            assert!(matches!(lost, AgencyDecisionError::Refused(AgencyDecisionRefusal::AlreadyDecided)), "{lost:?}");
        }
        let word = fixture.texts(&format!("SELECT status FROM agencies WHERE id = {agency}")).await;
        assert_eq!(word, [winner[0].review.word()]);
        assert_eq!(fixture.count("audit_log").await, i64::try_from(round + 1).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_kept_in_order_and_read_in_pages() {
    let fixture = Fixture::new().await;
    let (log, user) = (PgAuditLog::new(fixture.database.clone()), fixture.user().await);
    for number in 0..5 {
        let after = AuditFacts::none().with("z", &number).with("a", "\"é\"").with("z", "");
        log.append(AuditEntry {
            actor: Actor::User(user),
            action: AuditAction::CardRead,
            subject: AuditSubject::Gift("rose".to_owned()),
            before: AuditFacts::none(),
            after,
            reason: None,
            at: at(number / 2),
        })
        .await
        .unwrap();
    }
    let (mut seen, mut next) = (Vec::new(), page(2));
    loop {
        let found = log.lines(next).await.unwrap();
        seen.extend(found.items);
        let Some(after) = found.next else { break };
        next.after = Some(after);
    }
    let numbers: Vec<_> = seen.iter().map(|line| line.after[0].1.as_str()).collect();
    assert_eq!(numbers, ["4", "3", "2", "1", "0"]);
    let line = &seen[0];
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(line.after, [pair("z", "4"), pair("a", "\"é\""), pair("z", "")]);
    assert_eq!((line.before.len(), &line.subject, line.at), (0, &pair("gift", "rose"), at(2)));
}
