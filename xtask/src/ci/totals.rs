//! How many tests ran, taken from what the test runners themselves wrote.

#[cfg(test)]
mod tests;

use std::{fs, io, path::PathBuf};

use crate::{error::Error, workspace::Workspace};

/// The tests of one run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    passed: u64,
    failed: u64,
}

impl Totals {
    /// The line for the end of a run, or nothing when no runner said anything.
    pub(crate) fn line(&self) -> Option<String> {
        (*self != Self::default()).then(|| format!("tests: {} passed, {} failed", self.passed, self.failed))
    }

    /// Takes in a line of `cargo test`: `test result: ok. 3 passed; 0 failed; …`.
    pub(crate) fn add_libtest(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result:") else { return };
        let words: Vec<&str> = counts.split_whitespace().collect();
        for pair in words.windows(2) {
            if let [count, kind] = pair
                && let Ok(count) = count.parse::<u64>()
            {
                match kind.trim_end_matches(';') {
                    "passed" => self.passed += count,
                    "failed" => self.failed += count,
                    _ => {}
                }
            }
        }
    }

    /// Takes in nextest's report: `<testsuites name="nextest-run" tests="3" failures="1" errors="0" …>`.
    fn add_junit(&mut self, xml: &str) {
        let Some((_, tag)) = xml.split_once("<testsuites ") else { return };
        let tag = tag.split('>').next().unwrap_or_default();
        let count = |name: &str| {
            let (_, rest) = tag.split_once(&format!("{name}=\""))?;
            rest.split('"').next()?.parse::<u64>().ok()
        };
        if let (Some(tests), Some(failures), Some(errors)) = (count("tests"), count("failures"), count("errors")) {
            let failed = failures.saturating_add(errors);
            self.failed += failed;
            self.passed += tests.saturating_sub(failed);
        }
    }
}

/// Nextest's report of the profile `ci` (.config/nextest.toml), written when its run is over.
pub(crate) struct NextestReport(PathBuf);

impl NextestReport {
    /// Takes the report of an earlier run away, so that what is read afterwards is of this one.
    pub(crate) fn fresh(workspace: &Workspace) -> Result<Self, Error> {
        let path = workspace.root.join("target/nextest/ci/junit.xml");
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(path)(error)),
            _ => Ok(Self(path)),
        }
    }

    /// Adds its totals, if there is one.
    pub(crate) fn add_to(&self, totals: &mut Totals) {
        if let Ok(xml) = fs::read_to_string(&self.0) {
            totals.add_junit(&xml);
        }
    }
}
