//! What readiness asks.

use async_trait::async_trait;
use persistence::Database;

use crate::state::Dependency;

/// The database, as something that may be away.
pub(super) struct DatabaseDependency(pub(super) Database);

#[async_trait]
impl Dependency for DatabaseDependency {
    async fn answers(&self) -> bool {
        self.0.ping().await.is_ok()
    }
}
