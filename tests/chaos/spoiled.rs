//! Books that were spoiled, each in another way, and the checker that must see it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

/// What is compared.
struct Everything {
    books: Books,
    calls: Vec<Call>,
    events: Vec<Event>,
}

const FAN: i64 = 1;
const HOST: i64 = 2;

const SALARIES: [Salary; 2] =
    [Salary { id: 8, owner: FAN, host: HOST, amount: 2_000 }, Salary { id: 9, owner: FAN, host: HOST, amount: 2_000 }];

fn sent(gift: i64) -> Outcome {
    Outcome::Sent { gift, total: 10, income: 5, quantity: 1, balance: 90 }
}

fn rose() -> Gift {
    Gift { sender: FAN, receiver: HOST, key: "rose".to_owned(), quantity: 1, total: 10, income: 5, at: 1_000 }
}

fn call(key: &str, wish: Wish, outcome: Outcome) -> Call {
    Call { key: key.to_owned(), wish, tries: 2, outcomes: vec![outcome.clone(), outcome] }
}

fn decided(key: &str, number: usize, approve: bool) -> Call {
    let salary = *SALARIES.get(number).unwrap();
    call(key, Wish::Decide { salary, approve }, Outcome::Decided { salary: salary.id, approved: approve })
}

/// A hundred coins, a rose of ten, and four of its five diamonds exchanged; one wish more than there were coins for; one salary
/// approved and one rejected.
fn in_order() -> Everything {
    let wish = |quantity| Wish::Gift { sender: FAN, receiver: HOST, gift: "rose", quantity };
    let exchanged = Outcome::Exchanged { diamonds: 4, coins: 1, diamonds_left: 1, balance: 1 };
    let calls = vec![
        call("g", Wish::Grant { user: FAN, coins: 100 }, Outcome::Granted { balance: 100 }),
        call("a", wish(1), sent(7)),
        call("b", wish(99), Outcome::Refused("insufficient_balance".to_owned())),
        call("c", Wish::Exchange { host: HOST, diamonds: 4 }, exchanged),
        decided("d", 0, true),
        decided("e", 1, false),
    ];
    let kept = |call: &Call| {
        let outcome = call.outcomes.first().unwrap().clone();
        ((call.wish.actor(), call.key.clone()), (call.wish.operation().to_owned(), outcome))
    };
    let books = Books {
        keys: calls.iter().map(kept).collect(),
        gifts: HashMap::from([(7, rose())]),
        exchanges: 1,
        grants: 1,
        decisions: HashMap::from([(8, true), (9, false)]),
        payouts: HashMap::from([(8, (HOST, 2_000))]),
        purses: HashMap::from([(FAN, (90, 0)), (HOST, (1, 2_001))]),
    };
    let event = Event { sender: FAN, receiver: HOST, gift: "rose".to_owned(), quantity: 1, at: 1_000 };
    Everything { books, calls, events: vec![event] }
}

fn compare(Everything { books, calls, events }: Everything) -> Summary {
    let people = [FAN, HOST].map(|id| Person { id, token: String::new() });
    books.compare(&people, &calls, events)
}

#[test]
fn the_checker_is_content_with_books_in_order() {
    let summary = compare(in_order());
    assert_eq!((summary.gifts, summary.exchanges, summary.grants, summary.refusals), (1, 1, 1, 1));
    assert_eq!((summary.approvals, summary.rejections), (1, 1));
    let mut untold = in_order();
    untold.events.clear();
    compare(untold);
}

#[test]
fn the_checker_sees_whatever_is_wrong() {
    let check = |what: &str, expected: &str, spoil: fn(&mut Everything)| {
        let mut everything = in_order();
        spoil(&mut everything);
        let seen = catch_unwind(AssertUnwindSafe(|| compare(everything)));
        let Err(seen) = seen else { panic!("{what}: not seen") };
        let seen = seen.downcast::<String>().unwrap();
        assert!(seen.contains(expected), "{what}: seen as {seen}");
    };
    check("an acknowledged key is lost", "acknowledged, and lost", |all| {
        all.books.keys.remove(&(FAN, "a".to_owned()));
    });
    check("an acknowledged gift is lost", "no gift of its own", |all| {
        all.books.gifts.clear();
        all.events.clear();
    });
    check("a gift is posted twice", "gifts that nobody knows", |all| {
        all.books.gifts.insert(8, rose());
    });
    check("a gift is posted otherwise", "posted otherwise", |all| all.books.gifts.get_mut(&7).unwrap().total = 20);
    check("two keys have one gift", "no gift of its own", |all| {
        let wish = all.calls.get(1).unwrap().wish.clone();
        all.calls.push(call("f", wish, sent(7)));
        all.books.keys.insert((FAN, "f".to_owned()), ("gift".to_owned(), sent(7)));
    });
    check("a key is kept that nobody knows", "keys that nobody knows", |all| {
        all.books.keys.insert((FAN, "x".to_owned()), ("gift".to_owned(), sent(7)));
    });
    check("a key is kept otherwise", "kept otherwise", |all| {
        all.books.keys.insert((FAN, "a".to_owned()), ("gift".to_owned(), sent(8)));
    });
    check("a client was told different things", "told different things", |all| {
        all.calls.get_mut(1).unwrap().outcomes.push(sent(8));
    });
    check("a call has no answer", "without an answer", |all| all.calls.get_mut(2).unwrap().outcomes.clear());
    check("an exchange is applied twice", "exchanges and grants", |all| all.books.exchanges = 2);
    check("a grant is applied twice", "exchanges and grants", |all| all.books.grants = 2);
    check("a decision is lost", "no decision of its own", |all| {
        all.books.decisions.remove(&9);
    });
    check("a salary is decided otherwise", "no decision of its own", |all| {
        all.books.decisions.insert(9, true);
    });
    check("a decision is there that nobody knows", "decisions that nobody knows", |all| {
        all.books.decisions.insert(10, false);
    });
    check("a salary is approved twice", "no decision of its own", |all| {
        let again = decided("f", 0, true);
        all.books.keys.insert((FAN, "f".to_owned()), ("salary".to_owned(), again.outcomes.first().unwrap().clone()));
        all.calls.push(again);
    });
    check("an approved salary is not paid", "paid otherwise", |all| all.books.payouts.clear());
    check("a rejected salary is paid", "paid otherwise", |all| {
        all.books.payouts.insert(9, (HOST, 2_000));
    });
    check("a salary is paid that nobody knows", "payouts that nobody knows", |all| {
        all.books.payouts.insert(10, (HOST, 2_000));
    });
    check("coins are missing", "coins and diamonds", |all| all.books.purses.get_mut(&FAN).unwrap().0 = 89);
    check("diamonds are missing", "coins and diamonds", |all| all.books.purses.get_mut(&HOST).unwrap().1 = 0);
    check("a gift is told twice", "told twice", |all| all.events.extend(all.events.clone()));
    check("what is told is no gift", "of no gift", |all| all.events.first_mut().unwrap().quantity = 2);
}
