//! Whether what was answered is what the database holds.

use crate::{Result, load::Tally, postgres::Postgres, server::Server};

/// What the load was told, all phases together.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Books {
    acknowledged: u64,
    /// Answers other than 200, and answers that never came.
    pub(crate) others: u64,
}

impl Books {
    /// Counts what a phase was told; says what was not 200.
    pub(crate) fn note(&mut self, tally: &Tally) {
        self.acknowledged += tally.sent;
        for (status, count) in &tally.others {
            eprintln!("{count} gifts were answered {status} (0: not at all)");
            self.others += count;
        }
    }

    /// Compares with the database, and lets the server prove its books.
    ///
    /// # Errors
    /// When a gift was lost or posted twice, or the audit finds something.
    pub(crate) async fn prove(self, server: &Server, postgres: &Postgres) -> Result<u64> {
        server.audit().await?;
        let posted: u64 = postgres.ask("chatme", "SELECT count(*) FROM gifts").await?.trim().parse()?;
        self.compare(posted)?;
        Ok(posted)
    }

    /// What was not acknowledged may have been posted nevertheless.
    fn compare(self, posted: u64) -> Result<()> {
        let Self { acknowledged, others } = self;
        if (acknowledged..=acknowledged + others).contains(&posted) {
            return Ok(());
        }
        Err(format!("{acknowledged} gifts were acknowledged, {others} were not, and {posted} are posted").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_acknowledged_is_posted_and_nothing_twice() {
        let check = |acknowledged, others, posted, is_right: bool| {
            let found = Books { acknowledged, others }.compare(posted);
            assert_eq!(found.is_ok(), is_right, "{acknowledged} {others} {posted}");
        };
        check(10, 0, 10, true);
        check(10, 2, 11, true);
        check(10, 0, 9, false);
        check(10, 2, 13, false);
    }
}
