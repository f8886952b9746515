//! Who may act for an agency: its owner, and that is looked at while it happens.

use crate::id::AgencyId;

/// What is known of a caller who acts for an agency, under lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnerFacts {
    /// Whether he is banned.
    pub is_banned: bool,
    /// The approved agency that he owns, if he owns one.
    pub agency: Option<AgencyId>,
}

/// Why a caller may not act, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessRefusal {
    /// The caller was banned meanwhile.
    #[error("the caller is banned")]
    Banned,
    /// The caller owns no approved agency.
    #[error("the caller owns no approved agency")]
    NotAnAgency,
    /// What he asks for is not there, or another agency's: he is not told which.
    #[error("there is no such thing of the caller's agency")]
    NotFound,
}

/// The agency that a caller acts for.
///
/// # Errors
/// [`AccessRefusal`], in the order of its variants; `NotFound` when he names another agency than his own.
pub fn own_agency(caller: OwnerFacts, named: Option<AgencyId>) -> Result<AgencyId, AccessRefusal> {
    if caller.is_banned {
        return Err(AccessRefusal::Banned);
    }
    let own = caller.agency.ok_or(AccessRefusal::NotAnAgency)?;
    if named.is_some_and(|named| named != own) { Err(AccessRefusal::NotFound) } else { Ok(own) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_acts_for_his_own_agency_alone() {
        let (own, other) = (AgencyId::new(7), AgencyId::new(8));
        for (is_banned, agency, named, expected) in [
            (true, None, Some(other), Err(AccessRefusal::Banned)),
            (true, Some(own), Some(own), Err(AccessRefusal::Banned)),
            (false, None, Some(other), Err(AccessRefusal::NotAnAgency)),
            (false, None, None, Err(AccessRefusal::NotAnAgency)),
            (false, Some(own), Some(other), Err(AccessRefusal::NotFound)),
            (false, Some(own), Some(own), Ok(own)),
            (false, Some(own), None, Ok(own)),
        ] {
            assert_eq!(
                own_agency(OwnerFacts { is_banned, agency }, named),
                expected,
                "{is_banned} {agency:?} {named:?}"
            );
        }
    }
}
