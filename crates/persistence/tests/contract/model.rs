//! Everything that moves money against the model of it (`domain::testing::model`): the same answers, and the same books in the
//! end. Cases are the same in every run; `PROPTEST_RNG_SEED` and `PROPTEST_CASES` ask for others, and a failing one is written down
//! beside the tests.

mod books;
mod concurrent;

use std::collections::HashMap;

use domain::{
    gift::{GiftLedger as _, SendGiftError},
    id::{SalaryRequestId, UserId},
    salary::{SalaryDecisionError, SalaryRequests as _},
    testing::model::{Answer, Cast, OWNERS, PEOPLE, Refusal, SALARIES, Step, Wish, World, opening, sequence},
    wallet::{CoinError, ExchangeError},
};
use persistence::PgGiftLedger;
use proptest::{prelude::*, test_runner::RngSeed};
use tokio::runtime::Runtime;

use crate::support::{Calls, Fixture, at, deciding, deciding_salary, week};

/// Between one step and the next there are some sixteen minutes of the tests' time: sixty steps are more than a day's half.
const SECONDS_BETWEEN: usize = 997;

/// So long is a failing case made smaller, in milliseconds.
const SHRINK_MS_MAX: u32 = 60_000;

fn config(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig { max_shrink_time: SHRINK_MS_MAX, ..ProptestConfig::default() };
    let is_asked_for = |name: &str| std::env::var_os(name).is_some();
    ProptestConfig {
        cases: if is_asked_for("PROPTEST_CASES") { asked.cases } else { cases },
        rng_seed: if is_asked_for("PROPTEST_RNG_SEED") { asked.rng_seed } else { RngSeed::Fixed(20_261_128) },
        ..asked
    }
}

/// The people of the model, their agencies and the salaries that wait, in a database of their own.
struct Stage {
    fixture: Fixture,
    cast: Cast,
    /// As two servers have them: each gathers gifts that come at once.
    gifts: [PgGiftLedger; 2],
}

async fn stage() -> Stage {
    let fixture = Fixture::new().await;
    let mut people = Vec::new();
    for _ in 0..PEOPLE {
        people.push(fixture.user().await);
    }
    let mut agencies = Vec::new();
    for owner in OWNERS {
        agencies.push(fixture.agency_of(people[owner]).await);
    }
    // Her gifts are summed for her membership, too.
    fixture.joined(people[1], agencies[0], at(-1_000_000), None).await;
    let mut salaries = Vec::new();
    for (number, (host, agency, diamonds)) in (0..).zip(SALARIES) {
        let week = week("2026-W47").minus(number);
        salaries.push(fixture.asked(people[host], agencies[agency], week, diamonds).await);
    }
    // A stranger, and a salary that there is not.
    people.push(UserId::new(7));
    salaries.push(SalaryRequestId::new(77));
    let gifts = [fixture.gifts(), fixture.gifts()];
    Stage { fixture, cast: Cast { people, agencies, salaries }, gifts }
}

/// What a step is answered, and all that was said with it. Steps have numbers.
async fn play(stage: &Stage, step: &Step, number: u64, second: i64) -> (Answer, String) {
    let (fixture, calls) = (&stage.fixture, Calls::default());
    match stage.cast.wish(step, number) {
        Wish::Gift(order) => {
            let decide = deciding(&order, &calls);
            let result = stage.gifts[usize::from(number.is_multiple_of(2))]
                .settle(order, at(second), decide)
                .await
                .map_err(|error| match error {
                    SendGiftError::Refused(refusal) => refusal,
                    SendGiftError::Store(error) => panic!("{error:?}"),
                });
            (Answer::from(&result), format!("{result:?}"))
        }
        Wish::Coins(wish) => {
            let result = fixture.grant_at(wish, second).await.map_err(|error| match error {
                CoinError::Refused(refusal) => refusal,
                CoinError::Store(error) => panic!("{error:?}"),
            });
            (Answer::from(&result), format!("{result:?}"))
        }
        Wish::Exchange(order) => {
            let result = fixture.exchange_at(order, second).await.map_err(|error| match error {
                ExchangeError::Refused(refusal) => refusal,
                ExchangeError::Store(error) => panic!("{error:?}"),
            });
            (Answer::from(&result), format!("{result:?}"))
        }
        Wish::Salary(order) => {
            let decide = deciding_salary(&order, second, &calls);
            let result = fixture.salaries().decide(order, at(second), decide).await;
            let result = result.map_err(|error| match error {
                SalaryDecisionError::Refused(refusal) => refusal,
                SalaryDecisionError::Store(error) => panic!("{error:?}"),
            });
            (Answer::from(&result), format!("{result:?}"))
        }
        Wish::Ban(user, is_banned) => {
            let since = if is_banned { "'epoch'" } else { "NULL" };
            fixture.execute(&format!("UPDATE users SET banned_at = {since} WHERE id = {user}")).await;
            (Answer::Happened, String::new())
        }
        Wish::Price(ware, price, is_sold) => {
            let (ware, price) = (ware.as_str(), price.value());
            let set = format!("SET coin_value = {price}, is_active = {is_sold} WHERE key = '{ware}'");
            fixture.execute(&format!("UPDATE gift_catalogue {set}")).await;
            (Answer::Happened, String::new())
        }
    }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn the_ledgers_answer_as_the_model_does_and_keep_the_same_books(steps in sequence(60)) {
        Runtime::new().unwrap().block_on(check(&steps));
    }
}

async fn check(steps: &[Step]) {
    let stage = stage().await;
    let (mut world, mut said) = (World::default(), HashMap::new());
    for ((number, second), step) in (0..).zip((0..).step_by(SECONDS_BETWEEN)).zip(opening().iter().chain(steps)) {
        let is_kept = world.remembers(step);
        let expected = world.answer(step);
        let (answer, words) = play(&stage, step, number, second).await;
        assert_eq!(answer, expected, "step {number}: {step:?}");
        let asked = format!("{step:?}");
        if !is_kept {
            said.insert(asked, words);
        } else if answer != Answer::Refused(Refusal::PersonBanned) {
            // The same row, the same instant, the same figures, whatever happened meanwhile.
            assert_eq!(said.get(&asked), Some(&words), "step {number}: {step:?}");
        }
    }
    books::assert_are(&stage, &world).await;
}
