use chrono::{DateTime, Utc};

use super::*;
use crate::{
    agency::{AccessRefusal, Agency, MockAgencies, MockAgencyFigures},
    money::Diamonds,
    review::Review,
    testing::FixedClock,
};

const OWNER: UserId = UserId::new(2);
const AGENCY: AgencyId = AgencyId::new(1_000_000);

fn service(figures: MockAgencyFigures) -> FigureService {
    let mut agencies = MockAgencies::new();
    agencies.expect_approved_of().returning(|user| {
        Ok((user == OWNER).then(|| Agency {
            id: AGENCY,
            owner: OWNER,
            family_name: "Bintang".to_owned(),
            region: None,
            phone: None,
            review: Review::Pending,
            created_at: DateTime::UNIX_EPOCH,
        }))
    });
    let now: DateTime<Utc> = "2027-01-01T05:00:00Z".parse().unwrap();
    FigureService {
        agencies: Arc::new(agencies),
        figures: Arc::new(figures),
        calendar: BusinessCalendar::in_zone("Asia/Jakarta").unwrap(),
        clock: Arc::new(FixedClock::new(now)),
    }
}

fn refusal<T>(outcome: Result<T, AccessError>) -> Option<AccessRefusal> {
    outcome.err().and_then(|error| if let AccessError::Refused(refusal) = error { Some(refusal) } else { None })
}

#[tokio::test]
async fn the_month_before_january_is_december() {
    let mut figures = MockAgencyFigures::new();
    figures.expect_overview().returning(|_, spans| {
        let starts = [spans.today, spans.this_week, spans.this_month, spans.last_month].map(|span| span.starts_at());
        let expected = ["2026-12-31T17:00:00Z", "2026-12-27T17:00:00Z", "2026-12-31T17:00:00Z", "2026-11-30T17:00:00Z"];
        assert_eq!(starts, expected.map(|text| text.parse::<DateTime<Utc>>().unwrap()));
        assert_eq!(spans.last_month.window.end, spans.this_month.window.start);
        let none = Diamonds::ZERO;
        Ok(Overview {
            members: 1,
            live_now: 0,
            total: none,
            today: none,
            this_week: none,
            this_month: none,
            last_month: none,
        })
    });
    assert_eq!(service(figures).overview(OWNER, AGENCY).await.unwrap().members, 1);
}

#[tokio::test]
async fn nobody_sees_the_figures_of_another_agency() {
    // The mock fails when it is asked for any figure.
    let service = service(MockAgencyFigures::new());
    let page = PageRequest { limit: Limit::MAX, after: None };
    for (caller, agency, expected) in
        [(UserId::new(1), AGENCY, AccessRefusal::NotAnAgency), (OWNER, AgencyId::new(8), AccessRefusal::NotFound)]
    {
        let expected = Some(expected);
        assert_eq!(refusal(service.overview(caller, agency).await), expected);
        assert_eq!(refusal(service.top_earners(caller, agency).await), expected);
        assert_eq!(refusal(service.lives(caller, agency, Period::Daily).await), expected);
        assert_eq!(refusal(service.members(caller, agency, Period::Weekly, page).await), expected);
    }
}

#[tokio::test]
async fn the_best_are_listed_by_their_income_of_all_time() {
    let mut figures = MockAgencyFigures::new();
    figures.expect_hosts().once().returning(|_, span, order, limit| {
        assert_eq!((span.period, order, limit), (Period::All, HostOrder::Income, TOP_EARNERS));
        Ok(Vec::new())
    });
    assert!(service(figures).top_earners(OWNER, AGENCY).await.unwrap().is_empty());
}
