use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::{
    rate::Quota,
    testing::{FixedClock, LoadedDice},
    user::{
        ClaimsRefusal, ForgedToken, HashingError, LoginRules, MockHashingPlace, MockPasswordHasher, MockTokenSigner,
        MockUserRepository, PasswordHash, Standing,
    },
};

const USER: UserId = UserId::new(23_112_600);

fn phone() -> PhoneNumber {
    PhoneNumber::from_stored("089123456789".to_owned())
}

fn password(text: &str) -> PlainPassword {
    PlainPassword::attempt(text.to_owned()).unwrap()
}

fn address() -> ClientAddress {
    IpAddr::from([10, 0, 0, 1]).into()
}

fn standing(epoch: i32, is_banned: bool) -> Standing {
    Standing { role: Role::User, epoch, is_banned }
}

fn credentials(standing: Standing) -> Credentials {
    let password = PasswordHash::new("stored".to_owned());
    Credentials { user_id: USER, name: "Siti".to_owned(), phone: phone(), password, standing }
}

/// A hasher whose one password is `right`.
fn hasher(outdated: bool) -> MockPasswordHasher {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_place().returning(move || {
        let mut place = MockHashingPlace::new();
        let right = if outdated { Verdict::RightButOutdated } else { Verdict::Right };
        place
            .expect_verify()
            .returning(move |tried, _| Ok(if tried.reveal() == "right" { right } else { Verdict::Wrong }));
        place.expect_verify_nobody().returning(|| Ok(()));
        place.expect_hash().returning(|_| Ok(PasswordHash::new("new".to_owned())));
        Ok(Box::new(place))
    });
    hasher
}

fn signer() -> MockTokenSigner {
    let mut signer = MockTokenSigner::new();
    signer.expect_sign().returning(|claims| Ok(format!("token of {} in epoch {}", claims.user_id, claims.epoch)));
    signer
}

struct Parts {
    users: MockUserRepository,
    hasher: MockPasswordHasher,
    signer: MockTokenSigner,
    faces: Vec<u64>,
}

fn service(parts: Parts) -> AccountService {
    let rules = LoginRules { failures_max: 2, wait_max: TimeDelta::minutes(15), account_quota: Quota::per_hour(100) };
    AccountService {
        users: Arc::new(parts.users),
        hasher: Arc::new(parts.hasher),
        signer: Arc::new(parts.signer),
        clock: Arc::new(FixedClock::new(DateTime::from_timestamp(1_795_000_000, 0).unwrap())),
        dice: Arc::new(LoadedDice::new(parts.faces)),
        login_guard: LoginGuard::new(rules),
        registrations: Quotas::new(Quota::per_hour(2)),
    }
}

fn with_users(users: MockUserRepository) -> AccountService {
    service(Parts { users, hasher: hasher(false), signer: signer(), faces: vec![] })
}

fn knowing(credentials: Option<Credentials>) -> MockUserRepository {
    let mut users = MockUserRepository::new();
    users.expect_find_credentials().returning(move |_| Ok(credentials.clone()));
    users
}

fn attempt(text: &str) -> LoginAttempt {
    LoginAttempt { phone: Some(phone()), password: Some(password(text)), address: address() }
}

fn registration(name: Option<&str>) -> Registration {
    let name = name.map(|name| DisplayName::parse(name).unwrap());
    Registration { phone: phone(), password: password("right"), name, address: address() }
}

#[tokio::test]
async fn a_taken_id_is_drawn_again_and_the_default_name_follows_the_id() {
    let mut users = MockUserRepository::new();
    users.expect_insert().once().returning(|user| {
        assert_eq!(user.id.value(), 10_000_007);
        Err(InsertUserError::IdTaken)
    });
    users.expect_insert().once().returning(|user| {
        assert_eq!((user.id.value(), user.name.as_str(), user.role), (10_000_042, "User-0042", Role::User));
        Ok(())
    });
    let accounts = service(Parts { users, hasher: hasher(false), signer: signer(), faces: vec![7, 42] });
    assert_eq!(accounts.register(registration(None)).await.unwrap().value(), 10_000_042);
}

#[tokio::test]
async fn a_taken_phone_number_is_refused_and_registrations_are_limited_by_address() {
    let mut users = MockUserRepository::new();
    users.expect_insert().times(2).returning(|_| Err(InsertUserError::PhoneTaken));
    let accounts = service(Parts { users, hasher: hasher(false), signer: signer(), faces: vec![1, 2] });
    for _ in 0..2 {
        assert!(matches!(accounts.register(registration(Some("Siti"))).await, Err(RegisterError::PhoneTaken)));
    }
    assert!(matches!(accounts.register(registration(None)).await, Err(RegisterError::TooMany(_))));
}

#[tokio::test]
async fn ids_that_are_all_taken_are_a_failure_in_the_end() {
    let mut users = MockUserRepository::new();
    users.expect_insert().times(16).returning(|_| Err(InsertUserError::IdTaken));
    let accounts = service(Parts { users, hasher: hasher(false), signer: signer(), faces: (0..16).collect() });
    assert!(matches!(accounts.register(registration(None)).await, Err(RegisterError::Store(StoreError::Corrupt(_)))));
}

#[tokio::test]
async fn a_right_password_gives_a_token_of_the_present_epoch() {
    let logged_in = with_users(knowing(Some(credentials(standing(3, false))))).login(attempt("right")).await.unwrap();
    assert_eq!(logged_in.token, "token of 23112600 in epoch 3");
    assert_eq!((logged_in.user_id, logged_in.name.as_str()), (USER, "Siti"));
}

#[tokio::test]
async fn unknown_phones_and_wrong_passwords_are_the_same_to_the_caller() {
    for known in [None, Some(credentials(standing(0, false)))] {
        let accounts = with_users(knowing(known));
        for _ in 0..2 {
            assert!(matches!(accounts.login(attempt("wrong")).await, Err(LoginError::InvalidCredentials)));
        }
        assert!(matches!(accounts.login(attempt("wrong")).await, Err(LoginError::TooMany(_))), "both are limited");
    }
    let accounts = with_users(MockUserRepository::new());
    let nonsense = LoginAttempt { phone: None, password: None, address: address() };
    assert!(matches!(accounts.login(nonsense).await, Err(LoginError::InvalidCredentials)));
}

#[tokio::test]
async fn a_ban_shows_only_to_who_knows_the_password() {
    let accounts = with_users(knowing(Some(credentials(standing(0, true)))));
    assert!(matches!(accounts.login(attempt("wrong")).await, Err(LoginError::InvalidCredentials)));
    assert!(matches!(accounts.login(attempt("right")).await, Err(LoginError::Banned)));
}

#[tokio::test]
async fn an_outdated_hash_is_replaced_at_the_first_login() {
    let mut users = knowing(Some(credentials(standing(0, false))));
    users.expect_upgrade_password().once().returning(|id, old, new| {
        assert_eq!((id, old.as_str(), new.as_str()), (USER, "stored", "new"));
        Ok(())
    });
    let accounts = service(Parts { users, hasher: hasher(true), signer: signer(), faces: vec![] });
    assert!(accounts.login(attempt("right")).await.is_ok());
}

#[tokio::test]
async fn a_full_queue_of_the_hasher_is_told() {
    let mut busy = MockPasswordHasher::new();
    busy.expect_place().returning(|| Err(HashingError::Busy));
    let accounts = service(Parts { users: knowing(None), hasher: busy, signer: signer(), faces: vec![] });
    assert!(matches!(accounts.login(attempt("right")).await, Err(LoginError::Hashing(HashingError::Busy))));
}

fn claims(issued_before: TimeDelta, epoch: i32, now: DateTime<Utc>) -> Claims {
    Claims::issue(USER, "0", epoch, now - issued_before)
}

async fn authenticate(
    signed: Result<Claims, ForgedToken>,
    found: Option<Standing>,
) -> Result<Caller, AuthenticationError> {
    let mut users = MockUserRepository::new();
    users.expect_find_standing().returning(move |_| Ok(found));
    let mut signer = MockTokenSigner::new();
    signer.expect_verify().returning(move |_| signed.clone());
    service(Parts { users, hasher: hasher(false), signer, faces: vec![] }).authenticate("token").await
}

#[tokio::test]
async fn a_token_stands_for_a_user_as_long_as_nothing_revoked_it() {
    let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    let fresh = || Ok(claims(TimeDelta::zero(), 2, now));
    let caller = authenticate(fresh(), Some(standing(2, false))).await.unwrap();
    assert_eq!(caller, Caller { user_id: USER, role: Role::User });
    let refused = |result| async move { authenticate(result, Some(standing(2, false))).await.unwrap_err() };
    assert!(matches!(refused(Err(ForgedToken)).await, AuthenticationError::Forged));
    let expired = Ok(claims(TimeDelta::days(8), 2, now));
    assert!(matches!(refused(expired).await, AuthenticationError::Claims(ClaimsRefusal::Expired)));
    assert!(matches!(refused(Ok(claims(TimeDelta::zero(), 1, now))).await, AuthenticationError::Revoked));
    assert!(matches!(refused(Ok(claims(TimeDelta::zero(), 3, now))).await, AuthenticationError::Revoked));
    assert!(matches!(authenticate(fresh(), None).await, Err(AuthenticationError::UnknownUser)));
    assert!(matches!(authenticate(fresh(), Some(standing(2, true))).await, Err(AuthenticationError::Banned)));
}

#[tokio::test]
async fn a_changed_password_comes_with_a_token_of_the_new_epoch() {
    let mut users = MockUserRepository::new();
    users.expect_find_credentials_by_id().returning(|_| Ok(Some(credentials(standing(3, false)))));
    users.expect_replace_password().once().returning(|_, old, new, _| {
        assert_eq!((old.as_str(), new.as_str()), ("stored", "new"));
        Ok(Some(4))
    });
    let accounts = with_users(users);
    let token = accounts.change_password(USER, address(), Some(&password("right")), &password("new one")).await;
    assert_eq!(token.unwrap(), "token of 23112600 in epoch 4");
}

#[tokio::test]
async fn a_change_that_another_one_overtook_is_refused() {
    let mut users = MockUserRepository::new();
    users.expect_find_credentials_by_id().returning(|_| Ok(Some(credentials(standing(3, false)))));
    users.expect_replace_password().once().returning(|_, _, _, _| Ok(None));
    let change = with_users(users);
    let refused = change.change_password(USER, address(), Some(&password("right")), &password("new one")).await;
    assert!(matches!(refused, Err(ChangePasswordError::WrongPassword)));
}

#[tokio::test]
async fn a_change_right_after_an_upgrade_replaces_the_upgraded_hash() {
    let mut users = MockUserRepository::new();
    users.expect_find_credentials_by_id().returning(|_| Ok(Some(credentials(standing(3, false)))));
    users.expect_upgrade_password().once().returning(|_, _, _| Ok(()));
    users
        .expect_replace_password()
        .once()
        .withf(|_, old, _, _| old.as_str() == "new")
        .returning(|_, _, _, _| Ok(Some(4)));
    let accounts = service(Parts { users, hasher: hasher(true), signer: signer(), faces: vec![] });
    let changed = accounts.change_password(USER, address(), Some(&password("right")), &password("new one")).await;
    changed.unwrap();
}

#[tokio::test]
async fn a_stolen_token_cannot_guess_the_password_at_leisure() {
    let mut users = MockUserRepository::new();
    users.expect_find_credentials_by_id().returning(|_| Ok(Some(credentials(standing(0, false)))));
    let accounts = with_users(users);
    let guess = || async {
        accounts.change_password(USER, address(), Some(&password("wrong")), &password("new one")).await.unwrap_err()
    };
    assert!(matches!(guess().await, ChangePasswordError::WrongPassword));
    assert!(matches!(guess().await, ChangePasswordError::WrongPassword));
    assert!(matches!(guess().await, ChangePasswordError::TooMany(_)));
}

#[tokio::test]
async fn those_who_are_banned_or_gone_have_no_epoch() {
    let (gone, banned) = (UserId::new(5), UserId::new(6));
    let mut users = MockUserRepository::new();
    users
        .expect_find_standings()
        .once()
        .returning(move |_| Ok(vec![(USER, standing(4, false)), (banned, standing(2, true))]));
    let epochs = with_users(users).epochs(&[USER, gone, banned]).await.unwrap();
    assert_eq!(epochs.into_iter().collect::<Vec<_>>(), [(USER, 4)]);
}
