use chrono::DateTime;

use super::*;
use crate::{
    agency::{
        AgencyApplicationContext, AgencyApplicationRefusal, AgencyDecisionRefusal, CardFingerprint, FamilyName, KeyId,
        MockAgencies, MockCardVault, Region, SealedCard,
    },
    idempotency::Actor,
    review::{Review, Verdict},
    testing::{FixedClock, LoadedDice},
    user::PhoneNumber,
};

const OWNER: UserId = UserId::new(2);

fn agency(id: i64) -> Agency {
    Agency {
        id: AgencyId::new(id),
        owner: OWNER,
        family_name: "Bintang".to_owned(),
        region: None,
        phone: None,
        review: Review::Pending,
        created_at: DateTime::UNIX_EPOCH,
    }
}

fn service(agencies: MockAgencies, faces: &[u64]) -> AgencyService {
    let mut vault = MockCardVault::new();
    vault
        .expect_seal()
        .returning(|_, row| Ok(SealedCard { key: KeyId::parse("1").unwrap(), bytes: row.text().into_bytes() }));
    vault.expect_fingerprint().returning(|_| CardFingerprint([7; 32]));
    AgencyService {
        agencies: Arc::new(agencies),
        vault: Arc::new(vault),
        clock: Arc::new(FixedClock::new(DateTime::UNIX_EPOCH)),
        dice: Arc::new(LoadedDice::new(faces.iter().copied())),
    }
}

async fn apply(service: &AgencyService) -> Result<Agency, AgencyApplicationError> {
    let form = AgencyForm {
        family_name: FamilyName::parse("Bintang").unwrap(),
        region: Region::parse("Indonesia").unwrap(),
        phone: PhoneNumber::from_stored("089123456789".to_owned()),
    };
    service.apply(OWNER, form, &CardNumber::parse("3174010203040001").unwrap()).await
}

#[tokio::test]
async fn an_application_gets_a_free_id_and_a_card_sealed_for_it() {
    let mut agencies = MockAgencies::new();
    agencies.expect_apply().times(2).returning(|wish, _, decide| {
        assert_eq!(wish.card.sealed.bytes, format!("card of agency {}", wish.id).into_bytes());
        assert_eq!(wish.card.masked.to_string(), "3174********0001");
        if wish.id.value() == 1_000_005 {
            return Err(AgencyApplicationError::IdTaken);
        }
        decide(&AgencyApplicationContext { is_owner_banned: Some(false), has_agency: false, is_card_used: false })?;
        Ok(agency(wish.id.value()))
    });
    let applied = apply(&service(agencies, &[9_000_005, 8_999_999])).await.unwrap();
    assert_eq!(applied.id, AgencyId::new(9_999_999));
}

#[tokio::test]
async fn a_refusal_comes_back_as_it_was_decided_and_dice_that_fail_are_a_failure() {
    let mut agencies = MockAgencies::new();
    agencies.expect_apply().returning(|_, _, decide| {
        let facts = AgencyApplicationContext { is_owner_banned: Some(false), has_agency: false, is_card_used: true };
        Err(decide(&facts).unwrap_err().into())
    });
    let refused = apply(&service(agencies, &[1])).await;
    assert!(matches!(refused, Err(AgencyApplicationError::Refused(AgencyApplicationRefusal::CardUsed))));
    let mut agencies = MockAgencies::new();
    agencies.expect_apply().returning(|_, _, _| Err(AgencyApplicationError::IdTaken));
    assert!(matches!(apply(&service(agencies, &[1; 16])).await, Err(AgencyApplicationError::Store(_))));
}

#[tokio::test]
async fn a_decision_is_stamped_by_the_clock() {
    let mut agencies = MockAgencies::new();
    agencies.expect_decide().returning(|_, decide| {
        let posting = decide(&Some(Review::Pending)).unwrap();
        assert_eq!(decide(&Some(posting.review.clone())), Err(AgencyDecisionRefusal::AlreadyDecided));
        Ok(posting)
    });
    let order = AgencyDecisionOrder { by: Actor::CommandLine, agency: AgencyId::new(7), verdict: Verdict::Approve };
    let posting = service(agencies, &[]).decide(order).await.unwrap();
    assert_eq!(posting.review.decided().map(|decided| decided.at), Some(DateTime::UNIX_EPOCH));
}

#[tokio::test]
async fn an_owner_sees_his_own_agency() {
    for (owned, named, expected) in [
        (None, Some(7), Err(AccessRefusal::NotAnAgency)),
        (Some(7), Some(8), Err(AccessRefusal::NotFound)),
        (Some(7), Some(7), Ok(7)),
        (Some(7), None, Ok(7)),
    ] {
        let mut agencies = MockAgencies::new();
        agencies.expect_approved_of().returning(move |_| Ok(owned.map(agency)));
        let found = match service(agencies, &[]).own(OWNER, named.map(AgencyId::new)).await {
            Ok(agency) => Ok(agency.id.value()),
            Err(AccessError::Refused(refusal)) => Err(refusal),
            Err(AccessError::Store(error)) => panic!("{error}"),
        };
        assert_eq!(found, expected, "{owned:?} {named:?}");
    }
}
