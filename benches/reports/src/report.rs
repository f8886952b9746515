//! The reports, and the table of what they take.

use std::time::Duration;

use crate::{arguments::Arguments, world::People};

/// By how much the median may grow.
const GROWTH_MAX: f64 = 1.2;

/// Whose token goes with a request.
#[derive(Debug, Clone, Copy)]
enum Token {
    Nobodys,
    Fans,
    Hosts,
}

/// A report and how it is asked for; `{}` in the path is the host with a tenth of the gifts.
#[derive(Debug)]
pub(crate) struct Report {
    path: &'static str,
    token: Token,
    /// What each row of its page has once, if it has pages.
    row: Option<&'static str>,
}

const fn report(path: &'static str, token: Token, row: Option<&'static str>) -> Report {
    Report { path, token, row }
}

const RANKED: Option<&str> = Some("\"avatar\":");
const GIVEN: Option<&str> = Some("\"senderName\":");
const EARNED: Option<&str> = Some("\"created_at\":");
const DAY: Option<&str> = Some("\"date\":");

/// All of them.
pub(crate) const REPORTS: &[Report] = &[
    report("/api/ranking/hosts?period=hourly", Token::Nobodys, RANKED),
    report("/api/ranking/hosts?period=daily", Token::Nobodys, RANKED),
    report("/api/ranking/hosts?period=weekly", Token::Nobodys, RANKED),
    report("/api/ranking/hosts?period=monthly", Token::Nobodys, RANKED),
    report("/api/ranking/hosts?period=all", Token::Nobodys, RANKED),
    report("/api/ranking/hosts?period=hourly", Token::Hosts, RANKED),
    report("/api/ranking/hosts?period=daily", Token::Hosts, RANKED),
    report("/api/ranking/hosts?period=weekly", Token::Hosts, RANKED),
    report("/api/ranking/hosts?period=monthly", Token::Hosts, RANKED),
    report("/api/ranking/hosts?period=all", Token::Hosts, RANKED),
    report("/api/ranking/fans/{}?period=hourly", Token::Nobodys, RANKED),
    report("/api/ranking/fans/{}?period=daily", Token::Nobodys, RANKED),
    report("/api/ranking/fans/{}?period=weekly", Token::Nobodys, RANKED),
    report("/api/ranking/fans/{}?period=monthly", Token::Nobodys, RANKED),
    report("/api/ranking/fans/{}?period=all", Token::Nobodys, RANKED),
    report("/api/ranking/fans/{}?period=hourly", Token::Fans, RANKED),
    report("/api/ranking/fans/{}?period=daily", Token::Fans, RANKED),
    report("/api/ranking/fans/{}?period=weekly", Token::Fans, RANKED),
    report("/api/ranking/fans/{}?period=monthly", Token::Fans, RANKED),
    report("/api/ranking/fans/{}?period=all", Token::Fans, RANKED),
    report("/api/contributions/{}?period=hourly", Token::Nobodys, GIVEN),
    report("/api/contributions/{}?period=daily", Token::Nobodys, GIVEN),
    report("/api/contributions/{}?period=weekly", Token::Nobodys, GIVEN),
    report("/api/contributions/{}?period=monthly", Token::Nobodys, GIVEN),
    report("/api/contributions/{}?period=all", Token::Nobodys, GIVEN),
    report("/api/host-income/today/{}", Token::Nobodys, None),
    report("/api/host-income/week/{}", Token::Nobodys, None),
    report("/api/host-income/month/{}", Token::Nobodys, None),
    report("/api/host-income/category/{}", Token::Nobodys, None),
    report("/api/host-income/history/{}", Token::Nobodys, EARNED),
    report("/api/host-income/today/{}", Token::Hosts, None),
    report("/api/host-income/week/{}", Token::Hosts, None),
    report("/api/host-income/month/{}", Token::Hosts, None),
    report("/api/host-income/category/{}", Token::Hosts, None),
    report("/api/host-income/history/{}", Token::Hosts, EARNED),
    report("/api/income/balance", Token::Hosts, None),
    report("/api/income/history", Token::Hosts, DAY),
    report("/api/income/live-current/{}", Token::Hosts, None),
];

impl Report {
    /// The path to ask for, with a page of `limit` rows.
    pub(crate) fn path(&self, people: &People, limit: Option<usize>) -> String {
        let path = self.path.replace("{}", &people.host);
        let before = if path.contains('?') { '&' } else { '?' };
        limit.map_or(path.clone(), |limit| format!("{path}{before}limit={limit}"))
    }

    /// The token to ask with.
    pub(crate) fn token<'a>(&self, people: &'a People) -> Option<&'a str> {
        match self.token {
            Token::Nobodys => None,
            Token::Fans => Some(&people.fan_token),
            Token::Hosts => Some(&people.host_token),
        }
    }

    /// How many rows an answer has, of a report with pages.
    pub(crate) fn rows(&self, body: &str) -> Option<usize> {
        self.row.map(|row| body.matches(row).count())
    }
}

/// A line of the table: what a report takes on the smaller and on the larger database, in milliseconds.
pub(crate) struct Line {
    report: &'static Report,
    rows: (Option<usize>, Option<usize>),
    p50: (f64, f64),
    p99: (f64, f64),
}

impl Line {
    /// The line of a report.
    pub(crate) fn of(
        report: &'static Report,
        rows: (Option<usize>, Option<usize>),
        mut times: (Vec<Duration>, Vec<Duration>),
    ) -> Self {
        times.0.sort_unstable();
        times.1.sort_unstable();
        let of = |share| (quantile(&times.0, share), quantile(&times.1, share));
        Self { report, rows, p50: of(0.5), p99: of(0.99) }
    }

    fn growth(&self) -> f64 {
        self.p50.1 / self.p50.0
    }

    /// Whether both answers have as many rows: where few gifts leave nothing to show, it is another question.
    fn is_fair(&self) -> bool {
        self.rows.0 == self.rows.1
    }
}

/// What no more than `share` of all take, in milliseconds.
fn quantile(sorted: &[Duration], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.max(1) - 1).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}

/// Prints the table. Whether no report that shows as much grows by more than it may.
pub(crate) fn print(lines: &[Line], arguments: &Arguments) -> bool {
    let Arguments { small, large, hosts, fans, requests, .. } = arguments;
    println!("\n{small} and {large} gifts of {fans} fans to {hosts} hosts; {requests} requests each; milliseconds\n");
    println!("{:<46} {:>9}  {:^15}  {:^15}", "", "", format!("{small} gifts"), format!("{large} gifts"));
    println!("{:<46} {:>9}  {:>7} {:>7}  {:>7} {:>7}  ratio of p50s", "", "rows", "p50", "p99", "p50", "p99");
    let mut is_good = true;
    for line in lines {
        let token = match line.report.token {
            Token::Nobodys => "",
            Token::Fans => " (fan)",
            Token::Hosts => " (host)",
        };
        let name = format!("{}{token}", line.report.path.replace("{}", "ID").trim_start_matches("/api/"));
        let rows = match line.rows {
            (Some(one), Some(other)) if one != other => format!("{one}, {other}"),
            (Some(rows), _) => rows.to_string(),
            (None, _) => String::new(),
        };
        let is_met = line.growth() <= GROWTH_MAX;
        is_good &= is_met || !line.is_fair();
        let verdict = match (is_met, line.is_fair()) {
            (true, _) => "",
            (false, true) => " MISSED",
            (false, false) => " (not compared)",
        };
        println!(
            "{name:<46} {rows:>9}  {:>7.2} {:>7.2}  {:>7.2} {:>7.2}  {:>5.2}{}",
            line.p50.0,
            line.p99.0,
            line.p50.1,
            line.p99.1,
            line.growth(),
            verdict
        );
    }
    println!("\nGoal: the median grows by at most {:.0} %.", (GROWTH_MAX - 1.0) * 100.0);
    is_good
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_what_so_many_take_at_most() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        for (share, millis) in [(0.5, 50.0), (0.99, 99.0), (0.0, 1.0), (1.0, 100.0)] {
            assert!((quantile(&times, share) - millis).abs() < 1e-9, "{share}");
        }
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn a_path_names_the_host_and_the_page() {
        let people = People { host: "7".to_owned(), host_token: "h".to_owned(), fan_token: "f".to_owned() };
        let ranking = report("/r/{}?period=all", Token::Fans, RANKED);
        assert_eq!(ranking.path(&people, Some(3)), "/r/7?period=all&limit=3");
        assert_eq!((ranking.token(&people), ranking.rows("\"avatar\":1,\"avatar\":2")), (Some("f"), Some(2)));
        let balance = report("/b", Token::Nobodys, None);
        assert_eq!(
            (balance.path(&people, None), balance.token(&people), balance.rows("")),
            ("/b".to_owned(), None, None)
        );
    }
}
