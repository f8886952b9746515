//! Identifiers: one type for each kind of row, so that a host is never mistaken for a gift.

use std::fmt;

/// The largest identifier, 2^53−1: the apps read ids as JavaScript numbers.
pub const ID_MAX: i64 = 9_007_199_254_740_991;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// An id that comes from our own database.
            #[must_use]
            pub const fn new(value: i64) -> Self {
                Self(value)
            }

            /// An id that comes from outside; `None` unless it lies within `1..=`[`ID_MAX`].
            #[must_use]
            pub const fn parse(value: i64) -> Option<Self> {
                if value >= 1 && value <= ID_MAX { Some(Self(value)) } else { None }
            }

            /// The number itself, for the wire and the database.
            #[must_use]
            pub const fn value(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A user: the number that the app shows as "ID".
    UserId
);
id!(
    /// A gift that was sent (a row of `gifts`), not an entry of the catalogue.
    GiftId
);
id!(
    /// An income by a gift, whose id it has, or a row of `diamond_movements`.
    IncomeId
);
id!(
    /// A row of `coin_movements`.
    MovementId
);
id!(
    /// A row of `live_sessions`.
    LiveSessionId
);
id!(
    /// An exchange of diamonds for coins.
    ExchangeId
);
id!(
    /// What two users write each other, as a whole.
    ConversationId
);
id!(
    /// A private message. Within a conversation, later messages have larger ids.
    MessageId
);
id!(
    /// An agency: the number that hosts type as "family ID".
    AgencyId
);
id!(
    /// A host's application to an agency, or an agency's invitation of a host.
    HostApplicationId
);
id!(
    /// A stretch of time in which a host belongs to an agency.
    MembershipId
);
id!(
    /// A weekly salary that an agency decides on.
    SalaryRequestId
);
id!(
    /// A line of the audit log.
    AuditId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_from_outside_are_positive_and_readable_by_javascript() {
        for (raw, accepted) in
            [(i64::MIN, false), (-1, false), (0, false), (1, true), (ID_MAX, true), (ID_MAX + 1, false)]
        {
            assert_eq!(UserId::parse(raw).is_some(), accepted, "{raw}");
        }
    }
}
