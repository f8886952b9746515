//! The table: medians of all runs, and goals.

use crate::{
    arguments::Arguments,
    turn::{Turn, best},
};

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Goal {
    None,
    AtLeast(f64),
    AtMost(f64),
    Below(f64),
}

/// A row of the table: ratios are made within a run, before their median is taken.
struct Row {
    title: &'static str,
    value: fn(&Turn) -> f64,
    goal: Goal,
}

const fn row(title: &'static str, value: fn(&Turn) -> f64, goal: Goal) -> Row {
    Row { title, value, goal }
}

const ROWS: &[Row] = &[
    row("spread hosts, 64 connections: gifts a second", |turn| turn.spread[0].rate, Goal::None),
    row("spread hosts, 64 connections: p99, ms", |turn| turn.spread[0].p99, Goal::None),
    row("spread hosts, 256 connections: gifts a second", |turn| turn.spread[1].rate, Goal::None),
    row("spread hosts, 256 connections: p99, ms", |turn| turn.spread[1].p99, Goal::None),
    row("one host, 64 connections: gifts a second", |turn| turn.one[0].rate, Goal::None),
    row("one host, 64 connections: p99, ms", |turn| turn.one[0].p99, Goal::None),
    row("one host, 256 connections: gifts a second", |turn| turn.one[1].rate, Goal::None),
    row("one host, 256 connections: p99, ms", |turn| turn.one[1].p99, Goal::None),
    row("pgbench, 10 clients: transactions a second", |turn| turn.plain_spread.rate, Goal::None),
    row("pgbench, 10 clients, one host: transactions a second", |turn| turn.plain_one.rate, Goal::None),
    row("spread hosts / pgbench", |turn| best(&turn.spread) / turn.plain_spread.rate, Goal::AtLeast(2.5)),
    row("one host / pgbench with one host", |turn| best(&turn.one) / turn.plain_one.rate, Goal::AtLeast(6.0)),
    row("one host / spread hosts", |turn| best(&turn.one) / best(&turn.spread), Goal::AtLeast(0.9)),
    row("half speed: gifts a second", |turn| turn.half.rate, Goal::None),
    row("half speed: p50, ms", |turn| turn.half.p50, Goal::None),
    row("half speed: p99, ms", |turn| turn.half.p99, Goal::Below(100.0)),
    row("alone: p50, ms", |turn| turn.lone.p50, Goal::None),
    row("alone: p99, ms", |turn| turn.lone.p99, Goal::None),
    row("pgbench, 1 client: p50, ms", |turn| turn.plain_lone.p50, Goal::None),
    row("alone, longer than pgbench: ms", |turn| turn.lone.p50 - turn.plain_lone.p50, Goal::AtMost(1.0)),
    row("CPU, us a gift, spread, 256: chatme", |turn| turn.spread[1].cpu[0], Goal::None),
    row("CPU, us a gift, spread, 256: PostgreSQL", |turn| turn.spread[1].cpu[1], Goal::None),
    row("CPU, us a gift, spread, 256: the load's own", |turn| turn.spread[1].cpu[2], Goal::None),
    row("CPU, us a gift, one host, 256: chatme", |turn| turn.one[1].cpu[0], Goal::None),
    row("CPU, us a gift, one host, 256: PostgreSQL", |turn| turn.one[1].cpu[1], Goal::None),
    row("CPU, us a gift, one host, 256: the load's own", |turn| turn.one[1].cpu[2], Goal::None),
];

/// Prints the table. Whether every goal is met that could be looked at.
pub(crate) fn print(turns: &[Turn], arguments: &Arguments) -> bool {
    let (senders, hosts, runs) = (arguments.senders, arguments.hosts, arguments.runs);
    println!("\n{senders} senders, {hosts} hosts, {:?} a phase, runs: {runs}", arguments.time);
    if let Some(turn) = turns.first() {
        println!("PostgreSQL: {}", turn.durability);
    }
    let posted: u64 = turns.iter().map(|turn| turn.posted).sum();
    println!("{posted} gifts posted, each acknowledged once; the books are in order. Medians of the runs.\n");
    let mut is_good = true;
    for row in ROWS {
        is_good &= line(row.title, median(turns.iter().map(row.value).collect()), row.goal);
    }
    // Of what must not happen, all of it.
    let others = turns.iter().map(|turn| turn.others).sum();
    line("answers other than 200", others, Goal::AtMost(0.0)) && is_good
}

fn line(title: &str, value: f64, goal: Goal) -> bool {
    let (text, is_met) = match goal {
        Goal::None => (String::new(), true),
        Goal::AtLeast(least) => (format!("  goal >= {least}"), value >= least),
        Goal::AtMost(most) => (format!("  goal <= {most}"), value <= most),
        Goal::Below(bound) => (format!("  goal < {bound}"), value < bound),
    };
    // Without pgbench there is nothing to look at.
    let is_missed = !value.is_nan() && !is_met;
    println!("{title:<54}{:>10}{text}{}", shown(value), if is_missed { " MISSED" } else { "" });
    !is_missed
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    if values.len() % 2 == 1 { at(middle) } else { (at(middle.wrapping_sub(1)) + at(middle)) / 2.0 }
}

/// Three digits that count, or a whole number.
fn shown(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "-".to_owned(),
        size if size == 0.0 || size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_missed_only_where_it_can_be_looked_at() {
        let check = |value, goal, expected| assert_eq!(line("", value, goal), expected, "{value} {goal:?}");
        check(2.5, Goal::AtLeast(2.5), true);
        check(2.4, Goal::AtLeast(2.5), false);
        check(100.0, Goal::Below(100.0), false);
        check(1.0, Goal::AtMost(1.0), true);
        check(f64::NAN, Goal::AtLeast(6.0), true);
    }

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0]), 2.5);
        assert!(median(Vec::new()).is_nan());
    }
}
