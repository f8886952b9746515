use mockall::predicate::eq;

use super::*;
use crate::{
    testing::FixedClock,
    user::{MockAvatarStore, MockUserRepository},
};
use chrono::DateTime;

const USER: UserId = UserId::new(1);

fn path(name: &str) -> AvatarPath {
    AvatarPath::new(format!("/uploads/avatars/{name}.jpg"))
}

fn service(users: MockUserRepository, avatars: MockAvatarStore) -> ProfileService {
    ProfileService::new(Arc::new(users), Arc::new(avatars), Arc::new(FixedClock::new(DateTime::UNIX_EPOCH)))
}

/// A store that keeps the picture as `new` and expects exactly `removed` to be removed.
fn avatars(removed: Option<&str>) -> MockAvatarStore {
    let mut avatars = MockAvatarStore::new();
    avatars.expect_store().once().returning(|_| Ok(path("new")));
    if let Some(removed) = removed {
        avatars.expect_remove().once().with(eq(path(removed))).return_const(());
    }
    avatars
}

fn users(replaced: impl Fn() -> Result<ReplacedAvatar, StoreError> + Send + 'static) -> MockUserRepository {
    let mut users = MockUserRepository::new();
    users.expect_replace_avatar().once().returning(move |_, _, _| replaced());
    users
}

#[tokio::test]
async fn the_old_picture_goes_after_the_new_one_is_in_place() {
    let users = users(|| Ok(ReplacedAvatar::Before(Some(path("old")))));
    let stored = service(users, avatars(Some("old"))).replace_avatar(USER, vec![1]).await.unwrap();
    assert_eq!(stored, path("new"));
}

#[tokio::test]
async fn the_first_picture_replaces_none() {
    let users = users(|| Ok(ReplacedAvatar::Before(None)));
    assert!(service(users, avatars(None)).replace_avatar(USER, vec![1]).await.is_ok());
}

#[tokio::test]
async fn no_file_is_left_behind_by_a_failure() {
    let gone = service(users(|| Ok(ReplacedAvatar::NoUser)), avatars(Some("new"))).replace_avatar(USER, vec![1]).await;
    assert!(matches!(gone, Err(ProfileError::UnknownUser)));
    let away = || Err(StoreError::Unavailable("away".into()));
    let failed = service(users(away), avatars(Some("new"))).replace_avatar(USER, vec![1]).await;
    assert!(matches!(failed, Err(ProfileError::Store(_))));
}

#[tokio::test]
async fn a_picture_that_may_be_in_place_is_kept() {
    let unknown = || Err(StoreError::OutcomeUnknown("cut".into()));
    let failed = service(users(unknown), avatars(None)).replace_avatar(USER, vec![1]).await;
    assert!(matches!(failed, Err(ProfileError::Store(StoreError::OutcomeUnknown(_)))));
}

#[tokio::test]
async fn an_empty_change_does_not_reach_the_store() {
    let service = service(MockUserRepository::new(), MockAvatarStore::new());
    let refused = service.update(USER, &ProfileChange::default()).await;
    assert!(matches!(refused, Err(ProfileError::NothingToChange)));
}

#[test]
fn ages_genders_and_signatures_are_checked() {
    for (years, accepted) in [(12, false), (13, true), (100, true), (101, false), (-1, false), (i64::MAX, false)] {
        assert_eq!(Age::parse(years).is_ok(), accepted, "{years}");
    }
    assert_eq!(Gender::parse("perempuan").map(Gender::word), Ok("perempuan"));
    assert_eq!(Gender::parse("laki-laki").map(Gender::word), Ok("laki-laki"));
    assert_eq!(Gender::parse("female"), Err(InvalidGender));
    assert_eq!(Signature::parse("  "), Ok(None));
    assert_eq!(Signature::parse(" hai\nsemua ").unwrap().unwrap().as_str(), "hai\nsemua");
    assert_eq!(Signature::parse(&"s".repeat(SIGNATURE_CHARS_MAX + 1)), Err(InvalidSignature));
    assert_eq!(Signature::parse("a\u{202e}b"), Err(InvalidSignature));
}
