use std::collections::{BTreeMap, BTreeSet};

use domain::{
    gift::{Category, GiftKey, SizeClass, UnitPrice},
    money::BasisPoints,
    time::Period,
};

use super::*;

fn gift(key: &str, coins: i64) -> CatalogueGift {
    CatalogueGift {
        key: GiftKey::parse(key).unwrap(),
        name: key.to_owned(),
        price: UnitPrice::new(coins).unwrap(),
        category: Category::Normal,
        host_share: BasisPoints::WHOLE,
        is_active: true,
        sort_order: 1,
        size_class: SizeClass::Normal,
    }
}

fn until() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_400_000, 0).unwrap()
}

fn world(gifts: u32, hosts: u32, fans: u32, seed: u64) -> World {
    let surroundings = (BusinessCalendar::in_zone("Asia/Jakarta").unwrap(), PhoneRegion::parse("ID").unwrap());
    let catalogue = vec![gift("cake", 5_000), gift("rose", 10), gift("crown", 500), gift("heart", 20)];
    World::new(Size { gifts, hosts, fans }, seed, until(), surroundings, catalogue).unwrap()
}

#[test]
fn the_same_seed_makes_the_same_world_and_another_seed_another_one() {
    let wishes = |seed| world(3_000, 20, 200, seed).wishes().collect::<Vec<_>>();
    let people = |seed| world(1, 20, 200, seed).people().map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(wishes(7), wishes(7));
    assert_ne!(wishes(7), wishes(8));
    assert_eq!(people(7), people(7));
    assert_ne!(people(7), people(8));
}

#[test]
fn there_are_as_many_gifts_as_asked_for_in_the_order_of_time_within_six_weeks() {
    for (gifts, hosts, fans) in [(1, 1, 1), (7, 1, 3), (1_000, 2, 1), (20_000, 30, 300)] {
        let world = world(gifts, hosts, fans, 1);
        let wishes: Vec<Wish> = world.wishes().collect();
        assert_eq!(wishes.len(), usize::try_from(gifts).unwrap());
        assert!(wishes.is_sorted_by_key(|wish| wish.at));
        for wish in wishes {
            assert!(world.since() <= wish.at && wish.at < world.until, "{wish:?}");
            assert!(wish.fan < fans && wish.host < hosts, "{wish:?}");
        }
    }
}

#[test]
fn the_first_host_has_a_tenth_and_nobody_has_more() {
    let world = world(100_000, 50, 2_000, 3);
    let mut received = BTreeMap::<u32, u32>::new();
    world.wishes().for_each(|wish| *received.entry(wish.host).or_default() += 1);
    let first = received[&0];
    assert!((9_000..=11_000).contains(&first), "{first}");
    assert!(received.values().all(|gifts| *gifts <= first), "{received:?}");
    assert_eq!(received.len(), 50, "nobody goes without");
}

#[test]
fn evenings_are_busier_and_cheap_gifts_and_first_fans_more_frequent() {
    let world = world(50_000, 50, 1_000, 3);
    let (mut hours, mut kinds, mut early) = ([0_u32; 24], [0_u32; 4], 0_u32);
    for wish in world.wishes() {
        let midnight = world.calendar.span(Period::Daily, wish.at).starts_at();
        hours[usize::try_from((wish.at - midnight).num_hours()).unwrap()] += 1;
        kinds[wish.gift] += 1;
        early += u32::from(wish.fan < 500);
    }
    assert!(hours[21] > 10 * hours[4] && hours[21] > 3 * hours[12], "{hours:?}");
    assert!(kinds.is_sorted_by(|one, other| one > other), "{kinds:?}");
    assert!(early > 35_000, "{early}");
}

#[test]
fn everybody_has_an_id_and_a_number_of_his_own_and_came_before_the_first_gift() {
    let world = world(1, 1_000, 20_000, u64::MAX);
    let people: Vec<Person> = world.people().map(Result::unwrap).collect();
    assert_eq!(people.iter().filter(|person| person.fan.is_none()).count(), 1_000);
    let ids: BTreeSet<i64> = people.iter().map(|person| person.id.value()).collect();
    let phones: BTreeSet<&str> = people.iter().map(|person| person.phone.reveal()).collect();
    assert_eq!((ids.len(), phones.len()), (21_000, 21_000));
    assert!(ids.iter().all(|id| (10_000_000..100_000_000).contains(id)));
    assert!(phones.iter().all(|phone| phone.starts_with("0840") && phone.len() == 11), "{:?}", phones.first());
    assert!(people.iter().all(|person| person.at < world.since()));
    assert!(people.is_sorted_by_key(|person| person.at));
    assert_eq!((people[0].id, people[1_000].id), (world.host_id(0), world.fan_id(0)));
}

#[test]
fn what_fans_spend_is_what_their_wishes_cost() {
    let world = world(2_000, 5, 30, 9);
    let prices = [10, 20, 500, 5_000];
    let mut expected = vec![0; 30];
    for (number, wish) in (1..).zip(world.wishes()) {
        let cost = prices[wish.gift] * i64::from(wish.quantity.value());
        expected[usize::try_from(wish.fan).unwrap()] += cost;
        let order = world.order(number, &wish).unwrap();
        assert_eq!(order.stated_price().unwrap().value(), prices[wish.gift]);
        assert_eq!(order.key().as_str(), format!("demo-{number}"));
    }
    assert_eq!(world.spending(), expected);
}

#[test]
fn there_is_no_world_without_gifts_or_out_of_time() {
    let size = Size { gifts: 1, hosts: 1, fans: 1 };
    let surroundings = || (BusinessCalendar::in_zone("Asia/Jakarta").unwrap(), PhoneRegion::parse("ID").unwrap());
    assert!(matches!(World::new(size, 1, until(), surroundings(), Vec::new()), Err(NoWorld::NoGifts)));
    for until in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let world = World::new(size, 1, until, surroundings(), vec![gift("rose", 10)]);
        assert!(matches!(world, Err(NoWorld::Until)), "{until}");
    }
}
