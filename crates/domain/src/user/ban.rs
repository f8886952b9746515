//! Bans, and the line of the audit log that each leaves.

use chrono::{DateTime, Utc};

use crate::{
    audit::{AuditAction, AuditEntry, AuditFacts, AuditSubject},
    id::UserId,
    idempotency::Actor,
    wallet::Reason,
};

/// A wish to ban a user, or to lift his ban.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BanOrder {
    /// Who wishes it.
    pub by: Actor,
    /// Whom it is about.
    pub user: UserId,
    /// Whether he is banned then.
    pub is_banned: bool,
    /// Why, if that is said.
    pub reason: Option<Reason>,
}

impl BanOrder {
    /// A wish from the command line, which says no reason.
    #[must_use]
    pub const fn by_command_line(user: UserId, is_banned: bool) -> Self {
        Self { by: Actor::CommandLine, user, is_banned, reason: None }
    }

    /// The line of the audit log.
    #[must_use]
    pub fn entry(&self, was_banned: bool, at: DateTime<Utc>) -> AuditEntry {
        AuditEntry {
            actor: self.by,
            action: if self.is_banned { AuditAction::UserBanned } else { AuditAction::UserUnbanned },
            subject: AuditSubject::User(self.user),
            before: AuditFacts::none().with("banned", &was_banned),
            after: AuditFacts::none().with("banned", &self.is_banned),
            reason: self.reason.clone(),
            at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_what_was_and_what_is() {
        for (is_banned, action) in [(true, "user_banned"), (false, "user_unbanned")] {
            let entry = BanOrder::by_command_line(UserId::new(1), is_banned).entry(!is_banned, DateTime::UNIX_EPOCH);
            assert_eq!((entry.action.word(), entry.actor), (action, Actor::CommandLine));
            let banned = |text: bool| text.to_string();
            assert_eq!(entry.before.iter().next(), Some(("banned", banned(!is_banned).as_str())));
            assert_eq!(entry.after.iter().next(), Some(("banned", banned(is_banned).as_str())));
        }
    }
}
