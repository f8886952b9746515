//! What decides on tokens: passwords, epochs and bans.

use domain::{
    id::UserId,
    user::{BanOrder, PasswordHash, Role, Standing, UserRepository as _},
};

use super::{changed, columns};
use crate::support::{Fixture, at, at_once, new_user};

fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text.to_owned())
}

async fn standing(fixture: &Fixture, user: UserId) -> Standing {
    fixture.users().find_standing(user).await.unwrap().unwrap()
}

async fn password(fixture: &Fixture, user: UserId) -> PasswordHash {
    fixture.users().find_credentials_by_id(user).await.unwrap().unwrap().password
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_raises_the_epoch() {
    let fixture = Fixture::new().await;
    let (user, bystander) = (fixture.user().await, fixture.user().await);
    let bystanders = columns(&fixture, bystander).await;
    for epoch in 1..=3 {
        let before = columns(&fixture, user).await;
        let (old, new) = (password(&fixture, user).await, hash(&format!("new {epoch}")));

        if epoch == 2 {
            assert!(fixture.users().set_password(user, &new, at(i64::from(epoch))).await.unwrap());
        } else {
            let replaced = fixture.users().replace_password(user, &old, &new, at(i64::from(epoch))).await;
            assert_eq!(replaced.unwrap(), Some(epoch));
        }

        assert_eq!(changed(&before, &columns(&fixture, user).await), ["password", "token_epoch", "updated_at"]);
        assert_eq!((password(&fixture, user).await, standing(&fixture, user).await.epoch), (new, epoch));
        let found = fixture.users().find(user).await.unwrap().unwrap();
        assert_eq!(found.updated_at, at(i64::from(epoch)));
    }
    assert_eq!(columns(&fixture, bystander).await, bystanders);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stronger_hash_changes_the_hash_alone_and_only_the_one_it_was_made_from() {
    let fixture = Fixture::new().await;
    let (users, user) = (fixture.users(), fixture.user().await);
    let (old, strong) = (password(&fixture, user).await, hash("strong"));
    let before = columns(&fixture, user).await;

    users.upgrade_password(user, &hash("not this one"), &strong).await.unwrap();
    assert_eq!(columns(&fixture, user).await, before);

    users.upgrade_password(user, &old, &strong).await.unwrap();
    assert_eq!(changed(&before, &columns(&fixture, user).await), ["password"]);
    assert_eq!(password(&fixture, user).await, strong);

    // Somebody changed his password meanwhile: a late upgrade does not bring the old one back.
    users.replace_password(user, &strong, &hash("changed"), at(1)).await.unwrap();
    users.upgrade_password(user, &strong, &hash("stronger")).await.unwrap();
    assert_eq!(password(&fixture, user).await, hash("changed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_set_wins_against_an_upgrade_at_once() {
    let fixture = Fixture::new().await;
    for round in 0..20 {
        let (users, user) = (fixture.users(), fixture.user().await);
        let old = password(&fixture, user).await;
        let (strong, new) = (hash("strong"), hash("changed"));

        let (upgraded, set) =
            tokio::join!(users.upgrade_password(user, &old, &strong), users.set_password(user, &new, at(1)));

        upgraded.unwrap();
        assert!(set.unwrap());
        assert_eq!(password(&fixture, user).await, hash("changed"), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_changes_that_know_the_same_old_password_one_wins() {
    let fixture = Fixture::new().await;
    for round in 0..20 {
        let (users, user) = (fixture.users(), fixture.user().await);
        let old = password(&fixture, user).await;
        let (one, other) = (hash("one"), hash("other"));

        let (first, second) = tokio::join!(
            users.replace_password(user, &old, &one, at(1)),
            users.replace_password(user, &old, &other, at(1))
        );

        let winner = match (first.unwrap(), second.unwrap()) {
            (Some(1), None) => one,
            (None, Some(1)) => other,
            both => panic!("round {round}: {both:?}"),
        };
        assert_eq!((password(&fixture, user).await, standing(&fixture, user).await.epoch), (winner, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_raised_epoch_is_another_one() {
    let fixture = Fixture::new().await;
    let user = fixture.user().await;
    let before = columns(&fixture, user).await;
    let tasks = (0..20).map(|_| {
        let users = fixture.users();
        async move { users.raise_epoch(user, at(9)).await.unwrap().unwrap() }
    });
    let mut epochs = at_once(tasks.collect()).await;
    epochs.sort_unstable();
    assert_eq!(epochs, (1..=20).collect::<Vec<_>>());
    assert_eq!(changed(&before, &columns(&fixture, user).await), ["token_epoch", "updated_at"]);
    assert_eq!(standing(&fixture, user).await.epoch, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ban_keeps_its_first_instant_and_ends_the_tokens() {
    let fixture = Fixture::new().await;
    let (users, user) = (fixture.users(), fixture.user().await);
    let since =
        format!("SELECT COALESCE((EXTRACT(epoch FROM banned_at) * 1000000)::bigint, 0) FROM users WHERE id = {user}");
    let since = async || fixture.number(&since).await;
    let before = columns(&fixture, user).await;

    assert!(users.set_ban(&BanOrder::by_command_line(user, true), at(1)).await.unwrap());
    assert_eq!(changed(&before, &columns(&fixture, user).await), ["banned_at", "token_epoch", "updated_at"]);
    assert_eq!(standing(&fixture, user).await, Standing { role: Role::User, epoch: 1, is_banned: true });
    assert_eq!(since().await, at(1).timestamp_micros());

    assert!(users.set_ban(&BanOrder::by_command_line(user, true), at(2)).await.unwrap());
    assert_eq!(since().await, at(1).timestamp_micros());
    let banned = standing(&fixture, user).await;
    assert!(banned.is_banned);

    assert!(users.set_ban(&BanOrder::by_command_line(user, false), at(3)).await.unwrap());
    assert_eq!(standing(&fixture, user).await, Standing { is_banned: false, ..banned });
    assert_eq!(since().await, 0);
    // What is not banned can be unbanned.
    assert!(users.set_ban(&BanOrder::by_command_line(user, false), at(4)).await.unwrap());

    assert!(users.set_ban(&BanOrder::by_command_line(user, true), at(5)).await.unwrap());
    assert_eq!(since().await, at(5).timestamp_micros());
    assert!(standing(&fixture, user).await.epoch > banned.epoch);
    assert_eq!(users.find(user).await.unwrap().unwrap().updated_at, at(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_bans_at_once_one_is_the_first() {
    let fixture = Fixture::new().await;
    let user = new_user(5);
    fixture.users().insert(&user).await.unwrap();
    fixture.users().set_ban(&BanOrder::by_command_line(user.id, true), at(0)).await.unwrap();
    let tasks = (1..=20).map(|second| {
        let (users, id) = (fixture.users(), user.id);
        async move { users.set_ban(&BanOrder::by_command_line(id, true), at(second)).await.unwrap() }
    });
    assert!(at_once(tasks.collect()).await.into_iter().all(|known| known));
    let since = "SELECT (EXTRACT(epoch FROM banned_at) * 1000000)::bigint FROM users";
    assert_eq!(fixture.number(since).await, at(0).timestamp_micros());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_standings_of_many_are_those_of_each() {
    let fixture = Fixture::new().await;
    let (users, one, banned) = (fixture.users(), fixture.user().await, fixture.user().await);
    users.raise_epoch(one, at(1)).await.unwrap();
    users.set_ban(&BanOrder::by_command_line(banned, true), at(1)).await.unwrap();

    let found = users.find_standings(&[one, UserId::new(99), banned]).await.unwrap();

    let mut found: Vec<_> = found.into_iter().map(|(id, standing)| (id, standing.epoch, standing.is_banned)).collect();
    found.sort_unstable();
    assert_eq!(found, [(one, 1, false), (banned, 1, true)]);
    assert_eq!(users.find_standings(&[]).await.unwrap(), []);
}
