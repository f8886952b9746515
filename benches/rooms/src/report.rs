//! The table: medians of all runs, ratios to socketioxide of the same run, goals.

use crate::{Turn, arguments::Arguments, phases::Measured, servers::Kind};

/// What ChatMe is to reach.
#[derive(Clone, Copy)]
enum Goal {
    /// Its own value is below this.
    Below(f64),
    /// Its own value is no more than this.
    AtMost(f64),
    /// Its ratio to socketioxide is no more than this.
    RatioAtMost(f64),
    /// Its ratio to socketioxide is above this.
    RatioAbove(f64),
}

/// How the values of several runs become one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Median,
    /// For what must never happen.
    Worst,
}

/// A row of the table.
struct Row {
    title: &'static str,
    value: fn(&Turn) -> f64,
    of: Of,
    goal: Option<Goal>,
}

/// The values of a phase; it was measured in every turn.
fn phase<const NUMBER: usize>(turn: &Turn, value: fn(&Measured) -> f64) -> f64 {
    turn.phases.get(NUMBER).map_or(f64::NAN, value)
}

const fn row(title: &'static str, value: fn(&Turn) -> f64, goal: Option<Goal>) -> Row {
    Row { title, value, of: Of::Median, goal }
}

const fn never(title: &'static str, value: fn(&Turn) -> f64) -> Row {
    Row { title, value, of: Of::Worst, goal: Some(Goal::AtMost(0.0)) }
}

const ROWS: &[Row] = &[
    row("20 a second: CPU, us a delivery", |turn| phase::<0>(turn, |m| m.cpu), Some(Goal::RatioAtMost(0.85))),
    row("20 a second: p50, ms", |turn| phase::<0>(turn, |m| m.p50), None),
    row("20 a second: p99, ms", |turn| phase::<0>(turn, |m| m.p99), Some(Goal::Below(60.0))),
    row("20 a second: deliveries a second", |turn| phase::<0>(turn, |m| m.rate), None),
    never("20 a second: lost or doubled", |turn| phase::<0>(turn, |m| m.lost)),
    never("20 a second: cut or refused", |turn| phase::<0>(turn, |m| m.cut + m.refused)),
    row("20 a second: the load's own CPU, %", |turn| phase::<0>(turn, |m| m.load), None),
    row("200 a second: CPU, us a delivery", |turn| phase::<1>(turn, |m| m.cpu), Some(Goal::RatioAtMost(0.5))),
    row("200 a second: p50, ms", |turn| phase::<1>(turn, |m| m.p50), None),
    row("200 a second: p99, ms", |turn| phase::<1>(turn, |m| m.p99), Some(Goal::Below(60.0))),
    row("200 a second: deliveries a second", |turn| phase::<1>(turn, |m| m.rate), None),
    never("200 a second: lost or doubled", |turn| phase::<1>(turn, |m| m.lost)),
    never("200 a second: cut or refused", |turn| phase::<1>(turn, |m| m.cut + m.refused)),
    row("200 a second: the load's own CPU, %", |turn| phase::<1>(turn, |m| m.load), None),
    row("full speed: deliveries a second", |turn| phase::<2>(turn, |m| m.rate), Some(Goal::RatioAbove(1.0))),
    row("full speed: CPU, us a delivery", |turn| phase::<2>(turn, |m| m.cpu), None),
    row("full speed: p50, ms", |turn| phase::<2>(turn, |m| m.p50), None),
    // Here it says how much waits in the server's buffers, which are as large as they need be.
    row("full speed: p99, ms", |turn| phase::<2>(turn, |m| m.p99), None),
    never("full speed: lost or doubled", |turn| phase::<2>(turn, |m| m.lost)),
    never("full speed: cut or refused", |turn| phase::<2>(turn, |m| m.cut + m.refused)),
    row("full speed: the load's own CPU, %", |turn| phase::<2>(turn, |m| m.load), None),
    row("idle: KiB a socket", |turn| turn.idle_bytes / 1_024.0, Some(Goal::AtMost(12.0))),
];

/// Prints the table. Whether ChatMe meets every goal that could be looked at.
pub(crate) fn print(turns: &[Turn], arguments: &Arguments) -> bool {
    let (sockets, runs) = (arguments.sockets, arguments.runs);
    println!("\n{sockets} sockets in a room, {} idle ones, {:?} a phase, runs: {runs}", arguments.idle, arguments.time);
    println!("Medians (of what must not happen, the worst), and ratios to socketioxide in the same run.\n");
    print!("{:<36}", "");
    arguments.only.iter().for_each(|kind| print!("{kind:>14}"));
    compared(arguments).for_each(|kind| print!("{:>14}", format!("{kind} ratio")));
    println!("  goal for chatme");
    let mut is_good = true;
    for row in ROWS {
        print!("{:<36}", row.title);
        for kind in &arguments.only {
            print!("{:>14}", shown(value(row, turns, *kind)));
        }
        for kind in compared(arguments) {
            let is_shown = row.of == Of::Median;
            print!("{:>14}", if is_shown { shown(ratio(row, turns, kind)) } else { String::new() });
        }
        is_good &= print_goal(row, turns);
    }
    is_good
}

/// Who is compared with socketioxide.
fn compared(arguments: &Arguments) -> impl Iterator<Item = Kind> {
    let others = [Kind::Chatme, Kind::Node];
    let is_there = arguments.only.contains(&Kind::Socketioxide);
    others.into_iter().filter(move |kind| is_there && arguments.only.contains(kind))
}

/// Prints a row's goal and whether it is met; one that cannot be looked at is not missed.
fn print_goal(row: &Row, turns: &[Turn]) -> bool {
    let own = value(row, turns, Kind::Chatme);
    let ratio = ratio(row, turns, Kind::Chatme);
    let (text, looked_at, is_met) = match row.goal {
        None => {
            println!();
            return true;
        }
        Some(Goal::Below(most)) => (format!("< {most}"), own, own < most),
        Some(Goal::AtMost(most)) => (format!("<= {most}"), own, own <= most),
        Some(Goal::RatioAtMost(most)) => (format!("ratio <= {most}"), ratio, ratio <= most),
        Some(Goal::RatioAbove(least)) => (format!("ratio > {least}"), ratio, ratio > least),
    };
    let is_missed = !looked_at.is_nan() && !is_met;
    println!("  {text}{}", if is_missed { " MISSED" } else { "" });
    !is_missed
}

fn value(row: &Row, turns: &[Turn], kind: Kind) -> f64 {
    let values = turns.iter().filter(|turn| turn.kind == kind).map(row.value);
    match row.of {
        Of::Median => median(values.collect()),
        Of::Worst => values.fold(f64::NAN, f64::max),
    }
}

/// The median of the ratios of paired turns.
fn ratio(row: &Row, turns: &[Turn], kind: Kind) -> f64 {
    let pairs = turns.iter().filter(|turn| turn.kind == kind).filter_map(|turn| {
        let other = turns.iter().find(|other| other.run == turn.run && other.kind == Kind::Socketioxide)?;
        Some((row.value)(turn) / (row.value)(other))
    });
    median(pairs.collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    if values.len() % 2 == 1 { at(middle) } else { (at(middle.wrapping_sub(1)) + at(middle)) / 2.0 }
}

/// Three digits that count, or a whole number.
fn shown(value: f64) -> String {
    match value {
        value if !value.is_finite() => "-".to_owned(),
        value if value == 0.0 || value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}
