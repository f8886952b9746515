//! Password hashing with argon2id, and verifying of the bcrypt hashes of an older server.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc},
};
use async_trait::async_trait;
use domain::{
    store::Cause,
    user::{HashingError, HashingPlace, PasswordHash, PasswordHasher, PlainPassword, Verdict},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The strength of today: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The length of a bcrypt hash in text form.
const BCRYPT_CHARS: usize = 60;

/// Hashes on the blocking pool, a bounded number at once, with a bounded queue in front.
pub(crate) struct ArgonHasher {
    /// Places to hash in and to wait in.
    admission: Arc<Semaphore>,
    /// Places to hash in.
    hashing: Arc<Semaphore>,
    argon2: Argon2<'static>,
    /// The hash of nobody's password.
    decoy: PasswordHash,
}

impl ArgonHasher {
    /// A hasher for `at_once` passwords, with `waiting` more in its queue.
    ///
    /// # Errors
    /// The cause, when the parameters are not argon2's; they are constants.
    pub(crate) fn new(at_once: usize, waiting: usize) -> Result<Self, Cause> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = PasswordHash::new(argon2.hash_password(b"nobody's password")?.to_string());
        Ok(Self {
            admission: Arc::new(Semaphore::new(at_once.saturating_add(waiting))),
            hashing: Arc::new(Semaphore::new(at_once)),
            argon2,
            decoy,
        })
    }
}

#[async_trait]
impl PasswordHasher for ArgonHasher {
    async fn place(&self) -> Result<Box<dyn HashingPlace>, HashingError> {
        let admission = Arc::clone(&self.admission).try_acquire_owned().map_err(|_| HashingError::Busy)?;
        let hashing =
            Arc::clone(&self.hashing).acquire_owned().await.map_err(|closed| HashingError::Failed(closed.into()))?;
        let permits = Arc::new((admission, hashing));
        Ok(Box::new(Place { permits, argon2: self.argon2.clone(), decoy: self.decoy.clone() }))
    }
}

struct Place {
    /// Shared with the blocking task: who stops waiting for a hash does not free the place that it is made in.
    permits: Arc<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
    argon2: Argon2<'static>,
    decoy: PasswordHash,
}

impl Place {
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'_>) -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        let (permits, argon2) = (Arc::clone(&self.permits), self.argon2.clone());
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&argon2);
            drop(permits);
            result
        });
        done.await.map_err(|error| HashingError::Failed(error.into()))?
    }
}

#[async_trait]
impl HashingPlace for Place {
    async fn hash(&self, password: &PlainPassword) -> Result<PasswordHash, HashingError> {
        let password = password.clone();
        self.blocking(move |argon2| {
            let hash = argon2.hash_password(password.reveal().as_bytes());
            hash.map(|hash| PasswordHash::new(hash.to_string())).map_err(|error| HashingError::Failed(error.into()))
        })
        .await
    }

    async fn verify(&self, password: &PlainPassword, hash: &PasswordHash) -> Result<Verdict, HashingError> {
        let (password, hash) = (password.clone(), hash.clone());
        self.blocking(move |argon2| Ok(verdict(argon2, password.reveal().as_bytes(), &hash))).await
    }

    async fn verify_nobody(&self) -> Result<(), HashingError> {
        let decoy = self.decoy.clone();
        self.blocking(move |argon2| Ok(verdict(argon2, b"", &decoy))).await.map(drop)
    }
}

fn verdict(argon2: &Argon2<'_>, password: &[u8], hash: &PasswordHash) -> Verdict {
    let text = hash.as_str();
    if is_bcrypt(text) {
        // Only the first 72 bytes count, as they did when the hash was made.
        return match bcrypt::verify(password, text) {
            Ok(true) => Verdict::RightButOutdated,
            Ok(false) | Err(_) => Verdict::Wrong,
        };
    }
    let Ok(parsed) = phc::PasswordHash::new(text) else { return Verdict::Wrong };
    if argon2.verify_password(password, &parsed).is_err() {
        return Verdict::Wrong;
    }
    let is_of_today = parsed.algorithm.as_str() == "argon2id"
        && Params::try_from(&parsed)
            .is_ok_and(|params| (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES));
    if is_of_today { Verdict::Right } else { Verdict::RightButOutdated }
}

/// Looked at before the library does: a malformed row must not cost more than a failed login.
fn is_bcrypt(text: &str) -> bool {
    text.len() == BCRYPT_CHARS
        && text.is_ascii()
        && ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| text.starts_with(prefix))
}

#[cfg(test)]
mod tests;
