use chrono::{DateTime, Utc};

use super::*;
use crate::{
    money::Coins,
    time::{BusinessCalendar, Period},
};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_400_000 + second, 123_456_000).unwrap()
}

fn span() -> Span {
    BusinessCalendar::in_zone("Asia/Jakarta").unwrap().span(Period::Daily, at(0))
}

fn ranked(id: i64, coins: i64) -> Ranked {
    Ranked {
        user_id: UserId::new(id),
        name: format!("User {id}"),
        avatar: None,
        level: 1,
        coins: Coins::new(coins).unwrap(),
        reached_at: at(id),
    }
}

#[tokio::test]
async fn a_page_goes_on_where_the_last_one_ended() {
    let mut port = MockRankings::new();
    port.expect_top().returning(|_, _, _, after| {
        let all = [ranked(1, 50), ranked(2, 40), ranked(3, 30)];
        Ok(all.into_iter().filter(|entry| after.is_none_or(|after| entry.coins < after.coins)).collect())
    });
    let service = RankingService::new(Arc::new(port));
    let limit = Limit::parse(2).unwrap();
    let first = service.page(Board::Hosts, span(), limit, None).await.unwrap();
    assert_eq!((first.first_rank, first.entries.len()), (1, 2));
    let next = first.next.unwrap();
    assert_eq!((next.rank, next.coins.value(), next.user_id, next.reached_at), (2, 40, UserId::new(2), at(2)));
    assert_eq!(RankCursor::parse(&next.to_text()), Some(next));

    let last = service.page(Board::Hosts, span(), limit, Some(next)).await.unwrap();
    assert_eq!((last.first_rank, last.entries, last.next), (3, vec![ranked(3, 30)], None));
}

#[tokio::test]
async fn a_place_is_exact_up_to_a_thousand() {
    for (ahead, expected) in [(0, Place::Exact(1)), (999, Place::Exact(1_000)), (1_000, Place::Behind)] {
        let mut port = MockRankings::new();
        let coins = Coins::new(7).unwrap();
        port.expect_standing()
            .withf(|board, _, user, most| {
                (*board, *user, *most) == (Board::FansOf(UserId::new(5)), UserId::new(9), EXACT_RANKS)
            })
            .returning(move |_, _, _, _| Ok(Some(Standing { ahead, coins })));
        let service = RankingService::new(Arc::new(port));
        let place = service.place_of(Board::FansOf(UserId::new(5)), span(), UserId::new(9)).await.unwrap();
        assert_eq!(place, Some(OwnPlace { place: expected, coins }));
    }
    let mut port = MockRankings::new();
    port.expect_standing().returning(|_, _, _, _| Ok(None));
    let service = RankingService::new(Arc::new(port));
    assert_eq!(service.place_of(Board::Hosts, span(), UserId::new(9)).await.unwrap(), None);
}

#[test]
fn garbage_is_no_cursor() {
    for text in
        ["", "1", "1-2-3", "1-2-3-4-5", "1-2-3-0", "-1-2-3-4", "1--2-3-4", "a-2-3-4", "4294967296-2-3-4", "1-2-+3-4"]
    {
        assert_eq!(RankCursor::parse(text), None, "{text:?}");
    }
}
