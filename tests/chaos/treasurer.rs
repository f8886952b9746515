//! Who grants coins: by the command line, which joins the database beside the server or starts it.

use std::{sync::Arc, time::Duration};

use tokio::{task::spawn_blocking, time::timeout};

use crate::{
    dice::Dice,
    notebook::{Notebook, Outcome, Wish},
    support,
    world::{World, pace},
};

/// How long a grant may be without a success, however often it is tried.
const UNANSWERED_MAX: Duration = Duration::from_secs(120);

/// Grants coins to everybody once, then to anybody until it is over.
pub(crate) async fn grant(world: Arc<World>, mut dice: Dice) -> Notebook {
    let mut notebook = Notebook::default();
    let mut waiting: Vec<i64> = world.people.iter().map(|person| person.id).collect();
    while !world.is_over() {
        let user = waiting.pop().unwrap_or_else(|| dice.pick(&world.people).id);
        let coins = i64::try_from(4_000 + dice.below(30_000)).unwrap();
        let number = notebook.begin(format!("grant-{}", notebook.calls.len()), Wish::Grant { user, coins });
        settle(&world, &mut notebook, number).await;
        if dice.once_in(4) {
            // The same command again grants nothing.
            settle(&world, &mut notebook, number).await;
        }
    }
    notebook
}

async fn settle(world: &World, notebook: &mut Notebook, number: usize) {
    let call = notebook.call(number);
    let Wish::Grant { user, coins } = call.wish else { panic!("no grant: {call:?}") };
    let mut pace = pace();
    let granted = timeout(UNANSWERED_MAX, async {
        loop {
            call.tries += 1;
            let (directory, key) = (world.directory.clone(), call.key.clone());
            let output = spawn_blocking(move || {
                let (user, coins) = (user.to_string(), coins.to_string());
                let arguments = ["admin", "grant-coins", &user, &coins, "--reason", "chaos", "--key", &key];
                support::outcome(&directory, &[], &arguments, "")
            });
            let output = output.await.unwrap();
            if output.status.success() {
                return Outcome::of_command(&String::from_utf8_lossy(&output.stdout));
            }
            pace.tick().await;
        }
    });
    let granted = granted.await;
    let outcome = granted.unwrap_or_else(|_| panic!("never granted: {:?}", notebook.call(number)));
    notebook.call(number).outcomes.push(outcome);
}
