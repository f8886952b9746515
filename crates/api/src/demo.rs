//! A believable world to look at: hosts, fans, and six weeks of gifts, the same for the same seed.
//!
//! [`World`] says who there is and who gives what when, and does nothing; [`fill`] makes it happen, either through the
//! services, one wish after the other with a clock that moves along, or in bulk. Both end in the same rows.

mod chance;
mod filling;
mod people;
mod story;

#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    gift::{CatalogueGift, GiftOrder, InvalidOrder, Quantity},
    id::UserId,
    idempotency::{InvalidRequestKey, RequestKey},
    time::BusinessCalendar,
    user::{InvalidName, InvalidPhone, PhoneRegion},
};

pub(crate) use self::filling::{DemoServices, Filled, MovedClock, Way, fill};
use self::{people::Person, story::Story};

/// The most gifts of a world.
pub(crate) const GIFTS_MAX: u32 = 10_000_000;
/// The most hosts of a world.
pub(crate) const HOSTS_MAX: u32 = 10_000;
/// The most fans of a world.
pub(crate) const FANS_MAX: u32 = 200_000;
/// The password of everybody.
pub(crate) const PASSWORD: &str = "chatme-demo";

/// How long gifts are sent, up to the end of the world.
const SPAN: TimeDelta = TimeDelta::weeks(6);

/// How large a world is: at least one of each, and at most the limits above.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) gifts: u32,
    pub(crate) hosts: u32,
    pub(crate) fans: u32,
}

/// A world: everything in it follows from these values.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) size: Size,
    pub(crate) seed: u64,
    /// All gifts are sent before.
    pub(crate) until: DateTime<Utc>,
    /// In whose evenings most of them are sent.
    pub(crate) calendar: BusinessCalendar,
    /// Which region's phone numbers are written without a country code.
    pub(crate) region: PhoneRegion,
    /// What is sent, the cheapest first.
    catalogue: Vec<CatalogueGift>,
}

/// Why there is no such world.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoWorld {
    /// Nothing can be sent.
    #[error("the catalogue has no gift that can be sent")]
    NoGifts,
    /// Six weeks and the day before do not fit, or its people would be older than instants can be.
    #[error("the end of the world lies outside of the years 2000 to 2100")]
    Until,
    /// A phone number of its people is none.
    #[error(transparent)]
    Phone(#[from] InvalidPhone),
    /// A name of its people is none.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A wish of its people is none.
    #[error(transparent)]
    Order(#[from] InvalidOrder),
    /// A key of its people is none.
    #[error(transparent)]
    Key(#[from] InvalidRequestKey),
}

/// A gift that is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    at: DateTime<Utc>,
    /// Counted from 0, as people are among their kind.
    fan: u32,
    host: u32,
    /// Its place in the catalogue.
    gift: usize,
    quantity: Quantity,
}

impl World {
    /// A world with what the catalogue has on sale.
    ///
    /// # Errors
    /// [`NoWorld::NoGifts`], [`NoWorld::Until`].
    pub(crate) fn new(
        size: Size,
        seed: u64,
        until: DateTime<Utc>,
        (calendar, region): (BusinessCalendar, PhoneRegion),
        mut catalogue: Vec<CatalogueGift>,
    ) -> Result<Self, NoWorld> {
        use chrono::Datelike as _;

        if catalogue.is_empty() {
            return Err(NoWorld::NoGifts);
        }
        if !(2000..=2100).contains(&until.year()) {
            return Err(NoWorld::Until);
        }
        catalogue.sort_by(|one, other| (one.price, one.key.as_str()).cmp(&(other.price, other.key.as_str())));
        Ok(Self { size, seed, until, calendar, region, catalogue })
    }

    /// When the first gift may be sent.
    pub(crate) fn since(&self) -> DateTime<Utc> {
        self.until - SPAN
    }

    /// Who there is: hosts, then fans, in the order in which they come.
    pub(crate) fn people(&self) -> impl Iterator<Item = Result<Person, NoWorld>> + '_ {
        (0..self.size.hosts.saturating_add(self.size.fans)).map(|number| Person::of(self, number))
    }

    /// Who gives what when, in the order of time; as many as the size says.
    pub(crate) fn wishes(&self) -> Story<'_> {
        Story::of(self)
    }

    /// What each fan spends in all, in coins.
    pub(crate) fn spending(&self) -> Vec<i64> {
        let mut spending = vec![0_i64; usize::try_from(self.size.fans).unwrap_or_default()];
        for wish in self.wishes() {
            let cost = self.catalogue.get(wish.gift).map_or(0, |gift| gift.price.times(wish.quantity).value());
            if let Some(spent) = usize::try_from(wish.fan).ok().and_then(|fan| spending.get_mut(fan)) {
                *spent = spent.saturating_add(cost);
            }
        }
        spending
    }

    /// A wish as the services take it; `number` tells it from all others.
    pub(crate) fn order(&self, number: u32, wish: &Wish) -> Result<GiftOrder, NoWorld> {
        let gift = self.catalogue.get(wish.gift).ok_or(NoWorld::NoGifts)?;
        let (sender, receiver) = (self.fan_id(wish.fan), self.host_id(wish.host));
        let key = RequestKey::parse(&format!("demo-{number}"))?;
        Ok(GiftOrder::new(sender, receiver, gift.key.clone(), wish.quantity, Some(gift.price), key)?)
    }

    fn host_id(&self, host: u32) -> UserId {
        people::id(self.seed, host)
    }

    fn fan_id(&self, fan: u32) -> UserId {
        people::id(self.seed, self.size.hosts.saturating_add(fan))
    }
}
