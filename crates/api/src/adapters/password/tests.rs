use argon2::{Algorithm, Argon2, Version};
use futures_util::FutureExt as _;

use super::*;

/// "rahasia123", hashed by the library of the server that this one replaced.
const BCRYPT_COST_FOUR: &str = "$2b$04$KEupYUVeNg/816oaOcYASeA4TwBRhFeuQ6P1GEMzQotV.1xscMhau";

fn password(text: &str) -> PlainPassword {
    PlainPassword::attempt(text.to_owned()).unwrap()
}

async fn verify(text: &str, hash: &str) -> Verdict {
    let place = ArgonHasher::new(1, 0).unwrap().place().await.unwrap();
    place.verify(&password(text), &PasswordHash::new(hash.to_owned())).await.unwrap()
}

#[tokio::test]
async fn a_hash_verifies_its_password_and_no_other() {
    let hasher = ArgonHasher::new(1, 0).unwrap();
    let place = hasher.place().await.unwrap();
    let hash = place.hash(&password("rahasia123")).await.unwrap();
    assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
    assert_eq!(place.verify(&password("rahasia123"), &hash).await.unwrap(), Verdict::Right);
    assert_eq!(place.verify(&password("rahasia124"), &hash).await.unwrap(), Verdict::Wrong);
    assert_ne!(place.hash(&password("rahasia123")).await.unwrap(), hash, "every hash has its own salt");
    place.verify_nobody().await.unwrap();
}

#[tokio::test]
async fn hashes_of_the_older_server_verify_and_are_outdated() {
    for version in ["$2a$", "$2b$", "$2y$"] {
        let hash = BCRYPT_COST_FOUR.replacen("$2b$", version, 1);
        assert_eq!(verify("rahasia123", &hash).await, Verdict::RightButOutdated, "{version}");
        assert_eq!(verify("rahasia124", &hash).await, Verdict::Wrong, "{version}");
    }
}

#[tokio::test]
async fn weaker_argon2_hashes_are_outdated() {
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
    let hash = weak.hash_password(b"rahasia123").unwrap().to_string();
    assert_eq!(verify("rahasia123", &hash).await, Verdict::RightButOutdated);
}

#[tokio::test]
async fn what_is_no_hash_is_a_wrong_password() {
    let non_ascii = format!("$2b$10${}", "é".repeat(26));
    for hash in [
        "",
        "bot123456",
        "$2b$10$short",
        "$2x$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
        "$argon2id$broken",
        &non_ascii,
    ] {
        assert_eq!(verify("bot123456", hash).await, Verdict::Wrong, "{hash}");
    }
}

#[tokio::test]
async fn who_finds_the_queue_full_is_turned_away_at_once() {
    let hasher = ArgonHasher::new(1, 1).unwrap();
    let first = hasher.place().await.unwrap();
    let mut second = Box::pin(hasher.place());
    assert!(second.as_mut().now_or_never().is_none(), "the second waits");
    assert!(matches!(hasher.place().await, Err(HashingError::Busy)), "the third is turned away");
    drop(first);
    let second = second.await.unwrap();
    drop(second);
    assert!(hasher.place().await.is_ok());
}
