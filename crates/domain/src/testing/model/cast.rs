//! Steps in the domain's words, and the domain's results in the model's.

use super::{Answer, Refusal, Step, WARES};
use crate::{
    agency::AccessRefusal,
    gift::{GiftKey, GiftOrder, GiftReceipt, GiftRefusal, Quantity, UnitPrice},
    id::{AgencyId, SalaryRequestId, UserId},
    idempotency::{Actor, RequestKey},
    review::Verdict,
    salary::{SalaryOrder, SalaryReceipt, SalaryRefusal},
    testing::LoadedDice,
    wallet::{
        CoinChange, CoinOrder, CoinReceipt, CoinRefusal, CorrectionAmount, ExchangeAmount, ExchangeOrder,
        ExchangeReceipt, ExchangeRefusal, GrantAmount, Reason,
    },
};

/// Who and what the numbers stand for.
#[derive(Debug, Clone)]
pub struct Cast {
    /// The people, and behind them a stranger.
    pub people: Vec<UserId>,
    /// The agencies.
    pub agencies: Vec<AgencyId>,
    /// The salaries, and behind them one that there is not.
    pub salaries: Vec<SalaryRequestId>,
}

/// What a port is asked for.
#[derive(Debug, Clone)]
pub enum Wish {
    /// By a sender.
    Gift(GiftOrder),
    /// By an administrator.
    Coins(CoinOrder),
    /// By a host.
    Exchange(ExchangeOrder),
    /// By an owner.
    Salary(SalaryOrder),
    /// Somebody is banned, or is no longer.
    Ban(UserId, bool),
    /// A gift costs so much from now on, and is sold or not.
    Price(GiftKey, UnitPrice, bool),
}

impl Cast {
    /// A step as the domain knows it; `number` makes the key of a client who chose none.
    ///
    /// # Panics
    /// When a step is not one that can be asked for: nobody draws such.
    #[must_use]
    #[expect(
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "a stand-in for tests: such a step is a failed test"
    )]
    pub fn wish(&self, step: &Step, number: u64) -> Wish {
        let key = || match step.actor_and_key() {
            Some((_, key)) => RequestKey::parse(&format!("key-{key}")).expect("a key"),
            None => RequestKey::generate(&LoadedDice::new([number, number])),
        };
        let ware = |ware: usize| GiftKey::parse(WARES.get(ware).map_or("unheard-of", |ware| ware.0)).expect("a ware");
        match step {
            Step::Gift(gift) => {
                let quantity = Quantity::parse(gift.quantity).expect("a quantity");
                let (sender, receiver) = (self.people[gift.sender], self.people[gift.receiver]);
                let price = gift.stated.and_then(UnitPrice::new);
                let order = GiftOrder::new(sender, receiver, ware(gift.ware), quantity, price, key());
                Wish::Gift(order.expect("a gift to another one"))
            }
            Step::Grant(grant) | Step::Correction(grant) => Wish::Coins(CoinOrder {
                actor: grant.actor.map_or(Actor::CommandLine, |actor| Actor::User(self.people[actor])),
                user: self.people[grant.user],
                change: if matches!(step, Step::Grant(_)) {
                    CoinChange::Grant(GrantAmount::parse(grant.coins).expect("an amount"))
                } else {
                    CoinChange::Correction(CorrectionAmount::parse(grant.coins).expect("an amount"))
                },
                reason: Reason::parse("a model").expect("a reason"),
                key: key(),
            }),
            Step::Exchange(exchange) => Wish::Exchange(ExchangeOrder {
                host: self.people[exchange.host],
                amount: ExchangeAmount::parse(exchange.diamonds).expect("an amount"),
                key: key(),
            }),
            Step::Salary(decision) => Wish::Salary(SalaryOrder {
                owner: self.people[decision.owner],
                agency: decision.agency.map(|agency| self.agencies[agency]),
                request: self.salaries[decision.salary],
                verdict: if decision.is_approved { Verdict::Approve } else { Verdict::Reject { reason: None } },
                key: key(),
            }),
            Step::Ban(user, is_banned) => Wish::Ban(self.people[*user], *is_banned),
            Step::Price(number, coins, is_sold) => {
                Wish::Price(ware(*number), UnitPrice::new(*coins).expect("a price"), *is_sold)
            }
        }
    }
}

impl From<&Result<GiftReceipt, GiftRefusal>> for Answer {
    fn from(result: &Result<GiftReceipt, GiftRefusal>) -> Self {
        Self::Refused(match result {
            Ok(sent) => return Self::Sent(sent.total.value(), sent.host_income.value(), sent.balance_after.value()),
            Err(GiftRefusal::UnknownSender) => Refusal::NoSuchPerson,
            Err(GiftRefusal::SenderBanned) => Refusal::PersonBanned,
            Err(GiftRefusal::SenderLoggedOut) => Refusal::LoggedOut,
            Err(GiftRefusal::KeyReused) => Refusal::KeyReused,
            Err(GiftRefusal::UnknownGift) => Refusal::NotSold,
            Err(GiftRefusal::PriceChanged { current }) => Refusal::CostsNow(current.value()),
            Err(GiftRefusal::UnknownReceiver) => Refusal::NoSuchReceiver,
            Err(GiftRefusal::InsufficientBalance { needed, available }) => {
                Refusal::TooFewCoins(needed.value(), available.value())
            }
        })
    }
}

impl From<&Result<CoinReceipt, CoinRefusal>> for Answer {
    fn from(result: &Result<CoinReceipt, CoinRefusal>) -> Self {
        Self::Refused(match result {
            Ok(granted) => return Self::Granted(granted.balance_after.value()),
            Err(CoinRefusal::KeyReused) => Refusal::KeyReused,
            Err(CoinRefusal::UnknownUser) => Refusal::NoSuchReceiver,
            Err(CoinRefusal::BalanceTooLarge) => Refusal::TooMuch,
            Err(CoinRefusal::InsufficientBalance { needed, available }) => {
                Refusal::TooFewCoins(needed.value(), available.value())
            }
        })
    }
}

impl From<&Result<ExchangeReceipt, ExchangeRefusal>> for Answer {
    fn from(result: &Result<ExchangeReceipt, ExchangeRefusal>) -> Self {
        Self::Refused(match result {
            Ok(done) => {
                return Self::Exchanged(done.coins.value(), done.diamonds_after.value(), done.balance_after.value());
            }
            Err(ExchangeRefusal::KeyReused) => Refusal::KeyReused,
            Err(ExchangeRefusal::UnknownHost) => Refusal::NoSuchPerson,
            Err(ExchangeRefusal::HostBanned) => Refusal::PersonBanned,
            Err(ExchangeRefusal::InsufficientDiamonds { needed, available }) => {
                Refusal::TooFewDiamonds(needed.value(), available.value())
            }
            Err(ExchangeRefusal::BalanceTooLarge) => Refusal::TooMuch,
        })
    }
}

impl From<&Result<SalaryReceipt, SalaryRefusal>> for Answer {
    fn from(result: &Result<SalaryReceipt, SalaryRefusal>) -> Self {
        Self::Refused(match result {
            Ok(decided) => return Self::Decided(decided.income.is_some()),
            Err(SalaryRefusal::KeyReused) => Refusal::KeyReused,
            Err(SalaryRefusal::Access(AccessRefusal::Banned)) => Refusal::PersonBanned,
            Err(SalaryRefusal::Access(AccessRefusal::NotAnAgency)) => Refusal::NoOwner,
            Err(SalaryRefusal::Access(AccessRefusal::NotFound)) => Refusal::NotFound,
            Err(SalaryRefusal::OwnSalary) => Refusal::OwnSalary,
            Err(SalaryRefusal::AlreadyDecided) => Refusal::DecidedBefore,
            Err(SalaryRefusal::HostBanned) => Refusal::HostBanned,
            Err(SalaryRefusal::TooManyDiamonds) => Refusal::TooMuch,
        })
    }
}
