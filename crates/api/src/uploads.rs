//! Who uploads now: a bounded number in all, and everybody once.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use domain::id::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places to upload in.
pub(crate) struct Uploads {
    places: Arc<Semaphore>,
    users: Mutex<HashSet<UserId>>,
}

/// A place to upload in, free again when this is dropped.
pub(crate) struct UploadPlace {
    user: UserId,
    uploads: Arc<Uploads>,
    _place: OwnedSemaphorePermit,
}

impl Uploads {
    /// So many places.
    #[must_use]
    pub(crate) fn new(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), users: Mutex::default() }
    }

    /// A place for this user; `None` when all are taken, or one of them by himself: a single account must not keep
    /// everybody else from uploading.
    pub(crate) fn place(self: &Arc<Self>, user: UserId) -> Option<UploadPlace> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let is_first = self.users.lock().unwrap_or_else(PoisonError::into_inner).insert(user);
        is_first.then(|| UploadPlace { user, uploads: Arc::clone(self), _place: place })
    }
}

impl Drop for UploadPlace {
    fn drop(&mut self) {
        self.uploads.users.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_one_place_and_all_users_a_bounded_number() {
        let uploads = Arc::new(Uploads::new(2));
        let first = uploads.place(UserId::new(1)).unwrap();
        assert!(uploads.place(UserId::new(1)).is_none());
        let second = uploads.place(UserId::new(2)).unwrap();
        assert!(uploads.place(UserId::new(3)).is_none());
        drop(first);
        let third = uploads.place(UserId::new(3)).unwrap();
        drop((second, third));
        assert!(uploads.place(UserId::new(1)).is_some());
    }
}
