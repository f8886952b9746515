//! Who there is. Names are given names and a number, and no person's; phone numbers have a prefix that no operator has.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    id::UserId,
    user::{DisplayName, PhoneNumber},
};

use super::{NoWorld, World, chance::Chance};

const NAMES: [&str; 32] = [
    "Adi", "Agus", "Ahmad", "Andi", "Anisa", "Arif", "Ayu", "Bagus", "Bayu", "Budi", "Citra", "Dewi", "Dian", "Dimas",
    "Eka", "Fajar", "Fitri", "Galih", "Hana", "Indah", "Intan", "Joko", "Kartika", "Lestari", "Maya", "Nita", "Putri",
    "Rizky", "Sari", "Tari", "Wulan", "Yudi",
];

/// Indonesian numbers begin with 081, 082, 083, 085, 087, 088 or 089 when they are mobile: with 084 none does.
const PREFIX: &str = "+62840";

/// People come within so long before the first gift.
const COMING: TimeDelta = TimeDelta::days(1);

/// Somebody of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) phone: PhoneNumber,
    pub(crate) name: DisplayName,
    /// When he registers.
    pub(crate) at: DateTime<Utc>,
    /// His number among the fans; of a host, none.
    pub(crate) fan: Option<u32>,
}

impl Person {
    /// The person with this number: hosts come first, then fans.
    pub(super) fn of(world: &World, number: u32) -> Result<Self, NoWorld> {
        let fan = number.checked_sub(world.size.hosts);
        let mut chance = Chance::new(world.seed ^ (u64::from(number) << u32::BITS));
        let name = usize::try_from(chance.below(u32::try_from(NAMES.len()).unwrap_or_default())).unwrap_or_default();
        let name = format!("{} {:02}", NAMES.get(name).unwrap_or(&"Demo"), chance.below(100));
        let (kind, among) = fan.map_or((1, number), |fan| (2, fan));
        let all = i64::from(world.size.hosts) + i64::from(world.size.fans);
        let waited = COMING.num_milliseconds() * i64::from(number) / all;
        Ok(Self {
            id: id(world.seed, number),
            phone: PhoneNumber::parse(&format!("{PREFIX}{kind}{:06}", among + 1), &world.region)?,
            name: DisplayName::parse(&name)?,
            at: world.since() - COMING + TimeDelta::milliseconds(waited),
            fan,
        })
    }
}

/// The id of the person with this number: eight digits, as if drawn, and nobody else's.
pub(super) fn id(seed: u64, number: u32) -> UserId {
    const SMALLEST: u64 = 10_000_000;
    const COUNT: u64 = 90_000_000;
    /// Shares no factor with the count, so that no id comes twice.
    const STEP: u64 = 31_415_927;
    /// 2^64 divided by the golden ratio: seeds side by side begin far from each other.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

    let place = (seed.wrapping_mul(SPREAD) % COUNT + u64::from(number) * STEP) % COUNT;
    UserId::new(i64::try_from(SMALLEST + place).unwrap_or_default())
}
