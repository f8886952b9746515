//! What the database refuses whoever asks: the last line behind the domain.
//!
//! The tables of statements stand in the files below, by area; what [`dropped`] asks is that every rule of the schema is in one of
//! them, and that the refusal is that rule's own.

mod agencies;
mod chat;
mod dropped;
mod exchanges;
mod live;
mod missing;
mod money;
mod salaries;
mod totals;

use domain::{
    id::{SalaryRequestId, UserId},
    review::Verdict,
};
use tokio_postgres::error::SqlState;

use self::dropped::{Proof, prove};
use crate::support::{Fixture, decision_of, exchange_of, order, week};

const ALLOWED: &str = "allowed";

/// Statements on the same books, one after the other, each with the name of what refuses it, or [`ALLOWED`].
struct Table {
    books: Books,
    rows: Vec<(String, String)>,
}

impl Table {
    fn new<S: Into<String>, N: Into<String>>(books: Books, rows: impl IntoIterator<Item = (S, N)>) -> Self {
        Self { books, rows: rows.into_iter().map(|(statement, name)| (statement.into(), name.into())).collect() }
    }
}

/// What is in the database when the first statement comes.
enum Books {
    /// Users 10000001 (80 coins) and 10000002, one gift of two roses from the first to the second with everything that
    /// belongs to it, and 10000003, who has nothing.
    Sent,
    /// The same, and what statements add to it.
    SentAnd(&'static [&'static str]),
    /// The same, and 10000002 exchanged his ten diamonds for three coins.
    Exchanged,
    /// The same without the exchange; 10000002 has two salaries of two thousand diamonds that wait for agency 10000003 of user
    /// 10000003 (requests 1 and 2, of the weeks of 2026-11-16 and of 2026-11-09), and a third one that was approved.
    Asked,
}

impl Books {
    async fn open(&self) -> Fixture {
        let fixture = Fixture::new().await;
        let (sender, receiver) = (fixture.user_with(100).await, fixture.user().await);
        let third = fixture.user().await;
        fixture.send(&order(sender, receiver, "rose", 2, "k")).await.unwrap();
        fixture.roll_up().await;
        match self {
            Self::Sent => {}
            Self::SentAnd(more) => fixture.execute(&more.concat()).await,
            Self::Exchanged => drop(fixture.exchange(exchange_of(receiver, 10, "x")).await.unwrap()),
            Self::Asked => ask(&fixture, receiver, third).await,
        }
        fixture
    }
}

async fn ask(fixture: &Fixture, host: UserId, owner: UserId) {
    let agency = fixture.agency_of(owner).await;
    for text in ["2026-W47", "2026-W46", "2026-W45"] {
        fixture.asked(host, agency, week(text), 2_000).await;
    }
    fixture.decide_salary(decision_of(owner, SalaryRequestId::new(3), Verdict::Approve, "k")).await.unwrap();
}

/// Runs statements in one transaction; answers the name of the constraint that refused them, or else the kind of the error.
async fn refusal(fixture: &Fixture, statements: &str) -> String {
    let Err(error) = fixture.sql.batch_execute(statements).await else { return ALLOWED.to_owned() };
    let database = error.as_db_error().unwrap_or_else(|| panic!("{statements}: {error:?}"));
    database.constraint().map_or_else(
        || match *database.code() {
            SqlState::NOT_NULL_VIOLATION => format!("{} is missing", database.column().unwrap()),
            SqlState::GENERATED_ALWAYS => "generated".to_owned(),
            SqlState::STRING_DATA_RIGHT_TRUNCATION => "too long".to_owned(),
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE => "out of range".to_owned(),
            // A span that ends before it begins has no place in the one index of spans.
            SqlState::DATA_EXCEPTION => "memberships_no_overlap".to_owned(),
            _ => format!("{database:?}"),
        },
        str::to_owned,
    )
}

/// Each statement is refused by what is named, and where none is allowed, nothing changes. Answers what that proves.
async fn check(Table { books, rows }: Table) -> Vec<Proof> {
    let fixture = books.open().await;
    let (before, mut proofs) = (fixture.books().await, Vec::new());
    for (statement, expected) in &rows {
        assert_eq!(refusal(&fixture, statement).await, *expected, "{statement}");
        if expected != ALLOWED {
            proofs.extend(prove(&fixture, statement).await);
        }
    }
    if rows.iter().all(|(_, expected)| expected != ALLOWED) {
        assert_eq!(fixture.books().await, before);
        fixture.assert_in_order().await;
    } else {
        // What is allowed is not for that a whole movement.
        fixture.spoil();
    }
    proofs
}
