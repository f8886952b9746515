//! Making a world happen.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use domain::{
    bulk::BulkBooks,
    gift::{GiftOrder, GiftService, SendGiftError, settle},
    idempotency::{Actor, RequestKey},
    ranking::GiftTotals,
    store::StoreError,
    time::Clock,
    user::{HashingError, InsertUserError, NewUser, PasswordHash, PasswordHasher, PlainPassword, Role, UserRepository},
    wallet::{CoinChange, CoinError, CoinOrder, CoinService, GrantAmount, InvalidCoins, Reason, change_balance},
};

use super::{NoWorld, World, people::Person};

/// Gifts of one transaction in bulk: with more, the balances of their senders are written less often.
const GIFTS_AT_ONCE: usize = 50_000;
/// What fans have left at least.
const POCKET_MONEY: i64 = 1_000;

/// A clock that shows what it was set to.
#[derive(Debug, Default)]
pub(crate) struct MovedClock(Mutex<DateTime<Utc>>);

impl MovedClock {
    fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for MovedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What makes a world happen. The services look at this clock.
pub(crate) struct DemoServices {
    pub(crate) books: Box<dyn BulkBooks>,
    pub(crate) users: Arc<dyn UserRepository>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) coins: CoinService,
    pub(crate) gifts: GiftService,
    pub(crate) totals: Box<dyn GiftTotals>,
    pub(crate) clock: Arc<MovedClock>,
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Through the services, one wish after the other.
    OneByOne,
    /// Many wishes in a transaction, the totals afterwards.
    InBulk,
}

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Filled {
    /// So many people are there.
    People(u32),
    /// So many gifts are sent.
    Gifts(u32),
    /// All is written, and reports are made of it.
    Reports,
}

/// Why a world did not happen, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FillError {
    /// There is somebody already; nothing was written.
    #[error("the database has users; a demo world is made in an empty one only, such as that of a new DATA_DIR")]
    NotEmpty,
    /// There is no such world.
    #[error(transparent)]
    NoWorld(#[from] NoWorld),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// Somebody could not be stored.
    #[error(transparent)]
    Insert(#[from] InsertUserError),
    /// A grant is none.
    #[error(transparent)]
    InvalidCoins(#[from] InvalidCoins),
    /// Coins were not given.
    #[error(transparent)]
    Grant(#[from] CoinError),
    /// A gift was not sent.
    #[error(transparent)]
    Gift(#[from] SendGiftError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Fills the empty database with a world. What is written stays when it fails in the middle.
///
/// Everybody gets the same hash of `password`: hashing one takes as long as writing hundreds of gifts, by intent. That is
/// why people go to the port of users, not through the registration.
///
/// # Errors
/// [`FillError`].
pub(crate) async fn fill(
    services: &DemoServices,
    world: &World,
    password: &PlainPassword,
    way: Way,
    mut tell: impl FnMut(Filled),
) -> Result<(), FillError> {
    if !services.books.is_empty().await? {
        return Err(FillError::NotEmpty);
    }
    // Of nothing there are no totals; but from now on they are kept in the calendar of this world.
    services.totals.rebuild().await?;
    let hash = services.hasher.place().await?.hash(password).await?;
    match way {
        Way::OneByOne => {
            people_one_by_one(services, world, &hash, &mut tell).await?;
            gifts_one_by_one(services, world, &mut tell).await?;
            tell(Filled::Reports);
            services.totals.roll_up().await?;
        }
        Way::InBulk => {
            people_in_bulk(services, world, &hash).await?;
            tell(Filled::People(world.size.hosts.saturating_add(world.size.fans)));
            gifts_in_bulk(services, world, &mut tell).await?;
            tell(Filled::Reports);
            services.totals.rebuild().await?;
            services.books.settle_down().await?;
        }
    }
    Ok(())
}

async fn people_one_by_one(
    services: &DemoServices,
    world: &World,
    hash: &PasswordHash,
    tell: &mut impl FnMut(Filled),
) -> Result<(), FillError> {
    let spending = world.spending();
    for (number, person) in (1..).zip(world.people()) {
        let person = person?;
        services.clock.set(person.at);
        services.users.insert(&user(&person, hash)).await?;
        if let Some(wish) = coins(&person, &spending)? {
            services.coins.change(wish).await?;
        }
        tell(Filled::People(number));
    }
    Ok(())
}

async fn people_in_bulk(services: &DemoServices, world: &World, hash: &PasswordHash) -> Result<(), FillError> {
    let spending = world.spending();
    let people: Vec<Person> = world.people().collect::<Result<_, _>>()?;
    let users: Vec<NewUser> = people.iter().map(|person| user(person, hash)).collect();
    services.books.insert_users(&users).await?;
    let mut wishes = Vec::new();
    for person in &people {
        wishes.extend(coins(person, &spending)?.map(|wish| (person.at, wish)));
    }
    Ok(services.books.change_coins(&wishes, change_balance).await?)
}

async fn gifts_one_by_one(
    services: &DemoServices,
    world: &World,
    tell: &mut impl FnMut(Filled),
) -> Result<(), FillError> {
    for (number, wish) in (1..).zip(world.wishes()) {
        services.clock.set(wish.at);
        services.gifts.send(world.order(number, &wish)?, None).await?;
        tell(Filled::Gifts(number));
    }
    Ok(())
}

async fn gifts_in_bulk(services: &DemoServices, world: &World, tell: &mut impl FnMut(Filled)) -> Result<(), FillError> {
    let mut wishes = (1..).zip(world.wishes());
    loop {
        let (mut orders, mut last): (Vec<(DateTime<Utc>, GiftOrder)>, u32) = (Vec::with_capacity(GIFTS_AT_ONCE), 0);
        for (number, wish) in wishes.by_ref().take(GIFTS_AT_ONCE) {
            orders.push((wish.at, world.order(number, &wish)?));
            last = number;
        }
        if orders.is_empty() {
            return Ok(());
        }
        services.books.settle(&orders, settle).await?;
        tell(Filled::Gifts(last));
    }
}

fn user(person: &Person, hash: &PasswordHash) -> NewUser {
    NewUser {
        id: person.id,
        phone: person.phone.clone(),
        password: hash.clone(),
        name: person.name.clone(),
        role: Role::User,
        created_at: person.at,
    }
}

/// The coins that a fan is granted when he comes: what he is going to spend, and something more.
fn coins(person: &Person, spending: &[i64]) -> Result<Option<CoinOrder>, FillError> {
    let Some(fan) = person.fan else { return Ok(None) };
    let spent = usize::try_from(fan).ok().and_then(|fan| spending.get(fan)).copied().unwrap_or_default();
    Ok(Some(CoinOrder {
        actor: Actor::CommandLine,
        user: person.id,
        change: CoinChange::Grant(GrantAmount::parse(spent.saturating_add(POCKET_MONEY))?),
        reason: Reason::parse("demo")?,
        key: RequestKey::parse(&format!("demo-coins-{fan}")).map_err(NoWorld::from)?,
    }))
}
