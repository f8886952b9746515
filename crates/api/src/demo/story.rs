//! Who gives what when. A fan visits one of the hosts that he likes and gives several gifts in a row; evenings are busier
//! than mornings, some fans visit more often than others, cheap gifts are given more often than dear ones, and every tenth
//! visit is one to the first host.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{gift::Quantity, time::Period};

use super::{SPAN, Wish, World, chance::Chance};

/// How busy each hour of the day is.
const BUSY: [u64; 24] = [30, 18, 10, 6, 5, 6, 10, 14, 18, 20, 22, 26, 30, 28, 26, 28, 32, 40, 55, 75, 95, 100, 85, 55];
/// How many hosts a fan likes.
const LIKED: usize = 6;
/// The most gifts of a visit.
const VISIT_MAX: u32 = 12;
/// One in so many visits is to the first host.
const FIRST_HOSTS_PART: u32 = 10;
/// The longest pause between two gifts of a visit.
const PAUSE_MAX_MS: u32 = 20_000;
const HOUR_MS: u32 = 3_600_000;
/// Gifts up to this price are sometimes given a hundred at a time.
const CHEAP: i64 = 100;

/// The gifts of a world, hour by hour.
pub(crate) struct Story<'a> {
    world: &'a World,
    chance: Chance,
    liked: Vec<[u32; LIKED]>,
    /// How busy the hours are, summed up to the end of each; the last is all of it.
    busy: Vec<u64>,
    hour: usize,
    /// How many gifts the hours so far have.
    told: u32,
    /// The present hour's gifts, the last one first.
    present: Vec<Wish>,
}

impl<'a> Story<'a> {
    pub(super) fn of(world: &'a World) -> Self {
        let mut chance = Chance::new(world.seed);
        let others = world.size.hosts.saturating_sub(1);
        let liked = (0..world.size.fans).map(|_| [(); LIKED].map(|()| chance.low(others) + others.min(1))).collect();
        let mut sum = 0;
        let busy = (0..SPAN.num_hours()).map(|hour| {
            sum += busy_at(world, world.since() + TimeDelta::hours(hour));
            sum
        });
        let busy = busy.collect();
        Self { world, chance, liked, busy, hour: 0, told: 0, present: Vec::new() }
    }

    /// Makes up the next hour; `None` after the last one.
    fn next_hour(&mut self) -> Option<()> {
        let (sum, all) = (*self.busy.get(self.hour)?, *self.busy.last()?);
        // Rounded down at the end of each hour, so that the last one ends with all of them.
        let until = u64::from(self.world.size.gifts) * sum / all;
        let until = u32::try_from(until).unwrap_or(self.world.size.gifts);
        let begin = self.world.since() + TimeDelta::hours(i64::try_from(self.hour).unwrap_or_default());
        while self.told < until {
            self.visit(begin, until - self.told);
        }
        // Stable: of gifts at one instant, who came first gives first.
        self.present.sort_by_key(|wish| wish.at);
        self.present.reverse();
        self.hour += 1;
        Some(())
    }

    /// A visit within the hour that begins at `begin`, with `most` gifts at most.
    fn visit(&mut self, begin: DateTime<Utc>, most: u32) {
        let fan = self.chance.low(self.world.size.fans);
        let host = if self.chance.below(FIRST_HOSTS_PART) == 0 { 0 } else { self.liked_by(fan) };
        let mut offset = self.chance.below(HOUR_MS);
        for _ in 0..(1 + self.chance.low(VISIT_MAX)).min(most) {
            let kinds = u32::try_from(self.world.catalogue.len()).unwrap_or(u32::MAX);
            let gift = usize::try_from(self.chance.low(kinds)).unwrap_or_default();
            let at = begin + TimeDelta::milliseconds(offset.min(HOUR_MS - 1).into());
            let quantity = self.quantity(gift);
            self.present.push(Wish { at, fan, host, gift, quantity });
            self.told += 1;
            offset = offset.saturating_add(1 + self.chance.below(PAUSE_MAX_MS));
        }
    }

    fn liked_by(&mut self, fan: u32) -> u32 {
        let which = usize::try_from(self.chance.low(u32::try_from(LIKED).unwrap_or(1))).unwrap_or_default();
        let liked = usize::try_from(fan).ok().and_then(|fan| self.liked.get(fan)?.get(which));
        liked.copied().unwrap_or_default()
    }

    fn quantity(&mut self, gift: usize) -> Quantity {
        let is_cheap = self.world.catalogue.get(gift).is_some_and(|gift| gift.price.value() <= CHEAP);
        let pieces = match self.chance.below(100) {
            0 if is_cheap => 99,
            0..=8 => 10,
            9..=28 => 2 + self.chance.below(4),
            _ => 1,
        };
        Quantity::parse(pieces.into()).unwrap_or(Quantity::ONE)
    }
}

impl Iterator for Story<'_> {
    type Item = Wish;

    fn next(&mut self) -> Option<Wish> {
        while self.present.is_empty() {
            self.next_hour()?;
        }
        self.present.pop()
    }
}

/// How busy the hour of the day is that `at` lies in.
fn busy_at(world: &World, at: DateTime<Utc>) -> u64 {
    let midnight = world.calendar.span(Period::Daily, at).starts_at();
    let hour = usize::try_from((at - midnight).num_hours()).unwrap_or_default();
    BUSY.get(hour % BUSY.len()).copied().unwrap_or_default()
}
