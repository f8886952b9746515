//! The domain's rules against the model, on ledgers that live in memory.

use std::collections::{BTreeMap, HashMap};

use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::{
    agency::OwnerFacts,
    gift::{
        CatalogueGift, Category, GiftContext, GiftKey, GiftOrder, GiftReceipt, GiftRefusal, Party, SizeClass,
        UnitPrice, admit, settle,
    },
    id::{AgencyId, ExchangeId, GiftId, IncomeId, MovementId, SalaryRequestId, UserId},
    idempotency::{Actor, RequestKey},
    money::{BasisPoints, Coins, Diamonds},
    review::Review,
    salary::{SalaryContext, SalaryOrder, SalaryReceipt, SalaryRefusal, SalaryRequest, decide_salary},
    wallet::{
        CoinContext, CoinOrder, CoinReceipt, CoinRefusal, ExchangeContext, ExchangeOrder, ExchangeReceipt,
        ExchangeRefusal, Purse, change_balance, exchange,
    },
};

/// What an outcome was, whatever was asked for.
#[derive(Debug, Clone)]
enum Outcome {
    Gift(Result<GiftReceipt, GiftRefusal>),
    Coins(Result<CoinReceipt, CoinRefusal>),
    Exchange(Result<ExchangeReceipt, ExchangeRefusal>),
    Salary(Result<SalaryReceipt, SalaryRefusal>),
}

/// Ledgers as the ports promise them: the rules decide, and what they post is applied and nothing else.
struct Ledgers {
    people: BTreeMap<UserId, Purse>,
    wares: BTreeMap<String, CatalogueGift>,
    owners: BTreeMap<UserId, AgencyId>,
    salaries: BTreeMap<i64, SalaryRequest>,
    kept: HashMap<(Actor, String), (String, Outcome)>,
    rows: i64,
}

fn cast() -> Cast {
    Cast {
        people: (1..=5).map(UserId::new).collect(),
        agencies: vec![AgencyId::new(70), AgencyId::new(80)],
        salaries: (1..=5).map(SalaryRequestId::new).collect(),
    }
}

impl Ledgers {
    fn new(cast: &Cast) -> Self {
        let nobody_banned = Purse { balance: Coins::ZERO, diamonds: Diamonds::ZERO, is_banned: false };
        let ware = |(key, name, price, share): (&str, &str, i64, i64)| CatalogueGift {
            key: GiftKey::parse(key).unwrap(),
            name: name.to_owned(),
            price: UnitPrice::new(price).unwrap(),
            category: Category::Normal,
            host_share: BasisPoints::new(u16::try_from(share).unwrap()).unwrap(),
            is_active: true,
            sort_order: 0,
            size_class: SizeClass::Normal,
        };
        let salary = |(place, (host, agency, diamonds)): (usize, (usize, usize, i64))| SalaryRequest {
            id: cast.salaries[place],
            host: cast.people[host],
            agency: cast.agencies[agency],
            week: "2026-W47".parse().unwrap(),
            salary: Diamonds::new(diamonds).unwrap(),
            valid_sessions: 4,
            review: Review::Pending,
            created_at: DateTime::UNIX_EPOCH,
        };
        Self {
            people: cast.people[..PEOPLE].iter().map(|user| (*user, nobody_banned)).collect(),
            wares: WARES.into_iter().map(ware).map(|ware| (ware.key.as_str().to_owned(), ware)).collect(),
            owners: OWNERS.into_iter().map(|owner| cast.people[owner]).zip(cast.agencies.clone()).collect(),
            salaries: SALARIES.into_iter().enumerate().map(salary).map(|salary| (salary.id.value(), salary)).collect(),
            kept: HashMap::new(),
            rows: 0,
        }
    }

    fn answer(&mut self, wish: Wish) -> Answer {
        match wish {
            Wish::Gift(order) => Answer::from(&self.gift(&order)),
            Wish::Coins(wish) => Answer::from(&self.change_coins(&wish)),
            Wish::Exchange(order) => Answer::from(&self.exchange(&order)),
            Wish::Salary(order) => Answer::from(&self.salary(&order)),
            Wish::Ban(user, is_banned) => {
                self.people.get_mut(&user).unwrap().is_banned = is_banned;
                Answer::Happened
            }
            Wish::Price(ware, price, is_active) => {
                let ware = self.wares.get_mut(ware.as_str()).unwrap();
                (ware.price, ware.is_active) = (price, is_active);
                Answer::Happened
            }
        }
    }

    /// What is kept under a key, if it is the same request's; `Err` if it is another one's.
    fn find(&self, actor: Actor, key: &RequestKey, content: &str) -> Result<Option<Outcome>, ()> {
        match self.kept.get(&(actor, key.as_str().to_owned())) {
            Some((asked, outcome)) if asked == content => Ok(Some(outcome.clone())),
            Some(_) => Err(()),
            None => Ok(None),
        }
    }

    fn keep(&mut self, actor: Actor, key: &RequestKey, content: String, outcome: Outcome) {
        self.kept.insert((actor, key.as_str().to_owned()), (content, outcome));
    }

    fn row(&mut self) -> i64 {
        self.rows += 1;
        self.rows
    }

    fn gift(&mut self, order: &GiftOrder) -> Result<GiftReceipt, GiftRefusal> {
        let party = |purse: &Purse| Party { balance: purse.balance, is_banned: purse.is_banned, token_epoch: 0 };
        let party = |user: UserId| self.people.get(&user).map(party);
        admit(order, party(order.sender()))?;
        let actor = Actor::User(order.sender());
        match self.find(actor, order.key(), &order.content()) {
            Ok(Some(Outcome::Gift(outcome))) => return outcome,
            Ok(_) => {}
            Err(()) => return Err(GiftRefusal::KeyReused),
        }
        let facts = GiftContext {
            sender: party(order.sender()),
            receiver: party(order.receiver()),
            gift: self.wares.get(order.gift().as_str()).cloned(),
        };
        let outcome = settle(order, &facts).map(|posting| {
            self.people.get_mut(&posting.sender).unwrap().balance = posting.balance_after;
            let receiver = self.people.get_mut(&posting.receiver).unwrap();
            receiver.diamonds = receiver.diamonds.checked_add(posting.host_income).unwrap();
            GiftReceipt {
                gift_id: GiftId::new(self.row()),
                quantity: posting.quantity,
                total: posting.total,
                host_income: posting.host_income,
                balance_after: posting.balance_after,
                created_at: DateTime::UNIX_EPOCH,
            }
        });
        self.keep(actor, order.key(), order.content(), Outcome::Gift(outcome));
        outcome
    }

    fn change_coins(&mut self, wish: &CoinOrder) -> Result<CoinReceipt, CoinRefusal> {
        match self.find(wish.actor, &wish.key, &wish.content()) {
            Ok(Some(Outcome::Coins(outcome))) => return outcome,
            Ok(_) => {}
            Err(()) => return Err(CoinRefusal::KeyReused),
        }
        let facts = CoinContext { balance: self.people.get(&wish.user).map(|purse| purse.balance) };
        let outcome = change_balance(wish.change, &facts).map(|posting| {
            self.people.get_mut(&wish.user).unwrap().balance = posting.balance_after;
            CoinReceipt { movement_id: MovementId::new(self.row()), balance_after: posting.balance_after }
        });
        self.keep(wish.actor, &wish.key, wish.content(), Outcome::Coins(outcome));
        outcome
    }

    fn exchange(&mut self, order: &ExchangeOrder) -> Result<ExchangeReceipt, ExchangeRefusal> {
        let actor = Actor::User(order.host);
        match self.find(actor, &order.key, &order.content()) {
            Ok(Some(Outcome::Exchange(outcome))) => return outcome,
            Ok(_) => {}
            Err(()) => return Err(ExchangeRefusal::KeyReused),
        }
        let facts = ExchangeContext { host: self.people.get(&order.host).copied() };
        let outcome = exchange(order, &facts).map(|posting| {
            let purse = self.people.get_mut(&posting.host).unwrap();
            (purse.balance, purse.diamonds) = (posting.balance_after, posting.diamonds_after);
            ExchangeReceipt {
                exchange_id: ExchangeId::new(self.row()),
                diamonds: posting.diamonds,
                coins: posting.coins,
                diamonds_after: posting.diamonds_after,
                balance_after: posting.balance_after,
                created_at: DateTime::UNIX_EPOCH,
            }
        });
        if !matches!(outcome, Err(ExchangeRefusal::UnknownHost | ExchangeRefusal::HostBanned)) {
            self.keep(actor, &order.key, order.content(), Outcome::Exchange(outcome));
        }
        outcome
    }

    fn salary(&mut self, order: &SalaryOrder) -> Result<SalaryReceipt, SalaryRefusal> {
        let actor = Actor::User(order.owner);
        match self.find(actor, &order.key, &order.content()) {
            Ok(Some(Outcome::Salary(outcome))) => return outcome,
            Ok(_) => {}
            Err(()) => return Err(SalaryRefusal::KeyReused),
        }
        let request = self.salaries.get(&order.request.value()).cloned();
        let host = request.as_ref().map(|request| self.people[&request.host]);
        let facts = SalaryContext {
            caller: OwnerFacts {
                is_banned: self.people[&order.owner].is_banned,
                agency: self.owners.get(&order.owner).copied(),
            },
            request,
            is_host_banned: host.is_some_and(|host| host.is_banned),
            diamonds: host.map_or(Diamonds::ZERO, |host| host.diamonds),
        };
        let outcome = decide_salary(order, &facts, DateTime::UNIX_EPOCH).map(|posting| {
            self.salaries.get_mut(&posting.request.value()).unwrap().review = posting.review.clone();
            let income = posting.payout.map(|payout| {
                let purse = self.people.get_mut(&payout.host).unwrap();
                purse.diamonds = purse.diamonds.checked_add(payout.salary).unwrap();
                IncomeId::new(self.row())
            });
            SalaryReceipt { request: posting.request, review: posting.review, income }
        });
        if !matches!(outcome, Err(SalaryRefusal::Access(_) | SalaryRefusal::HostBanned)) {
            self.keep(actor, &order.key, order.content(), Outcome::Salary(outcome.clone()));
        }
        outcome
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_answer_as_the_model_does(steps in sequence(80)) {
        let cast = cast();
        let (mut ledgers, mut world) = (Ledgers::new(&cast), World::default());
        for (number, step) in (0..).zip(opening().iter().chain(&steps)) {
            let expected = world.answer(step);
            prop_assert_eq!(ledgers.answer(cast.wish(step, number)), expected, "{:?}", step);
        }
        for (user, person) in cast.people.iter().zip(world.people) {
            let purse = ledgers.people[user];
            prop_assert_eq!((purse.balance.value(), purse.diamonds.value()), (person.coins, person.diamonds));
        }
    }

    #[test]
    fn steps_in_any_order_are_explained_and_a_coin_more_is_not(steps in sequence(6), seed: u64) {
        let mut world = World::default();
        for step in opening() {
            world.answer(&step);
        }
        let mut after = world.clone();
        let mut answered: Vec<_> = steps.iter().map(|step| (step.clone(), after.answer(step))).collect();
        let middle = usize::try_from(seed % 6).unwrap() % answered.len();
        answered.rotate_left(middle);
        prop_assert!(world.explain(&answered).is_some());
        for (_, answer) in &mut answered {
            if let Answer::Sent(.., left) = answer {
                *left += 1_000;
                prop_assert_eq!(world.explain(&answered), None);
                break;
            }
        }
    }
}
