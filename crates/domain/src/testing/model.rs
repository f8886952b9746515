//! The rules of money once more, in plain numbers: what the domain's rules, and the ledgers behind its ports, are compared with.
//!
//! It is written from what is promised and not from the code, so nothing of the domain is used in this file. People, gifts and
//! salaries are numbered: see [`PEOPLE`], [`WARES`] and [`SALARIES`]. How a step is put into the domain's words, and its results
//! into these, is in [`Cast`].
#![cfg_attr(
    not(test),
    expect(clippy::arithmetic_side_effects, reason = "plain sums, bounded by the amounts of the steps")
)]

mod cast;
mod steps;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

pub use cast::{Cast, Wish};
pub use steps::{opening, rounds, sequence};
pub use words::{Answer, Decision, Exchange, Gift, Grant, Refusal, Step};

/// How many people there are; the next number is a stranger, whom nobody knows.
pub const PEOPLE: usize = 4;
/// Key, name, price at first, and the receiver's part in hundredths of a per cent, of what can be given. The next number is of
/// something that nobody sells.
pub const WARES: [(&str, &str, i64, i64); 2] = [("rose", "Rose", 10, 5_000), ("cute", "Labu", 100, 1_000)];
/// Who owns the agencies.
pub const OWNERS: [usize; 2] = [0, 3];
/// Host, agency and diamonds of the salaries that wait at first. The third is its own owner's. The next number is of none.
pub const SALARIES: [(usize, usize, i64); 4] = [(1, 0, 7), (2, 0, 40), (0, 0, 5), (1, 1, 9)];

/// The most coins that anybody can have.
const MOST: i64 = 9_007_199_254_740_991;

/// What somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Person {
    /// To spend.
    pub coins: i64,
    /// Earned.
    pub diamonds: i64,
    /// Whether he is banned.
    pub is_banned: bool,
}

/// Something that moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// Sender, receiver, ware, coins and diamonds of a gift.
    Gift(usize, usize, usize, i64, i64),
    /// Who received coins, and how many.
    Grant(usize, i64),
    /// Whose coins were put right, and by how many.
    Correction(usize, i64),
    /// Host, diamonds and coins of an exchange.
    Exchange(usize, i64, i64),
    /// Host and diamonds of a salary.
    Salary(usize, i64),
}

/// Everything that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// What everybody has.
    pub people: [Person; PEOPLE],
    /// Whether each salary was approved, when it was decided on.
    pub salaries: [Option<bool>; SALARIES.len()],
    /// What moved, in its order.
    pub moved: Vec<Moved>,
    /// What each thing costs, and whether it is sold.
    prices: [(i64, bool); WARES.len()],
    /// What was asked under a key of an actor, and answered.
    kept: BTreeMap<(Option<usize>, u8), (Step, Answer)>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            people: [Person::default(); PEOPLE],
            salaries: [None; SALARIES.len()],
            moved: Vec::new(),
            prices: WARES.map(|(.., price, _)| (price, true)),
            kept: BTreeMap::new(),
        }
    }
}

impl World {
    /// Does what a step asks for, and answers it.
    pub fn answer(&mut self, step: &Step) -> Answer {
        // Who may not ask is not answered from his keys either.
        if let Some(refusal) = self.turned_away(step) {
            return Answer::Refused(refusal);
        }
        let key = step.actor_and_key();
        match key.and_then(|key| self.kept.get(&key)) {
            Some((asked, answer)) if asked == step => return *answer,
            Some(_) => return Answer::Refused(Refusal::KeyReused),
            None => {}
        }
        let answer = self.decide(step).unwrap_or_else(Answer::Refused);
        if let Some(key) = key.filter(|_| answer.is_kept()) {
            self.kept.insert(key, (step.clone(), answer));
        }
        answer
    }

    /// Whether the answer to this very step is kept under its key.
    #[must_use]
    pub fn remembers(&self, step: &Step) -> bool {
        step.actor_and_key().and_then(|key| self.kept.get(&key)).is_some_and(|(asked, _)| asked == step)
    }

    /// The world after steps that were asked for at once: in some order each of them is answered as it was. `None` when there is no
    /// such order.
    #[must_use]
    pub fn explain(&self, answered: &[(Step, Answer)]) -> Option<Self> {
        if answered.is_empty() {
            return Some(self.clone());
        }
        for (place, (step, answer)) in answered.iter().enumerate() {
            let mut next = self.clone();
            if next.answer(step) != *answer {
                continue;
            }
            let mut others = answered.to_vec();
            others.remove(place);
            // What changes nothing is as well first as later.
            if next == *self {
                return next.explain(&others);
            }
            if let Some(world) = next.explain(&others) {
                return Some(world);
            }
        }
        None
    }

    /// Whether the answer is about who asks himself, so that he is not answered from his keys either.
    fn turned_away(&self, step: &Step) -> Option<Refusal> {
        let Step::Gift(gift) = step else { return None };
        match self.people.get(gift.sender) {
            None => Some(Refusal::NoSuchPerson),
            Some(sender) => sender.is_banned.then_some(Refusal::PersonBanned),
        }
    }

    fn decide(&mut self, step: &Step) -> Result<Answer, Refusal> {
        match step {
            Step::Gift(gift) => self.give(gift),
            Step::Grant(Grant { user, coins, .. }) => {
                let person = self.people.get_mut(*user).ok_or(Refusal::NoSuchReceiver)?;
                person.add_coins(*coins)?;
                let answer = Answer::Granted(person.coins);
                self.moved.push(Moved::Grant(*user, *coins));
                Ok(answer)
            }
            Step::Correction(Grant { user, coins, .. }) => {
                let person = self.people.get_mut(*user).ok_or(Refusal::NoSuchReceiver)?;
                if -*coins > person.coins {
                    return Err(Refusal::TooFewCoins(-*coins, person.coins));
                }
                person.add_coins(*coins)?;
                let answer = Answer::Granted(person.coins);
                self.moved.push(Moved::Correction(*user, *coins));
                Ok(answer)
            }
            Step::Exchange(Exchange { host, diamonds, .. }) => self.exchange(*host, *diamonds),
            Step::Salary(decision) => self.judge(decision),
            Step::Ban(user, is_banned) => {
                self.people.get_mut(*user).ok_or(Refusal::NoSuchPerson)?.is_banned = *is_banned;
                Ok(Answer::Happened)
            }
            Step::Price(ware, coins, is_sold) => {
                *self.prices.get_mut(*ware).ok_or(Refusal::NotSold)? = (*coins, *is_sold);
                Ok(Answer::Happened)
            }
        }
    }

    fn give(&mut self, gift: &Gift) -> Result<Answer, Refusal> {
        let Gift { sender, receiver, ware, quantity, stated, .. } = *gift;
        let price = self.prices.get(ware).filter(|(_, is_sold)| *is_sold).map(|(price, _)| *price);
        let (price, (.., share)) = price.zip(WARES.get(ware).copied()).ok_or(Refusal::NotSold)?;
        if stated.is_some_and(|stated| stated != price) {
            return Err(Refusal::CostsNow(price));
        }
        let coins = price * quantity;
        let diamonds = coins * share / 10_000;
        let earns = self.people.get(receiver).filter(|receiver| !receiver.is_banned).ok_or(Refusal::NoSuchReceiver)?;
        let earned = earns.diamonds + diamonds;
        let payer = self.people.get_mut(sender).ok_or(Refusal::NoSuchPerson)?;
        if coins > payer.coins {
            return Err(Refusal::TooFewCoins(coins, payer.coins));
        }
        payer.coins -= coins;
        let answer = Answer::Sent(coins, diamonds, payer.coins);
        self.people.get_mut(receiver).ok_or(Refusal::NoSuchReceiver)?.diamonds = earned;
        self.moved.push(Moved::Gift(sender, receiver, ware, coins, diamonds));
        Ok(answer)
    }

    fn exchange(&mut self, host: usize, diamonds: i64) -> Result<Answer, Refusal> {
        let person = self.people.get_mut(host).ok_or(Refusal::NoSuchPerson)?;
        if person.is_banned {
            return Err(Refusal::PersonBanned);
        }
        if diamonds > person.diamonds {
            return Err(Refusal::TooFewDiamonds(diamonds, person.diamonds));
        }
        let coins = diamonds * 3 / 10;
        person.add_coins(coins)?;
        person.diamonds -= diamonds;
        let answer = Answer::Exchanged(coins, person.diamonds, person.coins);
        self.moved.push(Moved::Exchange(host, diamonds, coins));
        Ok(answer)
    }

    fn judge(&mut self, decision: &Decision) -> Result<Answer, Refusal> {
        let Decision { owner, agency: named, salary, is_approved, .. } = *decision;
        if self.people.get(owner).ok_or(Refusal::NoSuchPerson)?.is_banned {
            return Err(Refusal::PersonBanned);
        }
        let own = OWNERS.iter().position(|other| *other == owner).ok_or(Refusal::NoOwner)?;
        let (host, agency, diamonds) = SALARIES.get(salary).copied().ok_or(Refusal::NotFound)?;
        if agency != own || named.is_some_and(|named| named != own) {
            return Err(Refusal::NotFound);
        }
        if host == owner {
            return Err(Refusal::OwnSalary);
        }
        let decided = self.salaries.get_mut(salary).ok_or(Refusal::NotFound)?;
        if decided.is_some() {
            return Err(Refusal::DecidedBefore);
        }
        if is_approved {
            let person = self.people.get_mut(host).ok_or(Refusal::NotFound)?;
            if person.is_banned {
                return Err(Refusal::HostBanned);
            }
            person.diamonds += diamonds;
            self.moved.push(Moved::Salary(host, diamonds));
        }
        *decided = Some(is_approved);
        Ok(Answer::Decided(is_approved))
    }
}

impl Person {
    fn add_coins(&mut self, coins: i64) -> Result<(), Refusal> {
        if self.coins + coins > MOST {
            return Err(Refusal::TooMuch);
        }
        self.coins += coins;
        Ok(())
    }
}
