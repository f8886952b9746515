//! Random gifts: seven days are the week, and every other span is the sum of its parts.

use chrono::{DateTime, NaiveDateTime, Utc};
use domain::{
    gift::GiftLedger as _,
    ranking::GiftTotals as _,
    time::{BusinessCalendar, Period},
};
use persistence::{PgGiftLedger, PgGiftTotals};

use crate::support::{Calls, Fixture, deciding, order};

/// Random gifts around changes of clocks: whatever the zone, the parts of a span add up to it.
async fn check_sums(zone: &str, around: i64, seed: u64) {
    let fixture = Fixture::new().await;
    let calendar = BusinessCalendar::in_zone(zone).unwrap();
    let (fan, hosts) = (fixture.user_with(1_000_000).await, [fixture.user().await, fixture.user().await]);
    let mut state = seed;
    let mut draw = |below: i64| {
        // Knuth's multiplier; the upper half is the random one.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 33).unwrap() % below
    };
    let gifts = PgGiftLedger::new(fixture.database.clone(), calendar);
    for number in 0..150 {
        let host = hosts[usize::try_from(draw(2)).unwrap()];
        // Within three weeks, and every third of them within a day of the change.
        let spread = if number % 3 == 0 { 86_400 } else { 21 * 86_400 };
        let instant = DateTime::from_timestamp(around + draw(spread) - spread / 2, 0).unwrap();
        let gift = order(
            fan,
            host,
            ["rose", "cute", "cupid"][usize::try_from(draw(3)).unwrap()],
            1 + draw(9),
            &format!("{number}"),
        );
        gifts.settle(gift.clone(), instant, deciding(&gift, &Calls::default())).await.unwrap();
    }
    fixture.roll_up().await;
    for (whole, part) in
        [("weekly", "daily"), ("daily", "hourly"), ("monthly", "daily"), ("all", "monthly"), ("all", "weekly")]
    {
        let rows = fixture
            .texts(&format!(
                "SELECT DISTINCT (starts_at AT TIME ZONE 'UTC')::text FROM host_totals WHERE period = '{whole}'"
            ))
            .await;
        for start in rows {
            let start: DateTime<Utc> = NaiveDateTime::parse_from_str(&start, "%F %T").unwrap().and_utc();
            let period = Period::EVERY.into_iter().find(|period| period.word() == whole).unwrap();
            let window = calendar.span(period, start).window;
            let (from, to) = (
                window.start.map_or("-infinity".to_owned(), |at| at.to_rfc3339()),
                window.end.map_or("infinity".to_owned(), |at| at.to_rfc3339()),
            );
            let sum = |period: &str, condition: &str| {
                format!(
                    "SELECT (ROW(host_id, SUM(coins), SUM(gifts), SUM(normal_income), SUM(lucky_income), SUM(s_lucky_income)))::text
                       FROM host_totals WHERE period = '{period}' AND {condition} GROUP BY host_id ORDER BY 1"
                )
            };
            let of_whole = fixture.texts(&sum(whole, &format!("starts_at = '{}'", start.to_rfc3339()))).await;
            let of_parts = fixture.texts(&sum(part, &format!("starts_at >= '{from}' AND starts_at < '{to}'"))).await;
            assert_eq!(of_whole, of_parts, "{zone}: {part} of {whole} from {start}");
            assert!(!of_whole.is_empty());
        }
    }
    // There is one fan: he gave what the hosts received in the last span of each period.
    for (period, span) in
        [("hourly", "hour"), ("daily", "day"), ("weekly", "week"), ("monthly", "month"), ("all", "all")]
    {
        let start = if span == "all" { "timestamptz 'epoch'".to_owned() } else { format!("f.{span}_starts_at") };
        let strange = format!(
            "SELECT COUNT(*) FROM fan_totals f FULL JOIN (SELECT DISTINCT ON (host_id) * FROM host_totals
                WHERE period = '{period}' ORDER BY host_id, starts_at DESC) AS h USING (host_id)
              WHERE ({start}, f.{span}_coins, f.reached_at) IS DISTINCT FROM (h.starts_at, h.coins, h.reached_at)"
        );
        assert_eq!(fixture.number(&strange).await, 0, "{zone} {period}");
    }
    assert_eq!(fixture.count("fan_totals").await, 2);
    let found = PgGiftTotals::new(fixture.database.clone(), calendar).rebuild().await.unwrap();
    assert_eq!(found, []);
    fixture.assert_in_order_by(calendar).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seven_days_are_the_week_whatever_the_zone_and_its_clocks() {
    // The end of 2026 with its W53, the ends of summer time in New York and on Lord Howe Island (half an hour), its beginning
    // in Berlin.
    for (zone, around) in [
        ("Asia/Jakarta", 1_798_700_000),
        ("America/New_York", 1_793_512_800),
        ("Australia/Lord_Howe", 1_775_314_800),
        ("Europe/Berlin", 1_774_746_000),
    ] {
        check_sums(zone, around, around.unsigned_abs()).await;
    }
}
