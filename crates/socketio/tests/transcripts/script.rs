//! Reads transcripts and holds what happens against them.

use crate::driver::Driver;

/// Runs every scenario of a file.
pub(crate) fn run(text: &str) {
    let mut scenarios = 0;
    for scenario in text.split("\n== ").skip(1) {
        let (title, lines) = scenario.split_once('\n').unwrap();
        scenarios += 1;
        let mut driver = Driver::default();
        for (number, line) in lines.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
            let place = || format!("“{title}”, line {}: {line}", number + 1);
            if line.starts_with(['<', '!']) {
                assert_eq!(driver.happened.pop_front().as_deref(), Some(line), "{}", place());
            } else if !line.starts_with('#') {
                assert!(driver.happened.is_empty(), "{}\nbefore it: {:?}", place(), driver.happened);
                step(&mut driver, line);
            }
        }
        assert!(driver.happened.is_empty(), "“{title}”, at its end: {:?}", driver.happened);
    }
    assert!(scenarios > 0);
}

fn step(driver: &mut Driver, line: &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "open" => {
            let (server, transport) = rest.split_once(' ').unwrap();
            driver.open(server, transport);
        }
        "GET" => driver.get(),
        "POST" => driver.post(rest, false),
        "POST!" => driver.post(rest, true),
        "probe" => driver.probe(),
        ">" => driver.client(rest),
        "app" => driver.application(rest),
        "unseen" => driver.unseen(millis(rest)),
        _ => driver.pass(millis(line)),
    }
}

fn millis(text: &str) -> u64 {
    let number = text.strip_prefix('+').unwrap_or_else(|| panic!("not a line of a transcript: {text}"));
    match number.strip_suffix("ms") {
        Some(millis) => millis.parse().unwrap(),
        None => 1_000 * number.strip_suffix('s').unwrap().parse::<u64>().unwrap(),
    }
}
