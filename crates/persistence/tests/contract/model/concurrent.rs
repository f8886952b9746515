//! The same, asked for at once.

use std::sync::Arc;

use domain::testing::model::{Answer, Step, World, opening, rounds};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::{books, config, play, stage};
use crate::support::at_once;

proptest! {
    #![proptest_config(config(16))]

    #[test]
    fn what_is_asked_for_at_once_is_answered_as_in_some_order(rounds in rounds(5)) {
        Runtime::new().unwrap().block_on(check(rounds));
    }
}

/// Each round is explained by an order in which the model answers the same; the books are those that the model has after it.
async fn check(rounds: Vec<Vec<Step>>) {
    let (stage, mut world, mut number) = (Arc::new(stage().await), World::default(), 0_u64);
    for step in opening() {
        world.answer(&step);
        play(&stage, &step, number, 0).await;
        number += 1;
    }
    for (second, steps) in (1..).zip(rounds) {
        let mut tasks = Vec::new();
        for step in steps {
            let (stage, number_of_step) = (Arc::clone(&stage), number);
            tasks.push(async move {
                let (answer, _) = play(&stage, &step, number_of_step, second).await;
                (step, answer)
            });
            number += 1;
        }
        let answered: Vec<(Step, Answer)> = at_once(tasks).await;
        let explained = world.explain(&answered);
        world = explained.unwrap_or_else(|| panic!("no order explains {answered:#?}\nafter {world:#?}"));
    }
    books::assert_are(&stage, &world).await;
}
