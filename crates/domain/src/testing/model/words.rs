//! What is asked for, and what is answered.

/// Something that is asked for, or that happens. A key of `None` is one that its client did not choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Somebody gives.
    Gift(Gift),
    /// Somebody, or the command line, gives coins out of nothing.
    Grant(Grant),
    /// Somebody, or the command line, puts a balance right: coins come or, below zero, go.
    Correction(Grant),
    /// A host turns diamonds into coins.
    Exchange(Exchange),
    /// Somebody decides on a salary.
    Salary(Decision),
    /// Somebody is banned, or is no longer.
    Ban(usize, bool),
    /// Something costs so much from now on, and is sold or not.
    Price(usize, i64, bool),
}

/// Somebody gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gift {
    /// Who pays.
    pub sender: usize,
    /// Who earns.
    pub receiver: usize,
    /// What is given.
    pub ware: usize,
    /// How often.
    pub quantity: i64,
    /// The price that he saw.
    pub stated: Option<i64>,
    /// His key.
    pub key: Option<u8>,
}

/// Coins out of nothing, or back into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who gives; `None` is the command line.
    pub actor: Option<usize>,
    /// Who receives.
    pub user: usize,
    /// How much: never zero, and below it only in a correction.
    pub coins: i64,
    /// The actor's key.
    pub key: Option<u8>,
}

/// Diamonds into coins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Whose.
    pub host: usize,
    /// How many: at least four.
    pub diamonds: i64,
    /// Her key.
    pub key: Option<u8>,
}

/// A decision on a salary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Who decides.
    pub owner: usize,
    /// The agency that he names.
    pub agency: Option<usize>,
    /// On what.
    pub salary: usize,
    /// How.
    pub is_approved: bool,
    /// His key.
    pub key: Option<u8>,
}

/// What a step is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The gift was sent: the coins that it cost, the diamonds that it brought, and the coins that are left.
    Sent(i64, i64, i64),
    /// The coins that are there then.
    Granted(i64),
    /// The coins that came, the diamonds that are left, and the coins that are there then.
    Exchanged(i64, i64, i64),
    /// Whether it was approved, and so is paid.
    Decided(bool),
    /// No.
    Refused(Refusal),
    /// Nobody asked.
    Happened,
}

/// Why a step is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The key was used for something else.
    KeyReused,
    /// Who asks is nobody.
    NoSuchPerson,
    /// Who asks is banned.
    PersonBanned,
    /// Who asks has logged out.
    LoggedOut,
    /// There is no such thing to be given.
    NotSold,
    /// It costs so much now.
    CostsNow(i64),
    /// Who is to receive is nobody, or banned.
    NoSuchReceiver,
    /// So many coins are needed, and so many there.
    TooFewCoins(i64, i64),
    /// So many diamonds are needed, and so many there.
    TooFewDiamonds(i64, i64),
    /// It would be more than anybody can have.
    TooMuch,
    /// Who decides owns nothing.
    NoOwner,
    /// There is no such thing within his reach.
    NotFound,
    /// It is his own salary.
    OwnSalary,
    /// It was decided before.
    DecidedBefore,
    /// Who is to be paid is banned.
    HostBanned,
}

impl Step {
    /// Whose key it came with, and which, if its client chose one.
    #[must_use]
    pub const fn actor_and_key(&self) -> Option<(Option<usize>, u8)> {
        let (actor, key) = match self {
            Self::Gift(gift) => (Some(gift.sender), gift.key),
            Self::Grant(grant) | Self::Correction(grant) => (grant.actor, grant.key),
            Self::Exchange(exchange) => (Some(exchange.host), exchange.key),
            Self::Salary(decision) => (Some(decision.owner), decision.key),
            Self::Ban(..) | Self::Price(..) => return None,
        };
        match key {
            Some(key) => Some((actor, key)),
            None => None,
        }
    }
}

impl Answer {
    /// Refusals are kept, but for those that are about who asks, about a key, or about what is not there or may pass.
    pub(super) const fn is_kept(self) -> bool {
        let Self::Refused(refusal) = self else { return true };
        match refusal {
            Refusal::NotSold
            | Refusal::CostsNow(_)
            | Refusal::NoSuchReceiver
            | Refusal::TooFewCoins(..)
            | Refusal::TooFewDiamonds(..)
            | Refusal::TooMuch
            | Refusal::OwnSalary
            | Refusal::DecidedBefore => true,
            Refusal::KeyReused
            | Refusal::NoSuchPerson
            | Refusal::PersonBanned
            | Refusal::LoggedOut
            | Refusal::NoOwner
            | Refusal::NotFound
            | Refusal::HostBanned => false,
        }
    }
}
