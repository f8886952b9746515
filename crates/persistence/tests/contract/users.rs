//! `UserRepository`: people, found and changed.

mod passwords;

use domain::{
    id::UserId,
    money::Coins,
    user::{
        Age, AvatarPath, BanOrder, DisplayName, Gender, InsertUserError, NewUser, PasswordHash, PhoneNumber,
        ProfileChange, ReplacedAvatar, Role, Signature, Standing, User, UserRepository as _,
    },
};

use crate::support::{Fixture, at, at_once, new_user};

/// The columns of a user's row, as text.
async fn columns(fixture: &Fixture, id: UserId) -> Vec<String> {
    let columns = "SELECT key || '=' || value FROM users u, jsonb_each_text(to_jsonb(u)) WHERE u.id =";
    fixture.texts(&format!("{columns} {id} AND value IS NOT NULL ORDER BY 1")).await
}

/// The names of the columns that differ.
fn changed(before: &[String], after: &[String]) -> Vec<String> {
    let only = |some: &[String], others: &[String]| -> Vec<String> {
        some.iter().filter(|column| !others.contains(column)).cloned().collect()
    };
    let differing = [only(before, after), only(after, before)].concat();
    let mut names: Vec<String> = differing.iter().map(|column| column.split('=').next().unwrap().to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_user_is_found_by_id_and_phone() {
    let fixture = Fixture::new().await;
    let users = fixture.users();
    for (id, role) in [(10_000_007, Role::User), (99_999_999, Role::Admin)] {
        let new = NewUser { role, ..new_user(id) };
        users.insert(&new).await.unwrap();

        let user = User {
            id: new.id,
            phone: new.phone.clone(),
            name: new.name.as_str().to_owned(),
            avatar: None,
            gender: None,
            age: None,
            signature: None,
            balance: Coins::ZERO,
            level: 1,
            vip_level: 0,
            created_at: at(0),
            updated_at: at(0),
        };
        assert_eq!(users.find(new.id).await.unwrap(), Some(user));
        assert_eq!(users.find_id(&new.phone).await.unwrap(), Some(new.id));
        let credentials = users.find_credentials(&new.phone).await.unwrap().unwrap();
        assert_eq!((credentials.user_id, credentials.name.as_str()), (new.id, new.name.as_str()));
        assert_eq!((&credentials.phone, &credentials.password), (&new.phone, &new.password));
        assert_eq!(credentials.standing, Standing { role, epoch: 0, is_banned: false });
        assert_eq!(users.find_credentials_by_id(new.id).await.unwrap().as_ref(), Some(&credentials));
        assert_eq!(users.find_standing(new.id).await.unwrap(), Some(credentials.standing));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_found_and_nobody_is_changed() {
    let fixture = Fixture::new().await;
    fixture.user().await;
    let (users, nobody) = (fixture.users(), UserId::new(1));
    let phone = PhoneNumber::from_stored("08".to_owned());
    let hash = PasswordHash::new("$".to_owned());
    let before = fixture.books().await;

    assert_eq!(users.find(nobody).await.unwrap(), None);
    assert_eq!(users.find_id(&phone).await.unwrap(), None);
    assert_eq!(users.find_credentials(&phone).await.unwrap(), None);
    assert_eq!(users.find_credentials_by_id(nobody).await.unwrap(), None);
    assert_eq!(users.find_standing(nobody).await.unwrap(), None);
    assert_eq!(users.update_profile(nobody, &everything(), at(1)).await.unwrap(), None);
    let avatar = AvatarPath::new("a".to_owned());
    assert_eq!(users.replace_avatar(nobody, &avatar, at(1)).await.unwrap(), ReplacedAvatar::NoUser);
    users.upgrade_password(nobody, &hash, &hash).await.unwrap();
    assert_eq!(users.replace_password(nobody, &hash, &hash, at(1)).await.unwrap(), None);
    assert!(!users.set_password(nobody, &hash, at(1)).await.unwrap());
    assert_eq!(users.raise_epoch(nobody, at(1)).await.unwrap(), None);
    assert!(!users.set_ban(&BanOrder::by_command_line(nobody, true), at(1)).await.unwrap());
    assert!(!users.set_ban(&BanOrder::by_command_line(nobody, false), at(1)).await.unwrap());

    assert_eq!(fixture.books().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_id_or_phone_stores_nothing() {
    let fixture = Fixture::new().await;
    let (users, first) = (fixture.users(), new_user(1));
    users.insert(&first).await.unwrap();
    let before = fixture.books().await;

    let same_phone = NewUser { phone: first.phone.clone(), ..new_user(2) };
    assert!(matches!(users.insert(&same_phone).await, Err(InsertUserError::PhoneTaken)));
    let same_id = NewUser { phone: PhoneNumber::from_stored("080".to_owned()), ..new_user(1) };
    assert!(matches!(users.insert(&same_id).await, Err(InsertUserError::IdTaken)));

    assert_eq!(fixture.books().await, before);
}

/// Inserts all users at once; answers how often the id and the phone number was taken, and how many are stored.
async fn insert_at_once(new: impl Fn(i64) -> NewUser) -> (usize, usize, i64) {
    let fixture = Fixture::new().await;
    let tasks = (1..=20).map(|number| {
        let (users, user) = (fixture.users(), new(number));
        async move { users.insert(&user).await }
    });
    let results = at_once(tasks.collect()).await;
    let ids = results.iter().filter(|result| matches!(result, Err(InsertUserError::IdTaken))).count();
    let phones = results.iter().filter(|result| matches!(result, Err(InsertUserError::PhoneTaken))).count();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count() + ids + phones, results.len());
    (ids, phones, fixture.count("users").await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_register_one_phone_or_id_at_once_one_is_stored() {
    let phone = || PhoneNumber::from_stored("089123456789".to_owned());
    assert_eq!(insert_at_once(|id| NewUser { phone: phone(), ..new_user(id) }).await, (0, 19, 1));
    assert_eq!(insert_at_once(|id| NewUser { id: UserId::new(7), ..new_user(id) }).await, (19, 0, 1));
}

/// A change of every member.
fn everything() -> ProfileChange {
    ProfileChange {
        name: Some(DisplayName::parse("Siti").unwrap()),
        gender: Some(Some(Gender::Female)),
        age: Some(Some(Age::parse(20).unwrap())),
        signature: Some(Signature::parse("halo").unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_profile_changes_what_it_names_and_nothing_else() {
    let fixture = Fixture::new().await;
    let (users, nothing) = (fixture.users(), ProfileChange::default());
    let user = fixture.user_with(5).await;
    let all = ["age", "gender", "name", "signature", "updated_at"];
    let all_but_name = ["age", "gender", "signature", "updated_at"];
    let cleared = ProfileChange { name: None, gender: Some(None), age: Some(None), signature: Some(None) };
    let steps: [(ProfileChange, &[&str]); 10] = [
        (everything(), &all),
        (ProfileChange { name: Some(DisplayName::parse("Budi").unwrap()), ..nothing.clone() }, &["name", "updated_at"]),
        (ProfileChange { gender: Some(Some(Gender::Male)), ..nothing.clone() }, &["gender", "updated_at"]),
        (ProfileChange { gender: Some(None), ..nothing.clone() }, &["gender", "updated_at"]),
        (ProfileChange { age: Some(Some(Age::parse(100).unwrap())), ..nothing.clone() }, &["age", "updated_at"]),
        (ProfileChange { age: Some(None), ..nothing.clone() }, &["age", "updated_at"]),
        (ProfileChange { signature: Some(None), ..nothing.clone() }, &["signature", "updated_at"]),
        (nothing, &["updated_at"]),
        (ProfileChange { name: None, ..everything() }, &all_but_name),
        (cleared, &all_but_name),
    ];
    let mut second = 0;
    for (change, expected) in steps {
        second += 1;
        let before = columns(&fixture, user).await;

        let answered = users.update_profile(user, &change, at(second)).await.unwrap().unwrap();

        assert_eq!(changed(&before, &columns(&fixture, user).await), expected, "{change:?}");
        assert_eq!(answered.updated_at, at(second));
        assert_eq!(users.find(user).await.unwrap(), Some(answered));
    }
    let last = users.find(user).await.unwrap().unwrap();
    assert_eq!((last.name.as_str(), last.gender, last.age, last.signature), ("Budi", None, None, None));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_replaced_avatar_is_answered_once() {
    let fixture = Fixture::new().await;
    let (user, bystander) = (fixture.user().await, fixture.user().await);
    let avatar = |number: usize| AvatarPath::new(format!("/uploads/avatars/{number}.jpg"));
    let tasks = (0..30).map(|number| {
        let (users, avatar) = (fixture.users(), avatar(number));
        async move { users.replace_avatar(user, &avatar, at(7)).await.unwrap() }
    });
    let results = at_once(tasks.collect()).await;

    let found = fixture.users().find(user).await.unwrap().unwrap();
    assert_eq!(found.updated_at, at(7));
    let mut seen = vec![found.avatar];
    for replaced in results {
        let ReplacedAvatar::Before(before) = replaced else { panic!("no user") };
        seen.push(before);
    }
    // Nobody's and each one's: all replaced ones were answered, and the last one is in place.
    let mut expected: Vec<Option<AvatarPath>> = (0..30).map(|number| Some(avatar(number))).collect();
    expected.push(None);
    let text = |path: &Option<AvatarPath>| path.as_ref().map(ToString::to_string);
    seen.sort_by_key(text);
    expected.sort_by_key(text);
    assert_eq!(seen, expected);
    assert_eq!(fixture.users().find(bystander).await.unwrap().unwrap().avatar, None);
}
