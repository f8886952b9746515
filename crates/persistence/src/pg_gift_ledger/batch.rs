//! One transaction for a group of orders: facts under lock, decisions in the order of arrival, one write for all.

use diesel::QueryResult;
use domain::{
    gift::{GiftContext, GiftReceipt, GiftRefusal, Party, admit},
    id::GiftId,
    idempotency::Actor,
    time::BusinessCalendar,
};

use super::{
    Waiting,
    facts::{self, Facts, Held, KeptRow},
    outcome::KeptOutcome,
    posting::{self, Posted},
};
use crate::{
    atomic::{Committed, Interrupted, Pipeline},
    error::unreadable,
    idempotency::{KeyedRequest, actor_id},
    pg_totals,
};

/// What an order came to. A refusal is a value: it is committed where it is to be kept.
pub(super) type Outcome = Result<GiftReceipt, GiftRefusal>;

/// Settles a group; answers the outcomes in its order, `None` for those whose sender somebody else holds.
pub(super) async fn settle(
    transaction: Pipeline<'_>,
    calendar: BusinessCalendar,
    group: &[Waiting],
    held: Held,
    written: &(dyn Fn() + Sync),
) -> Result<Committed<Vec<Option<Outcome>>>, Interrupted> {
    // A sender whom the session of an earlier attempt may still hold is no reason to forget that it may be committed.
    let held = if transaction.is_in_doubt() { Held::Wait } else { held };
    let mut facts = transaction.begin(facts::BEGIN, facts::load(transaction.connection(), group, held)).await?;
    let mut posted = Posted::default();
    let mut outcomes = Vec::with_capacity(group.len());
    for (place, waiting) in group.iter().enumerate() {
        let is_held = held == Held::LeaveOut && facts.is_held(waiting.order.sender());
        outcomes.push(if is_held { None } else { Some(decide(&mut facts, &mut posted, place, waiting)?) });
    }
    let note = pg_totals::note(calendar, &posted.gifts)?;
    transaction.commit(posting::write(&posted, Some(note)), outcomes, written).await
}

/// Decides one order on the facts as those before have left them.
fn decide<'a>(facts: &mut Facts, posted: &mut Posted<'a>, place: usize, waiting: &'a Waiting) -> QueryResult<Outcome> {
    let Waiting { order, at, decide, .. } = waiting;
    let sender = match admit(order, facts.senders.get(&order.sender()).copied()) {
        Ok(sender) => sender,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let request = KeyedRequest {
        operation: "gift",
        actor: Actor::User(order.sender()),
        key: order.key(),
        content: order.content(),
    };
    let fingerprint = request.fingerprint();
    let key = (actor_id(request.actor), order.key().as_str());
    if let Some(kept) = facts.kept.get(&place).or_else(|| posted.kept(&key)) {
        if kept.fingerprint != fingerprint {
            return Ok(Err(GiftRefusal::KeyReused));
        }
        let kept: KeptOutcome = serde_json::from_str(&kept.outcome).map_err(unreadable)?;
        return kept.into_outcome();
    }
    let receiver = facts.people.get(&order.receiver());
    let context = GiftContext {
        sender: Some(sender),
        receiver: receiver.copied(),
        gift: facts.gifts.get(order.gift().as_str()).cloned(),
    };
    let outcome = match decide(&context) {
        Ok(posting) => {
            let id = facts.numbers.pop().ok_or_else(|| unreadable("too few numbers for gifts were drawn"))?;
            let receipt = GiftReceipt {
                gift_id: GiftId::new(id),
                quantity: posting.quantity,
                total: posting.total,
                host_income: posting.host_income,
                balance_after: posting.balance_after,
                created_at: *at,
            };
            facts.senders.insert(order.sender(), Party { balance: posting.balance_after, ..sender });
            posted.gifts.push((id, posting, *at));
            Ok(receipt)
        }
        Err(refusal) => Err(refusal),
    };
    if let Some(kept) = KeptOutcome::of(&outcome, order.key()) {
        let outcome = serde_json::to_string(&kept).map_err(unreadable)?;
        posted.keep(key, KeptRow { fingerprint, outcome }, *at);
    }
    Ok(outcome)
}
