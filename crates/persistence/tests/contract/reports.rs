//! Reports on a filled database: each is answered from an index, however many gifts there are.

use domain::{
    gift::GiftHistory as _,
    id::UserId,
    income::IncomeHistory as _,
    page::{Cursor, Limit, PageRequest},
    ranking::{Board, GiftTotals as _, Rankings as _},
    time::{Period, Window},
    wallet::{ExchangeHistory as _, ExchangeLedger as _},
};
use persistence::{
    Database, PgExchangeHistory, PgExchangeLedger, PgGiftHistory, PgGiftTotals, PgIncomeHistory, PgRankings,
    PoolSettings,
};

use crate::support::{Calls, Fixture, at, calendar, exchange_of, exchanging, until};

/// Larger tables are not to be read from one end to the other.
const ROWS_MAX: i64 = 1_000;

/// Lets `work` have a pool of its own. When its sessions have ended, what they read has been counted.
pub(crate) async fn counted<T>(fixture: &Fixture, work: impl AsyncFnOnce(Database) -> T) -> T {
    let sessions = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
        AND backend_type = 'client backend'";
    let before = fixture.number(sessions).await;
    let database = Database::connect(fixture.url(), PoolSettings { connections_max: 2 }).await.unwrap();
    let done = work(database).await;
    until("the sessions have ended", async || fixture.number(sessions).await == before).await;
    done
}

/// 1,500 users; 30,000 gifts within forty days, a tenth of them to one host; 3,000 exchanges of ten hosts.
async fn fill(fixture: &Fixture) -> UserId {
    let start = at(0).timestamp();
    fixture
        .execute(&format!(
            "INSERT INTO users (id, phone, password, name, created_at, updated_at)
             SELECT 20000000 + n, '0812' || n, 'x', 'User ' || n, 'epoch', 'epoch' FROM generate_series(1, 1500) n;
             INSERT INTO gifts (sender_id, receiver_id, gift_key, gift_name, category, coin_value, quantity,
                                host_share_bp, host_income, created_at)
             SELECT 20000501 + n % 999, 20000000 + CASE WHEN n % 10 = 0 THEN 1 ELSE 2 + n % 498 END, 'rose', 'Rose',
                    'normal', 10, 1, 5000, 5, to_timestamp({start} - (n * 7919 % 3456000))
               FROM generate_series(1, 30000) n;
             INSERT INTO exchanges (host_id, diamonds, rate_bp, coins, created_at)
             SELECT 20000001 + n % 10, 10, 3000, 3, to_timestamp({start} - n) FROM generate_series(1, 3000) n;
             INSERT INTO diamond_movements (host_id, income, type, created_at, exchange_id)
             SELECT host_id, income, 'exchange', created_at, id FROM exchanges;
             INSERT INTO coin_movements (user_id, kind, amount, reference, reason, created_at, exchange_id)
             SELECT host_id, 'exchange', coins, id, 'a test', created_at, id FROM exchanges;"
        ))
        .await;
    counted(fixture, async |database| PgGiftTotals::new(database, calendar()).rebuild().await.unwrap()).await;
    fixture.execute("ANALYZE").await;
    UserId::new(20_000_001)
}

/// Tables that are too large to be read from one end to the other, and how often that was done.
async fn whole_reads(fixture: &Fixture) -> Vec<String> {
    fixture
        .texts(&format!(
            "SELECT s.relname || ' ' || s.seq_scan FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
              WHERE c.reltuples > {ROWS_MAX} ORDER BY 1"
        ))
        .await
}

async fn ask_everything(database: Database, host: UserId) {
    let (gifts, incomes, rankings) = (
        PgGiftHistory::new(database.clone()),
        PgIncomeHistory::new(database.clone()),
        PgRankings::new(database.clone()),
    );
    let exchanges = PgExchangeHistory::new(database);
    let behind = Some(Cursor { created_at: at(-86_400), id: 1_000 });
    for after in [None, behind] {
        let page = PageRequest { limit: Limit::MAX, after };
        assert_eq!(incomes.history(host, page).await.unwrap().items.len(), 100);
        exchanges.exchanges(host, page).await.unwrap();
        for period in Period::EVERY {
            gifts.contributions(host, calendar().span(period, at(0)), page).await.unwrap();
        }
    }
    for period in Period::EVERY {
        let span = calendar().span(period, at(0));
        incomes.gift_income(host, span).await.unwrap();
        for board in [Board::Hosts, Board::FansOf(host)] {
            let top = rankings.top(board, span, Limit::MAX, None).await.unwrap();
            assert!(period != Period::All || top.len() == 101, "{board:?}");
            let last = top.last().map_or(host, |last| last.user_id);
            rankings.standing(board, span, last, 1_000).await.unwrap();
        }
    }
    incomes.other_income(host).await.unwrap();
    assert_eq!(incomes.days(host, Window::ALWAYS, Limit::MAX).await.unwrap().len(), 41);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_report_reads_a_large_table_from_one_end_to_the_other() {
    let fixture = Fixture::new().await;
    let host = fill(&fixture).await;
    fixture.execute("SELECT pg_stat_force_next_flush()").await;
    let before = whole_reads(&fixture).await;
    let tables: Vec<_> = before.iter().map(|table| table.split(' ').next().unwrap()).collect();
    let large =
        ["coin_movements", "diamond_movements", "exchanges", "fan_totals", "gifts", "host_totals", "user_ids", "users"];
    assert_eq!(tables, large);
    counted(&fixture, async |database| ask_everything(database, host).await).await;
    // Nor does an exchange, also not when its legs are looked for in the commit.
    counted(&fixture, async |database| {
        let order = exchange_of(host, 10, "k");
        let decide = exchanging(&order, &Calls::default());
        PgExchangeLedger::new(database).exchange(order, at(0), decide).await.unwrap();
    })
    .await;
    assert_eq!(whole_reads(&fixture).await, before);
    // It would have been counted.
    counted(&fixture, async |database| PgGiftTotals::new(database, calendar()).rebuild().await.unwrap()).await;
    assert_ne!(whole_reads(&fixture).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_incomes_reads_no_more_of_gifts_and_movements_than_a_page() {
    let fixture = Fixture::new().await;
    let host = fill(&fixture).await;
    let read = "SELECT SUM(idx_tup_read)::bigint FROM pg_stat_user_indexes
        WHERE relname IN ('gifts', 'diamond_movements') AND indexrelname NOT LIKE '%_pkey'";
    // Nobody has a page of either kind alone: of 3,000 gifts and 300 exchanges it is merged.
    for after in [None, Some(Cursor { created_at: at(-86_400), id: 1_000 })] {
        fixture.execute("SELECT pg_stat_force_next_flush()").await;
        let before = fixture.number(read).await;
        let page = PageRequest { limit: Limit::MAX, after };
        let read_page = async |database| PgIncomeHistory::new(database).history(host, page).await.unwrap();
        assert_eq!(counted(&fixture, read_page).await.items.len(), 100);
        let entries = fixture.number(read).await - before;
        // The longest page and one more, and one of the other kind that comes after it.
        assert!((101..=110).contains(&entries), "{after:?}: {entries}");
    }
}
