//! Decisions under keys: made once, and answered again.

use domain::{review::Verdict, salary::SalaryRefusal};

use super::{Asked, reject};
use crate::support::{decision_of, salary_refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_gets_the_same_answer_and_another_content_none() {
    for verdict in [Verdict::Approve, reject("no shows"), Verdict::Reject { reason: None }] {
        let asked = Asked::new().await;
        let order = decision_of(asked.owner, asked.request, verdict, "k");
        let first = asked.fixture.decide_salary(order.clone()).await.unwrap();
        let books = asked.fixture.books().await;
        assert_eq!(asked.fixture.decide_salary(order).await.unwrap(), first);
        let other = decision_of(asked.owner, asked.request, reject("something else"), "k");
        assert_eq!(salary_refused(asked.fixture.decide_salary(other).await), SalaryRefusal::KeyReused);
        assert_eq!(asked.fixture.books().await, books);
        asked.fixture.assert_in_order().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_stays_unless_it_is_about_the_caller_or_a_ban() {
    let asked = Asked::new().await;
    let fixture = &asked.fixture;
    let approve = |key: &str| decision_of(asked.owner, asked.request, Verdict::Approve, key);
    // The ban is lifted, and the same request pays.
    fixture.execute(&format!("UPDATE users SET banned_at = 'epoch' WHERE id = {}", asked.host)).await;
    assert_eq!(salary_refused(fixture.decide_salary(approve("k")).await), SalaryRefusal::HostBanned);
    fixture.execute(&format!("UPDATE agencies SET status = 'rejected' WHERE id = {}", asked.agency)).await;
    assert!(matches!(salary_refused(fixture.decide_salary(approve("k")).await), SalaryRefusal::Access(_)));
    assert_eq!(fixture.count("idempotency_keys").await, 0);
    fixture.execute("UPDATE users SET banned_at = NULL; UPDATE agencies SET status = 'approved'").await;
    fixture.decide_salary(approve("k")).await.unwrap();
    // Decided: that stays.
    assert_eq!(salary_refused(fixture.decide_salary(approve("late")).await), SalaryRefusal::AlreadyDecided);
    assert_eq!(fixture.count("idempotency_keys WHERE key = 'late'").await, 1);
    assert_eq!(salary_refused(fixture.decide_salary(approve("late")).await), SalaryRefusal::AlreadyDecided);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_banned_hosts_salary_may_be_rejected() {
    let asked = Asked::new().await;
    asked.fixture.execute(&format!("UPDATE users SET banned_at = 'epoch' WHERE id = {}", asked.host)).await;
    let order = decision_of(asked.owner, asked.request, reject("banned"), "k");
    assert_eq!(asked.fixture.decide_salary(order).await.unwrap().review.word(), "rejected");
    asked.fixture.assert_in_order().await;
}
