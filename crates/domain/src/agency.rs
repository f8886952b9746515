//! Agencies: they are applied for, take hosts, and see what their hosts do while they belong to them.
//!
//! Who belongs where is decided on facts under lock, like money: two owners who take one host at once get one winner. Not
//! responsible for salaries (see [`crate::salary`]).

mod access;
mod application;
mod card;
mod card_service;
mod figures;
mod host;
mod host_service;
mod membership;
mod name;
mod ports;
mod service;

pub use access::{AccessRefusal, OwnerFacts, own_agency};
pub use application::{
    Agency, AgencyApplication, AgencyApplicationContext, AgencyApplicationError, AgencyApplicationRefusal,
    AgencyDecisionError, AgencyDecisionOrder, AgencyDecisionPosting, AgencyDecisionRefusal, AgencyForm,
    apply_for_agency, decide_agency,
};
#[cfg(any(test, feature = "testing"))]
pub use card::MockCardVault;
pub use card::{
    CARD_DIGITS, CardBinding, CardFingerprint, CardNumber, CardVault, InvalidCardNumber, InvalidKeyId, KeyId,
    MaskedCardNumber, OpenCardError, SealedCard, StoredCard,
};
pub use card_service::{CardOwner, CardService, ReadCardError};
pub use figures::FigureService;
pub use host::*;
pub use host_service::HostService;
pub use membership::{
    EndContext, EndError, EndOrder, EndRefusal, EndsBeforeItBegins, HostClock, MEMBERSHIPS_MAX, Membership,
    end_membership,
};
pub use name::{FAMILY_NAME_CHARS_MAX, FamilyName, InvalidText, REGION_CHARS_MAX, Region};
pub use ports::*;
pub use service::{AccessError, AgencyService};
