//! Two agencies, three hosts, and what these did from 2026-W48 on.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    gift::GiftLedger as _,
    id::{AgencyId, UserId},
    live::LiveSessions as _,
    salary::{ClosingReport, ClosingService},
    testing::FixedClock,
};
use persistence::PgLiveSessions;

use crate::support::{Calls, Fixture, calendar, deciding, order};

/// The first is the first agency's; the second changes to the second one on Wednesday noon; the third is the second one's.
pub(super) const HOSTS: [UserId; 3] = [UserId::new(10_000_004), UserId::new(10_000_005), UserId::new(10_000_006)];
pub(super) const AGENCIES: [AgencyId; 2] = [AgencyId::new(10_000_002), AgencyId::new(10_000_003)];

/// A time of day in Jakarta; day 0 is the Monday of 2026-W48.
pub(super) fn on(day: i64, hour: i64, minute: i64) -> DateTime<Utc> {
    let monday: DateTime<Utc> = "2026-11-22T17:00:00Z".parse().unwrap();
    monday + TimeDelta::minutes(day * 1_440 + hour * 60 + minute)
}

pub(super) const TICK: TimeDelta = TimeDelta::microseconds(1);

pub(super) struct Month {
    pub(super) fixture: Fixture,
    pub(super) fan: UserId,
}

impl Month {
    /// A fan, and members who did nothing yet.
    pub(super) async fn empty() -> Self {
        let fixture = Fixture::new().await;
        let fan = fixture.user_with(10_000_000).await;
        for agency in AGENCIES {
            let owner = fixture.user().await;
            assert_eq!(fixture.agency_of(owner).await, agency);
        }
        for host in HOSTS {
            assert_eq!(fixture.user().await, host);
        }
        let ([first, second, third], noon) = (HOSTS, on(2, 12, 0));
        fixture.joined(first, AGENCIES[0], on(0, 0, 0), None).await;
        fixture.joined(second, AGENCIES[0], on(0, 0, 0), Some(noon)).await;
        fixture.joined(second, AGENCIES[1], noon, None).await;
        fixture.joined(third, AGENCIES[1], on(0, 0, 0), None).await;
        Self { fixture, fan }
    }

    /// What the three did in three weeks.
    pub(super) async fn new() -> Self {
        let month = Self::empty().await;
        let [first, second, third] = HOSTS;
        // 2026-W48: the first row of the policy, and not a minute more.
        for day in 0..3 {
            month.live(first, on(day, 20, 0), 120).await;
        }
        month.gift(first, on(1, 21, 0), 2_000).await;
        // Five days of two hours, one of them across the change, and an hour more.
        for day in 0..5 {
            month.live(second, on(day, 11, 0), 120).await;
        }
        month.live(second, on(5, 11, 0), 60).await;
        month.gift(second, on(2, 12, 0) - TICK, 3_000).await;
        month.gift(second, on(2, 12, 0), 1_000).await;
        month.gift(second, on(4, 12, 0), 2_000).await;
        // Across the week's end, with a gift at both sides of the border.
        month.live(third, on(6, 22, 0), 180).await;
        month.gift(third, on(7, 0, 0) - TICK, 7).await;
        month.gift(third, on(7, 0, 0), 11).await;
        // 2026-W50.
        for day in 14..17 {
            month.live(third, on(day, 20, 0), 120).await;
        }
        month.gift(third, on(20, 23, 0), 2_000).await;
        month
    }

    /// A session of so many minutes.
    pub(super) async fn live(&self, host: UserId, start: DateTime<Utc>, minutes: i64) {
        let (lives, end) =
            (PgLiveSessions::new(self.fixture.database.clone(), calendar()), start + TimeDelta::minutes(minutes));
        let session = lives.start(host, None, start).await.unwrap().session;
        let sign = format!("UPDATE live_sessions SET last_sign_at = '{}' WHERE id = {}", end.to_rfc3339(), session.id);
        self.fixture.execute(&sign).await;
        lives.end(session.id, host, end).await.unwrap().unwrap();
    }

    /// So many roses, of five diamonds each.
    pub(super) async fn gift(&self, host: UserId, instant: DateTime<Utc>, roses: i64) {
        let order = order(self.fan, host, "rose", roses, &format!("{host}-{}", instant.timestamp_micros()));
        self.fixture.gifts().settle(order.clone(), instant, deciding(&order, &Calls::default())).await.unwrap();
    }

    pub(super) fn closing(&self, now: DateTime<Utc>) -> ClosingService {
        ClosingService {
            policies: Arc::new(self.fixture.policies()),
            closings: Arc::new(self.fixture.closings()),
            calendar: calendar(),
            clock: Arc::new(FixedClock::new(now)),
        }
    }

    pub(super) async fn close(&self, now: DateTime<Utc>) -> ClosingReport {
        self.closing(now).run().await.unwrap()
    }
}
