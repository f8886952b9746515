//! Outcomes of gifts as the database keeps them.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use domain::{
    gift::{GiftReceipt, GiftRefusal, Quantity, UnitPrice},
    id::GiftId,
    idempotency::RequestKey,
    money::{Coins, Diamonds},
};
use serde::{Deserialize, Serialize};

use super::batch::Outcome;
use crate::error::unreadable;

/// An outcome as the database keeps it. Its JSON is read for as long as the gift lives: members are added, never renamed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeptOutcome {
    Sent { gift_id: i64, quantity: u16, total: i64, host_income: i64, balance_after: i64, created_at: DateTime<Utc> },
    UnknownGift,
    PriceChanged { current: i64 },
    UnknownReceiver,
    InsufficientBalance { needed: i64, available: i64 },
}

impl KeptOutcome {
    /// The form in which an outcome is kept, if it is to be kept at all: a refusal only where it can be asked for again.
    pub(crate) fn of(outcome: &Outcome, key: &RequestKey) -> Option<Self> {
        match outcome {
            Err(_) if !key.is_chosen() => None,
            Ok(receipt) => Some(Self::Sent {
                gift_id: receipt.gift_id.value(),
                quantity: receipt.quantity.value(),
                total: receipt.total.value(),
                host_income: receipt.host_income.value(),
                balance_after: receipt.balance_after.value(),
                created_at: receipt.created_at,
            }),
            Err(
                GiftRefusal::UnknownSender
                | GiftRefusal::SenderBanned
                | GiftRefusal::SenderLoggedOut
                | GiftRefusal::KeyReused,
            ) => None,
            Err(GiftRefusal::UnknownGift) => Some(Self::UnknownGift),
            Err(GiftRefusal::PriceChanged { current }) => Some(Self::PriceChanged { current: current.value() }),
            Err(GiftRefusal::UnknownReceiver) => Some(Self::UnknownReceiver),
            Err(GiftRefusal::InsufficientBalance { needed, available }) => {
                Some(Self::InsufficientBalance { needed: needed.value(), available: available.value() })
            }
        }
    }

    pub(super) fn into_outcome(self) -> QueryResult<Outcome> {
        let coins = |amount| Coins::new(amount).map_err(unreadable);
        Ok(match self {
            Self::Sent { gift_id, quantity, total, host_income, balance_after, created_at } => Ok(GiftReceipt {
                gift_id: GiftId::new(gift_id),
                quantity: Quantity::parse(i64::from(quantity)).map_err(unreadable)?,
                total: coins(total)?,
                host_income: Diamonds::new(host_income).map_err(unreadable)?,
                balance_after: coins(balance_after)?,
                created_at,
            }),
            Self::UnknownGift => Err(GiftRefusal::UnknownGift),
            Self::PriceChanged { current } => {
                let current = UnitPrice::new(current).ok_or_else(|| unreadable("a kept price out of range"))?;
                Err(GiftRefusal::PriceChanged { current })
            }
            Self::UnknownReceiver => Err(GiftRefusal::UnknownReceiver),
            Self::InsufficientBalance { needed, available } => {
                Err(GiftRefusal::InsufficientBalance { needed: coins(needed)?, available: coins(available)? })
            }
        })
    }
}
