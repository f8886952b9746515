//! The databases and who is in them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{Result, arguments::Arguments, client::Client, server::chatme};

/// So long after the databases are filled there are still gifts of the present hour.
const AHEAD: Duration = Duration::from_hours(6);
/// What `chatme demo` was asked for, kept beside the database that it filled.
const ASKED: &str = "asked.txt";
/// What it said.
const SAID: &str = "said.txt";

/// A database that is filled.
pub(crate) struct World {
    /// Where it is.
    pub(crate) directory: PathBuf,
    said: String,
}

/// Who asks for reports, and of whom.
pub(crate) struct People {
    /// The host with a tenth of the gifts.
    pub(crate) host: String,
    /// His token.
    pub(crate) host_token: String,
    /// A fan's token.
    pub(crate) fan_token: String,
}

/// Up to when gifts are sent.
pub(crate) fn until() -> Result<u64> {
    Ok((SystemTime::now().duration_since(UNIX_EPOCH)? + AHEAD).as_secs())
}

impl World {
    /// A world with so many gifts, from an earlier run or a new one.
    pub(crate) fn ready(arguments: &Arguments, directory: &Path, gifts: u32, until: u64) -> Result<Self> {
        let directory = directory.join(gifts.to_string());
        let asked = format!("{gifts} gifts, {} hosts, {} fans", arguments.hosts, arguments.fans);
        if let Ok(kept) = fs::read_to_string(directory.join(ASKED)) {
            let (of, kept_until) = kept.split_once(", until ").unwrap_or((&kept, "0"));
            let is_over = kept_until.trim().parse::<u64>()? < until - AHEAD.as_secs();
            if of != asked || is_over {
                let directory = directory.display();
                return Err(format!(
                    "{directory} is another world ({kept}), or one without gifts of the present hour; remove it"
                )
                .into());
            }
            return Ok(Self { said: fs::read_to_string(directory.join(SAID))?, directory });
        }
        fs::create_dir_all(&directory)?;
        eprintln!("filling a database with {asked}");
        let mut command = chatme(&arguments.chatme, &directory);
        command.args(["demo", "--bulk", "--seed", "1", "--gifts", &gifts.to_string()]);
        command.args(["--hosts", &arguments.hosts.to_string(), "--fans", &arguments.fans.to_string()]);
        command.args(["--until", &rfc3339(until)]).stderr(Stdio::inherit());
        let output = command.output()?;
        if !output.status.success() {
            return Err(format!("`chatme demo` ended with {}", output.status).into());
        }
        let said = String::from_utf8(output.stdout)?;
        fs::write(directory.join(SAID), &said)?;
        // Last, so that a world that is not done is none.
        fs::write(directory.join(ASKED), format!("{asked}, until {until}"))?;
        eprintln!("{}", said.trim_start().lines().next().unwrap_or_default());
        Ok(Self { directory, said })
    }

    /// Logs in those whom `chatme demo` named.
    pub(crate) fn people(&self, client: &mut Client) -> Result<People> {
        let named = |mark: &str| -> Result<String> {
            let (_, rest) = self.said.split_once(mark).ok_or_else(|| format!("no {mark:?} in {}", self.said))?;
            Ok(rest.split([',', '\n', ' ', '?']).next().unwrap_or_default().to_owned())
        };
        let password = named("Password  ")?;
        let mut token = |phone: String| -> Result<String> {
            let account = format!("{{\"phone\":\"{phone}\",\"password\":\"{password}\"}}");
            let answer = client.post("/api/login", &account)?.body;
            let token = answer.split_once("\"token\":\"").and_then(|(_, rest)| rest.split_once('"'));
            Ok(token.ok_or_else(|| format!("no token: {answer}"))?.0.to_owned())
        };
        Ok(People {
            host: named("/ranking/fans/")?,
            host_token: token(named("Host      phone ")?)?,
            fan_token: token(named("Fan       phone ")?)?,
        })
    }
}

/// An instant in the words of RFC 3339.
fn rfc3339(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Counted in years that begin in March: a leap day is then the last one of its year.
    let since = days + 719_468;
    let era = since / 146_097;
    let day_of_era = since % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_546_800, "2026-11-24T19:00:00Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }
}
