//! Who moves money proves the books in the end.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use domain::{ranking::GiftTotals as _, time::BusinessCalendar, wallet::MoneyAudit as _};
use persistence::{Database, PgGiftTotals, PgMoneyAudit};

use super::{Fixture, calendar, until};

/// Whether a test has had money moved since the books were proven. One that ends so fails.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    is_owed: AtomicBool,
    is_excused: AtomicBool,
}

impl Proof {
    pub(super) fn owe(&self) {
        self.is_owed.store(true, Ordering::SeqCst);
    }
}

impl Drop for Proof {
    fn drop(&mut self) {
        if *self.is_owed.get_mut() && !*self.is_excused.get_mut() && !thread::panicking() {
            panic!("money was moved and the books were not proven: Fixture::assert_in_order, or spoil and its reason");
        }
    }
}

/// Adds to the totals what they lack.
pub(crate) async fn roll_up(database: &Database) {
    PgGiftTotals::new(database.clone(), calendar()).roll_up().await.unwrap();
}

impl Fixture {
    /// The end of every test that moves money: the books are proven, and no transaction is left open.
    pub(crate) async fn assert_in_order(&self) {
        self.assert_in_order_by(calendar()).await;
    }

    /// The same, with totals that were kept in another calendar.
    pub(crate) async fn assert_in_order_by(&self, calendar: BusinessCalendar) {
        let audit = PgMoneyAudit::new(self.database.clone(), calendar);
        // While gifts may wait to be rolled up, and when none does.
        assert_eq!(audit.discrepancies().await.unwrap(), []);
        self.roll_up().await;
        assert_eq!(audit.discrepancies().await.unwrap(), []);
        let open = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL
            AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
        until("no transaction is left open", async || self.number(open).await == 0).await;
        self.proof.is_owed.store(false, Ordering::SeqCst);
    }

    /// Adds to the totals what they lack.
    pub(crate) async fn roll_up(&self) {
        roll_up(&self.database).await;
    }

    /// The books of this test are wrong on purpose.
    pub(crate) fn spoil(&self) {
        self.proof.is_excused.store(true, Ordering::SeqCst);
    }
}
