use proptest::prelude::*;

use super::*;

fn coins(amount: i64) -> Coins {
    Coins::new(amount).unwrap()
}

fn check_share(amount: i64, points: u16, expected: i64) {
    let share = coins(amount).share(BasisPoints::new(points).unwrap());
    assert_eq!(share.value(), expected, "{points} basis points of {amount}");
}

#[test]
fn shares_are_floored() {
    check_share(500, 5_000, 250);
    check_share(101, 5_000, 50);
    check_share(105, 1_000, 10);
    check_share(9, 1_000, 0);
    check_share(0, 5_000, 0);
    check_share(1, 10_000, 1);
    check_share(2_999, 5_000, 1_499);
    check_share(AMOUNT_MAX, 10_000, AMOUNT_MAX);
    check_share(AMOUNT_MAX, 0, 0);
}

#[test]
fn parts_of_diamonds_are_floored() {
    for (amount, points, expected) in
        [(2_001, 7_000, 1_400), (6_000, 7_000, 4_200), (1, 9_999, 0), (AMOUNT_MAX, 10_000, AMOUNT_MAX)]
    {
        let part = Diamonds::new(amount).unwrap().part(BasisPoints::new(points).unwrap());
        assert_eq!(part.value(), expected, "{points} basis points of {amount}");
    }
}

#[test]
fn amounts_stay_within_what_javascript_reads_exactly() {
    assert_eq!(Coins::new(-1), Err(AmountOutOfRange(-1)));
    assert_eq!(Coins::new(AMOUNT_MAX + 1), Err(AmountOutOfRange(AMOUNT_MAX + 1)));
    assert_eq!(coins(AMOUNT_MAX).checked_add(coins(1)), None);
    assert_eq!(coins(AMOUNT_MAX).checked_add(Coins::ZERO), Some(coins(AMOUNT_MAX)));
    assert_eq!(coins(1).checked_sub(coins(2)), None);
    assert_eq!(coins(2).checked_sub(coins(2)), Some(Coins::ZERO));
}

#[test]
fn a_part_is_at_most_the_whole() {
    assert_eq!(BasisPoints::new(10_001), None);
    assert_eq!(BasisPoints::new(10_000), Some(BasisPoints::WHOLE));
    assert_eq!([3_000, 10_000, 10_001].map(|points| BasisPoints::clamped(points).value()), [3_000, 10_000, 10_000]);
}

proptest! {
    #[test]
    fn a_share_never_exceeds_the_whole_and_loses_less_than_one(amount in 0..=AMOUNT_MAX, points in 0_u16..=10_000) {
        let share = coins(amount).share(BasisPoints::new(points).unwrap()).value();
        prop_assert!((0..=amount).contains(&share));
        let exact = i128::from(amount) * i128::from(points);
        let lost = exact - i128::from(share) * 10_000;
        prop_assert!((0..10_000).contains(&lost));
    }
}
