//! Translation of Diesel's and the pool's errors into what the domain knows: the only place that looks at them.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::pooled_connection::bb8::RunError;
use domain::store::{Cause, StoreError};

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The connection is gone: before a commit nothing was written, during one nobody knows.
    ConnectionLost,
    /// The transaction lost against others (deadlock, serialization, lock timeout, their key): trying again helps.
    Conflict,
    /// The database is too slow, full or a standby, or its operator cancelled: trying again now does not help.
    Overloaded,
    /// Everything else: a bug, or a constraint that the caller translates.
    Bug,
}

/// Classifies an error.
///
/// The driver maps only some SQLSTATEs to kinds; the others are known by their English message, which is why sessions
/// are to run with `lc_messages = C` (docs/operations.md). Where they do not, a conflict is not retried, and a time limit
/// counts as a bug.
pub(crate) fn classify(error: &DieselError) -> Class {
    let DieselError::DatabaseError(kind, information) = error else {
        return match error {
            DieselError::BrokenTransactionManager => Class::ConnectionLost,
            _ => Class::Bug,
        };
    };
    match kind {
        DatabaseErrorKind::SerializationFailure => Class::Conflict,
        // Two requests of one actor under one key that lock different rows: the later one finds the key kept next time.
        DatabaseErrorKind::UniqueViolation if information.constraint_name() == Some("idempotency_keys_pkey") => {
            Class::Conflict
        }
        DatabaseErrorKind::UnableToSendCommand => Class::ConnectionLost,
        DatabaseErrorKind::ReadOnlyTransaction => Class::Overloaded,
        DatabaseErrorKind::Unknown => match information.message() {
            "deadlock detected" | "canceling statement due to lock timeout" => Class::Conflict,
            "canceling statement due to statement timeout"
            | "canceling statement due to user request"
            | "out of memory" => Class::Overloaded,
            message if message.starts_with("terminating connection") => Class::ConnectionLost,
            message if message.contains("No space left on device") => Class::Overloaded,
            _ => Class::Bug,
        },
        _ => Class::Bug,
    }
}

/// Whether the session may not write.
pub(crate) const fn is_read_only(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _))
}

/// The name of the constraint that a statement violated.
pub(crate) fn violated_constraint(error: &DieselError) -> Option<&str> {
    match error {
        DieselError::DatabaseError(_, information) => information.constraint_name(),
        _ => None,
    }
}

/// The failure of a statement that only reads, or of a transaction before its commit.
pub(crate) fn read_error(error: DieselError) -> StoreError {
    match classify(&error) {
        Class::ConnectionLost | Class::Conflict | Class::Overloaded => StoreError::Unavailable(error.into()),
        Class::Bug => StoreError::Corrupt(error.into()),
    }
}

/// The failure of a single statement that writes and commits by itself.
pub(crate) fn write_error(error: DieselError) -> StoreError {
    match classify(&error) {
        Class::ConnectionLost => StoreError::OutcomeUnknown(error.into()),
        Class::Conflict | Class::Overloaded => StoreError::Unavailable(error.into()),
        Class::Bug => StoreError::Corrupt(error.into()),
    }
}

/// No connection was to be had.
pub(crate) fn pool_error(error: RunError) -> StoreError {
    StoreError::Unavailable(error.into())
}

/// A row holds a value that the domain does not know: an error like any other of its query.
pub(crate) fn unreadable(cause: impl Into<Cause>) -> DieselError {
    DieselError::DeserializationError(cause.into())
}

/// A decision's posting contradicts itself or the books: nothing of it is kept.
pub(crate) fn contradictory(cause: impl Into<Cause>) -> DieselError {
    DieselError::SerializationError(cause.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(message: &str) -> DieselError {
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()))
    }

    #[test]
    fn errors_are_classified_by_what_can_be_done() {
        for (message, class) in [
            ("deadlock detected", Class::Conflict),
            ("canceling statement due to lock timeout", Class::Conflict),
            ("canceling statement due to statement timeout", Class::Overloaded),
            ("canceling statement due to user request", Class::Overloaded),
            ("terminating connection due to administrator command", Class::ConnectionLost),
            ("relation \"gifts\" does not exist", Class::Bug),
        ] {
            assert_eq!(classify(&unknown(message)), class, "{message}");
        }
        assert_eq!(classify(&DieselError::NotFound), Class::Bug);
        assert_eq!(classify(&DieselError::BrokenTransactionManager), Class::ConnectionLost);
    }

    #[test]
    fn a_lost_connection_is_unknown_to_a_write_and_harmless_to_a_read() {
        let lost = || unknown("terminating connection due to administrator command");
        assert!(matches!(read_error(lost()), StoreError::Unavailable(_)));
        assert!(matches!(write_error(lost()), StoreError::OutcomeUnknown(_)));
    }
}
