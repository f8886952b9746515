//! Steps drawn at random: few people with little, so that much is refused, and few keys, so that they meet again.

use proptest::{collection::vec, option, prelude::*, sample::Index};

use super::{Decision, Exchange, Gift, Grant, OWNERS, PEOPLE, SALARIES, Step, WARES};

/// What comes before all others: something to spend, something to exchange, and a price that floors.
#[must_use]
pub fn opening() -> Vec<Step> {
    let grants = (0..PEOPLE).map(|user| Step::Grant(Grant { actor: None, user, coins: 100, key: None }));
    let gifts = (0..PEOPLE)
        .zip((1..PEOPLE).chain([0]))
        .map(|(sender, receiver)| Step::Gift(Gift { sender, receiver, ware: 0, quantity: 4, stated: None, key: None }));
    [Step::Price(1, 7, true)].into_iter().chain(grants).chain(gifts).collect()
}

/// Up to so many steps, one after the other. Some are asked for again.
pub fn sequence(most: usize) -> impl Strategy<Value = Vec<Step>> {
    vec((step(), option::weighted(0.3, any::<Index>())), 1..=most).prop_map(|drawn| {
        let mut steps: Vec<Step> = Vec::new();
        for (step, again) in drawn {
            let earlier = again.filter(|_| !steps.is_empty()).map(|again| again.get(&steps).clone());
            steps.push(earlier.unwrap_or(step));
        }
        steps
    })
}

/// Rounds of requests that are to be asked for at once: a few, and a rush of one and the same. Nobody is banned and nothing is
/// dearer meanwhile.
pub fn rounds(rounds: usize) -> impl Strategy<Value = Vec<Vec<Step>>> {
    let few = sequence(4).prop_map(|mut steps| {
        steps.retain(|step| !matches!(step, Step::Ban(..) | Step::Price(..)));
        steps
    });
    let round = (few, rush()).prop_map(|(few, rush)| few.into_iter().chain(rush).collect());
    vec(round, 1..=rounds)
}

/// One request several times: under its key, or as so many requests.
fn rush() -> impl Strategy<Value = Vec<Step>> {
    let keyless = prop_oneof![
        gift().prop_map(|gift| Step::Gift(Gift { key: None, ..gift })),
        exchange().prop_map(|exchange| Step::Exchange(Exchange { key: None, ..exchange })),
        decision().prop_map(|decision| Step::Salary(Decision { key: None, ..decision })),
    ];
    let keyed = prop_oneof![gift().prop_map(Step::Gift), exchange().prop_map(Step::Exchange)];
    (prop_oneof![3 => keyless, 1 => keyed], 2_usize..=5)
        .prop_map(|(step, times)| std::iter::repeat_n(step, times).collect())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => gift().prop_map(Step::Gift),
        3 => grant().prop_map(Step::Grant),
        2 => correction().prop_map(Step::Correction),
        4 => exchange().prop_map(Step::Exchange),
        3 => decision().prop_map(Step::Salary),
        1 => (0..PEOPLE, any::<bool>()).prop_map(|(user, is_banned)| Step::Ban(user, is_banned)),
        1 => (0..WARES.len(), 1_i64..30, prop::bool::weighted(0.8))
            .prop_map(|(ware, coins, is_sold)| Step::Price(ware, coins, is_sold)),
    ]
}

/// None, or one of few.
fn key() -> impl Strategy<Value = Option<u8>> {
    option::weighted(0.7, 0_u8..4)
}

fn gift() -> impl Strategy<Value = Gift> {
    let parties = (0..=PEOPLE, 0..=PEOPLE).prop_map(|(sender, other)| {
        // Nobody gives to himself: such an order cannot be made.
        let receiver = if other == sender { if sender == 0 { 1 } else { 0 } } else { other };
        (sender, receiver)
    });
    let stated = option::weighted(0.3, prop_oneof![Just(7_i64), Just(10), 1_i64..30]);
    (parties, 0..=WARES.len(), 1_i64..5, stated, key()).prop_map(|((sender, receiver), ware, quantity, stated, key)| {
        Gift { sender, receiver, ware, quantity, stated, key }
    })
}

fn grant() -> impl Strategy<Value = Grant> {
    let coins = prop_oneof![9 => 1_i64..40, 1 => Just(9_007_199_254_740_991)];
    (option::of(0..PEOPLE), 0..=PEOPLE, coins, key()).prop_map(|(actor, user, coins, key)| Grant {
        actor,
        user,
        coins,
        key,
    })
}

fn correction() -> impl Strategy<Value = Grant> {
    let coins = prop_oneof![4 => 1_i64..40, 9 => -40_i64..0, 1 => Just(9_007_199_254_740_991)];
    (grant(), coins).prop_map(|(grant, coins)| Grant { coins, ..grant })
}

fn exchange() -> impl Strategy<Value = Exchange> {
    (0..=PEOPLE, 4_i64..40, key()).prop_map(|(host, diamonds, key)| Exchange { host, diamonds, key })
}

fn decision() -> impl Strategy<Value = Decision> {
    let owner = prop_oneof![3 => Just(OWNERS[0]), 1 => 0..PEOPLE];
    (owner, option::weighted(0.3, 0..OWNERS.len()), 0..=SALARIES.len(), prop::bool::weighted(0.7), key())
        .prop_map(|(owner, agency, salary, is_approved, key)| Decision { owner, agency, salary, is_approved, key })
}
