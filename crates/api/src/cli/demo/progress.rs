//! How far it is: a bar at a terminal, a line now and then elsewhere.

use std::{
    io::{IsTerminal as _, Write as _, stderr},
    time::{Duration, Instant},
};

use crate::demo::{Filled, Size};

/// How many characters the bar has.
const BAR: u32 = 30;
/// The shortest time between two pictures of the bar.
const AT_A_TERMINAL: Duration = Duration::from_millis(100);
/// The shortest time between two lines.
const ELSEWHERE: Duration = Duration::from_secs(10);

/// What is shown on standard error.
pub(super) struct Progress {
    size: Size,
    begun: Instant,
    shown: Instant,
    is_terminal: bool,
}

impl Progress {
    pub(super) fn new(size: Size) -> Self {
        let now = Instant::now();
        Self { size, begun: now, shown: now, is_terminal: stderr().is_terminal() }
    }

    /// Shows how far it is, unless it did so a moment ago.
    pub(super) fn show(&mut self, filled: Filled) {
        let pause = if self.is_terminal { AT_A_TERMINAL } else { ELSEWHERE };
        let is_last = matches!(filled, Filled::Reports);
        if self.shown.elapsed() < pause && !is_last {
            return;
        }
        self.shown = Instant::now();
        let text = self.text(filled);
        // Nobody is left to tell when this fails.
        let _ = if self.is_terminal { write!(stderr(), "\r\x1b[K{text}") } else { writeln!(stderr(), "{text}") };
    }

    /// Leaves the bar's line.
    pub(super) fn end(&self) {
        if self.is_terminal {
            let _ = writeln!(stderr());
        }
    }

    fn text(&self, filled: Filled) -> String {
        let people = self.size.hosts.saturating_add(self.size.fans);
        let (done, all, what) = match filled {
            Filled::People(done) => (done, people, "people"),
            Filled::Gifts(done) => (done, self.size.gifts, "gifts"),
            Filled::Reports => (self.size.gifts, self.size.gifts, "gifts; making the reports"),
        };
        let seconds = self.begun.elapsed().as_secs();
        let numbers = format!("{} of {} {what}, {seconds} s", grouped(done), grouped(all));
        if self.is_terminal { format!("[{}] {numbers}", bar(done, all)) } else { numbers }
    }
}

fn bar(done: u32, all: u32) -> String {
    let filled = u64::from(done) * u64::from(BAR) / u64::from(all.max(1));
    (0..u64::from(BAR)).map(|place| if place < filled { '#' } else { '.' }).collect()
}

/// A number with commas between its thousands.
pub(super) fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_from_nothing_to_all() {
        for (done, all, filled) in [(0, 10, 0), (5, 10, 15), (9, 10, 27), (10, 10, 30), (0, 0, 0)] {
            let bar = bar(done, all);
            assert_eq!((bar.len(), bar.matches('#').count()), (30, filled), "{done} of {all}");
        }
    }

    #[test]
    fn thousands_are_told_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (10_000_000, "10,000,000")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn away_from_a_terminal_it_says_numbers_alone() {
        let mut progress = Progress::new(Size { gifts: 2_000, hosts: 20, fans: 200 });
        progress.is_terminal = false;
        assert_eq!(progress.text(Filled::Gifts(1_000)), "1,000 of 2,000 gifts, 0 s");
        progress.is_terminal = true;
        assert_eq!(progress.text(Filled::People(110)), "[###############...............] 110 of 220 people, 0 s");
    }
}
