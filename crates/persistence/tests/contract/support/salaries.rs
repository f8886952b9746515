//! Agencies and salaries: hosts who belong, weeks that are asked for, decisions by the real rule.

use chrono::{DateTime, Utc};
use domain::{
    id::{AgencyId, MembershipId, SalaryRequestId, UserId},
    review::Verdict,
    salary::{
        SalaryDecision, SalaryDecisionError, SalaryOrder, SalaryReceipt, SalaryRefusal, SalaryRequests as _,
        decide_salary,
    },
    time::BusinessWeek,
};
use persistence::{PgSalaryPolicies, PgSalaryRequests, PgWeekClosings};

use super::{Calls, Fixture, at, at_once, calendar, key};

/// A week such as 2026-W48, in which the tests' time begins: on its Monday, thirteen minutes past nine.
pub(crate) fn week(text: &str) -> BusinessWeek {
    text.parse().unwrap()
}

/// An owner's decision under a key; he names no agency.
pub(crate) fn decision_of(owner: UserId, request: SalaryRequestId, verdict: Verdict, text: &str) -> SalaryOrder {
    SalaryOrder { owner, agency: None, request, verdict, key: key(text) }
}

/// The real rule, with its calls counted.
pub(crate) fn deciding_salary(order: &SalaryOrder, second: i64, calls: &Calls) -> SalaryDecision {
    let (order, calls) = (order.clone(), calls.clone());
    Box::new(move |facts| {
        calls.add();
        decide_salary(&order, facts, at(second))
    })
}

/// The refusal that a decision met.
pub(crate) fn salary_refused(result: Result<SalaryReceipt, SalaryDecisionError>) -> SalaryRefusal {
    match result {
        Err(SalaryDecisionError::Refused(refusal)) => refusal,
        other => panic!("no refusal but {other:?}"),
    }
}

impl Fixture {
    pub(crate) fn policies(&self) -> PgSalaryPolicies {
        PgSalaryPolicies::new(self.database.clone())
    }

    pub(crate) fn closings(&self) -> PgWeekClosings {
        PgWeekClosings::new(self.database.clone(), calendar())
    }

    pub(crate) fn salaries(&self) -> PgSalaryRequests {
        self.proof.owe();
        PgSalaryRequests::new(self.database.clone())
    }

    /// An approved agency, with its owner's id.
    pub(crate) async fn agency_of(&self, owner: UserId) -> AgencyId {
        self.execute(&format!(
            "INSERT INTO agencies (id, owner_id, family_name, status, decided_at, created_at)
             VALUES ({owner}, {owner}, 'Bintang', 'approved', 'epoch', 'epoch')"
        ))
        .await;
        AgencyId::new(owner.value())
    }

    /// A membership that was agreed on before anything else happened.
    pub(crate) async fn joined(
        &self,
        host: UserId,
        agency: AgencyId,
        from: DateTime<Utc>,
        until: Option<DateTime<Utc>>,
    ) -> MembershipId {
        let until = until.map_or("NULL".to_owned(), |until| format!("'{}'", until.to_rfc3339()));
        let insert = format!(
            "INSERT INTO memberships (host_id, agency_id, starts_at, ends_at)
             VALUES ({host}, {agency}, '{}', {until}) RETURNING id",
            from.to_rfc3339()
        );
        MembershipId::new(self.number(&insert).await)
    }

    /// A salary of a week that was closed with nothing in it.
    pub(crate) async fn asked(
        &self,
        host: UserId,
        agency: AgencyId,
        week: BusinessWeek,
        diamonds: i64,
    ) -> SalaryRequestId {
        let monday = week.monday();
        let asked = format!(
            "WITH stated AS (
               INSERT INTO salary_statements
                 (host_id, monday, agency_id, gift_diamonds, salary_amount, total_lives, inputs, statement, closed_at)
               VALUES ({host}, '{monday}', {agency}, 0, {diamonds}, 4,
                       '{{\"memberships\": [], \"sessions\": [], \"gifts\": []}}', '', 'epoch'))
             INSERT INTO salary_requests
               (host_id, monday, agency_id, salary_amount, total_lives, status, created_at)
             VALUES ({host}, '{monday}', {agency}, {diamonds}, 4, 'pending', 'epoch') RETURNING id"
        );
        SalaryRequestId::new(self.number(&asked).await)
    }

    /// Decides by the real rule.
    pub(crate) async fn decide_salary(&self, order: SalaryOrder) -> Result<SalaryReceipt, SalaryDecisionError> {
        let decide = deciding_salary(&order, 0, &Calls::default());
        self.salaries().decide(order, at(0), decide).await
    }

    /// A salary that a new agency pays the host at a second of the tests' time.
    pub(crate) async fn pay_salary(&self, host: UserId, diamonds: i64, second: i64) {
        let owner = self.user().await;
        let agency = self.agency_of(owner).await;
        let paid = self.count(&format!("salary_statements WHERE host_id = {host}")).await;
        let week = week("2026-W47").minus(u32::try_from(paid).unwrap());
        let request = self.asked(host, agency, week, diamonds).await;
        let order = decision_of(owner, request, Verdict::Approve, "k");
        let decide = deciding_salary(&order, second, &Calls::default());
        self.salaries().decide(order, at(second), decide).await.unwrap();
    }

    /// Decides all at once; answers the results and how often was decided.
    pub(crate) async fn decide_at_once(
        &self,
        orders: Vec<SalaryOrder>,
    ) -> (Vec<Result<SalaryReceipt, SalaryRefusal>>, u32) {
        let calls = Calls::default();
        let tasks = orders.into_iter().map(|order| {
            let (salaries, decide) = (self.salaries(), deciding_salary(&order, 0, &calls));
            async move { salaries.decide(order, at(0), decide).await }
        });
        let results = at_once(tasks.collect()).await.into_iter();
        let results =
            results.map(|result| if let Ok(receipt) = result { Ok(receipt) } else { Err(salary_refused(result)) });
        (results.collect(), calls.count())
    }
}
