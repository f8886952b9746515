//! What a client wanted, and what it was told.

use serde_json::Value;

use crate::salaries::Salary;

/// The actor id of the command line, which is no user.
const COMMAND_LINE: i64 = 0;

/// What a call is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    Gift { sender: i64, receiver: i64, gift: &'static str, quantity: i64 },
    Exchange { host: i64, diamonds: i64 },
    Grant { user: i64, coins: i64 },
    Decide { salary: Salary, approve: bool },
}

impl Wish {
    /// Whose key it has.
    pub(crate) const fn actor(&self) -> i64 {
        match self {
            Self::Gift { sender, .. } => *sender,
            Self::Exchange { host, .. } => *host,
            Self::Grant { .. } => COMMAND_LINE,
            Self::Decide { salary, .. } => salary.owner,
        }
    }

    /// How `idempotency_keys` calls it.
    pub(crate) const fn operation(&self) -> &'static str {
        match self {
            Self::Gift { .. } => "gift",
            Self::Exchange { .. } => "exchange",
            Self::Grant { .. } => "grant",
            Self::Decide { .. } => "salary",
        }
    }
}

/// What a call came to, as every way to ask tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Sent { gift: i64, total: i64, income: i64, quantity: i64, balance: i64 },
    Exchanged { diamonds: i64, coins: i64, diamonds_left: i64, balance: i64 },
    Granted { balance: i64 },
    Decided { salary: i64, approved: bool },
    Refused(String),
}

/// Refusals that are outcomes: the same call is refused again, whatever has happened since.
const REFUSALS: [&str; 3] = ["insufficient_balance", "insufficient_diamonds", "already_decided"];
/// What says that the call is to be made again.
const AGAIN: [&str; 4] = ["unavailable", "outcome_unknown", "busy", "slow_down"];

fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or_else(|| panic!("{name} is missing: {value}"))
}

impl Outcome {
    /// What REST answered; `None` when the call is to be made again.
    pub(crate) fn of_rest(wish: &Wish, status: u16, body: &Value) -> Option<Self> {
        match (status, wish) {
            (200, Wish::Gift { .. }) => Some(Self::sent(body.get("data").unwrap())),
            (200, Wish::Exchange { .. }) => Some(Self::Exchanged {
                diamonds: number(body, "exchanged_diamonds"),
                coins: number(body, "received_coins"),
                diamonds_left: number(body, "diamonds"),
                balance: number(body, "balance"),
            }),
            (200, Wish::Decide { salary, .. }) => {
                let message = body.get("message").and_then(Value::as_str).unwrap_or_default();
                let approved = match message {
                    "Salary request approved" => true,
                    "Salary request rejected" => false,
                    _ => panic!("not decided: {body}"),
                };
                Some(Self::Decided { salary: salary.id, approved })
            }
            _ => Self::refused(body),
        }
    }

    /// What a socket was acknowledged with; `None` when the call is to be made again.
    pub(crate) fn of_socket(answer: &Value) -> Option<Self> {
        if answer.get("ok").and_then(Value::as_bool) == Some(true) {
            Some(Self::sent(answer))
        } else {
            Self::refused(answer)
        }
    }

    /// What the command line printed: `… coins granted to user …; balance …`.
    pub(crate) fn of_command(printed: &str) -> Self {
        let balance = printed.trim().rsplit_once("; balance ").map(|(_, balance)| balance.parse());
        let Some(Ok(balance)) = balance else { panic!("not granted: {printed}") };
        Self::Granted { balance }
    }

    /// What the database keeps under the key.
    pub(crate) fn of_kept(kept: &Value) -> Self {
        let (name, members) = match kept {
            Value::String(name) => (name, &Value::Null),
            kept => kept.as_object().and_then(|kept| kept.iter().next()).unwrap(),
        };
        match name.as_str() {
            "sent" => Self::Sent {
                gift: number(members, "gift_id"),
                total: number(members, "total"),
                income: number(members, "host_income"),
                quantity: number(members, "quantity"),
                balance: number(members, "balance_after"),
            },
            "exchanged" => Self::Exchanged {
                diamonds: number(members, "diamonds"),
                coins: number(members, "coins"),
                diamonds_left: number(members, "diamonds_after"),
                balance: number(members, "balance_after"),
            },
            "granted" => Self::Granted { balance: number(members, "balance_after") },
            "decided" => {
                let is_paid = members.get("income_id").is_some_and(Value::is_i64);
                let approved = members.get("status").and_then(Value::as_str) == Some("approved");
                assert_eq!(is_paid, approved, "paid and not approved, or the reverse: {kept}");
                Self::Decided { salary: number(members, "request_id"), approved }
            }
            refusal => Self::Refused(refusal.to_owned()),
        }
    }

    fn sent(answer: &Value) -> Self {
        Self::Sent {
            gift: number(answer, "giftId"),
            total: number(answer, "totalCost"),
            income: number(answer, "hostIncome"),
            quantity: number(answer, "quantity"),
            balance: number(answer, "balance"),
        }
    }

    fn refused(answer: &Value) -> Option<Self> {
        let code = answer.get("code").and_then(Value::as_str).unwrap_or_default();
        assert!(REFUSALS.contains(&code) || AGAIN.contains(&code), "nobody should be told so: {answer}");
        REFUSALS.contains(&code).then(|| Self::Refused(code.to_owned()))
    }

    /// Coins that are left, where that was said.
    pub(crate) const fn balance(&self) -> Option<i64> {
        match self {
            Self::Sent { balance, .. } | Self::Exchanged { balance, .. } | Self::Granted { balance } => Some(*balance),
            Self::Decided { .. } | Self::Refused(_) => None,
        }
    }
}

/// A call: written down before it is made.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) key: String,
    pub(crate) wish: Wish,
    /// How often it was made.
    pub(crate) tries: u32,
    /// Every answer that came.
    pub(crate) outcomes: Vec<Outcome>,
}

/// The calls of a client, in order.
#[derive(Debug, Default)]
pub(crate) struct Notebook {
    pub(crate) calls: Vec<Call>,
    /// Answers that came over the socket.
    pub(crate) by_socket: u32,
    /// What was only read.
    pub(crate) reads: u32,
}

impl Notebook {
    /// Writes down a call that is about to be made.
    pub(crate) fn begin(&mut self, key: String, wish: Wish) -> usize {
        self.calls.push(Call { key, wish, tries: 0, outcomes: Vec::new() });
        self.calls.len() - 1
    }

    pub(crate) fn call(&mut self, number: usize) -> &mut Call {
        self.calls.get_mut(number).unwrap()
    }
}
